//! The one door in: market data, brokers' words, operators' commands and timers get a number and a
//! time here and are copied into the journal before anything sees them.

use crate::config::{ClockChoice, Definitions};
use crate::control_socket::{ControlSocket, PendingCommand, Polled};
use crate::market_feed::MarketFeed;
use crate::names::{lacks_copy, scopes};
use crate::outlet::Feedback;
use crate::roller::{Errand, Roller};
use crate::state::{Failure, NodeState};
use crate::user_kills;
use gauntlet_engine::sequencer::Sequencer;
use gauntlet_feeds::Received;
use gauntlet_journal::InputWriter;
use gauntlet_model::input::{
    AlertDelay, AlertWay, Command, CommandKind, ExternalSignal, FeedChange, Input, Scope, Sequenced,
};
use gauntlet_model::order::ANSWER_WITHIN_NS;
use gauntlet_model::text::Text;
use gauntlet_model::units::UnixNanos;
use gauntlet_readmodel::alert_paths::{AlertPath, Turn};
use gauntlet_readmodel::counters::{LinkState, NodeCounters};
use gauntlet_runtime::clock::{Clock, TickClock};
use gauntlet_runtime::latency::{LatencyRecorder, Segment};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Commands of operators that may wait for the chain at once.
const ASKED_MAX: usize = 16;

/// Where sequenced inputs go: the chain itself, or a ring to it.
pub trait Downstream {
    /// Takes the next input. `arrived` is the raw counter reading of its arrival, 0 if it has none.
    fn accept(&mut self, sequenced: &Sequenced, arrived: u64);

    /// Whether an answer to an order is on its way, a simulator's too, once everything up to input `seq`
    /// has gone through the stages.
    fn awaits_answer(&mut self, seq: u64) -> bool;
}

/// See the module.
pub struct Ingest<F> {
    /// The node's own first inputs, before anybody else's.
    opening: std::vec::IntoIter<Input>,
    feed: F,
    /// Whether the feed stays unconnected until the broker session is up.
    feed_waits: bool,
    /// Nothing where commands come by hand.
    control: Option<ControlSocket>,
    sequencing: Sequencing,
    patience: Patience,
}

/// How far the data may move the clock while an answer of the broker is on its way, in the stream's time.
/// Answers come in real time: where the data is the clock, a backlog of it would let seconds of the stream
/// go by within a moment, and a broker that is as quick as ever would seem to be silent.
const AHEAD_OF_ANSWER_NS: u64 = ANSWER_WITHIN_NS / 5;
/// How long the feed waits for such an answer, in real time: as long as an answer may take where time is real,
/// and no longer, because a silent broker must be found out.
const PATIENCE_NS: u64 = ANSWER_WITHIN_NS;

/// The wait for answers of the broker where the data is the clock.
#[derive(Debug, Default)]
struct Patience {
    /// When it began: by the wall clock, and in the stream.
    since: Option<(UnixNanos, UnixNanos)>,
}

impl Patience {
    /// Whether the feed waits; `awaits` says that an answer is on its way.
    fn holds(&mut self, awaits: bool, wall: UnixNanos, stream: UnixNanos) -> bool {
        self.since = if awaits { self.since.or(Some((wall, stream))) } else { None };
        self.since.is_some_and(|(began, at)| {
            stream.since(at) > AHEAD_OF_ANSWER_NS && wall.since(began) < PATIENCE_NS
        })
    }
}

/// A command on its way through the chain: one for each scope that its name means.
struct CommandInFlight {
    /// The numbers of the inputs that it became.
    seqs: RangeInclusive<u64>,
    /// Working orders that it cancels, as far as the chain has answered.
    orders: u32,
    /// Whether any of them was obeyed.
    obeyed: bool,
    /// Why one was not.
    refusal: Text<64>,
    ask: PendingCommand,
}

/// The sequencing half: everything but the sockets that inputs come from.
pub struct Sequencing {
    sequencer: Sequencer,
    journal: InputWriter,
    clock: ClockChoice,
    wall: Clock,
    ticks: TickClock,
    recorder: LatencyRecorder,
    state: Arc<NodeState>,
    names: Definitions,
    roller: Roller,
    /// What the roller wants sequenced, and done besides.
    rolled: Vec<Input>,
    errands: Vec<Errand>,
    asked: Vec<CommandInFlight>,
    halted_short: bool,
    stopping: bool,
    in_lockstep: bool,
}

impl<F: MarketFeed> Ingest<F> {
    /// A door that reads `feed` and `control`, after `opening`.
    pub fn new(
        opening: Vec<Input>,
        feed: F,
        control: Option<ControlSocket>,
        sequencing: Sequencing,
    ) -> Ingest<F> {
        Ingest {
            opening: opening.into_iter(),
            feed,
            feed_waits: false,
            control,
            sequencing,
            patience: Patience::default(),
        }
    }

