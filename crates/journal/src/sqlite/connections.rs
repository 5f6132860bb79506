//! Connections to one store: a lock that keeps a second program out, one connection that writes, a few that read.
//! In memory there is one connection for all, behind a lock. Nothing here knows a table.

use super::erase::index_changes;
use super::failure::failure;
use super::upgrade::{MIGRATIONS, upgrade};
use crate::error::{Error, ErrorKind};
use rusqlite::Connection;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The store's name in its directory.
const FILE_NAME: &str = "journal.sqlite";
/// Held for as long as a program uses the directory.
const LOCK_NAME: &str = "lock";
/// Limit: reading connections kept for the next question; more are opened when needed and closed after their answer.
const READERS_IDLE_MAX: usize = 2;
/// Limit: page cache of the writer in KiB; what does not fit is read from the file again.
const WRITER_CACHE_KIB: i64 = 2_048;
/// Limit: page cache of one reader in KiB.
const READER_CACHE_KIB: i64 = 512;
/// The log ahead of the store is brought home after so many pages.
const LOG_PAGES: i64 = 1_000;
/// Limit: size of that log after a burst; what is above is cut off once it has been brought home.
const LOG_MAX_BYTES: i64 = 4 << 20;
/// Only a tool from outside can be in the way of a connection; it is waited for so long.
const BUSY_MS: i64 = 2_000;
/// Limit: prepared statements kept by one connection; the oldest makes room.
const STATEMENTS_MAX: usize = 32;

/// Where the store lies.
#[derive(Debug)]
enum Place {
    File { path: PathBuf, idle: Mutex<Vec<Connection>>, _lock: File },
    Memory(Mutex<Connection>),
}

/// The connections to one store; the lock lasts as long as anybody holds this.
#[derive(Debug)]
pub(super) struct Connections {
    place: Place,
}

/// What poisons a lock here is a panic of somebody else; SQLite itself has rolled back.
pub(super) fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Connections {
    /// Opens the store in a directory, which is made if it is not there, and upgrades an older format.
    pub(super) fn open(dir: &Path) -> Result<(Arc<Self>, Connection), Error> {
        std::fs::create_dir_all(dir).map_err(|error| of_io(dir, error))?;
        let lock_path = dir.join(LOCK_NAME);
        let lock = File::options().create(true).truncate(false).write(true).open(&lock_path);
        let lock = lock.map_err(|error| of_io(&lock_path, error))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => Error::new(ErrorKind::Locked, dir.display().to_string()),
            TryLockError::Error(error) => of_io(&lock_path, error),
        })?;
        let path = dir.join(FILE_NAME);
        let mut writer = open_writer(&path)?;
        upgrade(&mut writer, Some(&path), MIGRATIONS)?;
        index_changes(&writer)?;
        let place = Place::File { path, idle: Mutex::new(Vec::new()), _lock: lock };
        Ok((Arc::new(Self { place }), writer))
    }

    /// A store in memory.
    pub(super) fn in_memory() -> Result<Arc<Self>, Error> {
        let mut connection = Connection::open_in_memory().map_err(failure)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
        upgrade(&mut connection, None, MIGRATIONS)?;
        index_changes(&connection)?;
        Ok(Arc::new(Self { place: Place::Memory(Mutex::new(connection)) }))
    }

    /// Writes through the connection in `own`, which is opened when there is none and let go when the deed fails, so that
    /// the next deed begins afresh. In memory there is nothing to open again: the shared connection has rolled back.
    pub(super) fn write<T>(
        &self,
        own: &mut Option<Connection>,
        deed: impl FnOnce(&mut Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        match &self.place {
            Place::Memory(connection) => deed(&mut held(connection)),
            Place::File { path, .. } => {
                let mut connection = match own.take() {
                    Some(connection) => connection,
                    None => open_writer(path)?,
                };
                let answer = deed(&mut connection)?;
                *own = Some(connection);
                Ok(answer)
            }
        }
    }

    /// Asks through a connection that sees one moment of the store for as long as the question lasts.
    pub(super) fn read<T>(&self, question: impl FnOnce(&Connection) -> Result<T, Error>) -> Result<T, Error> {
        match &self.place {
            Place::Memory(connection) => question(&held(connection)),
            Place::File { path, idle, .. } => {
                let kept = held(idle).pop();
                let connection = match kept {
                    Some(connection) => connection,
                    None => open_reader(path)?,
                };
                let moment = connection.unchecked_transaction().map_err(failure)?;
                let answer = question(&moment)?;
                moment.finish().map_err(failure)?;
                let mut idle = held(idle);
                if idle.len() < READERS_IDLE_MAX {
                    idle.push(connection);
                }
                Ok(answer)
            }
        }
    }
}

fn of_io(path: &Path, error: std::io::Error) -> Error {
    let kind = match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => ErrorKind::Full,
        std::io::ErrorKind::ReadOnlyFilesystem | std::io::ErrorKind::PermissionDenied => ErrorKind::ReadOnly,
        _ => ErrorKind::Failing,
    };
    Error::new(kind, path.display().to_string()).because(error)
}

fn opened(path: &Path, settings: &[(&str, i64)]) -> Result<Connection, rusqlite::Error> {
    let connection = Connection::open(path)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    for (name, value) in settings {
        connection.pragma_update(None, name, value)?;
    }
    Ok(connection)
}

fn open_writer(path: &Path) -> Result<Connection, Error> {
    let settings = [
        ("busy_timeout", BUSY_MS),
        ("cache_size", -WRITER_CACHE_KIB),
        ("wal_autocheckpoint", LOG_PAGES),
        ("journal_size_limit", LOG_MAX_BYTES),
        ("synchronous", 2),   // FULL: a commit is on the disk before it returns (P1)
        ("secure_delete", 1), // what is forgotten is overwritten (P11)
    ];
    let connection = opened(path, &settings).map_err(failure)?;
    connection.pragma_update(None, "journal_mode", "WAL").map_err(failure)?;
    Ok(connection)
}

fn open_reader(path: &Path) -> Result<Connection, Error> {
    let settings = [("busy_timeout", BUSY_MS), ("cache_size", -READER_CACHE_KIB), ("query_only", 1)];
    opened(path, &settings).map_err(failure)
}
