//! What all indicators keep, and what each computes beside an oracle.

mod bars;
mod ta_lib;
