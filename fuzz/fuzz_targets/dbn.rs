//! Any bytes are decoded as a DBN file, or refused, without a panic and in a number of records that
//! their length bounds.

#![no_main]

use dbn::encode::dbn::MetadataEncoder;
use dbn::{MappingInterval, MetadataBuilder, SType, Schema, SymbolMapping};
use gauntlet_feeds::DbnFile;
use libfuzzer_sys::fuzz_target;
use std::io::Cursor;

/// The header of a file of one instrument, whose number is 1, so that records mean something.
fn header(version: u8) -> Vec<u8> {
    // Mappings hold for their dates, and records may be of any.
    let year = |year| time::Date::from_ordinal_date(year, 1).expect("a day");
    let interval =
        MappingInterval { start_date: year(1970), end_date: year(2500), symbol: "1".to_owned() };
    let mapping = SymbolMapping { raw_symbol: "ESH4".to_owned(), intervals: vec![interval] };
    let metadata = MetadataBuilder::new()
        .version(version)
        .dataset("GLBX.MDP3")
        .schema(Some(Schema::Mbo))
        .start(0)
        .stype_in(Some(SType::RawSymbol))
        .stype_out(SType::InstrumentId)
        .symbols(vec!["ESH4".to_owned()])
        .mappings(vec![mapping])
        .build();
    let mut bytes = vec![];
    MetadataEncoder::new(&mut bytes).encode(&metadata).expect("encodes");
    bytes
}

fuzz_target!(|bytes: (u8, &[u8])| {
    let (choice, bytes) = bytes;
    let mut file = if choice == 0 { vec![] } else { header(1 + choice % 3) };
    file.extend_from_slice(bytes);
    let Ok(mut decoded) = DbnFile::read("bytes", Cursor::new(file.clone())) else { return };
    let compressed = file.starts_with(b"\x28\xb5\x2f\xfd");
    while let Ok(Some(_)) = decoded.next_input() {
        assert!(compressed || decoded.records() <= file.len() as u64);
    }
    assert!(matches!(decoded.next_input(), Ok(None)), "nothing follows the end or damage");
    let Ok(mut records) = DbnFile::read("bytes", Cursor::new(file)) else { return };
    while let Ok(Some(_)) = records.next_record() {}
});
