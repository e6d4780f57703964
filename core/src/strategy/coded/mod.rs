//! The two strategies that are written in Rust rather than as rules.
//!
//! A [`Strategy`] is a deterministic machine over finished bars. It sees no book, no clock and no
//! other bot; from each bar, the session the bar lies in and the position the bot holds it makes a
//! [`Verdict`] or says nothing. It knows nothing of quantities, stops or orders: fusion turns
//! verdicts into signals and signals into the position that the bot wants.
//!
//! Each archetype documents its parameters as data ([`parameters`]), so that configuration, help
//! texts and optimisers read the same table that [`Strategy::new`] checks against.

mod mean_reversion;
mod orb_breakout;

#[cfg(test)]
mod fixtures;

use super::{PARAMETERS_MAX, Parameter, ParameterError};
use crate::calendar::SessionSpan;
use crate::input::Archetype;
pub use crate::sample::Candle;
use mean_reversion::MeanReversion;
use orb_breakout::OrbBreakout;

/// What a strategy may know when a bar is finished.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observation {
    /// The bar.
    pub candle: Candle,
    /// The bot's session that the bar began in; `None` outside of its hours.
    pub session: Option<SessionSpan>,
    /// Contracts that the bot holds, signed.
    pub position: i32,
}

/// What a strategy thinks after a bar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verdict {
    /// −1 short, 0 out of the market, +1 long.
    pub direction: i8,
    /// How strong, 0 to 1.
    pub strength: f64,
    /// How sure, 0 to 1.
    pub confidence: f64,
}

impl Verdict {
    /// Out of the market, without a doubt.
    pub const OUT: Verdict = Verdict { direction: 0, strength: 1.0, confidence: 1.0 };
}

/// The parameters of an archetype, in the order in which a definition carries them.
pub fn parameters(archetype: Archetype) -> &'static [Parameter] {
    match archetype {
        Archetype::OrbBreakout => &orb_breakout::PARAMETERS,
        Archetype::MeanReversion => &mean_reversion::PARAMETERS,
        _ => &[],
    }
}

/// Checks the parameters of a definition and fills in defaults for `NaN`.
///
/// # Errors
/// The first parameter that is out of range, not whole, or not one of the archetype's.
pub fn resolve(
    archetype: Archetype,
    given: &[f64; PARAMETERS_MAX],
) -> Result<[f64; PARAMETERS_MAX], ParameterError> {
    let table = parameters(archetype);
    let mut values = *given;
    for (index, value) in values.iter_mut().enumerate() {
        match table.get(index) {
            Some(parameter) => *value = parameter.resolve(*value)?,
            None if value.is_nan() => {}
            None => return Err(ParameterError::Unknown { index }),
        }
    }
    Ok(values)
}

/// A strategy of any archetype.
#[derive(Clone, Debug)]
pub enum Strategy {
    /// See [`Archetype::OrbBreakout`].
    OrbBreakout(OrbBreakout),
    /// See [`Archetype::MeanReversion`].
    MeanReversion(Box<MeanReversion>),
}

impl Strategy {
    /// A strategy that has seen nothing yet. `tick` is the smallest price step of its instrument in
    /// whole units of price.
    ///
    /// # Errors
    /// See [`resolve`].
    pub fn new(
        archetype: Archetype,
        given: &[f64; PARAMETERS_MAX],
        tick: f64,
    ) -> Result<Strategy, ParameterError> {
        let values = resolve(archetype, given)?;
        Ok(match archetype {
            Archetype::OrbBreakout => Strategy::OrbBreakout(OrbBreakout::new(&values, tick)),
            Archetype::MeanReversion => {
                Strategy::MeanReversion(Box::new(MeanReversion::new(&values)))
            }
            _ => return Err(ParameterError::Unknown { index: 0 }),
        })
    }

    /// Bars that it must see before it can say anything.
    pub fn warm_up_bars(&self) -> usize {
        match self {
            Strategy::OrbBreakout(strategy) => strategy.warm_up_bars(),
            Strategy::MeanReversion(strategy) => strategy.warm_up_bars(),
        }
    }

    /// Takes the next finished bar. Allocates at most while it warms up.
    pub fn on_bar(&mut self, seen: &Observation) -> Option<Verdict> {
        match self {
            Strategy::OrbBreakout(strategy) => strategy.on_bar(seen),
            Strategy::MeanReversion(strategy) => strategy.on_bar(seen),
        }
    }
}

#[cfg(test)]
mod tests;
