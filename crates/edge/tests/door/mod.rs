//! A further door to a running server, with limits and options of a test's own; connections on which a test says every
//! byte itself; and an event stream as it arrives.
#![allow(dead_code, reason = "each test file uses its part")]

use crate::server::{Answer, Server};
use bytes::Bytes;
use keepwatch_edge::http::Limits;
use keepwatch_edge::protocols::native::client::{Event, Events, Sent};
use keepwatch_edge::{Options, State, TlsFiles, router, serve};
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A test that waits longer for bytes than this has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
/// Socket buffers this small fill at once.
const SMALL_BUFFER_BYTES: u32 = 4_096;

pub(crate) struct Door {
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    ended: JoinHandle<io::Result<()>>,
}

/// How a door is made.
#[derive(Default)]
pub(crate) struct Plan {
    pub(crate) limits: Limits,
    pub(crate) options: Options,
    pub(crate) tls: Option<TlsFiles>,
    pub(crate) small_buffers: bool,
}

impl Door {
    pub(crate) fn open(server: &Server, plan: Plan) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        if plan.small_buffers {
            socket.set_send_buffer_size(SMALL_BUFFER_BYTES).expect("a small buffer");
        }
        socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a free port");
        let listener = socket.listen(64).expect("it listens");
        let address = listener.local_addr().expect("it is bound");
        let mut options = plan.options;
        if options.public_url.is_empty() {
            options.public_url = format!("http://{address}");
        }
        let options = Arc::new(options);
        let routes = router(State { service: server.service.clone(), options: Arc::clone(&options) });
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async move { drop(stopped.await) };
        let ended = tokio::spawn(serve(listener, plan.tls, routes, options, plan.limits, shutdown));
        Self { address, stop: Some(stop), ended }
    }

    /// Tells the server to stop; what it ends with comes back.
    pub(crate) async fn stop(mut self) -> io::Result<()> {
        self.stop.take();
        tokio::time::timeout(PATIENCE, self.ended).await.expect("it ends in time").expect("it does not panic")
    }

    /// Sends these bytes on a connection of their own and reads until the server closes it.
    pub(crate) async fn say(&self, bytes: &[u8]) -> Answer {
        say(self.address, bytes).await
    }

    /// A plain GET.
    pub(crate) async fn get(&self, target: &str, headers: &str) -> Answer {
        let request = format!("GET {target} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n{headers}\r\n", self.address);
        self.say(request.as_bytes()).await
    }
}

/// Sends these bytes and reads until the server closes the connection.
pub(crate) async fn say(address: SocketAddr, bytes: &[u8]) -> Answer {
    let mut socket = TcpStream::connect(address).await.expect("the server listens");
    // A server that has refused already may not read the rest.
    let _ = socket.write_all(bytes).await;
    heard(&mut socket).await
}

/// All that the server says until it closes.
pub(crate) async fn heard(socket: &mut (impl AsyncReadExt + Unpin)) -> Answer {
    let mut bytes = Vec::new();
    let all = tokio::time::timeout(PATIENCE, socket.read_to_end(&mut bytes)).await;
    all.expect("the server closes in time").expect("the server does not break off");
    answer(&bytes)
}

/// An answer whose body may be bytes; they are shown as Latin letters.
pub(crate) fn answer(bytes: &[u8]) -> Answer {
    let (head, body) = bytes
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .map_or((bytes, &[][..]), |at| (&bytes[..at], &bytes[at + 4..]));
    let head = String::from_utf8_lossy(head).into_owned();
    let mut lines = head.lines();
    let status =
        lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok()).unwrap_or(0);
    let headers =
        lines.filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    let body = String::from_utf8(body.to_vec()).unwrap_or_else(|_| body.iter().map(|byte| char::from(*byte)).collect());
    Answer { status, headers: headers.collect(), body }
}

/// One open event stream.
pub(crate) struct Stream {
    socket: TcpStream,
    bytes: Vec<u8>,
    events: Events,
    waiting: VecDeque<Sent>,
    pub(crate) head: String,
    pub(crate) is_over: bool,
}

impl Stream {
    /// Opens a stream; `credentials` and more are lines of the head.
    pub(crate) async fn open(address: SocketAddr, target: &str, lines: &str) -> Self {
        Self::through(TcpSocket::new_v4().expect("a socket"), address, target, lines).await
    }

    /// A stream whose reader has room for little.
    pub(crate) async fn narrow(address: SocketAddr, target: &str, lines: &str) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(SMALL_BUFFER_BYTES).expect("a small buffer");
        Self::through(socket, address, target, lines).await
    }

    async fn through(socket: TcpSocket, address: SocketAddr, target: &str, lines: &str) -> Self {
        let mut socket = socket.connect(address).await.expect("the server listens");
        let request = format!("GET {target} HTTP/1.1\r\nhost: {address}\r\n{lines}\r\n");
        socket.write_all(request.as_bytes()).await.expect("the server reads");
        let mut stream = Self {
            socket,
            bytes: Vec::new(),
            events: Events::default(),
            waiting: VecDeque::new(),
            head: String::new(),
            is_over: false,
        };
        while !stream.bytes.windows(4).any(|four| four == b"\r\n\r\n") {
            assert!(stream.read().await, "the head comes whole: {}", String::from_utf8_lossy(&stream.bytes));
        }
        let at = stream.bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("just found") + 4;
        let rest = stream.bytes.split_off(at);
        stream.head = String::from_utf8(std::mem::replace(&mut stream.bytes, rest)).expect("a head in ASCII");
        stream
    }

    pub(crate) fn status(&self) -> &str {
        &self.head[9..12]
    }

    async fn read(&mut self) -> bool {
        let mut chunk = [0; 4_096];
        let read = tokio::time::timeout(PATIENCE, self.socket.read(&mut chunk)).await.expect("bytes come in time");
        let count = read.unwrap_or(0);
        self.bytes.extend_from_slice(&chunk[..count]);
        count > 0
    }

    /// Takes whole chunks of the transfer out of what was read.
    fn unwrap(&mut self) {
        loop {
            let Some(at) = self.bytes.windows(2).position(|two| two == b"\r\n") else { return };
            let size = std::str::from_utf8(&self.bytes[..at]).ok().and_then(|hex| usize::from_str_radix(hex, 16).ok());
            let size = size.expect("the size of a chunk");
            if self.bytes.len() < at + 2 + size + 2 {
                return;
            }
            let chunk = Bytes::copy_from_slice(&self.bytes[at + 2..at + 2 + size]);
            self.bytes.drain(..at + 4 + size);
            self.is_over |= size == 0;
            self.waiting.extend(self.events.take(&chunk).expect("events of a sane length"));
        }
    }

    /// The next event as it was sent; `None` when the server has ended the stream.
    pub(crate) async fn sent(&mut self) -> Option<Sent> {
        loop {
            self.unwrap();
            if let Some(sent) = self.waiting.pop_front() {
                return Some(sent);
            }
            if self.is_over || !self.read().await {
                return None;
            }
        }
    }

    /// The next event that is no beat, understood.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        loop {
            let sent = self.sent().await?;
            let event = Event::read(&sent.name, &sent.body).unwrap_or_else(|cause| panic!("{cause}: {sent:?}"));
            match event.unwrap_or_else(|| panic!("an event of the API: {sent:?}")) {
                Event::Beat(_) => {}
                event => return Some(event),
            }
        }
    }
}

/// Lines of a head that present a token.
pub(crate) fn bearer(token: &str) -> String {
    format!("authorization: Bearer {token}\r\n")
}
