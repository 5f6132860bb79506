//! Readings out: the newest, a stretch, a glance. The last 24 hours never touch the disk.
//! Whoever asks must hold a permit.

use crate::clock::Clock;
use crate::register::Register;
use crate::window::{PersonWindow, WINDOW_MS, Window};
use keepwatch_journal::error::Error;
use keepwatch_journal::records::{Records, Stretch};
use keepwatch_model::family::Person;
use keepwatch_model::id::{PersonId, SourceId};
use keepwatch_model::reading::{MeterCheck, Reading, Refusal};
use keepwatch_model::series::{self, Delta, Disagreement, RATE_WINDOW_MS, Rank};
use keepwatch_model::sharing::Permit;
use keepwatch_model::source::{INTERVAL_DEFAULT_MS, Patience, Source};
use keepwatch_model::time::{DAY_MS, MINUTE_MS, Timestamp};
use keepwatch_model::trend::TrendArrow;
use std::sync::Arc;

/// Limit: the longest stretch of one question; edge refuses a longer one.
pub const STRETCH_MAX_MS: i64 = 31 * DAY_MS;

/// Which sources' readings are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Those of the shown source at each moment.
    Shown,
    /// All that were kept.
    All,
}

/// The newest reading and how old it may grow.
#[derive(Clone, Debug, PartialEq)]
pub struct Latest {
    /// The newest of the shown source, however old.
    pub reading: Option<Reading>,
    /// The arrow: as sent, else from the rate.
    pub trend: Option<TrendArrow>,
    /// Change over about five minutes.
    pub delta: Option<Delta>,
    /// Until when it is fresh, and late.
    pub patience: Patience,
    /// How often its source reports.
    pub interval_ms: i64,
}

/// One source as followers see it.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceGlance {
    /// The source.
    pub source: Source,
    /// Until when its readings are fresh, and late.
    pub patience: Patience,
    /// When its uploader was last in touch.
    pub last_contact: Option<Timestamp>,
    /// The place of its newest reading.
    pub last_reading: Option<Timestamp>,
    /// The last refusal, and when.
    pub refused: Option<(Refusal, Timestamp)>,
    /// Whether the newest reading is this source's.
    pub shown: bool,
}

/// A person at a glance.
#[derive(Clone, Debug, PartialEq)]
pub struct Glance {
    /// Who.
    pub person: Person,
    /// The newest reading.
    pub latest: Latest,
    /// The last 24 hours of the shown source, ascending; empty where not asked for.
    pub readings: Vec<Reading>,
    /// Meter checks of the last 24 hours.
    pub meter_checks: Vec<MeterCheck>,
    /// Her sources: the shown one, and those that were in touch within the window.
    pub sources: Vec<SourceGlance>,
    /// Whether two fresh sources disagree.
    pub disagreement: Option<Disagreement>,
}

/// Answers questions about readings.
#[derive(Clone)]
pub struct Readings {
    window: Arc<Window>,
    register: Arc<Register>,
    records: Arc<dyn Records>,
    clock: Arc<dyn Clock>,
}

/// The reading to show at `now`: that of the first source in rank that is fresh, else the newest of all.
fn shown_newest(newest: impl Iterator<Item = Reading>, ranks: &[Rank], now: Timestamp) -> Option<Reading> {
    let rank_of = |reading: &Reading| ranks.iter().find(|rank| rank.source == reading.source);
    let better = |best: Option<(bool, u32, Reading)>, reading: Reading| {
        let rank = rank_of(&reading);
        let fresh = rank.is_some_and(|rank| now.ms_since(reading.place) <= rank.patience.fresh_ms);
        let priority = rank.map_or(u32::MAX, |rank| rank.priority);
        let wins = best.as_ref().is_none_or(|(best_fresh, best_priority, best)| match (fresh, best_fresh) {
            (true, true) => priority < *best_priority,
            (true, false) => true,
            (false, true) => false,
            (false, false) => reading.place > best.place,
        });
        if wins { Some((fresh, priority, reading)) } else { best }
    };
    newest.fold(None, better).map(|(_, _, reading)| reading)
}

fn latest_of(window: &PersonWindow, person: PersonId, ranks: &[Rank], now: Timestamp) -> Latest {
    let reading = shown_newest(window.newest(person), ranks, now);
    let rank = reading.as_ref().and_then(|r| ranks.iter().find(|rank| rank.source == r.source)).or(ranks.first());
    let mut before = Vec::new();
    if let Some(newest) = &reading {
        before = window.readings(person, newest.place.plus_ms(-RATE_WINDOW_MS), newest.place.plus_ms(1));
        before.retain(|r| r.source == newest.source);
    }
    Latest {
        trend: reading.as_ref().and_then(|r| r.trend).or_else(|| series::arrow(&before)),
        delta: series::delta(&before),
        reading,
        patience: rank.map_or(Patience::of(INTERVAL_DEFAULT_MS, None), |rank| rank.patience),
        interval_ms: rank.map_or(INTERVAL_DEFAULT_MS, |rank| rank.interval_ms),
    }
}

const NOTHING: Latest = Latest {
    reading: None,
    trend: None,
    delta: None,
    patience: Patience { fresh_ms: 360_000, late_ms: 720_000 },
    interval_ms: INTERVAL_DEFAULT_MS,
};

