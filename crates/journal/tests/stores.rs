//! Every store passes the suite, and a store that fails says how and heals.

use keepwatch_journal::error::ErrorKind;
use keepwatch_journal::faulty::{Fault, faulty};
use keepwatch_journal::journal::Journal;
use keepwatch_journal::records::Records;
use keepwatch_journal::sqlite::Store;
use keepwatch_journal::suite::{self, Pair};
use keepwatch_model::fact::{Fact, Seq};
use keepwatch_model::id::PersonId;
use keepwatch_model::time::{Day, Timestamp};
use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const NOW: Timestamp = Timestamp::from_ms(1_764_000_000_000);

fn boxed(journal: impl Journal + 'static, records: impl Records + 'static) -> Pair {
    (Box::new(journal), Arc::new(records))
}

fn in_memory() -> Pair {
    let (journal, records) = Store::in_memory().expect("a store");
    boxed(journal, records)
}

/// Any fact will do here.
fn fact(number: u64) -> Fact {
    Fact::PersonForgotten(PersonId::from_random(number))
}

#[test]
fn a_store_in_memory() {
    suite::run(&in_memory);
    suite::folding_changes_nothing(&in_memory, 3..30);
}

#[test]
fn a_store_in_a_file() {
    let directories = RefCell::new(Vec::new());
    suite::run(&|| {
        let directory = tempfile::tempdir().expect("a directory");
        let (journal, records) = Store::open(directory.path()).expect("a store");
        directories.borrow_mut().push(directory);
        boxed(journal, records)
    });
}

#[test]
fn a_store_that_may_fail_and_does_not() {
    suite::run(&|| {
        let (journal, records) = in_memory();
        let (journal, records, _) = faulty(journal, records, |_| {});
        boxed(journal, records)
    });
}

#[test]
fn a_store_fails_as_it_is_told_and_heals() {
    let (journal, records) = in_memory();
    let (mut journal, records, faults) = faulty(journal, records, |_| {});
    for (fault, kind) in [(Fault::Full, ErrorKind::Full), (Fault::ReadOnly, ErrorKind::ReadOnly)] {
        faults.fail(fault);
        assert_eq!(journal.append(&[fact(1)], NOW).map_err(|error| error.kind), Err(kind));
        assert_eq!(journal.fold(Day::from_number(0), 1).map_err(|error| error.kind), Err(kind));
        assert_eq!(records.horizon().ok(), Some(Seq(0)), "who asks goes on being answered");
    }
    faults.fail(Fault::Dead);
    assert!(journal.append(&[], NOW).is_err() && records.horizon().is_err());
    faults.heal();
    assert_eq!(journal.append(&[fact(1)], NOW).ok(), Some(Seq(1)));
    faults.fail(Fault::Torn);
    assert!(journal.append(&[fact(2)], NOW).is_err());
    assert_eq!(records.horizon().ok(), Some(Seq(2)), "the answer was lost, the fact was not");
}

#[test]
fn a_slow_store_takes_its_time_by_the_clock_it_is_given() {
    let slept = Arc::new(AtomicU64::new(0));
    let (journal, records) = in_memory();
    let clock = Arc::clone(&slept);
    let (mut journal, records, faults) = faulty(journal, records, move |ms| {
        clock.fetch_add(ms, Ordering::Relaxed);
    });
    journal.append(&[fact(1)], NOW).expect("writable");
    faults.slow(20);
    journal.append(&[fact(2)], NOW).expect("writable");
    records.horizon().expect("readable");
    assert_eq!(slept.load(Ordering::Relaxed), 20, "writing is slow, reading is not");
}
