//! What the chain's head decides for all stages.

use super::fixtures::{ES, OPEN, Stream, bot, instrument, points, trade};
use crate::message::{Arrival, ToRisk};
use gauntlet_model::effect::{Effect, Ruling};
use gauntlet_model::ids::{BotId, ClOrdId, InstrumentId};
use gauntlet_model::input::{
    BookAction, BotDefinition, ExecType, ExecutionReport, FeedChange, FeedEvent, Input,
    InstrumentDefinition, Mbo, Ohlcv, OrdStatus, Quote, Route, RunStart, Stage, Timer, TopOfBook,
    Trade, flags,
};
use gauntlet_model::text::Text;
use gauntlet_model::units::{Price, Side, UnixNanos};
use proptest::prelude::*;

fn arrival(stream: &mut Stream, input: Input) -> Arrival<'static> {
    match stream.send(input).first() {
        Some(ToRisk::Input(arrival)) => *arrival,
        other => panic!("an input is passed on first, not {other:?}"),
    }
}

fn of_schema(schema: u8, instrument: InstrumentId, ts_event: UnixNanos) -> Input {
    let (price, size, sequence) = (points(5_000.0), 1, 0);
    match schema {
        0 => Input::Ohlcv(Ohlcv {
            instrument,
            seconds: 60,
            ts_open: UnixNanos(ts_event.0 - 60_000_000_000),
            open: price,
            high: price,
            low: price,
            close: price,
            volume: 1,
        }),
        1 => Input::Trade(Trade {
            instrument,
            side: None,
            flags: 0,
            price,
            size,
            ts_event,
            sequence,
        }),
        2 => Input::Quote(Quote {
            instrument,
            action: BookAction::Add,
            side: None,
            flags: flags::LAST,
            price,
            size,
            top: TopOfBook::EMPTY,
            ts_event,
            sequence,
        }),
        _ => Input::Mbo(Mbo {
            instrument,
            action: BookAction::Add,
            side: Some(Side::Buy),
            flags: flags::LAST,
            price,
            size,
            order_id: 1,
            ts_event,
            sequence,
        }),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The naive way: the richest schema heard since the instrument's feed connected, or the
    /// instrument became another.
    #[test]
    fn data_is_news_when_its_instrument_listens_to_its_schema(
        steps in prop::collection::vec((0u8..8, any::<bool>()), 1..60),
    ) {
        let mut stream = Stream::new(&[]);
        let mut richest = None;
        for (step, of_feed) in steps {
            let now = stream.now;
            match step {
                0..=3 => {
                    let news = arrival(&mut stream, of_schema(step, ES, now)).fresh;
                    prop_assert_eq!(news, Some(step) >= richest);
                    richest = richest.max(Some(step));
                }
                4 => {
                    let elsewhere = of_schema(3, InstrumentId(9), now);
                    prop_assert!(arrival(&mut stream, elsewhere).fresh, "nobody's data");
                }
                5 => {
                    let (feed, change) = (u8::from(!of_feed), FeedChange::Connected);
                    let event = FeedEvent { feed, change, detail: Text::EMPTY };
                    prop_assert!(arrival(&mut stream, Input::Feed(event)).fresh);
                    richest = richest.filter(|_| !of_feed);
                }
                6 => {
                    let symbol = Text::new(if of_feed { "ESM4" } else { "ESH4" });
                    let now_is = stream.fusion.markets().definition(ES).map(|d| d.symbol);
                    let definition = InstrumentDefinition { symbol, ..instrument() };
                    stream.send(Input::Instrument(definition));
                    richest = richest.filter(|_| now_is == Some(symbol));
                }
                _ => {
                    let timer = Input::Timer(Timer { second: 1 });
                    prop_assert!(arrival(&mut stream, timer).fresh);
                }
            }
        }
    }
}

#[test]
fn an_execution_is_owned_by_the_bot_in_its_instrument_and_by_its_route_alone() {
    let mut stream = Stream::new(&[bot()]);
    let mut owned = |change: fn(&mut ExecutionReport), definition: Option<BotDefinition>| {
        if let Some(definition) = definition {
            assert_eq!(stream.define(&definition), Vec::<String>::new());
        }
        let mut report = stream.report(BotId(0), 1, 5_000.0, "E");
        change(&mut report);
        arrival(&mut stream, Input::Execution(report)).owned
    };
    assert!(owned(|_| {}, None));
    assert!(owned(|report| report.instrument = None, None));
    assert!(owned(|report| report.exec_type = ExecType::Canceled, None));
    assert!(!owned(|report| report.instrument = Some(InstrumentId(1)), None));
    assert!(!owned(|report| report.route = Route::BROKER, None));
    assert!(!owned(|report| report.cl_ord_id = ClOrdId::NONE, None));
    let another = |report: &mut ExecutionReport| {
        report.cl_ord_id = ClOrdId::new(1, BotId(1), 0).expect("fits");
    };
    assert!(!owned(another, None));
    let mut stream = Stream::new(&[BotDefinition { stage: Stage::Live, ..bot() }]);
    let mut owned = |route| {
        let report = ExecutionReport { route, ..stream.report(BotId(0), 1, 5_000.0, "E") };
        arrival(&mut stream, Input::Execution(report)).owned
    };
    assert!(owned(Route::BROKER) && !owned(Route::PAPER), "it is not simulated any more");
}

#[test]
fn a_bot_moves_when_it_is_flat_and_has_no_order_out_and_then_by_itself() {
    let live = BotDefinition { stage: Stage::Live, ..bot() };
    let ruling = |outs: &[ToRisk]| {
        outs.iter().find_map(|out| match out {
            ToRisk::Effect(Effect::Ruling(ruling)) => Some(ruling.ruling),
            _ => None,
        })
    };
    let working = |stream: &Stream, status: OrdStatus, leaves_qty: u32| {
        let order = ClOrdId::new(1, BotId(0), 0).expect("fits");
        let report = trade(order, Side::Buy, 0, points(5_000.0));
        Input::Execution(ExecutionReport {
            exec_type: ExecType::New,
            exec_id: Text::new(&format!("{status:?}")),
            ord_status: status,
            leaves_qty,
            transact_time: stream.now,
            ..report
        })
    };
    // Flat: at once, and nothing needs to be said.
    let mut stream = Stream::new(&[bot()]);
    assert!(arrival(&mut stream, Input::Bot(live)).fresh);
    // With an order out: when it is over.
    let mut stream = Stream::new(&[bot()]);
    let new = working(&stream, OrdStatus::New, 1);
    stream.send(new);
    assert_eq!(ruling(&stream.send(Input::Bot(live))), Some(Ruling::Waits));
    assert_eq!(stream.tick(1), []);
    let over = working(&stream, OrdStatus::Canceled, 0);
    assert_eq!(ruling(&stream.send(over)), Some(Ruling::InForce));
    // With a position: when it is given back.
    let mut stream = Stream::new(&[bot()]);
    stream.fill(BotId(0), 1, 5_000.0);
    assert!(!arrival(&mut stream, Input::Bot(live)).fresh);
    let out = stream.report(BotId(0), -1, 5_000.0, "out");
    assert_eq!(ruling(&stream.send(Input::Execution(out))), Some(Ruling::InForce));
    // A simulator's orders end with its process.
    let mut stream = Stream::new(&[bot()]);
    let new = working(&stream, OrdStatus::New, 1);
    stream.send(new);
    stream.send(Input::RunStart(run(2)));
    assert!(arrival(&mut stream, Input::Bot(live)).fresh);
    // But a broker's do not.
    let mut stream = Stream::new(&[live]);
    let Input::Execution(new) = working(&stream, OrdStatus::New, 1) else { return };
    stream.send(Input::Execution(ExecutionReport { route: Route::BROKER, ..new }));
    stream.send(Input::RunStart(run(2)));
    assert!(!arrival(&mut stream, Input::Bot(bot())).fresh);
}

fn run(run: u32) -> RunStart {
    RunStart {
        epoch: 1,
        run,
        config_hash: [0; 32],
        binary_hash: [0; 32],
        version: Text::EMPTY,
        self_test_passed: true,
    }
}

#[test]
fn a_fill_that_is_not_owned_moves_no_position_here_either() {
    let mut stream = Stream::new(&[bot()]);
    let order = ClOrdId::new(1, BotId(0), 0).expect("fits");
    stream.at(1);
    let fill = ExecutionReport {
        exec_id: Text::new("E3"),
        transact_time: OPEN,
        ..trade(order, Side::Buy, 1, points(5_000.0))
    };
    // What is held and not wanted is given back, with each timer again.
    let gives_back = |stream: &mut Stream, report| {
        stream.send(Input::Execution(report));
        stream.tick(1).first().map(|intent| intent.target)
    };
    let strange = ExecutionReport { route: Route::SHADOW, ..fill };
    assert_eq!(gives_back(&mut stream, strange), None);
    let priceless = ExecutionReport { last_px: Price::NONE, exec_id: Text::new("E2"), ..fill };
    assert_eq!(gives_back(&mut stream, priceless), None);
    assert_eq!(gives_back(&mut stream, fill), Some(0));
}
