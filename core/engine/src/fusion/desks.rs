//! What desks hold, as the chain's head needs it: to say whose a fill is, and whether a correction can be
//! booked. A desk decides nothing, so there is nothing else.

use gauntlet_model::desk::{DESKS_MAX, DeskPlace, Desks, definition};
use gauntlet_model::ids::{BOTS_MAX, BotId, InstrumentId};
use gauntlet_model::input::{
    BotDefinition, Correction, CorrectionKind, ExecType, ExecutionReport, Input, Stated, StatedKind,
};
use gauntlet_model::order::is_of;
use gauntlet_model::position::Position;
use gauntlet_model::units::Money;

/// A desk, and what it holds.
#[derive(Clone, Copy, Debug)]
struct HeldAtDesk {
    definition: BotDefinition,
    position: Position,
}

/// The desks that are open, with what they hold.
#[derive(Debug)]
pub(super) struct DeskBook {
    desks: Desks,
    held: Vec<HeldAtDesk>,
}

impl DeskBook {
    pub fn new() -> DeskBook {
        DeskBook { desks: Desks::new(), held: Vec::with_capacity(DESKS_MAX) }
    }

    /// Opens the desk of a ticket or an adoption, if that is the first for its place.
    pub fn on_input(&mut self, input: &Input) {
        let place = match input {
            Input::Ticket(ticket) => ticket.desk_place(),
            Input::Adoption(adoption) => adoption.desk_place(),
            _ => None,
        };
        let opened = place.and_then(|place| Some((self.desks.open_at(place)?, place)));
        if let Some(((id, true), place)) = opened {
            let definition = definition(id, place);
            self.held.push(HeldAtDesk { definition, position: Position::default() });
        }
    }

    /// The desk of a place, if it is open.
    pub fn find(&self, place: DeskPlace) -> Option<BotId> {
        self.desks.find(place)
    }

    fn get(&self, id: BotId) -> Option<&HeldAtDesk> {
        self.held.get(usize::from(id.0).checked_sub(BOTS_MAX)?)
    }

    fn get_mut(&mut self, id: BotId) -> Option<&mut HeldAtDesk> {
        self.held.get_mut(usize::from(id.0).checked_sub(BOTS_MAX)?)
    }

    /// What a desk trades.
    pub fn instrument(&self, id: BotId) -> Option<InstrumentId> {
        self.get(id).map(|desk| desk.definition.instrument)
    }

    /// Whether an execution is of the desk whose order it names.
    pub fn owns(&self, report: &ExecutionReport) -> bool {
        self.get(report.cl_ord_id.bot()).is_some_and(|desk| is_of(&desk.definition, report))
    }

    /// Counts an execution that a desk owns.
    pub fn on_execution(&mut self, report: &ExecutionReport, multiplier: Money) {
        if report.exec_type == ExecType::Trade
            && let Some(desk) = self.get_mut(report.cl_ord_id.bot())
        {
            let ExecutionReport { side, last_qty, last_px, .. } = *report;
            // One that cannot be counted is told by the stage that owns positions.
            let _told = desk.position.apply(side, last_qty, last_px, multiplier);
        }
    }

    /// A desk holds what a journal says.
    pub fn on_stated(&mut self, stated: &Stated) {
        if let (StatedKind::Position, Some(desk), Some(position)) =
            (stated.kind, self.get_mut(stated.bot), Position::stated(stated))
        {
            desk.position = position;
        }
    }

    /// Whether what a correction says can be booked; `None` when it is of no desk.
    pub fn can_book(&self, correction: &Correction, multiplier: Money) -> Option<bool> {
        let desk = correction.bot.and_then(|id| self.get(id))?;
        Some(super::bot::can_book(&desk.definition, desk.position, correction, multiplier))
    }

    /// Books what a correction says of its desk, or takes back what no other stage counted.
    pub fn on_correction(&mut self, correction: &Correction, multiplier: Money) {
        let Some(desk) = correction.bot.and_then(|id| self.get_mut(id)) else { return };
        let Correction { side, qty, price, .. } = *correction;
        let _told = match correction.kind {
            CorrectionKind::Retract => desk.position.take_back(side, qty, price, multiplier),
            _ => desk.position.correct(correction, multiplier),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fusion::fixtures::{ES, points, trade};
    use gauntlet_model::desk::desk_of;
    use gauntlet_model::effect::TimeInForce;
    use gauntlet_model::ids::{AccountId, ClOrdId};
    use gauntlet_model::input::{Adoption, Route};
    use gauntlet_model::text::Text;
    use gauntlet_model::units::{Price, Side};

    const MULTIPLIER: Money = Money(50_000_000);

    fn desk() -> BotId {
        desk_of(0).expect("there is one")
    }

    /// A book with the desk that an adoption opened.
    fn book() -> (DeskBook, DeskPlace) {
        let adoption = Adoption {
            route: Route::BROKER,
            order_id: Text::new("X1"),
            account: AccountId(0),
            instrument: ES,
            bot: None,
            actor: Text::new("ann"),
            approver: Text::EMPTY,
            reason: Text::new("placed by phone"),
        };
        let mut book = DeskBook::new();
        book.on_input(&Input::Adoption(adoption));
        (book, adoption.place())
    }

    /// A contract more that a broker's word of a position after so many books.
    fn booked(kind: CorrectionKind, volume: u64) -> Correction {
        Correction {
            by_broker: true,
            bot: Some(desk()),
            qty: 1,
            price: points(5_000.0),
            volume,
            ..Correction::by_person(kind, Text::new("broker"), Text::EMPTY)
        }
    }

    /// What was bought or sold so far, as corrections see it.
    fn volume(book: &DeskBook) -> Vec<u64> {
        let fits = |volume: &u64| {
            book.can_book(&booked(CorrectionKind::Book, *volume), MULTIPLIER) == Some(true)
        };
        (0..20).filter(fits).collect()
    }

    #[test]
    fn an_adoption_opens_a_desk_whose_position_is_what_fills_corrections_and_journals_say() {
        let (mut book, place) = book();
        assert_eq!((book.find(place), book.instrument(desk())), (Some(desk()), Some(ES)));
        assert_eq!(volume(&book), [0]);
        let order = ClOrdId::new(7, desk(), 0).expect("fits");
        let fill = trade(order, Side::Buy, 2, points(5_000.0));
        let fill = ExecutionReport { route: Route::BROKER, ..fill };
        assert!(book.owns(&fill));
        book.on_execution(&fill, MULTIPLIER);
        assert_eq!(volume(&book), [2]);
        book.on_execution(&ExecutionReport { exec_type: ExecType::New, ..fill }, MULTIPLIER);
        assert_eq!(volume(&book), [2], "it is no fill");
        book.on_correction(&booked(CorrectionKind::Book, 2), MULTIPLIER);
        assert_eq!(volume(&book), [3]);
        let stated = Stated {
            kind: StatedKind::Position,
            route: place.route,
            bot: desk(),
            account: place.account,
            instrument: place.instrument,
            order: ClOrdId::NONE,
            cl_ord_id: ClOrdId::NONE,
            side: Side::Buy,
            qty: 0,
            cum_qty: 0,
            price: Price::NONE,
            time_in_force: TimeInForce::Day,
            held: 1,
            cost: points(5_000.0).0,
            realized: Money(0),
            volume: 9,
        };
        book.on_stated(&Stated { kind: StatedKind::Order, ..stated });
        assert_eq!(volume(&book), [3], "it is no position");
        book.on_stated(&stated);
        assert_eq!(volume(&book), [9]);
    }
}
