//! R31: a contract's end, to the nanosecond, and what people are told of it.

use super::pairs::paired;
use super::*;
use crate::message::ToRisk;
use crate::risk::checks::Question;
use gauntlet_model::ids::{INSTRUMENTS_MAX, InstrumentId};
use gauntlet_model::instrument::{EndRule, EndTimes, contract};
use gauntlet_model::market_view::MarketView;
use gauntlet_model::text::Text;
use gauntlet_model::units::{NANOS_PER_SECOND, Price, UnixNanos};

/// The moments of the contract of the scenarios.
fn times() -> EndTimes {
    contract("ESH4", 2024).expect("a contract").end_times(EndRule::default(), None)
}

/// A bot whose contract's end is told, with market data of a moment.
fn at(now: UnixNanos, held: i32) -> Scenario {
    let (mut scenario, setup) = match held {
        0 => start(|_| {}),
        held => start_holding(held, |_| {}),
    };
    let rule = ContractRule::of_product(setup.instrument.instrument);
    scenario.input(Input::ContractRule(ContractRule { year: 2024, ..rule }));
    scenario.now = now;
    scenario.market(setup.view);
    scenario
}

#[test]
fn the_last_nanosecond_opens_and_the_next_does_not() {
    let mut scenario = at(IN_SESSION, 0);
    scenario.enter(1);
    let question = Question { request: scenario.only(), reducing: false, added: 1, killing: false };
    let from = times().no_opening_from;
    scenario.risk.now = UnixNanos(from.0 - 1);
    let asked = |scenario: &Scenario| {
        let asked = scenario.risk.context_of(&question).expect("defined");
        scenario.risk.check_contract_end(&asked)
    };
    assert_eq!(asked(&scenario), Ok(()));
    scenario.risk.now = from;
    let refusal = asked(&scenario).expect_err("too near");
    let seconds = (from.0 / NANOS_PER_SECOND) as i64;
    let expected = (RejectCode::ContractEnd, seconds, seconds);
    assert_eq!((refusal.code, refusal.value, refusal.limit), expected);
}

/// Ten o'clock in New York on a day of March 2024, summer time from the 10th on.
fn morning(day: u64) -> UnixNanos {
    let wednesday_the_sixth = IN_SESSION;
    let since = (day - 6) * 24 - u64::from(day >= 10);
    wednesday_the_sixth.plus(since * 3_600 * NANOS_PER_SECOND)
}

/// What the whole gate says to an entry, and to a stop.
fn asked(scenario: impl Fn() -> Scenario) -> (Option<RejectCode>, usize) {
    let (mut enters, mut stops) = (scenario(), scenario());
    enters.enter(3);
    stops.stop_out();
    (enters.rejected().map(|reject| reject.code), stops.approved().len())
}

#[test]
fn entries_stop_on_the_day_and_not_the_day_before_and_exits_never() {
    // Opening ends on Monday the 11th; out is Thursday the 14th, the last day is the 15th.
    for (day, entry) in [(8, None), (11, Some(RejectCode::ContractEnd))] {
        let mut scenario = at(morning(day), 0);
        scenario.enter(1);
        assert_eq!(scenario.rejected().map(|reject| reject.code), entry, "the {day}th");
    }
    for day in [11, 12, 13, 14] {
        let asked = asked(|| at(morning(day), 2));
        assert_eq!(asked, (Some(RejectCode::ContractEnd), 1), "the {day}th");
    }
}

