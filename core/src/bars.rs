//! Bars from trades.
//!
//! A bar covers whole `seconds` of the exchange's clock, counted from the Unix epoch, and holds the
//! trades whose exchange time falls in it. It is published once and never changed: when the
//! exchange's clock, read off any event of the instrument, has reached its end, or
//! [`GRACE_NANOS`] after its end by the stream's clock, for markets that fall silent. A trade that
//! comes later than that is counted and left out. A stretch without trades has no bar.

use crate::effect::Bar;
use crate::ids::InstrumentId;
use crate::units::{NANOS_PER_SECOND, Price, UnixNanos};

/// How long after its end a bar waits for trades still on their way, when no event of the
/// instrument tells that its time is over.
pub const GRACE_NANOS: u64 = NANOS_PER_SECOND;

/// Makes the bars of one instrument.
#[derive(Clone, Debug)]
pub struct BarBuilder {
    instrument: InstrumentId,
    seconds: u32,
    open: Option<Bar>,
    /// No bar that begins earlier can be published any more.
    closed_until: UnixNanos,
    late_trades: u64,
}

impl BarBuilder {
    /// A builder of bars of a length in seconds, which must not be zero.
    pub fn new(instrument: InstrumentId, seconds: u32) -> BarBuilder {
        debug_assert!(seconds > 0, "a bar has a length");
        BarBuilder {
            instrument,
            seconds: seconds.max(1),
            open: None,
            closed_until: UnixNanos(0),
            late_trades: 0,
        }
    }

    /// The exchange's clock has reached a time: closes the bar that ends by it, if there is one.
    pub fn advance(&mut self, ts_event: UnixNanos) -> Option<Bar> {
        let bar = self.open.filter(|bar| self.end(bar) <= ts_event)?;
        self.open = None;
        self.closed_until = self.end(&bar);
        Some(bar)
    }

    /// The stream's clock has reached a time: closes the bar that has waited long enough.
    pub fn expire(&mut self, now: UnixNanos) -> Option<Bar> {
        self.advance(UnixNanos(now.0.saturating_sub(GRACE_NANOS)))
    }

    /// Adds a trade. Returns the bar that its time closes, if there is one.
    pub fn trade(&mut self, ts_event: UnixNanos, price: Price, size: u32) -> Option<Bar> {
        let closed = self.advance(ts_event);
        let ts_open = UnixNanos(ts_event.0 - ts_event.0 % self.nanos());
        if ts_open < self.open.map_or(self.closed_until, |bar| bar.ts_open) {
            self.late_trades += 1;
            return closed;
        }
        let bar = self.open.get_or_insert(Bar {
            instrument: self.instrument,
            seconds: self.seconds,
            ts_open,
            open: price,
            high: price,
            low: price,
            close: price,
            volume: 0,
        });
        bar.high = bar.high.max(price);
        bar.low = bar.low.min(price);
        bar.close = price;
        bar.volume += u64::from(size);
        closed
    }

    /// Takes a bar that the vendor made in place of one of ours. Returns whether it counts: it must
    /// have this builder's length, begin after the last one published, and not compete with a bar
    /// that is being built from trades.
    pub fn vendor_bar(&mut self, bar: &Bar) -> bool {
        let counts = bar.seconds == self.seconds
            && self.open.is_none()
            && bar.ts_open >= self.closed_until
            && bar.ts_open.0.is_multiple_of(self.nanos());
        if counts {
            self.closed_until = self.end(bar);
        }
        counts
    }

    /// Trades that came after their bar was published.
    pub fn late_trades(&self) -> u64 {
        self.late_trades
    }

    fn nanos(&self) -> u64 {
        u64::from(self.seconds) * NANOS_PER_SECOND
    }

