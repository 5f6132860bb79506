//! A finished day as few bytes. Times are exact to the millisecond and values to the tenth; when a reading was received is
//! kept to the minute below. What is rare (the dialect's own fields, claimed times of suspect clocks, meter checks,
//! tombstones) stands aside as deflated JSON. Bytes that are no block are answered with `None`, never with a panic.
//!
//! The readings are columns of Rice-coded numbers, per source: the place as what it differs from the interval that the source
//! keeps, the value as what it differs from a forecast out of the values before it, each in the largest unit that all of
//! them share; trends, "outside the range" and lateness as runs. Measured on real days this is smaller than variable-length
//! bytes under deflate, and a reader needs no dictionary.

use super::bits::{Reader, Writer, best_bits, unzigzag, zigzag};
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use keepwatch_model::glucose::{MgDl, SensorGlucose};
use keepwatch_model::id::{PersonId, SourceId};
use keepwatch_model::reading::{MeterCheck, Reading, ReadingKey};
use keepwatch_model::time::{Day, MINUTE_MS, Timestamp};
use keepwatch_model::trend::TrendArrow;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{Read, Write};

/// How the readings lie; the first byte of a block.
const VERSION: u8 = 1;
/// Units of time in milliseconds, the best first.
const TIME_UNITS: [i64; 3] = [MINUTE_MS, 1_000, 1];
/// Limit: bytes of a day's asides once they are unpacked; a day with more is taken for damaged.
const ASIDES_MAX_BYTES: u64 = 64 << 20;

/// What is rare; readings are named by their place in the block.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Asides {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    claimed: Vec<(u32, Timestamp)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    foreign: Vec<(u32, Box<str>)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    checks: Vec<MeterCheck>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    withdrawn: Vec<ReadingKey>,
}

/// A day as it is stored.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// The readings.
    pub(super) readings: Vec<u8>,
    /// What is rare, if there is any.
    pub(super) asides: Option<Vec<u8>>,
}

/// A day as it is known.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Unpacked {
    /// Readings, by source and place.
    pub(super) readings: Vec<Reading>,
    /// Manual meter readings.
    pub(super) checks: Vec<MeterCheck>,
    /// Tombstones.
    pub(super) withdrawn: Vec<ReadingKey>,
}

/// Packs a day of one person; every reading has its place in that day.
pub(super) fn pack(day: Day, mut unpacked: Unpacked) -> Block {
    unpacked.readings.sort_by_key(|reading| (reading.source, reading.place, reading.measured_at));
    let readings = &unpacked.readings;
    let mut writer = Writer::default();
    let sources: Vec<&[Reading]> = readings.chunk_by(|a, b| a.source == b.source).collect();
    writer.number(sources.len() as u64);
    for of_source in sources {
        writer.bits(of_source[0].source.number(), 60);
        writer.number(of_source.len() as u64);
        pack_places(&mut writer, day, of_source);
        pack_glucose(&mut writer, of_source);
        writer
            .runs(&of_source.iter().map(|r| r.trend.map_or(0, |arrow| i64::from(arrow.number()))).collect::<Vec<_>>());
        writer.runs(&of_source.iter().map(late_minutes).collect::<Vec<_>>());
    }
    let mut bytes = vec![VERSION];
    bytes.extend(writer.finish());
    let numbered = || readings.iter().enumerate().map(|(at, reading)| (at as u32, reading));
    let asides = Asides {
        claimed: numbered().filter(|(_, r)| r.clock_suspect()).map(|(at, r)| (at, r.measured_at)).collect(),
        foreign: numbered().filter_map(|(at, r)| r.foreign.clone().map(|foreign| (at, foreign))).collect(),
        checks: unpacked.checks,
        withdrawn: unpacked.withdrawn,
    };
    Block { readings: bytes, asides: pack_asides(&asides) }
}

fn pack_asides(asides: &Asides) -> Option<Vec<u8>> {
    if asides.claimed.is_empty() && asides.foreign.is_empty() && asides.checks.is_empty() && asides.withdrawn.is_empty()
    {
        return None;
    }
    // Neither step can fail: the shapes are ours, and the bytes go to memory.
    let json = serde_json::to_vec(asides).expect("asides are plain JSON");
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&json).expect("memory takes all bytes");
    Some(encoder.finish().expect("memory takes all bytes"))
}

