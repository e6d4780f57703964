//! A node that is called by hand: no thread of its own, no socket, no clock but the caller's.
//!
//! It is the node of layout `shared`, part for part, with its loop turned inside out: whoever owns it
//! says what time it is and calls [`Invoker::step`]. The same inputs make the same journal, byte for
//! byte. So a simulation, a backtest or a test can run a whole node, or many, on one thread, and stop
//! the world between any two rounds.
//!
//! The journal is made durable by [`Invoker::commit`], when the caller sees fit; a caller that never
//! does has the writers make their own segments, which is right but slow.

use crate::config::{Config, StageCaps};
use crate::decisions::Acceptance;
use crate::error::NodeError;
use crate::hot::HotLoop;
use crate::market_feed::MarketFeed;
use crate::outlet::Gateways;
use crate::parts::{Parts, SAMPLES_AHEAD};
use crate::prepare::Preparation;
use crate::probe::TickProbe;
use crate::state::{Failure, NodeState};
use gauntlet_gateways::fix::drop_copy::DropCopy;
use gauntlet_gateways::fix::gateway::FixGateway;
use gauntlet_gateways::gateway::Gateway;
use gauntlet_journal::{JournalSync, RecoveryReport};
use gauntlet_manager::chain::Chain;
use gauntlet_model::input::{Command, Input, Route};
use gauntlet_model::units::UnixNanos;
use gauntlet_runtime::agent::Agent;
use gauntlet_runtime::clock::Clock;
use std::path::PathBuf;
use std::sync::Arc;

/// What a node that is called by hand is to be.
pub struct InvokerPlan<F> {
    /// The configuration. What it says of threads, addresses and the page is not looked at.
    pub config: Config,
    /// The caps of contracts by stage.
    pub caps: StageCaps,
    /// Where the journal lives.
    pub data: PathBuf,
    /// Why a changed configuration may trade.
    pub accept_config: Option<String>,
    /// Who accepts decisions of another build, and why.
    pub accept_decisions: Option<Acceptance>,
    /// The epoch of a new journal, in seconds since the Unix epoch; `None` takes the machine's
    /// clock.
    pub epoch: Option<u64>,
    /// Where market data comes from.
    pub feed: F,
    /// Where orders of the broker's route go; without one that route is down.
    pub broker: Option<FixGateway>,
    /// Where that broker copies its reports, if it does.
    pub drop_copy: Option<DropCopy>,
    /// The wall clock at the start.
    pub now: UnixNanos,
}

/// See the module.
pub struct Invoker<F> {
    hot: HotLoop<F>,
    sync: JournalSync,
    state: Arc<NodeState>,
    recovery: RecoveryReport,
}

impl<F: MarketFeed> Invoker<F> {
    /// Opens the journal and puts the node together. The run's opening is sequenced by the first
    /// step.
    ///
    /// # Errors
    /// What is wrong with the configuration or the journal.
    pub fn start(plan: InvokerPlan<F>) -> Result<Invoker<F>, NodeError> {
        let InvokerPlan { mut config, caps, data, accept_config, epoch, feed, broker, now, .. } =
            plan;
        let copies = plan.drop_copy.map(|copy| (Route::BROKER, copy));
        config.day = config.day.or(Some(now));
        let preparation = Preparation {
            config: &config,
            caps: &caps,
            data: &data,
            accept_config: accept_config.as_deref(),
            accept_decisions: plan.accept_decisions.as_ref(),
            epoch,
        };
        let brokers =
            broker.map(|broker| (Route::BROKER, Box::new(broker) as Box<dyn Gateway + Send>));
        let terms = config.paper.terms().map_err(NodeError::Config)?;
        let gateways = Gateways::new(brokers.into_iter().collect())
            .with_copies(copies.into_iter().collect())
            .with_paper(terms);
        let ends = (feed, gateways, None);
        let clock = Clock::Given(now.0);
        let mut parts = Parts::new(preparation.prepare()?, config.node.clock, clock, ends);
        let probe = TickProbe::new(parts.ticks.clone(), parts.board.recorder(SAMPLES_AHEAD));
        let Parts { ingest, chain, outlet, sync, recovery, state, .. } = parts;
        let hot = HotLoop::new(ingest, chain, outlet, probe, Arc::clone(&state));
        Ok(Invoker { hot, sync, state, recovery })
    }

    /// One round at the time `now` of the wall clock, which does not go back: what is there to be
    /// read is read, sequenced and taken through the stages, and what they say is journaled and
    /// sent. Returns how much was done; 0 when nothing moves before time does or the feed has more.
    ///
    /// # Errors
    /// What ends the node for good.
    pub fn step(&mut self, now: UnixNanos) -> Result<usize, NodeError> {
        self.hot.ingest_mut().set_wall(now);
        self.hot.do_work().map_err(|error| match self.state.failure() {
            Some(failure) => NodeError::from(failure),
            None => NodeError::Failed(error.to_string()),
        })
    }

    /// Makes what is journaled durable and the next segments ready. Returns how much was done.
    ///
    /// # Errors
    /// When the disk refuses; nothing may be done after that.
    pub fn commit(&mut self) -> Result<usize, NodeError> {
        self.sync.do_work().map_err(|error| {
            let failure = Failure::Journal(error.to_string());
            self.state.fail(failure.clone());
            NodeError::from(failure)
        })
    }

    /// Sequences a command, which has gone through the stages when this returns; gives its number.
    pub fn command(&mut self, command: Command) -> u64 {
        self.hot.own(Input::Command(command))
    }

    /// The feed, to put more into it.
    pub fn feed_mut(&mut self) -> &mut F {
        self.hot.ingest_mut().feed_mut()
    }

    /// The stages, to look at.
    pub fn chain(&self) -> &Chain {
        self.hot.chain()
    }

    /// Counters, the wish to stop, and the first failure. Ask it to stop and go on stepping until it
    /// is drained: working orders are cancelled and sessions logged out.
    pub fn state(&self) -> &Arc<NodeState> {
        &self.state
    }

    /// Whether no word of a gateway waits or is under way.
    pub fn is_quiet(&self) -> bool {
        self.hot.is_quiet()
    }

    /// What was found in the journal at the start.
    pub fn recovery(&self) -> &RecoveryReport {
        &self.recovery
    }

    /// Ends the node where it is and makes the journal durable. A node that was not drained ends as
    /// one whose process died: the next start takes it up.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn finish(self) -> Result<(), NodeError> {
        let Invoker { hot, mut sync, .. } = self;
        drop(hot);
        sync.finish().map_err(|error| NodeError::Failed(error.to_string()))
    }
}

#[cfg(test)]
mod reconciliation;
#[cfg(test)]
mod tests;
