//! The one way to write: deeds queue up, are decided in order, written as one flush, and only then answered.
//! The next flush starts when the previous commit returns. It decides nothing itself.

use crate::clock::{Chance, Clock, monotonic_us};
use crate::register::Register;
use crate::told::{Happening, Heard, Told, Touched};
use crate::vitals::Vitals;
use crate::window::{Place, Window};
use keepwatch_journal::error::{Error, ErrorKind};
use keepwatch_journal::journal::{FACTS_MAX_PER_APPEND, Journal};
use keepwatch_journal::records::{Records, Stretch};
use keepwatch_model::fact::{Fact, Seq};
use keepwatch_model::glucose::SensorGlucose;
use keepwatch_model::id::{PersonId, SourceId};
use keepwatch_model::reading::{Reading, ReadingKey};
use keepwatch_model::time::{Day, MINUTE_MS, Timestamp};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use tokio::sync::mpsc;

/// Limit: deeds that wait for the writer; while as many wait, the next callers wait before they may queue.
pub const DEEDS_QUEUED_MAX: usize = 4_096;
/// Limit: events on their way to the live followers; while as many wait, the writer waits for them.
pub const TOLD_QUEUED_MAX: usize = 65_536;
/// A flush takes in no further deed once it holds so many facts, so that one deed more still fits.
const FACTS_ENOUGH: usize = FACTS_MAX_PER_APPEND / 2;
/// A finished day is folded so long after its end, so that its last readings have come in.
const FOLD_AFTER_MS: i64 = 10 * MINUTE_MS;
/// Limit: (person, day) pairs folded at a time, so that no upload waits long behind them; deeds go first between two
/// such steps.
const FOLD_PAIRS_MAX: usize = 8;
/// An uploader that was refused is asked to come again after so many seconds.
const RETRY_AFTER_SECONDS: u32 = 15;

/// The store refused: what was sent may have been seen, but is not kept, and must be sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unavailable {
    kind: Option<ErrorKind>,
}

impl Unavailable {
    /// The server is going down and takes nothing more.
    pub(crate) const STOPPING: Self = Self { kind: None };

    /// After how many seconds to try again.
    pub const fn retry_after_seconds(&self) -> u32 {
        RETRY_AFTER_SECONDS
    }
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            None => "could not keep this: Keepwatch is restarting; send it again in a moment",
            Some(ErrorKind::Full) => "could not keep this: the server's disk is full; send it again later",
            Some(ErrorKind::ReadOnly) => "could not keep this: the server's disk is read-only; send it again later",
            Some(_) => "could not keep this: the server's disk does not answer; send it again later",
        })
    }
}

impl std::error::Error for Unavailable {}

/// What a deed may look at while it decides.
pub(crate) struct Ground<'a> {
    pub(crate) window: &'a Window,
    pub(crate) register: &'a Register,
    pub(crate) chance: &'a dyn Chance,
    pub(crate) vitals: &'a Vitals,
    pub(crate) now: Timestamp,
    records: &'a dyn Records,
    /// Sources that send in this flush; memory does not know of all of them yet.
    pub(crate) sending: HashSet<(PersonId, SourceId)>,
    /// Readings decided in this flush: their key, their place, and what they say.
    pub(crate) pending: HashMap<(PersonId, SourceId, Timestamp), (Timestamp, SensorGlucose)>,
    /// Days older than the window that this flush has looked up.
    old_days: HashMap<(PersonId, Day), Stretch>,
}

impl Ground<'_> {
    /// What the records hold of a person's day; an unreadable day counts as empty and is logged by the reader.
    pub(crate) fn old_day(&mut self, person: PersonId, day: Day) -> Result<&Stretch, Error> {
        if !self.old_days.contains_key(&(person, day)) {
            let stretch = self.records.stretch(person, day.start(), day.end())?;
            self.old_days.insert((person, day), stretch);
        }
        Ok(&self.old_days[&(person, day)])
    }
}

