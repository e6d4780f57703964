//! What a bot computes for itself: terms of its position over the nodes of its series.

use super::logic;
use super::node::{NodeId, apply};
use crate::rule::ast::{Arithmetic, Comparison, Function, PositionTerm};

/// Longest program of one predicate, in codes.
pub(super) const CODES_MAX: usize = 4_096;
/// Most numbers that a program holds at once.
pub(super) const STACK_MAX: usize = 64;

/// What a bot holds when its strategy is asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Holding {
    /// Contracts, signed.
    pub position: i32,
    /// Bars finished since the position was opened. Means nothing when flat.
    pub bars: u32,
    /// Average entry price in whole units of price. Means nothing when flat.
    pub entry: f64,
    /// Ticks from the average entry price to the bar's close, above 0 in profit. Means nothing when
    /// flat.
    pub profit_ticks: f64,
}

impl Holding {
    /// Nothing.
    pub const FLAT: Holding =
        Holding { position: 0, bars: 0, entry: f64::NAN, profit_ticks: f64::NAN };

    fn term(&self, term: PositionTerm) -> f64 {
        match term {
            PositionTerm::Contracts => f64::from(self.position),
            _ if self.position == 0 => f64::NAN,
            PositionTerm::Bars => f64::from(self.bars),
            PositionTerm::ProfitTicks => self.profit_ticks,
            PositionTerm::Entry => self.entry,
        }
    }
}

/// One step of a program: takes its operands from the top of the stack and leaves its result there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Code {
    Node(NodeId),
    Held(PositionTerm),
    Negate,
    Arithmetic(Arithmetic),
    /// Of the upper of two numbers that are the same, or of two.
    Function(Function),
    Compare(Comparison),
    Not,
    And,
    Or,
}

impl Code {
    fn takes(self) -> usize {
        match self {
            Code::Node(_) | Code::Held(_) => 0,
            Code::Negate | Code::Not => 1,
            Code::Function(function) if !takes_two(function) => 1,
            Code::Arithmetic(_) | Code::Function(_) | Code::Compare(_) | Code::And | Code::Or => 2,
        }
    }
}

/// Whether a function is of two numbers.
pub(super) fn takes_two(function: Function) -> bool {
    matches!(function, Function::Min | Function::Max)
}

/// A number or a condition, bar by bar, for one bot.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Program {
    /// Known to the series.
    Node(NodeId),
    /// Computed over it.
    Codes(Vec<Code>),
}

impl Program {
    /// `None` when it is longer or deeper than a program may be.
    pub fn codes(codes: Vec<Code>) -> Option<Program> {
        let mut depth: usize = 0;
        for code in &codes {
            depth = depth.checked_sub(code.takes())? + 1;
            if depth > STACK_MAX {
                return None;
            }
        }
        (codes.len() <= CODES_MAX && depth == 1).then_some(Program::Codes(codes))
    }

    /// The same as codes.
    pub fn into_codes(self) -> Vec<Code> {
        match self {
            Program::Node(id) => vec![Code::Node(id)],
            Program::Codes(codes) => codes,
        }
    }

    /// The nodes that it reads.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> + '_ {
        let (one, codes) = match self {
            Program::Node(id) => (Some(*id), [].as_slice()),
            Program::Codes(codes) => (None, codes.as_slice()),
        };
        let read = codes.iter().filter_map(|code| match code {
            Code::Node(id) => Some(*id),
            _ => None,
        });
        one.into_iter().chain(read)
    }

    /// Its value now. Takes no memory.
    pub fn value(&self, values: &[f64], held: &Holding) -> f64 {
        match self {
            Program::Node(id) => values[id.index()],
            Program::Codes(codes) => run(codes, values, held),
        }
    }
}

fn run(codes: &[Code], values: &[f64], held: &Holding) -> f64 {
    let mut stack = [f64::NAN; STACK_MAX];
    let mut top = 0;
    for code in codes {
        let a = stack[top.max(2) - 2];
        let b = stack[top.max(1) - 1];
        let result = match *code {
            Code::Node(id) => values[id.index()],
            Code::Held(term) => held.term(term),
            Code::Negate => -b,
            Code::Arithmetic(op) => op.apply(a, b),
            Code::Function(function) if takes_two(function) => apply(function, a, b),
            Code::Function(function) => apply(function, b, b),
            Code::Compare(op) => logic::compare(op, a, b),
            Code::Not => logic::not(b),
            Code::And => logic::and(a, b),
            Code::Or => logic::or(a, b),
        };
        top = top - code.takes() + 1;
        stack[top - 1] = result;
    }
    stack[0]
}
