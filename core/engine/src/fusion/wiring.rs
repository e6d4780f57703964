//! What ties a bot to its series of bars: its rules, and the values that its exits and size need.

use gauntlet_model::input::{
    BarKind, BotDefinition, Distance, Exits, Factor, RULE_TEXT_MAX, RuleText, Sizing, Stage,
    Timeframe, Trailing,
};
use gauntlet_model::units::Price;
use gauntlet_strategy::strategy::{ChandelierNodes, NodeId, Plan, PlanError, Series, Strategy};

/// Why a bot's definition is refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("bot or instrument is beyond the table: use a lower index")]
    BeyondTable,
    #[error("its instrument is not defined or has no tick: define it first")]
    NoInstrument,
    #[error("order_qty must be from 1 to {}", i32::MAX)]
    Quantity,
    #[error("it has no stop loss: set one, or give it rules that have one")]
    NoStopLoss,
    #[error("its rules came in part: send all parts in order before it")]
    RulesInPart,
    #[error("a volatility target needs bars of time")]
    NeedsTimeBars,
    #[error("its bars cannot be made: {0}")]
    Bars(String),
    #[error("it cannot roll there: name another contract of its product")]
    OtherProduct,
    #[error(transparent)]
    Plan(#[from] PlanError),
}

/// The text of a bot's own rules, as it comes in, part by part ([`RuleText`]).
#[derive(Clone, Debug, Default)]
pub struct RuleStage {
    text: String,
    parts: u16,
    /// The part that comes next; `None` once one was missing or there was too much.
    next: Option<u16>,
}

impl RuleStage {
    /// Takes the next part.
    pub fn take(&mut self, part: &RuleText) {
        if part.part == 0 {
            self.text.clear();
            (self.parts, self.next) = (part.parts, Some(0));
        }
        let fits = self.text.len() + part.text.as_bytes().len() <= RULE_TEXT_MAX;
        let expected = self.next == Some(part.part) && self.parts == part.parts;
        if !fits || !expected {
            self.next = None;
            return;
        }
        self.text.push_str(part.text.as_str());
        self.next = part.part.checked_add(1);
    }

    /// The whole text of so many parts; empty for none. `None` when they are not what came last.
    pub fn whole(&self, parts: u16) -> Option<&str> {
        match parts {
            0 => Some(""),
            _ if self.parts == parts && self.next == Some(parts) => Some(&self.text),
            _ => None,
        }
    }
}

/// The strategy of a definition: its own rules, or its archetype's where it has none. Its archetype
/// stands in for a part of its own rules only where the definition asks for that and its stage is
/// [`Stage::Paper`] at most.
///
/// # Errors
/// Why its rules or parameters are refused.
pub fn plan_of(definition: &BotDefinition, text: &str) -> Result<Plan, PlanError> {
    let BotDefinition { archetype, parameters, .. } = definition;
    match text.is_empty() {
        true => Plan::archetype(*archetype, parameters),
        false if definition.fallback && definition.stage <= Stage::Paper => {
            Plan::candidate(text, *archetype, parameters)
        }
        false => Plan::written(text, parameters),
    }
}

/// What a definition asks for once its rules are read.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct BotTerms {
    pub plan: Plan,
    pub bars: BarKind,
    pub exits: Exits,
}

impl BotTerms {
    /// Puts a definition and its rules together.
    pub fn of(definition: &BotDefinition, text: &str) -> Result<BotTerms, Refusal> {
        if definition.order_qty == 0 || i32::try_from(definition.order_qty).is_err() {
            return Err(Refusal::Quantity);
        }
        let plan = plan_of(definition, text)?;
        let bars = definition.bars.or(plan.bars()).unwrap_or(BarKind::Time(Timeframe::M1));
        let exits = definition.exits.or(plan.exits());
        if !exits.stop_loss.is_some() {
            return Err(Refusal::NoStopLoss);
        }
        let by_volatility = matches!(definition.sizing, Sizing::VolatilityTarget { .. });
        if by_volatility && !matches!(bars, BarKind::Time(_)) {
            return Err(Refusal::NeedsTimeBars);
        }
        Ok(BotTerms { plan, bars, exits })
    }
}

/// Most periods that a bot's exits and size can name: four distances of exits, a trailing stop and
/// the size.
const PERIODS_MAX: usize = 6;

/// The nodes of a series that a bot's exits and size read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ranges {
    periods: [Option<(u16, NodeId)>; PERIODS_MAX],
    chandelier: Option<(ChandelierNodes, Factor)>,
}

impl Ranges {
    /// Adds what is missing to the series.
    pub fn attach(exits: &Exits, sizing: Sizing, series: &mut Series) -> Result<Ranges, PlanError> {
        let of = |distance| match distance {
            Distance::Atr { period, .. } => Some(period),
            _ => None,
        };
        let periods = [
            of(exits.stop_loss),
            of(exits.take_profit),
            of(exits.break_even_after),
            of(exits.break_even_plus),
            match exits.trailing {
                Trailing::By(distance) => of(distance),
                _ => None,
            },
            match sizing {
                Sizing::VolatilityTarget { period, .. } => Some(period),
                _ => None,
            },
        ];
        let mut ranges = Ranges::default();
        for (place, period) in ranges.periods.iter_mut().zip(periods) {
            if let Some(period) = period {
                *place = Some((period, series.atr(period.into())?));
            }
        }
        if let Trailing::Chandelier { period, multiple } = exits.trailing {
            ranges.chandelier = Some((series.chandelier(period.into())?, multiple));
        }
        Ok(ranges)
    }

