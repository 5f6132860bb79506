//! Folding: finished days leave the journal's order and become one block each. Live entries are found by sweeping over the
//! part of the journal behind the fold horizon, in steps, which gathers their numbers by day and person; late ones by their
//! index. Each step is one transaction: what is lost in a crash is only the sweep, and it is swept again.
//!
//! What must hold: a block's horizon says that *all* entries of its day up to there are in it. So while a sweep is under way
//! nothing behind its end is folded, and days that have late entries only wait until no sweep is left to do.
//!
//! A person's day that cannot be read stops nobody else's: it is told once, as a failure, and passed over from then on until
//! the store is opened anew. Its entries stay where they are, and a rebuild after a repair finds them.

use super::blocks::{
    Sealed, entries, first_recorded_at, fold_horizon, late, seal, sealed, sealed_day_before, set_fold_horizon,
};
use super::entry_row::{CHECKED, COLUMNS, ENTRIES, person_at};
use super::failure::failure;
use super::project::{mark_folded, newest_seq};
use crate::error::{Error, ErrorKind};
use keepwatch_model::fact::Entry;
use keepwatch_model::id::{PersonId, SourceId};
use keepwatch_model::time::{DAY_MS, Day};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::{BTreeMap, HashSet};

/// Limit: numbers of the journal that one step of a sweep goes over; the next step goes on from there.
const SWEEP_STEP: u64 = 8_192;
/// Limit: entries that a sweep holds in memory (8 bytes each). When there are more, those of the first days and people stay,
/// and the sweep goes over the journal again for the rest.
const SWEEP_ENTRIES_MAX: usize = 1 << 20;

/// How far a sweep reaches at a time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reach {
    pub(super) step: u64,
    pub(super) entries_max: usize,
}

impl Reach {
    /// The limits above; only tests have others.
    pub(super) const USUAL: Self = Self { step: SWEEP_STEP, entries_max: SWEEP_ENTRIES_MAX };
}

/// A sweep under way: the numbers of live entries, by the block into which they go.
#[derive(Debug)]
pub(super) struct Sweep {
    /// Up to here the journal has been gone over.
    swept: u64,
    /// Up to here it will be.
    end: u64,
    gathered: BTreeMap<(Day, PersonId), Vec<u64>>,
    count: usize,
    /// Those before this one are sealed already.
    from: Option<(Day, PersonId)>,
    /// The first of those that had no room.
    left_out: Option<(Day, PersonId)>,
}

/// Days of people that could not be read, and were told so.
#[derive(Debug, Default)]
pub(super) struct Damaged(HashSet<(PersonId, Day)>);

impl Damaged {
    /// Does a deed about a person's day, unless that day is known to be damaged; fails the first time that it is found so.
    fn unless(&mut self, person: PersonId, day: Day, deed: impl FnOnce() -> Result<(), Error>) -> Result<(), Error> {
        if self.0.contains(&(person, day)) {
            return Ok(());
        }
        let result = deed();
        if result.as_ref().is_err_and(|error| error.kind == ErrorKind::Corrupt) {
            self.0.insert((person, day));
        }
        result
    }
}

/// One step, inside a transaction of the caller's. `sweep` is the one that the step before left; if the transaction fails,
/// it is no longer of use.
pub(super) fn step(
    connection: &Connection,
    sweep: &mut Option<Sweep>,
    reach: Reach,
    damaged: &mut Damaged,
    today: Day,
    pairs_max: usize,
) -> Result<usize, Error> {
    if sweep.is_none() {
        *sweep = begin(connection, today)?;
    }
    let Some(current) = sweep else {
        return fold_late(connection, damaged, today, pairs_max);
    };
    if current.swept < current.end {
        let until = current.end.min(current.swept + reach.step);
        current.gather(connection, until, reach.entries_max)?;
        if until < current.end {
            // Looking is work too: it counts as one, because 0 would say that nothing is left.
            return Ok(1);
        }
    }
    let done = current.fold(connection, damaged, pairs_max)?;
    if !current.gathered.is_empty() {
        return Ok(done);
    }
    if current.left_out.is_some() {
        // What is sealed now is behind its block's horizon: going over it again finds the rest.
        current.swept = fold_horizon(connection)?;
        current.from = current.left_out.take();
        return Ok(done.max(1));
    }
    set_fold_horizon(connection, current.end)?;
    *sweep = begin(connection, today)?;
    if sweep.is_some() { Ok(done.max(1)) } else { Ok(done + fold_late(connection, damaged, today, pairs_max - done)?) }
}

