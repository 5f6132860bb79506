//! Our own API over a real socket: every route, every outcome, and that nobody sees whom they do not follow.

mod server;

use ItemOutcome::{Accepted, Corrected, Known, Refused};
use flate2::Compression;
use flate2::write::GzEncoder;
use keepwatch_edge::protocols::native::wire::{
    Glance, Item, ItemOutcome, Latest, Now, Range, Readings, Receipt, Trend,
};
use keepwatch_journal::faulty::Fault;
use keepwatch_model::glucose::Unit;
use keepwatch_service::sharing::{NewPerson, Who};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use server::{Answer, NOW, Server};
use std::io::Write;

const MINUTE: i64 = 60_000;

/// An answer as a shape; whatever the server wrote beyond the shape, or not as it says, is a fault.
fn shape<T: DeserializeOwned + Serialize>(answer: &Answer) -> T {
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let shape: T = serde_json::from_str(&answer.body).unwrap_or_else(|cause| panic!("{cause}: {}", answer.body));
    assert_eq!(
        serde_json::to_value(&shape).expect("it can be written"),
        without_whole_decimals(answer.json()),
        "written otherwise"
    );
    shape
}

/// 112 and 112.0 are the same number on the wire.
fn without_whole_decimals(value: Value) -> Value {
    match value {
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| {
                let value = match (name.as_str(), value) {
                    ("mg_dl", Value::Array(values)) => values.iter().map(|value| json!(value.as_f64())).collect(),
                    ("mg_dl", value) => json!(value.as_f64()),
                    (_, value) => without_whole_decimals(value),
                };
                (name, value)
            })
            .collect(),
        Value::Array(values) => values.into_iter().map(without_whole_decimals).collect(),
        other => other,
    }
}

fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (status, Some("application/problem+json")),
        "{}",
        answer.body
    );
    let problem = answer.json();
    assert_eq!(
        (problem["code"].as_str(), problem["status"].as_u64()),
        (Some(code), Some(u64::from(status))),
        "{problem}"
    );
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.len() > 20), "{problem}");
}

fn token(token: &str) -> String {
    format!("Bearer {token}")
}

struct Api<'a> {
    server: &'a Server,
    authorization: String,
}

impl<'a> Api<'a> {
    fn uploader(server: &'a Server) -> Self {
        Self { server, authorization: token(&server.publish.token) }
    }

    fn follower(server: &'a Server) -> Self {
        Self { server, authorization: token(&server.read.token) }
    }

    async fn get(&self, target: &str) -> Answer {
        self.server.ask("GET", target, &[("authorization", &self.authorization)], b"").await
    }

    async fn send(&self, method: &str, target: &str, body: &Value) -> Answer {
        let headers = [("authorization", self.authorization.as_str()), ("content-type", "application/json")];
        self.server.ask(method, target, &headers, body.to_string().as_bytes()).await
    }

    async fn upload(&self, readings: Value) -> Receipt {
        shape(&self.send("POST", &self.of("/readings"), &json!({"source": "Ada's phone", "readings": readings})).await)
    }

    fn of(&self, rest: &str) -> String {
        format!("/api/people/{}{rest}", self.server.person.id)
    }
}

fn taken(minutes_ago: i64, mg_dl: f64) -> Value {
    json!({"measured_at": NOW.as_ms() - minutes_ago * MINUTE, "mg_dl": mg_dl})
}

