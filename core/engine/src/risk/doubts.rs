//! What is in doubt: places (an account in an instrument, by one route) of which it is not known what
//! they hold. Nothing opens there until they are reconciled; what reduces goes on.
//!
//! A doubt is state made from inputs, so a replay of the journal restores it. One that is about orders,
//! a few at most, ends by rule, when the broker's word on each agrees with ours; so does one that the
//! broker's list of orders or positions brought about, when a later list agrees. Any other ends by a person
//! who has compared positions ([`CorrectionKind::Settle`]).
//!
//! [`CorrectionKind::Settle`]: gauntlet_model::input::CorrectionKind::Settle

use gauntlet_model::effect::DoubtCause;
use gauntlet_model::ids::{ACCOUNTS_MAX, AccountId, ClOrdId, INSTRUMENTS_MAX, InstrumentId};
use gauntlet_model::input::{ROUTES_MAX, Route};

use super::exposure::Place;

/// Why a place is in doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// What brought it about first.
    pub cause: DoubtCause,
    /// The one order that it is about; [`ClOrdId::NONE`] when it is about several, or only a person can
    /// settle it.
    pub order: ClOrdId,
    /// Contracts that the broker told of and that were booked nowhere, signed.
    pub contracts: i64,
}

/// Orders that a doubt may be about before it is a person's.
pub const DOUBTED_ORDERS_MAX: usize = 8;

/// What is in doubt in one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cell {
    /// What brought it about first, but for what reconciliation shows.
    cause: Option<DoubtCause>,
    /// What the broker's own list shows, which a later one settles: an order that is none of ours.
    foreign_order: bool,
    /// Whether the drop copy says otherwise.
    copied: bool,
    /// And how many contracts more the broker holds than we.
    apart: i64,
    /// The orders that it is about, each with the contracts told of it that are booked nowhere.
    orders: [(ClOrdId, i64); DOUBTED_ORDERS_MAX],
    len: usize,
    /// Whether a person must settle it, besides what is told of the orders.
    is_a_persons: bool,
    /// Contracts of no order.
    contracts: i64,
}

impl Cell {
    fn new() -> Cell {
        let orders = [(ClOrdId::NONE, 0); DOUBTED_ORDERS_MAX];
        Cell {
            cause: None,
            foreign_order: false,
            copied: false,
            apart: 0,
            orders,
            len: 0,
            is_a_persons: false,
            contracts: 0,
        }
    }

    /// Whether reports keep it in doubt, whatever the broker's list shows.
    fn is_of_reports(&self) -> bool {
        self.len > 0 || self.is_a_persons
    }

    /// Whether nothing keeps it in doubt.
    fn is_settled(&self) -> bool {
        !self.is_of_reports() && !self.foreign_order && !self.copied && self.apart == 0
    }

    fn add(&mut self, order: ClOrdId, contracts: i64) {
        let known = self.orders[..self.len].iter_mut().find(|(of, _)| *of == order);
        if let Some((_, told)) = known {
            *told = told.saturating_add(contracts);
        } else if order.is_some() && self.len < DOUBTED_ORDERS_MAX {
            self.orders[self.len] = (order, contracts);
            self.len += 1;
        } else {
            self.is_a_persons = true;
            self.contracts = self.contracts.saturating_add(contracts);
        }
    }

    /// Takes an order out, if every contract that was told of it is booked.
    fn remove(&mut self, order: ClOrdId) {
        let settled = |(of, told): &(ClOrdId, i64)| *of == order && *told == 0;
        if let Some(at) = self.orders[..self.len].iter().position(settled) {
            self.orders.copy_within(at + 1.., at);
            self.len -= 1;
        }
    }

    fn doubt(&self) -> Doubt {
        let orders = &self.orders[..self.len];
        let order = match orders {
            [(order, _)] if !self.is_a_persons => *order,
            _ => ClOrdId::NONE,
        };
        let told = orders.iter().fold(self.contracts, |sum, (_, told)| sum.saturating_add(*told));
        let of_list = match self.apart {
            0 if self.copied => DoubtCause::DropCopy,
            0 => DoubtCause::ForeignOrder,
            _ => DoubtCause::PositionDiffers,
        };
        let cause = self.cause.filter(|_| self.is_of_reports()).unwrap_or(of_list);
        // What the broker's list says of the position holds what was told of it before.
        let contracts = if self.apart == 0 { told } else { self.apart };
        Doubt { cause, order, contracts }
    }
}

/// The places in doubt.
#[derive(Clone, Debug)]
pub(super) struct Doubts {
    cells: Vec<Option<Cell>>,
    count: usize,
}

