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

use crate::cache_warming::CacheWarming;
use crate::closing::Closing;
use crate::ingest::{Downstream, Ingest};
use crate::market_feed::MarketFeed;
use crate::outlet::{Feedback, Outlet};
use crate::state::NodeState;
use gauntlet_engine::fusion::Fusion;
use gauntlet_engine::message::{
    Arrival, Hot, PackedToOrders, PackedToRisk, Rare, Tick, ToOrders, ToRisk, Whole,
};
use gauntlet_engine::risk::{Approved, Risk};
use gauntlet_manager::order_manager::{FromOrders, OrderManager};
use gauntlet_model::effect::Intent;
use gauntlet_model::input::Sequenced;
use gauntlet_model::order::OrderRequest;
use gauntlet_model::units::UnixNanos;
use gauntlet_runtime::agent::{Agent, AgentError};
use gauntlet_runtime::clock::{TickClock, WallClock};
use gauntlet_runtime::latency::{LatencyRecorder, Segment};
use gauntlet_runtime::ring::{Consumer, Producer, ring};
use gauntlet_runtime::split_ring::{Split, SplitConsumer, SplitProducer, split_ring};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Messages that a ring between stages holds.
const RING: usize = 4_096;
/// Messages that a stage takes in one round.
const BATCH: usize = 256;

/// What travels in a ring.
#[derive(Clone, Copy)]
struct Hop<T> {
    cargo: T,
    /// Raw counter reading when it was put in; 0 when the input that caused it is not measured.
    pushed: u64,
}

/// What travels in the ring of what is hot.
#[derive(Clone, Copy)]
enum Cargo<H> {
    Message(H),
    /// Everything that an input caused is through.
    End,
    /// No further input comes.
    Last,
}

type ToStage<H, R> = SplitProducer<Hop<Cargo<H>>, Hop<R>>;
type FromStage<H, R> = SplitConsumer<Hop<Cargo<H>>, Hop<R>>;

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
struct Sender<H, R> {
    ring: ToStage<H, R>,
    ticks: TickClock,
    stop: Arc<AtomicBool>,
    /// Whether a message was given up. None may follow it: the next stage would go on as if there
    /// were no gap.
    cut: bool,
}

impl<H: Copy + Send, R: Copy + Send> Sender<H, R> {
    fn send(&mut self, packed: Split<H, R>, measured: bool) {
        let pushed = if measured { self.ticks.raw() } else { 0 };
        match packed {
            Split::Hot(hot) => {
                self.insist(Hop { cargo: Cargo::Message(hot), pushed }, ToStage::push);
            }
            Split::Rare(cargo) => self.insist(Hop { cargo, pushed }, ToStage::push_rare),
        }
    }

    fn send_end(&mut self) {
        self.insist(Hop { cargo: Cargo::End, pushed: 0 }, ToStage::push);
    }

    fn send_last(&mut self) {
        self.insist(Hop { cargo: Cargo::Last, pushed: 0 }, ToStage::push);
    }

