//! What an upload becomes: the facts that follow from it, decided against memory and, for old days, the records.

use super::{Origin, Outcome, Receipt};
use crate::vitals::Vitals;
use crate::window::{Found, PersonWindow, WINDOW_MS};
use crate::writer::{Deed, Ground, Unavailable};
use keepwatch_model::fact::{Fact, Refused};
use keepwatch_model::glucose::{MEASURED_MAX_TENTHS, MgDl};
use keepwatch_model::id::{PersonId, SourceId};
use keepwatch_model::reading::{
    Draft, EARLIEST, JITTER_MAX_MS, MeterCheck, Reading, ReadingKey, Refusal, SUSPECT_MAX_MS,
};
use keepwatch_model::row::Row;
use keepwatch_model::source::{INTERVAL_DEFAULT_MS, SOURCES_MAX_PER_PERSON, Source};
use keepwatch_model::time::{Day, MINUTE_MS, Timestamp};
use tokio::sync::oneshot;

/// The same refusal of the same source is written down at most so often; it is counted and shown each time.
const REFUSED_TOLD_EVERY_MS: i64 = MINUTE_MS;

/// A source's interval is compared with what it sends after so many new readings.
const LEARN_EVERY: u16 = 13;
/// The interval is learnt from so many gaps.
const LEARN_GAPS: usize = 12;
/// The intervals that sensors have, in minutes.
const INTERVALS_MIN: [i64; 6] = [1, 2, 3, 5, 10, 15];
/// A gap may differ from an interval by so much.
const INTERVAL_SLACK_MS: i64 = MINUTE_MS / 3;

/// An upload of readings.
pub(super) struct ReadingsDeed {
    person: PersonId,
    origin: Origin,
    received_at: Timestamp,
    drafts: Vec<Result<Draft, Refusal>>,
    receipt: Receipt,
    reply: oneshot::Sender<Result<Receipt, Unavailable>>,
}

/// How the key of a new reading stands to what is known.
enum Standing {
    New,
    Same(Timestamp),
    Other(Timestamp),
    Withdrawn(Timestamp),
}

/// What the receipt says of a reading, and the fact that it becomes, if any.
type Decision = (fn(ReadingKey) -> Outcome, Option<fn(Reading) -> Fact>);

impl ReadingsDeed {
    pub(super) fn new(
        person: PersonId,
        origin: Origin,
        received_at: Timestamp,
        drafts: Vec<Result<Draft, Refusal>>,
        reply: oneshot::Sender<Result<Receipt, Unavailable>>,
    ) -> Self {
        Self { person, origin, received_at, drafts, receipt: Receipt::default(), reply }
    }

    /// The source of this upload, made if it is the first; `None` when too many send at a time.
    fn source(&self, ground: &mut Ground<'_>, facts: &mut Vec<Fact>) -> Option<SourceId> {
        let rows = ground.register.read();
        let known = rows.sources_of(self.person);
        let found = rows.source_named(self.person, self.origin.protocol, &self.origin.device).map(|source| source.id);
        // Sensors come and go, and some uploaders name each: all are kept, but only those that still send count.
        let crowded = known.len() >= SOURCES_MAX_PER_PERSON && !self.has_room_for(ground, found);
        let priority = known.last().map_or(0, |last| last.priority + 1);
        drop(rows);
        if crowded {
            return None;
        }
        let source = found.unwrap_or_else(|| self.new_source(ground, priority, facts));
        ground.sending.insert((self.person, source));
        Some(source)
    }

    fn has_room_for(&self, ground: &Ground<'_>, source: Option<SourceId>) -> bool {
        let mut sending = ground.window.read(self.person, PersonWindow::sources_in_use).unwrap_or_default();
        sending.extend(ground.sending.iter().filter(|(person, _)| *person == self.person).map(|(_, source)| *source));
        sending.len() < SOURCES_MAX_PER_PERSON || source.is_some_and(|source| sending.contains(&source))
    }

    fn new_source(&self, ground: &Ground<'_>, priority: u32, facts: &mut Vec<Fact>) -> SourceId {
        let source = Source {
            id: SourceId::from_random(ground.chance.number()),
            person: self.person,
            protocol: self.origin.protocol,
            device: self.origin.device.clone(),
            name: self.origin.name.clone(),
            interval_ms: INTERVAL_DEFAULT_MS,
            priority,
        };
        let id = source.id;
        let fact = Fact::Changed(Box::new(Row::Source(source)));
        // Later deeds of the same flush must find it; it is owed to the store should this flush fail.
        ground.register.apply(&fact);
        facts.push(fact);
        id
    }

