//! One family's server: how much memory it holds, how soon it answers, how big it is.

use crate::machine::{now, resident_bytes, rest};
use crate::options::Span;
use crate::pinned::{CORE_MEASURED, Server, command, keepwatch};
use crate::requests::get;
use crate::scratch;
use crate::seed::{Wanted, fill};
use crate::streams::Streams;
use crate::table::Measured;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

const WANTED: Wanted = Wanted { people: 1, watched: 1, followers_of_first: 1, folded: true };
const MEGABYTE: f64 = 1_000_000.0;
const LOOK_EVERY: Duration = Duration::from_micros(500);
const GIVE_UP_AFTER: Duration = Duration::from_secs(10);
const READY: &[u8] = b"GET /health/ready HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";

fn is_ready(address: SocketAddr) -> Option<()> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.write_all(READY).ok()?;
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).ok()?;
    answer.ends_with(b" 200").then_some(())
}

/// Milliseconds from the start of the program to its first answer.
fn start_ms(directory: &Path) -> Result<f64, String> {
    let could_not = |cause: std::io::Error| format!("could not start a family's server: {cause}");
    // A port that was free a moment ago.
    let address = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).map_err(could_not)?;
    let mut command = command(CORE_MEASURED, &keepwatch()?);
    command.args(["serve", "--listen", &address.to_string(), "--data"]).arg(directory);
    let started = now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().map_err(could_not)?;
    while is_ready(address).is_none() && now() - started < GIVE_UP_AFTER {
        rest(LOOK_EVERY);
    }
    let took_ms = (now() - started).as_secs_f64() * 1_000.0;
    let ended = child.kill().and_then(|()| child.wait());
    ended.map(|_| took_ms).map_err(could_not)
}

/// All three.
pub(crate) async fn measure(span: Span) -> Result<Vec<Measured>, String> {
    let directory = scratch::directory()?;
    let people = fill(directory.path(), WANTED).await?;
    let (mut memory, mut start, mut binary) =
        (Measured::new("family_memory"), Measured::new("family_start"), Measured::new("family_binary"));
    for _ in 0..span.rounds {
        start.ours.push(start_ms(directory.path())?);
        let server = Server::keepwatch(directory.path())?;
        let requests = [get("/api/live", &people[0].followers[0])];
        let _stream = Streams::open(server.address, IpAddr::V4(Ipv4Addr::LOCALHOST), &requests, 1).await?;
        tokio::time::sleep(Duration::from_secs(1)).await;
        memory.ours.push(resident_bytes(server.pid())? / MEGABYTE);
    }
    let path = keepwatch()?;
    let bytes =
        std::fs::metadata(&path).map_err(|cause| format!("could not look at {}: {cause}", path.display()))?.len();
    binary.ours.push(bytes as f64 / MEGABYTE);
    Ok(vec![memory, start, binary])
}
