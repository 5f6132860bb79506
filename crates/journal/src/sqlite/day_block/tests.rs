//! A packed day comes back as it was, and whatever bytes are given are answered. How small it is, is measured in `tests/`.

use super::*;
use proptest::prelude::*;

fn glucose() -> impl Strategy<Value = SensorGlucose> {
    prop_oneof![
        8 => (400_u16..4000).prop_map(|tenths| SensorGlucose::Measured(MgDl::from_tenths(tenths))),
        1 => any::<u16>().prop_map(|tenths| SensorGlucose::Measured(MgDl::from_tenths(tenths))),
        1 => Just(SensorGlucose::BelowRange),
        1 => Just(SensorGlucose::AboveRange),
    ]
}

prop_compose! {
    fn reading(day: Day)(
        source in 0_u64..3,
        at in prop_oneof![0..keepwatch_model::time::DAY_MS, (0_i64..1440).prop_map(|minute| minute * MINUTE_MS)],
        ahead in prop_oneof![4 => Just(0_i64), 1 => 1_i64..3_600_000],
        late in prop_oneof![-120_000_i64..600_000, any::<i64>().prop_map(|ms| ms / 4)],
        glucose in glucose(),
        trend in 0_i64..9,
        foreign in proptest::option::weighted(0.2, "\\PC{0,20}"),
    ) -> Reading {
        let place = day.start().plus_ms(at);
        Reading {
            person: PersonId::from_random(1),
            source: SourceId::from_random(source << 50),
            measured_at: place.plus_ms(ahead),
            received_at: place.plus_ms(late),
            place,
            glucose,
            trend: TrendArrow::from_number(trend),
            foreign: foreign.map(String::into_boxed_str),
        }
    }
}

const DAY: Day = Day::from_number(20_000);

/// To the minute below, as a block keeps it.
fn coarse(mut reading: Reading) -> Reading {
    reading.received_at = reading.place.plus_ms(late_minutes(&reading) * MINUTE_MS);
    reading
}

proptest! {
    #[test]
    fn a_day_comes_back_as_it_was(readings in proptest::collection::vec(reading(DAY), 0..60)) {
        let block = pack(DAY, Unpacked { readings: readings.clone(), ..Unpacked::default() });
        let mut expected: Vec<Reading> = readings.into_iter().map(coarse).collect();
        expected.sort_by_key(|reading| (reading.source, reading.place, reading.measured_at));
        let unpacked = unpack(PersonId::from_random(1), DAY, &block).expect("a block");
        prop_assert_eq!(unpacked.readings, expected);
    }

    #[test]
    fn any_bytes_are_answered(mut readings: Vec<u8>, asides: Option<Vec<u8>>, versioned: bool) {
        if versioned {
            readings.insert(0, VERSION);
        }
        let _ = unpack(PersonId::from_random(1), DAY, &Block { readings, asides });
    }

    #[test]
    fn a_damaged_block_is_answered(readings in proptest::collection::vec(reading(DAY), 1..40), at: prop::sample::Index, bits in 1_u8..) {
        let mut block = pack(DAY, Unpacked { readings, ..Unpacked::default() });
        let at = at.index(block.readings.len());
        block.readings[at] ^= bits;
        let _ = unpack(PersonId::from_random(1), DAY, &block);
    }

    #[test]
    fn steps_of_a_tenth_of_a_mmol_are_found_again(mmol_tenths in 1_i64..340) {
        let tenths = (mmol_tenths as f64 * 18.0156).round() as i64;
        prop_assert_eq!(Step::MmolTenth.steps(tenths), Some(mmol_tenths));
    }
}

#[test]
fn checks_and_tombstones_stand_aside() {
    let check = MeterCheck {
        person: PersonId::from_random(1),
        at: DAY.start(),
        mg_dl: MgDl::from_tenths(1_120),
        by: "Grandma".to_owned(),
        note: Some("before bed".to_owned()),
    };
    let key = ReadingKey {
        person: PersonId::from_random(1),
        source: SourceId::from_random(2),
        measured_at: DAY.start(),
        place: DAY.start(),
    };
    let day = || Unpacked { readings: Vec::new(), checks: vec![check.clone()], withdrawn: vec![key] };
    let block = pack(DAY, day());
    assert_eq!(unpack(PersonId::from_random(1), DAY, &block), Some(day()));
    assert_eq!(pack(DAY, Unpacked::default()).asides, None);
}