    /// Its nodes.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> + '_ {
        let chandelier = self.chandelier.iter().flat_map(|(nodes, _)| {
            let ChandelierNodes { highest, lowest, atr } = *nodes;
            [highest, lowest, atr]
        });
        self.periods.iter().flatten().map(|(_, node)| *node).chain(chandelier)
    }

    /// Whether all of them are what they are however much history there was: a position is entered on
    /// no others.
    pub fn are_settled(&self, series: &Series) -> bool {
        self.nodes().all(|node| series.is_settled(node))
    }

    /// The average true range over a period after the last bar, `NaN` while it is not known.
    pub fn atr(&self, series: &Series, period: u16) -> f64 {
        let known = self.periods.iter().flatten().find(|(of, _)| *of == period);
        known.map_or(f64::NAN, |(_, node)| series.value(*node))
    }

    /// Where the chandelier of a long or short position is after the last bar; [`Price::NONE`]
    /// without one and while it is not known.
    pub fn chandelier(&self, series: &Series, long: bool) -> Price {
        let Some((nodes, multiple)) = self.chandelier else { return Price::NONE };
        let distance = series.value(nodes.atr) * multiple.get();
        Price::from_f64(match long {
            true => series.value(nodes.highest) - distance,
            false => series.value(nodes.lowest) + distance,
        })
    }

    /// Whether there is a chandelier.
    pub fn has_chandelier(&self) -> bool {
        self.chandelier.is_some()
    }
}

/// A bot's place on a series: its strategy and the nodes of its exits and size.
#[derive(Clone, Debug)]
pub(super) struct Wiring {
    pub asked: BotTerms,
    pub strategy: Strategy,
    pub ranges: Ranges,
}

impl Wiring {
    /// Ties what is asked for to a series.
    pub fn attach(
        asked: BotTerms,
        sizing: Sizing,
        series: &mut Series,
    ) -> Result<Wiring, PlanError> {
        let strategy = series.attach(&asked.plan)?;
        let ranges = Ranges::attach(&asked.exits, sizing, series)?;
        Ok(Wiring { asked, strategy, ranges })
    }

    /// Whether its rules, exits and size are settled: it may go in.
    pub fn is_settled(&self, series: &Series) -> bool {
        self.strategy.is_settled(series) && self.ranges.are_settled(series)
    }

    /// Every node of the series that it reads.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.strategy.nodes().chain(self.ranges.nodes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fusion::fixtures::{BREAKOUT, bot};
    use gauntlet_model::ids::BotId;

    fn parts(text: &str) -> Vec<RuleText> {
        RuleText::split(BotId(0), text)
    }

    #[test]
    fn rules_come_back_from_their_parts() {
        let text = "long when close > 1 and é\n".repeat(40);
        let mut stage = RuleStage::default();
        assert_eq!(stage.whole(0), Some(""));
        let parts = parts(&text);
        assert!(parts.len() > 5);
        for part in &parts {
            assert_eq!(stage.whole(parts.len() as u16), None);
            stage.take(part);
        }
        assert_eq!(stage.whole(parts.len() as u16), Some(text.as_str()));
        assert_eq!(stage.whole(1), None);
    }

    #[test]
    fn rules_are_as_long_as_they_may_be_and_no_part_longer() {
        let whole = |text: &str| {
            let mut stage = RuleStage::default();
            let parts = parts(text);
            parts.iter().for_each(|part| stage.take(part));
            stage.whole(parts.len() as u16).map(str::len)
        };
        assert_eq!(whole(&"x".repeat(RULE_TEXT_MAX)), Some(RULE_TEXT_MAX));
        assert_eq!(whole(&"x".repeat(RULE_TEXT_MAX + 1)), None);
        // One part more than was said spoils what was whole.
        let mut stage = RuleStage::default();
        let part = parts("long when close > 1")[0];
        stage.take(&part);
        assert!(stage.whole(1).is_some());
        stage.take(&RuleText { part: 1, ..part });
        assert_eq!((stage.whole(1), stage.whole(2)), (None, None));
    }

    #[test]
    fn broken_rules_run_only_where_a_candidate_asks_for_its_archetype() {
        let broken = BREAKOUT.replace("long when close", "long when clsoe");
        let rule_parts = parts(&broken).len() as u16;
        for stage in Stage::ALL {
            let plan = |fallback| {
                let definition = BotDefinition { stage, fallback, rule_parts, ..bot() };
                BotTerms::of(&definition, &broken).map(|terms| terms.plan.fallbacks())
            };
            let refused = plan(false).expect_err("nobody asks").to_string();
            assert!(refused.contains("`clsoe` is unknown"), "{stage:?}: {refused}");
            match stage <= Stage::Paper {
                true => assert_eq!(plan(true), Ok(1), "{stage:?}"),
                false => assert!(plan(true).is_err(), "{stage:?}"),
            }
        }
    }

    #[test]
    fn a_missing_part_or_too_much_text_is_no_rules() {
        let parts = parts(&"x".repeat(1_000));
        let count = parts.len() as u16;
        let mut stage = RuleStage::default();
        for part in parts.iter().filter(|part| part.part != 3) {
            stage.take(part);
        }
        assert_eq!(stage.whole(count), None);
        for part in &parts {
            stage.take(part);
        }
        assert!(stage.whole(count).is_some(), "the first part begins anew");
        let mut stage = RuleStage::default();
        let much = self::parts(&"x".repeat(RULE_TEXT_MAX + 1));
        much.iter().for_each(|part| stage.take(part));
        assert_eq!(stage.whole(much.len() as u16), None);
    }
}
