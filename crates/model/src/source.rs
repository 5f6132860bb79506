//! Where a person's readings come from, and how old a reading of such a source may grow.

use crate::id::{PersonId, SourceId};
use crate::time::MINUTE_MS;
use serde::{Deserialize, Serialize};

/// The interval of a source until it is named or learnt: five minutes.
pub const INTERVAL_DEFAULT_MS: i64 = 5 * MINUTE_MS;
/// Limit: sources of one person that send at a time; one more is refused, with the reason in the receipt.
pub const SOURCES_MAX_PER_PERSON: usize = 15;

/// By which door a source's readings come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// The upload half of Dexcom Share.
    Share,
    /// Nightscout's entries.
    Nightscout,
    /// Our own API.
    Native,
    /// A file.
    Import,
}

impl Protocol {
    /// Whether another value under the same key corrects the reading; through Share it is merely known.
    pub const fn corrects(self) -> bool {
        !matches!(self, Self::Share)
    }

    /// Whether posting the key of a withdrawn reading brings it back.
    pub const fn revives(self) -> bool {
        matches!(self, Self::Nightscout | Self::Native)
    }
}

/// Where readings of one person come from: a protocol and a device, as the owner named it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Its id.
    pub id: SourceId,
    /// Whose readings they are.
    pub person: PersonId,
    /// By which door.
    pub protocol: Protocol,
    /// What the device calls itself (never a session, a token or a fake serial).
    pub device: String,
    /// What the owner calls it; shown on screens.
    pub name: String,
    /// How often it reports, in milliseconds.
    pub interval_ms: i64,
    /// Among fresh sources the one with the smallest number is shown.
    pub priority: u32,
}

/// Until when a reading counts as fresh and as late; afterwards it is stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Fresh up to this age, in milliseconds.
    pub fresh_ms: i64,
    /// Late up to this age, in milliseconds.
    pub late_ms: i64,
}

impl Patience {
    /// The table of defaults: `interval_ms` = i, `learnt_ms` = p, the 99th percentile of the age that the newest
    /// reading reaches before the next arrives, if it has been learnt.
    pub fn of(interval_ms: i64, learnt_ms: Option<i64>) -> Self {
        let learnt = learnt_ms.unwrap_or(0).min(2 * interval_ms);
        let late_after_learnt = if learnt > 0 { learnt + MINUTE_MS } else { 0 };
        Self {
            fresh_ms: (interval_ms * 6 / 5).max(learnt).max(3 * MINUTE_MS),
            late_ms: (interval_ms * 12 / 5).max(late_after_learnt).max(6 * MINUTE_MS),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_minutes_mean_six_and_twelve() {
        let patience = Patience::of(INTERVAL_DEFAULT_MS, None);
        assert_eq!((patience.fresh_ms, patience.late_ms), (6 * MINUTE_MS, 12 * MINUTE_MS));
    }

    #[test]
    fn a_learnt_lateness_widens_up_to_two_intervals() {
        let patience = Patience::of(INTERVAL_DEFAULT_MS, Some(99 * MINUTE_MS));
        assert_eq!((patience.fresh_ms, patience.late_ms), (10 * MINUTE_MS, 12 * MINUTE_MS));
    }

    #[test]
    fn a_one_minute_sensor_keeps_the_floor() {
        let patience = Patience::of(MINUTE_MS, None);
        assert_eq!((patience.fresh_ms, patience.late_ms), (3 * MINUTE_MS, 6 * MINUTE_MS));
    }
}
