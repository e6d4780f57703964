//! The language as a whole: what is printed reads the same, and errors say what to do.

mod errors;
mod generate;
mod pages;

use super::ast::{RuleSet, Span};
use super::json::{from_json, to_json};
use super::parse;
use super::walk::{self, Part};
use generate::Generator;
use proptest::prelude::*;

/// The tree without its spans.
fn shape(rules: &RuleSet) -> serde_json::Value {
    serde_json::to_value(rules).expect("a tree has a json form")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_tree_is_the_same_after_text_and_after_json(seed in any::<u64>()) {
        let tree = Generator::new(seed).rules();
        let text = tree.to_string();
        let read = parse(&text);
        prop_assert_eq!(read.errors().count(), 0, "{}\n{:?}", text, read.diagnostics);
        prop_assert_eq!(shape(&read.rules), shape(&tree), "{}", text);
        prop_assert_eq!(read.rules.to_string(), text.clone());

        let back = from_json(&to_json(&read.rules)).expect("what is written is read");
        prop_assert_eq!(back.errors().count(), 0);
        prop_assert_eq!(back.rules, read.rules);
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in "[ -~\n]{0,200}") {
        let read = parse(&text);
        for finding in &read.diagnostics {
            finding.render(&text);
        }
    }

    #[test]
    fn words_in_any_order_are_read_without_a_panic_and_what_is_read_prints_as_it_reads(
        words in prop::collection::vec(prop::sample::select(WORDS.to_vec()), 0..60)
    ) {
        let read = parse(&words.join(" "));
        if read.errors().next().is_none() {
            let text = read.rules.to_string();
            prop_assert_eq!(shape(&parse(&text).rules), shape(&read.rules), "{}", text);
        }
    }
}

const WORDS: [&str; 47] = [
    "long", "short", "exit", "when", "and", "or", "not", "close", "open", "volume", "rsi", "(",
    ")", "14", ",", "<", ">", "=", "crosses", "above", "below", "between", "rising", "for", "3",
    "bars", "within", "first", "in", "session", ".", "high", "[", "1", "]", "\n", "let", "x",
    "param", "-", "*", "ticks", "stop", "%", "strength", "bb", "lower",
];

#[test]
fn each_node_knows_its_own_text() {
    let text = "let band = bb(20, 2)\nlong when (close < band.lower - 2 ticks) for 3 bars and not (rsi(14)[1] > 70)";
    let rules = parse(text).into_rules().expect("the rules are right");
    let mut seen = Vec::new();
    for root in walk::roots(&rules) {
        walk::each(root, &mut |part| {
            let span = match part {
                Part::Number(number) => number.span,
                Part::Condition(condition) => condition.span,
                Part::Constant(constant) => constant.span,
            };
            seen.push(span.of(text));
        });
    }
    for words in ["band.lower - 2 ticks", "2 ticks", "rsi(14)[1]", "rsi(14)", "rsi(14)[1] > 70"] {
        assert!(seen.contains(&words), "{words} in {seen:?}");
    }
    let entry = &rules.long.entries[0];
    assert_eq!(entry.text, text.lines().nth(1).unwrap_or(""));
    assert_eq!(entry.span, Span { start: 21, end: text.len() as u32 });
}

#[test]
fn words_may_be_in_any_case_and_definitions_anywhere() {
    let upper = "LONG WHEN RSI(Period) < 30 AND Close CROSSES ABOVE Ema(9)\nPARAM period = 14";
    let lower = "param period = 14\nlong when rsi(period) < 30 and close crosses above ema(9)\n";
    assert_eq!(parse(upper).rules.to_string(), lower);
}

#[test]
fn a_statement_goes_on_where_it_cannot_end() {
    let text = "long when close > open and\n  (rsi(14) < 30\n   or low < low[1])\n  and volume > 5\nstop 4\n ticks";
    assert_eq!(
        parse(text).rules.long.entries[0].condition.span.of(text),
        "close > open and\n  (rsi(14) < 30\n   or low < low[1])\n  and volume > 5"
    );
    assert_eq!(parse(text).errors().count(), 2, "`stop 4` ends with its line");
}

#[test]
fn json_says_nothing_that_text_cannot() {
    let json = |name: &str| {
        format!(
            r#"{{"long":{{"entries":[{{"type":"compare","op":"<","left":{{"type":"field","field":"close"}},"right":{{"type":"let","name":"{name}"}}}}]}}}}"#
        )
    };
    let refused = from_json(&json("open or close")).expect_err("it is no name");
    assert!(refused.to_string().contains("cannot be a name"), "{refused}");
    let unknown = from_json(&json("nobody")).expect("the form is right");
    assert_eq!(unknown.errors().count(), 1);
    let field = json("x").replace("\"field\":\"close\"", "\"field\":\"close\",\"extra\":1");
    let refused = from_json(&field).expect_err("no field is ignored");
    assert!(refused.to_string().contains("extra"), "{refused}");
    assert!(from_json("{").is_err());
}

#[test]
fn json_keeps_where_a_direction_comes_from() {
    let json = r#"{"long":{"entries":[{"type":"compare","op":">","left":{"type":"field","field":"close"},"right":{"type":"field","field":"open"}}],"origin":{"type":"fallback","archetype":"momentum","confidence":0.4}}}"#;
    let read = from_json(json).expect("it is the json of a strategy");
    assert_eq!(read.rules.confidence(), 0.4);
    assert!(from_json(&json.replace("0.4", "1.4")).is_err());
}

#[test]
fn deep_nesting_is_an_error_and_no_crash() {
    for text in [
        format!("long when {}close > open", "(".repeat(8_000)),
        format!("long when {}close > open", "not ".repeat(4_000)),
        format!("long when close{} > open", "[1]".repeat(5_000)),
        format!("long when {}close > open", "- ".repeat(8_000)),
        format!("long when close > open{}", " + 1".repeat(4_000)),
    ] {
        assert!(parse(&text).errors().count() > 0);
    }
    let deep = format!("{}1{}", r#"{"type":"negate","of":"#.repeat(5_000), "}".repeat(5_000));
    assert!(from_json(&format!(r#"{{"long":{{"strength":{deep}}}}}"#)).is_err());
}

#[test]
fn at_most_fifty_findings_are_reported() {
    assert_eq!(parse(&"nonsense\n".repeat(400)).diagnostics.len(), super::DIAGNOSTICS_MAX);
}

#[test]
fn an_error_is_never_lost_behind_warnings() {
    let warnings = |index: usize| format!("let name_{index} = rsi(14) > 130\n");
    let text: String = (0..60).map(warnings).collect();
    let parsed = parse(&format!("{text}long when name_1\nstop 0 ticks"));
    assert_eq!(parsed.diagnostics.len(), super::DIAGNOSTICS_MAX);
    assert!(parsed.into_rules().is_err());
}

#[test]
fn rules_at_the_limit_still_read_back_from_their_canonical_text() {
    for (count, usable) in [(164, true), (165, false)] {
        let exit = vec!["close rising"; count].join(" or ");
        let parsed =
            parse(&format!("long when close > open\nexit when ({exit}) and not low > high"));
        assert_eq!(parsed.errors().next().is_none(), usable, "{:?}", parsed.diagnostics);
        let again = parse(&parsed.rules.to_string());
        assert_eq!(again.errors().count(), 0, "{:?}", again.diagnostics);
    }
}
