//! What holds after a run of facts: each key once, corrections and withdrawals applied. It knows neither rows nor blocks.

use crate::records::Stretch;
use keepwatch_model::fact::Fact;
use keepwatch_model::id::SourceId;
use keepwatch_model::reading::{MeterCheck, Reading, ReadingKey};
use keepwatch_model::time::Timestamp;
use std::collections::BTreeMap;

/// Readings, checks and tombstones of one person. A correction keeps the place of what it corrects, so that all that is
/// said about one key lies in one day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Kept {
    readings: BTreeMap<(SourceId, Timestamp), Reading>,
    checks: BTreeMap<(Timestamp, String), MeterCheck>,
    withdrawn: BTreeMap<(SourceId, Timestamp), ReadingKey>,
}

impl Kept {
    /// Lets one more fact hold; facts come in the order of the journal.
    pub(super) fn apply(&mut self, fact: Fact) {
        match fact {
            Fact::ReadingTaken(reading) | Fact::ReadingCorrected(reading) => {
                let key = (reading.source, reading.measured_at);
                self.withdrawn.remove(&key);
                self.readings.insert(key, reading);
            }
            Fact::ReadingWithdrawn(tombstone) => {
                let key = (tombstone.source, tombstone.measured_at);
                self.readings.remove(&key);
                self.withdrawn.insert(key, tombstone);
            }
            Fact::MeterChecked(check) => {
                self.checks.insert((check.at, check.by.clone()), check);
            }
            Fact::ReadingsRefused(_) | Fact::Changed(_) | Fact::Removed(_) | Fact::PersonForgotten(_) => {}
        }
    }

    /// Lets another day's hold too.
    pub(super) fn absorb(&mut self, other: Self) {
        self.readings.extend(other.readings);
        self.checks.extend(other.checks);
        self.withdrawn.extend(other.withdrawn);
    }

    /// The newest reading of a source.
    pub(super) fn newest_of(&self, source: SourceId) -> Option<&Reading> {
        self.readings.values().filter(|reading| reading.source == source).max_by_key(|r| (r.place, r.measured_at))
    }

    /// Every source that has a reading here.
    pub(super) fn sources(&self) -> Vec<SourceId> {
        let mut sources: Vec<SourceId> = self.readings.keys().map(|(source, _)| *source).collect();
        sources.dedup();
        sources
    }

    /// All of it, in order of place.
    pub(super) fn stretch(self) -> Stretch {
        let mut readings: Vec<Reading> = self.readings.into_values().collect();
        readings.sort_by_key(|reading| (reading.place, reading.measured_at, reading.source));
        let mut withdrawn: Vec<ReadingKey> = self.withdrawn.into_values().collect();
        withdrawn.sort_by_key(|key| (key.place, key.measured_at, key.source));
        Stretch { readings, meter_checks: self.checks.into_values().collect(), withdrawn }
    }
}
