use super::fixtures::{ES, OPEN, Stream, TICK, alerts, bot, brief, instrument, points, reverter};
use super::*;
use gauntlet_model::effect::{IntentReason, Outcome, Said, Urgency};
use gauntlet_model::ids::InstrumentId;
use gauntlet_model::input::{
    BotDefinition, Distance, ExecType, ExecutionReport, Exits, InstrumentDefinition, OrdStatus,
    Route, SessionMode, TradingState, TradingStatus,
};
use gauntlet_model::text::Text;
use gauntlet_model::units::{NANOS_PER_MINUTE, NANOS_PER_SECOND, Price};

const BOT: BotId = BotId(0);

/// A stream whose bot is long two contracts from 5015.25, in the seventh minute.
fn long(definition: BotDefinition) -> Stream {
    let mut stream = Stream::new(&[definition]);
    assert_eq!(brief(&stream.break_upward()), [(2, IntentReason::Signal)]);
    assert_eq!(stream.fill(BOT, 2, 5_015.25), []);
    stream
}

#[test]
fn every_input_goes_on_before_what_is_made_of_it() {
    let mut stream = Stream::new(&[bot()]);
    let mut firsts = vec![stream.send(Input::Bot(bot()))];
    firsts.push(stream.send(Input::Instrument(instrument())));
    stream.break_upward();
    let report = stream.report(BOT, 2, 5_015.25, "E1");
    firsts.push(stream.send(Input::Execution(report)));
    for outs in firsts {
        assert!(matches!(outs[0], ToRisk::Input(_)));
        assert!(!outs[1..].iter().any(|out| matches!(out, ToRisk::Input(_))));
    }
}

#[test]
fn a_day_of_the_breakout_bot() {
    let mut stream = Stream::new(&[bot()]);
    let entry = stream.break_upward();
    assert_eq!(brief(&entry), [(2, IntentReason::Signal)]);
    assert_eq!(entry[0].urgency, Urgency::Aggressive);
    assert!(entry[0].score > ENTER_SCORE);
    assert_eq!(stream.fill(BOT, 2, 5_015.25), []);
    // Twenty ticks below the entry is 5010.25; the bid is a tick below the print.
    assert_eq!(stream.print(5_010.75), []);
    let exit = stream.print(5_010.5);
    assert_eq!(brief(&exit), [(0, IntentReason::StopLoss)]);
    assert_eq!((exit[0].urgency, exit[0].score), (Urgency::Aggressive, 0.0));
    assert_eq!(stream.fill(BOT, -2, 5_010.0), []);
    // The other direction once, and then the session has nothing more for it.
    assert_eq!(stream.at(7).print(4_985.0), []);
    assert_eq!(brief(&stream.at(8).print(4_985.0)), [(-2, IntentReason::Signal)]);
    assert_eq!(stream.fill(BOT, -2, 4_984.75), []);
    assert_eq!(stream.at(200).print(4_980.0), []);
    stream.at(389).now.0 -= NANOS_PER_SECOND;
    assert_eq!(stream.tick(0), []);
    assert_eq!(brief(&stream.tick(1)), [(0, IntentReason::SessionEnd)]);
    assert_eq!(stream.fill(BOT, 2, 4_980.25), []);
    assert_eq!(stream.tick(1), []);
}

#[test]
fn a_day_of_the_mean_reversion_bot() {
    let mut stream = Stream::new(&[reverter()]);
    for minute in 0..30 {
        let price = 5_000.0 + if minute % 2 == 0 { 0.5 } else { -0.5 };
        assert_eq!(stream.at(minute).print(price), []);
    }
    assert_eq!(stream.at(30).print(4_990.0), []);
    let entry = stream.at(31).print(4_990.0);
    assert_eq!(brief(&entry), [(2, IntentReason::Signal)]);
    assert_eq!(entry[0].urgency, Urgency::Passive);
    assert_eq!(stream.fill(BOT, 2, 4_989.75), []);
    assert_eq!(stream.at(32).print(4_995.0), []);
    assert_eq!(stream.at(33).print(5_000.0), []);
    let exit = stream.at(34).print(5_000.0);
    assert_eq!(brief(&exit), [(0, IntentReason::Signal)]);
    assert_eq!(exit[0].urgency, Urgency::Aggressive);
    assert_eq!(stream.fill(BOT, -2, 4_999.75), []);
    assert_eq!(stream.at(35).print(5_000.0), []);
}

