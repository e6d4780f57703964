//! R8: what was sent within the last second, by account and route, so that questions about orders keep to
//! the message rate as cancels do.

use gauntlet_engine::risk::{RateWindow, allows_question};
use gauntlet_model::ids::{ACCOUNTS_MAX, AccountId};
use gauntlet_model::input::{AccountDefinition, ROUTES_MAX, Route};
use gauntlet_model::order::Order;
use gauntlet_model::units::UnixNanos;

/// See the module.
#[derive(Debug)]
pub(super) struct Rates {
    windows: Vec<RateWindow>,
    accounts: [Option<AccountDefinition>; ACCOUNTS_MAX],
}

impl Rates {
    pub fn new() -> Rates {
        Rates {
            windows: vec![RateWindow::new(); ACCOUNTS_MAX * ROUTES_MAX],
            accounts: [None; ACCOUNTS_MAX],
        }
    }

    /// An account's limits.
    pub fn define(&mut self, definition: &AccountDefinition) {
        if let Some(known) = self.accounts.get_mut(usize::from(definition.account.0)) {
            *known = Some(*definition);
        }
    }

    fn place(account: AccountId, route: Route) -> usize {
        usize::from(account.0).min(ACCOUNTS_MAX - 1) * ROUTES_MAX + route.index()
    }

    /// Notes a message that risk approved.
    pub fn record(&mut self, account: AccountId, route: Route, now: UnixNanos) {
        self.windows[Rates::place(account, route)].record(now);
    }

    /// Whether a question about an order may leave now; if so it is noted.
    pub fn allow_question(&mut self, order: &Order, now: UnixNanos) -> bool {
        let (account, route) = (order.account(), order.route());
        let known = self.accounts.get(usize::from(account.0)).and_then(Option::as_ref);
        let allowed = allows_question(&self.windows[Rates::place(account, route)], known, now);
        if allowed {
            self.record(account, route, now);
        }
        allowed
    }
}