    /// Goes in lockstep with a venue: connects the feed only once the broker session is up, so that a
    /// replay begins the same way every time, and reads whatever comes, which is what was asked for.
    pub fn wait_for_broker(&mut self) {
        (self.feed_waits, self.sequencing.in_lockstep) = (true, true);
    }

    /// Whether the data is the clock.
    pub fn follows_data(&self) -> bool {
        self.sequencing.clock == ClockChoice::Data
    }

    /// One round over every source of inputs but the brokers, whose words come by [`Ingest::feed_back`].
    pub fn poll(&mut self, down: &mut impl Downstream) -> usize {
        let Ingest { opening, feed, feed_waits, control, sequencing, patience } = self;
        sequencing.state.counters.loops.fetch_add(1, Ordering::Relaxed);
        let wall = UnixNanos(sequencing.wall.now());
        if sequencing.state.has_failed() || sequencing.state.is_closed() {
            return 0;
        }
        let mut work = opening.len();
        opening.for_each(|input| {
            sequencing.input(input, UnixNanos(0), 0, down);
        });
        work += sequencing.run_clock(wall, down);
        if *feed_waits {
            *feed_waits = sequencing.state.counters.snapshot().broker != LinkState::Up;
        }
        // A venue in lockstep waits for the node by itself.
        let is_held = sequencing.clock == ClockChoice::Data
            && !sequencing.in_lockstep
            && patience.holds(
                sequencing.state.awaits_broker(),
                wall,
                sequencing.sequencer.time_at(UnixNanos(0)),
            );
        let polled = match *feed_waits || is_held {
            true => Ok(0),
            false => feed.poll(wall, &mut |received| sequencing.receive(&received, down)),
        };
        match polled {
            Ok(done) => {
                work += done + sequencing.run_errands(feed);
                sequencing.state.set_feed_records(feed.records());
            }
            // Without data nothing new is ordered, and what works can still be cancelled.
            Err(error) => sequencing.state.fail_in_order(Failure::Feed(error.to_string())),
        }
        if let Some(control) = control {
            work += sequencing.poll_control(control, wall, down);
        }
        work + sequencing.watch(down)
    }

    /// Takes what comes back from the chain's far end.
    pub fn feed_back(&mut self, feedback: Feedback, down: &mut impl Downstream) {
        match feedback {
            Feedback::Input { input, arrived } => {
                self.sequencing.input(input, UnixNanos(0), arrived, down);
            }
            Feedback::Commanded { seq, orders, refused } => {
                let asked = &mut self.sequencing.asked;
                let Some(at) = asked.iter().position(|asked| asked.seqs.contains(&seq)) else {
                    return;
                };
                asked[at].orders = asked[at].orders.saturating_add(orders);
                asked[at].obeyed |= refused.is_none();
                asked[at].refusal = refused.unwrap_or(asked[at].refusal);
                if seq != *asked[at].seqs.end() {
                    return;
                }
                let CommandInFlight { orders, obeyed, refusal, ask, .. } = asked.swap_remove(at);
                let Some(control) = &self.control else { return };
                if self.sequencing.state.has_failed() {
                    control.refused(&ask, "the node fails: see its last words");
                } else if obeyed {
                    control.done(&ask, seq, orders);
                } else {
                    control.refused(&ask, refusal.as_str());
                }
            }
        }
    }

    /// The wall clock now.
    pub fn wall(&mut self) -> UnixNanos {
        UnixNanos(self.sequencing.wall.now())
    }

    /// Sets a clock that is driven by hand.
    pub fn set_wall(&mut self, wall: UnixNanos) {
        self.sequencing.wall.set(wall.0);
    }

    /// The feed.
    pub fn feed_mut(&mut self) -> &mut F {
        &mut self.feed
    }

    /// Sequences an input of the node's owner, such as a command, and gives its number.
    pub fn own(&mut self, input: Input, down: &mut impl Downstream) -> u64 {
        self.sequencing.input(input, UnixNanos(0), 0, down)
    }
}

impl Sequencing {
    /// One that goes on where the journal ends.
    pub fn new(
        sequencer: Sequencer,
        journal: InputWriter,
        (clock, wall): (ClockChoice, Clock),
        ticks: TickClock,
        recorder: LatencyRecorder,
        state: Arc<NodeState>,
        names: Definitions,
    ) -> Sequencing {
        Sequencing {
            sequencer,
            journal,
            clock,
            wall,
            ticks,
            recorder,
            state,
            roller: Roller::new(names.followed.clone()),
            rolled: Vec::new(),
            errands: Vec::new(),
            names,
            asked: Vec::with_capacity(ASKED_MAX),
            halted_short: false,
            stopping: false,
            in_lockstep: false,
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
        self.roller.hear(&received.input);
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
            self.second(&timer, down);
            // The data's clock jumps from record to record, and no answer comes within a jump: what one
            // of its seconds asked for would seem unanswered some seconds later.
            if self.clock == ClockChoice::Data
                && self.sequencer.is_timer_due(now)
                && down.awaits_answer(timer.seq)
            {
                self.sequencer.skip_timers(now);
            }
        }
        if matches!(input, Input::Ticket(_) | Input::Adoption(_)) {
            self.names.desks.on_input(&input);
        }
        let sequenced = self.sequencer.stamp(now, input);
        self.pass(&sequenced, arrived, down);
        sequenced.seq
    }

