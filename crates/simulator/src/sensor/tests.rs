//! A sensor that looks at a level somebody: beat, noise, warm-up, gaps and compression as they are asked for.

use super::*;
use keepwatch_model::glucose::{MgDl, SensorGlucose};
use keepwatch_model::time::HOUR_MS;
use keepwatch_model::trend::TrendArrow;

const ZERO: Timestamp = Timestamp::from_ms(1_764_000_000_000);
const QUIET: Temper = Temper {
    noise_mg_dl: 0.0,
    loses_beat: 0.0,
    loses_hour: 0.0,
    comes_late: 0.0,
    compressions: Compressions::Sometimes(0.0),
    any_age: false,
};

/// What a sensor says in so many hours about somebody who stays at a level.
fn said(sensor: &mut Sensor, mg_dl: f64, hours: i64) -> Vec<Sample> {
    (0..hours * 12).filter_map(|_| sensor.beat(mg_dl)).collect()
}

fn mg_dl(sample: &Sample) -> f64 {
    sample.glucose.measured().map_or(0.0, MgDl::as_f64)
}

#[test]
fn the_beat_is_five_minutes_with_a_little_jitter_and_a_short_way() {
    let samples = said(&mut Sensor::new(QUIET, 1, ZERO, ZERO), 120.0, 24);
    assert_eq!(samples.len(), 288);
    for (index, sample) in samples.iter().enumerate() {
        let strays_ms = sample.measured_at.ms_since(ZERO) - index as i64 * BEAT_MS;
        assert!(strays_ms.abs() <= (3.5 * JITTER_MS) as i64);
        assert!((DELAY_MIN_MS..=DELAY_MAX_MS).contains(&sample.arrives_at.ms_since(sample.measured_at)));
    }
    assert!(samples.iter().any(|sample| sample.measured_at.as_ms() % BEAT_MS != ZERO.as_ms() % BEAT_MS));
}

#[test]
fn noise_is_as_wide_as_asked_and_keeps_from_beat_to_beat() {
    let temper = Temper { noise_mg_dl: 4.0, ..QUIET };
    let errors: Vec<f64> = said(&mut Sensor::new(temper, 1, ZERO, ZERO), 120.0, 24 * 6)
        .iter()
        .map(|sample| mg_dl(sample) - 120.0)
        .collect();
    let variance = errors.iter().map(|error| error * error).sum::<f64>() / errors.len() as f64;
    let together = errors.windows(2).map(|pair| pair[0] * pair[1]).sum::<f64>() / errors.len() as f64;
    assert!((variance.sqrt() - 4.0).abs() < 0.5, "deviation {}", variance.sqrt());
    assert!((together / variance - NOISE_KEPT).abs() < 0.1, "kept {}", together / variance);
}

#[test]
fn a_new_sensor_warms_up_for_two_hours() {
    let mut sensor = Sensor::new(QUIET, 1, ZERO, ZERO);
    let samples = said(&mut sensor, 120.0, 24 * 9);
    let silences: Vec<i64> = samples
        .windows(2)
        .map(|pair| pair[1].measured_at.ms_since(pair[0].measured_at))
        .filter(|apart_ms| *apart_ms > 2 * BEAT_MS)
        .collect();
    assert_eq!(silences.len(), 1);
    assert!((silences[0] - (WARM_UP_MS + BEAT_MS)).abs() < BEAT_MS, "{} ms", silences[0]);
}

#[test]
fn a_lost_gap_loses_and_a_late_one_comes_all_at_once() {
    let gap = |from_hours: i64, kind| Gap {
        from: ZERO.plus_ms(from_hours * HOUR_MS),
        until: ZERO.plus_ms((from_hours + 1) * HOUR_MS),
        kind,
    };
    let (lost, late) = (gap(2, GapKind::Lost), gap(5, GapKind::Late));
    let mut sensor = Sensor::new(QUIET, 1, ZERO, ZERO);
    sensor.add_gap(lost);
    sensor.add_gap(late);
    let samples = said(&mut sensor, 120.0, 10);
    assert!(samples.iter().all(|sample| !lost.holds(sample.measured_at)));
    let held: Vec<&Sample> = samples.iter().filter(|sample| late.holds(sample.measured_at)).collect();
    assert!((11..=13).contains(&held.len()), "{} readings in an hour", held.len());
    assert!(held.iter().all(|sample| sample.arrives_at >= late.until));
    assert!(held.iter().all(|sample| sample.arrives_at.ms_since(late.until) <= DELAY_MAX_MS));
    assert!(samples.is_sorted_by_key(|sample| sample.arrives_at));
    let after = samples.iter().find(|sample| sample.measured_at >= lost.until).expect("readings after the gap");
    assert_eq!(after.trend, TrendArrow::NotComputable);
}

#[test]
fn lying_on_the_sensor_is_a_steep_way_down_a_floor_and_a_way_up() {
    let temper = Temper { compressions: Compressions::Nightly(&[120]), ..QUIET };
    let samples = said(&mut Sensor::new(temper, 1, ZERO, ZERO), 130.0, 24 * 5);
    for night in 0..5 {
        let of_minutes = |from: i64, until: i64| {
            let moment = move |minute: i64| ZERO.plus_ms((night * DAY_MINUTES + minute) * MINUTE_MS);
            samples.iter().filter(move |s| moment(from) <= s.measured_at && s.measured_at < moment(until)).map(mg_dl)
        };
        let lowest = of_minutes(120, 180).fold(f64::MAX, f64::min);
        assert!((47.0..66.0).contains(&lowest), "night {night}: {lowest}");
        assert!(of_minutes(0, 110).all(|mg_dl| mg_dl > 128.0));
        assert!(of_minutes(190, 1_440).all(|mg_dl| mg_dl > 128.0));
    }
}

#[test]
fn whom_it_cannot_measure_it_answers_with_a_word() {
    let mut sensor = Sensor::new(QUIET, 1, ZERO, ZERO);
    assert_eq!(sensor.beat(30.0).map(|sample| sample.glucose), Some(SensorGlucose::BelowRange));
    assert_eq!(sensor.beat(480.0).map(|sample| sample.glucose), Some(SensorGlucose::AboveRange));
}
