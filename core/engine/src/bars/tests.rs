mod past;

use super::*;
use gauntlet_model::effect::Bar;
use gauntlet_model::ids::InstrumentId;
use gauntlet_model::input::{BarKind, Ohlcv, Timeframe};
use gauntlet_model::units::NANOS_PER_MINUTE;
use gauntlet_testkit::decoded as recorded;

const SECOND: u64 = NANOS_PER_SECOND;

/// Short sessions, so that a test meets many: `FULL` is minutes 10 to 55 of every hour, `RTH` minutes
/// 13 to 37 of every second hour, `EXT` minutes 0 to 60 of every third.
pub struct Hours;

impl Hours {
    fn rule(mode: SessionMode) -> (u64, u64, u64) {
        match mode {
            SessionMode::Full24x5 => (1, 10, 55),
            SessionMode::RthUs => (2, 13, 37),
            _ => (3, 0, 60),
        }
    }
}

impl Surroundings for Hours {
    fn session_at(&self, mode: SessionMode, at: UnixNanos) -> Option<SessionSpan> {
        let (every, from, to) = Hours::rule(mode);
        let hour = at.0 / NANOS_PER_MINUTE / 60;
        let span = SessionSpan { open: minutes(hour * 60 + from), close: minutes(hour * 60 + to) };
        (hour.is_multiple_of(every) && span.contains(at)).then_some(span)
    }

    fn next_open(&self, mode: SessionMode, at: UnixNanos) -> Option<UnixNanos> {
        let (every, from, _) = Hours::rule(mode);
        let hour = at.0 / NANOS_PER_MINUTE / 60;
        let mut opens = (hour..).filter(|hour| hour.is_multiple_of(every));
        opens.find_map(|hour| Some(minutes(hour * 60 + from)).filter(|open| *open > at))
    }

    fn day_at(&self, mode: SessionMode, at: UnixNanos) -> Option<SessionSpan> {
        self.session_at(mode, at)
    }

    fn book(&self) -> BookState {
        BookState { spread: 0.25, bid_size: 1.0, ask_size: 2.0, bid_depth: 3.0, ask_depth: 4.0 }
    }
}

pub fn minutes(minutes: u64) -> UnixNanos {
    UnixNanos(minutes * NANOS_PER_MINUTE)
}

fn seconds(seconds: u64) -> UnixNanos {
    UnixNanos(seconds * SECOND)
}

const M1: BarKind = BarKind::Time(Timeframe::M1);
const FULL: SessionMode = SessionMode::Full24x5;

/// A maker of bars on a stream without delay.
struct Bench {
    bars: InstrumentBars,
    out: Vec<(Bar, Tape)>,
}

impl Bench {
    fn new(series: &[(BarKind, SessionMode)]) -> Bench {
        let mut bars = InstrumentBars::new(InstrumentId(0));
        for (kind, session) in series {
            bars.follow(*kind, *session).expect("room");
        }
        Bench { bars, out: vec![] }
    }

    fn trade(&mut self, at: UnixNanos, price: i64, size: u32) -> Vec<Bar> {
        let aggressor = Some(if price % 2 == 0 { Side::Buy } else { Side::Sell });
        let print = Print { ts_event: at, price: Price(price), size, aggressor };
        self.with(|bars, out| bars.trade(&print, at, &Hours, out))
    }

    fn quote(&mut self, at: UnixNanos) -> Vec<Bar> {
        self.with(|bars, out| bars.advance(at, at, &Hours, out))
    }

    fn timer(&mut self, now: UnixNanos) -> Vec<Bar> {
        self.with(|bars, out| bars.expire(now, &Hours, out))
    }

    fn vendor(&mut self, minute: u64, price: i64, now: UnixNanos) -> Vec<Bar> {
        let vendor = vendor(minute, price);
        self.with(|bars, out| {
            bars.vendor_bar(&vendor, now, &Hours, out);
        })
    }

