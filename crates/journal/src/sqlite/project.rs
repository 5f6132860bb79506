//! The records that follow from a fact, written in the same breath: versioned rows, and what forgetting takes away.

use super::entry_row::{self, FOLDED, FORGOTTEN, Origin};
use super::failure::{corrupt, failure};
use crate::error::Error;
use keepwatch_model::fact::{Fact, Seq};
use keepwatch_model::id::{FollowId, PersonId};
use keepwatch_model::row::Row;
use keepwatch_model::sharing::Grant;
use keepwatch_model::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::HashMap;

/// Limit: origins whose number the writer remembers; beyond that it begins anew and searches for each once.
const ORIGINS_MAX: usize = 65_536;

/// The number of the newest entry; 0 before the first.
pub(super) fn newest_seq(connection: &Connection) -> Result<u64, Error> {
    let newest = "SELECT coalesce(max(seq), 0) FROM entry";
    let seq = connection.prepare_cached(newest).and_then(|mut s| s.query_row([], |row| row.get::<_, i64>(0)));
    Ok(seq.map_err(failure)? as u64)
}

/// When the newest entry became durable.
pub(super) fn newest_recorded_at(connection: &Connection) -> Result<Option<Timestamp>, Error> {
    let newest = "SELECT recorded_at FROM entry ORDER BY seq DESC LIMIT 1";
    let moment = connection.query_row(newest, [], |row| row.get(0)).optional().map_err(failure)?;
    Ok(moment.map(Timestamp::from_ms))
}

/// The numbers of origins that the writer has met, so that a reading costs no search.
#[derive(Debug, Default)]
pub(super) struct Origins(HashMap<Origin, i64>);

impl Origins {
    fn number(&mut self, connection: &Connection, origin: Origin) -> Result<i64, Error> {
        if let Some(number) = self.0.get(&origin) {
            return Ok(*number);
        }
        let key = params![origin.person, origin.source];
        let find = "SELECT number FROM origin WHERE person = ?1 AND source = ?2";
        let mut find = connection.prepare_cached(find).map_err(failure)?;
        let known: Option<i64> = find.query_row(key, |row| row.get(0)).optional().map_err(failure)?;
        let number = if let Some(number) = known {
            number
        } else {
            let insert = "INSERT INTO origin (person, source) VALUES (?1, ?2)";
            connection.execute(insert, key).map_err(failure)?;
            connection.last_insert_rowid()
        };
        if self.0.len() >= ORIGINS_MAX {
            self.0.clear();
        }
        self.0.insert(origin, number);
        Ok(number)
    }
}

/// Writes one entry and what follows from it.
pub(super) fn record(
    connection: &Connection,
    origins: &mut Origins,
    seq: Seq,
    recorded_at: Timestamp,
    fact: &Fact,
) -> Result<(), Error> {
    let owner = match fact {
        Fact::Changed(row) => owner(connection, row)?,
        _ => None,
    };
    if let Fact::PersonForgotten(person) = fact {
        forget(connection, *person)?;
        origins.0.clear();
    }
    let row = entry_row::of(fact, recorded_at, owner);
    let origin = row.origin.map(|origin| origins.number(connection, origin)).transpose()?;
    let insert = "INSERT INTO entry VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    let values = params![
        seq.0 as i64,
        recorded_at.as_ms(),
        row.kind,
        origin,
        row.measured_before,
        row.received_before,
        row.place_before,
        row.value,
        row.trend,
        row.body,
        row.late_day,
    ];
    connection.prepare_cached(insert).and_then(|mut statement| statement.execute(values)).map_err(failure)?;
    match fact {
        Fact::Changed(changed) => {
            let key = changed.key();
            let put = "INSERT INTO row VALUES (?1, ?2, 1, ?3) \
                       ON CONFLICT DO UPDATE SET version = version + 1, body = excluded.body";
            let values = params![key.kind.to_string(), key.number as i64, row.body];
            connection.prepare_cached(put).and_then(|mut s| s.execute(values)).map_err(failure)?;
        }
        Fact::Removed(key) => {
            let delete = "DELETE FROM row WHERE kind = ?1 AND number = ?2";
            connection.execute(delete, params![key.kind.to_string(), key.number as i64]).map_err(failure)?;
        }
        _ => {}
    }
    Ok(())
}

