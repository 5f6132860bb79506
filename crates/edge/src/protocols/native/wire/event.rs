//! What the events of the stream carry.

use super::{Delta, Disagreement, MeterCheck, Reading, Source};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What happened to a person's readings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LiveEntryKind {
    /// A reading was taken.
    Taken,
    /// A reading has another value now.
    Corrected,
    /// A reading is withdrawn; its `reading` holds `at` alone.
    Withdrawn,
    /// Somebody checked with a meter.
    Meter,
}

/// `event: entry`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LiveEntry {
    /// Whose.
    pub person: String,
    /// What happened.
    pub kind: LiveEntryKind,
    /// The reading.
    #[serde(default)]
    pub reading: Option<Reading>,
    /// The meter check.
    #[serde(default)]
    pub meter_check: Option<MeterCheck>,
    /// The newest reading after it.
    pub latest: Option<Reading>,
    /// Change over about five minutes after it.
    pub delta: Option<Delta>,
    /// The id of the source that is shown after it.
    pub shown: Option<String>,
    /// How often that source reports.
    pub interval_ms: i64,
    /// Up to this age its newest reading is fresh.
    pub fresh_ms: i64,
    /// Up to this age its newest reading is late; after it, stale.
    pub late_ms: i64,
    /// Whether two fresh sources disagree after it.
    pub disagreement: Option<Disagreement>,
}

/// `event: contact`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LiveContact {
    /// Whose source.
    pub person: String,
    /// The source as it is now.
    pub source: Source,
}

/// `event: ended`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LiveEnded {
    /// Whom the viewer no longer follows: forget her at once, caches too.
    pub person: String,
}

/// `event: beat`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LiveBeat {
    /// The server's time.
    pub time: i64,
    /// The server cannot save readings at present; new ones are shown all the same.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub store_fault: bool,
}
