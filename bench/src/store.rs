//! The store beside a plain file that is appended to and synced: how many readings a second become durable, and how many bytes go to
//! the disk for each. Both write the same readings in the same commits, in turn.

use crate::facts::{RECORD_BYTES, of_random_people, records, taken};
use crate::machine::{now, written_bytes};
use crate::options::Span;
use crate::scratch;
use crate::table::Measured;
use keepwatch_journal::journal::Journal;
use keepwatch_journal::sqlite::Store;
use keepwatch_model::fact::Fact;
use keepwatch_model::time::{DAY_MS, Day, HOUR_MS};
use keepwatch_simulator::{Crowd, INTERVAL_MS};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

/// Random people, so that a commit touches as many of them as it has readings.
const PEOPLE: u32 = 100_000;
/// Readings made ahead; they come round again.
const POOL: usize = 65_536;
/// Any day will do; a fixed one never meets midnight.
const DAY: Day = Day::from_number(20_400);
/// Pairs folded at a time, as the service does it.
const FOLD_PAIRS: usize = 64;
/// People of the days that are folded.
const PEOPLE_FOLDED: u32 = 512;

fn failed(cause: impl std::fmt::Display) -> String {
    format!("could not write: {cause}")
}

/// Appends readings in commits of `batch` for so long; returns readings a second.
fn appended(journal: &mut dyn Journal, facts: &[Fact], batch: usize, time: Duration) -> Result<f64, String> {
    let recorded_at = DAY.start().plus_ms(12 * HOUR_MS);
    let (started, mut count) = (now(), 0);
    for chunk in facts.chunks_exact(batch).cycle() {
        journal.append(chunk, recorded_at).map_err(failed)?;
        count += chunk.len();
        if now() - started >= time {
            break;
        }
    }
    Ok(count as f64 / (now() - started).as_secs_f64())
}

/// The same as plain records.
fn synced(file: &mut File, bytes: &[u8], batch: usize, time: Duration) -> Result<f64, String> {
    let (started, mut count) = (now(), 0);
    for chunk in bytes.chunks_exact(batch * RECORD_BYTES).cycle() {
        file.write_all(chunk).and_then(|()| file.sync_data()).map_err(failed)?;
        count += batch;
        if now() - started >= time {
            break;
        }
    }
    Ok(count as f64 / (now() - started).as_secs_f64())
}

/// Readings a second at 32 and at 256 in one commit.
pub(crate) fn speed(span: Span) -> Result<Vec<Measured>, String> {
    let facts = of_random_people(PEOPLE, POOL, DAY.start().plus_ms(12 * HOUR_MS));
    let bytes = records(&facts);
    let time = Duration::from_secs_f64(span.seconds);
    let mut all = Vec::new();
    for batch in [32, 256] {
        let directory = scratch::directory()?;
        let (mut journal, _records) = Store::open(directory.path()).map_err(failed)?;
        let mut file = File::create(directory.path().join("plain")).map_err(failed)?;
        let mut measured = Measured::new(format!("store_{batch}"));
        for _ in 0..span.rounds {
            let ours = appended(&mut journal, &facts, batch, time)?;
            measured.add(ours, synced(&mut file, &bytes, batch, time)?);
        }
        all.push(measured);
    }
    Ok(all)
}

/// A day of many people in the order in which it comes in.
fn day() -> Vec<Fact> {
    let crowd = Crowd::new(3);
    let slots = (1..=DAY_MS / INTERVAL_MS).map(|slot| DAY.start().plus_ms(slot * INTERVAL_MS - 1));
    slots.flat_map(|at| (0..PEOPLE_FOLDED).map(move |number| taken(number, crowd.reading(number, at)))).collect()
}

/// Bytes that our store sends to the disk for a day, with folding and with the last of its log.
fn day_written(directory: &Path, facts: &[Fact], batch: usize) -> Result<f64, String> {
    let before = written_bytes()?;
    let (mut journal, records) = Store::open(directory).map_err(failed)?;
    for chunk in facts.chunks(batch) {
        let Some(Fact::ReadingTaken(last)) = chunk.last() else { continue };
        journal.append(chunk, last.measured_at).map_err(failed)?;
    }
    while journal.fold(DAY.plus_days(1), FOLD_PAIRS).map_err(failed)? > 0 {}
    drop((journal, records));
    Ok(written_bytes()? - before)
}

fn day_synced(path: &Path, facts: &[Fact], batch: usize) -> Result<f64, String> {
    let bytes = records(facts);
    let before = written_bytes()?;
    let mut file = File::create(path).map_err(failed)?;
    for chunk in bytes.chunks(batch * RECORD_BYTES) {
        file.write_all(chunk).and_then(|()| file.sync_data()).map_err(failed)?;
    }
    Ok(written_bytes()? - before)
}

/// Bytes written for one reading at 64 and at 256 in one commit. Nothing of it depends on the time, so that two rounds are plenty.
pub(crate) fn written(span: Span) -> Result<Vec<Measured>, String> {
    let facts = day();
    let each = |bytes: f64| bytes / facts.len() as f64;
    let mut all = Vec::new();
    for batch in [64, 256] {
        let mut measured = Measured::new(format!("written_{batch}"));
        for _ in 0..span.rounds.min(2) {
            let directory = scratch::directory()?;
            let ours = each(day_written(directory.path(), &facts, batch)?);
            measured.add(ours, each(day_synced(&directory.path().join("plain"), &facts, batch)?));
        }
        all.push(measured);
    }
    Ok(all)
}
