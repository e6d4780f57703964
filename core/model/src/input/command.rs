//! What people, sources outside of the platform and its own clock say.

use super::{Route, SignalSource};
use crate::ids::{AccountId, BotId, ClOrdId, InstrumentId};
use crate::record::journaled;
use crate::text::Text;
use crate::units::UnixNanos;
use rkyv::{Archive, Deserialize, Serialize};

journaled! {
    /// Time passed: one a second of the sequencer's clock.
    pub struct Timer {
        /// Whole seconds since the epoch that this timer marks.
        pub second: u64,
    }
}

/// How far a command reaches.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Scope {
    /// Everything.
    Platform,
    /// One account.
    Account(AccountId),
    /// One bot.
    Bot(BotId),
    /// One instrument.
    Instrument(InstrumentId),
    /// Everything that takes one route: a broker's, or a simulator's.
    Route(Route),
}

pub use command_kind::CommandKind;

mod command_kind {
    #![allow(missing_docs, reason = "rkyv's derive gives its resolver's fields no comment")]

    use rkyv::{Archive, Deserialize, Serialize};

    /// What is asked for.
    #[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
    #[repr(u8)]
    pub enum CommandKind {
        /// Block what opens, cancel what opens, and, if `flatten`, close positions. Exits go on. Latches.
        Kill {
            /// Whether positions are closed too.
            flatten: bool,
        },
        /// Lift a kill of exactly this scope.
        Unkill,
        /// Cancel working orders and block new ones for the rest of this run: an orderly stop.
        Stop,
        /// Trade under a changed configuration: lifts the block that [`super::RunStart`] sets on a
        /// change.
        AcceptConfiguration,
        /// A kill under which nothing leaves at all: exits stop too, and their orders are cancelled.
        Freeze,
        /// Reset the tripped breaker of exactly this bot or account (R22).
        ResetBreaker,
    }
}

journaled! {
    /// A request by an operator or by the platform itself.
    pub struct Command {
        /// What.
        pub kind: CommandKind,
        /// Where.
        pub scope: Scope,
        /// Who asks.
        pub actor: Text<32>,
        /// Why. A command without a reason is refused where one is needed.
        pub reason: Text<64>,
    }

    /// One order is to be cancelled, now and whatever it is for. What its bot wanted to open with it is
    /// given up; a way out is followed by another.
    pub struct OrderKill {
        /// Which, by the identity that it was sent under first or has now.
        pub order: ClOrdId,
        /// Who asks.
        pub actor: Text<32>,
        /// Why.
        pub reason: Text<64>,
    }

    /// The opinion of a source outside of the platform, as it came.
    pub struct ExternalSignal {
        /// From where.
        pub source: SignalSource,
        /// On which instrument; `None` for all.
        pub instrument: Option<InstrumentId>,
        /// −1 short, 0 out of the market, +1 long.
        pub direction: i8,
        /// How strong, 0 to 1.
        pub strength: f64,
        /// How sure, 0 to 1.
        pub confidence: f64,
        /// When its source published it.
        pub published: UnixNanos,
        /// Seconds from then for which it counts.
        pub ttl_seconds: u32,
        /// Its source's identity of it, by which a second copy is known; empty when it has none.
        pub id: Text<32>,
        /// What it is about, for people.
        pub text: Text<64>,
    }

    /// A run of the platform begins.
    pub struct RunStart {
        /// Tells this journal's orders from any other's: seconds since the epoch when the journal was
        /// made. Part of every `ClOrdID` on the wire.
        pub epoch: u64,
        /// Counts the runs of this journal from 1.
        pub run: u32,
        /// SHA-256 of the configuration in force.
        pub config_hash: [u8; 32],
        /// SHA-256 of the program.
        pub binary_hash: [u8; 32],
        /// The program's version.
        pub version: Text<24>,
        /// R14: whether the risk self-test passed.
        pub self_test_passed: bool,
    }
}
