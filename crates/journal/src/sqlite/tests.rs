//! What only the store itself can show: its files, its failures and what it derives. What every store must do is in the suite.

use super::*;
use crate::error::ErrorKind;
use crate::journal::Journal;
use crate::records::{Records, Stretch};
use crate::suite::{self, Pair};
use keepwatch_model::fact::{Fact, Seq};
use keepwatch_model::glucose::{MgDl, SensorGlucose};
use keepwatch_model::id::{PersonId, SourceId};
use keepwatch_model::reading::{MeterCheck, Reading};
use keepwatch_model::time::{Day, HOUR_MS, Timestamp};
use rusqlite::Connection;

const FIRST: Day = Day::from_number(20_400);
const ADA: PersonId = PersonId::from_random(0x5eed_ada0_5eed_ada0);
const BEN: PersonId = PersonId::from_random(2);

fn hour(hours: i64) -> Timestamp {
    FIRST.start().plus_ms(hours * HOUR_MS)
}

fn reading(person: PersonId, hours: i64) -> Fact {
    let at = hour(hours);
    Fact::ReadingTaken(Reading {
        person,
        source: SourceId::from_random(person.number() + 100),
        measured_at: at,
        received_at: at,
        place: at,
        glucose: SensorGlucose::Measured(MgDl::from_tenths(1_000 + hours as u16)),
        trend: None,
        foreign: Some(format!("{{\"note\":\"mimosa {person}\"}}").into()),
    })
}

fn check(person: PersonId, hours: i64) -> Fact {
    let by = format!("mimosa {person}");
    Fact::MeterChecked(MeterCheck { person, at: hour(hours), mg_dl: MgDl::from_tenths(1_120), by, note: None })
}

fn known(records: &SqliteRecords, person: PersonId) -> (Stretch, Vec<Reading>) {
    let stretch = records.stretch(person, hour(-1_000), hour(1_000)).expect("readable");
    (stretch, records.newest(person).expect("readable"))
}

/// A journal with all that can be: sealed days, late entries in blocks and not, live ones of today.
fn filled(journal: &mut SqliteJournal) {
    let appends: [(&[Fact], i64); 5] = [
        (&[reading(ADA, 8), reading(BEN, 8), check(ADA, 9)], 9),
        (&[reading(ADA, 30), reading(ADA, 10)], 30),
        (&[reading(ADA, 55), reading(BEN, 54)], 55),
        (&[reading(ADA, 11), reading(BEN, 31), check(ADA, 12)], 56),
        (&[reading(ADA, 80)], 80),
    ];
    for (facts, hours) in appends {
        journal.append(facts, hour(hours)).expect("writable");
        if hours < 56 {
            while journal.fold(hour(hours).day(), 1).expect("writable") > 0 {}
        }
    }
}

#[test]
fn sweeps_that_reach_little_pass_the_suite() {
    let make = || -> Pair {
        let (journal, records) = Store::in_memory().expect("a store");
        (Box::new(journal.reaching(16, 10)), Arc::new(records))
    };
    suite::run(&make);
    suite::folding_changes_nothing(&make, 100..120);
}

/// The fold horizon, the newest blocks and the marks of late entries.
fn derived(store: &Connection) -> (i64, i64, Vec<Option<i64>>) {
    let number = |query| store.query_row(query, [], |row| row.get(0)).expect("a number");
    let mut late = store.prepare("SELECT late_day FROM entry ORDER BY seq").expect("a query");
    let late = late.query_map([], |row| row.get(0)).and_then(Iterator::collect).expect("rows");
    let newest = "SELECT coalesce(sum(day * 1000 + person % 100), 0) FROM newest";
    (number("SELECT value FROM meta WHERE name = 'fold_horizon'"), number(newest), late)
}

#[test]
fn what_is_derived_can_be_thrown_away() {
    let dir = tempfile::tempdir().expect("a directory");
    let (mut journal, records) = Store::open(dir.path()).expect("a store");
    filled(&mut journal);
    let known_before = (known(&records, ADA), known(&records, BEN));
    let right = derived(journal.own());
    assert!(right.2.contains(&Some(0)) && right.2.iter().any(|day| day.is_some_and(|day| day > 0)));
    let ruin = "UPDATE entry SET late_day = seq % 3; DELETE FROM newest; \
                UPDATE meta SET value = 99 WHERE name = 'fold_horizon'";
    journal.own().execute_batch(ruin).expect("ruined");
    assert_ne!(derived(journal.own()), right);
    journal.rebuild().expect("rebuilt");
    assert_eq!(derived(journal.own()), right);
    assert_eq!((known(&records, ADA), known(&records, BEN)), known_before);
}

