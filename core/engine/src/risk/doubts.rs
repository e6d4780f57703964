//! What is in doubt: places (an account in an instrument, by one route) of which it is not known what
//! they hold. Nothing opens there until they are reconciled; what reduces goes on.
//!
//! A doubt is state made from inputs, so a replay of the journal restores it. One that is about a single
//! order ends by rule, when the broker's word on that order agrees with ours; any other ends by a
//! person who has compared positions ([`CorrectionKind::Settle`]).
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
    /// The one order that it is about; [`ClOrdId::NONE`] when only a person can settle it.
    pub order: ClOrdId,
    /// Contracts that the broker told of and that were booked nowhere, signed.
    pub contracts: i64,
}

/// The places in doubt.
#[derive(Clone, Debug)]
pub(super) struct Doubts {
    cells: Vec<Option<Doubt>>,
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

    /// Whether a place is in doubt.
    pub fn covers(&self, place: Place) -> bool {
        self.count > 0 && self.get(place).is_some()
    }

    /// Why a place is in doubt.
    pub fn get(&self, place: Place) -> Option<Doubt> {
        self.cells[Self::index(place)?]
    }

    /// Puts a place in doubt, or adds to the doubt in it: one about two orders is a person's to settle,
    /// and contracts add up. Returns the doubt if it changed.
    pub fn raise(&mut self, place: Place, doubt: Doubt) -> Option<Doubt> {
        let cell = &mut self.cells[Self::index(place)?];
        let next = match *cell {
            None => doubt,
            Some(known) => Doubt {
                cause: known.cause,
                order: if known.order == doubt.order { known.order } else { ClOrdId::NONE },
                contracts: known.contracts.saturating_add(doubt.contracts),
            },
        };
        self.count += usize::from(cell.is_none());
        (cell.replace(next) != Some(next)).then_some(next)
    }

    /// The contracts that were told of in a place are booked now.
    pub fn explain(&mut self, place: Place) {
        if let Some(doubt) = Self::index(place).and_then(|at| self.cells[at].as_mut()) {
            doubt.contracts = 0;
        }
    }

    /// Ends the doubt in a place and returns it.
    pub fn settle(&mut self, place: Place) -> Option<Doubt> {
        let settled = self.cells[Self::index(place)?].take();
        self.count -= usize::from(settled.is_some());
        settled
    }

    /// The places in doubt, in order, from the `at`-th cell on: the first of them and where to go on.
    pub fn next(&self, at: usize) -> Option<(Place, Doubt, usize)> {
        if self.count == 0 {
            return None;
        }
        let found = (at..self.cells.len()).find_map(|at| self.cells[at].map(|doubt| (at, doubt)));
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