    fn with(
        &mut self,
        run: impl FnOnce(&mut InstrumentBars, &mut &mut dyn FnMut(Bar, Tape)),
    ) -> Vec<Bar> {
        let before = self.out.len();
        let out = &mut self.out;
        let mut put = |bar, tape| out.push((bar, tape));
        run(&mut self.bars, &mut (&mut put as &mut dyn FnMut(Bar, Tape)));
        self.out[before..].iter().map(|(bar, _)| *bar).collect()
    }

    fn last_tape(&self) -> Tape {
        self.out.last().expect("a bar").1
    }
}

fn vendor(minute: u64, price: i64) -> Ohlcv {
    let price = Price(price);
    Ohlcv {
        instrument: InstrumentId(0),
        seconds: 60,
        ts_open: minutes(minute),
        open: price,
        high: price,
        low: price,
        close: price,
        volume: 5,
    }
}

fn bar(kind: BarKind, minutes_span: (u64, u64), prices: [i64; 4], volume: u64) -> Bar {
    let [open, high, low, close] = prices.map(Price);
    let (ts_open, ts_close) = (minutes(minutes_span.0), minutes(minutes_span.1));
    let (instrument, session) = (InstrumentId(0), FULL);
    Bar { instrument, kind, session, gap: false, ts_open, ts_close, open, high, low, close, volume }
}

#[test]
fn a_bar_is_published_by_the_first_record_at_its_end() {
    let mut bench = Bench::new(&[]);
    assert_eq!(bench.trade(seconds(60), 10, 1), []);
    assert_eq!(bench.trade(seconds(61), 12, 2), []);
    assert_eq!(bench.trade(seconds(62), 9, 3), []);
    assert_eq!(bench.quote(UnixNanos(120 * SECOND - 1)), []);
    assert_eq!(bench.quote(seconds(120)), [bar(M1, (1, 2), [10, 12, 9, 9], 6)]);
    assert_eq!(bench.quote(seconds(121)), [], "published once");
    assert_eq!(bench.trade(seconds(130), 20, 1), []);
    assert_eq!(bench.trade(seconds(180), 30, 1), [bar(M1, (2, 3), [20; 4], 1)]);
}

#[test]
fn a_silent_market_has_its_bar_one_second_after_its_end() {
    let mut bench = Bench::new(&[]);
    bench.trade(seconds(60), 10, 1);
    bench.trade(seconds(119), 10, 1);
    assert_eq!(bench.timer(seconds(120)), []);
    assert_eq!(bench.timer(seconds(121)), [bar(M1, (1, 2), [10; 4], 2)]);
    assert_eq!(bench.timer(seconds(500)), [], "minutes without trades have no bar");
}

#[test]
fn a_market_that_lags_but_is_not_silent_keeps_its_trades() {
    let mut bench = Bench::new(&[]);
    let print = |at| Print { ts_event: seconds(at), price: Price(10), size: 1, aggressor: None };
    for at in 0..70 {
        let (now, trade) = (seconds(100 + at), print(60 + at));
        let finished = bench.with(|bars, out| bars.trade(&trade, now, &Hours, out));
        assert_eq!(finished.len(), usize::from(at == 60));
        assert_eq!(bench.timer(now), []);
    }
    assert_eq!(bench.bars.counters().late_trades, 0);
}

#[test]
fn a_trade_of_a_minute_that_is_over_is_counted_and_left_out_of_every_series() {
    let ticks = BarKind::Ticks(2);
    let mut bench = Bench::new(&[(ticks, FULL)]);
    bench.quote(minutes(12));
    assert_eq!(bench.trade(UnixNanos(minutes(12).0 - 1), 99, 1), []);
    assert_eq!(bench.bars.counters().late_trades, 1);
    bench.trade(minutes(12), 10, 1);
    let tick_bar = bench.trade(minutes(12), 11, 1);
    assert_eq!((tick_bar[0].kind, tick_bar[0].open), (ticks, Price(10)));
    assert_eq!(bench.quote(minutes(13)), [bar(M1, (12, 13), [10, 11, 10, 11], 2)]);
}

