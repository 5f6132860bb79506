//! The shapes of our own API, exactly as they travel; the description at `/api/openapi.json` is made from them.
//! Times are milliseconds since 1970 in UTC, glucose is mg/dL. What is absent is left out.

mod event;
mod upload;

pub use event::{LiveBeat, LiveContact, LiveEnded, LiveEntry, LiveEntryKind};
pub use upload::{Item, ItemOutcome, MeterUpload, Moment, Receipt, Taken, Upload, Withdrawn};

use keepwatch_model::glucose::Unit as ModelUnit;
use keepwatch_model::source::Protocol;
use keepwatch_model::trend::TrendArrow;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where glucose is heading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the words of the glossary, one to one")]
pub enum Trend {
    DoubleUp,
    SingleUp,
    FortyFiveUp,
    Flat,
    FortyFiveDown,
    SingleDown,
    DoubleDown,
    NotComputable,
}

impl Trend {
    /// The word on the wire.
    pub const fn word(arrow: TrendArrow) -> &'static str {
        match arrow {
            TrendArrow::DoubleUp => "double_up",
            TrendArrow::SingleUp => "single_up",
            TrendArrow::FortyFiveUp => "forty_five_up",
            TrendArrow::Flat => "flat",
            TrendArrow::FortyFiveDown => "forty_five_down",
            TrendArrow::SingleDown => "single_down",
            TrendArrow::DoubleDown => "double_down",
            TrendArrow::NotComputable => "not_computable",
        }
    }

    /// The arrow of a word; `None` for words that we do not know.
    pub fn arrow(word: &str) -> Option<TrendArrow> {
        TrendArrow::ALL.into_iter().find(|arrow| Self::word(*arrow) == word)
    }
}

impl From<Trend> for TrendArrow {
    fn from(trend: Trend) -> Self {
        Self::ALL[trend as usize]
    }
}

impl From<TrendArrow> for Trend {
    fn from(arrow: TrendArrow) -> Self {
        match arrow {
            TrendArrow::DoubleUp => Self::DoubleUp,
            TrendArrow::SingleUp => Self::SingleUp,
            TrendArrow::FortyFiveUp => Self::FortyFiveUp,
            TrendArrow::Flat => Self::Flat,
            TrendArrow::FortyFiveDown => Self::FortyFiveDown,
            TrendArrow::SingleDown => Self::SingleDown,
            TrendArrow::DoubleDown => Self::DoubleDown,
            TrendArrow::NotComputable => Self::NotComputable,
        }
    }
}

/// Outside of what the sensor can measure: never a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Range {
    /// Lower than the sensor can measure.
    Below,
    /// Higher than the sensor can measure.
    Above,
}

/// The unit that somebody reads glucose in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum Unit {
    /// Milligrams per deciliter.
    #[serde(rename = "mg/dL")]
    MgDl,
    /// Millimoles per liter.
    #[serde(rename = "mmol/L")]
    MmolL,
}

impl From<Unit> for ModelUnit {
    fn from(unit: Unit) -> Self {
        match unit {
            Unit::MgDl => Self::MgDl,
            Unit::MmolL => Self::MmolL,
        }
    }
}

/// One sensor glucose. Either `mg_dl` or `range` is there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Reading {
    /// Where in time it stands; age and order go by this.
    pub at: i64,
    /// The measurement in mg/dL, with at most one decimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mg_dl: Option<f64>,
    /// Outside of what the sensor can measure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<Range>,
    /// Where glucose is heading, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trend: Option<Trend>,
    /// The time that the sensor claimed, where it differs from `at`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured_at: Option<i64>,
    /// The claimed time lay ahead: the clock of the sending phone looks wrong.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub clock_suspect: bool,
    /// Its source, where it is not the one that is shown now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// A manual meter reading.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MeterCheck {
    /// When it was taken.
    pub at: i64,
    /// What the meter showed.
    pub mg_dl: f64,
    /// Who took it.
    pub by: String,
    /// What else they said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// By which door a source's readings come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// Dexcom Share.
    Share,
    /// Nightscout.
    Nightscout,
    /// This API.
    Api,
    /// A file.
    Import,
}

impl SourceKind {
    /// The word on the wire.
    pub const fn word(protocol: Protocol) -> &'static str {
        match protocol {
            Protocol::Share => "share",
            Protocol::Nightscout => "nightscout",
            Protocol::Native => "api",
            Protocol::Import => "import",
        }
    }
}

