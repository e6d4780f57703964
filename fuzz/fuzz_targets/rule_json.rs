//! Any JSON is read or refused without a panic, and what is read is written as what reads the same.

#![no_main]

use gauntlet_strategy::rule::json::{from_json, to_json};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|json: &str| {
    let Ok(read) = from_json(json) else { return };
    if read.errors().next().is_none() {
        let again = from_json(&to_json(&read.rules)).expect("what is written is read");
        assert_eq!(again.errors().count(), 0);
        assert_eq!(again.rules, read.rules);
    }
});
