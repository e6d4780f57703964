//! An allocator that counts, for tests that a warm path takes no memory.
//!
//! ```
//! use gauntlet_testkit::allocation::{Counting, mine};
//!
//! #[global_allocator]
//! static ALLOCATOR: Counting = Counting;
//!
//! let before = mine();
//! drop(std::hint::black_box(vec![1]));
//! assert_eq!(mine() - before, 1);
//! ```
//!
//! It counts by thread, so that other threads of the process (the test harness, a venue, the journal's)
//! may take what they like. What grows in place counts as well as what is new; what is given back does not.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};

/// Threads of a process that can be told apart: those beyond are not counted, and asking for them says so.
const THREADS_MAX: usize = 256;

/// The system's allocator, counted. A test binary makes it its global one.
pub struct Counting;

struct Slot {
    /// The system's number of the thread; 0 while the slot is free.
    thread: AtomicI32,
    taken: AtomicU64,
}

static SLOTS: [Slot; THREADS_MAX] =
    [const { Slot { thread: AtomicI32::new(0), taken: AtomicU64::new(0) } }; THREADS_MAX];

thread_local! {
    // Needs neither memory nor a destructor, so that the allocator itself may look at it.
    static SLOT: Cell<usize> = const { Cell::new(usize::MAX) };
}

/// The calling thread's slot; `None` when there are more threads than slots.
fn slot() -> Option<&'static Slot> {
    let mut place = SLOT.get();
    if place == usize::MAX {
        let thread = rustix::thread::gettid().as_raw_nonzero().get();
        let free = |slot: &Slot| {
            slot.thread.compare_exchange(0, thread, Ordering::AcqRel, Ordering::Relaxed).is_ok()
        };
        place = SLOTS.iter().position(free).unwrap_or(THREADS_MAX);
        SLOT.set(place);
    }
    SLOTS.get(place)
}

fn count() {
    if let Some(slot) = slot() {
        slot.taken.fetch_add(1, Ordering::Relaxed);
    }
}

// SAFETY: every call is passed on to the system's allocator as it came; what counts takes no memory.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the contract of `alloc_zeroed`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the contract of `realloc`.
        unsafe { System.realloc(ptr, layout, new_size) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(ptr, layout) }
    }
}

/// How often the calling thread took memory so far.
///
/// # Panics
/// When the process has more threads than are counted.
pub fn mine() -> u64 {
    slot().expect("at most 256 threads are counted").taken.load(Ordering::Relaxed)
}

/// How often the thread with this number of the system's took memory so far; `None` when no counted
/// thread has it, or none that has taken any.
pub fn of_thread(thread: i32) -> Option<u64> {
    let slot = SLOTS.iter().find(|slot| slot.thread.load(Ordering::Acquire) == thread);
    slot.map(|slot| slot.taken.load(Ordering::Relaxed))
}
