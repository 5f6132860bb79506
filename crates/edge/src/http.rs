//! The door: takes connections, holds their limits, ends them in order, and hands requests to the routes.
//! It knows no route and no dialect; what it refuses, it refuses with a status and a sentence.

pub mod limits;
pub mod body;
pub(crate) mod refusal;
pub mod peer;
pub mod tls;
mod line;
pub(crate) mod door;
pub mod caller;

pub use door::Slug;
pub use limits::Limits;
pub use peer::{Cidr, Client};
pub use tls::TlsFiles;

use crate::Options;
use axum::Router;
use axum::http::StatusCode;
use door::Door;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use limits::{HANDSHAKE_WAIT_MAX, HEAD_BYTES_MAX, HEADERS_MAX, HTTP2_STREAMS_MAX, LINGER_BYTES_MAX, LINGER_WAIT_MAX};
use line::Line;
use std::collections::HashMap;
use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tls::{Certificates, RELOAD_EVERY};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How long accepting rests after the machine had no descriptor left for a connection.
const ACCEPT_REST: Duration = Duration::from_millis(50);

/// Tells open streams that the server is going down.
#[derive(Clone, Debug)]
pub(crate) struct Closing(watch::Receiver<bool>);

impl Closing {
    /// Comes back once the server is going down; never, where nobody can tell.
    pub(crate) async fn told(&mut self) {
        if self.0.wait_for(|is_closing| *is_closing).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// The open connections, by household and in all.
#[derive(Debug, Default)]
struct Guests {
    all: AtomicUsize,
    by_household: Mutex<HashMap<IpAddr, usize>>,
}

/// Open connections, for the metrics.
static OPEN: AtomicUsize = AtomicUsize::new(0);

/// How many connections this process has open.
pub(crate) fn open_connections() -> usize {
    OPEN.load(Ordering::Relaxed)
}

/// A place at the table, given back when the connection ends.
struct Seat {
    guests: Arc<Guests>,
    household: Option<IpAddr>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        OPEN.fetch_sub(1, Ordering::Relaxed);
        self.guests.all.fetch_sub(1, Ordering::Relaxed);
        let Some(household) = self.household else { return };
        let mut by_household = self.guests.by_household.lock().expect("no holder panics");
        if let Some(count) = by_household.get_mut(&household) {
            *count -= 1;
            if *count == 0 {
                by_household.remove(&household);
            }
        }
    }
}

/// Why there is no place.
#[derive(Clone, Copy)]
enum Full {
    ForAll,
    ForThisAddress,
}

impl Guests {
    fn seat(self: &Arc<Self>, peer: IpAddr, options: &Options, limits: &Limits) -> Result<Seat, Full> {
        let peer = peer.to_canonical();
        let is_shared = peer.is_loopback() || options.trusted_proxies.iter().any(|range| range.holds(peer));
        let household = (!is_shared).then(|| peer::household(peer));
        if self.all.load(Ordering::Relaxed) >= limits.connections_max {
            return Err(Full::ForAll);
        }
        if let Some(household) = household {
            let mut by_household = self.by_household.lock().expect("no holder panics");
            let count = by_household.entry(household).or_default();
            if *count >= limits.connections_per_source_max {
                return Err(Full::ForThisAddress);
            }
            *count += 1;
        }
        self.all.fetch_add(1, Ordering::Relaxed);
        OPEN.fetch_add(1, Ordering::Relaxed);
        Ok(Seat { guests: Arc::clone(self), household })
    }
}

/// What all connections of one server share.
#[derive(Clone)]
struct House {
    routes: Router,
    options: Arc<Options>,
    limits: Limits,
    certificates: Option<Certificates>,
    closing: Closing,
}

/// Answers on `listener` until `shutdown` comes back; then ends open requests and streams, within
/// [`limits::SHUTDOWN_WAIT_MAX`].
pub async fn serve(
    listener: TcpListener,
    tls: Option<TlsFiles>,
    routes: Router,
    options: Arc<Options>,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let certificates = tls.map(Certificates::read).transpose()?;
    let (close, closing) = watch::channel(false);
    let house = House { routes: routes.with_state(()), options, limits, certificates, closing: Closing(closing) };
    let guests = Arc::new(Guests::default());
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    let mut reload = tokio::time::interval(RELOAD_EVERY);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => match accepted {
                Ok((socket, peer)) => {
                    let seat = guests.seat(peer.ip(), &house.options, &limits);
                    connections.spawn(meet(house.clone(), socket, peer, seat));
                }
                Err(cause) => rest_after(&cause).await,
            },
            Some(ended) = connections.join_next() => note_panic(ended),
            _ = reload.tick() => if let Some(certificates) = &house.certificates { certificates.refresh(); },
        }
    }
    drop(listener);
    close.send_replace(true);
    let all_ended = async {
        while let Some(ended) = connections.join_next().await {
            note_panic(ended);
        }
    };
    if tokio::time::timeout(limits.shutdown_wait, all_ended).await.is_err() {
        tracing::warn!(open = connections.len(), "requests that did not end in time are cut off");
        connections.shutdown().await;
    }
    Ok(())
}

