//! One SQLite store, in a file or in memory: entries in arrival order, and records in the same file.
//!
//! **Why it lies so.** The order of keys decides what a store writes, not the engine: rows in arrival order cost about a
//! fortieth of the bytes of rows ordered by person. So live readings are appended to `entry`, which has no index for them,
//! and nobody asks the disk for the live day. What is finished is folded into `day`: one block for a person's UTC day,
//! written once, in the order of its key. Only what arrives for another day than its own pays for an index, until it is
//! folded. Entries stay ordinary rows that any SQLite tool reads (view `entry_readable`).
//!
//! **What is the truth.** Entries, blocks and rows. `newest`, `late_day` and the fold horizon are derived
//! ([`SqliteJournal::rebuild`]). Entries are kept: nothing is pruned.
//!
//! **What a block leaves out.** When a reading was received is kept there to the minute below; its entry has it to the
//! millisecond.
//!
//! **Failure.** A commit that fails leaves none of its facts to be asked for; as with every store, a disk that fails in the
//! middle of a commit may show them after a restart, so whoever was not told yes sends again, and the key makes them one.

mod failure;
mod bits;
mod day_block;
mod kept;
mod entry_row;
mod erase;
mod upgrade;
mod connections;
mod project;
mod blocks;
mod fold;
mod rebuild;
mod append;
mod recent;
mod newest;
mod query;

pub use append::SqliteJournal;
pub use query::SqliteRecords;

use crate::error::Error;
use connections::Connections;
use std::path::Path;
use std::sync::Arc;

/// The format that this release writes; every one from 1 up to it is read.
pub const FORMAT: usize = upgrade::MIGRATIONS.len();

/// The door to a store: what writes and what is asked.
#[derive(Clone, Copy, Debug)]
pub struct Store;

impl Store {
    /// Opens the store in a directory, which is made if it is not there. Another program that has it open, or a newer
    /// release that wrote it, is an error; an older format is copied beside and upgraded.
    pub fn open(dir: &Path) -> Result<(SqliteJournal, SqliteRecords), Error> {
        let (connections, writer) = Connections::open(dir)?;
        Ok((SqliteJournal::new(Arc::clone(&connections), Some(writer)), SqliteRecords::new(connections)))
    }

    /// A store in memory, gone when both are dropped.
    pub fn in_memory() -> Result<(SqliteJournal, SqliteRecords), Error> {
        let connections = Connections::in_memory()?;
        Ok((SqliteJournal::new(Arc::clone(&connections), None), SqliteRecords::new(connections)))
    }
}

#[cfg(test)]
mod tests;
