//! Any bytes are read as a file of bars, CSV, gzip, zip or DBN, or refused, without a panic and in a
//! number of rows that their length bounds.

#![no_main]

use gauntlet_feeds::{BarOptions, BarReader, Stamp};
use libfuzzer_sys::fuzz_target;
use std::io::Cursor;
use std::path::Path;

fuzz_target!(|bytes: (u8, &[u8])| {
    let (choice, bytes) = bytes;
    let options = BarOptions {
        symbol: (choice & 1 != 0).then(|| "ESZ3".to_owned()),
        seconds: (choice & 2 != 0).then_some(60),
        stamp: if choice & 4 != 0 { Stamp::Close } else { Stamp::Open },
    };
    let mut file = bytes.to_vec();
    if choice & 8 != 0 {
        // What follows a good header is met more often.
        file.splice(0..0, *b"ts_event,open,high,low,close,volume,symbol\n");
    }
    let Ok(reader) = BarReader::read(Path::new("20131007.csv"), Cursor::new(file), &options) else {
        return;
    };
    let mut last = None;
    for bar in reader.flatten() {
        assert!(bar.low <= bar.open.min(bar.close) && bar.open.max(bar.close) <= bar.high);
        assert!(last.is_none_or(|last| last < bar.ts_open));
        last = Some(bar.ts_open);
    }
});
