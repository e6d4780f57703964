//! Kleene's logic of three values on floats: 1 is true, 0 is false, `NaN` is unknown.

use crate::rule::ast::Comparison;

pub(super) const TRUE: f64 = 1.0;
pub(super) const FALSE: f64 = 0.0;
pub(super) const UNKNOWN: f64 = f64::NAN;

pub(super) fn truth(value: bool) -> f64 {
    if value { TRUE } else { FALSE }
}

pub(super) fn not(a: f64) -> f64 {
    1.0 - a
}

pub(super) fn and(a: f64, b: f64) -> f64 {
    if a == FALSE || b == FALSE {
        FALSE
    } else if a.is_nan() || b.is_nan() {
        UNKNOWN
    } else {
        TRUE
    }
}

pub(super) fn or(a: f64, b: f64) -> f64 {
    if a == TRUE || b == TRUE {
        TRUE
    } else if a.is_nan() || b.is_nan() {
        UNKNOWN
    } else {
        FALSE
    }
}

/// Largest part of a number that rounding can make of it: a thousandth of a tick, the least by which a
/// mean of prices differs from a price, is more of any price that trades.
pub(super) const ROUNDING: f64 = 1e-11;

/// The same of sums that come to nothing, such as means of prices on both sides of zero.
pub(super) const ROUNDING_OF_NOTHING: f64 = 1e-14;

/// Whether two numbers are the same but for rounding. Prices are whole ticks, most of which floats
/// cannot say: sums and means of them that are equal in ticks may differ in their last bits.
pub(super) fn tied(a: f64, b: f64) -> bool {
    let (apart, larger) = ((a - b).abs(), if a.abs() > b.abs() { a.abs() } else { b.abs() });
    apart <= ROUNDING_OF_NOTHING || apart <= ROUNDING * larger || a == b
}

pub(super) fn compare(op: Comparison, a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        return UNKNOWN;
    }
    let tied = tied(a, b);
    truth(match op {
        Comparison::Less => a < b && !tied,
        Comparison::LessOrEqual => a < b || tied,
        Comparison::Greater => a > b && !tied,
        Comparison::GreaterOrEqual => a > b || tied,
        Comparison::Equal => tied,
        Comparison::NotEqual => !tied,
    })
}
