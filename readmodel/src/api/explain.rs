//! Why a bot wants what it wants.

use super::{Intent, Reject};
use gauntlet_model::input::{Archetype, SessionMode};
use serde::{Deserialize, Serialize};

/// What a bot decided last, and all that led there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// Its name.
    pub bot: String,
    /// What it trades.
    pub instrument: String,
    /// Its family.
    pub archetype: Archetype,
    /// Whether it has rules of its own.
    pub own_rules: bool,
    /// Why its rules cannot be read, if they cannot.
    pub rules_error: Option<String>,
    /// Directions of its own rules that cannot be read and that its archetype's stand in for.
    pub fallbacks: u32,
    /// Its bars, such as `5m`.
    pub bars: Option<String>,
    /// Its hours.
    pub session: SessionMode,
    /// Whether it may trade.
    pub enabled: bool,
    /// Contracts held, signed.
    pub position: i32,
    /// Its last decision.
    pub decision: Option<Decision>,
    /// Its last intent.
    pub intent: Option<Intent>,
    /// Its last refusal by risk.
    pub reject: Option<Reject>,
    /// The prices at which it gives its position back, when it holds one.
    pub exits: Option<Exits>,
}

/// A decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// The number of the input that caused it.
    pub seq: u64,
    /// When.
    pub time: String,
    /// The end of the last bar that its rules had seen.
    pub bar_end: Option<String>,
    /// The rule that spoke in that bar.
    pub rule: Option<Rule>,
    /// What came of it, in one word.
    pub outcome: String,
    /// The same in a sentence.
    pub why: String,
    /// The fused score, −1 to 1.
    pub score: f64,
    /// Score from which a position is entered.
    pub enter_score: f64,
    /// Contracts that it wanted to hold from then on, signed.
    pub target: i32,
    /// Whether it crossed the spread.
    pub aggressive: bool,
    /// The sources that had an opinion that counted.
    pub sources: Vec<Source>,
    /// How its size came about, when it was about to enter.
    pub size: Option<Size>,
}

/// A rule that spoke.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// `long`, `short`, `exit long` or `exit short`.
    pub kind: String,
    /// The words it was written in; nothing when they are not known any more.
    pub text: Option<String>,
}

/// One source's part in a decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// Which.
    pub source: String,
    /// −1 short, 0 out of the market, +1 long.
    pub direction: i8,
    /// How strong, 0 to 1.
    pub strength: f64,
    /// How sure, 0 to 1.
    pub confidence: f64,
    /// What its word counted with this bot.
    pub weight: f64,
    /// Its part of the score, signed.
    pub share: f64,
}

/// How a size came about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Size {
    /// How it is reckoned.
    pub sizing: String,
    /// Contracts before any cap.
    pub wanted: u32,
    /// What made them fewer, if anything did.
    pub cap: Option<String>,
    /// Dollars that one contract was reckoned to risk, where the sizing asks.
    pub risk: Option<f64>,
}

/// Prices at which a position is given back, as they were last told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exits {
    /// Since when.
    pub time: String,
    /// The stop loss.
    pub stop: Option<f64>,
    /// The take profit.
    pub target: Option<f64>,
    /// The trailing stop, which may have moved on since.
    pub trailing: Option<f64>,
    /// Where the stop moves at break-even.
    pub break_even: Option<f64>,
    /// Whether it has.
    pub break_even_armed: bool,
    /// Bars that the position may still be held; `null` without a limit.
    pub bars_left: Option<u32>,
}