impl Doubts {
    pub fn new() -> Doubts {
        Doubts { cells: vec![None; ROUTES_MAX * ACCOUNTS_MAX * INSTRUMENTS_MAX], count: 0 }
    }

    fn index(place: Place) -> Option<usize> {
        let (account, instrument) = (usize::from(place.account.0), usize::from(place.instrument.0));
        let inside = account < ACCOUNTS_MAX && instrument < INSTRUMENTS_MAX;
        let row = place.route.index() * ACCOUNTS_MAX + account;
        inside.then_some(row * INSTRUMENTS_MAX + instrument)
    }

    /// Whether any place is in doubt.
    pub fn are_there(&self) -> bool {
        self.count > 0
    }

    /// Whether a place is in doubt.
    pub fn covers(&self, place: Place) -> bool {
        self.count > 0 && self.get(place).is_some()
    }

    /// Why a place is in doubt.
    pub fn get(&self, place: Place) -> Option<Doubt> {
        self.cells[Self::index(place)?].map(|cell| cell.doubt())
    }

    /// Puts a place in doubt, or adds to the doubt in it. Returns the doubt if it changed.
    pub fn raise(&mut self, place: Place, doubt: Doubt) -> Option<Doubt> {
        let cell = &mut self.cells[Self::index(place)?];
        self.count += usize::from(cell.is_none());
        let before = *cell;
        let next = cell.get_or_insert(Cell::new());
        next.cause = next.cause.filter(|_| next.is_of_reports()).or(Some(doubt.cause));
        next.add(doubt.order, doubt.contracts);
        (before != Some(*next)).then(|| next.doubt())
    }

    /// Contracts that were told of an order are booked now.
    pub fn explain(&mut self, place: Place, order: ClOrdId, contracts: u32) {
        let cell = Self::index(place).and_then(|at| self.cells[at].as_mut());
        let Some(cell) = cell.filter(|_| order.is_some()) else { return };
        for (of, told) in &mut cell.orders[..cell.len] {
            if *of == order && u64::from(contracts) >= told.unsigned_abs() {
                *told = 0;
            }
        }
    }

    /// The broker's word on an order agrees. Returns the doubt in the place if that ended it.
    pub fn settle_order(&mut self, place: Place, order: ClOrdId) -> Option<Doubt> {
        let cell = self.cells[Self::index(place)?].as_mut().filter(|_| order.is_some())?;
        let before = cell.doubt();
        cell.remove(order);
        if !cell.is_settled() {
            return None;
        }
        self.settle(place).map(|_| before)
    }

    /// The broker's list shows something in a place: `apart` contracts more than ours, or an order that is
    /// none of ours. Returns the doubt if it changed.
    pub fn raise_break(&mut self, place: Place, cause: DoubtCause, apart: i64) -> Option<Doubt> {
        let cell = &mut self.cells[Self::index(place)?];
        self.count += usize::from(cell.is_none());
        let before = *cell;
        let next = cell.get_or_insert(Cell::new());
        match cause {
            DoubtCause::ForeignOrder => next.foreign_order = true,
            DoubtCause::DropCopy => next.copied = true,
            _ => next.apart = apart,
        }
        (before != Some(*next)).then(|| next.doubt())
    }

    /// The broker's list shows something in a place no more. Returns the doubt if that ended it.
    pub fn settle_break(&mut self, place: Place, cause: DoubtCause) -> Option<Doubt> {
        let cell = self.cells[Self::index(place)?].as_mut()?;
        let before = cell.doubt();
        match cause {
            DoubtCause::ForeignOrder => cell.foreign_order = false,
            DoubtCause::DropCopy => cell.copied = false,
            _ => cell.apart = 0,
        }
        if !cell.is_settled() {
            return None;
        }
        self.settle(place).map(|_| before)
    }

    /// Ends the doubt in a place and returns it.
    pub fn settle(&mut self, place: Place) -> Option<Doubt> {
        let settled = self.cells[Self::index(place)?].take();
        self.count -= usize::from(settled.is_some());
        settled.map(|cell| cell.doubt())
    }

    /// The places in doubt, in order, from the `at`-th cell on: the first of them and where to go on.
    pub fn next(&self, at: usize) -> Option<(Place, Doubt, usize)> {
        if self.count == 0 {
            return None;
        }
        let found =
            (at..self.cells.len()).find_map(|at| self.cells[at].map(|cell| (at, cell.doubt())));
        found.map(|(at, doubt)| (Self::place(at), doubt, at + 1))
    }

