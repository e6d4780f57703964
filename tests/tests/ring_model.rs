//! Explores every interleaving that the memory model allows of the rings between two threads.
//!
//! The rings' own source is compiled here against loom's atomics and cells in place of the
//! standard library's.

#![allow(dead_code, reason = "the rings' source is included whole; the model uses a part of it")]

mod sync {
    pub(crate) use loom::cell::UnsafeCell;
    pub(crate) use loom::sync::Arc;
    pub(crate) use loom::sync::atomic::{AtomicUsize, Ordering};
}
#[path = "../../core/runtime/src/ring.rs"]
mod ring;
#[path = "../../core/runtime/src/split_ring.rs"]
mod split_ring;

use ring::ring;
use split_ring::{Split, split_ring};

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

#[test]
fn no_interleaving_finds_a_ticket_without_its_message() {
    loom::model(|| {
        let (mut producer, mut consumer) = split_ring::<u8, u32>(2);
        let sender = loom::thread::spawn(move || {
            producer.push_rare(1).expect("it is empty");
            producer.push(2).expect("it has two slots");
            while producer.push_rare(3).is_err() {
                loom::thread::yield_now();
            }
        });
        let mut got = Vec::new();
        while got.len() < 3 {
            match consumer.pop() {
                Some(message) => got.push(message),
                None => loom::thread::yield_now(),
            }
        }
        sender.join().expect("the sender does not panic");
        assert_eq!(got, [Split::Rare(1), Split::Hot(2), Split::Rare(3)]);
        assert_eq!(consumer.pop(), None);
    });
}
