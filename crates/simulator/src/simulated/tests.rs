//! Simulated people by their face: what each scenario shows, and that it hangs on the seed alone.

use super::*;
use crate::replay::recordings;
use crate::sensor::GapKind;
use keepwatch_model::glucose::{MgDl, SensorGlucose};
use keepwatch_model::time::HOUR_MS;
use keepwatch_model::trend::TrendArrow;
use proptest::prelude::*;

const NOW: Timestamp = Timestamp::from_ms(1_764_000_123_456);
/// Any time between 2020 and 2033, to the millisecond.
const STARTS: std::ops::Range<i64> = 1_577_836_800_000..1_988_150_400_000;

fn minutes(minutes: i64) -> i64 {
    minutes * MINUTE_MS
}

fn mg_dl(sample: &Sample) -> Option<f64> {
    sample.glucose.measured().map(MgDl::as_f64)
}

fn scenarios(started_at: Timestamp) -> [Scenario; 5] {
    let silent = Scenario::PhoneSilent { since: started_at.plus_ms(-minutes(20)) };
    [Scenario::Steady, Scenario::GoingLow, silent, Scenario::Night, Scenario::Ordinary]
}

/// What is seen from a start: milliseconds from it, value and arrow.
fn seen(samples: &[Sample], started_at: Timestamp) -> Vec<(i64, i64, SensorGlucose, TrendArrow)> {
    let from_start = |at: Timestamp| at.ms_since(started_at);
    samples.iter().map(|s| (from_start(s.measured_at), from_start(s.arrives_at), s.glucose, s.trend)).collect()
}

#[test]
fn a_steady_day_is_in_range() {
    for seed in 0..8 {
        let mut steady = Simulated::new(Scenario::Steady, seed, NOW);
        let day = steady.readings_until(NOW);
        assert_eq!(day.len(), 288, "seed {seed}");
        assert!(day.iter().all(|s| mg_dl(s).is_some_and(|mg_dl| (70.0..190.0).contains(&mg_dl))), "seed {seed}");
        let newest = day.last().expect("a reading");
        assert!((minutes(3)..minutes(5)).contains(&NOW.ms_since(newest.measured_at)), "seed {seed}");
        assert_eq!(newest.trend, TrendArrow::Flat, "seed {seed}");
        let evening = steady.readings_until(NOW.plus_ms(6 * HOUR_MS));
        assert!(evening.iter().all(|s| mg_dl(s).is_some_and(|mg_dl| (70.0..190.0).contains(&mg_dl))), "seed {seed}");
    }
}

#[test]
fn going_low_is_about_80_and_falling_and_below_70_some_15_minutes_later() {
    for seed in 0..16 {
        let mut low = Simulated::new(Scenario::GoingLow, seed, NOW);
        let day = low.readings_until(NOW);
        let newest = day.last().expect("a reading");
        assert!(mg_dl(newest).is_some_and(|mg_dl| (81.0..=88.0).contains(&mg_dl)), "seed {seed}: {newest:?}");
        assert!(matches!(newest.trend, TrendArrow::FortyFiveDown | TrendArrow::SingleDown), "seed {seed}: {newest:?}");
        assert!(NOW.ms_since(newest.measured_at) < minutes(2), "seed {seed}");
        assert!(day.iter().all(|s| mg_dl(s).is_some_and(|mg_dl| mg_dl > 70.0)), "seed {seed}: low before");
        let hours = low.readings_until(NOW.plus_ms(6 * HOUR_MS));
        let below = hours.iter().find(|s| mg_dl(s).is_some_and(|mg_dl| mg_dl < 70.0)).expect("a low");
        let after_ms = below.measured_at.ms_since(NOW);
        assert!((minutes(8)..=minutes(20)).contains(&after_ms), "seed {seed}: {after_ms} ms");
        let lowest = hours.iter().filter_map(mg_dl).fold(f64::MAX, f64::min);
        assert!((44.0..62.0).contains(&lowest), "seed {seed}: lowest {lowest}");
        let last = hours.last().and_then(mg_dl).expect("a measurement");
        assert!(last > 75.0, "seed {seed}: she ate, but stands at {last}");
    }
}

