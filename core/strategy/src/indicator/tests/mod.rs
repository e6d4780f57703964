//! What all indicators keep, and what each computes beside an oracle.

mod bars;
mod golden;
mod naive;
mod properties;
mod ta_lib;
mod wild;
