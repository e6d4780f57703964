//! Minutes that the vendor tells after the fact.

use super::*;

const M5: BarKind = BarKind::Time(Timeframe::M5);

impl Bench {
    fn history(&mut self, minute: u64, price: i64) -> Vec<Bar> {
        let vendor = vendor(minute, price);
        self.with(|bars, out| {
            bars.history(&vendor, &Hours, out);
        })
    }

    /// Those of the last bars that are of a kind, each as (first minute, close, gap).
    fn of(bars: &[Bar], kind: BarKind) -> Vec<(u64, i64, bool)> {
        let of_kind = bars.iter().filter(|bar| bar.kind == kind);
        of_kind.map(|bar| (bar.ts_open.0 / NANOS_PER_MINUTE, bar.close.0, bar.gap)).collect()
    }

    fn all(&self, kind: BarKind) -> Vec<(u64, i64, bool)> {
        let bars: Vec<Bar> = self.out.iter().map(|(bar, _)| *bar).collect();
        Bench::of(&bars, kind)
    }
}

#[test]
fn history_and_live_trades_are_one_series_without_hole_or_double() {
    let mut bench = Bench::new(&[(M5, FULL)]);
    for minute in 10..17 {
        bench.history(minute, minute as i64);
    }
    // Live trading is joined within minute 17, which the vendor then tells whole.
    bench.trade(seconds(17 * 60 + 20), 100, 1);
    assert_eq!(bench.trade(seconds(18 * 60 + 1), 101, 1), [], "it waits for the vendor");
    assert_eq!(Bench::of(&bench.history(17, 17), M1), [(17, 17, false)]);
    assert_eq!(bench.history(17, 17), [], "told once");
    assert_eq!(Bench::of(&bench.trade(minutes(19), 102, 1), M1), [(18, 101, false)]);
    bench.history(18, 18);
    bench.trade(minutes(20), 103, 1);
    assert_eq!(
        bench.all(M1).iter().map(|(minute, ..)| *minute).collect::<Vec<_>>(),
        (10..20).collect::<Vec<_>>(),
    );
    assert_eq!(bench.all(M5), [(10, 14, false), (15, 102, false)]);
}

#[test]
fn a_partly_seen_minute_that_nobody_tells_whole_is_published_with_a_gap() {
    let mut bench = Bench::new(&[(M5, FULL)]);
    bench.history(11, 1);
    bench.trade(seconds(12 * 60 + 20), 100, 1);
    assert_eq!(bench.trade(seconds(13 * 60 + 1), 101, 1), []);
    assert_eq!(bench.timer(seconds(13 * 60 + 9)), []);
    assert_eq!(Bench::of(&bench.timer(seconds(13 * 60 + 10)), M1), [(12, 100, true)]);
    assert_eq!(bench.history(12, 1), [], "too late");
    assert_eq!(Bench::of(&bench.trade(minutes(14), 102, 1), M1), [(13, 101, false)]);
    bench.trade(minutes(15), 103, 1);
    assert_eq!(bench.all(M5), [(10, 102, true)]);
}

#[test]
fn the_next_minutes_end_does_not_wait_behind_one_that_nobody_tells() {
    let mut bench = Bench::new(&[]);
    bench.history(11, 1);
    bench.trade(seconds(12 * 60 + 20), 100, 1);
    bench.trade(seconds(13 * 60 + 1), 101, 1);
    let bars = bench.trade(minutes(14), 102, 1);
    assert_eq!(Bench::of(&bars, M1), [(12, 100, true), (13, 101, false)]);
}

