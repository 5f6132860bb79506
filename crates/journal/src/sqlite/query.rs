//! The records: every question that the journal can be asked. It reads; it never writes.

use super::blocks::{Sealed, entries, first_recorded_at, late, live, sealed, sealed_day_before};
use super::connections::{Connections, held};
use super::entry_row::{COLUMNS, ENTRIES, FORGOTTEN, REFUSED, source_at};
use super::failure::failure;
use super::kept::Kept;
use super::newest::newest_of_all;
use super::project::{newest_seq, rows};
use super::recent::Recent;
use crate::error::Error;
use crate::records::{ENTRIES_MAX_PER_PAGE, Records, Scope, Stretch};
use keepwatch_model::fact::{Entry, Fact, Seq};
use keepwatch_model::id::{PersonId, SourceId};
use keepwatch_model::reading::Reading;
use keepwatch_model::row::Row;
use keepwatch_model::time::{Day, Timestamp};
use rusqlite::{Connection, params};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

/// Days that can be asked for; whatever lies beyond is no day of a person.
const FIRST_DAY: Day = Day::from_number(-1_000_000);
const LAST_DAY: Day = Day::from_number(1_000_000);

/// The records of a store.
#[derive(Debug)]
pub struct SqliteRecords {
    connections: Arc<Connections>,
    recent: Mutex<Recent>,
}

impl SqliteRecords {
    pub(super) fn new(connections: Arc<Connections>) -> Self {
        Self { connections, recent: Mutex::default() }
    }

    /// Live and late entries of one person that are in no block, with a place in these days, in order.
    fn unfolded(&self, connection: &Connection, person: PersonId, from: Day, to: Day) -> Result<Vec<Entry>, Error> {
        let mut found = late(connection, person, from, to)?;
        let span = held(&self.recent).span(connection, person)?;
        // A live entry has its place in the day in which it was recorded.
        if let (Some((first, last)), Some(begin)) = (span, first_recorded_at(connection, from.start())?) {
            let end = first_recorded_at(connection, to.end())?;
            found.extend(live(connection, person, begin.max(first) - 1, end.map_or(last, |end| last.min(end - 1)))?);
        }
        found.sort_by_key(|entry| entry.seq);
        Ok(found)
    }

    fn newest_of(&self, connection: &Connection, person: PersonId) -> Result<Vec<Reading>, Error> {
        let known = newest_days(connection, person)?;
        let new = self.unfolded(connection, person, FIRST_DAY, LAST_DAY)?;
        let mut days: BTreeSet<Day> = known.values().copied().collect();
        days.extend(new.iter().filter_map(|entry| place(&entry.fact)).map(Timestamp::day));
        let kept = kept(connection, person, &days, new)?;
        let mut newest = Vec::new();
        for source in known.keys().copied().chain(kept.sources()).collect::<BTreeSet<_>>() {
            let found = kept.newest_of(source).cloned();
            let behind = known.get(&source).copied();
            newest.extend(newest_behind(connection, person, source, found, behind)?);
        }
        newest.sort_by_key(|reading| std::cmp::Reverse((reading.place, reading.measured_at)));
        Ok(newest)
    }
}

/// The newest block that holds a reading of each source.
fn newest_days(connection: &Connection, person: PersonId) -> Result<BTreeMap<SourceId, Day>, Error> {
    let mut select = connection.prepare_cached("SELECT source, day FROM newest WHERE person = ?1").map_err(failure)?;
    let pair = |row: &rusqlite::Row<'_>| Ok((source_at(row, 0)?, Day::from_number(row.get(1)?)));
    let found = select.query_map([person.number() as i64], pair).map_err(failure)?;
    found.collect::<Result<_, _>>().map_err(failure)
}

/// The days of a span on which anybody's day is sealed: a wide span costs no more than what is there.
fn sealed_days(connection: &Connection, first: Day, last: Day) -> Result<BTreeSet<Day>, Error> {
    let mut days = BTreeSet::new();
    let mut above = last.plus_days(1);
    while let Some(day) = sealed_day_before(connection, above)?.filter(|day| *day >= first) {
        days.insert(day);
        above = day;
    }
    Ok(days)
}

/// What holds in these days: their blocks, and above them what is in none.
fn kept(connection: &Connection, person: PersonId, days: &BTreeSet<Day>, new: Vec<Entry>) -> Result<Kept, Error> {
    let mut kept = Kept::default();
    let mut horizons = BTreeMap::new();
    for day in days {
        if let Some(Sealed { kept: of_day, horizon }) = sealed(connection, person, *day)? {
            horizons.insert(*day, horizon);
            kept.absorb(of_day);
        }
    }
    for Entry { seq, fact, .. } in new {
        // A fold under way has sealed days whose live entries still lie behind the fold horizon.
        let covered =
            place(&fact).and_then(|place| horizons.get(&place.day())).is_some_and(|horizon| seq.0 <= *horizon);
        if !covered {
            kept.apply(fact);
        }
    }
    Ok(kept)
}

