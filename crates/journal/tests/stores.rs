//! Every store passes the suite.

use keepwatch_journal::journal::Journal;
use keepwatch_journal::records::Records;
use keepwatch_journal::sqlite::Store;
use keepwatch_journal::suite::{self, Pair};
use std::cell::RefCell;
use std::sync::Arc;

fn boxed(journal: impl Journal + 'static, records: impl Records + 'static) -> Pair {
    (Box::new(journal), Arc::new(records))
}

#[test]
fn a_store_in_memory() {
    suite::run(&|| {
        let (journal, records) = Store::in_memory().expect("a store");
        boxed(journal, records)
    });
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
