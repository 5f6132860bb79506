//! A sensor and its uploader: every five minutes a value, with jitter, noise and delay; nothing while it warms up or the
//! phone is away; false lows while somebody lies on it. It sees glucose under the skin and knows nothing of meals.

use crate::chance::{About, Chance};
use crate::day::DAY_MINUTES;
use crate::sample::{Recent, Sample, sensed};
use keepwatch_model::time::{DAY_MS, MINUTE_MS, Timestamp};

/// From beat to beat.
pub(crate) const BEAT_MS: i64 = 5 * MINUTE_MS;
/// A beat strays from its place by so much (deviation).
const JITTER_MS: f64 = 900.0;
/// The uploader brings a value after so long at least …
pub(crate) const DELAY_MIN_MS: i64 = 2_000;
/// … and at most.
const DELAY_MAX_MS: i64 = 18_000;
/// A sensor is worn for so long.
const WEAR_MS: i64 = 10 * DAY_MS;
/// A new sensor is silent for so long.
const WARM_UP_MS: i64 = 2 * 60 * MINUTE_MS;
/// How much of the noise stays from one beat to the next.
const NOISE_KEPT: f64 = 0.7;
/// So many minutes it takes until the weight of a sleeper is felt, and twice so many until it is forgotten.
const COMPRESSION_EDGE_MINUTES: f64 = 8.0;

/// What becomes of readings that a gap swallows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GapKind {
    /// They never come: the sensor was out of the phone's reach or silent.
    Lost,
    /// They come all at once when the gap ends: the phone was out of the server's reach.
    Late,
}

/// A stretch without readings, from its first moment to just before its last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Gap {
    /// The first moment without readings.
    pub from: Timestamp,
    /// The first moment with readings again.
    pub until: Timestamp,
    /// What becomes of those in between.
    pub kind: GapKind,
}

impl Gap {
    pub(crate) fn holds(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.until
    }
}

/// How a sensor behaves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Temper {
    /// Deviation of its noise (mg/dL).
    pub(crate) noise_mg_dl: f64,
    /// How likely a single beat is lost.
    pub(crate) loses_beat: f64,
    /// How likely a day has a gap whose readings are lost.
    pub(crate) loses_hour: f64,
    /// How likely a day has a gap whose readings come late.
    pub(crate) comes_late: f64,
    /// When in the night somebody lies on it.
    pub(crate) compressions: Compressions,
    /// Whether it was inserted at any time before, or so that its end is far.
    pub(crate) any_age: bool,
}

/// When in the night somebody lies on the sensor.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Compressions {
    /// In a night of this likelihood, some time.
    Sometimes(f64),
    /// Every night about these minutes of the day.
    Nightly(&'static [i64]),
}

/// A false low, in minutes since zero.
#[derive(Clone, Copy, Debug)]
struct Compression {
    from: f64,
    until: f64,
    floor_mg_dl: f64,
}

impl Compression {
    /// What it makes of glucose: steep down to a floor, and a gentler way up.
    fn pressed(&self, minute: f64, mg_dl: f64) -> f64 {
        let into = (minute - self.from) / COMPRESSION_EDGE_MINUTES;
        let out = (self.until - minute) / (2.0 * COMPRESSION_EDGE_MINUTES);
        mg_dl - (mg_dl - self.floor_mg_dl).max(0.0) * into.min(out).clamp(0.0, 1.0)
    }
}

/// What goes wrong within one day.
#[derive(Clone, Debug)]
struct Troubles {
    number: i64,
    gaps: Vec<Gap>,
    compressions: Vec<Compression>,
}

/// A sensor on somebody's skin.
#[derive(Clone, Debug)]
pub(crate) struct Sensor {
    temper: Temper,
    seed: u64,
    /// The moment of minute zero of the life it sees.
    zero: Timestamp,
    /// The place of beat 0.
    first: Timestamp,
    inserted_at: Timestamp,
    beat: i64,
    noise: f64,
    chance: Chance,
    recent: Recent,
    troubles: Troubles,
    asked_gaps: Vec<Gap>,
    last_arrival: Timestamp,
}

impl Sensor {
    /// A sensor whose first beat is at `first`.
    pub(crate) fn new(temper: Temper, seed: u64, zero: Timestamp, first: Timestamp) -> Self {
        let mut chance = Chance::new(seed, About::Sensor, 0);
        let age_ms = if temper.any_age { chance.whole(0, WEAR_MS) } else { 3 * DAY_MS };
        Self {
            temper,
            seed,
            zero,
            first,
            inserted_at: first.plus_ms(-age_ms),
            beat: 0,
            noise: 0.0,
            chance: Chance::new(seed, About::Noise, 0),
            recent: Recent::default(),
            troubles: Troubles::drawn(&temper, seed, zero, i64::MIN),
            asked_gaps: Vec::new(),
            last_arrival: first,
        }
    }

