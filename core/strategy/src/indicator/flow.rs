//! Indicators of the order book and of trades.
//!
//! Those of the book tell of the end of this bar alone: where the book is not told they have no
//! value, not an old one. Those of trades look at the last bars whose trades are told.

use super::machine::{Lines, Machine};
use super::window::{Pairs, Sum};
use crate::sample::{Sample, Tape};

/// How much heavier the first side is: 1 all, −1 nothing; `NaN` where neither is anything.
fn imbalance(first: f64, second: f64) -> f64 {
    (first - second) / (first + second)
}

fn top_imbalance(tape: &Tape) -> f64 {
    imbalance(tape.bid_size, tape.ask_size)
}

/// What the book says at the end of a bar.
#[derive(Clone, Debug)]
pub(super) struct Book {
    reading: fn(&Tape) -> f64,
    /// One over the unit.
    scale: f64,
}

impl Book {
    pub fn imbalance() -> Book {
        Book { reading: top_imbalance, scale: 1.0 }
    }

    pub fn depth_imbalance() -> Book {
        Book { reading: |tape| imbalance(tape.bid_depth, tape.ask_depth), scale: 1.0 }
    }

    pub fn microprice_offset() -> Book {
        Book { reading: |tape| top_imbalance(tape) * tape.spread / 2.0, scale: 1.0 }
    }

    pub fn spread_in(tick: f64) -> Book {
        Book { reading: |tape| tape.spread, scale: 1.0 / tick }
    }
}

impl Machine for Book {
    fn update(&mut self, _: f64, sample: &Sample, lines: &mut Lines) -> bool {
        let reading = (self.reading)(&sample.tape) * self.scale;
        lines[0] = if reading.is_finite() { reading } else { f64::NAN };
        reading.is_finite()
    }
}

fn traded(tape: &Tape) -> bool {
    tape.buy_volume.is_finite() && tape.sell_volume.is_finite()
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
        if !traded(tape) || !tape.trades.is_finite() {
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
        if !traded(tape) || !close.is_finite() {
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
