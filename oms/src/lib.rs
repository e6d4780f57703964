//! Orders out: the order manager, the FIX 4.4 session and the gateways.

#![forbid(unsafe_code)]

#[cfg(all(feature = "unchecked-approval", not(debug_assertions)))]
compile_error!(
    "`unchecked-approval` lets messages out without an order manager: only builds with debug assertions \
     may have it (to test optimised code, use `cargo test --profile optimised`)"
);

pub mod chain;
pub mod fix;
pub mod gateway;
pub mod order_manager;
