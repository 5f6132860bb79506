//! Folding: finished days leave the journal's order and become one block each. Live entries are found by sweeping over the
//! part of the journal behind the fold horizon, in steps, into a temporary table ordered by day and person; late ones by their
//! index. Each step is one transaction: what is lost in a crash is only the sweep, and it is swept again.
//!
//! What must hold: a block's horizon says that *all* entries of its day up to there are in it. So while a sweep is under way
//! nothing behind its end is folded, and days that have late entries only wait until no sweep is left to do.

use super::blocks::{
    Sealed, entries, first_recorded_at, fold_horizon, late, seal, sealed, sealed_day_before, set_fold_horizon,
};
use super::entry_row::{CHECKED, COLUMNS, person_at};
use super::failure::failure;
use super::project::{mark_folded, newest_seq};
use crate::error::Error;
use keepwatch_model::fact::Entry;
use keepwatch_model::id::{PersonId, SourceId};
use keepwatch_model::time::{DAY_MS, Day};
use rusqlite::{Connection, OptionalExtension, params};

/// Limit: numbers of the journal that one step of a sweep goes over; the next step goes on from there.
const SWEEP_STEP: u64 = 32_768;

/// A sweep under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sweep {
    /// Up to here entries are in the temporary table.
    swept: u64,
    /// Up to here they will be.
    end: u64,
}

/// What a step did, and the sweep as it stands once the step is durable.
pub(super) struct Step {
    pub(super) done: usize,
    pub(super) sweep: Option<Sweep>,
}

/// One step, inside a transaction of the caller's. `sweep` is the one that the step before left, on this same connection.
pub(super) fn step(connection: &Connection, sweep: Option<Sweep>, today: Day, pairs_max: usize) -> Result<Step, Error> {
    let Some(sweep) = sweep.map_or_else(|| begin(connection, today), |sweep| Ok(Some(sweep)))? else {
        let done = fold_late(connection, today, pairs_max)?;
        return Ok(Step { done, sweep: None });
    };
    if sweep.swept < sweep.end {
        let swept = sweep.end.min(sweep.swept + SWEEP_STEP);
        gather(connection, sweep.swept, swept)?;
        if swept < sweep.end {
            // Looking is work too: it counts as one, because 0 would say that nothing is left.
            return Ok(Step { done: 1, sweep: Some(Sweep { swept, ..sweep }) });
        }
    }
    let sweep = Sweep { swept: sweep.end, ..sweep };
    let done = fold_gathered(connection, sweep, pairs_max)?;
    if done == pairs_max {
        return Ok(Step { done, sweep: Some(sweep) });
    }
    set_fold_horizon(connection, sweep.end)?;
    match begin(connection, today)? {
        Some(next) => Ok(Step { done: done.max(1), sweep: Some(next) }),
        None => Ok(Step { done: done + fold_late(connection, today, pairs_max - done)?, sweep: None }),
    }
}

fn begin(connection: &Connection, today: Day) -> Result<Option<Sweep>, Error> {
    let swept = fold_horizon(connection)?;
    let end = match first_recorded_at(connection, today.start())? {
        Some(first) => first - 1,
        None => newest_seq(connection)?,
    };
    if end <= swept {
        return Ok(None);
    }
    let table = "DROP TABLE IF EXISTS temp.sweep; \
                 CREATE TABLE temp.sweep (day INTEGER, person INTEGER, seq INTEGER, PRIMARY KEY (day, person, seq)) WITHOUT ROWID";
    connection.execute_batch(table).map_err(failure)?;
    Ok(Some(Sweep { swept, end }))
}

fn gather(connection: &Connection, after: u64, until: u64) -> Result<(), Error> {
    // The order makes the table grow at its end as far as it can.
    let gather = format!(
        "INSERT INTO temp.sweep SELECT recorded_at / {DAY_MS} AS day, person, seq FROM entry \
         WHERE seq > ?1 AND seq <= ?2 AND kind <= {CHECKED} AND late_day IS NULL ORDER BY day, person, seq"
    );
    connection.execute(&gather, params![after as i64, until as i64]).map_err(failure)?;
    Ok(())
}

fn pairs(connection: &Connection, query: &str, values: impl rusqlite::Params) -> Result<Vec<(PersonId, Day)>, Error> {
    let mut select = connection.prepare_cached(query).map_err(failure)?;
    let pair = |row: &rusqlite::Row<'_>| Ok((person_at(row, 0)?, Day::from_number(row.get(1)?)));
    let found = select.query_map(values, pair).map_err(failure)?;
    found.collect::<Result<_, _>>().map_err(failure)
}

