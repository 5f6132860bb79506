//! Load by connections that each ask again as soon as they are answered. Such a load measures how much, never how fast: who waits for
//! an answer cannot see the queue that is not there.

use crate::connection::Connection;
use crate::machine::{now, processor_us};
use crate::requests::Next;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

/// What a round of load gave.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// Answers a second.
    pub(crate) per_second: f64,
    /// Processor time of the server for each answer.
    pub(crate) processor_us: f64,
}

/// Before it is counted, the load runs for so long.
const WARM_UP: Duration = Duration::from_millis(200);

/// A server to be asked, and how its answers must begin.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) address: SocketAddr,
    pub(crate) pid: u32,
    pub(crate) body_begins: &'static [u8],
}

/// Keeps the asking processor awake. Else both sides work by turns, each asleep while the other goes through all connections, and the
/// rate would be that of neither.
async fn stay_awake() {
    loop {
        tokio::task::yield_now().await;
    }
}

/// Asks for so many seconds by one connection for each `next`.
pub(crate) async fn load(asked: Asked, nexts: Vec<Next>, seconds: f64) -> Result<Load, String> {
    let barrier = Arc::new(Barrier::new(nexts.len() + 1));
    let time = Duration::from_secs_f64(seconds);
    let mut connections = JoinSet::new();
    for next in nexts {
        let connection = Connection::open(asked.address).await?;
        connections.spawn(ask(connection, next, asked.body_begins, Arc::clone(&barrier), time));
    }
    let awake = tokio::spawn(stay_awake());
    barrier.wait().await;
    tokio::time::sleep(WARM_UP).await;
    let (started, used_before) = (now(), processor_us(asked.pid)?);
    tokio::time::sleep(time).await;
    let (took, used) = (now() - started, processor_us(asked.pid)? - used_before);
    let mut answers = 0_u64;
    while let Some(counted) = connections.join_next().await {
        answers += counted.map_err(|cause| cause.to_string())??;
    }
    awake.abort();
    // Connections count for exactly `time`; the processor was watched for as good as that.
    let processor_us = used / (answers as f64 * took.as_secs_f64() / seconds);
    Ok(Load { per_second: answers as f64 / seconds, processor_us })
}

async fn ask(
    mut connection: Connection,
    mut next: Next,
    body_begins: &'static [u8],
    barrier: Arc<Barrier>,
    time: Duration,
) -> Result<u64, String> {
    let mut request = Vec::with_capacity(1_024);
    barrier.wait().await;
    let from = now() + WARM_UP;
    let until = from + time;
    let mut answers = 0;
    loop {
        next(&mut request);
        let body = connection.ask(&request).await?;
        let body = &connection.bytes()[body];
        if !body.starts_with(body_begins) {
            return Err(format!(
                "an answer is not what it should be: {}",
                String::from_utf8_lossy(&body[..body.len().min(300)])
            ));
        }
        let at = now();
        if at >= until {
            return Ok(answers);
        }
        answers += u64::from(at >= from);
    }
}