#[tokio::test]
async fn readings_go_in_and_come_out_by_every_route() {
    let server = Server::start().await;
    let uploader = Api::uploader(&server);
    let receipt = uploader.upload(json!([taken(10, 106.0), taken(5, 100.0), taken(0, 94.0)])).await;
    assert_eq!((receipt.accepted, receipt.known, receipt.corrected, receipt.refused), (3, 0, 0, 0));

    let follower = Api::follower(&server);
    let now: Now = shape(&follower.get("/api/people").await);
    assert_eq!((now.viewer.name.as_str(), now.people.len(), now.time), ("Grandma", 1, NOW.as_ms()));
    assert_eq!(now.people[0].readings, None);
    let now: Now = shape(&follower.get("/api/people?readings=true").await);
    assert_eq!(now.people[0].readings.as_ref().map(Vec::len), Some(3));

    let glance: Glance = shape(&follower.get(&follower.of("")).await);
    assert_eq!(glance.person.name, "Ada");
    let latest = glance.latest.expect("a reading");
    assert_eq!((latest.at, latest.mg_dl, latest.trend), (NOW.as_ms(), Some(94.0), Some(Trend::FortyFiveDown)));
    let delta = glance.delta.expect("a change");
    assert_eq!((delta.mg_dl, delta.minutes), (-6.0, 5));
    assert_eq!((glance.interval_ms, glance.fresh_ms, glance.late_ms), (300_000, 360_000, 720_000));
    assert_eq!(
        (glance.sources.len(), glance.sources[0].name.as_str(), glance.sources[0].shown),
        (1, "Ada's phone", true)
    );

    let latest: Latest = shape(&follower.get(&follower.of("/latest")).await);
    assert_eq!(latest.latest.and_then(|reading| reading.mg_dl), Some(94.0));
    let from = NOW.as_ms() - 6 * MINUTE;
    let stretch: Readings =
        shape(&follower.get(&follower.of(&format!("/readings?from={from}&to={}", NOW.as_ms()))).await);
    assert_eq!(stretch.readings.iter().map(|reading| reading.mg_dl).collect::<Vec<_>>(), [Some(100.0)]);
    let old: Readings =
        shape(&follower.get(&follower.of("/readings?from=2025-11-01T00:00:00Z&to=2025-11-30T00:00:00Z")).await);
    assert_eq!(old.readings.len(), 3);
}

#[tokio::test]
async fn a_person_without_readings_is_a_whole_answer_too() {
    let server = Server::start().await;
    let follower = Api::follower(&server);
    let glance: Glance = shape(&follower.get(&follower.of("")).await);
    assert_eq!((glance.latest, glance.delta, glance.readings, glance.sources.len()), (None, None, Some(vec![]), 0));
    let latest: Latest = shape(&follower.get(&follower.of("/latest")).await);
    assert_eq!(latest.latest, None);
}

#[tokio::test]
async fn the_receipt_says_what_became_of_each() {
    let server = Server::start().await;
    let uploader = Api::uploader(&server);
    uploader.upload(json!([taken(5, 100.0), taken(10, 90.0)])).await;
    let readings = json!([
        taken(5, 100.0), taken(10, 91.0), taken(0, 8.0), taken(-120, 100.0), {"mg_dl": 100}, taken(1, 700.0),
        {"measured_at": "2025-11-24T15:30:00Z", "mmol_l": 5.5, "trend": "single_up"}, {"measured_at": 5, "mg_dl": 100},
        {"measured_at": NOW.as_ms() - 20 * MINUTE, "range": "below"}, "no reading",
    ]);
    let receipt = uploader.upload(readings).await;
    let outcomes: Vec<_> = receipt.items.iter().map(|item| (item.outcome, item.reason.as_deref())).collect();
    let refused = |reason| (Refused, Some(reason));
    let expected = [
        (Known, None),
        (Corrected, None),
        refused("sensor_code"),
        refused("time_in_future"),
        refused("malformed"),
        refused("value_too_high"),
        (Accepted, None),
        refused("time_too_early"),
        (Accepted, None),
        refused("malformed"),
    ];
    assert_eq!(outcomes, expected);
    assert_eq!((receipt.accepted, receipt.known, receipt.corrected, receipt.refused), (2, 1, 1, 6));
    assert!(receipt.items[2].detail.as_deref().is_some_and(|detail| detail.contains("sensor")));

    let stretch: Readings = shape(&uploader.get(&uploader.of("/readings")).await);
    let values: Vec<_> = stretch.readings.iter().map(|reading| (reading.mg_dl, reading.range, reading.trend)).collect();
    let up = Some(Trend::SingleUp);
    let expected =
        [(Some(99.1), None, up), (None, Some(Range::Below), None), (Some(91.0), None, None), (Some(100.0), None, None)];
    assert_eq!(values, expected);
    let glance: Glance = shape(&uploader.get(&uploader.of("")).await);
    assert!(glance.sources[0].refused.is_some(), "the chain reads what was refused");
}

