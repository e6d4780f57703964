//! The last numbers by size: how many are above a bound, and their sum.
//!
//! Short windows are looked through whole, which processors do several numbers at a time; long ones
//! are kept in a tree by size (Seidel and Aragon, "Randomized Search Trees", Algorithmica 1996), where
//! an update touches as many nodes as the logarithm of the window. The priorities that keep the tree
//! shallow are a fixed hash of the places in the window, so that every run builds the same tree.

use super::window::Ring;

/// Longest window that is looked through whole.
const SCANNED_MAX: usize = 128;

#[derive(Clone, Debug)]
pub(super) enum Ordered {
    Scanned(Ring),
    Tree(Tree),
}

/// Numbers of a window above a bound.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Above {
    pub count: usize,
    pub sum: f64,
}

impl Ordered {
    pub fn new(period: usize) -> Ordered {
        if period <= SCANNED_MAX {
            Ordered::Scanned(Ring::new(period))
        } else {
            Ordered::Tree(Tree::new(period))
        }
    }

    /// Takes a number in, and the oldest out when the window was full.
    pub fn push(&mut self, x: f64) {
        match self {
            Ordered::Scanned(ring) => {
                ring.push(x);
            }
            Ordered::Tree(tree) => tree.push(x),
        }
    }

    pub fn is_full(&self) -> bool {
        match self {
            Ordered::Scanned(ring) => ring.is_full(),
            Ordered::Tree(tree) => tree.len == tree.nodes.len(),
        }
    }

    /// Numbers held.
    pub fn len(&self) -> usize {
        match self {
            Ordered::Scanned(ring) => ring.len(),
            Ordered::Tree(tree) => tree.len,
        }
    }

    /// Those above a bound.
    pub fn above(&self, bound: f64) -> Above {
        match self {
            Ordered::Scanned(ring) => scanned(ring.values(), bound),
            Ordered::Tree(tree) => tree.above(bound),
        }
    }
}

/// Those above a bound, counted in four lanes so that no number waits for the one before.
fn scanned(values: &[f64], bound: f64) -> Above {
    let (mut counts, mut sums) = ([0_u64; 4], [0.0; 4]);
    let mut take = |lane: usize, x: f64| {
        let above = x > bound;
        counts[lane] += above as u64;
        sums[lane] += if above { x } else { 0.0 };
    };
    let (fours, rest) = values.as_chunks::<4>();
    for four in fours {
        for (lane, x) in four.iter().enumerate() {
            take(lane, *x);
        }
    }
    for (lane, x) in rest.iter().enumerate() {
        take(lane, *x);
    }
    Above {
        count: counts.iter().sum::<u64>() as usize,
        sum: (sums[0] + sums[1]) + (sums[2] + sums[3]),
    }
}

/// No node.
const NONE: u16 = u16::MAX;

/// A number at its place in the window, and what the tree below it holds.
#[derive(Clone, Copy, Debug)]
struct Node {
    value: f64,
    sum: f64,
    count: u16,
    left: u16,
    right: u16,
    priority: u32,
}

#[derive(Clone, Debug)]
pub(super) struct Tree {
    nodes: Box<[Node]>,
    root: u16,
    next: u16,
    len: usize,
}

