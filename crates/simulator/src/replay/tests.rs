//! Recordings by their face: what is read, what is refused with which line, and that shifting keeps distances.

use super::*;
use keepwatch_model::glucose::MgDl;
use keepwatch_model::time::{HOUR_MS, MINUTE_MS};
use keepwatch_model::trend::TrendArrow;
use proptest::prelude::*;

fn read(lines: &str) -> Result<Vec<Recording>, RecordingError> {
    recordings(&format!("subject,time,glucose_mgdl\n{lines}"))
}

fn fault(lines: &str) -> Option<(RecordingFault, usize)> {
    read(lines).err().map(|error| (error.fault, error.line))
}

const fn measured(tenths: u16) -> SensorGlucose {
    SensorGlucose::Measured(MgDl::from_tenths(tenths))
}

#[test]
fn subjects_come_apart_sorted_and_without_repetition() {
    let read = read(
        "a,2024-02-29T00:05:00,154.8\nb,2024-01-01T00:00:00,401\na,2024-02-29T00:00:00,39\n\na,2024-02-29T00:05:00,99\n",
    );
    let recordings = read.expect("a recording");
    let leap_day = Timestamp::from_ms(1_709_164_800_000);
    assert_eq!(recordings.len(), 2);
    assert_eq!(recordings[0].subject, "a");
    assert_eq!(
        recordings[0].readings,
        [(leap_day, SensorGlucose::BelowRange), (leap_day.plus_ms(5 * MINUTE_MS), measured(1_548))]
    );
    assert_eq!(recordings[1].readings, [(Timestamp::from_ms(1_704_067_200_000), SensorGlucose::AboveRange)]);
    assert_eq!(recordings[0].ends_at(), Some(leap_day.plus_ms(5 * MINUTE_MS)));
}

#[test]
fn what_cannot_be_read_is_named_with_its_line() {
    assert_eq!(recordings("time,glucose\n").unwrap_err().fault, RecordingFault::Heading);
    assert_eq!(recordings("").unwrap_err().fault, RecordingFault::Heading);
    assert_eq!(fault("a,2024-01-01T00:00:00\n"), Some((RecordingFault::Fields, 2)));
    assert_eq!(fault("a,2024-01-01T00:00:00,100,x\n"), Some((RecordingFault::Fields, 2)));
    for time in [
        "2023-02-29T00:00:00",
        "2024-13-01T00:00:00",
        "2024-01-01T24:00:00",
        "01.01.2024 00:00",
        "2024-01-01",
        "2024-01-+1T00:00:00",
    ] {
        assert_eq!(
            fault(&format!("a,2024-01-01T00:00:00,100\na,{time},100\n")),
            Some((RecordingFault::Time, 3)),
            "{time}"
        );
    }
    for value in ["low", "5", "601", "NaN", ""] {
        assert_eq!(fault(&format!("a,2024-01-01T00:00:00,{value}\n")), Some((RecordingFault::Glucose, 2)), "{value}");
    }
}

#[test]
fn shifting_keeps_distances_and_adds_arrows() {
    let recording =
        &read("a,2024-01-01T00:00:00,100\na,2024-01-01T00:05:00,108\na,2024-01-01T00:20:00,108\n").expect("one")[0];
    let now = Timestamp::from_ms(1_764_000_000_123);
    let samples = recording.shifted(recording.ends_at().expect("an end"), now);
    assert_eq!(samples[0].measured_at, now.plus_ms(-20 * MINUTE_MS));
    assert_eq!(samples[2].measured_at, now);
    assert_eq!(samples[0].trend, TrendArrow::NotComputable);
    assert_eq!(samples[1].trend, TrendArrow::FortyFiveUp);
    assert_eq!(samples[2].trend, TrendArrow::Flat);
}

proptest! {
    /// Days follow one another through every month and leap year.
    #[test]
    fn the_day_after_is_a_day_later(year in 1970_i64..=9_998, month in 1_i64..=12) {
        let next = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
        let first = days_since_1970(year, month, 1);
        let length = days_since_1970(next.0, next.1, 1) - first;
        let text = |day: i64| format!("{year:04}-{month:02}-{day:02}T13:00:01Z");
        prop_assert_eq!(utc(&text(length)), Some(Timestamp::from_ms((first + length - 1) * DAY_MS + 13 * HOUR_MS + 1_000)));
        prop_assert_eq!(utc(&text(length + 1)), None);
    }

    #[test]
    fn any_text_is_answered(text in "(subject,time,glucose_mgdl\n)?[a-z0-9,:T\\-\n.]{0,80}") {
        let _ = recordings(&text);
    }
}
