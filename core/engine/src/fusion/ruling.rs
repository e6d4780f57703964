//! The one ruling about a bot's new definition, made at the chain's head and obeyed by every stage and
//! every view.
//!
//! A position cannot change its owner or be closed by another way than it was opened. So a definition
//! that would move a bot to another instrument, account or route waits while the bot holds anything,
//! wants anything, or has orders that the broker was last heard to work on. Until then the definition
//! before is in force everywhere, to get out by and for nothing else; once the bot is flat the new one
//! takes its place by itself. [`BotRuling`](gauntlet_model::effect::BotRuling) tells of both.
//!
//! An order that was sent and never answered is not known here. It counts as what its bot wants until
//! its entry expires; should it be filled after the bot has moved, nobody owns the fill, which puts its
//! place in doubt.

use gauntlet_model::ids::{BOTS_MAX, ClOrdId};
use gauntlet_model::input::{BotDefinition, ExecutionReport, OrdStatus};

/// Most orders of one bot that are remembered as open: as many as risk lets it have.
const OPEN_MAX: usize = crate::risk::ORDERS_PER_BOT;

/// Whether a definition moves a bot from where another one has it.
pub(super) fn moves(from: &BotDefinition, to: &BotDefinition) -> bool {
    let place = |of: &BotDefinition| (of.instrument, of.account, of.route());
    place(from) != place(to)
}

/// A definition that waits, and the number of the input that it came with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    pub definition: BotDefinition,
    pub seq: u64,
}

/// What of a bot a ruling rests on, besides what it holds and wants.
#[derive(Clone, Copy, Debug)]
struct Standing {
    /// Orders that a report said work, by the identity that it named.
    open: [ClOrdId; OPEN_MAX],
    waiting: Option<Waiting>,
}

/// By bot.
pub(super) struct Rulings {
    standings: Box<[Standing]>,
    /// How many definitions wait: mostly none, and then nobody looks for them.
    waiting: usize,
}

impl Rulings {
    pub fn new() -> Rulings {
        let nothing = Standing { open: [ClOrdId::NONE; OPEN_MAX], waiting: None };
        Rulings { standings: vec![nothing; BOTS_MAX].into_boxed_slice(), waiting: 0 }
    }

    /// Whether a bot has orders that a broker works on, as far as its reports tell.
    pub fn has_open(&self, place: usize) -> bool {
        self.standings.get(place).is_some_and(|bot| bot.open.iter().any(|id| id.is_some()))
    }

    /// Notes what a report says of the order that it names.
    pub fn note(&mut self, report: &ExecutionReport) {
        let Some(bot) = self.standings.get_mut(usize::from(report.cl_ord_id.bot().0)) else {
            return;
        };
        if !report.cl_ord_id.is_some() {
            return;
        }
        let named = [report.cl_ord_id, report.orig_cl_ord_id];
        bot.open.iter_mut().filter(|id| named.contains(id)).for_each(|id| *id = ClOrdId::NONE);
        // A request that is pending has an identity of its own, under which no order ever ends.
        let stays = match report.ord_status {
            OrdStatus::New | OrdStatus::PartiallyFilled | OrdStatus::PendingNew => report.cl_ord_id,
            OrdStatus::PendingCancel | OrdStatus::PendingReplace => {
                let orig = report.orig_cl_ord_id;
                if orig.is_some() { orig } else { report.cl_ord_id }
            }
            OrdStatus::Suspended | OrdStatus::Stopped => report.cl_ord_id,
            OrdStatus::Filled
            | OrdStatus::DoneForDay
            | OrdStatus::Canceled
            | OrdStatus::Rejected
            | OrdStatus::Expired => return,
        };
        if report.leaves_qty > 0 {
            // The oldest goes when there are more than there can be.
            let free = bot.open.iter().position(|id| !id.is_some()).unwrap_or(0);
            bot.open[free] = stays;
        }
    }

    /// Forgets an order by any of these identities: it was written off.
    pub fn close(&mut self, identities: [ClOrdId; 2]) {
        for known in identities.into_iter().filter(|id| id.is_some()) {
            let Some(bot) = self.standings.get_mut(usize::from(known.bot().0)) else { continue };
            bot.open.iter_mut().filter(|id| **id == known).for_each(|id| *id = ClOrdId::NONE);
        }
    }

    /// Forgets the orders of a bot: they ended with the process that simulated them.
    pub fn forget_open(&mut self, place: usize) {
        if let Some(bot) = self.standings.get_mut(place) {
            bot.open = [ClOrdId::NONE; OPEN_MAX];
        }
    }

