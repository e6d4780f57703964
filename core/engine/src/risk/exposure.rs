//! R3: what is held and working, summed by instrument and by account, per route.
//!
//! What is real and what each simulator holds is counted apart: a simulated position must neither use
//! up a real limit nor offset a real position. What is real is one sum over all brokers, since a limit
//! of an instrument is the owner's and not a broker's. Within one account and instrument long and short net, as they do at the broker; across
//! accounts and across instruments they do not, and the worst cases are added. The worst case of a
//! cell counts the working orders of one side as filled and none of the other.

use gauntlet_model::ids::{ACCOUNTS_MAX, AccountId, INSTRUMENTS_MAX, InstrumentId};
use gauntlet_model::input::{ROUTES_MAX, Route};
use gauntlet_model::units::Side;

/// What is held and working in one place. Contracts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Held {
    pub position: i64,
    pub buying: i64,
    pub selling: i64,
}

impl Held {
    /// The largest position, either way, that the working orders can lead to.
    pub fn worst(&self) -> i64 {
        (self.position + self.buying).abs().max((self.position - self.selling).abs())
    }

    /// The same with more contracts working on a side; fewer if negative.
    pub fn working(mut self, side: Side, contracts: i64) -> Held {
        match side {
            Side::Buy => self.buying += contracts,
            Side::Sell => self.selling += contracts,
        }
        self
    }
}

/// Where a contract counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub route: Route,
    pub account: AccountId,
    pub instrument: InstrumentId,
}

/// Cells by route, account and instrument, with the sums of their worst cases.
#[derive(Clone, Debug)]
pub(super) struct Exposures {
    cells: Vec<Held>,
    by_account: Vec<i64>,
    by_instrument: Vec<i64>,
    by_pool: [i64; ROUTES_MAX],
    /// R13: initial margin of a contract by instrument, in micro-dollars, and what the worst cases take.
    margins: [i64; INSTRUMENTS_MAX],
    margin_by_account: Vec<i64>,
}

impl Exposures {
    pub fn new() -> Exposures {
        Exposures {
            cells: vec![Held::default(); ROUTES_MAX * ACCOUNTS_MAX * INSTRUMENTS_MAX],
            by_account: vec![0; ROUTES_MAX * ACCOUNTS_MAX],
            by_instrument: vec![0; ROUTES_MAX * INSTRUMENTS_MAX],
            by_pool: [0; ROUTES_MAX],
            margins: [0; INSTRUMENTS_MAX],
            margin_by_account: vec![0; ROUTES_MAX * ACCOUNTS_MAX],
        }
    }

    /// Whether sums are kept under a route itself.
    pub fn is_pool(route: Route) -> bool {
        Self::pool(route) == route.index()
    }

    /// The route under which sums are kept: one for all brokers.
    pub fn pool(route: Route) -> usize {
        if route.is_broker() { Route::BROKER.index() } else { route.index() }
    }

    fn account_index(place: Place) -> usize {
        Self::pool(place.route) * ACCOUNTS_MAX + Self::account_of(place)
    }

    fn instrument_index(place: Place) -> usize {
        Self::pool(place.route) * INSTRUMENTS_MAX + Self::instrument_of(place)
    }

    fn cell_index(place: Place) -> usize {
        let row = place.route.index() * ACCOUNTS_MAX + Self::account_of(place);
        row * INSTRUMENTS_MAX + Self::instrument_of(place)
    }

    fn account_of(place: Place) -> usize {
        let account = usize::from(place.account.0);
        assert!(account < ACCOUNTS_MAX, "only defined accounts are counted");
        account
    }

    fn instrument_of(place: Place) -> usize {
        let instrument = usize::from(place.instrument.0);
        assert!(instrument < INSTRUMENTS_MAX, "only defined instruments are counted");
        instrument
    }

    /// What is held and working in one account and instrument.
    pub fn held(&self, place: Place) -> Held {
        self.cells[Self::cell_index(place)]
    }

    /// The worst case of an account over all its instruments.
    pub fn account(&self, place: Place) -> i64 {
        self.by_account[Self::account_index(place)]
    }

    /// The worst case of an instrument over all accounts.
    pub fn instrument(&self, place: Place) -> i64 {
        self.by_instrument[Self::instrument_index(place)]
    }

    /// The worst case of all accounts.
    pub fn platform(&self, place: Place) -> i64 {
        self.by_pool[Self::pool(place.route)]
    }

    /// R13: the initial margin of a contract, in micro-dollars; 0 when it is not known.
    pub fn margin_of(&self, instrument: InstrumentId) -> i64 {
        self.margins.get(usize::from(instrument.0)).copied().unwrap_or(0)
    }