/// A peer that gave up while it waited is nothing; no descriptors left is worth a line and a moment's rest.
async fn rest_after(cause: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(cause.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::error!("could not accept a connection: {cause}; the limit of open files may be too low");
        tokio::time::sleep(ACCEPT_REST).await;
    }
}

fn note_panic(ended: Result<(), tokio::task::JoinError>) {
    if let Err(cause) = ended
        && cause.is_panic()
    {
        tracing::error!("a request hit a fault of Keepwatch itself and was cut off; please report it");
    }
}

async fn meet(house: House, mut socket: TcpStream, peer: SocketAddr, seat: Result<Seat, Full>) {
    // Events are small and must leave at once; a socket that does not allow it still works.
    let _ = socket.set_nodelay(true);
    let _seat = match seat {
        Ok(seat) => seat,
        Err(full) => {
            if house.certificates.is_none() {
                let words = full_words(full);
                let _ = tokio::time::timeout(LINGER_WAIT_MAX, send_off(&mut socket, &words, false)).await;
            }
            return;
        }
    };
    let door = Door::new(house.routes, house.options, house.limits, peer.ip(), house.closing.clone());
    let Some(certificates) = house.certificates else {
        return speak(socket, door, house.limits, house.closing).await;
    };
    // Boxed, so that a connection without TLS does not carry the room that one with TLS needs.
    Box::pin(meet_in_private(socket, certificates, door, house.limits, house.closing)).await;
}

/// The same over TLS.
async fn meet_in_private(socket: TcpStream, certificates: Certificates, door: Door, limits: Limits, closing: Closing) {
    let handshake = tokio::time::timeout(HANDSHAKE_WAIT_MAX, certificates.acceptor().accept(socket)).await;
    let Ok(Ok(stream)) = handshake else { return };
    if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
        speak_http2(stream, door, limits, closing).await;
    } else {
        speak(stream, door, limits, closing).await;
    }
}

fn full_words(full: Full) -> Vec<u8> {
    match full {
        Full::ForAll => refusal::bare(
            StatusCode::SERVICE_UNAVAILABLE,
            "too_many_connections",
            "this server has as many connections as it can carry; try again in a minute",
        ),
        Full::ForThisAddress => refusal::bare(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_connections_from_here",
            "there are too many connections from this address; close some and try again",
        ),
    }
}

/// HTTP/1.1 until either side ends it.
async fn speak<S>(stream: S, door: Door, limits: Limits, mut closing: Closing)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let line = TokioIo::new(Line::new(stream, limits.stall));
    let mut connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_wait)
        .max_buf_size(HEAD_BYTES_MAX)
        .max_headers(HEADERS_MAX)
        .serve_connection(line, door);
    let mut is_closing = false;
    let ended = loop {
        tokio::select! {
            ended = poll_fn(|cx| connection.poll_without_shutdown(cx)) => break ended,
            () = closing.told(), if !is_closing => {
                is_closing = true;
                std::pin::Pin::new(&mut connection).graceful_shutdown();
            }
        }
    };
    let mut line = connection.into_parts().io.into_inner();
    let words = ended.err().and_then(|cause| last_words(&cause, &mut line)).unwrap_or_default();
    let is_ended = line.is_ended;
    let _ = send_off(&mut line, &words, is_ended).await;
}