/// Something that somebody wants written.
pub(crate) trait Deed: Send {
    /// Which facts follow, given how things stand. Called once, in the order of arrival.
    fn decide(&mut self, ground: &mut Ground<'_>) -> Vec<Fact>;

    /// Told once the facts are durable, or that they are not.
    fn done(self: Box<Self>, result: Result<(), Unavailable>, vitals: &Vitals);

    /// Whether it changes rows, which others decide by: then it is flushed by itself.
    fn changes_rows(&self) -> bool {
        false
    }
}

enum Message {
    Deed(Box<dyn Deed>),
    Tidy,
    Stop,
}

/// Where deeds are handed in.
#[derive(Clone)]
pub(crate) struct Writer {
    queue: mpsc::Sender<Message>,
    vitals: Vitals,
    streams: Arc<AtomicUsize>,
    told: mpsc::Sender<Told>,
}

/// Everything that the writing thread needs.
pub(crate) struct Desk {
    pub(crate) journal: Box<dyn Journal>,
    pub(crate) records: Arc<dyn Records>,
    pub(crate) window: Arc<Window>,
    pub(crate) register: Arc<Register>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) chance: Arc<dyn Chance>,
    pub(crate) vitals: Vitals,
    pub(crate) horizon: Arc<AtomicU64>,
}

impl Writer {
    /// Starts the writing thread; the receiver gets what is to be told to live followers.
    pub(crate) fn start(desk: Desk) -> (Self, mpsc::Receiver<Told>, std::thread::JoinHandle<()>) {
        let (queue, deeds) = mpsc::channel(DEEDS_QUEUED_MAX);
        let (told, telling) = mpsc::channel(TOLD_QUEUED_MAX);
        let streams = Arc::new(AtomicUsize::new(0));
        let vitals = desk.vitals.clone();
        let run = Run {
            desk,
            told: told.clone(),
            streams: Arc::clone(&streams),
            owed: Vec::new(),
            faulty: false,
            fold_fault: None,
        };
        let again = queue.downgrade();
        let thread = std::thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || {
                let _guard = OrAbort;
                run.run(deeds, &again);
            })
            .expect("the machine can start a thread");
        (Self { queue, vitals, streams, told }, telling, thread)
    }

    /// Hands in a deed; waits while the queue is full.
    pub(crate) async fn hand_in(&self, deed: Box<dyn Deed>) {
        if let Err(mpsc::error::SendError(Message::Deed(deed))) = self.queue.send(Message::Deed(deed)).await {
            deed.done(Err(Unavailable::STOPPING), &self.vitals);
        }
    }

    /// Folds finished days when nothing else waits, and tries a store that refused.
    ///
    /// Returns false once the writer has gone.
    pub(crate) fn tidy(&self) -> bool {
        // A full queue means that the writer is busy; the next time will do.
        !matches!(self.queue.try_send(Message::Tidy), Err(mpsc::error::TrySendError::Closed(_)))
    }

    /// Ends the thread after what is queued.
    pub(crate) async fn stop(&self) {
        let _ = self.queue.send(Message::Stop).await;
    }

    /// Tells live followers something that is not a fact; dropped when their queue is full.
    pub(crate) fn tell(&self, told: Told) {
        let _ = self.told.try_send(told);
    }

    /// How many live streams are open: with none, nothing is told.
    pub(crate) fn streams(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.streams)
    }
}

/// Ends the process when the task that holds it panics. Without the writer nothing could be kept, and nobody would
/// notice: whoever started us starts us again, and memory is rebuilt from what is durable.
pub(crate) struct OrAbort;

impl Drop for OrAbort {
    #[allow(clippy::disallowed_methods, reason = "a bug that leaves nothing to go on with")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            tracing::error!(
                "a bug ended a task that nothing works without; ending the process so that it is restarted"
            );
            std::process::abort();
        }
    }
}

/// The writing thread.
struct Run {
    desk: Desk,
    told: mpsc::Sender<Told>,
    streams: Arc<AtomicUsize>,
    /// Row changes that were decided, but refused by the store: written first as soon as it writes again.
    owed: Vec<Fact>,
    faulty: bool,
    /// Why days are not folded, while they are not; said once.
    fold_fault: Option<String>,
}

impl Run {
    fn run(mut self, mut deeds: mpsc::Receiver<Message>, again: &mpsc::WeakSender<Message>) {
        let mut next = None;
        loop {
            let Some(message) = next.take().or_else(|| deeds.blocking_recv()) else { return };
            match message {
                Message::Stop => return,
                Message::Tidy => self.tidy(again),
                Message::Deed(deed) => next = self.flush(deed, &mut deeds),
            }
        }
    }

