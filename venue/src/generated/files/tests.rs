use super::*;
use dbn::decode::{DbnDecoder, DbnMetadata, DecodeRecord};
use dbn::{
    HasRType, MboMsg, Mbp1Msg, OhlcvMsg, RecordHeader, Schema, SymbolIndex, TradeMsg, UNDEF_PRICE,
};
use gauntlet_model::calendar::Calendar;
use gauntlet_model::input::SessionMode;
use gauntlet_model::units::{NANOS_PER_MINUTE, NANOS_PER_SECOND, UnixNanos};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::Path;

const PLAIN: Format = Format::Dbn { zstd: false };

fn at(text: &str) -> UnixNanos {
    UnixNanos::parse_rfc3339(text).expect("a time")
}

/// Two hours of ES around New York's open on a Tuesday.
fn morning(schema: Schema) -> FileConfig {
    FileConfig {
        start: Some(at("2026-11-17T13:30:00Z")),
        length: Length::Until(at("2026-11-17T15:30:00Z")),
        rate: 2.0,
        ..FileConfig::new("ESZ6", schema)
    }
}

fn bytes_as(config: &FileConfig, format: Format) -> Vec<u8> {
    let plan = FilePlan::new(config).expect("a good configuration");
    write_to(&plan, format, Vec::new()).expect("memory takes all").0
}

fn bytes(config: &FileConfig) -> Vec<u8> {
    bytes_as(config, PLAIN)
}

/// The records of a file as the vendor's own decoder reads them.
fn records<T: HasRType<Header = RecordHeader> + Clone>(config: &FileConfig) -> Vec<T> {
    let bytes = bytes(config);
    let mut decoder = DbnDecoder::new(bytes.as_slice()).expect("a DBN file");
    let mut all = Vec::new();
    while let Some(record) = decoder.decode_record::<T>().expect("a whole record") {
        all.push(record.clone());
    }
    all
}

/// The same arguments give the same bytes, today and with every later build.
#[test]
fn a_seed_means_the_same_file_for_ever() {
    let expected = [
        (Schema::Ohlcv1M, "218f886c9f6f4a48"),
        (Schema::Trades, "07fd8bf875c59c01"),
        (Schema::Mbp1, "5aae659b04947bfb"),
        (Schema::Mbo, "0fd66ead3133f7b2"),
        (Schema::Definition, "f1073ae3aec47626"),
    ];
    let found = expected.map(|(schema, _)| {
        let hash = Sha256::digest(bytes(&morning(schema)));
        (schema, hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect::<String>())
    });
    assert_eq!(found.each_ref().map(|(schema, hash)| (*schema, hash.as_str())), expected);
    let other = FileConfig { seed: 2, ..morning(Schema::Trades) };
    assert_ne!(bytes(&other), bytes(&morning(Schema::Trades)));
}

#[test]
fn every_format_holds_the_same_records() {
    let config = morning(Schema::Trades);
    let trades = records::<TradeMsg>(&config);
    let zstd = bytes_as(&config, Format::Dbn { zstd: true });
    let expanded = zstd::decode_all(zstd.as_slice()).expect("zstd");
    assert_eq!(expanded, bytes(&config));
    let csv = String::from_utf8(bytes_as(&config, Format::Csv { zstd: false })).expect("text");
    let mut lines = csv.lines();
    let header: Vec<&str> = lines.next().expect("a header").split(',').collect();
    let place = |name: &str| header.iter().position(|column| *column == name).expect(name);
    let (price, size, symbol) = (place("price"), place("size"), place("symbol"));
    assert_eq!(lines.clone().count(), trades.len());
    for (line, trade) in lines.zip(&trades) {
        let cells: Vec<&str> = line.split(',').collect();
        let units: f64 = cells[price].parse().expect("a price");
        assert_eq!((units * 1e9).round() as i64, trade.price);
        assert_eq!((cells[size], cells[symbol]), (trade.size.to_string().as_str(), "ESZ6"));
    }
}

