//! One bar through many bots: how the cost of a bar grows with bots and with what they compute.
//!
//! A series computes what its bots have in common once. Measured is one bar from the update of the
//! series to the verdict of the last bot, flat, long or short by turns: for 1, 16 and 256 bots of
//! the sixteen archetypes, for 256 of one archetype with the same parameters, and for 256 with
//! parameters of their own. Beside each, the same bots with a series each, as where every bot computes
//! for itself: the ratio is what sharing saves. All are warm before the clock starts; both ways take turns within
//! one run, and figures are medians of rounds. A round in which other processes had much of the
//! core is run again (see [`gauntlet_benches::quiet`]).

#![forbid(unsafe_code)]

use gauntlet_benches::machine::Machine;
use gauntlet_benches::options::Options;
use gauntlet_benches::quiet::undisturbed;
use gauntlet_benches::report::{median, print_table};
use gauntlet_model::calendar::Calendar;
use gauntlet_model::input::{Archetype, SessionMode};
use gauntlet_model::units::NANOS_PER_MINUTE;
use gauntlet_runtime::clock::TickClock;
use gauntlet_runtime::layout::{allowed_cores, pin_to};
use gauntlet_strategy::sample::{Candle, Sample, Tape};
use gauntlet_strategy::strategy::archetypes::ArchetypeRules;
use gauntlet_strategy::strategy::{DEFAULTS, Holding, Plan, Series, Strategy};
use serde::Serialize;
use std::hint::black_box;
use std::process::ExitCode;

const TICK: f64 = 0.25;

struct Effort {
    rounds: usize,
    warm_bars: usize,
    bars: usize,
}

/// Some bots, by the plan of each.
struct Case {
    name: &'static str,
    plans: Vec<Plan>,
}

#[derive(Clone, Copy)]
struct Turn {
    shared_ps: u64,
    alone_ps: u64,
}

#[derive(Serialize)]
struct Figures {
    bots: &'static str,
    nodes_shared: usize,
    nodes_alone: usize,
    shared_ns: f64,
    alone_ns: f64,
    alone_over_shared: f64,
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
    let effort = match options.quick {
        true => Effort { rounds: 1, warm_bars: 1_000, bars: 200 },
        false => Effort { rounds: 9, warm_bars: 2_000, bars: 4_000 },
    };
    let patience = options.patience()?;
    let machine = Machine::here();
    let ticks = TickClock::new();
    if let Some(core) = allowed_cores().last() {
        pin_to(*core);
    }
    let samples = samples(effort.warm_bars + effort.bars);
    let cases = cases()?;
    let mut rounds = Vec::new();
    for round in 0..effort.rounds {
        let measure = || measure(&cases, &samples, effort.warm_bars, round, &ticks);
        rounds.push(undisturbed(patience, measure)?);
    }
    let disturbed = rounds.iter().filter(|round| round.is_disturbed()).count();
    let rounds: Vec<Vec<Turn>> = rounds.into_iter().map(|round| round.figures).collect();
    let figures = (0..cases.len()).map(|at| figures(&cases[at], at, &rounds));
    let figures = figures.collect::<Result<Vec<_>, _>>()?;
    if options.json {
        let report = serde_json::json!({
            "benchmark": "bots",
            "machine": machine,
            "rounds": effort.rounds,
            "rounds_disturbed": disturbed,
            "bars": effort.bars,
            "figures": figures,
        });
        println!("{report:#}");
    } else {
        println!("bots: {machine}");
        println!("{} rounds ({disturbed} disturbed) of {} bars\n", effort.rounds, effort.bars);
        print(&figures);
    }
    Ok(())
}

fn cases() -> Result<Vec<Case>, String> {
    let plan = |at: usize| Archetype::ALL[at % 16].plan();
    let own = |at: usize| {
        let mut given = DEFAULTS;
        // Periods of the bands and the RSI: no two bots have both.
        (given[0], given[2]) = ((10 + at % 16) as f64, (5 + at / 16) as f64);
        Plan::archetype(Archetype::MeanReversion, &given).map_err(|error| error.to_string())
    };
    Ok(vec![
        Case { name: "1: mean_reversion", plans: vec![Archetype::MeanReversion.plan()] },
        Case { name: "16: each archetype", plans: (0..16).map(plan).collect() },
        Case { name: "256: each archetype 16 times", plans: (0..256).map(plan).collect() },
        Case {
            name: "256: mean_reversion, same parameters",
            plans: vec![Archetype::MeanReversion.plan(); 256],
        },
        Case {
            name: "256: mean_reversion, 256 parameters",
            plans: (0..256).map(own).collect::<Result<_, _>>()?,
        },
    ])
}

