//! What comes in, and what became of it.

use super::{Range, Trend};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What became of one item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ItemOutcome {
    /// It is new and is kept.
    Accepted,
    /// It was known already.
    Known,
    /// Another value was known; this one holds now.
    Corrected,
    /// It is not kept.
    Refused,
}

/// One line of a receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Item {
    /// What became of it.
    pub outcome: ItemOutcome,
    /// Why it was refused: a stable word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Why it was refused: a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// What became of an upload: all of it is durable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Receipt {
    /// How many were new.
    pub accepted: usize,
    /// How many were known.
    pub known: usize,
    /// How many corrected another value.
    pub corrected: usize,
    /// How many were refused.
    pub refused: usize,
    /// One line for each item, in the order in which they came.
    pub items: Vec<Item>,
}

/// A time on its way in: milliseconds since 1970, or RFC 3339 with an offset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Moment {
    /// Milliseconds since 1970 in UTC.
    Ms(i64),
    /// `2026-11-24T21:55:00Z`.
    Text(String),
}

/// One reading on its way in. Exactly one of `mg_dl`, `mmol_l` and `range` is there; other members are kept beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Taken {
    /// The sensor's moment.
    pub measured_at: Moment,
    /// The measurement in mg/dL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mg_dl: Option<f64>,
    /// The measurement in mmol/L.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mmol_l: Option<f64>,
    /// Outside of what the sensor can measure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<Range>,
    /// The sensor's own arrow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trend: Option<Trend>,
}

/// Readings on their way in: at most 1,000.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Upload {
    /// What the sending device is called; one source for each name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The readings.
    pub readings: Vec<Taken>,
}

/// A manual meter reading on its way in. Exactly one of `mg_dl` and `mmol_l` is there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MeterUpload {
    /// What the meter showed, in mg/dL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mg_dl: Option<f64>,
    /// What the meter showed, in mmol/L.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mmol_l: Option<f64>,
    /// Who took it.
    pub by: String,
    /// When it was taken; now, where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Moment>,
    /// What else they say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Whether a reading was withdrawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Withdrawn {
    /// False where there was none.
    pub withdrawn: bool,
}