    /// Decides the deed and those that wait behind it, writes, answers; returns a message that must wait its turn.
    fn flush(&mut self, first: Box<dyn Deed>, deeds: &mut mpsc::Receiver<Message>) -> Option<Message> {
        let mut alone = first.changes_rows();
        let mut decided = Vec::new();
        let mut facts = std::mem::take(&mut self.owed);
        let owed = facts.len();
        let mut ground = Ground {
            window: &self.desk.window,
            register: &self.desk.register,
            chance: &*self.desk.chance,
            vitals: &self.desk.vitals,
            now: self.desk.clock.now(),
            records: &*self.desk.records,
            sending: HashSet::new(),
            pending: HashMap::new(),
            old_days: HashMap::new(),
        };
        let mut current = Some(first);
        let mut waiting = None;
        while let Some(mut deed) = current.take() {
            facts.extend(deed.decide(&mut ground));
            decided.push(deed);
            if alone || facts.len() >= FACTS_ENOUGH {
                break;
            }
            match deeds.try_recv() {
                Ok(Message::Deed(deed)) if !deed.changes_rows() => current = Some(deed),
                Ok(message) => {
                    waiting = Some(message);
                    alone = true;
                }
                Err(_) => {}
            }
        }
        let now = ground.now;
        let result = self.write(&facts, now);
        self.follow_up(facts, owed, now, result.as_ref().ok().copied());
        let answer = result.map(|_| ());
        decided.into_iter().for_each(|deed| deed.done(answer.clone(), &self.desk.vitals));
        waiting
    }

    fn write(&mut self, facts: &[Fact], now: Timestamp) -> Result<Seq, Unavailable> {
        if facts.is_empty() && !self.faulty {
            return Ok(Seq(0));
        }
        let started = monotonic_us();
        let mut written = self.desk.journal.append(&facts[..facts.len().min(FACTS_MAX_PER_APPEND)], now);
        for chunk in facts.chunks(FACTS_MAX_PER_APPEND).skip(1) {
            written = written.and_then(|first| self.desk.journal.append(chunk, now).map(|_| first));
        }
        self.desk.vitals.count_commit(monotonic_us() - started);
        match written {
            Ok(first) => {
                self.healed();
                Ok(first)
            }
            Err(error) => Err(self.failed(&error)),
        }
    }

    /// Says once that the store does not write.
    fn failed(&mut self, error: &Error) -> Unavailable {
        if !self.faulty {
            tracing::error!("{error}. Followers still see what arrives; uploaders are asked to send it again");
        }
        self.faulty = true;
        let unavailable = Unavailable { kind: Some(error.kind) };
        self.desk.vitals.set_store_fault(Some(error.to_string()));
        unavailable
    }

    fn healed(&mut self) {
        if self.faulty {
            tracing::info!("the store writes again; what uploaders send again is kept from now on");
            self.desk.vitals.set_store_fault(None);
        }
        self.faulty = false;
    }

    /// Folds what was written into memory and tells it; `first` is the place of the first fact, or none is durable.
    fn follow_up(&mut self, facts: Vec<Fact>, owed: usize, now: Timestamp, first: Option<Seq>) {
        let mut touched = Touched::default();
        let count = facts.len() as u64;
        for (index, fact) in facts.into_iter().enumerate() {
            let seq = first.map(|first| Seq(first.0 + index as u64));
            if matches!(fact, Fact::Changed(_) | Fact::Removed(_) | Fact::PersonForgotten(_)) {
                // A source that a reading needs is kept in memory and owed to the store; other rows are not taken.
                let is_source = matches!(&fact, Fact::Changed(row) if row.key().kind == 's');
                if seq.is_none() && !is_source {
                    continue;
                }
                touched.by(&fact, &self.desk.register.read());
                self.apply(&fact, seq, now);
                if seq.is_none() {
                    self.owed.push(fact);
                }
            } else if index >= owed {
                self.apply(&fact, seq, now);
                self.tell(fact, seq);
            }
        }
        if let (Some(first), 1..) = (first, count) {
            self.desk.horizon.fetch_max(first.0 + count - 1, Ordering::AcqRel);
        }
        if !touched.is_empty() {
            let _ = self.told.blocking_send(Told::Rows(touched));
        }
    }

