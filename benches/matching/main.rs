//! The simulated venue's matching engine beside the plainest one that a user would write: levels in two
//! sorted maps, a queue of orders at each, and a hash map that finds an order's level.
//!
//! One operation is an order entered, replaced or cancelled, with all the trades that it causes and the
//! market-by-order events that tell of them. The operations are those of an invented market that keeps
//! some hundred orders: of 100 operations 39 enter an order to rest, 13 one that takes and expires, 39
//! cancel (of which many come too late) and 9 replace. They are made before the clock starts, which covers
//! all of them from an empty book. A second row has the same with every kind of order: of those that take, a
//! fifth each are market, market-to-limit and fill-or-kill orders, and of those that rest a twentieth each are
//! stop and stop-limit orders, which wait and enter when a trade triggers them.
//! Both engines take turns, both must trade as many contracts, and figures are medians of rounds. The plain
//! one tells of no events.

#![forbid(unsafe_code)]

use gauntlet_benches::machine::Machine;
use gauntlet_benches::options::Options;
use gauntlet_benches::report::{median, print_table};
use gauntlet_model::units::{Price, Side};
use gauntlet_venue::market::{Change, NewOrder, OrderId, OrderKind, TimeInForce};
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
    /// The same with every kind of order.
    kinds_traded: u64,
    kinds_engine_ns: Vec<u64>,
    kinds_plain_ns: Vec<u64>,
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
    let (limits, kinds) = (script(count, false), script(count, true));
    let mut figures = Figures {
        machine: Machine::here(),
        operations: limits.len(),
        contracts_traded: 0,
        rounds,
        engine_ns: Vec::new(),
        plain_ns: Vec::new(),
        kinds_traded: 0,
        kinds_engine_ns: Vec::new(),
        kinds_plain_ns: Vec::new(),
    };
    for _ in 0..rounds {
        let Figures { engine_ns, plain_ns, .. } = &mut figures;
        figures.contracts_traded = turn(&limits, engine_ns, plain_ns)?;
        let Figures { kinds_engine_ns, kinds_plain_ns, .. } = &mut figures;
        figures.kinds_traded = turn(&kinds, kinds_engine_ns, kinds_plain_ns)?;
    }
    report(options, &figures)
}

/// Both engines over a script, one after the other: the contracts that each traded.
fn turn(
    script: &[Operation],
    engine_ns: &mut Vec<u64>,
    plain_ns: &mut Vec<u64>,
) -> Result<u64, String> {
    let (nanos, traded) = of_engine(script);
    engine_ns.push(nanos);
    let (nanos, plain) = of_plain(script);
    plain_ns.push(nanos);
    if traded == plain {
        Ok(traded)
    } else {
        Err(format!("one traded {traded} contracts and the other {plain}"))
    }
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

fn script(count: u32, all_kinds: bool) -> Vec<Operation> {
    let (mut luck, mut of_kinds) = (Luck(1), Luck(2));
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
            let order = NewOrder::limit(0, side, qty, price, time_in_force);
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
        script.push(match operation {
            Operation::Enter { number, order } if all_kinds => {
                let kind = of_kind(order, of_kinds.below(20), middle);
                Operation::Enter { number, order: kind }
            }
            other => other,
        });
    }
    script
}

/// An order, made another kind by luck.
fn of_kind(order: NewOrder, luck: u64, middle: i64) -> NewOrder {
    // A buy stop waits above the market, a sell stop below.
    let trigger = Price((middle + order.side.sign() * (2 + luck as i64 / 4)) * TICK);
    let beyond = Price(trigger.0 + order.side.sign() * 2 * TICK);
    match (order.time_in_force, luck) {
        (TimeInForce::Day, 0) => NewOrder { kind: OrderKind::Stop(trigger), ..order },
        (TimeInForce::Day, 1) => {
            NewOrder { kind: OrderKind::StopLimit(trigger), price: beyond, ..order }
        }
        (TimeInForce::Day, _) => order,
        (_, 0..4) => NewOrder { kind: OrderKind::Market, ..order },
        (_, 4..8) => NewOrder { kind: OrderKind::MarketToLimit, ..order },
        (_, 8..12) => NewOrder { time_in_force: TimeInForce::FillOrKill, ..order },
        _ => order,
    }
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
                let _ = engine.replace(ids[number as usize], &Change::limit(qty, price));
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
    /// By trigger, the next one first.
    stops: [BTreeMap<i64, VecDeque<Stop>>; 2],
    last: Option<Price>,
    /// The lowest and the highest price of the operation at hand.
    range: Option<(Price, Price)>,
}