impl Tree {
    fn new(period: usize) -> Tree {
        assert!(period < NONE as usize, "a longer window than periods can be");
        let node = |place: u64| {
            let mixed = (place + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let mixed = (mixed ^ (mixed >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
            let priority = (mixed >> 32) as u32;
            Node { value: 0.0, sum: 0.0, count: 0, left: NONE, right: NONE, priority }
        };
        Tree { nodes: (0..period as u64).map(node).collect(), root: NONE, next: 0, len: 0 }
    }

    fn node(&self, at: u16) -> &Node {
        &self.nodes[at as usize]
    }

    fn node_mut(&mut self, at: u16) -> &mut Node {
        &mut self.nodes[at as usize]
    }

    /// Whether one node comes before another: equal numbers by their places.
    fn is_before(&self, one: u16, other: u16) -> bool {
        let (a, b) = (self.node(one).value, self.node(other).value);
        a < b || (a == b && one < other)
    }

    /// Sums up what a node's children hold.
    fn renew(&mut self, at: u16) {
        let Node { value, left, right, .. } = *self.node(at);
        let [left, right] = [left, right].map(|child| match child {
            NONE => Above::default(),
            child => Above { count: self.node(child).count as usize, sum: self.node(child).sum },
        });
        let node = self.node_mut(at);
        node.count = (left.count + 1 + right.count) as u16;
        node.sum = left.sum + value + right.sum;
    }

    fn push(&mut self, x: f64) {
        let at = self.next;
        self.next = if at as usize + 1 == self.nodes.len() { 0 } else { at + 1 };
        if self.len == self.nodes.len() {
            self.root = self.without(self.root, at);
        } else {
            self.len += 1;
        }
        let node = self.node_mut(at);
        *node = Node { value: x, sum: x, count: 1, left: NONE, right: NONE, ..*node };
        let (before, after) = self.split(self.root, at);
        let before = self.joined(before, at);
        self.root = self.joined(before, after);
    }

    /// Splits a tree into the nodes before another one and those after it.
    fn split(&mut self, root: u16, at: u16) -> (u16, u16) {
        if root == NONE {
            return (NONE, NONE);
        }
        let parts = if self.is_before(root, at) {
            let (before, after) = self.split(self.node(root).right, at);
            self.node_mut(root).right = before;
            (root, after)
        } else {
            let (before, after) = self.split(self.node(root).left, at);
            self.node_mut(root).left = after;
            (before, root)
        };
        self.renew(root);
        parts
    }

    /// Joins two trees, all of the first before all of the second.
    fn joined(&mut self, before: u16, after: u16) -> u16 {
        match (before, after) {
            (NONE, root) | (root, NONE) => root,
            _ if self.node(before).priority > self.node(after).priority => {
                let right = self.joined(self.node(before).right, after);
                self.node_mut(before).right = right;
                self.renew(before);
                before
            }
            _ => {
                let left = self.joined(before, self.node(after).left);
                self.node_mut(after).left = left;
                self.renew(after);
                after
            }
        }
    }

    /// A tree without one of its nodes.
    fn without(&mut self, root: u16, at: u16) -> u16 {
        if root == at {
            let Node { left, right, .. } = *self.node(root);
            return self.joined(left, right);
        }
        if self.is_before(at, root) {
            let left = self.without(self.node(root).left, at);
            self.node_mut(root).left = left;
        } else {
            let right = self.without(self.node(root).right, at);
            self.node_mut(root).right = right;
        }
        self.renew(root);
        root
    }

    fn above(&self, bound: f64) -> Above {
        let (mut above, mut at) = (Above::default(), self.root);
        while at != NONE {
            let Node { value, left, right, .. } = *self.node(at);
            if value > bound {
                above.count += 1;
                above.sum += value;
                if right != NONE {
                    above.count += self.node(right).count as usize;
                    above.sum += self.node(right).sum;
                }
                at = left;
            } else {
                at = right;
            }
        }
        above
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    impl Tree {
        fn depth(&self, at: u16) -> usize {
            if at == NONE {
                return 0;
            }
            let Node { left, right, .. } = *self.node(at);
            1 + self.depth(left).max(self.depth(right))
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_tree_tells_what_looking_through_the_window_tells(
            series in prop::collection::vec(-30i32..30, 1..400),
            period in 1usize..150,
            bound in -31.0f64..31.0,
        ) {
            let mut tree = Ordered::Tree(Tree::new(period));
            let mut scanned = Ordered::Scanned(Ring::new(period));
            for x in series {
                tree.push(x as f64);
                scanned.push(x as f64);
                prop_assert_eq!(tree.len(), scanned.len());
                prop_assert_eq!(tree.is_full(), scanned.is_full());
                for bound in [bound, x as f64] {
                    prop_assert_eq!(tree.above(bound), scanned.above(bound));
                }
            }
        }
    }

    #[test]
    fn the_tree_stays_shallow_whatever_passes_through_it() {
        let rising = |at: usize| at as f64;
        let flat = |_: usize| 7.0;
        let saw = |at: usize| (at % 37) as f64;
        let wave = |at: usize| libm::sin(at as f64 / 40.0);
        let all: [&dyn Fn(usize) -> f64; 4] = [&rising, &flat, &saw, &wave];
        for series in all {
            let mut tree = Tree::new(1_000);
            for at in 0..5_000 {
                tree.push(series(at));
                assert!(tree.depth(tree.root) <= 40);
            }
        }
    }
}
