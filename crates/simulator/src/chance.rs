//! Chance from a seed, twice: as a sequence, and as a function of where it is asked. It never draws from the machine.
//!
//! `SplitMix64` in our own few lines instead of the crate `rand`: the crowd needs a function without state, which `rand` does
//! not offer, and a seed that once showed a fault must show it for ever, whatever version of a dependency is locked.

/// The step between two states of `SplitMix64`.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// Scatters 64 bits: neighbours in, strangers out.
pub(crate) const fn scatter(number: u64) -> u64 {
    let mut z = number.wrapping_add(GOLDEN);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A number in 0..1 out of 64 scattered bits.
pub(crate) fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

/// A nearly normal number (mean 0, deviation 1, never beyond ±3.5) out of 64 scattered bits: four uniform ones added up,
/// because a sum is the same on every machine and a logarithm need not be.
pub(crate) fn normal(bits: u64) -> f64 {
    let sum: u64 = (0..4).map(|part| (bits >> (16 * part)) & 0xffff).sum();
    (sum as f64 / 65_535.0 - 2.0) * 1.732_050_8
}

/// What chance is asked about; two subjects of one seed know nothing of each other.
#[derive(Clone, Copy)]
pub(crate) enum About {
    /// Meals and insulin of a day.
    Day,
    /// Gaps and compression of a day.
    Trouble,
    /// Jitter and delay of a beat.
    Beat,
    /// Noise of a sensor.
    Noise,
    /// When the sensor was inserted, and its phase.
    Sensor,
}

/// A sequence of chance.
#[derive(Clone, Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    /// The sequence that belongs to a seed, a subject and its number.
    pub(crate) const fn new(seed: u64, about: About, number: i64) -> Self {
        Self(scatter(scatter(seed ^ ((about as u64) << 56)) ^ number as u64))
    }

    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        scatter(self.0)
    }

    /// A number in 0..1.
    pub(crate) fn unit(&mut self) -> f64 {
        unit(self.bits())
    }

    /// A number in `from..to`.
    pub(crate) fn between(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * self.unit()
    }

    /// A whole number in `from..to`.
    pub(crate) fn whole(&mut self, from: i64, to: i64) -> i64 {
        self.between(from as f64, to as f64).floor() as i64
    }

    /// Whether something of this likelihood happens.
    pub(crate) fn happens(&mut self, likelihood: f64) -> bool {
        self.unit() < likelihood
    }

    /// A nearly normal number.
    pub(crate) fn normal(&mut self) -> f64 {
        normal(self.bits())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_thousand_draws_are_as_wide_as_they_should_be() {
        let mut chance = Chance::new(7, About::Noise, 0);
        let draws: Vec<f64> = (0..100_000).map(|_| chance.normal()).collect();
        let mean = draws.iter().sum::<f64>() / draws.len() as f64;
        let variance = draws.iter().map(|draw| (draw - mean).powi(2)).sum::<f64>() / draws.len() as f64;
        assert!(mean.abs() < 0.02 && (variance - 1.0).abs() < 0.02, "mean {mean}, variance {variance}");
        assert!(draws.iter().all(|draw| draw.abs() < 3.5));
    }

    #[test]
    fn subjects_and_numbers_draw_apart() {
        let first = |about, number| Chance::new(1, about, number).bits();
        assert_ne!(first(About::Day, 0), first(About::Trouble, 0));
        assert_ne!(first(About::Day, 0), first(About::Day, 1));
        assert_ne!(first(About::Day, 0), Chance::new(2, About::Day, 0).bits());
        assert_eq!(first(About::Day, 5), first(About::Day, 5));
    }
}
