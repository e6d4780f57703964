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

pub(super) fn compare(op: Comparison, a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        return UNKNOWN;
    }
    truth(match op {
        Comparison::Less => a < b,
        Comparison::LessOrEqual => a <= b,
        Comparison::Greater => a > b,
        Comparison::GreaterOrEqual => a >= b,
        Comparison::Equal => a == b,
        Comparison::NotEqual => a != b,
    })
}
