//! Facts for the suite: plain ones, and random ones that keep the rules which the journal may rely on. A seed is enough to
//! have the same ones again.

use keepwatch_model::fact::{Fact, Refused};
use keepwatch_model::family::{Account, Device, Family, Person};
use keepwatch_model::glucose::{MgDl, SensorGlucose, Unit};
use keepwatch_model::id::{AccountId, CredentialId, DeviceId, FamilyId, FollowId, InvitationId, PersonId, SourceId};
use keepwatch_model::reading::{MeterCheck, Reading, ReadingKey, Refusal};
use keepwatch_model::row::Row;
use keepwatch_model::sharing::{Credential, Follow, Form, Grant, Invitation, Power};
use keepwatch_model::source::{Protocol, Source};
use keepwatch_model::time::{DAY_MS, Day, HOUR_MS, MINUTE_MS, Timestamp};
use keepwatch_model::trend::TrendArrow;
use std::collections::BTreeMap;

/// The day on which the suite begins.
pub(super) const FIRST_DAY: Day = Day::from_number(20_400);

/// A moment on the first day.
pub(super) const fn at(hours: i64, minutes: i64) -> Timestamp {
    FIRST_DAY.start().plus_ms(hours * HOUR_MS + minutes * MINUTE_MS)
}

/// A person by number.
pub(super) const fn person(number: u64) -> PersonId {
    PersonId::from_random(number << 40 | 7)
}

/// A source by number.
pub(super) const fn source(number: u64) -> SourceId {
    SourceId::from_random(number << 50 | 3)
}

/// A plain reading, received four seconds after it was measured.
pub(super) fn reading(whose: u64, from: u64, measured_at: Timestamp, mg_dl: u16) -> Reading {
    Reading {
        person: person(whose),
        source: source(from),
        measured_at,
        received_at: measured_at.plus_ms(4_000),
        place: measured_at,
        glucose: SensorGlucose::Measured(MgDl::from_tenths(mg_dl * 10)),
        trend: Some(TrendArrow::Flat),
        foreign: None,
    }
}

/// A plain meter check.
pub(super) fn check(whose: u64, taken_at: Timestamp, mg_dl: u16) -> MeterCheck {
    let by = "Grandma".to_owned();
    MeterCheck { person: person(whose), at: taken_at, mg_dl: MgDl::from_tenths(mg_dl * 10), by, note: None }
}

/// All rows that belong to a person, and one (the last) that does not.
pub(super) fn rows(whose: u64, name: &str) -> Vec<Row> {
    let family = FamilyId::from_random(1);
    let account = AccountId::from_random(whose);
    let follow = FollowId::from_random(whose);
    let slug = name.to_lowercase();
    let time_zone = "Europe/Berlin".to_owned();
    let unit = Unit::MgDl;
    let credential = |number, grant| Credential {
        id: CredentialId::from_random(whose << 8 | number),
        grant,
        form: Form::Token { hash: format!("{name} {number}") },
        made_at: at(0, 0),
    };
    vec![
        Row::Person(Person { id: person(whose), family, name: name.to_owned(), unit, time_zone, slug, demo: false }),
        Row::Follow(Follow { id: follow, account, person: person(whose), powers: Power::FOLLOWER.to_vec() }),
        Row::Credential(credential(1, Grant::Publish(person(whose)))),
        Row::Credential(credential(2, Grant::Read(follow))),
        Row::Source(Source {
            id: source(whose),
            person: person(whose),
            protocol: Protocol::Share,
            device: "phone".to_owned(),
            name: format!("{name}'s phone"),
            interval_ms: 5 * MINUTE_MS,
            priority: 0,
        }),
        Row::Account(Account { id: account, family, name: "Maria".to_owned(), unit }),
    ]
}

/// Rows that belong to no person: an invitation that another took the place of, then a family, the account that owns it, and
/// what lets that account in.
pub(crate) fn household(number: u64, name: &str) -> Vec<Row> {
    let (family, account) = (FamilyId::from_random(number), AccountId::from_random(number));
    let hash = |of: &str| format!("hash of {name} {of}");
    let invitation = |nth, of| {
        let (id, secret_hash) = (InvitationId::from_random(number << 8 | nth), hash(of));
        Row::Invitation(Invitation { id, account, secret_hash, issued_at: at(0, 0), devices_bound: 0 })
    };
    let device = DeviceId::from_random(number);
    let credential = CredentialId::from_random(number);
    let (grant, form) = (Grant::Account(account), Form::Token { hash: hash("token") });
    vec![
        invitation(1, "earlier"),
        Row::Family(Family { id: family, name: name.to_owned() }),
        Row::Account(Account { id: account, family, name: format!("{name}'s"), unit: Unit::MgDl }),
        invitation(2, "link"),
        Row::Device(Device { id: device, account, secret_hash: hash("device"), bound_at: at(0, 0) }),
        Row::Credential(Credential { id: credential, grant, form, made_at: at(0, 0) }),
    ]
}