#[test]
fn a_signal_is_journaled_before_its_decision_and_that_before_its_intent() {
    let mut stream = Stream::new(&[bot()]);
    for minute in 0..5 {
        for price in [5_000.0, 5_010.0, 4_990.0, 5_000.0] {
            stream.at(minute).print(price);
        }
    }
    stream.at(5).print(5_015.0);
    let outs = stream.at(6).send_print(5_015.0);
    let effects: Vec<&Effect> = outs
        .iter()
        .filter_map(|out| match out {
            ToRisk::Effect(effect) if !matches!(effect, Effect::Bar(_)) => Some(effect),
            _ => None,
        })
        .collect();
    let [Effect::Signal(signal), Effect::Decision(decision), Effect::Intent(intent)] = effects[..]
    else {
        panic!("{effects:?}");
    };
    assert_eq!((signal.direction, signal.strength, signal.confidence), (1, 1.0, 1.0));
    assert_eq!(decision, stream.decision(BOT));
    assert_eq!(decision.bar_end, OPEN.plus(6 * NANOS_PER_MINUTE));
    assert_eq!((decision.said, decision.outcome), (Said::LongEntry, Outcome::Acts));
    assert_eq!((decision.target, decision.sized), (2, 2));
    assert_eq!((intent.target, intent.score), (2, decision.score));
    assert!(stream.fusion.decision(BotId(1)).is_none());
}

#[test]
fn a_take_profit_is_met_by_the_bid() {
    let mut stream = long(BotDefinition {
        exits: Exits { take_profit: Distance::Ticks(8), ..bot().exits },
        ..bot()
    });
    assert_eq!(stream.print(5_017.25), []);
    assert_eq!(brief(&stream.print(5_017.5)), [(0, IntentReason::TakeProfit)]);
}

#[test]
fn an_exit_is_said_once_a_second_until_the_position_is_gone() {
    let mut stream = long(bot());
    assert_eq!(brief(&stream.print(5_000.0)), [(0, IntentReason::StopLoss)]);
    assert_eq!(stream.print(4_999.0), []);
    assert_eq!(brief(&stream.tick(1)), [(0, IntentReason::StopLoss)]);
    assert_eq!(stream.fill(BOT, -1, 4_999.0), []);
    assert_eq!(brief(&stream.tick(1)), [(0, IntentReason::StopLoss)]);
    assert_eq!(stream.fill(BOT, -1, 4_999.0), []);
    assert_eq!(stream.tick(1), []);
}

#[test]
fn an_exit_that_went_too_far_is_undone() {
    let mut stream = long(bot());
    stream.print(5_000.0);
    assert_eq!(stream.fill(BOT, -3, 4_999.0), []);
    assert_eq!(brief(&stream.tick(1)), [(0, IntentReason::StopLoss)]);
    assert_eq!(stream.fill(BOT, 1, 4_999.0), []);
    assert_eq!(stream.tick(1), []);
}

#[test]
fn the_time_stop_ends_a_position_even_without_bars() {
    let mut stream =
        long(BotDefinition { exits: Exits { time_stop_bars: 3, ..bot().exits }, ..bot() });
    stream.at(9).now.0 -= NANOS_PER_SECOND;
    assert_eq!(stream.tick(0), []);
    assert_eq!(brief(&stream.tick(1)), [(0, IntentReason::TimeStop)]);
}

#[test]
fn the_stop_goes_before_the_end_of_the_session_and_that_before_the_time_stop() {
    let definition = BotDefinition { exits: Exits { time_stop_bars: 3, ..bot().exits }, ..bot() };
    let mut stream = long(definition);
    assert_eq!(brief(&stream.at(389).tick(0)), [(0, IntentReason::SessionEnd)]);
    let mut stream = long(definition);
    // While halted the market meets no level; when it opens again everything is due at once.
    let status = |stream: &mut Stream, state| {
        let ts_event = stream.now;
        stream.send(Input::Status(TradingStatus { instrument: ES, state, ts_event }))
    };
    status(&mut stream, TradingState::Halted);
    assert_eq!(stream.print(5_000.0), []);
    stream.at(389);
    let outs = status(&mut stream, TradingState::Open);
    let reason = |out: &ToRisk| match out {
        ToRisk::Intent(intent) => Some(intent.reason),
        _ => None,
    };
    assert_eq!(outs.iter().find_map(reason), Some(IntentReason::StopLoss));
}

#[test]
fn an_entry_that_is_not_filled_when_its_signal_expires_is_withdrawn() {
    let mut stream = Stream::new(&[bot()]);
    stream.break_upward();
    // The signal's bar ended with the sixth minute.
    stream.at(6 + SIGNAL_BARS).now.0 -= NANOS_PER_SECOND;
    assert_eq!(stream.tick(0), []);
    assert_eq!(brief(&stream.tick(1)), [(0, IntentReason::Signal)]);
    assert_eq!(stream.tick(1), []);
}

