//! What the server's loop keeps and its handlers show.

use super::door::Door;
use super::health::{self, Vigil};
use axum::extract::ws::Utf8Bytes;
use gauntlet_readmodel::alert_paths::AlertPath;
use gauntlet_readmodel::api::{
    FixAdapter, Health, JournalStatus, Latency, LatencyHistogram, PlatformState, Snapshot, Status,
};
use gauntlet_readmodel::counters::{CountersSnapshot, NodeCounters};
use gauntlet_readmodel::projection::{Depth, Obstacle, Projection};
use gauntlet_readmodel::tail::JournalTail;
use gauntlet_runtime::latency::{LatencyBoard, LatencySummary, Segment};
use serde::Serialize;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
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
    fix: &'a FixAdapter,
}

/// See the module.
pub(super) struct View {
    title: String,
    tail: Mutex<JournalTail>,
    board: Arc<Mutex<LatencyBoard>>,
    counters: Arc<NodeCounters>,
    vigil: Mutex<Vigil>,
    /// What the log was told last.
    told: Mutex<Option<PlatformState>>,
    /// Who is connected.
    pub door: Door,
    /// The last frame. Whoever is slow sees only the newest.
    frames: watch::Sender<Option<Frame>>,
}

/// A panic of one handler must not end the others.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Follows the journal to its end, or for as long as may be from `started` on.
fn follow_on(tail: &mut JournalTail, started: Instant) {
    // An error stays in the tail's status, which everybody sees.
    while matches!(tail.follow(INPUTS_PER_LOOK), Ok(taken) if taken > 0)
        && started.elapsed() < FOLLOW_MAX
    {}
}

impl View {
    pub fn new(
        title: String,
        tail: JournalTail,
        board: Arc<Mutex<LatencyBoard>>,
        counters: Arc<NodeCounters>,
    ) -> View {
        counters.alerts.begin(AlertPath::Page);
        View {
            title,
            tail: Mutex::new(tail),
            board,
            counters,
            vigil: Mutex::new(Vigil::new(Instant::now())),
            told: Mutex::new(None),
            door: Door::new(),
            frames: watch::Sender::new(None),
        }
    }

    /// One round of the control plane's loop.
    pub fn round(&self) {
        let started = Instant::now();
        lock(&self.board).collect();
        {
            let mut tail = lock(&self.tail);
            follow_on(&mut tail, started);
            self.time_alerts(tail.projection().last_alert());
            let loops = self.counters.loops.load(Ordering::Relaxed);
            lock(&self.vigil).look(Instant::now(), loops, tail.status());
        }
        self.tell();
        let age = self.frames.borrow().as_ref().map(|frame| frame.made.elapsed());
        if self.frames.receiver_count() > 0 && age.is_none_or(|age| age >= FRAME_EVERY) {
            self.frames.send_replace(Some(self.frame()));
        }
        self.record(Segment::ControlLoop, started);
    }

    /// The picture has all alerts about inputs up to `seq`: tells how long those took that are new to it.
    fn time_alerts(&self, seq: u64) {
        let paths = &self.counters.alerts;
        let mut board = lock(&self.board);
        paths.reach(AlertPath::Page, seq, paths.now(), |took| {
            board.record_ns(Segment::AlertToPage, took);
        });
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
        let fix = self.fix_adapter();
        let body = FrameBody { snapshot: &snapshot, latency: &latency, health: &health, fix: &fix };
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

    /// Looks at the picture as it is now: what the node has journaled is in it, unless that is so much
    /// that it takes several rounds. So an answer never is of before a command that was answered.
    pub fn with<T>(&self, look: impl FnOnce(&Projection) -> T) -> T {
        let mut tail = lock(&self.tail);
        follow_on(&mut tail, Instant::now());
        look(tail.projection())
    }

    /// How far the journal is read.
    pub fn journal(&self) -> JournalStatus {
        lock(&self.tail).status().clone()
    }

    /// The sessions to brokers: what the journal tells of each, and how it fares.
    pub fn fix_adapter(&self) -> FixAdapter {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.counters.fix.complete(self.with(|projection| projection.fix_adapter()), now)
    }

    /// The platform in brief.
    pub fn status(&self) -> Status {
        self.complete(self.with(|projection| projection.status(&self.title)))
    }

    fn complete(&self, status: Status) -> Status {
        let (journal, node) = (self.journal(), self.counters.snapshot());
        let ills = self.ills(&node, &journal);
        health::diagnosed(Status { journal, node: Some(node), ..status }, ills)
    }

    fn ills(&self, node: &CountersSnapshot, journal: &JournalStatus) -> Vec<String> {
        lock(&self.vigil).ills(Instant::now(), node, journal)
    }

    /// Whether the node can trade.
    pub fn health(&self) -> Health {
        health::verdict(&self.status())
    }

    /// What is wrong with the node itself; empty while its process is as it should be.
    pub fn life(&self) -> Vec<String> {
        self.ills(&self.counters.snapshot(), &self.journal())
    }

    /// Tells the log when the node can trade and when not, and why, once for each change.
    fn tell(&self) {
        let obstacle = match self.life().into_iter().next() {
            Some(why) => Some(Obstacle { state: PlatformState::Unwell, why }),
            None => lock(&self.tail).projection().obstacles().into_iter().next(),
        };
        let state = obstacle.as_ref().map_or(PlatformState::Trading, |obstacle| obstacle.state);
        if lock(&self.told).replace(state) == Some(state) {
            return;
        }
        match obstacle {
            None => tracing::info!("can trade"),
            Some(obstacle) => tracing::warn!("cannot trade: {}", obstacle.why),
        }
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
