//! One person's window: her readings packed in order of place, what does not fit there beside them, and each
//! source's newest.

use super::packed::{Item, Packed, Said};
use super::{Place, WINDOW_MS};
use keepwatch_model::fact::Seq;
use keepwatch_model::glucose::SensorGlucose;
use keepwatch_model::id::{PersonId, SourceId};
use keepwatch_model::reading::{MeterCheck, Reading, Refusal};
use keepwatch_model::time::{MINUTE_MS, Timestamp};
use keepwatch_model::trend::TrendArrow;
use std::collections::{BTreeMap, HashSet};

/// Readings that fell out of the window are cleared away once the oldest is this much too old.
const TRIM_AFTER_MS: i64 = 15 * MINUTE_MS;
/// Sources that the packed run can tell apart.
const ROOM_FOR_SOURCES: usize = 16;

/// What does not fit into the packed run.
#[derive(Clone, Debug, Default)]
struct Aside {
    /// The claimed time, where it is not the place.
    measured_at: Option<Timestamp>,
    foreign: Option<Box<str>>,
    /// Seen, but the store refused it: the uploader will send it again.
    unstored: bool,
}

/// What is known of one source of a person.
#[derive(Clone, Debug)]
pub struct SourceState {
    /// Which source.
    pub source: SourceId,
    /// When its uploader was last in touch.
    pub last_contact: Option<Timestamp>,
    /// The last refusal, and when.
    pub refused: Option<(Refusal, Timestamp)>,
    /// How far ahead its uploader's clock was found to be, while it is.
    pub ahead_ms: Option<i32>,
    /// New readings since its interval was last compared with what it sends.
    pub unlearnt: u16,
    newest: Option<Newest>,
}

/// The newest reading of a source, kept however old.
#[derive(Clone, Copy, Debug)]
struct Newest {
    place: Timestamp,
    ahead_ms: i32,
    glucose: SensorGlucose,
    trend: Option<TrendArrow>,
}

/// A reading of a known key.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Where in time it stands.
    pub place: Timestamp,
    /// What it says; `None` when it was withdrawn.
    pub glucose: Option<SensorGlucose>,
    /// Only seen so far: the store refused it.
    pub unstored: bool,
}

/// The last 24 hours of one person.
#[derive(Debug, Default)]
pub struct PersonWindow {
    packed: Packed,
    sources: Vec<SourceState>,
    asides: BTreeMap<(Timestamp, u8), Aside>,
    checks: Vec<(MeterCheck, bool)>,
    last_seq: Seq,
}

impl PersonWindow {
    /// The last entry that changed this window.
    pub const fn last_seq(&self) -> Seq {
        self.last_seq
    }

    /// Notes that an entry changed this window.
    pub fn touch(&mut self, seq: Seq) {
        self.last_seq = self.last_seq.max(seq);
    }

    /// What is known of each source.
    pub fn sources(&self) -> &[SourceState] {
        &self.sources
    }

    /// What is known of one source, to be changed; made if nothing is known yet.
    pub fn source_mut(&mut self, source: SourceId) -> &mut SourceState {
        let index = self.index_of(source);
        &mut self.sources[usize::from(index)]
    }

    /// Index of a source in the packed run, which has room for sixteen. A person who has had more over the years has
    /// few at a time: a source without readings in the window gives its index to the next.
    fn index_of(&mut self, source: SourceId) -> u8 {
        if let Some(index) = self.sources.iter().position(|state| state.source == source) {
            return index as u8;
        }
        let new = SourceState { source, last_contact: None, refused: None, ahead_ms: None, unlearnt: 0, newest: None };
        if self.sources.len() < ROOM_FOR_SOURCES {
            self.sources.reserve_exact(1);
            self.sources.push(new);
            return self.sources.len() as u8 - 1;
        }
        let used: HashSet<u8> = self.packed.iter().map(Item::source).collect();
        let idle = (0..ROOM_FOR_SOURCES as u8).filter(|index| !used.contains(index));
        let oldest = idle.min_by_key(|index| self.sources[usize::from(*index)].newest.map(|newest| newest.place));
        let index = oldest.expect("intake refuses a source more than the window has room for");
        self.sources[usize::from(index)] = new;
        index
    }

