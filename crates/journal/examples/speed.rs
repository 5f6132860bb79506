//! How fast and how sparing the store is, beside a plain file with the same batches in the same run. It prints a table and
//! one JSON line for each row. Run it in release: `cargo run --release -p keepwatch-journal --example speed`.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measurement asks the clock and prints what it found"
)]

use keepwatch_journal::journal::Journal;
use keepwatch_journal::records::Records;
use keepwatch_journal::sqlite::{SqliteJournal, SqliteRecords, Store};
use keepwatch_model::fact::Fact;
use keepwatch_model::glucose::{MgDl, SensorGlucose};
use keepwatch_model::id::{PersonId, SourceId};
use keepwatch_model::reading::Reading;
use keepwatch_model::time::{DAY_MS, Day, MINUTE_MS, Timestamp};
use keepwatch_model::trend::TrendArrow;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

/// Rounds of store and plain file in turn; the medians are compared.
const ROUNDS: usize = 7;
/// How long one side of a round writes.
const ROUND: Duration = Duration::from_millis(800);
/// Person, time and value as plain bytes.
const PLAIN_BYTES: usize = 28;
/// People whose whole day is written where bytes are counted.
const PEOPLE: u64 = 500;
const FIRST: Day = Day::from_number(20_400);

/// A crowd whose readings come in one after another, spread over their five minutes.
struct Crowd {
    people: u64,
    written: u64,
}

