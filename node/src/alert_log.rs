//! R21: alerts in the node's log, by a thread of their own, and the watch over every way that alerts go.
//!
//! The thread that journals an alert hands it over by a ring and goes on; what the ring has no room for is counted,
//! and said to be missing when there is room again. A log whose reader stands still (a terminal that was stopped, a
//! pipe that nobody empties) so holds up this thread and no other. That an alert waits for longer than five seconds
//! is found by the main thread ([`watch`]): it is journaled, shown as an ill of the node, and said in the log, where
//! it waits as well if it is the log that stalls.

use crate::config::Definitions;
use crate::state::NodeState;
use gauntlet_model::effect::Alert;
use gauntlet_model::input::Scope;
use gauntlet_readmodel::alert_paths::{AlertPath, WAITING_MAX};
use gauntlet_readmodel::counters::NodeCounters;
use gauntlet_runtime::agent::{Agent, AgentError};
use gauntlet_runtime::latency::{LatencyBoard, Segment};
use gauntlet_runtime::ring::{Consumer, Producer, ring};
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Alerts that found no room in the ring.
#[derive(Debug, Default)]
struct Lost {
    count: AtomicU64,
    /// The input of the last of them.
    seq: AtomicU64,
}

/// The end where alerts come from.
pub struct AlertTap {
    ring: Producer<(u64, Alert)>,
    lost: Arc<Lost>,
}

/// The other end, before anybody says what is done with them.
pub struct AlertSource {
    ring: Consumer<(u64, Alert)>,
    lost: Arc<Lost>,
    names: Vec<(Scope, String)>,
}

/// Both ends; scopes are called as the definitions have them.
pub fn alerts(names: &Definitions) -> (AlertTap, AlertSource) {
    let (tap, source) = ring(WAITING_MAX as usize);
    let lost = Arc::new(Lost::default());
    let tap = AlertTap { ring: tap, lost: Arc::clone(&lost) };
    (tap, AlertSource { ring: source, lost, names: scopes(names) })
}

fn scopes(names: &Definitions) -> Vec<(Scope, String)> {
    let bots = names.bots.iter().map(|bot| (Scope::Bot(bot.bot), format!("bot:{}", bot.name)));
    let accounts = names.accounts.iter();
    let accounts =
        accounts.map(|one| (Scope::Account(one.account), format!("account:{}", one.name)));
    let instruments = names.instruments.iter();
    let instruments = instruments
        .map(|one| (Scope::Instrument(one.instrument), format!("instrument:{}", one.symbol)));
    let brokers = names.brokers.iter();
    let brokers = brokers.map(|one| (Scope::Route(one.route), format!("venue:{}", one.name)));
    bots.chain(accounts).chain(instruments).chain(brokers).collect()
}

impl AlertTap {
    /// Hands an alert about input `seq` over.
    pub fn tell(&mut self, seq: u64, alert: &Alert) {
        if self.ring.push((seq, *alert)).is_err() {
            self.lost.seq.store(seq, Ordering::Relaxed);
            self.lost.count.fetch_add(1, Ordering::Release);
        }
    }
}

/// What says an alert to people.
pub type Say = Box<dyn FnMut(&str) + Send>;

/// See the module.
pub struct AlertLog {
    source: AlertSource,
    /// Alerts that are known to be missing.
    missing: u64,
    counters: Arc<NodeCounters>,
    board: Arc<Mutex<LatencyBoard>>,
    say: Say,
}

impl AlertLog {
    /// One that says what comes by `source`, and tells how long it took.
    pub fn new(
        source: AlertSource,
        counters: Arc<NodeCounters>,
        board: Arc<Mutex<LatencyBoard>>,
        say: Say,
    ) -> AlertLog {
        counters.alerts.begin(AlertPath::Log);
        AlertLog { source, missing: 0, counters, board, say }
    }

    fn reach(&self, seq: u64) {
        let paths = &self.counters.alerts;
        let mut board = self.board.lock().unwrap_or_else(PoisonError::into_inner);
        paths.reach(AlertPath::Log, seq, paths.now(), |took| {
            board.record_ns(Segment::AlertToLog, took);
        });
    }

    fn scope(&self, scope: Scope) -> String {
        let known = self.source.names.iter().find(|(known, _)| *known == scope);
        match (known, scope) {
            (Some((_, name)), _) => name.clone(),
            (None, Scope::Platform) => "platform".to_owned(),
            // It came into being after the start.
            (None, Scope::Bot(id)) => format!("bot {}", id.0),
            (None, Scope::Account(id)) => format!("account {}", id.0),
            (None, Scope::Instrument(id)) => format!("instrument {}", id.0),
            (None, Scope::Route(route)) => format!("venue:{}", route.name()),
        }
    }

    /// Says that alerts are missing, once the ring is empty.
    fn tell_missing(&mut self) -> usize {
        let lost = self.source.lost.count.load(Ordering::Acquire);
        if lost == self.missing {
            return 0;
        }
        let more = lost - self.missing;
        (self.say)(&format!(
            "{more} alerts are not in this log, which was too slow: ctl journal tail --kind alert"
        ));
        self.missing = lost;
        self.reach(self.source.lost.seq.load(Ordering::Relaxed));
        1
    }
}

impl Agent for AlertLog {
    fn do_work(&mut self) -> Result<usize, AgentError> {
        let Some((seq, alert)) = self.source.ring.pop() else { return Ok(self.tell_missing()) };
        let Alert { kind, scope, text, .. } = alert;
        let words = format!("{} at {}: {text} (input {seq})", kind.name(), self.scope(scope));
        (self.say)(&words);
        self.reach(seq);
        Ok(1)
    }

