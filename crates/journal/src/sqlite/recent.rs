//! Who has live entries that are in no block yet, and in which part of the journal: a cache in memory that spares a scan for
//! everyone who has none. It may name too much, never too little.

use super::blocks::fold_horizon;
use super::entry_row::CHECKED;
use super::failure::failure;
use super::project::newest_seq;
use crate::error::Error;
use keepwatch_model::id::PersonId;
use rusqlite::Connection;
use std::collections::HashMap;

/// First and last number of each origin's live entries behind the fold horizon.
#[derive(Debug, Default)]
pub(super) struct Recent {
    scanned: u64,
    pruned: u64,
    spans: HashMap<i64, (u64, u64)>,
}

impl Recent {
    /// The part of the journal in which this person's live entries lie that are in no block, both ends included.
    pub(super) fn span(&mut self, connection: &Connection, person: PersonId) -> Result<Option<(u64, u64)>, Error> {
        let horizon = fold_horizon(connection)?;
        if horizon < self.pruned {
            // This question sees the store as it was before a fold of which the cache knows already.
            return Ok(Some((horizon + 1, newest_seq(connection)?)));
        }
        if horizon > self.pruned {
            self.spans.retain(|_, (_, last)| *last > horizon);
            self.pruned = horizon;
        }
        self.catch_up(connection)?;
        let mut origins = connection.prepare_cached("SELECT number FROM origin WHERE person = ?1").map_err(failure)?;
        let numbers = origins.query_map([person.number() as i64], |row| row.get::<_, i64>(0)).map_err(failure)?;
        let mut span: Option<(u64, u64)> = None;
        for number in numbers {
            if let Some((first, last)) = self.spans.get(&number.map_err(failure)?) {
                let so_far = span.unwrap_or((*first, *last));
                span = Some((so_far.0.min(*first), so_far.1.max(*last)));
            }
        }
        Ok(span.map(|(first, last)| (first.max(horizon + 1), last)))
    }

    /// Looks at what came since the last look.
    fn catch_up(&mut self, connection: &Connection) -> Result<(), Error> {
        let select = format!(
            "SELECT seq, origin FROM entry WHERE seq > ?1 AND kind <= {CHECKED} AND late_day IS NULL ORDER BY seq"
        );
        let mut select = connection.prepare_cached(&select).map_err(failure)?;
        let mut rows = select.query([self.scanned.max(self.pruned) as i64]).map_err(failure)?;
        while let Some(row) = rows.next().map_err(failure)? {
            let seq = row.get::<_, i64>(0).map_err(failure)? as u64;
            let span = self.spans.entry(row.get(1).map_err(failure)?).or_insert((seq, seq));
            span.1 = seq;
            self.scanned = seq;
        }
        Ok(())
    }
}