#[test]
fn bars_are_the_bars_of_the_trades() {
    let trades = records::<TradeMsg>(&morning(Schema::Trades));
    let mut naive: BTreeMap<u64, (i64, i64, i64, i64, u64)> = BTreeMap::new();
    for trade in &trades {
        let minute = trade.hd.ts_event / NANOS_PER_MINUTE * NANOS_PER_MINUTE;
        let price = trade.price;
        let bar = naive.entry(minute).or_insert((price, price, price, price, 0));
        *bar = (bar.0, bar.1.max(price), bar.2.min(price), price, bar.4 + u64::from(trade.size));
    }
    let bars = records::<OhlcvMsg>(&morning(Schema::Ohlcv1M));
    let told = bars.iter().map(|b| (b.hd.ts_event, (b.open, b.high, b.low, b.close, b.volume)));
    assert_eq!(told.collect::<Vec<_>>(), naive.into_iter().collect::<Vec<_>>());
    assert!(bars.len() > 100);
}

/// Orders in a map, in the plainest way.
#[derive(Default)]
struct NaiveBook(BTreeMap<u64, (u8, i64, u32)>);

impl NaiveBook {
    fn apply(&mut self, event: &MboMsg) {
        match event.action as u8 {
            b'R' => self.0.clear(),
            b'A' | b'M' => {
                self.0.insert(event.order_id, (event.side as u8, event.price, event.size));
            }
            b'C' => {
                let left = self.0.get_mut(&event.order_id).map(|order| {
                    order.2 -= event.size;
                    order.2
                });
                assert!(left.is_some(), "a cancel of an order that is not there");
                if left == Some(0) {
                    self.0.remove(&event.order_id);
                }
            }
            _ => {}
        }
    }

    fn top(&self) -> (i64, i64, u32, u32) {
        let of = |side: u8| self.0.values().filter(move |order| order.0 == side);
        let bid = of(b'B').map(|order| order.1).max().unwrap_or(UNDEF_PRICE);
        let ask = of(b'A').map(|order| order.1).min().unwrap_or(UNDEF_PRICE);
        let size = |side, price| of(side).filter(|order| order.1 == price).map(|o| o.2).sum();
        (bid, ask, size(b'B', bid), size(b'A', ask))
    }
}

#[test]
fn quotes_are_the_top_of_the_book_of_orders() {
    let config = |schema| FileConfig {
        length: Length::Until(at("2026-11-17T13:50:00Z")),
        ..morning(schema)
    };
    let events = records::<MboMsg>(&config(Schema::Mbo));
    let quotes = records::<Mbp1Msg>(&config(Schema::Mbp1));
    let (mut book, mut quotes) = (NaiveBook::default(), quotes.iter().peekable());
    let mut compared = 0;
    for event in &events {
        book.apply(event);
        let last = event.flags.is_last() && !event.flags.is_snapshot();
        while last && quotes.peek().is_some_and(|quote| quote.sequence == event.sequence) {
            let quote = quotes.next().expect("peeked");
            if quote.action as u8 != b'T' {
                let [level] = &quote.levels;
                let told = (level.bid_px, level.ask_px, level.bid_sz, level.ask_sz);
                assert_eq!(told, book.top(), "{quote:?}");
                compared += 1;
            }
        }
    }
    assert!(quotes.peek().is_none() && compared > 100, "{compared}");
}

#[test]
fn trading_keeps_each_products_sessions_holidays_and_early_closes() {
    let symbols = ["ESZ6", "CLF7", "6EZ6", "ZCH7", "LEG7"];
    let config = FileConfig {
        symbols: symbols.map(str::to_owned).to_vec(),
        // Thanksgiving and the short day after it.
        start: Some(at("2026-11-25T12:00:00Z")),
        length: Length::Until(at("2026-12-01T00:00:00Z")),
        rate: 0.3,
        ..FileConfig::new("ESZ6", Schema::Trades)
    };
    let trades = records::<TradeMsg>(&config);
    let plan = FilePlan::new(&config).expect("a good configuration");
    for series in plan.series() {
        let calendar = Calendar::of(series.product().group);
        let id = series.segments[0].instrument_id;
        let times: Vec<UnixNanos> = trades
            .iter()
            .filter(|trade| trade.hd.instrument_id == id)
            .map(|trade| UnixNanos(trade.hd.ts_event))
            .collect();
        let spans = calendar.spans(SessionMode::Full24x5).iter();
        let (start, end) = plan.span();
        for span in spans.filter(|span| span.open < end && span.close > start) {
            let inside = times.iter().filter(|at| span.contains(**at)).count();
            assert!(inside > 0, "{} did not trade from {}", series.symbol, span.open);
        }
        let is_open = |at: &&UnixNanos| calendar.session_at(SessionMode::Full24x5, **at).is_none();
        assert_eq!(times.iter().find(is_open), None, "{}", series.symbol);
    }
}

