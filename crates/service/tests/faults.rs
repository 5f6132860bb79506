//! A store that is full, read-only, torn or dead: followers go on seeing, uploaders are asked to come again,
//! nothing acknowledged is lost, and it heals by itself.

mod house;

use house::{House, NOW, by, draft, minutes_ago, start};
use keepwatch_journal::faulty::{Fault, Faults, faulty};
use keepwatch_journal::sqlite::Store;
use keepwatch_model::glucose::MgDl;
use keepwatch_model::reading::MeterCheck;
use keepwatch_model::sharing::Caller;
use keepwatch_model::source::Protocol;
use keepwatch_model::time::{MINUTE_MS, Timestamp};
use keepwatch_service::intake::{Outcome, Receipt};
use keepwatch_service::live::LiveEvent;
use keepwatch_service::sharing::{NotDone, Who};
use keepwatch_service::writer::Unavailable;
use std::sync::Arc;

async fn breakable() -> (House, Faults) {
    let (journal, records) = Store::in_memory().expect("memory is there");
    let (journal, records, faults) = faulty(Box::new(journal), Arc::new(records), |_| {});
    (House::on(Box::new(journal), Arc::new(records)).await, faults)
}

async fn send(house: &House, at: Timestamp, mg_dl: f64) -> Result<Receipt, Unavailable> {
    house.service.intake.accept(&house.publish(), by(Protocol::Share, ""), vec![draft(at, mg_dl)]).await
}

fn stored(house: &House) -> usize {
    let (from, until) = (minutes_ago(24 * 60), NOW.plus_ms(60 * MINUTE_MS));
    house.records.stretch(house.person.id, from, until).expect("it can be read").readings.len()
}

#[tokio::test]
async fn a_full_disk_asks_uploaders_to_come_again_and_hides_nothing_from_followers() {
    let (house, faults) = breakable().await;
    send(&house, minutes_ago(10), 100.0).await.expect("kept");
    let added =
        house.service.sharing.add_follower(house.person.id, Who::Named("Maria".to_owned())).await.expect("added");
    let mut stream = house.service.live.follow(Caller::Account(added.account.id), None).expect("follows");
    stream.next().await;
    faults.fail(Fault::Full);
    let refusal = send(&house, minutes_ago(5), 104.0).await.expect_err("it is not kept");
    assert!(refusal.to_string().contains("disk is full"), "{refusal}");
    assert_eq!(house.service.readings.latest(&house.see()).reading.map(|r| r.place), Some(minutes_ago(5)));
    let heard = loop {
        match stream.next().await {
            Some(LiveEvent::Heard(heard)) => break heard,
            Some(LiveEvent::People | LiveEvent::Beat) => {}
            other => panic!("followers see it, not {other:?}"),
        }
    };
    assert_eq!(heard.seq, None, "it carries no cursor");
    assert!(house.service.vitals.store_fault().is_some());
    faults.heal();
    let again = send(&house, minutes_ago(5), 104.0).await.expect("kept now");
    assert_eq!(again.accepted(), 1, "it is taken, not known: it was only seen");
    assert_eq!(send(&house, minutes_ago(5), 104.0).await.expect("kept").known(), 1);
    assert_eq!(stored(&house), 2);
    assert_eq!(house.service.vitals.store_fault(), None);
}

#[tokio::test(start_paused = true)]
async fn it_heals_by_itself_and_not_before_the_store_writes_again() {
    let (house, faults) = breakable().await;
    faults.fail(Fault::Full);
    send(&house, NOW, 100.0).await.expect_err("it is not kept");
    tokio::time::sleep(std::time::Duration::from_mins(1)).await;
    // Whoever is answered after it knows that the writer has tried again.
    send(&house, NOW, 100.0).await.expect_err("it is not kept");
    assert!(house.service.vitals.store_fault().is_some(), "trying again is not healing");
    faults.heal();
    for _ in 0..10_000 {
        tokio::time::sleep(std::time::Duration::from_secs(10)).await;
        if house.service.vitals.store_fault().is_none() {
            return;
        }
    }
    panic!("it heals without anybody sending");
}

