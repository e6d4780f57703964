//! Memory that is there before it is needed.
//!
//! A fresh allocation is a promise: the system finds a page for it when it is first written to, which
//! costs about a microsecond, and on a big table that is in the middle of some order months later.
//! Tables of the hot path are therefore written to once, all over, where they are made.

use std::hint::black_box;

/// The smallest page of any processor we run on.
const PAGE_BYTES: usize = 4_096;

/// A table of `len` copies of `value`, every page of it present.
pub fn present<T: Copy>(value: T, len: usize) -> Vec<T> {
    let mut table = vec![value; len];
    let per_page = (PAGE_BYTES / size_of::<T>().max(1)).max(1);
    // A table of zeros comes from the system as it is, unwritten; and the compiler knows that, so the
    // writes must look to it as if they could be of anything.
    for entry in table.iter_mut().step_by(per_page) {
        *black_box(entry) = value;
    }
    black_box(&mut table);
    table
}

/// An empty table with room for `capacity` entries, every page of it present; `blank` is any value.
pub fn room<T: Copy>(blank: T, capacity: usize) -> Vec<T> {
    let mut table = present(blank, capacity);
    table.clear();
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_present_table_holds_its_value_everywhere() {
        assert_eq!(present(7u16, 10_000), vec![7; 10_000]);
        assert_eq!(present([0u8; 5_000], 3), vec![[0; 5_000]; 3]);
        assert_eq!(present((), 3).len(), 3);
    }

    #[test]
    fn room_is_empty_and_does_not_grow() {
        let mut table = room(0u64, 1_000);
        assert!(table.is_empty());
        let at = table.as_ptr();
        table.extend(0..1_000);
        assert_eq!(at, table.as_ptr());
    }
}
