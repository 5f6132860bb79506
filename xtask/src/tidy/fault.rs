//! One complaint of tidy: where it is, and a sentence that says what to do.

use std::fmt;

/// A broken rule, with the line to open.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fault {
    /// Path from the top of the repository.
    pub(crate) path: String,
    /// Counted from 1; 0 where the whole file is meant.
    pub(crate) line: usize,
    /// What is wrong, and where it shows, what to do.
    pub(crate) sentence: String,
}

impl Fault {
    /// A fault of one line.
    pub(crate) fn at(path: &str, line: usize, sentence: impl Into<String>) -> Fault {
        Fault { path: path.to_owned(), line, sentence: sentence.into() }
    }

    /// A fault of a whole file.
    pub(crate) fn of(path: &str, sentence: impl Into<String>) -> Fault {
        Fault::at(path, 0, sentence)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            write!(out, "{}: {}", self.path, self.sentence)
        } else {
            write!(out, "{}:{}: {}", self.path, self.line, self.sentence)
        }
    }
}