impl Crowd {
    fn next(&mut self) -> (Reading, Timestamp) {
        let (beat, whose) = (self.written / self.people, self.written % self.people);
        self.written += 1;
        let number = (whose + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let phase_ms = (number >> 20) % (5 * MINUTE_MS as u64);
        let at = FIRST.start().plus_ms(beat as i64 * 5 * MINUTE_MS);
        let jitter_ms = (number ^ beat.wrapping_mul(0xbf58_476d_1ce4_e5b9)) >> 40 & 1;
        let measured_at = at.plus_ms((phase_ms / 1_000 * 1_000 + jitter_ms * 1_000) as i64);
        let wave = ((beat as f64 / 20.0 + whose as f64).sin() * 500.0) as i64;
        let noise = (number ^ beat.wrapping_mul(0x94d0_49bb_1331_11eb)) >> 44 & 3;
        let reading = Reading {
            person: PersonId::from_random(number),
            source: SourceId::from_random(number.rotate_left(13)),
            measured_at,
            received_at: measured_at.plus_ms(3_000 + (number >> 30 & 2_047) as i64),
            place: measured_at,
            glucose: SensorGlucose::Measured(MgDl::from_tenths(((140 + wave / 10) as u64 + noise) as u16 * 10)),
            trend: Some(TrendArrow::Flat),
            foreign: None,
        };
        let recorded_at =
            at.plus_ms(self.written.wrapping_sub(1) as i64 % self.people as i64 * 5 * MINUTE_MS / self.people as i64);
        (reading, recorded_at.max(FIRST.start()))
    }

    fn batch(&mut self, size: usize) -> (Vec<Fact>, Timestamp) {
        let mut recorded_at = FIRST.start();
        let facts = (0..size).map(|_| self.next()).map(|(reading, at)| {
            recorded_at = recorded_at.max(at);
            Fact::ReadingTaken(reading)
        });
        (facts.collect(), recorded_at)
    }
}

fn open(dir: &Path) -> (SqliteJournal, SqliteRecords) {
    Store::open(dir).expect("a store")
}

/// Writes batches until the time is over; returns readings per second.
fn rate(size: usize, mut write: impl FnMut(usize)) -> f64 {
    let begin = Instant::now();
    let mut written = 0;
    while begin.elapsed() < ROUND {
        write(size);
        written += size;
    }
    written as f64 / begin.elapsed().as_secs_f64()
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

fn speed(size: usize) {
    let dir = tempfile::tempdir().expect("a directory");
    let (mut journal, _records) = open(&dir.path().join("store"));
    let mut plain = File::create(dir.path().join("plain")).expect("a file");
    let mut crowd = Crowd { people: 2_000, written: 0 };
    let (mut ours, mut limits) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(rate(size, |size| {
            let (facts, recorded_at) = crowd.batch(size);
            journal.append(&facts, recorded_at).expect("writable");
        }));
        limits.push(rate(size, |size| {
            plain.write_all(&vec![7; size * PLAIN_BYTES]).expect("writable");
            plain.sync_data().expect("writable");
        }));
    }
    let (ours, limit) = (median(ours), median(limits));
    let ratio = ours / limit;
    println!(
        "{size:>4} per commit: {ours:>10.0} durable readings/s, plain file {limit:>10.0}, ratio {ratio:.2} (at least 0.6)"
    );
    println!(
        "{{\"what\":\"store_readings_per_s\",\"per_commit\":{size},\"ours\":{ours:.0},\"limit\":{limit:.0},\"ratio\":{ratio:.3}}}"
    );
}

/// Bytes that this program has sent to the disk.
fn written_bytes() -> u64 {
    let text = std::fs::read_to_string("/proc/self/io").expect("Linux");
    let line = text.lines().find_map(|line| line.strip_prefix("write_bytes: ")).expect("a count");
    line.parse().expect("a number")
}

/// How long a day and the newest reading of somebody take, the first and the second time.
fn ask(records: &SqliteRecords, state: &str) {
    let (reading, _) = Crowd { people: PEOPLE, written: 7 }.next();
    for time in ["first", "second"] {
        let begin = Instant::now();
        let day = records.stretch(reading.person, FIRST.start(), FIRST.end()).expect("readable");
        let stretch = begin.elapsed();
        assert!(day.readings.len() >= 280, "{} readings", day.readings.len());
        let newest = records.newest(reading.person).expect("readable").len();
        let elapsed = begin.elapsed().saturating_sub(stretch);
        println!("     {state}, {time} time: a day in {stretch:.2?}, the newest ({newest}) in {elapsed:.2?}");
    }
}

/// How long everyone's newest readings take at once.
fn ask_all(records: &SqliteRecords, state: &str) {
    let begin = Instant::now();
    let mut newest = 0;
    records.newest_of_all(&mut |_| newest += 1).expect("readable");
    println!("     {state}: everyone's newest ({newest}) in {:.2?}", begin.elapsed());
}

fn bytes(size: usize) {
    let dir = tempfile::tempdir().expect("a directory");
    let total = PEOPLE * 288 / size as u64 * size as u64;
    let batches = total / size as u64;
    let (mut journal, records) = open(&dir.path().join("store"));
    let mut crowd = Crowd { people: PEOPLE, written: 0 };
    let before = written_bytes();
    for _ in 0..batches {
        let (facts, recorded_at) = crowd.batch(size);
        journal.append(&facts, recorded_at).expect("writable");
    }
    let appended = written_bytes();
    ask(&records, "unfolded");
    ask_all(&records, "unfolded");
    let begin = Instant::now();
    let mut longest = Duration::ZERO;
    let mut pairs = 0;
    loop {
        let step = Instant::now();
        let done = journal.fold(FIRST.plus_days(1), 16).expect("writable");
        longest = longest.max(step.elapsed());
        if done == 0 {
            break;
        }
        pairs += done;
    }
    let folding = begin.elapsed();
    ask(&records, "folded");
    ask_all(&records, "folded");
    drop((journal, records));
    let ours = written_bytes();
    let mut plain = File::create(dir.path().join("plain")).expect("a file");
    for _ in 0..batches {
        plain.write_all(&vec![7; size * PLAIN_BYTES]).expect("writable");
        plain.sync_data().expect("writable");
    }
    let per_reading = |bytes: u64| bytes as f64 / total as f64;
    let (append, fold, limit) =
        (per_reading(appended - before), per_reading(ours - appended), per_reading(written_bytes() - ours));
    let ratio = (append + fold) / limit;
    println!(
        "{size:>4} per commit: {append:.1} + folding {fold:.1} bytes a reading, plain file {limit:.1}, ratio {ratio:.2} (at most 4)"
    );
    println!("     folded {pairs} in {folding:.2?}, longest step {longest:.2?}");
    println!(
        "{{\"what\":\"store_bytes_per_reading\",\"per_commit\":{size},\"ours\":{:.1},\"limit\":{limit:.1},\"ratio\":{ratio:.3}}}",
        append + fold
    );
}

fn main() {
    assert_eq!(FIRST.start().as_ms() % DAY_MS, 0);
    for size in [1, 32, 64, 256, 4_096] {
        speed(size);
    }
    for size in [64, 256] {
        bytes(size);
    }
}
