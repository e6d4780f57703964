//! `ctl data book`: the book that market-by-order files leave behind.

use crate::failure::Failure;
use crate::format::{count, price, time};
use crate::output::Output;
use crate::progress;
use gauntlet_feeds::{BookSummary, build_book};
use gauntlet_model::units::UnixNanos;
use serde::Serialize;
use std::path::PathBuf;

/// Room for orders: several times what the busiest CME book holds.
const ORDERS_MAX: usize = 1 << 20;

#[derive(Serialize)]
struct BookAnswer {
    #[serde(flatten)]
    book: BookSummary,
    /// The last event's exchange time in RFC 3339.
    last_event_time: String,
}

/// Builds it and tells about it.
pub fn run(files: &[PathBuf], symbol: Option<&str>, out: &mut Output) -> Result<(), Failure> {
    let progress = progress::waiting("reading");
    let book = build_book(files, symbol, ORDERS_MAX);
    progress.finish_and_clear();
    let book = book.map_err(|error| Failure::Failed(error.to_string()))?;
    for warning in warnings(&book) {
        eprintln!("ctl: {warning}");
    }
    let last_event_time = UnixNanos(book.last_ts_event).to_string();
    let answer = BookAnswer { book, last_event_time };
    out.answer(&answer, || text(&answer))
}

/// What is odd about a book.
fn warnings(book: &BookSummary) -> Vec<String> {
    let mut warnings = Vec::new();
    if book.crossed {
        warnings.push(format!(
            "the book is crossed: bid {} is not below ask {}; the files end before the market \
             opened or inside of an event, or lack orders",
            price(book.bid),
            price(book.ask)
        ));
    }
    if !book.complete {
        warnings
            .push("the book is not whole: the files begin in the middle or leave time out".into());
    }
    for (number, what) in [
        (book.unknown_orders, "cancel or change of an order that is not in the book"),
        (book.malformed, "event that the book cannot use"),
    ] {
        if number > 0 {
            warnings.push(format!("{} x {what}", count(number)));
        }
    }
    warnings
}

fn text(answer: &BookAnswer) -> String {
    let BookAnswer { book, last_event_time } = answer;
    let whole = if book.complete { "" } else { ", begun in the middle: it is not whole" };
    let crossed = if book.crossed { ", crossed" } else { "" };
    format!(
        "{} after {} records{whole}{crossed}\n  \
         last event {} sequence {}\n  \
         bid {} x {} ({} levels)\n  \
         ask {} x {} ({} levels)\n  \
         orders {}\n",
        book.symbol,
        count(book.records),
        time(last_event_time),
        book.sequence,
        price(book.bid),
        count(book.bid_size.into()),
        book.bid_levels,
        price(book.ask),
        count(book.ask_size.into()),
        book.ask_levels,
        count(book.orders as u64),
    )
}
