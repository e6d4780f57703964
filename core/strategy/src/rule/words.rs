//! The words of the language: each with the part of the tree that it stands for.

use super::ast::{
    Arithmetic, Comparison, CrossKind, Day, EntryStyle, Field, Function, PositionTerm, RangeSide,
    SessionTerm, Trend, Zone,
};

/// A part of the tree that is written as one word, or as two with a dot between.
pub(super) trait Worded: Copy + PartialEq + 'static {
    /// Every value with its words. The first words of a value are those that are printed.
    const WORDS: &'static [(&'static str, Self)];

    /// The value that these words stand for.
    fn read(words: &str) -> Option<Self> {
        let found = Self::WORDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(words));
        found.map(|(_, value)| *value)
    }

    /// The words that stand for the value.
    fn words(self) -> &'static str {
        let found = Self::WORDS.iter().find(|(_, value)| *value == self);
        found.expect("every value is in its table").0
    }
}

impl Worded for Field {
    const WORDS: &'static [(&'static str, Field)] = &[
        ("open", Field::Open),
        ("high", Field::High),
        ("low", Field::Low),
        ("close", Field::Close),
        ("price", Field::Close),
        ("volume", Field::Volume),
        ("hl2", Field::Hl2),
        ("hlc3", Field::Hlc3),
        ("ohlc4", Field::Ohlc4),
    ];
}

impl Worded for SessionTerm {
    const WORDS: &'static [(&'static str, SessionTerm)] = &[
        ("session.open", SessionTerm::Open),
        ("session.high", SessionTerm::High),
        ("session.low", SessionTerm::Low),
        ("session.minutes", SessionTerm::Minutes),
        ("session.minutes_left", SessionTerm::MinutesLeft),
        ("session.bars", SessionTerm::Bars),
        ("prior_session.open", SessionTerm::PriorOpen),
        ("prior_session.high", SessionTerm::PriorHigh),
        ("prior_session.low", SessionTerm::PriorLow),
        ("prior_session.close", SessionTerm::PriorClose),
        ("gap", SessionTerm::Gap),
    ];
}

impl Worded for PositionTerm {
    const WORDS: &'static [(&'static str, PositionTerm)] = &[
        ("position", PositionTerm::Contracts),
        ("position.bars", PositionTerm::Bars),
        ("position.profit_ticks", PositionTerm::ProfitTicks),
        ("position.entry", PositionTerm::Entry),
    ];
}

impl Worded for RangeSide {
    const WORDS: &'static [(&'static str, RangeSide)] =
        &[("high", RangeSide::High), ("low", RangeSide::Low)];
}

impl Worded for Function {
    const WORDS: &'static [(&'static str, Function)] = &[
        ("abs", Function::Abs),
        ("min", Function::Min),
        ("max", Function::Max),
        ("sqrt", Function::Sqrt),
        ("log", Function::Log),
        ("exp", Function::Exp),
    ];
}

impl Worded for Arithmetic {
    const WORDS: &'static [(&'static str, Arithmetic)] = &[
        ("+", Arithmetic::Add),
        ("-", Arithmetic::Subtract),
        ("*", Arithmetic::Multiply),
        ("/", Arithmetic::Divide),
    ];
}

impl Worded for Comparison {
    const WORDS: &'static [(&'static str, Comparison)] = &[
        ("<", Comparison::Less),
        ("<=", Comparison::LessOrEqual),
        (">", Comparison::Greater),
        (">=", Comparison::GreaterOrEqual),
        ("=", Comparison::Equal),
        ("!=", Comparison::NotEqual),
    ];
}

impl Worded for CrossKind {
    const WORDS: &'static [(&'static str, CrossKind)] = &[
        ("above", CrossKind::Above),
        ("over", CrossKind::Above),
        ("below", CrossKind::Below),
        ("under", CrossKind::Below),
    ];
}

impl Worded for Trend {
    const WORDS: &'static [(&'static str, Trend)] =
        &[("rising", Trend::Rising), ("falling", Trend::Falling)];
}

impl Worded for Zone {
    const WORDS: &'static [(&'static str, Zone)] =
        &[("new_york", Zone::NewYork), ("chicago", Zone::Chicago), ("utc", Zone::Utc)];
}

impl Worded for Day {
    const WORDS: &'static [(&'static str, Day)] = &[
        ("mon", Day::Mon),
        ("tue", Day::Tue),
        ("wed", Day::Wed),
        ("thu", Day::Thu),
        ("fri", Day::Fri),
        ("sat", Day::Sat),
        ("sun", Day::Sun),
        ("monday", Day::Mon),
        ("tuesday", Day::Tue),
        ("wednesday", Day::Wed),
        ("thursday", Day::Thu),
        ("friday", Day::Fri),
        ("saturday", Day::Sat),
        ("sunday", Day::Sun),
    ];
}

impl Worded for EntryStyle {
    const WORDS: &'static [(&'static str, EntryStyle)] =
        &[("passive", EntryStyle::Passive), ("aggressive", EntryStyle::Aggressive)];
}

/// Words that are never a name, for a reader and the parser to know a statement by its words.
/// Words that have a place only beside these, such as `end` in `flat at session end`, are free.
const GRAMMAR: [&str; 38] = [
    "strategy",
    "bars",
    "bar",
    "session",
    "param",
    "let",
    "long",
    "short",
    "exit",
    "strength",
    "entry",
    "stop",
    "target",
    "trail",
    "break",
    "time",
    "flat",
    "when",
    "and",
    "or",
    "not",
    "crosses",
    "cross",
    "between",
    "rising",
    "falling",
    "for",
    "within",
    "first",
    "in",
    "weekday",
    "tick",
    "ticks",
    "opening_range",
    "prior_session",
    "position",
    "gap",
    "chandelier",
];

/// Whether the language has taken the word, so that nothing can be named by it.
pub(super) fn is_reserved(word: &str) -> bool {
    reserved().any(|taken| taken.eq_ignore_ascii_case(word))
}

/// Every word that the language has taken.
fn reserved() -> impl Iterator<Item = &'static str> {
    let fields = Field::WORDS.iter().map(|(word, _)| *word);
    let functions = Function::WORDS.iter().map(|(word, _)| *word);
    GRAMMAR.into_iter().chain(fields).chain(functions)
}

/// Words that a number or a condition may begin with.
pub(super) fn terms() -> impl Iterator<Item = &'static str> {
    let fields = Field::WORDS.iter().map(|(word, _)| *word);
    let functions = Function::WORDS.iter().map(|(word, _)| *word);
    let sessions = SessionTerm::WORDS.iter().map(|(word, _)| *word);
    let positions = PositionTerm::WORDS.iter().map(|(word, _)| *word);
    fields.chain(functions).chain(sessions).chain(positions).chain([
        "tick",
        "opening_range",
        "time",
        "weekday",
        "not",
    ])
}
