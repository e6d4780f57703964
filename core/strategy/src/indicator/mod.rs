//! Indicators: numbers computed from bars, one bar at a time.
//!
//! The [`REGISTRY`] says of every [`Kind`] what it means, what it can be told and what it gives; a
//! [`Spec`] is a kind with its parameters; an [`Indicator`] is a spec at work. It takes one
//! [`Sample`] after the other and holds the values of its lines as of the last. All memory is taken
//! when it is made, and an update costs the same after the first sample as after the millionth.
//!
//! Values follow TA-Lib where TA-Lib knows the kind, and the registry's formula where it does not.
//! Means that only ever forget slowly (exponential, Wilder's) are computed in TA-Lib's arithmetic to
//! the bit. Sums over windows are kept exactly (see `wide.rs`), where TA-Lib's keep a residue of all
//! that passed through them; the two differ in the last digits.
//!
//! A value at a bar never depends on a later bar. It depends on how much history was loaded only
//! until [`Indicator::is_settled`].
//!
//! A sample that cannot be computed with (a source that is not finite, a bar without prices, a tape
//! that is not told, prices that contradict one another) is skipped as if it had not been: the lines
//! keep their values. The exceptions tell of one bar or one session alone and have no value where it
//! does not: the readings of the book, and what counts from a session's beginning.
//!
//! Prices at and below zero are data. What has no meaning with them has no value: returns and shares of
//! traded value while such a price is in their window, percentages of a price of nothing.

mod average;
mod features;
mod flow;
mod info;
mod kind;
mod machine;
mod ordered;
mod range;
mod reference;
mod registry;
mod returns;
mod series;
mod session;
mod spec;
mod trend;
mod volume;
mod wide;
mod window;

#[cfg(test)]
mod tests;

pub use features::{FEATURES, Feature, feature};
pub use info::{Bounds, Class, Info, Input, Line, Unit};
pub use kind::Kind;
pub use reference::markdown;
pub use registry::{PERIOD_MAX, REGISTRY, find};
pub use spec::{SEED_WEIGHT_IN_RATIO_MAX, SEED_WEIGHT_MAX, Spec};

use crate::sample::Sample;
use machine::{AnyMachine, Lines};

/// Most parameters of a kind.
pub const PARAMETERS_MAX: usize = 4;

/// Most lines of a kind.
pub const LINES_MAX: usize = 5;

/// Largest size of a number that is computed with; what is beyond is no number of a market, and its
/// square would soon not be one at all.
pub const NUMBER_MAX: f64 = 1e100;

/// Whether a number can be computed with; what cannot is skipped.
pub fn is_number(x: f64) -> bool {
    x.abs() <= NUMBER_MAX
}

/// An indicator at work.
#[derive(Clone, Debug)]
pub struct Indicator {
    machine: AnyMachine,
    lines: Lines,
    /// Samples to take until finite memory is full and seeds have faded.
    unsettled: usize,
}

impl Indicator {
    /// An indicator that has seen nothing yet. It takes all the memory that it will ever need.
    ///
    /// `tick` is the smallest price step of the series' instrument in whole units of price; only
    /// [`Kind::SpreadTicks`] asks for it, and has no value where it is `NaN`.
    pub fn new(spec: &Spec, tick: f64) -> Indicator {
        Indicator {
            machine: AnyMachine::new(spec, tick),
            lines: [f64::NAN; LINES_MAX],
            unsettled: spec.warm_up() + spec.fading(),
        }
    }

    /// Takes the next sample in. `source` is the number that kinds of [`Input::Source`] look at, the
    /// close unless the rule names another; other kinds look at the sample.
    pub fn update(&mut self, source: f64, sample: &Sample) {
        let source = if is_number(source) { source } else { f64::NAN };
        let taken = self.machine.update(source, sample, &mut self.lines);
        self.unsettled -= (taken && self.unsettled > 0) as usize;
    }

    /// The value of a line after the last sample, finite and within its [`Spec::bounds`]; `NaN` before
    /// its first, where it has no meaning, and for a line that the kind does not have.
    pub fn line(&self, at: usize) -> f64 {
        self.lines.get(at).copied().unwrap_or(f64::NAN)
    }

    /// The value of the first line.
    pub fn value(&self) -> f64 {
        self.lines[0]
    }

    /// Whether history before the first sample no longer matters. An indicator of another indicator
    /// counts from the first value of that one.
    pub fn is_settled(&self) -> bool {
        self.unsettled == 0 && self.machine.has_turned_enough()
    }
}
