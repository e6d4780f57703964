//! The whole way on one thread: layout `shared`, and a node that is called by hand.

use crate::cache_warming::CacheWarming;
use crate::closing::Closing;
use crate::ingest::{Downstream, Ingest};
use crate::market_feed::MarketFeed;
use crate::outlet::Outlet;
use crate::probe::TickProbe;
use crate::state::NodeState;
use gauntlet_manager::chain::Chain;
use gauntlet_manager::order_manager::FromOrders;
use gauntlet_model::input::{Input, Sequenced};
use gauntlet_runtime::agent::{Agent, AgentError};
use std::hint::black_box;
use std::sync::Arc;

/// The chain with its far end.
pub struct Inline {
    chain: Chain,
    outlet: Outlet,
    probe: TickProbe,
}

impl Downstream for Inline {
    #[inline]
    fn accept(&mut self, sequenced: &Sequenced, arrived: u64) {
        let Inline { chain, outlet, probe } = self;
        outlet.begin(sequenced, arrived);
        probe.begin(arrived);
        chain.on_input(sequenced, arrived, probe, &mut |message: FromOrders| outlet.take(message));
        probe.end();
        let orders = chain.orders();
        outlet.set_live(orders.live_len(), orders.staying_len());
        outlet.end();
    }

    fn awaits_answer(&mut self, _: u64) -> bool {
        self.chain.orders().awaits_anybody()
    }
}

impl Inline {
    /// See [`cache_warming`](crate::cache_warming).
    fn warm_caches(&mut self, turn: usize) {
        let Inline { chain, outlet, .. } = self;
        // Nobody acts on what the gate says, and yet it must be asked.
        black_box(chain.risk().warm_gate(turn));
        if let Some(draft) = chain.orders().draft_newest() {
            outlet.warm_encoder(&draft);
        }
    }
}

/// See the module.
pub struct HotLoop<F> {
    ingest: Ingest<F>,
    inline: Inline,
    state: Arc<NodeState>,
    closing: Closing,
    /// Only where a thread spins by itself.
    warming: Option<CacheWarming>,
}

impl<F: MarketFeed> HotLoop<F> {
    /// A loop over `ingest` and `chain`.
    pub fn new(
        ingest: Ingest<F>,
        chain: Chain,
        outlet: Outlet,
        probe: TickProbe,
        state: Arc<NodeState>,
    ) -> HotLoop<F> {
        let inline = Inline { chain, outlet, probe };
        HotLoop { ingest, inline, state, closing: Closing::No, warming: None }
    }

    /// The same on a thread that spins, which keeps what an order needs near while nothing comes.
    pub fn warming_caches(self) -> HotLoop<F> {
        HotLoop { warming: Some(CacheWarming::default()), ..self }
    }

    /// Sequences an input of the node's owner and gives its number.
    pub fn own(&mut self, input: Input) -> u64 {
        self.ingest.own(input, &mut self.inline)
    }

    /// The door in.
    pub fn ingest_mut(&mut self) -> &mut Ingest<F> {
        &mut self.ingest
    }

    /// The stages.
    pub fn chain(&self) -> &Chain {
        &self.inline.chain
    }

    /// Whether no word of a gateway waits or is under way.
    pub fn is_quiet(&self) -> bool {
        self.inline.outlet.is_quiet()
    }
}

impl<F: MarketFeed> Agent for HotLoop<F> {
    fn do_work(&mut self) -> Result<usize, AgentError> {
        let HotLoop { ingest, inline, state, closing, warming } = self;
        let wall = ingest.wall();
        inline.outlet.set_wall(wall);
        if ingest.follows_data() {
            state.set_awaits_broker(inline.chain.orders().awaits_a_broker());
        }
        let mut work = ingest.poll(inline);
        work += inline.outlet.poll(wall);
        while let Some(feedback) = inline.outlet.next_feedback() {
            ingest.feed_back(feedback, inline);
            work += 1;
        }
        if inline.outlet.is_short() {
            state.set_effects_short();
        }
        closing.step(&mut inline.outlet, state, wall);
        if state.is_closed() {
            state.set_drained();
        }
        inline.outlet.publish_progress();
        if let Some(turn) = warming.as_mut().and_then(|warming| warming.due(work)) {
            inline.warm_caches(turn);
        }
        // The flag is an atomic; the failure itself is behind a lock and read only when there is one.
        match state.has_failed().then(|| state.failure()).flatten() {
            Some(failure) => Err(Box::new(failure)),
            None => Ok(work),
        }
    }
}
