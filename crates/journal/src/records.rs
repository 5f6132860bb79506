//! The contract of the records: what can be asked of the journal.

use crate::error::Error;
use keepwatch_model::fact::{Entry, Seq};
use keepwatch_model::id::PersonId;
use keepwatch_model::reading::{MeterCheck, Reading, ReadingKey};
use keepwatch_model::row::Row;
use keepwatch_model::time::Timestamp;

/// Limit: entries in one page of [`Records::entries`].
pub const ENTRIES_MAX_PER_PAGE: usize = 4_096;

/// What one person's records hold of a stretch of time, each kind ascending by place, corrections and withdrawals
/// applied, each key once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stretch {
    /// Readings of all sources.
    pub readings: Vec<Reading>,
    /// Manual meter readings.
    pub meter_checks: Vec<MeterCheck>,
    /// Keys that were withdrawn and not brought back.
    pub withdrawn: Vec<ReadingKey>,
}

/// Whose entries to follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everyone's.
    Everyone,
    /// One person's.
    Person(PersonId),
}

/// What can be asked. Many may ask at once, also while the journal is being written; calls block on the disk.
pub trait Records: Send + Sync {
    /// The place up to which everything asked here is complete.
    fn horizon(&self) -> Result<Seq, Error>;

    /// All versioned rows as they stand.
    fn rows(&self) -> Result<Vec<Row>, Error>;

    /// The entries after `after`, in order, at most `limit` (and at most [`ENTRIES_MAX_PER_PAGE`]).
    fn entries(&self, scope: Scope, after: Seq, limit: usize) -> Result<Vec<Entry>, Error>;

    /// Visits, in order, the entries recorded at or after `since`; returns the horizon at that time.
    /// This is how the live window is rebuilt at start.
    fn recorded_since(&self, since: Timestamp, visit: &mut dyn FnMut(Entry)) -> Result<Seq, Error>;

    /// What is known of one person with a place in `from..until`.
    fn stretch(&self, person: PersonId, from: Timestamp, until: Timestamp) -> Result<Stretch, Error>;

    /// The newest reading of one person, however old, among all sources; for each source its newest.
    fn newest(&self, person: PersonId) -> Result<Vec<Reading>, Error>;

    /// Visits what [`Records::newest`] says of everyone, in no order: one pass for all, where asking for each would go over
    /// the unfolded part of the journal again and again. A person whose records are damaged is passed over.
    fn newest_of_all(&self, visit: &mut dyn FnMut(Reading)) -> Result<(), Error>;
}
