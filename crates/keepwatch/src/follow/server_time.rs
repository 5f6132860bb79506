//! What time it is at the server, as far as this terminal can tell. The one clock of `follow`.

use keepwatch_model::time::Timestamp;
use keepwatch_service::clock::{Clock, SystemClock};
use tokio::time::Instant;

/// The server's time, counted on from when it was last told.
///
/// It is counted on two clocks and the one that ran further counts: the steady one stands still while a laptop sleeps, and the
/// wall clock may be set back. So a reading may look older than it is, never newer (P2).
#[derive(Clone, Copy, Debug)]
pub(crate) struct ServerTime {
    told: i64,
    steady: Instant,
    wall: Timestamp,
}

impl ServerTime {
    /// The server has just said that it is `told`.
    pub(crate) fn told(told: i64) -> Self {
        let (steady, wall) = now();
        Self { told, steady, wall }
    }

    /// What time it is there.
    pub(crate) fn now(&self) -> i64 {
        self.told + self.silent_ms()
    }

    /// How long ago it was told.
    pub(crate) fn silent_ms(&self) -> i64 {
        let (steady, wall) = now();
        let elapsed = i64::try_from(steady.duration_since(self.steady).as_millis()).unwrap_or(i64::MAX);
        elapsed.max(wall.ms_since(self.wall))
    }
}

#[allow(clippy::disallowed_methods, reason = "a terminal's own clock shows how old its reading is")]
fn now() -> (Instant, Timestamp) {
    (Instant::now(), SystemClock.now())
}
