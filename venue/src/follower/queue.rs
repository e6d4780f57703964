//! Where an order stands in the queue at its price, in a book that does not know of it.
//!
//! Where every order of the book is told of (market by order), the position is exact: what left counts for us
//! if it came before us. Where only sizes are told of (market by price), one sees that a level shrank by more
//! than was traded, and not whether those who cancelled stood before us. The models differ in what they make
//! of that. Of `cancelled` contracts, with `ahead` before us and `behind` after us, so many stood before:
//!
//! - [`QueueModel::Pessimistic`]: none, as long as those behind can account for it. The risk-averse model of
//!   hftbacktest.
//! - [`QueueModel::Proportional`]: `cancelled * ahead / (ahead + behind)`: each contract is as likely to be
//!   cancelled as any other.
//! - [`QueueModel::Power`] n: `cancelled * ahead^n / (ahead^n + behind^n)`: who is at the back cancels less
//!   often than who is before a long queue, the more so the larger n. Rigtorp, Estimating Order Queue
//!   Position (2013), and the `PowerProbQueueFunc` of hftbacktest with f(x) = x^n.
//! - [`QueueModel::Logarithmic`]: the same with f(x) = ln(1 + x), Rigtorp's own function: cancellations come
//!   from both halves nearly alike.
//!
//! What those behind cannot account for stood before us in all of them, and shares are rounded against us.

/// How cancellations are shared between those before us and those behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum QueueModel {
    /// They were behind us.
    Pessimistic,
    /// In proportion to the contracts.
    #[default]
    Proportional,
    /// In proportion to this power of the contracts, from 1 to 8.
    Power(u8),
    /// In proportion to the logarithm of the contracts.
    Logarithmic,
}

impl QueueModel {
    /// Every model by its name, of the powers those two that are in use.
    pub const NAMES: [(&str, QueueModel); 5] = [
        ("pessimistic", QueueModel::Pessimistic),
        ("proportional", QueueModel::Proportional),
        ("power_2", QueueModel::Power(2)),
        ("power_3", QueueModel::Power(3)),
        ("logarithmic", QueueModel::Logarithmic),
    ];

    /// How many of `cancelled` contracts stood before an order with `ahead` before it and `behind` after it.
    pub fn before(self, cancelled: u64, ahead: u64, behind: u64) -> u64 {
        let share = match self {
            QueueModel::Pessimistic => 0,
            QueueModel::Proportional => {
                let all = (u128::from(ahead) + u128::from(behind)).max(1);
                (u128::from(cancelled) * u128::from(ahead) / all) as u64
            }
            QueueModel::Power(n) => {
                let n = u32::from(n.clamp(1, 8));
                let f = |contracts: u64| libm::pow(contracts as f64, f64::from(n));
                weighed(cancelled, f(ahead), f(behind))
            }
            QueueModel::Logarithmic => {
                let f = |contracts: u64| libm::log1p(contracts as f64);
                weighed(cancelled, f(ahead), f(behind))
            }
        };
        share.max(cancelled.saturating_sub(behind)).min(ahead)
    }
}

fn weighed(cancelled: u64, ahead: f64, behind: f64) -> u64 {
    if ahead + behind > 0.0 { (cancelled as f64 * ahead / (ahead + behind)) as u64 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_model_shares_by_its_formula() {
        for (model, wanted) in [
            (QueueModel::Pessimistic, 0),
            (QueueModel::Proportional, 3),
            (QueueModel::Power(1), 3),
            // 10 * 900 / (900 + 4900), and 10 * 27 / (27 + 343).
            (QueueModel::Power(2), 1),
            (QueueModel::Power(3), 0),
            // 10 * ln 31 / (ln 31 + ln 71) is 4.46.
            (QueueModel::Logarithmic, 4),
        ] {
            assert_eq!(model.before(10, 30, 70), wanted, "{model:?}");
        }
        for (_, model) in QueueModel::NAMES {
            assert!(model.before(80, 30, 70) >= 10, "seventy stood behind");
            assert_eq!(model.before(100, 30, 70), 30, "all of them went");
            assert_eq!(model.before(5, 0, 70), 0);
            assert_eq!(model.before(0, 30, 70), 0);
            assert_eq!(model.before(9, 30, 0), 9, "nobody else can have gone");
        }
    }

    proptest! {
        #[test]
        fn nobody_goes_who_was_not_there(
            ahead in 0u64..1_000_000,
            behind in 0u64..1_000_000,
            share in 0.0f64..=1.0,
        ) {
            let cancelled = ((ahead + behind) as f64 * share) as u64;
            for (_, model) in QueueModel::NAMES {
                let before = model.before(cancelled, ahead, behind);
                prop_assert!(before <= ahead && before <= cancelled);
                prop_assert!(cancelled - before <= behind);
                prop_assert!(before >= QueueModel::Pessimistic.before(cancelled, ahead, behind));
            }
        }
    }
}