#[test]
fn time_bars_begin_with_the_session_and_the_last_one_ends_with_it() {
    let m30 = BarKind::Time(Timeframe::M30);
    let mut bench = Bench::new(&[(m30, FULL)]);
    // Trades in minutes 5 (outside), 10, 39, 40, 54 and 55 (outside) of an hour.
    for minute in [60, 65, 70, 99, 100, 114, 115] {
        bench.trade(minutes(minute), minute as i64, 1);
    }
    bench.timer(minutes(200));
    let larger: Vec<Bar> =
        bench.out.iter().map(|(bar, _)| *bar).filter(|bar| bar.kind == m30).collect();
    let expected =
        [bar(m30, (70, 100), [70, 99, 70, 99], 2), bar(m30, (100, 115), [100, 114, 100, 114], 2)];
    assert_eq!(larger, expected);
}

#[test]
fn a_larger_bar_follows_its_last_minute_even_when_that_had_no_trade() {
    let m5 = BarKind::Time(Timeframe::M5);
    let mut bench = Bench::new(&[(m5, FULL)]);
    bench.quote(minutes(10));
    bench.trade(minutes(11), 7, 1);
    assert_eq!(bench.quote(minutes(14)), [bar(M1, (11, 12), [7; 4], 1)]);
    assert_eq!(bench.quote(minutes(15)), [bar(m5, (10, 15), [7; 4], 1)]);
    bench.trade(minutes(19), 8, 1);
    let both = [bar(M1, (19, 20), [8; 4], 1), bar(m5, (15, 20), [8; 4], 1)];
    assert_eq!(bench.timer(UnixNanos(minutes(20).0 + GRACE_NS)), both);
}

#[test]
fn a_day_is_one_session() {
    let day = BarKind::Time(Timeframe::D1);
    let mut bench = Bench::new(&[(day, FULL)]);
    for minute in [10, 30, 54] {
        bench.trade(minutes(minute), 10, 1);
    }
    assert_eq!(bench.quote(minutes(55))[1], bar(day, (10, 55), [10; 4], 3));
}

#[test]
fn a_day_of_a_session_in_parts_is_one_bar() {
    let corn = Calendar::of_product("ZC");
    let mut bars = InstrumentBars::new(InstrumentId(0));
    let day = BarKind::Time(Timeframe::D1);
    bars.follow(day, FULL).expect("room");
    let mut out = vec![];
    // Wednesday 3 January 2024: from 19:00 the evening before to 07:45, and 08:30 to 13:20, Chicago.
    let midnight = 1_704_240_000;
    for (hour, minute, price) in [(1, 0, 10), (13, 44, 12), (14, 0, 99), (14, 30, 9), (19, 19, 11)]
    {
        let ts_event = seconds(midnight + hour * 3_600 + minute * 60);
        let print = Print { ts_event, price: Price(price), size: 1, aggressor: None };
        bars.trade(&print, ts_event, corn, &mut |bar, _| out.push(bar));
    }
    bars.expire(seconds(midnight + 86_400), corn, &mut |bar, _| out.push(bar));
    let days: Vec<&Bar> = out.iter().filter(|bar| bar.kind == day).collect();
    let [day] = days.as_slice() else { panic!("one day: {days:?}") };
    assert_eq!(
        (day.ts_open, day.ts_close),
        (seconds(midnight + 3_600), seconds(midnight + 69_600))
    );
    let prices = [day.open, day.high, day.low, day.close];
    assert_eq!((prices, day.volume), ([10, 12, 9, 11].map(Price), 4), "nothing of the pause");
}

/// [`Hours`] whose full sessions end at minute 40.
struct Early;

impl Surroundings for Early {
    fn session_at(&self, mode: SessionMode, at: UnixNanos) -> Option<SessionSpan> {
        let span = Hours.session_at(mode, at)?;
        let close = UnixNanos(span.open.0 + 30 * NANOS_PER_MINUTE);
        Some(SessionSpan { close, ..span }).filter(|span| span.contains(at))
    }

    fn next_open(&self, mode: SessionMode, at: UnixNanos) -> Option<UnixNanos> {
        Hours.next_open(mode, at)
    }

    fn day_at(&self, mode: SessionMode, at: UnixNanos) -> Option<SessionSpan> {
        self.session_at(mode, at)
    }

    fn book(&self) -> BookState {
        Hours.book()
    }
}

