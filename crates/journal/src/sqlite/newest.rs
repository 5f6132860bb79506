//! The newest reading of everyone at once: one pass over what is in no block, and for each source at most its newest block.
//! Where that is not enough to be sure, the exact question about one person is asked. It reads; it never writes.

use super::blocks::{Sealed, entries, fold_horizon, sealed};
use super::entry_row::{CHECKED, COLUMNS, ENTRIES, WITHDRAWN, person_at, source_at};
use super::failure::failure;
use crate::error::{Error, ErrorKind};
use keepwatch_model::fact::Fact;
use keepwatch_model::id::{PersonId, SourceId};
use keepwatch_model::reading::Reading;
use keepwatch_model::time::{Day, Timestamp};
use rusqlite::{Connection, params};
use std::collections::{BTreeMap, BTreeSet};

/// Order among readings of one source: by place, then by the time that the sensor claimed.
type Rank = (Timestamp, Timestamp);

/// What is known of one source before any block is opened.
#[derive(Debug, Default)]
struct Known {
    /// The newest of those that are in no block, and where it stands in the journal.
    live: Option<(Rank, u64)>,
    /// The newest block that holds a reading of it.
    day: Option<Day>,
    /// Something was withdrawn since: what was newest may not be it any more.
    is_unsure: bool,
}

/// Sources by person.
type Everyone = BTreeMap<PersonId, BTreeMap<SourceId, Known>>;

/// Visits each person's readings that are the newest of their source. `exact` answers for one person alone. A person whose
/// block is damaged is passed over: hers is not everybody's loss.
pub(super) fn newest_of_all(
    connection: &Connection,
    exact: &dyn Fn(PersonId) -> Result<Vec<Reading>, Error>,
    visit: &mut dyn FnMut(Reading),
) -> Result<(), Error> {
    for (person, sources) in everyone(connection)? {
        let found = match quickly(connection, person, &sources) {
            Ok(None) => exact(person),
            Ok(Some(found)) => Ok(found),
            Err(error) => Err(error),
        };
        match found {
            Ok(found) => found.into_iter().for_each(&mut *visit),
            Err(error) if error.kind == ErrorKind::Corrupt => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn everyone(connection: &Connection) -> Result<Everyone, Error> {
    let mut everyone = Everyone::new();
    let mut select = connection.prepare_cached("SELECT person, source, day FROM newest").map_err(failure)?;
    let mut rows = select.query([]).map_err(failure)?;
    while let Some(row) = rows.next().map_err(failure)? {
        let (person, source) = (person_at(row, 0).map_err(failure)?, source_at(row, 1).map_err(failure)?);
        let known = everyone.entry(person).or_default().entry(source).or_default();
        known.day = Some(Day::from_number(row.get(2).map_err(failure)?));
    }
    let horizon = fold_horizon(connection)?;
    let columns = "seq, kind, person, source, recorded_at - measured_before, place_before";
    let late = format!(
        "SELECT {columns} FROM entry INDEXED BY entry_late JOIN origin ON origin.number = entry.origin \
         WHERE late_day <> 0 AND kind < {CHECKED}"
    );
    let live =
        format!("SELECT {columns} FROM {ENTRIES} WHERE seq > {horizon} AND kind < {CHECKED} AND late_day IS NULL");
    for query in [late, live] {
        let mut select = connection.prepare(&query).map_err(failure)?;
        let mut rows = select.query([]).map_err(failure)?;
        while let Some(row) = rows.next().map_err(failure)? {
            take_in(&mut everyone, row).map_err(failure)?;
        }
    }
    Ok(everyone)
}

fn take_in(everyone: &mut Everyone, row: &rusqlite::Row<'_>) -> rusqlite::Result<()> {
    let (seq, kind): (i64, i64) = (row.get(0)?, row.get(1)?);
    let known = everyone.entry(person_at(row, 2)?).or_default().entry(source_at(row, 3)?).or_default();
    if kind == WITHDRAWN {
        known.is_unsure = true;
        return Ok(());
    }
    let measured_at = Timestamp::from_ms(row.get(4)?);
    let rank = (measured_at.plus_ms(-row.get::<_, i64>(5)?), measured_at);
    let said = (rank, seq as u64);
    // What was said last of a key holds: both passes may speak of the same one.
    known.live = known.live.max(Some(said));
    Ok(())
}

/// One person's newest by what is known; `None` where that does not suffice.
fn quickly(
    connection: &Connection,
    person: PersonId,
    sources: &BTreeMap<SourceId, Known>,
) -> Result<Option<Vec<Reading>>, Error> {
    if sources.values().any(|known| known.is_unsure) {
        return Ok(None);
    }
    let mut blocks: BTreeMap<Day, Option<Sealed>> = BTreeMap::new();
    for day in sources.values().filter_map(day).collect::<BTreeSet<_>>() {
        blocks.insert(day, sealed(connection, person, day)?);
    }
    let mut newest = Vec::new();
    for (source, known) in sources {
        let of_block = day(known)
            .and_then(|day| blocks.get(&day))
            .and_then(Option::as_ref)
            .map(|block| (block.kept.newest_of(*source).map(|reading| (rank(reading), reading)), block.horizon));
        let reading = match (known.live, of_block) {
            (None, Some((Some((_, reading)), _))) => Some(reading.clone()),
            (Some((live, seq)), Some((block, horizon))) => match block {
                // What is behind the block's horizon is in the block, with all that was said of it later.
                Some((block, reading)) if block > live || (block == live && seq <= horizon) => Some(reading.clone()),
                _ if seq <= horizon => return Ok(None),
                _ => reading_at(connection, seq)?,
            },
            (Some((_, seq)), None) => reading_at(connection, seq)?,
            (None, _) => return Ok(None),
        };
        newest.extend(reading);
    }
    Ok(Some(newest))
}

/// The one day whose block, if there is one, may hold the newest reading of a source: older ones cannot.
fn day(known: &Known) -> Option<Day> {
    known.live.map(|((place, _), _)| place.day()).max(known.day)
}

fn rank(reading: &Reading) -> Rank {
    (reading.place, reading.measured_at)
}

fn reading_at(connection: &Connection, seq: u64) -> Result<Option<Reading>, Error> {
    let query = format!("SELECT {COLUMNS} FROM {ENTRIES} WHERE seq = ?1");
    Ok(entries(connection, &query, params![seq as i64])?.into_iter().find_map(|entry| match entry.fact {
        Fact::ReadingTaken(reading) | Fact::ReadingCorrected(reading) => Some(reading),
        _ => None,
    }))
}
