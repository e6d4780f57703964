//! Building a book from market-by-order messages: ours beside hftbacktest's.
//!
//! - **book**: messages decoded before the clock starts; the clock covers applying each to the book
//!   and reading the top after each event, from an empty book to the last message of the last file.
//! - **decode and book**: the same from uncompressed DBN files in the page cache.
//! - **hftbacktest** (PyPI): its backtest over the same messages, converted and loaded into memory
//!   before the clock starts, with market-by-order queues and without a strategy or orders; the clock
//!   covers one call that runs to the end of the data. There is no way to have its book alone: the
//!   backtest applies each message to two books, one as the exchange has it and one as the trader
//!   sees it, so twice its messages are given as well.
//!
//! All take turns; figures are medians of rounds.

#![forbid(unsafe_code)]

use gauntlet_benches::machine::Machine;
use gauntlet_benches::options::Options;
use gauntlet_benches::python;
use gauntlet_benches::recorded::{ESH4_MBO, Recorded};
use gauntlet_benches::report::{median, print_table};
use gauntlet_feeds::{DbnFile, FeedInstrument};
use gauntlet_model::book::{ORDERS_MAX_DEFAULT, OrderBook};
use gauntlet_model::ids::InstrumentId;
use gauntlet_model::input::{Input, Mbo, TopOfBook, flags};
use serde::Serialize;
use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

#[derive(Serialize)]
struct Figures {
    machine: Machine,
    messages: usize,
    rounds: u64,
    book_ns: Vec<u64>,
    decode_and_book_ns: Vec<u64>,
    hftbacktest_ns: Vec<u64>,
    hftbacktest_absent: Option<String>,
}

fn main() -> ExitCode {
    match run(&Options::from_args(std::env::args().skip(1))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("book: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), String> {
    let machine = Machine::here();
    let recorded = match Recorded::open(&ESH4_MBO) {
        Ok(recorded) => recorded,
        Err(reason) if options.quick => {
            eprintln!("book: skipped, {reason}");
            return Ok(());
        }
        Err(reason) => return Err(reason),
    };
    let rounds = options.number("--rounds")?.unwrap_or(if options.quick { 1 } else { 9 }).max(1);
    let mut events = Vec::new();
    read(&recorded, |event| events.push(event))?;
    let mut book = OrderBook::new(ORDERS_MAX_DEFAULT);
    let mut figures = Figures {
        machine,
        messages: events.len(),
        rounds,
        book_ns: Vec::new(),
        decode_and_book_ns: Vec::new(),
        hftbacktest_ns: Vec::new(),
        hftbacktest_absent: None,
    };
    for _ in 0..rounds {
        book.clear();
        let begin = Instant::now();
        for event in &events {
            apply(&mut book, event);
        }
        figures.book_ns.push(begin.elapsed().as_nanos() as u64);
        let ours = summary(&book);
        book.clear();
        let begin = Instant::now();
        read(&recorded, |event| apply(&mut book, &event))?;
        figures.decode_and_book_ns.push(begin.elapsed().as_nanos() as u64);
        if summary(&book) != ours {
            return Err("the same messages made two different books".into());
        }
        if figures.hftbacktest_absent.is_none() && !options.quick {
            match hftbacktest(&recorded, ours.0) {
                Ok(nanos) => figures.hftbacktest_ns.push(nanos),
                Err(reason) => figures.hftbacktest_absent = Some(reason),
            }
        }
    }
    report(options, &figures)
}

#[inline]
fn apply(book: &mut OrderBook, event: &Mbo) {
    book.apply(event);
    if event.flags & flags::LAST != 0 {
        black_box(book.top());
    }
}

fn summary(book: &OrderBook) -> (TopOfBook, usize) {
    (book.top(), book.order_count())
}

fn read(recorded: &Recorded, mut take: impl FnMut(Mbo)) -> Result<(), String> {
    let es = [FeedInstrument::unchecked("ESH4", InstrumentId(0))];
    for path in recorded.files() {
        let mut file = DbnFile::open(path).map_err(|e| e.to_string())?.with_instruments(&es);
        while let Some(received) = file.next_input().map_err(|e| e.to_string())? {
            if let Input::Mbo(event) = received.input {
                take(event);
            }
        }
    }
    Ok(())
}

/// One round of hftbacktest: nanoseconds of its clock. Its book must end as ours does.
fn hftbacktest(recorded: &Recorded, top: TopOfBook) -> Result<u64, String> {
    let folder = recorded.folder().to_string_lossy();
    let files: Vec<_> = recorded.files().iter().map(|f| f.to_string_lossy()).collect();
    let args: Vec<&str> =
        [&*folder, "ESH4"].into_iter().chain(files.iter().map(|f| &**f)).collect();
    let said = python::run("hftbacktest_book.py", &args)?;
    let field = |name: &str| said[name].as_f64().ok_or(format!("hftbacktest told no {name}"));
    let ends = (field("best_bid")?, field("best_ask")?);
    if ends != (top.bid.to_f64(), top.ask.to_f64()) {
        return Err(format!("hftbacktest ends at {ends:?}, which is another book"));
    }
    Ok((field("seconds")? * 1e9) as u64)
}

fn report(options: &Options, figures: &Figures) -> Result<(), String> {
    if options.json {
        println!("{}", serde_json::to_string_pretty(figures).map_err(|e| e.to_string())?);
        return Ok(());
    }
    let messages = figures.messages as f64;
    let book = median(figures.book_ns.clone()).max(1) as f64;
    let row = |what: &str, nanos: &[u64], factor: f64| {
        let nanos = median(nanos.to_vec()).max(1) as f64;
        vec![
            what.to_owned(),
            format!("{:.1} ns", nanos / messages / factor),
            format!("{:.2} M/s", messages * factor / nanos * 1e3),
            format!("{:.2}", nanos / factor / book),
        ]
    };
    println!("{} messages of ESH4, medians of {} rounds\n", figures.messages, figures.rounds);
    let mut rows = vec![
        row("gauntlet, book", &figures.book_ns, 1.0),
        row("gauntlet, decode and book", &figures.decode_and_book_ns, 1.0),
    ];
    if !figures.hftbacktest_ns.is_empty() {
        rows.push(row("hftbacktest, messages", &figures.hftbacktest_ns, 1.0));
        rows.push(row("hftbacktest, two books a message", &figures.hftbacktest_ns, 2.0));
    }
    print_table(&["market by order", "a message", "messages", "time / book"], &rows);
    if let Some(reason) = &figures.hftbacktest_absent {
        println!("\nwithout hftbacktest: {reason}");
    }
    Ok(())
}
