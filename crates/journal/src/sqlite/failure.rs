//! What SQLite's codes mean in this room's one error. It sorts; it never retries.

use crate::error::{Error, ErrorKind};
use rusqlite::ErrorCode;

/// The kind of a failure that SQLite reports.
fn kind_of(error: &rusqlite::Error) -> ErrorKind {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => ErrorKind::Full,
        Some(ErrorCode::ReadOnly) => ErrorKind::ReadOnly,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => ErrorKind::Corrupt,
        Some(_) => ErrorKind::Failing,
        None => match error {
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..) => ErrorKind::Corrupt,
            _ => ErrorKind::Failing,
        },
    }
}

/// A failure of the journal, from SQLite.
pub(super) fn failure(error: rusqlite::Error) -> Error {
    Error::new(kind_of(&error), "the journal").because(error)
}

/// What was read back is not what was written.
pub(super) fn corrupt(subject: impl Into<String>) -> Error {
    Error::new(ErrorKind::Corrupt, subject)
}
