//! Any text is read as rules and as prose without a panic, and what is read prints as what reads
//! the same.

#![no_main]

use gauntlet_strategy::rule::json::{from_json, to_json};
use gauntlet_strategy::rule::parse;
use gauntlet_strategy::rule::prose::read_prose;
use gauntlet_strategy::strategy::Plan;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let read = parse(text);
    for finding in &read.diagnostics {
        finding.render(text);
    }
    if read.errors().next().is_none() {
        let printed = read.rules.to_string();
        let again = parse(&printed);
        assert_eq!(again.errors().count(), 0, "{printed}");
        assert_eq!(again.rules.to_string(), printed);
        assert_eq!(to_json(&again.rules), to_json(&read.rules));
        let back = from_json(&to_json(&again.rules)).expect("what is written is read");
        assert_eq!(back.rules, again.rules);
        // What is read may still be refused, with a reason.
        let _ = Plan::new(read.rules, &[]).and_then(|plan| plan.warm_up_bars());
    }
    let prose = read_prose(text);
    assert!((0.0..=1.0).contains(&prose.confidence));
});
