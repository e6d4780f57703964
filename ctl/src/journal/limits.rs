//! Limits in words.

use super::words::{Names, why};
use gauntlet_model::effect::{
    BreakerChanged, LimitChanged, LossChanged, MessageUsage, OrderIdentity, RiskUsage,
};
use gauntlet_model::input::{AccountWatch, BotIdentity, ContractTerms, LimitChange, RiskLimits};
use gauntlet_model::units::Money;

impl Names {
    pub(super) fn limits(&self, limits: &RiskLimits) -> String {
        let count = |what: &str, value: u32| (value > 0).then(|| format!("{what} {value}"));
        let money = |what: &str, value: Money| (value.0 > 0).then(|| format!("{what} {value}"));
        let said: Vec<String> = [
            count("quantity", limits.max_order_qty),
            count("position", limits.max_position),
            money("order value", limits.max_order_value),
            count("no duplicate within ms", limits.duplicate_window_ms),
            count("executions", limits.max_executions),
            count("within ms", limits.executions_window_ms),
            money("daily loss", limits.max_daily_loss),
            money("flat at a loss of", limits.flat_daily_loss),
            count("flat after s", limits.flat_after_seconds),
            money("equity", limits.equity),
            count("margins in percent", limits.margin_percent),
            money("commission", limits.commission),
            money("drawdown", limits.max_drawdown),
        ]
        .into_iter()
        .flatten()
        .collect();
        let listed = match limits.instruments {
            u64::MAX => String::new(),
            bits => {
                let listed = (0..64).filter(|place| bits >> place & 1 == 1);
                let symbol = |place| self.symbol(gauntlet_model::ids::InstrumentId(place));
                let listed: Vec<String> = listed.map(symbol).collect();
                format!(", opens only in: {}", listed.join(" "))
            }
        };
        format!("{}: {}{listed}", self.scope(limits.scope), said.join(", "))
    }

    pub(super) fn loss(&self, loss: &LossChanged) -> String {
        let LossChanged { scope, route, state, result, limit } = *loss;
        let (whose, state, route) = (self.scope(scope), state.name(), route.name());
        format!("{whose} {state} by {route}: result of the day {result}, limit {limit}")
    }

    pub(super) fn usage(&self, usage: &RiskUsage) -> String {
        let RiskUsage { scope, route, position, result, margin, equity } = *usage;
        let (whose, route) = (self.scope(scope), route.name());
        let money = match equity {
            Money(0) => String::new(),
            equity => format!(", margins {margin} of {equity}"),
        };
        format!("{whose} by {route}: {position} contracts at most, {result} today{money}")
    }

    pub(super) fn limit_change(&self, change: &LimitChange) -> String {
        let LimitChange { step, scope, limit, value, seconds, actor, reason } = *change;
        let (whose, why) = (self.scope(scope), why(&reason));
        let lasts = if seconds > 0 { format!(" for {seconds} s") } else { String::new() };
        let value = limit.shown(value);
        format!("{} {whose} {} {value}{lasts} by {actor}{why}", step.name(), limit.name())
    }

    pub(super) fn limit_changed(&self, changed: &LimitChanged) -> String {
        let LimitChanged { scope, limit, state, value, until, actor, approver, reason } = *changed;
        let (whose, why) = (self.scope(scope), why(&reason));
        let (state, value) = (state.name(), limit.shown(value));
        let until = if until.0 > 0 { format!(" until {until}") } else { String::new() };
        let by = if approver.is_empty() { String::new() } else { format!(" and {approver}") };
        format!("{whose} {} {state} {value}{until} by {actor}{by}{why}", limit.name())
    }

    pub(super) fn account_watch(&self, watch: &AccountWatch) -> String {
        let AccountWatch { refused_orders, refused_changes, refused_per_minute, .. } = watch;
        let AccountWatch { account, messages_per_fill, messages_from, .. } = watch;
        format!(
            "{} trips at {refused_orders} orders or {refused_changes} changes refused in a row, or at \
             {refused_per_minute} messages within a minute; told above {messages_per_fill} messages a fill, \
             from {messages_from} on",
            self.account(*account)
        )
    }

    pub(super) fn identity(&self, identity: &BotIdentity) -> String {
        let BotIdentity { bot, algorithm, version, owner } = identity;
        format!("{} is {algorithm} {version} of {owner}", self.bot(*bot))
    }

    pub(super) fn order_identity(&self, identity: &OrderIdentity) -> String {
        let OrderIdentity { order, bot, algorithm, version, owner } = identity;
        format!("order {order} is by {}: {algorithm} {version} of {owner}", self.bot(*bot))
    }

    pub(super) fn breaker(&self, change: &BreakerChanged) -> String {
        let BreakerChanged { scope, active, cause, count, limit, actor, reason } = change;
        let (whose, why) = (self.scope(*scope), why(reason));
        match active {
            true => format!("{whose} breaker tripped by {}, {count} of {limit}", cause.name()),
            false => format!("{whose} breaker reset by {actor}{why}"),
        }
    }

    pub(super) fn messages(&self, usage: &MessageUsage) -> String {
        let MessageUsage { scope, route, messages, fills } = usage;
        let (whose, route) = (self.scope(*scope), route.name());
        format!("{whose} by {route}: {messages} messages and {fills} fills today")
    }

    pub(super) fn contract_terms(&self, terms: &ContractTerms) -> String {
        let ContractTerms { instrument, initial_margin, fee, .. } = *terms;
        let (symbol, reach) = (self.symbol(instrument), terms.reach());
        let volatility = match terms.watches_volatility() {
            Some(false) => String::new(),
            _ => format!(
                ", volatility over {} minutes at {} % of {} ticks",
                terms.volatility_minutes,
                terms.volatility_percent,
                f64::from(terms.volatility_reference) / 1_000.0
            ),
        };
        format!(
            "{symbol} initial margin {initial_margin}, fee {fee}, protection {reach} ticks{volatility}"
        )
    }
}