#[tokio::test]
async fn uploads_may_be_packed_and_have_bounds() {
    let server = Server::start().await;
    let uploader = Api::uploader(&server);
    let packed = |bytes: &[u8]| {
        let mut packer = GzEncoder::new(Vec::new(), Compression::default());
        packer.write_all(bytes).and_then(|()| packer.finish()).expect("memory takes it")
    };
    let headers = [("authorization", uploader.authorization.as_str()), ("content-encoding", "gzip")];
    let many: Vec<Value> = (0..1_000).map(|minute| taken(minute, 100.0)).collect();
    let body = packed(json!({"readings": many}).to_string().as_bytes());
    let receipt: Receipt = shape(&server.ask("POST", &uploader.of("/readings"), &headers, &body).await);
    assert_eq!((receipt.accepted, receipt.items.len()), (1_000, 1_000));

    let bomb = packed(&vec![b' '; 3_000_000]);
    refused(&server.ask("POST", &uploader.of("/readings"), &headers, &bomb).await, 413, "body_too_long_unpacked");
    refused(&server.ask("POST", &uploader.of("/readings"), &headers, b"{}").await, 400, "not_gzip");
    let brotli = [headers[0], ("content-encoding", "br")];
    refused(&server.ask("POST", &uploader.of("/readings"), &brotli, b"{}").await, 415, "unknown_encoding");
    let many: Vec<Value> = (0..1_001).map(|minute| taken(minute, 100.0)).collect();
    refused(
        &uploader.send("POST", &uploader.of("/readings"), &json!({"readings": many})).await,
        413,
        "too_many_readings",
    );
    let long = json!({"readings": [], "x": "x".repeat(600_000)});
    refused(&uploader.send("POST", &uploader.of("/readings"), &long).await, 413, "body_too_long");
    refused(&uploader.send("POST", &uploader.of("/readings"), &json!([])).await, 400, "malformed_body");
    refused(
        &uploader.send("POST", &uploader.of("/readings"), &json!({"source": " ", "readings": []})).await,
        400,
        "bad_source",
    );
}

#[tokio::test]
async fn a_withdrawn_reading_is_gone_until_it_is_sent_again() {
    let server = Server::start().await;
    let uploader = Api::uploader(&server);
    uploader.upload(json!([taken(5, 100.0), taken(0, 90.0)])).await;
    let glance: Glance = shape(&uploader.get(&uploader.of("")).await);
    let source = &glance.sources[0].id;
    let target = uploader.of(&format!("/readings?source={source}&measured_at={}", NOW.as_ms()));
    assert_eq!(uploader.send("DELETE", &target, &json!({})).await.json(), json!({"withdrawn": true}));
    assert_eq!(uploader.send("DELETE", &target, &json!({})).await.json(), json!({"withdrawn": false}));
    let latest: Latest = shape(&uploader.get(&uploader.of("/latest")).await);
    assert_eq!(latest.latest.and_then(|reading| reading.mg_dl), Some(100.0));
    uploader.upload(json!([taken(0, 90.0)])).await;
    let latest: Latest = shape(&uploader.get(&uploader.of("/latest")).await);
    assert_eq!(latest.latest.and_then(|reading| reading.mg_dl), Some(90.0));
    let follower = Api::follower(&server);
    refused(&follower.send("DELETE", &target, &json!({})).await, 403, "not_allowed");
    refused(
        &uploader.send("DELETE", &uploader.of("/readings?source=x&measured_at=1"), &json!({})).await,
        400,
        "bad_query",
    );
    refused(&uploader.send("DELETE", &uploader.of("/readings"), &json!({})).await, 400, "bad_query");
}

