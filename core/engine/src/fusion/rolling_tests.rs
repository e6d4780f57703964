//! A bot rolls: out of the old contract first, warm in the new one, never in both.

use super::fixtures::{ES, OPEN, Stream, alerts, bot, instrument, points, reverter};
use crate::message::ToRisk;
use gauntlet_model::effect::{Effect, IntentReason, Outcome, Ruling};
use gauntlet_model::ids::{BotId, InstrumentId};
use gauntlet_model::input::{
    BookAction, BotDefinition, BotRoll, ContractRule, Exits, Input, InstrumentDefinition, Quote,
    RunStart, Timer, TopOfBook, flags,
};
use gauntlet_model::text::Text;
use gauntlet_model::units::{NANOS_PER_MINUTE, NANOS_PER_SECOND, UnixNanos};

const NEXT: InstrumentId = InstrumentId(1);
const BOT: BotId = BotId(0);

fn next() -> InstrumentDefinition {
    InstrumentDefinition { instrument: NEXT, symbol: Text::new("ESM4"), ..instrument() }
}

fn roll(from: UnixNanos) -> Input {
    Input::Roll(BotRoll { bot: BOT, to: NEXT, from })
}

/// A trade in the next contract, with the book a tick around it.
fn print_next(stream: &mut Stream, price: f64) -> Vec<ToRisk<'static>> {
    let price = points(price);
    let tick = instrument().tick;
    let (bid, ask) = (price.offset_ticks(-1, tick), price.offset_ticks(1, tick));
    let quote = Quote {
        instrument: NEXT,
        action: BookAction::Trade,
        side: None,
        flags: flags::LAST,
        price,
        size: 10,
        top: TopOfBook { bid, ask, bid_size: 5, ask_size: 5 },
        ts_event: stream.now,
        sequence: 0,
    };
    stream.send(Input::Quote(quote))
}

fn rulings(outs: &[ToRisk]) -> Vec<Ruling> {
    let ruling = |out: &ToRisk| match out {
        ToRisk::Effect(Effect::Ruling(ruling)) => Some(ruling.ruling),
        _ => None,
    };
    outs.iter().filter_map(ruling).collect()
}

/// A second goes by: rulings, and what the bot wants.
fn second(stream: &mut Stream) -> (Vec<Ruling>, Vec<(i32, IntentReason)>) {
    stream.now = stream.now.plus(NANOS_PER_SECOND);
    let outs = stream.send(Input::Timer(Timer { second: stream.now.0 / NANOS_PER_SECOND }));
    let intents = outs.iter().filter_map(|out| match out {
        ToRisk::Intent(intent) => Some((intent.target, intent.reason)),
        _ => None,
    });
    (rulings(&outs), intents.collect())
}

#[test]
fn who_holds_gets_out_first_and_stands_on_the_next_contract_once_flat() {
    let mut stream = Stream::new(&[bot()]);
    stream.send(Input::Instrument(next()));
    assert_eq!(rulings(&stream.send(roll(OPEN.plus(10 * NANOS_PER_MINUTE)))), []);
    stream.break_upward();
    stream.fill(BOT, 2, 5_015.25);
    assert_eq!(second(&mut stream), (vec![], vec![]), "it is not time");
    stream.at(10);
    let out = (0, IntentReason::ContractEnd);
    assert_eq!(second(&mut stream), (vec![Ruling::Waits], vec![out]));
    assert_eq!(second(&mut stream), (vec![], vec![out]), "as long as it takes");
    stream.fill(BOT, -1, 5_015.0);
    assert_eq!(second(&mut stream), (vec![], vec![out]));
    stream.fill(BOT, -1, 5_015.0);
    assert_eq!(second(&mut stream), (vec![Ruling::InForce], vec![]));
    assert_eq!(second(&mut stream), (vec![], vec![]), "once");
    // A fill of the contract that it left is not its own any more.
    let late = stream.report(BOT, -1, 5_015.0, "late");
    assert!(stream.intents(Input::Execution(late)).is_empty());
    assert_eq!(second(&mut stream), (vec![], vec![]));
}

#[test]
fn it_is_warm_in_the_next_contract_and_goes_by_that_ones_prices_alone() {
    let mut stream = Stream::new(&[reverter()]);
    stream.send(Input::Instrument(next()));
    stream.send(roll(OPEN.plus(30 * NANOS_PER_MINUTE)));
    // The next contract trades fifty points higher. What looks like a stretch across the two is none.
    for minute in 0..30 {
        let off = if minute % 2 == 0 { 0.5 } else { -0.5 };
        assert_eq!(stream.at(minute).print(5_000.0 + off), []);
        print_next(&mut stream, 5_050.0 + off);
    }
    stream.at(30);
    assert_eq!(second(&mut stream), (vec![Ruling::InForce], vec![]));
    for minute in 31..33 {
        stream.at(minute);
        let outs = print_next(&mut stream, 5_050.0);
        assert!(!outs.iter().any(|out| matches!(out, ToRisk::Intent(_))));
    }
    assert_ne!(stream.decision(BOT).outcome, Outcome::WarmingUp);
    // Nobody hears the old one.
    assert_eq!(stream.print(4_900.0), []);
    stream.at(33);
    print_next(&mut stream, 5_040.0);
    stream.at(34);
    let outs = print_next(&mut stream, 5_040.0);
    let intents: Vec<i32> = outs
        .iter()
        .filter_map(|out| match out {
            ToRisk::Intent(intent) => Some(intent.target),
            _ => None,
        })
        .collect();
    assert_eq!(intents, [2], "the stretch of the new contract counts, on the bars from before");
}

