//! The nodes of a series in the order in which they are computed.

use super::day::Day;
use super::node::{Key, NodeId};
use super::step::Step;
use crate::sample::Sample;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher};

/// Most nodes of one series.
pub const NODES_MAX: usize = 16_384;

/// Nodes, each after those that it reads. Places are stable: a node that goes leaves a hole that a
/// later one fills.
#[derive(Clone, Debug, Default)]
pub(super) struct Graph {
    /// Smallest step of the instrument's price in whole units of price.
    tick: f64,
    keys: Vec<Key>,
    steps: Vec<Step>,
    values: Vec<f64>,
    settled: Vec<bool>,
    /// Bars that must still pass with settled operands.
    delays: Vec<u32>,
    /// How many nodes stand below one another at most, down to what reads the bar alone.
    levels: Vec<u32>,
    /// What changes from bar to bar, by levels: operands first.
    order: Vec<NodeId>,
    unsettled: usize,
    /// Only ever asked for a key, never walked. The hasher has no seed of its own.
    places: HashMap<Key, NodeId, BuildHasherDefault<DefaultHasher>>,
    holes: Vec<NodeId>,
    /// Nodes made since [`Graph::begin`].
    made: Vec<NodeId>,
    day: Day,
}

impl Graph {
    pub fn new(tick: f64) -> Graph {
        Graph { tick, ..Graph::default() }
    }

    pub fn tick(&self) -> f64 {
        self.tick
    }

    /// Nodes that are made from now on can be taken back or warmed.
    pub fn begin(&mut self) {
        self.made.clear();
    }

    pub fn made(&self) -> &[NodeId] {
        &self.made
    }

    /// Takes back what was made since [`Graph::begin`].
    pub fn abandon(&mut self) {
        let made = std::mem::take(&mut self.made);
        self.remove(|id| made.contains(&id));
    }

