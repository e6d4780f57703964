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
    let last_event_time = UnixNanos(book.last_ts_event).to_string();
    let answer = BookAnswer { book, last_event_time };
    out.answer(&answer, || text(&answer))
}

fn text(answer: &BookAnswer) -> String {
    let BookAnswer { book, last_event_time } = answer;
    let whole = if book.complete { "" } else { ", begun in the middle: it is not whole" };
    format!(
        "{} after {} records{whole}\n  \
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
