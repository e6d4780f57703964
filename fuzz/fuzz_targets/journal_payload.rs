//! Any payload of any kind is a value or refused, and a value is written as bytes that read as it.

#![no_main]

use gauntlet_journal::{Encoded, decode_effect, decode_input, decode_sent, encode_sent};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: (u8, &[u8])| {
    let (kind, payload) = bytes;
    let (mut first, mut second) = (Encoded::new(), Encoded::new());
    // Values are compared as bytes and words: what is not a number equals nothing.
    if let Ok(input) = decode_input(kind, payload) {
        first.input(&input);
        assert_eq!((first.kind(), first.payload().len()), (kind, payload.len()));
        let again = decode_input(kind, first.payload()).expect("what is written is read");
        second.input(&again);
        assert_eq!(second.payload(), first.payload());
        assert_eq!(format!("{again:?}"), format!("{input:?}"));
    }
    if let Ok(effect) = decode_effect(kind, payload) {
        first.effect(&effect);
        assert_eq!((first.kind(), first.payload().len()), (kind, payload.len()));
        let again = decode_effect(kind, first.payload()).expect("what is written is read");
        second.effect(&again);
        assert_eq!(second.payload(), first.payload());
        assert_eq!(format!("{again:?}"), format!("{effect:?}"));
    }
    if let Ok(sent) = decode_sent(kind, payload) {
        let mut bytes = [0; 256];
        let (written, len) = encode_sent(&sent, &mut bytes);
        assert_eq!((written, len), (kind, payload.len()));
        assert_eq!(decode_sent(kind, &bytes[..len]), Ok(sent));
    }
});
