//! A thread for each stage, joined by rings: layout `dedicated`.
//!
//! ```text
//! ingest ─► fusion ─► risk ─► orders and gateways
//!    ▲                              │
//!    └───────── brokers' words ─────┘
//! ```
//!
//! A full ring makes the stage before it wait. That cannot lock up: the last stage never waits for
//! the first (it stops reading its brokers while the way back is full), so the way down always
//! drains. At the end of a run the first stage stops taking inputs and sends a last word after them;
//! the threads may end when that has come through. A thread that fails sets the stop of them all, and
//! nobody waits for a ring any more.

use crate::closing::Closing;
use crate::ingest::{Downstream, Ingest};
use crate::outlet::{Back, Outlet};
use crate::state::NodeState;
use gauntlet_engine::fusion::Fusion;
use gauntlet_engine::message::{ToOrders, ToRisk};
use gauntlet_engine::risk::Risk;
use gauntlet_manager::order_manager::OrderManager;
use gauntlet_model::input::{Input, Sequenced};
use gauntlet_model::units::UnixNanos;
use gauntlet_runtime::agent::{Agent, AgentError};
use gauntlet_runtime::clock::{TickClock, WallClock};
use gauntlet_runtime::latency::{LatencyRecorder, Segment};
use gauntlet_runtime::ring::{Consumer, Producer, ring};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Messages that a ring between stages holds.
const RING: usize = 4_096;
/// Messages that a stage takes in one round.
const BATCH: usize = 256;

/// What travels in a ring.
#[derive(Clone, Copy)]
struct Hop<T> {
    cargo: Cargo<T>,
    /// Raw counter reading when it was put in; 0 when the input that caused it is not measured.
    pushed: u64,
}

#[derive(Clone, Copy)]
enum Cargo<T> {
    Message(T),
    /// Everything that an input caused is through.
    End,
    /// No further input comes.
    Last,
}

/// What the threads share.
pub struct Shared {
    /// The clock of latencies.
    pub ticks: TickClock,
    /// The node's state.
    pub state: Arc<NodeState>,
    /// Ends every thread.
    pub stop: Arc<AtomicBool>,
}

/// A ring's writing end with the stage's clock.
struct Sender<T> {
    ring: Producer<Hop<T>>,
    ticks: TickClock,
    stop: Arc<AtomicBool>,
    /// Whether a message was given up. None may follow it: the next stage would go on as if there
    /// were no gap.
    cut: bool,
}

impl<T: Copy + Send> Sender<T> {
    fn send(&mut self, cargo: Cargo<T>, measured: bool) {
        if self.cut {
            return;
        }
        let mut hop = Hop { cargo, pushed: if measured { self.ticks.raw() } else { 0 } };
        while let Err(back) = self.ring.push(hop) {
            // Whoever empties the ring may have ended.
            if self.stop.load(Ordering::Acquire) {
                self.cut = true;
                return;
            }
            hop = back;
            std::thread::yield_now();
        }
    }
}

impl Shared {
    fn ring<T: Copy + Send>(&self) -> (Sender<T>, Consumer<Hop<T>>) {
        let (ring, from) = ring(RING);
        (self.sender(ring), from)
    }

    fn sender<T>(&self, ring: Producer<Hop<T>>) -> Sender<T> {
        Sender { ring, ticks: self.ticks.clone(), stop: Arc::clone(&self.stop), cut: false }
    }
}

/// Ingest on a thread of its own.
pub struct IngestAgent {
    ingest: Ingest,
    down: ToFusion,
    back: Consumer<Back>,
    /// Whether the last word was sent.
    ended: bool,
    state: Arc<NodeState>,
}

struct ToFusion {
    sender: Sender<(Sequenced, u64)>,
    /// Whether the end of every input is of interest, and not only of those that are rare.
    lockstep: bool,
}

impl Downstream for ToFusion {
    fn accept(&mut self, sequenced: &Sequenced, arrived: u64) {
        self.sender.send(Cargo::Message((*sequenced, arrived)), arrived > 0);
        // Somebody waits for the answer to a command, the outlet counts its words home, and a venue
        // in lockstep waits for each record. Otherwise market data goes without a second message.
        let is_market = matches!(
            sequenced.input,
            Input::Mbo(_) | Input::Quote(_) | Input::Level(_) | Input::Trade(_) | Input::Timer(_)
        );
        if self.lockstep || !is_market {
            self.sender.send(Cargo::End, false);
        }
    }
}

impl IngestAgent {
    /// Sequences an input of the node itself.
    pub fn own(&mut self, input: Input) {
        self.ingest.own(input, &mut self.down);
    }
}

