//! Times orders: from the tick to the write that carries the order, and from there to the answer.

use gauntlet_model::effect::{OutboundKind, OutboundRecord};
use gauntlet_model::ids::ClOrdId;
use gauntlet_runtime::clock::TickClock;
use gauntlet_runtime::latency::{LatencyRecorder, Segment};

/// Orders whose answer is timed. An older one that is overwritten is just not timed.
const TIMED_ORDERS: usize = 256;

/// See the module.
pub struct OrderTiming {
    ticks: TickClock,
    recorder: LatencyRecorder,
    timed: [(ClOrdId, u64); TIMED_ORDERS],
    /// Raw counter reading at the arrival of the input at hand; 0 if it has none.
    arrived: u64,
}

impl OrderTiming {
    /// One that reports to `recorder`.
    pub fn new(ticks: TickClock, recorder: LatencyRecorder) -> OrderTiming {
        OrderTiming { ticks, recorder, timed: [(ClOrdId::NONE, 0); TIMED_ORDERS], arrived: 0 }
    }

    /// Begins an input.
    pub fn begin(&mut self, arrived: u64) {
        self.arrived = arrived;
    }

    /// Nanoseconds since the input at hand arrived; 0 if it has no arrival.
    pub fn since_arrival(&self) -> u64 {
        if self.arrived == 0 { 0 } else { self.ticks.ns_between(self.arrived, self.ticks.raw()) }
    }

    /// The counter now: when a message is handed to its gateway.
    #[inline]
    pub fn raw(&self) -> u64 {
        self.ticks.raw()
    }

    /// A message was handed to the broker's gateway at `from`, whose last write began at `written`:
    /// before `from` if it wrote nothing.
    pub fn sent(&mut self, record: &OutboundRecord, from: u64, written: u64) {
        if written < from {
            return;
        }
        self.recorder.record(Segment::OrderEncode, from, written);
        if self.arrived > 0 {
            self.recorder.record(Segment::TickToOrder, self.arrived, written);
        }
        if record.kind == OutboundKind::New {
            self.timed[place(record.cl_ord_id)] = (record.cl_ord_id, written);
        }
    }

    /// The input at hand reports on an order: the first report is its answer.
    pub fn answered(&mut self, id: ClOrdId) {
        let entry = &mut self.timed[place(id)];
        if id.is_some() && entry.0 == id && self.arrived > 0 {
            self.recorder.record(Segment::OrderToAck, entry.1, self.arrived);
            *entry = (ClOrdId::NONE, 0);
        }
    }
}

fn place(id: ClOrdId) -> usize {
    id.seq() as usize % TIMED_ORDERS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::outbound;
    use gauntlet_model::ids::BotId;
    use gauntlet_model::input::Route;
    use gauntlet_runtime::latency::LatencyBoard;

    fn record(kind: OutboundKind, seq: u64) -> OutboundRecord {
        let cl_ord_id = ClOrdId::new(seq, BotId(0), 0).expect("fits");
        OutboundRecord { kind, cl_ord_id, ..*outbound(Route::BROKER).record() }
    }

    /// What was timed, as segments with their numbers of samples.
    fn timed(steps: impl FnOnce(&mut OrderTiming)) -> Vec<(String, u64)> {
        let ticks = TickClock::new();
        let mut board = LatencyBoard::new(ticks.clone());
        let mut timing = OrderTiming::new(ticks, board.recorder(64));
        steps(&mut timing);
        board.collect();
        board.summaries().into_iter().map(|summary| (summary.segment, summary.count)).collect()
    }

    fn counts(of: &[(&str, u64)]) -> Vec<(String, u64)> {
        of.iter().map(|(segment, count)| ((*segment).to_owned(), *count)).collect()
    }

    #[test]
    fn an_order_is_timed_from_its_tick_and_its_answer_once() {
        let order = record(OutboundKind::New, 7);
        let samples = timed(|timing| {
            timing.begin(100);
            timing.sent(&order, 120, 150);
            timing.begin(500);
            timing.answered(order.cl_ord_id);
            timing.answered(order.cl_ord_id);
        });
        let wanted = [("order_encode", 1), ("tick_to_order", 1), ("order_to_ack", 1)];
        assert_eq!(samples, counts(&wanted));
    }

    #[test]
    fn what_was_not_written_or_has_no_arrival_is_not_timed_from_it() {
        let order = record(OutboundKind::New, 7);
        let samples = timed(|timing| {
            // The session is down: the last write is older.
            timing.begin(100);
            timing.sent(&order, 120, 90);
            timing.answered(order.cl_ord_id);
            // A timer's order.
            timing.begin(0);
            timing.sent(&order, 120, 150);
            timing.answered(order.cl_ord_id);
        });
        assert_eq!(samples, counts(&[("order_encode", 1)]));
    }

    #[test]
    fn a_cancel_s_answer_and_an_order_written_over_are_not_timed() {
        let (cancel, order) = (record(OutboundKind::Cancel, 8), record(OutboundKind::New, 9));
        let later = record(OutboundKind::New, 9 + TIMED_ORDERS as u64);
        let samples = timed(|timing| {
            timing.begin(100);
            for record in [&cancel, &order, &later] {
                timing.sent(record, 120, 150);
                timing.answered(ClOrdId::NONE);
            }
            timing.answered(cancel.cl_ord_id);
            timing.answered(order.cl_ord_id);
        });
        assert_eq!(samples, counts(&[("order_encode", 3), ("tick_to_order", 3)]));
    }
}
