//! Breakers that are open, and how many messages a fill takes.

use super::{Noted, Projection};
use crate::api;
use gauntlet_model::desk::OWNERS_MAX;
use gauntlet_model::effect::{BreakerChanged, MessageUsage};
use gauntlet_model::ids::{ACCOUNTS_MAX, AccountId};
use gauntlet_model::input::{AccountWatch, Scope};
use gauntlet_model::units::UnixNanos;

/// Scopes that have a breaker or are counted.
const SCOPES_MAX: usize = OWNERS_MAX + ACCOUNTS_MAX;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// What of each account is watched in this run.
    limits: Vec<AccountWatch>,
    open: Vec<Noted<BreakerChanged>>,
    /// As told last.
    messages: Vec<MessageUsage>,
}

impl Watch {
    /// A run begins: what is watched, it is told. What tripped stays so.
    pub fn begin(&mut self) {
        self.limits.clear();
    }

    /// Takes in what of an account is watched.
    pub fn tell(&mut self, limits: &AccountWatch) {
        self.limits.retain(|known| known.account != limits.account);
        if self.limits.len() < ACCOUNTS_MAX {
            self.limits.push(*limits);
        }
    }

    /// Takes in that a breaker tripped or was reset.
    pub fn on_breaker(&mut self, seq: u64, time: UnixNanos, change: &BreakerChanged) {
        self.open.retain(|known| known.what.scope != change.scope);
        if change.active && self.open.len() < SCOPES_MAX {
            self.open.push(Noted { seq, time, what: *change });
        }
    }

    /// Takes in what was sent and filled today.
    pub fn on_messages(&mut self, usage: &MessageUsage) {
        let place = self.messages.iter().position(|known| known.scope == usage.scope);
        match place {
            Some(place) => self.messages[place] = *usage,
            None if self.messages.len() < SCOPES_MAX => self.messages.push(*usage),
            None => {}
        }
    }

    fn limits(&self, account: AccountId) -> Option<&AccountWatch> {
        self.limits.iter().find(|known| known.account == account)
    }
}

impl Projection {
    /// Breakers that are open, in the order in which they tripped.
    pub(super) fn breakers(&self) -> Vec<api::Breaker> {
        let shown = |noted: &Noted<BreakerChanged>| {
            let BreakerChanged { scope, cause, count, limit, .. } = noted.what;
            api::Breaker {
                scope: self.scope(scope),
                cause: cause.name().to_owned(),
                text: cause.text().to_owned(),
                count,
                limit,
                since: super::snapshot::time(noted.time),
                seq: noted.seq,
            }
        };
        self.watch.open.iter().map(shown).collect()
    }

    /// What of an account is watched: control, name, value and unit of each limit.
    pub(super) fn watch_limits(
        &self,
        account: AccountId,
    ) -> impl Iterator<Item = (&'static str, &'static str, f64, &'static str)> {
        let rows = self.watch.limits(account).map(|limits| {
            [
                ("R22", "max_refused_orders", limits.refused_orders, "in a row"),
                ("R22", "max_refused_changes", limits.refused_changes, "in a row"),
                ("R22", "max_refused_per_minute", limits.refused_per_minute, "messages/min"),
                ("R23", "max_messages_per_fill", limits.messages_per_fill, "messages a fill"),
                ("R23", "messages_from", limits.messages_from, "messages"),
            ]
        });
        let rows = rows.into_iter().flatten();
        rows.map(|(control, limit, value, unit)| (control, limit, f64::from(value), unit))
    }