    /// The sources that have readings in the window.
    pub fn sources_in_use(&self) -> HashSet<SourceId> {
        self.packed.iter().map(|item| self.sources[usize::from(item.source())].source).collect()
    }

    fn aside(&self, place: Timestamp, index: u8) -> Option<&Aside> {
        self.asides.get(&(place, index))
    }

    /// The reading of a key, if the window holds it: by its claimed time, wherever it was placed.
    pub fn find(&self, source: SourceId, measured_at: Timestamp) -> Option<Found> {
        let index = self.sources.iter().position(|state| state.source == source)? as u8;
        let claims =
            |(key, aside): &(&(Timestamp, u8), &Aside)| key.1 == index && aside.measured_at == Some(measured_at);
        let placed_elsewhere = self.asides.iter().find(claims).map(|(key, _)| key.0);
        let place = placed_elsewhere.unwrap_or(measured_at);
        let item = self.packed.get(place, index)?;
        let aside = self.aside(place, index);
        if placed_elsewhere.is_none() && aside.is_some_and(|aside| aside.measured_at.is_some()) {
            return None;
        }
        let glucose = match item.said() {
            Said::Glucose(glucose) => Some(glucose),
            Said::Withdrawn => None,
        };
        Some(Found { place, glucose, unstored: aside.is_some_and(|aside| aside.unstored) })
    }

    /// The nearest place at or before `place` where no reading of this source stands; suspect clocks may collide.
    pub fn free_place(&self, source: SourceId, mut place: Timestamp) -> Timestamp {
        if let Some(index) = self.sources.iter().position(|state| state.source == source) {
            while self.packed.get(place, index as u8).is_some() {
                place = place.plus_ms(-1);
            }
        }
        place
    }

    /// Takes in a reading, or its correction; `stored` is false while the store refuses.
    pub fn put(&mut self, reading: &Reading, stored: bool, now: Timestamp) {
        let index = self.index_of(reading.source);
        self.renew(index, reading);
        let aside = Aside {
            measured_at: reading.clock_suspect().then_some(reading.measured_at),
            foreign: reading.foreign.clone(),
            unstored: !stored,
        };
        if self.set_item(reading.place, index, Said::Glucose(reading.glucose), reading.trend, now) {
            self.set_aside(reading.place, index, aside);
        }
    }

    /// Leaves a tombstone where a reading stood.
    pub fn withdraw(&mut self, at: Place, stored: bool, now: Timestamp) {
        let index = self.index_of(at.source);
        let measured_at = (at.measured_at != at.place).then_some(at.measured_at);
        if self.set_item(at.place, index, Said::Withdrawn, None, now) {
            self.set_aside(at.place, index, Aside { measured_at, unstored: !stored, ..Aside::default() });
        }
        let newest = self.sources[usize::from(index)].newest;
        if newest.is_some_and(|newest| newest.place == at.place) {
            self.sources[usize::from(index)].newest = self.newest_packed(index);
        }
    }

    fn renew(&mut self, index: u8, reading: &Reading) {
        let state = &mut self.sources[usize::from(index)];
        state.last_contact = state.last_contact.max(Some(reading.received_at));
        if state.newest.is_none_or(|newest| newest.place <= reading.place) {
            state.newest = Some(Newest {
                place: reading.place,
                ahead_ms: reading.measured_at.ms_since(reading.place) as i32,
                glucose: reading.glucose,
                trend: reading.trend,
            });
        }
    }

    /// The middle one of the last `count` gaps between readings of a source; `None` with fewer.
    pub fn median_gap_ms(&self, source: SourceId, count: usize) -> Option<i64> {
        let index = self.sources.iter().position(|state| state.source == source)? as u8;
        let places: Vec<Timestamp> =
            self.packed.iter().filter(|item| item.source() == index).map(Item::place).collect();
        let recent = &places[places.len().saturating_sub(count + 1)..];
        let mut gaps: Vec<i64> = recent.windows(2).map(|pair| pair[1].ms_since(pair[0])).collect();
        gaps.sort_unstable();
        (gaps.len() == count).then(|| gaps[count / 2])
    }

