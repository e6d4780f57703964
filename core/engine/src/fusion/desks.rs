//! What desks hold, as the chain's head needs it: to say whose a fill is, and whether a correction can be
//! booked. A desk decides nothing, so there is nothing else.

use gauntlet_model::desk::{DESKS_MAX, Desks, definition};
use gauntlet_model::ids::{BOTS_MAX, BotId, InstrumentId};
use gauntlet_model::input::{
    BotDefinition, Correction, CorrectionKind, ExecType, ExecutionReport, Stated, StatedKind,
    Ticket,
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

    /// Opens the desk of a ticket, if that is the first for its place.
    pub fn on_ticket(&mut self, ticket: &Ticket) {
        let opened = self.desks.open(ticket).filter(|(_, is_new)| *is_new);
        if let Some((id, place)) = opened.and_then(|(id, _)| Some((id, self.desks.place(id)?))) {
            let definition = definition(id, place);
            self.held.push(HeldAtDesk { definition, position: Position::default() });
        }
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