#[test]
fn it_leaves_sooner_when_nothing_opens_any_more_in_its_contract() {
    let exits = Exits { hold_over_session: true, ..bot().exits };
    let mut stream = Stream::new(&[BotDefinition { exits, ..bot() }]);
    stream.send(Input::Instrument(next()));
    // Sixty business days before the fifteenth of March it was December.
    let rule = ContractRule { no_opening_days: 60, ..ContractRule::of_product(ES) };
    stream.send(Input::ContractRule(rule));
    stream.send(roll(UnixNanos(u64::MAX)));
    assert_eq!(second(&mut stream), (vec![Ruling::InForce], vec![]));
}

#[test]
fn only_another_contract_of_the_product_is_a_place_to_roll_to() {
    let mut stream = Stream::new(&[bot()]);
    let other = InstrumentDefinition { product: Text::new("NQ"), ..next() };
    stream.send(Input::Instrument(other));
    for to in [NEXT, InstrumentId(2), InstrumentId(u16::MAX)] {
        let outs = stream.send(Input::Roll(BotRoll { bot: BOT, to, from: OPEN }));
        assert_eq!(rulings(&outs), [Ruling::Refused], "{to:?}");
        assert_eq!(alerts(&outs).len(), 1);
    }
    let outs = stream.send(Input::Roll(BotRoll { bot: BotId(7), to: NEXT, from: OPEN }));
    assert_eq!(rulings(&outs), [Ruling::Refused]);
    // Where it is already there is nothing to do.
    let outs = stream.send(Input::Roll(BotRoll { bot: BOT, to: ES, from: OPEN }));
    assert_eq!((rulings(&outs), alerts(&outs).len()), (vec![], 0));
    stream.at(1);
    assert_eq!(second(&mut stream), (vec![], vec![]));
}

#[test]
fn a_run_forgets_a_roll_unless_it_tells_it_again() {
    let run = RunStart {
        epoch: 1,
        run: 2,
        config_hash: [0; 32],
        binary_hash: [0; 32],
        version: Text::EMPTY,
        self_test_passed: true,
    };
    for again in [false, true] {
        let mut stream = Stream::new(&[bot()]);
        stream.send(Input::Instrument(next()));
        stream.send(roll(OPEN.plus(NANOS_PER_MINUTE)));
        stream.send(Input::RunStart(run));
        if again {
            stream.send(roll(OPEN.plus(NANOS_PER_MINUTE)));
        }
        assert_eq!(second(&mut stream), (vec![], vec![]));
        stream.at(2);
        let moved = if again { vec![Ruling::InForce] } else { vec![] };
        assert_eq!(second(&mut stream), (moved, vec![]));
    }
}

#[test]
fn contracts_are_gone_through_one_after_the_other() {
    const THIRD: InstrumentId = InstrumentId(2);
    let mut stream = Stream::new(&[bot()]);
    stream.send(Input::Instrument(next()));
    let third = InstrumentDefinition { instrument: THIRD, symbol: Text::new("ESU4"), ..next() };
    stream.send(Input::Instrument(third));
    stream.break_upward();
    stream.fill(BOT, 2, 5_015.25);
    stream.send(roll(OPEN.plus(7 * NANOS_PER_MINUTE)));
    // The one behind is told while the bot still holds the first.
    let from = OPEN.plus(20 * NANOS_PER_MINUTE);
    stream.send(Input::Roll(BotRoll { bot: BOT, to: THIRD, from }));
    stream.at(7);
    assert_eq!(second(&mut stream).0, [Ruling::Waits]);
    stream.fill(BOT, -2, 5_015.0);
    assert_eq!(second(&mut stream).0, [Ruling::InForce]);
    let here = |stream: &mut Stream| {
        // Only where it stands already a roll is no news at all.
        let outs = stream.send(Input::Roll(BotRoll { bot: BOT, to: NEXT, from: OPEN }));
        rulings(&outs).is_empty() && second(stream).0.is_empty()
    };
    assert!(here(&mut stream));
    stream.at(20);
    assert_eq!(second(&mut stream).0, [Ruling::InForce]);
    assert_eq!(second(&mut stream).0, []);
}
