//! The whole way on one thread: layouts `shared` and `invoker`.

use crate::closing::Closing;
use crate::ingest::{Downstream, Ingest};
use crate::outlet::Outlet;
use crate::probe::TickProbe;
use crate::state::NodeState;
use gauntlet_manager::chain::Chain;
use gauntlet_model::input::{Input, Sequenced};
use gauntlet_runtime::agent::{Agent, AgentError};
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
        chain.on_input(sequenced, arrived, probe, &mut |message| outlet.take(message));
        probe.end();
        outlet.set_live(chain.orders().live_len());
        outlet.end();
    }
}

/// See the module.
pub struct HotLoop {
    ingest: Ingest,
    inline: Inline,
    state: Arc<NodeState>,
    closing: Closing,
}

impl HotLoop {
    /// A loop over `ingest` and `chain`.
    pub fn new(
        ingest: Ingest,
        chain: Chain,
        outlet: Outlet,
        probe: TickProbe,
        state: Arc<NodeState>,
    ) -> HotLoop {
        let inline = Inline { chain, outlet, probe };
        HotLoop { ingest, inline, state, closing: Closing::No }
    }

    /// Sequences an input of the node itself.
    pub fn own(&mut self, input: Input) {
        self.ingest.own(input, &mut self.inline);
    }
}

impl Agent for HotLoop {
    fn do_work(&mut self) -> Result<usize, AgentError> {
        let HotLoop { ingest, inline, state, closing } = self;
        let wall = ingest.wall();
        inline.outlet.set_wall(wall);
        if ingest.follows_data() {
            state.set_awaits_broker(inline.chain.orders().awaits_a_broker());
        }
        let mut work = ingest.poll(inline);
        work += inline.outlet.poll(wall);
        while let Some(back) = inline.outlet.next_back() {
            ingest.back(back, inline);
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
        // The flag is an atomic; the failure itself is behind a lock and read only when there is one.
        match state.has_failed().then(|| state.failure()).flatten() {
            Some(failure) => Err(Box::new(failure)),
            None => Ok(work),
        }
    }
}
