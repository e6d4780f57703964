use super::*;
use crate::generated::{GeneratedConfig, GeneratedMarket};
use crate::market::TimeInForce;
use dbn::encode::dbn::Encoder;
use dbn::encode::{DbnEncodable, EncodeRecord};
use dbn::{FlagSet, MappingInterval, MboMsg, MetadataBuilder, SType, Schema, SymbolMapping};
use proptest::prelude::*;
use std::io::Write;
use tempfile::NamedTempFile;

fn recorded(name: &str) -> Option<PathBuf> {
    gauntlet_testkit::recorded(&format!("cme/{name}"))
}
const TICK: i64 = 250_000_000;
const ID: u32 = 7;

/// What a market emitted: its records' bytes, and news of orders.
#[derive(Default)]
struct Seen {
    records: Vec<Vec<u8>>,
    news: Vec<OrderEvent>,
}

impl MarketSink for Seen {
    fn record(&mut self, record: RecordRef<'_>) {
        self.records.push(record.as_ref().to_vec());
    }

    fn order(&mut self, event: OrderEvent) {
        self.news.push(event);
    }
}

fn run(market: &mut ReplayedMarket) -> Seen {
    let mut seen = Seen::default();
    while market.next_event().is_some() {
        market.step(&mut seen);
    }
    seen
}

/// The first day of a year.
fn year(year: i32) -> time::Date {
    time::Date::from_ordinal_date(year, 1).expect("a date")
}

fn header(symbol: &str, schema: Schema) -> dbn::Metadata {
    let interval =
        MappingInterval { start_date: year(1970), end_date: year(2100), symbol: ID.to_string() };
    MetadataBuilder::new()
        .dataset("GLBX.MDP3")
        .schema(Some(schema))
        .start(0)
        .stype_in(Some(SType::RawSymbol))
        .stype_out(SType::InstrumentId)
        .symbols(vec![symbol.into()])
        .mappings(vec![SymbolMapping { raw_symbol: symbol.into(), intervals: vec![interval] }])
        .build()
}

fn file<R: DbnEncodable>(symbol: &str, schema: Schema, records: &[R]) -> NamedTempFile {
    let mut file = NamedTempFile::new().expect("a file");
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, &header(symbol, schema)).expect("a header");
    for record in records {
        encoder.encode_record(record).expect("a record");
    }
    file.write_all(&bytes).expect("written");
    file
}

fn mbo(at: u64, action: u8, side: u8, ticks: i64, size: u32, order_id: u64, last: bool) -> MboMsg {
    MboMsg {
        hd: dbn::RecordHeader::new::<MboMsg>(dbn::rtype::MBO, 1, ID, at),
        order_id,
        price: ticks * TICK,
        size,
        flags: FlagSet::new(if last { dbn::flags::LAST } else { 0 }),
        channel_id: 0,
        action: action as std::ffi::c_char,
        side: side as std::ffi::c_char,
        ts_recv: at + 10,
        ts_in_delta: 0,
        sequence: at as u32,
    }
}

/// A bid of 2 and an ask of 3, then a sale of 2 to the bid, then a bid one tick lower.
fn little_market() -> Vec<MboMsg> {
    vec![
        mbo(100, b'A', b'B', 400, 2, 1, true),
        mbo(200, b'A', b'A', 402, 3, 2, true),
        mbo(300, b'T', b'A', 400, 3, 9, false),
        mbo(300, b'F', b'B', 400, 2, 1, false),
        mbo(300, b'C', b'B', 400, 2, 1, true),
        mbo(400, b'A', b'B', 399, 1, 3, true),
    ]
}

fn order(side: Side, qty: u32, ticks: i64) -> NewOrder {
    let price = Price(ticks * TICK);
    NewOrder::limit(0, side, qty, price, TimeInForce::Day)
}

#[test]
fn a_step_passes_on_one_event_and_the_clock_is_the_index_time() {
    let file = file("ESZ6", Schema::Mbo, &little_market());
    let mut market = ReplayedMarket::open(&[file.path()]).expect("opens");
    assert_eq!(market.listings()[0].symbol, "ESZ6");
    let mut seen = Seen::default();
    let mut steps = Vec::new();
    while let Some(next) = market.next_event() {
        market.step(&mut seen);
        assert_eq!(market.now(), next);
        steps.push((market.now().0, seen.records.len()));
    }
    assert_eq!(steps, [(110, 1), (210, 2), (310, 5), (410, 6)]);
    assert!(market.failure().is_none());
}

