//! What came of a replay: read back from the journal that it left, which is the proof that it is in
//! there.

use crate::error::NodeError;
use gauntlet_journal::{InputReader, Position};
use gauntlet_manager::chain::Chain;
use gauntlet_model::ids::InstrumentId;
use gauntlet_model::input::{Input, InstrumentDefinition, TopOfBook};
use gauntlet_model::units::{Price, Side, UnixNanos};
use gauntlet_readmodel::api::{BotPosition, Counts, RejectCount, RoutePnl};
use gauntlet_readmodel::replay;
use gauntlet_readmodel::tail::JournalTail;
use gauntlet_runtime::latency::{LatencyBoard, LatencySummary};
use gauntlet_runtime::layout::Layout;
use serde::Serialize;
use std::fmt::Write;
use std::path::Path;

/// What came of a replay.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// Records in the files.
    pub records: u64,
    /// Orders, quotes, trades and bars that the node received of them.
    pub records_received: u64,
    /// The layout.
    pub layout: String,
    /// Each market at the end.
    pub markets: Vec<MarketEnd>,
    /// What was counted.
    pub counts: Counts,
    /// Refusals by code.
    pub rejects_by_code: Vec<RejectCount>,
    /// What is held at the end.
    pub positions: Vec<BotPosition>,
    /// Profit and loss by route.
    pub pnl: Vec<RoutePnl>,
    /// The journal.
    pub journal: JournalEnd,
    /// Latency by segment.
    pub latency: Vec<LatencySummary>,
    /// Latency samples that were dropped.
    pub latency_dropped: u64,
}

/// A market at the end.
#[derive(Clone, Debug, Serialize)]
pub struct MarketEnd {
    /// The symbol.
    pub symbol: String,
    /// Market-data records of it.
    pub records: u64,
    /// The last event's time, RFC 3339 in UTC; `-` when there was none.
    pub last_event: String,
    /// The last event's time, in nanoseconds since the epoch.
    pub last_event_ns: u64,
    /// The vendor's last sequence number.
    pub sequence: u32,
    /// Best bid.
    pub bid: Option<f64>,
    /// Contracts at the best bid.
    pub bid_size: u32,
    /// Best ask.
    pub ask: Option<f64>,
    /// Contracts at the best ask.
    pub ask_size: u32,
    /// Levels on the bid side; only of a market by order.
    pub bid_levels: Option<usize>,
    /// Levels on the ask side; only of a market by order.
    pub ask_levels: Option<usize>,
}

/// The journal at the end.
#[derive(Clone, Debug, Serialize)]
pub struct JournalEnd {
    /// The last input's number.
    pub last_seq: u64,
    /// Bytes of the inputs stream.
    pub inputs_bytes: u64,
    /// Bytes of the effects stream.
    pub effects_bytes: u64,
    /// Whether every effect was computed again and found equal, byte for byte.
    pub replays_equal: bool,
    /// SHA-256 over every effect.
    pub effects_hash: String,
}

impl Summary {
    /// Reads the journal of a replay that has ended.
    ///
    /// # Errors
    /// That the journal cannot be read, or does not replay to the same effects.
    pub fn read(
        journal: &Path,
        layout: Layout,
        records: u64,
        board: &LatencyBoard,
    ) -> Result<Summary, NodeError> {
        let rebuilt = replay::rebuild(journal, |_| {}, |_| {})?;
        let tail = JournalTail::read(journal)?;
        let status = tail.projection().status("replay");
        let markets = markets(journal, &rebuilt.chain, &rebuilt.instruments)?;
        Ok(Summary {
            records,
            records_received: markets.iter().map(|market| market.records).sum(),
            layout: layout.name().to_owned(),
            markets,
            counts: status.counts,
            rejects_by_code: status.rejects_by_code,
            positions: tail.projection().positions().bots,
            pnl: status.pnl,
            journal: JournalEnd {
                last_seq: rebuilt.last_seq,
                inputs_bytes: tail.status().inputs_read,
                effects_bytes: tail.status().effects_read,
                replays_equal: rebuilt.report.equal && rebuilt.report.missing == 0,
                effects_hash: rebuilt.report.effects_hash,
            },
            latency: board.summaries(),
            latency_dropped: board.dropped(),
        })
    }

