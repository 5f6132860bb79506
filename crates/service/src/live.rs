//! All of now, then everything after: one bounded stream for each follower's screen.
//! A slow follower slows nobody: what does not fit into its buffer is dropped, and it is told to catch up.

use crate::access::Access;
use crate::told::{Heard, Told};
use crate::vitals::Vitals;
use crate::window::Window;
use crate::writer::OrAbort;
use keepwatch_model::fact::Seq;
use keepwatch_model::id::{PersonId, SourceId};
use keepwatch_model::sharing::Caller;
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::mpsc;

/// Limit: events that wait for one follower; beyond it events are dropped and the follower is told to catch up.
pub const EVENTS_WAITING_MAX: usize = 16;
/// Limit: open streams on one server; the next one is refused and asked to come again.
pub const STREAMS_MAX: usize = 100_000;
/// Every stream hears from us at least so often.
pub const BEAT_SECONDS: u64 = 15;

/// One thing to send to a follower.
#[derive(Clone, Debug)]
pub enum LiveEvent {
    /// The state of these people as of now: of all whom the follower sees, or (`partial`) of those only.
    Now {
        /// Others are unchanged and must be kept.
        partial: bool,
        /// Whose state to send.
        people: Vec<PersonId>,
    },
    /// Something happened to a person's readings.
    Heard(Arc<Heard>),
    /// A source of a person was in touch or was refused.
    Contact(PersonId, SourceId),
    /// Names or follows changed: send everyone's anew, without readings.
    People,
    /// The follower does not see this person any more: forget her at once.
    Ended(PersonId),
    /// We are there.
    Beat,
}

/// One open stream, as the hub knows it.
struct Subscription {
    caller: Caller,
    people: Vec<PersonId>,
    events: mpsc::Sender<LiveEvent>,
    lagging: Arc<AtomicBool>,
}

#[derive(Default)]
struct Hub {
    next: u64,
    open: HashMap<u64, Subscription>,
    by_person: HashMap<PersonId, Vec<u64>>,
    by_caller: HashMap<Caller, Vec<u64>>,
}

/// Opens streams and feeds them.
#[derive(Clone)]
pub struct Live {
    inner: Arc<Shared>,
}

struct Shared {
    hub: Mutex<Hub>,
    access: Access,
    window: Arc<Window>,
    vitals: Vitals,
    streams: Arc<AtomicUsize>,
    horizon: Arc<AtomicU64>,
    /// Changes before this entry are not known person by person: an older cursor gets everyone.
    known_since: Seq,
}

impl Subscription {
    /// Hands an event over; drops it when the follower is too slow, and remembers that.
    fn offer(&self, event: LiveEvent) {
        if self.events.try_send(event).is_err() {
            self.lagging.store(true, Ordering::Release);
        }
    }
}

impl Hub {
    fn open(&mut self, subscription: Subscription) -> u64 {
        self.next += 1;
        let id = self.next;
        for person in &subscription.people {
            self.by_person.entry(*person).or_default().push(id);
        }
        self.by_caller.entry(subscription.caller).or_default().push(id);
        self.open.insert(id, subscription);
        id
    }

    fn close(&mut self, id: u64) {
        if let Some(subscription) = self.open.remove(&id) {
            subscription.people.iter().for_each(|person| leave(&mut self.by_person, person, id));
            leave(&mut self.by_caller, &subscription.caller, id);
        }
    }

    fn offer(&self, person: PersonId, event: &LiveEvent) {
        for id in self.by_person.get(&person).into_iter().flatten() {
            self.open[id].offer(event.clone());
        }
    }

