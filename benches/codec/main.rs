//! The FIX codec: an order into bytes, and an execution report out of them, with and without a data dictionary.
//!
//! *Encode* is a NewOrderSingle with its header, time of sending, body length and checksum, as a session writes it
//! into its outbox: from numbers and text to the bytes that the socket gets. *Decode* is from bytes that are there to
//! the fields that a booking needs, read by their tags: framing, checksum, the index of the fields, and the values.
//! *With the dictionary* each message is held against the built-in one as well, as `validate_received` asks for. The
//! clock covers 1,000 messages, each with a number and a price of its own; figures are medians of rounds. A round in
//! which others had much of the core is run again (see [`gauntlet_benches::quiet`]).

#![forbid(unsafe_code)]

mod messages;

use gauntlet_benches::machine::Machine;
use gauntlet_benches::options::Options;
use gauntlet_benches::quiet::undisturbed;
use gauntlet_benches::report::{median, print_table};
use gauntlet_gateways::fix::codec::{Inbox, TimePrecision, encode_message};
use gauntlet_gateways::fix::dictionary::Dictionary;
use gauntlet_runtime::clock::TickClock;
use gauntlet_runtime::layout::{allowed_cores, pin_to};
use messages::{fields_of, order, report};
use serde::Serialize;
use std::hint::black_box;
use std::process::ExitCode;

/// Messages that one reading of the clock covers.
const MESSAGES: u64 = 1_000;
const BYTES_MAX: usize = 1_024;
/// How exact the times of the messages are.
const PRECISION: TimePrecision = TimePrecision::Nanos;

#[derive(Serialize)]
struct Figures {
    machine: Machine,
    rounds: usize,
    rounds_disturbed: usize,
    order_bytes: usize,
    report_bytes: usize,
    encode_ns: f64,
    decode_ns: f64,
    decode_checked_ns: f64,
}

/// Picoseconds a message, of one round.
#[derive(Clone, Copy)]
struct Turn {
    encode_ps: u64,
    decode_ps: u64,
    decode_checked_ps: u64,
}

fn main() -> ExitCode {
    match run(&Options::from_args(std::env::args().skip(1))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("codec: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), String> {
    let (rounds, turns) = if options.quick { (1, 3) } else { (9, 300) };
    let patience = options.patience()?;
    let machine = Machine::here();
    if let Some(core) = allowed_cores().last() {
        pin_to(*core);
    }
    let mut trial = Trial::new()?;
    trial.round(turns.min(20))?;
    let mut done = Vec::new();
    for _ in 0..rounds {
        done.push(undisturbed(patience, || trial.round(turns))?);
    }
    let middle = |of: fn(&Turn) -> u64| {
        let all: Vec<u64> = done.iter().map(|round| of(&round.figures)).collect();
        median(all) as f64 / 1_000.0
    };
    let figures = Figures {
        machine,
        rounds,
        rounds_disturbed: done.iter().filter(|round| round.is_disturbed()).count(),
        order_bytes: trial.order_bytes(),
        report_bytes: trial.reports[0].len(),
        encode_ns: middle(|turn| turn.encode_ps),
        decode_ns: middle(|turn| turn.decode_ps),
        decode_checked_ns: middle(|turn| turn.decode_checked_ps),
    };
    if options.json {
        let json = serde_json::to_string_pretty(&figures).map_err(|error| error.to_string())?;
        println!("{json}");
        return Ok(());
    }
    println!("codec: {}", figures.machine);
    println!("{rounds} rounds ({} disturbed)\n", figures.rounds_disturbed);
    let row = |what: &str, bytes: usize, ns: f64| {
        vec![what.to_owned(), bytes.to_string(), format!("{ns:.0} ns")]
    };
    print_table(
        &["message", "bytes", "each"],
        &[
            row("order encoded", figures.order_bytes, figures.encode_ns),
            row("report decoded", figures.report_bytes, figures.decode_ns),
            row("the same with the dictionary", figures.report_bytes, figures.decode_checked_ns),
        ],
    );
    Ok(())
}

struct Trial {
    ticks: TickClock,
    buffer: Vec<u8>,
    reports: Vec<Vec<u8>>,
    inbox: Inbox,
    dictionary: Dictionary,
}

impl Trial {
    fn new() -> Result<Trial, String> {
        let mut buffer = vec![0; BYTES_MAX];
        let reports = (0..MESSAGES).map(|number| {
            let len = encode_message(&mut buffer, |w| report(w, number, PRECISION));
            len.map(|len| buffer[..len].to_vec()).map_err(|_| "a report is too long".to_owned())
        });
        let reports = reports.collect::<Result<_, _>>()?;
        let dictionary = Dictionary::built_in();
        Ok(Trial { ticks: TickClock::new(), buffer, reports, inbox: Inbox::new(), dictionary })
    }

    fn order_bytes(&mut self) -> usize {
        encode_message(&mut self.buffer, |w| order(w, 0, PRECISION)).unwrap_or(0)
    }

    fn round(&mut self, turns: u64) -> Result<Turn, String> {
        let mut took = [0; 3];
        for _ in 0..turns {
            let start = self.ticks.raw();
            for number in 0..MESSAGES {
                let len = encode_message(&mut self.buffer, |w| order(w, number, PRECISION));
                black_box((&self.buffer, len.map_err(|_| "an order is too long")?));
            }
            let encoded = self.ticks.raw();
            self.decode(false)?;
            let decoded = self.ticks.raw();
            self.decode(true)?;
            let checked = self.ticks.raw();
            for (took, (from, to)) in
                took.iter_mut().zip([(start, encoded), (encoded, decoded), (decoded, checked)])
            {
                *took += self.ticks.ns_between(from, to);
            }
        }
        let each = |nanos: u64| nanos * 1_000 / (turns * MESSAGES);
        let [encode, decode, checked] = took.map(each);
        Ok(Turn { encode_ps: encode, decode_ps: decode, decode_checked_ps: checked })
    }

    fn decode(&mut self, is_checked: bool) -> Result<(), String> {
        let Trial { reports, inbox, dictionary, .. } = self;
        for (number, report) in reports.iter().enumerate() {
            if inbox.push(report) < report.len() {
                return Err("the inbox is full".to_owned());
            }
            let message = inbox.next().map_err(|_| "garbled")?.ok_or("not whole")?;
            if is_checked {
                dictionary.check(&message).map_err(|fault| {
                    format!("refused: tag {} ({})", fault.tag, fault.reason.text())
                })?;
            }
            if black_box(fields_of(&message)) != number as u64 + 1 {
                return Err("a report came out as another".to_owned());
            }
        }
        Ok(())
    }
}