#[test]
fn what_is_open_ends_with_its_session_when_that_is_moved() {
    let kinds = [BarKind::Time(Timeframe::D1), BarKind::Time(Timeframe::H1), BarKind::Volume(10)];
    let closes_at = |moved: bool, at: u64| {
        let mut bench = Bench::new(&kinds.map(|kind| (kind, FULL)));
        bench.trade(minutes(10), 10, 1);
        bench.trade(minutes(20), 10, 1);
        bench.timer(minutes(25));
        if moved {
            bench.bars.calendar_changed(&Early);
        }
        let of = |bar: &Bar| bar.kind != M1;
        bench.timer(UnixNanos(minutes(at).0 + GRACE_NS)).into_iter().filter(of).collect::<Vec<_>>()
    };
    let ends = |bars: Vec<Bar>| {
        bars.iter().map(|bar| bar.ts_close.0 / NANOS_PER_MINUTE).collect::<Vec<_>>()
    };
    assert_eq!(ends(closes_at(false, 41)), [0; 0]);
    assert_eq!(ends(closes_at(true, 39)), [0; 0]);
    assert_eq!(ends(closes_at(true, 41)), [40, 40, 20]);
    assert_eq!(ends(closes_at(false, 56)), [55, 55, 20]);
}

#[test]
fn a_trade_that_overfills_a_volume_bar_is_not_split_and_ends_it() {
    let volume = BarKind::Volume(10);
    let mut bench = Bench::new(&[(volume, FULL)]);
    bench.quote(minutes(10));
    assert_eq!(bench.trade(minutes(20), 10, 6), []);
    let full = bench.trade(minutes(20), 12, 9);
    assert_eq!(full, [bar(volume, (20, 20), [10, 12, 10, 12], 15)]);
    assert_eq!(bench.trade(minutes(20), 11, 10), [bar(volume, (20, 20), [11; 4], 10)]);
}

#[test]
fn the_sessions_end_closes_what_is_left_of_a_volume_bar() {
    let volume = BarKind::Volume(10);
    let mut bench = Bench::new(&[(volume, FULL)]);
    bench.quote(minutes(10));
    bench.trade(minutes(50), 10, 6);
    bench.trade(minutes(53), 12, 1);
    assert_eq!(bench.quote(minutes(55))[1], bar(volume, (50, 53), [10, 12, 10, 12], 7));
    bench.trade(minutes(56), 12, 100);
    bench.trade(minutes(70), 12, 9);
    let next = bench.trade(minutes(70), 12, 1);
    assert_eq!(next, [bar(volume, (70, 70), [12; 4], 10)], "outside of the session counts nothing");
}

#[test]
fn a_loss_marks_the_bar_that_it_is_in_and_the_first_one_after_a_bar_that_is_missing() {
    let mut bench = Bench::new(&[(BarKind::Time(Timeframe::M15), SessionMode::ExtUs)]);
    let mut gaps = |run: &mut dyn FnMut(&mut Bench) -> Vec<Bar>| -> Vec<(BarKind, bool)> {
        run(&mut bench).iter().map(|bar| (bar.kind, bar.gap)).collect()
    };
    let m15 = BarKind::Time(Timeframe::M15);
    gaps(&mut |bench| bench.trade(minutes(0), 10, 1));
    gaps(&mut |bench| bench.trade(seconds(100), 10, 1));
    gaps(&mut |bench| {
        bench.bars.lost();
        vec![]
    });
    assert_eq!(gaps(&mut |bench| bench.timer(seconds(200))), [(M1, true)]);
    assert_eq!(gaps(&mut |bench| bench.trade(minutes(31), 10, 1)), [(m15, true)]);
    assert_eq!(gaps(&mut |bench| bench.quote(minutes(32))), [(M1, true)]);
    assert_eq!(gaps(&mut |bench| bench.trade(minutes(33), 10, 1)), []);
    assert_eq!(gaps(&mut |bench| bench.quote(minutes(34))), [(M1, false)]);
    assert_eq!(gaps(&mut |bench| bench.quote(minutes(45))), [(m15, true)]);
    assert_eq!(gaps(&mut |bench| bench.trade(minutes(46), 10, 1)), []);
    assert_eq!(gaps(&mut |bench| bench.quote(minutes(60))), [(M1, false), (m15, false)]);
}

