//! DBN files, real and damaged.

use dbn::encode::{DbnEncoder, EncodeRecord, EncodeRecordRef};
use dbn::{
    BboMsg, ErrorMsg, MboMsg, Mbp10Msg, MetadataBuilder, OhlcvMsg, RecordHeader, SType, Schema,
    StatMsg, StatusMsg, SymbolMappingMsg, rtype,
};
use gauntlet_core::ids::InstrumentId;
use gauntlet_core::input::{BookAction, Input, Listing, TradingState};
use gauntlet_core::units::{Money, Price, Side, UnixNanos};
use gauntlet_feeds::{DbnFile, FeedInstrument, FileError};
use std::io::Write;
use std::path::{Path, PathBuf};

/// A file of real data; `None` where it is meant to be missing.
fn data(name: &str) -> Option<PathBuf> {
    gauntlet_testkit::recorded(&format!("cme/{name}"))
}

fn inputs(file: &mut DbnFile) -> Vec<(Input, UnixNanos)> {
    let mut all = Vec::new();
    while let Some(received) = file.next_input().expect("a sound file") {
        assert_eq!(received.arrived, 0);
        all.push((received.input, received.ts));
    }
    all
}

#[test]
fn every_real_file_gives_as_many_records_as_the_vendors_own_decoder() {
    let Some(folder) = gauntlet_testkit::recorded("cme") else { return };
    let files = std::fs::read_dir(folder).expect("readable");
    let mut read = 0;
    for path in files.map(|f| f.expect("a file").path()) {
        if !path.to_string_lossy().ends_with(".dbn.zst") {
            continue;
        }
        let mut oracle = dbn::decode::dbn::Decoder::from_zstd_file(&path).expect("opens");
        let mut expected = 0;
        while oracle.decode_ref().expect("decodes").is_some() {
            expected += 1;
        }
        let mut file = DbnFile::open(&path).expect("opens");
        let inputs = inputs(&mut file);
        assert_eq!(file.records(), expected, "{}", path.display());
        assert_eq!(inputs.len() as u64, expected);
        assert!(inputs.windows(2).all(|w| w[0].1 <= w[1].1), "time runs backwards");
        read += 1;
    }
    assert!(read > 0);
}

#[test]
fn the_two_market_by_order_days_have_77517_records_in_all() {
    let (Some(first), Some(second)) =
        (data("esh4-20231224.mbo.dbn.zst"), data("esh4-20231225.mbo.dbn.zst"))
    else {
        return;
    };
    let mut all = inputs(&mut DbnFile::open(first).expect("opens"));
    all.extend(inputs(&mut DbnFile::open(second).expect("opens")));
    assert_eq!(all.len(), 77_517);
    let Some((Input::Mbo(last), ts)) = all.last() else { panic!("not market-by-order") };
    assert_eq!((last.action, last.side), (BookAction::Modify, Some(Side::Sell)));
    assert_eq!((last.price, last.size), (Price(4_810_500_000_000), 1));
    assert_eq!((last.order_id, last.sequence, last.flags), (6_412_777_285_103, 59_585, 130));
    assert_eq!(last.ts_event, UnixNanos(1_703_548_799_446_724_905));
    assert_eq!(*ts, UnixNanos(1_703_548_799_446_821_072));
}

#[test]
fn quotes_trades_and_bars_carry_what_the_file_says() {
    let (Some(quotes), Some(trades), Some(bars)) = (
        data("esu4-20240701.mbp-1.dbn.zst"),
        data("esu4-20240701.trades.dbn.zst"),
        data("esu4-nqu4-20240701.ohlcv-1m.dbn.zst"),
    ) else {
        return;
    };
    let (Input::Quote(quote), _) = inputs(&mut DbnFile::open(quotes).expect("opens"))[0] else {
        panic!("not a quote")
    };
    assert_eq!((quote.action, quote.side), (BookAction::Trade, Some(Side::Buy)));
    assert_eq!((quote.price, quote.size), (Price(5_528_750_000_000), 2));
    assert_eq!((quote.top.bid, quote.top.bid_size), (Price(5_528_500_000_000), 29));
    assert_eq!((quote.top.ask, quote.top.ask_size), (Price(5_528_750_000_000), 6));

    let (Input::Trade(trade), _) = inputs(&mut DbnFile::open(trades).expect("opens"))[0] else {
        panic!("not a trade")
    };
    assert_eq!((trade.price, trade.size), (Price(5_528_750_000_000), 2));
    assert_eq!((trade.side, trade.sequence), (Some(Side::Buy), 9_060_643));

    let nq = FeedInstrument::unchecked("NQU4", InstrumentId(9));
    let mut file = DbnFile::open(bars).expect("opens").with_instruments(&[nq]);
    let bars = inputs(&mut file);
    assert_eq!((file.records(), bars.len()), (60, 30), "the other instrument is passed over");
    let (Input::Ohlcv(bar), known) = bars[0] else { panic!("not a bar") };
    assert_eq!((bar.instrument, bar.seconds), (InstrumentId(9), 60));
    assert_eq!((bar.open, bar.high), (Price(20_014_250_000_000), Price(20_016_250_000_000)));
    assert_eq!((bar.low, bar.close), (Price(20_013_500_000_000), Price(20_016_250_000_000)));
    assert_eq!((bar.volume, bar.ts_open), (35, UnixNanos(1_719_877_200_000_000_000)));
    assert_eq!(known, UnixNanos(1_719_877_260_000_000_000), "a bar is known at its end");
}

