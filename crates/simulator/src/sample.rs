//! What a pretended sensor hands over: a value with its moment, and when it would reach a server. It is no reading yet:
//! it has no person and no source, and nobody has checked it.

use keepwatch_model::glucose::{MgDl, Reported, SensorGlucose};
use keepwatch_model::reading::Draft;
use keepwatch_model::series::RATE_WINDOW_MS;
use keepwatch_model::time::{MINUTE_MS, Timestamp};
use keepwatch_model::trend::TrendArrow;
use std::collections::VecDeque;

/// A rate needs two measurements at least so far apart.
const RATE_MIN_MS: i64 = 4 * MINUTE_MS;
/// What a sensor of the usual kind can measure, in whole mg/dL; outside it says a word.
const MEASURED: std::ops::RangeInclusive<f64> = 40.0..=400.0;

/// One value of a pretended sensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The sensor's moment.
    pub measured_at: Timestamp,
    /// When the uploader would have brought it; never earlier than `measured_at`.
    pub arrives_at: Timestamp,
    /// What the sensor says.
    pub glucose: SensorGlucose,
    /// Where it says that glucose is heading, from its own last 15 minutes.
    pub trend: TrendArrow,
}

impl Sample {
    /// The sample as a protocol would hand it over.
    pub const fn draft(self) -> Draft {
        let reported = match self.glucose {
            SensorGlucose::BelowRange => Reported::BelowRange,
            SensorGlucose::Measured(mg_dl) => Reported::Tenths(mg_dl.tenths() as i64),
            SensorGlucose::AboveRange => Reported::AboveRange,
        };
        Draft { measured_at: self.measured_at, reported, trend: Some(self.trend), foreign: None }
    }
}

/// What a sensor of the usual kind says to a number: whole mg/dL from 40 to 400, else a word.
pub(crate) fn sensed(mg_dl: f64) -> SensorGlucose {
    match mg_dl.round() {
        whole if whole < *MEASURED.start() => SensorGlucose::BelowRange,
        whole if whole > *MEASURED.end() => SensorGlucose::AboveRange,
        whole => SensorGlucose::Measured(MgDl::from_tenths(whole as u16 * 10)),
    }
}

/// The measurements of the last 15 minutes, and the arrow that follows from them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recent(VecDeque<(Timestamp, MgDl)>);

impl Recent {
    /// Takes the next value and says its arrow; a word, or a value after a gap, has none that could be computed.
    pub(crate) fn arrow(&mut self, at: Timestamp, glucose: SensorGlucose) -> TrendArrow {
        while self.0.front().is_some_and(|(earlier, _)| at.ms_since(*earlier) > RATE_WINDOW_MS) {
            self.0.pop_front();
        }
        let Some(now) = glucose.measured() else { return TrendArrow::NotComputable };
        let oldest = self.0.front().copied();
        self.0.push_back((at, now));
        let Some((earlier, before)) = oldest else { return TrendArrow::NotComputable };
        let elapsed_ms = at.ms_since(earlier);
        if elapsed_ms < RATE_MIN_MS {
            return TrendArrow::NotComputable;
        }
        TrendArrow::for_rate((now.as_f64() - before.as_f64()) * MINUTE_MS as f64 / elapsed_ms as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_ms(1_764_000_000_000);

    #[test]
    fn outside_of_what_it_can_measure_a_sensor_says_a_word() {
        assert_eq!(sensed(39.4), SensorGlucose::BelowRange);
        assert_eq!(sensed(39.5), SensorGlucose::Measured(MgDl::from_tenths(400)));
        assert_eq!(sensed(400.4), SensorGlucose::Measured(MgDl::from_tenths(4_000)));
        assert_eq!(sensed(400.6), SensorGlucose::AboveRange);
        assert_eq!(sensed(-20.0), SensorGlucose::BelowRange);
    }

    #[test]
    fn a_draft_says_what_the_sample_says() {
        let sample = |glucose| Sample { measured_at: NOW, arrives_at: NOW, glucose, trend: TrendArrow::Flat };
        assert_eq!(sample(SensorGlucose::BelowRange).draft().reported, Reported::BelowRange);
        assert_eq!(sample(sensed(112.0)).draft().reported, Reported::Tenths(1_120));
        assert_eq!(sample(SensorGlucose::AboveRange).draft().trend, Some(TrendArrow::Flat));
    }

    #[test]
    fn an_arrow_needs_two_measurements_within_fifteen_minutes() {
        let mut recent = Recent::default();
        let mut arrow = |minute: i64, mg_dl| recent.arrow(NOW.plus_ms(minute * MINUTE_MS), sensed(mg_dl));
        assert_eq!(arrow(0, 100.0), TrendArrow::NotComputable);
        assert_eq!(arrow(1, 110.0), TrendArrow::NotComputable);
        assert_eq!(arrow(5, 112.0), TrendArrow::SingleUp);
        assert_eq!(arrow(10, 39.0), TrendArrow::NotComputable);
        assert_eq!(arrow(15, 84.0), TrendArrow::FortyFiveDown);
        assert_eq!(arrow(40, 84.0), TrendArrow::NotComputable);
    }
}
