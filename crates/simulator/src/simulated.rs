//! The face that others use: somebody who does not exist, from her last 24 hours on into what is still to come. It only
//! moves when asked for the readings up to a moment; it never knows what time it is.

use crate::chance::{About, Chance};
use crate::day::{DAY_MINUTES, FOUR_MEALS, Habits, LIGHT_MEALS, THREE_MEALS};
use crate::life::{Life, Overcount};
use crate::person::Body;
use crate::replay::{Recording, Replay};
use crate::sample::Sample;
use crate::sensor::{BEAT_MS, Compressions, DELAY_MIN_MS, Gap, Sensor, Temper};
use keepwatch_model::time::{DAY_MS, MINUTE_MS, Timestamp};
use std::collections::VecDeque;

/// So much is filled in before the moment that somebody is started at.
pub const HISTORY_MS: i64 = DAY_MS;
/// Limit: one call plays at most so many beats (about a month); it then returns what came so far, and the next call goes on.
pub const READINGS_PER_CALL_MAX: usize = 10_000;

/// A body lives at least so many minutes before its first reading, so that it does not begin at rest.
const RUN_IN_MINUTES: i64 = 720;
/// The day in which every demonstration starts; those before it are the past.
const START_DAY: i64 = 2;
/// Somebody going low has this glucose at her newest reading when she is started (mg/dL).
const GOING_LOW_MG_DL: f64 = 84.5;
/// The phone that falls silent brought its last reading so long before.
const LAST_WORD_MS: i64 = 25_000;

/// What there is to see. Days are laid so that the same is to be seen whenever it is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// A calm afternoon, in range.
    Steady,
    /// Too much insulin for lunch: about 80 and falling at the start, below 70 some 15 minutes later; then she eats.
    GoingLow,
    /// Readings until this moment, and none after it.
    PhoneSilent {
        /// The first moment without readings.
        since: Timestamp,
    },
    /// Three in the morning: two false lows a night from lying on the sensor, one past and one soon to come.
    Night,
    /// A life with everything that goes wrong in one. Its days are UTC days.
    Ordinary,
}

/// Somebody who does not exist, or somebody's recording played again.
#[derive(Clone, Debug)]
pub struct Simulated {
    /// When readings begin to count.
    from: Timestamp,
    pending: VecDeque<Sample>,
    play: Play,
}

#[derive(Clone, Debug)]
enum Play {
    Lived(Box<Lived>),
    Replayed(Replay),
}

#[derive(Clone, Debug)]
struct Lived {
    life: Life,
    sensor: Sensor,
    silent_since: Option<Timestamp>,
}

/// How somebody starts: what she is like, and which minute of her life is her newest beat before the start.
struct Start {
    habits: Habits,
    temper: Temper,
    overcount: Option<Overcount>,
    minute: i64,
    /// How long before the start that beat was.
    age_ms: i64,
}

impl Simulated {
    /// Somebody with her last 24 hours before `started_at`. Same scenario, seed and start: same readings.
    pub fn new(scenario: Scenario, seed: u64, started_at: Timestamp) -> Self {
        let start = Start::of(scenario, seed, started_at);
        let (silent_since, newest_beat) = match scenario {
            Scenario::PhoneSilent { since } => (Some(since), since.plus_ms(-LAST_WORD_MS)),
            _ => (None, started_at.plus_ms(-start.age_ms)),
        };
        let from = started_at.plus_ms(-HISTORY_MS);
        let zero = newest_beat.plus_ms(-start.minute * MINUTE_MS);
        // A beat of jitter's room before the history, so that none is missed at its edge.
        let first = newest_beat.plus_ms((from.ms_since(newest_beat).div_euclid(BEAT_MS) - 1) * BEAT_MS);
        let sensor = Sensor::new(start.temper, seed, zero, first);
        let life = Life::begun(start.habits, seed, begins(sensor.minute(first).floor() as i64), start.overcount);
        let play = Play::Lived(Box::new(Lived { life, sensor, silent_since }));
        Self { from, pending: VecDeque::new(), play }
    }

    /// A recording played so that `moment` of it is `now`; its 24 hours before count as the past. It ends where it ends.
    pub fn replayed(recording: &Recording, moment: Timestamp, now: Timestamp) -> Self {
        let play = Play::Replayed(Replay::new(recording.shifted(moment, now)));
        Self { from: now.plus_ms(-HISTORY_MS), pending: VecDeque::new(), play }
    }

    /// The same with a gap; gaps that lie before what was already read change nothing.
    #[must_use]
    pub fn with_gap(mut self, gap: Gap) -> Self {
        match &mut self.play {
            Play::Lived(lived) => lived.sensor.add_gap(gap),
            Play::Replayed(replay) => replay.add_gap(gap),
        }
        self
    }

    /// What arrives until `until` and was not returned before, in the order of its moments. The first call returns the
    /// last 24 hours; a later one what has come since. At most `READINGS_PER_CALL_MAX` a call.
    pub fn readings_until(&mut self, until: Timestamp) -> Vec<Sample> {
        for _ in 0..READINGS_PER_CALL_MAX {
            if self.play.next_at().is_none_or(|at| at > until) {
                break;
            }
            if let Some(sample) = self.play.beat()
                && sample.measured_at > self.from
            {
                self.pending.push_back(sample);
            }
        }
        let arrived = self.pending.partition_point(|sample| sample.arrives_at <= until);
        self.pending.drain(..arrived).collect()
    }

