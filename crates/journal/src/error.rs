//! The one error of this room: what kind, about what, and why. Expected outcomes are values, not errors.

use std::error::Error as StdError;
use std::fmt;

/// What kind of failure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// There is no room left on the disk.
    Full,
    /// The store may only be read.
    ReadOnly,
    /// The disk or the store fails for another reason; it may heal.
    Failing,
    /// What was read back is not what was written.
    Corrupt,
    /// A newer release wrote this store.
    Newer,
    /// Another process holds this store.
    Locked,
}

/// A failure of a store.
#[derive(Debug)]
pub struct Error {
    /// What kind.
    pub kind: ErrorKind,
    /// Which file or person.
    pub subject: String,
    /// Why, from below.
    pub cause: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// A failure of `kind` about `subject`.
    pub fn new(kind: ErrorKind, subject: impl Into<String>) -> Self {
        Self { kind, subject: subject.into(), cause: None }
    }

    /// The same, with its cause.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subject = &self.subject;
        match self.kind {
            ErrorKind::Full => write!(f, "could not write to {subject}: the disk is full; free some room"),
            ErrorKind::ReadOnly => {
                write!(f, "could not write to {subject}: it is read-only; check its owner and mount")
            }
            ErrorKind::Failing => write!(f, "could not use {subject}: the store fails; check the disk"),
            ErrorKind::Corrupt => write!(f, "could not read {subject}: it is damaged; restore a backup"),
            ErrorKind::Newer => write!(f, "could not open {subject}: a newer Keepwatch wrote it; install that release"),
            ErrorKind::Locked => write!(f, "could not open {subject}: another Keepwatch uses it; stop that one first"),
        }?;
        self.cause.as_ref().map_or(Ok(()), |cause| write!(f, " ({cause})"))
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.cause.as_deref().map(|cause| cause as &(dyn StdError + 'static))
    }
}
