//! Whatever a peer says, the session neither panics nor breaks its own rules.

use super::*;
use proptest::prelude::*;

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => (0..20u64).prop_map(|number| number.to_string()),
        2 => Just("Y".to_owned()),
        1 => Just("N".to_owned()),
        1 => Just("20231224-23:45:00.000".to_owned()),
        1 => Just(u64::MAX.to_string()),
        1 => Just("999999999999".to_owned()),
        1 => "[ -~]{0,12}",
    ]
}

fn body() -> impl Strategy<Value = (String, u64, Vec<(u32, String)>)> {
    let msg_type =
        prop::sample::select(vec!["0", "1", "2", "3", "4", "5", "A", "8", "j", "ZZ", ""]);
    let tag = prop::sample::select(vec![
        7u32, 16, 36, 43, 45, 58, 97, 98, 108, 112, 122, 123, 141, 371, 553, 789,
    ]);
    let fields = prop::collection::vec((tag, value()), 0..6);
    (msg_type.prop_map(str::to_owned), 0..12u64, fields)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_sequence_of_messages_panics_or_takes_a_number_twice(
        bodies in prop::collection::vec(body(), 1..60),
        is_acceptor in any::<bool>(),
        next_expected in any::<bool>(),
        adopt_numbers in any::<bool>(),
    ) {
        let role = if is_acceptor { Role::Acceptor } else { Role::Initiator };
        let config = SessionConfig {
            role,
            next_expected,
            adopt_numbers,
            store: StoreBounds { messages: 8, bytes: 256 },
            outbox_bytes: 64 * 1024,
            ..SessionConfig::initiator("US", "PEER")
        };
        let mut bench = Bench::new(config, 1, 1);
        bench.says("35=A|34=1|98=0|108=5|");
        for (msg_type, seq, fields) in bodies {
            // Most messages come in order, so that most get past the sequence check.
            let seq = match seq {
                0..=8 => bench.session.numbers().next_in,
                other => other - 8,
            };
            let fields: String =
                fields.iter().map(|(tag, value)| format!("{tag}={value}|")).collect();
            bench.says(&format!("35={msg_type}|34={seq}|{fields}"));
            let numbers = bench.session.numbers();
            prop_assert!(numbers.next_in >= 1 && numbers.next_out >= 1);
            let _ = bench.sends(b"8", "a report");
            bench.passes(1);
            if bench.session.must_close() {
                bench.session.disconnected();
                bench.connect();
                let next_in = bench.session.numbers().next_in;
                bench.says(&format!("35=A|34={next_in}|98=0|108=5|"));
            }
        }
        // Every message that took a number took the next one, except where both sides began anew.
        for pair in bench.sent.windows(2) {
            let (before, after) = (pair[0].msg_seq_num, pair[1].msg_seq_num);
            let began_anew = after == 1;
            prop_assert!(after == before + 1 || began_anew || adopt_numbers);
        }
    }
}
