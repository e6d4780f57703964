//! How a position is protected while nobody here watches it.

use rkyv::{Archive, Deserialize, Serialize};

/// What of a bot's exits rests at its broker.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Protection {
    /// Whether a stop order rests at the broker while the bot holds something.
    pub stop: bool,
    /// How many ticks its level has to move before the order is moved; 0 counts as 1.
    pub step_ticks: u16,
}

impl Protection {
    /// Nothing rests at the broker.
    pub const NONE: Protection = Protection { stop: false, step_ticks: 0 };
}
