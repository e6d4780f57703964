//! Limits that people changed.

use crate::input::{LimitKind, Scope};
use crate::record::journaled;
use crate::text::Text;
use crate::units::UnixNanos;
use rkyv::{Archive, Deserialize, Serialize};

/// What a changed limit is.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum LimitState {
    /// Somebody asked for more, and nobody has allowed it yet.
    Asked = 0,
    /// It is looser until a time.
    Raised = 1,
    /// It is tighter until somebody ends that.
    Lowered = 2,
    /// It is what the configuration says again.
    Ended = 3,
}

impl LimitState {
    /// The state's name.
    pub fn name(self) -> &'static str {
        match self {
            LimitState::Asked => "asked",
            LimitState::Raised => "raised",
            LimitState::Lowered => "lowered",
            LimitState::Ended => "ended",
        }
    }
}

journaled! {
    /// R28: a limit was changed, somebody asked for that, or the change is over.
    #[derive(Eq)]
    pub struct LimitChanged {
        /// Whose limit.
        pub scope: Scope,
        /// Which.
        pub limit: LimitKind,
        /// What it is now.
        pub state: LimitState,
        /// The value that was asked for or set. Contracts, orders or micro-dollars.
        pub value: i64,
        /// When a raise ends; 0 where nothing ends by itself.
        pub until: UnixNanos,
        /// Who asked for it or set it.
        pub actor: Text<32>,
        /// Who allowed or ended it; empty when nobody did, or when its time was over.
        pub approver: Text<32>,
        /// Why, as far as it fits: the input that asked for it has all of it.
        pub reason: Text<48>,
    }
}
