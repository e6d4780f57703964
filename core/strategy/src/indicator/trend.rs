//! Indicators that follow a trend.

use super::machine::{Lines, Machine};
use super::range::{TrueRange, priced};
use crate::sample::{Candle, Sample};

/// Turns after which a stop no longer depends on when it began: a turn starts from the extreme of
/// the trend before, so one turn forgets little. Begun at each fourth bar of a month of minutes of
/// 6EH4, half of all stops are as if begun long before at their third turn, all but one in a
/// thousand at their thirteenth, and the last of 7,000 at its seventeenth; each turn halves what is
/// left.
pub(super) const PSAR_TURNS: u32 = 24;

/// The same of supertrend: a turn starts from the bar's own bands. Begun at 1,500 bars of that month,
/// three in 1,500 needed three turns, none more.
pub(super) const SUPERTREND_TURNS: u32 = 3;

/// See [`Kind::Adx`](super::Kind::Adx).
#[derive(Clone, Debug)]
pub(super) struct Adx {
    period: usize,
    inverse: f64,
    seen: usize,
    high: f64,
    low: f64,
    close: f64,
    ups: f64,
    downs: f64,
    ranges: f64,
    /// The sum of the first strengths until they are all there, then the mean.
    strength: f64,
}

impl Adx {
    pub fn new(period: usize) -> Adx {
        Adx {
            period,
            inverse: 1.0 / period as f64,
            seen: 0,
            high: 0.0,
            low: 0.0,
            close: 0.0,
            ups: 0.0,
            downs: 0.0,
            ranges: 0.0,
            strength: 0.0,
        }
    }

    /// Adds a bar's movement and true range to the smoothed sums.
    fn smooth(&mut self, candle: &Candle) {
        if self.seen > self.period {
            self.downs -= self.downs * self.inverse;
            self.ups -= self.ups * self.inverse;
            self.ranges -= self.ranges * self.inverse;
        }
        let (up, down) = (candle.high - self.high, self.low - candle.low);
        self.ups += if up > 0.0 && up - down > 0.0 { up } else { 0.0 };
        self.downs += if down > 0.0 && down - up > 0.0 { down } else { 0.0 };
        let range = candle.high - candle.low;
        self.ranges +=
            range.max((candle.high - self.close).abs()).max((candle.low - self.close).abs());
    }

    /// Both directions in percent of the range.
    fn directions(&self) -> (f64, f64) {
        if self.ranges > 0.0 {
            // A movement is at most the range; smoothed, rounding can put it past that.
            let percent = |moved: f64| (100.0 * (moved / self.ranges)).min(100.0);
            (percent(self.ups), percent(self.downs))
        } else {
            (0.0, 0.0)
        }
    }
}

impl Machine for Adx {
    fn update(&mut self, _: f64, sample: &Sample, lines: &mut Lines) -> bool {
        let candle = &sample.candle;
        if !priced(candle) {
            return false;
        }
        let strengths_needed = 2 * self.period;
        self.seen += (self.seen <= strengths_needed) as usize;
        if self.seen > 1 {
            self.smooth(candle);
        }
        Candle { high: self.high, low: self.low, close: self.close, .. } = *candle;
        if self.seen <= self.period {
            return true;
        }
        let (plus, minus) = self.directions();
        (lines[1], lines[2]) = (plus, minus);
        let both = minus + plus;
        let strength = (both >= 1e-14).then(|| 100.0 * ((minus - plus).abs() / both));
        if self.seen <= strengths_needed {
            self.strength += strength.unwrap_or(0.0);
            if self.seen == strengths_needed {
                self.strength /= self.period as f64;
            }
        } else if let Some(strength) = strength {
            self.strength -= (self.strength - strength) * self.inverse;
        }
        if self.seen >= strengths_needed {
            lines[0] = self.strength;
        }
        true
    }
}

/// See [`Kind::Psar`](super::Kind::Psar).
#[derive(Clone, Debug)]
pub(super) struct Psar {
    acceleration: f64,
    maximum: f64,
    seen: u8,
    turns: u32,
    long: bool,
    factor: f64,
    extreme: f64,
    /// The stop of the next bar.
    stop: f64,
    high: f64,
    low: f64,
}

