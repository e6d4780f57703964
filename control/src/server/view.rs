//! What the server's loop keeps and its handlers show.

use super::health::Vigil;
use axum::extract::ws::Utf8Bytes;
use gauntlet_readmodel::api::{Health, JournalStatus, Latency, LatencyHistogram, Snapshot, Status};
use gauntlet_readmodel::counters::NodeCounters;
use gauntlet_readmodel::projection::{Depth, Projection};
use gauntlet_readmodel::tail::JournalTail;
use gauntlet_runtime::latency::{LatencyBoard, LatencySummary, Segment};
use serde::Serialize;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

const ROUND_EVERY: Duration = Duration::from_millis(50);
const FRAME_EVERY: Duration = Duration::from_millis(250);
/// Longest that a round follows the journal: behind a long journal it catches up over many rounds, and
/// leaves the processor to the hot threads meanwhile.
const FOLLOW_MAX: Duration = Duration::from_millis(15);
/// Inputs between two looks at the clock.
const INPUTS_PER_LOOK: usize = 512;
/// A frame for the page holds less than the API gives.
const FRAME_DEPTH: Depth = Depth { finished: 40, notes: 40 };

/// A picture on its way to the WebSocket clients.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub text: Utf8Bytes,
    pub made: Instant,
}

/// The newest frame, again and again.
pub(super) type Frames = watch::Receiver<Option<Frame>>;

#[derive(Serialize)]
struct FrameBody<'a> {
    snapshot: &'a Snapshot,
    latency: &'a [LatencySummary],
    health: &'a Health,
}

/// See the module.
pub(super) struct View {
    title: String,
    tail: Mutex<JournalTail>,
    board: Arc<Mutex<LatencyBoard>>,
    counters: Arc<NodeCounters>,
    vigil: Mutex<Vigil>,
    /// The last frame. Whoever is slow sees only the newest.
    frames: watch::Sender<Option<Frame>>,
}

/// A panic of one handler must not end the others.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

impl View {
    pub fn new(
        title: String,
        tail: JournalTail,
        board: Arc<Mutex<LatencyBoard>>,
        counters: Arc<NodeCounters>,
    ) -> View {
        View {
            title,
            tail: Mutex::new(tail),
            board,
            counters,
            vigil: Mutex::new(Vigil::new(Instant::now())),
            frames: watch::Sender::new(None),
        }
    }

    /// One round of the control plane's loop.
    pub fn round(&self) {
        let started = Instant::now();
        lock(&self.board).collect();
        {
            let mut tail = lock(&self.tail);
            // An error stays in the tail's status, which everybody sees.
            while matches!(tail.follow(INPUTS_PER_LOOK), Ok(taken) if taken > 0)
                && started.elapsed() < FOLLOW_MAX
            {}
            let loops = self.counters.snapshot().loops;
            lock(&self.vigil).look(Instant::now(), loops, tail.status());
        }
        let age = self.frames.borrow().as_ref().map(|frame| frame.made.elapsed());
        if self.frames.receiver_count() > 0 && age.is_none_or(|age| age >= FRAME_EVERY) {
            self.frames.send_replace(Some(self.frame()));
        }
        self.record(Segment::ControlLoop, started);
    }

    /// Records the time since `from` as a sample of a segment.
    pub fn record(&self, segment: Segment, from: Instant) {
        let nanos = u64::try_from(from.elapsed().as_nanos()).unwrap_or(u64::MAX);
        lock(&self.board).record_ns(segment, nanos);
    }

    /// Frames to come.
    pub fn subscribe(&self) -> Frames {
        self.frames.subscribe()
    }

    /// How many wait for frames.
    pub fn clients(&self) -> usize {
        self.frames.receiver_count()
    }

    /// A frame of this moment.
    pub fn frame(&self) -> Frame {
        let made = Instant::now();
        let snapshot = self.snapshot_to(FRAME_DEPTH);
        let latency = lock(&self.board).summaries();
        let health = self.health();
        let body = FrameBody { snapshot: &snapshot, latency: &latency, health: &health };
        let text = serde_json::to_string(&body).expect("the API's types have string keys only");
        Frame { text: text.into(), made }
    }

    /// The whole picture.
    pub fn snapshot(&self) -> Snapshot {
        self.snapshot_to(Depth::ALL)
    }

    fn snapshot_to(&self, depth: Depth) -> Snapshot {
        let snapshot = self.with(|projection| projection.snapshot(&self.title, depth));
        Snapshot { status: self.complete(snapshot.status), ..snapshot }
    }

    /// Looks at the picture.
    pub fn with<T>(&self, look: impl FnOnce(&Projection) -> T) -> T {
        look(lock(&self.tail).projection())
    }

    /// How far the journal is read.
    pub fn journal(&self) -> JournalStatus {
        lock(&self.tail).status().clone()
    }

    /// The platform in brief.
    pub fn status(&self) -> Status {
        self.complete(self.with(|projection| projection.status(&self.title)))
    }

    fn complete(&self, status: Status) -> Status {
        Status { journal: self.journal(), node: Some(self.counters.snapshot()), ..status }
    }

    /// Whether the node is well.
    pub fn health(&self) -> Health {
        let status = self.status();
        let node = self.counters.snapshot();
        lock(&self.vigil).judge(Instant::now(), &node, &status.journal, status.state)
    }

    /// Latency so far.
    pub fn latency(&self) -> Latency {
        let board = lock(&self.board);
        let with_samples = Segment::ALL.iter().filter(|s| !board.histogram(**s).is_empty());
        Latency {
            segments: board.summaries(),
            histograms: with_samples.map(|segment| histogram(&board, *segment)).collect(),
            dropped: board.dropped(),
        }
    }

    /// Summary and mean, in nanoseconds, of each segment that has samples.
    pub fn latency_sums(&self) -> Vec<(LatencySummary, f64)> {
        let board = lock(&self.board);
        let means = Segment::ALL.iter().map(|segment| board.histogram(*segment));
        let means = means.filter(|histogram| !histogram.is_empty()).map(|h| h.mean());
        board.summaries().into_iter().zip(means).collect()
    }
}

/// Runs the control plane's loop for ever.
pub(super) async fn follow(view: &View) {
    let mut rounds = tokio::time::interval(ROUND_EVERY);
    rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        rounds.tick().await;
        view.round();
    }
}

/// Four buckets to each doubling.
fn histogram(board: &LatencyBoard, segment: Segment) -> LatencyHistogram {
    let mut buckets: Vec<(u64, u64)> = Vec::new();
    for step in board.histogram(segment).iter_recorded() {
        let value = step.value_iterated_to().max(1);
        let quarter = ((value as f64).log2() * 4.0).floor();
        let bound = ((quarter + 1.0) / 4.0).exp2().ceil() as u64;
        match buckets.last_mut() {
            Some((last, count)) if *last == bound => *count += step.count_since_last_iteration(),
            _ => buckets.push((bound, step.count_since_last_iteration())),
        }
    }
    LatencyHistogram { segment: segment.name().to_owned(), buckets }
}
