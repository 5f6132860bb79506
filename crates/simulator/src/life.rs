//! A body that lives its days: meals and insulin when the day says so, a correction when glucose is high, something to eat
//! when it is low. It counts minutes from a zero of its own and can only be asked forward. It knows no sensor.

use crate::day::{DAY_MINUTES, Day, Deed, Habits};
use crate::person::VirtualPerson;

/// A meal's insulin is raised when glucose is above this (mg/dL) …
const CORRECTS_ABOVE_MG_DL: f64 = 150.0;
/// … to come down to this (mg/dL) …
const CORRECTS_TO_MG_DL: f64 = 120.0;
/// … unless insulin was taken within so many minutes.
const CORRECTS_AFTER_MINUTES: i64 = 180;
/// Asleep, only glucose below this (mg/dL) wakes her to eat.
const WAKES_BELOW_MG_DL: f64 = 50.0;
/// What she eats against a low, for an adult of 70 kg.
const TREATMENT_GRAMS: f64 = 15.0;
/// After eating against a low she waits so many minutes before she eats again.
const TREATS_AFTER_MINUTES: i64 = 25;

/// A meal for which she counts far too much.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Overcount {
    /// From this minute on, the first insulin for a meal is wrong.
    pub(crate) after: i64,
    /// By this factor.
    pub(crate) factor: f64,
}

/// A body in its days.
#[derive(Clone, Debug)]
pub(crate) struct Life {
    habits: Habits,
    seed: u64,
    person: VirtualPerson,
    /// Minutes lived since zero.
    minute: i64,
    /// Glucose under the skin one minute earlier.
    before_mg_dl: f64,
    number: i64,
    today: Day,
    done: usize,
    last_bolus: i64,
    last_treatment: i64,
    overcount: Option<Overcount>,
}

impl Life {
    /// A life that begins at this minute, at rest.
    pub(crate) fn begun(habits: Habits, seed: u64, minute: i64, overcount: Option<Overcount>) -> Self {
        let person = VirtualPerson::new(habits.body);
        let number = minute.div_euclid(DAY_MINUTES);
        let today = Day::drawn(&habits, seed, number, person.appetite());
        let done = today.deeds.partition_point(|(at, _)| *at < minute.rem_euclid(DAY_MINUTES));
        Self {
            before_mg_dl: person.subcutaneous_mg_dl(),
            habits,
            seed,
            person,
            minute,
            number,
            today,
            done,
            last_bolus: minute - CORRECTS_AFTER_MINUTES,
            last_treatment: minute - TREATS_AFTER_MINUTES,
            overcount,
        }
    }

    /// Glucose under the skin now (mg/dL).
    fn mg_dl(&self) -> f64 {
        self.person.subcutaneous_mg_dl()
    }

    /// Lives until this moment (in minutes since zero) and says the glucose under the skin at it. A moment before the last
    /// minute lived is answered as that minute.
    pub(crate) fn mg_dl_at(&mut self, moment: f64) -> f64 {
        while (self.minute as f64) < moment {
            self.live_minute();
        }
        let share = (moment - (self.minute - 1) as f64).clamp(0.0, 1.0);
        self.before_mg_dl + (self.mg_dl() - self.before_mg_dl) * share
    }

    /// Lets her miscount a meal to come.
    pub(crate) fn overcount(&mut self, overcount: Overcount) {
        self.overcount = Some(overcount);
    }

    /// Lives until glucose comes down through a mark (mg/dL), and says the minute; `None` when it does not by `latest`.
    pub(crate) fn falls_to(&mut self, mark_mg_dl: f64, latest: i64) -> Option<i64> {
        while self.minute < latest {
            self.live_minute();
            if self.before_mg_dl > mark_mg_dl && self.mg_dl() <= mark_mg_dl {
                return Some(self.minute);
            }
        }
        None
    }

    /// Lives one minute.
    fn live_minute(&mut self) {
        let of_day = self.minute.rem_euclid(DAY_MINUTES);
        let number = self.minute.div_euclid(DAY_MINUTES);
        if number != self.number {
            self.number = number;
            self.today = Day::drawn(&self.habits, self.seed, number, self.person.appetite());
            self.done = 0;
        }
        while let Some((at, deed)) = self.today.deeds.get(self.done).copied()
            && at <= of_day
        {
            self.done += 1;
            match deed {
                Deed::Eat { grams } => self.person.eat(grams),
                Deed::Bolus { counted_grams } => self.take_insulin(counted_grams),
            }
        }
        self.treat_a_low(of_day);
        self.before_mg_dl = self.mg_dl();
        self.person.live_minute(self.today.basal_factor);
        self.minute += 1;
    }

    fn take_insulin(&mut self, counted_grams: f64) {
        let mistaken = self.overcount.take_if(|overcount| self.minute >= overcount.after);
        let factor = mistaken.map_or(1.0, |overcount| overcount.factor);
        let mut units = self.person.meal_units(counted_grams * factor);
        let mg_dl = self.mg_dl();
        if mg_dl > CORRECTS_ABOVE_MG_DL && self.minute - self.last_bolus >= CORRECTS_AFTER_MINUTES {
            units += self.person.correction_units(mg_dl - CORRECTS_TO_MG_DL);
        }
        self.last_bolus = self.minute;
        self.person.bolus(units);
    }

    fn treat_a_low(&mut self, of_day: i64) {
        let below = if self.today.asleep(of_day) { WAKES_BELOW_MG_DL } else { self.habits.treats_below_mg_dl };
        if self.mg_dl() < below && self.minute - self.last_treatment >= TREATS_AFTER_MINUTES {
            self.last_treatment = self.minute;
            self.person.eat(TREATMENT_GRAMS * self.person.appetite());
        }
    }
}
