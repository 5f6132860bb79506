//! 2,000 people on a disk whose commits take 20 ms: how long an uploader waits for its yes. The load is planned ahead and counted from
//! the plan, so that a server that stalls cannot slow it down. The five minutes between two readings of a person are played in the
//! time of one round: many times the real load.

use crate::connection::Connection;
use crate::machine::{now, rest};
use crate::options::{Shape, Span};
use crate::pinned::{LISTENING, Server};
use crate::requests::Upload;
use crate::scratch;
use crate::seed::{Someone, Wanted, fill, key};
use crate::table::Measured;
use keepwatch_edge::{Limits, Options, State, router, serve};
use keepwatch_journal::faulty::faulty;
use keepwatch_journal::sqlite::Store;
use keepwatch_service::Service;
use keepwatch_service::clock::{Chance, SeededChance, SystemChance, SystemClock};
use keepwatch_service::service::Parts;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// What a commit takes at least.
const COMMIT_MS: u64 = 20;
const CONNECTIONS: usize = 256;
/// All have yesterday's readings too, which are folded while the first round runs.
const WANTED: Wanted = Wanted { people: 2_000, watched: 2_000, followers_of_first: 0, folded: false };
/// Until the server has begun.
const LEAD: Duration = Duration::from_millis(100);

/// The server: ours, on a store that is held up at every write.
pub(crate) async fn server(directory: &Path) -> Result<(), String> {
    let failed = |cause: &dyn std::fmt::Display| format!("could not serve from a slow disk: {cause}");
    let (journal, records) = Store::open(directory).map_err(|cause| failed(&cause))?;
    let wait = |ms| rest(Duration::from_millis(ms));
    let (journal, records, faults) = faulty(Box::new(journal), Arc::new(records), wait);
    faults.slow(COMMIT_MS);
    let parts = Parts {
        journal: Box::new(journal),
        records: Arc::new(records),
        clock: Arc::new(SystemClock),
        chance: Arc::new(SystemChance),
        key: key(),
    };
    let service = Service::start(parts).map_err(|cause| failed(&cause))?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.map_err(|cause| failed(&cause))?;
    let address = listener.local_addr().map_err(|cause| failed(&cause))?;
    let options = Arc::new(Options::at(&format!("http://{address}")));
    let routes = router(State { service, options: Arc::clone(&options) });
    println!("{LISTENING}{address}");
    serve(listener, None, routes, options, Limits::default(), std::future::pending())
        .await
        .map_err(|cause| failed(&cause))
}

/// What one connection sends, and when.
type Plan = Vec<(Instant, Upload)>;

fn plans(people: &[Someone], begin: Instant, seconds: f64) -> Vec<Plan> {
    let chance = SeededChance::new(9);
    let mut all: Vec<(Instant, Upload)> = people
        .iter()
        .map(|someone| {
            let share = (chance.number() >> 11) as f64 / (1_u64 << 53) as f64;
            (begin + Duration::from_secs_f64(seconds * share), Upload::of(someone, Shape::Native))
        })
        .collect();
    all.sort_by_key(|(at, _)| *at);
    let mut plans = vec![Vec::new(); CONNECTIONS];
    for (position, planned) in all.into_iter().enumerate() {
        plans[position % CONNECTIONS].push(planned);
    }
    plans
}

async fn keep(plan: Plan, address: SocketAddr) -> Result<Vec<f64>, String> {
    let mut connection = Connection::open(address).await?;
    let mut request = Vec::with_capacity(1_024);
    let mut waits_ms = Vec::with_capacity(plan.len());
    for (at, mut upload) in plan {
        tokio::time::sleep_until(at.into()).await;
        upload.write(&mut request);
        connection.ask(&request).await?;
        waits_ms.push((now() - at).as_secs_f64() * 1_000.0);
    }
    Ok(waits_ms)
}

fn percentile(sorted: &[f64], percent: usize) -> f64 {
    sorted[(sorted.len() * percent / 100).min(sorted.len() - 1)]
}

/// The middle and the slow end of the waits. The first round, in which yesterday is folded, is told by itself: among the others a median
/// would hide it.
pub(crate) async fn measure(span: Span) -> Result<Vec<Measured>, String> {
    let directory = scratch::directory()?;
    let people = fill(directory.path(), WANTED).await?;
    let path = directory.path().to_str().ok_or("the directory's name is not text")?;
    let server = Server::part(&["slow-disk", path])?;
    let (mut p50, mut p99) = (Measured::new("slow_disk_p50"), Measured::new("slow_disk_p99"));
    let mut folding = Measured::new("slow_disk_folding");
    for round in 0..=span.rounds {
        let mut keeping = JoinSet::new();
        for plan in plans(&people, now() + LEAD, span.seconds) {
            keeping.spawn(keep(plan, server.address));
        }
        let mut waits_ms = Vec::with_capacity(people.len());
        while let Some(waits) = keeping.join_next().await {
            waits_ms.extend(waits.map_err(|cause| cause.to_string())??);
        }
        waits_ms.sort_by(f64::total_cmp);
        if round == 0 {
            folding.ours.push(percentile(&waits_ms, 99));
            continue;
        }
        p50.ours.push(percentile(&waits_ms, 50));
        p99.ours.push(percentile(&waits_ms, 99));
    }
    Ok(vec![p50, p99, folding])
}