    /// The same for people.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, to: &mut String) -> std::fmt::Result {
        let c = &self.counts;
        writeln!(
            to,
            "records   {} in the files, {} received",
            self.records, self.records_received
        )?;
        for m in &self.markets {
            let (bid, ask) = (shown(m.bid), shown(m.ask));
            writeln!(
                to,
                "market    {}  {} × {bid} / {ask} × {}  sequence {}  {}",
                m.symbol, m.bid_size, m.ask_size, m.sequence, m.last_event
            )?;
            if let (Some(bids), Some(asks)) = (m.bid_levels, m.ask_levels) {
                writeln!(to, "          {bids} bid levels, {asks} ask levels")?;
            }
        }
        writeln!(to, "decided   {} bars, {} signals, {} intents", c.bars, c.signals, c.intents)?;
        writeln!(
            to,
            "orders    {} sent, {} acknowledged, {} fills, {} replaced, {} cancels, {} refused by risk",
            c.orders, c.acks, c.fills, c.replaces, c.cancels, c.rejects
        )?;
        for reject in &self.rejects_by_code {
            writeln!(to, "          {} × {}", reject.count, reject.code)?;
        }
        for p in &self.positions {
            writeln!(
                to,
                "position  {:<24} {:>4}  realized {:>10.2}  unrealized {:>10}  by {}",
                p.bot,
                p.qty,
                p.realized,
                p.unrealized.map_or("-".to_owned(), |money| format!("{money:.2}")),
                p.route
            )?;
        }
        writeln!(
            to,
            "journal   {} inputs, {} effects, {} bytes; replayed: {}",
            self.journal.last_seq,
            c.effects,
            self.journal.inputs_bytes + self.journal.effects_bytes,
            if self.journal.replays_equal { "equal byte for byte" } else { "effects are missing" }
        )?;
        writeln!(to, "effects   sha256 {}", self.journal.effects_hash)?;
        write_latency(to, &self.latency)
    }
}

/// The latency table for people.
pub fn latency_text(latency: &[LatencySummary]) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = write_latency(&mut text, latency);
    text
}

fn write_latency(to: &mut String, latency: &[LatencySummary]) -> std::fmt::Result {
    writeln!(
        to,
        "latency   {:<18} {:>9} {:>9} {:>9} {:>9} {:>9} {:>10}  (ns)",
        "segment", "count", "p50", "p90", "p99", "p99.9", "max"
    )?;
    for l in latency {
        writeln!(
            to,
            "          {:<18} {:>9} {:>9} {:>9} {:>9} {:>9} {:>10}",
            l.segment, l.count, l.p50_ns, l.p90_ns, l.p99_ns, l.p999_ns, l.max_ns
        )?;
    }
    Ok(())
}

fn shown(price: Option<f64>) -> String {
    price.map_or("-".to_owned(), |price| price.to_string())
}

#[derive(Clone, Copy, Default)]
struct Last {
    records: u64,
    time: UnixNanos,
    sequence: u32,
    by_order: bool,
}

fn markets(
    journal: &Path,
    chain: &Chain,
    instruments: &[InstrumentDefinition],
) -> Result<Vec<MarketEnd>, NodeError> {
    let mut last = vec![Last::default(); instruments.len()];
    let mut reader = InputReader::open(journal, Position::START)?;
    while let Some(record) = reader.next()? {
        let (instrument, time, sequence, by_order) = match record.sequenced.input {
            Input::Mbo(m) => (m.instrument, m.ts_event, m.sequence, true),
            Input::Quote(q) => (q.instrument, q.ts_event, q.sequence, false),
            Input::Trade(t) => (t.instrument, t.ts_event, t.sequence, false),
            Input::Ohlcv(bar) => (bar.instrument, bar.ts_open, 0, false),
            _ => continue,
        };
        if let Some(entry) = last.get_mut(instrument.0 as usize) {
            let records = entry.records + 1;
            *entry = Last { records, time, sequence, by_order };
        }
    }
    let ends = instruments.iter().zip(last);
    Ok(ends.map(|(definition, last)| market_end(chain, definition, last)).collect())
}

fn market_end(chain: &Chain, definition: &InstrumentDefinition, last: Last) -> MarketEnd {
    let instrument: InstrumentId = definition.instrument;
    let markets = chain.fusion().markets();
    let book = markets.book(instrument).filter(|_| last.by_order);
    let view = markets.view(instrument);
    // The core's view is empty while the data is in doubt; the book itself is what the files say.
    let top = match (book, view) {
        (Some(book), _) => book.top(),
        (None, Some(view)) => view.top,
        (None, None) => TopOfBook::EMPTY,
    };
    let price = |price: Price| price.is_some().then(|| price.to_f64());
    MarketEnd {
        symbol: definition.symbol.as_str().to_owned(),
        records: last.records,
        last_event: if last.records > 0 { last.time.to_string() } else { "-".to_owned() },
        last_event_ns: last.time.0,
        sequence: last.sequence,
        bid: price(top.bid),
        bid_size: top.bid_size,
        ask: price(top.ask),
        ask_size: top.ask_size,
        bid_levels: book.map(|book| book.level_count(Side::Buy)),
        ask_levels: book.map(|book| book.level_count(Side::Sell)),
    }
}
