//! `keepwatch follow`: a glance in the terminal, live. It binds this terminal by an invitation, reads the event stream, and draws
//! what it has been told once a second, so that a number grows old before your eyes when the connection dies. It judges nothing
//! that the server has not told.

mod seen;
mod view;
mod draw;
mod devices;
mod door;
mod stream;
mod server_time;
mod screen;

use crate::cli::Follow;
use crate::failure::Failure;
use crate::output;
use crate::stopping;
use crate::words::Gap;
use door::Door;
use keepwatch_edge::protocols::native::client::{Event, NoAnswer};
use screen::Screen;
use seen::Seen;
use server_time::ServerTime;
use std::process::ExitCode;
use std::time::Duration;
use stream::Message;
use view::Reader;

/// A stream this silent is being tried again, or has just been lost.
const SLOW_MS: i64 = 30_000;
/// A stream this silent shows nothing that could be trusted.
const LOST_MS: i64 = 60_000;
const REDRAW: Duration = Duration::from_secs(1);

/// Runs the command.
pub(crate) async fn run(args: Follow) -> Result<ExitCode, Failure> {
    let door = Door::open(&args.url).await?;
    match (args.once, args.json) {
        (true, json) => once(&door, json).await,
        (false, true) => print(&door).await,
        (false, false) => watch(&door).await,
    }
}

async fn once(door: &Door, json: bool) -> Result<ExitCode, Failure> {
    let now = door.client.people(true).await.map_err(|no_answer| door.failure(no_answer))?;
    if json {
        output::document(&now)?;
        return Ok(ExitCode::SUCCESS);
    }
    let time = now.time;
    let mut seen = Seen::nothing();
    seen.now(now);
    screen::lines(&seen, time, &screen::reader(seen.unit)).iter().for_each(|line| output::line(line));
    Ok(ExitCode::SUCCESS)
}

/// Every event as one line of JSON: its name beside what it says.
async fn print(door: &Door) -> Result<ExitCode, Failure> {
    let mut messages = stream::hold(door.client.clone());
    let mut stop = stopping::Signals::listen()?;
    loop {
        let message = tokio::select! {
            () = stop.asked() => return Ok(ExitCode::SUCCESS),
            message = messages.recv() => message,
        };
        match message {
            Some(Message::Event(event)) => output::line(&json_line(&event).to_string()),
            Some(Message::Lost) => output::line(r#"{"event":"lost"}"#),
            Some(Message::Over(no_answer)) => return Err(door.failure(no_answer)),
            None => return Err(ended(door)),
        }
    }
}

fn ended(door: &Door) -> Failure {
    door.failure(NoAnswer::NotOurs("the stream ended for good".to_owned()))
}

fn json_line(event: &Event) -> serde_json::Value {
    match event {
        Event::Now(says) => serde_json::json!({ "event": "now", "says": says }),
        Event::Entry(says) => serde_json::json!({ "event": "entry", "says": says }),
        Event::Contact(says) => serde_json::json!({ "event": "contact", "says": says }),
        Event::People(says) => serde_json::json!({ "event": "people", "says": says }),
        Event::Ended(says) => serde_json::json!({ "event": "ended", "says": says }),
        Event::Beat(says) => serde_json::json!({ "event": "beat", "says": says }),
    }
}

/// What has been told, and how well we hear.
struct Watch {
    seen: Seen,
    reader: Reader,
    time: Option<ServerTime>,
    lost: bool,
}

async fn watch(door: &Door) -> Result<ExitCode, Failure> {
    let mut messages = stream::hold(door.client.clone());
    let mut stop = stopping::Signals::listen()?;
    let mut screen = Screen::new();
    let seen = Seen::nothing();
    let mut watch = Watch { reader: screen::reader(seen.unit), seen, time: None, lost: false };
    let mut tick = tokio::time::interval(REDRAW);
    loop {
        tokio::select! {
            () = stop.asked() => return Ok(ExitCode::SUCCESS),
            _ = tick.tick() => {}
            message = messages.recv() => match message {
                Some(Message::Event(event)) => {
                    watch.hear(event);
                    if watch.seen.must_ask_anew() {
                        // A stream without a cursor begins with everyone; the one before ends when nobody takes from it.
                        messages = stream::hold(door.client.clone());
                    }
                }
                Some(Message::Lost) => watch.lost = true,
                Some(Message::Over(no_answer)) => return Err(door.failure(no_answer)),
                None => return Err(ended(door)),
            },
        }
        let warning = watch.warning();
        if let Some(time) = watch.time {
            screen.show(&watch.seen, time.now(), warning.as_deref(), &watch.reader);
        } else if watch.lost {
            screen.show(&watch.seen, 0, warning.as_deref(), &watch.reader);
        }
    }
}

impl Watch {
    /// Takes an event in. Any event is a sign of life; where it does not tell the server's time, that goes on from where it was.
    fn hear(&mut self, event: Event) {
        let time = self.time.map(|time| time.now());
        let told = self.seen.take(event, time).or(time);
        self.lost = false;
        self.time = told.map(ServerTime::told);
        if self.reader.unit != self.seen.unit {
            self.reader = screen::reader(self.seen.unit);
        }
    }

    /// What must be said of our own sight.
    fn warning(&self) -> Option<String> {
        let words = &self.reader.words;
        let Some(time) = self.time else { return self.lost.then(|| words.say("starting-failed", &[])) };
        let silent_ms = time.silent_ms();
        if silent_ms > LOST_MS {
            let heard = view::clock(time.now() - silent_ms, &self.reader);
            Some(words.say("device-unreachable", &[("time", Gap::Text(&heard))]))
        } else if self.lost || silent_ms > SLOW_MS {
            Some(words.say("device-late", &[]))
        } else {
            None
        }
    }
}
