//! How a position is protected while nobody here watches it.

use rkyv::{Archive, Deserialize, Serialize};

/// What of a bot's exits rests at its broker.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Protection {
    /// While the bot holds something a stop order rests at the broker, and it is moved when its level has
    /// moved by so many ticks; 0 when none rests there.
    pub step_ticks: u16,
}

impl Protection {
    /// Nothing rests at the broker.
    pub const NONE: Protection = Protection { step_ticks: 0 };

    /// Whether a stop order rests at the broker.
    pub fn is_stop(self) -> bool {
        self.step_ticks > 0
    }
}
