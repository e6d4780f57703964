//! What the chain's head decides for all stages.

use super::fixtures::{ES, OPEN, Stream, bot, instrument, points, trade};
use crate::message::{Arrival, ToRisk};
use gauntlet_model::ids::{BotId, ClOrdId, InstrumentId};
use gauntlet_model::input::{
    BookAction, BotDefinition, ExecType, ExecutionReport, FeedChange, FeedEvent, Input,
    InstrumentDefinition, Mbo, Ohlcv, Quote, Route, Stage, Timer, TopOfBook, Trade, flags,
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
    let promoted = BotDefinition { stage: Stage::Live, ..bot() };
    assert!(owned(|report| report.route = Route::BROKER, Some(promoted)));
    assert!(!owned(|_| {}, None), "it is not simulated any more");
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
