//! One reading to 10,000 held streams: how fast the last one has it, and what a stream costs in memory, beside bare hyper that sends
//! as many bytes to as many. Each round begins with servers that have held no stream before, or the memory would be there already.

use crate::connection::Connection;
use crate::limits::EVENT_BEGINS;
use crate::machine::{now, processor_us, resident_bytes};
use crate::options::{Shape, Span};
use crate::pinned::Server;
use crate::requests::{Upload, get};
use crate::scratch;
use crate::seed::{Someone, Wanted, fill};
use crate::streams::Streams;
use crate::table::{Measured, median};
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

const STREAMS: usize = 10_000;
/// Each follower holds a hundred streams, as many as one may.
const WANTED: Wanted = Wanted { people: 1, watched: 1, followers_of_first: 100, folded: true };
const PUSHES: usize = 7;
/// Until what was opened has come to rest.
const REST: Duration = Duration::from_millis(500);
/// What makes the bare server send an event.
const LIMIT_PUSH: &[u8] = b"POST /push HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n";

#[derive(Clone, Copy)]
struct Pushed {
    per_second: f64,
    processor_us: f64,
    memory_bytes: f64,
}

/// Sockets of each round come from an address of its own, because those of the last one still linger.
fn from(round: usize, side: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(127, 0, (round % 250) as u8 + 1, side))
}

async fn push(
    server: &Server,
    from: IpAddr,
    requests: &[Vec<u8>],
    mut next: impl FnMut(&mut Vec<u8>),
) -> Result<Pushed, String> {
    let pid = server.pid();
    let mut request = Vec::new();
    // One stream and one push bring in what is brought in once.
    let first = Streams::open(server.address, from, requests, 1).await?;
    let mut pusher = Connection::open(server.address).await?;
    next(&mut request);
    pusher.ask(&request).await?;
    first.all_heard(0).await?;
    drop(first);
    tokio::time::sleep(REST).await;
    let memory_before = resident_bytes(pid)?;
    let streams = Streams::open(server.address, from, requests, STREAMS).await?;
    tokio::time::sleep(REST).await;
    let memory_bytes = (resident_bytes(pid)? - memory_before) / STREAMS as f64;
    // The first connection was idle for longer than a server may wait.
    let mut pusher = Connection::open(server.address).await?;
    let mut rates = Vec::new();
    let used_before = processor_us(pid)?;
    for _ in 0..PUSHES {
        let heard_before = streams.heard();
        next(&mut request);
        let started = now();
        pusher.ask(&request).await?;
        let last = streams.all_heard(heard_before).await?;
        rates.push(STREAMS as f64 / (last - started).as_secs_f64());
    }
    let processor_us = (processor_us(pid)? - used_before) / (PUSHES * STREAMS) as f64;
    Ok(Pushed { per_second: median(&rates), processor_us, memory_bytes })
}

/// Bytes of one event as ours is.
async fn event_bytes(server: &Server, someone: &Someone, requests: &[Vec<u8>]) -> Result<usize, String> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let could_not = |cause: std::io::Error| format!("could not look at an event: {cause}");
    let mut stream = tokio::net::TcpStream::connect(server.address).await.map_err(could_not)?;
    stream.write_all(&requests[0]).await.map_err(could_not)?;
    tokio::time::sleep(REST).await;
    let mut request = Vec::new();
    Upload::of(someone, Shape::Native).write(&mut request);
    Connection::open(server.address).await?.ask(&request).await?;
    tokio::time::sleep(REST).await;
    let mut bytes = vec![0; 1 << 20];
    let count = stream.read(&mut bytes).await.map_err(could_not)?;
    let text = String::from_utf8_lossy(&bytes[..count]);
    let event = text.rfind(EVENT_BEGINS).ok_or("a reading was not told")?;
    let end = text[event..].find("\n\n").ok_or("an event does not end")?;
    Ok(end + 2)
}

/// Speed, processor time and memory.
pub(crate) async fn measure(span: Span) -> Result<Vec<Measured>, String> {
    let directory = scratch::directory()?;
    let people = fill(directory.path(), WANTED).await?;
    let someone = &people[0];
    let requests: Vec<Vec<u8>> = someone.followers.iter().map(|token| get("/api/live", token)).collect();
    let bytes = event_bytes(&Server::keepwatch(directory.path())?, someone, &requests).await?.to_string();
    let (mut events, mut processor, mut memory) =
        (Measured::new("push"), Measured::new("push_cpu"), Measured::new("push_memory"));
    for round in 0..span.rounds {
        let server = Server::keepwatch(directory.path())?;
        let mut upload = Upload::of(someone, Shape::Native);
        let ours = push(&server, from(round, 1), &requests, |out| upload.write(out)).await?;
        drop(server);
        let server = Server::part(&["broadcast", &bytes])?;
        let theirs = push(&server, from(round, 2), &requests, |out| {
            out.clear();
            out.extend_from_slice(LIMIT_PUSH);
        })
        .await?;
        events.add(ours.per_second, theirs.per_second);
        processor.add(ours.processor_us, theirs.processor_us);
        memory.add(ours.memory_bytes, theirs.memory_bytes);
    }
    Ok(vec![events, processor, memory])
}