/// What to say to a peer whose head could not be read.
fn last_words<S>(cause: &hyper::Error, line: &mut Line<S>) -> Option<Vec<u8>> {
    let withheld = line.release();
    if cause.is_timeout() && line.has_unanswered {
        let sentence = "the request's head took too long to arrive; send it at once";
        return Some(refusal::bare(StatusCode::REQUEST_TIMEOUT, "head_too_slow", sentence));
    }
    let status = StatusCode::from_u16(withheld?).ok()?;
    let (code, sentence) = match status.as_u16() {
        414 => ("address_too_long", format!("the address is longer than {HEAD_BYTES_MAX} bytes; ask for less at once")),
        431 => (
            "head_too_long",
            format!("the head is longer than {HEAD_BYTES_MAX} bytes or has more than {HEADERS_MAX} lines; send less"),
        ),
        _ => ("malformed_request", "this is not a request that can be read; speak HTTP/1.1".to_owned()),
    };
    Some(refusal::bare(status, code, &sentence))
}

/// Says the last words and closes. A peer that is still sending is heard for a moment, or it would lose them.
async fn send_off<S: AsyncRead + AsyncWrite + Unpin>(socket: &mut S, words: &[u8], is_ended: bool) -> io::Result<()> {
    let farewell = async {
        socket.write_all(words).await?;
        socket.shutdown().await?;
        // On the heap: as a part of the task it would lie in memory for as long as the connection lives.
        let mut dropped = vec![0; 4096];
        let mut read_bytes = 0;
        while !is_ended && read_bytes < LINGER_BYTES_MAX {
            match socket.read(&mut dropped).await? {
                0 => break,
                count => read_bytes += count,
            }
        }
        Ok(())
    };
    tokio::time::timeout(LINGER_WAIT_MAX, farewell).await.unwrap_or(Ok(()))
}

/// HTTP/2 until either side ends it.
async fn speak_http2<S>(stream: S, door: Door, limits: Limits, mut closing: Closing)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let line = TokioIo::new(Line::new(stream, limits.stall));
    let mut connection = pin!(
        hyper::server::conn::http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .keep_alive_interval(limits.head_wait)
            .keep_alive_timeout(limits.head_wait)
            .max_concurrent_streams(HTTP2_STREAMS_MAX)
            .max_header_list_size(HEAD_BYTES_MAX as u32)
            .max_send_buf_size(64 * 1024)
            .serve_connection(line, door)
    );
    let mut is_closing = false;
    loop {
        tokio::select! {
            _ = &mut connection => break,
            () = closing.told(), if !is_closing => {
                is_closing = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_household_cannot_take_every_seat() {
        let limits = Limits { connections_max: 4, connections_per_source_max: 2, ..Limits::default() };
        let options = Options { trusted_proxies: vec!["10.0.0.0/8".parse().expect("a range")], ..Options::default() };
        let guests = Arc::new(Guests::default());
        let seat = |address: &str| guests.seat(address.parse().expect("an address"), &options, &limits);
        let held = [seat("2001:db8::1"), seat("2001:db8::2")];
        assert!(held.iter().all(Result::is_ok));
        assert!(matches!(seat("2001:db8::3"), Err(Full::ForThisAddress)), "one /64 is one household");
        let others = [seat("10.0.0.1"), seat("10.0.0.1")];
        assert!(others.iter().all(Result::is_ok), "many stand behind a proxy");
        assert!(matches!(seat("127.0.0.1"), Err(Full::ForAll)));
        drop(held);
        assert!(seat("2001:db8::3").is_ok(), "a seat is given back");
        assert_eq!(guests.by_household.lock().expect("no holder panics").len(), 0, "and nothing is kept of who left");
    }
}