    fn place(at: usize) -> Place {
        let (row, instrument) = (at / INSTRUMENTS_MAX, at % INSTRUMENTS_MAX);
        Place {
            route: Route::ALL[row / ACCOUNTS_MAX],
            account: AccountId((row % ACCOUNTS_MAX) as u16),
            instrument: InstrumentId(instrument as u16),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_model::ids::BotId;

    #[test]
    fn every_place_has_a_cell_of_its_own_and_none_has_one_outside_of_the_tables() {
        let mut next = 0;
        for route in Route::ALL {
            for account in (0..ACCOUNTS_MAX as u16).map(AccountId) {
                for instrument in (0..INSTRUMENTS_MAX as u16).map(InstrumentId) {
                    let place = Place { route, account, instrument };
                    assert_eq!(Doubts::index(place), Some(next));
                    assert_eq!(Doubts::place(next), place);
                    next += 1;
                }
            }
        }
        assert_eq!(next, Doubts::new().cells.len());
        let (account, instrument) = (AccountId(0), InstrumentId(0));
        let inside = Place { route: Route::BROKER, account, instrument };
        let (account, instrument) =
            (AccountId(ACCOUNTS_MAX as u16), InstrumentId(INSTRUMENTS_MAX as u16));
        assert_eq!(Doubts::index(Place { account, ..inside }), None);
        assert_eq!(Doubts::index(Place { instrument, ..inside }), None);
    }

    fn place(instrument: u16) -> Place {
        let (account, instrument) = (AccountId(0), InstrumentId(instrument));
        Place { route: Route::BROKER, account, instrument }
    }

    #[test]
    fn what_a_list_shows_is_told_by_its_cause_when_it_changes_and_settled_by_that_alone() {
        use DoubtCause::{DropCopy, ForeignOrder, PositionDiffers};
        for (cause, apart) in [(ForeignOrder, 0), (DropCopy, 0), (PositionDiffers, -3)] {
            let mut doubts = Doubts::new();
            let told = doubts.raise_break(place(1), cause, apart);
            let expected = Doubt { cause, order: ClOrdId::NONE, contracts: apart };
            assert_eq!((told, doubts.get(place(1))), (Some(expected), Some(expected)));
            assert_eq!(doubts.raise_break(place(1), cause, apart), None, "{cause:?} as before");
            for other in [ForeignOrder, DropCopy, PositionDiffers] {
                if other != cause {
                    assert_eq!(doubts.settle_break(place(1), other), None);
                }
            }
            assert!(doubts.covers(place(1)) && !doubts.covers(place(2)));
            assert_eq!(doubts.settle_break(place(1), cause), Some(expected));
            assert!(!doubts.are_there());
        }
    }

    #[test]
    fn contracts_that_are_booked_explain_their_own_order_once_there_are_as_many() {
        let orders = [1, 2].map(|ordinal| ClOrdId::new(1, BotId(0), ordinal).expect("fits"));
        let raised = || {
            let mut doubts = Doubts::new();
            let cause = DoubtCause::MissingFills;
            doubts.raise(place(0), Doubt { cause, order: orders[0], contracts: -3 });
            doubts.raise(place(0), Doubt { cause, order: orders[1], contracts: 2 });
            doubts
        };
        for (order, contracts, left) in [
            (orders[0], 2, -1),
            (orders[0], 3, 2),
            (orders[0], 4, 2),
            (orders[1], 1, -1),
            (orders[1], 2, -3),
            (ClOrdId::NONE, 9, -1),
        ] {
            let mut doubts = raised();
            doubts.explain(place(0), order, contracts);
            let told = doubts.get(place(0)).map(|doubt| doubt.contracts);
            assert_eq!(told, Some(left), "{order} {contracts}");
        }
    }

    #[test]
    fn the_places_in_doubt_are_gone_through_one_after_the_other() {
        let mut doubts = Doubts::new();
        for instrument in [0, 1, 5] {
            doubts.raise_break(place(instrument), DoubtCause::DropCopy, 0);
        }
        let (mut at, mut found) = (0, vec![]);
        while let Some((place, _, next)) = doubts.next(at) {
            found.push(place.instrument.0);
            assert!(found.len() <= 3, "each once: {found:?}");
            at = next;
        }
        assert_eq!(found, [0, 1, 5]);
        for instrument in [0, 1, 5] {
            assert!(doubts.are_there());
            assert!(doubts.settle(place(instrument)).is_some());
        }
        assert!(!doubts.are_there() && doubts.next(0).is_none());
    }
}
