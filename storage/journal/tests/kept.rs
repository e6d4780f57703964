//! Bytes of many values of every kind are those that were written before the kinds came from a table:
//! a digest for each kind.

mod support;

use gauntlet_journal::*;
use gauntlet_model::input::{BotDefinition, Input};
use gauntlet_model::record::Record;
use std::collections::BTreeMap;
use std::ops::Range;
use support::Numbers;

/// Values of each kind.
const SAMPLES: u64 = 2_000;

/// Kinds with the CRC32C over the payloads of all their samples, as the code of then wrote them.
const DIGESTS: [(&str, u32); 35] = [
    ("mbo", 0xf553_b009),
    ("quote", 0xe581_1683),
    ("trade", 0x984d_0438),
    ("ohlcv", 0x86ac_b2b9),
    ("status", 0xc95a_d37e),
    ("feed", 0x097c_7488),
    ("execution", 0x2390_6bd4),
    ("cancel_reject", 0x0fce_8180),
    ("session", 0xe39b_5ec7),
    ("timer", 0xb0e8_e8df),
    ("command", 0x3bea_fec2),
    ("instrument", 0x8b03_e77b),
    ("account", 0xc32b_8ba5),
    ("bot", 0xbac8_a194),
    ("run_start", 0x91ab_eaca),
    ("level", 0x3dc8_0e96),
    ("listing", 0x73cf_c9ea),
    ("rule_text", 0x22d6_8d2b),
    ("external", 0x6264_ecc4),
    ("history", 0x6949_b367),
    ("bar", 0xe029_8597),
    ("signal", 0x3b64_0102),
    ("intent", 0xfcba_9465),
    ("reject", 0x4bb4_316e),
    ("order", 0x45ab_3e09),
    ("position", 0x26a8_c2a9),
    ("outbound", 0xa887_ae78),
    ("kill", 0xfd6b_f985),
    ("market_block", 0x18ba_ccc8),
    ("mark", 0x5170_c8ed),
    ("alert", 0x2998_0b22),
    ("quality", 0x2f0a_4e29),
    ("decision", 0xe29c_c4e6),
    ("exits", 0x11d5_2ef6),
    ("message_sent", 0xbc9d_3ed1),
];

type Digests = BTreeMap<&'static str, u32>;

/// The seeds of so many samples, each with the number of its kind in its lowest byte.
fn seeds(which: Range<u64>) -> impl Iterator<Item = u64> {
    which.flat_map(|which| (0..SAMPLES).map(move |number| number << 8 | which))
}

fn digest(digests: &mut Digests, kind: u8, payload: &[u8]) {
    let digest = digests.entry(kind::name(kind)).or_insert(0);
    *digest = crc32c::crc32c_append(*digest, payload);
}

#[test]
fn every_kind_that_was_there_has_the_bytes_that_it_had() {
    let mut digests = Digests::new();
    let mut payload = [0; PAYLOAD_MAX];
    for seed in seeds(0..20) {
        let (kind, len) = match Numbers::new(seed).input(seed & 0xff) {
            Input::Bot(_) => (kind::BOT, Numbers::new(seed).bot_before().put(&mut payload)),
            input => encode_input(&input, &mut payload),
        };
        digest(&mut digests, kind, &payload[..len]);
    }
    for seed in seeds(0..14) {
        let (kind, len) = encode_effect(&Numbers::new(seed).effect(seed & 0xff), &mut payload);
        digest(&mut digests, kind, &payload[..len]);
    }
    for seed in seeds(0..1) {
        let (kind, len) = encode_sent(&Numbers::new(seed).sent(), &mut payload);
        digest(&mut digests, kind, &payload[..len]);
    }
    assert_eq!(digests, Digests::from(DIGESTS));
}

#[test]
fn a_bot_of_before_becomes_the_bot_of_today() {
    let (mut payload, mut again) = ([0; PAYLOAD_MAX], [0; PAYLOAD_MAX]);
    for seed in seeds(0..1) {
        let old = Numbers::new(seed).bot_before();
        let len = old.put(&mut payload);
        let read = decode_input(kind::BOT, &payload[..len]).expect("it is still read");
        let expected = Input::Bot(BotDefinition::from(old));
        // Compared by bytes, since a parameter may be no number.
        let (kind, len) = encode_input(&read, &mut payload);
        assert_eq!((kind, len), encode_input(&expected, &mut again));
        assert_eq!((kind, &payload[..len]), (kind::BOT_SETTINGS, &again[..len]));
    }
}
