//! Sessions and tokens through the room's own face.

use super::*;
use crate::clock::TestClock;
use keepwatch_model::family::Person;
use keepwatch_model::glucose::Unit;
use keepwatch_model::id::FamilyId;
use keepwatch_model::row::Row;
use keepwatch_model::sharing::{Credential, Form};
use keepwatch_model::time::{DAY_MS, Timestamp};

const NOW: Timestamp = Timestamp::from_ms(1_764_000_000_000);

fn access() -> (Access, Arc<TestClock>, CredentialId) {
    let key = Key::new(&[7; 32]);
    let person = PersonId::from_random(9);
    let id = CredentialId::from_random(77);
    let hash = key.hash(purpose::SHARE_PASSWORD, "geheim");
    let form = Form::SharePassword { user_name: "ada".to_owned(), hash };
    let row = Person {
        id: person,
        family: FamilyId::from_random(1),
        name: "Ada".to_owned(),
        unit: Unit::MgDl,
        time_zone: "UTC".to_owned(),
        slug: "ada-slug".to_owned(),
        demo: false,
    };
    let credential = Credential { id, grant: Grant::Publish(person), form, made_at: NOW };
    let register = Arc::new(Register::of(vec![Row::Person(row), Row::Credential(credential)]));
    let clock = Arc::new(TestClock::at(NOW));
    (Access::new(register, key, clock.clone()), clock, id)
}

#[test]
fn a_share_login_needs_both_name_and_password() {
    let (access, _, id) = access();
    assert_eq!(access.share_login("ada", "geheim"), Some(id));
    assert_eq!(access.share_login("ada", "falsch"), None);
    assert_eq!(access.share_login("bea", "geheim"), None);
    let account = access.share_account(id);
    assert_eq!(access.share_login_by_account(account, "geheim"), Some(id));
    assert_eq!(access.share_login_by_account(account ^ 1, "geheim"), None);
}

#[test]
fn a_session_lives_on_its_day_and_the_two_after() {
    let (access, clock, id) = access();
    let session = access.share_session(id);
    assert!(access.by_share_session(session).is_ok());
    clock.set(NOW.day().plus_days(2).end().plus_ms(-1));
    assert!(access.by_share_session(session).is_ok());
    clock.set(NOW.day().plus_days(3).start());
    assert_eq!(access.by_share_session(session), Err(SessionOver::TimedOut));
    clock.set(NOW.plus_ms(-DAY_MS));
    assert!(access.by_share_session(session).is_err());
}

#[test]
fn no_bit_of_a_session_can_be_changed() {
    let (access, _, id) = access();
    let session = access.share_session(id);
    for bit in 0..128 {
        assert_eq!(access.by_share_session(session ^ (1 << bit)), Err(SessionOver::Unknown), "bit {bit}");
    }
    assert_eq!(access.by_share_session(0), Err(SessionOver::Unknown));
}
