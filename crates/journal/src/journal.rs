//! The contract of a journal: facts in order, durable before we say yes.

use crate::error::Error;
use keepwatch_model::fact::{Fact, Seq};
use keepwatch_model::time::{Day, Timestamp};

/// Limit: facts in one append; the caller leaves the rest for the next one.
pub const FACTS_MAX_PER_APPEND: usize = 4_096;

/// The only thing that is written. One writer holds it; calls block until the disk has answered.
pub trait Journal: Send {
    /// Writes the facts in this order as one transaction and projects the records in the same breath.
    ///
    /// Returns the place of the first; the others follow without a gap. When it returns, all of them are durable;
    /// when it fails, none of them is. An append of no facts is allowed and checks that the store can be written.
    fn append(&mut self, facts: &[Fact], recorded_at: Timestamp) -> Result<Seq, Error>;

    /// Folds a few persons' finished days into sealed blocks: days before `today` that have entries not yet folded.
    ///
    /// Does at most `persons_max` (person, day) pairs in one transaction and returns how many it did, where a step
    /// that only looked for them counts as one; 0 means that nothing is left. A day that has a block already is folded again with its late entries.
    fn fold(&mut self, today: Day, persons_max: usize) -> Result<usize, Error>;
}