    /// Passes a timer on, and what follows of contracts that follow each other.
    fn second(&mut self, timer: &Sequenced, down: &mut impl Downstream) {
        self.pass(timer, 0, down);
        let Sequencing { roller, names, rolled, errands, .. } = self;
        roller.on_second(timer.time, names, rolled, errands);
        for at in 0..self.rolled.len() {
            let sequenced = self.sequencer.stamp(timer.time, self.rolled[at]);
            self.pass(&sequenced, 0, down);
        }
        self.rolled.clear();
        self.tell_alert_turns(timer.time, down);
    }

    /// R21: what was found out about alerts on their way to people.
    fn tell_alert_turns(&mut self, time: UnixNanos, down: &mut impl Downstream) {
        for (path, way) in [(AlertPath::Log, AlertWay::Log), (AlertPath::Page, AlertWay::Page)] {
            let Some(Turn { stalled, waiting, oldest_ns }) = self.state.take_alert_turn(path)
            else {
                continue;
            };
            let (waiting, waited_ms) = (waiting as u32, (oldest_ns / 1_000_000) as u32);
            let delay = AlertDelay { way, stalled, waiting, waited_ms };
            let sequenced = self.sequencer.stamp(time, Input::AlertDelay(delay));
            self.pass(&sequenced, 0, down);
        }
    }

    /// Has market data asked for, or not any more.
    fn run_errands<F: MarketFeed>(&mut self, feed: &mut F) -> usize {
        let done = self.errands.len();
        for errand in self.errands.drain(..) {
            match errand {
                Errand::Leave(symbol) => feed.leave(symbol.as_str()),
                Errand::Follow(instrument) => {
                    if let Err(error) = feed.follow(instrument) {
                        self.state.fail_in_order(Failure::Feed(error.to_string()));
                    }
                }
            }
        }
        done
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

    /// Reads one request of an operator or another program.
    fn poll_control(
        &mut self,
        control: &mut ControlSocket,
        wall: UnixNanos,
        down: &mut impl Downstream,
    ) -> usize {
        let names = &self.names;
        match control
            .poll(|target| scopes(names, target), |account| names.route_of_account(account))
        {
            Polled::Nothing => 0,
            Polled::Answered => 1,
            Polled::PendingCommand(ask) if self.asked.len() >= ASKED_MAX => {
                control.refused(&ask, "too many commands at once: try again");
                0
            }
            Polled::PendingCommand(ask) if lacks_copy(names, &ask.input) => {
                control.refused(&ask, "that broker has no drop copy");
                1
            }
            Polled::PendingCommand(ask) => {
                let input = self.published_now(ask.input, wall);
                if let Some(latch) = user_kills::of_command(ask.user, &input) {
                    // Journaled first: a later run goes by it, whatever becomes of this one.
                    self.input(latch, UnixNanos(0), 0, down);
                }
                let first = self.input(input, UnixNanos(0), 0, down);
                let mut last = first;
                for scope in &ask.more {
                    if let Input::Command(command) = input {
                        last = self.command(Command { scope: *scope, ..command }, down);
                    }
                }
                self.asked.push(CommandInFlight {
                    seqs: first..=last,
                    orders: 0,
                    obeyed: false,
                    refusal: Text::EMPTY,
                    ask,
                });
                1
            }
        }
    }

    fn run_clock(&mut self, wall: UnixNanos, down: &mut impl Downstream) -> usize {
        if self.clock == ClockChoice::Data {
            return 0;
        }
        let mut made = 0;
        while let Some(timer) = self.sequencer.due_timer(wall) {
            self.second(&timer, down);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_feed_waits_for_an_answer_but_not_for_ever_and_for_the_next_one_again() {
        let at = UnixNanos;
        let late = at(5 + AHEAD_OF_ANSWER_NS + 1);
        let mut patience = Patience::default();
        assert!(!patience.holds(false, at(0), at(5)));
        assert!(!patience.holds(true, at(10), at(5)), "the order was only just sent");
        assert!(!patience.holds(true, at(20), at(5 + AHEAD_OF_ANSWER_NS)));
        assert!(patience.holds(true, at(20), late));
        assert!(patience.holds(true, at(9 + PATIENCE_NS), late));
        assert!(
            !patience.holds(true, at(10 + PATIENCE_NS), late),
            "a silent broker stops no market"
        );
        assert!(!patience.holds(false, at(10 * PATIENCE_NS), late), "the answer came");
        assert!(!patience.holds(true, at(10 * PATIENCE_NS), late));
        let later = late.plus(AHEAD_OF_ANSWER_NS + 1);
        assert!(patience.holds(true, at(10 * PATIENCE_NS), later));
    }
}
