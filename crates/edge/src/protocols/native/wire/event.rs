//! What the events of the stream carry.

use super::{Delta, MeterCheck, Reading, Source};
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
}