    fn apply(&self, fact: &Fact, seq: Option<Seq>, now: Timestamp) {
        fold(&self.desk.window, &self.desk.register, fact, seq, now);
        if let (Fact::ReadingWithdrawn(key), Some(_)) = (fact, seq) {
            self.recall(*key, now);
        }
    }

    /// A source whose last reading in memory was withdrawn is shown with the one before it, however old.
    fn recall(&self, key: ReadingKey, now: Timestamp) {
        let is_its = |reading: &Reading| reading.source == key.source;
        let window = &self.desk.window;
        if window.read(key.person, |person| person.newest(key.person).any(|reading| is_its(&reading))) == Some(true) {
            return;
        }
        match self.desk.records.newest(key.person) {
            Ok(newest) => newest.iter().filter(|reading| is_its(reading)).for_each(|reading| {
                window.write(key.person, |person| person.put(reading, true, now));
            }),
            Err(error) => tracing::warn!("{error}; an older reading is shown again after the next start"),
        }
    }

    fn tell(&self, fact: Fact, seq: Option<Seq>) {
        if self.streams.load(Ordering::Relaxed) == 0 {
            return;
        }
        let Some(person) = fact.person() else { return };
        let happening = match fact {
            Fact::ReadingTaken(reading) => Happening::Taken(reading),
            Fact::ReadingCorrected(reading) => Happening::Corrected(reading),
            Fact::ReadingWithdrawn(key) => {
                Happening::Withdrawn(Place { source: key.source, measured_at: key.measured_at, place: key.place })
            }
            Fact::MeterChecked(check) => Happening::Metered(check),
            Fact::ReadingsRefused(refused) => {
                let _ = self.told.blocking_send(Told::Contact(person, refused.source));
                return;
            }
            Fact::Changed(_) | Fact::Removed(_) | Fact::PersonForgotten(_) => return,
        };
        let _ = self.told.blocking_send(Told::Heard(Arc::new(Heard::new(person, seq, happening))));
    }

    fn tidy(&mut self, again: &mpsc::WeakSender<Message>) {
        let now = self.desk.clock.now();
        if self.faulty {
            let owed = std::mem::take(&mut self.owed);
            if self.write(&owed, now).is_err() {
                self.owed = owed;
            }
            return;
        }
        match self.desk.journal.fold(now.plus_ms(-FOLD_AFTER_MS).day(), FOLD_PAIRS_MAX) {
            Ok(0) => {}
            Ok(_) => {
                if let Some(queue) = again.upgrade() {
                    let _ = queue.try_send(Message::Tidy);
                }
            }
            Err(error) => {
                // Folding is not on the way of a reading: nobody is refused because a day cannot be folded.
                if self.fold_fault.as_deref() != Some(error.to_string().as_str()) {
                    tracing::error!("{error}. Finished days stay as single entries until this is mended");
                }
                self.fold_fault = Some(error.to_string());
            }
        }
    }
}

/// Takes one fact into memory; `seq` is missing while the store refuses it. Also how memory is rebuilt at start.
pub(crate) fn fold(window: &Window, register: &Register, fact: &Fact, seq: Option<Seq>, now: Timestamp) {
    match fact {
        Fact::ReadingTaken(reading) | Fact::ReadingCorrected(reading) => window.write(reading.person, |person| {
            person.put(reading, seq.is_some(), now);
            seq.into_iter().for_each(|seq| person.touch(seq));
        }),
        Fact::ReadingWithdrawn(key) => window.write(key.person, |person| {
            let at = Place { source: key.source, measured_at: key.measured_at, place: key.place };
            person.withdraw(at, seq.is_some(), now);
            seq.into_iter().for_each(|seq| person.touch(seq));
        }),
        Fact::MeterChecked(check) => window.write(check.person, |person| {
            person.put_check(check, seq.is_some(), now);
            seq.into_iter().for_each(|seq| person.touch(seq));
        }),
        Fact::ReadingsRefused(refused) => window.write(refused.person, |person| {
            let source = person.source_mut(refused.source);
            source.refused = Some((refused.reason, refused.received_at));
            source.last_contact = source.last_contact.max(Some(refused.received_at));
        }),
        Fact::Changed(_) | Fact::Removed(_) => register.apply(fact),
        Fact::PersonForgotten(person) => {
            register.apply(fact);
            window.forget(*person);
        }
    }
}