    fn newest_packed(&self, index: u8) -> Option<Newest> {
        let own = self.packed.iter().filter(|item| item.source() == index);
        own.filter_map(|item| match item.said() {
            Said::Glucose(glucose) => {
                let place = item.place();
                let claimed = self.aside(place, index).and_then(|aside| aside.measured_at).unwrap_or(place);
                Some(Newest { place, ahead_ms: claimed.ms_since(place) as i32, glucose, trend: item.trend() })
            }
            Said::Withdrawn => None,
        })
        .last()
    }

    /// Returns whether the place lies in the window.
    fn set_item(&mut self, place: Timestamp, index: u8, said: Said, trend: Option<TrendArrow>, now: Timestamp) -> bool {
        let cutoff = now.plus_ms(-WINDOW_MS);
        if place < cutoff {
            return false;
        }
        if self.packed.first().is_some_and(|oldest| cutoff.ms_since(oldest.place()) > TRIM_AFTER_MS) {
            self.trim(cutoff);
        }
        self.packed.set(Item::new(place, said, trend, index));
        true
    }

    fn set_aside(&mut self, place: Timestamp, index: u8, aside: Aside) {
        let needed = aside.measured_at.is_some() || aside.foreign.is_some() || aside.unstored;
        if needed {
            self.asides.insert((place, index), aside);
        } else {
            self.asides.remove(&(place, index));
        }
    }

    /// Drops what lies before `cutoff`.
    fn trim(&mut self, cutoff: Timestamp) {
        self.packed.drop_before(cutoff);
        self.asides.retain(|(place, _), _| *place >= cutoff);
        self.checks.retain(|(check, _)| check.at >= cutoff);
    }

    fn reading(&self, person: PersonId, item: Item) -> Option<Reading> {
        let Said::Glucose(glucose) = item.said() else { return None };
        let place = item.place();
        let aside = self.aside(place, item.source());
        Some(Reading {
            person,
            source: self.sources[usize::from(item.source())].source,
            measured_at: aside.and_then(|aside| aside.measured_at).unwrap_or(place),
            received_at: place,
            place,
            glucose,
            trend: item.trend(),
            foreign: aside.and_then(|aside| aside.foreign.clone()),
        })
    }

    /// Readings of all sources with a place in `from..until`, ascending. Their receipt is not kept here: it is the place.
    pub fn readings(&self, person: PersonId, from: Timestamp, until: Timestamp) -> Vec<Reading> {
        let inside = self.packed.since(from).take_while(|item| item.place() < until);
        // Room for all at once: growing would copy a day of readings several times.
        let mut readings = Vec::with_capacity(self.packed.at_most(from));
        readings.extend(inside.filter_map(|item| self.reading(person, item)));
        readings
    }

    /// The newest reading of each source, however old.
    pub fn newest(&self, person: PersonId) -> impl Iterator<Item = Reading> + '_ {
        self.sources.iter().filter_map(move |state| {
            let Newest { place, ahead_ms, glucose, trend } = state.newest?;
            let measured_at = place.plus_ms(i64::from(ahead_ms));
            let received_at = place;
            Some(Reading {
                person,
                source: state.source,
                measured_at,
                received_at,
                place,
                glucose,
                trend,
                foreign: None,
            })
        })
    }

    /// Takes in a meter check; `stored` is false while the store refuses.
    pub fn put_check(&mut self, check: &MeterCheck, stored: bool, now: Timestamp) {
        self.checks.retain(|(known, _)| known.at != check.at || known.by != check.by);
        if check.at >= now.plus_ms(-WINDOW_MS) {
            let at = self.checks.partition_point(|(known, _)| known.at <= check.at);
            self.checks.insert(at, (check.clone(), stored));
        }
    }

    /// Meter checks of the window at or after `from`, ascending.
    pub fn checks(&self, from: Timestamp) -> impl Iterator<Item = &MeterCheck> {
        self.checks.iter().map(|(check, _)| check).filter(move |check| check.at >= from)
    }

    /// Those of them that are durable.
    pub fn stored_checks(&self, from: Timestamp) -> impl Iterator<Item = &MeterCheck> {
        self.checks.iter().filter(move |(check, stored)| *stored && check.at >= from).map(|(check, _)| check)
    }
}

#[cfg(test)]
mod tests;
