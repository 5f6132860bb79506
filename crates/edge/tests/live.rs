//! The event stream over a real socket: all of now, then everything after; catching up; lagging; and its ends.

mod door;
mod server;

use door::{Door, Plan, Stream, bearer};
use keepwatch_edge::protocols::native::client::Event;
use keepwatch_edge::protocols::native::wire::{LiveEntry, LiveEntryKind};
use keepwatch_journal::faulty::Fault;
use keepwatch_model::glucose::Unit;
use keepwatch_service::sharing::{NewPerson, Who};
use serde_json::json;
use server::{NOW, Server};

const MINUTE: i64 = 60_000;
/// More than a follower's buffer and small sockets hold together.
const FLOOD: i64 = 400;

async fn upload(server: &Server, token: &str, person: &str, readings: serde_json::Value) -> u16 {
    let authorization = format!("Bearer {token}");
    let body = json!({"source": "phone", "readings": readings}).to_string();
    let target = format!("/api/people/{person}/readings");
    server.ask("POST", &target, &[("authorization", &authorization)], body.as_bytes()).await.status
}

async fn take(server: &Server, minutes_ago: i64, mg_dl: f64) -> u16 {
    let reading = json!({"measured_at": NOW.as_ms() - minutes_ago * MINUTE, "mg_dl": mg_dl});
    upload(server, &server.publish.token, &server.person.id.to_string(), json!([reading])).await
}

async fn follower(server: &Server) -> Stream {
    Stream::open(server.address, "/api/live", &bearer(&server.read.token)).await
}

/// The names of people in a state.
fn names(event: Option<Event>) -> (bool, Vec<String>) {
    let Some(Event::Now(now)) = event else { panic!("a state: {event:?}") };
    (now.partial, now.people.into_iter().map(|glance| glance.person.name).collect())
}

/// The value of the next entry.
async fn value(stream: &mut Stream) -> Option<f64> {
    entry(stream).await.reading.and_then(|reading| reading.mg_dl)
}

/// The next entry. A new source makes everyone's names be told anew; that is passed over.
async fn entry(stream: &mut Stream) -> LiveEntry {
    loop {
        match stream.next().await {
            Some(Event::Entry(entry)) => return *entry,
            Some(Event::People(_)) => {}
            event => panic!("an entry: {event:?}"),
        }
    }
}

