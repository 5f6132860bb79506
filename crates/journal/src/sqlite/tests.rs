use super::connections::held;
use super::failure::failure;
use super::*;
use crate::error::ErrorKind;
use crate::journal::Journal;
use crate::records::Records;
use crate::suite;
use keepwatch_model::fact::{Fact, Seq};
use keepwatch_model::glucose::{MgDl, SensorGlucose};
use keepwatch_model::id::{PersonId, SourceId};
use keepwatch_model::reading::{MeterCheck, Reading};
use keepwatch_model::time::{Day, HOUR_MS, Timestamp};

const FIRST: Day = Day::from_number(20_400);

fn reading(whose: u64, hours: i64) -> Fact {
    let at = FIRST.start().plus_ms(hours * HOUR_MS);
    Fact::ReadingTaken(Reading {
        person: PersonId::from_random(whose),
        source: SourceId::from_random(whose + 100),
        measured_at: at,
        received_at: at,
        place: at,
        glucose: SensorGlucose::Measured(MgDl::from_tenths(1_000 + hours as u16)),
        trend: None,
        foreign: Some("{\"note\":\"mimosa\"}".into()),
    })
}

fn hour(hours: i64) -> Timestamp {
    FIRST.start().plus_ms(hours * HOUR_MS)
}

#[test]
fn folding_in_small_steps_passes_the_suite() {
    suite::run(&|| {
        let (journal, records) = Store::in_memory().expect("a store");
        (Box::new(journal), Arc::new(records))
    });
}