impl Agent for IngestAgent {
    fn do_work(&mut self) -> Result<usize, AgentError> {
        let IngestAgent { ingest, down, back, ended, state } = self;
        // Read before the words: what was said before the end is heard.
        let is_closed = state.is_closed();
        let mut work = ingest.poll(down);
        while let Some(word) = back.pop() {
            ingest.back(word, down);
            work += 1;
        }
        if is_closed && !*ended {
            *ended = true;
            down.sender.send(Cargo::Last, false);
        }
        failed(state).map_or(Ok(work), Err)
    }
}

/// A stage between two rings.
pub struct StageAgent<S, In, Out> {
    stage: S,
    from: Consumer<Hop<In>>,
    to: Sender<Out>,
    recorder: LatencyRecorder,
    segments: (Segment, Segment),
    state: Arc<NodeState>,
}

/// What makes a stage out of a state machine of the core.
pub trait Stage<In, Out> {
    /// Takes one message and hands on what follows from it; tells whether it is measured.
    fn on(&mut self, message: &In, out: &mut impl FnMut(Out)) -> bool;
}

impl Stage<(Sequenced, u64), ToRisk> for Fusion {
    fn on(&mut self, message: &(Sequenced, u64), out: &mut impl FnMut(ToRisk)) -> bool {
        Fusion::on(self, &message.0, message.1, out);
        message.1 > 0
    }
}

impl Stage<ToRisk, ToOrders> for Risk {
    fn on(&mut self, message: &ToRisk, out: &mut impl FnMut(ToOrders)) -> bool {
        Risk::on(self, message, out);
        matches!(message, ToRisk::Input(arrival) if arrival.arrived > 0)
    }
}

impl<S, In, Out> Agent for StageAgent<S, In, Out>
where
    S: Stage<In, Out> + Send,
    In: Copy + Send,
    Out: Copy + Send,
{
    fn do_work(&mut self) -> Result<usize, AgentError> {
        let StageAgent { stage, from, to, recorder, segments, state } = self;
        let mut work = 0;
        while work < BATCH {
            let Some(hop) = from.pop() else { break };
            work += 1;
            let popped = to.ticks.raw();
            match hop.cargo {
                Cargo::End => to.send(Cargo::End, false),
                Cargo::Last => to.send(Cargo::Last, false),
                Cargo::Message(message) => {
                    let measured = hop.pushed > 0;
                    let is_input = stage.on(&message, &mut |out| {
                        to.send(Cargo::Message(out), measured);
                    });
                    if measured && is_input {
                        recorder.record(segments.0, hop.pushed, popped);
                        recorder.record(segments.1, popped, to.ticks.raw());
                    }
                }
            }
        }
        failed(state).map_or(Ok(work), Err)
    }
}

/// The order manager and the gateways on a thread of their own.
pub struct OrdersAgent {
    orders: OrderManager,
    outlet: Outlet,
    from: Consumer<Hop<ToOrders>>,
    back: Producer<Back>,
    /// A word that did not fit into the way back.
    held: Option<Back>,
    wall: WallClock,
    ticks: TickClock,
    recorder: LatencyRecorder,
    closing: Closing,
    /// Whether the data is the clock, so that it is of interest whether an answer is on its way.
    follows_data: bool,
    state: Arc<NodeState>,
}

impl Agent for OrdersAgent {
    fn do_work(&mut self) -> Result<usize, AgentError> {
        let OrdersAgent { orders, outlet, from, ticks, recorder, .. } = self;
        let wall = UnixNanos(self.wall.now());
        outlet.set_wall(wall);
        let mut work = 0;
        while work < BATCH {
            let Some(hop) = from.pop() else { break };
            work += 1;
            let popped = ticks.raw();
            match hop.cargo {
                Cargo::End => outlet.end(),
                Cargo::Last => self.state.set_drained(),
                Cargo::Message(message) => {
                    if let ToOrders::Input(arrival) = &message {
                        outlet.begin(&arrival.sequenced, arrival.arrived);
                    }
                    orders.on(&message, &mut |out| outlet.take(out));
                    if hop.pushed > 0 && matches!(message, ToOrders::Input(_)) {
                        recorder.record(Segment::HopToOrders, hop.pushed, popped);
                        recorder.record(Segment::Orders, popped, ticks.raw());
                    }
                }
            }
        }
        outlet.set_live(orders.live_len());
        if self.follows_data {
            self.state.set_awaits_broker(orders.awaits_a_broker());
        }
        work += outlet.poll(wall);
        work += self.send_back();
        if self.outlet.is_short() {
            self.state.set_effects_short();
        }
        self.outlet.publish_progress();
        self.closing.step(&mut self.outlet, &self.state, wall);
        failed(&self.state).map_or(Ok(work), Err)
    }
}

