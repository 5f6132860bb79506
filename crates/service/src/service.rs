//! The handle that the outer rooms hold, and the start and stop of everything that runs.

use crate::access::Access;
use crate::clock::{Chance, Clock};
use crate::intake::Intake;
use crate::live::Live;
use crate::readings::Readings;
use crate::register::Register;
use crate::secret::Key;
use crate::sharing::Sharing;
use crate::vitals::Vitals;
use crate::window::{WINDOW_MS, Window};
use crate::writer::{Desk, Writer, fold};
use keepwatch_journal::error::Error;
use keepwatch_journal::journal::Journal;
use keepwatch_journal::records::Records;
use keepwatch_model::fact::Seq;
use keepwatch_model::time::{HOUR_MS, Timestamp};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// Memory is rebuilt from entries recorded so far back: the window, and an hour for suspect clocks.
const REBUILT_FROM_MS: i64 = WINDOW_MS + HOUR_MS;
/// Finished days are folded, and a store that refused is tried again, so often.
const TIDY_EVERY: Duration = Duration::from_secs(10);

/// What the service is made of.
pub struct Parts {
    /// Where facts are written.
    pub journal: Box<dyn Journal>,
    /// What can be asked.
    pub records: Arc<dyn Records>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where chance comes from.
    pub chance: Arc<dyn Chance>,
    /// The server's key.
    pub key: Key,
}

/// Everything that can be asked of Keepwatch; cheap to clone.
#[derive(Clone)]
pub struct Service {
    /// Who is asking, and what they may.
    pub access: Access,
    /// Readings in.
    pub intake: Intake,
    /// Readings out.
    pub readings: Readings,
    /// Readings as they come.
    pub live: Live,
    /// People and followers.
    pub sharing: Sharing,
    /// How we are.
    pub vitals: Vitals,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    writer: Writer,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Service {
    /// Rebuilds memory from the journal and starts the tasks. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// A store that cannot be read.
    pub fn start(parts: Parts) -> Result<Self, Error> {
        let Parts { journal, records, clock, chance, key } = parts;
        let now = clock.now();
        let window = Arc::new(Window::default());
        let register = Arc::new(Register::of(records.rows()?));
        let (known_since, horizon) = rebuild(&*records, &window, &register, now)?;
        let horizon = Arc::new(AtomicU64::new(horizon.0));
        let vitals = Vitals::default();
        let (writer, telling, thread) = Writer::start(Desk {
            journal,
            records: Arc::clone(&records),
            window: Arc::clone(&window),
            register: Arc::clone(&register),
            clock: Arc::clone(&clock),
            chance: Arc::clone(&chance),
            vitals: vitals.clone(),
            horizon: Arc::clone(&horizon),
        });
        let access = Access::new(Arc::clone(&register), key.clone(), Arc::clone(&clock));
        let live = Live::new(access.clone(), Arc::clone(&window), vitals.clone(), writer.streams(), horizon)
            .known_since(known_since);
        tokio::spawn(live.clone().run(telling));
        tokio::spawn(tidy(writer.clone()));
        Ok(Self {
            intake: Intake::new(writer.clone(), Arc::clone(&window), Arc::clone(&register), Arc::clone(&clock)),
            readings: Readings::new(window, Arc::clone(&register), records, Arc::clone(&clock)),
            sharing: Sharing { writer: writer.clone(), register, clock: Arc::clone(&clock), chance, key },
            access,
            live,
            vitals,
            clock,
            writer,
            thread: Arc::new(Mutex::new(Some(thread))),
        })
    }

    /// Ends streams, writes what is queued, and closes the store.
    pub async fn stop(&self) {
        self.live.end_all();
        self.writer.stop().await;
        let thread = self.thread.lock().expect("no holder panics").take();
        if let Some(thread) = thread {
            // The thread ends with its last flush; a bug in it was logged where it happened.
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

/// Rebuilds the live window; returns from which entry on it knows changes person by person, and the horizon.
fn rebuild(records: &dyn Records, window: &Window, register: &Register, now: Timestamp) -> Result<(Seq, Seq), Error> {
    let mut known_since = None;
    let horizon = records.recorded_since(now.plus_ms(-REBUILT_FROM_MS), &mut |entry| {
        known_since.get_or_insert(entry.seq);
        // Rows are complete already; of readings only those of people who are still here count.
        let person = entry.fact.person();
        if person.is_some_and(|person| register.read().person(person).is_some()) {
            fold(window, register, &entry.fact, Some(entry.seq), now);
        }
    })?;
    recall(records, window, register, now)?;
    Ok((known_since.unwrap_or(horizon), horizon))
}

/// Recalls the newest reading of sources that were silent for longer than memory reaches.
fn recall(records: &dyn Records, window: &Window, register: &Register, now: Timestamp) -> Result<(), Error> {
    records.newest_of_all(&mut |reading| {
        let is_here = register.read().source(reading.person, reading.source).is_some();
        let heard =
            window.read(reading.person, |window| window.newest(reading.person).any(|r| r.source == reading.source));
        if is_here && heard != Some(true) {
            window.write(reading.person, |window| window.put(&reading, true, now));
        }
    })
}

async fn tidy(writer: Writer) {
    let mut every = tokio::time::interval(TIDY_EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        if !writer.tidy() {
            return;
        }
    }
}
