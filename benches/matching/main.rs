//! The simulated venue's matching engine beside the plainest one that a user would write: levels in two
//! sorted maps, a queue of orders at each, and a hash map that finds an order's level.
//!
//! One operation is an order entered, replaced or cancelled, with all the trades that it causes and the
//! market-by-order events that tell of them. The operations are those of an invented market that keeps
//! some hundred orders: of 100 operations 39 enter an order to rest, 13 one that takes and expires, 39
//! cancel (of which many come too late) and 9 replace. They are made before the clock starts, which covers
//! all of them from an empty book.
//! Both engines take turns, both must trade as many contracts, and figures are medians of rounds. The plain
//! one tells of no events.

#![forbid(unsafe_code)]

use gauntlet_benches::machine::Machine;
use gauntlet_benches::options::Options;
use gauntlet_benches::report::{median, print_table};
use gauntlet_model::effect::TimeInForce;
use gauntlet_model::units::{Price, Side};
use gauntlet_venue::market::{NewOrder, OrderId};
use gauntlet_venue::matching::{MatchingEngine, Owner};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

/// Orders that may rest at once in the invented market: both engines have room for all of them.
const ENTERED_MAX: usize = 400;
const TICK: i64 = 250_000_000;
const ORDERS_MAX: usize = 8_192;
const LEVELS_MAX: usize = 1_024;

#[derive(Serialize)]
struct Figures {
    machine: Machine,
    operations: usize,
    contracts_traded: u64,
    rounds: u64,
    engine_ns: Vec<u64>,
    plain_ns: Vec<u64>,
}

/// What is asked of an engine. Orders are known by the number of the operation that entered them.
#[derive(Clone, Copy)]
enum Operation {
    Enter { number: u32, order: NewOrder },
    Cancel { number: u32 },
    Replace { number: u32, qty: u32, price: Price },
}

