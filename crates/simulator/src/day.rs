//! One day of somebody's life, drawn before it is lived: when she sleeps, what she eats, which insulin she counts for it and
//! how wrongly. It knows no glucose; what depends on glucose is decided while the day is lived.

use crate::chance::{About, Chance};
use crate::person::Body;

/// Minutes in a day.
pub(crate) const DAY_MINUTES: i64 = 1_440;

/// A meal as usual.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Meal {
    /// Minute of the day.
    pub(crate) minute: i64,
    /// Carbohydrate for an adult of 70 kg.
    pub(crate) grams: f64,
}

/// Breakfast, lunch and dinner.
pub(crate) const THREE_MEALS: &[Meal] =
    &[Meal { minute: 430, grams: 45.0 }, Meal { minute: 750, grams: 60.0 }, Meal { minute: 1_130, grams: 65.0 }];
/// Two thirds of it.
pub(crate) const LIGHT_MEALS: &[Meal] =
    &[Meal { minute: 430, grams: 30.0 }, Meal { minute: 750, grams: 40.0 }, Meal { minute: 1_130, grams: 42.0 }];
/// The full ones, with something in the afternoon.
pub(crate) const FOUR_MEALS: &[Meal] = &[
    Meal { minute: 430, grams: 45.0 },
    Meal { minute: 750, grams: 60.0 },
    Meal { minute: 960, grams: 20.0 },
    Meal { minute: 1_130, grams: 65.0 },
];

/// How somebody lives.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Habits {
    /// In which body.
    pub(crate) body: Body,
    /// What she eats.
    pub(crate) meals: &'static [Meal],
    /// How many minutes a meal moves from day to day (deviation).
    pub(crate) minutes_spread: f64,
    /// By which share of itself a meal varies (deviation).
    pub(crate) grams_spread: f64,
    /// Which share of a meal she counts on average; less than 1 keeps a careful distance from lows.
    pub(crate) counts: f64,
    /// By which share she miscounts it (deviation).
    pub(crate) counting_spread: f64,
    /// How likely she forgets its insulin.
    pub(crate) forgets: f64,
    /// How many minutes late its insulin comes at most.
    pub(crate) late_minutes_max: f64,
    /// By which share her need for basal insulin varies from day to day (deviation).
    pub(crate) basal_spread: f64,
    /// Awake, she eats something when the sensor would show less than this (mg/dL).
    pub(crate) treats_below_mg_dl: f64,
}

/// What she does at a minute.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Deed {
    /// Eats so many grams.
    Eat { grams: f64 },
    /// Takes insulin for so many grams.
    Bolus { counted_grams: f64 },
}

/// A day as drawn.
#[derive(Clone, Debug)]
pub(crate) struct Day {
    /// Minute at which she wakes.
    pub(crate) wakes: i64,
    /// Minute at which she falls asleep.
    pub(crate) sleeps: i64,
    /// By which factor the basal insulin that she gets differs from what would keep her level.
    pub(crate) basal_factor: f64,
    /// What she does, by minute.
    pub(crate) deeds: Vec<(i64, Deed)>,
}

impl Day {
    /// The day of this number for this seed.
    pub(crate) fn drawn(habits: &Habits, seed: u64, number: i64, appetite: f64) -> Self {
        let mut chance = Chance::new(seed, About::Day, number);
        let wakes = 395 + chance.whole(-20, 20);
        let sleeps = 1_365 + chance.whole(-30, 30);
        let basal_factor = (1.0 + habits.basal_spread * chance.normal()).clamp(0.7, 1.3);
        let mut deeds = Vec::with_capacity(2 * habits.meals.len());
        for meal in habits.meals {
            let minute = meal.minute + (habits.minutes_spread * chance.normal()) as i64;
            let grams = appetite * meal.grams * (1.0 + habits.grams_spread * chance.normal()).max(0.3);
            let counted_grams = grams * (habits.counts + habits.counting_spread * chance.normal()).max(0.2);
            let late = chance.between(0.0, habits.late_minutes_max) as i64;
            let forgotten = chance.happens(habits.forgets);
            deeds.push((minute, Deed::Eat { grams }));
            if !forgotten {
                deeds.push((minute + late, Deed::Bolus { counted_grams }));
            }
        }
        deeds.sort_by_key(|(minute, _)| *minute);
        Self { wakes, sleeps, basal_factor, deeds }
    }

    /// Whether she sleeps at this minute of the day.
    pub(crate) const fn asleep(&self, minute: i64) -> bool {
        minute < self.wakes || minute >= self.sleeps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HABITS: Habits = Habits {
        body: Body::Adult4,
        meals: FOUR_MEALS,
        minutes_spread: 15.0,
        grams_spread: 0.25,
        counts: 1.0,
        counting_spread: 0.2,
        forgets: 0.1,
        late_minutes_max: 20.0,
        basal_spread: 0.06,
        treats_below_mg_dl: 65.0,
    };

    #[test]
    fn every_day_has_its_meals_in_order_and_within_itself() {
        for number in 0..1_000 {
            let day = Day::drawn(&HABITS, 3, number, 1.0);
            let eaten = day.deeds.iter().filter(|(_, deed)| matches!(deed, Deed::Eat { .. })).count();
            assert_eq!(eaten, FOUR_MEALS.len());
            assert!(day.deeds.is_sorted_by_key(|(minute, _)| *minute));
            assert!(day.deeds.iter().all(|(minute, _)| (0..DAY_MINUTES).contains(minute)));
            assert!(day.asleep(0) && !day.asleep(720) && day.asleep(DAY_MINUTES - 1));
        }
    }

    #[test]
    fn insulin_is_forgotten_about_as_often_as_asked() {
        let boluses = |number| {
            let day = Day::drawn(&HABITS, 3, number, 1.0);
            day.deeds.iter().filter(|(_, deed)| matches!(deed, Deed::Bolus { .. })).count()
        };
        let forgotten = 4_000 - (0..1_000).map(boluses).sum::<usize>();
        assert!((320..480).contains(&forgotten), "{forgotten} of 4,000");
    }
}
