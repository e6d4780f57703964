//! Which executions were seen before.

use gauntlet_model::input::{ExecType, ExecutionReport, Route};
use gauntlet_model::text::Text;
use gauntlet_model::units::NANOS_PER_SECOND;
use gauntlet_runtime::{bounded_map, memory};
use hashbrown::HashTable;

/// Executions remembered: the oldest is forgotten for the next.
pub const SEEN_MAX: usize = 1 << 16;

const NANOS_PER_HOUR: u64 = 3_600 * NANOS_PER_SECOND;

/// What makes an execution the same as another. FIX promises an `ExecID` to be unique within a
/// trading day only (FIX 4.4, field 17), so the day is part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
}

/// The last [`SEEN_MAX`] executions: a ring in order of arrival, and a table of the keys' places in it.
/// Their memory is taken once: see [`bounded_map`] for why the table never takes more.
#[derive(Debug)]
pub(super) struct SeenExecutions {
    ring: Vec<Key>,
    oldest: usize,
    places: HashTable<u32>,
}

impl SeenExecutions {
    pub fn new() -> SeenExecutions {
        let blank = Key { route: Route::BROKER, trading_day: 0, exec_id: Text::EMPTY };
        let mut places = HashTable::with_capacity(bounded_map::room_for(SEEN_MAX));
        // Filled once, so that its memory is there before it is needed.
        for place in 0..SEEN_MAX as u32 {
            places.insert_unique(bounded_map::hash_of(&place), place, bounded_map::hash_of);
        }
        places.clear();
        SeenExecutions { ring: memory::room(blank, SEEN_MAX), oldest: 0, places }
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
        if self.knows(&key) {
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
        let SeenExecutions { ring, places, .. } = self;
        let hash_in = |place: &u32| bounded_map::hash_of(&ring[*place as usize]);
        places.insert_unique(bounded_map::hash_of(&key), place as u32, hash_in);
        assert!(places.len() == ring.len(), "each key of the ring has its place in the table");
        true
    }

    fn knows(&self, key: &Key) -> bool {
        let is_key = |place: &u32| self.ring[*place as usize] == *key;
        self.places.find(bounded_map::hash_of(key), is_key).is_some()
    }

    fn forget(&mut self, place: usize) {
        let hash = bounded_map::hash_of(&self.ring[place]);
        let found = self.places.find_entry(hash, |known| *known as usize == place);
        let Ok(entry) = found else { panic!("each key of the ring has its place in the table") };
        entry.remove();
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
        let room = seen.places.allocation_size();
        let id = |n: usize| report(&format!("EXEC-{n}"));
        let total = 3 * SEEN_MAX;
        for n in 0..total {
            assert!(seen.is_first_sight(&id(n)), "{n}");
        }
        for n in (total - SEEN_MAX..total).rev() {
            assert!(!seen.is_first_sight(&id(n)), "{n} was seen");
        }
        assert_eq!((seen.places.len(), seen.places.allocation_size()), (SEEN_MAX, room));
        assert!(seen.is_first_sight(&id(0)));
        assert!(seen.is_first_sight(&id(total - SEEN_MAX)), "forgotten for the one before");
    }
}
