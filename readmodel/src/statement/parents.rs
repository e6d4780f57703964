//! The parent orders that a journal's effects leave: those that are not over, or have children that work.

use gauntlet_manager::chain::Chain;
use gauntlet_model::effect::{Effect, ParentChanged, ParentState};
use gauntlet_model::ids::ClOrdId;
use gauntlet_model::input::StatedParent;
use std::collections::BTreeMap;

/// See the module.
#[derive(Default)]
pub(super) struct RecordedParents {
    told: BTreeMap<ClOrdId, ParentChanged>,
}

impl RecordedParents {
    pub fn take(&mut self, effect: &Effect) {
        let Effect::Parent(parent) = effect else { return };
        match parent.state == ParentState::Open || parent.working > 0 {
            true => self.told.insert(parent.parent, *parent),
            false => self.told.remove(&parent.parent),
        };
    }

    /// The statements by which `chain` comes to the same parents, once its orders are said: nothing is left of those
    /// that it has and the effects do not.
    pub fn stated(&self, chain: &Chain) -> Vec<StatedParent> {
        let ours = || chain.risk().parents();
        let is_told = |of: &StatedParent| ours().any(|known| StatedParent::of(known) == *of);
        let over = ours().filter(|known| !self.told.contains_key(&known.parent));
        let ended = over
            .map(|known| StatedParent { state: ParentState::Canceled, ..StatedParent::of(known) });
        let told = self.told.values().map(StatedParent::of).filter(|told| !is_told(told));
        ended.chain(told).collect()
    }
}
