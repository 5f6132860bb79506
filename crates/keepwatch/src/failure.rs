//! Why a command could not do its work: one to three plain sentences, and the exit code that goes with them.

use std::fmt;
use std::process::ExitCode;

/// A command that could not do its work.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: Kind,
    sentence: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// It was asked in a way that cannot be answered.
    Usage,
    /// It was asked well and did not succeed.
    Fault,
}

impl Failure {
    /// The request itself cannot be answered: exit code 2, as for any error on the command line.
    pub(crate) fn usage(sentence: impl Into<String>) -> Self {
        Self { kind: Kind::Usage, sentence: sentence.into() }
    }

    /// The request was good; doing it failed: exit code 1.
    pub(crate) fn fault(sentence: impl Into<String>) -> Self {
        Self { kind: Kind::Fault, sentence: sentence.into() }
    }

    /// The exit code of the command.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self.kind {
            Kind::Usage => ExitCode::from(2),
            Kind::Fault => ExitCode::from(1),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl std::error::Error for Failure {}