#[test]
fn what_is_lost_outside_of_a_session_is_no_gap_of_it() {
    let m5 = BarKind::Time(Timeframe::M5);
    let mut bench = Bench::new(&[(m5, SessionMode::RthUs)]);
    bench.quote(minutes(13));
    bench.trade(minutes(36), 10, 1);
    assert!(!bench.quote(minutes(40))[1].gap);
    bench.bars.lost();
    bench.quote(minutes(60));
    bench.trade(minutes(120 + 15), 10, 1);
    assert!(!bench.quote(minutes(140))[1].gap);
    bench.bars.lost();
    bench.quote(minutes(240 + 50));
    bench.trade(minutes(360 + 15), 10, 1);
    let after = bench.quote(minutes(380));
    assert!(after[1].gap, "a whole session was lost before it");
}

#[test]
fn a_series_that_is_followed_late_says_that_its_first_bar_lacks_its_beginning() {
    let m5 = BarKind::Time(Timeframe::M5);
    let mut bench = Bench::new(&[]);
    bench.trade(minutes(11), 10, 1);
    bench.trade(minutes(12), 10, 1);
    bench.bars.follow(m5, FULL).expect("room");
    bench.trade(minutes(13), 10, 1);
    assert_eq!(bench.quote(minutes(15))[1], Bar { gap: true, ..bar(m5, (10, 15), [10; 4], 2) });
    bench.trade(minutes(15), 10, 1);
    assert_eq!(bench.quote(minutes(20))[1], bar(m5, (15, 20), [10; 4], 1));
}

#[test]
fn the_tape_counts_aggressors_and_takes_the_book_at_the_bars_end() {
    let m5 = BarKind::Time(Timeframe::M5);
    let mut bench = Bench::new(&[(m5, FULL)]);
    for (minute, price, size) in [(10, 2, 3), (10, 3, 4), (12, 2, 5)] {
        bench.trade(minutes(minute), price, size);
    }
    bench.quote(minutes(15));
    let tape = bench.last_tape();
    assert_eq!((tape.buy_volume, tape.sell_volume, tape.trades), (8.0, 4.0, 3.0));
    assert_eq!((tape.spread, tape.bid_size, tape.ask_size), (0.25, 1.0, 2.0));
    assert_eq!((tape.bid_depth, tape.ask_depth), (3.0, 4.0));
    bench.vendor(20, 7, minutes(21));
    assert!(bench.last_tape().trades.is_nan() && bench.last_tape().spread.is_nan());
    bench.vendor(24, 7, minutes(25));
    assert_eq!(bench.out.last().expect("a bar").0.kind, m5);
    assert!(bench.last_tape().trades.is_nan() && bench.last_tape().buy_volume.is_nan());
}

#[test]
fn a_vendors_bar_counts_only_where_none_is_built_or_published() {
    let mut bench = Bench::new(&[]);
    let mut takes =
        |vendor: Ohlcv| bench.bars.vendor_bar(&vendor, vendor.ts_open, &Hours, &mut |_, _| {});
    assert!(takes(vendor(1, 9)));
    assert!(!takes(vendor(1, 9)), "published already");
    assert!(!takes(Ohlcv { seconds: 3600, ..vendor(60, 9) }));
    assert!(!takes(Ohlcv { ts_open: seconds(130), ..vendor(2, 9) }), "between minutes");
    assert!(!takes(Ohlcv { close: Price::NONE, ..vendor(2, 9) }), "without a price");
    assert!(!takes(Ohlcv { ts_open: UnixNanos(u64::MAX), ..vendor(2, 9) }));
    bench.trade(seconds(180), 10, 1);
    assert_eq!(bench.vendor(3, 9, seconds(240)), [], "being built");
}