#[test]
fn a_silent_phone_brings_nothing_after_its_last_word() {
    let since = NOW.plus_ms(-minutes(20));
    let mut silent = Simulated::new(Scenario::PhoneSilent { since }, 5, NOW);
    let day = silent.readings_until(NOW);
    let newest = day.last().expect("a reading").measured_at;
    assert!(newest < since && since.ms_since(newest) < minutes(1));
    assert_eq!(day.len(), 284);
    assert_eq!(silent.next_at(), None);
    assert!(silent.readings_until(NOW.plus_ms(30 * DAY_MS)).is_empty());
}

#[test]
fn a_phone_that_was_silent_for_days_has_no_last_day() {
    let since = NOW.plus_ms(-5 * DAY_MS);
    let mut silent = Simulated::new(Scenario::PhoneSilent { since }, 5, NOW);
    assert!(silent.readings_until(NOW).is_empty());
    assert_eq!(silent.next_at(), None);
}

#[test]
fn a_night_has_a_false_low_behind_it_and_one_before_it() {
    for seed in 0..8 {
        let mut night = Simulated::new(Scenario::Night, seed, NOW);
        let past = night.readings_until(NOW);
        let to_come = night.readings_until(NOW.plus_ms(2 * HOUR_MS));
        let low = |sample: &&Sample| mg_dl(sample).is_none_or(|mg_dl| mg_dl < 70.0);
        let within = |from: i64, until: i64| {
            let (from, until) = (NOW.plus_ms(minutes(from)), NOW.plus_ms(minutes(until)));
            past.iter()
                .chain(&to_come)
                .filter(move |s| from <= s.measured_at && s.measured_at < until)
                .filter(low)
                .count()
        };
        assert!(within(-110, -50) >= 3, "seed {seed}");
        assert!(within(5, 65) >= 3, "seed {seed}");
        assert_eq!(within(-30, 0) + within(80, 120), 0, "seed {seed}");
    }
}

#[test]
fn two_weeks_of_an_ordinary_life_look_like_one() {
    let (mut readings, mut low, mut high, mut late) = (0, 0, 0, 0);
    for seed in 0..4 {
        let started_at = NOW.plus_ms(-14 * DAY_MS);
        let samples = Simulated::new(Scenario::Ordinary, seed, started_at).readings_until(NOW);
        readings += samples.len();
        low += samples.iter().filter(|s| s.glucose < SensorGlucose::Measured(MgDl::from_tenths(700))).count();
        high += samples.iter().filter(|s| s.glucose > SensorGlucose::Measured(MgDl::from_tenths(1_800))).count();
        late += samples.iter().filter(|s| s.arrives_at.ms_since(s.measured_at) > minutes(5)).count();
    }
    let share = |count: usize| count as f64 / readings as f64;
    assert!((0.90..0.995).contains(&(readings as f64 / (4.0 * 15.0 * 288.0))), "{readings} readings");
    assert!((0.01..0.15).contains(&share(low)), "low {}", share(low));
    assert!((0.03..0.35).contains(&share(high)), "high {}", share(high));
    assert!(share(late) > 0.001, "late {}", share(late));
}

#[test]
fn one_call_is_limited_and_the_next_goes_on() {
    let started_at = NOW.plus_ms(-37 * DAY_MS);
    let mut piecewise = Simulated::new(Scenario::Steady, 1, started_at);
    let first = piecewise.readings_until(NOW);
    let second = piecewise.readings_until(NOW);
    assert!(first.len() <= READINGS_PER_CALL_MAX && !second.is_empty());
    assert!(first.last().map(|s| s.measured_at) < second.first().map(|s| s.measured_at));
    assert!(piecewise.readings_until(NOW).is_empty());
}

