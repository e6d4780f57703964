//! Alerts that do not reach people in time.

use crate::record::journaled;
use rkyv::{Archive, Deserialize, Serialize};

/// A way by which alerts reach people.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum AlertWay {
    /// The node's log.
    Log = 0,
    /// The page, its stream and the API.
    Page = 1,
}

impl AlertWay {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            AlertWay::Log => "log",
            AlertWay::Page => "page",
        }
    }
}

journaled! {
    /// R21: alerts wait for longer than five seconds on a way to people, or no longer.
    #[derive(Eq)]
    pub struct AlertDelay {
        /// Which way.
        pub way: AlertWay,
        /// Whether they wait now.
        pub stalled: bool,
        /// How many wait.
        pub waiting: u32,
        /// For how long the first of them waits, in milliseconds.
        pub waited_ms: u32,
    }
}
