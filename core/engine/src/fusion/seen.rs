//! Which executions were seen before.

use gauntlet_model::input::{ExecType, ExecutionReport, Route};
use gauntlet_model::text::Text;
use gauntlet_model::units::NANOS_PER_SECOND;
use gauntlet_runtime::memory;

/// Executions remembered: the oldest is forgotten for the next.
pub const SEEN_MAX: usize = 1 << 16;

/// Twice as many slots as keys, so that probing stays short.
const SLOTS: usize = 2 * SEEN_MAX;
const MASK: usize = SLOTS - 1;
const EMPTY: u32 = 0;

const NANOS_PER_HOUR: u64 = 3_600 * NANOS_PER_SECOND;

/// What makes an execution the same as another. FIX promises an `ExecID` to be unique within a
/// trading day only (FIX 4.4, field 17), so the day is part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    route: Route,
    trading_day: u32,
    exec_id: Text<32>,
}

impl Key {
    fn of(report: &ExecutionReport) -> Key {
        // CME's daily break is 22:00 to 23:00 UTC in winter and 21:00 to 22:00 in summer: 22:00 is
        // inside or at the edge of both, so no trading day is cut.
        let day = report.transact_time.plus(2 * NANOS_PER_HOUR).0 / (24 * NANOS_PER_HOUR);
        Key { route: report.route, trading_day: day as u32, exec_id: report.exec_id }
    }

    /// FNV-1a: short keys, and a broker does not attack its own table.
    fn home(&self) -> usize {
        let day = self.trading_day.to_le_bytes();
        let bytes = [self.route.number()].into_iter().chain(day);
        let hash = bytes.chain(self.exec_id.as_bytes().iter().copied());
        let hash = hash.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        (hash ^ hash >> 32) as usize & MASK
    }
}

/// The last [`SEEN_MAX`] executions: a ring in order of arrival, and an open-addressed table of
/// places in the ring. Its memory is taken once; nothing is ever moved to another table.
#[derive(Debug)]
pub(super) struct SeenExecutions {
    ring: Vec<Key>,
    oldest: usize,
    /// Place in the ring plus one, or [`EMPTY`].
    slots: Box<[u32]>,
}

impl SeenExecutions {
    pub fn new() -> SeenExecutions {
        let blank = Key { route: Route::BROKER, trading_day: 0, exec_id: Text::EMPTY };
        SeenExecutions {
            ring: memory::room(blank, SEEN_MAX),
            oldest: 0,
            slots: memory::present(EMPTY, SLOTS).into_boxed_slice(),
        }
    }

    /// Whether a report is seen for the first time; remembers it.
    ///
    /// An answer to a status request is always new and never remembered: a broker may repeat in it
    /// the identity of a fill that has yet to be sent again. A report without an identity (empty, or
    /// FIX's `0`) cannot be told from another; it is new, unless it is a trade that the session says
    /// may have been sent before.
    pub fn is_first_sight(&mut self, report: &ExecutionReport) -> bool {
        if report.exec_type == ExecType::OrderStatus {
            return true;
        }
        if matches!(report.exec_id.as_bytes(), b"" | b"0") {
            return report.exec_type != ExecType::Trade || !report.poss_dup;
        }
        let key = Key::of(report);
        if self.slots[self.find(&key)] != EMPTY {
            return false;
        }
        let place = if self.ring.len() < SEEN_MAX {
            self.ring.push(key);
            self.ring.len() - 1
        } else {
            let place = self.oldest;
            self.oldest = (self.oldest + 1) % SEEN_MAX;
            self.forget(place);
            self.ring[place] = key;
            place
        };
        // Forgetting may have moved entries, so the free slot is looked for only now.
        let slot = self.find(&key);
        self.slots[slot] = place as u32 + 1;
        true
    }

    /// The slot that holds a key, or the free one that it belongs in. Ends because half of the
    /// slots are free.
    fn find(&self, key: &Key) -> usize {
        let mut slot = key.home();
        while self.slots[slot] != EMPTY && self.key_in(slot) != key {
            slot = (slot + 1) & MASK;
        }
        slot
    }

    fn key_in(&self, slot: usize) -> &Key {
        &self.ring[self.slots[slot] as usize - 1]
    }

    /// Takes a key out and closes the gap in its run, so that no markers of what once was are left.
    fn forget(&mut self, place: usize) {
        let mut hole = self.find(&self.ring[place]);
        let mut slot = hole;
        loop {
            slot = (slot + 1) & MASK;
            if self.slots[slot] == EMPTY {
                break;
            }
            let from_home = slot.wrapping_sub(self.key_in(slot).home()) & MASK;
            if from_home >= slot.wrapping_sub(hole) & MASK {
                self.slots[hole] = self.slots[slot];
                hole = slot;
            }
        }
        self.slots[hole] = EMPTY;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fusion::fixtures::trade;
    use gauntlet_model::units::{Price, Side, UnixNanos};
    use gauntlet_model::{ids::ClOrdId, input::OrdStatus};

    fn report(exec_id: &str) -> ExecutionReport {
        let exec_id = Text::new(exec_id);
        ExecutionReport { exec_id, ..trade(ClOrdId::NONE, Side::Buy, 1, Price(1)) }
    }

    #[test]
    fn a_report_is_new_once_per_route_and_trading_day() {
        let mut seen = SeenExecutions::new();
        let first = report("E1");
        assert!(seen.is_first_sight(&first));
        assert!(!seen.is_first_sight(&first));
        assert!(seen.is_first_sight(&ExecutionReport { route: Route::SHADOW, ..first }));
        let next_day = UnixNanos(first.transact_time.0 + 24 * NANOS_PER_HOUR);
        assert!(seen.is_first_sight(&ExecutionReport { transact_time: next_day, ..first }));
        assert!(seen.is_first_sight(&report("E2")));
    }

    #[test]
    fn a_status_answer_does_not_hide_the_fill_it_speaks_of() {
        let mut seen = SeenExecutions::new();
        let fill = report("E1");
        let answer = ExecutionReport { exec_type: ExecType::OrderStatus, ..fill };
        assert!(seen.is_first_sight(&answer));
        assert!(seen.is_first_sight(&fill));
        assert!(!seen.is_first_sight(&fill));
    }

    #[test]
    fn a_trade_without_identity_counts_unless_it_may_be_a_duplicate() {
        let mut seen = SeenExecutions::new();
        for nameless in [report(""), report("0")] {
            assert!(seen.is_first_sight(&nameless));
            assert!(seen.is_first_sight(&nameless));
            assert!(!seen.is_first_sight(&ExecutionReport { poss_dup: true, ..nameless }));
            let news = ExecutionReport {
                exec_type: ExecType::New,
                ord_status: OrdStatus::New,
                poss_dup: true,
                ..nameless
            };
            assert!(seen.is_first_sight(&news));
        }
    }

    #[test]
    fn the_last_65_536_are_remembered_and_older_ones_forgotten() {
        let mut seen = SeenExecutions::new();
        let id = |n: usize| report(&format!("EXEC-{n}"));
        let total = 3 * SEEN_MAX;
        for n in 0..total {
            assert!(seen.is_first_sight(&id(n)), "{n}");
        }
        for n in (total - SEEN_MAX..total).rev() {
            assert!(!seen.is_first_sight(&id(n)), "{n} was seen");
        }
        assert_eq!(seen.slots.iter().filter(|slot| **slot != EMPTY).count(), SEEN_MAX);
        assert!(seen.is_first_sight(&id(0)));
        assert!(seen.is_first_sight(&id(total - SEEN_MAX)), "forgotten for the one before");
    }
}
