//! Latency: raw differences of the time-stamp counter, sent by ring from the threads that measure to
//! the one that owns the histograms.
//!
//! The measuring side costs a counter read and a ring write; what does not fit is dropped and
//! counted, never waited for. Histograms have fixed bounds: 1 ns to 10 s at two significant digits;
//! longer is recorded as 10 s.

use super::clock::TickClock;
use super::ring::{Consumer, Producer, ring};
use hdrhistogram::Histogram;
use hdrhistogram::serialization::V2Serializer;
use hdrhistogram::serialization::interval_log::{IntervalLogWriterBuilder, Tag};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

/// A stretch of the way that is measured by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Segment {
    /// From the return of the socket read to the decoded input.
    FeedDecode = 0,
    /// Giving an input its number and copying it into the journal.
    Sequence = 1,
    /// From ingest's ring to fusion.
    HopToFusion = 2,
    /// Book, bars, indicators, rules, fusion.
    Fusion = 3,
    /// From fusion's ring to risk.
    HopToRisk = 4,
    /// Planner and checks.
    Risk = 5,
    /// From risk's ring to the order manager.
    HopToOrders = 6,
    /// The order manager, and the effects' copy into the journal.
    Orders = 7,
    /// From the approved order to the start of the socket write.
    OrderEncode = 8,
    /// From the return of the socket read to the start of the socket write.
    TickToOrder = 9,
    /// From the start of the socket write to the return of the read that brought the answer.
    OrderToAck = 10,
    /// One round of the control plane's loop.
    ControlLoop = 11,
    /// One delivery to a WebSocket client.
    WebSocketDelivery = 12,
    /// From the arrival of the input that an alert is about to the alert in the log.
    AlertToLog = 13,
    /// From the arrival of the input that an alert is about to the picture that has the alert.
    AlertToPage = 14,
}

impl Segment {
    /// Every segment, in order.
    pub const ALL: [Segment; 15] = [
        Segment::FeedDecode,
        Segment::Sequence,
        Segment::HopToFusion,
        Segment::Fusion,
        Segment::HopToRisk,
        Segment::Risk,
        Segment::HopToOrders,
        Segment::Orders,
        Segment::OrderEncode,
        Segment::TickToOrder,
        Segment::OrderToAck,
        Segment::ControlLoop,
        Segment::WebSocketDelivery,
        Segment::AlertToLog,
        Segment::AlertToPage,
    ];

    /// The segment's name, as programs and people see it.
    pub fn name(self) -> &'static str {
        match self {
            Segment::FeedDecode => "feed_decode",
            Segment::Sequence => "sequence",
            Segment::HopToFusion => "hop_to_fusion",
            Segment::Fusion => "fusion",
            Segment::HopToRisk => "hop_to_risk",
            Segment::Risk => "risk",
            Segment::HopToOrders => "hop_to_orders",
            Segment::Orders => "orders",
            Segment::OrderEncode => "order_encode",
            Segment::TickToOrder => "tick_to_order",
            Segment::OrderToAck => "order_to_ack",
            Segment::ControlLoop => "control_loop",
            Segment::WebSocketDelivery => "websocket_delivery",
            Segment::AlertToLog => "alert_to_log",
            Segment::AlertToPage => "alert_to_page",
        }
    }

    fn from_index(index: u64) -> Option<Segment> {
        Segment::ALL.get(index as usize).copied()
    }
}

const SAMPLE_SEGMENT_SHIFT: u32 = 56;
const HIGHEST_NS: u64 = 10_000_000_000;

/// The measuring end: one for each thread that measures.
pub struct LatencyRecorder {
    ring: Producer<u64>,
    dropped: Arc<AtomicU64>,
}

impl LatencyRecorder {
    /// Records the stretch between two raw readings of the counter.
    #[inline]
    pub fn record(&mut self, segment: Segment, from_raw: u64, to_raw: u64) {
        let ticks = to_raw.saturating_sub(from_raw).min((1 << SAMPLE_SEGMENT_SHIFT) - 1);
        if self.ring.push((segment as u64) << SAMPLE_SEGMENT_SHIFT | ticks).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// What is known of one segment.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct LatencySummary {
    /// The segment's name.
    pub segment: String,
    /// Samples.
    pub count: u64,
    /// Median, in nanoseconds.
    pub p50_ns: u64,
    /// 90th percentile, in nanoseconds.
    pub p90_ns: u64,
    /// 99th percentile, in nanoseconds.
    pub p99_ns: u64,
    /// 99.9th percentile, in nanoseconds.
    pub p999_ns: u64,
    /// Largest, in nanoseconds.
    pub max_ns: u64,
}

/// The owner of the histograms.
pub struct LatencyBoard {
    ticks: TickClock,
    sources: Vec<Consumer<u64>>,
    histograms: Vec<Histogram<u32>>,
    dropped: Arc<AtomicU64>,
    since: SystemTime,
}

impl LatencyBoard {
    /// An empty board.
    pub fn new(ticks: TickClock) -> LatencyBoard {
        let histogram = || {
            Histogram::new_with_bounds(1, HIGHEST_NS, 2)
                .expect("the bounds are constants and valid")
        };
        LatencyBoard {
            ticks,
            sources: Vec::new(),
            histograms: Segment::ALL.iter().map(|_| histogram()).collect(),
            dropped: Arc::new(AtomicU64::new(0)),
            since: SystemTime::now(),
        }
    }