fn follow_person(connection: &Connection, follow: FollowId) -> Result<Option<PersonId>, Error> {
    let find = "SELECT body FROM row WHERE kind = 'f' AND number = ?1";
    let body: Option<String> =
        connection.query_row(find, [follow.number() as i64], |row| row.get(0)).optional().map_err(failure)?;
    match body.map(|body| parsed(&body)).transpose()? {
        Some(Row::Follow(follow)) => Ok(Some(follow.person)),
        _ => Ok(None),
    }
}

/// The person to whom a row belongs: it goes when she is forgotten.
fn owner(connection: &Connection, row: &Row) -> Result<Option<PersonId>, Error> {
    match row {
        Row::Person(person) => Ok(Some(person.id)),
        Row::Follow(follow) => Ok(Some(follow.person)),
        Row::Source(source) => Ok(Some(source.person)),
        Row::Credential(credential) => match credential.grant {
            Grant::Publish(person) => Ok(Some(person)),
            Grant::Read(follow) => follow_person(connection, follow),
            Grant::Account(_) => Ok(None),
        },
        Row::Family(_) | Row::Account(_) | Row::Device(_) | Row::Invitation(_) => Ok(None),
    }
}

fn parsed(body: &str) -> Result<Row, Error> {
    serde_json::from_str(body).map_err(|error| corrupt("a row").because(error))
}

/// All versioned rows as they stand.
pub(super) fn rows(connection: &Connection) -> Result<Vec<Row>, Error> {
    let mut select = connection.prepare_cached("SELECT body FROM row ORDER BY kind, number").map_err(failure)?;
    let bodies = select.query_map([], |row| row.get::<_, String>(0)).map_err(failure)?;
    bodies.map(|body| parsed(&body.map_err(failure)?)).collect()
}

/// Takes away all that is hers, but not the fact that she was forgotten (P11).
fn forget(connection: &Connection, person: PersonId) -> Result<(), Error> {
    for row in rows(connection)? {
        if owner(connection, &row)? != Some(person) {
            continue;
        }
        // Credentials that read through a follow of hers are found by that follow, so follows go last.
        if !matches!(row, Row::Follow(_)) {
            remove_row(connection, &row)?;
        }
    }
    for row in rows(connection)? {
        if matches!(&row, Row::Follow(follow) if follow.person == person) {
            remove_row(connection, &row)?;
        }
    }
    let number = person.number() as i64;
    let entries = "DELETE FROM entry WHERE origin IN (SELECT number FROM origin WHERE person = ?1) AND kind <> ?2";
    connection.execute(entries, params![number, FORGOTTEN]).map_err(failure)?;
    for query in [
        "DELETE FROM origin WHERE person = ?1 AND number NOT IN (SELECT origin FROM entry WHERE kind = 7)",
        "DELETE FROM day WHERE person = ?1",
        "DELETE FROM newest WHERE person = ?1",
    ] {
        connection.execute(query, [number]).map_err(failure)?;
    }
    Ok(())
}

fn remove_row(connection: &Connection, row: &Row) -> Result<(), Error> {
    let key = row.key();
    let delete = "DELETE FROM row WHERE kind = ?1 AND number = ?2";
    connection.execute(delete, params![key.kind.to_string(), key.number as i64]).map_err(failure)?;
    Ok(())
}

/// Marks the late entries of a day as folded, up to a place in the journal.
pub(super) fn mark_folded(connection: &Connection, person: i64, day: i64, until: u64) -> Result<(), Error> {
    let mark = "UPDATE entry SET late_day = ?1 WHERE origin IN (SELECT number FROM origin WHERE person = ?2) \
                AND late_day = ?3 AND late_day <> 0 AND seq <= ?4";
    let values = params![FOLDED, person, day, until as i64];
    connection.prepare_cached(mark).and_then(|mut s| s.execute(values)).map_err(failure)?;
    Ok(())
}

/// Writes nothing new, but does write: fails where an append would.
pub(super) fn check_writable(connection: &Connection) -> Result<(), Error> {
    let touch = "UPDATE meta SET value = value WHERE name = 'fold_horizon'";
    connection.execute(touch, []).map_err(failure)?;
    Ok(())
}

/// Brings the log ahead of the store home and cuts it to nothing; `false` when a question was in the way.
pub(super) fn cut_log(connection: &Connection) -> Result<bool, Error> {
    let busy: i64 = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)).map_err(failure)?;
    Ok(busy == 0)
}