/// Whole minutes from the place to the receipt, rounded down.
fn late_minutes(reading: &Reading) -> i64 {
    reading.received_at.ms_since(reading.place).div_euclid(MINUTE_MS)
}

fn pack_places(writer: &mut Writer, day: Day, readings: &[Reading]) {
    let places: Vec<i64> = readings.iter().map(|reading| reading.place.ms_since(day.start())).collect();
    let shares = |unit: &&i64| places.iter().all(|place| (place - places[0]) % **unit == 0);
    let unit = TIME_UNITS.iter().find(shares).copied().unwrap_or(1);
    let steps: Vec<i64> = places.windows(2).map(|pair| (pair[1] - pair[0]) / unit).collect();
    let interval = most_frequent(&steps);
    writer.bits(TIME_UNITS.iter().position(|known| *known == unit).unwrap_or(2) as u64, 2);
    writer.number(zigzag(places[0]));
    writer.number(zigzag(interval));
    writer.column(&steps.iter().map(|step| zigzag(step - interval)).collect::<Vec<_>>());
}

fn most_frequent(numbers: &[i64]) -> i64 {
    let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
    for number in numbers {
        *counts.entry(*number).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map_or(0, |(number, _)| number)
}

/// In which steps all values of a source come.
#[derive(Clone, Copy)]
enum Step {
    /// Whole mg/dL.
    Whole,
    /// Tenths of mg/dL.
    Tenth,
    /// Tenths of mmol/L.
    MmolTenth,
}

impl Step {
    const ALL: [Self; 3] = [Self::Whole, Self::MmolTenth, Self::Tenth];

    /// The tenths of mg/dL that so many steps are.
    fn tenths(self, steps: i64) -> Option<i64> {
        match self {
            Self::Whole => steps.checked_mul(10),
            Self::Tenth => Some(steps),
            // As the one conversion at the edge rounds it: 18.0156 mg/dL each.
            Self::MmolTenth => Some((steps.checked_mul(180_156)?.checked_add(5_000)?).div_euclid(10_000)),
        }
    }

    /// How many steps these tenths of mg/dL are, if they are whole steps.
    fn steps(self, tenths: i64) -> Option<i64> {
        let steps = match self {
            Self::Whole => tenths / 10,
            Self::Tenth => tenths,
            Self::MmolTenth => (tenths * 10_000 + 90_078) / 180_156,
        };
        (self.tenths(steps) == Some(tenths)).then_some(steps)
    }
}

/// How the next value is forecast from the last two: halves of the last change that are expected again.
const FORECASTS: [i64; 3] = [0, 1, 2];

fn forecast(halves: i64, last: i64, before: i64) -> i64 {
    last.wrapping_add(last.wrapping_sub(before).wrapping_mul(halves) / 2)
}

fn surprises(steps: &[i64], halves: i64) -> Vec<u64> {
    let mut last = steps[0];
    let mut before = last;
    let surprise = |step: &i64| {
        let surprise = zigzag(step.wrapping_sub(forecast(halves, last, before)));
        before = last;
        last = *step;
        surprise
    };
    steps[1..].iter().map(surprise).collect()
}

fn pack_glucose(writer: &mut Writer, readings: &[Reading]) {
    let outside: Vec<i64> = readings
        .iter()
        .map(|reading| match reading.glucose {
            SensorGlucose::Measured(_) => 0,
            SensorGlucose::BelowRange => 1,
            SensorGlucose::AboveRange => 2,
        })
        .collect();
    writer.runs(&outside);
    let tenths: Vec<i64> =
        readings.iter().filter_map(|r| r.glucose.measured()).map(|mg_dl| i64::from(mg_dl.tenths())).collect();
    if tenths.is_empty() {
        return;
    }
    let in_steps = |step: &Step| tenths.iter().map(|tenths| step.steps(*tenths)).collect::<Option<Vec<i64>>>();
    let (code, steps) =
        Step::ALL.iter().enumerate().find_map(|(code, step)| in_steps(step).map(|s| (code, s))).unwrap_or((2, tenths));
    let columns = FORECASTS.map(|halves| surprises(&steps, halves));
    let best = (0..FORECASTS.len()).min_by_key(|at| best_bits(&columns[*at])).unwrap_or(0);
    writer.bits(code as u64, 2);
    writer.bits(best as u64, 2);
    writer.number(zigzag(steps[0]));
    writer.column(&columns[best]);
}

/// Unpacks what [`pack`] packed; `None` when these are no such bytes.
pub(super) fn unpack(person: PersonId, day: Day, block: &Block) -> Option<Unpacked> {
    let (version, packed) = block.readings.split_first()?;
    if *version != VERSION {
        return None;
    }
    let mut reader = Reader::new(packed);
    let mut readings = Vec::new();
    for _ in 0..reader.number()? {
        let source = SourceId::from_random(reader.bits(60)?);
        unpack_source(&mut reader, person, source, day, &mut readings)?;
    }
    let asides = block.asides.as_deref().map_or_else(|| Some(Asides::default()), unpack_asides)?;
    for (at, measured_at) in asides.claimed {
        readings.get_mut(at as usize)?.measured_at = measured_at;
    }
    for (at, foreign) in asides.foreign {
        readings.get_mut(at as usize)?.foreign = Some(foreign);
    }
    Some(Unpacked { readings, checks: asides.checks, withdrawn: asides.withdrawn })
}

fn unpack_asides(packed: &[u8]) -> Option<Asides> {
    let mut json = Vec::new();
    DeflateDecoder::new(packed).take(ASIDES_MAX_BYTES).read_to_end(&mut json).ok()?;
    serde_json::from_slice(&json).ok()
}

fn unpack_source(
    reader: &mut Reader<'_>,
    person: PersonId,
    source: SourceId,
    day: Day,
    readings: &mut Vec<Reading>,
) -> Option<()> {
    let count = usize::try_from(reader.number()?).ok()?;
    let places = unpack_places(reader, day, count)?;
    let glucose = unpack_glucose(reader, count)?;
    let trends = reader.runs(count)?;
    let late = reader.runs(count)?;
    for (at, place) in places.into_iter().enumerate() {
        let trend = if trends[at] == 0 { None } else { Some(TrendArrow::from_number(trends[at])?) };
        let received_at = place.plus_ms(late[at].checked_mul(MINUTE_MS)?);
        let glucose = glucose[at];
        readings.push(Reading {
            person,
            source,
            measured_at: place,
            received_at,
            place,
            glucose,
            trend,
            foreign: None,
        });
    }
    Some(())
}

fn unpack_places(reader: &mut Reader<'_>, day: Day, count: usize) -> Option<Vec<Timestamp>> {
    let unit = *TIME_UNITS.get(reader.bits(2)? as usize)?;
    let first = unzigzag(reader.number()?);
    let interval = unzigzag(reader.number()?);
    let mut place = day.start().as_ms().checked_add(first)?;
    let mut places = vec![Timestamp::from_ms(place)];
    for surprise in reader.column(count.checked_sub(1)?)? {
        let step = unzigzag(surprise).checked_add(interval)?.checked_mul(unit)?;
        place = place.checked_add(step)?;
        places.push(Timestamp::from_ms(place));
    }
    Some(places)
}

fn unpack_glucose(reader: &mut Reader<'_>, count: usize) -> Option<Vec<SensorGlucose>> {
    let outside = reader.runs(count)?;
    let measured = outside.iter().filter(|class| **class == 0).count();
    let mut values = if measured == 0 { Vec::new() } else { unpack_values(reader, measured)? }.into_iter();
    outside
        .into_iter()
        .map(|class| match class {
            0 => values.next().map(SensorGlucose::Measured),
            1 => Some(SensorGlucose::BelowRange),
            2 => Some(SensorGlucose::AboveRange),
            _ => None,
        })
        .collect()
}

fn unpack_values(reader: &mut Reader<'_>, measured: usize) -> Option<Vec<MgDl>> {
    let step = *Step::ALL.get(reader.bits(2)? as usize)?;
    let halves = *FORECASTS.get(reader.bits(2)? as usize)?;
    let mut last = unzigzag(reader.number()?);
    let mut before = last;
    let value = |steps: i64| Some(MgDl::from_tenths(u16::try_from(step.tenths(steps)?).ok()?));
    let mut values = vec![value(last)?];
    for surprise in reader.column(measured - 1)? {
        let next = forecast(halves, last, before).wrapping_add(unzigzag(surprise));
        before = last;
        last = next;
        values.push(value(next)?);
    }
    Some(values)
}

#[cfg(test)]
mod tests;
