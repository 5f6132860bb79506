//! The journal that writes: one transaction for each call, durable when it returns. It heals by asking the store anew.

use super::connections::Connections;
use super::erase::{ends_somebody, erase_changes};
use super::failure::failure;
use super::fold::{self, Damaged, Reach, Sweep};
use super::project::{Origins, check_writable, cut_log, newest_recorded_at, newest_seq, record};
use super::rebuild;
use crate::error::Error;
use crate::journal::{FACTS_MAX_PER_APPEND, Journal};
use keepwatch_model::fact::{Fact, Seq};
use keepwatch_model::time::{Day, Timestamp};
use rusqlite::{Connection, TransactionBehavior};
use std::sync::Arc;

/// The end of the journal as the writer knows it.
#[derive(Clone, Copy, Debug)]
struct End {
    seq: u64,
    recorded_at: Option<Timestamp>,
}

/// The one writer of a store.
///
/// A moment of recording never lies before that of the entry before, even if the machine's clock was set back: the search
/// by time needs that order.
#[derive(Debug)]
pub struct SqliteJournal {
    connections: Arc<Connections>,
    own: Option<Connection>,
    end: Option<End>,
    origins: Origins,
    sweep: Option<Sweep>,
    reach: Reach,
    damaged: Damaged,
    /// What was forgotten may still stand in the log ahead of the store, because a question was in the way of cutting it.
    uncut: bool,
}

impl SqliteJournal {
    pub(super) fn new(connections: Arc<Connections>, own: Option<Connection>) -> Self {
        Self {
            connections,
            own,
            end: None,
            origins: Origins::default(),
            sweep: None,
            reach: Reach::USUAL,
            damaged: Damaged::default(),
            uncut: false,
        }
    }

    /// The same with sweeps that reach less far, so that a small test meets their limits.
    #[cfg(test)]
    pub(super) fn reaching(mut self, step: u64, entries_max: usize) -> Self {
        self.reach = Reach { step, entries_max };
        self
    }

    /// The writing connection of a store in a file.
    #[cfg(test)]
    pub(super) fn own(&self) -> &Connection {
        self.own.as_ref().expect("a file that was opened")
    }

    /// Throws away everything that is derived and makes it again from blocks, rows and entries.
    pub fn rebuild(&mut self) -> Result<(), Error> {
        self.sweep = None;
        self.transact(rebuild::rebuild)
    }

    /// Does a deed as one transaction. After a failure whatever was known about the store is asked anew.
    fn transact<T>(&mut self, deed: impl FnOnce(&Connection) -> Result<T, Error>) -> Result<T, Error> {
        let result = self.connections.write(&mut self.own, |connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failure)?;
            let answer = deed(&transaction)?;
            transaction.commit().map_err(failure)?;
            Ok(answer)
        });
        if result.is_err() {
            self.end = None;
            self.origins = Origins::default();
            self.sweep = None;
        }
        result
    }

    /// Cuts the log ahead of the store where it holds what was forgotten. The forgetting itself is durable already, so a
    /// failure here is no failure of the append: it is tried again with the next one.
    fn cut(&mut self) {
        let cut = self.connections.write(&mut self.own, |connection| cut_log(connection));
        self.uncut = !matches!(cut, Ok(true));
    }
}

impl Journal for SqliteJournal {
    fn append(&mut self, facts: &[Fact], recorded_at: Timestamp) -> Result<Seq, Error> {
        assert!(facts.len() <= FACTS_MAX_PER_APPEND, "{} facts in one append", facts.len());
        let known = self.end;
        let mut origins = std::mem::take(&mut self.origins);
        let (first, end) = self.transact(|connection| {
            let end = match known {
                Some(end) => end,
                None => End { seq: newest_seq(connection)?, recorded_at: newest_recorded_at(connection)? },
            };
            let first = end.seq + 1;
            if facts.is_empty() {
                check_writable(connection)?;
                return Ok((first, end));
            }
            let recorded_at = end.recorded_at.map_or(recorded_at, |last| last.max(recorded_at));
            for (seq, fact) in (first..).zip(facts) {
                record(connection, &mut origins, Seq(seq), recorded_at, fact)?;
            }
            if ends_somebody(facts) {
                erase_changes(connection, facts)?;
            }
            Ok((first, End { seq: end.seq + facts.len() as u64, recorded_at: Some(recorded_at) }))
        })?;
        self.end = Some(end);
        self.origins = origins;
        if self.uncut || ends_somebody(facts) {
            self.cut();
        }
        Ok(Seq(first))
    }

    fn fold(&mut self, today: Day, persons_max: usize) -> Result<usize, Error> {
        let mut sweep = self.sweep.take();
        let reach = self.reach;
        let mut damaged = std::mem::take(&mut self.damaged);
        let done = self
            .transact(|connection| fold::step(connection, &mut sweep, reach, &mut damaged, today, persons_max.max(1)));
        self.damaged = damaged;
        let done = done?;
        self.sweep = sweep;
        Ok(done)
    }
}