#[test]
fn dates_that_are_missing_or_leave_no_day_to_go_out_on_open_nothing() {
    let told = |rule: Option<ContractRule>| {
        asked(|| {
            let (mut scenario, _) = start_holding(2, |_| {});
            rule.into_iter().for_each(|rule| {
                scenario.input(Input::ContractRule(rule));
            });
            scenario
        })
    };
    let own = ContractRule::of_product(InstrumentId(0));
    assert_eq!(told(None), (None, 1), "a stream of before there were ends");
    assert_eq!(told(Some(own)), (None, 1));
    let missing = (Some(RejectCode::MissingLimit), 1);
    assert_eq!(told(Some(ContractRule::of_product(InstrumentId(1)))), missing);
    assert_eq!(told(Some(ContractRule { out_days: 0, ..own })), missing);
    // The last day is the seventh business day from Wednesday the 6th on.
    for (days, entry) in [(6, None), (7, Some(RejectCode::ContractEnd))] {
        let rule = ContractRule { no_opening_days: days, ..own };
        assert_eq!(told(Some(rule)), (entry, 1), "{days} days");
    }
    let last = ContractRule { no_opening_days: 0, ..own };
    assert_eq!(told(Some(last)), (None, 1));
}

#[test]
fn the_exchanges_word_on_the_last_day_moves_what_may_open() {
    let (mut scenario, setup) = start(|_| {});
    scenario.input(Input::ContractRule(ContractRule {
        no_opening_days: 5,
        ..ContractRule::of_product(setup.instrument.instrument)
    }));
    let listing = |day: u64| Listing {
        instrument: setup.instrument.instrument,
        tick: setup.instrument.tick,
        unit_qty: Price::NONE,
        tick_amount: Price::NONE,
        display_factor: Price::NONE,
        currency: Text::EMPTY,
        expiration: morning(day),
        high_limit: Price::NONE,
        low_limit: Price::NONE,
        ts_event: UnixNanos(0),
    };
    for (last, entry) in [(13, Some(RejectCode::ContractEnd)), (14, None)] {
        scenario.input(Input::Listing(listing(last)));
        scenario.enter(1);
        assert_eq!(scenario.rejected().map(|reject| reject.code), entry, "the {last}th");
    }
}

#[test]
fn what_only_gets_out_goes_to_the_end() {
    let mut scenario = at(times().no_opening_from.plus(17 * 3_600 * 1_000_000_000), 2);
    scenario.enter(3);
    assert_eq!(scenario.rejected().map(|reject| reject.code), Some(RejectCode::ContractEnd));
    scenario.stop_out();
    assert_eq!(scenario.only().qty, 2);
}

