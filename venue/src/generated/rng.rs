//! A small seeded generator of random numbers, so that a seed means the same run on every machine
//! and with every version of every crate.

/// xoshiro256++ (Blackman and Vigna, 2019), seeded through splitmix64.
#[derive(Clone, Debug)]
pub struct Rng {
    state: [u64; 4],
}

impl Rng {
    /// The stream number `stream` of a seed. Streams are independent of each other.
    pub fn new(seed: u64, stream: u64) -> Rng {
        let mut x = seed ^ stream.wrapping_mul(0xd134_2543_de82_ef95);
        let state = std::array::from_fn(|_| {
            x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = x;
            z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ z >> 31
        });
        Rng { state }
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        let s = &mut self.state;
        let result = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        result
    }

    /// Uniform in [0, 1).
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// True with probability `p`.
    pub fn chance(&mut self, p: f64) -> bool {
        self.uniform() < p
    }

    /// Uniform in 0 to `n` − 1; 0 when `n` is 0.
    pub fn below(&mut self, n: usize) -> usize {
        ((self.bits() as u128 * n as u128) >> 64) as usize
    }

    /// Standard normal (Box and Muller, 1958).
    pub fn normal(&mut self) -> f64 {
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - self.uniform()));
        radius * libm::cos(2.0 * std::f64::consts::PI * self.uniform())
    }

    /// Exponential with mean 1.
    pub fn exponential(&mut self) -> f64 {
        -libm::log(1.0 - self.uniform())
    }

    /// How many failures before the first success of probability `p`.
    pub fn geometric(&mut self, p: f64) -> u32 {
        (self.exponential() / -libm::log(1.0 - p.clamp(1e-6, 1.0 - 1e-6))) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_and_a_stream_give_the_same_numbers_for_ever() {
        let mut rng = Rng::new(1, 0);
        let first = [rng.bits(), rng.bits()];
        assert_eq!(first, [Rng::new(1, 0).bits(), first[1]]);
        assert_ne!(first[0], Rng::new(1, 1).bits());
        assert_ne!(first[0], Rng::new(2, 0).bits());
    }

    #[test]
    fn the_distributions_have_their_moments() {
        let mut rng = Rng::new(7, 7);
        let n = 40_000;
        let normals: Vec<f64> = (0..n).map(|_| rng.normal()).collect();
        let mean = normals.iter().sum::<f64>() / n as f64;
        let variance = normals.iter().map(|x| x * x).sum::<f64>() / n as f64;
        assert!(mean.abs() < 0.02 && (variance - 1.0).abs() < 0.03, "{mean} {variance}");
        let exponential = (0..n).map(|_| rng.exponential()).sum::<f64>() / n as f64;
        assert!((exponential - 1.0).abs() < 0.02, "{exponential}");
        let geometric = (0..n).map(|_| rng.geometric(0.25) as f64).sum::<f64>() / n as f64;
        assert!((geometric - 3.0).abs() < 0.1, "{geometric}");
    }
}
