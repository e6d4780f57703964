//! Fills that were booked before their report came: from a broker's status, or by a person.
//!
//! When the report comes after all it is no news, or its contracts would count twice. A booking by the
//! broker's status covers the reports on its order up to the sum that the status told; one that a person
//! gave the broker's identity of the fill covers the report of that identity.

use gauntlet_model::ids::{BotId, ClOrdId};
use gauntlet_model::input::{Correction, CorrectionKind, ExecType, ExecutionReport};
use gauntlet_model::text::Text;

/// Bookings remembered: the oldest is forgotten for the next.
pub const ADOPTED_MAX: usize = 256;

/// A fill that was booked without its report.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Adopted {
    bot: BotId,
    /// The identities of its order: from the first to the newest when it was booked. A bot's orders
    /// follow each other, so nothing else is between.
    first: ClOrdId,
    newest: ClOrdId,
    /// The contracts of the order that were filled with it.
    through: u32,
    exec_id: Text<32>,
    /// Contracts whose report has not come.
    left: u32,
}

impl Adopted {
    fn covers(&self, report: &ExecutionReport) -> bool {
        if report.cl_ord_id.bot() != self.bot || report.last_qty > self.left {
            return false;
        }
        if !self.exec_id.is_empty() {
            return self.exec_id == report.exec_id;
        }
        let of_order = |id: ClOrdId| self.first <= id && id <= self.newest;
        of_order(report.cl_ord_id) && report.cum_qty <= self.through
    }
}

/// The last [`ADOPTED_MAX`] of them.
#[derive(Debug)]
pub(super) struct AdoptedFills {
    ring: Vec<Adopted>,
    oldest: usize,
}

impl AdoptedFills {
    pub fn new() -> AdoptedFills {
        AdoptedFills { ring: Vec::with_capacity(ADOPTED_MAX), oldest: 0 }
    }

    /// Remembers what was booked, if a report of it may come.
    pub fn note(&mut self, correction: &Correction) {
        let Correction { kind, order, newest, cum_qty, exec_id, qty, .. } = *correction;
        let Some(bot) = correction.bot.filter(|_| kind == CorrectionKind::Book) else { return };
        let named = !exec_id.is_empty();
        if !named && (!correction.by_broker || !order.is_some() || cum_qty == 0) {
            return;
        }
        let adopted = Adopted {
            bot,
            first: order,
            newest: newest.max(order),
            through: cum_qty,
            exec_id,
            left: qty,
        };
        if self.ring.len() < ADOPTED_MAX {
            self.ring.push(adopted);
        } else {
            self.ring[self.oldest] = adopted;
            self.oldest = (self.oldest + 1) % ADOPTED_MAX;
        }
    }

    /// Whether a fill was booked before, and counts it off if so.
    pub fn covers(&mut self, report: &ExecutionReport) -> bool {
        if report.exec_type != ExecType::Trade || report.last_qty == 0 {
            return false;
        }
        let Some(adopted) = self.ring.iter_mut().find(|adopted| adopted.covers(report)) else {
            return false;
        };
        adopted.left -= report.last_qty;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fusion::fixtures::{points, trade};
    use gauntlet_model::units::Side;

    fn id(seq: u64) -> ClOrdId {
        ClOrdId::new(seq, BotId(0), 0).expect("fits")
    }

    fn booked(first: u64, newest: u64, qty: u32, cum_qty: u32) -> Correction {
        Correction {
            by_broker: true,
            bot: Some(BotId(0)),
            order: id(first),
            newest: id(newest),
            qty,
            cum_qty,
            ..Correction::by_person(CorrectionKind::Book, Text::new("broker"), Text::EMPTY)
        }
    }

    fn fill(seq: u64, last_qty: u32, cum_qty: u32) -> ExecutionReport {
        ExecutionReport { cum_qty, ..trade(id(seq), Side::Buy, last_qty, points(1.0)) }
    }

    #[test]
    fn a_booking_covers_the_reports_of_its_order_up_to_its_sum_and_its_contracts() {
        let mut adopted = AdoptedFills::new();
        adopted.note(&booked(5, 9, 3, 4));
        assert!(!adopted.covers(&fill(5, 1, 5)), "filled after it");
        assert!(!adopted.covers(&fill(10, 1, 1)), "of a later order");
        assert!(adopted.covers(&fill(7, 2, 3)));
        assert!(!adopted.covers(&fill(9, 2, 4)), "only one is left");
        assert!(adopted.covers(&fill(9, 1, 4)));
        assert!(!adopted.covers(&fill(9, 1, 4)));
    }

    #[test]
    fn a_booking_with_the_brokers_identity_covers_that_report_and_no_other() {
        let mut adopted = AdoptedFills::new();
        let exec_id = Text::new("E7");
        adopted.note(&Correction { by_broker: false, exec_id, cum_qty: 0, ..booked(5, 5, 2, 0) });
        assert!(!adopted.covers(&fill(5, 2, 2)));
        assert!(adopted.covers(&ExecutionReport { exec_id, ..fill(5, 2, 2) }));
        adopted.note(&Correction { by_broker: false, ..booked(5, 5, 2, 2) });
        assert!(!adopted.covers(&fill(5, 2, 2)), "a person's word names no sum");
    }

    #[test]
    fn the_last_256_are_remembered() {
        let mut adopted = AdoptedFills::new();
        let last = ADOPTED_MAX as u64 + 3;
        for seq in 1..=last {
            adopted.note(&booked(seq, seq, 1, 1));
        }
        for seq in 1..=last {
            assert_eq!(adopted.covers(&fill(seq, 1, 1)), seq > 3, "{seq}");
        }
    }
}
