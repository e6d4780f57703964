//! A strategy that runs: predicates over the nodes of its series.

use super::graph::Graph;
use super::logic::TRUE;
use super::node::NodeId;
use super::program::{Holding, Program};
use super::series::Series;

/// Which rules said it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clause {
    /// `long when`.
    LongEntry,
    /// `short when`.
    ShortEntry,
    /// `exit long when`.
    LongExit,
    /// `exit short when`.
    ShortExit,
}

/// The rule that said it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SaidBy {
    /// Which of the four kinds of rule.
    pub clause: Clause,
    /// Its place among the rules of that kind, from 0.
    pub place: u8,
}

/// What a strategy thinks after a bar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verdict {
    /// −1 short, 0 out of the market, +1 long.
    pub direction: i8,
    /// How strong, 0 to 1.
    pub strength: f64,
    /// How sure it is that the rules say what their author meant, 0 to 1. An exit is always sure.
    pub confidence: f64,
    /// The rule that was true; the first of several.
    pub said_by: SaidBy,
}

/// Whether any of some predicates is true, asked at once: on most bars none is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Any {
    /// There are none.
    Never,
    /// The series knows.
    Node(NodeId),
    /// Each must be asked, for it looks at the bot's position.
    Ask,
}

impl Any {
    fn may_be_true(self, values: &[f64]) -> bool {
        match self {
            Any::Never => false,
            Any::Node(id) => values[id.index()] == TRUE,
            Any::Ask => true,
        }
    }

    fn node(self) -> Option<NodeId> {
        match self {
            Any::Node(id) => Some(id),
            Any::Never | Any::Ask => None,
        }
    }
}

/// The rules of one direction.
#[derive(Clone, Debug)]
pub(super) struct Side {
    pub direction: i8,
    pub enters: Any,
    pub leaves: Any,
    pub entries: Vec<Program>,
    pub exits: Vec<Program>,
    pub strength: Option<Program>,
    pub confidence: f64,
}

impl Side {
    fn programs(&self) -> impl Iterator<Item = &Program> {
        self.entries.iter().chain(&self.exits).chain(&self.strength)
    }

    fn clauses(&self) -> (Clause, Clause) {
        if self.direction > 0 {
            (Clause::LongEntry, Clause::LongExit)
        } else {
            (Clause::ShortEntry, Clause::ShortExit)
        }
    }

    fn exit(&self, values: &[f64], held: &Holding) -> Option<Verdict> {
        if !self.leaves.may_be_true(values) {
            return None;
        }
        let place = first_true(&self.exits, values, held)?;
        let said_by = SaidBy { clause: self.clauses().1, place };
        Some(Verdict { direction: 0, strength: 1.0, confidence: 1.0, said_by })
    }

    fn entry(&self, values: &[f64], held: &Holding) -> Option<Verdict> {
        if !self.enters.may_be_true(values) {
            return None;
        }
        let place = first_true(&self.entries, values, held)?;
        // What it wants out of it does not want in to.
        if first_true(&self.exits, values, held).is_some() {
            return None;
        }
        let strength = self.strength.as_ref().map_or(1.0, |strength| strength.value(values, held));
        if strength.is_nan() {
            return None;
        }
        Some(Verdict {
            direction: self.direction,
            strength: strength.clamp(0.0, 1.0),
            confidence: self.confidence,
            said_by: SaidBy { clause: self.clauses().0, place },
        })
    }
}

fn first_true(predicates: &[Program], values: &[f64], held: &Holding) -> Option<u8> {
    let place = predicates.iter().position(|program| program.value(values, held) == TRUE)?;
    Some(u8::try_from(place).unwrap_or(u8::MAX))
}

/// A strategy that runs on a [`Series`].
#[derive(Clone, Debug)]
pub struct Strategy {
    long: Side,
    short: Side,
    /// What its rules read.
    read: Vec<NodeId>,
    /// What its exits are measured in.
    ranges: Vec<NodeId>,
    warm_up_bars: usize,
    /// Whether what its rules read is settled, and whether the ranges are.
    settled: [bool; 2],
    conflicts: u64,
}

impl Strategy {
    /// `ranges` are the nodes that its exits are measured in.
    pub(super) fn new(long: Side, short: Side, ranges: Vec<NodeId>, graph: &Graph) -> Strategy {
        let programs = long.programs().chain(short.programs());
        let sides = [&long, &short].into_iter().flat_map(|side| [side.enters, side.leaves]);
        let any = sides.filter_map(Any::node);
        let mut read: Vec<NodeId> = programs.flat_map(Program::nodes).chain(any).collect();
        read.sort_unstable();
        read.dedup();
        let warm_up_bars = graph.warm_up_bars(&read).max(graph.warm_up_bars(&ranges));
        Strategy { long, short, read, ranges, warm_up_bars, settled: [false; 2], conflicts: 0 }
    }

    /// The nodes that it reads, and those of its exits.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.read.iter().chain(&self.ranges).copied()
    }

    /// Bars that it must see before it goes in: everything that its rules read, and the mean true ranges
    /// that its exits are measured in, is settled on the last of them. Terms of the session
    /// need in addition that the beginning of a session, or of two, was among them; what follows a trend
    /// settles with its turns, mostly within as many bars.
    pub fn warm_up_bars(&self) -> usize {
        self.warm_up_bars
    }

    /// Whether everything that it reads is settled: what it says no longer depends on how much
    /// history there was.
    pub fn is_settled(&self, series: &Series) -> bool {
        self.settled == [true; 2] || self.nodes().all(|node| series.is_settled(node))
    }

    /// Notes what has settled: what its rules read, and the ranges.
    fn settle(&mut self, series: &Series) -> [bool; 2] {
        if self.settled != [true; 2] {
            let all = |nodes: &[NodeId]| nodes.iter().all(|node| series.is_settled(*node));
            self.settled =
                [self.settled[0] || all(&self.read), self.settled[1] || all(&self.ranges)];
        }
        self.settled
    }

    /// What it thinks after the last bar of its series; `None` when no rule is true, or when what its
    /// rules read is not settled. Nothing goes in before its exits can be measured; what is held is
    /// given back without them. Takes no memory.
    ///
    /// An exit of the side that is held goes before an entry on the same side; an entry on the
    /// other side goes before both, since it leaves the position too. When both sides want in,
    /// neither is heard, and that is counted.
    pub fn verdict(&mut self, series: &Series, held: &Holding) -> Option<Verdict> {
        let [known, measured] = self.settle(series);
        if !known {
            return None;
        }
        let values = series.values();
        let entry = |side: &Side| if measured { side.entry(values, held) } else { None };
        let (long, short) = (entry(&self.long), entry(&self.short));
        self.conflicts += u64::from(long.is_some() && short.is_some());
        let entry = long.xor(short);
        let side = match held.position {
            0 => return entry,
            position if position > 0 => &self.long,
            _ => &self.short,
        };
        entry
            .filter(|entry| entry.direction != side.direction)
            .or_else(|| side.exit(values, held))
            .or(entry)
    }

    /// How often both sides wanted in on the same bar.
    pub fn conflicts(&self) -> u64 {
        self.conflicts
    }
}