    /// How far ahead the uploader's clock is, learnt from the newest claim of the upload; none while it is right.
    fn learn_offset(&self, ground: &Ground<'_>, source: SourceId) -> Option<i64> {
        let claims = self.drafts.iter().flatten().map(|draft| draft.measured_at.ms_since(self.received_at));
        let ahead_ms = claims.filter(|ahead_ms| *ahead_ms <= SUSPECT_MAX_MS).max()?;
        ground.window.write(self.person, |window| {
            let state = window.source_mut(source);
            // Transport only ever makes a clock look less far ahead, so the largest lead seen is the best guess;
            // a lead that is much smaller means that the clock was set anew.
            let known = state.ahead_ms.map(i64::from).filter(|known| known - ahead_ms <= INTERVAL_DEFAULT_MS);
            let learnt = known.map_or(ahead_ms, |known| known.max(ahead_ms));
            state.ahead_ms = (ahead_ms > JITTER_MAX_MS).then_some(learnt as i32);
            state.ahead_ms.map(i64::from)
        })
    }

    fn standing(&self, ground: &mut Ground<'_>, reading: &Reading) -> Standing {
        let key = (self.person, reading.source, reading.measured_at);
        if let Some((place, glucose)) = ground.pending.get(&key) {
            return if *glucose == reading.glucose { Standing::Same(*place) } else { Standing::Other(*place) };
        }
        let found =
            ground.window.read(self.person, |window| window.find(reading.source, reading.measured_at)).flatten();
        match found.or_else(|| find_old(ground, reading)) {
            Some(Found { glucose: None, place, .. }) => Standing::Withdrawn(place),
            None | Some(Found { unstored: true, .. }) => Standing::New,
            Some(Found { glucose: Some(known), place, .. }) if known == reading.glucose => Standing::Same(place),
            Some(Found { place, .. }) => Standing::Other(place),
        }
    }

    fn decide_one(&self, ground: &mut Ground<'_>, mut reading: Reading, facts: &mut Vec<Fact>) -> Outcome {
        let protocol = self.origin.protocol;
        let standing = self.standing(ground, &reading);
        let (outcome, fact): Decision = match standing {
            Standing::New => (Outcome::Accepted, Some(Fact::ReadingTaken)),
            Standing::Withdrawn(_) if protocol.revives() => (Outcome::Accepted, Some(Fact::ReadingTaken)),
            Standing::Other(_) if protocol.corrects() => (Outcome::Corrected, Some(Fact::ReadingCorrected)),
            Standing::Same(_) | Standing::Other(_) => (Outcome::Known, None),
            Standing::Withdrawn(_) => return Outcome::Refused(Refusal::Withdrawn),
        };
        match standing {
            Standing::Same(place) | Standing::Other(place) | Standing::Withdrawn(place) => reading.place = place,
            Standing::New if reading.clock_suspect() => {
                let free = ground.window.read(self.person, |window| window.free_place(reading.source, reading.place));
                reading.place = free.unwrap_or(reading.place);
            }
            Standing::New => {}
        }
        let key = reading.key();
        if let Some(fact) = fact {
            ground.pending.insert((self.person, key.source, key.measured_at), (key.place, reading.glucose));
            facts.push(fact(reading));
        }
        outcome(key)
    }

    fn refuse(&self, ground: &Ground<'_>, source: SourceId, reasons: &[Refusal], facts: &mut Vec<Fact>) {
        let Some(reason) = reasons.first().copied() else { return };
        let (person, received_at) = (self.person, self.received_at);
        let last =
            ground.window.write(person, |window| window.source_mut(source).refused.replace((reason, received_at)));
        let told_lately =
            last.is_some_and(|(known, at)| known == reason && received_at.ms_since(at) < REFUSED_TOLD_EVERY_MS);
        if !told_lately {
            let count = reasons.iter().filter(|other| **other == reason).count() as u32;
            facts.push(Fact::ReadingsRefused(Refused { person, source, reason, count, received_at }));
        }
    }

