//! Entries out of the readings: fetched backwards from the newest, in growing steps, until enough are found that a query
//! admits. The last 24 hours come from memory; what lies before them is asked of the disk only when it is needed.

use super::error::NightscoutError;
use super::find::{Query, Span};
use super::wire::{self, Entry};
use crate::State;
use keepwatch_model::id::SourceId;
use keepwatch_model::reading::{JITTER_MAX_MS, Reading};
use keepwatch_model::series::{self, RATE_WINDOW_MS};
use keepwatch_model::sharing::Permit;
use keepwatch_model::source::Source;
use keepwatch_model::time::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp};
use keepwatch_service::readings::{STRETCH_MAX_MS, Which};
use std::collections::BTreeMap;

/// A glance needs so little of the past.
const FIRST_STEP_MS: i64 = 3 * HOUR_MS;
/// So far back memory answers.
const MEMORY_MS: i64 = DAY_MS;
/// Limit: steps on the disk for one query (about eight years); what lies before is not looked for.
const STEPS_MAX: usize = 96;
/// An uploader that asked too early comes again after so many seconds.
const RETRY_AFTER_SECONDS: u32 = 15;

/// The entries that a query asks for, newest first.
pub(super) async fn find(state: &State, permit: &Permit, query: &Query) -> Result<Vec<Entry>, NightscoutError> {
    let now = state.service.clock.now();
    let span = query.span(now);
    let sources = sources(state, permit);
    let newest_possible = now.plus_ms(JITTER_MAX_MS + 1);
    let mut until = span.until.unwrap_or(newest_possible).min(newest_possible);
    let mut found = Vec::new();
    for _ in 0..STEPS_MAX {
        let from = step_back(until, now).max(span.from.unwrap_or(Timestamp::from_ms(i64::MIN)));
        if from >= until || found.len() >= query.count {
            break;
        }
        // What went before tells arrow and change; memory's border is not crossed for that alone.
        let border = now.plus_ms(-MEMORY_MS);
        let look_from =
            if from >= border { from.plus_ms(-RATE_WINDOW_MS).max(border) } else { from.plus_ms(-RATE_WINDOW_MS) };
        match state.service.readings.stretch(permit, look_from, until, Which::All).await {
            Ok(stretch) => {
                let mut step = entries_of(stretch.readings, from, &sources);
                step.extend(stretch.meter_checks.iter().filter(|check| check.at >= from).map(wire::meter_entry));
                step.retain(|entry| query.admits(entry));
                step.sort_by_key(|entry| std::cmp::Reverse(entry.get("date").and_then(serde_json::Value::as_i64)));
                found.extend(step);
            }
            Err(cause) => {
                tracing::warn!("{cause}; older entries are left out");
                if asks_for_the_past(&span, border) {
                    return Err(unavailable());
                }
                break;
            }
        }
        until = from;
    }
    found.truncate(query.count);
    Ok(found)
}

/// Whether a query says itself that it wants what only the disk knows. Whoever does not is content with memory.
fn asks_for_the_past(span: &Span, border: Timestamp) -> bool {
    span.is_stated && (span.from.is_none_or(|from| from < border) || span.until.is_some_and(|until| until < border))
}

fn unavailable() -> NightscoutError {
    NightscoutError::Unavailable {
        retry_after_seconds: RETRY_AFTER_SECONDS,
        sentence: "older entries cannot be read at the moment; ask again in a moment".to_owned(),
    }
}

/// Where the step that ends at `until` begins: a glance, then what memory holds, then a month at a time.
fn step_back(until: Timestamp, now: Timestamp) -> Timestamp {
    let (glance, memory) = (now.plus_ms(-FIRST_STEP_MS), now.plus_ms(-MEMORY_MS));
    if until > glance {
        glance
    } else if until > memory {
        memory
    } else {
        until.plus_ms(RATE_WINDOW_MS - STRETCH_MAX_MS)
    }
}

/// The newest reading of all, however old, where no query finds one.
pub(super) fn last_known(state: &State, permit: &Permit) -> Option<Entry> {
    let latest = state.service.readings.latest(permit);
    let reading = latest.reading?;
    let delta = latest.delta.map_or(0.0, |delta| per_five_minutes(&delta));
    Some(wire::reading_entry(&reading, &device(&sources(state, permit), reading.source), latest.trend, delta))
}

/// A person's sources, to tell the device of an entry.
fn sources(state: &State, permit: &Permit) -> Vec<Source> {
    state.service.sharing.register().read().sources_of(permit.person()).to_vec()
}

fn device(sources: &[Source], id: SourceId) -> String {
    sources.iter().find(|source| source.id == id).map(|source| source.device.clone()).unwrap_or_default()
}

/// The readings from `from` on as entries; arrow and change are told among readings of the same source.
fn entries_of(readings: Vec<Reading>, from: Timestamp, sources: &[Source]) -> Vec<Entry> {
    let mut by_source: BTreeMap<SourceId, Vec<Reading>> = BTreeMap::new();
    for reading in readings {
        by_source.entry(reading.source).or_default().push(reading);
    }
    let mut entries = Vec::new();
    for (source, readings) in by_source {
        let device = device(sources, source);
        let first = readings.partition_point(|reading| reading.place < from);
        for index in first..readings.len() {
            let so_far = &readings[..=index];
            let delta = series::delta(so_far).map_or(0.0, |delta| per_five_minutes(&delta));
            entries.push(wire::reading_entry(&readings[index], &device, series::arrow(so_far), delta));
        }
    }
    entries
}

/// mg/dL over five minutes, to a tenth. A follower's library cannot read an entry without a number here, so where
/// no earlier reading is near it is 0 and the arrow tells.
fn per_five_minutes(delta: &series::Delta) -> f64 {
    let change = f64::from(delta.tenths) * (5 * MINUTE_MS) as f64 / delta.elapsed_ms as f64;
    change.round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_ms(1_764_000_000_000);

    #[test]
    fn steps_begin_small_and_stop_at_the_border_of_memory() {
        let first = step_back(NOW.plus_ms(JITTER_MAX_MS), NOW);
        let second = step_back(first, NOW);
        let third = step_back(second, NOW);
        assert_eq!((first, second), (NOW.plus_ms(-FIRST_STEP_MS), NOW.plus_ms(-MEMORY_MS)));
        assert!(second.ms_since(third) + RATE_WINDOW_MS <= STRETCH_MAX_MS);
    }

    #[test]
    fn a_change_is_told_over_five_minutes() {
        assert!((per_five_minutes(&series::Delta { tenths: -60, elapsed_ms: 6 * MINUTE_MS }) + 5.0).abs() < 1e-9);
    }
}
