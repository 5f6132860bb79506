//! Facts: the sum of all that can happen, and the entry that holds one in the journal.

use crate::id::{PersonId, SourceId};
use crate::reading::{MeterCheck, Reading, ReadingKey, Refusal};
use crate::row::{Row, RowKey};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The place of an entry in the journal; 0 stands before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seq(pub u64);

/// Something that happened; it never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A reading was taken.
    ReadingTaken(Reading),
    /// A reading of a known key was sent again with another value, which now holds.
    ReadingCorrected(Reading),
    /// A reading was withdrawn: a tombstone holds its key.
    ReadingWithdrawn(ReadingKey),
    /// Somebody checked with a meter.
    MeterChecked(MeterCheck),
    /// Readings of a source were refused; the chain reads this.
    ReadingsRefused(Refused),
    /// A row is now as given.
    Changed(Box<Row>),
    /// A row is gone.
    Removed(RowKey),
    /// A person and all that is hers was forgotten.
    PersonForgotten(PersonId),
}

/// Readings of one source that were refused for one reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Whose readings they would have been.
    pub person: PersonId,
    /// Where they came from.
    pub source: SourceId,
    /// Why.
    pub reason: Refusal,
    /// How many in this upload.
    pub count: u32,
    /// When they reached us.
    pub received_at: Timestamp,
}

impl Fact {
    /// The person whom the fact is about, where it is about one person's glucose.
    pub const fn person(&self) -> Option<PersonId> {
        match self {
            Self::ReadingTaken(reading) | Self::ReadingCorrected(reading) => Some(reading.person),
            Self::ReadingWithdrawn(key) => Some(key.person),
            Self::MeterChecked(check) => Some(check.person),
            Self::ReadingsRefused(refused) => Some(refused.person),
            Self::PersonForgotten(person) => Some(*person),
            Self::Changed(_) | Self::Removed(_) => None,
        }
    }
}

/// A fact in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the journal.
    pub seq: Seq,
    /// When it became durable.
    pub recorded_at: Timestamp,
    /// What happened.
    pub fact: Fact,
}
