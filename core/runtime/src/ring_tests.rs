//! Apart from the ring's source, which the model checker includes whole.

use super::ring::ring;

#[test]
fn a_full_ring_gives_the_message_back_and_loses_nothing() {
    let (mut producer, mut consumer) = ring::<u32>(2);
    assert_eq!(producer.capacity(), 2);
    assert_eq!((producer.push(1), producer.push(2), producer.push(3)), (Ok(()), Ok(()), Err(3)));
    assert_eq!(consumer.pop(), Some(1));
    assert_eq!(producer.push(3), Ok(()));
    assert_eq!((consumer.pop(), consumer.pop(), consumer.pop()), (Some(2), Some(3), None));
    assert!(producer.is_empty());
}

#[test]
fn two_threads_see_every_message_once_and_in_order() {
    let (mut producer, mut consumer) = ring::<u64>(64);
    let count = if cfg!(miri) { 200 } else { 200_000 };
    let sender = std::thread::spawn(move || {
        for n in 0..count {
            while producer.push(n).is_err() {
                std::thread::yield_now();
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
        assert_eq!(got, n);
    }
    sender.join().expect("the sender does not panic");
    assert_eq!(consumer.pop(), None);
}
