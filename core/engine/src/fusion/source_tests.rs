//! Several sources, sizes and exits that need values: whole lives of bots that the plain ones do not
//! show.

use super::fixtures::{ES, OPEN, Stream, alerts, bot, brief, points, reverter};
use super::*;
use gauntlet_model::effect::{ExitLevels, Intent, IntentReason, Outcome, SignalSource, SizeCap};
use gauntlet_model::input::{
    BotDefinition, Distance, EQUAL_WEIGHTS, Exits, ExternalSignal, Factor, Sizing, Trailing,
};
use gauntlet_model::text::Text;
use gauntlet_model::units::{Money, NANOS_PER_MINUTE, Price, UnixNanos};

const BOT: BotId = BotId(0);

fn opinion(stream: &Stream, source: SignalSource, direction: i8, force: f64) -> ExternalSignal {
    ExternalSignal {
        source,
        instrument: Some(ES),
        direction,
        strength: force,
        confidence: 1.0,
        published: stream.now,
        ttl_seconds: 600,
        id: Text::EMPTY,
        text: Text::EMPTY,
    }
}

fn hear(stream: &mut Stream, source: SignalSource, direction: i8, force: f64) -> Vec<Intent> {
    let opinion = opinion(stream, source, direction, force);
    stream.intents(Input::External(opinion))
}

/// Whether the next input publishes levels, and which.
fn levels(outs: &[ToRisk]) -> Option<ExitLevels> {
    outs.iter().rev().find_map(|out| match out {
        ToRisk::Effect(Effect::Exits(levels)) => Some(*levels),
        _ => None,
    })
}

fn long(definition: BotDefinition) -> Stream {
    let mut stream = Stream::new(&[definition]);
    assert_eq!(brief(&stream.break_upward()), [(2, IntentReason::Signal)]);
    stream.fill(BOT, 2, 5_015.25);
    stream
}

fn with(exits: Exits) -> BotDefinition {
    BotDefinition { exits, ..bot() }
}

#[test]
fn news_alone_enters_nothing_and_says_why() {
    let mut stream = Stream::new(&[bot()]);
    stream.at(10).print(5_000.0);
    assert_eq!(hear(&mut stream, SignalSource::News, 1, 1.0), []);
    assert_eq!(stream.decision(BOT).outcome, Outcome::Unled);
    assert_eq!(stream.decision(BOT).score, 1.0);
}

#[test]
fn a_model_leads_an_entry_at_once_and_it_is_withdrawn_when_its_word_is_over() {
    let mut stream = Stream::new(&[bot()]);
    stream.at(10).print(5_000.0);
    assert_eq!(
        brief(&hear(&mut stream, SignalSource::Model, -1, 0.5)),
        [(-2, IntentReason::Signal)]
    );
    assert_eq!(stream.decision(BOT).score, -0.5);
    // The same word again asks for nothing more.
    assert_eq!(hear(&mut stream, SignalSource::Model, -1, 0.6), []);
    assert_eq!(stream.decision(BOT).outcome, Outcome::Stays);
    assert_eq!(stream.tick(599), []);
    assert_eq!(brief(&stream.tick(1)), [(0, IntentReason::Signal)]);
}

#[test]
fn a_contradiction_weakens_an_entry_and_a_strong_one_prevents_it_by_any_weight() {
    let run = |force, weight| {
        let mut weights = EQUAL_WEIGHTS;
        weights[SignalSource::Macro as usize] = Factor(weight);
        let mut stream = Stream::new(&[BotDefinition { weights, ..bot() }]);
        stream.now = OPEN;
        let said = opinion(&stream, SignalSource::Macro, -1, force);
        stream.send(Input::External(said));
        let entered = !stream.break_upward().is_empty();
        let decision = stream.decision(BOT);
        (entered, decision.outcome, (decision.score * 1e6).round())
    };
    assert_eq!(run(0.4, 10_000), (true, Outcome::Acts, 300_000.0));
    assert_eq!(run(0.8, 10_000), (false, Outcome::Weak, 100_000.0));
    assert_eq!(run(1.0, 2_500), (false, Outcome::Conflict, 600_000.0));
}

#[test]
fn news_against_a_position_takes_it_away_when_strong_and_not_when_weak() {
    // Minute six: the entry's own signal counts until minute nine.
    let mut stream = long(bot());
    stream.at(10).print(5_015.0);
    assert_eq!(hear(&mut stream, SignalSource::News, -1, 0.1), []);
    assert_eq!(brief(&hear(&mut stream, SignalSource::News, -1, 0.5)), [(0, IntentReason::Signal)]);
    assert_eq!(stream.fill(BOT, -2, 5_015.0), []);
    assert_eq!(hear(&mut stream, SignalSource::News, 1, 1.0), []);
}

