//! The chain's far end: effects go into the journal, order messages to the gateway of their route,
//! and what brokers answer comes back as inputs.
//!
//! Whoever owns the order manager's thread owns the outlet. Everything goes through
//! [`Outlet::take`] in the order in which the chain made it, so an effect is in the journal before
//! the message that it describes is handed to a gateway.

use crate::gateways::Gateways;
use crate::state::{Failure, NodeState};
use gauntlet_gateways::gateway::GatewayEvent;
use gauntlet_journal::EffectWriter;
use gauntlet_manager::order_manager::{FromOrders, Outbound};
use gauntlet_model::effect::{AlertKind, Effect, OutboundKind};
use gauntlet_model::ids::ClOrdId;
use gauntlet_model::input::{CommandKind, Input, Origin, Route, Sequenced, SessionChange};
use gauntlet_model::units::UnixNanos;
use gauntlet_readmodel::counters::NodeCounters;
use gauntlet_runtime::clock::TickClock;
use gauntlet_runtime::latency::{LatencyRecorder, Segment};
use gauntlet_venue::lockstep::Lockstep;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Something for the sequencer, from the chain's far end.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::large_enum_variant, reason = "a box would be an allocation on the hot thread")]
pub enum Back {
    /// A broker's word.
    Input {
        /// What it says.
        input: Input,
        /// Raw counter reading at the return of the read that brought it.
        arrived: u64,
    },
    /// A command went through the chain.
    Commanded {
        /// The number it had.
        seq: u64,
        /// Working orders that it asked to be cancelled.
        orders: u32,
        /// Whether the core refused it.
        refused: bool,
    },
}

/// Orders whose answer is timed. An older one that is overwritten is just not timed.
const TIMED_ORDERS: usize = 256;
/// Broker words that wait for the sequencer; the gateways are not polled while it is half full.
const BACKLOG_MAX: usize = 8_192;
/// Bytes of the journal that the records of one call's messages take, far from exact: some thirty.
const SENT_BYTES_MAX: usize = 4_096;

/// See the module.
pub struct Outlet {
    effects: EffectWriter,
    gateways: Gateways,
    state: Arc<NodeState>,
    ticks: TickClock,
    recorder: LatencyRecorder,
    back: VecDeque<Back>,
    timed: [(ClOrdId, u64); TIMED_ORDERS],
    /// Of the input at hand.
    cause: u64,
    index: u32,
    time: UnixNanos,
    wall: UnixNanos,
    arrived: u64,
    command: Option<Commanded>,
    /// Words handed to the sequencer that have not come down the chain yet.
    words_out: u64,
    feed_inputs_done: u64,
    reports_done: u64,
    at_hand: AtHand,
    lockstep: Option<Arc<Lockstep>>,
}

/// What kind of input is at hand, for the counts of a replay in lockstep.
#[derive(Clone, Copy, PartialEq, Eq)]
enum AtHand {
    Feed,
    Report,
    Word,
    Other,
}

#[derive(Clone, Copy)]
struct Commanded {
    /// What was commanded; nothing by an opinion, whose sender waits for an answer too.
    kind: Option<CommandKind>,
    orders: u32,
    refused: bool,
}

impl Outlet {
    /// An outlet that goes on in `effects`.
    pub fn new(
        effects: EffectWriter,
        gateways: Gateways,
        state: Arc<NodeState>,
        ticks: TickClock,
        recorder: LatencyRecorder,
    ) -> Outlet {
        Outlet {
            effects,
            gateways,
            state,
            ticks,
            recorder,
            back: VecDeque::with_capacity(BACKLOG_MAX),
            timed: [(ClOrdId::NONE, 0); TIMED_ORDERS],
            cause: 0,
            index: 0,
            time: UnixNanos(0),
            wall: UnixNanos(0),
            arrived: 0,
            command: None,
            words_out: 0,
            feed_inputs_done: 0,
            reports_done: 0,
            at_hand: AtHand::Other,
            lockstep: None,
        }
    }

    /// Reports progress to a venue in lockstep.
    pub fn set_lockstep(&mut self, lockstep: Arc<Lockstep>) {
        self.lockstep = Some(lockstep);
    }

    /// Sets the wall clock that messages sent from now on are stamped with.
    pub fn set_wall(&mut self, wall: UnixNanos) {
        self.wall = wall;
    }

