//! Limits and what is used of them, as the API's types.

use super::snapshot::time;
use super::{Noted, Projection};
use crate::api;
use gauntlet_model::effect::{Bar, LimitChanged, LossChanged};
use gauntlet_model::input::{ContractTerms, RiskLimits, Route, Scope};
use gauntlet_model::units::Money;

/// A limit that is there: its control, its name, its value and the unit of that.
type Limit = (&'static str, &'static str, f64, &'static str);

fn count(
    control: &'static str,
    name: &'static str,
    value: u32,
    unit: &'static str,
) -> Option<Limit> {
    (value > 0).then_some((control, name, f64::from(value), unit))
}

fn money(control: &'static str, name: &'static str, value: Money) -> Option<Limit> {
    (value.0 > 0).then_some((control, name, value.to_f64(), "dollars"))
}

/// The limits of a layer, as the configuration calls them.
fn of_layer(limits: &RiskLimits) -> Vec<Limit> {
    [
        count("R1", "max_order_qty", limits.max_order_qty, "contracts"),
        money("R2", "max_order_value", limits.max_order_value),
        count("R3", "max_position", limits.max_position, "contracts"),
        count("R6", "duplicate_window_ms", limits.duplicate_window_ms, "ms"),
        count("R7", "max_executions", limits.max_executions, "orders"),
        count("R7", "executions_window_seconds", limits.executions_window_ms / 1_000, "s"),
        count("R13", "margin_percent", limits.margin_percent, "%"),
        money("R13", "equity", limits.equity),
        money("R16", "max_daily_loss", limits.max_daily_loss),
        money("R16", "flat_daily_loss", limits.flat_daily_loss),
        count("R16", "flat_after_seconds", limits.flat_after_seconds, "s"),
        money("R16", "commission", limits.commission),
        money("R24", "max_drawdown", limits.max_drawdown),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What is said of the volatility of a contract.
fn volatility(terms: &ContractTerms) -> [Option<Limit>; 3] {
    let reference = thousandths(terms);
    [
        (reference > 0.0).then_some(("R24", "volatility_reference", reference, "ticks")),
        count("R24", "volatility_percent", terms.volatility_percent, "%"),
        count("R24", "volatility_minutes", terms.volatility_minutes, "minutes"),
    ]
}

/// A reference of volatility in ticks.
fn thousandths(terms: &ContractTerms) -> f64 {
    f64::from(terms.volatility_reference) / 1_000.0
}

impl Projection {
    /// Limits, what is used of them, and what was refused.
    pub fn risk(&self) -> api::Risk {
        let status = self.status("");
        api::Risk {
            limits: self.limit_rows(),
            changes: status.limit_changes,
            usage: self.usage_rows(),
            losses: status.losses,
            breakers: status.breakers,
            rejects_by_code: status.rejects_by_code,
            rejects: self.rejects.newest_first().map(|noted| self.reject(noted)).collect(),
        }
    }

    pub(super) fn limit_changes(&self) -> Vec<api::ChangedLimit> {
        self.limits.changes.iter().map(|changed| self.changed_limit(changed)).collect()
    }

    pub(super) fn losses_in_force(&self) -> Vec<api::LossInForce> {
        let in_force = |noted: &Noted<LossChanged>| api::LossInForce {
            scope: self.scope(noted.what.scope),
            route: self.pool_name(noted.what.route),
            state: noted.what.state.name().to_owned(),
            result: noted.what.result.to_f64(),
            limit: noted.what.limit.to_f64(),
            since: time(noted.time),
        };
        self.limits.losses.iter().map(in_force).collect()
    }

    fn changed_limit(&self, changed: &LimitChanged) -> api::ChangedLimit {
        let LimitChanged { scope, limit, state, value, until, actor, approver, reason } = *changed;
        api::ChangedLimit {
            scope: self.scope(scope),
            limit: limit.name().to_owned(),
            state: state.name().to_owned(),
            value: limit.shown(value),
            until: (until.0 > 0).then(|| time(until)),
            actor: actor.to_string(),
            approver: approver.to_string(),
            reason: reason.to_string(),
        }
    }

    pub(super) fn pool_name(&self, route: Route) -> String {
        match route.is_broker() {
            true => "brokers".to_owned(),
            false => self.route_name(route),
        }
    }

    fn limit_rows(&self) -> Vec<api::RiskLimit> {
        let mut rows = Vec::new();
        self.layer_rows(Scope::Platform, &mut rows);
        for account in self.accounts.iter().flatten() {
            let scope = Scope::Account(account.account);
            let own = [
                count("R3", "max_position", account.max_position, "contracts"),
                count("R8", "messages_per_second", account.messages_per_second, "messages/s"),
                count("R8", "cancel_headroom", account.cancel_headroom, "messages/s"),
            ];
            self.rows(scope, own.into_iter().flatten(), &mut rows);
            self.layer_rows(scope, &mut rows);
            self.rows(scope, self.watch_limits(account.account), &mut rows);
        }
        for definition in self.instruments.iter().filter_map(|state| state.definition) {
            let (limits, id) = (definition.limits, definition.instrument);
            let terms = self.limits.terms.iter().find(|terms| terms.instrument == id);
            let own = [
                count("R1", "max_order_qty", limits.max_order_qty, "contracts"),
                count("R3", "max_position", limits.max_position, "contracts"),
                count("R4", "collar_ticks", limits.collar_ticks, "ticks"),
                count("R11", "stale_after_ms", limits.stale_after_ms, "ms"),
                terms.and_then(|terms| money("R13", "initial_margin", terms.initial_margin)),
                terms.and_then(|terms| money("R16", "fee", terms.fee)),
            ];
            let volatility = terms.map(volatility).into_iter().flatten();
            let own = own.into_iter().chain(volatility).flatten();
            self.rows(Scope::Instrument(id), own, &mut rows);
        }
        for definition in self.bots.iter().filter_map(|bot| bot.definition()) {
            let scope = Scope::Bot(definition.bot);
            let own = [
                count("R1", "max_order_qty", definition.max_order_qty, "contracts"),
                count("R3", "max_position", definition.max_position, "contracts"),
                count("R15", "stage_cap", definition.stage_cap, "contracts"),
            ];
            self.rows(scope, own.into_iter().flatten(), &mut rows);
            self.layer_rows(scope, &mut rows);
        }
        rows
    }

    fn rows(
        &self,
        scope: Scope,
        limits: impl Iterator<Item = Limit>,
        rows: &mut Vec<api::RiskLimit>,
    ) {
        rows.extend(limits.map(|(control, limit, value, unit)| api::RiskLimit {
            control: control.to_owned(),
            scope: self.scope(scope),
            limit: limit.to_owned(),
            value: Some(value),
            unit: unit.to_owned(),
            list: Vec::new(),
        }));
    }

    fn layer_rows(&self, scope: Scope, rows: &mut Vec<api::RiskLimit>) {
        let Some(layer) = self.limits.layers.iter().find(|layer| layer.scope == scope) else {
            return;
        };
        self.rows(scope, of_layer(layer).into_iter(), rows);
        if layer.instruments == u64::MAX {
            return;
        }
        let known = self.instruments.iter().filter_map(|state| state.definition);
        let listed = known.filter(|known| layer.instruments >> known.instrument.0 & 1 == 1);
        rows.push(api::RiskLimit {
            control: "R12".to_owned(),
            scope: self.scope(scope),
            limit: "instruments".to_owned(),
            value: None,
            unit: String::new(),
            list: listed.map(|known| known.symbol.to_string()).collect(),
        });
    }

    fn usage_rows(&self) -> Vec<api::RiskUse> {
        let mut rows = Vec::new();
        for usage in &self.limits.usage {
            let layer = self.limits.layers.iter().find(|layer| layer.scope == usage.scope);
            let layer = layer.copied().unwrap_or_else(|| RiskLimits::none(usage.scope));
            let position = match usage.scope {
                Scope::Platform => layer.max_position,
                Scope::Account(id) => {
                    let account = self.accounts.get(usize::from(id.0)).copied().flatten();
                    account.map_or(0, |account| account.max_position)
                }
                Scope::Bot(id) => {
                    let bot = self.bots.get(usize::from(id.0)).and_then(|bot| bot.definition());
                    bot.map_or(0, |bot| bot.max_position.min(bot.stage_cap))
                }
                Scope::Instrument(_) | Scope::Route(_) => 0,
            };
            let loss = usage.result.0.saturating_neg().max(0);
            let margin = usage.equity.to_f64() * f64::from(self.margin_percent(&layer)) / 100.0;
            let uses = [
                ("R3", "max_position", usage.position as f64, f64::from(position), "contracts"),
                ("R13", "margin_percent", usage.margin.to_f64(), margin, "dollars"),
                (
                    "R16",
                    "max_daily_loss",
                    Money(loss).to_f64(),
                    layer.max_daily_loss.to_f64(),
                    "dollars",
                ),
            ];
            for (control, limit, used, of, unit) in uses.into_iter().filter(|one| one.3 > 0.0) {
                rows.push(api::RiskUse {
                    control: control.to_owned(),
                    scope: self.scope(usage.scope),
                    route: self.pool_name(usage.route),
                    limit: limit.to_owned(),
                    used,
                    of,
                    unit: unit.to_owned(),
                });
            }
        }
        rows.extend(self.message_rows());
        rows.extend(self.volatility_rows());
        rows
    }

    pub(super) fn on_bar(&mut self, bar: &Bar) {
        self.counts.bars += 1;
        let place = usize::from(bar.instrument.0);
        if let Some(known) = self.instruments.get(place).and_then(|state| state.definition) {
            self.limits.on_bar(bar, known.tick);
        }
    }

    /// How much prices move where that is watched, and past how much less is held.
    fn volatility_rows(&self) -> impl Iterator<Item = api::RiskUse> {
        let measured = self.limits.volatility.iter();
        measured.filter_map(|(instrument, _, measure)| {
            let terms = self.limits.terms.iter().find(|one| one.instrument == *instrument)?;
            terms.watches_volatility()?.then_some(())?;
            let percent = f64::from(terms.volatility_percent) / 100.0;
            Some(api::RiskUse {
                control: "R24".to_owned(),
                scope: self.scope(Scope::Instrument(*instrument)),
                route: "market".to_owned(),
                limit: "volatility_reference".to_owned(),
                used: measure.thousandths() as f64 / 1_000.0,
                of: thousandths(terms) * percent,
                unit: "ticks".to_owned(),
            })
        })
    }

    /// The tightest part of the equity that a layer and the platform's allow.
    fn margin_percent(&self, layer: &RiskLimits) -> u32 {
        let platform = self.limits.layers.iter().find(|one| one.scope == Scope::Platform);
        let said = [Some(layer), platform].into_iter().flatten().map(|one| one.margin_percent);
        said.filter(|percent| *percent > 0).min().unwrap_or(0)
    }
}
