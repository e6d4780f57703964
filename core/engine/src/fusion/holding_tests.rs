//! What a bot makes of what it holds: by a fill, a correction or a journal's word, as bars end, and as an entry
//! runs out of time.

use super::fixtures::{ES, Stream, bot, brief, instrument, points};
use super::*;
use gauntlet_model::effect::{ExitLevels, IntentReason, OrderType, Outcome, TimeInForce, Urgency};
use gauntlet_model::ids::{AccountId, ClOrdId};
use gauntlet_model::input::{
    Adoption, BotDefinition, BrokerOrder, Distance, Exits, ForeignOrder, InstrumentDefinition,
    OrdStatus, Route, Stated, StatedKind,
};
use gauntlet_model::text::Text;
use gauntlet_model::units::{Money, Price, Side};

const BOT: BotId = BotId(0);

fn levels(outs: &[ToRisk]) -> Option<ExitLevels> {
    let levels = |out: &ToRisk| match out {
        ToRisk::Effect(Effect::Exits(levels)) => Some(*levels),
        _ => None,
    };
    outs.iter().rev().find_map(levels)
}

fn booked(qty: u32) -> Input {
    Input::Correction(Correction {
        bot: Some(BOT),
        qty,
        price: points(5_015.0),
        ..Correction::by_person(CorrectionKind::Book, Text::new("ann"), Text::new("by phone"))
    })
}

fn stated(held: i64) -> Input {
    Input::Stated(Stated {
        kind: StatedKind::Position,
        route: Route::PAPER,
        bot: BOT,
        account: AccountId(0),
        instrument: ES,
        order: ClOrdId::NONE,
        cl_ord_id: ClOrdId::NONE,
        side: Side::Buy,
        qty: 0,
        cum_qty: 0,
        price: Price::NONE,
        time_in_force: TimeInForce::Day,
        held,
        cost: held * points(5_015.0).0,
        realized: Money(0),
        volume: held.unsigned_abs(),
    })
}

#[test]
fn a_position_that_a_journal_states_is_given_back_since_nobody_wants_it() {
    let mut stream = Stream::new(&[bot()]);
    stream.at(1).print(5_000.0);
    assert_eq!(stream.tick(1), []);
    stream.send(stated(2));
    assert_eq!(brief(&stream.tick(1)), [(0, IntentReason::Signal)]);
}

#[test]
fn the_levels_of_a_position_are_shown_however_it_came_about() {
    let came_about = |how: fn(&mut Stream) -> Option<ExitLevels>| {
        let mut stream = Stream::new(&[bot()]);
        stream.break_upward();
        how(&mut stream).map(|levels| levels.stop)
    };
    // Twenty ticks below the entry.
    let stop = Some(points(5_010.0));
    assert_eq!(came_about(|stream| levels(&stream.send(booked(2)))), stop);
    assert_eq!(came_about(|stream| levels(&stream.send(stated(2)))), stop);
    let filled = |stream: &mut Stream| {
        let fill = stream.report(BOT, 2, 5_015.0, "F1");
        levels(&stream.send(Input::Execution(fill)))
    };
    assert_eq!(came_about(filled), stop);
    assert_eq!(came_about(|stream| levels(&stream.send(booked(0)))), None, "nothing was booked");
}

#[test]
fn bars_are_counted_from_the_first_that_ended_after_the_entry() {
    let exits = Exits { time_stop_bars: 3, ..bot().exits };
    let mut stream = Stream::new(&[BotDefinition { exits, ..bot() }]);
    stream.break_upward();
    let fill = stream.at(7).report(BOT, 2, 5_015.0, "F1");
    let entered = levels(&stream.send(Input::Execution(fill)));
    assert_eq!(entered.map(|levels| levels.bars_left), Some(3));
    // The bar of the seventh minute ends at the moment of the entry.
    assert_eq!(levels(&stream.send_print(5_015.0)), None);
    let after = levels(&stream.at(8).send_print(5_015.0));
    assert_eq!(after.map(|levels| levels.bars_left), Some(2));
}

#[test]
fn an_entry_that_got_nowhere_is_withdrawn_without_haste_and_one_partly_filled_keeps_what_it_got() {
    for (filled, target) in [(0, 0), (1, 1)] {
        let mut stream = Stream::new(&[bot()]);
        stream.break_upward();
        if filled > 0 {
            stream.fill(BOT, filled, 5_015.25);
        }
        let withdrawn: Vec<_> = stream.at(6 + SIGNAL_BARS).tick(0);
        let [intent] = withdrawn[..] else { panic!("one intent: {withdrawn:?}") };
        assert_eq!((intent.target, intent.urgency), (target, Urgency::Passive));
    }
}

