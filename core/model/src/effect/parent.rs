//! Parent orders: quantities that orders of their own work off.

use crate::ids::{BotId, ClOrdId};
use crate::record::tagged;
use crate::text::Text;
use crate::units::{Side, UnixNanos};
use rkyv::{Archive, Deserialize, Serialize};

/// Where a parent order is.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[repr(u8)]
pub enum ParentState {
    /// Children may be sent for what is left of it.
    Open = 0,
    /// Its children have filled it.
    Filled = 1,
    /// A person has ended it.
    Canceled = 2,
    /// Its time is over.
    Expired = 3,
}

impl ParentState {
    /// Every state, in order.
    pub const ALL: [ParentState; 4] =
        [ParentState::Open, ParentState::Filled, ParentState::Canceled, ParentState::Expired];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            ParentState::Open => "open",
            ParentState::Filled => "filled",
            ParentState::Canceled => "canceled",
            ParentState::Expired => "expired",
        }
    }
}

tagged! {
    /// A parent order was opened, or what its children come to has changed.
    #[derive(Eq)]
    pub struct ParentChanged {
        /// Its identity. No message for a broker has it.
        1 parent: ClOrdId,
        /// Whose.
        2 bot: BotId,
        /// Buy or sell.
        3 side: Side,
        /// Contracts: its children never fill more together.
        4 qty: u32,
        /// Contracts that children have filled.
        5 filled: u32 = 0,
        /// Contracts of children that work, or may work.
        6 working: u32 = 0,
        /// Where it is.
        7 state: ParentState = ParentState::Open,
        /// When it ends by itself.
        8 ends_at: UnixNanos = UnixNanos(0),
        /// Who opened it.
        9 actor: Text<32> = Text::EMPTY,
    }
}