#[tokio::test]
async fn a_follower_notes_a_meter_check() {
    let server = Server::start().await;
    // A reading token only sees; a bound device may note a check as well.
    let device = server.service.sharing.bind(&server.follow.invitation).await.expect("a place is free");
    let follower = Api { server: &server, authorization: token(&device) };
    let target = follower.of("/meter-checks");
    let check = json!({"mmol_l": 6.2, "by": "Grandma", "note": "before \"lunch\" <b>", "at": NOW.as_ms()});
    let item: Item = shape(&follower.send("POST", &target, &check).await);
    assert_eq!(item.outcome, ItemOutcome::Accepted);
    let item: Item = shape(&follower.send("POST", &target, &check).await);
    assert_eq!(item.outcome, ItemOutcome::Known);
    let item: Item = shape(&follower.send("POST", &target, &json!({"mg_dl": 900, "by": "Grandma"})).await);
    assert_eq!((item.outcome, item.reason.as_deref()), (ItemOutcome::Refused, Some("value_too_high")));
    let answer = follower.get(&follower.of("")).await;
    assert!(!answer.body.contains('<'), "nothing can end a script element: {}", answer.body);
    let glance: Glance = shape(&answer);
    let check = &glance.meter_checks[0];
    assert_eq!(
        (check.mg_dl, check.by.as_str(), check.note.as_deref()),
        (111.7, "Grandma", Some("before \"lunch\" <b>"))
    );
    refused(&follower.send("POST", &target, &json!({"mg_dl": 100, "by": ""})).await, 400, "bad_name");
    refused(&follower.send("POST", &target, &json!({"by": 7})).await, 400, "malformed_body");
}

#[tokio::test]
async fn strangers_and_half_strangers_are_told_what_to_do() {
    let server = Server::start().await;
    let follower = Api::follower(&server);
    refused(&server.ask("GET", "/api/people", &[], b"").await, 401, "no_credentials");
    let wrong = [("authorization", "Bearer nobodys")];
    let answer = server.ask("GET", "/api/people", &wrong, b"").await;
    refused(&answer, 401, "unknown_credentials");
    assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    refused(&follower.send("POST", &follower.of("/readings"), &json!({"readings": []})).await, 403, "not_allowed");
    refused(&follower.get("/api/people/p_000000000000").await, 404, "no_such_person");
    refused(&follower.get("/api/people/Ada").await, 404, "no_such_person");
    refused(&follower.get(&follower.of("/readings?from=then")).await, 400, "bad_query");
    refused(&follower.get(&follower.of("/readings?from=0")).await, 400, "stretch_too_long");
    refused(&follower.get(&follower.of("/readings?sources=some")).await, 400, "bad_query");
    refused(&follower.get("/api/people?readings=perhaps").await, 400, "bad_query");
    refused(&follower.get("/api/nothing").await, 404, "no_such_address");
    refused(&follower.send("POST", "/api/people", &json!({})).await, 405, "wrong_method");

    let mut last = 401;
    for _ in 0..200 {
        last = server.ask("GET", "/api/people", &wrong, b"").await.status;
        if last == 429 {
            break;
        }
    }
    let slowed = server.ask("GET", "/api/people", &wrong, b"").await;
    refused(&slowed, 429, "too_many_guesses");
    assert!(last == 429 && slowed.header("retry-after").is_some());
    assert_eq!(follower.get("/api/people").await.status, 200, "a valid credential is never slowed");
}

