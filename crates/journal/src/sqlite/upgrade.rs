//! The format of a journal, and the way from an older one to ours: copied beside first, then one step after another.
//! A newer one is left as it is.

use super::failure::failure;
use crate::error::{Error, ErrorKind};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};
use std::path::Path;

/// The steps from nothing to the format of this release, in order; the format is the number of steps taken.
pub(super) const MIGRATIONS: &[&str] = &[include_str!("migrations/0001_begin.sql")];

/// The format of what stands in the file; 0 when nothing does.
fn format(connection: &Connection) -> Result<usize, rusqlite::Error> {
    let table = "SELECT 1 FROM sqlite_schema WHERE name = 'meta'";
    if connection.query_row(table, [], |_| Ok(())).optional()?.is_none() {
        return Ok(0);
    }
    let format = "SELECT value FROM meta WHERE name = 'format'";
    connection.query_row(format, [], |row| row.get::<_, i64>(0)).map(|format| usize::try_from(format).unwrap_or(0))
}

/// Brings the store to the format that `migrations` lead to. Before anything of an older format is touched, the whole file
/// is copied beside `file` under its format's number; a copy that an interrupted upgrade left behind is made anew.
pub(super) fn upgrade(connection: &mut Connection, file: Option<&Path>, migrations: &[&str]) -> Result<(), Error> {
    let found = format(connection).map_err(failure)?;
    if found > migrations.len() {
        return Err(Error::new(ErrorKind::Newer, "the journal").because(format!("its format is {found}")));
    }
    if found == migrations.len() {
        return Ok(());
    }
    if let (Some(file), true) = (file, found > 0) {
        let copy = file.with_extension(format!("before-format-{}.sqlite", found + 1));
        match std::fs::remove_file(&copy) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::new(ErrorKind::Failing, copy.display().to_string()).because(error));
            }
            Ok(()) | Err(_) => {}
        }
        connection.execute("VACUUM INTO ?1", [copy.to_string_lossy()]).map_err(failure)?;
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failure)?;
    for step in &migrations[found..] {
        transaction.execute_batch(step).map_err(failure)?;
    }
    let format = "INSERT INTO meta VALUES ('format', ?1) ON CONFLICT DO UPDATE SET value = excluded.value";
    transaction.execute(format, [migrations.len() as i64]).map_err(failure)?;
    transaction.commit().map_err(failure)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEXT: &str = "CREATE TABLE next (x INTEGER);";

    #[test]
    fn an_older_format_is_copied_and_then_upgraded() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("journal.sqlite");
        let mut connection = Connection::open(&file).expect("a store");
        upgrade(&mut connection, Some(&file), MIGRATIONS).expect("the first format");
        assert_eq!(std::fs::read_dir(dir.path()).expect("readable").count(), 1, "nothing was there to copy");
        let longer: Vec<&str> = MIGRATIONS.iter().copied().chain([NEXT]).collect();
        upgrade(&mut connection, Some(&file), &longer).expect("the next format");
        assert_eq!(format(&connection).expect("a format"), longer.len());
        let copy = Connection::open(dir.path().join("journal.before-format-2.sqlite")).expect("the copy");
        assert_eq!(format(&copy).expect("a format"), MIGRATIONS.len());
    }

    #[test]
    fn a_newer_format_is_left_alone() {
        let mut connection = Connection::open_in_memory().expect("a store");
        upgrade(&mut connection, None, &[MIGRATIONS[0], NEXT]).expect("a newer release");
        let error = upgrade(&mut connection, None, MIGRATIONS).expect_err("refused");
        assert_eq!(error.kind, ErrorKind::Newer);
    }

    #[test]
    fn a_step_that_fails_leaves_the_older_format_whole() {
        let mut connection = Connection::open_in_memory().expect("a store");
        upgrade(&mut connection, None, MIGRATIONS).expect("the first format");
        upgrade(&mut connection, None, &[MIGRATIONS[0], NEXT, "no query"]).expect_err("a broken step");
        assert_eq!(format(&connection).expect("a format"), MIGRATIONS.len());
        upgrade(&mut connection, None, &[MIGRATIONS[0], NEXT]).expect("the table of the first try is not there");
    }
}
