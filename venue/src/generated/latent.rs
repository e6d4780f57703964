//! What the instruments are worth: fair prices that nobody sees and the crowd quotes around.
//!
//! Returns follow a factor model: one mood of all markets, one factor per group of products, and what
//! is each product's own. A factor's volatility clusters (its logarithm is the sum of a fast and a
//! slow Ornstein–Uhlenbeck process, and news makes it jump), and every factor is in one of three
//! regimes that a Markov chain switches: it trends up, trends down, or returns to where the regime
//! found it.

use super::products::{Behaviour, Factor};
use super::rng::Rng;
use super::schedule::SESSION_SECONDS;
use gauntlet_core::units::{NANOS_PER_SECOND, UnixNanos};

/// How often the model moves prices on. Volatility and regimes change once a second in any case.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    ns: u64,
    seconds: f64,
    /// Whether trends rest when the market does; in a day session it never does.
    rests: bool,
}

impl Step {
    /// Ten times a second: for a market that is watched as it runs.
    pub const FINE: Step = Step { ns: NANOS_PER_SECOND / 10, seconds: 0.1, rests: false };
    /// Once a second: for months of whole days at once.
    pub const COARSE: Step = Step { ns: NANOS_PER_SECOND, seconds: 1.0, rests: true };
}

/// Time constants of the volatility's two parts, in seconds, and their standard deviations in
/// logarithm.
const FAST: (f64, f64) = (150.0, 0.32);
const SLOW: (f64, f64) = (3_600.0, 0.30);
/// What one jump adds to the fast part.
const SHOCK: f64 = 0.7;
/// Mean number of jumps of a factor in a session, and their size in standard deviations of a minute.
const JUMPS: f64 = 2.5;
const JUMP_SIZE: (f64, f64) = (1.5, 3.5);
/// Mean length of a regime, in seconds.
const REGIME_SECONDS: f64 = 1_500.0;
/// Drift of a trend: standard deviations of the regime's mean length, over that length.
const TREND: f64 = 1.4;
/// Time in which a mean-reverting factor goes back by 1/e, in seconds.
const REVERSION_SECONDS: f64 = 200.0;
/// A night's move in standard deviations of a session.
pub const OVERNIGHT: f64 = 0.45;

/// How a factor moves at present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Regime {
    /// It drifts up.
    TrendUp,
    /// It drifts down.
    TrendDown,
    /// It returns to where the regime began.
    Reverting,
}

/// A driver of returns, in units of one standard deviation of a session.
#[derive(Clone, Debug)]
struct Driver {
    regime: Regime,
    /// Distance from where the regime began.
    stretch: f64,
    fast: f64,
    slow: f64,
    /// exp(fast + slow), corrected to mean square 1.
    volatility: f64,
}

struct Fair {
    root: &'static str,
    /// Natural logarithm of the price.
    log_price: f64,
    daily_volatility: f64,
    factor: usize,
    load: f64,
    own: Driver,
}

/// The fair prices of a set of products.
pub struct Latent {
    rng: Rng,
    step: Step,
    now: UnixNanos,
    steps: u64,
    factors: Vec<Driver>,
    fairs: Vec<Fair>,
}

impl Driver {
    fn new(rng: &mut Rng) -> Driver {
        let (fast, slow) = (FAST.1 * rng.normal(), SLOW.1 * rng.normal());
        let regime = Driver::next_regime(rng);
        Driver { regime, stretch: 0.0, fast, slow, volatility: level(fast, slow) }
    }

    fn next_regime(rng: &mut Rng) -> Regime {
        match rng.below(4) {
            0 => Regime::TrendUp,
            1 => Regime::TrendDown,
            _ => Regime::Reverting,
        }
    }

    /// Moves volatility and regime on by one second.
    fn second(&mut self, rng: &mut Rng) {
        for (x, (seconds, deviation)) in [(&mut self.fast, FAST), (&mut self.slow, SLOW)] {
            let shock = deviation * libm::sqrt(2.0 / seconds) * rng.normal();
            *x += shock - *x / seconds;
        }
        self.volatility = level(self.fast, self.slow);
        if rng.chance(1.0 / REGIME_SECONDS) {
            self.regime = Driver::next_regime(rng);
            self.stretch = 0.0;
        }
    }

