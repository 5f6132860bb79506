//! Any store, made slow, full, read-only, torn or dead on request: for tests and simulated nights. It invents no fact and
//! changes none, and it waits by the sleeper that it is given, never by a clock of its own.

use crate::error::{Error, ErrorKind};
use crate::journal::Journal;
use crate::records::{Records, Scope, Stretch};
use keepwatch_model::fact::{Entry, Fact, Seq};
use keepwatch_model::id::PersonId;
use keepwatch_model::reading::Reading;
use keepwatch_model::row::Row;
use keepwatch_model::time::{Day, Timestamp};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// What is wrong with a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Writing fails because there is no room; reading goes on.
    Full,
    /// Writing fails because the store may only be read; reading goes on.
    ReadOnly,
    /// What is appended is kept, but the answer is a failure; reading goes on.
    Torn,
    /// Nothing works.
    Dead,
}

/// Waits for so many milliseconds, really or not.
pub type Sleep = dyn Fn(u64) + Send + Sync;

#[derive(Default)]
struct State {
    fault: Option<Fault>,
    slow_ms: u64,
}

/// The shared handle by which a store is told to fail and to heal.
#[derive(Clone)]
pub struct Faults {
    state: Arc<Mutex<State>>,
    sleep: Arc<Sleep>,
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (fault, slow_ms) = self.now();
        f.debug_struct("Faults").field("fault", &fault).field("slow_ms", &slow_ms).finish_non_exhaustive()
    }
}

impl Faults {
    /// From now on this is wrong, in the place of what was wrong before.
    pub fn fail(&self, fault: Fault) {
        self.with(|state| state.fault = Some(fault));
    }

    /// From now on every write takes so many milliseconds longer, whether it succeeds or not; 0 makes it fast again.
    pub fn slow(&self, ms: u64) {
        self.with(|state| state.slow_ms = ms);
    }

    /// From now on nothing is wrong.
    pub fn heal(&self) {
        self.with(|state| *state = State::default());
    }

    fn with<T>(&self, deed: impl FnOnce(&mut State) -> T) -> T {
        deed(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn now(&self) -> (Option<Fault>, u64) {
        self.with(|state| (state.fault, state.slow_ms))
    }

    fn write<T>(&self, deed: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        let (fault, slow_ms) = self.now();
        if slow_ms > 0 {
            (self.sleep)(slow_ms);
        }
        match fault {
            None => deed(),
            Some(Fault::Torn) => deed().and(Err(failure(ErrorKind::Failing))),
            Some(Fault::Full) => Err(failure(ErrorKind::Full)),
            Some(Fault::ReadOnly) => Err(failure(ErrorKind::ReadOnly)),
            Some(Fault::Dead) => Err(failure(ErrorKind::Failing)),
        }
    }

    fn read<T>(&self, question: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        if self.now().0 == Some(Fault::Dead) { Err(failure(ErrorKind::Failing)) } else { question() }
    }
}

fn failure(kind: ErrorKind) -> Error {
    Error::new(kind, "the journal").because("a fault on request")
}

/// A journal that fails when told to.
pub struct FaultyJournal {
    inner: Box<dyn Journal>,
    faults: Faults,
}

/// Records that fail when told to.
pub struct FaultyRecords {
    inner: Arc<dyn Records>,
    faults: Faults,
}

/// Wraps a store; it is well until the handle says otherwise.
pub fn faulty(
    journal: Box<dyn Journal>,
    records: Arc<dyn Records>,
    sleep: impl Fn(u64) + Send + Sync + 'static,
) -> (FaultyJournal, FaultyRecords, Faults) {
    let faults = Faults { state: Arc::default(), sleep: Arc::new(sleep) };
    let records = FaultyRecords { inner: records, faults: faults.clone() };
    (FaultyJournal { inner: journal, faults: faults.clone() }, records, faults)
}

impl Journal for FaultyJournal {
    fn append(&mut self, facts: &[Fact], recorded_at: Timestamp) -> Result<Seq, Error> {
        self.faults.write(|| self.inner.append(facts, recorded_at))
    }

    fn fold(&mut self, today: Day, persons_max: usize) -> Result<usize, Error> {
        self.faults.write(|| self.inner.fold(today, persons_max))
    }
}

impl Records for FaultyRecords {
    fn horizon(&self) -> Result<Seq, Error> {
        self.faults.read(|| self.inner.horizon())
    }

    fn rows(&self) -> Result<Vec<Row>, Error> {
        self.faults.read(|| self.inner.rows())
    }

    fn entries(&self, scope: Scope, after: Seq, limit: usize) -> Result<Vec<Entry>, Error> {
        self.faults.read(|| self.inner.entries(scope, after, limit))
    }

    fn recorded_since(&self, since: Timestamp, visit: &mut dyn FnMut(Entry)) -> Result<Seq, Error> {
        self.faults.read(|| self.inner.recorded_since(since, visit))
    }

    fn stretch(&self, person: PersonId, from: Timestamp, until: Timestamp) -> Result<Stretch, Error> {
        self.faults.read(|| self.inner.stretch(person, from, until))
    }

    fn newest(&self, person: PersonId) -> Result<Vec<Reading>, Error> {
        self.faults.read(|| self.inner.newest(person))
    }

    fn newest_of_all(&self, visit: &mut dyn FnMut(Reading)) -> Result<(), Error> {
        self.faults.read(|| self.inner.newest_of_all(visit))
    }
}