    /// Compares now and then how often the source says it reports with how often it does.
    fn learn_interval(&self, ground: &Ground<'_>, source: SourceId, facts: &mut Vec<Fact>) {
        let accepted = self.receipt.accepted() as u16;
        let gap_ms = ground.window.write(self.person, |window| {
            let state = window.source_mut(source);
            state.unlearnt = state.unlearnt.saturating_add(accepted);
            if state.unlearnt < LEARN_EVERY {
                return None;
            }
            let gap_ms = window.median_gap_ms(source, LEARN_GAPS)?;
            window.source_mut(source).unlearnt = 0;
            Some(gap_ms)
        });
        let learnt = gap_ms.and_then(|gap_ms| {
            INTERVALS_MIN.into_iter().find(|min| (gap_ms - min * MINUTE_MS).abs() <= INTERVAL_SLACK_MS)
        });
        let Some(interval_ms) = learnt.map(|minutes| minutes * MINUTE_MS) else { return };
        let known = ground.register.read().source(self.person, source).cloned();
        if let Some(known) = known.filter(|known| known.interval_ms != interval_ms) {
            facts.push(Fact::Changed(Box::new(Row::Source(Source { interval_ms, ..known }))));
        }
    }

    fn count(&self, vitals: &Vitals) {
        vitals.count_known(self.receipt.known() as u64);
        vitals.count_corrected(self.receipt.corrected() as u64);
        let accepted = self.receipt.accepted() as u64;
        if accepted > 0 {
            vitals.count_accepted(accepted, self.received_at);
        }
    }
}

/// Looks an old reading up in the records, which memory no longer holds.
fn find_old(ground: &mut Ground<'_>, reading: &Reading) -> Option<Found> {
    if reading.place >= ground.now.plus_ms(-WINDOW_MS) {
        return None;
    }
    // A clock that was ahead may have put it into the day before the one that it claims.
    let days = [reading.place.day(), reading.place.plus_ms(-SUSPECT_MAX_MS).day()];
    let days = if days[0] == days[1] { &days[..1] } else { &days[..] };
    days.iter().find_map(|day| find_on(ground, reading, *day))
}

fn find_on(ground: &mut Ground<'_>, reading: &Reading, day: Day) -> Option<Found> {
    let day = match ground.old_day(reading.person, day) {
        Ok(day) => day,
        Err(error) => {
            tracing::warn!("{error}; a reading of that day may be kept twice until it is folded");
            return None;
        }
    };
    let is = |source: SourceId, measured_at| source == reading.source && measured_at == reading.measured_at;
    let known = day.readings.iter().find(|known| is(known.source, known.measured_at));
    let withdrawn = day.withdrawn.iter().find(|key| is(key.source, key.measured_at));
    known
        .map(|known| Found { place: known.place, glucose: Some(known.glucose), unstored: false })
        .or_else(|| withdrawn.map(|key| Found { place: key.place, glucose: None, unstored: false }))
}

impl Deed for ReadingsDeed {
    fn decide(&mut self, ground: &mut Ground<'_>) -> Vec<Fact> {
        let mut facts = Vec::new();
        // An upload may have waited behind the deed that forgot its person.
        let gone = ground.register.read().person(self.person).is_none();
        let source = if gone { None } else { self.source(ground, &mut facts) };
        let offset_ms = source.and_then(|source| self.learn_offset(ground, source));
        let mut reasons = Vec::new();
        for draft in std::mem::take(&mut self.drafts) {
            let source = source.ok_or(if gone { Refusal::PersonGone } else { Refusal::TooManySources });
            let checked =
                draft.and_then(|draft| Reading::checked(draft, self.person, source?, self.received_at, offset_ms));
            let outcome = checked.map_or_else(Outcome::Refused, |reading| self.decide_one(ground, reading, &mut facts));
            if let Outcome::Refused(reason) = outcome {
                ground.vitals.count_refused(reason);
                reasons.push(reason);
            }
            self.receipt.items.push(outcome);
        }
        if let Some(source) = source {
            self.refuse(ground, source, &reasons, &mut facts);
            ground.window.write(self.person, |window| {
                let state = window.source_mut(source);
                state.last_contact = state.last_contact.max(Some(self.received_at));
            });
            self.learn_interval(ground, source, &mut facts);
        }
        facts
    }

    fn done(self: Box<Self>, result: Result<(), Unavailable>, vitals: &Vitals) {
        if result.is_ok() {
            self.count(vitals);
        }
        // The uploader may have gone; its readings are kept all the same.
        let Self { receipt, reply, .. } = *self;
        let _ = reply.send(result.map(|()| receipt));
    }
}

/// The withdrawal of one reading.
pub(super) struct WithdrawDeed {
    person: PersonId,
    source: SourceId,
    measured_at: Timestamp,
    found: bool,
    reply: oneshot::Sender<Result<bool, Unavailable>>,
}

