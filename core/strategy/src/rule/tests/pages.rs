//! What `docs/rules.md` shows is so.

use super::shape;
use crate::rule::ast;
use crate::rule::json::from_json;
use crate::rule::parse;
use crate::rule::prose::read_prose;
use crate::rule::words::Worded;
use gauntlet_model::input::SessionMode;

const PAGE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/rules.md"));

/// The fenced blocks: their language and their text.
fn blocks() -> Vec<(&'static str, &'static str)> {
    let fences: Vec<&str> = PAGE.split("```").collect();
    let inside = fences.iter().skip(1).step_by(2);
    inside.map(|block| block.split_once('\n').expect("a fence ends its line")).collect()
}

fn rendered(text: &str) -> String {
    parse(text).diagnostics.iter().map(|finding| finding.render(text)).collect()
}

/// The code in the first column of the table under a heading.
fn first_cells(heading: &str) -> Vec<&'static str> {
    let section = PAGE.split(heading).nth(1).expect("the heading is there");
    let rows = section.lines().skip_while(|line| !line.starts_with("|---")).skip(1);
    let cells = rows
        .take_while(|line| line.starts_with('|'))
        .map(|row| row.split('|').nth(1).expect("a row has cells"));
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect()
}

#[test]
fn each_example_is_read_without_a_finding_and_each_mistake_gives_the_report_shown() {
    let blocks = blocks();
    let mut seen = [0, 0];
    for (index, (language, text)) in blocks.iter().enumerate() {
        match *language {
            "rules" => {
                assert_eq!(rendered(text), "", "{text}");
                seen[0] += 1;
            }
            "rules wrong" => {
                let (_, shown) = blocks[index + 1];
                assert_eq!(rendered(text), shown, "{text}");
                seen[1] += 1;
            }
            _ => {}
        }
    }
    assert!(seen[0] >= 5 && seen[1] >= 5, "{seen:?}");
}

#[test]
fn the_json_and_the_prose_shown_say_the_same_as_the_rules_shown() {
    let blocks = blocks();
    let at = |language: &str| {
        let place = blocks.iter().position(|(own, _)| *own == language);
        place.expect("the page shows one")
    };
    let json = from_json(blocks[at("json")].1).expect("it is the json of a strategy");
    let rules = parse(blocks[at("json") - 1].1);
    assert_eq!(json.rules.to_string(), rules.rules.to_string());
    assert_eq!(shape(&json.rules), shape(&rules.rules));

    let prose = read_prose(blocks[at("prose")].1);
    assert_eq!(prose.parsed.rules.to_string(), blocks[at("prose") + 1].1);
    assert_eq!(prose.unread, []);
}

#[test]
fn each_number_of_the_table_is_a_number_and_each_condition_a_condition() {
    let numbers = first_cells("## Numbers");
    assert!(numbers.len() > 40, "{numbers:?}");
    for number in numbers {
        let text = format!("let x = {number}\nlong when log(x / 1) > 0");
        assert_eq!(parse(&text).errors().count(), 0, "{number}\n{}", rendered(&text));
    }
    let conditions = first_cells("## Conditions");
    assert!(conditions.len() > 10, "{conditions:?}");
    for condition in conditions {
        assert_eq!(rendered(&format!("long when {condition}")), "", "{condition}");
    }
}

#[test]
fn each_word_of_the_language_is_on_the_page() {
    fn all<T: Worded>() -> impl Iterator<Item = &'static str> {
        T::WORDS.iter().map(|(_, value)| value.words())
    }
    let words = all::<ast::Field>()
        .chain(all::<ast::SessionTerm>())
        .chain(all::<ast::PositionTerm>())
        .chain(all::<ast::Function>())
        .chain(all::<ast::Comparison>())
        .chain(all::<ast::Trend>())
        .chain(all::<ast::Zone>())
        .chain(all::<ast::EntryStyle>());
    for word in words.chain(SessionMode::ALL.map(SessionMode::name)) {
        assert!(PAGE.contains(word), "{word}");
    }
}

#[test]
fn the_limits_are_the_ones_that_hold() {
    let limits = [
        (ast::NODES_MAX == 1_000, "1,000 nodes"),
        (ast::DEPTH_MAX == 48, "48 levels"),
        (ast::PARAMS_MAX == 32, "32 parameters"),
        (ast::LETS_MAX == 64, "64 names"),
        (ast::PREDICATES_MAX == 16, "16\nstatements"),
        (ast::TEXT_BYTES_MAX == 16 * 1_024, "16 KiB"),
        (ast::HISTORY_BARS_MAX == 1_000, "1,000 bars"),
        (crate::rule::DIAGNOSTICS_MAX == 50, "50 findings"),
        (crate::rule::FALLBACK_CONFIDENCE == 0.4, "40 %"),
    ];
    for (holds, words) in limits {
        assert!(holds && PAGE.contains(words), "{words}");
    }
}