    /// The moment before which nothing new arrives; `None` when nothing ever will. Something need not have arrived then:
    /// ask again for the next moment.
    pub fn next_at(&self) -> Option<Timestamp> {
        let beat = self.play.next_at().map(|at| at.plus_ms(self.play.delay_min_ms()));
        let pending = self.pending.front().map(|sample| sample.arrives_at);
        [beat, pending].into_iter().flatten().min()
    }
}

impl Play {
    fn next_at(&self) -> Option<Timestamp> {
        match self {
            Self::Lived(lived) => {
                Some(lived.sensor.next_at()).filter(|at| lived.silent_since.is_none_or(|since| *at < since))
            }
            Self::Replayed(replay) => replay.next_at(),
        }
    }

    fn beat(&mut self) -> Option<Sample> {
        match self {
            Self::Lived(lived) => {
                let moment = lived.sensor.minute(lived.sensor.next_at());
                lived.sensor.beat(lived.life.mg_dl_at(moment))
            }
            Self::Replayed(replay) => replay.beat(),
        }
    }

    const fn delay_min_ms(&self) -> i64 {
        match self {
            Self::Lived(_) => DELAY_MIN_MS,
            Self::Replayed(_) => 0,
        }
    }
}

/// The minute at which a life begins whose first reading is at this one: the midnight before its run-in, so that it does not
/// hang on when in the day she is started.
const fn begins(first_reading: i64) -> i64 {
    (first_reading - RUN_IN_MINUTES).div_euclid(DAY_MINUTES) * DAY_MINUTES
}

const CALM: Habits = Habits {
    body: Body::Adult1,
    meals: THREE_MEALS,
    minutes_spread: 6.0,
    grams_spread: 0.08,
    counts: 0.85,
    counting_spread: 0.06,
    forgets: 0.0,
    late_minutes_max: 5.0,
    basal_spread: 0.02,
    treats_below_mg_dl: 68.0,
};

const GOOD: Temper = Temper {
    noise_mg_dl: 1.6,
    loses_beat: 0.0,
    loses_hour: 0.0,
    comes_late: 0.0,
    compressions: Compressions::Sometimes(0.0),
    any_age: false,
};

impl Start {
    fn of(scenario: Scenario, seed: u64, started_at: Timestamp) -> Self {
        let mut chance = Chance::new(seed, About::Sensor, 1);
        let at = |minute_of_day| START_DAY * DAY_MINUTES + minute_of_day;
        let calm = Self { habits: CALM, temper: GOOD, overcount: None, minute: at(1_020), age_ms: 0 };
        match scenario {
            Scenario::Steady => {
                Self { habits: Habits { meals: LIGHT_MEALS, ..CALM }, age_ms: chance.whole(200_000, 240_000), ..calm }
            }
            Scenario::GoingLow => Self::going_low(seed, chance.whole(60_000, 90_000)),
            Scenario::PhoneSilent { .. } => Self {
                habits: Habits { body: Body::Adolescent3, meals: FOUR_MEALS, grams_spread: 0.15, ..CALM },
                temper: Temper { noise_mg_dl: 2.2, ..GOOD },
                minute: at(885),
                ..calm
            },
            Scenario::Night => Self {
                habits: Habits { body: Body::Adolescent3, meals: LIGHT_MEALS, ..CALM },
                temper: Temper { compressions: Compressions::Nightly(&[75, 190]), ..GOOD },
                minute: at(180),
                age_ms: chance.whole(30_000, 270_000),
                ..calm
            },
            Scenario::Ordinary => {
                let age_ms = chance.whole(0, BEAT_MS);
                let newest_beat = started_at.plus_ms(-age_ms);
                Self {
                    habits: Habits {
                        body: Body::ALL[chance.whole(0, Body::ALL.len() as i64) as usize],
                        meals: FOUR_MEALS,
                        minutes_spread: 18.0,
                        grams_spread: 0.25,
                        counts: 0.95,
                        counting_spread: 0.2,
                        forgets: 0.05,
                        late_minutes_max: 20.0,
                        basal_spread: 0.06,
                        treats_below_mg_dl: 65.0,
                    },
                    temper: Temper {
                        noise_mg_dl: 3.0,
                        loses_beat: 0.01,
                        loses_hour: 0.2,
                        comes_late: 0.25,
                        compressions: Compressions::Sometimes(0.25),
                        any_age: true,
                    },
                    minute: at(newest_beat.as_ms().rem_euclid(DAY_MS) / MINUTE_MS),
                    age_ms,
                    ..calm
                }
            }
        }
    }

    /// Finds how much too much insulin for lunch brings her down, and the minute at which she passes our mark.
    fn going_low(seed: u64, age_ms: i64) -> Self {
        const LUNCH: i64 = START_DAY * DAY_MINUTES + 700;
        const LATEST: i64 = LUNCH + 320;
        let habits = Habits { body: Body::Adult4, treats_below_mg_dl: 57.0, ..CALM };
        // The same midnight as that of the life to come, whenever in the afternoon she passes the mark.
        let mut until_lunch = Life::begun(habits, seed, begins(LATEST - DAY_MINUTES), None);
        until_lunch.mg_dl_at(LUNCH as f64);
        let mut factor = 4.0;
        loop {
            let overcount = Overcount { after: LUNCH, factor };
            let mut life = until_lunch.clone();
            life.overcount(overcount);
            let minute = life.falls_to(GOING_LOW_MG_DL, LATEST);
            if let Some(minute) = minute {
                return Self {
                    habits,
                    temper: Temper { noise_mg_dl: 0.8, ..GOOD },
                    overcount: Some(overcount),
                    minute,
                    age_ms,
                };
            }
            factor *= 1.15;
        }
    }
}

#[cfg(test)]
mod tests;
