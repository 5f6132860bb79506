//! What stands in the journals of `testdata/journals`: the same facts for ever, so that a journal of any format can be
//! compared with one that is made today.

use keepwatch_journal::journal::Journal;
use keepwatch_model::fact::{Fact, Refused};
use keepwatch_model::family::{Account, Device, Family, Person};
use keepwatch_model::glucose::{MgDl, SensorGlucose, Unit};
use keepwatch_model::id::{AccountId, CredentialId, DeviceId, FamilyId, FollowId, InvitationId, PersonId, SourceId};
use keepwatch_model::reading::{MeterCheck, Reading, Refusal};
use keepwatch_model::row::Row;
use keepwatch_model::sharing::{Credential, Follow, Form, Grant, Invitation, Power};
use keepwatch_model::source::{Protocol, Source};
use keepwatch_model::time::{Day, HOUR_MS, MINUTE_MS, Timestamp};
use keepwatch_model::trend::TrendArrow;

/// The day on which these journals begin.
pub(crate) const FIRST_DAY: Day = Day::from_number(20_400);

fn at(hours: i64, minutes: i64) -> Timestamp {
    FIRST_DAY.start().plus_ms(hours * HOUR_MS + minutes * MINUTE_MS)
}

/// The people of these journals; the last one was forgotten.
pub(crate) fn people() -> [PersonId; 3] {
    [1, 2, 3].map(PersonId::from_random)
}

fn source(whose: u64) -> SourceId {
    SourceId::from_random(whose + 100)
}

fn reading(whose: u64, place: Timestamp, glucose: SensorGlucose) -> Reading {
    Reading {
        person: PersonId::from_random(whose),
        source: source(whose),
        measured_at: place,
        received_at: place.plus_ms(2 * MINUTE_MS),
        place,
        glucose,
        trend: Some(TrendArrow::ALL[place.as_ms().unsigned_abs() as usize / 300_000 % 8]),
        foreign: None,
    }
}

fn measured(whose: u64, hours: i64, minutes: i64) -> Reading {
    let tenths = 700 + (hours * 37 + minutes * 11).rem_euclid(2_000) as u16;
    reading(whose, at(hours, minutes), SensorGlucose::Measured(MgDl::from_tenths(tenths)))
}

fn rows() -> Vec<Row> {
    let family = FamilyId::from_random(1);
    let account = AccountId::from_random(1);
    let follow = FollowId::from_random(1);
    let credential = |number, grant, form| {
        Row::Credential(Credential { id: CredentialId::from_random(number), grant, form, made_at: at(0, 0) })
    };
    let hash = || "00ff".to_owned();
    let mut rows = vec![
        Row::Family(Family { id: family, name: "Byron".to_owned() }),
        Row::Account(Account { id: account, family, name: "Maria".to_owned(), unit: Unit::MmolL }),
        Row::Device(Device { id: DeviceId::from_random(1), account, secret_hash: hash(), bound_at: at(0, 1) }),
        Row::Follow(Follow { id: follow, account, person: PersonId::from_random(1), powers: Power::OWNER.to_vec() }),
        Row::Invitation(Invitation {
            id: InvitationId::from_random(1),
            account,
            secret_hash: hash(),
            issued_at: at(0, 0),
            devices_bound: 1,
        }),
        credential(1, Grant::Account(account), Form::Token { hash: hash() }),
        credential(
            2,
            Grant::Read(follow),
            Form::NightscoutSubject { subject: "5a".to_owned(), hash: hash(), token_sha1_hash: String::new() },
        ),
        credential(
            3,
            Grant::Publish(PersonId::from_random(1)),
            Form::SharePassword { user_name: "ada".to_owned(), hash: hash() },
        ),
        credential(
            4,
            Grant::Publish(PersonId::from_random(2)),
            Form::NightscoutSecret { sha1_hash: hash(), sha512_hash: hash(), sealed_sha1: hash() },
        ),
    ];
    for (whose, name) in [(1, "Ada"), (2, "Ben"), (3, "Cleo")] {
        rows.push(Row::Person(Person {
            id: PersonId::from_random(whose),
            family,
            name: name.to_owned(),
            unit: Unit::MgDl,
            time_zone: "Europe/Berlin".to_owned(),
            slug: name.to_lowercase(),
            demo: whose == 2,
        }));
        rows.push(Row::Source(Source {
            id: source(whose),
            person: PersonId::from_random(whose),
            protocol: Protocol::Share,
            device: "phone".to_owned(),
            name: "Phone".to_owned(),
            interval_ms: 5 * MINUTE_MS,
            priority: 0,
        }));
    }
    rows
}

fn rare() -> Vec<Fact> {
    let person = PersonId::from_random(1);
    let suspect = Reading { measured_at: at(10, 20), ..measured(1, 10, 8) };
    let foreign = Reading { foreign: Some(r#"{"noise":1,"x":"ä"}"#.into()), ..measured(1, 10, 9) };
    let note = Some("before bed".to_owned());
    vec![
        Fact::ReadingTaken(suspect),
        Fact::ReadingTaken(foreign),
        Fact::ReadingTaken(reading(1, at(10, 11), SensorGlucose::BelowRange)),
        Fact::ReadingTaken(reading(1, at(10, 12), SensorGlucose::AboveRange)),
        Fact::ReadingCorrected(measured(1, 9, 0)),
        Fact::ReadingWithdrawn(measured(1, 9, 5).key()),
        Fact::MeterChecked(MeterCheck {
            person,
            at: at(10, 10),
            mg_dl: MgDl::from_tenths(1_120),
            by: "Grandma".to_owned(),
            note,
        }),
        Fact::ReadingsRefused(Refused {
            person,
            source: source(1),
            reason: Refusal::SensorCode,
            count: 2,
            received_at: at(10, 13),
        }),
        Fact::Removed(rows()[5].key()),
    ]
}

/// Writes them: rows, three days of readings, everything rare once, late entries before and after a fold, live entries
/// that no fold has met, and a person who was forgotten.
pub(crate) fn write(journal: &mut dyn Journal) {
    let mut append = |facts: Vec<Fact>, recorded_at: Timestamp, fold: bool| {
        journal.append(&facts, recorded_at).expect("writable");
        while fold && journal.fold(recorded_at.day(), 2).expect("writable") > 0 {}
    };
    append(rows().into_iter().map(|row| Fact::Changed(Box::new(row))).collect(), at(0, 2), false);
    for hour in 0..60 {
        let minutes = |whose: u64| (0..12).map(move |beat| Fact::ReadingTaken(measured(whose, hour, beat * 5)));
        append((1..=3).flat_map(minutes).collect(), at(hour, 59), hour == 30);
    }
    append(rare(), at(60, 0), false);
    append(vec![Fact::ReadingTaken(measured(2, 20, 3))], at(60, 1), true);
    append(vec![Fact::ReadingTaken(measured(2, 21, 3)), Fact::ReadingTaken(measured(1, 60, 0))], at(60, 2), false);
    append(vec![Fact::PersonForgotten(people()[2])], at(60, 3), false);
}
