//! The order manager, and the chain that composes it with the stages before it.

#![forbid(unsafe_code)]

pub mod chain;
pub mod order_manager;