    /// Lets a definition wait, in place of one that waited before it.
    pub fn wait(&mut self, place: usize, waiting: Waiting) {
        if let Some(bot) = self.standings.get_mut(place) {
            self.waiting += usize::from(bot.waiting.replace(waiting).is_none());
        }
    }

    /// Gives back the definition that waits, if there is one.
    pub fn take_waiting(&mut self, place: usize) -> Option<Waiting> {
        let taken = self.standings.get_mut(place)?.waiting.take()?;
        self.waiting -= 1;
        Some(taken)
    }

    /// Whether a definition of anybody waits.
    pub fn any_waits(&self) -> bool {
        self.waiting > 0
    }

    /// Whether a definition waits.
    pub fn waits(&self, place: usize) -> bool {
        self.standings.get(place).is_some_and(|bot| bot.waiting.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fusion::fixtures::{bot, points, trade};
    use gauntlet_model::ids::BotId;
    use gauntlet_model::units::Side;

    /// An order of the bot at place 2.
    fn id(seq: u64) -> ClOrdId {
        ClOrdId::new(seq, BotId(2), 0).expect("fits")
    }

    fn report(order: ClOrdId, ord_status: OrdStatus, leaves_qty: u32) -> ExecutionReport {
        let report = trade(order, Side::Buy, 1, points(1.0));
        ExecutionReport { ord_status, leaves_qty, ..report }
    }

    #[test]
    fn definitions_wait_by_bot_until_each_is_taken() {
        let waiting = |seq| Waiting { definition: bot(), seq };
        let mut rulings = Rulings::new();
        assert!(!rulings.any_waits() && !rulings.waits(2));
        for (place, seq) in [(2, 7), (2, 8), (3, 9)] {
            rulings.wait(place, waiting(seq));
        }
        assert!(rulings.any_waits() && rulings.waits(2) && rulings.waits(3) && !rulings.waits(4));
        assert_eq!(rulings.take_waiting(4).map(|taken| taken.seq), None);
        assert_eq!(rulings.take_waiting(2).map(|taken| taken.seq), Some(8), "the newest");
        assert!(rulings.any_waits() && !rulings.waits(2));
        assert_eq!(rulings.take_waiting(3).map(|taken| taken.seq), Some(9));
        assert!(!rulings.any_waits() && rulings.take_waiting(3).is_none());
        rulings.wait(BOTS_MAX, waiting(10));
        assert!(!rulings.any_waits() && !rulings.waits(BOTS_MAX), "there is no such bot");
    }

    #[test]
    fn an_order_is_open_while_its_broker_works_on_any_of_it() {
        use OrdStatus::*;
        for works in [New, PartiallyFilled, PendingNew, PendingCancel, PendingReplace, Suspended] {
            for (leaves_qty, is_open) in [(0, false), (1, true)] {
                let mut rulings = Rulings::new();
                rulings.note(&report(id(7), works, leaves_qty));
                assert_eq!(rulings.has_open(2), is_open, "{works:?}, {leaves_qty} left");
                assert!(!rulings.has_open(1));
            }
        }
        for ended in [Filled, DoneForDay, Canceled, Rejected, Expired] {
            let mut rulings = Rulings::new();
            rulings.note(&report(id(7), New, 1));
            rulings.note(&report(id(7), ended, 1));
            assert!(!rulings.has_open(2), "{ended:?}");
        }
    }

    #[test]
    fn a_request_that_is_pending_leaves_its_order_open_by_the_name_before() {
        for pending in [OrdStatus::PendingCancel, OrdStatus::PendingReplace] {
            let mut rulings = Rulings::new();
            rulings.note(&report(id(7), OrdStatus::New, 1));
            let about = report(id(8), pending, 1);
            rulings.note(&ExecutionReport { orig_cl_ord_id: id(7), ..about });
            rulings.note(&report(id(7), OrdStatus::Filled, 0));
            assert!(!rulings.has_open(2), "{pending:?}: it ended by its own name");
        }
    }

    #[test]
    fn an_order_that_is_written_off_is_forgotten_by_each_of_its_names_and_no_other_is() {
        for named in [[id(7), ClOrdId::NONE], [ClOrdId::NONE, id(7)], [id(9), id(7)]] {
            let mut rulings = Rulings::new();
            rulings.note(&report(id(7), OrdStatus::New, 1));
            rulings.close([id(8), ClOrdId::NONE]);
            assert!(rulings.has_open(2), "another was written off");
            rulings.close(named);
            assert!(!rulings.has_open(2), "{named:?}");
        }
    }
}
