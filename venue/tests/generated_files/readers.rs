//! The readers of files.

use super::{Folder, at, morning, with};
use dbn::Schema;
use gauntlet_feeds::{
    BarOptions, BookError, DbnFile, FeedInstrument, build_book, inspect, read_bars,
};
use gauntlet_model::ids::InstrumentId;
use gauntlet_model::input::Input;
use gauntlet_model::units::{Money, NANOS_PER_MINUTE, Price, UnixNanos};
use gauntlet_venue::generated::files::{FileConfig, Length};
use gauntlet_venue::market::{Market, MarketSink, OrderEvent};
use gauntlet_venue::replayed::ReplayedMarket;
use std::collections::{BTreeMap, BTreeSet, HashMap};

const SCHEMAS: [Schema; 5] =
    [Schema::Ohlcv1M, Schema::Trades, Schema::Mbp1, Schema::Mbo, Schema::Definition];
const ROOM: usize = 1 << 14;

#[test]
fn every_file_gives_as_many_records_as_the_vendors_own_decoder_and_is_sound() {
    let folder = Folder::new();
    for schema in SCHEMAS {
        let path = folder.write(&format!("es.{schema}.dbn.zst"), &morning(schema));
        let mut oracle = dbn::decode::dbn::Decoder::from_zstd_file(&path).expect("opens");
        let mut expected = 0;
        while oracle.decode_ref().expect("decodes").is_some() {
            expected += 1;
        }
        let mut file = DbnFile::open(&path).expect("opens");
        let (mut inputs, mut last) = (0, UnixNanos(0));
        while let Some(received) = file.next_input().expect("a sound file") {
            assert!(received.ts >= last, "time runs backwards");
            (inputs, last) = (inputs + 1, received.ts);
        }
        assert_eq!((file.records(), inputs), (expected, expected), "{schema}");
        let found = inspect(&path, &BarOptions::default(), &mut |_| {}).expect("readable");
        assert!(found.is_sound() && expected > 0, "{schema}: {found:?}");
        assert_eq!((found.schema.as_str(), found.records), (schema.as_str(), expected));
        for es in &found.instruments {
            let backwards = es.times_backwards + es.sequence_backwards + es.marked_lost;
            assert_eq!((es.symbol.as_str(), backwards), ("ESZ6", 0), "{schema}");
        }
    }
}

#[test]
fn the_book_of_generated_orders_is_what_a_map_of_orders_says() {
    let folder = Folder::new();
    let path = folder.write("es.mbo.dbn.zst", &morning(Schema::Mbo));
    let mut orders: HashMap<u64, (u8, i64, u32)> = HashMap::new();
    let mut file = dbn::decode::dbn::Decoder::from_zstd_file(&path).expect("opens");
    let (mut records, mut last) = (0, (0, 0));
    while let Some(record) = file.decode_ref().expect("decodes") {
        let order = record.get::<dbn::MboMsg>().expect("market-by-order");
        records += 1;
        last = (order.hd.ts_event, order.sequence);
        match order.action as u8 {
            b'R' => orders.clear(),
            b'A' | b'M' => {
                orders.insert(order.order_id, (order.side as u8, order.price, order.size));
            }
            b'C' => {
                let known = orders.get_mut(&order.order_id).expect("known");
                known.2 -= order.size;
                if known.2 == 0 {
                    orders.remove(&order.order_id);
                }
            }
            _ => {}
        }
    }
    let mut sides = [BTreeMap::new(), BTreeMap::new()];
    for (side, price, size) in orders.values() {
        *sides[usize::from(*side == b'A')].entry(*price).or_insert(0) += size;
    }
    let [bids, asks] = &sides;
    let (bid, ask) = (bids.last_key_value().expect("bids"), asks.first_key_value().expect("asks"));
    let book = build_book([&path], None, ROOM).expect("builds");
    assert_eq!((book.symbol.as_str(), book.records), ("ESZ6", records));
    assert_eq!((book.last_ts_event, book.sequence), last);
    assert_eq!((book.bid_levels, book.ask_levels), (bids.len(), asks.len()));
    assert_eq!(book.bid, Some(*bid.0 as f64 / 1e9));
    assert_eq!(book.ask, Some(*ask.0 as f64 / 1e9));
    assert_eq!((book.bid_size, book.ask_size), (*bid.1, *ask.1));
    assert_eq!((book.orders, book.complete), (orders.len(), true));
}

#[test]
fn what_cannot_give_a_book_says_why() {
    let folder = Folder::new();
    let trades = folder.write("es.trades.dbn", &morning(Schema::Trades));
    let orders = folder.write("es.mbo.dbn", &morning(Schema::Mbo));
    let error = build_book([&trades], None, ROOM).expect_err("no orders");
    assert!(matches!(error, BookError::Schema { .. }));
    assert!(error.to_string().contains("holds trades, and a book needs mbo"), "{error}");
    let error = build_book([&orders], None, 40).expect_err("no room");
    assert!(matches!(error, BookError::Full { orders_max: 40 }), "{error}");
}

