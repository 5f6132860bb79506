//! What we said yes to survives us (P1): a program that appends is killed in the middle of its work, again and again, and
//! everything that it had said yes to is there.

use keepwatch_journal::journal::Journal;
use keepwatch_journal::records::{Records, Scope};
use keepwatch_journal::sqlite::Store;
use keepwatch_model::fact::{Fact, Seq};
use keepwatch_model::glucose::{MgDl, SensorGlucose};
use keepwatch_model::id::{PersonId, SourceId};
use keepwatch_model::reading::Reading;
use keepwatch_model::time::{Day, HOUR_MS, MINUTE_MS, Timestamp};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

const FIRST: Day = Day::from_number(20_400);
/// How often the program is killed.
const KILLS: u64 = 8;

/// The fact that stands at a place of this journal: whoever knows the place knows the fact.
fn fact_at(seq: u64) -> Fact {
    let place = FIRST.start().plus_ms(seq as i64 * MINUTE_MS);
    Fact::ReadingTaken(Reading {
        person: PersonId::from_random(seq % 5),
        source: SourceId::from_random(seq % 5 + 10),
        measured_at: place,
        received_at: place.plus_ms(3_000),
        place,
        glucose: SensorGlucose::Measured(MgDl::from_tenths(400 + (seq * 7 % 3_000) as u16)),
        trend: None,
        foreign: None,
    })
}

fn recorded_at(seq: u64) -> Timestamp {
    FIRST.start().plus_ms(seq as i64 * MINUTE_MS)
}

/// How many facts the append has that begins at a place.
fn batch(first: u64) -> u64 {
    1 + first * 13 % 40
}

/// The program that is killed: this test, started by the other one with a directory as its last argument. Started in any
/// other way it has nothing to do.
#[test]
fn the_program_that_appends_until_it_is_killed() {
    let directory = std::env::args().next_back().filter(|argument| Path::new(argument).join("begin").exists());
    let Some(directory) = directory else { return };
    let (mut journal, records) = Store::open(Path::new(&directory)).expect("a store");
    let mut next = records.horizon().expect("readable").0 + 1;
    loop {
        let facts: Vec<Fact> = (next..next + batch(next)).map(fact_at).collect();
        let first = journal.append(&facts, recorded_at(next)).expect("writable");
        let mut out = std::io::stdout().lock();
        writeln!(out, "yes {} {}", first.0, facts.len()).and_then(|()| out.flush()).expect("a reader");
        next += batch(next);
        journal.fold(recorded_at(next).day(), 2).expect("writable");
    }
}

/// Starts the program, hears a few yeses, kills it; returns what it said yes to, as (first, count).
fn killed_after(directory: &Path, yeses: usize) -> Vec<(u64, u64)> {
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "the_program_that_appends_until_it_is_killed", "--nocapture"])
        .arg(directory)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("started");
    let mut lines = BufReader::new(child.stdout.take().expect("its words")).lines();
    let said = |line: String| {
        let rest = line.split_once("yes ")?.1.split_once(' ')?;
        Some((rest.0.parse().ok()?, rest.1.parse().ok()?))
    };
    let mut heard: Vec<(u64, u64)> = Vec::new();
    while heard.len() < yeses {
        let line = lines.next().expect("it goes on until it is killed").expect("text");
        heard.extend(said(line));
    }
    child.kill().expect("killed");
    child.wait().expect("gone");
    // What it said between the last word we heard and its end counts too. A line that was cut short was no yes.
    heard.extend(lines.map_while(Result::ok).filter_map(said));
    heard
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("begin"), "").expect("writable");
    let mut yes: Vec<(u64, u64)> = Vec::new();
    for kill in 0..KILLS {
        yes.extend(killed_after(dir.path(), 1 + (kill * 7 % 30) as usize));
        let (_journal, records) = Store::open(dir.path()).expect("a store opens after a kill");
        let horizon = records.horizon().expect("readable").0;
        let end = yes.last().map_or(0, |(first, count)| first + count - 1);
        assert!(horizon >= end, "said yes up to {end}, found up to {horizon}");
        let mut after = Seq(0);
        let mut expected = 1;
        while after.0 < horizon {
            for entry in records.entries(Scope::Everyone, after, 1_000).expect("readable") {
                assert_eq!((entry.seq, entry.fact), (Seq(expected), fact_at(expected)));
                after = entry.seq;
                expected += 1;
            }
        }
        let whole = (0..).scan(1, |first, _| {
            *first += batch(*first);
            Some(*first - 1)
        });
        assert!(
            whole.take_while(|last| *last <= horizon).any(|last| last == horizon),
            "an append is whole or not at all"
        );
    }
    every_reading_is_found(dir.path());
}

fn every_reading_is_found(dir: &Path) {
    let (mut journal, records) = Store::open(dir).expect("a store");
    let horizon = records.horizon().expect("readable").0;
    let count = || -> usize {
        let until = recorded_at(horizon).plus_ms(HOUR_MS);
        let of = |person| records.stretch(PersonId::from_random(person), FIRST.start(), until).expect("readable");
        (0..5).map(|person| of(person).readings.len()).sum()
    };
    assert_eq!(count() as u64, horizon);
    while journal.fold(recorded_at(horizon).day().plus_days(1), 50).expect("writable") > 0 {}
    assert_eq!(count() as u64, horizon);
}