    /// Adds a gap that somebody asked for.
    pub(crate) fn add_gap(&mut self, gap: Gap) {
        self.asked_gaps.push(gap);
    }

    /// The moment of the next beat.
    pub(crate) fn next_at(&self) -> Timestamp {
        let jitter = Chance::new(self.seed, About::Beat, self.beat).normal() * JITTER_MS;
        self.first.plus_ms(self.beat * BEAT_MS + jitter as i64)
    }

    /// How many minutes after zero a moment is.
    pub(crate) fn minute(&self, at: Timestamp) -> f64 {
        at.ms_since(self.zero) as f64 / MINUTE_MS as f64
    }

    /// The next beat, with glucose under the skin at its moment; `None` when nothing will ever come of it.
    pub(crate) fn beat(&mut self, mg_dl: f64) -> Option<Sample> {
        let at = self.next_at();
        let mut chance = Chance::new(self.seed, About::Beat, self.beat);
        chance.normal(); // the jitter
        let delay_ms = chance.whole(DELAY_MIN_MS, DELAY_MAX_MS);
        let lost = chance.happens(self.temper.loses_beat);
        self.beat += 1;
        let fresh_noise = (1.0 - NOISE_KEPT * NOISE_KEPT).sqrt() * self.chance.normal();
        self.noise = NOISE_KEPT * self.noise + fresh_noise * self.temper.noise_mg_dl;
        let minute = self.minute(at);
        let number = (minute / DAY_MINUTES as f64).floor() as i64;
        if number != self.troubles.number {
            self.troubles = Troubles::drawn(&self.temper, self.seed, self.zero, number);
        }
        let gaps = || self.troubles.gaps.iter().chain(&self.asked_gaps).filter(|gap| gap.holds(at));
        if lost || self.warms_up(at) || gaps().any(|gap| gap.kind == GapKind::Lost) {
            return None;
        }
        let comes_at = gaps().map(|gap| gap.until).max().unwrap_or(at).plus_ms(delay_ms);
        // A phone brings what it holds in order, so nothing overtakes what waits before it.
        self.last_arrival = self.last_arrival.max(comes_at);
        let felt = self.troubles.compressions.iter().fold(mg_dl, |mg_dl, pressing| pressing.pressed(minute, mg_dl));
        let glucose = sensed(felt + self.noise);
        let trend = self.recent.arrow(at, glucose);
        Some(Sample { measured_at: at, arrives_at: self.last_arrival, glucose, trend })
    }

    fn warms_up(&self, at: Timestamp) -> bool {
        at.ms_since(self.inserted_at).rem_euclid(WEAR_MS) < WARM_UP_MS
    }
}

impl Troubles {
    fn drawn(temper: &Temper, seed: u64, zero: Timestamp, number: i64) -> Self {
        let mut troubles = Self { number, gaps: Vec::new(), compressions: Vec::new() };
        if number == i64::MIN {
            return troubles; // before the first day
        }
        let mut chance = Chance::new(seed, About::Trouble, number);
        for (likelihood, kind) in [(temper.loses_hour, GapKind::Lost), (temper.comes_late, GapKind::Late)] {
            let length = chance.whole(15, 90);
            let from = number * DAY_MINUTES + chance.whole(0, DAY_MINUTES - length);
            if chance.happens(likelihood) {
                let moment = |minute: i64| zero.plus_ms(minute * MINUTE_MS);
                troubles.gaps.push(Gap { from: moment(from), until: moment(from + length), kind });
            }
        }
        let nightly: &[i64] = match temper.compressions {
            Compressions::Sometimes(likelihood) if chance.happens(likelihood) => &[chance.whole(30, 320)],
            Compressions::Sometimes(_) => &[],
            Compressions::Nightly(minutes) => minutes,
        };
        for minute in nightly {
            let from = (number * DAY_MINUTES + minute) as f64 + chance.between(-5.0, 5.0);
            let until = from + chance.between(34.0, 52.0);
            troubles.compressions.push(Compression { from, until, floor_mg_dl: chance.between(48.0, 64.0) });
        }
        troubles
    }
}

#[cfg(test)]
mod tests;
