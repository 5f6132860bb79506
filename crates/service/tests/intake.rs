//! What becomes of readings that come in: kept, known, corrected, refused, placed.

mod house;

use house::{House, NOW, by, draft, minutes_ago, start};
use keepwatch_journal::sqlite::Store;
use keepwatch_model::glucose::MgDl;
use keepwatch_model::reading::{MeterCheck, Refusal};
use keepwatch_model::source::Protocol;
use keepwatch_model::time::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp};
use keepwatch_service::intake::Outcome;
use keepwatch_service::readings::Which;

fn values(house: &House) -> Vec<u16> {
    let readings = house.service.readings.recent(&house.see(), Timestamp::default(), NOW.plus_ms(DAY_MS), Which::All);
    readings.iter().filter_map(|r| r.glucose.measured()).map(MgDl::rounded).collect()
}

#[tokio::test]
async fn a_bad_item_never_sinks_the_good_beside_it() {
    let house = House::new().await;
    let drafts = vec![
        draft(minutes_ago(10), 100.0),
        draft(minutes_ago(5), 5.0),
        Err(Refusal::Malformed),
        draft(minutes_ago(5), 700.0),
        draft(NOW.plus_ms(2 * HOUR_MS), 90.0),
        draft(minutes_ago(0), 104.0),
    ];
    let receipt =
        house.service.intake.accept(&house.publish(), by(Protocol::Native, "phone"), drafts).await.expect("kept");
    let refused: Vec<Refusal> = receipt
        .items
        .iter()
        .filter_map(|i| if let Outcome::Refused(reason) = i { Some(*reason) } else { None })
        .collect();
    assert_eq!(refused, [Refusal::SensorCode, Refusal::Malformed, Refusal::ValueTooHigh, Refusal::TimeInFuture]);
    assert_eq!((receipt.accepted(), receipt.refused()), (2, 4));
    assert_eq!(values(&house), [100, 104]);
    let glance = house.service.readings.glance(&house.see(), false).expect("she is there");
    assert_eq!(glance.sources[0].refused.map(|(reason, _)| reason), Some(Refusal::SensorCode));
}

#[tokio::test]
async fn the_same_key_is_known_and_another_value_corrects_by_the_doors_that_may() {
    let house = House::new().await;
    let send = async |protocol, mg_dl| {
        let origin = by(protocol, "phone");
        let receipt =
            house.service.intake.accept(&house.publish(), origin, vec![draft(NOW, mg_dl)]).await.expect("kept");
        receipt.items[0]
    };
    for protocol in [Protocol::Nightscout, Protocol::Native, Protocol::Import] {
        assert!(matches!(send(protocol, 100.0).await, Outcome::Accepted(_)));
        assert!(matches!(send(protocol, 100.0).await, Outcome::Known(_)));
        assert!(matches!(send(protocol, 110.0).await, Outcome::Corrected(_)));
    }
    assert!(matches!(send(Protocol::Share, 100.0).await, Outcome::Accepted(_)));
    assert!(matches!(send(Protocol::Share, 110.0).await, Outcome::Known(_)));
    assert_eq!(values(&house).iter().filter(|value| **value == 100).count(), 1);
}

#[tokio::test]
async fn one_batch_may_hold_a_reading_twice() {
    let house = House::new().await;
    let drafts = vec![draft(NOW, 100.0), draft(NOW, 100.0)];
    let receipt = house.service.intake.accept(&house.publish(), by(Protocol::Share, ""), drafts).await.expect("kept");
    assert_eq!((receipt.accepted(), receipt.known()), (1, 1));
}

#[tokio::test]
async fn a_batch_may_correct_itself() {
    let house = House::new().await;
    let drafts = vec![draft(NOW, 100.0), draft(NOW, 50.0)];
    let receipt =
        house.service.intake.accept(&house.publish(), by(Protocol::Native, "phone"), drafts).await.expect("kept");
    assert_eq!((receipt.accepted(), receipt.corrected()), (1, 1));
    assert_eq!(values(&house), [50]);
    let stretch = house.records.stretch(house.person.id, minutes_ago(5), NOW.plus_ms(1)).expect("read");
    assert_eq!(
        stretch.readings.iter().filter_map(|r| r.glucose.measured()).map(MgDl::rounded).collect::<Vec<_>>(),
        [50]
    );
}

#[tokio::test]
async fn a_tombstone_holds_against_share_and_gives_way_to_our_own_door() {
    let house = House::new().await;
    for (protocol, comes_back) in [(Protocol::Share, false), (Protocol::Import, false), (Protocol::Native, true)] {
        let permit = house.publish();
        let send = || house.service.intake.accept(&permit, by(protocol, "phone"), vec![draft(NOW, 100.0)]);
        let Outcome::Accepted(key) = send().await.expect("kept").items[0] else { panic!("it is new") };
        assert!(house.service.intake.withdraw(&house.publish(), key.source, NOW).await.expect("kept"));
        assert!(!house.service.intake.withdraw(&house.publish(), key.source, NOW).await.expect("kept"));
        let again = send().await.expect("kept").items[0];
        assert_eq!(matches!(again, Outcome::Accepted(_)), comes_back, "{protocol:?}");
    }
}