fn main() -> ExitCode {
    match run(&Options::from_args(std::env::args().skip(1))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("matching: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), String> {
    let (count, rounds) = if options.quick { (20_000, 1) } else { (2_000_000, 9) };
    let rounds = options.number("--rounds")?.unwrap_or(rounds).max(1);
    let script = script(count);
    let mut figures = Figures {
        machine: Machine::here(),
        operations: script.len(),
        contracts_traded: 0,
        rounds,
        engine_ns: Vec::new(),
        plain_ns: Vec::new(),
    };
    for _ in 0..rounds {
        let (nanos, traded) = of_engine(&script);
        figures.engine_ns.push(nanos);
        let (nanos, plain) = of_plain(&script);
        figures.plain_ns.push(nanos);
        if traded != plain {
            return Err(format!("one traded {traded} contracts and the other {plain}"));
        }
        figures.contracts_traded = traded;
    }
    report(options, &figures)
}

/// Numbers that are random enough, the same each time (Knuth's multiplier).
struct Luck(u64);

impl Luck {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

fn script(count: u32) -> Vec<Operation> {
    let mut luck = Luck(1);
    let mut script = Vec::with_capacity(count as usize);
    let mut entered: Vec<u32> = Vec::new();
    let mut middle = 20_000;
    for number in 0..count {
        middle += luck.below(3) as i64 - 1;
        let side = if luck.below(2) == 0 { Side::Buy } else { Side::Sell };
        let away = 1 + (luck.below(8) * luck.below(8) / 4) as i64;
        let resting = Price((middle - side.sign() * away) * TICK);
        let qty = 1 + luck.below(5) as u32;
        let order = |price, time_in_force| {
            let order = NewOrder { listing: 0, side, qty, price, time_in_force };
            Operation::Enter { number, order }
        };
        let pick = luck.below(entered.len().max(1) as u64) as usize;
        let operation = match luck.below(100) {
            _ if entered.len() >= ENTERED_MAX => {
                Operation::Cancel { number: entered.swap_remove(pick) }
            }
            chance if chance < 45 || entered.len() < 100 => {
                entered.push(number);
                order(resting, TimeInForce::Day)
            }
            45..60 => {
                let crossing = Price((middle + side.sign() * 2) * TICK);
                order(crossing, TimeInForce::ImmediateOrCancel)
            }
            // Most of those that were entered long ago are gone: as in life, many a cancel comes late.
            60..90 => Operation::Cancel { number: entered.swap_remove(pick) },
            _ => Operation::Replace { number: entered[pick], qty: qty + 5, price: resting },
        };
        script.push(operation);
    }
    script
}

/// Nanoseconds that the engine takes, and the contracts that traded.
fn of_engine(script: &[Operation]) -> (u64, u64) {
    let mut engine = MatchingEngine::new(0, Price(TICK), ORDERS_MAX, LEVELS_MAX);
    let mut ids = vec![OrderId(0); script.len()];
    let begin = Instant::now();
    let mut traded = 0;
    for operation in script {
        match *operation {
            Operation::Enter { number, order } => {
                if let Ok(id) = engine.add(&order, Owner::Crowd) {
                    ids[number as usize] = id;
                }
            }
            // What came too late is refused.
            Operation::Cancel { number } => {
                let _ = engine.cancel(ids[number as usize]);
            }
            Operation::Replace { number, qty, price } => {
                let _ = engine.replace(ids[number as usize], qty, price);
            }
        }
        traded += fills(&engine);
    }
    (begin.elapsed().as_nanos() as u64, black_box(traded))
}

fn fills(engine: &MatchingEngine) -> u64 {
    use gauntlet_model::input::BookAction;
    let trades = engine.events().iter().filter(|event| event.action == BookAction::Trade);
    trades.map(|event| u64::from(event.qty)).sum()
}

/// The plain engine.
#[derive(Default)]
struct Plain {
    /// By price, and for bids by the negative price, so that the first is the best of both.
    levels: [BTreeMap<i64, VecDeque<Resting>>; 2],
    places: HashMap<u32, (Side, i64)>,
    traded: u64,
}

#[derive(Clone, Copy)]
struct Resting {
    number: u32,
    qty: u32,
    filled: u32,
}

fn key(side: Side, price: Price) -> i64 {
    -side.sign() * price.0
}

impl Plain {
    fn enter(&mut self, side: Side, price: Price, mut order: Resting, rests: bool) {
        let other = &mut self.levels[usize::from(side == Side::Buy)];
        while order.qty > 0
            && let Some(mut level) = other.first_entry()
        {
            if *level.key() > -key(side, price) {
                break;
            }
            while order.qty > 0
                && let Some(first) = level.get_mut().front_mut()
            {
                let qty = first.qty.min(order.qty);
                (first.qty, first.filled) = (first.qty - qty, first.filled + qty);
                (order.qty, order.filled) = (order.qty - qty, order.filled + qty);
                self.traded += u64::from(qty);
                if first.qty == 0 {
                    self.places.remove(&first.number);
                    level.get_mut().pop_front();
                }
            }
            if level.get().is_empty() {
                level.remove();
            }
        }
        if order.qty > 0 && rests {
            let at = key(side, price);
            self.places.insert(order.number, (side, at));
            let own = &mut self.levels[usize::from(side == Side::Sell)];
            own.entry(at).or_default().push_back(order);
        }
    }

    fn cancel(&mut self, number: u32) -> Option<(Side, i64, Resting)> {
        let (side, at) = self.places.remove(&number)?;
        let levels = &mut self.levels[usize::from(side == Side::Sell)];
        let level = levels.get_mut(&at)?;
        let place = level.iter().position(|order| order.number == number)?;
        let order = level.remove(place)?;
        if level.is_empty() {
            levels.remove(&at);
        }
        Some((side, at, order))
    }

    fn replace(&mut self, number: u32, qty: u32, price: Price) {
        let Some((side, at)) = self.places.get(&number).copied() else { return };
        let level = self.levels[usize::from(side == Side::Sell)].get_mut(&at);
        let order = level.and_then(|level| level.iter_mut().find(|order| order.number == number));
        let Some(order) = order.filter(|order| qty > order.filled) else { return };
        let leaves = qty - order.filled;
        if at == key(side, price) && leaves <= order.qty {
            order.qty = leaves;
        } else if let Some((side, _, order)) = self.cancel(number) {
            self.enter(side, price, Resting { qty: leaves, ..order }, true);
        }
    }
}

/// As [`of_engine`], by the plain engine.
fn of_plain(script: &[Operation]) -> (u64, u64) {
    let mut plain = Plain::default();
    let begin = Instant::now();
    for operation in script {
        match *operation {
            Operation::Enter { number, order } => {
                let rests = order.time_in_force == TimeInForce::Day;
                let entered = Resting { number, qty: order.qty, filled: 0 };
                plain.enter(order.side, order.price, entered, rests);
            }
            Operation::Cancel { number } => {
                let _ = plain.cancel(number);
            }
            Operation::Replace { number, qty, price } => plain.replace(number, qty, price),
        }
    }
    (begin.elapsed().as_nanos() as u64, black_box(plain.traded))
}

fn report(options: &Options, figures: &Figures) -> Result<(), String> {
    if options.json {
        println!("{}", serde_json::to_string_pretty(figures).map_err(|e| e.to_string())?);
        return Ok(());
    }
    let engine = median(figures.engine_ns.clone()).max(1) as f64;
    let row = |what: &str, nanos: &[u64]| {
        let nanos = median(nanos.to_vec()).max(1) as f64;
        let operations = figures.operations as f64;
        vec![
            what.to_owned(),
            format!("{:.0} ns", nanos / operations),
            format!("{:.2} M/s", operations / nanos * 1e3),
            format!("{:.2}", nanos / engine),
        ]
    };
    println!(
        "{} operations, {} contracts traded, medians of {} rounds\n",
        figures.operations, figures.contracts_traded, figures.rounds
    );
    let rows = [row("gauntlet", &figures.engine_ns), row("plain", &figures.plain_ns)];
    print_table(&["matching", "an operation", "operations", "time / ours"], &rows);
    Ok(())
}