/// P7
#[tokio::test]
async fn nobody_sees_whom_they_do_not_follow() {
    let server = Server::start().await;
    let uploader = Api::uploader(&server);
    uploader.upload(json!([taken(0, 94.0)])).await;
    let new = NewPerson { name: "Ben".into(), family: None, unit: Unit::MmolL, time_zone: "UTC".into(), demo: false };
    let ben = server.service.sharing.add_person(new).await.expect("a second family");
    let friend =
        server.service.sharing.add_follower(ben.person.id, Who::Named("Friend".into())).await.expect("a follower");
    let bens = Api { server: &server, authorization: token(&friend.read.token) };
    let now: Now = shape(&bens.get("/api/people?readings=true").await);
    assert_eq!(now.people.iter().map(|glance| glance.person.name.as_str()).collect::<Vec<_>>(), ["Ben"]);
    for target in [bens.of(""), bens.of("/latest"), bens.of("/readings")] {
        let answer = bens.get(&target).await;
        refused(&answer, 404, "no_such_person");
        assert!(!answer.body.contains("Ada") && !answer.body.contains("94"));
    }
    let bens_uploader = Api { server: &server, authorization: token(&ben.publish.token) };
    let upload = json!({"readings": [taken(0, 300.0)]});
    refused(&bens_uploader.send("POST", &bens_uploader.of("/readings"), &upload).await, 404, "no_such_person");
    let check = json!({"mg_dl": 100, "by": "Friend"});
    refused(&bens.send("POST", &bens.of("/meter-checks"), &check).await, 404, "no_such_person");
}

#[tokio::test]
async fn a_cookie_changes_something_only_from_our_own_page() {
    let server = Server::start().await;
    let device = server.service.sharing.bind(&server.follow.invitation).await.expect("a place is free");
    let cookie = format!("keepwatch_device={device}");
    let target = format!("/api/people/{}/meter-checks", server.person.id);
    let body = json!({"mg_dl": 100, "by": "Grandma"}).to_string();
    let post = async |more: &[(&str, &str)]| {
        let headers: Vec<_> = [("cookie", cookie.as_str())].into_iter().chain(more.iter().copied()).collect();
        server.ask("POST", &target, &headers, body.as_bytes()).await
    };
    refused(&post(&[]).await, 403, "cross_site");
    refused(&post(&[("origin", "https://evil.example")]).await, 403, "cross_site");
    refused(&post(&[("sec-fetch-site", "cross-site")]).await, 403, "cross_site");
    let ours = format!("http://{}", server.address);
    assert_eq!(post(&[("origin", &ours)]).await.status, 200);
    assert_eq!(post(&[("sec-fetch-site", "same-origin")]).await.status, 200);
    assert_eq!(server.ask("GET", "/api/people", &[("cookie", &cookie)], b"").await.status, 200);
    let gone = server.ask("DELETE", "/api/device", &[("cookie", &cookie), ("origin", &ours)], b"").await;
    assert_eq!(gone.status, 204);
    assert!(gone.header("set-cookie").is_some_and(|cookie| cookie.contains("Max-Age=0")));
}

#[tokio::test]
async fn a_device_that_sends_its_secret_as_a_token_is_ended_too() {
    let server = Server::start().await;
    let device = server.service.sharing.bind(&server.follow.invitation).await.expect("a place is free");
    let token = format!("Bearer {device}");
    let said = [("authorization", token.as_str())];
    assert_eq!(server.ask("DELETE", "/api/device", &said, b"").await.status, 204);
    assert_eq!(server.ask("GET", "/api/people", &said, b"").await.status, 401);
}

#[tokio::test]
async fn a_device_that_is_not_known_any_more_is_told_so_however_often_it_asks() {
    let server = Server::start().await;
    let cookie = [("cookie", "keepwatch_device=abcdefghijklmnopqrstuvwxyzABCDEF")];
    for _ in 0..200 {
        assert_eq!(server.ask("GET", "/api/people", &cookie, b"").await.status, 401);
    }
}

