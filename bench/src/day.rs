//! What a finished day of real readings takes on the disk: how much the file grows, over many people and days.

use crate::facts::{person, source};
use crate::scratch;
use crate::table::Measured;
use keepwatch_journal::journal::Journal;
use keepwatch_journal::sqlite::Store;
use keepwatch_model::fact::Fact;
use keepwatch_model::glucose::{Reported, SensorGlucose};
use keepwatch_model::reading::Reading;
use keepwatch_model::series::rate_mg_dl_per_minute;
use keepwatch_model::time::Day;
use keepwatch_model::trend::TrendArrow;
use std::path::Path;

/// Excerpts of real readings, whole days of 288.
const EXCERPTS: [(&str, &str); 2] = [
    ("day_physiocgm", include_str!("../../testdata/cgm/physiocgm.csv")),
    ("day_azt1d", include_str!("../../testdata/cgm/azt1d.csv")),
];
/// So many people live those days again and again.
const PEOPLE: u32 = 60;
const DAYS: i32 = 12;
const FIRST_DAY: Day = Day::from_number(20_400);
const DELAY_MS: i64 = 5_000;
const FOLD_PAIRS: usize = 64;

fn failed(cause: impl std::fmt::Display) -> String {
    format!("could not measure a day: {cause}")
}

/// One line of an excerpt: whose, how far into the day (ms), and the value.
fn line(text: &str) -> Option<(&str, i64, f64)> {
    let mut fields = text.split(',');
    let (whose, moment, value) = (fields.next()?, fields.next()?, fields.next()?);
    let clock: Vec<i64> = moment.split_once('T')?.1.split(':').filter_map(|part| part.parse().ok()).collect();
    let [hours, minutes, seconds] = clock[..] else { return None };
    Some((whose, ((hours * 60 + minutes) * 60 + seconds) * 1_000, value.trim().parse().ok()?))
}

/// The days of an excerpt: moments and values.
fn days(excerpt: &str) -> Vec<Vec<(i64, f64)>> {
    let lines: Vec<_> = excerpt.lines().skip(1).filter_map(line).collect();
    lines.chunk_by(|a, b| a.0 == b.0).map(|day| day.iter().map(|(_, at, value)| (*at, *value)).collect()).collect()
}

/// The day as a person's facts, with the arrow that an uploader would send.
fn facts(lines: &[(i64, f64)], number: u32, day: Day) -> Vec<Fact> {
    let mut readings: Vec<Reading> = Vec::with_capacity(lines.len());
    for (at, value) in lines {
        let measured_at = day.start().plus_ms(*at);
        let glucose = Reported::from_dexcom(*value).and_then(|reported| SensorGlucose::checked(reported).ok());
        let Some(glucose) = glucose else { continue };
        readings.push(Reading {
            person: person(number),
            source: source(number),
            measured_at,
            received_at: measured_at.plus_ms(DELAY_MS),
            place: measured_at,
            glucose,
            trend: None,
            foreign: None,
        });
        let trend = rate_mg_dl_per_minute(&readings).map(TrendArrow::for_rate);
        readings.last_mut().expect("just put").trend = trend;
    }
    readings.into_iter().map(Fact::ReadingTaken).collect()
}

/// Size of the store once everything stands in its one file.
fn file_bytes(directory: &Path) -> Result<f64, String> {
    let path = directory.join("journal.sqlite");
    Ok(std::fs::metadata(path).map_err(failed)?.len() as f64)
}

/// Bytes of a day's block, and of a day with its entries.
fn grown(excerpt: &str) -> Result<(f64, f64), String> {
    let days = days(excerpt);
    let directory = scratch::directory()?;
    let (mut block_bytes, mut all_bytes) = (0.0, 0.0);
    for day in 0..DAYS {
        let today = FIRST_DAY.plus_days(day);
        let open = || Store::open(directory.path()).map_err(failed);
        drop(open()?);
        let before = file_bytes(directory.path())?;
        let (mut journal, records) = open()?;
        for number in 0..PEOPLE {
            let lines = &days[(number as usize + day as usize) % days.len()];
            let recorded_at = today.end().plus_ms(-1);
            journal.append(&facts(lines, number, today), recorded_at).map_err(failed)?;
        }
        drop((journal, records));
        let unfolded = file_bytes(directory.path())?;
        let (mut journal, records) = open()?;
        while journal.fold(today.plus_days(1), FOLD_PAIRS).map_err(failed)? > 0 {}
        drop((journal, records));
        let after = file_bytes(directory.path())?;
        block_bytes += after - unfolded;
        all_bytes += after - before;
    }
    let person_days = f64::from(PEOPLE) * f64::from(DAYS);
    Ok((block_bytes / person_days, all_bytes / person_days))
}

/// Both excerpts, and what stays beside the blocks.
pub(crate) fn measure() -> Result<Vec<Measured>, String> {
    let mut with_entries = Measured::new("day_and_entries");
    let mut all = Vec::new();
    for (what, excerpt) in EXCERPTS {
        let (block, whole) = grown(excerpt)?;
        all.push(Measured { ours: vec![block], ..Measured::new(what) });
        with_entries.ours.push(whole);
    }
    all.push(with_entries);
    Ok(all)
}
