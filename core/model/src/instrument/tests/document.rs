//! The page on instruments says what the code does.

use super::*;
use crate::calendar::Calendar;
use crate::input::SessionMode;
use crate::units::UnixNanos;
use chrono::DateTime;
use chrono_tz::America::New_York;

const PAGE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/instruments.md"));

/// The cells of the table under a heading line.
fn table(heading: &str) -> Vec<Vec<&'static str>> {
    let after = PAGE.lines().skip_while(|line| *line != heading).skip(2);
    let rows = after.take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

#[test]
fn the_table_of_products_is_the_one_in_the_code() {
    let written =
        table("| code | product | exchange | group | tick | worth | months | trades last | roll |");
    let rows: Vec<Vec<String>> = PRODUCTS
        .iter()
        .map(|product| {
            vec![
                format!("`{}`", product.code),
                product.name.to_owned(),
                product.exchange.name().to_owned(),
                product.group.name().to_owned(),
                product.tick.to_string(),
                format!("${}", Price(product.tick_value().0 * 1_000)),
                product.cycle.to_string(),
                product.last_trade.to_string(),
                product.roll.to_string(),
            ]
        })
        .collect();
    let lines: String = rows.iter().map(|row| format!("| {} |\n", row.join(" | "))).collect();
    assert!(written == rows, "the table should be:\n{lines}");
}

#[test]
fn every_symbol_of_the_page_is_read_as_it_says() {
    for row in table("| you write | it means |") {
        let [forms, meaning] = row[..] else { panic!("two cells in {row:?}") };
        let quoted = |text: &'static str| text.split('`').skip(1).step_by(2);
        let suffixes = forms.contains("(also");
        let forms: Vec<&str> = quoted(forms).filter(|form| !form.starts_with('.')).collect();
        let normal = quoted(meaning).last().unwrap_or(forms[0]);
        for form in forms {
            let symbol = Symbol::parse(form, 2026).expect(form);
            assert_eq!(symbol.to_string(), normal, "{form}");
        }
        if suffixes {
            for alias in ["ES.c.0.panama", "ES.c.0.back"] {
                let symbol = Symbol::parse(alias, 2026).expect(alias);
                assert_eq!(symbol.to_string(), "ES.c.0.diff");
            }
        }
    }
}

#[test]
fn every_session_of_the_page_is_read_as_it_says() {
    let rows = table("| session | hours | also |");
    assert_eq!(rows.len(), SessionMode::ALL.len());
    for (row, mode) in rows.iter().zip(SessionMode::ALL) {
        for name in [row[0], row[2]].iter().flat_map(|cell| cell.split('`').skip(1).step_by(2)) {
            assert_eq!(SessionMode::parse(name), Ok(mode), "{name}");
        }
    }
    let implicit = format!("names no session gets `{}`", SessionMode::IMPLICIT.name());
    assert!(PAGE.contains(&implicit), "{implicit}");
}

#[test]
fn the_hours_of_the_groups_are_those_of_a_usual_day() {
    // Tuesday 6 February 2024, from its beginning on Monday at 17:00 New York.
    let day = UnixNanos(1_707_170_400_000_000_000);
    let hours = |group, mode| {
        let spans = Calendar::of(group).spans(mode).iter();
        let of_day =
            spans.filter(|span| span.open >= day && span.open.since(day) < 86_400_000_000_000);
        let time = |at: UnixNanos| {
            DateTime::from_timestamp_nanos(at.0 as i64).with_timezone(&New_York).format("%H:%M")
        };
        let words = of_day.map(|span| format!("{} to {}", time(span.open), time(span.close)));
        words.collect::<Vec<_>>().join(" and ")
    };
    let mut groups = 0;
    for row in table("| group | all hours, New York | `RTH_PRODUCT` |") {
        for name in row[0].split(", ") {
            let group = Group::ALL.into_iter().find(|group| group.name() == name).expect(name);
            assert_eq!(hours(group, SessionMode::Full24x5), row[1], "{name}");
            assert_eq!(hours(group, SessionMode::RthProduct), row[2], "{name}");
            groups += 1;
        }
    }
    assert_eq!(groups, Group::ALL.len());
}