#[tokio::test]
async fn while_the_store_refuses_uploads_are_to_come_again_and_followers_see() {
    let server = Server::start().await;
    let uploader = Api::uploader(&server);
    uploader.upload(json!([taken(5, 100.0)])).await;
    server.faults.fail(Fault::Full);
    let answer = uploader
        .send("POST", &uploader.of("/readings"), &json!({"source": "Ada's phone", "readings": [taken(0, 90.0)]}))
        .await;
    refused(&answer, 503, "store_unavailable");
    assert!(answer.header("retry-after").is_some());
    let follower = Api::follower(&server);
    let latest: Latest = shape(&follower.get(&follower.of("/latest")).await);
    assert_eq!(latest.latest.and_then(|reading| reading.mg_dl), Some(90.0));
    let ready = server.ask("GET", "/health/ready", &[], b"").await;
    refused(&ready, 503, "store_refuses");
    assert_eq!(server.ask("GET", "/health/live", &[], b"").await.status, 200);
}

#[tokio::test]
async fn a_suspect_clock_and_a_second_source_are_said() {
    let server = Server::start().await;
    let uploader = Api::uploader(&server);
    let receipt = uploader.upload(json!([taken(-30, 100.0)])).await;
    assert_eq!(receipt.accepted, 1);
    let latest: Latest = shape(&uploader.get(&uploader.of("/latest")).await);
    let reading = latest.latest.expect("a reading");
    assert_eq!(
        (reading.at, reading.measured_at, reading.clock_suspect),
        (NOW.as_ms(), Some(NOW.as_ms() + 30 * MINUTE), true)
    );
    let other = json!({"source": "pump", "readings": [taken(0, 150.0)]});
    let _: Receipt = shape(&uploader.send("POST", &uploader.of("/readings"), &other).await);
    let glance: Glance = shape(&uploader.get(&uploader.of("")).await);
    assert_eq!(glance.sources.len(), 2);
    let differ = glance.disagreement.expect("they disagree");
    assert_eq!(differ.mg_dl, [100.0, 150.0]);
    let all: Readings = shape(&uploader.get(&uploader.of("/readings?sources=all")).await);
    assert_eq!(all.readings.iter().filter(|reading| reading.source.is_some()).count(), 1);
}

#[tokio::test]
async fn the_description_names_every_route_and_shape() {
    let server = Server::start().await;
    let answer = server.ask("GET", "/api/openapi.json", &[], b"").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    let description = answer.json();
    let paths: Vec<(&str, Vec<&str>)> = description["paths"]
        .as_object()
        .expect("paths")
        .iter()
        .map(|(path, methods)| {
            (path.as_str(), methods.as_object().expect("methods").keys().map(String::as_str).collect())
        })
        .collect();
    let person = "/api/people/{person}";
    for (path, method) in [
        ("/api/people", "get"),
        (person, "get"),
        ("/api/people/{person}/latest", "get"),
        ("/api/people/{person}/readings", "get"),
        ("/api/people/{person}/readings", "post"),
        ("/api/people/{person}/readings", "delete"),
        ("/api/people/{person}/meter-checks", "post"),
        ("/api/live", "get"),
        ("/api/device", "delete"),
    ] {
        assert!(
            paths.iter().any(|(known, methods)| *known == path && methods.contains(&method)),
            "{method} {path}: {paths:?}"
        );
    }
    let schemas = description["components"]["schemas"].as_object().expect("schemas");
    for name in [
        "Delta",
        "Disagreement",
        "Glance",
        "Item",
        "LiveBeat",
        "LiveContact",
        "LiveEnded",
        "LiveEntry",
        "LiveEntryKind",
        "MeterCheck",
        "Now",
        "Person",
        "Problem",
        "Range",
        "Reading",
        "Readings",
        "Receipt",
        "Refused",
        "Source",
        "SourceKind",
        "Trend",
        "Unit",
        "Upload",
        "Viewer",
    ] {
        assert!(schemas.contains_key(name), "{name}");
    }
}
