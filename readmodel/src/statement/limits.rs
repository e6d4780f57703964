//! Limits that a journal's effects have as lowered: by a drawdown, by volatility, by a person.

use gauntlet_manager::chain::Chain;
use gauntlet_model::effect::{Effect, LimitChanged, LimitState};
use gauntlet_model::input::{LimitChange, LimitStep};
use gauntlet_model::text::Text;

/// See the module.
#[derive(Default)]
pub(super) struct RecordedLimits {
    lowered: Vec<LimitChanged>,
}

impl RecordedLimits {
    pub fn take(&mut self, effect: &Effect) {
        let Effect::Limit(changed) = effect else { return };
        let is_same =
            |known: &LimitChanged| (known.scope, known.limit) == (changed.scope, changed.limit);
        match changed.state {
            LimitState::Asked => {}
            // What ended is what was lowered, or a question beside it.
            LimitState::Ended => {
                self.lowered.retain(|known| !is_same(known) || known.value != changed.value);
            }
            LimitState::Raised => self.lowered.retain(|known| !is_same(known)),
            LimitState::Lowered => {
                self.lowered.retain(|known| !is_same(known));
                self.lowered.push(*changed);
            }
        }
    }

    /// The changes by which `chain` has as tight limits. What it has tighter stays so: a person ends that.
    pub fn stated(&self, chain: &Chain) -> Vec<LimitChange> {
        let looser = |told: &&LimitChanged| {
            let ours = chain.risk().limit(told.scope, told.limit);
            ours == 0 || ours > told.value
        };
        let change = |told: &LimitChanged| LimitChange {
            step: LimitStep::Lower,
            scope: told.scope,
            limit: told.limit,
            value: told.value,
            seconds: 0,
            actor: told.actor,
            reason: Text::new(told.reason.as_str()),
        };
        self.lowered.iter().filter(looser).map(change).collect()
    }
}
