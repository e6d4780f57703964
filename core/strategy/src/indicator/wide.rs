//! Sums that forget what left them.
//!
//! A running sum in plain floating point keeps a rounding residue of every number that ever passed
//! through it: a mean of twenty equal prices then differs from the price in its last bits, which is
//! a crossing where there is none, and two runs that began at different times disagree. [`Wide`]
//! carries a sum in two floats (about 106 bits), so that what is taken out leaves nothing behind and
//! the sum depends on what is in it alone.
//!
//! The error-free sum of two floats is Knuth's (*The Art of Computer Programming*, volume 2, section
//! 4.2.2), the pair arithmetic that of Dekker, "A floating-point technique for extending the
//! available precision" (1971).

/// The unevaluated sum of two floats, the second below half a unit in the last place of the first.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wide {
    high: f64,
    low: f64,
}

impl Wide {
    pub const ZERO: Wide = Wide { high: 0.0, low: 0.0 };

    fn new(high: f64, low: f64) -> Wide {
        let sum = high + low;
        Wide { high: sum, low: low - (sum - high) }
    }

    /// The product of two floats, exactly.
    pub fn product(a: f64, b: f64) -> Wide {
        let high = a * b;
        Wide { high, low: a.mul_add(b, -high) }
    }

    pub fn plus(self, x: f64) -> Wide {
        let sum = self.high + x;
        let part = sum - self.high;
        let error = (self.high - (sum - part)) + (x - part);
        Wide::new(sum, error + self.low)
    }

    pub fn plus_wide(self, other: Wide) -> Wide {
        self.plus(other.high).plus(other.low)
    }

    pub fn minus_wide(self, other: Wide) -> Wide {
        self.plus(-other.high).plus(-other.low)
    }

    pub fn times(self, factor: f64) -> Wide {
        let product = Wide::product(self.high, factor);
        Wide::new(product.high, self.low.mul_add(factor, product.low))
    }

    pub fn times_wide(self, other: Wide) -> Wide {
        let product = Wide::product(self.high, other.high);
        let crossed = self.high.mul_add(other.low, self.low * other.high);
        Wide::new(product.high, product.low + crossed)
    }

    /// Rounded to one float.
    pub fn value(self) -> f64 {
        self.high
    }

    /// The quotient, rounded once: the mean of equal numbers is that number.
    pub fn over(self, divisor: f64) -> f64 {
        let quotient = self.high / divisor;
        let rest = (-quotient).mul_add(divisor, self.high) + self.low;
        quotient + rest / divisor
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_taken_out_of_a_sum_leaves_nothing_behind(
            kept in 1.0f64..10_000.0,
            passing in prop::collection::vec(-1e9f64..1e9, 1..64),
        ) {
            let mut sum = Wide::ZERO.plus(kept);
            for x in &passing {
                sum = sum.plus(*x);
            }
            for x in &passing {
                sum = sum.plus(-x);
            }
            prop_assert_eq!(sum.value(), kept);
        }

        #[test]
        fn the_mean_of_equal_numbers_is_that_number(x in -1e5f64..1e5, n in 1usize..1_000) {
            let sum = (0..n).fold(Wide::ZERO, |sum, _| sum.plus(x));
            prop_assert_eq!(sum.over(n as f64), x);
        }

        #[test]
        fn the_variance_of_equal_numbers_is_nothing(x in 1.0f64..1e5, n in 2usize..500) {
            let sum = (0..n).fold(Wide::ZERO, |sum, _| sum.plus(x));
            let squares = (0..n).fold(Wide::ZERO, |sum, _| sum.plus_wide(Wide::product(x, x)));
            let spread = squares.times(n as f64).minus_wide(sum.times_wide(sum)).value();
            prop_assert!(spread.abs() <= 1e-26 * x * x * (n * n) as f64, "{spread}");
        }
    }
}