fn holds(dir: &Path, text: &[u8]) -> bool {
    let files = std::fs::read_dir(dir).expect("readable").map(|file| file.expect("a file").path());
    files
        .map(|file| std::fs::read(file).expect("readable"))
        .any(|bytes| bytes.windows(text.len()).any(|part| part == text))
}

#[test]
fn what_is_forgotten_is_nowhere_in_the_files() {
    let dir = tempfile::tempdir().expect("a directory");
    let (mut journal, records) = Store::open(dir.path()).expect("a store");
    filled(&mut journal);
    let marks = [ADA, BEN].map(|person| format!("mimosa {person}").into_bytes());
    assert!(holds(dir.path(), &marks[0]));
    journal.append(&[Fact::PersonForgotten(ADA)], hour(81)).expect("writable");
    assert!(!holds(dir.path(), &marks[0]), "nothing of hers is left, in the store or in the log ahead of it");
    assert!(holds(dir.path(), &marks[1]));
    assert_eq!(known(&records, ADA), (Stretch::default(), Vec::new()));
}

#[test]
fn nothing_said_of_who_is_gone_is_left_in_the_files() {
    let dir = tempfile::tempdir().expect("a directory");
    let (mut journal, _records) = Store::open(dir.path()).expect("a store");
    // Many others around her, and changes over changes, so that pages split and rows move.
    let gone = suite::household(999, "Mimosa");
    for number in 0..200 {
        let others = suite::household(number, &format!("Ben {number}"));
        let rows = others.iter().chain(gone.iter().filter(|_| number % 40 == 0));
        let facts: Vec<Fact> = rows.cloned().map(|row| Fact::Changed(Box::new(row))).collect();
        journal.append(&facts, hour(number as i64)).expect("writable");
    }
    assert!(holds(dir.path(), b"Mimosa") && holds(dir.path(), b"hash of Mimosa earlier"));
    journal.append(&[Fact::Removed(gone[0].key())], hour(300)).expect("writable");
    let mut end: Vec<Fact> = gone[1..].iter().map(|row| Fact::Removed(row.key())).collect();
    end.push(Fact::PersonForgotten(ADA));
    journal.append(&end, hour(301)).expect("writable");
    assert!(!holds(dir.path(), b"Mimosa"), "neither names nor hashes, in the store or in the log ahead of it");
    assert!(holds(dir.path(), b"hash of Ben 7 token"));
}

#[test]
fn a_damaged_day_of_one_person_is_told_once_and_stops_nobody_else() {
    let dir = tempfile::tempdir().expect("a directory");
    let (mut journal, records) = Store::open(dir.path()).expect("a store");
    filled(&mut journal);
    let ruin = "UPDATE day SET readings = x'ff' WHERE person = ?1";
    journal.own().execute(ruin, [ADA.number() as i64]).expect("ruined");
    // Late entries for damaged days of hers and whole days of his, and a live day after.
    journal
        .append(&[reading(ADA, 12), reading(BEN, 12), reading(ADA, 34), reading(BEN, 34)], hour(82))
        .expect("writable");
    let today = FIRST.plus_days(5);
    let mut told = Vec::new();
    for _ in 0..100 {
        match journal.fold(today, 2) {
            Ok(0) => break,
            Ok(_) => {}
            Err(error) => told.push((error.kind, error.subject)),
        }
    }
    let days = [0, 1].map(|days| (ErrorKind::Corrupt, format!("day {} of {ADA}", FIRST.plus_days(days).number())));
    assert_eq!(told, days, "each once");
    assert_eq!(journal.fold(today, 2).ok(), Some(0), "and it comes to its end");
    let folded = "SELECT count(*) FROM entry LEFT JOIN origin ON number = origin WHERE late_day <> 0 AND person = ?1";
    let left = |person: PersonId| -> i64 {
        journal.own().query_row(folded, [person.number() as i64], |row| row.get(0)).expect("a count")
    };
    assert_eq!((left(BEN), left(ADA) > 0), (0, true));
    assert_eq!(known(&records, BEN).0.readings.len(), 5);
    let mut of_all = Vec::new();
    records.newest_of_all(&mut |reading| of_all.push(reading)).expect("hers is not everybody's loss");
    assert!(of_all.iter().any(|reading| reading.person == BEN));
}