/// A random walk through whole sessions.
fn samples(count: usize) -> Vec<Sample> {
    let sessions = Calendar::of_product("ES").spans(SessionMode::RthUs).iter();
    let minutes = sessions.flat_map(|session| {
        let minutes = session.close.since(session.open) / NANOS_PER_MINUTE;
        (0..minutes).map(|minute| (*session, session.open.plus(minute * NANOS_PER_MINUTE)))
    });
    let (mut state, mut ticks) = (1_u64, 20_000_i64);
    let sample = |(session, start)| {
        let mut below = |n: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            ((state >> 33) % n) as i64
        };
        let open = ticks;
        ticks += below(13) - 6;
        let (above, beneath, volume) = (below(4), below(4), 50 + below(400));
        let price = |ticks: i64| ticks as f64 * TICK;
        let candle = Candle {
            start,
            end: start.plus(NANOS_PER_MINUTE),
            open: price(open),
            high: price(open.max(ticks) + above),
            low: price(open.min(ticks) - beneath),
            close: price(ticks),
            volume: volume as f64,
        };
        let bought = below(volume as u64) as f64;
        let tape = Tape {
            buy_volume: bought,
            sell_volume: candle.volume - bought,
            trades: candle.volume,
            spread: TICK,
            bid_size: 1.0 + below(90) as f64,
            ask_size: 1.0 + below(90) as f64,
            bid_depth: 300.0 + below(90) as f64,
            ask_depth: 300.0 + below(90) as f64,
        };
        Sample { candle, tape, session: Some(session), gap: false }
    };
    minutes.take(count).map(sample).collect()
}

fn attach(series: &mut Series, plan: &Plan) -> Result<Strategy, String> {
    series.attach(plan).map_err(|error| error.to_string())
}

const HOLDINGS: [Holding; 3] = [
    Holding::FLAT,
    Holding { position: 1, bars: 4, entry: 5_000.0, profit_ticks: 3.0 },
    Holding { position: -1, bars: 4, entry: 5_000.0, profit_ticks: 3.0 },
];

/// Bots, each with the place of its series.
struct Bots {
    series: Vec<Series>,
    strategies: Vec<(usize, Strategy)>,
}

impl Bots {
    fn sharing(plans: &[Plan]) -> Result<Bots, String> {
        let mut series = Series::new(TICK);
        let strategies = plans.iter().map(|plan| Ok((0, attach(&mut series, plan)?)));
        let strategies = strategies.collect::<Result<_, String>>()?;
        Ok(Bots { series: vec![series], strategies })
    }

    fn alone(plans: &[Plan]) -> Result<Bots, String> {
        let mut bots = Bots { series: vec![], strategies: vec![] };
        for (at, plan) in plans.iter().enumerate() {
            let mut series = Series::new(TICK);
            bots.strategies.push((at, attach(&mut series, plan)?));
            bots.series.push(series);
        }
        Ok(bots)
    }

    fn nodes(&self) -> usize {
        self.series.iter().map(Series::nodes).sum()
    }

    fn bar(&mut self, index: usize, sample: &Sample) {
        self.series.iter_mut().for_each(|series| series.update(sample));
        for (bot, (series, strategy)) in self.strategies.iter_mut().enumerate() {
            let held = &HOLDINGS[(index + bot) % HOLDINGS.len()];
            black_box(strategy.verdict(&self.series[*series], held));
        }
    }

    /// Picoseconds a bar, once warm.
    fn turn(mut self, samples: &[Sample], warm_bars: usize, ticks: &TickClock) -> u64 {
        let (warm, measured) = samples.split_at(warm_bars);
        for (index, sample) in warm.iter().enumerate() {
            self.bar(index, sample);
        }
        let from = ticks.raw();
        for (index, sample) in measured.iter().enumerate() {
            self.bar(index, black_box(sample));
        }
        ticks.ns_between(from, ticks.raw()) * 1_000 / measured.len() as u64
    }
}

/// One round: each case in both ways.
fn measure(
    cases: &[Case],
    samples: &[Sample],
    warm_bars: usize,
    round: usize,
    ticks: &TickClock,
) -> Result<Vec<Turn>, String> {
    let both = cases.iter().map(|case| {
        let turn = |bots: Bots| bots.turn(samples, warm_bars, ticks);
        let shared = || Bots::sharing(&case.plans).map(turn);
        let alone = || Bots::alone(&case.plans).map(turn);
        // Each goes first in every other round: whoever does finds colder caches.
        if round.is_multiple_of(2) {
            let shared_ps = shared()?;
            Ok(Turn { shared_ps, alone_ps: alone()? })
        } else {
            let alone_ps = alone()?;
            Ok(Turn { shared_ps: shared()?, alone_ps })
        }
    });
    both.collect()
}

fn figures(case: &Case, at: usize, rounds: &[Vec<Turn>]) -> Result<Figures, String> {
    let nanos = |of: fn(&Turn) -> u64| {
        median(rounds.iter().map(|round| of(&round[at])).collect()) as f64 / 1_000.0
    };
    let (shared_ns, alone_ns) = (nanos(|turn| turn.shared_ps), nanos(|turn| turn.alone_ps));
    Ok(Figures {
        bots: case.name,
        nodes_shared: Bots::sharing(&case.plans)?.nodes(),
        nodes_alone: Bots::alone(&case.plans)?.nodes(),
        shared_ns,
        alone_ns,
        alone_over_shared: alone_ns / shared_ns,
    })
}

fn print(figures: &[Figures]) {
    let rows: Vec<Vec<String>> = figures
        .iter()
        .map(|f| {
            vec![
                f.bots.to_owned(),
                f.nodes_shared.to_string(),
                format!("{:.0}", f.shared_ns),
                f.nodes_alone.to_string(),
                format!("{:.0}", f.alone_ns),
                format!("{:.1}", f.alone_over_shared),
            ]
        })
        .collect();
    let heads =
        ["bots", "nodes", "ns a bar", "nodes, a series each", "ns a bar, a series each", "ratio"];
    print_table(&heads, &rows);
}
