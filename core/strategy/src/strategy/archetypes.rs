//! The sixteen archetypes as data: rules in the language.
//!
//! The first lines of each text tell the idea behind it. Parameters, session, bars and exits are
//! what the rules say.

use super::plan::Plan;
use crate::rule::ast::RuleSet;
use crate::rule::parse;
use gauntlet_model::input::Archetype;
use std::sync::OnceLock;

macro_rules! texts {
    ($($archetype:ident $file:literal)*) => {
        /// The rules of every archetype, in the order of [`Archetype::ALL`], after a comment that
        /// tells the idea behind them.
        static TEXTS: [(Archetype, &str); 16] = [$((
            Archetype::$archetype,
            include_str!(concat!("archetypes/", $file, ".rules")),
        )),*];
    };
}

texts! {
    OrbBreakout "orb_breakout"
    MeanReversion "mean_reversion"
    Breakout "breakout"
    TrendFollowing "trend_following"
    Scalping "scalping"
    GapFade "gap_fade"
    VolatilityBreakout "volatility_breakout"
    VwapBounce "vwap_bounce"
    Momentum "momentum"
    Range "range"
    SessionTransition "session_transition"
    BreakoutRetest "breakout_retest"
    Microstructure "microstructure"
    ExhaustionFade "exhaustion_fade"
    MomentumSurge "momentum_surge"
    RangeScalper "range_scalper"
}

/// What an archetype is as a strategy.
pub trait ArchetypeRules {
    /// Its rules as text, after a comment that tells the idea behind them.
    fn text(self) -> &'static str;

    /// The idea behind it: the comment at the head of its rules, as one paragraph.
    fn idea(self) -> String;

    /// Its rules.
    fn rules(self) -> &'static RuleSet;

    /// Its rules with every parameter at its default.
    fn plan(self) -> Plan;
}

impl ArchetypeRules for Archetype {
    fn text(self) -> &'static str {
        TEXTS[self as usize].1
    }

    fn idea(self) -> String {
        let head = self.text().lines().map_while(|line| line.strip_prefix('#'));
        head.map(str::trim).collect::<Vec<_>>().join(" ")
    }

    fn rules(self) -> &'static RuleSet {
        static RULES: [OnceLock<RuleSet>; 16] = [const { OnceLock::new() }; 16];
        RULES[self as usize].get_or_init(|| {
            let rules = parse(self.text()).into_rules();
            rules.expect("a test proves that the rules of every archetype can be read")
        })
    }

    fn plan(self) -> Plan {
        let plan = Plan::new(self.rules().clone(), &[]);
        plan.expect("a test proves that every archetype runs with its defaults")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_stands_at_its_archetypes_place() {
        for archetype in Archetype::ALL {
            assert_eq!(TEXTS[archetype as usize].0, archetype);
        }
    }

    #[test]
    fn every_archetype_tells_its_idea() {
        for archetype in Archetype::ALL {
            let idea = archetype.idea();
            assert!(idea.len() > 200 && idea.ends_with('.'), "{idea}");
        }
    }
}