#[test]
fn a_continuous_symbol_changes_its_contract_and_its_mapping_at_the_roll() {
    let config = FileConfig {
        start: Some(at("2026-12-09T12:00:00Z")),
        length: Length::Days(5),
        rate: 0.3,
        ..FileConfig::new("ES.c.0", Schema::Ohlcv1M)
    };
    let plan = FilePlan::new(&config).expect("a good configuration");
    let names: Vec<String> =
        plan.series()[0].segments.iter().map(|segment| segment.contract.symbol()).collect();
    assert_eq!(names, ["ESZ6", "ESH7"]);
    let roll = plan.series()[0].segments[1].from;
    assert_eq!(roll.0 % (86_400 * NANOS_PER_SECOND), 0, "the vendor's mappings are by date in UTC");
    let bytes = bytes(&config);
    let mut decoder = DbnDecoder::new(bytes.as_slice()).expect("a DBN file");
    let map = decoder.metadata().symbol_map().expect("mappings by date");
    let mut last = BTreeMap::new();
    let mut first = BTreeMap::new();
    while let Some(bar) = decoder.decode_record::<OhlcvMsg>().expect("a whole record") {
        let symbol = map.get_for_rec(bar).expect("every record is mapped on its day");
        assert_eq!(symbol, "ES.c.0");
        let id = bar.hd.instrument_id;
        assert_eq!(id, if bar.hd.ts_event < roll.0 { 10_001 } else { 10_002 });
        last.insert(id, (bar.hd.ts_event, bar.close));
        first.entry(id).or_insert((bar.hd.ts_event, bar.open));
    }
    let ((before, old), (after, new)) = (last[&10_001], first[&10_002]);
    assert!(after - before < 10 * NANOS_PER_MINUTE, "trading goes on through the roll");
    let gap = new as f64 / old as f64 - 1.0;
    assert!((0.007..0.013).contains(&gap), "a quarter's carry, not {gap}");
}

#[test]
fn the_day_is_busier_than_the_night_and_its_volume_has_two_ends() {
    let config = FileConfig {
        start: Some(at("2026-11-15T22:00:00Z")),
        length: Length::Days(3),
        rate: 0.6,
        ..FileConfig::new("ESZ6", Schema::Ohlcv1M)
    };
    let bars = records::<OhlcvMsg>(&config);
    // New York is five hours behind: minutes of the local day.
    let minute = |bar: &&OhlcvMsg| (bar.hd.ts_event / NANOS_PER_MINUTE + 1_440 - 300) % 1_440;
    let of = |from: u64, to: u64| -> Vec<&OhlcvMsg> {
        bars.iter().filter(|bar| (from..to).contains(&minute(bar))).collect()
    };
    let volume = |from, to| {
        of(from, to).iter().map(|bar| bar.volume).sum::<u64>() as f64 / (to - from) as f64
    };
    let (open, noon, close) = (volume(570, 600), volume(720, 780), volume(930, 960));
    let (night, europe) = (volume(60, 170), volume(190, 360));
    assert!(open > 1.5 * noon && close > 1.2 * noon, "{open} {noon} {close}");
    assert!(noon > 2.0 * europe && europe > 1.5 * night, "{noon} {europe} {night}");
    let range = |from, to| {
        let ranges = of(from, to).iter().map(|bar| (bar.high - bar.low) as f64).sum::<f64>();
        ranges / of(from, to).len() as f64
    };
    assert!(range(570, 960) > 1.8 * range(60, 170));
    let tick = 250_000_000;
    assert!(
        bars.iter().all(|bar| [bar.open, bar.high, bar.low, bar.close].map(|p| p % tick) == [0; 4])
    );
}

