//! The event stream of a server, held open: read, lost, tried again from the last cursor. It passes on what it hears.

use super::door::is_shut;
use keepwatch_edge::protocols::native::client::{Client, Event, NoAnswer};
use std::time::Duration;
use tokio::sync::mpsc;

/// Between two tries at first.
const PAUSE_FIRST: Duration = Duration::from_secs(1);
/// Limit: between two tries; the pause doubles with each that brings nothing, and then stays at this.
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// Limit: events that wait to be drawn; while they do, the stream is not read, and the server tells us to catch up.
const WAITING_MAX: usize = 256;

/// What the stream brings.
#[derive(Debug)]
pub(crate) enum Message {
    /// An event.
    Event(Event),
    /// The connection is gone; it is being tried again.
    Lost,
    /// It will not come back by itself: this terminal is not let in any more, or this is no Keepwatch.
    Over(NoAnswer),
}

/// Holds the stream open for as long as the messages are taken.
pub(crate) fn hold(client: Client) -> mpsc::Receiver<Message> {
    let (sender, receiver) = mpsc::channel(WAITING_MAX);
    tokio::spawn(async move {
        let mut cursor = None;
        let mut pause = PAUSE_FIRST;
        // Whoever listened may go at any moment; then nobody is left to be told.
        while !sender.is_closed() {
            let mut heard_anything = false;
            match read(&client, &mut cursor, &sender, &mut heard_anything).await {
                Err(over) if is_shut(&over) || matches!(over, NoAnswer::NotOurs(_)) => {
                    let _ = sender.send(Message::Over(over)).await;
                    return;
                }
                Ok(()) | Err(_) => {
                    let _ = sender.send(Message::Lost).await;
                }
            }
            pause = if heard_anything { PAUSE_FIRST } else { (pause * 2).min(PAUSE_MAX) };
            tokio::time::sleep(pause).await;
        }
    });
    receiver
}

/// Reads until the stream ends. The client's own limit of silence ends a read that brings nothing, not even a beat.
async fn read(
    client: &Client,
    cursor: &mut Option<String>,
    sender: &mpsc::Sender<Message>,
    heard_anything: &mut bool,
) -> Result<(), NoAnswer> {
    let mut live = client.live(cursor.as_deref()).await?;
    while let Some(event) = live.next().await? {
        *heard_anything = true;
        *cursor = live.cursor().map(str::to_owned);
        if sender.send(Message::Event(event)).await.is_err() {
            break;
        }
    }
    Ok(())
}