    #[inline]
    fn insist<T>(&mut self, mut hop: T, push: impl Fn(&mut ToStage<H, R>, T) -> Result<(), T>) {
        if self.cut {
            return;
        }
        while let Err(back) = push(&mut self.ring, hop) {
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
    fn ring<H: Copy + Send, R: Copy + Send>(&self) -> (Sender<H, R>, FromStage<H, R>) {
        let (ring, from) = split_ring(RING);
        (self.sender(ring), from)
    }

    fn sender<H, R>(&self, ring: ToStage<H, R>) -> Sender<H, R> {
        Sender { ring, ticks: self.ticks.clone(), stop: Arc::clone(&self.stop), cut: false }
    }
}

/// Ingest on a thread of its own.
pub struct IngestAgent<F> {
    ingest: Ingest<F>,
    down: ToFusion,
    back: Consumer<Feedback>,
    /// Whether the last word was sent.
    ended: bool,
    state: Arc<NodeState>,
}

struct ToFusion {
    sender: Sender<Tick, Whole>,
    /// Whether the end of every input is of interest, and not only of those that are rare.
    lockstep: bool,
    state: Arc<NodeState>,
}

impl Downstream for ToFusion {
    fn accept(&mut self, sequenced: &Sequenced, arrived: u64) {
        let packed = Arrival { sequenced, fresh: true, owned: false, arrived }.pack();
        let is_market = matches!(packed, Split::Hot(_));
        self.sender.send(packed, arrived > 0);
        // Somebody waits for the answer to a command, the outlet counts its words home, and a venue
        // in lockstep waits for each record. Otherwise market data goes without a second message.
        if self.lockstep || !is_market {
            self.sender.send_end();
        }
    }

    /// In lockstep every run of the same data has to answer alike, so the stages are waited for. Elsewhere
    /// it is known as well as it was told.
    fn awaits_answer(&mut self, seq: u64) -> bool {
        while self.lockstep && self.state.done() < seq && !self.state.has_failed() {
            std::thread::yield_now();
        }
        self.state.awaits_anybody()
    }
}

impl<F: MarketFeed> Agent for IngestAgent<F> {
    fn do_work(&mut self) -> Result<usize, AgentError> {
        let IngestAgent { ingest, down, back, ended, state } = self;
        // Read before the words: what was said before the end is heard.
        let is_closed = state.is_closed();
        let mut work = ingest.poll(down);
        while let Some(word) = back.pop() {
            ingest.feed_back(word, down);
            work += 1;
        }
        if is_closed && !*ended {
            *ended = true;
            down.sender.send_last();
        }
        failed(state).map_or(Ok(work), Err)
    }
}

/// A stage between two rings.
pub struct StageAgent<S: PipelineStage> {
    stage: S,
    from: FromStage<S::HotIn, S::RareIn>,
    to: Sender<S::HotOut, S::RareOut>,
    recorder: LatencyRecorder,
    segments: (Segment, Segment),
    warming: CacheWarming,
    state: Arc<NodeState>,
}

/// What makes a stage out of a state machine of the core.
pub trait PipelineStage: Send {
    /// What comes with every tick, as it comes.
    type HotIn: Copy + Send;
    /// What comes seldom.
    type RareIn: Copy + Send;
    /// What goes with every tick.
    type HotOut: Copy + Send;
    /// What goes seldom.
    type RareOut: Copy + Send;

    /// Takes one message and hands on what follows from it; tells whether it is measured.
    fn on(
        &mut self,
        packed: Split<&Self::HotIn, &Self::RareIn>,
        out: &mut impl FnMut(Split<Self::HotOut, Self::RareOut>),
    ) -> bool;

    /// See [`cache_warming`](crate::cache_warming). A stage that each tick goes through is warm by itself.
    fn warm_caches(&self, turn: usize) {
        let _ = turn;
    }
}

impl PipelineStage for Fusion {
    type HotIn = Tick;
    type RareIn = Whole;
    type HotOut = Hot<Intent>;
    type RareOut = Rare;

    fn on(&mut self, packed: Split<&Tick, &Whole>, out: &mut impl FnMut(PackedToRisk)) -> bool {
        Arrival::unpack(packed, |arrival| {
            let mut send = |message: ToRisk| out(message.pack());
            Fusion::on(self, arrival.sequenced, arrival.arrived, &mut send);
            arrival.arrived > 0
        })
    }
}

impl PipelineStage for Risk {
    type HotIn = Hot<Intent>;
    type RareIn = Rare;
    type HotOut = Hot<Approved<OrderRequest>>;
    type RareOut = Rare;

    fn on(
        &mut self,
        packed: Split<&Hot<Intent>, &Rare>,
        out: &mut impl FnMut(PackedToOrders),
    ) -> bool {
        ToRisk::unpack(packed, |message| {
            Risk::on(self, message, &mut |message: ToOrders| out(message.pack()));
            matches!(message, ToRisk::Input(arrival) if arrival.arrived > 0)
        })
    }

    fn warm_caches(&self, turn: usize) {
        // Nobody acts on what the gate says, and yet it must be asked.
        std::hint::black_box(Risk::warm_gate(self, turn));
    }
}

impl<S: PipelineStage> StageAgent<S> {
    fn pass(&mut self, packed: Split<&S::HotIn, &S::RareIn>, pushed: u64, popped: u64) {
        let StageAgent { stage, to, recorder, segments, .. } = self;
        let measured = pushed > 0;
        let is_input = stage.on(packed, &mut |out| to.send(out, measured));
        if measured && is_input {
            recorder.record(segments.0, pushed, popped);
            recorder.record(segments.1, popped, to.ticks.raw());
        }
    }
}

impl<S: PipelineStage> Agent for StageAgent<S> {
    fn do_work(&mut self) -> Result<usize, AgentError> {
        let mut work = 0;
        while work < BATCH {
            let Some(hop) = self.from.pop() else { break };
            work += 1;
            let popped = self.to.ticks.raw();
            match &hop {
                Split::Hot(Hop { cargo: Cargo::Message(hot), pushed }) => {
                    self.pass(Split::Hot(hot), *pushed, popped);
                }
                Split::Rare(Hop { cargo, pushed }) => {
                    self.pass(Split::Rare(cargo), *pushed, popped);
                }
                Split::Hot(Hop { cargo: Cargo::End, .. }) => self.to.send_end(),
                Split::Hot(Hop { cargo: Cargo::Last, .. }) => self.to.send_last(),
            }
        }
        if let Some(turn) = self.warming.due(work) {
            self.stage.warm_caches(turn);
        }
        failed(&self.state).map_or(Ok(work), Err)
    }
}

/// The order manager and the gateways on a thread of their own.
pub struct OrdersAgent {
    orders: OrderManager,
    outlet: Outlet,
    from: FromStage<Hot<Approved<OrderRequest>>, Rare>,
    back: Producer<Feedback>,
    /// A word that did not fit into the way back.
    held: Option<Feedback>,
    wall: WallClock,
    ticks: TickClock,
    recorder: LatencyRecorder,
    closing: Closing,
    /// Whether the data is the clock, so that it is of interest whether an answer is on its way.
    follows_data: bool,
    /// Whether a venue goes in lockstep, so that each input's end is of interest.
    lockstep: bool,
    warming: CacheWarming,
    state: Arc<NodeState>,
}

impl Agent for OrdersAgent {
    fn do_work(&mut self) -> Result<usize, AgentError> {
        let wall = UnixNanos(self.wall.now());
        self.outlet.set_wall(wall);
        let mut work = 0;
        while work < BATCH {
            let Some(hop) = self.from.pop() else { break };
            work += 1;
            let popped = self.ticks.raw();
            match &hop {
                Split::Hot(Hop { cargo: Cargo::Message(hot), pushed }) => {
                    self.take(Split::Hot(hot), *pushed, popped);
                }
                Split::Rare(Hop { cargo, pushed }) => {
                    self.take(Split::Rare(cargo), *pushed, popped);
                }
                Split::Hot(Hop { cargo: Cargo::End, .. }) => self.end(),
                Split::Hot(Hop { cargo: Cargo::Last, .. }) => self.state.set_drained(),
            }
        }
        self.outlet.set_live(self.orders.live_len(), self.orders.staying_len());
        if self.follows_data {
            self.state.set_awaits_broker(self.orders.awaits_a_broker());
            self.state.set_awaits_anybody(self.orders.awaits_anybody());
        }
        work += self.outlet.poll(wall);
        work += self.send_back();
        if self.outlet.is_short() {
            self.state.set_effects_short();
        }
        self.outlet.publish_progress();
        if let Some(draft) = self.warming.due(work).and_then(|_| self.orders.draft_newest()) {
            self.outlet.warm_encoder(&draft);
        }
        self.closing.step(&mut self.outlet, &self.state, wall);
        failed(&self.state).map_or(Ok(work), Err)
    }
}

impl OrdersAgent {
    fn end(&mut self) {
        self.outlet.end();
        if self.lockstep {
            self.state.set_awaits_anybody(self.orders.awaits_anybody());
            self.state.set_done(self.outlet.cause());
        }
    }

    fn take(
        &mut self,
        packed: Split<&Hot<Approved<OrderRequest>>, &Rare>,
        pushed: u64,
        popped: u64,
    ) {
        let OrdersAgent { orders, outlet, ticks, recorder, .. } = self;
        ToOrders::unpack(packed, |message| {
            if let ToOrders::Input(arrival) = message {
                outlet.begin(arrival.sequenced, arrival.arrived);
            }
            orders.on(message, &mut |out: FromOrders| outlet.take(out));
            if pushed > 0 && matches!(message, ToOrders::Input(_)) {
                recorder.record(Segment::HopToOrders, pushed, popped);
                recorder.record(Segment::Orders, popped, ticks.raw());
            }
        });
    }

    fn send_back(&mut self) -> usize {
        let mut sent = 0;
        while let Some(word) = self.held.take().or_else(|| self.outlet.next_feedback()) {
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
pub struct Dedicated<F> {
    /// The first thread's.
    pub ingest: IngestAgent<F>,
    /// The second thread's.
    pub fusion: StageAgent<Fusion>,
    /// The third thread's.
    pub risk: StageAgent<Risk>,
    /// The fourth thread's.
    pub orders: OrdersAgent,
}

/// Joins the stages by rings. `recorders` are fusion's, risk's and the order manager's.
pub fn join<F: MarketFeed>(
    ingest: Ingest<F>,
    (fusion, risk, orders): (Fusion, Risk, OrderManager),
    outlet: Outlet,
    recorders: [LatencyRecorder; 3],
    shared: &Shared,
    lockstep: bool,
) -> Dedicated<F> {
    let [fusion_recorder, risk_recorder, orders_recorder] = recorders;
    let (to_fusion, from_ingest) = shared.ring();
    let (to_risk, from_fusion) = shared.ring();
    let (to_orders, from_risk) = shared.ring();
    let (to_ingest, from_orders) = ring(RING);
    let Shared { ticks, state, .. } = shared;
    let follows_data = ingest.follows_data();
    let state = || Arc::clone(state);
    let down = ToFusion { sender: to_fusion, lockstep, state: state() };
    Dedicated {
        ingest: IngestAgent { ingest, down, back: from_orders, ended: false, state: state() },
        fusion: StageAgent {
            stage: fusion,
            from: from_ingest,
            to: to_risk,
            recorder: fusion_recorder,
            segments: (Segment::HopToFusion, Segment::Fusion),
            warming: CacheWarming::default(),
            state: state(),
        },
        risk: StageAgent {
            stage: risk,
            from: from_fusion,
            to: to_orders,
            recorder: risk_recorder,
            segments: (Segment::HopToRisk, Segment::Risk),
            warming: CacheWarming::default(),
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
            lockstep,
            warming: CacheWarming::default(),
            state: state(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Parts;
    use gauntlet_manager::chain::Chain;
    use gauntlet_runtime::split_ring::slot_bytes;

    fn shared(parts: &Parts) -> Shared {
        let state = Arc::clone(&parts.state);
        Shared { ticks: parts.ticks.clone(), state, stop: Arc::default() }
    }

    #[test]
    fn a_hop_takes_no_more_than_two_cache_lines() {
        assert_eq!(slot_bytes::<Hop<Cargo<Tick>>>(), 96);
        assert_eq!(slot_bytes::<Hop<Cargo<Hot<Intent>>>>(), 96);
        assert_eq!(slot_bytes::<Hop<Cargo<Hot<Approved<OrderRequest>>>>>(), 96);
    }

    #[test]
    fn a_stage_whose_reader_is_gone_gives_up_when_the_threads_are_to_end_and_leaves_no_gap() {
        let (producer, mut consumer) = split_ring(2);
        let shared = shared(&Parts::new());
        shared.stop.store(true, Ordering::Release);
        let mut sender: Sender<u8, u64> = shared.sender(producer);
        let messages = [Split::Hot(1), Split::Rare(2), Split::Hot(3)];
        messages.into_iter().for_each(|message| sender.send(message, false));
        let mut received = Vec::new();
        while let Some(hop) = consumer.pop() {
            // There is room again, and nothing comes behind what was given up.
            sender.send(Split::Hot(4), false);
            received.extend(match hop {
                Split::Hot(Hop { cargo: Cargo::Message(hot), .. }) => Some(Split::Hot(hot)),
                Split::Rare(Hop { cargo, .. }) => Some(Split::Rare(cargo)),
                Split::Hot(Hop { cargo: Cargo::End | Cargo::Last, .. }) => None,
            });
        }
        assert_eq!(received, [Split::Hot(1), Split::Rare(2)]);
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
