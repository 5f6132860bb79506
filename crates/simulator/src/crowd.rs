//! A million people at the price of a function: person and moment in, reading out, nothing kept between. Their curves have
//! the outline of days with meals, no insulin and no truth; who wants a body takes `Simulated`.

use crate::chance::{normal, scatter, unit};
use crate::sample::{Sample, sensed};
use keepwatch_model::time::{DAY_MS, MINUTE_MS, Timestamp};
use keepwatch_model::trend::TrendArrow;

/// From one reading of a person to her next.
pub const INTERVAL_MS: i64 = 5 * MINUTE_MS;
/// Person `n` beats `n * STRIDE` ms into the interval: near the golden section and prime to the interval, so that neighbours
/// lie far apart, every millisecond gets its turn before one gets a second, and the person can be found from the moment.
const STRIDE: i64 = 185_407;
/// What undoes the stride: `STRIDE * STRIDE_BACK` leaves 1 in the interval.
const STRIDE_BACK: i64 = 232_543;
/// The slow wander of glucose has a knot every so often.
const KNOT_MS: i64 = 40 * MINUTE_MS;
/// A meal lifts glucose for so many minutes.
const MEAL_MINUTES: f64 = 210.0;
/// Breakfast, lunch and dinner, in minutes of the UTC day.
const MEALS: [f64; 3] = [430.0, 750.0, 1_140.0];

/// Many people who do not exist.
#[derive(Clone, Copy, Debug)]
pub struct Crowd {
    seed: u64,
}

impl Crowd {
    /// The crowd of this seed. It has no size: any number names a person.
    pub const fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// How far into each interval (counted from 1970) a person has her reading, in ms.
    pub const fn phase_ms(&self, person: u32) -> i64 {
        (person as i64 * STRIDE + self.offset_ms()).rem_euclid(INTERVAL_MS)
    }

    /// The newest reading of a person at a moment; it is measured at most one interval earlier.
    pub fn reading(&self, person: u32, at: Timestamp) -> Sample {
        let measured_at = at.plus_ms(-(at.as_ms() - self.phase_ms(person)).rem_euclid(INTERVAL_MS));
        self.at_beat(person, measured_at)
    }

    /// Every reading of the first `people` persons measured from `from` to just before `until`, in the order of moments.
    /// Nothing is kept or sorted: it costs a step for each millisecond and one for each reading.
    pub fn readings_between(
        self,
        people: u32,
        from: Timestamp,
        until: Timestamp,
    ) -> impl Iterator<Item = (u32, Sample)> {
        (from.as_ms()..until.as_ms()).flat_map(move |ms| {
            let place = (ms - self.offset_ms()).rem_euclid(INTERVAL_MS);
            let first = place * STRIDE_BACK % INTERVAL_MS;
            let persons = (first..i64::from(people)).step_by(INTERVAL_MS as usize);
            persons.map(move |person| (person as u32, self.at_beat(person as u32, Timestamp::from_ms(ms))))
        })
    }

    const fn offset_ms(self) -> i64 {
        (scatter(self.seed) % INTERVAL_MS as u64) as i64
    }

    fn at_beat(self, person: u32, measured_at: Timestamp) -> Sample {
        let own = scatter(self.seed ^ (u64::from(person) << 20));
        let now = curve(own, measured_at);
        let rate = (now - curve(own, measured_at.plus_ms(-INTERVAL_MS))) * MINUTE_MS as f64 / INTERVAL_MS as f64;
        let noise = 1.5 * normal(scatter(own ^ measured_at.as_ms() as u64));
        let trend = TrendArrow::for_rate(rate);
        Sample { measured_at, arrives_at: measured_at, glucose: sensed(now + noise), trend }
    }
}

/// Glucose without noise (mg/dL): a level of one's own, a slow wander, and a hill after each meal.
fn curve(own: u64, at: Timestamp) -> f64 {
    let level = 92.0 + 60.0 * unit(scatter(own ^ 1));
    let wander = wander(own, at.as_ms()) * (8.0 + 22.0 * unit(scatter(own ^ 2)));
    let minute = at.as_ms().rem_euclid(DAY_MS) as f64 / MINUTE_MS as f64;
    let hills: f64 =
        MEALS.iter().enumerate().map(|(meal, usual)| hill(own, at.day().number(), meal, minute - usual)).sum();
    level + wander + hills
}

/// A smooth line through a number of chance at every knot, within about ±3.5.
fn wander(own: u64, ms: i64) -> f64 {
    let knot = ms.div_euclid(KNOT_MS);
    let share = ms.rem_euclid(KNOT_MS) as f64 / KNOT_MS as f64;
    let at = |knot: i64| normal(scatter(own ^ (knot as u64).rotate_left(24)));
    let smooth = share * share * (3.0 - 2.0 * share);
    at(knot) + (at(knot + 1) - at(knot)) * smooth
}

/// What a meal adds so many minutes after its usual time: up within an hour, gone after three and a half.
fn hill(own: u64, day: i32, meal: usize, minutes: f64) -> f64 {
    let chance = scatter(own ^ (u64::from(day as u32) << 2 | meal as u64).rotate_left(40));
    let since = minutes - 30.0 * unit(chance);
    if !(0.0..MEAL_MINUTES).contains(&since) {
        return 0.0;
    }
    let share = since / MEAL_MINUTES;
    let height = 20.0 + 110.0 * unit(scatter(chance));
    // share * (1 - share)^2 is highest, 4/27, at a third of the way.
    height * 6.75 * share * (1.0 - share) * (1.0 - share)
}

#[cfg(test)]
mod tests;