#[test]
fn people_are_told_once_at_each_step_and_of_a_position_past_the_end() {
    let EndTimes { warn_from, no_opening_from, out_from, end } = times();
    let steps = [warn_from, no_opening_from, out_from, end];
    let told = |held: i32| {
        let mut scenario = at(IN_SESSION, held);
        let mut told = Vec::new();
        for moment in steps {
            for now in [UnixNanos(moment.0 - 1), moment, moment.plus(1)] {
                scenario.now = scenario.now.max(now);
                scenario.input(Input::Timer(Timer { second: now.0 / 1_000_000_000 }));
                let ends = scenario.alerts().into_iter();
                told.push(ends.filter(|kind| *kind == AlertKind::ContractEnd).count());
            }
        }
        told
    };
    // The scenario begins when people were to be warned already.
    assert_eq!(told(0), [1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(told(2), [1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0]);
}

/// A scenario with the next contract defined, and the bot told to go on there.
fn rolling(held: i32) -> (Scenario, Setup) {
    rolling_as(held, |_| {})
}

/// The same of a bot that is changed before.
fn rolling_as(held: i32, change: fn(&mut Setup)) -> (Scenario, Setup) {
    let (mut scenario, setup) = match held {
        0 => start(change),
        held => start_holding(held, change),
    };
    let symbol = Text::new("ESM4");
    let next = InstrumentDefinition { instrument: NEXT, symbol, ..setup.instrument };
    scenario.input(Input::Instrument(next));
    scenario.market(MarketView { instrument: NEXT, ..setup.view });
    scenario.input(Input::Roll(BotRoll { bot: BOT, to: NEXT, from: IN_SESSION }));
    (scenario, setup)
}

const NEXT: InstrumentId = InstrumentId(1);

fn rule(scenario: &mut Scenario, definition: u64, ruling: Ruling) {
    let ruling = ToRisk::Effect(Effect::Ruling(BotRuling { bot: BOT, definition, ruling }));
    scenario.out.clear();
    scenario.risk.on(&ruling, &mut |message| scenario.out.extend(message.detached()));
}

fn stands_on(scenario: &Scenario) -> Option<InstrumentId> {
    scenario.risk.bot(BOT).map(|bot| bot.instrument)
}

#[test]
fn a_bot_opens_where_it_is_ruled_to_stand_and_nowhere_while_it_gets_out() {
    let (mut scenario, setup) = rolling(2);
    let told = scenario.risk.seq;
    scenario.enter(3);
    assert_eq!(scenario.only().instrument, setup.instrument.instrument, "told, and not yet due");
    let order = scenario.only();
    scenario.end(&order, 0);
    rule(&mut scenario, told, Ruling::Waits);
    scenario.enter(3);
    assert_eq!(scenario.rejected().map(|reject| reject.code), Some(RejectCode::NotDefined));
    scenario.stop_out();
    let exit = scenario.only();
    assert_eq!((exit.instrument, exit.qty), (setup.instrument.instrument, 2));
    scenario.fill(&exit, 2, 0);
    rule(&mut scenario, told, Ruling::InForce);
    assert_eq!(stands_on(&scenario), Some(NEXT));
    scenario.enter(1);
    assert_eq!(scenario.only().instrument, NEXT);
}

#[test]
fn a_bot_whose_only_way_out_is_a_pair_at_its_broker_rolls_behind_both_ends_and_has_a_pair_anew() {
    let (mut scenario, setup) = rolling_as(2, paired);
    let told = scenario.risk.seq;
    let pair = scenario.exits(19_980, 20_030);
    assert_eq!(pair.len(), 2);
    pair.iter().for_each(|child| {
        scenario.tell(child, ExecType::New, OrdStatus::New);
    });
    rule(&mut scenario, told, Ruling::Waits);
    scenario.want(BOT, 0, Urgency::Aggressive, IntentReason::ContractEnd);
    let cancels = scenario.approved();
    assert_eq!(cancels.len(), 2, "nothing closes beside them");
    assert!(scenario.end(&cancels[0], 0).is_empty() || scenario.approved().is_empty());
    scenario.end(&cancels[1], 0);
    let exit = scenario.only();
    assert_eq!((exit.instrument, exit.qty), (setup.instrument.instrument, 2));
    scenario.fill(&exit, 2, 0);
    assert_eq!(scenario.approved(), [], "nothing rests for what is over");
    rule(&mut scenario, told, Ruling::InForce);
    assert_eq!((stands_on(&scenario), scenario.approved()), (Some(NEXT), vec![]));
    scenario.enter(1);
    let entry = scenario.only();
    scenario.fill(&entry, 1, 0);
    assert_eq!(scenario.approved(), [], "the old contract's levels are none of the new one");
    let anew = scenario.exits(19_990, 20_040);
    assert!(anew.len() == 2 && anew.iter().all(|one| (one.instrument, one.qty) == (NEXT, 1)));
    assert_eq!((anew[0].terms.stop_px, anew[1].price), (ticks(19_990), ticks(20_040)));
}

#[test]
fn a_position_never_changes_its_contract() {
    let (mut scenario, setup) = rolling(2);
    let told = scenario.risk.seq;
    rule(&mut scenario, told, Ruling::InForce);
    assert_eq!(stands_on(&scenario), Some(setup.instrument.instrument));
    // Another ruling than that about the roll moves nothing.
    let (mut scenario, setup) = rolling(0);
    let other = scenario.risk.seq + 1;
    rule(&mut scenario, other, Ruling::InForce);
    assert_eq!(stands_on(&scenario), Some(setup.instrument.instrument));
    let told = scenario.risk.seq;
    rule(&mut scenario, told, Ruling::Refused);
    rule(&mut scenario, told, Ruling::InForce);
    assert_eq!(stands_on(&scenario), Some(setup.instrument.instrument), "refused is refused");
}

#[test]
fn nobody_rolls_out_of_a_kill() {
    let (mut scenario, setup) = rolling(0);
    let told = scenario.risk.seq;
    let old = Scope::Instrument(setup.instrument.instrument);
    scenario.command(CommandKind::Kill { flatten: true }, old);
    rule(&mut scenario, told, Ruling::InForce);
    let kills = scenario.kills();
    assert_eq!(kills.len(), 1);
    let kill = kills[0];
    assert_eq!((kill.scope, kill.active, kill.flatten), (Scope::Instrument(NEXT), true, true));
    assert_eq!((kill.actor.as_str(), kill.reason.as_str()), ("operator", "a good reason"));
    scenario.enter(1);
    assert_eq!(scenario.rejected().map(|reject| reject.code), Some(RejectCode::Killed));
    // One of its own stays as it is.
    let (mut scenario, _) = rolling(0);
    let told = scenario.risk.seq;
    scenario.command(CommandKind::Kill { flatten: false }, Scope::Instrument(NEXT));
    scenario.command(CommandKind::Kill { flatten: true }, old);
    rule(&mut scenario, told, Ruling::InForce);
    assert_eq!(scenario.kills().len(), 0);
}

#[test]
fn a_roll_that_is_told_before_another_one_is_done_waits_for_it() {
    let (mut scenario, setup) = rolling(0);
    let (first, third) = (scenario.risk.seq, InstrumentId(2));
    let symbol = Text::new("ESU4");
    let behind = InstrumentDefinition { instrument: third, symbol, ..setup.instrument };
    scenario.input(Input::Instrument(behind));
    scenario.input(Input::Roll(BotRoll { bot: BOT, to: third, from: IN_SESSION }));
    let second = scenario.risk.seq;
    rule(&mut scenario, second, Ruling::InForce);
    assert_eq!(stands_on(&scenario), Some(setup.instrument.instrument), "not in its turn");
    rule(&mut scenario, first, Ruling::InForce);
    assert_eq!(stands_on(&scenario), Some(NEXT));
    rule(&mut scenario, second, Ruling::InForce);
    assert_eq!(stands_on(&scenario), Some(third));
}

#[test]
fn people_are_told_well_before_the_table_of_instruments_is_full_and_one_more_is_refused() {
    let (mut scenario, setup) = start(|_| {});
    let mut told = Vec::new();
    let define = |scenario: &mut Scenario, index: u16| {
        scenario.input(Input::Instrument(InstrumentDefinition {
            instrument: InstrumentId(index),
            symbol: Text::new(&format!("X{index}")),
            ..setup.instrument
        }));
        scenario.alerts()
    };
    for index in 1..INSTRUMENTS_MAX as u16 {
        if define(&mut scenario, index) == [AlertKind::TableFull] {
            told.push(index + 1);
        }
    }
    assert_eq!(told, [48, 56, 60, 64]);
    assert_eq!(define(&mut scenario, 63), [], "another definition of the same one is no news");
    assert_ne!(define(&mut scenario, INSTRUMENTS_MAX as u16), [], "there is no such place");
}

#[test]
fn people_are_told_also_where_an_even_number_of_bots_stands_or_holds() {
    for (from, words) in [(times().warn_from, "nothing opens"), (times().out_from, "goes out now")]
    {
        let mut scenario = at(IN_SESSION, 2);
        let bot = *scenario.risk.bot(BOT).expect("defined");
        let other = BotDefinition { bot: gauntlet_model::ids::BotId(1), ..bot };
        scenario.input(Input::Bot(other));
        scenario.input(Input::Execution(holding(other.bot, Side::Buy, 1, &Setup::new())));
        scenario.now = from.max(scenario.now);
        scenario.input(Input::Timer(Timer { second: scenario.now.0 / NANOS_PER_SECOND }));
        let told = scenario.out.iter().any(|message| match message {
            ToOrders::Effect(Effect::Alert(alert)) => {
                alert.kind == AlertKind::ContractEnd && alert.text.as_str().contains(words)
            }
            _ => false,
        });
        assert!(told, "{words}: {:?}", scenario.out);
    }
}