fn fold_gathered(connection: &Connection, sweep: Sweep, pairs_max: usize) -> Result<usize, Error> {
    let query = "SELECT DISTINCT person, day FROM temp.sweep ORDER BY day, person LIMIT ?1";
    let pairs = pairs(connection, query, [pairs_max as i64])?;
    let of_pair = format!(
        "SELECT {COLUMNS} FROM entry WHERE seq IN (SELECT seq FROM temp.sweep WHERE day = ?1 AND person = ?2) ORDER BY seq"
    );
    for (person, day) in &pairs {
        let key = params![day.number(), person.number() as i64];
        let live = entries(connection, &of_pair, key)?;
        fold_pair(connection, *person, *day, live, sweep.end)?;
        let done = "DELETE FROM temp.sweep WHERE day = ?1 AND person = ?2";
        connection.prepare_cached(done).and_then(|mut s| s.execute(key)).map_err(failure)?;
    }
    Ok(pairs.len())
}

fn fold_late(connection: &Connection, today: Day, pairs_max: usize) -> Result<usize, Error> {
    let query = "SELECT DISTINCT person, late_day FROM entry INDEXED BY entry_late \
                 WHERE late_day < ?1 AND late_day <> 0 ORDER BY person, late_day LIMIT ?2";
    let pairs = pairs(connection, query, params![today.number(), pairs_max as i64])?;
    let newest = newest_seq(connection)?;
    for (person, day) in &pairs {
        fold_pair(connection, *person, *day, Vec::new(), newest)?;
    }
    Ok(pairs.len())
}

/// Seals one day of one person with these live entries and the late ones up to `until`, over what was sealed before.
fn fold_pair(connection: &Connection, person: PersonId, day: Day, live: Vec<Entry>, until: u64) -> Result<(), Error> {
    let before = sealed(connection, person, day)?;
    let covered = before.as_ref().map_or(0, |sealed| sealed.horizon);
    let mut new: Vec<Entry> = live.into_iter().filter(|entry| entry.seq.0 > covered).collect();
    new.extend(late(connection, person, day, day)?.into_iter().filter(|entry| entry.seq.0 <= until));
    new.sort_by_key(|entry| entry.seq);
    let Some(last) = new.last() else {
        return Ok(());
    };
    let horizon = covered.max(last.seq.0);
    let mut kept = before.map(|sealed| sealed.kept).unwrap_or_default();
    let sources_before = kept.sources();
    for entry in new {
        kept.apply(entry.fact);
    }
    let sources = kept.sources();
    seal(connection, person, day, Sealed { kept, horizon })?;
    mark_folded(connection, person.number() as i64, day.number().into(), until)?;
    for source in &sources {
        raise_newest(connection, person, *source, day)?;
    }
    for source in sources_before.into_iter().filter(|source| !sources.contains(source)) {
        lower_newest(connection, person, source, day)?;
    }
    Ok(())
}

/// The newest block with a reading of this source is at least this one.
pub(super) fn raise_newest(connection: &Connection, person: PersonId, source: SourceId, day: Day) -> Result<(), Error> {
    let put =
        "INSERT INTO newest VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET day = excluded.day WHERE day < excluded.day";
    let values = params![person.number() as i64, source.number() as i64, day.number()];
    connection.prepare_cached(put).and_then(|mut s| s.execute(values)).map_err(failure)?;
    Ok(())
}

/// This block has lost its last reading of a source: if it was the newest, an older one takes its place.
fn lower_newest(connection: &Connection, person: PersonId, source: SourceId, day: Day) -> Result<(), Error> {
    let key = params![person.number() as i64, source.number() as i64];
    let select = "SELECT day FROM newest WHERE person = ?1 AND source = ?2";
    let known: Option<i32> = connection.query_row(select, key, |row| row.get(0)).optional().map_err(failure)?;
    if known != Some(day.number()) {
        return Ok(());
    }
    connection.execute("DELETE FROM newest WHERE person = ?1 AND source = ?2", key).map_err(failure)?;
    let mut below = day;
    while let Some(older) = sealed_day_before(connection, below)? {
        if sealed(connection, person, older)?.is_some_and(|sealed| sealed.kept.newest_of(source).is_some()) {
            return raise_newest(connection, person, source, older);
        }
        below = older;
    }
    Ok(())
}