#[test]
fn what_was_filled_of_a_withdrawn_entry_is_kept() {
    let mut stream = Stream::new(&[bot()]);
    stream.break_upward();
    assert_eq!(stream.fill(BOT, 1, 5_015.25), []);
    stream.at(6 + SIGNAL_BARS);
    assert_eq!(brief(&stream.tick(0)), [(1, IntentReason::Signal)]);
    assert_eq!(stream.tick(1), []);
    assert_eq!(brief(&stream.print(5_000.0)), [(0, IntentReason::StopLoss)]);
}

#[test]
fn a_fill_that_comes_after_the_withdrawal_is_given_back() {
    let mut stream = Stream::new(&[bot()]);
    stream.break_upward();
    stream.at(6 + SIGNAL_BARS).tick(0);
    assert_eq!(stream.fill(BOT, 2, 5_015.25), []);
    assert_eq!(brief(&stream.tick(1)), [(0, IntentReason::Signal)]);
}

#[test]
fn a_refused_entry_is_tried_again_by_the_next_signal_only() {
    let mut stream = Stream::new(&[reverter()]);
    for minute in 0..30 {
        stream.at(minute).print(5_000.0 + if minute % 2 == 0 { 0.5 } else { -0.5 });
    }
    stream.at(30).print(4_990.0);
    assert_eq!(brief(&stream.at(31).print(4_980.0)), [(2, IntentReason::Signal)]);
    assert_eq!(stream.print(4_980.0), []);
    assert_eq!(stream.tick(1), []);
    assert_eq!(brief(&stream.at(32).print(4_980.0)), [(2, IntentReason::Signal)]);
}

#[test]
fn the_bar_in_which_a_bot_went_out_enters_nothing() {
    let mut stream = long(bot());
    stream.now = stream.now.plus(NANOS_PER_SECOND);
    assert_eq!(brief(&stream.print(5_000.0)), [(0, IntentReason::StopLoss)]);
    stream.fill(BOT, -2, 5_000.0);
    // The same minute closes below the range: a break, but not one to follow.
    assert_eq!(stream.print(4_985.0), []);
    let outs = stream.at(7).print(4_985.0);
    assert_eq!(stream.decision(BOT).said, Said::ShortEntry);
    assert_eq!(outs, []);
}

#[test]
fn nothing_is_entered_against_an_exit_under_way() {
    let mut stream = long(bot());
    stream.print(5_000.0);
    assert_eq!(stream.at(7).print(4_985.0), []);
    // A break below would be a signal to go short; the exit stays what is wanted.
    let intents = stream.at(8).print(4_985.0);
    assert_eq!(stream.decision(BOT).said, Said::ShortEntry);
    assert_eq!(intents, []);
    assert_eq!(brief(&stream.tick(1)), [(0, IntentReason::StopLoss)]);
}

#[test]
fn a_position_is_given_back_after_the_bots_hours_while_the_exchange_is_open() {
    let mut stream = long(bot());
    assert_eq!(brief(&stream.at(389).tick(0)), [(0, IntentReason::SessionEnd)]);
    assert_eq!(brief(&stream.at(390).tick(0)), [(0, IntentReason::SessionEnd)]);
    let (daily_break, evening) = (450, 510);
    assert_eq!(stream.at(daily_break).tick(0), []);
    assert_eq!(brief(&stream.at(evening).tick(0)), [(0, IntentReason::SessionEnd)]);
}

#[test]
fn a_fill_that_comes_after_the_bots_hours_is_given_back_too() {
    let mut stream = Stream::new(&[bot()]);
    stream.break_upward();
    assert_eq!(brief(&stream.at(389).tick(0)), [(0, IntentReason::SessionEnd)]);
    stream.at(391);
    assert_eq!(stream.fill(BOT, 2, 5_015.25), []);
    assert_eq!(brief(&stream.tick(1)), [(0, IntentReason::SessionEnd)]);
}

#[test]
fn bars_of_the_past_warm_a_strategy_up_but_trade_nothing() {
    for (told, now) in
        [(Input::Ohlcv as fn(gauntlet_model::input::Ohlcv) -> Input, 30), (Input::History, 7)]
    {
        past_bars_trade_nothing(told, now);
    }
}