    /// Compares a caller's streams with what the caller may see now.
    fn renew(&mut self, caller: Caller, people: &[PersonId]) {
        for id in self.by_caller.get(&caller).cloned().unwrap_or_default() {
            let subscription = &self.open[&id];
            let gone: Vec<PersonId> = subscription.people.iter().filter(|p| !people.contains(p)).copied().collect();
            let new: Vec<PersonId> = people.iter().filter(|p| !subscription.people.contains(p)).copied().collect();
            if gone.is_empty() && new.is_empty() {
                continue;
            }
            gone.iter().for_each(|person| subscription.offer(LiveEvent::Ended(*person)));
            if people.is_empty() {
                // Nothing is left to follow: the stream ends after it was told so.
                self.close(id);
                continue;
            }
            subscription.offer(LiveEvent::People);
            if !new.is_empty() {
                subscription.offer(LiveEvent::Now { partial: true, people: new.clone() });
            }
            gone.iter().for_each(|person| leave(&mut self.by_person, person, id));
            new.iter().for_each(|person| self.by_person.entry(*person).or_default().push(id));
            self.open.entry(id).and_modify(|subscription| subscription.people = people.to_vec());
        }
    }
}

/// Takes a stream out of a list of streams.
fn leave<K: Eq + Hash>(lists: &mut HashMap<K, Vec<u64>>, key: &K, id: u64) {
    if let Some(ids) = lists.get_mut(key) {
        ids.retain(|other| *other != id);
        if ids.is_empty() {
            lists.remove(key);
        }
    }
}

/// What keeps a new stream from being opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoStream {
    /// The caller follows nobody.
    NobodyToFollow,
    /// The server holds as many streams as it can.
    TooMany,
}

impl Live {
    pub(crate) fn new(
        access: Access,
        window: Arc<Window>,
        vitals: Vitals,
        streams: Arc<AtomicUsize>,
        horizon: Arc<AtomicU64>,
    ) -> Self {
        let known_since = Seq(horizon.load(Ordering::Acquire));
        let hub = Mutex::default();
        Self { inner: Arc::new(Shared { hub, access, window, vitals, streams, horizon, known_since }) }
    }

    /// With changes known person by person since `known_since` (memory was rebuilt from there).
    pub(crate) fn known_since(mut self, known_since: Seq) -> Self {
        if let Some(shared) = Arc::get_mut(&mut self.inner) {
            shared.known_since = known_since;
        }
        self
    }

    /// Opens a stream for a caller: first the state of now, or of those who changed after the cursor `after`, then
    /// everything that happens.
    ///
    /// # Errors
    /// [`NoStream`] when there is nobody to follow or no room.
    pub fn follow(&self, caller: Caller, after: Option<&str>) -> Result<LiveStream, NoStream> {
        let shared = &self.inner;
        if shared.streams.load(Ordering::Relaxed) >= STREAMS_MAX {
            return Err(NoStream::TooMany);
        }
        let (events, waiting) = mpsc::channel(EVENTS_WAITING_MAX);
        let lagging = Arc::new(AtomicBool::new(false));
        let mut hub = shared.hub.lock().expect("no holder panics");
        // Asked under the hub's lock: a follow that ends is either seen here or told to the open stream.
        let people = shared.access.people_of(caller);
        if people.is_empty() {
            return Err(NoStream::NobodyToFollow);
        }
        shared.streams.fetch_add(1, Ordering::Relaxed);
        shared.vitals.stream_opened();
        let id = hub.open(Subscription { caller, people: people.clone(), events, lagging: Arc::clone(&lagging) });
        drop(hub);
        let first = self.first(people, after);
        Ok(LiveStream { id, caller, first, waiting, lagging, live: self.clone() })
    }

    /// What a new stream begins with. One that resumes is also told everyone's names, sources and contacts: those have
    /// no cursor, and a follow may have ended or begun meanwhile.
    fn first(&self, people: Vec<PersonId>, after: Option<&str>) -> VecDeque<LiveEvent> {
        let shared = &self.inner;
        let after = after.and_then(parse_cursor).filter(|after| {
            let horizon = shared.horizon.load(Ordering::Acquire);
            (shared.known_since.0..=horizon).contains(&after.0) && shared.vitals.store_fault().is_none()
        });
        let Some(after) = after else { return [LiveEvent::Now { partial: false, people }].into() };
        let changed = |person: &PersonId| shared.window.read(*person, |w| w.last_seq() > after).unwrap_or(false);
        let changed = people.into_iter().filter(changed).collect();
        [LiveEvent::Now { partial: true, people: changed }, LiveEvent::People].into()
    }

