//! How many bars a strategy must see before all of its numbers can be known.

use super::ast::{
    Binding, Condition, ConditionKind, Constant, Distance, DistanceKind, Indicator, Number,
    NumberKind, RuleSet, Trail,
};
use crate::indicator::{self, Kind, Spec};

/// Bars until every number of the strategy may have a value, the last one counted, for these values
/// of its parameters. What counts from the beginning of a session waits for one besides.
pub fn warm_up_bars(rules: &RuleSet, params: &[f64]) -> usize {
    let mut known = Known { params, lets: Vec::new() };
    for definition in &rules.lets {
        let bars = match &definition.value {
            Binding::Number(number) => known.number(number),
            Binding::Condition(condition) => known.condition(condition),
            Binding::OpeningRange { .. } => 1,
        };
        known.lets.push(bars);
    }
    let mut most = 0;
    for side in [&rules.long, &rules.short] {
        for one in side.entries.iter().chain(&side.exits) {
            most = most.max(known.condition(&one.condition));
        }
        if let Some(strength) = &side.strength {
            most = most.max(known.number(strength));
        }
    }
    let plan = &rules.plan;
    for stop in plan.stop.iter().chain(&plan.target) {
        most = most.max(known.distance(&stop.distance));
    }
    if let Some(rule) = &plan.break_even {
        most = most.max(known.distance(&rule.after));
        most = most.max(rule.plus.as_ref().map_or(1, |plus| known.distance(plus)));
    }
    most.max(match &plan.trail {
        None => 1,
        Some(Trail::Behind { distance, .. }) => known.distance(distance),
        Some(Trail::Chandelier { period, .. }) => known.atr(period),
    })
}

struct Known<'a> {
    params: &'a [f64],
    /// Of each `let`.
    lets: Vec<usize>,
}

impl Known<'_> {
    fn count(&self, bars: &Constant) -> usize {
        bars.value(self.params).max(0.0) as usize
    }

    fn atr(&self, period: &Constant) -> usize {
        let spec = Spec::new(Kind::Atr, &[period.value(self.params)]);
        spec.map_or(1, |spec| spec.warm_up())
    }

    fn distance(&self, distance: &Distance) -> usize {
        match &distance.kind {
            DistanceKind::Ticks { .. } | DistanceKind::Percent { .. } => 1,
            DistanceKind::Atr { period, .. } => self.atr(period),
        }
    }

    fn condition(&self, condition: &Condition) -> usize {
        match &condition.kind {
            ConditionKind::Compare { left, right, .. } => self.number(left).max(self.number(right)),
            ConditionKind::Cross { left, right, .. } => {
                self.number(left).max(self.number(right)) + 1
            }
            ConditionKind::Between { value, low, high } => {
                self.number(value).max(self.number(low)).max(self.number(high))
            }
            ConditionKind::Trend { value, bars, .. } => self.number(value) + self.count(bars),
            ConditionKind::Within { of, bars } | ConditionKind::Held { of, bars } => {
                self.condition(of) + self.count(bars).saturating_sub(1)
            }
            ConditionKind::FirstInSession { of } | ConditionKind::Not { of } => self.condition(of),
            ConditionKind::All { of } | ConditionKind::Any { of } => {
                of.iter().map(|part| self.condition(part)).max().unwrap_or(1)
            }
            ConditionKind::Time { .. } | ConditionKind::Weekday { .. } => 1,
            ConditionKind::Let { name } => self.lets.get(name.index).copied().unwrap_or(1),
        }
    }

    fn number(&self, number: &Number) -> usize {
        match &number.kind {
            NumberKind::Number { .. }
            | NumberKind::Param { .. }
            | NumberKind::Field { .. }
            | NumberKind::Session { .. }
            | NumberKind::OpeningRange { .. }
            | NumberKind::Position { .. }
            | NumberKind::Tick => 1,
            NumberKind::Let { name, .. } => self.lets.get(name.index).copied().unwrap_or(1),
            NumberKind::History { of, bars } => self.number(of) + self.count(bars),
            NumberKind::Indicator(used) => self.indicator(used),
            NumberKind::Ticks { count: of } | NumberKind::Negate { of } => self.number(of),
            NumberKind::Arithmetic { left, right, .. } => self.number(left).max(self.number(right)),
            NumberKind::Function { of, .. } => {
                of.iter().map(|part| self.number(part)).max().unwrap_or(1)
            }
        }
    }

    fn indicator(&self, used: &Indicator) -> usize {
        let source = used.source.as_ref().map_or(1, |source| self.number(source));
        let spec = indicator::find(&used.name)
            .and_then(|info| Spec::new(info.kind, &used.values(info, self.params)).ok());
        source - 1 + spec.map_or(1, |spec| spec.warm_up())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::parse;

    fn bars(text: &str) -> usize {
        let rules = parse(text).into_rules().expect("the rules are right");
        warm_up_bars(&rules, &rules.defaults())
    }

    #[test]
    fn warm_up_adds_up_along_the_longest_way() {
        assert_eq!(bars("long when close > open"), 1);
        assert_eq!(bars("long when rsi(14) < 30"), 15);
        assert_eq!(bars("long when rsi(14)[3] < 30"), 18);
        assert_eq!(bars("long when ema(rsi(14), 5) crosses above 50"), 20);
        assert_eq!(bars("long when close > open for 3 bars\nstop 2 atr(14)"), 15);
        assert_eq!(bars("long when m rising for 2 bars\nlet m = sma(n)\nparam n = 20"), 22);
    }
}