/// Old ones, and those that a history tells which ends just now.
fn past_bars_trade_nothing(told: fn(gauntlet_model::input::Ohlcv) -> Input, now: u64) {
    let mut stream = Stream::new(&[bot()]);
    stream.at(now);
    for minute in 0..7 {
        let close = if minute < 5 { 5_000.0 } else { 5_015.0 };
        let outs = stream.send(told(gauntlet_model::input::Ohlcv {
            instrument: ES,
            seconds: 60,
            ts_open: OPEN.plus(minute * NANOS_PER_MINUTE),
            open: points(close),
            high: points(close + 1.0),
            low: points(close - 1.0),
            close: points(close),
            volume: 1,
        }));
        let quiet =
            |out: &ToRisk| !matches!(out, ToRisk::Intent(_) | ToRisk::Effect(Effect::Signal(_)));
        assert!(outs.iter().all(quiet));
    }
    assert_eq!(stream.decision(BOT).bar_end, OPEN.plus(7 * NANOS_PER_MINUTE));
}

#[test]
fn a_duplicate_of_a_fill_is_forwarded_as_stale_and_moves_nothing() {
    let mut stream = Stream::new(&[bot()]);
    stream.break_upward();
    let report = stream.report(BOT, 2, 5_015.25, "E1");
    let fresh = |outs: &[ToRisk]| match outs[0] {
        ToRisk::Input(arrival) => arrival.fresh,
        _ => unreachable!("the input comes first"),
    };
    assert!(fresh(&stream.send(Input::Execution(report))));
    assert!(!fresh(&stream.send(Input::Execution(report))));
    // Were it counted, two contracts would be left to give back after this.
    stream.print(5_000.0);
    stream.fill(BOT, -2, 5_000.0);
    assert_eq!(stream.tick(1), []);
}

#[test]
fn only_trades_move_a_position() {
    let mut stream = Stream::new(&[bot()]);
    for exec_type in [ExecType::New, ExecType::OrderStatus, ExecType::TradeCancel] {
        let report = stream.report(BOT, 2, 5_000.0, "");
        let ord_status = OrdStatus::New;
        stream.send(Input::Execution(ExecutionReport { exec_type, ord_status, ..report }));
    }
    assert_eq!(stream.at(10).tick(0), []);
}

#[test]
fn a_fill_by_another_route_or_in_another_instrument_is_none_of_the_bots() {
    let mut stream = Stream::new(&[bot()]);
    let fill = stream.report(BOT, 2, 5_000.0, "");
    let by_broker = ExecutionReport { route: Route::BROKER, ..fill };
    let in_another = ExecutionReport { instrument: Some(InstrumentId(1)), ..fill };
    for stray in [by_broker, in_another] {
        stream.send(Input::Execution(stray));
        assert_eq!(stream.at(10).tick(0), []);
    }
    stream.send(Input::Execution(ExecutionReport { instrument: None, ..fill }));
    assert_eq!(brief(&stream.tick(1)), [(0, IntentReason::Signal)]);
}

#[test]
fn a_disabled_bot_enters_nothing() {
    let mut stream = Stream::new(&[BotDefinition { enabled: false, ..bot() }]);
    assert_eq!(stream.break_upward(), []);
    assert_eq!(stream.decision(BOT).said, Said::LongEntry, "its strategy stays warm");
    assert_eq!(stream.decision(BOT).outcome, Outcome::Disabled);
}

#[test]
fn a_bot_disabled_with_a_position_still_gives_it_back() {
    let mut stream = long(bot());
    stream.send(Input::Bot(BotDefinition { enabled: false, ..bot() }));
    assert_eq!(brief(&stream.print(5_000.0)), [(0, IntentReason::StopLoss)]);
    assert_eq!(brief(&stream.tick(1)), [(0, IntentReason::StopLoss)]);
}

#[test]
fn a_refused_definition_is_alerted_and_leaves_the_last_good_one_to_go_out_by() {
    let no_stop = BotDefinition { exits: Exits::NONE, ..bot() };
    let no_qty = BotDefinition { order_qty: 0, ..bot() };
    let mut bad_range = bot();
    bad_range.parameters[0] = 0.5;
    let no_rules = BotDefinition { rule_parts: 99, ..bot() };
    let unknown = BotDefinition { instrument: InstrumentId(9), ..bot() };
    let beyond = BotDefinition { instrument: InstrumentId(64), ..bot() };
    let no_such_bot = BotDefinition { bot: BotId(256), ..bot() };
    assert_eq!(alerts(&Stream::new(&[]).send(Input::Bot(no_such_bot))).len(), 1);
    for bad in [no_stop, no_qty, bad_range, unknown, beyond, no_rules] {
        let mut fresh = Stream::new(&[]);
        assert_eq!(fresh.define(&bad).len(), 1, "{bad:?}");
        assert_eq!(fresh.break_upward(), []);
    }
    for bad in [no_stop, no_qty, bad_range, unknown, no_rules] {
        let mut stream = long(bot());
        assert_eq!(alerts(&stream.send(Input::Bot(bad))).len(), 1, "{bad:?}");
        assert_eq!(brief(&stream.print(5_010.5)), [(0, IntentReason::StopLoss)]);
        stream.fill(BOT, -2, 5_010.0);
        stream.at(7).print(4_985.0);
        assert_eq!(stream.at(8).print(4_985.0), [], "no entry by {bad:?}");
    }
}

