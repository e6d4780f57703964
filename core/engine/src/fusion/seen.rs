//! Which executions were seen before.

use gauntlet_model::ids::ClOrdId;
use gauntlet_model::input::{ExecType, ExecutionReport, Route};
use gauntlet_model::text::Text;
use gauntlet_model::units::NANOS_PER_SECOND;
use gauntlet_runtime::{bounded_map, memory};
use hashbrown::HashTable;

/// Executions remembered: the oldest is forgotten for the next.
pub const SEEN_MAX: usize = 1 << 16;

const NANOS_PER_HOUR: u64 = 3_600 * NANOS_PER_SECOND;

/// What makes an execution the same as another. FIX promises an `ExecID` to be unique within a
/// trading day only (FIX 4.4, field 17), and brokers keep that for each order, so the day is part of it
/// and so is the order: by the broker's identity of it, which outlives replaces, or by ours where it
/// gives none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    route: Route,
    trading_day: u32,
    order: OrderKey,
    exec_id: Text<32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum OrderKey {
    Broker(Text<32>),
    Ours(ClOrdId),
}

impl OrderKey {
    fn of(report: &ExecutionReport) -> OrderKey {
        match report.order_id.as_bytes() {
            b"" | b"0" | b"NONE" => OrderKey::Ours(report.cl_ord_id),
            _ => OrderKey::Broker(report.order_id),
        }
    }
}

impl Key {
    fn of(report: &ExecutionReport) -> Key {
        // CME's daily break is 22:00 to 23:00 UTC in winter and 21:00 to 22:00 in summer: 22:00 is
        // inside or at the edge of both, so no trading day is cut.
        let day = report.transact_time.plus(2 * NANOS_PER_HOUR).0 / (24 * NANOS_PER_HOUR);
        Key {
            route: report.route,
            trading_day: day as u32,
            order: OrderKey::of(report),
            exec_id: report.exec_id,
        }
    }
}

/// Whether an execution was seen before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sight {
    /// It was not.
    First,
    /// It was.
    Again,
    /// It may have been: it is not counted, and its order is asked about.
    Unknown,
}

/// The last [`SEEN_MAX`] executions: a ring in order of arrival, and a table of the keys' places in it.
/// Their memory is taken once: see [`bounded_map`] for why the table never takes more.
#[derive(Debug)]
pub(super) struct SeenExecutions {
    ring: Vec<Key>,
    oldest: usize,
    places: HashTable<u32>,
    /// The last trading day of which an execution was forgotten; 0 for none.
    forgotten_day: u32,
}

impl SeenExecutions {
    pub fn new() -> SeenExecutions {
        let blank = Key {
            route: Route::BROKER,
            trading_day: 0,
            order: OrderKey::Ours(ClOrdId::NONE),
            exec_id: Text::EMPTY,
        };
        let mut places = HashTable::with_capacity(bounded_map::room_for(SEEN_MAX));
        // Filled once, so that its memory is there before it is needed.
        for place in 0..SEEN_MAX as u32 {
            places.insert_unique(bounded_map::hash_of(&place), place, bounded_map::hash_of);
        }
        places.clear();
        SeenExecutions { ring: memory::room(blank, SEEN_MAX), oldest: 0, places, forgotten_day: 0 }
    }

    /// Looks at a report, and remembers it if it is seen for the first time.
    ///
    /// An answer to a status request is always new and never remembered: a broker may repeat in it
    /// the identity of a fill that has yet to be sent again. A report without an identity (empty, or
    /// FIX's `0`) cannot be told from another; it is new, unless it is a trade that the session says
    /// may have been sent before. Of such a trade from a day of which others were forgotten nobody
    /// knows, either, whether it was seen.
    pub fn look(&mut self, report: &ExecutionReport) -> Sight {
        if report.exec_type == ExecType::OrderStatus {
            return Sight::First;
        }
        let may_be_again = report.exec_type == ExecType::Trade && report.poss_dup;
        if matches!(report.exec_id.as_bytes(), b"" | b"0") {
            return if may_be_again { Sight::Unknown } else { Sight::First };
        }
        let key = Key::of(report);
        if self.knows(&key) {
            return Sight::Again;
        }
        if may_be_again && key.trading_day <= self.forgotten_day {
            return Sight::Unknown;
        }
        self.remember(key);
        Sight::First
    }

    fn remember(&mut self, key: Key) {
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
    }

    fn knows(&self, key: &Key) -> bool {
        let is_key = |place: &u32| self.ring[*place as usize] == *key;
        self.places.find(bounded_map::hash_of(key), is_key).is_some()
    }

