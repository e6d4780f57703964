//! Explores every interleaving that the memory model allows of the ring between two threads.
//!
//! The ring's own source is compiled here against loom's atomics and cells in place of the
//! standard library's.

#![allow(dead_code, reason = "the ring's source is included whole; the model uses a part of it")]

mod sync {
    pub(crate) use loom::cell::UnsafeCell;
    pub(crate) use loom::sync::Arc;
    pub(crate) use loom::sync::atomic::{AtomicUsize, Ordering};
}
#[path = "../../core/runtime/src/ring.rs"]
mod ring;

use ring::ring;

#[test]
fn no_interleaving_loses_repeats_or_reorders_a_message() {
    loom::model(|| {
        let (mut producer, mut consumer) = ring::<u32>(2);
        let sender = loom::thread::spawn(move || {
            let mut refused = 0;
            for n in 1..=3 {
                while producer.push(n).is_err() {
                    refused += 1;
                    loom::thread::yield_now();
                }
            }
            refused
        });
        let mut got = Vec::new();
        while got.len() < 3 {
            match consumer.pop() {
                Some(n) => got.push(n),
                None => loom::thread::yield_now(),
            }
        }
        sender.join().expect("the sender does not panic");
        assert_eq!(got, [1, 2, 3]);
        assert_eq!(consumer.pop(), None);
    });
}