#[test]
fn a_definition_that_disagrees_with_the_configuration_is_refused() {
    let Some(path) = data("esm3.definition.dbn.zst") else { return };
    let with = |tick, multiplier| -> Result<Vec<Listing>, FileError> {
        let mut es = FeedInstrument::unchecked("ESM3", InstrumentId(0));
        es.tick = Price(tick);
        es.multiplier = Money(multiplier);
        let mut file = DbnFile::open(&path).expect("opens").with_instruments(&[es]);
        let mut listings = Vec::new();
        while let Some(received) = file.next_input()? {
            let Input::Listing(listing) = received.input else { panic!("{received:?}") };
            listings.push(listing);
        }
        Ok(listings)
    };
    let listings = with(250_000_000, 50_000_000).expect("ES moves by 0.25, 50 dollars a point");
    assert_eq!(listings.len(), 2);
    let es = listings[0];
    assert_eq!((es.tick, es.unit_qty), (Price(250_000_000), Price(50_000_000_000)));
    assert_eq!(
        (es.currency.as_str(), es.expiration),
        ("USD", UnixNanos(1_686_922_200_000_000_000))
    );
    assert_eq!((es.low_limit, es.high_limit), (Price(3_850_000_000_000), Price(4_425_000_000_000)));
    for (tick, multiplier) in
        [(250_000_000, 5_000_000), (250_000_000, 500_000), (10_000_000, 50_000_000)]
    {
        let error = with(tick, multiplier).expect_err("not ES");
        assert!(matches!(error, FileError::Definition { record: 1, .. }), "{error}");
        assert!(
            error.to_string().contains("defines ESM3 with tick 0.25, 50 units a contract"),
            "{error}"
        );
    }
}

/// A small file of our own making, uncompressed, and the length of its header.
fn sample(dir: &Path, version: u8) -> (PathBuf, Vec<u8>, usize) {
    let metadata = MetadataBuilder::new()
        .version(version)
        .dataset("GLBX.MDP3")
        .schema(None)
        .start(0)
        .stype_in(None)
        .stype_out(SType::InstrumentId)
        .build();
    let mut encoder = DbnEncoder::new(Vec::new(), &metadata).expect("encodes");
    let header = encoder.get_ref().len();
    let hd = |rtype, at| RecordHeader::new::<MboMsg>(rtype, 1, 7, at);
    if version == 1 {
        let mut mapping = dbn::v1::SymbolMappingMsg::default();
        mapping.hd.instrument_id = 7;
        write_c(&mut mapping.stype_out_symbol, "ESH4");
        encoder.encode_record(&mapping).expect("encodes");
    } else {
        let mapping =
            SymbolMappingMsg::new(7, 1, SType::RawSymbol, "ESH4", SType::RawSymbol, "ESH4", 0, 9)
                .expect("fits");
        encoder.encode_record(&mapping).expect("encodes");
    }
    let mut order = MboMsg { hd: hd(rtype::MBO, 100), ..MboMsg::default() };
    (order.action, order.side) = (b'A' as _, b'B' as _);
    (order.price, order.size, order.ts_recv) = (4_800_000_000_000, 3, 150);
    for _ in 0..3 {
        encoder.encode_record(&order).expect("encodes");
    }
    let bytes = encoder.get_ref().clone();
    let path = dir.join(format!("sample-v{version}.dbn"));
    std::fs::write(&path, &bytes).expect("writes");
    (path, bytes, header)
}

