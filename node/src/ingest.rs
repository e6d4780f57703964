//! The one door in: market data, brokers' words, operators' commands and timers get a number and a
//! time here and are copied into the journal before anything sees them.

use crate::config::{ClockChoice, Definitions};
use crate::control_socket::{Asked, ControlSocket, Polled};
use crate::outlet::Back;
use crate::state::{Failure, NodeState};
use gauntlet_engine::sequencer::Sequencer;
use gauntlet_feeds::{LiveFeed, Received};
use gauntlet_journal::InputWriter;
use gauntlet_model::input::{
    Command, CommandKind, ExternalSignal, FeedChange, Input, Scope, Sequenced,
};
use gauntlet_model::text::Text;
use gauntlet_model::units::UnixNanos;
use gauntlet_readmodel::command_wire::Target;
use gauntlet_readmodel::counters::{LinkState, NodeCounters};
use gauntlet_runtime::clock::{TickClock, WallClock};
use gauntlet_runtime::latency::{LatencyRecorder, Segment};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Commands of operators that may wait for the chain at once.
const ASKED_MAX: usize = 16;

/// Where sequenced inputs go: the chain itself, or a ring to it.
pub trait Downstream {
    /// Takes the next input. `arrived` is the raw counter reading of its arrival, 0 if it has none.
    fn accept(&mut self, sequenced: &Sequenced, arrived: u64);
}

/// See the module.
pub struct Ingest {
    feed: LiveFeed,
    /// Whether the feed stays unconnected until the broker session is up.
    feed_waits: bool,
    control: ControlSocket,
    desk: Desk,
}

/// The sequencing half: everything but the sockets that inputs come from.
pub struct Desk {
    sequencer: Sequencer,
    journal: InputWriter,
    clock: ClockChoice,
    wall: WallClock,
    ticks: TickClock,
    recorder: LatencyRecorder,
    state: Arc<NodeState>,
    names: Definitions,
    asked: Vec<(u64, Asked)>,
    halted_short: bool,
    stopping: bool,
}

impl Ingest {
    /// A door that reads `feed` and `control`.
    pub fn new(feed: LiveFeed, control: ControlSocket, desk: Desk) -> Ingest {
        Ingest { feed, feed_waits: false, control, desk }
    }

    /// Connects the feed only once the broker session is up, so that a replay begins the same way
    /// every time.
    pub fn wait_for_broker(&mut self) {
        self.feed_waits = true;
    }

    /// One round over every source of inputs but the brokers, whose words come by [`Ingest::back`].
    pub fn poll(&mut self, down: &mut impl Downstream) -> usize {
        let Ingest { feed, feed_waits, control, desk } = self;
        desk.state.counters.loops.fetch_add(1, Ordering::Relaxed);
        let wall = UnixNanos(desk.wall.now());
        if desk.state.has_failed() || desk.state.is_closed() {
            return 0;
        }
        let mut work = desk.run_clock(wall, down);
        if *feed_waits {
            *feed_waits = desk.state.counters.snapshot().broker != LinkState::Up;
        }
        let polled = match *feed_waits {
            true => Ok(0),
            false => feed.poll(wall, &mut |received| desk.receive(&received, down)),
        };
        match polled {
            Ok(done) => {
                work += done;
                desk.state.set_feed_records(feed.stats().records);
            }
            // Without data nothing new is ordered, and what works can still be cancelled.
            Err(error) => desk.state.fail_in_order(Failure::Feed(error.to_string())),
        }
        match control.poll(|target| resolve(&desk.names, target)) {
            Polled::Nothing => {}
            Polled::Answered => work += 1,
            Polled::Asked(ask) if desk.asked.len() >= ASKED_MAX => {
                control.refused(&ask, "too many commands at once: try again");
            }
            Polled::Asked(ask) => {
                let input = desk.published_now(ask.input, wall);
                let seq = desk.input(input, UnixNanos(0), 0, down);
                desk.asked.push((seq, ask));
                work += 1;
            }
        }
        work + desk.watch(down)
    }

    /// Takes what comes back from the chain's far end.
    pub fn back(&mut self, back: Back, down: &mut impl Downstream) {
        match back {
            Back::Input { input, arrived } => {
                self.desk.input(input, UnixNanos(0), arrived, down);
            }
            Back::Commanded { seq, orders, refused } => {
                let Some(at) = self.desk.asked.iter().position(|(of, _)| *of == seq) else {
                    return;
                };
                let (_, ask) = self.desk.asked.swap_remove(at);
                if self.desk.state.has_failed() {
                    self.control.refused(&ask, "the node fails: see its last words");
                } else if refused {
                    self.control.refused(&ask, "the core refused it: see the alerts");
                } else {
                    self.control.done(&ask, seq, orders);
                }
            }
        }
    }

    /// The wall clock now.
    pub fn wall(&mut self) -> UnixNanos {
        UnixNanos(self.desk.wall.now())
    }

    /// Sequences an input of the node itself, such as a definition.
    pub fn own(&mut self, input: Input, down: &mut impl Downstream) {
        self.desk.input(input, UnixNanos(0), 0, down);
    }
}

