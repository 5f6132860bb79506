//! The socket as a connection sees it: notes what was read and written last, and gives up on a peer that takes nothing.
//! It withholds the wordless refusals that the HTTP library writes by itself, so that `http` can say them in words.

use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// The statuses with which the library refuses a head that it cannot read.
const WORDLESS: [(&[u8], u16); 3] =
    [(b"HTTP/1.1 400 Bad Request\r\n", 400), (b"HTTP/1.1 414 ", 414), (b"HTTP/1.1 431 ", 431)];

/// A socket with a memory of its last words.
pub(crate) struct Line<S> {
    socket: S,
    stall: Duration,
    stalled: Option<Pin<Box<Sleep>>>,
    /// Bytes were read since something was last written: the peer is in the middle of a request.
    pub(crate) has_unanswered: bool,
    /// The peer has closed its side.
    pub(crate) is_ended: bool,
    /// The status of a refusal that was withheld.
    pub(crate) withheld: Option<u16>,
}

impl<S> Line<S> {
    pub(crate) fn new(socket: S, stall: Duration) -> Self {
        Self { socket, stall, stalled: None, has_unanswered: false, is_ended: false, withheld: None }
    }

    /// A write that has to wait starts the clock; one that succeeds stops it.
    fn timed(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.stalled = None;
            self.has_unanswered = false;
            return written;
        }
        let stall = self.stall;
        let sleep = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(stall)));
        ready!(sleep.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(ErrorKind::TimedOut, "the peer takes nothing")))
    }

    fn withholds(&mut self, bytes: &[u8]) -> bool {
        let is_empty_answer =
            bytes.len() < 256 && bytes.windows(19).any(|part| part.eq_ignore_ascii_case(b"content-length: 0\r\n"));
        if is_empty_answer && let Some((_, status)) = WORDLESS.iter().find(|(start, _)| bytes.starts_with(start)) {
            self.withheld = Some(*status);
        }
        self.withheld.is_some()
    }

    /// The socket is in the hands of `http` again, which says what was withheld.
    pub(crate) fn release(&mut self) -> Option<u16> {
        self.withheld.take()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Line<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let can_take = buffer.remaining() > 0;
        ready!(Pin::new(&mut self.socket).poll_read(cx, buffer))?;
        let has_read = buffer.filled().len() > before;
        self.has_unanswered |= has_read;
        self.is_ended |= can_take && !has_read;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Line<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.withholds(bytes) {
            return Poll::Ready(Ok(bytes.len()));
        }
        let written = Pin::new(&mut self.socket).poll_write(cx, bytes);
        self.timed(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if parts.len() == 1 && self.withholds(&parts[0]) {
            return Poll::Ready(Ok(parts[0].len()));
        }
        let written = Pin::new(&mut self.socket).poll_write_vectored(cx, parts);
        self.timed(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt;

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_takes_nothing_is_given_up() {
        let (socket, _peer) = tokio::io::duplex(16);
        let mut line = Line::new(socket, Duration::from_secs(30));
        line.write_all(&[0; 16]).await.expect("there is room");
        let cause = line.write_all(&[0; 16]).await.expect_err("there is none");
        assert_eq!(cause.kind(), ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_wordless_refusal_is_withheld_and_an_answer_is_not() {
        let (socket, mut peer) = tokio::io::duplex(1_024);
        let mut line = Line::new(socket, Duration::from_secs(30));
        line.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\n{}").await.expect("there is room");
        line.write_all(b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\n\r\n")
            .await
            .expect("taken");
        assert_eq!(line.release(), Some(431));
        line.write_all(b"HTTP/1.1 431 ours").await.expect("there is room");
        drop(line);
        let mut said = String::new();
        tokio::io::AsyncReadExt::read_to_string(&mut peer, &mut said).await.expect("text");
        assert!(said.ends_with("{}HTTP/1.1 431 ours") && !said.contains("Fields"), "{said}");
    }
}
