//! One update of each indicator, beside TA-Lib's batch function over the same bars.
//!
//! Ours takes one bar after the other, as in trading: the clock starts before the first of 100,000
//! bars, warm-up included, and stops after the last; each value is read. TA-Lib (the official Rust
//! port, crate `ta-lib`) takes the columns of all bars at once into buffers made before the clock
//! starts: the best case for it, which nobody can have live. The figure is nanoseconds a bar; both
//! take turns within one run, and figures are medians of rounds. A round in which other processes had
//! much of the cores is run again (see [`gauntlet_benches::quiet`]).

#![forbid(unsafe_code)]

mod bars;
mod batch;

use bars::Columns;
use batch::Batch;
use gauntlet_benches::machine::Machine;
use gauntlet_benches::options::Options;
use gauntlet_benches::quiet::undisturbed;
use gauntlet_benches::report::{median, print_table};
use gauntlet_runtime::clock::TickClock;
use gauntlet_runtime::layout::{allowed_cores, pin_to};
use gauntlet_strategy::indicator::{Indicator, REGISTRY, Spec};
use gauntlet_strategy::sample::Sample;
use serde::Serialize;
use std::hint::black_box;
use std::process::ExitCode;

struct Plan {
    rounds: usize,
    bars: usize,
}

/// Picoseconds a bar: nanoseconds are too coarse for the quickest.
#[derive(Clone, Copy)]
struct Turn {
    ours_ps: u64,
    batch_ps: Option<u64>,
}

#[derive(Serialize)]
struct Figures {
    indicator: String,
    ours_ns: f64,
    ta_lib_batch_ns: Option<f64>,
    ours_over_batch: Option<f64>,
}

fn main() -> ExitCode {
    let options = Options::from_args(std::env::args().skip(1));
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), String> {
    let plan = match options.quick {
        true => Plan { rounds: 1, bars: 5_000 },
        false => Plan { rounds: 9, bars: 100_000 },
    };
    let patience = options.patience()?;
    let machine = Machine::here();
    let ticks = TickClock::new();
    if let Some(core) = allowed_cores().last() {
        pin_to(*core);
    }
    let samples = bars::samples(plan.bars);
    let columns = Columns::of(&samples);
    let specs: Vec<Spec> = REGISTRY.iter().map(|info| Spec::default_of(info.kind)).collect();
    let mut rounds = Vec::new();
    for round in 0..plan.rounds {
        let measure = || Ok(measure(&specs, &samples, &columns, round, &ticks));
        rounds.push(undisturbed(patience, measure)?);
    }
    let disturbed = rounds.iter().filter(|round| round.is_disturbed()).count();
    let rounds: Vec<Vec<Turn>> = rounds.into_iter().map(|round| round.figures).collect();
    let figures: Vec<Figures> =
        specs.iter().enumerate().map(|(at, spec)| figures(spec, at, &rounds)).collect();
    if options.json {
        let report = serde_json::json!({
            "benchmark": "indicators",
            "machine": machine,
            "rounds": plan.rounds,
            "rounds_disturbed": disturbed,
            "bars": plan.bars,
            "figures": figures,
        });
        println!("{report:#}");
    } else {
        println!("indicators: {machine}");
        println!("{} rounds ({disturbed} disturbed) of {} bars\n", plan.rounds, plan.bars);
        print(&figures);
    }
    Ok(())
}

/// One round: for each indicator both have their turn.
fn measure(
    specs: &[Spec],
    samples: &[Sample],
    columns: &Columns,
    round: usize,
    ticks: &TickClock,
) -> Vec<Turn> {
    let per_bar = |from: u64, to: u64| ticks.ns_between(from, to) * 1_000 / samples.len() as u64;
    let ours = |spec: &Spec| {
        let mut indicator = Indicator::new(spec, 0.25);
        let from = ticks.raw();
        for sample in samples {
            indicator.update(sample.candle.close, black_box(sample));
            black_box(indicator.value());
        }
        per_bar(from, ticks.raw())
    };
    let batch = |spec: &Spec| {
        let mut batch = Batch::of(spec, samples.len())?;
        let from = ticks.raw();
        batch.run(black_box(columns));
        let took = per_bar(from, ticks.raw());
        black_box(batch);
        Some(took)
    };
    let both = specs.iter().map(|spec| {
        // Each goes first in every other round: whoever does finds colder caches.
        if round.is_multiple_of(2) {
            let ours_ps = ours(spec);
            Turn { ours_ps, batch_ps: batch(spec) }
        } else {
            let batch_ps = batch(spec);
            Turn { ours_ps: ours(spec), batch_ps }
        }
    });
    both.collect()
}

fn figures(spec: &Spec, at: usize, rounds: &[Vec<Turn>]) -> Figures {
    let nanos = |picos: Vec<u64>| median(picos) as f64 / 1_000.0;
    let ours_ns = nanos(rounds.iter().map(|round| round[at].ours_ps).collect());
    let batches: Vec<u64> = rounds.iter().filter_map(|round| round[at].batch_ps).collect();
    let ta_lib_batch_ns = (!batches.is_empty()).then(|| nanos(batches));
    let ours_over_batch = ta_lib_batch_ns.map(|batch| ours_ns / batch);
    Figures { indicator: spec.to_string(), ours_ns, ta_lib_batch_ns, ours_over_batch }
}

fn print(figures: &[Figures]) {
    let known = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.2}"));
    let rows: Vec<Vec<String>> = figures
        .iter()
        .map(|f| {
            vec![
                f.indicator.clone(),
                format!("{:.2}", f.ours_ns),
                known(f.ta_lib_batch_ns),
                known(f.ours_over_batch),
            ]
        })
        .collect();
    print_table(&["indicator", "ours, ns an update", "TA-Lib batch, ns a bar", "ratio"], &rows);
    let all: f64 = figures.iter().map(|f| f.ours_ns).sum();
    println!("\nall {} kinds, one update each: {all:.0} ns a bar", figures.len());
}