/// The newest reading of a source, given the newest that was `found` in the days looked at, the newest block of the source
/// among them: when that block's readings are all withdrawn since, older blocks are asked one after another.
fn newest_behind(
    connection: &Connection,
    person: PersonId,
    source: SourceId,
    found: Option<Reading>,
    block: Option<Day>,
) -> Result<Option<Reading>, Error> {
    let found_day = found.as_ref().map(|reading| reading.place.day());
    let Some(mut below) = block.filter(|day| found_day.is_none_or(|found| found < *day)) else {
        return Ok(found);
    };
    while let Some(older) =
        sealed_day_before(connection, below)?.filter(|day| found_day.is_none_or(|found| found < *day))
    {
        let late = late(connection, person, older, older)?;
        let newest = kept(connection, person, &BTreeSet::from([older]), late)?.newest_of(source).cloned();
        if newest.is_some() {
            return Ok(newest);
        }
        below = older;
    }
    Ok(found)
}

/// Where in time a fact about a day stands.
fn place(fact: &Fact) -> Option<Timestamp> {
    match fact {
        Fact::ReadingTaken(reading) | Fact::ReadingCorrected(reading) => Some(reading.place),
        Fact::ReadingWithdrawn(key) => Some(key.place),
        Fact::MeterChecked(check) => Some(check.at),
        Fact::ReadingsRefused(_) | Fact::Changed(_) | Fact::Removed(_) | Fact::PersonForgotten(_) => None,
    }
}

impl Records for SqliteRecords {
    fn horizon(&self) -> Result<Seq, Error> {
        self.connections.read(|connection| newest_seq(connection).map(Seq))
    }

    fn rows(&self) -> Result<Vec<Row>, Error> {
        self.connections.read(rows)
    }

    /// One person's entries are found by going over the journal, which no index makes dear to write: meant for what follows
    /// close behind, not for history (that is [`Records::stretch`]).
    fn entries(&self, scope: Scope, after: Seq, limit: usize) -> Result<Vec<Entry>, Error> {
        let limit = limit.min(ENTRIES_MAX_PER_PAGE) as i64;
        let after = after.0.min(i64::MAX as u64) as i64;
        self.connections.read(|connection| match scope {
            Scope::Everyone => {
                let query = format!("SELECT {COLUMNS} FROM {ENTRIES} WHERE seq > ?1 ORDER BY seq LIMIT ?2");
                entries(connection, &query, params![after, limit])
            }
            Scope::Person(person) => {
                let query = format!(
                    "SELECT {COLUMNS} FROM {ENTRIES} \
                     WHERE seq > ?1 AND origin IN (SELECT number FROM origin WHERE person = ?3) \
                     AND (kind <= {REFUSED} OR kind = {FORGOTTEN}) \
                     ORDER BY seq LIMIT ?2"
                );
                entries(connection, &query, params![after, limit, person.number() as i64])
            }
        })
    }

    fn recorded_since(&self, since: Timestamp, visit: &mut dyn FnMut(Entry)) -> Result<Seq, Error> {
        let (first, horizon) = self
            .connections
            .read(|connection| Ok((first_recorded_at(connection, since)?, newest_seq(connection).map(Seq)?)))?;
        let Some(first) = first else { return Ok(horizon) };
        // Page by page, so that no question holds the store's log while it is being looked at.
        let mut after = Seq(first - 1);
        while after < horizon {
            let page = self.entries(Scope::Everyone, after, ENTRIES_MAX_PER_PAGE)?;
            let Some(last) = page.last() else { break };
            after = last.seq;
            page.into_iter().filter(|entry| entry.seq <= horizon).for_each(&mut *visit);
        }
        Ok(horizon)
    }

    fn stretch(&self, person: PersonId, from: Timestamp, until: Timestamp) -> Result<Stretch, Error> {
        let (from, until) = (from.max(FIRST_DAY.start()), until.min(LAST_DAY.start()));
        if from >= until {
            return Ok(Stretch::default());
        }
        let (first, last) = (from.day(), until.plus_ms(-1).day());
        let stretch = self.connections.read(|connection| {
            let days = sealed_days(connection, first, last)?;
            let new = self.unfolded(connection, person, first, last)?;
            Ok(kept(connection, person, &days, new)?.stretch())
        })?;
        let within = |at: Timestamp| from <= at && at < until;
        let Stretch { mut readings, mut meter_checks, mut withdrawn } = stretch;
        readings.retain(|reading| within(reading.place));
        meter_checks.retain(|check| within(check.at));
        withdrawn.retain(|key| within(key.place));
        Ok(Stretch { readings, meter_checks, withdrawn })
    }

    fn newest(&self, person: PersonId) -> Result<Vec<Reading>, Error> {
        self.connections.read(|connection| self.newest_of(connection, person))
    }

    fn newest_of_all(&self, visit: &mut dyn FnMut(Reading)) -> Result<(), Error> {
        self.connections
            .read(|connection| newest_of_all(connection, &|person| self.newest_of(connection, person), visit))
    }
}