#[test]
fn a_second_program_is_kept_out() {
    let dir = tempfile::tempdir().expect("a directory");
    let (journal, records) = Store::open(dir.path()).expect("a store");
    assert_eq!(Store::open(dir.path()).map(|_| ()).map_err(|error| error.kind), Err(ErrorKind::Locked));
    drop(journal);
    assert!(Store::open(dir.path()).is_err(), "who asks holds the store too");
    drop(records);
    Store::open(dir.path()).expect("free again");
}

#[test]
fn what_is_no_store_or_a_newer_one_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("journal.sqlite");
    drop(Store::open(dir.path()).expect("a store"));
    let newer = format!("UPDATE meta SET value = {} WHERE name = 'format'", FORMAT + 1);
    Connection::open(&file).and_then(|store| store.execute_batch(&newer)).expect("a newer store");
    assert_eq!(Store::open(dir.path()).map(|_| ()).map_err(|error| error.kind), Err(ErrorKind::Newer));
    std::fs::write(&file, vec![7; 9_000]).expect("writable");
    assert_eq!(Store::open(dir.path()).map(|_| ()).map_err(|error| error.kind), Err(ErrorKind::Corrupt));
}

#[test]
fn a_disk_that_fills_or_cannot_be_written_is_named_and_heals() {
    let dir = tempfile::tempdir().expect("a directory");
    let (mut journal, records) = Store::open(dir.path()).expect("a store");
    journal.append(&[reading(ADA, 8)], hour(8)).expect("writable");
    for (ruin, kind) in [("PRAGMA max_page_count = 1", ErrorKind::Full), ("PRAGMA query_only = 1", ErrorKind::ReadOnly)]
    {
        journal.own().query_row(ruin, [], |_| Ok(())).ok();
        let before = known(&records, ADA);
        let many: Vec<Fact> = (0..4_000).map(|_| reading(ADA, 9)).collect();
        assert_eq!(journal.append(&many, hour(9)).map_err(|error| error.kind), Err(kind));
        assert_eq!(known(&records, ADA), before, "none of the facts is there, and who asks is answered");
        let next = records.horizon().expect("readable").0 + 1;
        assert_eq!(journal.append(&[reading(ADA, 10)], hour(10)).expect("healed"), Seq(next));
    }
}

#[test]
fn a_store_that_is_opened_again_goes_on() {
    let dir = tempfile::tempdir().expect("a directory");
    let (mut journal, records) = Store::open(dir.path()).expect("a store");
    filled(&mut journal);
    let before = known(&records, ADA);
    let end = records.horizon().expect("readable");
    drop((journal, records));
    let (mut journal, records) = Store::open(dir.path()).expect("a store");
    assert_eq!(known(&records, ADA), before);
    assert_eq!(journal.append(&[reading(ADA, 81)], hour(81)).expect("writable"), Seq(end.0 + 1));
}

#[test]
fn who_asks_while_days_are_folded_sees_no_seam() {
    let dir = tempfile::tempdir().expect("a directory");
    let (journal, records) = Store::open(dir.path()).expect("a store");
    let mut journal = journal.reaching(8, 4);
    for day in 0..12 {
        let facts: Vec<Fact> = (0..24).flat_map(|h| [reading(ADA, day * 24 + h), reading(BEN, day * 24 + h)]).collect();
        journal.append(&facts, hour(day * 24 + 23)).expect("writable");
    }
    let ask = || {
        for person in [ADA, BEN] {
            let (stretch, newest) = known(&records, person);
            assert_eq!(stretch.readings.len(), 12 * 24);
            assert_eq!(newest.first().map(|reading| reading.place), Some(hour(12 * 24 - 1)));
        }
    };
    std::thread::scope(|scope| {
        let folding = scope.spawn(move || while journal.fold(FIRST.plus_days(12), 1).expect("writable") > 0 {});
        let asking = scope.spawn(|| (0..40).for_each(|_| ask()));
        while !folding.is_finished() {
            ask();
        }
        asking.join().expect("asked");
    });
}

#[test]
fn entries_can_be_read_with_any_tool() {
    let dir = tempfile::tempdir().expect("a directory");
    let (mut journal, _records) = Store::open(dir.path()).expect("a store");
    journal.append(&[reading(ADA, 8)], hour(9)).expect("writable");
    let select = "SELECT what || ' ' || place || ' ' || recorded || ' ' || mg_dl FROM entry_readable";
    let line: String = journal.own().query_row(select, [], |row| row.get(0)).expect("a line");
    assert_eq!(line, "taken 2025-11-08T08:00:00.000Z 2025-11-08T09:00:00.000Z 100.8");
}
