//! Ways out: what a route to a broker looks like, and the FIX 4.4 session behind one.

#![forbid(unsafe_code)]

pub mod fix;
pub mod gateway;
pub mod message_tap;