    fn forget(&mut self, place: usize) {
        let hash = bounded_map::hash_of(&self.ring[place]);
        self.forgotten_day = self.forgotten_day.max(self.ring[place].trading_day);
        let found = self.places.find_entry(hash, |known| *known as usize == place);
        let Ok(entry) = found else { panic!("each key of the ring has its place in the table") };
        entry.remove();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fusion::fixtures::trade;
    use gauntlet_model::input::OrdStatus;
    use gauntlet_model::units::{Price, Side, UnixNanos};

    fn report(exec_id: &str) -> ExecutionReport {
        let exec_id = Text::new(exec_id);
        ExecutionReport { exec_id, ..trade(ClOrdId::NONE, Side::Buy, 1, Price(1)) }
    }

    #[test]
    fn a_report_is_new_once_per_route_and_trading_day() {
        let mut seen = SeenExecutions::new();
        let first = report("E1");
        assert_eq!(seen.look(&first), Sight::First);
        assert_eq!(seen.look(&first), Sight::Again);
        assert_eq!(seen.look(&ExecutionReport { route: Route::SHADOW, ..first }), Sight::First);
        let next_day = UnixNanos(first.transact_time.0 + 24 * NANOS_PER_HOUR);
        assert_eq!(seen.look(&ExecutionReport { transact_time: next_day, ..first }), Sight::First);
        assert_eq!(seen.look(&report("E2")), Sight::First);
    }

    #[test]
    fn a_trading_day_begins_at_22_00_utc() {
        let at = |hour: u64, nanos: u64| {
            // Tuesday 2 January 2024, 00:00 UTC.
            let midnight = 1_704_153_600 * gauntlet_model::units::NANOS_PER_SECOND;
            let transact_time = UnixNanos(midnight + hour * NANOS_PER_HOUR + nanos);
            ExecutionReport { transact_time, ..report("E1") }
        };
        let mut seen = SeenExecutions::new();
        let sights =
            [(21, NANOS_PER_HOUR - 1), (22, 0), (24, 0), (45, NANOS_PER_HOUR - 1), (46, 0)]
                .map(|(hour, nanos)| seen.look(&at(hour, nanos)));
        use Sight::{Again, First};
        assert_eq!(sights, [First, First, Again, Again, First]);
    }

    #[test]
    fn a_status_answer_does_not_hide_the_fill_it_speaks_of() {
        let mut seen = SeenExecutions::new();
        let fill = report("E1");
        let answer = ExecutionReport { exec_type: ExecType::OrderStatus, ..fill };
        assert_eq!(seen.look(&answer), Sight::First);
        assert_eq!(seen.look(&fill), Sight::First);
        assert_eq!(seen.look(&fill), Sight::Again);
    }

    #[test]
    fn a_trade_without_identity_counts_unless_it_may_be_a_duplicate() {
        let mut seen = SeenExecutions::new();
        for nameless in [report(""), report("0")] {
            assert_eq!(seen.look(&nameless), Sight::First);
            assert_eq!(seen.look(&nameless), Sight::First);
            let again = ExecutionReport { poss_dup: true, ..nameless };
            assert_eq!(seen.look(&again), Sight::Unknown);
            let news = ExecutionReport {
                exec_type: ExecType::New,
                ord_status: OrdStatus::New,
                poss_dup: true,
                ..nameless
            };
            assert_eq!(seen.look(&news), Sight::First);
        }
    }

    #[test]
    fn the_last_65_536_are_remembered_and_older_ones_forgotten() {
        let mut seen = SeenExecutions::new();
        let room = seen.places.allocation_size();
        let id = |n: usize| report(&format!("EXEC-{n}"));
        let total = 3 * SEEN_MAX;
        for n in 0..total {
            assert_eq!(seen.look(&id(n)), Sight::First, "{n}");
        }
        for n in (total - SEEN_MAX..total).rev() {
            assert_eq!(seen.look(&id(n)), Sight::Again, "{n}");
        }
        assert_eq!((seen.places.len(), seen.places.allocation_size()), (SEEN_MAX, room));
        assert_eq!(seen.look(&id(0)), Sight::First);
        assert_eq!(seen.look(&id(total - SEEN_MAX)), Sight::First, "forgotten for the one before");
    }

    #[test]
    fn an_identity_of_another_order_or_another_day_is_another_fill() {
        let mut seen = SeenExecutions::new();
        let first = ExecutionReport { order_id: Text::new("A"), ..report("E1") };
        assert_eq!(seen.look(&first), Sight::First);
        let of_another = ExecutionReport { order_id: Text::new("B"), ..first };
        assert_eq!(seen.look(&of_another), Sight::First);
        let replaced = ExecutionReport { cl_ord_id: ClOrdId(7 << 20), ..first };
        assert_eq!(seen.look(&replaced), Sight::Again, "the broker's identity outlives a replace");
        let nameless = ExecutionReport { order_id: Text::EMPTY, ..first };
        assert_eq!(seen.look(&nameless), Sight::First);
        let of_another = ExecutionReport { cl_ord_id: ClOrdId(7 << 20), ..nameless };
        assert_eq!(seen.look(&of_another), Sight::First);
        assert_eq!(seen.look(&of_another), Sight::Again);
    }

    #[test]
    fn past_the_bound_a_possible_duplicate_of_a_forgotten_day_is_neither_new_nor_seen() {
        let mut seen = SeenExecutions::new();
        for n in 0..=SEEN_MAX {
            assert_eq!(seen.look(&report(&format!("EXEC-{n}"))), Sight::First);
        }
        let resent = |exec_id| ExecutionReport { poss_dup: true, ..report(exec_id) };
        assert_eq!(seen.look(&resent("EXEC-7")), Sight::Again, "still remembered");
        assert_eq!(seen.look(&resent("EXEC-0")), Sight::Unknown, "forgotten: it may be counted");
        assert_eq!(seen.look(&resent("LOST")), Sight::Unknown, "or never have come");
        let next_day = UnixNanos(report("X").transact_time.0 + 24 * NANOS_PER_HOUR);
        let of_today = ExecutionReport { transact_time: next_day, ..resent("LOST") };
        assert_eq!(seen.look(&of_today), Sight::First, "nothing of that day was forgotten");
        assert_eq!(seen.look(&report("NEWS")), Sight::First);
    }
}