impl Psar {
    pub fn new(acceleration: f64, maximum: f64) -> Psar {
        let acceleration = acceleration.min(maximum);
        Psar {
            acceleration,
            maximum,
            seen: 0,
            turns: 0,
            long: true,
            factor: acceleration,
            extreme: 0.0,
            stop: 0.0,
            high: 0.0,
            low: 0.0,
        }
    }

    /// The direction of the second bar's movement begins the first trend.
    fn begin(&mut self, high: f64, low: f64) {
        let (up, down) = (high - self.high, self.low - low);
        self.long = !(down > 0.0 && down > up);
        (self.extreme, self.stop) = if self.long { (high, self.low) } else { (low, self.high) };
        (self.high, self.low) = (high, low);
    }

    /// Keeps a stop out of the range of this bar and the one before.
    fn outside(&self, stop: f64, high: f64, low: f64) -> f64 {
        if self.long { stop.min(self.low).min(low) } else { stop.max(self.high).max(high) }
    }

    /// Takes a bar in; the stop that was valid in it.
    fn step(&mut self, high: f64, low: f64) -> f64 {
        let turned = if self.long { low <= self.stop } else { high >= self.stop };
        if turned {
            self.long = !self.long;
            self.turns = self.turns.saturating_add(1);
            self.stop = self.outside(self.extreme, high, low);
            self.factor = self.acceleration;
            self.extreme = if self.long { high } else { low };
        }
        let stop = self.stop;
        let further = if self.long { high > self.extreme } else { low < self.extreme };
        if !turned && further {
            self.extreme = if self.long { high } else { low };
            self.factor = (self.factor + self.acceleration).min(self.maximum);
        }
        let next = self.factor.mul_add(self.extreme - stop, stop);
        self.stop = self.outside(next, high, low);
        (self.high, self.low) = (high, low);
        stop
    }
}

impl Machine for Psar {
    fn update(&mut self, _: f64, sample: &Sample, lines: &mut Lines) -> bool {
        let Candle { high, low, .. } = sample.candle;
        if !priced(&sample.candle) {
            return false;
        }
        match self.seen {
            0 => {
                (self.high, self.low, self.seen) = (high, low, 1);
                return true;
            }
            1 => {
                self.begin(high, low);
                self.seen = 2;
            }
            _ => {}
        }
        lines[0] = self.step(high, low);
        lines[1] = if self.long { 1.0 } else { -1.0 };
        true
    }

    fn has_turned_enough(&self) -> bool {
        self.turns >= PSAR_TURNS
    }
}

/// See [`Kind::Supertrend`](super::Kind::Supertrend).
#[derive(Clone, Debug)]
pub(super) struct Supertrend {
    range: TrueRange,
    multiplier: f64,
    bands: Option<Bands>,
    /// Bars until the seed of the range has faded; turns count from then on.
    fading: usize,
    turns: u32,
}

#[derive(Clone, Copy, Debug)]
struct Bands {
    upper: f64,
    lower: f64,
    close: f64,
    up: bool,
}

impl Supertrend {
    pub fn new(period: usize, multiplier: f64, fading: usize) -> Supertrend {
        Supertrend { range: TrueRange::new(period), multiplier, bands: None, fading, turns: 0 }
    }
}

impl Machine for Supertrend {
    fn update(&mut self, _: f64, sample: &Sample, lines: &mut Lines) -> bool {
        let candle = &sample.candle;
        if !priced(candle) {
            return false;
        }
        let Some(atr) = self.range.push(candle) else { return true };
        let middle = (candle.high + candle.low) / 2.0;
        let reach = self.multiplier * atr;
        let (mut upper, mut lower, mut up) = (middle + reach, middle - reach, true);
        if let Some(before) = self.bands {
            if upper >= before.upper && before.close <= before.upper {
                upper = before.upper;
            }
            if lower <= before.lower && before.close >= before.lower {
                lower = before.lower;
            }
            up = if before.up { candle.close >= lower } else { candle.close > upper };
            if self.fading > 0 {
                self.fading -= 1;
            } else if up != before.up {
                self.turns = self.turns.saturating_add(1);
            }
        }
        self.bands = Some(Bands { upper, lower, close: candle.close, up });
        (lines[0], lines[1]) = if up { (lower, 1.0) } else { (upper, -1.0) };
        true
    }

    fn has_turned_enough(&self) -> bool {
        self.turns >= SUPERTREND_TURNS
    }
}
