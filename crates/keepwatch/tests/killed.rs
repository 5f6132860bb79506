//! P1, from outside: a server that is killed at any moment under upload has lost nothing that it acknowledged.

mod stage;

use serde_json::Value;
use stage::{Stage, member, now_ms};
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
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
const fn moment(base: i64, uploader: i64, number: i64) -> i64 {
    let begins = if uploader == 0 { base - 2 * DAY_MS } else { base - DAY_MS / 4 * uploader };
    begins - number * 1_000
}

#[test]
fn nothing_acknowledged_is_lost_to_kill_9() {
    let stage = Stage::new();
    let ada = stage.json(&["person", "add", "Ada"]);
    let follower = stage.json(&["follower", "add", "Grandma", "--person", "Ada"]);
    let base = now_ms() / 1_000 * 1_000;
    let counters: Vec<AtomicI64> = (0..UPLOADERS).map(|_| AtomicI64::new(0)).collect();
    let acknowledged = Mutex::new(BTreeSet::new());
    for round in 0..ROUNDS {
        let mut server = stage.serve();
        let over = AtomicBool::new(false);
        let pause = Duration::from_millis(60 + chance(SEED + round) % 300);
        std::thread::scope(|scope| {
            let url = server.url.clone();
            for uploader in 0..UPLOADERS {
                let (url, ada, counter, over, acknowledged) = (url.clone(), &ada, &counters[uploader as usize], &over, &acknowledged);
                scope.spawn(move || upload(&url, ada, base, uploader, counter, over, acknowledged));
            }
            std::thread::sleep(pause);
            server.kill();
            over.store(true, Ordering::SeqCst);
        });
    }
    let acknowledged = acknowledged.into_inner().expect("nobody panicked");
    assert!(acknowledged.len() > 500, "only {} readings were acknowledged", acknowledged.len());

    let server = stage.serve();
    let mut served = BTreeSet::new();
    for day in 0..5 {
        let (from, to) = (base - (day + 1) * DAY_MS, base - day * DAY_MS + 1);
        let path = format!("/api/people/{}/readings?from={from}&to={to}&sources=all", member(&ada, "person"));
        let answer = server.get(&path, member(&follower, "read.token"));
        assert_eq!(answer.status, 200, "{}", answer.body);
        let readings = answer.json()["readings"].as_array().cloned().unwrap_or_default();
        served.extend(readings.iter().map(|reading| (reading["at"].as_i64().unwrap_or(0), reading["mg_dl"].as_f64().unwrap_or(0.0) as i64)));
    }
    let lost: Vec<_> = acknowledged.difference(&served).take(5).collect();
    assert!(lost.is_empty(), "acknowledged, and gone: {lost:?} of {}", acknowledged.len());
}

fn upload(
    url: &str,
    person: &Value,
    base: i64,
    uploader: i64,
    counter: &AtomicI64,
    over: &AtomicBool,
    acknowledged: &Mutex<BTreeSet<(i64, i64)>>,
) {
    let path = format!("/api/people/{}/readings", member(person, "person"));
    let token = format!("Bearer {}", member(person, "publish.token"));
    while !over.load(Ordering::SeqCst) {
        let first = counter.fetch_add(BATCH, Ordering::SeqCst);
        let batch: Vec<(i64, i64)> = (first..first + BATCH).map(|number| moment(base, uploader, number)).map(|at| (at, mg_dl(at))).collect();
        let items: Vec<Value> = batch.iter().map(|(at, mg_dl)| serde_json::json!({ "measured_at": at, "mg_dl": mg_dl })).collect();
        let body = serde_json::json!({ "source": format!("phone {uploader}"), "readings": items }).to_string();
        let headers = [("Authorization", token.as_str()), ("Content-Type", "application/json")];
        match stage::http(url, "POST", &path, &headers, &body) {
            Ok(answer) if answer.status == 200 => {
                assert_eq!(answer.json()["accepted"], BATCH, "{}", answer.body);
                acknowledged.lock().expect("nobody panicked").extend(batch);
            }
            Ok(answer) => panic!("{}: {}", answer.status, answer.body),
            // The server was killed in the middle of it: not acknowledged, so nothing is claimed.
            Err(_) => return,
        }
    }
}
