//! One-minute bars of what the gateway publishes, for those who subscribe to them, and kept for those
//! who come later.

use crate::market::Market;
use dbn::{MboMsg, Mbp1Msg, OhlcvMsg, RecordHeader, RecordRef, TradeMsg, rtype};
use gauntlet_model::units::{NANOS_PER_MINUTE, UnixNanos};
use std::collections::VecDeque;

/// Minutes that are kept of a listing: two weeks of them.
const KEPT: usize = 14 * 24 * 60;
/// Publisher of dataset `GLBX.MDP3` (CME Globex).
const PUBLISHER: u16 = 1;

/// The minutes of one listing.
#[derive(Debug)]
struct Minutes {
    instrument_id: u32,
    kept: VecDeque<OhlcvMsg>,
    open: Option<OhlcvMsg>,
    /// The type of record that told the first trade: of two that tell the same, one is counted.
    source: Option<u8>,
    /// The market publishes bars of its own.
    has_own: bool,
}

impl Minutes {
    fn of(instrument_id: u32) -> Minutes {
        Minutes { instrument_id, kept: VecDeque::new(), open: None, source: None, has_own: false }
    }

    fn keep(&mut self, bar: OhlcvMsg) {
        if self.kept.len() == KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back(bar);
    }

    fn trade(&mut self, minute: u64, price: i64, size: u32) {
        let blank = || OhlcvMsg {
            hd: RecordHeader::new::<OhlcvMsg>(
                rtype::OHLCV_1M,
                PUBLISHER,
                self.instrument_id,
                minute * NANOS_PER_MINUTE,
            ),
            open: price,
            high: price,
            low: price,
            close: price,
            volume: 0,
        };
        let bar = self.open.get_or_insert_with(blank);
        bar.high = bar.high.max(price);
        bar.low = bar.low.min(price);
        bar.close = price;
        bar.volume += u64::from(size);
    }
}

/// The minutes of every listing.
#[derive(Debug, Default)]
pub(super) struct MinuteBars {
    listings: Vec<Minutes>,
    /// The minute that the market's clock is in, counted from the epoch.
    minute: u64,
}

impl MinuteBars {
    /// Begins with what the market says was before it.
    pub fn new(market: &dyn Market) -> MinuteBars {
        let listings = market.listings().iter().enumerate().map(|(at, listing)| {
            let mut minutes = Minutes::of(listing.instrument_id);
            market.history(at).into_iter().for_each(|bar| minutes.keep(bar));
            minutes
        });
        MinuteBars { listings: listings.collect(), minute: market.now().0 / NANOS_PER_MINUTE }
    }

    /// A listing more, of which nothing is known yet.
    pub fn list(&mut self, instrument_id: u32) {
        self.listings.push(Minutes::of(instrument_id));
    }

    /// A listing is over: its minutes are given back.
    pub fn forget(&mut self, listing: usize) {
        if let Some(minutes) = self.listings.get_mut(listing) {
            minutes.kept = VecDeque::new();
        }
    }

    /// Takes a record that is to be published, and gives the bars that are finished before it.
    pub fn on(&mut self, listing: usize, record: &RecordRef<'_>, out: &mut Vec<OhlcvMsg>) {
        let header = record.header();
        let minute = header.ts_event / NANOS_PER_MINUTE;
        if header.rtype == rtype::OHLCV_1M {
            if let (Some(minutes), Some(bar)) =
                (self.listings.get_mut(listing), record.get::<OhlcvMsg>())
            {
                minutes.has_own = true;
                minutes.keep(bar.clone());
            }
            return;
        }
        let Some((price, size)) = trade(record) else {
            return self.pass(minute, header.rtype, out);
        };
        self.pass(minute, header.rtype, out);
        let Some(minutes) = self.listings.get_mut(listing) else { return };
        let is_source = *minutes.source.get_or_insert(header.rtype) == header.rtype;
        if is_source && !minutes.has_own && minute == self.minute {
            minutes.trade(minute, price, size);
        }
    }

    /// The market's clock reached a minute.
    fn pass(&mut self, minute: u64, rtype: u8, out: &mut Vec<OhlcvMsg>) {
        let tells_time = matches!(rtype, rtype::MBO | rtype::MBP_0 | rtype::MBP_1 | rtype::MBP_10);
        if !tells_time || minute <= self.minute {
            return;
        }
        self.minute = minute;
        for minutes in &mut self.listings {
            if let Some(bar) = minutes.open.take() {
                minutes.keep(bar.clone());
                out.push(bar);
            }
        }
    }

    /// The finished minutes of a listing from a time on.
    pub fn since(&self, listing: usize, start: UnixNanos) -> impl Iterator<Item = &OhlcvMsg> {
        let kept = self.listings.get(listing).into_iter().flat_map(|minutes| &minutes.kept);
        kept.filter(move |bar| bar.hd.ts_event >= start.0)
    }
}

/// A record's trade. A snapshot's records are none.
fn trade(record: &RecordRef<'_>) -> Option<(i64, u32)> {
    let is_trade = |action: std::ffi::c_char| action as u8 == b'T';
    match record.header().rtype {
        rtype::MBO => {
            record.get::<MboMsg>().filter(|m| is_trade(m.action)).map(|m| (m.price, m.size))
        }
        rtype::MBP_0 => {
            record.get::<TradeMsg>().filter(|m| is_trade(m.action)).map(|m| (m.price, m.size))
        }
        rtype::MBP_1 => {
            record.get::<Mbp1Msg>().filter(|m| is_trade(m.action)).map(|m| (m.price, m.size))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generated::{GeneratedConfig, GeneratedMarket};

    fn market() -> GeneratedMarket {
        let config = GeneratedConfig { symbols: vec!["ESZ6".into()], ..GeneratedConfig::default() };
        GeneratedMarket::new(&config).expect("a market")
    }

    fn traded(id: u32, kind: u8, at: u64, price: i64, size: u32) -> TradeMsg {
        let hd = RecordHeader::new::<TradeMsg>(kind, PUBLISHER, id, at);
        TradeMsg { hd, price, size, action: b'T' as _, ..TradeMsg::default() }
    }

    #[test]
    fn a_minute_is_told_before_the_first_record_after_it_and_kept() {
        let market = market();
        let id = market.listings()[0].instrument_id;
        let mut bars = MinuteBars::new(&market);
        let start = market.now().0;
        let before = bars.since(0, UnixNanos(0)).count();
        let mut out = vec![];
        for (seconds, price, size) in [(1, 10, 1), (2, 14, 2), (3, 8, 3), (59, 11, 4), (61, 20, 9)]
        {
            let trade = traded(id, rtype::MBP_0, start + seconds * 1_000_000_000, price, size);
            bars.on(0, &RecordRef::from(&trade), &mut out);
        }
        let [bar] = &out[..] else { panic!("{out:?}") };
        assert_eq!((bar.open, bar.high, bar.low, bar.close, bar.volume), (10, 14, 8, 11, 10));
        assert_eq!((bar.hd.ts_event, bar.hd.instrument_id), (start, id));
        assert_eq!(bars.since(0, UnixNanos(0)).count(), before + 1);
        assert_eq!(bars.since(0, UnixNanos(start)).collect::<Vec<_>>(), [bar]);
        assert_eq!(bars.since(0, UnixNanos(start + 1)).count(), 0);
    }
}
