//! Readings of people who do not exist, as facts and as uploads. The same seed gives the same ones.

use keepwatch_model::fact::Fact;
use keepwatch_model::glucose::SensorGlucose;
use keepwatch_model::id::{PersonId, SourceId};
use keepwatch_model::reading::Reading;
use keepwatch_model::time::Timestamp;
use keepwatch_service::clock::{Chance, SeededChance};
use keepwatch_simulator::{Crowd, Sample};

/// Between measuring and reaching us.
const DELAY_MS: i64 = 4_000;

/// A person's id by her number, spread over all ids.
pub(crate) fn person(number: u32) -> PersonId {
    PersonId::from_random(u64::from(number).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// Her one source.
pub(crate) fn source(number: u32) -> SourceId {
    SourceId::from_random(u64::from(number).wrapping_add(1).wrapping_mul(0xbf58_476d_1ce4_e5b9))
}

/// A reading that has just come in.
pub(crate) fn taken(number: u32, sample: Sample) -> Fact {
    Fact::ReadingTaken(Reading {
        person: person(number),
        source: source(number),
        measured_at: sample.measured_at,
        received_at: sample.measured_at.plus_ms(DELAY_MS),
        place: sample.measured_at,
        glucose: sample.glucose,
        trend: Some(sample.trend),
        foreign: None,
    })
}

/// Readings of random people, each measured within the minutes before `now`.
pub(crate) fn of_random_people(people: u32, count: usize, now: Timestamp) -> Vec<Fact> {
    let (crowd, chance) = (Crowd::new(1), SeededChance::new(2));
    (0..count)
        .map(|_| {
            let number = (chance.number() % u64::from(people)) as u32;
            taken(number, crowd.reading(number, now.plus_ms(-DELAY_MS)))
        })
        .collect()
}

/// Bytes of a record as a plain file would hold it: person, moment, and twelve of value.
pub(crate) const RECORD_BYTES: usize = 28;

/// The same facts as a plain file would hold them.
pub(crate) fn records(facts: &[Fact]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(facts.len() * RECORD_BYTES);
    for fact in facts {
        let Fact::ReadingTaken(reading) = fact else { continue };
        let tenths = match reading.glucose {
            SensorGlucose::Measured(mg_dl) => mg_dl.tenths(),
            SensorGlucose::BelowRange | SensorGlucose::AboveRange => 0,
        };
        bytes.extend_from_slice(&reading.person.number().to_le_bytes());
        bytes.extend_from_slice(&reading.measured_at.as_ms().to_le_bytes());
        bytes.extend_from_slice(&reading.source.number().to_le_bytes());
        bytes.extend_from_slice(&tenths.to_le_bytes());
        bytes.extend_from_slice(&[reading.trend.map_or(0, keepwatch_model::trend::TrendArrow::number), 0]);
    }
    bytes
}
