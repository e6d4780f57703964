//! Strategies: what a bot thinks of its instrument, said once a bar.
//!
//! A strategy is data: rules ([`crate::rule`]) and the values of their parameters, together a
//! [`Plan`]. It runs on a [`Series`], which computes once a bar what all strategies on the same bars
//! need and folds what they have in common into one, and as a [`Strategy`], which asks the series
//! whether its predicates are true for what its bot holds, and gives a [`Verdict`].
//!
//! A strategy sees no book, no clock and no other bot. It knows nothing of quantities, stops or
//! orders: fusion turns verdicts into signals and signals into the position that the bot wants.
//!
//! Nothing is said before everything that a strategy reads is settled, so that a verdict does not
//! depend on how much history was loaded before it.

pub mod archetypes;
mod clock;
mod compile;
mod compiled;
mod day;
mod exits;
mod graph;
mod logic;
pub mod lookahead;
mod node;
mod plan;
mod program;
mod series;
mod step;

pub use crate::parameter::{Parameter, ParameterError};
pub use compiled::{Clause, SaidBy, Strategy, Verdict};
pub use graph::NODES_MAX;
pub use node::NodeId;
pub use plan::{DEFAULTS, Plan, PlanError, resolve};
pub use program::Holding;
pub use series::{ChandelierNodes, KEPT_SAMPLES, Series};

/// Parameters that a definition carries, used or not.
pub const PARAMETERS_MAX: usize = 8;

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod tests;