#[tokio::test]
async fn a_clock_that_runs_ahead_gives_places_that_keep_their_distance() {
    let house = House::new().await;
    let ahead_ms = 20 * MINUTE_MS;
    let drafts = (0..4).map(|n| draft(NOW.plus_ms(ahead_ms - n * 5 * MINUTE_MS), 100.0 + n as f64)).collect();
    house.service.intake.accept(&house.publish(), by(Protocol::Share, ""), drafts).await.expect("kept");
    let readings = house.service.readings.recent(&house.see(), minutes_ago(60), NOW.plus_ms(1), Which::Shown);
    let places: Vec<i64> = readings.iter().map(|r| NOW.ms_since(r.place) / MINUTE_MS).collect();
    assert_eq!(places, [15, 10, 5, 0]);
    assert!(readings.iter().all(keepwatch_model::reading::Reading::clock_suspect));
}

/// A low from a phone whose clock was set right meanwhile must not hide behind a reading that claimed more.
#[tokio::test]
async fn a_clock_that_was_set_anew_is_learnt_anew() {
    let house = House::new().await;
    let send = async |ahead_minutes: i64, mg_dl: f64| {
        house.clock.advance_ms(5 * MINUTE_MS);
        let at = NOW.plus_ms(house.service.clock.now().ms_since(NOW) + ahead_minutes * MINUTE_MS);
        house
            .service
            .intake
            .accept(&house.publish(), by(Protocol::Share, ""), vec![draft(at, mg_dl)])
            .await
            .expect("kept");
        house.service.readings.latest(&house.see()).reading.expect("there is one")
    };
    send(30, 100.0).await;
    let latest = send(5, 48.0).await;
    assert_eq!(latest.glucose.measured().map(MgDl::rounded), Some(48));
    assert_eq!(latest.place, house.service.clock.now());
    assert_eq!(send(5, 45.0).await.glucose.measured().map(MgDl::rounded), Some(45));
}

#[tokio::test]
async fn nothing_is_kept_for_somebody_who_was_removed() {
    let house = House::new().await;
    let permit = house.publish();
    house.service.sharing.remove_person(house.person.id).await.expect("removed");
    let receipt =
        house.service.intake.accept(&permit, by(Protocol::Share, ""), vec![draft(NOW, 100.0)]).await.expect("told");
    assert_eq!(receipt.items, [Outcome::Refused(Refusal::PersonGone)]);
    assert!(
        !house
            .service
            .intake
            .withdraw(&permit, keepwatch_model::id::SourceId::from_random(1), NOW)
            .await
            .expect("told")
    );
    assert!(house.records.rows().expect("read").is_empty());
}

#[tokio::test]
async fn readings_that_are_older_than_memory_are_known_before_and_after_folding() {
    let house = House::new().await;
    let old = NOW.plus_ms(-40 * DAY_MS);
    let permit = house.publish();
    let send = || house.service.intake.accept(&permit, by(Protocol::Import, "file"), vec![draft(old, 100.0)]);
    assert_eq!(send().await.expect("kept").accepted(), 1);
    assert_eq!(send().await.expect("kept").known(), 1);
    let stretch = house.service.readings.stretch(&house.see(), old, old.plus_ms(1), Which::All).await.expect("read");
    assert_eq!(stretch.readings.len(), 1);
}

#[tokio::test]
async fn more_sources_at_a_time_than_are_kept_are_refused_with_the_reason() {
    let house = House::new().await;
    for number in 0..16 {
        let origin = by(Protocol::Native, &format!("phone {number}"));
        let receipt =
            house.service.intake.accept(&house.publish(), origin, vec![draft(NOW, 100.0)]).await.expect("kept");
        let refused = matches!(receipt.items[0], Outcome::Refused(Refusal::TooManySources));
        assert_eq!(refused, number == 15);
    }
}

/// Some uploaders name each sensor: over a year that is more sources than a person has at a time.
#[tokio::test]
async fn a_new_sensor_every_ten_days_is_never_one_too_many() {
    let house = House::new().await;
    for number in 0..60 {
        let at = NOW.plus_ms(number * 10 * DAY_MS);
        house.clock.set(at);
        let origin = by(Protocol::Share, &format!("sensor {number}"));
        let receipt =
            house.service.intake.accept(&house.publish(), origin, vec![draft(at, 100.0)]).await.expect("kept");
        assert_eq!(receipt.accepted(), 1, "sensor {number}");
        let glance = house.service.readings.glance(&house.see(), true).expect("she is there");
        assert_eq!(glance.latest.reading.map(|reading| reading.place), Some(at));
        assert_eq!(glance.sources.len(), 1, "followers see the sensor that sends");
    }
    house.service.stop().await;
    let (journal, _) = Store::in_memory().expect("memory is there");
    let service = start(Box::new(journal), std::sync::Arc::clone(&house.records), &house.clock, 2);
    let latest = service.readings.latest(&house.see()).reading.map(|reading| reading.place);
    assert_eq!(latest, Some(NOW.plus_ms(590 * DAY_MS)));
}

