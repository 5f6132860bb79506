//! Holds many event streams at once and notices when the last of them has heard an event. It keeps nothing of what it hears.

use crate::connection::connect;
use crate::limits::EVENT_BEGINS;
use crate::machine::now;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// So many are being opened at a time.
const OPENING: usize = 128;
/// After so long without a word from the last one, something is lost.
const PATIENCE: Duration = Duration::from_secs(20);
/// How the first event of a stream begins.
const FIRST: &str = "event: now";
const READ_BYTES: usize = 4_096;

#[derive(Default)]
struct Counts {
    open: AtomicUsize,
    heard: AtomicUsize,
    changed: Notify,
}

/// Open streams, ended when this is dropped.
pub(crate) struct Streams {
    readers: JoinSet<()>,
    counts: Arc<Counts>,
    asked: usize,
}

/// Finds a text in a stream of bytes, also where it is cut in two.
struct Finder {
    text: &'static [u8],
    matched: usize,
}

impl Finder {
    const fn of(text: &'static str) -> Self {
        Self { text: text.as_bytes(), matched: 0 }
    }

    /// How often the text ends in these bytes. No proper beginning of our texts is also an end of one, so that one
    /// step back is enough.
    fn count(&mut self, bytes: &[u8]) -> usize {
        let mut found = 0;
        for byte in bytes {
            self.matched =
                if *byte == self.text[self.matched] { self.matched + 1 } else { usize::from(*byte == self.text[0]) };
            if self.matched == self.text.len() {
                self.matched = 0;
                found += 1;
            }
        }
        found
    }
}

async fn read(mut stream: TcpStream, counts: Arc<Counts>) {
    let (mut buffer, mut is_open) = ([0; READ_BYTES], false);
    let (mut first, mut event) = (Finder::of(FIRST), Finder::of(EVENT_BEGINS));
    while let Ok(count @ 1..) = stream.read(&mut buffer).await {
        let bytes = &buffer[..count];
        if !is_open && first.count(bytes) > 0 {
            is_open = true;
            counts.open.fetch_add(1, Ordering::Relaxed);
            counts.changed.notify_one();
        }
        let heard = event.count(bytes);
        if heard > 0 {
            counts.heard.fetch_add(heard, Ordering::Relaxed);
            counts.changed.notify_one();
        }
    }
}

impl Streams {
    /// Opens one stream for each request.
    pub(crate) async fn open(to: SocketAddr, from: IpAddr, requests: &[Vec<u8>], count: usize) -> Result<Self, String> {
        let mut streams = Self { readers: JoinSet::new(), counts: Arc::default(), asked: 0 };
        let mut asked = requests.iter().cycle();
        while streams.asked < count {
            let mut opening = JoinSet::new();
            for request in asked.by_ref().take(OPENING.min(count - streams.asked)) {
                let request = request.clone();
                opening.spawn(async move {
                    let mut stream = connect(to, Some(from)).await?;
                    stream.write_all(&request).await.map_err(|cause| format!("could not ask for a stream: {cause}"))?;
                    Ok::<_, String>(stream)
                });
                streams.asked += 1;
            }
            while let Some(opened) = opening.join_next().await {
                let stream = opened.map_err(|cause| cause.to_string())??;
                streams.readers.spawn(read(stream, Arc::clone(&streams.counts)));
            }
            streams.wait(|counts| counts.open.load(Ordering::Relaxed), streams.asked).await?;
        }
        Ok(streams)
    }

    /// Waits until a count is reached, and returns when it was.
    async fn wait(&self, count: impl Fn(&Counts) -> usize, wanted: usize) -> Result<Instant, String> {
        while count(&self.counts) < wanted {
            if tokio::time::timeout(PATIENCE, self.counts.changed.notified()).await.is_err() {
                return Err(format!("only {} of {wanted} streams have heard", count(&self.counts)));
            }
        }
        Ok(now())
    }

    /// Events that have been heard by all streams together.
    pub(crate) fn heard(&self) -> usize {
        self.counts.heard.load(Ordering::Relaxed)
    }

    /// Waits until every stream has heard one event more than `before` says, and returns when the last one did.
    pub(crate) async fn all_heard(&self, before: usize) -> Result<Instant, String> {
        self.wait(|counts| counts.heard.load(Ordering::Relaxed), before + self.asked).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_cut_in_two_is_found() {
        let mut finder = Finder::of(EVENT_BEGINS);
        assert_eq!(finder.count(b"5\r\neevent: en"), 0);
        assert_eq!(finder.count(b"try\nid: x\n\nevent: entry\n"), 2);
        assert_eq!(finder.count(b"event: beat\nevent: "), 0);
    }
}
