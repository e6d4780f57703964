//! Research on the very stages that trade: recorded data played to the makers of bars, indicators over
//! bars, what rules mean, and the proof that a strategy does not see the future.
//!
//! Nothing here knows of a node, of people or of a terminal: whoever asks brings files, and gets values
//! that can be serialised.

#![forbid(unsafe_code)]

mod error;
pub mod lookahead;
pub mod replay;
pub mod rules;
pub mod strategies;
pub mod values;

pub use error::LabError;