    /// Begins the effects of an input.
    pub fn begin(&mut self, sequenced: &Sequenced, arrived: u64) {
        (self.cause, self.index, self.time) = (sequenced.seq, 0, sequenced.time);
        self.arrived = arrived;
        self.at_hand = AtHand::of(&sequenced.input);
        self.command = match &sequenced.input {
            Input::Command(command) => {
                Some(Commanded { kind: Some(command.kind), orders: 0, refused: false })
            }
            Input::External(_) => Some(Commanded { kind: None, orders: 0, refused: false }),
            _ => None,
        };
    }

    /// Takes one message from the order manager.
    #[inline]
    pub fn take(&mut self, message: FromOrders) {
        match message {
            FromOrders::Effect(effect) => self.journal(&effect),
            FromOrders::Send(outbound) => self.send(&outbound),
            FromOrders::Market(view) => self.gateways.on_view(&view, self.time),
            FromOrders::Input(arrival) => self.on_input(&arrival.sequenced.input),
        }
    }

    /// Publishes how many orders are not final.
    pub fn set_live(&mut self, orders: usize) {
        self.state.counters.orders_live.store(orders as u32, Ordering::Relaxed);
    }

    /// Ends the effects of an input: whoever asked for a command learns that it happened.
    pub fn end(&mut self) {
        match self.at_hand {
            AtHand::Feed => self.feed_inputs_done += 1,
            AtHand::Report => {
                self.reports_done += 1;
                self.words_out -= 1;
            }
            AtHand::Word => self.words_out -= 1,
            AtHand::Other => {}
        }
        if let Some(Commanded { kind, orders, refused }) = self.command.take() {
            if kind == Some(CommandKind::Stop) {
                self.state.set_stopping();
            }
            self.back.push_back(Back::Commanded { seq: self.cause, orders, refused });
        }
    }

    /// Reads what the brokers say, as far as there is room to keep it.
    pub fn poll(&mut self, wall: UnixNanos) -> usize {
        self.wall = wall;
        if self.back.len() >= BACKLOG_MAX / 2 || self.state.has_failed() || !self.has_room() {
            return 0;
        }
        let mut work = 0;
        for route in Route::ALL {
            let (gateways, mut tap) = self.parts();
            work += gateways.poll(route, wall, &mut |event| tap.take(event));
            self.note_arrivals(route);
        }
        work
    }

    /// Fills in when the words came that a poll of a route's gateway has brought.
    fn note_arrivals(&mut self, route: Route) {
        // A simulator's words are made here: they come when the first broker's did.
        let read_by = if route.is_broker() { route } else { Route::BROKER };
        let read_at = self.gateways.last_read_finished(read_by);
        for entry in self.back.iter_mut() {
            if let Back::Input { arrived: arrived @ 0, .. } = entry {
                *arrived = read_at;
            }
        }
    }

    /// Whether the journal has room for what a gateway will send in one call. A message that leaves
    /// without a record takes a number that the next run would use again.
    fn has_room(&self) -> bool {
        let has_room = self.effects.remaining() >= SENT_BYTES_MAX;
        if !has_room {
            let full = "the effects journal is full: free space and start again";
            self.state.fail(Failure::Journal(full.to_owned()));
        }
        has_room
    }

    /// The next thing for the sequencer.
    pub fn next_back(&mut self) -> Option<Back> {
        let word = self.back.pop_front()?;
        self.words_out += u64::from(matches!(word, Back::Input { .. }));
        Some(word)
    }

    /// Whether nothing waits: no word on its way to the sequencer or from it, no fill in the
    /// simulator.
    pub fn is_quiet(&self) -> bool {
        self.back.is_empty() && self.words_out == 0 && self.gateways.is_idle()
    }

    /// Tells a venue in lockstep how far the node is, if it is at rest.
    pub fn publish_progress(&self) {
        let Some(lockstep) = &self.lockstep else { return };
        // Records first: the inputs of a record are counted before the record is.
        let records = self.state.feed_records();
        if self.is_quiet() && self.state.feed_inputs() == self.feed_inputs_done {
            lockstep.publish(records, self.reports_done);
        }
    }

    /// Begins the logout.
    pub fn close(&mut self, wall: UnixNanos) {
        let (gateways, mut tap) = self.parts();
        gateways.close(wall, &mut |event| tap.take(event));
    }

    /// Whether every broker session has ended.
    pub fn is_closed(&self) -> bool {
        self.gateways.is_closed()
    }

    /// Whether the journal's reserve is being used.
    pub fn is_short(&self) -> bool {
        self.effects.is_short()
    }

