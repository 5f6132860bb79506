//! Streams: all of now, then everything after; slow followers, ended follows, cursors.

mod house;

use house::{House, NOW, by, draft, minutes_ago};
use keepwatch_model::id::AccountId;
use keepwatch_model::sharing::Caller;
use keepwatch_model::source::Protocol;
use keepwatch_model::time::MINUTE_MS;
use keepwatch_service::live::{EVENTS_WAITING_MAX, LiveEvent, LiveStream, NoStream, cursor};
use keepwatch_service::sharing::{FollowAdded, Who};
use keepwatch_service::told::Happening;

async fn follower(house: &House) -> (FollowAdded, LiveStream) {
    let who = Who::Named("Maria".to_owned());
    let added = house.service.sharing.add_follower(house.person.id, who).await.expect("added");
    let stream = house.service.live.follow(Caller::Account(added.account.id), None).expect("she follows");
    (added, stream)
}

async fn send(house: &House, minutes: i64, mg_dl: f64) {
    let drafts = vec![draft(minutes_ago(minutes), mg_dl)];
    house.service.intake.accept(&house.publish(), by(Protocol::Share, ""), drafts).await.expect("kept");
}

/// The next event that is not about rows or beats.
async fn next(stream: &mut LiveStream) -> Option<LiveEvent> {
    loop {
        match stream.next().await {
            Some(LiveEvent::People | LiveEvent::Beat) => {}
            event => return event,
        }
    }
}

#[tokio::test]
async fn first_all_of_now_then_each_reading_as_it_comes() {
    let house = House::new().await;
    send(&house, 5, 100.0).await;
    let (_, mut stream) = follower(&house).await;
    assert!(
        matches!(next(&mut stream).await, Some(LiveEvent::Now { partial: false, people }) if people == [house.person.id])
    );
    send(&house, 0, 104.0).await;
    let Some(LiveEvent::Heard(heard)) = next(&mut stream).await else { panic!("the reading comes") };
    assert!(matches!(&heard.happening, Happening::Taken(reading) if reading.place == NOW));
    assert!(heard.seq.is_some());
}

#[tokio::test]
async fn a_slow_follower_is_told_to_catch_up_and_others_hear_everything() {
    let house = House::new().await;
    let (_, mut slow) = follower(&house).await;
    let (_, mut quick) = follower(&house).await;
    next(&mut slow).await;
    next(&mut quick).await;
    let count = EVENTS_WAITING_MAX as i64 * 3;
    for minutes in (0..count).rev() {
        send(&house, minutes, 100.0).await;
        assert!(matches!(next(&mut quick).await, Some(LiveEvent::Heard(_))));
    }
    let mut heard = 0;
    while let Some(LiveEvent::Heard(_)) = next(&mut slow).await {
        heard += 1;
    }
    assert!(heard <= EVENTS_WAITING_MAX, "bounded");
    assert_eq!(house.service.vitals.snapshot().lagged, 1, "it was told all of now once");
}

#[tokio::test]
async fn an_ended_follow_ends_its_open_streams() {
    let house = House::new().await;
    let (added, mut stream) = follower(&house).await;
    next(&mut stream).await;
    house.service.sharing.remove_follow(added.follow.id).await.expect("removed");
    assert!(matches!(next(&mut stream).await, Some(LiveEvent::Ended(person)) if person == house.person.id));
    assert!(next(&mut stream).await.is_none());
    let again = house.service.live.follow(Caller::Account(added.account.id), None);
    assert_eq!(again.err(), Some(NoStream::NobodyToFollow));
    assert!(house.service.access.by_token(&added.read.token).is_none());
    assert!(house.service.access.by_nightscout(&added.read.nightscout_token).is_none());
}

#[tokio::test]
async fn with_a_cursor_only_those_who_changed_come_again() {
    let house = House::new().await;
    send(&house, 10, 100.0).await;
    let (added, stream) = follower(&house).await;
    drop(stream);
    let caller = Caller::Account(added.account.id);
    let seen = house.service.live.cursor();
    let mut stream = house.service.live.follow(caller, Some(&seen)).expect("follows");
    assert!(matches!(next(&mut stream).await, Some(LiveEvent::Now { partial: true, people }) if people.is_empty()));
    drop(stream);
    send(&house, 5, 104.0).await;
    let mut stream = house.service.live.follow(caller, Some(&seen)).expect("follows");
    assert!(matches!(next(&mut stream).await, Some(LiveEvent::Now { partial: true, people }) if people.len() == 1));
}

