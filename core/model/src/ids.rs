//! Identities: small integers on the hot path, never strings.

use rkyv::{Archive, Deserialize, Serialize};
use std::fmt;

/// An instrument's place in the run's instrument table.
#[derive(
    Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord,
)]
pub struct InstrumentId(pub u16);

/// A bot's place in the run's bot table. Below [`ClOrdId::BOT_IDS_MAX`].
#[derive(
    Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord,
)]
pub struct BotId(pub u16);

/// An account's place in the run's account table.
#[derive(
    Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord,
)]
pub struct AccountId(pub u16);

/// Most instruments in a run.
pub const INSTRUMENTS_MAX: usize = 64;
/// Most bots in a run.
pub const BOTS_MAX: usize = 256;
/// Most accounts in a run.
pub const ACCOUNTS_MAX: usize = 16;

/// The identity of an order message sent to a broker (FIX tag 11), derived from the sequence number
/// of the input that caused it, so that a replay gives the same.
///
/// Layout: 44 bits sequence, 12 bits bot, 8 bits ordinal among the messages that one input caused.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClOrdId(pub u64);

impl ClOrdId {
    /// No order.
    pub const NONE: ClOrdId = ClOrdId(0);
    /// Bots that the layout can tell apart.
    pub const BOT_IDS_MAX: u16 = 1 << 12;
    /// Order messages that one input can cause.
    pub const ORDINALS_MAX: u16 = 1 << 8;

    /// The identity of the `ordinal`-th order message caused by input `seq` for `bot`; `None` when
    /// a part does not fit its bits.
    pub fn new(seq: u64, bot: BotId, ordinal: u16) -> Option<ClOrdId> {
        let fits = seq < 1 << 44 && bot.0 < Self::BOT_IDS_MAX && ordinal < Self::ORDINALS_MAX;
        fits.then_some(ClOrdId(seq << 20 | (bot.0 as u64) << 8 | ordinal as u64))
    }

    /// The sequence number of the input that caused the order.
    pub fn seq(self) -> u64 {
        self.0 >> 20
    }

    /// The bot that the order belongs to.
    pub fn bot(self) -> BotId {
        BotId((self.0 >> 8 & 0xfff) as u16)
    }

    /// Whether this names an order at all.
    pub fn is_some(self) -> bool {
        self != ClOrdId::NONE
    }
}

impl fmt::Display for ClOrdId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for ClOrdId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_identity_carries_its_cause_and_bot() {
        let id = ClOrdId::new(123_456_789, BotId(4095), 255).expect("fits");
        assert_eq!((id.seq(), id.bot()), (123_456_789, BotId(4095)));
        assert_eq!(ClOrdId::new(1 << 44, BotId(0), 0), None);
        assert_eq!(ClOrdId::new(1, BotId(4096), 0), None);
        assert_eq!(ClOrdId::new(1, BotId(1), 256), None);
    }
}
