//! The whole platform against a simulated exchange whose FIX session has the habits of real brokers: it logs on,
//! trades, comes back after every break, and ends with the exchange's own book.

use gauntlet_model::input::{Input, Sequenced, SessionChange, SessionEvent};
use gauntlet_readmodel::replay;
use gauntlet_tests::ledger::{Ledger, Live};
use gauntlet_tests::program;
use gauntlet_tests::setup::Setup;
use gauntlet_tests::venue::{self, Generated};
use gauntlet_tests::wait_until;
use gauntlet_venue::order_entry::{ExchangeRules, Habits, OrderRecord, SessionProfile};
use std::collections::BTreeMap;

const SYMBOLS: [&str; 1] = ["ESZ6"];
const MARKET: Generated = Generated { speed: 120.0, rate: 4.0, seed: 21 };
/// Breaks that the test makes, beside those of the profile.
const BREAKS: usize = 3;
/// Fills between two of them.
const FILLS: usize = 3;
/// Decides which habits come together, unless `BROKER_SEED` names another.
const SEED: u64 = 5;

/// Trades, is cut off and trades on, and ends with equal books. `fix` are lines of `[broker.fix]`.
fn survives(name: &str, session: SessionProfile, fix: &str, next_expected: bool) -> Ledger {
    let rules = ExchangeRules { session, ..ExchangeRules::default() };
    let venue = venue::start_by_rules(MARKET, &SYMBOLS, rules);
    let setup = Setup::new(venue.data_address, venue.fix_address, &SYMBOLS);
    let line = "next_expected_msg_seq_num = true\n";
    let mut said = format!("next_expected_msg_seq_num = {next_expected}\n");
    if !fix.is_empty() {
        said += &format!("\n[broker.fix]\n{fix}\n");
    }
    let text = setup.text().replace(line, &said);
    let mut process = setup.run_with(program!(), &text, &[]);
    let mut live = Live::new(&setup.journal());
    for at in 0..=BREAKS {
        let before = live.look().fills().len();
        wait_until(&format!("{name}: it trades, part {at}"), || {
            process.assert_running();
            live.look().fills().len() >= before + FILLS
        });
        if at < BREAKS {
            let logons = live.ledger.sessions(SessionChange::LoggedOn);
            venue.handle().drop_order_entry();
            wait_until(&format!("{name}: it is back after break {at}"), || {
                process.assert_running();
                live.look().sessions(SessionChange::LoggedOn) > logons
            });
        }
    }
    process.stop().expect_code(0);
    let venue = venue.stop().expect("the venue is fine");
    replay::replay(&setup.journal(), |_| {}).unwrap_or_else(|error| panic!("{name}: {error}"));
    let ledger = Ledger::read(&setup.journal());
    assert_eq!(venue.orders().working(), 0, "{name}: orders work after an orderly stop");
    assert_books_agree(name, &ledger, &venue.orders().orders());
    ledger
}

/// Each order's fills, and so each position, are the same on both sides.
fn assert_books_agree(name: &str, ledger: &Ledger, exchange: &[OrderRecord]) {
    let filled = ledger.orders().into_values().map(|order| {
        let filled = order.side.sign() * i64::from(order.cum_qty);
        (format!("{:016x}", order.order.0), filled)
    });
    let mut ours: BTreeMap<String, i64> = filled.collect();
    for order in exchange {
        let id = order.first_cl_ord_id.rsplit('-').next().expect("an identity");
        assert_eq!(ours.remove(id), Some(order.filled), "{name}: {order:?}");
    }
    assert!(ours.values().all(|filled| *filled == 0), "{name}: never arrived: {ours:?}");
    let at_exchange: i64 = exchange.iter().map(|order| order.filled).sum();
    let positions: i64 = ledger.positions().values().sum();
    assert_eq!(positions, at_exchange, "{name}: positions");
}

fn profile(habits: Habits) -> SessionProfile {
    SessionProfile { adopts_numbers: false, habits, ..SessionProfile::default() }
}

#[test]
fn with_a_broker_that_keeps_its_numbers_and_does_everything_else() {
    let habits = Habits {
        refused_logons: 2,
        forgets: 3,
        jump_every: 9,
        repeat_every: 4,
        ask_every: 5,
        ..Habits::default()
    };
    for next_expected in [false, true] {
        let ledger = survives("habits", profile(habits.clone()), "", next_expected);
        assert!(ledger.sessions(SessionChange::LoggedOn) > BREAKS);
        let is_refusal = |event: &SessionEvent| event.detail.as_str().contains("no logons for");
        let refused =
            |input: &Sequenced| matches!(&input.input, Input::Session(event) if is_refusal(event));
        assert!(ledger.inputs.iter().any(refused), "no logon was refused");
    }
}

#[test]
fn with_a_line_that_breaks_at_any_byte() {
    let habits = Habits { break_bytes: 12_000, seed: 5, ..Habits::default() };
    let ledger = survives("breaks", profile(habits), "", true);
    assert!(ledger.sessions(SessionChange::LoggedOn) > BREAKS + 1, "no line broke by itself");
}

#[test]
fn with_a_broker_that_begins_anew_after_every_connection_and_says_so() {
    let habits = Habits { reset_on_disconnect: true, tells_resets: true, ..Habits::default() };
    survives("tells resets", profile(habits), "", false);
}

#[test]
fn with_a_broker_that_begins_anew_at_every_logon_without_a_word() {
    let session = SessionProfile { reset_on_logon: true, ..profile(Habits::default()) };
    survives("resets on logon", session, "reset_on_logon = true", false);
}

#[test]
fn with_a_broker_that_wants_its_own_tags_and_knows_no_others() {
    let habits = Habits { required_tags: vec![50, 57, 1028], ..Habits::default() };
    let fix = "profile = \"cme\"\nsender_sub_id = \"OPS1\"\ntarget_sub_id = \"G\"";
    survives("wants tags", profile(habits), fix, true);
    let session = SessionProfile { checks_tags: true, ..profile(Habits::default()) };
    survives("knows only FIX 4.4", session, "", true);
}

/// Habits drawn from `seed` (SplitMix64), several at a time: what a broker does is seldom one thing alone.
fn drawn(seed: u64) -> Habits {
    let mut state = seed;
    let mut below = |bound: u64| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    };
    Habits {
        refused_logons: u32::from(below(2) == 0),
        forgets: below(5),
        jump_every: [0, 7, 9][below(3) as usize],
        repeat_every: [0, 4, 6][below(3) as usize],
        ask_every: [0, 5, 8][below(3) as usize],
        break_bytes: 12_000 + below(20_000),
        seed,
        ..Habits::default()
    }
}

#[test]
fn with_a_broker_whose_habits_and_breaks_come_together_by_a_seed() {
    let named = std::env::var("BROKER_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = named.unwrap_or(SEED);
    let habits = drawn(seed);
    println!("BROKER_SEED={seed} {habits:?}");
    let name = format!("BROKER_SEED={seed}");
    let ledger = survives(&name, profile(habits), "", seed.is_multiple_of(2));
    assert!(ledger.sessions(SessionChange::LoggedOn) > BREAKS, "{name}");
}
