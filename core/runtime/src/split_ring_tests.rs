//! Apart from the ring's source, which the model checker includes whole.

use super::split_ring::{Split, slot_bytes, split_ring};
use proptest::prelude::*;
use std::collections::VecDeque;

#[test]
fn a_full_ring_gives_either_kind_back_and_loses_nothing() {
    let (mut producer, mut consumer) = split_ring::<u8, u64>(2);
    assert_eq!((producer.push_rare(1), producer.push(2)), (Ok(()), Ok(())));
    assert_eq!((producer.push(3), producer.push_rare(4)), (Err(3), Err(4)));
    assert_eq!(consumer.pop(), Some(Split::Rare(1)));
    assert_eq!(producer.push_rare(5), Ok(()));
    assert_eq!(consumer.pop(), Some(Split::Hot(2)));
    assert_eq!((consumer.pop(), consumer.pop()), (Some(Split::Rare(5)), None));
    assert!(producer.is_empty());
}

#[test]
fn a_ticket_takes_no_room_where_the_message_has_a_spare_value() {
    assert_eq!(slot_bytes::<Option<u64>>(), size_of::<Option<u64>>());
    assert_eq!(slot_bytes::<(u64, Option<u64>)>(), size_of::<(u64, Option<u64>)>());
}

#[test]
fn two_threads_see_every_message_of_either_kind_once_and_in_order() {
    let (mut producer, mut consumer) = split_ring::<u64, [u64; 30]>(64);
    let count = if cfg!(miri) { 200 } else { 200_000 };
    let is_rare = |n: u64| n.is_multiple_of(7) || n % 100 > 90;
    let sender = std::thread::spawn(move || {
        for n in 0..count {
            if is_rare(n) {
                while producer.push_rare([n; 30]).is_err() {
                    std::thread::yield_now();
                }
            } else {
                while producer.push(n).is_err() {
                    std::thread::yield_now();
                }
            }
        }
    });
    for n in 0..count {
        let got = loop {
            match consumer.pop() {
                Some(got) => break got,
                None => std::thread::yield_now(),
            }
        };
        assert_eq!(got, if is_rare(n) { Split::Rare([n; 30]) } else { Split::Hot(n) });
    }
    sender.join().expect("the sender does not panic");
    assert_eq!(consumer.pop(), None);
}

proptest! {
    /// Against a queue that cannot be wrong.
    #[test]
    fn it_holds_what_a_queue_of_the_same_length_holds(
        log in 0u32..5, steps in prop::collection::vec(0u8..3, 0..200)
    ) {
        let capacity = 1usize << log;
        let (mut producer, mut consumer) = split_ring::<u16, [u16; 8]>(capacity);
        let mut queue = VecDeque::new();
        for (n, step) in (0u16..).zip(steps) {
            let has_room = queue.len() < capacity;
            match step {
                0 => {
                    prop_assert_eq!(producer.push(n).is_ok(), has_room);
                    queue.extend(has_room.then_some(Split::Hot(n)));
                }
                1 => {
                    prop_assert_eq!(producer.push_rare([n; 8]).is_ok(), has_room);
                    queue.extend(has_room.then_some(Split::Rare([n; 8])));
                }
                _ => prop_assert_eq!(consumer.pop(), queue.pop_front()),
            }
        }
    }
}
