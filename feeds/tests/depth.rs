//! Ten levels of depth, made of the orders of a morning, through a file and back.

use dbn::encode::{DbnEncoder, EncodeRecord};
use dbn::{BidAskPair, Mbp10Msg, MetadataBuilder, SType, Schema, SymbolMappingMsg};
use gauntlet_core::book::{DEPTH_LEVELS, DepthBook, OrderBook};
use gauntlet_core::ids::InstrumentId;
use gauntlet_core::input::{Input, Mbo, TopOfBook, flags};
use gauntlet_core::units::{Price, Side, UnixNanos};
use gauntlet_feeds::{DbnFile, FeedInstrument};
use gauntlet_venue::generated::files::{FileConfig, FilePlan, Length, write_file};

/// Orders of the day that are turned into depth: enough for the snapshot and some minutes.
const EVENTS_MAX: usize = 40_000;

fn recorded() -> Option<DbnFile> {
    let path = gauntlet_testkit::recorded("cme/esh4-20231225.mbo.dbn.zst")?;
    Some(DbnFile::open(path).expect("opens"))
}

type Levels = [Vec<(Price, u32, u32)>; 2];

fn levels(book: &OrderBook) -> Levels {
    [Side::Buy, Side::Sell].map(|side| {
        let ten = book.levels(side).take(DEPTH_LEVELS);
        ten.map(|(price, size, orders)| (price, size as u32, orders)).collect()
    })
}

fn record(levels: &Levels, event: &Mbo) -> Mbp10Msg {
    let mut record = Mbp10Msg::default();
    record.hd.instrument_id = 7;
    record.hd.ts_event = event.ts_event.0;
    (record.ts_recv, record.sequence) = (event.ts_event.0 + 1, event.sequence);
    (record.action, record.side) = (b'M' as _, b'N' as _);
    record.flags = dbn::FlagSet::new(flags::LAST);
    let nothing = (Price::NONE, 0, 0);
    for (at, pair) in record.levels.iter_mut().enumerate() {
        let of = |side: usize| levels[side].get(at).copied().unwrap_or(nothing);
        let ((bid, bid_sz, bid_ct), (ask, ask_sz, ask_ct)) = (of(0), of(1));
        *pair = BidAskPair { bid_px: bid.0, ask_px: ask.0, bid_sz, ask_sz, bid_ct, ask_ct };
    }
    record
}

#[test]
fn the_depth_of_a_generated_morning_survives_its_way_through_a_file() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("es.mbo.dbn");
    let time = |text| UnixNanos::parse_rfc3339(text).expect("a time");
    let plan = FilePlan::new(&FileConfig {
        start: Some(time("2026-11-17T14:20:00Z")),
        length: Length::Until(time("2026-11-17T15:30:00Z")),
        ..FileConfig::new("ESZ6", Schema::Mbo)
    });
    let plan = plan.expect("a good configuration");
    write_file(&plan, &path, false, &mut |_| true).expect("written");
    survives(DbnFile::open(&path).expect("opens"));
}

#[test]
fn the_depth_of_a_recorded_morning_survives_its_way_through_a_file() {
    let Some(orders) = recorded() else { return };
    survives(orders);
}

fn survives(mut orders: DbnFile) {
    let metadata = MetadataBuilder::new()
        .dataset("GLBX.MDP3")
        .schema(None)
        .start(0)
        .stype_in(None)
        .stype_out(SType::InstrumentId)
        .build();
    let mut encoder = DbnEncoder::new(Vec::new(), &metadata).expect("encodes");
    let mapping =
        SymbolMappingMsg::new(7, 1, SType::RawSymbol, "ESH4", SType::RawSymbol, "ESH4", 0, 9);
    encoder.encode_record(&mapping.expect("fits")).expect("encodes");
    let (mut book, mut told): (OrderBook, Vec<Levels>) = (OrderBook::new(65_536), Vec::new());
    for _ in 0..EVENTS_MAX {
        let Some(received) = orders.next_input().expect("reads") else { break };
        let Input::Mbo(event) = received.input else { continue };
        book.apply(&event);
        if event.flags & flags::LAST == 0 || !book.is_complete() {
            continue;
        }
        let now = levels(&book);
        if told.last() != Some(&now) {
            encoder.encode_record(&record(&now, &event)).expect("encodes");
            told.push(now);
        }
    }
    assert!(told.len() > 1_000, "{} changes of the ten levels", told.len());
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("esh4.mbp-10.dbn");
    std::fs::write(&path, encoder.get_ref()).expect("writes");

    let es = FeedInstrument::unchecked("ESH4", InstrumentId(2));
    let mut file = DbnFile::open(&path).expect("opens").with_instruments(&[es]);
    let (mut depth, mut at, mut changes) = (DepthBook::new(), 0, 0);
    while let Some(received) = file.next_input().expect("reads") {
        match received.input {
            Input::Level(level) => {
                assert_eq!(level.instrument, InstrumentId(2));
                assert!(depth.apply(&level));
                changes += 1;
            }
            Input::Quote(quote) => {
                let now =
                    [Side::Buy, Side::Sell].map(|side| depth.levels(side).collect::<Vec<_>>());
                assert_eq!(now, told[at], "record {at}");
                assert_eq!(quote.top, depth.top());
                assert_ne!(quote.top, TopOfBook::EMPTY);
                at += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(at, told.len());
    let a_record = changes as f64 / at as f64;
    assert!(a_record < 4.0, "{a_record} levels a record are more than what changes");
}
