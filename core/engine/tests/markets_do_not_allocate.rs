//! Proves that the markets take no memory per event once their instruments are defined.

use gauntlet_engine::market::{MarketOutput, Markets};
use gauntlet_model::ids::InstrumentId;
use gauntlet_model::input::{
    BarKind, BookAction, FeedChange, FeedEvent, Input, InstrumentDefinition, InstrumentLimits, Mbo,
    Sequenced, SessionMode, Timeframe, Timer, flags,
};
use gauntlet_model::text::Text;
use gauntlet_model::units::{Money, NANOS_PER_SECOND, Price, Side, UnixNanos};
use gauntlet_testkit::allocation::{Counting, mine};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A fixed stream of orders around 4800 that come, change, trade and go, with more of them than the
/// book holds, now and then a clear, a lost connection, a timer.
fn input(step: u64) -> (UnixNanos, Input) {
    let noise = step.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (step << 7);
    let pick = |shift: u32, among: u64| (noise >> shift) % among;
    let time = UnixNanos(1_700_000_000 * NANOS_PER_SECOND + step * 10_000_000);
    let instrument = InstrumentId(pick(3, 2) as u16);
    if step.is_multiple_of(100) {
        return (time, Input::Timer(Timer { second: time.0 / NANOS_PER_SECOND }));
    }
    if step.is_multiple_of(49_999) {
        let change = if pick(9, 2) == 0 { FeedChange::Connected } else { FeedChange::Gap };
        return (time, Input::Feed(FeedEvent { feed: 0, change, detail: Text::EMPTY }));
    }
    let action = match pick(11, 16) {
        _ if step.is_multiple_of(30_011) => BookAction::Clear,
        0..8 => BookAction::Add,
        8..11 => BookAction::Modify,
        11..15 => BookAction::Cancel,
        _ => BookAction::Trade,
    };
    let side = if pick(17, 2) == 0 { Side::Buy } else { Side::Sell };
    let ticks = 1 + pick(23, 800) as i64;
    let event = Mbo {
        instrument,
        action,
        side: Some(side),
        flags: flags::LAST,
        price: Price((4_800_000_000_000 - side.sign() * ticks * 250_000_000).max(0)),
        size: 1 + pick(37, 9) as u32,
        order_id: pick(41, 6_000),
        ts_event: time,
        sequence: step as u32,
    };
    (time, Input::Mbo(event))
}

#[test]
fn a_million_events_take_no_memory() {
    let mut markets = Markets::with_book_capacity(4_096);
    let (mut outputs, mut bars) = (0u64, 0u64);
    let mut send = |markets: &mut Markets, seq: u64, time: UnixNanos, input: Input| {
        markets.on(&Sequenced { seq, time, input }, &mut |output| {
            outputs += 1;
            bars += u64::from(matches!(output, MarketOutput::Bar(..)));
        });
    };
    for index in 0..2 {
        let definition = InstrumentDefinition {
            instrument: InstrumentId(index),
            symbol: Text::new("ESH4"),
            product: Text::new("ES"),
            feed: 0,
            tick: Price(250_000_000),
            multiplier: Money(50_000_000),
            limits: InstrumentLimits::default(),
        };
        send(&mut markets, 0, UnixNanos(0), Input::Instrument(definition));
        for kind in Timeframe::ALL.map(BarKind::Time).into_iter().chain([BarKind::Volume(50)]) {
            markets.follow(InstrumentId(index), kind, SessionMode::Full24x5).expect("room");
        }
        markets.follow(InstrumentId(index), BarKind::Ticks(7), SessionMode::ExtUs).expect("room");
    }
    let before = mine();
    for step in 1..=1_000_000 {
        let (time, input) = input(step);
        send(&mut markets, step, time, input);
    }
    assert_eq!(mine() - before, 0);
    let book = markets.book(InstrumentId(0)).expect("defined");
    assert!(book.order_count() > 500, "the stream must fill the book to prove anything");
    assert!(bars > 5_000, "and finish bars of every kind, not {bars}");
    assert!(outputs > 50_000, "and change the market, not {outputs} times");
}
