//! Desks: whose a person's orders are.
//!
//! A person trades an instrument for an account by a broker's route, beside the bots that do. What comes of
//! it is kept there and nowhere else: each such place has a desk of its own, with orders, fills and a
//! position like a bot's. A desk has the identity of a bot beyond [`BOTS_MAX`], so that the identities of
//! its orders ([`ClOrdId`](crate::ids::ClOrdId)) tell them from any bot's. It is opened by the first
//! [`Ticket`] for its place and stays for the life of the journal: every stage opens the same one, since
//! all see the same tickets.

use crate::ids::{AccountId, BOTS_MAX, BotId, InstrumentId};
use crate::input::{
    Archetype, BotDefinition, EQUAL_WEIGHTS, Exits, Input, Protection, Route, SessionMode, Sizing,
    Stage, Ticket,
};
use crate::text::Text;

/// Most desks of a journal.
pub const DESKS_MAX: usize = 64;
/// Most owners of orders and positions: bots and desks.
pub const OWNERS_MAX: usize = BOTS_MAX + DESKS_MAX;

impl BotId {
    /// Whether it is a desk, and no bot.
    #[inline]
    pub fn is_desk(self) -> bool {
        (BOTS_MAX..OWNERS_MAX).contains(&usize::from(self.0))
    }
}

/// The identity of the `nth` desk; `None` when there cannot be so many.
pub fn desk_of(nth: usize) -> Option<BotId> {
    (nth < DESKS_MAX).then(|| BotId((BOTS_MAX + nth) as u16))
}

/// Where a desk trades.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeskPlace {
    /// For which account.
    pub account: AccountId,
    /// What.
    pub instrument: InstrumentId,
    /// By which broker's route.
    pub route: Route,
}

/// The desks that are open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desks {
    places: Vec<DeskPlace>,
}

impl Default for Desks {
    fn default() -> Self {
        Desks::new()
    }
}

impl Desks {
    /// None. Takes all the memory that it will use.
    pub fn new() -> Desks {
        Desks { places: Vec::with_capacity(DESKS_MAX) }
    }

    /// The desk of a place.
    pub fn find(&self, place: DeskPlace) -> Option<BotId> {
        self.places.iter().position(|known| *known == place).and_then(desk_of)
    }

    /// The desk that a ticket is for, and whether it was opened by it. `None` when it is for none, or for
    /// one more than there can be.
    pub fn open(&mut self, ticket: &Ticket) -> Option<(BotId, bool)> {
        self.open_at(ticket.desk_place()?)
    }

    /// Opens the desk that an input is the first for; other inputs are for none.
    pub fn on_input(&mut self, input: &Input) {
        let place = match input {
            Input::Ticket(ticket) => ticket.desk_place(),
            Input::Adoption(adoption) => adoption.desk_place(),
            _ => None,
        };
        place.map(|place| self.open_at(place));
    }

    /// The desk of a place, and whether it was opened by this. `None` for one more than there can be.
    pub fn open_at(&mut self, place: DeskPlace) -> Option<(BotId, bool)> {
        if let Some(known) = self.find(place) {
            return Some((known, false));
        }
        let desk = desk_of(self.places.len())?;
        self.places.push(place);
        Some((desk, true))
    }

    /// Where a desk trades.
    pub fn place(&self, desk: BotId) -> Option<DeskPlace> {
        self.places.get(usize::from(desk.0).checked_sub(BOTS_MAX)?).copied()
    }
}

/// A desk as the stages hold it: like a bot's definition, without limits of its own. Those of its account
/// and its instrument bound it.
pub fn definition(desk: BotId, place: DeskPlace) -> BotDefinition {
    BotDefinition {
        bot: desk,
        name: Text::EMPTY,
        enabled: true,
        account: place.account,
        instrument: place.instrument,
        archetype: Archetype::ALL[0],
        stage: Stage::Live,
        bars: None,
        session: SessionMode::Full24x5,
        rule_parts: 0,
        order_qty: 0,
        sizing: Sizing::Fixed,
        exits: Exits::NONE,
        weights: EQUAL_WEIGHTS,
        max_order_qty: u32::MAX,
        max_position: u32::MAX,
        stage_cap: u32::MAX,
        parameters: [f64::NAN; 8],
        broker: place.route,
        fallback: false,
        protection: Protection::NONE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{ACCOUNTS_MAX, ClOrdId, INSTRUMENTS_MAX};
    use crate::input::TicketKind;

    fn ticket(account: u16, instrument: u16) -> Ticket {
        let (actor, reason) = (Text::new("ann"), Text::new("hedge"));
        Ticket {
            account: Some(AccountId(account)),
            instrument: Some(InstrumentId(instrument)),
            ..Ticket::of(TicketKind::New, actor, reason)
        }
    }

    #[test]
    fn each_place_has_one_desk_until_there_are_no_more() {
        let mut desks = Desks::new();
        for nth in 0..DESKS_MAX as u16 {
            let desk = BotId(BOTS_MAX as u16 + nth);
            let asked = ticket(nth / 8, nth % 8);
            assert_eq!(desks.open(&asked), Some((desk, true)));
            assert_eq!(desks.open(&asked), Some((desk, false)));
            assert_eq!(desks.place(desk), asked.desk_place());
            assert!(desk.is_desk() && ClOrdId::new(1, desk, 0).is_some_and(|id| id.bot() == desk));
        }
        assert_eq!(desks.open(&ticket(9, 9)), None, "one more than there can be");
        assert!(!BotId(BOTS_MAX as u16 - 1).is_desk() && !BotId(OWNERS_MAX as u16).is_desk());
        assert_eq!((desk_of(DESKS_MAX), desks.place(BotId(3))), (None, None));
    }

    #[test]
    fn only_a_signed_order_for_a_broker_in_the_tables_opens_one() {
        let mut desks = Desks::new();
        let right = ticket(1, 1);
        for wrong in [
            Ticket { kind: TicketKind::Cancel, ..right },
            Ticket { actor: Text::EMPTY, ..right },
            Ticket { reason: Text::EMPTY, ..right },
            Ticket { account: None, ..right },
            Ticket { instrument: None, ..right },
            Ticket { route: Route::PAPER, ..right },
            ticket(ACCOUNTS_MAX as u16, 1),
            ticket(1, INSTRUMENTS_MAX as u16),
        ] {
            assert_eq!(desks.open(&wrong), None, "{wrong:?}");
        }
        assert!(desks.open(&right).is_some());
    }
}
