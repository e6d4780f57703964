//! The last numbers of a series: their sum, their spread, their extremes, each at a cost that does
//! not grow with how many they are. Every window takes its memory when it is made.

use super::wide::Wide;

/// The last numbers.
#[derive(Clone, Debug)]
pub(super) struct Ring {
    values: Box<[f64]>,
    at: usize,
    len: usize,
}

impl Ring {
    pub fn new(capacity: usize) -> Ring {
        Ring { values: vec![0.0; capacity.max(1)].into(), at: 0, len: 0 }
    }

    /// Takes a number in; the one that it pushes out when the ring was full.
    pub fn push(&mut self, x: f64) -> Option<f64> {
        let old = std::mem::replace(&mut self.values[self.at], x);
        self.at += 1;
        if self.at == self.values.len() {
            self.at = 0;
        }
        if self.len == self.values.len() {
            return Some(old);
        }
        self.len += 1;
        None
    }

    /// Forgets what is held.
    pub fn clear(&mut self) {
        (self.at, self.len) = (0, 0);
    }

    pub fn is_full(&self) -> bool {
        self.len == self.values.len()
    }

    pub fn capacity(&self) -> usize {
        self.values.len()
    }

    pub fn len(&self) -> usize {
        self.len
    }

    /// What is held, in no order; not more than was taken in.
    pub fn values(&self) -> &[f64] {
        &self.values[..self.len]
    }
}

/// How many equal numbers came last. A window of equal numbers is known for one: its sums are set anew
/// without the residue of what left, and nothing deviates in it.
#[derive(Clone, Copy, Debug, Default)]
struct Repeats {
    last: f64,
    count: usize,
}

impl Repeats {
    fn push(&mut self, x: f64) -> usize {
        self.count = if self.last == x { self.count.saturating_add(1) } else { 1 };
        self.last = x;
        self.count
    }
}

/// The sum of the last numbers.
#[derive(Clone, Debug)]
pub(super) struct Sum {
    ring: Ring,
    total: Wide,
    repeats: Repeats,
}

impl Sum {
    pub fn new(period: usize) -> Sum {
        Sum { ring: Ring::new(period), total: Wide::ZERO, repeats: Repeats::default() }
    }

    /// Forgets what is held.
    pub fn clear(&mut self) {
        self.ring.clear();
        (self.total, self.repeats) = (Wide::ZERO, Repeats::default());
    }

    /// Takes a number in; the sum once the window is full.
    pub fn push(&mut self, x: f64) -> Option<f64> {
        self.wide(x).map(Wide::value)
    }

    /// The same as a mean.
    pub fn mean(&mut self, x: f64) -> Option<f64> {
        let period = self.ring.capacity() as f64;
        self.wide(x).map(|sum| sum.over(period))
    }

    fn wide(&mut self, x: f64) -> Option<Wide> {
        self.total = self.total.plus(x);
        if let Some(old) = self.ring.push(x) {
            self.total = self.total.plus(-old);
        }
        if self.repeats.push(x) >= self.ring.capacity() {
            self.total = Wide::product(x, self.ring.capacity() as f64);
        }
        self.ring.is_full().then_some(self.total)
    }
}

/// Mean and spread of the last numbers.
#[derive(Clone, Debug)]
pub(super) struct Moments {
    ring: Ring,
    sum: Wide,
    squares: Wide,
    repeats: Repeats,
}

impl Moments {
    pub fn new(period: usize) -> Moments {
        Moments {
            ring: Ring::new(period),
            sum: Wide::ZERO,
            squares: Wide::ZERO,
            repeats: Repeats::default(),
        }
    }

    /// Forgets what is held.
    pub fn clear(&mut self) {
        self.ring.clear();
        (self.sum, self.squares, self.repeats) = (Wide::ZERO, Wide::ZERO, Repeats::default());
    }

    /// Takes a number in; the one that it pushes out when the window was full.
    pub fn take(&mut self, x: f64) -> Option<f64> {
        self.sum = self.sum.plus(x);
        self.squares = self.squares.plus_wide(Wide::product(x, x));
        let old = self.ring.push(x);
        if let Some(old) = old {
            self.sum = self.sum.plus(-old);
            self.squares = self.squares.minus_wide(Wide::product(old, old));
        }
        let n = self.ring.capacity();
        if self.repeats.push(x) >= n {
            self.sum = Wide::product(x, n as f64);
            self.squares = Wide::product(x, x).times(n as f64);
        }
        old
    }

    /// Takes a number in; mean and population variance once the window is full.
    pub fn push(&mut self, x: f64) -> Option<(f64, f64)> {
        self.take(x);
        self.is_full().then(|| (self.mean(), self.variance()))
    }

    pub fn is_full(&self) -> bool {
        self.ring.is_full()
    }

    fn n(&self) -> f64 {
        self.ring.capacity() as f64
    }

    /// Whether all numbers of a full window are equal.
    fn is_flat(&self) -> bool {
        self.repeats.count >= self.ring.capacity()
    }

    /// The mean of a full window.
    pub fn mean(&self) -> f64 {
        self.sum.over(self.n())
    }

    /// The population variance of a full window.
    pub fn variance(&self) -> f64 {
        if self.is_flat() {
            return 0.0;
        }
        let n = self.n();
        let spread = self.squares.times(n).minus_wide(self.sum.times_wide(self.sum));
        spread.value().max(0.0) / (n * n)
    }

