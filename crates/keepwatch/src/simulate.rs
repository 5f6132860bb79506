//! `keepwatch simulate`: a person who does not exist, or a recording, played against any server over the real protocols, as a phone
//! would: what could not be delivered is kept and sent with the next reading. It never sends a reading from the future.

mod uploader;

use crate::cli::Simulate;
use crate::client;
use crate::failure::Failure;
use crate::output;
use crate::stopping::Signals;
use keepwatch_model::time::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp};
use keepwatch_service::clock::{Clock, SystemClock};
use keepwatch_simulator::{Recording, Sample, Scenario, Simulated, recordings};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;
use uploader::{Delivery, Uploader};

/// How much is played where nobody says.
const SPAN_MS: i64 = DAY_MS;
/// Limit: readings in one upload; more go in several.
const BATCH_MAX: usize = 288;
/// Limit: readings kept for a server that does not take them; beyond, the oldest are dropped, as phones do.
const KEPT_MAX: usize = 2 * BATCH_MAX;
/// A server that could not be reached is tried again after so long, at least.
const RETRY: Duration = Duration::from_secs(10);

/// Runs the command.
pub(crate) async fn run(args: Simulate) -> Result<ExitCode, Failure> {
    if !(args.speed.is_finite() && args.speed >= 1.0) {
        return Err(Failure::usage(
            "could not play at this speed: 1 is real time, 60 an hour in a minute; slower than life is not possible",
        ));
    }
    let duration_ms = args.duration.as_deref().map(duration).transpose()?;
    let mut uploader = Uploader::new(&client::address(&args.to)?, args.dialect, &args.secret_file)?;
    let mut play = Play::of(&args, duration_ms, SystemClock.now())?;
    let mut signals = Signals::listen()?;
    tokio::select! {
        done = play.deliver(&mut uploader) => done?,
        () = signals.asked() => {}
    }
    output::line(&format!("{} readings delivered, {} kept back", uploader.delivered(), play.kept.len()));
    Ok(ExitCode::SUCCESS)
}

/// A person and the time in which she lives.
struct Play {
    simulated: Simulated,
    /// When it began, by the wall clock and in her time.
    began: Timestamp,
    start: Timestamp,
    speed: f64,
    /// When it ends, in her time.
    until: Option<Timestamp>,
    kept: Vec<Sample>,
}

impl Play {
    /// In real time she starts now, with her last day sent at once; faster, she starts in the past and lives up to now.
    fn of(args: &Simulate, duration_ms: Option<i64>, now: Timestamp) -> Result<Self, Failure> {
        let recording = args.replay.as_deref().map(recorded).transpose()?;
        let is_real_time = args.speed <= 1.0;
        // Nobody waits days for the end of a recording; faster than life it is played whole.
        let length_max_ms = if is_real_time { SPAN_MS } else { i64::MAX };
        let length_ms = recording.as_ref().map(|recording| recording_span_ms(recording).min(length_max_ms));
        let span_ms = duration_ms.or(length_ms).unwrap_or(SPAN_MS);
        let start = if is_real_time { now } else { now.plus_ms(-span_ms) };
        let simulated = match &recording {
            Some(recording) => {
                let end = recording.ends_at().unwrap_or(now);
                Simulated::replayed(recording, end.plus_ms(-span_ms), start)
            }
            None => Simulated::new(Scenario::Ordinary, args.seed, start),
        };
        let until = (duration_ms.is_some() || recording.is_some()).then(|| start.plus_ms(span_ms));
        let mut play = Self { simulated, began: now, start, speed: args.speed, until, kept: Vec::new() };
        let past = play.simulated.readings_until(start);
        if is_real_time {
            play.kept = past;
        }
        Ok(play)
    }

    /// What time it is for her; never later than it is.
    fn now(&self) -> Timestamp {
        let wall = SystemClock.now();
        let lived_ms = wall.ms_since(self.began) as f64 * self.speed;
        self.start.plus_ms(lived_ms as i64).min(wall)
    }

    /// How long to wait until it is `at` for her.
    fn wait(&self, at: Timestamp) -> Duration {
        let now = self.now();
        let speed = if now >= SystemClock.now() { 1.0 } else { self.speed };
        Duration::from_millis((at.ms_since(now).max(1) as f64 / speed).ceil() as u64)
    }

    async fn deliver(&mut self, uploader: &mut Uploader) -> Result<(), Failure> {
        loop {
            let is_stuck = !self.send(uploader).await?;
            let next = self.simulated.next_at().filter(|next| self.until.is_none_or(|until| *next <= until));
            match next {
                None if is_stuck => tokio::time::sleep(RETRY).await,
                None => return Ok(()),
                Some(next) => tokio::time::sleep(if is_stuck { RETRY } else { self.wait(next) }).await,
            }
            let now = self.now();
            let until = self.until.map_or(now, |until| until.min(now));
            self.kept.extend(self.simulated.readings_until(until));
            let surplus = self.kept.len().saturating_sub(KEPT_MAX);
            self.kept.drain(..surplus);
        }
    }

    /// Sends what is kept; `false` when the server could not take it now.
    async fn send(&mut self, uploader: &mut Uploader) -> Result<bool, Failure> {
        while !self.kept.is_empty() {
            let count = self.kept.len().min(BATCH_MAX);
            match uploader.send(&self.kept[..count]).await? {
                Delivery::Taken => {
                    self.kept.drain(..count);
                }
                Delivery::NotNow(why) => {
                    output::remark(&format!("not delivered: {why}; {} readings are kept for later", self.kept.len()));
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
}

/// The first recording of a CSV.
fn recorded(path: &Path) -> Result<Recording, Failure> {
    let could_not = |why: String| Failure::fault(format!("could not play {}: {why}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|cause| could_not(cause.to_string()))?;
    let recordings = recordings(&text).map_err(|error| could_not(error.to_string()))?;
    recordings.into_iter().next().ok_or_else(|| could_not("there is no reading in it".to_owned()))
}

fn recording_span_ms(recording: &Recording) -> i64 {
    match (recording.readings.first(), recording.ends_at()) {
        // A reading's length more, so that the first reading lies within.
        (Some((first, _)), Some(last)) => last.ms_since(*first) + 1,
        _ => 0,
    }
}

/// So many milliseconds, out of a text like 90m or 24h.
fn duration(text: &str) -> Result<i64, Failure> {
    let refused = || Failure::usage(format!("could not use {text} as a duration: write it like 30s, 90m, 24h or 2d"));
    let split = text.len() - text.chars().last().map_or(0, char::len_utf8);
    let number: i64 = text[..split].parse().map_err(|_| refused())?;
    let unit_ms = match &text[split..] {
        "s" => 1_000,
        "m" => MINUTE_MS,
        "h" => HOUR_MS,
        "d" => DAY_MS,
        _ => return Err(refused()),
    };
    number.checked_mul(unit_ms).filter(|ms| *ms > 0).ok_or_else(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_numbers_with_a_unit() {
        assert_eq!(duration("90m").ok(), Some(90 * MINUTE_MS));
        assert_eq!(duration("2d").ok(), Some(2 * DAY_MS));
        for text in ["", "h", "0h", "-1h", "1.5h", "24", "9999999999999999d"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
