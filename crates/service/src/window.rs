//! The last 24 hours of every person in memory, at three to four bytes a reading; every glance is answered here.
//! Bounded by time, not by count. The newest reading of each source stays, however old.

mod packed;
mod person;

use keepwatch_model::id::{PersonId, SourceId};
use keepwatch_model::time::{HOUR_MS, Timestamp};
pub use person::{Found, PersonWindow, SourceState};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

/// The window reaches back so far.
pub const WINDOW_MS: i64 = 24 * HOUR_MS;
/// People are spread over so many locks, so that a glance rarely waits.
const SHARDS: usize = 64;

/// Which reading: its source, the time that it claims, and its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Where it came from.
    pub source: SourceId,
    /// The sensor's moment as claimed.
    pub measured_at: Timestamp,
    /// Where in time it stands.
    pub place: Timestamp,
}

/// One lock's share of the people.
type Shard = HashMap<PersonId, Box<PersonWindow>>;

/// Every person's window.
#[derive(Debug)]
pub struct Window {
    shards: Vec<Mutex<Shard>>,
}

impl Default for Window {
    fn default() -> Self {
        Self { shards: (0..SHARDS).map(|_| Mutex::default()).collect() }
    }
}

impl Window {
    fn shard(&self, person: PersonId) -> MutexGuard<'_, Shard> {
        self.shards[person.number() as usize % SHARDS].lock().expect("no holder panics")
    }

    /// What `read` sees of a person's window; `None` when nothing was ever heard of her.
    pub fn read<T>(&self, person: PersonId, read: impl FnOnce(&PersonWindow) -> T) -> Option<T> {
        self.shard(person).get(&person).map(|window| read(window))
    }

    /// Lets `write` change a person's window, which is made if she has none.
    pub fn write<T>(&self, person: PersonId, write: impl FnOnce(&mut PersonWindow) -> T) -> T {
        write(self.shard(person).entry(person).or_default())
    }

    /// Forgets a person.
    pub fn forget(&self, person: PersonId) {
        self.shard(person).remove(&person);
    }
}