#[derive(Clone, Copy)]
struct Stop {
    order: Resting,
    trigger: Price,
    /// Of a stop order none.
    limit: Option<Price>,
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

/// The engine's own protection.
fn protected(side: Side, price: Price) -> Price {
    Price(price.0 + side.sign() * 20 * TICK)
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
            let at = Price(side.sign() * *level.key());
            let (low, high) = self.range.unwrap_or((at, at));
            (self.range, self.last) = (Some((low.min(at), high.max(at))), Some(at));
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

    /// Enters an order of any kind, and the stops that it triggers.
    fn add(&mut self, number: u32, order: &NewOrder) {
        let entered = Resting { number, qty: order.qty, filled: 0 };
        if let Some(trigger) = order.kind.trigger() {
            let limit = order.kind.has_limit().then_some(order.price);
            let stop = Stop { order: entered, trigger, limit };
            let sign = order.side.sign();
            return match self.last {
                Some(last) if sign * last.0 >= sign * trigger.0 => {
                    self.trigger(order.side, stop);
                    self.elect();
                }
                _ => self.wait(order.side, stop),
            };
        }
        let other = &self.levels[usize::from(order.side == Side::Buy)];
        let best = other.first_key_value().map(|(at, _)| Price(order.side.sign() * at));
        let price = match (order.kind, best) {
            (OrderKind::Limit, _) => order.price,
            (_, None) => return,
            (OrderKind::Market, Some(best)) => protected(order.side, best),
            (_, Some(best)) => best,
        };
        let must_fill = order.time_in_force == TimeInForce::FillOrKill;
        if !must_fill || self.offered(order.side, price, order.qty) {
            self.enter(order.side, price, entered, order.time_in_force.rests());
        }
        self.elect();
    }

    fn offered(&self, side: Side, price: Price, qty: u32) -> bool {
        let mut found = 0;
        for (at, level) in &self.levels[usize::from(side == Side::Buy)] {
            if *at > -key(side, price) || found >= qty {
                break;
            }
            found += level.iter().map(|order| order.qty).sum::<u32>();
        }
        found >= qty
    }

    fn wait(&mut self, side: Side, stop: Stop) {
        let at = side.sign() * stop.trigger.0;
        self.stops[usize::from(side == Side::Sell)].entry(at).or_default().push_back(stop);
    }

    fn trigger(&mut self, side: Side, stop: Stop) {
        let price = stop.limit.unwrap_or_else(|| protected(side, stop.trigger));
        self.enter(side, price, stop.order, true);
    }

    fn elect(&mut self) {
        while let Some((low, high)) = self.range {
            let first = |side: Side, reached: Price| {
                let stops = &self.stops[usize::from(side == Side::Sell)];
                let (at, level) = stops.first_key_value()?;
                let is_due = *at <= side.sign() * reached.0;
                is_due.then(|| level.front().map(|stop| (stop.order.number, side, *at)))?
            };
            let next = [first(Side::Buy, high), first(Side::Sell, low)];
            let Some((_, side, at)) = next.into_iter().flatten().min_by_key(|next| next.0) else {
                break;
            };
            let stops = &mut self.stops[usize::from(side == Side::Sell)];
            let Some(level) = stops.get_mut(&at) else { break };
            let stop = level.pop_front();
            if level.is_empty() {
                stops.remove(&at);
            }
            if let Some(stop) = stop {
                self.trigger(side, stop);
            }
        }
        self.range = None;
    }

    /// Stops are few: they are looked for one by one.
    fn take_stop(&mut self, number: u32) -> Option<(Side, Stop)> {
        for side in [Side::Buy, Side::Sell] {
            let stops = &mut self.stops[usize::from(side == Side::Sell)];
            let found = stops.iter().find_map(|(at, level)| {
                Some((*at, level.iter().position(|stop| stop.order.number == number)?))
            });
            let Some((at, place)) = found else { continue };
            let level = stops.get_mut(&at)?;
            let stop = level.remove(place)?;
            if level.is_empty() {
                stops.remove(&at);
            }
            return Some((side, stop));
        }
        None
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
        let Some((side, at)) = self.places.get(&number).copied() else {
            return self.replace_stop(number, qty, price);
        };
        let level = self.levels[usize::from(side == Side::Sell)].get_mut(&at);
        let order = level.and_then(|level| level.iter_mut().find(|order| order.number == number));
        let Some(order) = order.filter(|order| qty > order.filled) else { return };
        let leaves = qty - order.filled;
        if at == key(side, price) && leaves <= order.qty {
            order.qty = leaves;
        } else if let Some((side, _, order)) = self.cancel(number) {
            self.enter(side, price, Resting { qty: leaves, ..order }, true);
            self.elect();
        }
    }
}

impl Plain {
    fn find_stop(&self, number: u32) -> Option<(Side, Stop)> {
        [Side::Buy, Side::Sell].into_iter().find_map(|side| {
            let mut stops = self.stops[usize::from(side == Side::Sell)].values().flatten();
            Some((side, *stops.find(|stop| stop.order.number == number)?))
        })
    }

    /// A stop keeps its trigger; only less quantity keeps its turn.
    fn replace_stop(&mut self, number: u32, qty: u32, price: Price) {
        let Some((side, stop)) = self.find_stop(number) else { return };
        let (sign, limit) = (side.sign(), stop.limit.map(|_| price));
        if limit.is_some_and(|limit| sign * limit.0 < sign * stop.trigger.0) {
            return;
        }
        self.take_stop(number);
        let changed = Stop { order: Resting { qty, ..stop.order }, limit, ..stop };
        if self.last.is_some_and(|last| sign * last.0 >= sign * stop.trigger.0) {
            self.trigger(side, changed);
            self.elect();
        } else {
            self.wait(side, changed);
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
                plain.add(number, &order);
            }
            Operation::Cancel { number } => {
                if plain.cancel(number).is_none() {
                    plain.take_stop(number);
                }
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
    let row = |what: &str, nanos: &[u64], engine: &[u64]| {
        let engine = median(engine.to_vec()).max(1) as f64;
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
        "{} operations, {} and {} contracts traded, medians of {} rounds\n",
        figures.operations, figures.contracts_traded, figures.kinds_traded, figures.rounds
    );
    let rows = [
        row("gauntlet, limit orders", &figures.engine_ns, &figures.engine_ns),
        row("plain, limit orders", &figures.plain_ns, &figures.engine_ns),
        row("gauntlet, every kind", &figures.kinds_engine_ns, &figures.kinds_engine_ns),
        row("plain, every kind", &figures.kinds_plain_ns, &figures.kinds_engine_ns),
    ];
    print_table(&["matching", "an operation", "operations", "time / ours"], &rows);
    Ok(())
}
