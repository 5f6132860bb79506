//! Versioned rows: people, accounts, follows, credentials and the like. Each change of one is also a fact.

use crate::family::{Account, Device, Family, Person};
use crate::id::CredentialId;
use crate::sharing::{Credential, Follow, Invitation};
use crate::source::Source;
use serde::{Deserialize, Serialize};

/// One row, whole; a change replaces it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Row {
    /// A tenant.
    Family(Family),
    /// Whose glucose it is.
    Person(Person),
    /// A human who signs in.
    Account(Account),
    /// A device of an account.
    Device(Device),
    /// A right to see.
    Follow(Follow),
    /// A link that lets somebody in.
    Invitation(Invitation),
    /// What a program presents.
    Credential(Credential),
    /// Where readings come from.
    Source(Source),
}

/// The kind and number by which a row is found again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RowKey {
    /// A letter for the kind.
    pub kind: char,
    /// The id's number.
    pub number: u64,
}

impl RowKey {
    /// The key of a credential, of which only the id is known.
    pub const fn of(credential: CredentialId) -> Self {
        Self { kind: 'k', number: credential.number() }
    }
}

impl Row {
    /// The kind and number by which it is found again.
    pub const fn key(&self) -> RowKey {
        let (kind, number) = match self {
            Self::Family(row) => ('m', row.id.number()),
            Self::Person(row) => ('p', row.id.number()),
            Self::Account(row) => ('a', row.id.number()),
            Self::Device(row) => ('d', row.id.number()),
            Self::Follow(row) => ('f', row.id.number()),
            Self::Invitation(row) => ('i', row.id.number()),
            Self::Credential(row) => ('k', row.id.number()),
            Self::Source(row) => ('s', row.id.number()),
        };
        RowKey { kind, number }
    }
}
