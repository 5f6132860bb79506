//! How much, how long and how many: the limits of a connection, and what happens at each.
//! Numbers only; `http` and its other rooms hold them.

use std::time::Duration;

/// Limit: bytes of a request's head; a longer one is answered 431, a longer address 414, and the connection closed.
pub const HEAD_BYTES_MAX: usize = 16 * 1024;
/// Limit: headers of a request; one more is answered 431 and the connection closed.
pub const HEADERS_MAX: usize = 64;
/// Limit: bytes of a request's body as it travels, on any route; more is answered 413. Routes set less.
pub const BODY_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Limit: bytes of a compressed body once unpacked, on any route; unpacking stops there and the answer is 413.
pub const UNPACKED_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Limit: the time in which a head has to arrive, and for which an idle connection is kept. A head that is too slow
/// is answered 408; a connection without one is closed without a word.
pub const HEAD_WAIT_MAX: Duration = Duration::from_secs(20);
/// Limit: the time in which a body has to arrive; a slower one is answered 408 and the connection closed.
pub const BODY_WAIT_MAX: Duration = Duration::from_secs(20);
/// Limit: the time from a request's head to its answer's head; then the answer is 503 with Retry-After. What a stream
/// sends afterwards is not bound by it.
pub const REQUEST_WAIT_MAX: Duration = Duration::from_secs(40);
/// Limit: the time for which a socket may refuse to take what we send; then the connection is closed.
pub const STALL_MAX: Duration = Duration::from_secs(30);
/// Limit: the time for a TLS handshake; a slower one is closed.
pub const HANDSHAKE_WAIT_MAX: Duration = Duration::from_secs(10);
/// Limit: open connections in all; the next one is answered 503 (with TLS: closed).
pub const CONNECTIONS_MAX: usize = 16_384;
/// Limit: open connections from one address (IPv6: from one /64); the next one is answered 429 (with TLS: closed).
/// Loopback and trusted proxies are not counted: many people stand behind them.
pub const CONNECTIONS_PER_SOURCE_MAX: usize = 256;
/// Limit: the time that open requests have to end when the server stops; the rest is cut off.
pub const SHUTDOWN_WAIT_MAX: Duration = Duration::from_secs(8);
/// Limit: the time for which a closed connection still reads, so that a refused sender hears why.
pub const LINGER_WAIT_MAX: Duration = Duration::from_secs(1);
/// Limit: bytes that a closed connection still reads and drops; a sender of more may miss the refusal.
pub const LINGER_BYTES_MAX: usize = 1024 * 1024;
/// Limit: requests at once on one HTTP/2 connection; further ones wait for the earlier.
pub const HTTP2_STREAMS_MAX: u32 = 64;

/// The limits that a server, or a test of one, may set.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Open connections in all.
    pub connections_max: usize,
    /// Open connections from one address.
    pub connections_per_source_max: usize,
    /// The time for a head.
    pub head_wait: Duration,
    /// The time for an answer.
    pub request_wait: Duration,
    /// The time for which a socket may refuse to take what we send.
    pub stall: Duration,
    /// The time to end open requests at the stop.
    pub shutdown_wait: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: CONNECTIONS_MAX,
            connections_per_source_max: CONNECTIONS_PER_SOURCE_MAX,
            head_wait: HEAD_WAIT_MAX,
            request_wait: REQUEST_WAIT_MAX,
            stall: STALL_MAX,
            shutdown_wait: SHUTDOWN_WAIT_MAX,
        }
    }
}