#[test]
fn an_exit_of_its_own_rules_is_an_exit_whatever_others_say() {
    let mut stream = Stream::new(&[reverter()]);
    for minute in 0..30 {
        stream.at(minute).print(5_000.0 + if minute % 2 == 0 { 0.5 } else { -0.5 });
    }
    stream.at(30).print(4_990.0);
    assert_eq!(stream.at(31).print(4_990.0).len(), 1);
    stream.fill(BOT, 2, 4_989.75);
    stream.at(32).print(5_000.0);
    hear(&mut stream, SignalSource::Model, 1, 1.0);
    let exit = stream.at(33).print(5_000.0);
    assert_eq!(brief(&exit), [(0, IntentReason::Signal)]);
}

#[test]
fn an_opinion_that_is_refused_is_alerted_and_a_copy_is_not_heard_twice() {
    let mut stream = Stream::new(&[bot()]);
    stream.at(10).print(5_000.0);
    let mut model = opinion(&stream, SignalSource::Model, 1, 0.5);
    let old = ExternalSignal { published: UnixNanos(0), ..model };
    assert_eq!(alerts(&stream.send(Input::External(old))), ["its time is over already"]);
    model.id = Text::new("M1");
    let signals = |outs: &[ToRisk]| {
        outs.iter().filter(|out| matches!(out, ToRisk::Effect(Effect::Signal(_)))).count()
    };
    assert_eq!(signals(&stream.send(Input::External(model))), 1);
    assert_eq!(signals(&stream.send(Input::External(model))), 0);
    let everywhere = ExternalSignal { instrument: None, id: Text::new("M2"), ..model };
    assert_eq!(signals(&stream.send(Input::External(everywhere))), 1);
    let elsewhere = gauntlet_model::ids::InstrumentId(1);
    let elsewhere = ExternalSignal { instrument: Some(elsewhere), id: Text::EMPTY, ..model };
    assert_eq!(signals(&stream.send(Input::External(elsewhere))), 0);
}

#[test]
fn results_move_the_weight_of_whoever_spoke_for_the_trade() {
    let weight = |stream: &mut Stream| {
        stream.at(30).print(5_000.0);
        hear(stream, SignalSource::News, 0, 0.0);
        stream.decision(BOT).voices.map(|voice| voice.weight)
    };
    let mut lost = long(bot());
    lost.print(5_010.0);
    lost.fill(BOT, -2, 5_010.25);
    let [own, model, ..] = weight(&mut lost);
    // Five points lost of five risked.
    assert!((f64::from(own) - libm::exp(-RATE)).abs() < 1e-4 && model == 1.0, "{own}");
    let mut won = long(bot());
    won.fill(BOT, -2, 5_025.25);
    let [own, ..] = weight(&mut won);
    assert!((f64::from(own) - libm::exp(2.0 * RATE)).abs() < 1e-4, "{own}");
    let mut held = long(bot());
    assert_eq!(weight(&mut held)[0], 1.0, "what is still held has no result");
}

#[test]
fn a_trailing_stop_and_break_even_have_their_own_reasons() {
    let stop_loss = Distance::Ticks(20);
    let trailing = Trailing::By(Distance::Ticks(8));
    let mut stream = long(with(Exits { stop_loss, trailing, ..Exits::NONE }));
    assert_eq!(stream.print(5_020.0), []);
    assert_eq!(stream.print(5_018.25), []);
    assert_eq!(brief(&stream.print(5_018.0)), [(0, IntentReason::TrailingStop)]);
    let exits = Exits { stop_loss, break_even_after: Distance::Ticks(8), ..Exits::NONE };
    let mut stream = long(with(exits));
    assert_eq!(stream.print(5_017.25), []);
    assert_eq!(stream.print(5_015.5), [], "eight ticks were not won yet");
    assert_eq!(stream.print(5_017.5), []);
    assert_eq!(brief(&stream.print(5_015.5)), [(0, IntentReason::BreakEven)]);
}

