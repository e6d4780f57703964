//! From an order's identity to its slot: a hash table of fixed size.
//!
//! Open addressing with linear probing, and removal that moves entries back instead of leaving
//! tombstones: a table that lives for months of inserts and removals never grows, never rehashes
//! and never gets slower than its load allows.

use gauntlet_model::ids::ClOrdId;
use gauntlet_runtime::memory;

/// See the module. Holds fewer identities than it has buckets.
#[derive(Debug)]
pub struct Index {
    buckets: Box<[(ClOrdId, u32)]>,
    shift: u32,
    len: usize,
}

impl Index {
    /// An empty index for at most `entries_max` identities, with room to keep probes short.
    pub fn new(entries_max: usize) -> Index {
        let buckets = (entries_max + entries_max / 4).next_power_of_two().max(2);
        Index {
            buckets: memory::present((ClOrdId::NONE, 0), buckets).into_boxed_slice(),
            shift: 64 - buckets.trailing_zeros(),
            len: 0,
        }
    }

    /// The slot of an identity.
    pub fn get(&self, id: ClOrdId) -> Option<u32> {
        if !id.is_some() {
            return None;
        }
        let (found, slot) = self.buckets[self.probe(id)];
        (found == id).then_some(slot)
    }

    /// Enters an identity; `false`, and nothing done, if it is there already.
    pub fn insert(&mut self, id: ClOrdId, slot: u32) -> bool {
        assert!(id.is_some(), "the absent identity marks empty buckets and cannot be entered");
        let bucket = self.probe(id);
        if self.buckets[bucket].0 == id {
            return false;
        }
        // One bucket stays empty, or a probe for an absent identity would never end.
        assert!(self.len + 1 < self.buckets.len(), "the order table is bounded below the index");
        self.buckets[bucket] = (id, slot);
        self.len += 1;
        true
    }

    /// Takes an identity out; nothing happens if it is not there.
    pub fn remove(&mut self, id: ClOrdId) {
        if !id.is_some() {
            return;
        }
        let mut hole = self.probe(id);
        if self.buckets[hole].0 != id {
            return;
        }
        self.len -= 1;
        let mask = self.buckets.len() - 1;
        let mut next = (hole + 1) & mask;
        while self.buckets[next].0.is_some() {
            // An entry may move back into the hole unless its home lies after the hole.
            let from_home = next.wrapping_sub(self.home(self.buckets[next].0)) & mask;
            let from_hole = next.wrapping_sub(hole) & mask;
            if from_home >= from_hole {
                self.buckets[hole] = self.buckets[next];
                hole = next;
            }
            next = (next + 1) & mask;
        }
        self.buckets[hole] = (ClOrdId::NONE, 0);
    }

    /// The bucket that holds the identity, or the empty one where it would go.
    fn probe(&self, id: ClOrdId) -> usize {
        let mask = self.buckets.len() - 1;
        let mut bucket = self.home(id);
        while self.buckets[bucket].0.is_some() && self.buckets[bucket].0 != id {
            bucket = (bucket + 1) & mask;
        }
        bucket
    }

    /// Fibonacci hashing: the top bits of a product with 2^64 divided by the golden ratio.
    fn home(&self, id: ClOrdId) -> usize {
        (id.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn the_index_agrees_with_a_sorted_map(
            steps in prop::collection::vec((1u64..40, any::<bool>()), 0..400),
        ) {
            let mut index = Index::new(40);
            let mut oracle = BTreeMap::new();
            for (slot, (id, insert)) in steps.into_iter().enumerate() {
                let id = ClOrdId(id);
                if insert {
                    let entered = index.insert(id, slot as u32);
                    prop_assert_eq!(entered, !oracle.contains_key(&id));
                    oracle.entry(id).or_insert(slot as u32);
                } else {
                    index.remove(id);
                    oracle.remove(&id);
                }
                for id in (0..41).map(ClOrdId) {
                    prop_assert_eq!(index.get(id), oracle.get(&id).copied());
                }
            }
        }
    }
}