#[test]
fn crude_oil_begun_near_zero_falls_below_it_and_goes_on() {
    let config = FileConfig {
        start: Some(at("2026-11-10T14:00:00Z")),
        length: Length::Until(at("2026-11-10T17:00:00Z")),
        start_price: Some(0.05),
        ..FileConfig::new("CLZ6", Schema::Trades)
    };
    let (mut below, mut zero, mut above) = (0, 0, 0);
    for seed in 1..=4 {
        let trades = records::<TradeMsg>(&FileConfig { seed, ..config.clone() });
        below += trades.iter().filter(|trade| trade.price < 0).count();
        zero += trades.iter().filter(|trade| trade.price == 0).count();
        above += trades.iter().filter(|trade| trade.price > 0).count();
        assert!((trades[0].price - 50_000_000).abs() < 50_000_000, "{:?}", trades[0]);
    }
    assert!(below > 500 && zero > 20 && above > 500, "{below} {zero} {above}");
}

#[test]
fn every_fault_changes_every_schema_that_can_have_it_and_nothing_before_it() {
    let schemas = [Schema::Ohlcv1M, Schema::Trades, Schema::Mbp1, Schema::Mbo];
    let when = at("2026-11-17T14:40:00Z");
    for schema in schemas {
        let sound = bytes(&morning(schema));
        let before = FileConfig { length: Length::Until(when), ..morning(schema) };
        let before = bytes(&before).len();
        for kind in FaultKind::ALL.into_iter().filter(|kind| kind.is_of(schema)) {
            let faults = vec![FaultRequest { kind, at: Some(when) }];
            let config = FileConfig { faults, ..morning(schema) };
            let found = bytes(&config);
            let same = sound.iter().zip(&found).take_while(|(a, b)| a == b).count();
            assert!(
                same < sound.len().min(found.len()) || kind == FaultKind::Cut,
                "{kind} {schema}"
            );
            assert!(same >= before, "{kind} {schema} spoils what comes before it");
            assert_eq!(found, bytes(&config), "{kind}");
            let cut = found.len() < sound.len();
            let shorter = matches!(kind, FaultKind::Gap | FaultKind::Cut)
                || (kind == FaultKind::Stale && schema != Schema::Ohlcv1M);
            assert_eq!(cut, shorter, "{kind} {schema}");
        }
    }
}

#[test]
fn faults_add_up_and_find_their_own_time_by_the_seed() {
    let fault = |kind| FaultRequest { kind, at: None };
    let faults =
        vec![fault(FaultKind::Duplicate), fault(FaultKind::Duplicate), fault(FaultKind::Gap)];
    let config = FileConfig { faults, ..morning(Schema::Trades) };
    let plan = FilePlan::new(&config).expect("a good configuration");
    let [first, second, gap] = plan.faults() else { panic!("three faults") };
    assert_ne!(first.at, second.at);
    let trades = records::<TradeMsg>(&config);
    let twice = trades.windows(2).filter(|pair| pair[0] == pair[1]).count();
    assert!((1..=2).contains(&twice), "a copy may fall into the gap: {twice}");
    let inside = |trade: &&TradeMsg| {
        let (from, to) = (gap.at.plus(NANOS_PER_SECOND * 60), gap.at.plus(299 * NANOS_PER_SECOND));
        (from.0..to.0).contains(&trade.hd.ts_event)
    };
    assert_eq!(trades.iter().find(inside), None);
    let marked = trades.iter().filter(|trade| trade.flags.raw() & dbn::flags::MAYBE_BAD_BOOK != 0);
    assert_eq!(marked.count(), 1);
    let other = FilePlan::new(&FileConfig { seed: 9, ..config }).expect("a good configuration");
    assert_ne!(other.faults()[0].at, first.at);
}

#[test]
fn a_crossed_book_is_crossed_for_a_second_and_then_whole_again() {
    let faults = vec!["crossed@2026-11-17T14:40:00Z".parse().expect("a fault")];
    let events = records::<MboMsg>(&FileConfig { faults, ..morning(Schema::Mbo) });
    let mut book = NaiveBook::default();
    let mut crossed = Vec::new();
    for event in &events {
        book.apply(event);
        let (bid, ask, ..) = book.top();
        if bid != UNDEF_PRICE && ask != UNDEF_PRICE && bid >= ask && event.flags.is_last() {
            crossed.push(event.hd.ts_event);
        }
    }
    let (first, last) = (crossed[0], crossed[crossed.len() - 1]);
    assert!(first >= at("2026-11-17T14:40:00Z").0 && last - first < 5 * NANOS_PER_SECOND);
}

