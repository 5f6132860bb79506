//! A reading: one sensor glucose with its times; what makes one good, and where in time it has its place.
//! Also the meter check, which is a reading of its own kind. Nothing here knows a dialect.

use crate::glucose::{MgDl, NotGlucose, Reported, SensorGlucose};
use crate::id::{PersonId, SourceId};
use crate::time::{HOUR_MS, MINUTE_MS, Timestamp};
use crate::trend::TrendArrow;
use serde::{Deserialize, Serialize};

/// Up to so far ahead of its receipt a time is jitter.
pub const JITTER_MAX_MS: i64 = 2 * MINUTE_MS;
/// Up to so far ahead of its receipt a time is kept as clock suspect; further ahead it is refused.
pub const SUSPECT_MAX_MS: i64 = HOUR_MS;
/// Times before 2000-01-01 are no times of a sensor; they are refused.
pub const EARLIEST: Timestamp = Timestamp::from_ms(946_684_800_000);
/// Limit: bytes of a dialect's own fields kept beside one reading; a reading with more is refused.
pub const FOREIGN_MAX_BYTES: usize = 4_096;

/// One sensor glucose with its times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Whose it is.
    pub person: PersonId,
    /// Where it came from.
    pub source: SourceId,
    /// The sensor's moment as claimed; with person and source it is the key.
    pub measured_at: Timestamp,
    /// When it reached us.
    pub received_at: Timestamp,
    /// Where in time it stands: age, order and freshness go by this.
    pub place: Timestamp,
    /// What the sensor said.
    pub glucose: SensorGlucose,
    /// The arrow as sent, if one was sent.
    pub trend: Option<TrendArrow>,
    /// Fields of its dialect that we do not model: a JSON object, given back whole.
    pub foreign: Option<Box<str>>,
}

/// What tells one reading of a person from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ReadingKey {
    /// Whose it is.
    pub person: PersonId,
    /// Where it came from.
    pub source: SourceId,
    /// The sensor's moment as claimed.
    pub measured_at: Timestamp,
    /// Where in time it stands.
    pub place: Timestamp,
}

/// A reading as a protocol hands it over, before it is checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// The sensor's moment as claimed.
    pub measured_at: Timestamp,
    /// The value as reported.
    pub reported: Reported,
    /// The arrow as sent.
    pub trend: Option<TrendArrow>,
    /// Fields of the dialect that we do not model: a JSON object.
    pub foreign: Option<Box<str>>,
}

/// Why a reading was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The value is an error code of the sensor.
    SensorCode,
    /// The value is above 600 mg/dL.
    ValueTooHigh,
    /// The time lies more than an hour ahead.
    TimeInFuture,
    /// The time lies before the year 2000.
    TimeTooEarly,
    /// The item has no usable value or time.
    Malformed,
    /// The dialect's own fields are too large.
    ForeignTooLarge,
    /// The person has as many sources as we keep.
    TooManySources,
    /// The reading of this key was withdrawn, and this door does not bring it back.
    Withdrawn,
    /// A kind of entry that we do not keep.
    Unsupported,
    /// The person was removed meanwhile.
    PersonGone,
}

impl Refusal {
    /// A stable word for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::SensorCode => "sensor_code",
            Self::ValueTooHigh => "value_too_high",
            Self::TimeInFuture => "time_in_future",
            Self::TimeTooEarly => "time_too_early",
            Self::Malformed => "malformed",
            Self::ForeignTooLarge => "foreign_too_large",
            Self::TooManySources => "too_many_sources",
            Self::Withdrawn => "withdrawn",
            Self::Unsupported => "unsupported",
            Self::PersonGone => "person_gone",
        }
    }

    /// What it means and what to do, as a sentence.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::SensorCode => "the value is an error code of the sensor, not glucose; look at the sensor",
            Self::ValueTooHigh => "the value is above 600 mg/dL; check the unit",
            Self::TimeInFuture => "the time is more than an hour ahead; check the clock of the sending phone",
            Self::TimeTooEarly => "the time lies before the year 2000; send milliseconds since 1970",
            Self::Malformed => "the item has no usable value or time; compare it with the API description",
            Self::ForeignTooLarge => "the item carries more than 4,096 bytes of fields that we do not know",
            Self::TooManySources => "this person has as many sources as are kept; name the device the same each time",
            Self::Withdrawn => "this reading was withdrawn; it does not come back by this door",
            Self::Unsupported => "entries of this kind are not kept",
            Self::PersonGone => "this person was removed; nothing of hers is kept any more",
        }
    }
}

