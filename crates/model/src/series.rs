//! Readings in order: which source is shown, how fast glucose changes, where two sensors disagree.
//! It works on what it is given; it does not know where readings are kept.

use crate::glucose::SensorGlucose;
use crate::id::SourceId;
use crate::reading::Reading;
use crate::source::{Patience, Source};
use crate::time::{MINUTE_MS, Timestamp};
use crate::trend::TrendArrow;

/// A delta compares readings that lie at least so far apart.
pub const DELTA_MIN_MS: i64 = 3 * MINUTE_MS;
/// A delta compares readings that lie at most so far apart.
pub const DELTA_MAX_MS: i64 = 10 * MINUTE_MS;
/// A rate of change looks back so far.
pub const RATE_WINDOW_MS: i64 = 15 * MINUTE_MS + MINUTE_MS / 2;

/// What the choice between sources needs to know of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rank {
    /// Which source.
    pub source: SourceId,
    /// The smallest number goes first.
    pub priority: u32,
    /// Its interval in milliseconds.
    pub interval_ms: i64,
    /// How old its reading may grow.
    pub patience: Patience,
}

impl Rank {
    /// The rank of a source whose lateness has not been learnt.
    pub fn of(source: &Source) -> Self {
        Self {
            source: source.id,
            priority: source.priority,
            interval_ms: source.interval_ms,
            patience: Patience::of(source.interval_ms, None),
        }
    }
}

/// Change from an earlier reading to the newest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Delta {
    /// Tenths of mg/dL; negative while falling.
    pub tenths: i32,
    /// Milliseconds between the two readings.
    pub elapsed_ms: i64,
}

/// Two fresh sources that differ by more than 20 % or 20 mg/dL.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Disagreement {
    /// The shown source and the other.
    pub sources: [SourceId; 2],
    /// What each says.
    pub glucose: [SensorGlucose; 2],
}

/// Whether a reading of `other` at `at` stands in the shadow of a higher source with readings at `places` (ascending):
/// that source was fresh at the time, or has a reading within half an interval.
fn in_shadow(at: Timestamp, higher: &Rank, places: &[Timestamp]) -> bool {
    let from = at.plus_ms(-higher.patience.fresh_ms);
    let until = at.plus_ms(higher.interval_ms / 2);
    let first = places.partition_point(|place| *place < from);
    places.get(first).is_some_and(|place| *place <= until)
}

/// The readings that are shown, reported and judged, out of those of all sources (both ascending by place):
/// at each moment those of the source of highest priority that was fresh.
pub fn shown(readings: &[Reading], ranks: &[Rank]) -> Vec<Reading> {
    let mut order: Vec<&Rank> = ranks.iter().filter(|rank| readings.iter().any(|r| r.source == rank.source)).collect();
    if order.len() < 2 {
        return readings.to_vec();
    }
    order.sort_by_key(|rank| (rank.priority, rank.source));
    let places: Vec<Vec<Timestamp>> = order
        .iter()
        .map(|rank| readings.iter().filter(|r| r.source == rank.source).map(|r| r.place).collect())
        .collect();
    let is_shown = |reading: &&Reading| {
        let own = order.iter().position(|rank| rank.source == reading.source).unwrap_or(order.len());
        !(0..own).any(|higher| in_shadow(reading.place, order[higher], &places[higher]))
    };
    readings.iter().filter(is_shown).cloned().collect()
}

/// The newest reading among ascending ones.
pub fn newest(readings: &[Reading]) -> Option<&Reading> {
    readings.last()
}

/// Change to the newest reading from the one nearest to five minutes before; only between measurements.
pub fn delta(readings: &[Reading]) -> Option<Delta> {
    let newest = readings.last()?;
    let now = newest.glucose.measured()?;
    let (elapsed_ms, before) = readings
        .iter()
        .rev()
        .skip(1)
        .map(|reading| (newest.place.ms_since(reading.place), reading))
        .take_while(|(elapsed_ms, _)| *elapsed_ms <= DELTA_MAX_MS)
        .filter(|(elapsed_ms, _)| *elapsed_ms >= DELTA_MIN_MS)
        .min_by_key(|(elapsed_ms, _)| (elapsed_ms - 5 * MINUTE_MS).abs())?;
    let before = before.glucose.measured()?;
    Some(Delta { tenths: i32::from(now.tenths()) - i32::from(before.tenths()), elapsed_ms })
}

/// Rate of change at the newest reading over about 15 minutes, in mg/dL per minute;
/// `None` with fewer than two measurements or less than four minutes between them.
pub fn rate_mg_dl_per_minute(readings: &[Reading]) -> Option<f64> {
    let newest = readings.last()?;
    let now = newest.glucose.measured()?;
    let oldest = readings
        .iter()
        .rev()
        .skip(1)
        .take_while(|reading| newest.place.ms_since(reading.place) <= RATE_WINDOW_MS)
        .filter(|reading| reading.glucose.measured().is_some())
        .last()?;
    let elapsed_ms = newest.place.ms_since(oldest.place);
    let change = now.as_f64() - oldest.glucose.measured()?.as_f64();
    (elapsed_ms >= 4 * MINUTE_MS).then(|| change * MINUTE_MS as f64 / elapsed_ms as f64)
}