#[test]
fn bars_are_read_by_symbol_from_dbn_and_csv_alike() {
    let folder = Folder::new();
    let config = |schema| FileConfig {
        symbols: vec!["ESZ6".to_owned(), "NQZ6".to_owned()],
        ..morning(schema)
    };
    let dbn = folder.write("bars.dbn.zst", &config(Schema::Ohlcv1M));
    let csv = folder.write("bars.csv.zst", &config(Schema::Ohlcv1M));
    let trades = folder.write("trades.dbn", &config(Schema::Trades));
    let error = read_bars(&dbn, &BarOptions::default()).expect_err("two symbols").to_string();
    assert!(error.contains("ESZ6") && error.contains("NQZ6"), "{error}");
    let of = |symbol: &str| BarOptions { symbol: Some(symbol.into()), ..BarOptions::default() };
    let (es, nq) = (read_bars(&dbn, &of("ESZ6")), read_bars(&dbn, &of("NQZ6")));
    let (es, nq) = (es.expect("a good file"), nq.expect("a good file"));
    assert_eq!((es.seconds, nq.seconds), (60, 60));
    assert!(es.bars.len() > 80 && nq.bars.len() > 80 && es.bars[0] != nq.bars[0]);
    assert_eq!(read_bars(&csv, &of("ESZ6")).expect("a good file").bars, es.bars);
    let error = read_bars(&trades, &BarOptions::default()).expect_err("trades").to_string();
    assert!(error.contains("holds trades"), "{error}");
}

#[test]
fn one_of_two_instruments_can_be_heard_alone_and_a_series_through_its_roll() {
    let folder = Folder::new();
    let config = FileConfig {
        start: Some(at("2026-12-13T22:00:00Z")),
        length: Length::Until(at("2026-12-14T02:00:00Z")),
        rate: 1.0,
        ..FileConfig::new("ES.c.0", Schema::Ohlcv1M)
    };
    let path = folder.write("es.dbn", &config);
    let ids: BTreeSet<u32> = {
        let mut decoder = dbn::decode::dbn::Decoder::from_file(&path).expect("opens");
        let mut ids = BTreeSet::new();
        while let Some(record) = decoder.decode_ref().expect("decodes") {
            ids.insert(record.header().instrument_id);
        }
        ids
    };
    assert_eq!(ids.len(), 2, "it rolls in the file");
    let series = FeedInstrument::unchecked("ES.c.0", InstrumentId(9));
    let mut file = DbnFile::open(&path).expect("opens").with_instruments(&[series]);
    let mut heard = 0;
    while let Some(received) = file.next_input().expect("a sound file") {
        let Input::Ohlcv(bar) = received.input else { panic!("not a bar") };
        assert_eq!((bar.instrument, bar.seconds), (InstrumentId(9), 60));
        heard += 1;
    }
    assert_eq!(heard, file.records(), "records of both contracts are the series'");
}

#[test]
fn inspection_finds_the_faults_that_were_asked_for() {
    let folder = Folder::new();
    let when = "2026-11-17T14:45:00Z";
    let find = |name: &str, schema, faults: &[&str]| {
        let faults: Vec<String> = faults.iter().map(|fault| format!("{fault}@{when}")).collect();
        let faults: Vec<&str> = faults.iter().map(String::as_str).collect();
        let path = folder.write(name, &with(morning(schema), &faults));
        inspect(&path, &BarOptions::default(), &mut |_| {}).expect("readable")
    };
    let gap = find("gap.dbn", Schema::Trades, &["gap"]);
    assert_eq!(gap.instruments[0].marked_lost, 1, "{gap:?}");
    let stale = find("stale.dbn", Schema::Mbo, &["stale"]);
    assert_eq!(stale.instruments[0].marked_lost, 0, "{stale:?}");
    assert!(stale.instruments[0].longest_holes[0].seconds >= 299.0, "{stale:?}");
    let hole = find("hole.dbn", Schema::Ohlcv1M, &["gap"]);
    assert!(hole.instruments[0].holes > Some(0), "{hole:?}");
    assert!(hole.instruments[0].longest_holes[0].seconds >= 240.0, "{hole:?}");
    let back = find("back.dbn", Schema::Trades, &["time-backwards"]);
    assert!(back.instruments[0].times_backwards > 0, "{back:?}");
    let order = find("order.dbn", Schema::Mbp1, &["out-of-order"]);
    let backwards = order.instruments[0].times_backwards + order.instruments[0].sequence_backwards;
    assert!(backwards > 0, "{order:?}");
    for name in ["cut.dbn", "cut.dbn.zst"] {
        let cut = find(name, Schema::Mbo, &["cut"]);
        assert!(cut.damaged.is_some_and(|why| why.contains("cut short")), "{name}");
    }
}