impl Desk {
    /// A desk that goes on where the journal ends.
    pub fn new(
        sequencer: Sequencer,
        journal: InputWriter,
        clock: ClockChoice,
        ticks: TickClock,
        recorder: LatencyRecorder,
        state: Arc<NodeState>,
        names: Definitions,
    ) -> Desk {
        Desk {
            sequencer,
            journal,
            clock,
            wall: WallClock::new(ticks.clone()),
            ticks,
            recorder,
            state,
            names,
            asked: Vec::with_capacity(ASKED_MAX),
            halted_short: false,
            stopping: false,
        }
    }

    fn receive(&mut self, received: &Received, down: &mut impl Downstream) {
        self.state.count_feed_input();
        if received.arrived > 0 {
            self.recorder.record(Segment::FeedDecode, received.arrived, self.ticks.raw());
        }
        match received.input {
            Input::Feed(event) => {
                let link = match event.change {
                    FeedChange::Connected => Some(LinkState::Up),
                    FeedChange::Disconnected | FeedChange::Stale => Some(LinkState::Down),
                    FeedChange::Ended => Some(LinkState::Ended),
                    FeedChange::Gap => None,
                };
                if let Some(link) = link {
                    NodeCounters::set_link(&self.state.counters.feed, link);
                }
            }
            _ => {
                self.state.counters.records.fetch_add(1, Ordering::Relaxed);
            }
        }
        self.input(received.input, received.ts, received.arrived, down);
    }

    /// Gives an input its number, which is returned; `data_time` is the time it carries itself, 0 if
    /// none.
    fn input(
        &mut self,
        input: Input,
        data_time: UnixNanos,
        arrived: u64,
        down: &mut impl Downstream,
    ) -> u64 {
        let now = match self.clock {
            ClockChoice::Realtime => UnixNanos(self.wall.now()),
            ClockChoice::Data => data_time,
        };
        while let Some(timer) = self.sequencer.due_timer(now) {
            self.pass(&timer, 0, down);
        }
        let sequenced = self.sequencer.stamp(now, input);
        self.pass(&sequenced, arrived, down);
        sequenced.seq
    }

    #[inline]
    fn pass(&mut self, sequenced: &Sequenced, arrived: u64, down: &mut impl Downstream) {
        // What is not in the journal has not happened.
        if self.state.has_failed() {
            return;
        }
        let from = self.ticks.raw();
        if let Err(error) = self.journal.append_input(sequenced) {
            self.state.fail(Failure::Journal(error.to_string()));
            return;
        }
        self.state.counters.inputs.store(sequenced.seq, Ordering::Relaxed);
        if arrived > 0 {
            self.recorder.record(Segment::Sequence, from, self.ticks.raw());
        }
        down.accept(sequenced, arrived);
    }

    fn run_clock(&mut self, wall: UnixNanos, down: &mut impl Downstream) -> usize {
        if self.clock == ClockChoice::Data {
            return 0;
        }
        let mut made = 0;
        while let Some(timer) = self.sequencer.due_timer(wall) {
            self.pass(&timer, 0, down);
            made += 1;
        }
        made
    }

    /// An opinion that does not say when it was published was published now.
    fn published_now(&self, input: Input, wall: UnixNanos) -> Input {
        match input {
            Input::External(opinion) if opinion.published == UnixNanos(0) => {
                let now = match self.clock {
                    ClockChoice::Realtime => wall,
                    ClockChoice::Data => UnixNanos(0),
                };
                let published = self.sequencer.time_at(now);
                Input::External(ExternalSignal { published, ..opinion })
            }
            other => other,
        }
    }

    fn command(&mut self, command: Command, down: &mut impl Downstream) -> u64 {
        self.input(Input::Command(command), UnixNanos(0), 0, down)
    }

    /// What the node itself commands: a stop when asked to end, a kill when the disk fills up.
    fn watch(&mut self, down: &mut impl Downstream) -> usize {
        let own = |kind, actor, reason| Command {
            kind,
            scope: Scope::Platform,
            actor: Text::new(actor),
            reason: Text::new(reason),
        };
        let short = self.journal.is_short() || self.state.is_effects_short();
        if short && !self.halted_short {
            self.halted_short = true;
            self.state.counters.journal_short.store(true, Ordering::Relaxed);
            let kill = CommandKind::Kill { flatten: false };
            self.command(own(kill, "journal", "the disk refuses another segment"), down);
            return 1;
        }
        if self.state.is_stop_asked() && !self.stopping {
            self.stopping = true;
            self.command(own(CommandKind::Stop, "node", "asked to stop"), down);
            return 1;
        }
        0
    }
}

/// Turns a name of an operator into a scope of the core.
fn resolve(names: &Definitions, target: Target<'_>) -> Option<Scope> {
    match target {
        Target::Platform => Some(Scope::Platform),
        Target::Account(name) => names
            .accounts
            .iter()
            .find(|a| a.name.as_str() == name)
            .map(|a| Scope::Account(a.account)),
        Target::Bot(name) => {
            names.bots.iter().find(|b| b.name.as_str() == name).map(|b| Scope::Bot(b.bot))
        }
        Target::Instrument(symbol) => names
            .instruments
            .iter()
            .find(|i| i.symbol.as_str() == symbol)
            .map(|i| Scope::Instrument(i.instrument)),
    }
}
