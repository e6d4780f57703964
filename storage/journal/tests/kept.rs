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
    ("mbo", 0x0c64_17e8),
    ("quote", 0x832e_ceed),
    ("trade", 0x3138_91fd),
    ("ohlcv", 0x2519_1748),
    ("status", 0x040d_9f0b),
    ("feed", 0x2425_ac7b),
    ("execution", 0xd6fb_86b6),
    ("cancel_reject", 0xe031_6b9f),
    ("session", 0x2b83_cac3),
    ("timer", 0x9ca9_3496),
    ("command", 0xe493_40ce),
    ("instrument", 0xd875_8862),
    ("account", 0xfd1b_a468),
    ("bot", 0xc97e_0477),
    ("run_start", 0x57d5_70c8),
    ("level", 0x4d81_590f),
    ("listing", 0x3862_d090),
    ("rule_text", 0x31a3_c231),
    ("external", 0xb21f_11c7),
    ("history", 0x90aa_5c0d),
    ("bar", 0xd32b_33e4),
    ("signal", 0x3b64_0102),
    ("intent", 0xc019_61ea),
    ("reject", 0x4bb4_316e),
    ("order", 0x92db_fb43),
    ("position", 0x26a8_c2a9),
    ("outbound", 0x3a7a_ac9e),
    ("kill", 0xfd6b_f985),
    ("market_block", 0x19f4_8bfb),
    ("mark", 0x5170_c8ed),
    ("alert", 0x94e0_a36f),
    ("quality", 0x2f0a_4e29),
    ("decision", 0xe5fa_b31c),
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
        let (kind, len) = match seed & 0xff {
            support::BOT => (kind::BOT, Numbers(seed).bot_before().put(&mut payload)),
            which => encode_input(&Numbers(seed).input(which), &mut payload),
        };
        digest(&mut digests, kind, &payload[..len]);
    }
    for seed in seeds(0..14) {
        let (kind, len) = encode_effect(&Numbers(seed).effect(seed & 0xff), &mut payload);
        digest(&mut digests, kind, &payload[..len]);
    }
    for seed in seeds(0..1) {
        let (kind, len) = encode_sent(&Numbers(seed).sent(), &mut payload);
        digest(&mut digests, kind, &payload[..len]);
    }
    assert_eq!(digests, Digests::from(DIGESTS));
}

#[test]
fn a_bot_of_before_becomes_the_bot_of_today() {
    let (mut payload, mut again) = ([0; PAYLOAD_MAX], [0; PAYLOAD_MAX]);
    for seed in seeds(0..1) {
        let old = Numbers(seed).bot_before();
        let len = old.put(&mut payload);
        let read = decode_input(kind::BOT, &payload[..len]).expect("it is still read");
        let expected = Input::Bot(BotDefinition::from(old));
        // Compared by bytes, since a parameter may be no number.
        let (kind, len) = encode_input(&read, &mut payload);
        assert_eq!((kind, len), encode_input(&expected, &mut again));
        assert_eq!((kind, &payload[..len]), (kind::BOT_SETTINGS, &again[..len]));
    }
}
