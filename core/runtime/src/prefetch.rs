//! Asks the processor to bring memory near before it is needed.
//!
//! What an order needs lies in tables that nothing has touched for milliseconds. One after the other each look
//! waits for the memory behind it; asked for together at the beginning, they wait once.

/// The unit in which memory moves on every processor that we run on.
const LINE_BYTES: usize = 64;

/// Asks for all of a value; changes nothing, waits for nothing.
#[inline(always)]
pub fn prefetch<T>(value: &T) {
    let start = std::ptr::from_ref(value).cast::<i8>();
    for at in (0..size_of::<T>()).step_by(LINE_BYTES) {
        hint(start.wrapping_add(at));
    }
    // One that begins within a line may end in one more.
    hint(start.wrapping_add(size_of::<T>().saturating_sub(1)));
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn hint(address: *const i8) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    // SAFETY: a hint, which may name any address and never faults.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(address) };
}

/// Other processors find their memory by themselves.
#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
fn hint(_: *const i8) {}

/// Asks for an entry of a table, if there is one.
#[inline(always)]
pub fn prefetch_entry<T>(table: &[T], at: usize) {
    if let Some(entry) = table.get(at) {
        prefetch(entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_stays_as_it_is() {
        let table = vec![[7u64; 100]; 3];
        prefetch(&table);
        (0..5).for_each(|at| prefetch_entry(&table, at));
        prefetch(&());
        assert_eq!(table, vec![[7; 100]; 3]);
    }
}
