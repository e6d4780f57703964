//! Orders out: the order manager, the FIX 4.4 session and the gateways.

#![forbid(unsafe_code)]

pub mod chain;
pub mod fix;
pub mod gateway;
pub mod order_manager;