#[test]
fn a_bot_that_holds_a_position_does_not_change_its_instrument_before_it_is_flat() {
    let mut stream = long(bot());
    let nq = InstrumentDefinition { instrument: InstrumentId(1), ..instrument() };
    stream.send(Input::Instrument(nq));
    let outs = stream.send(Input::Bot(BotDefinition { instrument: InstrumentId(1), ..bot() }));
    assert_eq!(alerts(&outs), ["it holds or works: its new definition waits until it is flat"]);
    assert_eq!(brief(&stream.print(5_000.0)), [(0, IntentReason::StopLoss)], "where it stands");
}

#[test]
fn a_definition_said_again_keeps_what_the_strategy_remembers() {
    let mut stream = Stream::new(&[bot()]);
    for minute in 0..5 {
        stream.at(minute).print(5_000.0);
    }
    stream.send(Input::Instrument(instrument()));
    stream.send(Input::Bot(BotDefinition { order_qty: 1, ..bot() }));
    stream.at(5).print(5_015.0);
    assert_eq!(brief(&stream.at(6).print(5_015.0)), [(1, IntentReason::Signal)]);
}

#[test]
fn another_contract_or_tick_stops_a_bot_until_it_is_defined_again() {
    let another_tick = InstrumentDefinition { tick: Price(1), ..instrument() };
    let another_contract = InstrumentDefinition { symbol: Text::new("ESM4"), ..instrument() };
    for another in [another_tick, another_contract] {
        let run = |defined_again: bool| {
            let mut stream = Stream::new(&[bot()]);
            stream.send(Input::Instrument(another));
            if defined_again {
                stream.send(Input::Bot(bot()));
            }
            brief(&stream.break_upward())
        };
        assert_eq!(run(false), []);
        assert_eq!(run(true), [(2, IntentReason::Signal)]);
    }
}

#[test]
fn a_disabled_bot_with_a_position_still_hears_its_strategy_say_out() {
    let mut stream = Stream::new(&[reverter()]);
    for minute in 0..30 {
        stream.at(minute).print(5_000.0 + if minute % 2 == 0 { 0.5 } else { -0.5 });
    }
    stream.at(30).print(4_990.0);
    stream.at(31).print(4_990.0);
    stream.fill(BOT, 2, 4_989.75);
    stream.send(Input::Bot(BotDefinition { enabled: false, ..reverter() }));
    stream.at(32).print(5_000.0);
    assert_eq!(brief(&stream.at(33).print(5_000.0)), [(0, IntentReason::Signal)]);
}

#[test]
fn bots_run_in_the_order_of_their_table() {
    let second = BotDefinition { bot: BotId(1), ..bot() };
    let mut stream = Stream::new(&[second, bot()]);
    let bots: Vec<u16> = stream.break_upward().iter().map(|intent| intent.bot.0).collect();
    assert_eq!(bots, [0, 1]);
}

#[test]
fn hours_are_the_bots_own() {
    let night = BotDefinition { bot: BotId(1), session: SessionMode::Full24x5, ..bot() };
    let mut stream = Stream::new(&[bot(), night]);
    // The evening's opening range was not seen, so only the regular session's is traded.
    let bots: Vec<u16> = stream.break_upward().iter().map(|intent| intent.bot.0).collect();
    assert_eq!(bots, [0]);
    assert_eq!(TICK, instrument().tick);
}

#[test]
fn hours_are_those_of_the_instruments_own_group_and_an_unknown_product_has_none() {
    let of = |product: &str| {
        let mut stream = Stream::new(&[bot()]);
        stream.send(Input::Instrument(InstrumentDefinition {
            product: Text::new(product),
            ..instrument()
        }));
        stream.break_upward().len()
    };
    assert_eq!(of("ES"), 1);
    assert_eq!(of("6E"), 1);
    assert_eq!(of("XX"), 0);
}