#[test]
fn vendors_minutes_make_series_even_when_quotes_run_ahead_of_them() {
    let m5 = BarKind::Time(Timeframe::M5);
    let mut bench = Bench::new(&[(m5, FULL)]);
    bench.quote(minutes(10));
    for minute in 10..20 {
        bench.quote(minutes(minute + 1));
        bench.vendor(minute, minute as i64, minutes(minute + 1));
    }
    let larger: Vec<Bar> =
        bench.out.iter().map(|(bar, _)| *bar).filter(|bar| bar.kind == m5).collect();
    let expected =
        [bar(m5, (10, 15), [10, 14, 10, 14], 25), bar(m5, (15, 20), [15, 19, 15, 19], 25)];
    assert_eq!(larger, expected);
    assert_eq!(bench.bars.counters(), BarCounters::default());
}

#[test]
fn a_silent_vendors_last_bar_waits_longer_and_a_minute_after_it_is_counted() {
    let m5 = BarKind::Time(Timeframe::M5);
    let mut bench = Bench::new(&[(m5, FULL)]);
    bench.vendor(10, 7, minutes(11));
    let due = minutes(15).plus(VENDOR_GRACE_NS);
    assert_eq!(bench.timer(UnixNanos(due.0 - 1)), []);
    assert_eq!(bench.timer(due), [bar(m5, (10, 15), [7; 4], 5)]);
    assert_eq!(bench.vendor(14, 7, due), [bar(M1, (14, 15), [7; 4], 5)]);
    assert_eq!(bench.bars.counters().late_minutes, 1);
}

#[test]
fn series_are_made_once_refused_when_empty_or_too_many_and_forgotten_when_unused() {
    let mut bars = InstrumentBars::new(InstrumentId(0));
    assert_eq!(bars.follow(BarKind::Volume(0), FULL), Err(SeriesError::Empty));
    assert_eq!(bars.follow(BarKind::Ticks(0), FULL), Err(SeriesError::Empty));
    assert_eq!(bars.follow(M1, FULL), Ok(()), "those are there always");
    for contracts in 1..=SERIES_MAX as u32 {
        assert_eq!(bars.follow(BarKind::Volume(contracts), FULL), Ok(()));
        assert_eq!(bars.follow(BarKind::Volume(contracts), FULL), Ok(()));
    }
    assert_eq!(bars.follow(BarKind::Ticks(1), FULL), Err(SeriesError::Full));
    bars.retain(|kind, _| kind == BarKind::Volume(1));
    assert_eq!(bars.follow(BarKind::Ticks(1), FULL), Ok(()));
    assert_eq!(bars.most_at_once(), 9);
}

#[test]
fn bars_of_recorded_trades_are_the_vendors_bars() {
    let trades = recorded::trades("esu4-20240701.trades.dbn.zst");
    let vendor = recorded::bars("esu4-nqu4-20240701.ohlcv-1m.dbn.zst");
    let (Some(trades), Some(vendor)) = (trades, vendor) else { return };
    let mut bars = InstrumentBars::new(InstrumentId(0));
    let mut ours = vec![];
    for trade in &trades {
        let &gauntlet_model::input::Trade { ts_event, price, size, side, .. } = trade;
        let print = Print { ts_event, price, size, aggressor: side };
        bars.trade(&print, ts_event, &Hours, &mut |bar, _| ours.push(bar));
    }
    assert_eq!(bars.counters().late_trades, 0);
    // The vendor's number of ESU4 in this file; NQU4 has another.
    const ESU4: u32 = 118;
    // The trades begin a second after 23:58 and end within 00:01, whose bar stays open.
    let begin = trades[0].ts_event.0;
    let minutes = vendor.iter().filter(|(id, bar)| {
        *id == ESU4 && bar.ts_open.0 + 60 * SECOND > begin && bar.ts_open <= ours[2].ts_open
    });
    let told = |bar: &Bar| (bar.ts_open, bar.open, bar.high, bar.low, bar.close, bar.volume);
    let vendors: Vec<_> = minutes
        .map(|(_, bar)| (bar.ts_open, bar.open, bar.high, bar.low, bar.close, bar.volume))
        .collect();
    assert_eq!(ours.iter().map(told).collect::<Vec<_>>(), vendors);
    assert_eq!(ours.iter().map(|bar| bar.gap).collect::<Vec<_>>(), [true, false, false]);
}
