//! How an entry lies in its row, and how it is read back. The columns are explained where the table is made.

use super::failure::corrupt;
use crate::error::Error;
use keepwatch_model::fact::{Entry, Fact, Refused, Seq};
use keepwatch_model::glucose::{MgDl, SensorGlucose};
use keepwatch_model::id::{PersonId, SourceId};
use keepwatch_model::reading::{MeterCheck, Reading, ReadingKey};
use keepwatch_model::row::{Row, RowKey};
use keepwatch_model::time::Timestamp;
use keepwatch_model::trend::TrendArrow;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::borrow::Cow;

/// A reading was taken.
pub(super) const TAKEN: i64 = 0;
const CORRECTED: i64 = 1;
/// A reading was withdrawn; kinds up to this one are about readings.
pub(super) const WITHDRAWN: i64 = 2;
/// Somebody checked with a meter; kinds up to this one have a place in a day.
pub(super) const CHECKED: i64 = 3;
/// Readings were refused; kinds up to this one are about one person's glucose.
pub(super) const REFUSED: i64 = 4;
/// A row is now as given.
pub(super) const CHANGED: i64 = 5;
const REMOVED: i64 = 6;
/// A person was forgotten.
pub(super) const FORGOTTEN: i64 = 7;

const BELOW_RANGE: i64 = -1;
const ABOVE_RANGE: i64 = -2;
/// The mark of an entry that was late and has been folded.
pub(super) const FOLDED: i64 = 0;

/// The columns of an entry as [`entry`] reads them.
pub(super) const COLUMNS: &str =
    "seq, recorded_at, kind, person, source, measured_before, received_before, place_before, value, trend, body";
/// Where these columns come from.
pub(super) const ENTRIES: &str = "entry LEFT JOIN origin ON origin.number = entry.origin";
/// The source of what comes from no source.
const NO_SOURCE: i64 = -1;

/// Whose an entry is, and from which source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Origin {
    pub(super) person: i64,
    pub(super) source: i64,
}

impl Origin {
    fn new(person: PersonId, source: SourceId) -> Self {
        Self { person: person.number() as i64, source: source.number() as i64 }
    }
}

/// An entry as its row holds it.
#[derive(Debug, Default)]
pub(super) struct EntryRow<'a> {
    pub(super) kind: i64,
    pub(super) origin: Option<Origin>,
    pub(super) measured_before: Option<i64>,
    pub(super) received_before: Option<i64>,
    pub(super) place_before: Option<i64>,
    pub(super) value: Option<i64>,
    pub(super) trend: Option<i64>,
    pub(super) body: Option<Cow<'a, str>>,
    pub(super) late_day: Option<i64>,
}

fn json(value: &impl Serialize) -> Cow<'static, str> {
    // Facts are plain structs with text keys: JSON can hold every one of them.
    Cow::Owned(serde_json::to_string(value).expect("a fact is plain JSON"))
}

/// No place lies on the first of January 1970, the day whose number is the mark: readings begin in the year 2000.
fn late_day(place: Timestamp, recorded_at: Timestamp) -> Option<i64> {
    (place.day() != recorded_at.day()).then(|| i64::from(place.day().number()))
}

fn of_reading(kind: i64, reading: &Reading, recorded_at: Timestamp) -> EntryRow<'_> {
    let recorded_ms = recorded_at.as_ms();
    EntryRow {
        kind,
        origin: Some(Origin::new(reading.person, reading.source)),
        measured_before: Some(recorded_ms.wrapping_sub(reading.measured_at.as_ms())),
        received_before: Some(recorded_ms.wrapping_sub(reading.received_at.as_ms())),
        place_before: Some(reading.measured_at.as_ms().wrapping_sub(reading.place.as_ms())),
        value: Some(match reading.glucose {
            SensorGlucose::BelowRange => BELOW_RANGE,
            SensorGlucose::AboveRange => ABOVE_RANGE,
            SensorGlucose::Measured(mg_dl) => i64::from(mg_dl.tenths()),
        }),
        trend: reading.trend.map(|arrow| i64::from(arrow.number())),
        body: reading.foreign.as_deref().map(Cow::Borrowed),
        late_day: late_day(reading.place, recorded_at),
    }
}

