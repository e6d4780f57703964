//! What a strategy is: indicators over samples of the market, rules over indicators, and the flat
//! program that both become.
//!
//! Nothing here knows of orders, risk or threads: a program sees bars and says what it thinks of them.

#![forbid(unsafe_code)]

pub mod indicator;
pub mod parameter;
#[cfg(test)]
mod recorded;
pub mod rule;
pub mod sample;
pub mod strategy;