#[tokio::test]
async fn first_comes_now_then_everything_after() {
    let server = Server::start().await;
    take(&server, 5, 100.0).await;
    let mut stream = follower(&server).await;
    assert_eq!(stream.status(), "200");
    for line in ["content-type: text/event-stream", "cache-control: no-store", "x-accel-buffering: no"] {
        assert!(stream.head.contains(line), "{}", stream.head);
    }
    let first = stream.sent().await.expect("an event");
    assert!(first.name == "now" && first.id.is_some(), "{first:?}");
    take(&server, 0, 94.0).await;
    let sent = stream.sent().await.expect("an event");
    assert!(sent.name == "entry" && sent.id.is_some() && sent.id != first.id, "{sent:?}");
    let Ok(Some(Event::Entry(entry))) = Event::read(&sent.name, &sent.body) else { panic!("{sent:?}") };
    assert_eq!((entry.kind, entry.reading.and_then(|reading| reading.mg_dl)), (LiveEntryKind::Taken, Some(94.0)));
    assert_eq!(entry.latest.and_then(|reading| reading.mg_dl), Some(94.0));
    assert_eq!(entry.delta.map(|delta| (delta.mg_dl, delta.minutes)), Some((-6.0, 5)));
    take(&server, 0, 96.0).await;
    let Some(Event::Entry(entry)) = stream.next().await else { panic!("a correction") };
    assert_eq!((entry.kind, entry.reading.and_then(|reading| reading.mg_dl)), (LiveEntryKind::Corrected, Some(96.0)));
    // A reading token only sees; a bound device may also note a check.
    let device = server.service.sharing.bind(&server.follow.invitation).await.expect("a place is free");
    let authorization = format!("Bearer {device}");
    let target = format!("/api/people/{}/meter-checks", server.person.id);
    server.ask("POST", &target, &[("authorization", &authorization)], br#"{"mg_dl":101,"by":"Grandma"}"#).await;
    let Some(Event::Entry(entry)) = stream.next().await else { panic!("a check") };
    assert_eq!((entry.kind, entry.meter_check.map(|check| check.mg_dl)), (LiveEntryKind::Meter, Some(101.0)));
}

#[tokio::test]
async fn whoever_comes_back_hears_only_what_changed() {
    let server = Server::start().await;
    let new = NewPerson { name: "Ben".into(), family: None, unit: Unit::MmolL, time_zone: "UTC".into(), demo: false };
    let ben = server.service.sharing.add_person(new).await.expect("a second person");
    let who = Who::Account(server.follow.account.id);
    server.service.sharing.add_follower(ben.person.id, who).await.expect("a second follow");
    take(&server, 10, 100.0).await;
    let reading = json!([{"measured_at": NOW.as_ms(), "mg_dl": 120}]);
    upload(&server, &ben.publish.token, &ben.person.id.to_string(), reading).await;

    let mut stream = follower(&server).await;
    let cursor = stream.sent().await.and_then(|sent| sent.id).expect("a cursor");
    drop(stream);
    take(&server, 5, 94.0).await;
    let again = format!("{}last-event-id: {cursor}\r\n", bearer(&server.read.token));
    let mut stream = Stream::open(server.address, "/api/live", &again).await;
    assert_eq!(names(stream.next().await), (true, vec!["Ada".to_owned()]));
    let target = format!("/api/live?cursor={cursor}");
    let mut stream = Stream::open(server.address, &target, &bearer(&server.read.token)).await;
    assert_eq!(names(stream.next().await), (true, vec!["Ada".to_owned()]));
    for strange in ["zzz", "AAAAAAAAAAA", "____________"] {
        let lines = format!("{}last-event-id: {strange}\r\n", bearer(&server.read.token));
        let mut stream = Stream::open(server.address, "/api/live", &lines).await;
        let (partial, people) = names(stream.next().await);
        assert!(partial || people.len() == 2, "{strange}");
    }
}

/// P9: one follower takes nothing, and the uploader and another follower notice nothing of it.
#[tokio::test]
async fn a_stuck_follower_slows_nobody_and_is_told_to_catch_up() {
    let server = Server::start().await;
    let door = Door::open(&server, Plan { small_buffers: true, ..Plan::default() });
    let mut stuck = Stream::narrow(door.address, "/api/live", &bearer(&server.read.token)).await;
    let mut quick = follower(&server).await;
    names(quick.next().await);
    for minute in (0..FLOOD).rev() {
        assert_eq!(take(&server, minute, 100.0).await, 200);
        assert_eq!(value(&mut quick).await, Some(100.0), "the other follower hears at once");
    }
    assert_eq!(take(&server, 0, 77.0).await, 200);
    names(stuck.next().await);
    let caught_up = loop {
        match stuck.next().await {
            Some(Event::Now(now)) => break now,
            Some(_) => {}
            None => panic!("the stream goes on"),
        }
    };
    assert!(!caught_up.partial);
    let latest = caught_up.people[0].latest.as_ref().expect("a reading");
    assert_eq!(latest.mg_dl, Some(77.0));
    assert!(server.service.vitals.snapshot().lagged >= 1);
    take(&server, 0, 78.0).await;
    assert_eq!(value(&mut stuck).await, Some(78.0), "and then everything after");
}

#[tokio::test]
async fn a_follow_that_is_removed_ends_its_streams_at_once() {
    let server = Server::start().await;
    take(&server, 5, 100.0).await;
    let mut stream = follower(&server).await;
    names(stream.next().await);
    server.service.sharing.remove_follow(server.follow.follow.id).await.expect("it is there");
    let Some(Event::Ended(ended)) = stream.next().await else { panic!("she is to be forgotten") };
    assert_eq!(ended.person, server.person.id.to_string());
    assert_eq!(stream.next().await, None, "nothing is left to follow");
    let again = follower(&server).await;
    assert_eq!(again.status(), "401");
    take(&server, 0, 94.0).await;
}

#[tokio::test]
async fn a_removed_follower_hears_nothing_later_and_takes_nothing_from_the_others() {
    let server = Server::start().await;
    take(&server, 10, 100.0).await;
    let second = server.service.sharing.add_follower(server.person.id, Who::Named("Friend".into())).await;
    let second = second.expect("a second follower");
    // The first one's stream hears each event first; its follow ends before it reads what waits.
    let mut gone = follower(&server).await;
    names(gone.next().await);
    let mut stays = Stream::open(server.address, "/api/live", &bearer(&second.read.token)).await;
    names(stays.next().await);
    let (removed, status) =
        tokio::join!(server.service.sharing.remove_follow(server.follow.follow.id), take(&server, 0, 94.0));
    removed.expect("it is there");
    assert_eq!(status, 200);
    let Some(Event::Entry(entry)) = stays.next().await else { panic!("the reading") };
    assert_eq!(entry.latest.and_then(|latest| latest.mg_dl), Some(94.0), "the number is hers, whoever heard it first");
    let mut is_ended = false;
    while let Some(event) = gone.next().await {
        is_ended |= matches!(event, Event::Ended(_));
        assert!(!(is_ended && matches!(event, Event::Entry(_))), "{event:?}");
    }
    assert!(is_ended);
}

#[tokio::test]
async fn an_entry_says_which_source_is_shown_after_it_and_for_how_long() {
    let server = Server::start().await;
    take(&server, 5, 100.0).await;
    let mut stream = follower(&server).await;
    let Some(Event::Now(now)) = stream.next().await else { panic!("a state") };
    let first = now.people[0].sources[0].id.clone();
    server.clock.advance_ms(20 * MINUTE);
    let authorization = format!("Bearer {}", server.publish.token);
    let target = format!("/api/people/{}/readings", server.person.id);
    let at = NOW.as_ms() + 20 * MINUTE;
    let body = json!({"source": "second", "readings": [{"measured_at": at, "mg_dl": 140}]}).to_string();
    server.ask("POST", &target, &[("authorization", &authorization)], body.as_bytes()).await;
    let entry = entry(&mut stream).await;
    let shown = entry.shown.expect("a shown source");
    assert_ne!(shown, first, "the second has taken over");
    assert_eq!(entry.latest.and_then(|latest| latest.mg_dl), Some(140.0));
    assert_eq!((entry.interval_ms, entry.fresh_ms, entry.late_ms), (300_000, 360_000, 720_000));
    assert_eq!(entry.disagreement, None, "the first is silent");
    upload(&server, &server.publish.token, &server.person.id.to_string(), json!([{"measured_at": at, "mg_dl": 100}]))
        .await;
    let entry = self::entry(&mut stream).await;
    assert_eq!(entry.shown, Some(first), "the first is back");
    let said = entry.disagreement.expect("they are 40 apart");
    assert_eq!(said.sources.len(), 2);
}

#[tokio::test]
async fn a_store_that_refuses_is_told_in_the_state_and_in_every_beat() {
    let server = Server::start().await;
    server.faults.fail(Fault::Full);
    assert_eq!(take(&server, 0, 54.0).await, 503);
    let mut stream = follower(&server).await;
    let Some(Event::Now(now)) = stream.next().await else { panic!("a state") };
    assert!(now.store_fault);
    tokio::time::pause();
    let beat = loop {
        let sent = stream.sent().await.expect("an event");
        if sent.name == "beat" {
            break sent;
        }
    };
    assert!(beat.body.contains("\"store_fault\":true"), "{}", beat.body);
}

/// P7
#[tokio::test]
async fn a_stream_holds_nothing_of_those_who_are_not_followed() {
    let server = Server::start().await;
    let new = NewPerson { name: "Ben".into(), family: None, unit: Unit::MmolL, time_zone: "UTC".into(), demo: false };
    let ben = server.service.sharing.add_person(new).await.expect("a second family");
    let friend =
        server.service.sharing.add_follower(ben.person.id, Who::Named("Friend".into())).await.expect("a follower");
    let mut bens = Stream::open(server.address, "/api/live", &bearer(&friend.read.token)).await;
    let mut adas = follower(&server).await;
    assert_eq!(names(bens.next().await).1, ["Ben"]);
    assert_eq!(names(adas.next().await).1, ["Ada"]);
    take(&server, 0, 94.0).await;
    let reading = json!([{"measured_at": NOW.as_ms(), "mg_dl": 120}]);
    upload(&server, &ben.publish.token, &ben.person.id.to_string(), reading).await;
    assert_eq!(value(&mut bens).await, Some(120.0), "and nothing of Ada before it");
    assert_eq!(value(&mut adas).await, Some(94.0));
}

#[tokio::test]
async fn names_and_new_people_are_told() {
    let server = Server::start().await;
    let mut stream = follower(&server).await;
    names(stream.next().await);
    let new = NewPerson { name: "Ben".into(), family: None, unit: Unit::MmolL, time_zone: "UTC".into(), demo: false };
    let ben = server.service.sharing.add_person(new).await.expect("a second person");
    let who = Who::Account(server.follow.account.id);
    server.service.sharing.add_follower(ben.person.id, who).await.expect("a second follow");
    let people = loop {
        match stream.next().await {
            Some(Event::People(people)) if people.people.len() == 2 => break people,
            Some(Event::People(_)) => {}
            other => panic!("who there is: {other:?}"),
        }
    };
    assert!(people.people.iter().all(|glance| glance.readings.is_none()));
    assert_eq!(names(stream.next().await), (true, vec!["Ben".to_owned()]));
}

#[tokio::test]
async fn an_uploader_without_readings_is_told_as_a_contact() {
    let server = Server::start().await;
    take(&server, 5, 100.0).await;
    let mut stream = follower(&server).await;
    names(stream.next().await);
    server.clock.advance_ms(2 * MINUTE);
    upload(&server, &server.publish.token, &server.person.id.to_string(), json!([])).await;
    let Some(Event::Contact(contact)) = stream.next().await else { panic!("a contact") };
    assert_eq!(contact.source.last_contact, Some(NOW.as_ms() + 2 * MINUTE));
}

#[tokio::test]
async fn what_is_only_seen_carries_no_cursor() {
    let server = Server::start().await;
    take(&server, 5, 100.0).await;
    let mut stream = follower(&server).await;
    names(stream.next().await);
    server.faults.fail(Fault::Full);
    assert_eq!(take(&server, 0, 54.0).await, 503);
    let sent = stream.sent().await.expect("an event");
    assert!(sent.name == "entry" && sent.id.is_none() && sent.body.contains("\"mg_dl\":54"), "{sent:?}");
    server.faults.heal();
    assert_eq!(take(&server, 0, 54.0).await, 200);
    let sent = stream.sent().await.expect("an event");
    assert!(sent.name == "entry" && sent.id.is_some(), "{sent:?}");
}

#[tokio::test]
async fn streams_of_one_caller_have_a_bound() {
    let server = Server::start().await;
    let mut open = Vec::new();
    for _ in 0..100 {
        open.push(follower(&server).await);
    }
    assert!(open.iter().all(|stream| stream.status() == "200"));
    assert_eq!(follower(&server).await.status(), "429");
    let uploader = Stream::open(server.address, "/api/live", &bearer(&server.publish.token)).await;
    assert_eq!(uploader.status(), "200", "others are not touched by it");
}

#[tokio::test]
async fn a_server_that_goes_down_ends_its_streams() {
    let server = Server::start().await;
    let door = Door::open(&server, Plan::default());
    let mut stream = Stream::open(door.address, "/api/live", &bearer(&server.read.token)).await;
    names(stream.next().await);
    let (ended, last) = tokio::join!(door.stop(), stream.next());
    assert_eq!(last, None);
    assert!(stream.is_over, "the transfer is ended in order");
    ended.expect("it ends in order");
}

#[tokio::test(start_paused = true)]
async fn every_stream_hears_a_beat() {
    let server = Server::start().await;
    let mut stream = follower(&server).await;
    assert_eq!(stream.sent().await.map(|sent| sent.name).as_deref(), Some("now"));
    let beat = stream.sent().await.expect("a beat");
    assert_eq!((beat.name.as_str(), beat.body), ("beat", format!("{{\"time\":{}}}", NOW.as_ms())));
}