#[test]
fn a_disabled_bot_that_holds_nothing_hears_nothing() {
    let mut stream = Stream::new(&[BotDefinition { enabled: false, ..bot() }]);
    for minute in 0..5 {
        for price in [5_000.0, 5_010.0, 4_990.0, 5_000.0] {
            stream.at(minute).print(price);
        }
    }
    stream.at(5).print(5_015.0);
    let outs = stream.at(6).send_print(5_015.0);
    let is_signal = |out: &ToRisk| matches!(out, ToRisk::Effect(Effect::Signal(_)));
    assert!(!outs.iter().any(is_signal));
    assert_eq!(stream.decision(BOT).outcome, Outcome::Disabled);
}

#[test]
fn other_exits_of_a_definition_count_from_the_next_bar_for_what_is_held_and_for_nothing_else() {
    let exits = Exits { stop_loss: Distance::Ticks(40), time_stop_bars: 5, ..bot().exits };
    let other = BotDefinition { exits, ..bot() };
    let mut held = Stream::new(&[bot()]);
    held.break_upward();
    held.fill(BOT, 2, 5_015.0);
    assert_eq!(held.define(&bot()), Vec::<String>::new());
    assert_eq!(levels(&held.at(7).send_print(5_015.0)), None, "they are what they were");
    assert_eq!(held.define(&other), Vec::<String>::new());
    let shown = levels(&held.at(8).send_print(5_015.0)).expect("they changed");
    // Forty ticks below the entry.
    assert_eq!((shown.stop, shown.bars_left), (points(5_005.0), 4));
    let mut flat = Stream::new(&[bot()]);
    assert_eq!(flat.define(&other), Vec::<String>::new());
    flat.at(7).print(5_015.0);
    assert_eq!(levels(&flat.at(8).send_print(5_015.0)), None);
}

#[test]
fn a_bot_is_defined_only_in_an_instrument_that_has_a_tick() {
    for (tick, accepted) in
        [(Price::NONE, false), (Price(0), false), (Price(-1), false), (Price(1), true)]
    {
        let mut stream = Stream::new(&[]);
        stream.send(Input::Instrument(InstrumentDefinition { tick, ..instrument() }));
        assert_eq!(stream.define(&bot()).is_empty(), accepted, "{tick:?}");
    }
}

/// The input as it goes on, and whether it is somebody's.
fn told(stream: &mut Stream, input: Input) -> (Input, bool) {
    match stream.send(input).first() {
        Some(ToRisk::Input(arrival)) => (arrival.sequenced.input, arrival.owned),
        other => panic!("an input goes on first: {other:?}"),
    }
}

#[test]
fn an_order_of_a_brokers_list_is_taken_over_by_who_trades_there_and_its_reports_get_our_name() {
    let order_id = Text::new("X1");
    let listed = || {
        let mut stream = Stream::new(&[bot()]);
        stream.send(Input::ForeignOrder(ForeignOrder {
            route: Route::BROKER,
            order_id,
            client_id: Text::new("PHONE"),
            order_type: Some(OrderType::Limit),
            time_in_force: Some(TimeInForce::GoodTillCancel),
            stop_px: Price::NONE,
            expires: gauntlet_model::units::UnixNanos(0),
        }));
        stream.send(Input::BrokerOrder(BrokerOrder {
            route: Route::BROKER,
            enquiry: 1,
            msg_seq_num: 0,
            total: 1,
            is_last: true,
            cl_ord_id: ClOrdId::NONE,
            orig_cl_ord_id: ClOrdId::NONE,
            order_id,
            account: Some(AccountId(0)),
            instrument: Some(ES),
            symbol: Text::EMPTY,
            ord_status: OrdStatus::New,
            side: Side::Buy,
            leaves_qty: 3,
            cum_qty: 0,
            order_qty: 3,
            price: points(5_000.0),
            avg_px: Price::NONE,
            transact_time: stream.now,
        }));
        stream
    };
    let adoption = |bot| {
        let (actor, approver) = (Text::new("ann"), Text::EMPTY);
        let (account, reason) = (AccountId(0), Text::new("placed by phone"));
        let (route, instrument) = (Route::BROKER, ES);
        Input::Adoption(Adoption {
            route,
            order_id,
            account,
            instrument,
            bot,
            actor,
            approver,
            reason,
        })
    };
    // The bot trades on paper, and not where the order is.
    for (bot, taken) in [(Some(BOT), false), (None, true)] {
        let mut stream = listed();
        assert_eq!(told(&mut stream, adoption(bot)).1, taken);
        let fill = stream.report(BOT, 1, 5_000.0, "F1");
        let (route, cl_ord_id) = (Route::BROKER, ClOrdId::NONE);
        let fill = ExecutionReport { route, order_id, cl_ord_id, ..fill };
        let (Input::Execution(named), owned) = told(&mut stream, Input::Execution(fill)) else {
            panic!("a report goes on as one");
        };
        assert_eq!((named.cl_ord_id.is_some(), owned), (taken, taken));
        assert!(
            !told(&mut stream, adoption(bot)).1,
            "it is one of ours already, or still nobody's"
        );
    }
}
