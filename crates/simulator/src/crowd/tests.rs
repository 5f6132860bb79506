//! The crowd by its face: who speaks when, that it is always the same, and that it looks like days of people.

use super::*;
use proptest::prelude::*;
use std::collections::HashSet;

const NOW: Timestamp = Timestamp::from_ms(1_764_000_123_456);

#[test]
fn the_stride_is_undone_by_its_counterpart() {
    assert_eq!(STRIDE * STRIDE_BACK % INTERVAL_MS, 1);
}

#[test]
fn in_five_minutes_everybody_speaks_once_and_in_order() {
    let crowd = Crowd::new(11);
    let samples: Vec<(u32, Sample)> = crowd.readings_between(20_000, NOW, NOW.plus_ms(INTERVAL_MS)).collect();
    assert_eq!(samples.len(), 20_000);
    assert_eq!(samples.iter().map(|(person, _)| person).collect::<HashSet<_>>().len(), 20_000);
    assert!(samples.is_sorted_by_key(|(_, sample)| sample.measured_at));
    for (person, sample) in samples {
        assert_eq!(crowd.reading(person, sample.measured_at), sample);
        assert_eq!(crowd.reading(person, sample.measured_at.plus_ms(INTERVAL_MS - 1)), sample);
    }
}

#[test]
fn a_million_people_are_spread_evenly_over_their_five_minutes() {
    let crowd = Crowd::new(11);
    let second = crowd.readings_between(1_000_000, NOW, NOW.plus_ms(1_000)).count();
    assert!((3_320..=3_347).contains(&second), "{second} in a second");
}

#[test]
fn their_days_are_plausible_and_their_own() {
    let crowd = Crowd::new(11);
    let of = |person, beats: i64| (0..beats).map(move |beat| crowd.reading(person, NOW.plus_ms(beat * INTERVAL_MS)));
    let all: Vec<Sample> = (0..300).flat_map(|person| of(person, 288)).collect();
    let whole: Vec<f64> = all.iter().map(|sample| f64::from(sample.glucose.as_dexcom())).collect();
    let mean = whole.iter().sum::<f64>() / whole.len() as f64;
    let share = |wanted: fn(&&f64) -> bool| whole.iter().filter(wanted).count() as f64 / whole.len() as f64;
    assert!((115.0..165.0).contains(&mean), "mean {mean}");
    assert!((0.005..0.1).contains(&share(|mg_dl| **mg_dl < 70.0)), "low {}", share(|mg_dl| **mg_dl < 70.0));
    assert!((0.05..0.35).contains(&share(|mg_dl| **mg_dl > 180.0)), "high {}", share(|mg_dl| **mg_dl > 180.0));
    let steps = whole.chunks(288).flat_map(|day| day.windows(2).map(|pair| (pair[1] - pair[0]).abs()));
    assert!(steps.fold(0.0, f64::max) < 40.0);
    assert_ne!(of(1, 20).collect::<Vec<_>>(), of(2, 20).collect::<Vec<_>>());
}

proptest! {
    #[test]
    fn a_reading_is_the_newest_of_its_person_and_always_the_same(seed: u64, person: u32, at in 0_i64..4_102_444_800_000) {
        let crowd = Crowd::new(seed);
        let at = Timestamp::from_ms(at);
        let sample = crowd.reading(person, at);
        prop_assert!((0..INTERVAL_MS).contains(&at.ms_since(sample.measured_at)));
        prop_assert_eq!(sample.measured_at.as_ms().rem_euclid(INTERVAL_MS), crowd.phase_ms(person));
        prop_assert_eq!(Crowd::new(seed).reading(person, at), sample);
        if let Some(mg_dl) = sample.glucose.measured() {
            prop_assert!((400..=4_000).contains(&mg_dl.tenths()));
        }
    }
}
