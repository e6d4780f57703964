//! How long a message takes between a client and the matching engine, each way, in the market's time.
//!
//! Messages of one way never overtake each other: one that is drawn to be quicker than the one before it
//! arrives with it, as over one connection.

use crate::generated::rng::Rng;
use gauntlet_model::units::UnixNanos;

/// What a delay is drawn from. Times in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Law {
    /// Every delay from `least` up to `most` is as likely.
    Uniform {
        /// The shortest.
        least: u64,
        /// The longest.
        most: u64,
    },
    /// `least` and what a queue of Poisson arrivals adds: an exponential with this mean.
    Exponential {
        /// The shortest.
        least: u64,
        /// The mean of what is added.
        mean: u64,
    },
    /// A log-normal, whose tail is that of measured network delays: half of the delays are below `median`;
    /// `sigma` is the standard deviation of the logarithm.
    LogNormal {
        /// Half are below.
        median: u64,
        /// Of the logarithm; from 0 to 3.
        sigma: f64,
    },
}

/// Where delays come from.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum LatencyModel {
    /// There are none.
    #[default]
    None,
    /// Always this one.
    Constant(u64),
    /// Each is drawn anew; the seed decides all.
    Drawn {
        /// Decides what chance decides.
        seed: u64,
        /// What is drawn from.
        law: Law,
    },
    /// As they were recorded, one after another, and from the beginning again.
    Recorded(Vec<u64>),
}

/// The longest delay that anything is drawn to.
const LONGEST_NS: u64 = 60_000_000_000;

/// The delays of one way.
#[derive(Debug)]
pub struct Latency {
    model: LatencyModel,
    rng: Rng,
    next: usize,
    last_arrival: UnixNanos,
}

impl Latency {
    /// Of a model. `way` tells the ways of one seed apart.
    pub fn new(model: LatencyModel, way: u64) -> Latency {
        let seed = match &model {
            LatencyModel::Drawn { seed, .. } => *seed,
            _ => 0,
        };
        Latency { model, rng: Rng::new(seed, way), next: 0, last_arrival: UnixNanos(0) }
    }

    /// When a message arrives that leaves now.
    pub fn arrival(&mut self, leaves: UnixNanos) -> UnixNanos {
        let arrives = leaves.plus(self.draw()).max(self.last_arrival);
        self.last_arrival = arrives;
        arrives
    }

    /// The next delay, in nanoseconds.
    pub fn draw(&mut self) -> u64 {
        let drawn = match &self.model {
            LatencyModel::None => 0,
            LatencyModel::Constant(delay) => *delay,
            LatencyModel::Recorded(delays) => {
                let delay = delays.get(self.next).copied().unwrap_or(0);
                self.next = (self.next + 1) % delays.len().max(1);
                delay
            }
            LatencyModel::Drawn { law, .. } => match *law {
                Law::Uniform { least, most } => {
                    let span = most.saturating_sub(least) as f64;
                    least.saturating_add(libm::round(self.rng.uniform() * span) as u64)
                }
                Law::Exponential { least, mean } => {
                    let more = -libm::log(1.0 - self.rng.uniform()) * mean as f64;
                    least.saturating_add(more as u64)
                }
                Law::LogNormal { median, sigma } => {
                    (median as f64 * libm::exp(sigma * self.rng.normal())) as u64
                }
            },
        };
        drawn.min(LONGEST_NS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draws(model: &LatencyModel, count: usize) -> Vec<u64> {
        let mut latency = Latency::new(model.clone(), 1);
        (0..count).map(|_| latency.draw()).collect()
    }

    #[test]
    fn a_seed_draws_the_same_delays_and_each_law_has_its_mean() {
        let drawn = |law| LatencyModel::Drawn { seed: 7, law };
        for (law, wanted) in [
            (Law::Uniform { least: 1_000, most: 3_000 }, 2_000.0),
            (Law::Exponential { least: 1_000, mean: 500 }, 1_500.0),
            // The mean of a log-normal is the median times exp(sigma^2 / 2).
            (Law::LogNormal { median: 1_000, sigma: 0.5 }, 1_000.0 * libm::exp(0.125)),
        ] {
            let delays = draws(&drawn(law), 40_000);
            assert_eq!(delays, draws(&drawn(law), 40_000));
            let mean = delays.iter().sum::<u64>() as f64 / delays.len() as f64;
            assert!((mean / wanted - 1.0).abs() < 0.02, "{law:?}: {mean}");
        }
        let mut other = Latency::new(drawn(Law::Uniform { least: 0, most: 1 << 35 }), 2);
        assert_ne!(other.draw(), draws(&drawn(Law::Uniform { least: 0, most: 1 << 35 }), 1)[0]);
    }

    #[test]
    fn recorded_delays_come_in_their_order_and_again_and_none_comes_of_none() {
        assert_eq!(draws(&LatencyModel::Recorded(vec![5, 9, 2]), 5), [5, 9, 2, 5, 9]);
        assert_eq!(draws(&LatencyModel::Recorded(Vec::new()), 2), [0, 0]);
        assert_eq!(draws(&LatencyModel::None, 2), [0, 0]);
        assert_eq!(draws(&LatencyModel::Constant(u64::MAX), 1), [LONGEST_NS]);
    }

    #[test]
    fn no_message_overtakes_another() {
        let mut latency = Latency::new(LatencyModel::Recorded(vec![100, 1]), 1);
        let arrivals = [0, 10, 20, 30].map(|at| latency.arrival(UnixNanos(at)).0);
        assert_eq!(arrivals, [100, 100, 120, 120]);
    }
}