#[test]
fn our_orders_trade_with_the_recorded_book() {
    let file = file("ESZ6", Schema::Mbo, &little_market());
    let mut market = ReplayedMarket::open(&[file.path()]).expect("opens");
    let mut seen = Seen::default();
    market.step(&mut seen);
    market.step(&mut seen);
    let bought = market.submit(&order(Side::Buy, 2, 402), &mut seen).expect("open");
    let price = Price(402 * TICK);
    assert_eq!(seen.news, [OrderEvent::Filled { order: bought, qty: 2, price, leaves_qty: 0 }]);
    let waits = market.submit(&order(Side::Buy, 5, 400), &mut seen).expect("open");
    market.step(&mut seen);
    let price = Price(400 * TICK);
    let filled = OrderEvent::Filled { order: waits, qty: 1, price, leaves_qty: 4 };
    assert_eq!(seen.news.last(), Some(&filled), "the third of three, after the two before it");
    assert_eq!(seen.records.len(), 5, "our orders are not in the data");
    assert_eq!(market.cancel(waits, &mut seen), Ok(()));
    assert_eq!(market.cancel(waits, &mut seen), Err(Refusal::UnknownOrder));
}

#[test]
fn a_late_joiner_gets_the_book_as_it_stands() {
    let file = file("ESZ6", Schema::Mbo, &little_market());
    let mut market = ReplayedMarket::open(&[file.path()]).expect("opens");
    run(&mut market);
    let mut seen = Seen::default();
    market.snapshot(0, true, &mut seen);
    // Definition, status, clear, and the two orders that are left.
    assert_eq!(seen.records.len(), 5);
}

#[test]
fn numbers_that_are_swapped_over_night_stay_those_of_their_contracts() {
    const NIGHT: u64 = 86_400_000_000_000;
    let day = |day: u16| time::Date::from_ordinal_date(1970, day).expect("a date");
    let mapping = |symbol: &str, ids: [u32; 2]| SymbolMapping {
        raw_symbol: symbol.into(),
        intervals: [(1, ids[0]), (2, ids[1])]
            .map(|(first, id)| MappingInterval {
                start_date: day(first),
                end_date: day(first + 1),
                symbol: id.to_string(),
            })
            .to_vec(),
    };
    let mut metadata = header("ESZ6", Schema::Mbo);
    metadata.mappings = vec![mapping("ESZ6", [7, 8]), mapping("NQZ6", [8, 7])];
    let of = |id, record: MboMsg| {
        let mut record = record;
        record.hd.instrument_id = id;
        record
    };
    let records = [
        of(7, mbo(100, b'A', b'B', 400, 1, 1, true)),
        of(8, mbo(200, b'A', b'B', 900, 1, 2, true)),
        of(7, mbo(NIGHT + 100, b'A', b'B', 901, 1, 3, true)),
        of(8, mbo(NIGHT + 200, b'A', b'B', 401, 1, 4, true)),
        // On this day it is nobody's.
        of(7, mbo(2 * NIGHT, b'A', b'B', 999, 1, 5, true)),
    ];
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, &metadata).expect("a header");
    records.iter().for_each(|record| encoder.encode_record(record).expect("a record"));
    let mut file = NamedTempFile::new().expect("a file");
    file.write_all(&bytes).expect("written");
    let mut market = ReplayedMarket::open(&[file.path()]).expect("opens");
    let listed: Vec<(&str, u32)> =
        market.listings().iter().map(|l| (l.symbol.as_str(), l.instrument_id)).collect();
    assert_eq!(listed, [("ESZ6", 7), ("NQZ6", 8)]);
    let seen = run(&mut market);
    let ids: Vec<u8> = seen.records.iter().map(|record| record[4]).collect();
    assert_eq!(ids, [7, 8, 8, 7], "by contract, and the last is not heard");
    let best = |at: usize| market.instruments[at].book.shown().best(Side::Buy).map(|(p, _)| p);
    assert_eq!(best(0), Some(Price(401 * TICK)));
    assert_eq!(best(1), Some(Price(901 * TICK)));
}

#[test]
fn a_record_without_a_time_moves_no_clock() {
    let mut untimed = mbo(0, b'A', b'B', 400, 1, 9, true);
    (untimed.hd.ts_event, untimed.ts_recv) = (dbn::UNDEF_TIMESTAMP, dbn::UNDEF_TIMESTAMP);
    let mut records = little_market();
    records.insert(2, untimed);
    let file = file("ESZ6", Schema::Mbo, &records);
    let mut market = ReplayedMarket::open(&[file.path()]).expect("opens");
    assert_eq!(run(&mut market).records.len(), records.len());
    assert_eq!(market.now(), UnixNanos(410));
}