impl Readings {
    pub(crate) fn new(
        window: Arc<Window>,
        register: Arc<Register>,
        records: Arc<dyn Records>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { window, register, records, clock }
    }

    fn ranks(&self, person: PersonId) -> Vec<Rank> {
        self.register.read().sources_of(person).iter().map(Rank::of).collect()
    }

    /// The newest reading.
    pub fn latest(&self, permit: &Permit) -> Latest {
        let person = permit.person();
        let (ranks, now) = (self.ranks(person), self.clock.now());
        self.window.read(person, |window| latest_of(window, person, &ranks, now)).unwrap_or(NOTHING)
    }

    /// Readings of the last 24 hours with a place in `from..until`, ascending.
    pub fn recent(&self, permit: &Permit, from: Timestamp, until: Timestamp, which: Which) -> Vec<Reading> {
        let person = permit.person();
        let from = from.max(self.clock.now().plus_ms(-WINDOW_MS));
        let readings = self.window.read(person, |window| window.readings(person, from, until)).unwrap_or_default();
        match which {
            Which::All => readings,
            Which::Shown => self.only_shown(person, readings),
        }
    }

    fn only_shown(&self, person: PersonId, readings: Vec<Reading>) -> Vec<Reading> {
        let ranks = self.ranks(person);
        if ranks.len() < 2 { readings } else { series::shown(&readings, &ranks) }
    }

    /// What is known of `from..until`: from memory where it reaches, else from the disk.
    ///
    /// # Errors
    /// A failure of the store, when the stretch begins before the last 24 hours.
    pub async fn stretch(
        &self,
        permit: &Permit,
        from: Timestamp,
        until: Timestamp,
        which: Which,
    ) -> Result<Stretch, Error> {
        let person = permit.person();
        let memory_from = self.clock.now().plus_ms(-WINDOW_MS);
        let mut stretch = Stretch::default();
        // Whoever asks for 24 hours reckoned them a moment ago; for that moment nobody goes to the disk.
        if memory_from.ms_since(from) > MINUTE_MS {
            let records = Arc::clone(&self.records);
            let old = tokio::task::spawn_blocking(move || records.stretch(person, from, until.min(memory_from)));
            stretch = old.await.expect("the store does not panic")?;
        }
        let recent_from = from.max(memory_from);
        self.window.read(person, |window| {
            let recent = window.readings(person, recent_from, until);
            if stretch.readings.is_empty() {
                stretch.readings = recent;
            } else {
                stretch.readings.extend(recent);
            }
            stretch.meter_checks.extend(window.checks(recent_from).filter(|check| check.at < until).cloned());
        });
        if which == Which::Shown {
            stretch.readings = self.only_shown(person, stretch.readings);
        }
        Ok(stretch)
    }

    /// A person at a glance; with her last 24 hours if asked.
    pub fn glance(&self, permit: &Permit, with_readings: bool) -> Option<Glance> {
        let id = permit.person();
        let rows = self.register.read();
        let person = rows.person(id)?.clone();
        let sources = rows.sources_of(id).to_vec();
        drop(rows);
        let ranks: Vec<Rank> = sources.iter().map(Rank::of).collect();
        let now = self.clock.now();
        let from = now.plus_ms(-WINDOW_MS);
        let glance = self.window.read(id, |window| {
            let latest = latest_of(window, id, &ranks, now);
            let shown = latest.reading.as_ref().map(|reading| reading.source);
            let readings =
                if with_readings { window.readings(id, from, Timestamp::from_ms(i64::MAX)) } else { Vec::new() };
            let meter_checks = window.checks(from).cloned().collect();
            let newest: Vec<(Rank, Reading)> = window
                .newest(id)
                .filter_map(|reading| Some((*ranks.iter().find(|rank| rank.source == reading.source)?, reading)))
                .collect();
            let disagreement = shown.and_then(|shown| series::disagreement(&newest, shown, now));
            let sources = sources.iter().map(|source| source_glance(window, source, &newest, shown));
            let sources =
                sources.filter(|source| source.shown || source.last_contact.is_some_and(|at| at >= from)).collect();
            (latest, readings, meter_checks, sources, disagreement)
        });
        let nothing = || (NOTHING, vec![], vec![], sources.iter().map(silent_source).collect(), None);
        let (latest, readings, meter_checks, sources, disagreement) = glance.unwrap_or_else(nothing);
        let readings = if ranks.len() < 2 { readings } else { series::shown(&readings, &ranks) };
        Some(Glance { person, latest, readings, meter_checks, sources, disagreement })
    }
}

fn silent_source(source: &Source) -> SourceGlance {
    let patience = Patience::of(source.interval_ms, None);
    let source = source.clone();
    SourceGlance { source, patience, last_contact: None, last_reading: None, refused: None, shown: false }
}

fn source_glance(
    window: &PersonWindow,
    source: &Source,
    newest: &[(Rank, Reading)],
    shown: Option<SourceId>,
) -> SourceGlance {
    let state = window.sources().iter().find(|state| state.source == source.id);
    SourceGlance {
        last_contact: state.and_then(|state| state.last_contact),
        last_reading: newest.iter().find(|(rank, _)| rank.source == source.id).map(|(_, reading)| reading.place),
        refused: state.and_then(|state| state.refused),
        shown: shown == Some(source.id),
        ..silent_source(source)
    }
}