impl OrdersAgent {
    fn send_back(&mut self) -> usize {
        let mut sent = 0;
        while let Some(word) = self.held.take().or_else(|| self.outlet.next_back()) {
            if let Err(word) = self.back.push(word) {
                self.held = Some(word);
                break;
            }
            sent += 1;
        }
        sent
    }
}

fn failed(state: &NodeState) -> Option<AgentError> {
    let failure = state.has_failed().then(|| state.failure()).flatten()?;
    Some(Box::new(failure))
}

/// The four agents of the layout, joined.
pub struct Dedicated {
    /// The first thread's.
    pub ingest: IngestAgent,
    /// The second thread's.
    pub fusion: StageAgent<Fusion, (Sequenced, u64), ToRisk>,
    /// The third thread's.
    pub risk: StageAgent<Risk, ToRisk, ToOrders>,
    /// The fourth thread's.
    pub orders: OrdersAgent,
}

/// Joins the stages by rings. `recorders` are fusion's, risk's and the order manager's.
pub fn join(
    ingest: Ingest,
    (fusion, risk, orders): (Fusion, Risk, OrderManager),
    outlet: Outlet,
    recorders: [LatencyRecorder; 3],
    shared: &Shared,
    lockstep: bool,
) -> Dedicated {
    let [fusion_recorder, risk_recorder, orders_recorder] = recorders;
    let (to_fusion, from_ingest) = shared.ring();
    let (to_risk, from_fusion) = shared.ring();
    let (to_orders, from_risk) = shared.ring();
    let (to_ingest, from_orders) = ring(RING);
    let Shared { ticks, state, .. } = shared;
    let follows_data = ingest.follows_data();
    let state = || Arc::clone(state);
    let down = ToFusion { sender: to_fusion, lockstep };
    Dedicated {
        ingest: IngestAgent { ingest, down, back: from_orders, ended: false, state: state() },
        fusion: StageAgent {
            stage: fusion,
            from: from_ingest,
            to: to_risk,
            recorder: fusion_recorder,
            segments: (Segment::HopToFusion, Segment::Fusion),
            state: state(),
        },
        risk: StageAgent {
            stage: risk,
            from: from_fusion,
            to: to_orders,
            recorder: risk_recorder,
            segments: (Segment::HopToRisk, Segment::Risk),
            state: state(),
        },
        orders: OrdersAgent {
            orders,
            outlet,
            from: from_risk,
            back: to_ingest,
            held: None,
            wall: WallClock::new(ticks.clone()),
            ticks: ticks.clone(),
            recorder: orders_recorder,
            closing: Closing::No,
            follows_data,
            state: state(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Parts;
    use gauntlet_manager::chain::Chain;

    fn shared(parts: &Parts) -> Shared {
        let state = Arc::clone(&parts.state);
        Shared { ticks: parts.ticks.clone(), state, stop: Arc::default() }
    }

    #[test]
    fn a_stage_whose_reader_is_gone_gives_up_when_the_threads_are_to_end_and_leaves_no_gap() {
        let (producer, mut consumer) = ring(2);
        let shared = shared(&Parts::new());
        shared.stop.store(true, Ordering::Release);
        let mut sender = shared.sender(producer);
        (1..=3).for_each(|message| sender.send(Cargo::Message(message), false));
        let mut received = Vec::new();
        while let Some(hop) = consumer.pop() {
            // There is room again, and nothing comes behind what was given up.
            sender.send(Cargo::Message(4), false);
            received.extend(match hop.cargo {
                Cargo::Message(message) => Some(message),
                Cargo::End | Cargo::Last => None,
            });
        }
        assert_eq!(received, [1, 2]);
    }

    #[test]
    fn the_session_ends_only_after_the_stop_went_through_the_chain() {
        let mut parts = Parts::new();
        let (inputs, effects) = parts.small_journal();
        let (ingest, outlet) = (parts.ingest(inputs), parts.outlet(effects));
        let recorders = [(); 3].map(|()| parts.board.recorder(16));
        let shared = shared(&parts);
        let stages = Chain::new().into_stages();
        let mut agents = join(ingest, stages, outlet, recorders, &shared, false);
        parts.state.ask_to_stop();
        // The stages between do not run yet: what they hold back may be an order.
        for _ in 0..100 {
            agents.ingest.do_work().expect("fine");
            agents.orders.do_work().expect("fine");
        }
        assert!(!parts.state.is_stopping() && !parts.state.is_closed());
        let ended = (0..100).any(|_| {
            agents.ingest.do_work().expect("fine");
            agents.fusion.do_work().expect("fine");
            agents.risk.do_work().expect("fine");
            agents.orders.do_work().expect("fine");
            parts.state.is_drained()
        });
        assert!(ended, "nothing keeps it from ending");
    }
}
