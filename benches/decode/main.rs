//! Reading DBN: ours beside Databento's own decoder in Rust and in Python, and nautilus_trader's.
//!
//! All read the same uncompressed files from the page cache, whole, record by record; the clock
//! covers opening, reading and handing every record on, and nothing is kept.
//!
//! - **gauntlet**: to inputs of the platform: checked, the instrument looked up.
//! - **dbn**: its decoder's references to the records in its buffer, not looked into: the floor.
//! - **databento-dbn** (PyPI): `DBNDecoder`, which makes a Python object of each record.
//! - **nautilus_trader** (PyPI): `DatabentoDataLoader`, which makes its own objects: order book deltas
//!   of orders, quotes of quotes. It reads compressed files only, so it gets those, and **gauntlet,
//!   compressed** reads the same.
//!
//! All take turns; figures are medians of rounds.

#![forbid(unsafe_code)]

use dbn::decode::DecodeRecordRef;
use gauntlet_benches::machine::Machine;
use gauntlet_benches::options::Options;
use gauntlet_benches::python;
use gauntlet_benches::recorded::{ESH4_MBO, Recorded};
use gauntlet_benches::report::{median, print_table};
use gauntlet_feeds::DbnFile;
use serde::Serialize;
use std::hint::black_box;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

const QUOTES: &str = "esu4-20240701.mbp-1.dbn.zst";

#[derive(Serialize)]
struct Contestant {
    name: &'static str,
    /// By round, in nanoseconds.
    orders: Vec<u64>,
    quotes: Vec<u64>,
    absent: Option<String>,
}

#[derive(Serialize)]
struct Figures {
    machine: Machine,
    rounds: u64,
    orders: u64,
    quotes: u64,
    contestants: Vec<Contestant>,
}

/// Reads files and gives the number of records and the nanoseconds that it took.
type Reader = fn(&[PathBuf]) -> Result<(u64, u64), String>;

/// By name, and whether it reads the compressed files.
const READERS: [(&str, bool, Reader); 5] = [
    ("gauntlet", false, gauntlet),
    ("gauntlet, compressed", true, gauntlet),
    ("dbn", false, databento),
    ("databento-dbn", false, |files| in_python("databento_dbn", files)),
    ("nautilus_trader", true, |files| in_python("nautilus_trader", files)),
];

fn main() -> ExitCode {
    match run(&Options::from_args(std::env::args().skip(1))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("decode: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), String> {
    let machine = Machine::here();
    let recorded = match Recorded::open(&[ESH4_MBO[0], ESH4_MBO[1], QUOTES]) {
        Ok(recorded) => recorded,
        Err(reason) if options.quick => {
            eprintln!("decode: skipped, {reason}");
            return Ok(());
        }
        Err(reason) => return Err(reason),
    };
    let (files, compressed) = (recorded.files(), recorded.compressed());
    let (orders, quotes) = files.split_at(ESH4_MBO.len());
    let rounds = options.number("--rounds")?.unwrap_or(if options.quick { 1 } else { 9 }).max(1);
    let mut figures = Figures {
        machine,
        rounds,
        orders: gauntlet(orders)?.0,
        quotes: gauntlet(quotes)?.0,
        contestants: Vec::new(),
    };
    // Python only starts in a run in earnest.
    let readers = if options.quick { &READERS[..3] } else { &READERS[..] };
    for (name, _, _) in readers {
        let (orders, quotes) = (Vec::new(), Vec::new());
        figures.contestants.push(Contestant { name, orders, quotes, absent: None });
    }
    for _ in 0..rounds {
        for ((_, is_compressed, reader), contestant) in readers.iter().zip(&mut figures.contestants)
        {
            if contestant.absent.is_some() {
                continue;
            }
            let files = if *is_compressed { compressed } else { files };
            let (orders, quotes) = files.split_at(ESH4_MBO.len());
            let times = reader(orders).and_then(|of_orders| Ok((of_orders, reader(quotes)?)));
            match times {
                Ok((of_orders, of_quotes)) => {
                    let expected = (figures.orders, figures.quotes);
                    if (of_orders.0, of_quotes.0) != expected {
                        return Err(format!(
                            "{} read {} and {} records",
                            contestant.name, of_orders.0, of_quotes.0
                        ));
                    }
                    contestant.orders.push(of_orders.1);
                    contestant.quotes.push(of_quotes.1);
                }
                Err(reason) => contestant.absent = Some(reason),
            }
        }
    }
    report(options, &figures)
}

fn gauntlet(files: &[PathBuf]) -> Result<(u64, u64), String> {
    let begin = Instant::now();
    let mut records = 0;
    for path in files {
        let mut file = DbnFile::open(path).map_err(|e| e.to_string())?;
        while let Some(received) = file.next_input().map_err(|e| e.to_string())? {
            black_box(&received);
            records += 1;
        }
    }
    Ok((records, begin.elapsed().as_nanos() as u64))
}

fn databento(files: &[PathBuf]) -> Result<(u64, u64), String> {
    let begin = Instant::now();
    let mut records = 0;
    for path in files {
        let mut decoder = dbn::decode::dbn::Decoder::from_file(path).map_err(|e| e.to_string())?;
        while let Some(record) = decoder.decode_record_ref().map_err(|e| e.to_string())? {
            black_box(record.header());
            records += 1;
        }
    }
    Ok((records, begin.elapsed().as_nanos() as u64))
}

fn in_python(package: &str, files: &[PathBuf]) -> Result<(u64, u64), String> {
    let files: Vec<_> = files.iter().map(|path| path.to_string_lossy()).collect();
    let args: Vec<&str> = [package].into_iter().chain(files.iter().map(|f| &**f)).collect();
    let said = python::run("decode.py", &args)?;
    let field = |name: &str| said[name].as_f64().ok_or(format!("{package} told no {name}"));
    Ok((field("records")? as u64, (field("seconds")? * 1e9) as u64))
}

fn report(options: &Options, figures: &Figures) -> Result<(), String> {
    if options.json {
        println!("{}", serde_json::to_string_pretty(figures).map_err(|e| e.to_string())?);
        return Ok(());
    }
    println!(
        "{} orders of ESH4 and {} quotes of ESU4, medians of {} rounds\n",
        figures.orders, figures.quotes, figures.rounds
    );
    let of = |times: &[u64]| median(times.to_vec()).max(1) as f64;
    let ours = figures.contestants.first().ok_or("nobody took part")?;
    let (our_orders, our_quotes) = (of(&ours.orders), of(&ours.quotes));
    let mut rows = Vec::new();
    for contestant in figures.contestants.iter().filter(|c| c.absent.is_none()) {
        let (orders, quotes) = (of(&contestant.orders), of(&contestant.quotes));
        rows.push(vec![
            contestant.name.to_owned(),
            format!("{:.1} ns", orders / figures.orders as f64),
            format!("{:.2}", orders / our_orders),
            format!("{:.1} ns", quotes / figures.quotes as f64),
            format!("{:.2}", quotes / our_quotes),
        ]);
    }
    print_table(&["decoder", "an order", "/ gauntlet", "a quote", "/ gauntlet"], &rows);
    for contestant in &figures.contestants {
        if let Some(reason) = &contestant.absent {
            println!("\nwithout {}: {reason}", contestant.name);
        }
    }
    Ok(())
}