    /// How many messages a fill takes today, where anything was sent.
    pub(super) fn message_rows(&self) -> impl Iterator<Item = api::RiskUse> {
        self.watch.messages.iter().filter(|usage| usage.messages > 0).filter_map(|usage| {
            let account = match usage.scope {
                Scope::Account(account) => account,
                Scope::Bot(bot) => self.bots.get(usize::from(bot.0))?.definition()?.account,
                Scope::Platform | Scope::Instrument(_) | Scope::Route(_) => return None,
            };
            let limits = self.watch.limits(account)?;
            Some(api::RiskUse {
                control: "R23".to_owned(),
                scope: self.scope(usage.scope),
                route: self.pool_name(usage.route),
                limit: "max_messages_per_fill".to_owned(),
                used: usage.messages as f64 / usage.fills.max(1) as f64,
                of: f64::from(limits.messages_per_fill),
                unit: format!("{} messages, {} fills", usage.messages, usage.fills),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Projection;
    use super::*;
    use gauntlet_model::effect::{BreakerCause, Effect};
    use gauntlet_model::ids::BotId;
    use gauntlet_model::input::{Input, Route, RunStart, Sequenced};
    use gauntlet_model::text::Text;
    use gauntlet_testkit::morning::{self, Morning};

    const BOT: Scope = Scope::Bot(BotId(0));
    const ACCOUNT: Scope = Scope::Account(AccountId(0));

    fn tripped(scope: Scope, active: bool) -> Effect {
        Effect::Breaker(BreakerChanged {
            scope,
            active,
            cause: BreakerCause::ChangesInARow,
            count: 3,
            limit: 2,
            actor: Text::new("risk"),
            reason: Text::EMPTY,
        })
    }

    fn messages(scope: Scope, messages: u64, fills: u64) -> Effect {
        Effect::Messages(MessageUsage { scope, route: Route::BROKER, messages, fills })
    }

    fn picture() -> Projection {
        let mut projection = Projection::new();
        let morning = Morning::begin();
        morning.steps.iter().for_each(|step| projection.on_input(&step.sequenced));
        let watch = AccountWatch {
            account: AccountId(0),
            refused_orders: 1,
            refused_changes: 2,
            refused_per_minute: 3,
            messages_per_fill: 4,
            messages_from: 5,
        };
        let (seq, time) = (projection.seq() + 1, UnixNanos(1));
        projection.on_input(&Sequenced { seq, time, input: Input::AccountWatch(watch) });
        projection
    }

    fn scopes(projection: &Projection) -> Vec<String> {
        projection.risk().breakers.into_iter().map(|breaker| breaker.scope).collect()
    }

    #[test]
    fn a_breaker_is_shown_until_it_is_reset_over_a_restart_too() {
        let mut projection = picture();
        let at = UnixNanos(7);
        for scope in [BOT, ACCOUNT, BOT] {
            projection.on_effect(9, at, &tripped(scope, true));
        }
        let account = projection.account_name(AccountId(0));
        let expected = [format!("account:{account}"), projection.scope(BOT)];
        assert_eq!(scopes(&projection), expected);
        let shown = &projection.status("").breakers[0];
        assert_eq!((shown.cause.as_str(), shown.count, shown.limit), ("refused_changes", 3, 2));
        let run: RunStart = morning::run_start(2);
        projection.on_input(&Sequenced { seq: 99, time: at, input: Input::RunStart(run) });
        assert_eq!(scopes(&projection), expected);
        projection.on_effect(100, at, &tripped(ACCOUNT, false));
        assert_eq!(scopes(&projection), [projection.scope(BOT)]);
    }

    #[test]
    fn limits_and_the_ratio_of_messages_to_fills_are_shown() {
        let mut projection = picture();
        let limits = projection.risk().limits;
        let of = |name: &str| limits.iter().find(|row| row.limit == name).and_then(|row| row.value);
        let names = [
            "max_refused_orders",
            "max_refused_changes",
            "max_refused_per_minute",
            "max_messages_per_fill",
            "messages_from",
        ];
        assert_eq!(names.map(of), [1.0, 2.0, 3.0, 4.0, 5.0].map(Some));
        for (scope, sent, fills) in [(BOT, 9, 0), (ACCOUNT, 9, 2), (ACCOUNT, 12, 3), (BOT, 10, 0)] {
            projection.on_effect(9, UnixNanos(7), &messages(scope, sent, fills));
        }
        let usage = projection.risk().usage;
        let ratios = usage.iter().filter(|row| row.control == "R23");
        let ratios: Vec<(f64, f64)> = ratios.map(|row| (row.used, row.of)).collect();
        assert_eq!(ratios, [(10.0, 4.0), (4.0, 4.0)]);
        projection.on_effect(9, UnixNanos(8), &messages(BOT, 0, 0));
        assert_eq!(projection.risk().usage.iter().filter(|row| row.control == "R23").count(), 1);
    }
}
