//! What a finished day of real readings takes on the disk, with all that the store puts around it.

use keepwatch_journal::journal::Journal;
use keepwatch_journal::records::Records;
use keepwatch_journal::sqlite::Store;
use keepwatch_model::fact::Fact;
use keepwatch_model::glucose::{Reported, SensorGlucose};
use keepwatch_model::id::{PersonId, SourceId};
use keepwatch_model::reading::Reading;
use keepwatch_model::series::rate_mg_dl_per_minute;
use keepwatch_model::time::Day;
use keepwatch_model::trend::TrendArrow;
use std::path::Path;

/// What we promise of a day of 288 readings (bytes).
const DAY_MAX_BYTES: u64 = 500;
/// So many people share the real days, so that the store's pages are filled as they are in a family's years.
const PEOPLE: u64 = 90;

/// The day to which every real day is moved, so that nothing is late.
const DAY: Day = Day::from_number(20_400);

fn real_days(file: &str) -> Vec<Vec<Reading>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/cgm").join(file);
    let text = std::fs::read_to_string(path).expect("an excerpt");
    let rows: Vec<Vec<&str>> = text.lines().skip(1).map(|line| line.split(',').collect()).collect();
    rows.chunk_by(|a, b| a[0] == b[0]).map(day_of).collect()
}

fn day_of(rows: &[Vec<&str>]) -> Vec<Reading> {
    let mut readings: Vec<Reading> = Vec::new();
    for row in rows {
        let (_, clock) = row[1].split_once('T').expect("a time");
        let parts: Vec<i64> = clock.split(':').map(|part| part.parse().expect("a number")).collect();
        let ms = ((parts[0] * 60 + parts[1]) * 60 + parts[2]) * 1_000;
        let measured_at = DAY.start().plus_ms(ms);
        let reported = Reported::from_dexcom(row[2].parse().expect("a value")).expect("a number");
        readings.push(Reading {
            person: PersonId::from_random(0),
            source: SourceId::from_random(0),
            measured_at,
            received_at: measured_at.plus_ms(5_000),
            place: measured_at,
            glucose: SensorGlucose::checked(reported).expect("glucose"),
            trend: None,
            foreign: None,
        });
        let trend = rate_mg_dl_per_minute(&readings).map(TrendArrow::for_rate);
        readings.last_mut().expect("just put").trend = trend;
    }
    readings
}

/// Bytes that one day takes when many people have one, and readings in such a day.
fn measure(days: &[Vec<Reading>]) -> (u64, usize) {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("journal.sqlite");
    {
        let (mut journal, _records) = Store::open(directory.path()).expect("a store");
        for number in 0..PEOPLE {
            let mine = |reading: &Reading| Reading {
                person: PersonId::from_random(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)),
                source: SourceId::from_random(number.wrapping_mul(0xbf58_476d_1ce4_e5b9)),
                ..reading.clone()
            };
            let day = &days[number as usize % days.len()];
            let facts: Vec<Fact> = day.iter().map(mine).map(Fact::ReadingTaken).collect();
            journal.append(&facts, DAY.end().plus_ms(-1)).expect("writable");
        }
    }
    let before = std::fs::metadata(&file).expect("a file").len();
    {
        let (mut journal, records) = Store::open(directory.path()).expect("a store");
        while journal.fold(DAY.plus_days(1), 64).expect("writable") > 0 {}
        let first = &days[0];
        let stretch = records.stretch(PersonId::from_random(0), DAY.start(), DAY.end());
        assert_eq!(stretch.expect("readable").readings.len(), first.len(), "the day is there");
    }
    let after = std::fs::metadata(&file).expect("a file").len();
    ((after - before) / PEOPLE, days.iter().map(Vec::len).sum::<usize>() / days.len())
}

#[test]
fn a_finished_day_of_real_readings_is_small() {
    for file in ["physiocgm.csv", "azt1d.csv"] {
        let (bytes, readings) = measure(&real_days(file));
        println!("{file}: {bytes} bytes for a day of {readings} readings");
        assert!(readings >= 285, "a whole day");
        assert!(bytes <= DAY_MAX_BYTES, "{file}: {bytes} bytes");
    }
}
