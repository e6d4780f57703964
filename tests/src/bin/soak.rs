//! `make soak`: a million orders between a node and an exchange that are killed, cut off and without power all the
//! while, chapter by chapter, with a line that tells how far it is.

use gauntlet_tests::soak::{Chapter, Counts, Plan};
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

const USAGE: &str = "usage: soak PROGRAM ORDERS SEED [ORDERS A CHAPTER [ORDERS BETWEEN ACTS]]";
/// Orders of a chapter unless the command line says otherwise.
const CHAPTER: u64 = 20_000;
/// Orders between two acts of violence, in the mean, unless it says otherwise.
const BETWEEN: u64 = 2_000;
const WIDTH: usize = 24;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let Some(program) = args.next().map(PathBuf::from) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let numbers: Result<Vec<u64>, _> = args.map(|number| number.parse()).collect();
    let (orders, seed, chapter, between) = match numbers.as_deref() {
        Ok([orders, seed]) => (*orders, *seed, CHAPTER, BETWEEN),
        Ok([orders, seed, chapter]) if *chapter > 0 => (*orders, *seed, *chapter, BETWEEN),
        Ok([orders, seed, chapter, between]) if *chapter > 0 && *between > 1 => {
            (*orders, *seed, *chapter, *between)
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    println!("ORDERS={orders} SEED={seed}, in chapters of {chapter}, an act after {between}");
    let began = Instant::now();
    let mut done = Counts::default();
    let mut line =
        Line { orders, began, last: began, is_terminal: std::io::stdout().is_terminal() };
    let mut nth = 0;
    while done.orders < orders {
        let plan = Plan {
            seed: seed + nth,
            orders: chapter.min(orders - done.orders),
            orders_between: between,
        };
        let before = done;
        done = before.plus(
            Chapter::new(&program, plan).play(&mut |now, why| line.show(&before.plus(*now), why)),
        );
        nth += 1;
        line.end(
            &done,
            &format!("chapter {nth}, SEED={} ORDERS={}: agreed", plan.seed, plan.orders),
        );
    }
    let seconds = began.elapsed().as_secs_f64();
    println!("{done:#?}\n{seconds:.0} s, {:.0} orders/s", done.orders as f64 / seconds);
    ExitCode::SUCCESS
}

/// Where it stands, in one line of a terminal, or a line now and then of a file.
struct Line {
    orders: u64,
    began: Instant,
    last: Instant,
    is_terminal: bool,
}

impl Line {
    fn show(&mut self, counts: &Counts, why: &str) {
        let every = Duration::from_millis(if self.is_terminal { 200 } else { 5_000 });
        if self.last.elapsed() >= every {
            self.last = Instant::now();
            self.write(counts, why);
        }
    }

    fn end(&mut self, counts: &Counts, words: &str) {
        self.write(counts, words);
        if self.is_terminal {
            println!();
        }
    }

    fn write(&self, counts: &Counts, words: &str) {
        let share = (counts.orders as f64 / self.orders as f64).min(1.0);
        let full = (share * WIDTH as f64) as usize;
        let rate = counts.orders as f64 / self.began.elapsed().as_secs_f64().max(0.001);
        let text = format!(
            "[{}{}] {:>3.0}% {} orders, {rate:.0}/s, {} fills, kills {}+{}, cuts {} ({} bytes), {} disconnects, \
             {} agreements, {} refused  {words}",
            "#".repeat(full),
            ".".repeat(WIDTH - full),
            share * 100.0,
            counts.orders,
            counts.fills,
            counts.node_kills,
            counts.venue_kills,
            counts.cuts,
            counts.bytes_lost,
            counts.disconnects,
            counts.agreements,
            counts.refused,
        );
        let (begin, end) = if self.is_terminal { ("\r\x1b[K", "") } else { ("", "\n") };
        let mut out = std::io::stdout();
        // A terminal that is gone is no reason to stop.
        let _ = write!(out, "{begin}{text}{end}").and_then(|()| out.flush());
    }
}
