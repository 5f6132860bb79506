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
        key: dir.key(&SystemChance)?,
    };
    Service::start(parts).map(Some).map_err(|error| Failure::fault(error.to_string()))
}