fn write_c(to: &mut [std::ffi::c_char], text: &str) {
    for (to, from) in to.iter_mut().zip(text.bytes()) {
        *to = from as _;
    }
}

fn esh4() -> [FeedInstrument; 1] {
    [FeedInstrument::unchecked("ESH4", InstrumentId(4))]
}

#[test]
fn files_of_every_version_decode_alike() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut seen = Vec::new();
    for version in [1, 2, 3] {
        let (path, ..) = sample(dir.path(), version);
        let mut file = DbnFile::open(path).expect("opens").with_instruments(&esh4());
        seen.push(inputs(&mut file));
        assert_eq!(file.metadata().version, version);
    }
    assert_eq!(seen[0].len(), 3);
    assert!(matches!(seen[0][0], (Input::Mbo(m), UnixNanos(150)) if m.instrument.0 == 4));
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[1], seen[2]);
}

#[test]
fn a_file_cut_anywhere_ends_with_a_clear_error_unless_cut_between_records() {
    let dir = tempfile::tempdir().expect("a folder");
    let (_, bytes, header) = sample(dir.path(), 3);
    let path = dir.path().join("cut.dbn");
    let mapping = size_of::<SymbolMappingMsg>();
    for len in 0..bytes.len() {
        std::fs::write(&path, &bytes[..len]).expect("writes");
        let opened = DbnFile::open(&path);
        if len < header {
            let error = opened.err().expect("no whole header");
            assert!(matches!(error, FileError::Header { .. }), "{len}: {error}");
            continue;
        }
        let mut file = opened.expect("a whole header").with_instruments(&esh4());
        let mut whole = 0;
        let end = loop {
            match file.next_input() {
                Ok(Some(_)) => whole += 1,
                other => break other,
            }
        };
        let body = len - header;
        let at_boundary =
            body == 0 || body >= mapping && (body - mapping).is_multiple_of(size_of::<MboMsg>());
        match end {
            Ok(_) => assert!(at_boundary, "{len}: a cut went unnoticed"),
            Err(FileError::Truncated { record, byte, left, .. }) => {
                assert!(!at_boundary);
                assert_eq!(byte as usize + left, len);
                assert_eq!(record, file.records() + 1);
            }
            Err(other) => panic!("{len}: {other}"),
        }
        assert_eq!(whole, body.saturating_sub(mapping) / size_of::<MboMsg>());
        assert!(matches!(file.next_input(), Ok(None)), "nothing comes after the end");
    }
}

#[test]
fn damage_names_the_record_and_the_byte() {
    let dir = tempfile::tempdir().expect("a folder");
    let (_, bytes, header) = sample(dir.path(), 3);
    let third = header + size_of::<SymbolMappingMsg>() + size_of::<MboMsg>();
    let damage = |offset: usize, value: u8| {
        let mut bytes = bytes.clone();
        bytes[third + offset] = value;
        let path = dir.path().join("damaged.dbn");
        std::fs::write(&path, &bytes).expect("writes");
        let mut file = DbnFile::open(path).expect("opens").with_instruments(&esh4());
        assert!(file.next_input().expect("sound so far").is_some());
        file.next_input().expect_err("damage").to_string()
    };
    let place = format!("is damaged at record 3 (byte {third}): ");
    let action = std::mem::offset_of!(MboMsg, action);
    for (offset, value, reason) in [
        (0, 0, "impossible length 0"),
        (0, 4, "record type 0xa0 with only 16 bytes"),
        (0, 15, "length of 60 bytes, which is not a multiple of 8"),
        (1, 0x77, "unknown record type 0x77"),
        (action, b'?', "an impossible action of 0x3f"),
    ] {
        let error = damage(offset, value);
        assert!(error.contains(&place) && error.contains(reason), "{error}");
    }
}

#[test]
fn a_compressed_file_cut_short_or_damaged_is_an_error_and_not_an_early_end() {
    let Some(path) = data("esu4-20240701.trades.dbn.zst") else { return };
    let bytes = std::fs::read(path).expect("reads");
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("cut.dbn.zst");
    let drain = |bytes: &[u8]| -> Result<u64, FileError> {
        std::fs::write(&path, bytes).expect("writes");
        let mut file = DbnFile::open(&path)?;
        while file.next_input()?.is_some() {}
        Ok(file.records())
    };
    assert_eq!(drain(&bytes).expect("sound"), 120);
    for len in (0..bytes.len()).step_by(97) {
        drain(&bytes[..len]).expect_err("cut short");
    }
    let mut flipped = bytes.clone();
    flipped[bytes.len() / 2] ^= 0x10;
    drain(&flipped).expect_err("damaged");
}

