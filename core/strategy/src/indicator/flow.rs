//! Indicators of the order book and of trades.
//!
//! Those of the book tell of the end of this bar alone: where the book is not told they have no
//! value, not an old one. Those of trades look at the last bars whose trades are told.

use super::is_number;
use super::machine::{Lines, Machine};
use super::volume::is_volume;
use super::window::{Pairs, Sum};
use crate::sample::{Sample, Tape};

/// How much heavier the first side is: 1 all, −1 nothing; `NaN` where neither is anything, or one is
/// not a number of contracts.
fn imbalance(first: f64, second: f64) -> f64 {
    let known = is_volume(first) && is_volume(second);
    if known { (first - second) / (first + second) } else { f64::NAN }
}

/// A spread in ticks: a whole number of them where it is one but for rounding.
fn in_ticks(spread: f64, tick: f64) -> f64 {
    let ticks = spread / tick;
    let whole = libm::round(ticks);
    if (ticks - whole).abs() <= 1e-6 { whole } else { ticks }
}

fn top_imbalance(tape: &Tape) -> f64 {
    imbalance(tape.bid_size, tape.ask_size)
}

/// What the book says at the end of a bar.
#[derive(Clone, Debug)]
pub(super) struct Book {
    /// What it says, given the smallest step of the price.
    reading: fn(&Tape, f64) -> f64,
    tick: f64,
}

impl Book {
    pub fn imbalance() -> Book {
        Book::of(|tape, _| top_imbalance(tape))
    }

    pub fn depth_imbalance() -> Book {
        Book::of(|tape, _| imbalance(tape.bid_depth, tape.ask_depth))
    }

    pub fn microprice_offset() -> Book {
        Book::of(|tape, _| top_imbalance(tape) * tape.spread / 2.0)
    }

    pub fn spread_in(tick: f64) -> Book {
        Book { reading: |tape, tick| in_ticks(tape.spread, tick), tick }
    }

    fn of(reading: fn(&Tape, f64) -> f64) -> Book {
        Book { reading, tick: f64::NAN }
    }
}

impl Machine for Book {
    fn update(&mut self, _: f64, sample: &Sample, lines: &mut Lines) -> bool {
        let reading = (self.reading)(&sample.tape, self.tick);
        lines[0] = if reading.is_finite() { reading } else { f64::NAN };
        reading.is_finite()
    }
}

fn traded(tape: &Tape) -> bool {
    is_volume(tape.buy_volume) && is_volume(tape.sell_volume)
}

/// See [`Kind::TradeImbalance`](super::Kind::TradeImbalance).
#[derive(Clone, Debug)]
pub(super) struct TradeImbalance {
    bought: Sum,
    sold: Sum,
}

impl TradeImbalance {
    pub fn new(period: usize) -> TradeImbalance {
        TradeImbalance { bought: Sum::new(period), sold: Sum::new(period) }
    }
}

impl Machine for TradeImbalance {
    fn update(&mut self, _: f64, sample: &Sample, lines: &mut Lines) -> bool {
        let tape = &sample.tape;
        if !traded(tape) {
            return false;
        }
        let sums = (self.bought.push(tape.buy_volume), self.sold.push(tape.sell_volume));
        if let (Some(bought), Some(sold)) = sums {
            lines[0] = if bought + sold > 0.0 { imbalance(bought, sold) } else { 0.0 };
        }
        true
    }
}

/// See [`Kind::TradeSize`](super::Kind::TradeSize).
#[derive(Clone, Debug)]
pub(super) struct TradeSize {
    volume: Sum,
    trades: Sum,
}

impl TradeSize {
    pub fn new(period: usize) -> TradeSize {
        TradeSize { volume: Sum::new(period), trades: Sum::new(period) }
    }
}

impl Machine for TradeSize {
    fn update(&mut self, _: f64, sample: &Sample, lines: &mut Lines) -> bool {
        let tape = &sample.tape;
        if !traded(tape) || !is_volume(tape.trades) {
            return false;
        }
        let volume = tape.buy_volume + tape.sell_volume;
        if let (Some(volume), Some(trades)) =
            (self.volume.push(volume), self.trades.push(tape.trades))
        {
            lines[0] = if trades > 0.0 { volume / trades } else { f64::NAN };
        }
        true
    }
}

/// See [`Kind::KyleLambda`](super::Kind::KyleLambda).
#[derive(Clone, Debug)]
pub(super) struct KyleLambda {
    /// The close before; `NaN` before the first bar.
    before: f64,
    pairs: Pairs,
}

impl KyleLambda {
    pub fn new(period: usize) -> KyleLambda {
        KyleLambda { before: f64::NAN, pairs: Pairs::new(period) }
    }
}

impl Machine for KyleLambda {
    fn update(&mut self, _: f64, sample: &Sample, lines: &mut Lines) -> bool {
        let (tape, close) = (&sample.tape, sample.candle.close);
        if !traded(tape) || !is_number(close) {
            return false;
        }
        let before = std::mem::replace(&mut self.before, close);
        if before.is_nan() {
            return true;
        }
        if let Some(joint) = self.pairs.push(close - before, tape.buy_volume - tape.sell_volume) {
            let [_, variance] = joint.variances;
            lines[0] = if variance > 0.0 { joint.covariance / variance } else { 0.0 };
        }
        true
    }
}