    /// Takes back what was made since [`Graph::begin`] and that none of `roots` reads.
    pub fn drop_unused(&mut self, roots: impl Iterator<Item = NodeId>) {
        let needed = self.closure(roots);
        let made = std::mem::take(&mut self.made);
        self.remove(|id| !needed[id.index()] && made.contains(&id));
        self.made = made.into_iter().filter(|id| needed[id.index()]).collect();
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    pub fn value(&self, id: NodeId) -> f64 {
        self.values[id.index()]
    }

    pub fn values(&self) -> &[f64] {
        &self.values
    }

    pub fn is_settled(&self, id: NodeId) -> bool {
        self.settled[id.index()]
    }

    /// The value of a node that never changes.
    pub fn constant(&self, id: NodeId) -> Option<f64> {
        matches!(self.keys[id.index()], Key::Constant(_)).then(|| self.value(id))
    }

    /// The node that computes a key, made if there is none yet; `None` when there is no room.
    pub fn node(&mut self, key: Key) -> Option<NodeId> {
        let key = self.fold(key.sorted());
        if let Some(id) = self.places.get(&key) {
            return Some(*id);
        }
        if self.places.len() >= NODES_MAX {
            return None;
        }
        let id = self.holes.pop().unwrap_or_else(|| self.grow());
        let at = id.index();
        self.keys[at] = key;
        let operands = key.operands().into_iter().flatten();
        self.levels[at] = operands.map(|id| self.levels[id.index()] + 1).max().unwrap_or(0);
        self.reset(id);
        self.places.insert(key, id);
        self.made.push(id);
        if !matches!(key, Key::Constant(_)) {
            self.order.push(id);
        }
        Some(id)
    }

    fn grow(&mut self) -> NodeId {
        let id = NodeId(self.keys.len() as u32);
        self.keys.push(Key::constant(f64::NAN));
        self.steps.push(Step::Constant);
        self.values.push(f64::NAN);
        self.settled.push(false);
        self.delays.push(0);
        self.levels.push(0);
        id
    }

    /// As if no bar had been seen.
    fn reset(&mut self, id: NodeId) {
        let at = id.index();
        let key = &self.keys[at];
        (self.values[at], self.settled[at]) = match key {
            Key::Constant(bits) => (f64::from_bits(*bits), true),
            _ => (f64::NAN, false),
        };
        self.delays[at] = key.delay_bars();
        self.steps[at] = Step::new(key, self.tick);
    }

    /// A constant in place of what depends on constants alone.
    fn fold(&self, key: Key) -> Key {
        let fixed = key.operands().into_iter().flatten().all(|id| self.constant(id).is_some());
        match key {
            Key::Pure(pure) if fixed => Key::constant(pure.value(&self.values)),
            Key::History { of, .. } if fixed => self.keys[of.index()],
            other => other,
        }
    }

    /// Bars until all of some nodes are settled, at the least.
    pub fn warm_up_bars(&self, nodes: &[NodeId]) -> usize {
        let mut bars = vec![0; self.keys.len()];
        for id in &self.order {
            let key = &self.keys[id.index()];
            let operands = key.operands().into_iter().flatten();
            let before = operands.map(|operand| bars[operand.index()]).max().unwrap_or(0);
            bars[id.index()] = before.max(1) + key.warm_up_bars();
        }
        nodes.iter().map(|id| bars[id.index()]).max().unwrap_or(0)
    }

    /// Puts the nodes into the order in which they are computed, after some were made: by levels, and
    /// on a level side by side what takes the same way through the code.
    fn arrange(&mut self) {
        let Graph { order, keys, levels, settled, .. } = self;
        order.sort_unstable_by_key(|id| (levels[id.index()], keys[id.index()].way(), *id));
        self.unsettled = order.iter().filter(|id| !settled[id.index()]).count();
    }

    /// Computes every node once. Takes no memory.
    pub fn update(&mut self, sample: &Sample) {
        self.day.update(sample);
        for place in 0..self.order.len() {
            let at = self.order[place].index();
            self.values[at] = match self.steps[at] {
                Step::Line(of, line) => self.steps[of.index()].line(line),
                ref mut step => step.next(&self.values, &self.settled, &self.day, sample),
            };
            if self.unsettled > 0 && !self.settled[at] {
                self.settle(at);
            }
        }
    }

    fn settle(&mut self, at: usize) {
        let mut operands = self.keys[at].operands().into_iter().flatten();
        if !operands.all(|id| self.settled[id.index()]) {
            return;
        }
        if self.delays[at] > 0 {
            self.delays[at] -= 1;
        } else {
            self.settled[at] = self.steps[at].has_settled(&self.day);
            self.unsettled -= usize::from(self.settled[at]);
        }
    }

    /// Lets the nodes made since [`Graph::begin`] see past bars. Their operands are computed anew
    /// beside them, so that nodes which have seen more keep what they know.
    pub fn warm<'a>(&mut self, past: impl Iterator<Item = &'a Sample>) {
        let needed = self.closure(self.made.iter().copied());
        let mut beside = Graph {
            keys: self.keys.clone(),
            steps: self.keys.iter().map(|_| Step::Constant).collect(),
            values: self.values.clone(),
            settled: self.settled.clone(),
            delays: self.delays.clone(),
            levels: self.levels.clone(),
            order: self.order.iter().copied().filter(|id| needed[id.index()]).collect(),
            ..Graph::new(self.tick)
        };
        for place in 0..beside.order.len() {
            beside.reset(beside.order[place]);
        }
        beside.arrange();
        past.for_each(|sample| beside.update(sample));
        for id in &self.made {
            let at = id.index();
            std::mem::swap(&mut self.steps[at], &mut beside.steps[at]);
            self.values[at] = beside.values[at];
            self.settled[at] = beside.settled[at];
            self.delays[at] = beside.delays[at];
        }
        self.arrange();
    }

    /// Which nodes those of `roots` read, themselves included, by place.
    fn closure(&self, roots: impl Iterator<Item = NodeId>) -> Vec<bool> {
        let mut needed = vec![false; self.keys.len()];
        roots.for_each(|id| needed[id.index()] = true);
        for id in self.order.iter().rev() {
            if needed[id.index()] {
                for operand in self.keys[id.index()].operands().into_iter().flatten() {
                    needed[operand.index()] = true;
                }
            }
        }
        needed
    }

    /// Keeps `roots` and what they read.
    pub fn retain(&mut self, roots: impl Iterator<Item = NodeId>) {
        let needed = self.closure(roots);
        self.remove(|id| !needed[id.index()]);
    }

    fn remove(&mut self, goes: impl Fn(NodeId) -> bool) {
        let holes: Vec<NodeId> = (0..self.keys.len() as u32)
            .map(NodeId)
            .filter(|id| goes(*id) && self.places.get(&self.keys[id.index()]) == Some(id))
            .collect();
        self.order.retain(|id| !goes(*id));
        self.arrange();
        for id in holes {
            self.places.remove(&self.keys[id.index()]);
            self.steps[id.index()] = Step::Constant;
            self.holes.push(id);
        }
    }
}
