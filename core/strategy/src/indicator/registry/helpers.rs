//! Building blocks that rules are made of.

use super::super::info::{Class, Info, Input, Line, Unit};
use super::super::kind::Kind;
use super::{free, line, not_negative, period};
use crate::parameter::Parameter;

const ELEMENTARY: &str = "elementary";

const fn helper(
    kind: Kind,
    name: &'static str,
    aliases: &'static [&'static str],
    [meaning, formula, source]: [&'static str; 3],
    parameters: &'static [Parameter],
    lines: &'static [Line],
) -> Info {
    Info {
        kind,
        name,
        aliases,
        class: Class::Helper,
        meaning,
        formula,
        parameters,
        lines,
        input: Input::Source,
        session: false,
        source,
    }
}

pub(super) const HELPERS: [Info; 9] = [
    helper(
        Kind::Highest,
        "highest",
        &[],
        [
            "Highest of the last samples, this one counted.",
            "max(x, ..., x[period - 1])",
            ELEMENTARY,
        ],
        &[period("samples looked at", 20, 1)],
        &[line("highest", Unit::Source)],
    ),
    helper(
        Kind::Lowest,
        "lowest",
        &[],
        ["Lowest of the last samples, this one counted.", "min(x, ..., x[period - 1])", ELEMENTARY],
        &[period("samples looked at", 20, 1)],
        &[line("lowest", Unit::Source)],
    ),
    helper(
        Kind::Sum,
        "sum",
        &["total"],
        ["Sum of the last samples.", "x + ... + x[period - 1]", ELEMENTARY],
        &[period("samples summed", 20, 1)],
        &[free("sum")],
    ),
    helper(
        Kind::Stdev,
        "stdev",
        &["stddev", "standard_deviation"],
        [
            "Standard deviation of the last samples, the population's.",
            "sqrt(mean((x - mean(x))^2))",
            "TA-Lib, function STDDEV",
        ],
        &[period("samples looked at", 20, 2)],
        &[not_negative("stdev", Unit::SourceDifference)],
    ),
    helper(
        Kind::ZScore,
        "zscore",
        &["z_score"],
        [
            "Distance from the mean in standard deviations, at most sqrt(period - 1) of them; 0 where \
             nothing deviates.",
            "(x - mean(x)) / stdev(x)",
            ELEMENTARY,
        ],
        &[period("samples looked at", 20, 2)],
        &[line("zscore", Unit::Ratio)],
    ),
    helper(
        Kind::PercentRank,
        "percent_rank",
        &["percentrank"],
        [
            "Share of the samples before this one that are not above it.",
            "100 count(x[i] <= x, i = 1 to period) / period",
            ELEMENTARY,
        ],
        &[period("samples before this one", 100, 1)],
        &[line("percent_rank", Unit::Oscillator { min: 0, max: 100 })],
    ),
    helper(
        Kind::Slope,
        "slope",
        &["linreg_slope", "linear_regression_slope"],
        [
            "Rise a sample of the line that fits the last samples best.",
            "covariance(i, x) / variance(i), i = 0 to period - 1",
            "TA-Lib, function LINEARREG_SLOPE",
        ],
        &[period("samples fitted", 14, 2)],
        &[line("slope", Unit::SourceDifference)],
    ),
    helper(
        Kind::Change,
        "change",
        &["mom", "momentum"],
        ["Difference to an earlier sample.", "x - x[period]", "TA-Lib, function MOM"],
        &[period("samples between the two", 1, 1)],
        &[line("change", Unit::SourceDifference)],
    ),
    helper(
        Kind::Delay,
        "delay",
        &["lag"],
        ["An earlier sample.", "x[period]", ELEMENTARY],
        &[period("samples back", 1, 1)],
        &[line("delay", Unit::Source)],
    ),
];