#[test]
fn a_recording_plays_its_day_before_and_then_goes_on() {
    let line = |beat: i64| {
        let (day, hour, minute) = (28 + beat / 288, beat / 12 % 24, beat % 12 * 5);
        format!("az03,2024-02-{day}T{hour:02}:{minute:02}:00,{}", 100 + beat % 60)
    };
    let lines: Vec<String> =
        std::iter::once("subject,time,glucose_mgdl".to_owned()).chain((0..576).map(line)).collect();
    let recording = &recordings(&lines.join("\n")).expect("a recording")[0];
    let moment = recording.readings[400].0;
    let gap = Gap { from: NOW.plus_ms(minutes(58)), until: NOW.plus_ms(minutes(118)), kind: GapKind::Late };
    let mut played = Simulated::replayed(recording, moment, NOW).with_gap(gap);
    let day = played.readings_until(NOW);
    assert_eq!(day.len(), 288);
    assert_eq!(day.last().map(|s| (s.measured_at, s.glucose)), Some((NOW, recording.readings[400].1)));
    assert_eq!(played.next_at(), Some(NOW.plus_ms(minutes(5))));
    assert_eq!(played.readings_until(NOW.plus_ms(minutes(117))).len(), 11);
    assert_eq!(played.readings_until(NOW.plus_ms(minutes(118))).len(), 12);
    assert_eq!(played.readings_until(NOW.plus_ms(9 * DAY_MS)).len(), 575 - 400 - 23);
    assert_eq!(played.next_at(), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    /// What a scenario shows does not depend on when it is started.
    #[test]
    fn same_seed_same_readings_at_any_start(seed: u64, first in STARTS, second in STARTS) {
        let (first, second) = (Timestamp::from_ms(first), Timestamp::from_ms(second));
        for (here, there) in scenarios(first).into_iter().zip(scenarios(second)).take(4) {
            let until = |start: Timestamp| start.plus_ms(minutes(60));
            let ours = Simulated::new(here, seed, first).readings_until(until(first));
            let theirs = Simulated::new(there, seed, second).readings_until(until(second));
            prop_assert_eq!(seen(&ours, first), seen(&theirs, second));
        }
    }

    /// Asking often or seldom makes no difference, and `next_at` never promises too late.
    #[test]
    fn however_it_is_asked_it_says_the_same(seed: u64, start in STARTS) {
        let start = Timestamp::from_ms(start);
        let until = start.plus_ms(3 * HOUR_MS);
        for scenario in scenarios(start) {
            let whole = Simulated::new(scenario, seed, start).readings_until(until);
            let mut asked = Simulated::new(scenario, seed, start);
            let mut pieces = asked.readings_until(start);
            while let Some(at) = asked.next_at().filter(|at| *at <= until) {
                prop_assert!(asked.readings_until(at.plus_ms(-1)).is_empty());
                let came = asked.readings_until(at);
                prop_assert!(came.iter().all(|sample| sample.arrives_at == at));
                pieces.extend(came);
                if asked.next_at() == Some(at) {
                    // A beat that has not arrived yet; look again a moment later.
                    pieces.extend(asked.readings_until(at.plus_ms(1)));
                }
            }
            prop_assert_eq!(whole, pieces);
        }
    }

    /// Times ascend, nothing arrives before it was measured, values are what a sensor can say, gaps are empty.
    #[test]
    fn readings_are_in_order_in_bounds_and_outside_of_gaps(
        seed: u64, start in STARTS, from in 0_i64..1_400, length in 1_i64..300,
    ) {
        let start = Timestamp::from_ms(start);
        let from = start.plus_ms(minutes(from - 1_400));
        let gap = Gap { from, until: from.plus_ms(minutes(length)), kind: GapKind::Lost };
        for scenario in scenarios(start) {
            let samples = Simulated::new(scenario, seed, start).with_gap(gap).readings_until(start.plus_ms(HOUR_MS));
            prop_assert!(samples.windows(2).all(|pair| pair[0].measured_at < pair[1].measured_at));
            prop_assert!(samples.windows(2).all(|pair| pair[0].arrives_at <= pair[1].arrives_at));
            for sample in samples {
                prop_assert!(sample.measured_at <= sample.arrives_at);
                prop_assert!(sample.measured_at > start.plus_ms(-HISTORY_MS));
                prop_assert!(!(gap.from <= sample.measured_at && sample.measured_at < gap.until));
                if let Some(mg_dl) = mg_dl(&sample) {
                    prop_assert!((40.0..=400.0).contains(&mg_dl));
                }
            }
        }
    }
}
