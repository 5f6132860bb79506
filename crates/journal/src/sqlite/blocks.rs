//! Sealed day blocks and entries that are not yet in one, as rows. It fetches and puts; what they mean together is said above.

use super::day_block::{Block, Unpacked, pack, unpack};
use super::entry_row::{self, CHECKED, COLUMNS, ENTRIES};
use super::failure::{corrupt, failure};
use super::kept::Kept;
use crate::error::Error;
use keepwatch_model::fact::{Entry, Fact};
use keepwatch_model::id::PersonId;
use keepwatch_model::time::{Day, Timestamp};
use rusqlite::{Connection, OptionalExtension, Params, params};

/// A day as it is sealed: what holds, and the last entry of that day that is in it.
pub(super) struct Sealed {
    pub(super) kept: Kept,
    pub(super) horizon: u64,
}

/// All live entries up to this place are in their day's block.
pub(super) fn fold_horizon(connection: &Connection) -> Result<u64, Error> {
    let select = "SELECT value FROM meta WHERE name = 'fold_horizon'";
    let horizon = connection.prepare_cached(select).and_then(|mut s| s.query_row([], |row| row.get::<_, i64>(0)));
    Ok(horizon.map_err(failure)? as u64)
}

/// Says up to where live entries are folded.
pub(super) fn set_fold_horizon(connection: &Connection, horizon: u64) -> Result<(), Error> {
    let update = "UPDATE meta SET value = ?1 WHERE name = 'fold_horizon'";
    connection.execute(update, [horizon as i64]).map_err(failure)?;
    Ok(())
}

/// The first entry recorded at or after a moment: found by halving, because entries are in order of time.
pub(super) fn first_recorded_at(connection: &Connection, moment: Timestamp) -> Result<Option<u64>, Error> {
    let bounds = "SELECT coalesce((SELECT min(seq) FROM entry), 0), coalesce((SELECT max(seq) FROM entry), 0)";
    let mut bounds = connection.prepare_cached(bounds).map_err(failure)?;
    let both = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?));
    let (mut low, last) = bounds.query_row([], both).map_err(failure)?;
    let mut high = last + 1;
    let probe = "SELECT recorded_at FROM entry WHERE seq >= ?1 ORDER BY seq LIMIT 1";
    let mut probe = connection.prepare_cached(probe).map_err(failure)?;
    while low < high {
        let middle = low + (high - low) / 2;
        let recorded_at: Option<i64> = probe.query_row([middle], |row| row.get(0)).optional().map_err(failure)?;
        if recorded_at.is_some_and(|recorded_at| recorded_at < moment.as_ms()) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok((low <= last && last > 0).then_some(low as u64))
}

fn block_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<(u64, Block)> {
    Ok((row.get::<_, i64>(0)? as u64, Block { readings: row.get(1)?, asides: row.get(2)? }))
}

/// A sealed day of one person, if it is there.
pub(super) fn sealed(connection: &Connection, person: PersonId, day: Day) -> Result<Option<Sealed>, Error> {
    let select = "SELECT horizon, readings, asides FROM day WHERE day = ?1 AND person = ?2";
    let mut select = connection.prepare_cached(select).map_err(failure)?;
    let found =
        select.query_row(params![day.number(), person.number() as i64], block_of).optional().map_err(failure)?;
    let Some((horizon, block)) = found else { return Ok(None) };
    let subject = || format!("day {} of {person}", day.number());
    let Unpacked { readings, checks, withdrawn } = unpack(person, day, &block).ok_or_else(|| corrupt(subject()))?;
    let mut kept = Kept::default();
    let withdrawn = withdrawn.into_iter().map(Fact::ReadingWithdrawn);
    let checks = checks.into_iter().map(Fact::MeterChecked);
    for fact in withdrawn.chain(checks).chain(readings.into_iter().map(Fact::ReadingTaken)) {
        kept.apply(fact);
    }
    Ok(Some(Sealed { kept, horizon }))
}

/// Seals a day of one person, in the place of what was sealed before.
pub(super) fn seal(connection: &Connection, person: PersonId, day: Day, sealed: Sealed) -> Result<(), Error> {
    let stretch = sealed.kept.stretch();
    let unpacked = Unpacked { readings: stretch.readings, checks: stretch.meter_checks, withdrawn: stretch.withdrawn };
    let block = pack(day, unpacked);
    let put = "INSERT OR REPLACE INTO day VALUES (?1, ?2, ?3, ?4, ?5)";
    let values = params![day.number(), person.number() as i64, sealed.horizon as i64, block.readings, block.asides];
    connection.prepare_cached(put).and_then(|mut s| s.execute(values)).map_err(failure)?;
    Ok(())
}

/// The days that are sealed at all, one after another downwards from below `day`; `None` below the first.
pub(super) fn sealed_day_before(connection: &Connection, day: Day) -> Result<Option<Day>, Error> {
    let select = "SELECT max(day) FROM day WHERE day < ?1";
    let found = connection.prepare_cached(select).and_then(|mut s| s.query_row([day.number()], |row| row.get(0)));
    let found: Option<i32> = found.map_err(failure)?;
    Ok(found.map(Day::from_number))
}

/// The entries that a query selects; it names the columns of [`COLUMNS`] first.
pub(super) fn entries(connection: &Connection, query: &str, values: impl Params) -> Result<Vec<Entry>, Error> {
    let mut select = connection.prepare_cached(query).map_err(failure)?;
    let mut rows = select.query(values).map_err(failure)?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next().map_err(failure)? {
        entries.push(entry_row::entry(row)?);
    }
    Ok(entries)
}

/// Late entries of one person that are in no block yet, with a place in these days.
pub(super) fn late(connection: &Connection, person: PersonId, from: Day, to: Day) -> Result<Vec<Entry>, Error> {
    let query = format!(
        "SELECT {COLUMNS} FROM {ENTRIES} WHERE origin IN (SELECT number FROM origin WHERE person = ?1) \
         AND late_day BETWEEN ?2 AND ?3 AND late_day <> 0 ORDER BY seq"
    );
    entries(connection, &query, params![person.number() as i64, from.number(), to.number()])
}

/// Live entries of one person with `after < seq <= until`: a scan of that part of the journal.
pub(super) fn live(connection: &Connection, person: PersonId, after: u64, until: u64) -> Result<Vec<Entry>, Error> {
    if after >= until {
        return Ok(Vec::new());
    }
    let query = format!(
        "SELECT {COLUMNS} FROM {ENTRIES} \
         WHERE seq > ?1 AND seq <= ?2 AND origin IN (SELECT number FROM origin WHERE person = ?3) AND kind <= {CHECKED} AND late_day IS NULL ORDER BY seq"
    );
    entries(connection, &query, params![after as i64, until as i64, person.number() as i64])
}
