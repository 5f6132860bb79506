//! Recordings of real sensors, played again at another time. The text is a parameter: no file is read here.
//! The form is `subject,time,glucose_mgdl` with a heading; a time without zone is taken as UTC.

use crate::sample::{Recent, Sample};
use crate::sensor::{Gap, GapKind};
use keepwatch_model::glucose::{Reported, SensorGlucose};
use keepwatch_model::time::{DAY_MS, Timestamp};
use std::collections::VecDeque;
use std::fmt;

/// The heading of the form.
const HEADING: &str = "subject,time,glucose_mgdl";
/// How recordings write "below range" and "above range" where they know no word for it.
const BELOW_RANGE: f64 = 39.0;

/// What a sensor of one subject said, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// Whose it is, as the study calls them.
    pub subject: String,
    /// Moments and values, ascending, no moment twice.
    pub readings: Vec<(Timestamp, SensorGlucose)>,
}

/// Why a recording could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordingError {
    /// What is wrong.
    pub fault: RecordingFault,
    /// In which line, counted from 1.
    pub line: usize,
}

/// What is wrong with a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordingFault {
    /// The first line is not the heading.
    Heading,
    /// A line has not three fields.
    Fields,
    /// A time is not `YYYY-MM-DDTHH:MM:SS`.
    Time,
    /// A value is not sensor glucose in mg/dL.
    Glucose,
}

impl fmt::Display for RecordingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wanted = match self.fault {
            RecordingFault::Heading => "the heading must be `subject,time,glucose_mgdl`",
            RecordingFault::Fields => "a line has three fields: subject, time and glucose",
            RecordingFault::Time => "a time is written `2024-05-01T07:35:00`, in UTC",
            RecordingFault::Glucose => "glucose is a number of mg/dL from 13 to 600",
        };
        write!(f, "read line {} of the recording: {wanted}", self.line)
    }
}

impl std::error::Error for RecordingError {}

/// The recordings in a text, a subject each, in the order of their first lines. Of values with one moment the first is kept.
pub fn recordings(text: &str) -> Result<Vec<Recording>, RecordingError> {
    let mut lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
    if lines.next().is_none_or(|(_, line)| line.trim_start_matches('\u{feff}') != HEADING) {
        return Err(RecordingError { fault: RecordingFault::Heading, line: 1 });
    }
    let mut recordings: Vec<Recording> = Vec::new();
    for (number, line) in lines.filter(|(_, line)| !line.is_empty()) {
        let (subject, at, glucose) = reading(line).map_err(|fault| RecordingError { fault, line: number })?;
        // Lines of a subject stand together, so the last recording is nearly always hers.
        let place = recordings.iter().rposition(|recording| recording.subject == subject).unwrap_or_else(|| {
            recordings.push(Recording { subject: subject.to_owned(), readings: Vec::new() });
            recordings.len() - 1
        });
        recordings[place].readings.push((at, glucose));
    }
    for recording in &mut recordings {
        recording.readings.sort_by_key(|(at, _)| *at);
        recording.readings.dedup_by_key(|(at, _)| *at);
    }
    Ok(recordings)
}

fn reading(line: &str) -> Result<(&str, Timestamp, SensorGlucose), RecordingFault> {
    let mut fields = line.split(',');
    let (Some(subject), Some(time), Some(glucose), None) = (fields.next(), fields.next(), fields.next(), fields.next())
    else {
        return Err(RecordingFault::Fields);
    };
    let at = utc(time.trim()).ok_or(RecordingFault::Time)?;
    let mg_dl: f64 = glucose.trim().parse().map_err(|_| RecordingFault::Glucose)?;
    let reported = if mg_dl == BELOW_RANGE { Some(Reported::BelowRange) } else { Reported::from_dexcom(mg_dl) };
    let glucose = reported.and_then(|reported| SensorGlucose::checked(reported).ok()).ok_or(RecordingFault::Glucose)?;
    Ok((subject.trim(), at, glucose))
}

/// `YYYY-MM-DDTHH:MM:SS` in UTC. Our own few lines, because this room knows the model alone and no calendar.
fn utc(text: &str) -> Option<Timestamp> {
    let text = text.strip_suffix('Z').unwrap_or(text);
    let (date, clock) = text.split_once(['T', ' '])?;
    let [year, month, day] = three_numbers(date, '-')?;
    let [hour, minute, second] = three_numbers(clock, ':')?;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let month_days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let exists = (1970..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=month_days).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    let ms_of_day = ((hour * 60 + minute) * 60 + second) * 1_000;
    exists.then(|| Timestamp::from_ms(days_since_1970(year, month, day) * DAY_MS + ms_of_day))
}

/// Days from 1970-01-01, counting years from March, so that the leap day is the last of its year.
const fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month > 2 { year } else { year - 1 };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719_468
}

fn three_numbers(text: &str, between: char) -> Option<[i64; 3]> {
    let mut parts = text.split(between);
    let mut next = || parts.next().filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok();
    let numbers = [next()?, next()?, next()?];
    parts.next().is_none().then_some(numbers)
}

impl Recording {
    /// The last moment of the recording.
    pub fn ends_at(&self) -> Option<Timestamp> {
        self.readings.last().map(|(at, _)| *at)
    }

    /// The recording moved in time so that `moment` of it becomes `now`, with arrows from its own rate.
    pub fn shifted(&self, moment: Timestamp, now: Timestamp) -> Vec<Sample> {
        let by_ms = now.ms_since(moment);
        let mut recent = Recent::default();
        let sample = |(at, glucose): &(Timestamp, SensorGlucose)| {
            let at = at.plus_ms(by_ms);
            Sample { measured_at: at, arrives_at: at, glucose: *glucose, trend: recent.arrow(at, *glucose) }
        };
        self.readings.iter().map(sample).collect()
    }
}

/// Samples that wait for their moment.
#[derive(Clone, Debug)]
pub(crate) struct Replay {
    samples: VecDeque<Sample>,
    gaps: Vec<Gap>,
    last_arrival: Timestamp,
}

impl Replay {
    pub(crate) fn new(samples: Vec<Sample>) -> Self {
        Self { samples: samples.into(), gaps: Vec::new(), last_arrival: Timestamp::from_ms(i64::MIN) }
    }

    pub(crate) fn add_gap(&mut self, gap: Gap) {
        self.gaps.push(gap);
    }

    pub(crate) fn next_at(&self) -> Option<Timestamp> {
        self.samples.front().map(|sample| sample.measured_at)
    }

    pub(crate) fn beat(&mut self) -> Option<Sample> {
        let mut sample = self.samples.pop_front()?;
        let gaps = || self.gaps.iter().filter(|gap| gap.holds(sample.measured_at));
        if gaps().any(|gap| gap.kind == GapKind::Lost) {
            return None;
        }
        let comes_at = gaps().map(|gap| gap.until).max().unwrap_or(sample.measured_at);
        self.last_arrival = self.last_arrival.max(comes_at);
        sample.arrives_at = self.last_arrival;
        Some(sample)
    }
}

#[cfg(test)]
mod tests;