#[test]
fn a_halt_in_the_data_closes_the_market_to_us() {
    let halt = records::status(ID, UnixNanos(50), TradingState::Halted);
    let file = file("ESZ6", Schema::Status, &[halt]);
    let mut market = ReplayedMarket::open(&[file.path()]).expect("opens");
    let mut seen = run(&mut market);
    let refused = market.submit(&order(Side::Buy, 1, 400), &mut seen);
    assert_eq!(refused, Err(Refusal::Closed));
}

#[test]
fn files_must_follow_one_another() {
    let early = file("ESZ6", Schema::Mbo, &little_market());
    let late = file("ESZ6", Schema::Mbo, &[mbo(900, b'A', b'B', 1, 1, 8, true)]);
    let both = [early.path(), late.path()];
    let mut market = ReplayedMarket::open(&both).expect("opens");
    assert_eq!(run(&mut market).records.len(), 7);
    let mut market = ReplayedMarket::open(&[late.path(), early.path()]).expect("opens");
    run(&mut market);
    let failure = market.failure().expect("the order is wrong").to_string();
    assert!(failure.contains("begins before"), "{failure}");
}

#[test]
fn a_file_cut_short_says_where_and_what_came_before_stays() {
    let file = file("ESZ6", Schema::Mbo, &little_market());
    let length = file.as_file().metadata().expect("there").len();
    file.as_file().set_len(length - 20).expect("cut");
    let mut market = ReplayedMarket::open(&[file.path()]).expect("opens");
    assert_eq!(run(&mut market).records.len(), 5);
    let failure = market.failure().expect("cut short").to_string();
    assert!(failure.contains("cut short") && failure.contains("record 6"), "{failure}");
    assert!(failure.contains(&file.path().display().to_string()), "{failure}");
}

#[test]
fn a_record_whose_length_would_misalign_the_next_is_damage() {
    let file = file("ESZ6", Schema::Mbo, &little_market());
    let mut bytes = std::fs::read(file.path()).expect("there");
    let third = bytes.len() - 4 * size_of::<MboMsg>();
    bytes[third] = 29;
    std::fs::write(file.path(), &bytes).expect("written");
    let mut market = ReplayedMarket::open(&[file.path()]).expect("opens");
    assert_eq!(run(&mut market).records.len(), 2);
    let failure = market.failure().expect("damage").to_string();
    assert!(failure.contains("record 3: its length of 116 bytes"), "{failure}");
}

#[test]
fn a_compressed_file_cut_short_says_so() {
    let mut bytes = Vec::new();
    let metadata = header("ESZ6", Schema::Mbo);
    let mut encoder = Encoder::with_zstd(&mut bytes, &metadata).expect("a header");
    for at in 0..5_000 {
        encoder.encode_record(&mbo(at, b'A', b'B', 400, 1, at * at * 31, true)).expect("a record");
    }
    drop(encoder);
    let mut file = NamedTempFile::new().expect("a file");
    file.write_all(&bytes[..bytes.len() / 2]).expect("written");
    let mut market = ReplayedMarket::open(&[file.path()]).expect("opens");
    let seen = run(&mut market);
    let failure = market.failure().expect("cut short").to_string();
    assert!(failure.contains("cut short"), "{failure}");
    assert!(failure.contains(&format!("record {}", seen.records.len() + 1)), "{failure}");
}

#[test]
fn what_cannot_be_replayed_is_refused_at_once() {
    let text =
        |result: Result<ReplayedMarket, ReplayError>| result.err().expect("refused").to_string();
    let missing = ReplayedMarket::open(&["/no/such/file.dbn"]);
    assert!(text(missing).starts_with("cannot open /no/such/file.dbn"));
    assert!(text(ReplayedMarket::open::<&str>(&[])).contains("at least one"));
    let odd = file("WHAT", Schema::Mbo, &little_market());
    assert!(text(ReplayedMarket::open(&[odd.path()])).contains("`WHAT`"));
    let mut rubbish = NamedTempFile::new().expect("a file");
    rubbish.write_all(b"not a market at all").expect("written");
    assert!(text(ReplayedMarket::open(&[rubbish.path()])).contains("not a DBN file"));
}

/// Records of another market, written to a file.
struct Recorder(Vec<u8>);

impl MarketSink for Recorder {
    fn record(&mut self, record: RecordRef<'_>) {
        if record.get::<MboMsg>().is_some() {
            self.0.extend_from_slice(record.as_ref());
        }
    }

    fn order(&mut self, _: OrderEvent) {}
}