/// The arrow of the newest reading: the sensor's own if it sent one, else from the rate.
pub fn arrow(readings: &[Reading]) -> Option<TrendArrow> {
    let newest = readings.last()?;
    newest.trend.or_else(|| rate_mg_dl_per_minute(readings).map(TrendArrow::for_rate))
}

/// Tenths of mg/dL to compare by: outside of its range a sensor stands at the border.
fn comparable_tenths(glucose: SensorGlucose) -> i32 {
    match glucose {
        SensorGlucose::BelowRange => 390,
        SensorGlucose::Measured(mg_dl) => i32::from(mg_dl.tenths()),
        SensorGlucose::AboveRange => 4_010,
    }
}

/// Whether another fresh source disagrees with the shown one at `now`, by more than 20 mg/dL or, above 100, 20 %.
pub fn disagreement(newest_by_source: &[(Rank, Reading)], shown: SourceId, now: Timestamp) -> Option<Disagreement> {
    let fresh = |(rank, reading): &&(Rank, Reading)| now.ms_since(reading.place) <= rank.patience.fresh_ms;
    let (_, ours) = newest_by_source.iter().filter(fresh).find(|(rank, _)| rank.source == shown)?;
    let our_tenths = comparable_tenths(ours.glucose);
    newest_by_source.iter().filter(fresh).filter(|(rank, _)| rank.source != shown).find_map(|(_, other)| {
        let difference = (comparable_tenths(other.glucose) - our_tenths).abs();
        let too_much = difference > 200.max(our_tenths / 5);
        too_much
            .then_some(Disagreement { sources: [ours.source, other.source], glucose: [ours.glucose, other.glucose] })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::glucose::MgDl;
    use crate::id::PersonId;

    const NOW: Timestamp = Timestamp::from_ms(1_764_000_000_000);

    fn reading(source: u64, minutes_ago: i64, mg_dl: u16) -> Reading {
        let place = NOW.plus_ms(-minutes_ago * MINUTE_MS);
        Reading {
            person: PersonId::from_random(1),
            source: SourceId::from_random(source),
            measured_at: place,
            received_at: place,
            place,
            glucose: SensorGlucose::Measured(MgDl::from_tenths(mg_dl * 10)),
            trend: None,
            foreign: None,
        }
    }

    fn rank(source: u64, priority: u32) -> Rank {
        let patience = Patience::of(5 * MINUTE_MS, None);
        Rank { source: SourceId::from_random(source), priority, interval_ms: 5 * MINUTE_MS, patience }
    }

    #[test]
    fn a_copy_by_another_way_is_a_shadow() {
        let readings = [reading(1, 10, 100), reading(2, 9, 101), reading(1, 5, 104), reading(2, 4, 105)];
        let shown = shown(&readings, &[rank(1, 0), rank(2, 1)]);
        assert_eq!(shown.iter().map(|r| r.source.number()).collect::<Vec<_>>(), [1, 1]);
    }

    #[test]
    fn when_the_first_source_falls_silent_the_second_is_shown() {
        let readings = [reading(1, 30, 100), reading(2, 29, 101), reading(2, 23, 99), reading(2, 18, 98)];
        let shown = shown(&readings, &[rank(1, 0), rank(2, 1)]);
        assert_eq!(shown.iter().map(|r| r.source.number()).collect::<Vec<_>>(), [1, 2, 2]);
    }

    #[test]
    fn delta_and_rate_look_at_the_last_minutes_only() {
        let readings = [reading(1, 60, 300), reading(1, 10, 100), reading(1, 5, 94), reading(1, 0, 88)];
        assert_eq!(delta(&readings), Some(Delta { tenths: -60, elapsed_ms: 5 * MINUTE_MS }));
        assert_eq!(rate_mg_dl_per_minute(&readings), Some(-1.2));
        assert_eq!(arrow(&readings), Some(TrendArrow::FortyFiveDown));
        assert_eq!(delta(&readings[..2]), None);
    }

    #[test]
    fn twenty_apart_is_agreement_and_more_is_not() {
        let newest = |other| [(rank(1, 0), reading(1, 1, 100)), (rank(2, 1), reading(2, 2, other))];
        assert_eq!(disagreement(&newest(120), SourceId::from_random(1), NOW), None);
        assert!(disagreement(&newest(121), SourceId::from_random(1), NOW).is_some());
        assert_eq!(disagreement(&newest(121), SourceId::from_random(1), NOW.plus_ms(20 * MINUTE_MS)), None);
    }
}