    /// Makes the measuring end for one more thread, which may run `capacity` samples ahead.
    pub fn recorder(&mut self, capacity: usize) -> LatencyRecorder {
        let (producer, consumer) = ring(capacity);
        self.sources.push(consumer);
        LatencyRecorder { ring: producer, dropped: Arc::clone(&self.dropped) }
    }

    /// Takes in what the threads measured since the last call. Bounded by the rings' sizes.
    pub fn collect(&mut self) -> usize {
        let mut taken = 0;
        for index in 0..self.sources.len() {
            while let Some(sample) = self.sources[index].pop() {
                taken += 1;
                let ticks = sample & ((1 << SAMPLE_SEGMENT_SHIFT) - 1);
                if let Some(segment) = Segment::from_index(sample >> SAMPLE_SEGMENT_SHIFT) {
                    let nanos = self.ticks.ns_between(0, ticks);
                    self.record_ns(segment, nanos);
                }
            }
        }
        taken
    }

    /// Records a stretch that was measured in nanoseconds.
    pub fn record_ns(&mut self, segment: Segment, nanos: u64) {
        self.histograms[segment as usize].saturating_record(nanos.max(1));
    }

    /// Samples that were dropped because a ring was full.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// One segment's histogram.
    pub fn histogram(&self, segment: Segment) -> &Histogram<u32> {
        &self.histograms[segment as usize]
    }

    /// Every segment that has samples.
    pub fn summaries(&self) -> Vec<LatencySummary> {
        let with_samples = Segment::ALL.iter().filter(|s| !self.histogram(**s).is_empty());
        with_samples.map(|segment| summary(*segment, self.histogram(*segment))).collect()
    }

    /// Writes an HdrHistogram log, one tagged histogram a segment, that HdrHistogram's own tools
    /// can plot. Values are in nanoseconds.
    ///
    /// # Errors
    /// What the writer gives.
    pub fn write_log(&self, mut to: impl io::Write) -> io::Result<()> {
        let other = |error: String| io::Error::other(error);
        let mut serializer = V2Serializer::new();
        let mut log = IntervalLogWriterBuilder::new()
            .with_start_time(self.since)
            .begin_log_with(&mut to, &mut serializer)?;
        let length = self.since.elapsed().unwrap_or_default();
        for segment in Segment::ALL {
            let histogram = self.histogram(segment);
            if histogram.is_empty() {
                continue;
            }
            log.write_histogram(histogram, Duration::ZERO, length, Tag::new(segment.name()))
                .map_err(|error| other(format!("cannot write the latency log: {error}")))?;
        }
        to.flush()
    }
}

fn summary(segment: Segment, histogram: &Histogram<u32>) -> LatencySummary {
    LatencySummary {
        segment: segment.name().to_owned(),
        count: histogram.len(),
        p50_ns: histogram.value_at_quantile(0.5),
        p90_ns: histogram.value_at_quantile(0.9),
        p99_ns: histogram.value_at_quantile(0.99),
        p999_ns: histogram.value_at_quantile(0.999),
        max_ns: histogram.max(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_reach_their_own_histogram_and_the_rest_is_counted() {
        let mut board = LatencyBoard::new(TickClock::new());
        let mut recorder = board.recorder(2);
        recorder.record(Segment::Risk, 100, 1_100);
        recorder.record(Segment::TickToOrder, 5, 5);
        recorder.record(Segment::Risk, 0, 1);
        assert_eq!(board.collect(), 2);
        assert_eq!(board.dropped(), 1);
        let summaries = board.summaries();
        let names: Vec<_> = summaries.iter().map(|s| s.segment.as_str()).collect();
        assert_eq!(names, ["risk", "tick_to_order"]);
        assert_eq!(summaries[1].max_ns, 1);
    }

    #[test]
    fn a_stretch_past_the_bounds_is_recorded_at_the_bound() {
        let mut board = LatencyBoard::new(TickClock::new());
        board.record_ns(Segment::ControlLoop, u64::MAX);
        assert_eq!(board.histogram(Segment::ControlLoop).len(), 1);
    }

    #[test]
    fn the_log_can_be_read_back_by_hdrhistogram() {
        use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
        let mut board = LatencyBoard::new(TickClock::new());
        board.record_ns(Segment::Risk, 1_000);
        let mut log = Vec::new();
        board.write_log(&mut log).expect("writes to memory");
        let tags: Vec<String> = IntervalLogIterator::new(&log)
            .filter_map(|entry| match entry.expect("a valid log") {
                LogEntry::Interval(interval) => interval.tag().map(|tag| tag.as_str().to_owned()),
                _ => None,
            })
            .collect();
        assert_eq!(tags, ["risk"]);
    }
}
