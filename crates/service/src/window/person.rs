//! One person's window: slots in order of place, what does not fit in a slot beside them, and each source's newest.

use super::slot::{OFFSET_MAX_MS, Said, Slot};
use super::{Place, WINDOW_MS};
use keepwatch_model::fact::Seq;
use keepwatch_model::glucose::SensorGlucose;
use keepwatch_model::id::{PersonId, SourceId};
use keepwatch_model::reading::{MeterCheck, Reading, Refusal};
use keepwatch_model::time::{MINUTE_MS, Timestamp};
use keepwatch_model::trend::TrendArrow;
use std::collections::BTreeMap;

/// Slots that fell out of the window are cleared away once the oldest is this much too old.
const TRIM_AFTER_MS: i64 = 15 * MINUTE_MS;
/// Slots are reserved by so many, so that a full window wastes few bytes.
const SLOTS_RESERVED: usize = 8;

/// What does not fit into a slot.
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
    base: Timestamp,
    slots: Vec<Slot>,
    sources: Vec<SourceState>,
    asides: Option<Box<BTreeMap<(Timestamp, u8), Aside>>>,
    checks: Vec<MeterCheck>,
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

    /// Index of a source in slots. Sources are bounded by the register; a slot has room for sixteen.
    fn index_of(&mut self, source: SourceId) -> u8 {
        let index = self.sources.iter().position(|state| state.source == source).unwrap_or_else(|| {
            self.sources.reserve_exact(1);
            self.sources.push(SourceState {
                source,
                last_contact: None,
                refused: None,
                ahead_ms: None,
                unlearnt: 0,
                newest: None,
            });
            self.sources.len() - 1
        });
        index as u8
    }

    fn slot_at(&self, place: Timestamp, index: u8) -> Result<usize, usize> {
        let offset_ms = place.ms_since(self.base);
        if offset_ms < 0 {
            return Err(0);
        }
        let order = (offset_ms as u64) << 4 | u64::from(index);
        self.slots.binary_search_by_key(&order, |slot| slot.order())
    }

    fn aside(&self, place: Timestamp, index: u8) -> Option<&Aside> {
        self.asides.as_ref()?.get(&(place, index))
    }

    /// The reading of a key, if the window holds it: by its claimed time, wherever it was placed.
    pub fn find(&self, source: SourceId, measured_at: Timestamp) -> Option<Found> {
        let index = self.sources.iter().position(|state| state.source == source)? as u8;
        let placed_elsewhere = self.asides.as_ref().and_then(|asides| {
            let claims =
                |(key, aside): &(&(Timestamp, u8), &Aside)| key.1 == index && aside.measured_at == Some(measured_at);
            asides.iter().find(claims).map(|(key, _)| key.0)
        });
        let place = placed_elsewhere.unwrap_or(measured_at);
        let slot = self.slots[self.slot_at(place, index).ok()?];
        let aside = self.aside(place, index);
        if placed_elsewhere.is_none() && aside.is_some_and(|aside| aside.measured_at.is_some()) {
            return None;
        }
        let glucose = match slot.said() {
            Said::Glucose(glucose) => Some(glucose),
            Said::Withdrawn => None,
        };
        Some(Found { place, glucose, unstored: aside.is_some_and(|aside| aside.unstored) })
    }

    /// The nearest place at or before `place` where no reading of this source stands; suspect clocks may collide.
    pub fn free_place(&self, source: SourceId, mut place: Timestamp) -> Timestamp {
        if let Some(index) = self.sources.iter().position(|state| state.source == source) {
            while self.slot_at(place, index as u8).is_ok() {
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
        if self.set_slot(reading.place, index, Said::Glucose(reading.glucose), reading.trend, now) {
            self.set_aside(reading.place, index, aside);
        }
    }

    /// Leaves a tombstone where a reading stood.
    pub fn withdraw(&mut self, at: Place, now: Timestamp) {
        let index = self.index_of(at.source);
        let measured_at = (at.measured_at != at.place).then_some(at.measured_at);
        if self.set_slot(at.place, index, Said::Withdrawn, None, now) {
            self.set_aside(at.place, index, Aside { measured_at, ..Aside::default() });
        }
        let newest = self.sources[usize::from(index)].newest;
        if newest.is_some_and(|newest| newest.place == at.place) {
            self.sources[usize::from(index)].newest = self.newest_in_slots(index);
        }
    }

    /// Marks a reading as durable.
    pub fn stored(&mut self, source: SourceId, place: Timestamp) {
        let index = self.index_of(source);
        if let Some(aside) = self.asides.as_mut().and_then(|asides| asides.get_mut(&(place, index))) {
            aside.unstored = false;
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
        let offsets: Vec<i64> =
            self.slots.iter().rev().filter(|s| s.source() == index).take(count + 1).map(|s| s.offset_ms()).collect();
        let mut gaps: Vec<i64> = offsets.windows(2).map(|pair| pair[0] - pair[1]).collect();
        gaps.sort_unstable();
        (gaps.len() == count).then(|| gaps[count / 2])
    }

    fn newest_in_slots(&self, index: u8) -> Option<Newest> {
        self.slots.iter().rev().filter(|slot| slot.source() == index).find_map(|slot| match slot.said() {
            Said::Glucose(glucose) => {
                let place = self.base.plus_ms(slot.offset_ms());
                let claimed = self.aside(place, index).and_then(|aside| aside.measured_at).unwrap_or(place);
                Some(Newest { place, ahead_ms: claimed.ms_since(place) as i32, glucose, trend: slot.trend() })
            }
            Said::Withdrawn => None,
        })
    }

    /// Returns whether the place lies in the window.
    fn set_slot(&mut self, place: Timestamp, index: u8, said: Said, trend: Option<TrendArrow>, now: Timestamp) -> bool {
        let cutoff = now.plus_ms(-WINDOW_MS);
        if place < cutoff {
            return false;
        }
        let oldest = self.slots.first().map(|slot| self.base.plus_ms(slot.offset_ms()));
        let fits = (0..=OFFSET_MAX_MS).contains(&place.ms_since(self.base));
        if !fits || oldest.is_none_or(|oldest| cutoff.ms_since(oldest) > TRIM_AFTER_MS) {
            self.trim(cutoff);
        }
        let slot = Slot::new(place.ms_since(self.base), said, trend, index);
        match self.slot_at(place, index) {
            Ok(at) => self.slots[at] = slot,
            Err(at) => {
                if self.slots.len() == self.slots.capacity() {
                    self.slots.reserve_exact(SLOTS_RESERVED);
                }
                self.slots.insert(at, slot);
            }
        }
        true
    }

    fn set_aside(&mut self, place: Timestamp, index: u8, aside: Aside) {
        let needed = aside.measured_at.is_some() || aside.foreign.is_some() || aside.unstored;
        if needed {
            self.asides.get_or_insert_default().insert((place, index), aside);
        } else if let Some(asides) = &mut self.asides {
            asides.remove(&(place, index));
        }
    }

    /// Drops what lies before `cutoff`, which becomes the base.
    fn trim(&mut self, cutoff: Timestamp) {
        let later_ms = cutoff.ms_since(self.base);
        self.slots.retain(|slot| (later_ms..=later_ms + OFFSET_MAX_MS).contains(&slot.offset_ms()));
        for slot in &mut self.slots {
            *slot = slot.rebased(later_ms);
        }
        self.base = cutoff;
        if let Some(asides) = &mut self.asides {
            asides.retain(|(place, _), _| *place >= cutoff);
            if asides.is_empty() {
                self.asides = None;
            }
        }
        self.checks.retain(|check| check.at >= cutoff);
    }

    fn reading(&self, person: PersonId, slot: Slot) -> Option<Reading> {
        let Said::Glucose(glucose) = slot.said() else { return None };
        let place = self.base.plus_ms(slot.offset_ms());
        let aside = self.aside(place, slot.source());
        Some(Reading {
            person,
            source: self.sources[usize::from(slot.source())].source,
            measured_at: aside.and_then(|aside| aside.measured_at).unwrap_or(place),
            received_at: place,
            place,
            glucose,
            trend: slot.trend(),
            foreign: aside.and_then(|aside| aside.foreign.clone()),
        })
    }

    /// Readings of all sources with a place in `from..until`, ascending. Their receipt is not kept here: it is the place.
    pub fn readings(&self, person: PersonId, from: Timestamp, until: Timestamp) -> Vec<Reading> {
        let first = self.slots.partition_point(|slot| slot.offset_ms() < from.ms_since(self.base));
        self.slots[first..]
            .iter()
            .take_while(|slot| slot.offset_ms() < until.ms_since(self.base))
            .filter_map(|slot| self.reading(person, *slot))
            .collect()
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

    /// Takes in a meter check; false when it is known already.
    pub fn put_check(&mut self, check: &MeterCheck, now: Timestamp) -> bool {
        if self.checks.iter().any(|known| known.at == check.at && known.by == check.by) {
            return false;
        }
        if check.at >= now.plus_ms(-WINDOW_MS) {
            let at = self.checks.partition_point(|known| known.at <= check.at);
            self.checks.insert(at, check.clone());
        }
        true
    }

    /// Meter checks of the window at or after `from`, ascending.
    pub fn checks(&self, from: Timestamp) -> impl Iterator<Item = &MeterCheck> {
        self.checks.iter().filter(move |check| check.at >= from)
    }
}

#[cfg(test)]
mod tests;