    /// The sum of squared distances of a full window from a value.
    pub fn squares_around(&self, centre: f64) -> f64 {
        let cross = self.sum.times(2.0 * centre);
        let square = Wide::product(centre, centre).times(self.n());
        self.squares.minus_wide(cross).plus_wide(square).value().max(0.0)
    }
}

/// How the last pairs of numbers go together.
#[derive(Clone, Debug)]
pub(super) struct Pairs {
    first: Moments,
    second: Moments,
    products: Wide,
}

/// Population variances and covariance of a window of pairs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Joint {
    pub variances: [f64; 2],
    pub covariance: f64,
}

impl Pairs {
    pub fn new(period: usize) -> Pairs {
        Pairs { first: Moments::new(period), second: Moments::new(period), products: Wide::ZERO }
    }

    /// Forgets what is held.
    pub fn clear(&mut self) {
        self.first.clear();
        self.second.clear();
        self.products = Wide::ZERO;
    }

    /// Takes a pair in; the joint moments once the window is full.
    pub fn push(&mut self, a: f64, b: f64) -> Option<Joint> {
        self.products = self.products.plus_wide(Wide::product(a, b));
        if let (Some(a), Some(b)) = (self.first.take(a), self.second.take(b)) {
            self.products = self.products.minus_wide(Wide::product(a, b));
        }
        self.first.is_full().then(|| Joint {
            variances: [self.first.variance(), self.second.variance()],
            covariance: self.covariance(),
        })
    }

    fn covariance(&self) -> f64 {
        if self.first.is_flat() || self.second.is_flat() {
            return 0.0;
        }
        let n = self.first.n();
        let means = self.first.sum.times_wide(self.second.sum);
        self.products.times(n).minus_wide(means).value() / (n * n)
    }
}

/// The highest of the last numbers, by a queue of those that can still become the highest: each
/// number enters and leaves it once.
#[derive(Clone, Debug)]
pub(super) struct Highest {
    period: u64,
    seen: u64,
    candidates: Box<[(u64, f64)]>,
    head: usize,
    len: usize,
}

impl Highest {
    pub fn new(period: usize) -> Highest {
        let period = period.max(1);
        let candidates = vec![(0, 0.0); period].into();
        Highest { period: period as u64, seen: 0, candidates, head: 0, len: 0 }
    }

    fn place(&self, offset: usize) -> usize {
        let at = self.head + offset;
        if at >= self.candidates.len() { at - self.candidates.len() } else { at }
    }

    /// Takes a number in; the highest once the window is full.
    pub fn push(&mut self, x: f64) -> Option<f64> {
        if self.len > 0 && self.candidates[self.head].0 + self.period <= self.seen {
            self.head = self.place(1);
            self.len -= 1;
        }
        while self.len > 0 && self.candidates[self.place(self.len - 1)].1 <= x {
            self.len -= 1;
        }
        self.candidates[self.place(self.len)] = (self.seen, x);
        self.len += 1;
        self.seen += 1;
        (self.seen >= self.period).then(|| self.candidates[self.head].1)
    }
}

/// The lowest of the last numbers.
#[derive(Clone, Debug)]
pub(super) struct Lowest(Highest);

impl Lowest {
    pub fn new(period: usize) -> Lowest {
        Lowest(Highest::new(period))
    }

    /// Takes a number in; the lowest once the window is full.
    pub fn push(&mut self, x: f64) -> Option<f64> {
        self.0.push(-x).map(|highest| -highest)
    }
}

/// The highest high and the lowest low of the last bars.
#[derive(Clone, Debug)]
pub(super) struct Range {
    highest: Highest,
    lowest: Lowest,
}

impl Range {
    pub fn new(period: usize) -> Range {
        Range { highest: Highest::new(period), lowest: Lowest::new(period) }
    }

    /// Takes a bar in; highest and lowest once the window is full.
    pub fn push(&mut self, high: f64, low: f64) -> Option<(f64, f64)> {
        self.highest.push(high).zip(self.lowest.push(low))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn windows_tell_of_their_last_numbers_alone(
            series in prop::collection::vec(-100i32..100, 1..200),
            period in 1usize..40,
        ) {
            let (mut sum, mut moments) = (Sum::new(period), Moments::new(period));
            let (mut highest, mut lowest) = (Highest::new(period), Lowest::new(period));
            for end in 1..=series.len() {
                let x = series[end - 1] as f64;
                let pushed = (sum.push(x), moments.push(x), highest.push(x), lowest.push(x));
                let Some(start) = end.checked_sub(period) else {
                    prop_assert_eq!(pushed, (None, None, None, None));
                    continue;
                };
                let window = || series[start..end].iter().map(|x| *x as f64);
                let n = period as f64;
                let mean = window().sum::<f64>() / n;
                let variance = window().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n;
                prop_assert_eq!(pushed.0, Some(window().sum()));
                let (got_mean, got_variance) = pushed.1.expect("full");
                prop_assert!((got_mean - mean).abs() < 1e-12);
                prop_assert!((got_variance - variance).abs() < 1e-9);
                prop_assert_eq!(pushed.2, Some(window().fold(f64::MIN, f64::max)));
                prop_assert_eq!(pushed.3, Some(window().fold(f64::MAX, f64::min)));
            }
        }
    }
}