#[test]
fn a_file_appears_whole_or_not_at_all() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("es.dbn");
    let plan = FilePlan::new(&morning(Schema::Trades)).expect("a good configuration");
    let files = || std::fs::read_dir(dir.path()).expect("readable").count();
    let stopped = write_file(&plan, &path, false, &mut |_| false).expect_err("stopped");
    assert!(matches!(stopped, WriteError::Stopped(_)) && files() == 0, "{stopped}");
    let written = write_file(&plan, &path, false, &mut |_| true).expect("written");
    let whole = std::fs::read(&path).expect("there");
    assert_eq!((whole.len() as u64, files()), (written.bytes, 1));
    assert_eq!(whole, bytes(&morning(Schema::Trades)));
    let error = write_file(&plan, &path, false, &mut |_| true).expect_err("it is there");
    assert!(matches!(error, WriteError::Exists(_)), "{error}");
    std::fs::write(&path, b"old").expect("written");
    write_file(&plan, &path, true, &mut |_| true).expect("replaced");
    assert_eq!(std::fs::read(&path).expect("there"), whole);
    let error = write_file(&plan, &dir.path().join("es.txt"), false, &mut |_| true);
    assert!(error.expect_err("no format").to_string().contains(".dbn.zst"));
    let error = write_file(&plan, &dir.path().join("no/es.dbn"), false, &mut |_| true);
    assert!(error.expect_err("no folder").to_string().contains("make its folder first"));
}

/// A device that is always full.
#[test]
fn a_full_disk_is_told_with_what_to_do() {
    let plan = FilePlan::new(&morning(Schema::Trades)).expect("a good configuration");
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has one");
    let error = write_to(&plan, PLAIN, full).expect_err("no space");
    assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
    let path = Path::new("x.dbn").to_owned();
    let told = WriteError::Write { path, source: error }.to_string();
    assert!(told.contains("x.dbn") && told.contains("free some space"), "{told}");
}

#[test]
fn what_cannot_be_generated_is_refused_with_what_can() {
    let refused = |change: &dyn Fn(&mut FileConfig)| {
        let mut config = morning(Schema::Trades);
        change(&mut config);
        FilePlan::new(&config).expect_err("refused").to_string()
    };
    for (symbols, told) in [
        (&["ESQ6"][..], "its months are HMUZ"),
        (&["XXZ6"], "unknown product"),
        (&["ES.FUT"], "ES.c.0 for the front one"),
        (&["ES.v.0"], "write .c. for it"),
        (&["ES.c.0.diff"], "leave the adjustment out"),
        (&["ESZ6", "ES.c.0"], "write two files"),
        (&["ESZ6", "ESZ26"], "ESZ6 and ESZ6 are one contract"),
        (&["ESZ5"], "ESZ5 expires at 2025-12-19"),
        (&[], "between 1 and 32 symbols"),
    ] {
        let text = refused(&|c| c.symbols = symbols.iter().map(|s| s.to_string()).collect());
        assert!(text.contains(told), "{symbols:?}: {text}");
    }
    assert!(refused(&|c| c.schema = Schema::Mbp10).contains("ohlcv-1s, ohlcv-1m"));
    assert!(refused(&|c| c.rate = f64::NAN).contains("at most 1000"));
    assert!(refused(&|c| c.length = Length::Days(0)).contains("between 1 and"));
    assert!(
        refused(&|c| c.length = Length::Until(at("2026-11-17T13:30:00Z"))).contains("not after")
    );
    assert!(refused(&|c| c.start = Some(UnixNanos(0))).contains("the calendar knows"));
    assert!(refused(&|c| c.start_price = Some(0.5)).contains("only energy"));
    let fault = |text: &str| text.parse::<FaultRequest>();
    let crossed = fault("crossed").expect("a fault");
    assert!(refused(&|c| c.faults = vec![crossed]).contains("mbp-1 and mbo"));
    let late = fault("gap@2027-01-01T00:00:00Z").expect("a fault");
    assert!(refused(&|c| c.faults = vec![late]).contains("outside of the file"));
    assert!(fault("hole").expect_err("none").to_string().contains("gap, stale, crossed"));
    assert!(fault("gap@noon").expect_err("none").to_string().contains("2026-11-22T14:30:00Z"));
}