/// A follow that ended while the phone slept, and contacts, have no cursor: whoever resumes is told of everyone.
#[tokio::test]
async fn who_resumes_is_told_of_everyone_again() {
    let house = House::new().await;
    let (added, stream) = follower(&house).await;
    drop(stream);
    let seen = house.service.live.cursor();
    let mut stream = house.service.live.follow(Caller::Account(added.account.id), Some(&seen)).expect("follows");
    assert!(matches!(stream.next().await, Some(LiveEvent::Now { partial: true, .. })));
    assert!(matches!(stream.next().await, Some(LiveEvent::People)));
}

#[tokio::test]
async fn a_reading_program_sees_and_does_nothing_else() {
    let house = House::new().await;
    let owner = house.service.sharing.register().read().accounts().next().expect("the owner").id;
    let ben = house.service.sharing.add_person(house::ada()).await.expect("added").person.id;
    let added = house.service.sharing.add_follower(ben, Who::Account(owner)).await.expect("added");
    let caller = house.service.access.by_token(&added.read.token).expect("known");
    let may = |power| house.service.access.permit(caller, power, house.person.id).is_some();
    assert!(may(keepwatch_model::sharing::Power::See));
    assert!(!may(keepwatch_model::sharing::Power::Publish) && !may(keepwatch_model::sharing::Power::Answer));
}

#[tokio::test]
async fn a_cursor_from_elsewhere_gets_all_of_now() {
    let house = House::new().await;
    let (added, _) = follower(&house).await;
    for text in ["", "not a cursor", &cursor(keepwatch_model::fact::Seq(u64::MAX))] {
        let mut stream = house.service.live.follow(Caller::Account(added.account.id), Some(text)).expect("follows");
        assert!(matches!(next(&mut stream).await, Some(LiveEvent::Now { partial: false, .. })), "{text:?}");
    }
}

#[tokio::test(start_paused = true)]
#[allow(clippy::disallowed_methods, reason = "the paused clock of the runtime, moved by the test alone")]
async fn a_quiet_stream_hears_a_beat_every_fifteen_seconds() {
    let house = House::new().await;
    let (_, mut stream) = follower(&house).await;
    let started = tokio::time::Instant::now();
    let mut beats = 0;
    while beats < 4 {
        if matches!(stream.next().await, Some(LiveEvent::Beat)) {
            beats += 1;
        }
    }
    let seconds = started.elapsed().as_secs();
    assert!((45..=60).contains(&seconds), "{seconds}");
}

#[tokio::test]
async fn nobody_hears_of_whom_they_do_not_follow() {
    let house = House::new().await;
    let (_, mut stream) = follower(&house).await;
    next(&mut stream).await;
    let mut other = house::ada();
    other.name = "Ben".to_owned();
    let ben = house.service.sharing.add_person(other).await.expect("added").person.id;
    let publisher = Caller::Publisher(ben);
    let permit =
        house.service.access.permit(publisher, keepwatch_model::sharing::Power::Publish, ben).expect("his own");
    let drafts = vec![draft(NOW.plus_ms(-MINUTE_MS), 60.0)];
    house.service.intake.accept(&permit, by(Protocol::Share, ""), drafts).await.expect("kept");
    send(&house, 0, 100.0).await;
    let Some(LiveEvent::Heard(heard)) = next(&mut stream).await else { panic!("Ada's reading comes") };
    assert_eq!(heard.person, house.person.id);
    let stranger = Caller::Account(AccountId::from_random(5));
    assert_eq!(house.service.live.follow(stranger, None).err(), Some(NoStream::NobodyToFollow));
}

#[tokio::test]
async fn nobody_is_told_of_rows_that_do_not_concern_them() {
    let house = House::new().await;
    let (_, mut stream) = follower(&house).await;
    next(&mut stream).await;
    let mut other = house::ada();
    other.name = "Ben".to_owned();
    let ben = house.service.sharing.add_person(other).await.expect("added").person.id;
    house.service.sharing.add_follower(ben, Who::Named("Paul".to_owned())).await.expect("added");
    send(&house, 0, 100.0).await;
    // Ada's new source concerns her followers; Ben's family does not.
    assert!(matches!(stream.next().await, Some(LiveEvent::Heard(_) | LiveEvent::People)));
    assert!(matches!(stream.next().await, Some(LiveEvent::Heard(_) | LiveEvent::People)));
    assert!(tokio::time::timeout(std::time::Duration::ZERO, stream.next()).await.is_err(), "nothing else is told");
}

#[tokio::test]
async fn an_unbound_device_opens_nothing() {
    let house = House::new().await;
    let (added, _stream) = follower(&house).await;
    let device = house.service.sharing.bind(&added.invitation).await.expect("bound");
    assert!(house.service.access.by_device(&device).is_some());
    assert!(house.service.sharing.unbind(&device).await.expect("done"));
    assert!(!house.service.sharing.unbind(&device).await.expect("done"));
    assert!(house.service.access.by_device(&device).is_none());
}
