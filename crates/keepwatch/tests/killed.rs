//! P1, from outside: a server that is killed at any moment under upload has lost nothing that it acknowledged.

mod stage;

use serde_json::Value;
use stage::{Stage, member, now_ms};
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

const ROUNDS: u64 = 6;
const UPLOADERS: i64 = 3;
const BATCH: i64 = 25;
/// Another number kills at other moments.
const SEED: u64 = 20_261_124;
const DAY_MS: i64 = 86_400_000;

/// `SplitMix64`.
fn chance(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The value of a moment, so that the audit can tell a wrong one.
const fn mg_dl(at: i64) -> i64 {
    60 + at / 1_000 % 300
}

/// One uploader writes the day before yesterday and back, the others the last hours: records on disk, and the live window.
/// Each second has one value, whoever sends it.
const fn moment(base: i64, uploader: i64, number: i64) -> i64 {
    let begins = if uploader == 0 { base - 2 * DAY_MS } else { base - DAY_MS / 4 * uploader };
    begins - number * 1_000
}

/// A phone that sends one batch after the other, whatever becomes of its server.
struct Uploader {
    number: i64,
    base: i64,
    next: AtomicI64,
}

/// Moments and values that the server said it has.
type Acknowledged = Mutex<BTreeSet<(i64, i64)>>;

impl Uploader {
    /// Sends until the server is gone.
    fn upload(&self, url: &str, person: &Value, acknowledged: &Acknowledged) {
        let path = format!("/api/people/{}/readings", member(person, "person"));
        let token = format!("Bearer {}", member(person, "publish.token"));
        let headers = [("Authorization", token.as_str()), ("Content-Type", "application/json")];
        loop {
            let first = self.next.fetch_add(BATCH, Ordering::SeqCst);
            let moments = (first..first + BATCH).map(|number| moment(self.base, self.number, number));
            let batch: Vec<(i64, i64)> = moments.map(|at| (at, mg_dl(at))).collect();
            let items: Vec<Value> =
                batch.iter().map(|(at, mg_dl)| serde_json::json!({ "measured_at": at, "mg_dl": mg_dl })).collect();
            let body = serde_json::json!({ "source": format!("phone {}", self.number), "readings": items }).to_string();
            // Killed in the middle of an answer: not acknowledged, so nothing is claimed.
            let Ok(answer) = stage::http(url, "POST", &path, &headers, &body) else { return };
            assert_eq!((answer.status, answer.json()["accepted"].clone()), (200, BATCH.into()), "{}", answer.body);
            acknowledged.lock().expect("nobody panicked").extend(batch);
        }
    }
}

#[test]
fn nothing_acknowledged_is_lost_to_kill_9() {
    let stage = Stage::new();
    let ada = stage.json(&["person", "add", "Ada"]);
    let follower = stage.json(&["follower", "add", "Grandma", "--person", "Ada"]);
    let base = now_ms() / 1_000 * 1_000;
    let uploaders: Vec<Uploader> =
        (0..UPLOADERS).map(|number| Uploader { number, base, next: AtomicI64::new(0) }).collect();
    let acknowledged = Acknowledged::default();
    for round in 0..ROUNDS {
        let mut server = stage.serve();
        let url = server.url.clone();
        std::thread::scope(|scope| {
            for uploader in &uploaders {
                scope.spawn(|| uploader.upload(&url, &ada, &acknowledged));
            }
            stage::pause(Duration::from_millis(60 + chance(SEED + round) % 300));
            server.kill();
        });
    }
    let acknowledged = acknowledged.into_inner().expect("nobody panicked");
    assert!(acknowledged.len() > 500, "only {} readings were acknowledged", acknowledged.len());
    let served = everything(&stage, &ada, &follower, base);
    let lost: Vec<_> = acknowledged.difference(&served).take(5).collect();
    assert!(lost.is_empty(), "acknowledged, and gone: {lost:?} of {}", acknowledged.len());
}

/// What a new server on the directory serves, moments and values.
fn everything(stage: &Stage, person: &Value, follower: &Value, base: i64) -> BTreeSet<(i64, i64)> {
    let server = stage.serve();
    let mut served = BTreeSet::new();
    for day in 0..5 {
        let (from, to) = (base - (day + 1) * DAY_MS, base - day * DAY_MS + 1);
        let path = format!("/api/people/{}/readings?from={from}&to={to}&sources=all", member(person, "person"));
        let answer = server.get(&path, member(follower, "read.token"));
        assert_eq!(answer.status, 200, "{}", answer.body);
        let readings = answer.json()["readings"].as_array().cloned().unwrap_or_default();
        let pair =
            |reading: &Value| (reading["at"].as_i64().unwrap_or(0), reading["mg_dl"].as_f64().unwrap_or(0.0) as i64);
        served.extend(readings.iter().map(pair));
    }
    served
}
