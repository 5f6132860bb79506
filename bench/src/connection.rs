//! One HTTP/1.1 connection, with no more than a benchmark needs: the request comes as bytes, the answer must say its length. Nothing is
//! allocated for a request.

use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// Answers are longer than this only where somebody is refused at length.
const BUFFER_BYTES: usize = 64 * 1024;
const HEAD_ENDS: &[u8] = b"\r\n\r\n";
const LENGTH: &[u8] = b"content-length:";

/// A connection that is kept.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Box<[u8]>,
}

/// Connects, from this address of the machine if one is given: each has ports of its own.
pub(crate) async fn connect(to: SocketAddr, from: Option<IpAddr>) -> Result<TcpStream, String> {
    let could_not = |cause: std::io::Error| format!("could not connect to {to}: {cause}");
    let socket = TcpSocket::new_v4().map_err(could_not)?;
    if let Some(from) = from {
        socket.bind(SocketAddr::new(from, 0)).map_err(could_not)?;
    }
    let stream = socket.connect(to).await.map_err(could_not)?;
    stream.set_nodelay(true).map_err(could_not)?;
    Ok(stream)
}

fn head_end(bytes: &[u8]) -> Option<usize> {
    bytes.windows(HEAD_ENDS.len()).position(|window| window == HEAD_ENDS).map(|at| at + HEAD_ENDS.len())
}

fn content_length(head: &[u8]) -> Option<usize> {
    let line = head
        .split(|byte| *byte == b'\n')
        .find(|line| line.get(..LENGTH.len()).is_some_and(|name| name.eq_ignore_ascii_case(LENGTH)))?;
    std::str::from_utf8(&line[LENGTH.len()..]).ok()?.trim().parse().ok()
}

impl Connection {
    /// Opens one.
    pub(crate) async fn open(to: SocketAddr) -> Result<Self, String> {
        let stream = connect(to, None).await?;
        Ok(Self { stream, buffer: vec![0; BUFFER_BYTES].into_boxed_slice() })
    }

    /// Sends a request and returns where in [`Connection::bytes`] the body of the answer stands. Anything but success is an error.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> Result<Range<usize>, String> {
        self.stream.write_all(request).await.map_err(|cause| format!("could not send a request: {cause}"))?;
        let mut filled = 0;
        let mut head = None;
        loop {
            let count = self.stream.read(&mut self.buffer[filled..]).await;
            match count.map_err(|cause| format!("could not read an answer: {cause}"))? {
                0 => return Err("the server ended the connection".to_owned()),
                count => filled += count,
            }
            if head.is_none() {
                head = head_end(&self.buffer[..filled]);
            }
            let Some(start) = head else { continue };
            let length = content_length(&self.buffer[..start]).ok_or("an answer does not say how long it is")?;
            if filled < start + length {
                continue;
            }
            // "HTTP/1.1 200": the first digit tells.
            if self.buffer[9] != b'2' {
                let answer = String::from_utf8_lossy(&self.buffer[..filled.min(600)]).into_owned();
                return Err(format!("the server refused: {answer}"));
            }
            return Ok(start..start + length);
        }
    }

    /// The bytes of the last answer.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.buffer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_is_found_in_any_case() {
        let head = b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\nx: y\r\n\r\nbody";
        assert_eq!(head_end(head), Some(head.len() - 4));
        assert_eq!(content_length(head), Some(12));
        assert_eq!(content_length(b"HTTP/1.1 200 OK\r\ncontent-length:7\r\n\r\n"), Some(7));
        assert_eq!(content_length(b"HTTP/1.1 200 OK\r\n\r\n"), None);
    }
}