/// Chance that can be played again (the generator splitmix64).
pub(super) struct Chance(pub(super) u64);

impl Chance {
    /// A number below `limit`.
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % limit
    }
}

/// Random facts about three people with two sources each.
pub(super) struct Story {
    chance: Chance,
    places: BTreeMap<(u64, u64, Timestamp), Timestamp>,
}

impl Story {
    /// The story of a seed.
    pub(super) fn new(seed: u64) -> Self {
        Self { chance: Chance(seed), places: BTreeMap::new() }
    }

    /// How long until something happens again.
    pub(super) fn pause_ms(&mut self) -> i64 {
        self.chance.below(3 * HOUR_MS as u64) as i64
    }

    /// Whether to do a thing that is done in one of `times` cases.
    pub(super) fn one_in(&mut self, times: u64) -> bool {
        self.chance.below(times) == 0
    }

    /// What happens at a moment.
    pub(super) fn facts(&mut self, now: Timestamp) -> Vec<Fact> {
        (0..=self.chance.below(7)).map(|_| self.fact(now)).collect()
    }

    fn fact(&mut self, now: Timestamp) -> Fact {
        let whose = self.chance.below(3);
        match self.chance.below(16) {
            0 => self.known().map_or_else(|| self.taken(whose, now), Fact::ReadingWithdrawn),
            1 | 2 => match self.known() {
                Some(key) => Fact::ReadingCorrected(self.said_of(key, now)),
                None => self.taken(whose, now),
            },
            3 => Fact::MeterChecked(check(whose, self.moment(now), 100 + self.chance.below(50) as u16)),
            4 => Fact::ReadingsRefused(Refused {
                person: person(whose),
                source: source(0),
                reason: Refusal::SensorCode,
                count: 1,
                received_at: now,
            }),
            _ => self.taken(whose, now),
        }
    }

    /// Mostly just now, sometimes days ago, sometimes a little ahead; often on a full five minutes, so that keys meet.
    fn moment(&mut self, now: Timestamp) -> Timestamp {
        let ahead_ms = match self.chance.below(8) {
            0 => -(self.chance.below(3 * DAY_MS as u64) as i64),
            1 => self.chance.below(2 * MINUTE_MS as u64) as i64,
            _ => -(self.chance.below(10 * MINUTE_MS as u64) as i64),
        };
        let moment = now.plus_ms(ahead_ms).as_ms();
        let on_beat = self.chance.below(4) > 0;
        Timestamp::from_ms(if on_beat { moment - moment % (5 * MINUTE_MS) } else { moment })
    }

    fn known(&mut self) -> Option<ReadingKey> {
        let count = self.places.len() as u64;
        let nth = if count == 0 { 0 } else { self.chance.below(count) };
        let (&(whose, from, measured_at), &place) = self.places.iter().nth(nth as usize)?;
        Some(ReadingKey { person: person(whose), source: source(from), measured_at, place })
    }

    fn taken(&mut self, whose: u64, now: Timestamp) -> Fact {
        let from = self.chance.below(2);
        let place = self.moment(now);
        let suspect_ms = if self.one_in(10) { 10 * MINUTE_MS } else { 0 };
        let measured_at = place.plus_ms(suspect_ms);
        // A key keeps the place that it has.
        let place = *self.places.entry((whose, from, measured_at)).or_insert(place);
        let key = ReadingKey { person: person(whose), source: source(from), measured_at, place };
        Fact::ReadingTaken(self.said_of(key, now))
    }

    fn said_of(&mut self, key: ReadingKey, now: Timestamp) -> Reading {
        let ReadingKey { person, source, measured_at, place } = key;
        let glucose = match self.chance.below(12) {
            0 => SensorGlucose::BelowRange,
            1 => SensorGlucose::AboveRange,
            _ => SensorGlucose::Measured(MgDl::from_tenths(400 + self.chance.below(3_600) as u16)),
        };
        let trend = TrendArrow::from_number(self.chance.below(9) as i64);
        let foreign = self.one_in(6).then(|| format!("{{\"noise\":{}}}", self.chance.below(5)).into_boxed_str());
        Reading { person, source, measured_at, received_at: now, place, glucose, trend, foreign }
    }
}