/// The row of a fact. `owner` is the person to whom a changed row belongs.
pub(super) fn of(fact: &Fact, recorded_at: Timestamp, owner: Option<PersonId>) -> EntryRow<'_> {
    let recorded_ms = recorded_at.as_ms();
    let person = fact.person().or(owner);
    let origin = person.map(|person| Origin { person: person.number() as i64, source: NO_SOURCE });
    let plain = |kind| EntryRow { kind, origin, ..EntryRow::default() };
    match fact {
        Fact::ReadingTaken(reading) => of_reading(TAKEN, reading, recorded_at),
        Fact::ReadingCorrected(reading) => of_reading(CORRECTED, reading, recorded_at),
        Fact::ReadingWithdrawn(key) => EntryRow {
            origin: Some(Origin::new(key.person, key.source)),
            measured_before: Some(recorded_ms.wrapping_sub(key.measured_at.as_ms())),
            place_before: Some(key.measured_at.as_ms().wrapping_sub(key.place.as_ms())),
            late_day: late_day(key.place, recorded_at),
            ..plain(WITHDRAWN)
        },
        Fact::MeterChecked(check) => EntryRow {
            measured_before: Some(recorded_ms.wrapping_sub(check.at.as_ms())),
            place_before: Some(0),
            value: Some(i64::from(check.mg_dl.tenths())),
            body: Some(json(check)),
            late_day: late_day(check.at, recorded_at),
            ..plain(CHECKED)
        },
        Fact::ReadingsRefused(refused) => EntryRow {
            origin: Some(Origin::new(refused.person, refused.source)),
            body: Some(json(refused)),
            ..plain(REFUSED)
        },
        Fact::Changed(row) => EntryRow { body: Some(json(row)), ..plain(CHANGED) },
        Fact::Removed(key) => EntryRow { body: Some(json(key)), ..plain(REMOVED) },
        Fact::PersonForgotten(_) => plain(FORGOTTEN),
    }
}

/// The person whose number stands in a column.
pub(super) fn person_at(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<PersonId> {
    Ok(PersonId::from_random(row.get::<_, i64>(column)? as u64))
}

/// The source whose number stands in a column.
pub(super) fn source_at(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<SourceId> {
    Ok(SourceId::from_random(row.get::<_, i64>(column)? as u64))
}

/// An entry from the columns that [`COLUMNS`] names.
pub(super) fn entry(row: &rusqlite::Row<'_>) -> Result<Entry, Error> {
    let seq = Seq(number(row, 0)? as u64);
    fact(row)
        .map(|(recorded_at, fact)| Entry { seq, recorded_at, fact })
        .ok_or_else(|| corrupt(format!("entry {}", seq.0)))
}

fn number(row: &rusqlite::Row<'_>, column: usize) -> Result<i64, Error> {
    row.get(column).map_err(super::failure::failure)
}

fn body<T: DeserializeOwned>(row: &rusqlite::Row<'_>) -> Option<T> {
    serde_json::from_str(row.get_ref(10).ok()?.as_str().ok()?).ok()
}

fn key(row: &rusqlite::Row<'_>, recorded_at: Timestamp) -> Option<ReadingKey> {
    let measured_ms = recorded_at.as_ms().wrapping_sub(row.get(5).ok()?);
    Some(ReadingKey {
        person: person_at(row, 3).ok()?,
        source: source_at(row, 4).ok()?,
        measured_at: Timestamp::from_ms(measured_ms),
        place: Timestamp::from_ms(measured_ms.wrapping_sub(row.get(7).ok()?)),
    })
}

fn reading(row: &rusqlite::Row<'_>, recorded_at: Timestamp) -> Option<Reading> {
    let ReadingKey { person, source, measured_at, place } = key(row, recorded_at)?;
    let glucose = match row.get(8).ok()? {
        BELOW_RANGE => SensorGlucose::BelowRange,
        ABOVE_RANGE => SensorGlucose::AboveRange,
        tenths => SensorGlucose::Measured(MgDl::from_tenths(u16::try_from(tenths).ok()?)),
    };
    let received_at = Timestamp::from_ms(recorded_at.as_ms().wrapping_sub(row.get(6).ok()?));
    let trend = row.get::<_, Option<i64>>(9).ok()?.and_then(TrendArrow::from_number);
    let foreign = row.get::<_, Option<String>>(10).ok()?.map(String::into_boxed_str);
    Some(Reading { person, source, measured_at, received_at, place, glucose, trend, foreign })
}

fn fact(row: &rusqlite::Row<'_>) -> Option<(Timestamp, Fact)> {
    let recorded_at = Timestamp::from_ms(row.get(1).ok()?);
    let fact = match row.get(2).ok()? {
        TAKEN => Fact::ReadingTaken(reading(row, recorded_at)?),
        CORRECTED => Fact::ReadingCorrected(reading(row, recorded_at)?),
        WITHDRAWN => Fact::ReadingWithdrawn(key(row, recorded_at)?),
        CHECKED => Fact::MeterChecked(body::<MeterCheck>(row)?),
        REFUSED => Fact::ReadingsRefused(body::<Refused>(row)?),
        CHANGED => Fact::Changed(body::<Box<Row>>(row)?),
        REMOVED => Fact::Removed(body::<RowKey>(row)?),
        FORGOTTEN => Fact::PersonForgotten(person_at(row, 3).ok()?),
        _ => return None,
    };
    Some((recorded_at, fact))
}
