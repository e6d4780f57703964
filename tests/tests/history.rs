//! A node that starts with the past: warm at once, and the same after a crash in the middle of it.

use gauntlet_model::effect::Effect;
use gauntlet_model::input::{BarKind, Input, SessionMode, Timeframe};
use gauntlet_readmodel::replay;
use gauntlet_tests::ledger::Live;
use gauntlet_tests::setup::Setup;
use gauntlet_tests::venue::{self, Generated};
use gauntlet_tests::{program, wait_until};
use std::collections::BTreeMap;

const SYMBOLS: [&str; 2] = ["ESZ6", "NQZ6"];
const MARKET: Generated = Generated { speed: 60.0, rate: 3.0, seed: 7 };

fn is_live(input: &Input) -> bool {
    matches!(input, Input::Quote(_) | Input::Trade(_))
}

/// By instrument, when each of its minutes begins, in the order in which they were published.
fn minutes(live: &Live) -> BTreeMap<u16, Vec<u64>> {
    let mut minutes: BTreeMap<u16, Vec<u64>> = BTreeMap::new();
    for (_, effect) in live.ledger.effects() {
        if let Effect::Bar(bar) = effect
            && (bar.kind, bar.session) == (BarKind::Time(Timeframe::M1), SessionMode::Full24x5)
        {
            minutes.entry(bar.instrument.0).or_default().push(bar.ts_open.0);
        }
    }
    minutes
}

fn assert_sound(setup: &Setup) {
    assert!(gauntlet_journal::verify(&setup.journal()).expect("readable").is_whole());
    let replayed = replay::replay(&setup.journal(), |_| {}).unwrap_or_else(|e| panic!("{e}"));
    assert!(replayed.equal && replayed.missing == 0, "{replayed:?}");
}

#[test]
fn history_comes_before_the_market_trades_nothing_and_leaves_no_hole() {
    let venue = venue::start(MARKET, &SYMBOLS);
    let mut setup = Setup::new(venue.data_address, venue.fix_address, &SYMBOLS);
    setup.history_hours = 24;
    let mut process = setup.run(program!());
    let mut live = Live::new(&setup.journal());
    wait_until("a few minutes of the market", || {
        process.assert_running();
        live.look();
        let hears = live.ledger.inputs.iter().filter(|s| is_live(&s.input)).count();
        hears > 100 && minutes(&live).values().all(|minutes| minutes.len() > 13_803)
    });
    venue.handle().drop_market_data();
    let before = live.ledger.inputs.len();
    wait_until("the outage to be filled", || {
        process.assert_running();
        live.look();
        let later = &live.ledger.inputs[before..];
        let told = later.iter().any(|s| matches!(s.input, Input::History(_)));
        told && later.iter().filter(|s| is_live(&s.input)).count() > 200
    });
    process.stop().expect_code(0);
    live.look();
    let first_live = live.ledger.inputs.iter().position(|s| is_live(&s.input)).expect("a market");
    let first_live = live.ledger.inputs[first_live].seq;
    let history = live.ledger.inputs.iter().filter(|s| matches!(s.input, Input::History(_)));
    let before = history.filter(|s| s.seq < first_live).count();
    assert!(before > 2 * 13_700, "only {before} minutes of the past");
    for (cause, effect) in live.ledger.effects() {
        let trades = matches!(effect, Effect::Signal(_) | Effect::Intent(_) | Effect::Outbound(_));
        assert!(!trades || cause > first_live, "the past traded: {effect:?}");
    }
    for (instrument, minutes) in minutes(&live) {
        assert!(minutes.is_sorted_by(|a, b| a < b), "{instrument}: a minute is told twice");
    }
    assert_sound(&setup);
    venue.stop().expect("the venue ran to the end");
}

#[test]
fn killed_in_the_middle_of_the_past_it_goes_on_where_it_stood() {
    let venue = venue::start(MARKET, &SYMBOLS);
    let mut setup = Setup::new(venue.data_address, venue.fix_address, &SYMBOLS);
    setup.history_hours = 24;
    let mut live = Live::new(&setup.journal());
    for told in [1, 4_000, 20_000] {
        let mut process = setup.run(program!());
        wait_until("some of the past", || {
            process.assert_running();
            let inputs = &live.look().inputs;
            inputs.iter().filter(|s| matches!(s.input, Input::History(_))).count() >= told
        });
        process.kill();
        // Effects that the crash cut off are made again at the next start.
        let replayed = replay::replay(&setup.journal(), |_| {}).unwrap_or_else(|e| panic!("{e}"));
        assert!(replayed.equal, "{replayed:?}");
    }
    let mut process = setup.run(program!());
    wait_until("all of it", || {
        process.assert_running();
        live.look();
        minutes(&live).values().filter(|minutes| minutes.len() > 13_800).count() == 2
    });
    process.stop().expect_code(0);
    live.look();
    for (instrument, minutes) in minutes(&live) {
        assert!(minutes.is_sorted_by(|a, b| a < b), "{instrument}: a minute is told twice");
    }
    assert_sound(&setup);
    venue.stop().expect("the venue ran to the end");
}
