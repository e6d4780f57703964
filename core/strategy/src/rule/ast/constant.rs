//! Numbers that are known before the first bar.

use super::{Reference, Span};
use crate::rule::ast::Arithmetic;
use serde::{Deserialize, Serialize};

/// A number that depends on parameters alone: a period, a multiple, a count of bars.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Constant {
    /// What it is.
    pub kind: ConstantKind,
    /// Where it stands.
    #[serde(skip)]
    pub span: Span,
}

/// What a [`Constant`] is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ConstantKind {
    /// `20`.
    Number {
        /// Its value, finite.
        value: f64,
    },
    /// `period`.
    Param {
        /// Which parameter.
        name: Reference,
    },
    /// `-period`.
    Negate {
        /// Of what.
        of: Box<Constant>,
    },
    /// `period * 2`.
    Arithmetic {
        /// What is done.
        op: Arithmetic,
        /// The left side.
        left: Box<Constant>,
        /// The right side.
        right: Box<Constant>,
    },
}

impl Constant {
    /// Its value for these values of the parameters; `NaN` for a parameter that is not there.
    pub fn value(&self, params: &[f64]) -> f64 {
        match &self.kind {
            ConstantKind::Number { value } => *value,
            ConstantKind::Param { name } => params.get(name.index).copied().unwrap_or(f64::NAN),
            ConstantKind::Negate { of } => -of.value(params),
            ConstantKind::Arithmetic { op, left, right } => {
                op.apply(left.value(params), right.value(params))
            }
        }
    }

    /// A plain number that stands nowhere.
    pub fn number(value: f64) -> Constant {
        Constant { kind: ConstantKind::Number { value }, span: Span::default() }
    }
}
