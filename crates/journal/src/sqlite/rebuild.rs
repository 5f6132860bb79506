//! Making again what is derived: which entries are late and in no block, how far live entries are folded, and where each
//! source's newest reading lies. The truth is blocks, rows and entries; none of them is changed here.

use super::blocks::{sealed, set_fold_horizon};
use super::entry_row::{CHECKED, FOLDED, person_at};
use super::failure::failure;
use super::fold::raise_newest;
use super::project::newest_seq;
use crate::error::Error;
use keepwatch_model::time::{DAY_MS, Day};
use rusqlite::{Connection, OptionalExtension, params};

/// Makes all of it again.
pub(super) fn rebuild(connection: &Connection) -> Result<(), Error> {
    late_entries(connection).map_err(failure)?;
    let horizon = match first_uncovered(connection).map_err(failure)? {
        Some(first) => first - 1,
        None => newest_seq(connection)?,
    };
    set_fold_horizon(connection, horizon)?;
    newest(connection)
}

fn late_entries(connection: &Connection) -> Result<(), rusqlite::Error> {
    let place_day = format!("(recorded_at - measured_before - place_before) / {DAY_MS}");
    connection.execute(&format!("UPDATE entry SET late_day = NULL WHERE kind <= {CHECKED}"), [])?;
    let late = format!(
        "UPDATE entry SET late_day = iif(seq <= coalesce((SELECT horizon FROM day \
         WHERE day.day = {place_day} AND day.person = (SELECT person FROM origin WHERE number = entry.origin)), 0), {FOLDED}, {place_day}) \
         WHERE kind <= {CHECKED} AND {place_day} <> recorded_at / {DAY_MS}"
    );
    connection.execute(&late, [])?;
    connection.execute_batch("REINDEX entry_late")
}

/// The first live entry that is in no block.
fn first_uncovered(connection: &Connection) -> Result<Option<u64>, rusqlite::Error> {
    let select = format!(
        "SELECT seq FROM entry WHERE kind <= {CHECKED} AND late_day IS NULL AND seq > coalesce((SELECT horizon FROM day \
         WHERE day.day = entry.recorded_at / {DAY_MS} AND day.person = (SELECT person FROM origin WHERE number = entry.origin)), 0) ORDER BY seq LIMIT 1"
    );
    let first: Option<i64> = connection.query_row(&select, [], |row| row.get(0)).optional()?;
    Ok(first.map(|first| first as u64))
}

fn newest(connection: &Connection) -> Result<(), Error> {
    connection.execute("DELETE FROM newest", []).map_err(failure)?;
    let mut days = connection.prepare("SELECT person, day FROM day").map_err(failure)?;
    let mut rows = days.query(params![]).map_err(failure)?;
    while let Some(row) = rows.next().map_err(failure)? {
        let person = person_at(row, 0).map_err(failure)?;
        let day = Day::from_number(row.get(1).map_err(failure)?);
        let sources = sealed(connection, person, day)?.map(|sealed| sealed.kept.sources()).unwrap_or_default();
        for source in sources {
            raise_newest(connection, person, source, day)?;
        }
    }
    Ok(())
}