#[tokio::test]
async fn a_meter_check_is_not_known_before_it_is_kept() {
    let (house, faults) = breakable().await;
    let check = MeterCheck {
        person: house.person.id,
        at: NOW,
        mg_dl: MgDl::from_tenths(1_120),
        by: "Grandma".to_owned(),
        note: None,
    };
    let take = async || house.service.intake.check_meter(&house.publish(), vec![Ok(check.clone())]).await;
    faults.fail(Fault::Full);
    take().await.expect_err("it is not kept");
    take().await.expect_err("nor is it known");
    faults.heal();
    assert_eq!(take().await.expect("kept now"), [Ok(true)]);
    assert_eq!(take().await.expect("kept"), [Ok(false)]);
    let stretch = house.records.stretch(house.person.id, minutes_ago(5), NOW.plus_ms(1)).expect("read");
    assert_eq!(stretch.meter_checks, [check]);
}

#[tokio::test]
async fn a_withdrawal_that_was_refused_can_be_asked_again() {
    let (house, faults) = breakable().await;
    let Outcome::Accepted(key) = send(&house, NOW, 100.0).await.expect("kept").items[0] else { panic!("it is new") };
    let withdraw = async || house.service.intake.withdraw(&house.publish(), key.source, NOW).await;
    faults.fail(Fault::Full);
    withdraw().await.expect_err("it is not kept");
    faults.heal();
    assert_eq!(withdraw().await, Ok(true));
    assert_eq!(withdraw().await, Ok(false));
    assert_eq!(stored(&house), 0);
}

#[tokio::test]
async fn what_is_not_kept_is_not_counted_as_accepted() {
    let (house, faults) = breakable().await;
    faults.fail(Fault::Full);
    send(&house, NOW, 100.0).await.expect_err("it is not kept");
    assert_eq!(house.service.vitals.snapshot().accepted, 0);
}

#[tokio::test]
async fn a_torn_answer_never_makes_one_reading_two() {
    let (house, faults) = breakable().await;
    faults.fail(Fault::Torn);
    send(&house, NOW, 100.0).await.expect_err("no answer came back");
    faults.heal();
    send(&house, NOW, 100.0).await.expect("kept");
    assert_eq!(stored(&house), 1);
}

#[tokio::test]
async fn a_source_first_seen_while_the_store_refuses_is_written_before_its_readings() {
    let (house, faults) = breakable().await;
    faults.fail(Fault::ReadOnly);
    send(&house, minutes_ago(5), 100.0).await.expect_err("not kept");
    faults.heal();
    send(&house, NOW, 104.0).await.expect("kept");
    let rows = house.records.rows().expect("it can be read");
    assert!(rows.iter().any(|row| row.key().kind == 's'), "the source is there");
    let newest = house.records.newest(house.person.id).expect("it can be read");
    assert_eq!(newest.len(), 1);
}

#[tokio::test]
async fn no_person_is_half_added_while_the_store_refuses() {
    let (house, faults) = breakable().await;
    faults.fail(Fault::Dead);
    let refused = house.service.sharing.add_person(house::ada()).await;
    assert!(matches!(refused, Err(NotDone::Unavailable(_))));
    faults.heal();
    assert_eq!(house.service.sharing.register().read().people().count(), 1);
    house.service.sharing.add_person(house::ada()).await.expect("added now");
    assert_eq!(house.service.sharing.register().read().people().count(), 2);
}

#[tokio::test]
async fn a_forgotten_person_is_forgotten_everywhere() {
    let house = House::new().await;
    send(&house, NOW, 100.0).await.expect("kept");
    let (see, person) = (house.see(), house.person.id);
    house.service.sharing.remove_person(person).await.expect("removed");
    assert_eq!(house.service.readings.latest(&see).reading, None, "an old permit shows nothing");
    assert!(house.service.readings.glance(&see, true).is_none());
    assert!(house.records.stretch(person, minutes_ago(60), NOW.plus_ms(1)).expect("read").readings.is_empty());
    assert!(house.records.rows().expect("read").is_empty());
    let service = {
        house.service.stop().await;
        let (journal, _) = Store::in_memory().expect("memory is there");
        start(Box::new(journal), Arc::clone(&house.records), &house.clock, 3)
    };
    assert_eq!(service.readings.latest(&see).reading, None, "not even after a restart");
}