    /// The move of one step, given the day's volatility and a standard normal number.
    fn step(&mut self, step: Step, day_volatility: f64, normal: f64, rng: &mut Rng) -> f64 {
        let seconds = step.seconds;
        let deviation = day_volatility * self.volatility * libm::sqrt(seconds / SESSION_SECONDS);
        let awake = if step.rests { day_volatility.min(1.0) } else { 1.0 };
        let trend = awake * TREND * seconds / libm::sqrt(REGIME_SECONDS * SESSION_SECONDS);
        let drift = match self.regime {
            Regime::TrendUp => trend * self.volatility,
            Regime::TrendDown => -trend * self.volatility,
            Regime::Reverting => -self.stretch * seconds / REVERSION_SECONDS,
        };
        let mut change = drift + deviation * normal;
        if rng.chance(JUMPS * seconds / SESSION_SECONDS) {
            let size = JUMP_SIZE.0 + (JUMP_SIZE.1 - JUMP_SIZE.0) * rng.uniform();
            let sign = if rng.chance(0.5) { 1.0 } else { -1.0 };
            change += sign * size * day_volatility * libm::sqrt(60.0 / SESSION_SECONDS);
            self.fast += SHOCK;
        }
        self.stretch += change;
        change
    }
}

fn level(fast: f64, slow: f64) -> f64 {
    let variance = FAST.1 * FAST.1 + SLOW.1 * SLOW.1;
    libm::exp((fast + slow).clamp(-2.5, 2.5) - variance)
}

impl Latent {
    /// Fair prices of the products, as they start.
    pub fn new<'a>(
        seed: u64,
        step: Step,
        start: UnixNanos,
        products: impl Iterator<Item = &'a Behaviour>,
    ) -> Latent {
        let mut rng = Rng::new(seed, 0);
        let factors = Factor::ALL.iter().map(|_| Driver::new(&mut rng)).collect();
        let mut fairs: Vec<Fair> = Vec::new();
        for product in products {
            if fairs.iter().all(|fair| fair.root != product.root) {
                fairs.push(Fair {
                    root: product.root,
                    log_price: libm::log(product.start),
                    daily_volatility: product.daily_volatility,
                    factor: product.factor as usize,
                    load: product.load,
                    own: Driver::new(&mut rng),
                });
            }
        }
        Latent { rng, step, now: start, steps: 0, factors, fairs }
    }

    /// Which fair price a product has.
    pub fn index_of(&self, product: &Behaviour) -> Option<usize> {
        self.fairs.iter().position(|fair| fair.root == product.root)
    }

    /// Runs the model on to a time of the day, given how large the moves of a second are at each
    /// time, relative to their mean.
    pub fn advance(&mut self, of_day: &impl Fn(UnixNanos) -> f64, to: UnixNanos) {
        while self.now.plus(self.step.ns) <= to {
            self.now = self.now.plus(self.step.ns);
            self.step(of_day(self.now));
        }
    }

    /// Skips a time without trading: one move of so many standard deviations of a session, and what
    /// comes after it starts afresh.
    pub fn sleep(&mut self, until: UnixNanos, size: f64) {
        let moods: Vec<f64> = self.factors.iter().map(|_| self.rng.normal()).collect();
        for fair in &mut self.fairs {
            let own = libm::sqrt(1.0 - fair.load * fair.load) * self.rng.normal();
            let change = size * (fair.load * moods[fair.factor] + own);
            fair.log_price += fair.daily_volatility * change;
        }
        for driver in self.factors.iter_mut().chain(self.fairs.iter_mut().map(|fair| &mut fair.own))
        {
            driver.stretch = 0.0;
        }
        self.now = until;
    }

    /// The fair price, in whole units.
    pub fn price(&self, index: usize) -> f64 {
        libm::exp(self.fairs[index].log_price)
    }

    /// Moves a fair price by a share of itself: what the market learns from an order.
    pub fn nudge(&mut self, index: usize, change: f64) {
        self.fairs[index].log_price += change;
    }

    /// How volatile the product is now, relative to its mean, the time of the day left out.
    pub fn volatility(&self, index: usize) -> f64 {
        self.factors[self.fairs[index].factor].volatility
    }

    fn step(&mut self, of_day: f64) {
        let (rng, step) = (&mut self.rng, self.step);
        self.steps += 1;
        if self.steps.is_multiple_of(NANOS_PER_SECOND / self.step.ns) {
            let owns = self.fairs.iter_mut().map(|fair| &mut fair.own);
            self.factors.iter_mut().chain(owns).for_each(|driver| driver.second(rng));
        }
        let mood = rng.normal();
        let mut changes = [0.0; Factor::ALL.len()];
        for ((driver, factor), change) in self.factors.iter_mut().zip(Factor::ALL).zip(&mut changes)
        {
            let share = factor.mood();
            let normal = share * mood + libm::sqrt(1.0 - share * share) * rng.normal();
            *change = driver.step(step, of_day, normal, rng);
        }
        for fair in &mut self.fairs {
            let normal = rng.normal();
            let own = fair.own.step(step, of_day, normal, rng);
            let change =
                fair.load * changes[fair.factor] + libm::sqrt(1.0 - fair.load * fair.load) * own;
            fair.log_price += fair.daily_volatility * change;
        }
    }
}