#[test]
fn a_recorded_generated_market_replays_byte_for_byte() {
    let mut file = NamedTempFile::new().expect("a file");
    let mut metadata = header("ESZ6", Schema::Mbo);
    metadata.mappings[0].intervals[0].symbol = "10001".into();
    let mut bytes = Vec::new();
    Encoder::new(&mut bytes, &metadata).expect("a header");
    let header_len = bytes.len();
    let mut recorder = Recorder(bytes);
    let symbols = vec!["ESZ6".to_string()];
    let config = GeneratedConfig { symbols, ..GeneratedConfig::default() };
    let mut generated = GeneratedMarket::new(&config).expect("a market");
    (0..5_000).for_each(|_| generated.step(&mut recorder));
    file.write_all(&recorder.0).expect("written");
    let mut market = ReplayedMarket::open(&[file.path()]).expect("opens");
    let seen = run(&mut market);
    assert_eq!(seen.records.concat(), recorder.0[header_len..]);
    let mut wanted = Recorder(Vec::new());
    generated.snapshot(0, true, &mut wanted);
    let mut got = Recorder(Vec::new());
    market.snapshot(0, true, &mut got);
    let orders = |bytes: &[u8]| -> Vec<(u64, i64, u32)> {
        bytes.chunks(size_of::<MboMsg>()).map(order_of).collect()
    };
    assert_eq!(orders(&got.0), orders(&wanted.0), "and the book's queues are the same");
}

/// Identity, price and size in the bytes of a market-by-order record.
fn order_of(record: &[u8]) -> (u64, i64, u32) {
    let eight = |at: usize| record[at..at + 8].try_into().expect("eight bytes");
    let size = record[32..36].try_into().expect("four bytes");
    (u64::from_le_bytes(eight(16)), i64::from_le_bytes(eight(24)), u32::from_le_bytes(size))
}

#[test]
fn real_files_pass_through_whole() {
    let first = recorded("esh4-20231224.mbo.dbn.zst");
    let (Some(first), Some(second)) = (first, recorded("esh4-20231225.mbo.dbn.zst")) else {
        return;
    };
    let mut market = ReplayedMarket::open(&[first, second]).expect("opens");
    let mut seen = Seen::default();
    let mut last = UnixNanos(0);
    let mut bought = None;
    while market.next_event().is_some() {
        market.step(&mut seen);
        assert!(market.now() >= last);
        last = market.now();
        // Half way, when trading goes on, one contract at the best ask.
        if bought.is_none() && market.records() > 40_000 {
            let (ask, _) = market.instruments[0].book.shown().best(Side::Sell).expect("an ask");
            let order = NewOrder { price: ask, ..order(Side::Buy, 1, 0) };
            bought = market.submit(&order, &mut seen).ok();
            let wanted =
                bought.map(|order| OrderEvent::Filled { order, qty: 1, price: ask, leaves_qty: 0 });
            assert_eq!(seen.news.last().copied(), wanted);
        }
    }
    assert!(market.failure().is_none() && bought.is_some());
    assert_eq!((market.records(), seen.records.len()), (77_517, 77_517));
    let book = market.instruments[0].book.shown();
    let (bid, ask) = (book.best(Side::Buy), book.best(Side::Sell));
    assert!(bid.zip(ask).is_some_and(|(bid, ask)| bid.0 < ask.0), "{bid:?} {ask:?}");
}

#[test]
fn every_schema_passes_through() {
    for (name, records) in [
        ("esu4-20240701.mbp-1.dbn.zst", 2_288),
        ("esu4-20240701.trades.dbn.zst", 120),
        ("esu4-nqu4-20240701.ohlcv-1m.dbn.zst", 60),
        ("esm3.definition.dbn.zst", 2),
    ] {
        let Some(path) = recorded(name) else { return };
        let mut market = ReplayedMarket::open(&[&path]).expect("opens");
        assert_eq!(run(&mut market).records.len(), records, "{name}");
        assert!(market.failure().is_none());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn damage_is_told_and_never_panics(
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
        cuts in any::<bool>(),
    ) {
        let whole = file("ESZ6", Schema::Mbo, &little_market());
        let mut bytes = std::fs::read(whole.path()).expect("there");
        for (at, value) in flips {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if cuts {
            bytes.truncate(cut.index(bytes.len()));
        }
        std::fs::write(whole.path(), &bytes).expect("written");
        if let Ok(mut market) = ReplayedMarket::open(&[whole.path()]) {
            let mut seen = Seen::default();
            let mut steps = 0;
            while market.next_event().is_some() {
                market.step(&mut seen);
                steps += 1;
                prop_assert!(steps < 10_000, "it never ends");
            }
        }
    }
}