struct Count(u64);

impl MarketSink for Count {
    fn record(&mut self, _: dbn::RecordRef<'_>) {
        self.0 += 1;
    }

    fn order(&mut self, _: OrderEvent) {}
}

#[test]
fn every_schema_passes_through_the_replayed_market_whole() {
    let folder = Folder::new();
    for schema in SCHEMAS {
        let path = folder.write(&format!("es.{schema}.dbn.zst"), &morning(schema));
        let expected = inspect(&path, &BarOptions::default(), &mut |_| {}).expect("readable");
        let mut market = ReplayedMarket::open(&[&path]).expect("opens");
        let (mut seen, mut last) = (Count(0), UnixNanos(0));
        while market.next_event().is_some() {
            market.step(&mut seen);
            assert!(market.now() >= last, "{schema}");
            last = market.now();
        }
        assert!(market.failure().is_none(), "{schema}");
        assert_eq!(seen.0, expected.records, "{schema}");
    }
}

#[test]
fn definitions_say_what_the_contract_is() {
    let folder = Folder::new();
    let path = folder.write("es.definition.dbn", &morning(Schema::Definition));
    let mut decoder = dbn::decode::dbn::Decoder::from_file(&path).expect("opens");
    let record = decoder.decode_ref().expect("decodes").expect("a record");
    let definition = record.get::<dbn::InstrumentDefMsg>().expect("a definition");
    let contract = gauntlet_model::instrument::contract("ESZ6", 2026).expect("a contract");
    assert_eq!(definition.expiration, contract.expiry().0);
    assert_eq!(definition.min_price_increment, contract.product.tick.0);
    assert_eq!(definition.raw_symbol().expect("text"), "ESZ6");
    assert_eq!(definition.asset().expect("text"), contract.product.code);
}

#[test]
fn a_definition_that_disagrees_with_the_configuration_is_refused() {
    let folder = Folder::new();
    let path = folder.write("es.definition.dbn", &morning(Schema::Definition));
    let read = |tick, multiplier| {
        let mut es = FeedInstrument::unchecked("ESZ6", InstrumentId(0));
        (es.tick, es.multiplier) = (Price(tick), Money(multiplier));
        let mut file = DbnFile::open(&path).expect("opens").with_instruments(&[es]);
        file.next_input().map(|received| received.map(|received| received.input))
    };
    let Ok(Some(Input::Listing(es))) = read(250_000_000, 50_000_000) else { panic!("a listing") };
    assert_eq!((es.tick, es.currency.as_str()), (Price(250_000_000), "USD"));
    for (tick, multiplier) in [(500_000_000, 50_000_000), (250_000_000, 5_000_000)] {
        let error = read(tick, multiplier).expect_err("another contract").to_string();
        assert!(error.contains("ESZ6"), "{error}");
    }
}

#[test]
fn inputs_carry_what_the_records_say() {
    let folder = Folder::new();
    let path = folder.write("es.mbp-1.dbn", &morning(Schema::Mbp1));
    let mut decoder = dbn::decode::dbn::Decoder::from_file(&path).expect("opens");
    let mut file = DbnFile::open(&path).expect("opens");
    while let Some(record) = decoder.decode_ref().expect("decodes") {
        let record = record.get::<dbn::Mbp1Msg>().expect("a quote");
        let received = file.next_input().expect("a sound file").expect("as many inputs");
        let Input::Quote(quote) = received.input else { panic!("not a quote") };
        let [level] = &record.levels;
        assert_eq!((quote.price.0, quote.size), (record.price, record.size));
        assert_eq!((quote.top.bid.0, quote.top.bid_size), (level.bid_px, level.bid_sz));
        assert_eq!((quote.top.ask.0, quote.top.ask_size), (level.ask_px, level.ask_sz));
        assert_eq!((quote.flags, quote.sequence), (record.flags.raw(), record.sequence));
        assert_eq!((quote.ts_event.0, received.ts.0), (record.hd.ts_event, record.ts_recv));
    }
    assert!(file.next_input().expect("a sound file").is_none());
}

#[test]
fn a_minute_of_bars_is_where_its_time_says() {
    let folder = Folder::new();
    let path = folder.write("es.csv", &morning(Schema::Ohlcv1M));
    let bars = read_bars(&path, &BarOptions::default()).expect("a good file");
    assert_eq!(bars.symbol.as_deref(), Some("ESZ6"));
    assert!(bars.bars.windows(2).all(|pair| pair[0].ts_open < pair[1].ts_open));
    assert!(bars.bars.iter().all(|bar| bar.ts_open.0 % NANOS_PER_MINUTE == 0));
    assert!(bars.bars[0].ts_open >= at("2026-11-17T14:00:00Z"));
}
