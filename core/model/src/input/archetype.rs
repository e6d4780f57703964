//! The sixteen families of strategies.
#![allow(missing_docs, reason = "rkyv's derive gives its resolver's fields no comment")]

mod names;

pub use names::UnknownArchetype;
use rkyv::{Archive, Deserialize, Serialize};

/// A strategy's family. Its rules and parameters are the business of whoever runs strategies.
#[derive(
    Archive,
    Serialize,
    Deserialize,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Debug,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(try_from = "String", rename_all = "snake_case")]
#[repr(u8)]
pub enum Archetype {
    /// Buys a break above the session's opening range, sells a break below.
    OrbBreakout = 0,
    /// Fades a stretch away from the mean.
    MeanReversion = 1,
    /// Follows a close beyond the extremes of the last bars that has volume behind it.
    Breakout = 2,
    /// Follows the crossing of two means while the trend has force.
    TrendFollowing = 3,
    /// Takes a few ticks in the direction of a short drift, after a pause.
    Scalping = 4,
    /// Fades the gap from the last session's close once price turns.
    GapFade = 5,
    /// Follows a move from the open by a share of yesterday's range.
    VolatilityBreakout = 6,
    /// Joins the session's flow where price comes back to its mean price.
    VwapBounce = 7,
    /// Follows a move that is large against its usual noise.
    Momentum = 8,
    /// Fades the edges of a range while there is no trend.
    Range = 9,
    /// Follows a break when one financial centre hands over to the next.
    SessionTransition = 10,
    /// Enters where a broken edge holds when it is tested again.
    BreakoutRetest = 11,
    /// Follows the aggressors' flow where the book leans the same way.
    Microstructure = 12,
    /// Fades a climax of volume that falls back from its extreme.
    ExhaustionFade = 13,
    /// Joins one long bar on much volume that closes at its end.
    MomentumSurge = 14,
    /// Takes a few ticks back into a narrow range.
    RangeScalper = 15,
}

impl Archetype {
    /// Every archetype, in the order of their codes.
    pub const ALL: [Archetype; 16] = [
        Archetype::OrbBreakout,
        Archetype::MeanReversion,
        Archetype::Breakout,
        Archetype::TrendFollowing,
        Archetype::Scalping,
        Archetype::GapFade,
        Archetype::VolatilityBreakout,
        Archetype::VwapBounce,
        Archetype::Momentum,
        Archetype::Range,
        Archetype::SessionTransition,
        Archetype::BreakoutRetest,
        Archetype::Microstructure,
        Archetype::ExhaustionFade,
        Archetype::MomentumSurge,
        Archetype::RangeScalper,
    ];

    /// The archetype's name, as in configuration.
    pub fn name(self) -> &'static str {
        match self {
            Archetype::OrbBreakout => "orb_breakout",
            Archetype::MeanReversion => "mean_reversion",
            Archetype::Breakout => "breakout",
            Archetype::TrendFollowing => "trend_following",
            Archetype::Scalping => "scalping",
            Archetype::GapFade => "gap_fade",
            Archetype::VolatilityBreakout => "volatility_breakout",
            Archetype::VwapBounce => "vwap_bounce",
            Archetype::Momentum => "momentum",
            Archetype::Range => "range",
            Archetype::SessionTransition => "session_transition",
            Archetype::BreakoutRetest => "breakout_retest",
            Archetype::Microstructure => "microstructure",
            Archetype::ExhaustionFade => "exhaustion_fade",
            Archetype::MomentumSurge => "momentum_surge",
            Archetype::RangeScalper => "range_scalper",
        }
    }
}
