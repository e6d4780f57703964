//! How the simulated broker fills and what that costs.

use crate::fees::FeeSchedule;
use crate::follower::{Follower, LevelMemory, PROTECTION_TICKS, QueueModel};
use crate::latency::LatencyModel;
use gauntlet_model::units::Price;

/// The conventions and costs of simulated fills. What follows from them reaches the core as reports, which are
/// journaled: a replay asks nobody for them.
#[derive(Clone, Debug)]
pub struct PaperTerms {
    /// Where an order stands in the queues that are shown.
    pub queue: QueueModel,
    /// How long what is asked for takes, there and back, in the stream's time.
    pub latency: LatencyModel,
    /// What fills cost; see [`super::PaperGateway::charged`].
    pub fees: FeeSchedule,
    /// How far a market order reaches beyond the best price, in ticks; none is one.
    pub protection_ticks: u16,
    /// How much is remembered of the levels that orders took from.
    pub memory: LevelMemory,
}

impl Default for PaperTerms {
    fn default() -> PaperTerms {
        PaperTerms {
            queue: QueueModel::default(),
            latency: LatencyModel::default(),
            fees: FeeSchedule::default(),
            protection_ticks: PROTECTION_TICKS,
            memory: LevelMemory::default(),
        }
    }
}

impl PaperTerms {
    /// What fills orders in an instrument of this tick by these terms, at most so many at a time.
    pub fn follower(&self, tick: Price, orders_max: usize) -> Follower {
        Follower::new(tick, orders_max)
            .with_queue_model(self.queue)
            .with_protection(self.protection_ticks)
            .with_memory(self.memory)
    }
}