    /// R13: what initial margins of an account take, in micro-dollars, in the worst case of each of its
    /// instruments.
    pub fn margin(&self, place: Place) -> i64 {
        self.margin_by_account[Self::account_index(place)]
    }

    /// A contract's initial margin is told: what is held counts by it from now on.
    pub fn tell_margin(&mut self, instrument: InstrumentId, margin: i64) {
        let Some(known) = self.margins.get_mut(usize::from(instrument.0)) else { return };
        *known = margin;
        for route in Route::ALL {
            for account in (0..ACCOUNTS_MAX as u16).map(AccountId) {
                let place = Place { route, account, instrument };
                self.margin_by_account[Self::account_index(place)] = 0;
            }
        }
        for route in Route::ALL {
            for account in (0..ACCOUNTS_MAX as u16).map(AccountId) {
                let row = Self::account_index(Place { route, account, instrument });
                for at in (0..INSTRUMENTS_MAX as u16).map(InstrumentId) {
                    let worst = self.held(Place { route, account, instrument: at }).worst();
                    let more = worst.saturating_mul(self.margins[usize::from(at.0)]);
                    let sum = &mut self.margin_by_account[row];
                    *sum = sum.saturating_add(more);
                }
            }
        }
    }

    /// Changes what is held and working in a place. Most fills leave the worst case as it was.
    ///
    /// # Panics
    /// When fewer than no contracts would work, or a sum of worst cases would be below zero.
    #[inline]
    fn set(&mut self, place: Place, then: impl FnOnce(Held) -> Held) {
        let cell = &mut self.cells[Self::cell_index(place)];
        let (held, before) = (then(*cell), cell.worst());
        assert!(held.buying >= 0 && held.selling >= 0, "what works is never less than nothing");
        *cell = held;
        let worst = held.worst();
        let change = worst - before;
        if change == 0 {
            return;
        }
        let pool = Self::pool(place.route);
        let row = pool * ACCOUNTS_MAX + Self::account_of(place);
        let at = Self::instrument_of(place);
        let account = &mut self.by_account[row];
        let instrument = &mut self.by_instrument[pool * INSTRUMENTS_MAX + at];
        (*account, *instrument) = (*account + change, *instrument + change);
        self.by_pool[pool] += change;
        let sum = &mut self.margin_by_account[row];
        *sum = sum.saturating_add(change.saturating_mul(self.margins[at]));
        assert!(*account >= worst && *instrument >= worst, "a sum holds each of its parts");
    }

    /// Moves a position by signed contracts.
    pub fn fill(&mut self, place: Place, signed: i64) {
        self.set(place, |held| Held { position: held.position + signed, ..held });
    }

    /// Changes the working contracts of a side.
    pub fn work(&mut self, place: Place, side: Side, contracts: i64) {
        self.set(place, |held| held.working(side, contracts));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(account: u16, instrument: u16) -> Place {
        Place {
            route: Route::BROKER,
            account: AccountId(account),
            instrument: InstrumentId(instrument),
        }
    }

    #[test]
    fn the_worst_case_counts_one_side_of_the_working_orders() {
        let held = Held { position: 2, buying: 3, selling: 9 };
        assert_eq!(held.worst(), 7);
        assert_eq!(held.working(Side::Buy, 5).worst(), 10);
    }

    #[test]
    fn longs_and_shorts_net_in_one_instrument_and_account_only() {
        let mut exposures = Exposures::new();
        exposures.fill(place(0, 0), 4);
        exposures.fill(place(0, 0), -3);
        assert_eq!(exposures.account(place(0, 0)), 1);
        exposures.fill(place(0, 1), -5);
        assert_eq!(exposures.account(place(0, 0)), 6);
        exposures.fill(place(1, 1), 5);
        assert_eq!(exposures.instrument(place(0, 1)), 10);
    }

    #[test]
    fn positions_at_two_brokers_add_up_and_do_not_net() {
        let second = Route::broker(1).expect("there can be two");
        let mut exposures = Exposures::new();
        exposures.fill(place(0, 0), 4);
        exposures.fill(Place { route: second, ..place(1, 0) }, -3);
        assert_eq!(exposures.instrument(place(0, 0)), 7);
        assert_eq!(exposures.instrument(Place { route: second, ..place(1, 0) }), 7);
        assert_eq!((exposures.account(place(0, 0)), exposures.account(place(1, 0))), (4, 3));
    }

    #[test]
    fn a_simulated_position_does_not_touch_a_real_one() {
        let mut exposures = Exposures::new();
        exposures.fill(Place { route: Route::PAPER, ..place(0, 0) }, -4);
        exposures.fill(place(0, 0), 4);
        assert_eq!(exposures.instrument(place(0, 0)), 4);
    }
}
