//! What a node of a series computes: equal keys are one node.

use super::clock::Window;
use super::logic;
use crate::indicator::Spec;
use crate::rule::ast::{Arithmetic, Comparison, Field, Function, RangeSide, SessionTerm};

/// A number or a condition that a series computes once a bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(super) u32);

impl NodeId {
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// What depends on the values of this bar alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Pure {
    Negate(NodeId),
    Arithmetic(Arithmetic, NodeId, NodeId),
    /// A function of one number has it twice.
    Function(Function, NodeId, NodeId),
    Compare(Comparison, NodeId, NodeId),
    Not(NodeId),
    And(NodeId, NodeId),
    Or(NodeId, NodeId),
}

impl Pure {
    pub fn value(&self, values: &[f64]) -> f64 {
        let of = |id: NodeId| values[id.index()];
        match *self {
            Pure::Negate(a) => -of(a),
            Pure::Arithmetic(op, a, b) => op.apply(of(a), of(b)),
            Pure::Function(function, a, b) => apply(function, of(a), of(b)),
            Pure::Compare(op, a, b) => logic::compare(op, of(a), of(b)),
            Pure::Not(a) => logic::not(of(a)),
            Pure::And(a, b) => logic::and(of(a), of(b)),
            Pure::Or(a, b) => logic::or(of(a), of(b)),
        }
    }

    /// The same with its sides in order where their order does not matter, so that `a and b` and
    /// `b and a` are one node.
    fn sorted(self) -> Pure {
        let sort = |a: NodeId, b: NodeId| (a.min(b), a.max(b));
        match self {
            Pure::Arithmetic(op @ (Arithmetic::Add | Arithmetic::Multiply), a, b) => {
                let (a, b) = sort(a, b);
                Pure::Arithmetic(op, a, b)
            }
            Pure::Compare(op @ (Comparison::Equal | Comparison::NotEqual), a, b) => {
                let (a, b) = sort(a, b);
                Pure::Compare(op, a, b)
            }
            // One direction of comparison is enough: `a > b` is `b < a`.
            Pure::Compare(Comparison::Greater, a, b) => Pure::Compare(Comparison::Less, b, a),
            Pure::Compare(Comparison::GreaterOrEqual, a, b) => {
                Pure::Compare(Comparison::LessOrEqual, b, a)
            }
            Pure::And(a, b) => {
                let (a, b) = sort(a, b);
                Pure::And(a, b)
            }
            Pure::Or(a, b) => {
                let (a, b) = sort(a, b);
                Pure::Or(a, b)
            }
            other => other,
        }
    }

    fn operands(&self) -> [NodeId; 2] {
        match *self {
            Pure::Negate(a) | Pure::Not(a) => [a, a],
            Pure::Arithmetic(_, a, b)
            | Pure::Function(_, a, b)
            | Pure::Compare(_, a, b)
            | Pure::And(a, b)
            | Pure::Or(a, b) => [a, b],
        }
    }
}

/// A function of the language; what is not finite is undefined.
pub(super) fn apply(function: Function, a: f64, b: f64) -> f64 {
    let result = match function {
        Function::Abs => a.abs(),
        Function::Sqrt => libm::sqrt(a),
        Function::Log => libm::log(a),
        Function::Exp => libm::exp(a),
        Function::Min | Function::Max if a.is_nan() || b.is_nan() => f64::NAN,
        Function::Min => a.min(b),
        Function::Max => a.max(b),
    };
    if result.is_finite() { result } else { f64::NAN }
}

/// What a node computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    /// A number by its bits.
    Constant(u64),
    Field(Field),
    Session(SessionTerm),
    OpeningRange {
        minutes: u32,
        side: RangeSide,
    },
    Time(Window),
    /// A set of days, Monday in bit 0.
    Weekday(u8),
    Pure(Pure),
    History {
        of: NodeId,
        bars: u32,
    },
    /// The first is above the second, and was not on the bar before.
    CrossesAbove(NodeId, NodeId),
    Within {
        of: NodeId,
        bars: u32,
    },
    Held {
        of: NodeId,
        bars: u32,
    },
    FirstInSession(NodeId),
    /// An indicator, and the series that it runs over if it is of one.
    Indicator {
        spec: Spec,
        source: Option<NodeId>,
    },
    /// An output of an indicator beside its first.
    Line {
        of: NodeId,
        line: u8,
    },
}

impl Key {
    pub fn constant(value: f64) -> Key {
        Key::Constant(if value.is_nan() { f64::NAN } else { value }.to_bits())
    }

    pub fn sorted(self) -> Key {
        match self {
            Key::Pure(pure) => Key::Pure(pure.sorted()),
            other => other,
        }
    }

    /// The nodes that it reads; one may stand twice.
    pub fn operands(&self) -> [Option<NodeId>; 2] {
        match self {
            Key::Constant(_)
            | Key::Field(_)
            | Key::Session(_)
            | Key::OpeningRange { .. }
            | Key::Time(_)
            | Key::Weekday(_) => [None, None],
            Key::Pure(pure) => pure.operands().map(Some),
            Key::CrossesAbove(a, b) => [Some(*a), Some(*b)],
            Key::History { of, .. }
            | Key::Within { of, .. }
            | Key::Held { of, .. }
            | Key::FirstInSession(of)
            | Key::Line { of, .. } => [Some(*of), None],
            Key::Indicator { source, .. } => [*source, None],
        }
    }

    /// A number that nodes have in common which take the same way through the code. Nodes that can
    /// stand side by side are computed by this order, which the processor foresees.
    pub fn way(&self) -> u16 {
        match self {
            Key::Constant(_) => 0,
            Key::Field(field) => 1 + *field as u16,
            Key::Session(term) => 0x20 + *term as u16,
            Key::OpeningRange { .. } => 0x40,
            Key::Time(_) => 0x41,
            Key::Weekday(_) => 0x42,
            Key::History { .. } => 0x43,
            Key::CrossesAbove(..) => 0x44,
            Key::Within { .. } => 0x45,
            Key::Held { .. } => 0x46,
            Key::FirstInSession(_) => 0x47,
            Key::Line { .. } => 0x48,
            Key::Pure(pure) => match pure {
                Pure::Negate(_) => 0x50,
                Pure::Not(_) => 0x51,
                Pure::And(..) => 0x52,
                Pure::Or(..) => 0x53,
                Pure::Arithmetic(op, ..) => 0x60 + *op as u16,
                Pure::Function(function, ..) => 0x70 + *function as u16,
                Pure::Compare(op, ..) => 0x80 + *op as u16,
            },
            Key::Indicator { spec, .. } => 0x100 + spec.kind() as u16,
        }
    }

    /// Bars that must pass after its operands are settled until it is.
    pub fn delay_bars(&self) -> u32 {
        match self {
            Key::History { bars, .. } => *bars,
            Key::CrossesAbove(..) => 1,
            Key::Within { bars, .. } | Key::Held { bars, .. } => bars.saturating_sub(1),
            _ => 0,
        }
    }

    /// Bars that it takes, at the least, until it is settled after its operands are.
    pub fn warm_up_bars(&self) -> usize {
        match self {
            Key::Indicator { spec, .. } => spec.settle().saturating_sub(1),
            other => other.delay_bars() as usize,
        }
    }
}
