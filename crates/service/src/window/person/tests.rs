//! The window through its own face.

use super::*;
use keepwatch_model::glucose::MgDl;
use keepwatch_model::time::HOUR_MS;
use proptest::prelude::*;
use std::collections::BTreeMap as Map;

const NOW: Timestamp = Timestamp::from_ms(1_764_000_000_000);

fn reading(source: u64, place: Timestamp, mg_dl: u16) -> Reading {
    Reading {
        person: PersonId::from_random(1),
        source: SourceId::from_random(source),
        measured_at: place,
        received_at: place,
        place,
        glucose: SensorGlucose::Measured(MgDl::from_tenths(mg_dl * 10)),
        trend: Some(TrendArrow::Flat),
        foreign: None,
    }
}

#[test]
fn a_late_reading_gets_its_place_in_order() {
    let mut window = PersonWindow::default();
    for minutes_ago in [20, 5, 15, 10] {
        window.put(&reading(1, NOW.plus_ms(-minutes_ago * MINUTE_MS), 100 + minutes_ago as u16), true, NOW);
    }
    let readings = window.readings(PersonId::from_random(1), NOW.plus_ms(-HOUR_MS), NOW);
    let values: Vec<u16> = readings.iter().filter_map(|r| r.glucose.measured()).map(MgDl::rounded).collect();
    assert_eq!(values, [120, 115, 110, 105]);
    assert_eq!(window.newest(PersonId::from_random(1)).next().expect("one").place, NOW.plus_ms(-5 * MINUTE_MS));
}

#[test]
fn the_newest_reading_stays_however_old() {
    let mut window = PersonWindow::default();
    window.put(&reading(1, NOW, 100), true, NOW);
    let later = NOW.plus_ms(50 * HOUR_MS);
    window.put(&reading(2, later, 90), true, later);
    let newest: Vec<Timestamp> = window.newest(PersonId::from_random(1)).map(|r| r.place).collect();
    assert_eq!(newest, [NOW, later]);
    assert_eq!(window.readings(PersonId::from_random(1), NOW.plus_ms(-HOUR_MS), later.plus_ms(1)).len(), 1);
}

#[test]
fn a_suspect_reading_is_found_by_the_time_it_claims() {
    let mut window = PersonWindow::default();
    let claimed = NOW.plus_ms(30 * MINUTE_MS);
    let suspect = Reading { measured_at: claimed, ..reading(1, NOW, 100) };
    window.put(&suspect, true, NOW);
    assert_eq!(window.find(suspect.source, claimed).map(|found| found.place), Some(NOW));
    assert_eq!(window.find(suspect.source, NOW), None);
    assert_eq!(window.free_place(suspect.source, NOW), NOW.plus_ms(-1));
}

#[test]
fn a_withdrawn_newest_gives_way_to_the_one_before() {
    let mut window = PersonWindow::default();
    let before = NOW.plus_ms(-5 * MINUTE_MS);
    window.put(&reading(1, before, 90), true, NOW);
    window.put(&reading(1, NOW, 100), true, NOW);
    let source = SourceId::from_random(1);
    window.withdraw(Place { source, measured_at: NOW, place: NOW }, true, NOW);
    assert_eq!(window.newest(PersonId::from_random(1)).next().map(|r| r.place), Some(before));
    assert_eq!(window.find(source, NOW).map(|found| found.glucose), Some(None));
}

proptest! {
    /// The window against a plain map: same readings within 24 hours, whatever the order of arrival.
    #[test]
    fn it_holds_what_a_map_holds(steps in proptest::collection::vec((0_i64..3 * HOUR_MS, -30 * HOUR_MS..2 * MINUTE_MS, 1_u64..4, 40_u16..400), 1..120)) {
        let mut window = PersonWindow::default();
        let mut map = Map::new();
        let mut now = NOW;
        for (pause, ahead, source, mg_dl) in steps {
            now = now.plus_ms(pause);
            let reading = reading(source, now.plus_ms(ahead), mg_dl);
            window.put(&reading, true, now);
            map.insert((reading.place, reading.source), reading.glucose);
            let cutoff = now.plus_ms(-WINDOW_MS);
            let held: Map<_, _> = window
                .readings(PersonId::from_random(1), cutoff, now.plus_ms(HOUR_MS))
                .into_iter()
                .map(|r| ((r.place, r.source), r.glucose))
                .collect();
            let expected: Map<_, _> = map.iter().filter(|((place, _), _)| *place >= cutoff).map(|(k, v)| (*k, *v)).collect();
            prop_assert_eq!(held, expected);
        }
    }
}