fn begin(connection: &Connection, today: Day) -> Result<Option<Sweep>, Error> {
    let swept = fold_horizon(connection)?;
    let end = match first_recorded_at(connection, today.start())? {
        Some(first) => first - 1,
        None => newest_seq(connection)?,
    };
    Ok((swept < end).then(|| Sweep { swept, end, gathered: BTreeMap::new(), count: 0, from: None, left_out: None }))
}

impl Sweep {
    fn gather(&mut self, connection: &Connection, until: u64, entries_max: usize) -> Result<(), Error> {
        let select = format!(
            "SELECT person, recorded_at / {DAY_MS}, seq FROM {ENTRIES} \
             WHERE seq > ?1 AND seq <= ?2 AND kind <= {CHECKED} AND late_day IS NULL ORDER BY seq"
        );
        let mut select = connection.prepare_cached(&select).map_err(failure)?;
        let mut rows = select.query(params![self.swept as i64, until as i64]).map_err(failure)?;
        while let Some(row) = rows.next().map_err(failure)? {
            let (person, day) = pair_of(row).map_err(failure)?;
            self.keep((day, person), row.get::<_, i64>(2).map_err(failure)? as u64, entries_max);
        }
        self.swept = until;
        Ok(())
    }

    fn keep(&mut self, pair: (Day, PersonId), seq: u64, entries_max: usize) {
        if self.from.is_some_and(|from| pair < from) || self.left_out.is_some_and(|left_out| pair >= left_out) {
            return;
        }
        self.gathered.entry(pair).or_default().push(seq);
        self.count += 1;
        // One pair always stays, however large: it must be folded in one go.
        while self.count > entries_max && self.gathered.len() > 1 {
            if let Some((last, seqs)) = self.gathered.pop_last() {
                self.count -= seqs.len();
                self.left_out = Some(last);
            }
        }
    }

    fn fold(&mut self, connection: &Connection, damaged: &mut Damaged, pairs_max: usize) -> Result<usize, Error> {
        let select = format!("SELECT {COLUMNS} FROM {ENTRIES} WHERE seq = ?1");
        for done in 0..pairs_max {
            let Some(((day, person), seqs)) = self.gathered.pop_first() else {
                return Ok(done);
            };
            self.count -= seqs.len();
            damaged.unless(person, day, || {
                let mut live = Vec::with_capacity(seqs.len());
                for seq in seqs {
                    live.extend(entries(connection, &select, [seq as i64])?);
                }
                fold_pair(connection, person, day, live, self.end)
            })?;
        }
        Ok(pairs_max)
    }
}

fn pair_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<(PersonId, Day)> {
    Ok((person_at(row, 0)?, Day::from_number(row.get(1)?)))
}

fn fold_late(connection: &Connection, damaged: &mut Damaged, today: Day, pairs_max: usize) -> Result<usize, Error> {
    let query = "SELECT DISTINCT person, late_day FROM entry INDEXED BY entry_late \
                 LEFT JOIN origin ON origin.number = entry.origin \
                 WHERE late_day < ?1 AND late_day <> 0 ORDER BY person, late_day LIMIT ?2";
    let mut select = connection.prepare_cached(query).map_err(failure)?;
    // Those passed over stay in the index: enough are asked for that they hide nobody.
    let enough = pairs_max + damaged.0.len();
    let pairs = select.query_map(params![today.number(), enough as i64], pair_of).map_err(failure)?;
    let mut pairs: Vec<(PersonId, Day)> = pairs.collect::<Result<_, _>>().map_err(failure)?;
    pairs.retain(|pair| !damaged.0.contains(pair));
    pairs.truncate(pairs_max);
    let newest = newest_seq(connection)?;
    for (person, day) in &pairs {
        damaged.unless(*person, *day, || fold_pair(connection, *person, *day, Vec::new(), newest))?;
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