impl WithdrawDeed {
    pub(super) fn new(
        person: PersonId,
        source: SourceId,
        measured_at: Timestamp,
        reply: oneshot::Sender<Result<bool, Unavailable>>,
    ) -> Self {
        Self { person, source, measured_at, found: false, reply }
    }

    fn place(&self, ground: &mut Ground<'_>) -> Option<Timestamp> {
        ground.register.read().person(self.person)?;
        let found = ground.window.read(self.person, |window| window.find(self.source, self.measured_at)).flatten();
        if let Some(found) = found {
            // A tombstone that the store refused is not kept yet: it is laid again.
            return (found.glucose.is_some() || found.unstored).then_some(found.place);
        }
        [self.measured_at.day(), self.measured_at.plus_ms(-SUSPECT_MAX_MS).day()].into_iter().find_map(|day| {
            let mut known = ground.old_day(self.person, day).ok()?.readings.iter();
            let is = |known: &&Reading| (known.source, known.measured_at) == (self.source, self.measured_at);
            known.find(is).map(|known| known.place)
        })
    }
}

impl Deed for WithdrawDeed {
    fn decide(&mut self, ground: &mut Ground<'_>) -> Vec<Fact> {
        let place = self.place(ground);
        self.found = place.is_some();
        let (person, source, measured_at) = (self.person, self.source, self.measured_at);
        place
            .map(|place| Fact::ReadingWithdrawn(ReadingKey { person, source, measured_at, place }))
            .into_iter()
            .collect()
    }

    fn done(self: Box<Self>, result: Result<(), Unavailable>, _: &Vitals) {
        let _ = self.reply.send(result.map(|()| self.found));
    }

    /// Whatever follows must see the tombstone.
    fn changes_rows(&self) -> bool {
        true
    }
}

/// What became of each meter check, and where to say so.
type MeterReply = oneshot::Sender<Result<Vec<Result<bool, Refusal>>, Unavailable>>;

/// Meter checks.
pub(super) struct MeterDeed {
    person: PersonId,
    checks: Vec<Result<MeterCheck, Refusal>>,
    outcomes: Vec<Result<bool, Refusal>>,
    reply: MeterReply,
}

impl MeterDeed {
    pub(super) fn new(person: PersonId, checks: Vec<Result<MeterCheck, Refusal>>, reply: MeterReply) -> Self {
        Self { person, checks, outcomes: Vec::new(), reply }
    }
}

/// A meter check that can be kept: a plausible value at a time that can be.
fn checked(check: MeterCheck, now: Timestamp) -> Result<MeterCheck, Refusal> {
    if check.mg_dl > MgDl::from_tenths(MEASURED_MAX_TENTHS as u16) {
        Err(Refusal::ValueTooHigh)
    } else if check.mg_dl < MgDl::from_tenths(100) {
        Err(Refusal::Malformed)
    } else if check.at.ms_since(now) > JITTER_MAX_MS {
        Err(Refusal::TimeInFuture)
    } else if check.at < EARLIEST {
        Err(Refusal::TimeTooEarly)
    } else {
        Ok(check)
    }
}

impl Deed for MeterDeed {
    fn decide(&mut self, ground: &mut Ground<'_>) -> Vec<Fact> {
        let mut facts: Vec<Fact> = Vec::new();
        let gone = ground.register.read().person(self.person).is_none();
        for check in std::mem::take(&mut self.checks) {
            let check = if gone { Err(Refusal::PersonGone) } else { check };
            let outcome = check.and_then(|check| checked(check, ground.now)).map(|check| {
                let same = |known: &MeterCheck| known.at == check.at && known.by == check.by;
                let pending = facts.iter().any(|fact| matches!(fact, Fact::MeterChecked(known) if same(known)));
                let held =
                    ground.window.read(self.person, |window| window.stored_checks(check.at).any(same)).unwrap_or(false);
                let is_old = check.at < ground.now.plus_ms(-WINDOW_MS);
                let kept = is_old
                    && ground.old_day(self.person, check.at.day()).is_ok_and(|day| day.meter_checks.iter().any(same));
                let new = !(pending || held || kept);
                if new {
                    facts.push(Fact::MeterChecked(MeterCheck { person: self.person, ..check }));
                }
                new
            });
            self.outcomes.push(outcome);
        }
        facts
    }

    fn done(self: Box<Self>, result: Result<(), Unavailable>, _: &Vitals) {
        let Self { outcomes, reply, .. } = *self;
        let _ = reply.send(result.map(|()| outcomes));
    }

    fn changes_rows(&self) -> bool {
        true
    }
}