    /// The cursor of now: everything up to it is in what a stream or a list shows.
    pub fn cursor(&self) -> String {
        cursor(Seq(self.inner.horizon.load(Ordering::Acquire)))
    }

    /// Feeds the streams until the writer has gone.
    pub(crate) async fn run(self, mut telling: mpsc::Receiver<Told>) {
        let _guard = OrAbort;
        // One slice of the streams hears the beat each second, so that beats never come in a burst.
        let mut second = tokio::time::interval(Duration::from_secs(1));
        second.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut slice = 0;
        loop {
            tokio::select! {
                told = telling.recv() => match told {
                    Some(told) => self.tell(told),
                    None => return,
                },
                _ = second.tick() => {
                    slice = (slice + 1) % BEAT_SECONDS;
                    self.beat(slice);
                }
            }
        }
    }

    fn tell(&self, told: Told) {
        let mut hub = self.inner.hub.lock().expect("no holder panics");
        match told {
            Told::Heard(heard) => hub.offer(heard.person, &LiveEvent::Heard(Arc::clone(&heard))),
            Told::Contact(person, source) => hub.offer(person, &LiveEvent::Contact(person, source)),
            Told::Rows(touched) => {
                touched.people.iter().for_each(|person| hub.offer(*person, &LiveEvent::People));
                for caller in touched.callers {
                    hub.renew(caller, &self.inner.access.people_of(caller));
                }
            }
        }
    }

    fn beat(&self, slice: u64) {
        let hub = self.inner.hub.lock().expect("no holder panics");
        hub.open.iter().filter(|(id, _)| *id % BEAT_SECONDS == slice).for_each(|(_, s)| s.offer(LiveEvent::Beat));
    }

    /// Ends all streams; followers reconnect to whoever serves next.
    pub(crate) fn end_all(&self) {
        let mut hub = self.inner.hub.lock().expect("no holder panics");
        let ids: Vec<u64> = hub.open.keys().copied().collect();
        ids.into_iter().for_each(|id| hub.close(id));
    }
}

/// A place in the journal as a follower keeps it.
pub fn cursor(seq: Seq) -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(seq.0.to_be_bytes())
}

fn parse_cursor(text: &str) -> Option<Seq> {
    use base64::Engine;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).ok()?;
    Some(Seq(u64::from_be_bytes(bytes.try_into().ok()?)))
}

/// One follower's stream.
pub struct LiveStream {
    id: u64,
    caller: Caller,
    first: VecDeque<LiveEvent>,
    waiting: mpsc::Receiver<LiveEvent>,
    lagging: Arc<AtomicBool>,
    live: Live,
}

impl LiveStream {
    /// Who follows.
    pub const fn caller(&self) -> Caller {
        self.caller
    }

    /// The next event; `None` when the stream has ended.
    pub fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<LiveEvent>> {
        if let Some(first) = self.first.pop_front() {
            return Poll::Ready(Some(first));
        }
        match self.waiting.poll_recv(context) {
            Poll::Pending if self.lagging.swap(false, Ordering::AcqRel) => {
                self.live.inner.vitals.count_lagged();
                let people = self.live.inner.access.people_of(self.caller);
                Poll::Ready(Some(LiveEvent::Now { partial: false, people }))
            }
            poll => poll,
        }
    }

    /// The next event; `None` when the stream has ended.
    pub async fn next(&mut self) -> Option<LiveEvent> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }
}

impl Drop for LiveStream {
    fn drop(&mut self) {
        let shared = &self.live.inner;
        shared.hub.lock().expect("no holder panics").close(self.id);
        shared.streams.fetch_sub(1, Ordering::Relaxed);
        shared.vitals.stream_closed();
    }
}