    fn end(&self, bar: &Bar) -> UnixNanos {
        bar.ts_open.plus(self.nanos())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recorded;
    use proptest::prelude::*;

    const SECOND: u64 = NANOS_PER_SECOND;

    fn builder() -> BarBuilder {
        BarBuilder::new(InstrumentId(0), 60)
    }

    fn seconds(seconds: u64) -> UnixNanos {
        UnixNanos(seconds * SECOND)
    }

    fn bar(open_second: u64, prices: [i64; 4], volume: u64) -> Option<Bar> {
        let [open, high, low, close] = prices.map(Price);
        let (instrument, ts_open) = (InstrumentId(0), seconds(open_second));
        Some(Bar { instrument, seconds: 60, ts_open, open, high, low, close, volume })
    }

    #[test]
    fn a_bar_is_published_by_the_first_event_at_its_end() {
        let mut bars = builder();
        assert_eq!(bars.trade(seconds(60), Price(10), 1), None);
        assert_eq!(bars.trade(seconds(61), Price(12), 2), None);
        assert_eq!(bars.trade(seconds(62), Price(9), 3), None);
        assert_eq!(bars.advance(UnixNanos(120 * SECOND - 1)), None);
        assert_eq!(bars.advance(seconds(120)), bar(60, [10, 12, 9, 9], 6));
        assert_eq!(bars.advance(seconds(121)), None, "published once");
    }

    #[test]
    fn a_trade_of_the_next_minute_publishes_the_bar_and_opens_another() {
        let mut bars = builder();
        bars.trade(seconds(60), Price(10), 1);
        assert_eq!(bars.trade(seconds(120), Price(20), 1), bar(60, [10; 4], 1));
        assert_eq!(bars.advance(seconds(180)), bar(120, [20; 4], 1));
    }

    #[test]
    fn a_silent_market_has_its_bar_one_second_after_its_end() {
        let mut bars = builder();
        bars.trade(seconds(119), Price(10), 1);
        assert_eq!(bars.expire(seconds(120)), None);
        assert_eq!(bars.expire(seconds(121)), bar(60, [10; 4], 1));
    }

    #[test]
    fn minutes_without_trades_have_no_bar() {
        let mut bars = builder();
        bars.trade(seconds(60), Price(10), 1);
        assert!(bars.advance(seconds(600)).is_some());
        assert_eq!(bars.expire(seconds(900)), None);
        assert_eq!(bars.trade(seconds(910), Price(11), 1), None);
    }

    #[test]
    fn a_trade_of_a_published_minute_is_counted_and_left_out() {
        let mut bars = builder();
        bars.trade(seconds(60), Price(10), 1);
        bars.advance(seconds(120));
        assert_eq!(bars.trade(seconds(119), Price(99), 1), None);
        assert_eq!(bars.late_trades(), 1);
        bars.trade(seconds(130), Price(11), 1);
        bars.trade(seconds(119), Price(99), 1);
        assert_eq!(bars.late_trades(), 2);
        assert_eq!(bars.advance(seconds(180)), bar(120, [11; 4], 1));
    }

    #[test]
    fn a_vendors_bar_counts_only_where_none_is_built_or_published() {
        let mut bars = builder();
        let vendor = bar(60, [1, 2, 1, 2], 5).expect("a bar");
        assert!(bars.vendor_bar(&vendor));
        assert!(!bars.vendor_bar(&vendor), "published already");
        assert!(!bars.vendor_bar(&Bar { seconds: 3600, ts_open: seconds(3600), ..vendor }));
        assert!(!bars.vendor_bar(&Bar { ts_open: seconds(130), ..vendor }), "between minutes");
        bars.trade(seconds(180), Price(10), 1);
        assert!(!bars.vendor_bar(&Bar { ts_open: seconds(180), ..vendor }), "being built");
    }

    #[test]
    fn bars_of_recorded_trades_are_the_vendors_bars() {
        let trades = recorded::trades("esu4-20240701.trades.dbn.zst");
        let vendor = recorded::bars("esu4-nqu4-20240701.ohlcv-1m.dbn.zst");
        let (Some(trades), Some(vendor)) = (trades, vendor) else { return };
        let mut builder = builder();
        let ours: Vec<Bar> =
            trades.iter().filter_map(|t| builder.trade(t.ts_event, t.price, t.size)).collect();
        assert_eq!(builder.late_trades(), 0);
        // The vendor's number of ESU4 in this file; NQU4 has another.
        const ESU4: u32 = 118;
        // The trades begin a second after 23:58 and end within 00:01, whose bar stays open.
        let begin = trades[0].ts_event.0;
        let minutes = vendor.iter().filter(|(id, bar)| {
            *id == ESU4 && bar.ts_open.0 + 60 * SECOND > begin && bar.ts_open <= ours[2].ts_open
        });
        let vendors: Vec<Bar> = minutes
            .map(|(_, bar)| Bar {
                instrument: bar.instrument,
                seconds: bar.seconds,
                ts_open: bar.ts_open,
                open: bar.open,
                high: bar.high,
                low: bar.low,
                close: bar.close,
                volume: bar.volume,
            })
            .collect();
        assert_eq!(ours.len(), 3);
        assert_eq!(ours, vendors);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]
        #[test]
        fn bars_never_overlap_and_hold_every_trade_that_is_not_late(
            steps in prop::collection::vec((-70i64..90, 1i64..100, 1u32..5), 1..200),
        ) {
            let mut bars = builder();
            let (mut clock, mut out, mut contracts) = (10_000i64, vec![], 0);
            for (step, price, size) in steps {
                clock += step;
                let late = bars.late_trades();
                out.extend(bars.trade(seconds(clock as u64), Price(price), size));
                contracts += if bars.late_trades() == late { u64::from(size) } else { 0 };
            }
            out.extend(bars.expire(UnixNanos(u64::MAX)));
            prop_assert_eq!(out.iter().map(|bar| bar.volume).sum::<u64>(), contracts);
            prop_assert!(out.windows(2).all(|w| w[0].ts_open.0 + 60 * SECOND <= w[1].ts_open.0));
            for bar in &out {
                prop_assert!(bar.low <= bar.open.min(bar.close));
                prop_assert!(bar.high >= bar.open.max(bar.close));
                prop_assert!(bar.ts_open.0 % (60 * SECOND) == 0);
            }
        }
    }
}
