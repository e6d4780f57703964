//! Every day of 2019 to 2027 beside what is known of it from elsewhere: `closes.tsv`, which
//! `scripts/calendar_closes.py` makes of several sources, and `docs/calendars.md`, which tells where
//! these disagree and what rests on one alone.

use super::*;
use chrono::DateTime;
use std::collections::{BTreeMap, BTreeSet};

const TABLE: &str = include_str!("closes.tsv");
const PAGE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/calendars.md"));
const FIRST_YEAR: i32 = 2019;
const LAST_YEAR: i32 = 2027;
const CLOSED: &str = "closed";

/// What is known of one day of one group.
struct Cell {
    close: &'static str,
    sources: &'static str,
    ruling: Option<&'static str>,
}

impl Cell {
    fn read(text: &'static str) -> Cell {
        let mut words = text.split(' ');
        let (close, sources) = (words.next().expect("a close"), words.next().expect("sources"));
        Cell { close, sources, ruling: words.find(|word| !word.contains('=')) }
    }
}

/// The cells of a date, and whether the stock exchanges open.
type Row = (Vec<Cell>, bool);

fn table() -> BTreeMap<NaiveDate, Row> {
    let mut lines = TABLE.lines();
    let head: Vec<&str> = lines.next().expect("a head").split('\t').collect();
    assert_eq!(head[1..=Group::ALL.len()], Group::ALL.map(Group::name));
    let row = |line: &'static str| {
        let mut cells = line.split('\t');
        let date = cells.next().expect("a date").parse().expect("a date");
        let mut cells: Vec<Cell> = cells.map(Cell::read).collect();
        let stocks = cells.pop().expect("stocks").close == "open";
        assert_eq!(cells.len(), Group::ALL.len(), "{line}");
        (date, (cells, stocks))
    };
    lines.map(row).collect()
}

fn weekdays() -> impl Iterator<Item = NaiveDate> {
    let first = NaiveDate::from_ymd_opt(FIRST_YEAR, 1, 1).expect("a date");
    let days = first.iter_days().take_while(|date| date.year() <= LAST_YEAR);
    days.filter(|date| !holidays::is_weekend(*date))
}

/// When the trading days of a calendar end, by date, in New York.
fn closes(calendar: &Calendar) -> BTreeMap<NaiveDate, String> {
    let close = |day: &SessionSpan| {
        let local = DateTime::from_timestamp_nanos(day.close.0 as i64).with_timezone(&New_York);
        (local.date_naive(), local.format("%H:%M").to_string())
    };
    calendar.trading_days().iter().map(close).collect()
}

#[test]
fn every_day_of_every_product_ends_when_it_is_known_to_end() {
    let table = table();
    let mut wrong = Vec::new();
    for product in &PRODUCTS {
        let (group, ours) = (product.group, closes(Calendar::of_product(product.code)));
        let usual = hours::usual_close(group).format("%H:%M").to_string();
        for date in weekdays() {
            let known = table.get(&date).map(|(cells, _)| cells[group as usize].close);
            let known = known.unwrap_or(&usual);
            let here = ours.get(&date).map_or(CLOSED, String::as_str);
            if known != here {
                wrong.push(format!("{date} {}: known {known}, here {here}", product.code));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_stock_exchanges_open_on_the_days_that_two_libraries_know() {
    let table = table();
    for date in weekdays() {
        let known = table.get(&date).is_none_or(|(_, stocks)| *stocks);
        assert_eq!(us_stocks_trade(date), known, "{date}");
    }
}

/// The cells of the table of the page under a heading line.
fn page_table(heading: &str) -> Vec<Vec<&'static str>> {
    let after = PAGE.lines().skip_while(|line| *line != heading).skip(2);
    let rows = after.take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

#[test]
fn the_page_gives_a_reason_for_every_ruling_and_for_no_other() {
    let used: BTreeSet<&str> = table()
        .into_values()
        .flat_map(|(cells, _)| cells.into_iter().filter_map(|cell| cell.ruling))
        .collect();
    let told = page_table("| ruling | what the sources say | what holds, and why |");
    let told: BTreeSet<&str> = told.iter().map(|row| row[0].trim_matches('`')).collect();
    assert_eq!(told, used);
}

/// The rule that a date of the table falls under, as the page names it.
fn rule(date: NaiveDate) -> &'static str {
    match holiday(date) {
        Some(Holiday::NewYear) => "New Year's Day",
        Some(Holiday::MartinLutherKing) => "Martin Luther King Day",
        Some(Holiday::Presidents) => "Presidents' Day",
        Some(Holiday::GoodFriday) => "Good Friday",
        Some(Holiday::Memorial) => "Memorial Day",
        Some(Holiday::Juneteenth) => "Juneteenth",
        Some(Holiday::Independence) => "Independence Day",
        Some(Holiday::Labor) => "Labor Day",
        Some(Holiday::Thanksgiving) => "Thanksgiving",
        Some(Holiday::Christmas) => "Christmas",
        None => match (date.month(), date.day()) {
            (1, 9) => "day of mourning",
            (7, _) => "before Independence Day",
            (11, _) => "day after Thanksgiving",
            _ => "24 December",
        },
    }
}

/// What rests on one source or none: rule, source, years, and the groups of each.
fn of_one_source() -> Vec<[String; 4]> {
    let mut order = Vec::new();
    let mut years: BTreeMap<(&str, &str, usize), Vec<String>> = BTreeMap::new();
    for (date, (cells, _)) in table() {
        for (group, cell) in cells.iter().enumerate() {
            let usual = hours::usual_close(Group::ALL[group]).format("%H:%M").to_string();
            if cell.sources.len() > 1 || (cell.close == usual && cell.ruling.is_none()) {
                continue;
            }
            let key = (rule(date), cell.sources, group);
            if !order.contains(&(key.0, key.1)) {
                order.push((key.0, key.1));
            }
            years.entry(key).or_default().push(date.year().to_string());
        }
    }
    let mut rows: Vec<[String; 4]> = Vec::new();
    for (rule, source) in order {
        for (group, name) in Group::ALL.map(Group::name).iter().enumerate() {
            let Some(years) = years.get(&(rule, source, group)) else { continue };
            let key = [rule, source, &years.join(", ")].map(str::to_owned);
            match rows.iter_mut().find(|row| row[..3] == key) {
                Some(row) => row[3] = format!("{}, {name}", row[3]),
                None => {
                    let [rule, source, years] = key;
                    rows.push([rule, source, years, (*name).to_owned()]);
                }
            }
        }
    }
    rows
}

#[test]
fn the_page_tells_what_rests_on_one_source() {
    let rows = of_one_source();
    let lines: String = rows.iter().map(|row| format!("| {} |\n", row.join(" | "))).collect();
    let told = page_table("| rule | source | years | groups |");
    assert!(told == rows, "the table should be:\n{lines}");
}