#[tokio::test]
async fn a_sensor_that_reports_each_minute_is_learnt() {
    let house = House::new().await;
    let drafts = (0..30).map(|n| draft(minutes_ago(30 - n), 100.0)).collect();
    house.service.intake.accept(&house.publish(), by(Protocol::Native, "phone"), drafts).await.expect("kept");
    let next = vec![draft(NOW, 101.0)];
    house.service.intake.accept(&house.publish(), by(Protocol::Native, "phone"), next).await.expect("kept");
    let latest = house.service.readings.latest(&house.see());
    assert_eq!(latest.interval_ms, MINUTE_MS);
}

#[tokio::test]
async fn a_meter_check_is_kept_once_with_the_name_of_who_took_it() {
    let house = House::new().await;
    let check = |mg_dl: u16| MeterCheck {
        person: house.person.id,
        at: NOW,
        mg_dl: MgDl::from_tenths(mg_dl * 10),
        by: "Grandma".to_owned(),
        note: None,
    };
    let take =
        async |mg_dl| house.service.intake.check_meter(&house.publish(), vec![Ok(check(mg_dl))]).await.expect("kept");
    assert_eq!(take(112).await, [Ok(true)]);
    assert_eq!(take(112).await, [Ok(false)]);
    assert_eq!(take(900).await, [Err(Refusal::ValueTooHigh)]);
    let glance = house.service.readings.glance(&house.see(), false).expect("she is there");
    assert_eq!(glance.meter_checks[0].by, "Grandma");
    assert_eq!(glance.latest.reading, None, "a meter check is not a sensor's reading");
}

#[tokio::test]
async fn after_a_restart_everything_is_as_it_was() {
    let directory = tempfile::tempdir().expect("a place");
    let (journal, records) = Store::open(directory.path()).expect("it opens");
    let house = House::on(Box::new(journal), std::sync::Arc::new(records)).await;
    let drafts = (0..400).map(|n| draft(minutes_ago(n * 5), f64::from(100 + n as i32 % 50))).collect();
    house.service.intake.accept(&house.publish(), by(Protocol::Share, ""), drafts).await.expect("kept");
    let before = house.service.readings.glance(&house.see(), true);
    house.service.stop().await;
    let (clock, permit) = (house.clock.clone(), house.see());
    drop(house);
    let (journal, records) = Store::open(directory.path()).expect("it opens again");
    let service = start(Box::new(journal), std::sync::Arc::new(records), &clock, 2);
    let mut after = service.readings.glance(&permit, true);
    if let (Some(before), Some(after)) = (&before, &mut after) {
        assert_eq!(before.readings.len(), 289);
        after.sources[0].last_contact = before.sources[0].last_contact;
    }
    assert_eq!(before, after);
    service.stop().await;
}

#[tokio::test]
async fn the_last_reading_is_recalled_after_a_restart_however_old() {
    let (journal, records) = Store::in_memory().expect("memory is there");
    let house = House::on(Box::new(journal), std::sync::Arc::new(records)).await;
    house
        .service
        .intake
        .accept(&house.publish(), by(Protocol::Share, ""), vec![draft(NOW, 104.0)])
        .await
        .expect("kept");
    house.service.stop().await;
    house.clock.advance_ms(9 * DAY_MS);
    let (journal, _) = Store::in_memory().expect("memory is there");
    let service = start(Box::new(journal), std::sync::Arc::clone(&house.records), &house.clock, 2);
    let latest = service.readings.latest(&house.see());
    assert_eq!(latest.reading.map(|reading| reading.place), Some(NOW));
    assert!(service.readings.glance(&house.see(), true).expect("she is there").readings.is_empty());
    service.stop().await;
}

#[tokio::test]
async fn behind_a_withdrawn_reading_stands_the_one_before_however_old() {
    let house = House::new().await;
    let send = async |at| {
        let origin = by(Protocol::Native, "phone");
        house.service.intake.accept(&house.publish(), origin, vec![draft(at, 104.0)]).await.expect("kept").items[0]
    };
    send(NOW).await;
    house.clock.advance_ms(3 * DAY_MS);
    let Outcome::Accepted(key) = send(NOW.plus_ms(3 * DAY_MS)).await else { panic!("it is new") };
    house.service.intake.withdraw(&house.publish(), key.source, key.measured_at).await.expect("kept");
    assert_eq!(house.service.readings.latest(&house.see()).reading.map(|reading| reading.place), Some(NOW));
}
