//! What was ruled about a bot's new definition.

use crate::ids::BotId;
use crate::record::journaled;
use rkyv::{Archive, Deserialize, Serialize};

/// What becomes of a definition that would move a bot to another instrument, account or route.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Ruling {
    /// The bot holds something or has orders out: the definition before stays in force, to get out by
    /// alone, until the bot is flat.
    Waits = 0,
    /// The bot is flat: the definition that waited is in force from here on.
    InForce = 1,
    /// It is no definition to trade by: the one before stays.
    Refused = 2,
}

impl Ruling {
    /// The ruling in words.
    pub fn name(self) -> &'static str {
        match self {
            Ruling::Waits => "waits",
            Ruling::InForce => "in_force",
            Ruling::Refused => "refused",
        }
    }
}

journaled! {
    /// A ruling about the newest definition of a bot. One that takes effect as it comes has none.
    #[derive(Eq)]
    pub struct BotRuling {
        /// Whose.
        pub bot: BotId,
        /// The number of the input that defined it.
        pub definition: u64,
        /// What was ruled.
        pub ruling: Ruling,
    }
}
