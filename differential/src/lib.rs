//! The gateway on the C++ engine QuickFIX (the `quickfix` crate), for those who would rather trade through it and
//! as the counterparty that our own FIX session is held against.
//!
//! Outside of the workspace, so that nothing but `make differential` compiles C++.
//!
//! The crate hands a callback's panic to the engine as success and drops the answer that a message type is not
//! supported; [`guard`] stands between. [`engine`] keeps one session of the engine in a thread of its own, and
//! [`gateway`] is the [`Gateway`](gauntlet_gateways::gateway::Gateway) made of it.

#![forbid(unsafe_code)]

#[cfg(feature = "quickfix")]
pub mod engine;
#[cfg(feature = "quickfix")]
pub mod gateway;
#[cfg(feature = "quickfix")]
pub mod guard;
#[cfg(feature = "quickfix")]
mod mailbox;
