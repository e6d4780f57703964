//! What is used of the limits, told once a minute for people to look at.

use crate::message::ToOrders;
use gauntlet_model::desk::OWNERS_MAX;
use gauntlet_model::effect::{Effect, RiskUsage};
use gauntlet_model::ids::{ACCOUNTS_MAX, AccountId, InstrumentId};
use gauntlet_model::input::{ROUTES_MAX, Route, Scope};
use gauntlet_model::units::Money;

use super::Risk;
use super::exposure::{Exposures, Held, Place};

/// Seconds of the stream's time between two looks.
pub const USAGE_EVERY_SECONDS: u64 = 60;

/// Bots, accounts by pool, and the platform by pool.
const ROWS: usize = OWNERS_MAX + ROUTES_MAX * ACCOUNTS_MAX + ROUTES_MAX;

/// The row of an account in a pool.
fn row_of(route: Route, account: AccountId) -> usize {
    OWNERS_MAX + route.index() * ACCOUNTS_MAX + usize::from(account.0)
}

/// The row of the platform in a pool.
fn row_of_all(route: Route) -> usize {
    OWNERS_MAX + ROUTES_MAX * ACCOUNTS_MAX + route.index()
}

/// What was told last, by row.
#[derive(Clone, Debug)]
pub(super) struct Usage {
    told: Vec<Option<RiskUsage>>,
}

impl Usage {
    pub fn new() -> Usage {
        Usage { told: vec![None; ROWS] }
    }

    /// Tells a row if it is another than before; one of nothing at all is told only where something was.
    fn tell(&mut self, row: usize, usage: RiskUsage, out: &mut impl FnMut(ToOrders)) {
        let Some(told) = self.told.get_mut(row) else { return };
        let is_nothing = (usage.position, usage.result, usage.equity) == (0, Money(0), Money(0));
        if *told == Some(usage) || (told.is_none() && is_nothing) {
            return;
        }
        *told = Some(usage);
        out(ToOrders::Effect(Effect::Usage(usage)));
    }
}

impl Risk {
    /// Tells what is used, where limits are told.
    pub(super) fn tell_usage(&mut self, second: u64, out: &mut impl FnMut(ToOrders)) {
        if !self.limits.told() || !second.is_multiple_of(USAGE_EVERY_SECONDS) {
            return;
        }
        for id in self.registry.owners() {
            let Some(bot) = self.registry.bot(id) else { continue };
            let (scope, route) = (Scope::Bot(id), bot.route());
            let position = i64::from(bot.position.qty());
            let held =
                self.working.of(id).fold(Held { position, ..Held::default() }, |held, order| {
                    held.working(order.side(), i64::from(order.open()))
                });
            let result = Money(self.losses.result(scope, route));
            let (margin, equity) = (Money(0), Money(0));
            let position = held.worst();
            let usage = RiskUsage { scope, route, position, result, margin, equity };
            self.usage.tell(usize::from(id.0), usage, out);
        }
        for route in Route::ALL.into_iter().filter(|route| Exposures::is_pool(*route)) {
            for account in (0..ACCOUNTS_MAX as u16).map(AccountId) {
                let scope = Scope::Account(account);
                let place = Place { route, account, instrument: InstrumentId(0) };
                let usage = RiskUsage {
                    scope,
                    route,
                    position: self.exposures.account(place),
                    result: Money(self.losses.result(scope, route)),
                    margin: Money(self.exposures.margin(place)),
                    equity: Money(self.losses.equity(route, account).unwrap_or(0)),
                };
                self.usage.tell(row_of(route, account), usage, out);
            }
            let place = Place { route, account: AccountId(0), instrument: InstrumentId(0) };
            let scope = Scope::Platform;
            let usage = RiskUsage {
                scope,
                route,
                position: self.exposures.platform(place),
                result: Money(self.losses.result(scope, route)),
                margin: Money(0),
                equity: Money(0),
            };
            self.usage.tell(row_of_all(route), usage, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_has_a_row_of_his_own_and_there_are_no_more_rows() {
        let accounts = || (0..ACCOUNTS_MAX as u16).map(AccountId);
        let of_accounts =
            Route::ALL.into_iter().flat_map(|route| accounts().map(move |of| row_of(route, of)));
        let rows = (0..OWNERS_MAX).chain(of_accounts).chain(Route::ALL.into_iter().map(row_of_all));
        assert!(rows.eq(0..ROWS));
    }
}