#[test]
fn levels_are_published_when_the_position_changes_and_after_bars_that_moved_them() {
    let exits = Exits {
        stop_loss: Distance::Ticks(20),
        trailing: Trailing::By(Distance::Ticks(30)),
        time_stop_bars: 9,
        ..Exits::NONE
    };
    let mut stream = Stream::new(&[with(exits)]);
    stream.break_upward();
    let report = stream.report(BOT, 2, 5_015.25, "E1");
    let entered = levels(&stream.send(Input::Execution(report))).expect("levels");
    assert_eq!((entered.stop, entered.target), (points(5_010.25), Price::NONE));
    assert_eq!((entered.trailing, entered.bars_left), (points(5_007.75), 9));
    assert_eq!(levels(&stream.send_print(5_030.0)), None, "within a bar they move without a word");
    let moved = levels(&stream.at(7).send_print(5_030.0)).expect("levels");
    assert_eq!((moved.trailing, moved.bars_left), (points(5_022.25), 8));
    let report = stream.report(BOT, -2, 5_030.0, "E2");
    let flat = levels(&stream.send(Input::Execution(report))).expect("levels");
    assert_eq!((flat.stop, flat.trailing, flat.bars_left), (Price::NONE, Price::NONE, 0));
}

#[test]
fn an_entry_waits_until_the_range_that_its_stop_needs_is_settled() {
    let atr = |period| Distance::Atr { period, multiple: Factor::ONE };
    let exits = |period| Exits { stop_loss: atr(period), ..Exits::NONE };
    let mut stream = Stream::new(&[with(exits(14))]);
    assert_eq!(stream.break_upward(), []);
    assert_eq!(stream.decision(BOT).outcome, Outcome::WarmingUp);
    // Known is not settled: what there was before would still show.
    let mut stream = Stream::new(&[with(exits(4))]);
    assert_eq!(stream.break_upward(), []);
    assert_eq!(stream.decision(BOT).outcome, Outcome::WarmingUp);
    // A bar of the opening range is 20 points wide; the fifth and last of these closed above it.
    let mut stream = Stream::new(&[with(exits(1))]);
    assert_eq!(brief(&stream.break_upward()), [(2, IntentReason::Signal)]);
    let report = stream.report(BOT, 2, 5_015.0, "E1");
    let stop = levels(&stream.send(Input::Execution(report))).expect("levels").stop;
    let distance = points(5_015.0).0 - stop.0;
    assert!((points(15.0).0..points(21.0).0).contains(&distance), "{stop}");
    // What was measured at the entry stays, whatever the range becomes.
    for minute in 7..12 {
        let later = levels(&stream.at(minute).send_print(5_015.0));
        assert!(later.is_none_or(|later| later.stop == stop));
    }
}

#[test]
fn a_size_is_reckoned_from_the_stop_and_named_with_what_capped_it() {
    let fraction = |fraction, order_qty| BotDefinition {
        // Five points of fifty dollars: 250 a contract.
        sizing: Sizing::EquityFraction {
            fraction: Factor(fraction),
            equity: Money(100_000_000_000),
        },
        order_qty,
        max_order_qty: 10,
        max_position: 10,
        stage_cap: 10,
        ..bot()
    };
    let sized = |definition| {
        let mut stream = Stream::new(&[definition]);
        let target = stream.break_upward().first().map(|intent| intent.target);
        let decision = *stream.decision(BOT);
        (target, decision.sized, decision.cap, decision.outcome)
    };
    let capped = (Some(3), 4, SizeCap::OrderQty, Outcome::Acts);
    assert_eq!(sized(fraction(100, 10)), (Some(4), 4, SizeCap::None, Outcome::Acts));
    assert_eq!(sized(fraction(100, 3)), capped);
    assert_eq!(sized(fraction(20, 10)), (None, 0, SizeCap::None, Outcome::TooSmall));
}

#[test]
fn a_position_may_be_carried_over_the_session_when_that_is_said() {
    let exits = Exits { hold_over_session: true, ..bot().exits };
    let mut stream = long(with(exits));
    for minute in [389, 390, 510, 1_440] {
        assert_eq!(stream.at(minute).tick(0), [], "{minute}");
    }
    assert_eq!(brief(&stream.print(5_000.0)), [(0, IntentReason::StopLoss)]);
}

#[test]
fn bars_of_five_minutes_come_once_and_their_bots_hear_them_alone() {
    let five = gauntlet_model::input::BarKind::Time(gauntlet_model::input::Timeframe::M5);
    let definition = BotDefinition { bars: Some(five), ..bot() };
    let mut stream = Stream::new(&[definition]);
    let mut ends = Vec::new();
    for minute in 0..16 {
        for out in stream.at(minute).send_print(5_000.0) {
            if let ToRisk::Effect(Effect::Bar(bar)) = out
                && bar.kind == five
            {
                ends.push(bar.ts_close.since(OPEN) / NANOS_PER_MINUTE);
            }
        }
    }
    assert_eq!(ends, [5, 10, 15]);
    assert_eq!(stream.decision(BOT).bar_end, OPEN.plus(15 * NANOS_PER_MINUTE));
}