/// The last refusal of a source's readings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Refused {
    /// A stable word: `sensor_code`, `time_in_future`, `value_too_high`, …
    pub reason: String,
    /// When.
    pub at: i64,
}

/// Where a person's readings come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Source {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// By which door.
    pub kind: SourceKind,
    /// How often it reports.
    pub interval_ms: i64,
    /// Up to this age its reading is fresh.
    pub fresh_ms: i64,
    /// Up to this age its reading is late; after it, stale.
    pub late_ms: i64,
    /// When its uploader was last in touch.
    pub last_contact: Option<i64>,
    /// Where in time its newest reading stands.
    pub last_reading: Option<i64>,
    /// The last refusal.
    pub refused: Option<Refused>,
    /// Whether the newest reading that is shown is this source's.
    pub shown: bool,
}

/// Whose glucose it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Person {
    /// Her id.
    pub id: String,
    /// Her name.
    pub name: String,
    /// The unit that her family speaks.
    pub unit: Unit,
    /// IANA name of the zone she lives in.
    pub time_zone: String,
    /// She does not exist: a simulated person.
    pub demo: bool,
}

/// Change to the newest reading over about five minutes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Delta {
    /// In mg/dL; negative while falling.
    pub mg_dl: f64,
    /// Over so many minutes.
    pub minutes: i32,
}

/// Two fresh sources that differ by more than 20 % or 20 mg/dL.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Disagreement {
    /// The shown source and the other.
    pub sources: Vec<String>,
    /// What each says in mg/dL; 39 and 401 where it is below and above what the sensor measures.
    pub mg_dl: Vec<f64>,
}

/// A person at a glance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Glance {
    /// Who.
    pub person: Person,
    /// The newest reading, however old.
    pub latest: Option<Reading>,
    /// Change over about five minutes.
    pub delta: Option<Delta>,
    /// How often the shown source reports.
    pub interval_ms: i64,
    /// Up to this age the newest reading is fresh.
    pub fresh_ms: i64,
    /// Up to this age the newest reading is late; after it, stale.
    pub late_ms: i64,
    /// The last 24 hours of the shown source, ascending by `at`; absent when not asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<Reading>, required = false)]
    pub readings: Option<Vec<Reading>>,
    /// Meter checks of the last 24 hours.
    #[serde(default)]
    pub meter_checks: Vec<MeterCheck>,
    /// Her sources.
    #[serde(default)]
    #[schema(required = true)]
    pub sources: Vec<Source>,
    /// Whether two fresh sources disagree.
    pub disagreement: Option<Disagreement>,
}

/// Who is looking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Viewer {
    /// The account's name.
    pub name: String,
    /// The unit this human reads.
    pub unit: Unit,
}

/// Everyone I follow, at this moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Now {
    /// The server's time.
    pub time: i64,
    /// Everything up to here is included; the stream goes on from here.
    pub cursor: String,
    /// Only people who changed since the cursor that was given are included.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub partial: bool,
    /// The server cannot save readings at present; new ones are shown all the same.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub store_fault: bool,
    /// Who is looking.
    pub viewer: Viewer,
    /// Everyone.
    pub people: Vec<Glance>,
}

/// The newest reading of one person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Latest {
    /// The server's time.
    pub time: i64,
    /// Whose.
    pub person: String,
    /// The newest reading, however old.
    pub latest: Option<Reading>,
    /// Up to this age it is fresh.
    pub fresh_ms: i64,
    /// Up to this age it is late; after it, stale.
    pub late_ms: i64,
}

/// A stretch of readings of one person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Readings {
    /// The server's time.
    pub time: i64,
    /// Whose.
    pub person: String,
    /// Ascending by `at`.
    pub readings: Vec<Reading>,
    /// Meter checks of the stretch.
    pub meter_checks: Vec<MeterCheck>,
}

/// A device's token, given once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Bound {
    /// To be sent as `Authorization: Bearer TOKEN`.
    pub token: String,
}

/// A refusal (application/problem+json).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// Always `about:blank`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The status in words.
    pub title: String,
    /// The status.
    pub status: u16,
    /// A stable word for programs.
    pub code: String,
    /// What failed, for whom, what to do.
    pub detail: String,
}
