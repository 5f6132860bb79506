//! How we are: counters and times that health checks and metrics read. No names, no glucose.

use keepwatch_model::reading::Refusal;
use keepwatch_model::time::Timestamp;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// Upper bounds of the buckets of commit time, in microseconds; a slower commit counts in the last, unbounded one.
pub const COMMIT_BUCKETS_US: [u64; 9] = [250, 500, 1_000, 2_500, 5_000, 10_000, 50_000, 250_000, 1_000_000];

/// What is counted; cheap to clone, shared by all.
#[derive(Clone, Debug, Default)]
pub struct Vitals(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    accepted: AtomicU64,
    known: AtomicU64,
    corrected: AtomicU64,
    refused: Mutex<BTreeMap<&'static str, u64>>,
    commits: [AtomicU64; COMMIT_BUCKETS_US.len() + 1],
    commit_us: AtomicU64,
    newest_received_ms: AtomicI64,
    streams: AtomicI64,
    lagged: AtomicU64,
    store_fault: Mutex<Option<String>>,
}

/// A picture of the counters at one moment.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Readings taken.
    pub accepted: u64,
    /// Readings that were known already.
    pub known: u64,
    /// Readings corrected.
    pub corrected: u64,
    /// Readings refused, by the code of the reason.
    pub refused: BTreeMap<&'static str, u64>,
    /// Commits in each bucket of [`COMMIT_BUCKETS_US`], not cumulated, the unbounded one last.
    pub commits: Vec<u64>,
    /// Microseconds spent in commits.
    pub commit_us: u64,
    /// When the newest reading reached us; `None` before the first.
    pub newest_received: Option<Timestamp>,
    /// Open event streams.
    pub streams: i64,
    /// How often a slow follower was told to catch up.
    pub lagged: u64,
    /// Why the store does not write, while it does not.
    pub store_fault: Option<String>,
}

impl Vitals {
    pub(crate) fn count_accepted(&self, count: u64, received_at: Timestamp) {
        self.0.accepted.fetch_add(count, Ordering::Relaxed);
        self.0.newest_received_ms.fetch_max(received_at.as_ms(), Ordering::Relaxed);
    }

    pub(crate) fn count_known(&self, count: u64) {
        self.0.known.fetch_add(count, Ordering::Relaxed);
    }

    pub(crate) fn count_corrected(&self, count: u64) {
        self.0.corrected.fetch_add(count, Ordering::Relaxed);
    }

    pub(crate) fn count_refused(&self, reason: Refusal) {
        *self.0.refused.lock().expect("no holder panics").entry(reason.code()).or_default() += 1;
    }

    pub(crate) fn count_commit(&self, us: u64) {
        let bucket = COMMIT_BUCKETS_US.iter().position(|bound| us <= *bound).unwrap_or(COMMIT_BUCKETS_US.len());
        self.0.commits[bucket].fetch_add(1, Ordering::Relaxed);
        self.0.commit_us.fetch_add(us, Ordering::Relaxed);
    }

    pub(crate) fn stream_opened(&self) {
        self.0.streams.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn stream_closed(&self) {
        self.0.streams.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn count_lagged(&self) {
        self.0.lagged.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn set_store_fault(&self, fault: Option<String>) {
        *self.0.store_fault.lock().expect("no holder panics") = fault;
    }

    /// Why the store does not write, while it does not.
    pub fn store_fault(&self) -> Option<String> {
        self.0.store_fault.lock().expect("no holder panics").clone()
    }

    /// A picture of all counters.
    pub fn snapshot(&self) -> Snapshot {
        let counters = &self.0;
        let newest_ms = counters.newest_received_ms.load(Ordering::Relaxed);
        Snapshot {
            accepted: counters.accepted.load(Ordering::Relaxed),
            known: counters.known.load(Ordering::Relaxed),
            corrected: counters.corrected.load(Ordering::Relaxed),
            refused: counters.refused.lock().expect("no holder panics").clone(),
            commits: counters.commits.iter().map(|count| count.load(Ordering::Relaxed)).collect(),
            commit_us: counters.commit_us.load(Ordering::Relaxed),
            newest_received: (newest_ms > 0).then(|| Timestamp::from_ms(newest_ms)),
            streams: counters.streams.load(Ordering::Relaxed),
            lagged: counters.lagged.load(Ordering::Relaxed),
            store_fault: self.store_fault(),
        }
    }
}
