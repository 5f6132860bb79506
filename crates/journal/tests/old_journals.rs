//! A journal that any release has written is read for ever, and says the same as one that is written today.

#[path = "old_journals/facts.rs"]
mod facts;

use facts::{FIRST_DAY, people, write};
use keepwatch_journal::journal::Journal;
use keepwatch_journal::records::{Records, Scope};
use keepwatch_journal::sqlite::{FORMAT, Store};
use keepwatch_model::fact::Seq;
use std::path::{Path, PathBuf};

fn journals() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/journals")
}

fn all_that_is_known(records: &dyn Records) -> String {
    let entries = records.entries(Scope::Everyone, Seq(0), usize::MAX).expect("readable");
    let of = |person| {
        let week = records.stretch(person, FIRST_DAY.start(), FIRST_DAY.plus_days(7).start()).expect("readable");
        (week, records.newest(person).expect("readable"))
    };
    format!("{:#?}", (entries, records.rows().expect("readable"), people().map(of)))
}

#[test]
fn a_journal_of_every_format_is_there() {
    let folders = std::fs::read_dir(journals()).expect("testdata/journals").map(|folder| folder.expect("a folder"));
    let mut formats: Vec<usize> = folders
        .filter(|folder| folder.path().is_dir())
        .map(|folder| folder.file_name().to_string_lossy().parse().expect("a format's number"))
        .collect();
    formats.sort_unstable();
    assert_eq!(formats, (1..=FORMAT).collect::<Vec<_>>(), "write one with the example write_testdata");
}

#[test]
fn a_journal_of_every_format_says_the_same() {
    let (mut today, today_records) = Store::in_memory().expect("a store");
    write(&mut today);
    let expected = all_that_is_known(&today_records);
    for format in 1..=FORMAT {
        let dir = tempfile::tempdir().expect("a directory");
        let old = journals().join(format.to_string()).join("journal.sqlite");
        std::fs::copy(old, dir.path().join("journal.sqlite")).expect("a journal of this format");
        let (mut journal, records) = Store::open(dir.path()).expect("an old journal opens");
        assert_eq!(all_that_is_known(&records), expected, "format {format}");
        while journal.fold(FIRST_DAY.plus_days(9), 8).expect("an old journal folds") > 0 {}
        let newest = records.newest(people()[0]).expect("readable");
        assert_eq!(newest.len(), 1, "format {format}");
    }
}
