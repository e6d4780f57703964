//! Going through a tree.

use super::ast::{
    Binding, Condition, ConditionKind, Constant, ConstantKind, Distance, DistanceKind, Number,
    NumberKind, Plan, Reference, RuleSet, Trail,
};

/// A node of any type.
#[derive(Clone, Copy, Debug)]
pub enum Part<'a> {
    /// A number.
    Number(&'a Number),
    /// A condition.
    Condition(&'a Condition),
    /// A number known before the first bar.
    Constant(&'a Constant),
}

impl<'a> From<&'a Number> for Part<'a> {
    fn from(number: &'a Number) -> Part<'a> {
        Part::Number(number)
    }
}

impl<'a> From<&'a Condition> for Part<'a> {
    fn from(condition: &'a Condition) -> Part<'a> {
        Part::Condition(condition)
    }
}

impl<'a> From<&'a Constant> for Part<'a> {
    fn from(constant: &'a Constant) -> Part<'a> {
        Part::Constant(constant)
    }
}

impl<'a> From<&'a Binding> for Part<'a> {
    fn from(binding: &'a Binding) -> Part<'a> {
        match binding {
            Binding::Number(number) => number.into(),
            Binding::Condition(condition) => condition.into(),
            Binding::OpeningRange { minutes } => minutes.into(),
        }
    }
}

impl<'a> Part<'a> {
    /// The nodes right below, in the order written.
    pub fn children(self) -> Vec<Part<'a>> {
        match self {
            Part::Number(number) => of_number(number),
            Part::Condition(condition) => of_condition(condition),
            Part::Constant(constant) => match &constant.kind {
                ConstantKind::Number { .. } | ConstantKind::Param { .. } => Vec::new(),
                ConstantKind::Negate { of } => vec![of.as_ref().into()],
                ConstantKind::Arithmetic { left, right, .. } => {
                    vec![left.as_ref().into(), right.as_ref().into()]
                }
            },
        }
    }

    /// The parameter that the node is a use of.
    pub fn param(self) -> Option<&'a Reference> {
        match self {
            Part::Number(Number { kind: NumberKind::Param { name }, .. })
            | Part::Constant(Constant { kind: ConstantKind::Param { name }, .. }) => Some(name),
            _ => None,
        }
    }

    /// The `let` that the node is a use of.
    pub fn binding(self) -> Option<&'a Reference> {
        match self {
            Part::Number(Number { kind: NumberKind::Let { name, .. }, .. })
            | Part::Condition(Condition { kind: ConditionKind::Let { name }, .. }) => Some(name),
            _ => None,
        }
    }
}

fn of_number(number: &Number) -> Vec<Part<'_>> {
    match &number.kind {
        NumberKind::Number { .. }
        | NumberKind::Param { .. }
        | NumberKind::Let { .. }
        | NumberKind::Field { .. }
        | NumberKind::Session { .. }
        | NumberKind::Position { .. }
        | NumberKind::Tick => Vec::new(),
        NumberKind::History { of, bars } => vec![of.as_ref().into(), bars.into()],
        NumberKind::Indicator(used) => {
            let source = used.source.iter().map(|source| Part::from(source.as_ref()));
            source.chain(used.arguments.iter().map(|argument| (&argument.value).into())).collect()
        }
        NumberKind::OpeningRange { minutes, .. } => vec![minutes.into()],
        NumberKind::Ticks { count: of } | NumberKind::Negate { of } => vec![of.as_ref().into()],
        NumberKind::Arithmetic { left, right, .. } => {
            vec![left.as_ref().into(), right.as_ref().into()]
        }
        NumberKind::Function { of, .. } => of.iter().map(Part::from).collect(),
    }
}

fn of_condition(condition: &Condition) -> Vec<Part<'_>> {
    match &condition.kind {
        ConditionKind::Compare { left, right, .. } | ConditionKind::Cross { left, right, .. } => {
            vec![left.into(), right.into()]
        }
        ConditionKind::Between { value, low, high } => vec![value.into(), low.into(), high.into()],
        ConditionKind::Trend { value, bars, .. } => vec![value.into(), bars.into()],
        ConditionKind::Within { of, bars } | ConditionKind::Held { of, bars } => {
            vec![of.as_ref().into(), bars.into()]
        }
        ConditionKind::FirstInSession { of } | ConditionKind::Not { of } => {
            vec![of.as_ref().into()]
        }
        ConditionKind::All { of } | ConditionKind::Any { of } => {
            of.iter().map(Part::from).collect()
        }
        ConditionKind::Time { .. } | ConditionKind::Weekday { .. } | ConditionKind::Let { .. } => {
            Vec::new()
        }
    }
}

/// Nodes on the longest way down, this one included.
pub fn depth(part: Part<'_>) -> usize {
    1 + part.children().into_iter().map(depth).max().unwrap_or(0)
}

/// Calls `visit` with the node and all that are below.
pub fn each<'a>(part: Part<'a>, visit: &mut impl FnMut(Part<'a>)) {
    visit(part);
    for child in part.children() {
        each(child, visit);
    }
}

/// The top nodes of a whole strategy, in the order of its canonical text.
pub fn roots(rules: &RuleSet) -> Vec<Part<'_>> {
    let mut roots: Vec<Part<'_>> = rules.lets.iter().map(|one| (&one.value).into()).collect();
    let sides = [&rules.long, &rules.short];
    for side in sides {
        roots.extend(side.entries.iter().map(|one| Part::from(&one.condition)));
    }
    for side in sides {
        roots.extend(side.exits.iter().map(|one| Part::from(&one.condition)));
        roots.extend(side.strength.iter().map(Part::from));
    }
    of_plan(&rules.plan, &mut roots);
    roots
}

fn of_plan<'a>(plan: &'a Plan, roots: &mut Vec<Part<'a>>) {
    for stop in plan.stop.iter().chain(&plan.target) {
        of_distance(&stop.distance, roots);
    }
    match &plan.trail {
        None => {}
        Some(Trail::Behind { distance, .. }) => of_distance(distance, roots),
        Some(Trail::Chandelier { period, multiple, .. }) => {
            roots.extend([Part::from(period), Part::from(multiple)]);
        }
    }
    if let Some(rule) = &plan.break_even {
        of_distance(&rule.after, roots);
        if let Some(plus) = &rule.plus {
            of_distance(plus, roots);
        }
    }
    roots.extend(plan.time_stop.iter().map(|rule| Part::from(&rule.bars)));
}

fn of_distance<'a>(distance: &'a Distance, roots: &mut Vec<Part<'a>>) {
    match &distance.kind {
        DistanceKind::Ticks { count } => roots.push(count.into()),
        DistanceKind::Percent { percent } => roots.push(percent.into()),
        DistanceKind::Atr { multiple, period } => {
            roots.extend([Part::from(multiple), Part::from(period)]);
        }
    }
}