#[test]
fn an_outage_is_filled_by_the_vendors_minutes() {
    let mut bench = Bench::new(&[(M5, FULL), (BarKind::Ticks(3), FULL)]);
    bench.history(10, 1);
    bench.trade(seconds(11 * 60), 10, 1);
    bench.history(11, 1);
    bench.trade(minutes(12), 11, 1);
    bench.trade(seconds(12 * 60 + 30), 12, 1);
    bench.bars.lost();
    assert_eq!(bench.timer(minutes(15)), [], "what is open may still be told whole");
    assert_eq!(bench.history(11, 1), [], "published already");
    for minute in [12, 13, 15] {
        bench.history(minute, minute as i64);
    }
    bench.trade(seconds(16 * 60 + 5), 20, 1);
    bench.trade(seconds(17 * 60), 21, 1);
    bench.history(16, 16);
    bench.trade(minutes(18), 22, 1);
    let expected = [
        (10, 1, false),
        (11, 10, false),
        (12, 12, false),
        (13, 13, false),
        (15, 15, false),
        (16, 16, false),
        (17, 21, false),
    ];
    assert_eq!(bench.all(M1), expected);
    assert_eq!(bench.all(M5), [(10, 13, false)]);
    let ticks = bench.all(BarKind::Ticks(3));
    assert!(ticks.iter().all(|(.., gap)| *gap), "minutes do not tell trades: {ticks:?}");
}

#[test]
fn history_that_does_not_reach_back_to_what_is_known_leaves_a_gap() {
    let mut bench = Bench::new(&[]);
    bench.history(10, 1);
    bench.trade(minutes(11), 10, 1);
    bench.trade(minutes(12), 11, 1);
    bench.bars.lost();
    assert_eq!(Bench::of(&bench.history(14, 14), M1), [(12, 11, true), (14, 14, true)]);
    assert_eq!(Bench::of(&bench.history(16, 16), M1), [(16, 16, false)]);
}

#[test]
fn absurd_and_old_minutes_are_left_out() {
    let mut bench = Bench::new(&[]);
    for minute in [12, 11, 12, 10] {
        bench.history(minute, minute as i64);
    }
    let price = Price(1);
    for odd in [
        Ohlcv { volume: 0, ..vendor(13, 1) },
        Ohlcv { high: Price(0), ..vendor(13, 1) },
        Ohlcv { low: Price(2), ..vendor(13, 1) },
        Ohlcv { close: Price::NONE, ..vendor(13, 1) },
        Ohlcv { seconds: 3_600, ..vendor(13, 1) },
        Ohlcv { ts_open: UnixNanos(u64::MAX), open: price, ..vendor(13, 1) },
        Ohlcv { ts_open: seconds(13 * 60 + 1), ..vendor(13, 1) },
    ] {
        let made = bench.with(|bars, out| assert!(!bars.history(&odd, &Hours, out)));
        assert_eq!(made, [], "{odd:?}");
    }
    assert_eq!(bench.all(M1), [(12, 12, false)]);
}

#[test]
fn where_the_vendor_makes_the_minutes_they_follow_its_history() {
    let mut bench = Bench::new(&[]);
    bench.history(10, 1);
    bench.history(11, 1);
    let bars = bench.vendor(13, 5, minutes(14));
    assert_eq!(Bench::of(&bars, M1), [(13, 5, false)]);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(256))]
    /// Whatever comes in whatever order: each minute once and in order, and none of the minutes that
    /// history told whole says that something is missing once it joins what is known.
    #[test]
    fn each_minute_is_published_once_and_in_order(
        steps in proptest::collection::vec((0u8..5, 0u64..150), 1..200),
    ) {
        let mut bench = Bench::new(&[(M5, FULL), (BarKind::Time(Timeframe::M15), FULL)]);
        let mut now = 600 * SECOND;
        // From the start on, somebody tells history.
        bench.history(9, 7);
        for (what, by) in steps {
            match what {
                0 | 1 => {
                    now += by * SECOND / 2;
                    bench.trade(UnixNanos(now), by as i64 + 1, 1);
                }
                2 => bench.bars.lost(),
                3 => {
                    now += by % 5 * SECOND;
                    bench.timer(UnixNanos(now));
                }
                _ => {
                    let minute = (now / NANOS_PER_MINUTE).saturating_sub(by % 6);
                    if (minute + 1) * NANOS_PER_MINUTE <= now {
                        bench.history(minute, 7);
                    }
                }
            }
        }
        for kind in [M1, M5, BarKind::Time(Timeframe::M15)] {
            let minutes: Vec<u64> = bench.all(kind).iter().map(|(minute, ..)| *minute).collect();
            proptest::prop_assert!(minutes.is_sorted_by(|a, b| a < b), "{kind:?}: {minutes:?}");
        }
        proptest::prop_assert_eq!(bench.bars.counters().late_minutes, 0);
    }
}
