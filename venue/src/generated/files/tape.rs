//! What of a market goes into a file: the records of one schema, bars made of trades among them.

use super::format::Encoder;
use super::plan::FilePlan;
use super::record::Rec;
use super::spoil::Faults;
use crate::market::{Listing, MarketSink, OrderEvent};
use crate::matching::records;
use dbn::{MboMsg, Mbp1Msg, OhlcvMsg, RecordHeader, RecordRef, Schema, TradeMsg, rtype};
use gauntlet_core::units::{NANOS_PER_SECOND, UnixNanos};
use std::io;

/// A bar that is being made.
#[derive(Clone, Debug)]
struct Open {
    bar: OhlcvMsg,
    length_ns: u64,
}

/// Where a market's records go. An error of the encoder stays until it is asked for.
pub(super) struct Tape<'a> {
    plan: &'a FilePlan,
    faults: Faults,
    encoder: &'a mut dyn Encoder,
    /// Length of bars in nanoseconds and their record type, for a file of bars.
    bars: Option<(u64, u8)>,
    /// Bars under way, in the order of their instruments.
    open: Vec<Open>,
    records: u64,
    failed: Option<io::Error>,
}

/// What bars of a schema are: their length in nanoseconds and their record type.
fn bars(schema: Schema) -> Option<(u64, u8)> {
    let (seconds, rtype) = match schema {
        Schema::Ohlcv1S => (1, rtype::OHLCV_1S),
        Schema::Ohlcv1M => (60, rtype::OHLCV_1M),
        Schema::Ohlcv1H => (3_600, rtype::OHLCV_1H),
        Schema::Ohlcv1D => (86_400, rtype::OHLCV_1D),
        _ => return None,
    };
    Some((seconds * NANOS_PER_SECOND, rtype))
}

impl<'a> Tape<'a> {
    pub fn new(plan: &'a FilePlan, encoder: &'a mut dyn Encoder) -> Tape<'a> {
        Tape {
            plan,
            faults: Faults::new(plan),
            encoder,
            bars: bars(plan.schema),
            open: Vec::new(),
            records: 0,
            failed: None,
        }
    }

    /// Records written so far.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Whether a fault has cut the file off.
    pub fn is_cut(&self) -> bool {
        self.faults.is_cut()
    }

    /// It is at least this late: bars that are over are written.
    ///
    /// # Errors
    /// What failed since the last time.
    pub fn passes(&mut self, now: UnixNanos) -> io::Result<()> {
        let over = |open: &Open| now.0 / open.length_ns > open.bar.hd.ts_event / open.length_ns;
        if self.open.first().is_some_and(over) {
            for open in std::mem::take(&mut self.open) {
                self.put(Rec::Bar(open.bar));
            }
        }
        self.failed.take().map_or(Ok(()), Err)
    }

    /// The market is over.
    ///
    /// # Errors
    /// What failed since the last time.
    pub fn finish(&mut self) -> io::Result<()> {
        self.passes(UnixNanos(u64::MAX))?;
        for rec in self.faults.finish() {
            self.write(&rec);
        }
        self.failed.take().map_or(Ok(()), Err)
    }

    /// Writes the definitions of each contract, one a trading day.
    ///
    /// # Errors
    /// As the encoder.
    pub fn define(&mut self) -> io::Result<()> {
        use gauntlet_core::calendar::Calendar;
        let mut all = Vec::new();
        for (place, series) in self.plan.series.iter().enumerate() {
            let days = Calendar::of(series.product().group).trading_days();
            for segment in &series.segments {
                let inside = |at: &UnixNanos| segment.from <= *at && *at < segment.until;
                let begins = days.iter().map(|day| day.open).filter(inside);
                // A segment that begins inside of a day is defined there.
                let begins = std::iter::once(segment.from).chain(begins);
                all.extend(begins.map(|at| (at, place, segment)));
            }
        }
        all.sort_by_key(|(at, place, _)| (*at, *place));
        all.dedup_by_key(|(at, _, segment)| (*at, segment.instrument_id));
        for (at, _, segment) in all {
            let contract = &segment.contract;
            let listing = Listing {
                symbol: contract.symbol(),
                instrument_id: segment.instrument_id,
                tick: contract.product.tick,
            };
            let mut definition = records::definition(&listing, contract, at);
            definition.expiration = contract.expiry().0;
            definition.raw_instrument_id = segment.instrument_id.into();
            self.put(Rec::Definition(Box::new(definition)));
            self.failed.take().map_or(Ok(()), Err)?;
        }
        Ok(())
    }

    fn trade(&mut self, trade: &TradeMsg, (length_ns, rtype): (u64, u8)) {
        let id = trade.hd.instrument_id;
        let (price, volume) = (trade.price, u64::from(trade.size));
        let place = self.open.partition_point(|open| open.bar.hd.instrument_id < id);
        if let Some(Open { bar, .. }) =
            self.open.get_mut(place).filter(|open| open.bar.hd.instrument_id == id)
        {
            bar.high = bar.high.max(price);
            bar.low = bar.low.min(price);
            bar.close = price;
            bar.volume += volume;
            return;
        }
        let begins = trade.hd.ts_event / length_ns * length_ns;
        let hd = RecordHeader::new::<OhlcvMsg>(rtype, records::PUBLISHER, id, begins);
        let bar = OhlcvMsg { hd, open: price, high: price, low: price, close: price, volume };
        self.open.insert(place, Open { bar, length_ns });
    }

    fn put(&mut self, rec: Rec) {
        if self.faults.is_idle() {
            return self.write(&rec);
        }
        for rec in self.faults.take(rec) {
            self.write(&rec);
        }
    }

    fn write(&mut self, rec: &Rec) {
        if self.failed.is_some() {
            return;
        }
        match self.encoder.encode(rec, self.plan) {
            Ok(()) => self.records += 1,
            Err(error) => self.failed = Some(error),
        }
    }
}

impl MarketSink for Tape<'_> {
    fn record(&mut self, record: RecordRef<'_>) {
        let rec = match (self.plan.schema, self.bars) {
            (_, Some(kind)) => {
                if let Some(trade) = record.get::<TradeMsg>() {
                    self.trade(trade, kind);
                }
                return;
            }
            (Schema::Mbo, _) => record.get::<MboMsg>().cloned().map(Rec::Mbo),
            (Schema::Mbp1, _) => record.get::<Mbp1Msg>().cloned().map(Rec::Mbp1),
            (Schema::Trades, _) => record.get::<TradeMsg>().cloned().map(Rec::Trade),
            _ => None,
        };
        if let Some(rec) = rec {
            self.put(rec);
        }
    }

    fn order(&mut self, _: OrderEvent) {}
}
