//! What a run knows of instruments, accounts and the rules of bots.

use crate::ids::{AccountId, BotId, InstrumentId};
use crate::record::journaled;
use crate::text::Text;
use crate::units::{Money, Price};
use rkyv::{Archive, Deserialize, Serialize};

journaled! {
    /// An instrument as the run knows it. Money per whole price unit is `multiplier`.
    pub struct InstrumentDefinition {
        /// Its place in the table.
        pub instrument: InstrumentId,
        /// The exchange's symbol, such as `ESH4`.
        pub symbol: Text<24>,
        /// The product, such as `ES`.
        pub product: Text<8>,
        /// The feed it comes by.
        pub feed: u8,
        /// Smallest price step.
        pub tick: Price,
        /// Dollars per whole unit of price and contract, in micro-dollars.
        pub multiplier: Money,
        /// Limits of the instrument; a missing one (`0`) blocks.
        pub limits: InstrumentLimits,
    }

    /// Limits of one instrument. Zero means missing, and missing blocks.
    #[derive(Eq, Default)]
    pub struct InstrumentLimits {
        /// R1: most contracts in one order.
        pub max_order_qty: u32,
        /// R3: most contracts held in the instrument over all bots, working orders counted as filled.
        pub max_position: u32,
        /// R4: farthest a limit price may be from the reference, in ticks.
        pub collar_ticks: u32,
        /// R11: oldest market data that an order may rest on, in milliseconds of the stream's time.
        pub stale_after_ms: u32,
    }

    /// An account. Zero limits mean missing, and missing blocks.
    pub struct AccountDefinition {
        /// Its place in the table.
        pub account: AccountId,
        /// The broker's name of it (FIX tag 1).
        pub name: Text<24>,
        /// R3: most contracts held over all its bots and instruments, working orders counted as filled.
        pub max_position: u32,
        /// R8: order messages a second that the venue allows the account.
        pub messages_per_second: u32,
        /// R8: how many of those are kept for cancels.
        pub cancel_headroom: u32,
    }
}

/// Where a bot stands in its life.
#[derive(
    Archive,
    Serialize,
    Deserialize,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Debug,
    PartialOrd,
    Ord,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(rename_all = "UPPERCASE")]
#[repr(u8)]
pub enum Stage {
    /// Research: fills in our simulator.
    Lab = 0,
    /// A candidate: fills in our simulator.
    Trials = 1,
    /// Live data, fills in our simulator.
    Paper = 2,
    /// Everything but the wire.
    Shadow = 3,
    /// The broker, with small caps.
    Canary = 4,
    /// The broker.
    Live = 5,
}

impl Stage {
    /// Every stage, in order.
    pub const ALL: [Stage; 6] =
        [Stage::Lab, Stage::Trials, Stage::Paper, Stage::Shadow, Stage::Canary, Stage::Live];

    /// The stage's name in capitals.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Lab => "LAB",
            Stage::Trials => "TRIALS",
            Stage::Paper => "PAPER",
            Stage::Shadow => "SHADOW",
            Stage::Canary => "CANARY",
            Stage::Live => "LIVE",
        }
    }
}

/// Longest text of a bot's own rules, in bytes.
pub const RULE_TEXT_MAX: usize = 16 * 1_024;

/// Bytes of a bot's rules that one [`RuleText`] carries.
pub const RULE_PART_BYTES: usize = 128;

journaled! {
    /// A part of the rules of a bot. All parts come in order, the first one begins the text anew, and the
    /// definition that uses them follows.
    #[derive(Eq)]
    pub struct RuleText {
        /// Whose.
        pub bot: BotId,
        /// Which part, from 0.
        pub part: u16,
        /// How many parts there are.
        pub parts: u16,
        /// Its text; only the last part may be short of more than the end of a character.
        pub text: Text<RULE_PART_BYTES>,
    }
}

impl RuleText {
    /// The parts of a text, in order.
    pub fn split(bot: BotId, text: &str) -> Vec<RuleText> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let piece = Text::new(rest);
            // A NUL ends a `Text`; it is no part of any rule and is left out.
            let taken = piece.as_bytes().len();
            rest = rest[taken..].trim_start_matches('\0');
            pieces.push(piece);
        }
        let parts = pieces.len().min(usize::from(u16::MAX)) as u16;
        let number = |(part, text)| RuleText { bot, part, parts, text };
        (0..parts).zip(pieces).map(number).collect()
    }
}
