//! A service on a data directory: the key, the journal and the rooms above it, opened and closed in order. The journal's own lock
//! makes whoever holds one the only writer of the directory.

use crate::data_dir::DataDir;
use crate::failure::Failure;
use keepwatch_journal::error::ErrorKind;
use keepwatch_journal::sqlite::Store;
use keepwatch_service::Service;
use keepwatch_service::clock::{SystemChance, SystemClock};
use keepwatch_service::service::Parts;
use std::sync::Arc;

/// Opens the journal of `dir` and starts the service; `None` while somebody else holds the journal.
/// Must be called within a runtime.
pub(crate) fn start(dir: &DataDir) -> Result<Option<Service>, Failure> {
    dir.check_key()?;
    dir.prepare_journal()?;
    // Before the journal has any content: a journal without its key is refused, so a crash between the two must find the key.
    let key = dir.key(&SystemChance)?;
    let (journal, records) = match Store::open(dir.path()) {
        Ok(store) => store,
        Err(error) if error.kind == ErrorKind::Locked => return Ok(None),
        Err(error) => return Err(Failure::fault(error.to_string())),
    };
    let parts = Parts {
        journal: Box::new(journal),
        records: Arc::new(records),
        clock: Arc::new(SystemClock),
        chance: Arc::new(SystemChance),
        key,
    };
    Service::start(parts).map(Some).map_err(|error| Failure::fault(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_there_before_the_journal_says_anything() {
        let root = tempfile::tempdir().expect("a directory");
        let dir = DataDir::make(&root.path().join("keepwatch")).expect("made");
        // Another program holds the journal, so that nothing is written into it here.
        let lock = std::fs::File::create(dir.path().join("lock")).expect("a lock");
        lock.try_lock().expect("held");
        assert!(start(&dir).expect("no failure").is_none());
        assert_eq!(dir.journal().metadata().expect("prepared").len(), 0);
        assert!(dir.existing_key().expect("readable").is_some(), "a crash from here on finds the key");
    }
}