    fn parts(&mut self) -> (&mut Gateways, Tap<'_>) {
        let tap = Tap {
            effects: &mut self.effects,
            state: &self.state,
            back: &mut self.back,
            lockstep: self.lockstep.as_deref(),
            cause: self.cause,
            time: self.time,
        };
        (&mut self.gateways, tap)
    }

    fn on_input(&mut self, input: &Input) {
        self.gateways.on_input(input, self.time);
        match input {
            Input::Execution(report) => self.time_answer(report.cl_ord_id),
            Input::Session(_) => {
                NodeCounters::set_link(&self.state.counters.broker, self.gateways.link());
            }
            _ => {}
        }
    }

    fn journal(&mut self, effect: &Effect) {
        // A record that found no room leaves a gap: a smaller one that would fit must not follow it.
        if self.state.has_failed() {
            return;
        }
        match (effect, &mut self.command) {
            (Effect::Kill(kill), Some(command)) => command.orders = kill.orders,
            (Effect::Alert(alert), Some(command)) => {
                command.refused |= alert.kind == AlertKind::CommandRefused;
            }
            _ => {}
        }
        match self.effects.append_effect(self.cause, self.index, self.time, effect) {
            Ok(_) => {
                self.index += 1;
                self.state.counters.effects.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) => self.state.fail(Failure::Journal(error.to_string())),
        }
    }

    fn send(&mut self, outbound: &Outbound) {
        // After a failure of the journal nothing may leave any more: the effect may not be in it.
        if self.state.has_failed() || !self.has_room() {
            return;
        }
        let from = self.ticks.raw();
        let record = outbound.record();
        let wall = self.wall;
        let (gateways, mut tap) = self.parts();
        gateways.send(outbound, wall, &mut |event| tap.take(event));
        self.state.counters.orders_sent.fetch_add(1, Ordering::Relaxed);
        if record.route.is_broker() {
            let written = self.gateways.last_write_started(record.route);
            if written >= from {
                self.recorder.record(Segment::OrderEncode, from, written);
                if self.arrived > 0 {
                    self.recorder.record(Segment::TickToOrder, self.arrived, written);
                }
                if record.kind == OutboundKind::New {
                    self.timed[record.cl_ord_id.seq() as usize % TIMED_ORDERS] =
                        (record.cl_ord_id, written);
                }
            }
        }
    }

    /// Times the first report on an order.
    fn time_answer(&mut self, id: ClOrdId) {
        let entry = &mut self.timed[id.seq() as usize % TIMED_ORDERS];
        if id.is_some() && entry.0 == id && self.arrived > 0 {
            self.recorder.record(Segment::OrderToAck, entry.1, self.arrived);
            *entry = (ClOrdId::NONE, 0);
        }
    }
}

impl AtHand {
    fn of(input: &Input) -> AtHand {
        match input {
            Input::Execution(report) if report.route.is_broker() => AtHand::Report,
            Input::CancelReject(reject) if reject.route.is_broker() => AtHand::Report,
            Input::Session(event) if event.change == SessionChange::MessageRejected => {
                AtHand::Report
            }
            input => match input.origin() {
                Origin::Broker => AtHand::Word,
                Origin::Feed => AtHand::Feed,
                Origin::Outside | Origin::Platform => AtHand::Other,
            },
        }
    }
}

/// Where the gateways' events go: the journal, or the way back to the sequencer.
struct Tap<'a> {
    effects: &'a mut EffectWriter,
    state: &'a NodeState,
    back: &'a mut VecDeque<Back>,
    lockstep: Option<&'a Lockstep>,
    cause: u64,
    time: UnixNanos,
}

impl Tap<'_> {
    fn take(&mut self, event: GatewayEvent) {
        match event {
            GatewayEvent::Input(_) if self.back.len() >= BACKLOG_MAX => {
                self.state.fail(Failure::Overrun("the broker sends faster than the core takes"));
            }
            // The arrival is filled in by whoever polled, since one read may bring many words.
            GatewayEvent::Input(input) => self.back.push_back(Back::Input { input, arrived: 0 }),
            GatewayEvent::Sent(sent) => {
                if let Err(error) = self.effects.append_sent(self.cause, self.time, &sent) {
                    self.state.fail(Failure::Journal(error.to_string()));
                }
                if let Some(lockstep) = self.lockstep.filter(|_| sent.cl_ord_id.is_some()) {
                    lockstep.order_sent();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