    fn on_close(&mut self) -> Result<(), AgentError> {
        while self.do_work()? > 0 {}
        Ok(())
    }
}

/// Says an alert where the log goes, as a warning, and comes back once it is there: the log's own thread takes what
/// others say and tells nobody when it wrote it.
pub fn say(words: &str) {
    if tracing::enabled!(tracing::Level::WARN) {
        let line = format!("{}  WARN gauntlet::alert: {words}\n", crate::wall::now());
        // Who has closed the log reads no alerts in it.
        let _ = std::io::stderr().write_all(line.as_bytes());
    }
}

/// Looks for alerts that wait too long, and for ways that go again. Returns what is to be said in the log.
pub fn watch(state: &NodeState) -> Vec<String> {
    let paths = &state.counters.alerts;
    let mut said = Vec::new();
    for path in AlertPath::ALL {
        let Some(turn) = paths.look(path, paths.now()) else { continue };
        state.tell_alert_turn(path, turn);
        said.push(match turn.stalled {
            true => format!(
                "{} alerts wait for the {}, the first for {} s: ctl journal tail --kind alert",
                turn.waiting,
                path.name(),
                turn.oldest_ns / 1_000_000_000
            ),
            false => format!("alerts reach the {} again", path.name()),
        });
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_model::effect::AlertKind;
    use gauntlet_model::ids::ClOrdId;
    use gauntlet_model::text::Text;
    use gauntlet_readmodel::alert_paths::{ALERT_WITHIN_NS, AlertWay};
    use gauntlet_runtime::clock::TickClock;
    use std::sync::mpsc;

    fn alert() -> Alert {
        Alert {
            kind: AlertKind::ExitStuck,
            scope: Scope::Platform,
            cl_ord_id: ClOrdId::NONE,
            ord_status: None,
            text: Text::new("look"),
        }
    }

    struct World {
        tap: AlertTap,
        log: AlertLog,
        said: mpsc::Receiver<String>,
        counters: Arc<NodeCounters>,
        seq: u64,
    }

    fn world() -> World {
        let (tap, source) = alerts(&Definitions::default());
        let counters = Arc::new(NodeCounters::default());
        let (told, said) = mpsc::channel();
        let say = Box::new(move |words: &str| told.send(words.to_owned()).expect("heard"));
        let board = Arc::new(Mutex::new(LatencyBoard::new(TickClock::new())));
        let log = AlertLog::new(source, Arc::clone(&counters), board, say);
        World { tap, log, said, counters, seq: 0 }
    }

    impl World {
        fn raise(&mut self) {
            self.seq += 1;
            self.counters.alerts.raise(self.seq, self.counters.alerts.now());
            self.tap.tell(self.seq, &alert());
        }

        fn way(&self) -> AlertWay {
            self.counters.alerts.snapshot().ways.remove(0)
        }
    }

    #[test]
    fn an_alert_is_said_with_its_scope_and_its_input_and_is_timed() {
        let mut world = world();
        world.raise();
        world.log.on_close().expect("fine");
        assert_eq!(world.said.try_recv().as_deref(), Ok("exit_stuck at platform: look (input 1)"));
        let AlertWay { waiting, late, stalled, .. } = world.way();
        assert_eq!((waiting, late, stalled), (0, 0, false));
        let board = world.log.board.lock().expect("sound");
        assert_eq!(board.histogram(Segment::AlertToLog).len(), 1);
    }

    #[test]
    fn more_alerts_than_there_is_room_for_are_said_to_be_missing_and_are_late() {
        let mut world = world();
        (0..WAITING_MAX + 3).for_each(|_| world.raise());
        world.log.on_close().expect("fine");
        let said: Vec<String> = world.said.try_iter().collect();
        assert_eq!(said.len() as u64, WAITING_MAX + 1);
        assert!(said.last().is_some_and(|words| words.starts_with("3 alerts are not in this log")));
        assert_eq!((world.way().late, world.way().waiting), (3, 0));
    }

    #[test]
    fn a_log_that_stands_still_is_found_by_others_and_is_found_to_go_again() {
        let mut world = world();
        let (paths, state) = (Arc::clone(&world.counters), NodeState::default());
        world.raise();
        // Its reader takes nothing: the thread of the log hangs in the first word.
        let (begun, has_begun) = mpsc::channel();
        let (go_on, goes_on) = mpsc::channel::<()>();
        world.log.say = Box::new(move |_| {
            begun.send(()).expect("heard");
            goes_on.recv().expect("it goes on in the end");
        });
        let mut log = world.log;
        let thread = std::thread::spawn(move || log.on_close().expect("fine"));
        has_begun.recv().expect("it begins");
        let late = paths.alerts.now() + ALERT_WITHIN_NS + 1;
        let turn = paths.alerts.look(AlertPath::Log, late).expect("it stalls");
        assert!(turn.stalled && turn.waiting == 1);
        state.tell_alert_turn(AlertPath::Log, turn);
        assert_eq!(state.take_alert_turn(AlertPath::Log).map(|told| told.stalled), Some(true));
        assert_eq!(state.take_alert_turn(AlertPath::Log), None, "told once");
        go_on.send(()).expect("it waits");
        thread.join().expect("it ends");
        let turn = paths.alerts.look(AlertPath::Log, late).expect("it goes again");
        assert!(!turn.stalled);
    }
}