impl From<NotGlucose> for Refusal {
    fn from(reason: NotGlucose) -> Self {
        match reason {
            NotGlucose::SensorCode => Self::SensorCode,
            NotGlucose::TooHigh => Self::ValueTooHigh,
        }
    }
}

/// Where a claimed time has its place.
///
/// `offset_ms` is how far ahead the uploader's clock was found to be, if it was. Up to two minutes ahead is jitter:
/// the claim is the place. Up to an hour ahead the clock is suspect: the place is the claim less the offset, never
/// later than the receipt. Further ahead there is no place (decisions, section 2).
pub fn place_of(measured_at: Timestamp, received_at: Timestamp, offset_ms: Option<i64>) -> Result<Timestamp, Refusal> {
    let ahead_ms = measured_at.ms_since(received_at);
    if measured_at < EARLIEST {
        Err(Refusal::TimeTooEarly)
    } else if ahead_ms <= JITTER_MAX_MS {
        Ok(measured_at)
    } else if ahead_ms <= SUSPECT_MAX_MS {
        let offset_ms = offset_ms.unwrap_or(ahead_ms);
        Ok(measured_at.plus_ms(-offset_ms).min(received_at))
    } else {
        Err(Refusal::TimeInFuture)
    }
}

impl Reading {
    /// A good reading, or why it is none.
    pub fn checked(
        draft: Draft,
        person: PersonId,
        source: SourceId,
        received_at: Timestamp,
        offset_ms: Option<i64>,
    ) -> Result<Self, Refusal> {
        let glucose = SensorGlucose::checked(draft.reported)?;
        let place = place_of(draft.measured_at, received_at, offset_ms)?;
        if draft.foreign.as_ref().is_some_and(|foreign| foreign.len() > FOREIGN_MAX_BYTES) {
            return Err(Refusal::ForeignTooLarge);
        }
        let Draft { measured_at, trend, foreign, .. } = draft;
        Ok(Self { person, source, measured_at, received_at, place, glucose, trend, foreign })
    }

    /// What tells it from others.
    pub const fn key(&self) -> ReadingKey {
        ReadingKey { person: self.person, source: self.source, measured_at: self.measured_at, place: self.place }
    }

    /// Whether the claimed time was so far ahead that we did not trust it.
    pub fn clock_suspect(&self) -> bool {
        self.place != self.measured_at
    }

    /// Whether both say the same about the same key: value, arrow and the dialect's own fields.
    pub fn says_the_same(&self, other: &Self) -> bool {
        self.glucose == other.glucose && self.trend == other.trend && self.foreign == other.foreign
    }
}

/// A manual meter reading, taken by a human with a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeterCheck {
    /// Whose glucose it is.
    pub person: PersonId,
    /// When it was taken; with person and `by` it is the key.
    pub at: Timestamp,
    /// What the meter showed.
    pub mg_dl: MgDl,
    /// Who took it.
    pub by: String,
    /// What else they said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp::from_ms(1_764_000_000_000);

    #[test]
    fn two_minutes_ahead_is_jitter() {
        assert_eq!(place_of(NOW.plus_ms(JITTER_MAX_MS), NOW, None), Ok(NOW.plus_ms(JITTER_MAX_MS)));
    }

    #[test]
    fn a_suspect_clock_puts_the_reading_at_its_receipt_until_the_offset_is_learnt() {
        let claimed = NOW.plus_ms(10 * MINUTE_MS);
        assert_eq!(place_of(claimed, NOW, None), Ok(NOW));
        assert_eq!(place_of(claimed, NOW, Some(12 * MINUTE_MS)), Ok(NOW.plus_ms(-2 * MINUTE_MS)));
    }

    #[test]
    fn beyond_an_hour_there_is_no_place() {
        assert_eq!(place_of(NOW.plus_ms(SUSPECT_MAX_MS + 1), NOW, None), Err(Refusal::TimeInFuture));
        assert_eq!(place_of(EARLIEST.plus_ms(-1), NOW, None), Err(Refusal::TimeTooEarly));
    }

    proptest! {
        #[test]
        fn a_place_is_never_later_than_jitter_allows(ahead in -100 * HOUR_MS..2 * HOUR_MS, offset in proptest::option::of(0..HOUR_MS)) {
            if let Ok(place) = place_of(NOW.plus_ms(ahead), NOW, offset) {
                prop_assert!(place <= NOW.plus_ms(JITTER_MAX_MS));
            }
        }
    }
}