#[test]
fn what_is_not_a_dbn_file_is_said_to_be_none() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("x.dbn");
    for bytes in
        [&b""[..], b"hello, world, this is text", b"DBN\x04\x64\0\0\0", b"DBN\x03\xff\xff\xff\xff"]
    {
        std::fs::File::create(&path).expect("creates").write_all(bytes).expect("writes");
        let error = DbnFile::open(&path).err().expect("not DBN");
        assert!(error.to_string().contains("x.dbn is not a DBN file of version 1 to 3"), "{error}");
    }
    let error = DbnFile::open(dir.path().join("absent.dbn")).err().expect("absent");
    assert!(error.to_string().starts_with("cannot open "), "{error}");
    assert!(matches!(DbnFile::open(dir.path()).err(), Some(FileError::Open { .. })));
}

#[test]
fn the_other_schemas_are_understood_or_passed_over() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("mixed.dbn");
    let metadata = MetadataBuilder::new()
        .dataset("GLBX.MDP3")
        .schema(None)
        .start(0)
        .stype_in(None)
        .stype_out(SType::InstrumentId)
        .build();
    let mut encoder = DbnEncoder::new(Vec::new(), &metadata).expect("encodes");
    let mapping =
        SymbolMappingMsg::new(7, 1, SType::Continuous, "ES.c.0", SType::RawSymbol, "ESH4", 0, 9)
            .expect("fits");
    encoder.encode_record(&mapping).expect("encodes");
    let mut ten = Mbp10Msg::default();
    ten.hd.instrument_id = 7;
    (ten.action, ten.side) = (b'C' as _, b'A' as _);
    (ten.levels[0].bid_px, ten.levels[0].ask_px) = (10, 20);
    ten.levels[0].bid_sz = 4;
    encoder.encode_record(&ten).expect("encodes");
    let mut bbo = BboMsg::default_for_schema(Schema::Bbo1S);
    (bbo.hd.instrument_id, bbo.hd.ts_event, bbo.ts_recv) = (7, dbn::UNDEF_TIMESTAMP, 1_000);
    (bbo.side, bbo.levels[0].bid_px) = (b'N' as _, 30);
    encoder.encode_record(&bbo).expect("encodes");
    let mut bar = OhlcvMsg::default_for_schema(Schema::Ohlcv1D);
    bar.hd.instrument_id = 7;
    encoder.encode_record(&bar).expect("encodes");
    encoder.encode_record(&StatMsg::default()).expect("encodes");
    encoder.encode_record(&ErrorMsg::new(0, None, "no matter", true)).expect("encodes");
    for action in [7, 1, 8, 15, 14, 999] {
        let mut status = StatusMsg { action, ..StatusMsg::default() };
        status.hd.instrument_id = 7;
        encoder.encode_record_ref((&status).into()).expect("encodes");
    }
    std::fs::write(&path, encoder.get_ref()).expect("writes");

    let asked = FeedInstrument::unchecked("ES.c.0", InstrumentId(2));
    let mut file = DbnFile::open(&path).expect("opens").with_instruments(&[asked]);
    let all = inputs(&mut file);
    assert!(matches!(all[0].0, Input::Level(l) if l.price == Price(10) && l.size == 4));
    let all = &all[1..];
    assert!(matches!(all[0].0, Input::Quote(q) if q.top.bid == Price(10) && q.top.ask == Price(20)
        && q.action == BookAction::Cancel && q.instrument == InstrumentId(2)));
    assert!(matches!(all[1].0, Input::Quote(q) if q.top.bid == Price(30)
        && q.action == BookAction::None && q.ts_event == UnixNanos(1_000)));
    assert!(matches!(all[2].0, Input::Ohlcv(b) if b.seconds == 86_400));
    let states: Vec<TradingState> = all[3..]
        .iter()
        .map(|(input, _)| match input {
            Input::Status(status) => status.state,
            other => panic!("{other:?}"),
        })
        .collect();
    use TradingState::{Closed, Halted, Open, PreOpen};
    assert_eq!(states, [Open, PreOpen, Halted, Closed, Halted], "an unknown action halts");
}
