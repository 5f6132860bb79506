//! Nightscout's entries over a real socket: what uploaders and followers' clients send, and exactly what they get back.

mod server;

use flate2::Compression;
use flate2::write::GzEncoder;
use insta::assert_snapshot;
use keepwatch_journal::faulty::Fault;
use serde_json::{Value, json};
use server::{Answer, NOW, Server};
use std::io::Write as _;

const JSON: (&str, &str) = ("accept", "application/json");

fn sha1(text: &str) -> String {
    sha1_smol::Sha1::from(text).digest().to_string()
}

async fn post(server: &Server, body: &Value) -> Answer {
    post_bytes(server, body.to_string().as_bytes(), &[]).await
}

async fn post_bytes(server: &Server, body: &[u8], more: &[(&str, &str)]) -> Answer {
    let secret = sha1(&server.publish.nightscout_api_secret);
    let headers = [&[("api-secret", secret.as_str()), ("content-type", "application/json")], more].concat();
    server.ask("POST", "/api/v1/entries.json", &headers, body).await
}

async fn get(server: &Server, path: &str) -> Answer {
    let token = ("api-secret", server.read.nightscout_token.as_str());
    server.ask("GET", path, &[token, JSON], b"").await
}

fn sgv(minutes_ago: i64, value: i64) -> Value {
    let at = NOW.as_ms() - minutes_ago * 60_000;
    json!({"type": "sgv", "device": "xDrip-DexcomG5", "date": at, "sgv": value, "direction": "Flat", "noise": 1})
}

fn values(answer: &Answer) -> Vec<i64> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json().as_array().expect("a list").iter().map(|entry| entry["sgv"].as_i64().unwrap_or(0)).collect()
}

fn ids(answer: &Answer) -> Vec<String> {
    let entries = answer.json();
    entries.as_array().expect("a list").iter().map(|entry| entry["_id"].as_str().expect("an _id").to_owned()).collect()
}

/// An answer in JSON, laid out so that a difference is a line; an `_id` is only shown to be one.
fn laid_out(answer: &Answer) -> String {
    let mut json = answer.json();
    for entry in json.as_array_mut().into_iter().flatten() {
        let id = entry["_id"].as_str().unwrap_or_default();
        assert!(id.len() == 24 && id.bytes().all(|digit| digit.is_ascii_hexdigit()), "{id}");
        entry["_id"] = json!("24 hex digits");
    }
    let body = serde_json::to_string_pretty(&json).expect("JSON");
    Answer { body, ..answer.clone() }.shown()
}

#[tokio::test]
async fn a_batch_is_answered_whole_and_read_back_with_the_same_ids() {
    let server = Server::start().await;
    let batch = json!([
        sgv(10, 100),
        {"type": "cal", "device": "xDrip-DexcomG5", "date": NOW.as_ms(), "slope": 850.5, "intercept": 30000, "scale": 1},
        {"_id": "6b1f0a52-6d1c-4c9f-9a53-2f6f2f0a0c11", "sgv": 108, "dateString": "2025-11-24T16:55:00.000+0100",
            "direction": "FortyFiveUp", "device": "Trio", "filtered": 0},
        {"type": "mbg", "device": "xDrip-DexcomG5", "date": NOW.as_ms() - 60_000, "mbg": 112},
        sgv(0, 5),
        sgv(0, 117),
    ]);
    let posted = post(&server, &batch).await;
    assert_snapshot!("posted", laid_out(&posted));
    let read = get(&server, "/api/v1/entries.json?count=10").await;
    assert_snapshot!("entries", laid_out(&read));
    let (posted, read) = (ids(&posted), ids(&read));
    assert_eq!(read, [posted[5].as_str(), &posted[3], &posted[2], &posted[0]]);
    let one = get(&server, &format!("/api/v1/entries/{}.json", posted[2])).await;
    assert_eq!(ids(&one), [posted[2].as_str()]);
    assert_eq!(get(&server, "/api/v1/entries/ffffffffffffffffffffffff").await.body, "[]");
}

#[tokio::test]
async fn the_recorded_shapes_of_uploaders_are_taken() {
    let server = Server::start().await;
    for (name, body, kept) in [
        ("xdrip", include_str!("../../../testdata/wire/nightscout/xdrip.json"), 2),
        ("xdripswift", include_str!("../../../testdata/wire/nightscout/xdripswift.json"), 2),
        ("trio", include_str!("../../../testdata/wire/nightscout/trio.json"), 2),
        ("loop", include_str!("../../../testdata/wire/nightscout/loop.json"), 1),
        ("juggluco", include_str!("../../../testdata/wire/nightscout/juggluco.json"), 1),
        ("share2nightscout-bridge", include_str!("../../../testdata/wire/nightscout/share2nightscout-bridge.json"), 2),
    ] {
        let sent: Value = serde_json::from_str(body).expect("a sample is JSON");
        let sent = if let Value::Array(entries) = sent { entries } else { vec![sent] };
        let posted = post_bytes(&server, body.as_bytes(), &[]).await;
        assert_eq!(posted.status, 200, "{name}");
        let device = sent[0]["device"].as_str().expect("a device").replace(' ', "%20");
        let read = get(&server, &format!("/api/v1/entries.json?count=9&find[device]={device}")).await;
        assert_eq!(read.json().as_array().map(Vec::len), Some(kept), "{name}: {}", read.body);
        for entry in read.json().as_array().expect("a list").iter().filter(|entry| entry["type"] == "sgv") {
            let original = sent.iter().find(|sent| sent["date"] == entry["date"]).expect("it was sent");
            for (field, value) in original.as_object().expect("an object") {
                let rewritten = ["_id", "dateString", "sysTime", "sgv"].contains(&field.as_str());
                assert!(rewritten || &entry[field] == value, "{name}: {field} was {value} and is {}", entry[field]);
            }
        }
    }
}

#[tokio::test]
async fn the_secret_may_stand_in_four_places_and_never_in_clear() {
    let server = Server::start().await;
    let clear = server.publish.nightscout_api_secret.as_str();
    let digest = sha1(clear);
    let path = "/api/v1/entries.json";
    let in_body = json!([{"secret": digest, "date": NOW.as_ms(), "sgv": 100}]).to_string();
    let answers = [
        server.ask("POST", &format!("{path}?secret={digest}"), &[], sgv(0, 100).to_string().as_bytes()).await,
        server.ask("POST", path, &[("API-SECRET", &digest.to_uppercase())], sgv(0, 100).to_string().as_bytes()).await,
        server.ask("POST", path, &[("api-secret", "null")], in_body.as_bytes()).await,
    ];
    for answer in &answers {
        assert_eq!((answer.status, answer.json()[0].get("secret")), (200, None), "{}", answer.body);
    }
    let refused = server.ask("POST", path, &[("api-secret", clear)], in_body.replace(&digest, "x").as_bytes()).await;
    assert_snapshot!("unauthorized", refused.shown());
    let token = &server.read.nightscout_token;
    for target in [format!("{path}?token={token}"), format!("{path}?secret={token}")] {
        assert_eq!(server.ask("GET", &target, &[JSON], b"").await.status, 200);
    }
    for presented in [token.clone(), format!("token={token}")] {
        assert_eq!(server.ask("GET", path, &[("api-secret", &presented)], b"").await.status, 200, "{presented}");
    }
}

#[tokio::test]
async fn a_site_is_read_and_written_with_the_right_credential_only() {
    let server = Server::start().await;
    for path in [
        "/api/v1/entries.json",
        "/api/v1/entries/current",
        "/api/v1/status.json",
        "/api/v1/experiments/test",
        "/pebble",
    ] {
        assert_eq!(server.ask("GET", path, &[JSON], b"").await.status, 401, "{path}");
    }
    assert_eq!(server.ask("POST", "/api/v1/entries.json", &[], b"[]").await.status, 401);
    let token = ("api-secret", server.read.nightscout_token.as_str());
    let refused = server.ask("POST", "/api/v1/entries.json", &[token], sgv(0, 100).to_string().as_bytes()).await;
    assert_eq!(refused.status, 401);
    assert_eq!(get(&server, "/api/v1/experiments/test").await.status, 401);
    assert_eq!(values(&get(&server, "/api/v1/entries.json").await), [0; 0]);
}

#[tokio::test]
async fn a_site_has_an_address_of_its_own() {
    let server = Server::start().await;
    post(&server, &json!([sgv(0, 100)])).await;
    let slug = &server.person.slug;
    assert_eq!(values(&get(&server, &format!("/n/{slug}/api/v1/entries.json")).await), [100]);
    let elsewhere = get(&server, "/n/nobody/api/v1/entries.json").await;
    assert_eq!(values(&elsewhere), [100], "the credential says whose site is meant");
    assert_eq!(get(&server, &format!("/n/{slug}/pebble")).await.status, 200);
}

#[tokio::test]
async fn a_packed_body_is_unpacked() {
    let server = Server::start().await;
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(json!([sgv(0, 100)]).to_string().as_bytes()).expect("memory takes it");
    let packed = packer.finish().expect("memory takes it");
    let posted = post_bytes(&server, &packed, &[("content-encoding", "gzip")]).await;
    assert_eq!(values(&posted), [100]);
    assert_eq!(post_bytes(&server, b"no gzip", &[("content-encoding", "gzip")]).await.status, 400);
}

#[tokio::test]
async fn the_same_again_is_known_and_another_value_corrects() {
    let server = Server::start().await;
    let first = post(&server, &json!([sgv(0, 100)])).await;
    assert_eq!(post(&server, &sgv(0, 100)).await.body, first.body);
    let corrected = post(&server, &sgv(0, 120)).await;
    assert_eq!(ids(&corrected), ids(&first));
    assert_eq!(values(&get(&server, "/api/v1/entries/sgv.json").await), [120]);
    assert_eq!(post(&server, &json!([])).await.body, "[]");
}

#[tokio::test]
async fn what_followers_ask_for() {
    let server = Server::start().await;
    let batch: Vec<Value> = (0..12).map(|index| sgv(index * 5, 100 + index)).collect();
    post(&server, &Value::Array(batch)).await;
    post(&server, &json!({"type": "mbg", "date": NOW.as_ms() - 1, "mbg": 99, "enteredBy": "Grandma"})).await;
    let bound = NOW.as_ms() - 600_000;
    for (path, expected) in [
        ("/api/v1/entries/sgv.json".to_owned(), (100..110).collect::<Vec<i64>>()),
        ("/api/v1/entries/sgv?count=2".to_owned(), vec![100, 101]),
        ("/api/v1/entries/current".to_owned(), vec![100]),
        ("/api/v1/entries/current.json".to_owned(), vec![100]),
        ("/api/v1/entries.json?count=2&rr=1764000000000".to_owned(), vec![100, 0]),
        (format!("/api/v1/entries.json?count=2880&find[date][$gt]={bound}&find[type]=sgv"), vec![100, 101]),
        (
            format!("/api/v1/entries.json?find%5Btype%5D%5B%24ne%5D=mbg&find%5Bdate%5D%5B%24gte%5D={bound}&count=9"),
            vec![100, 101, 102],
        ),
        (
            "/api/v1/entries/sgv.json?find[dateString][$gte]=2025-11-24T15:50:00.000Z&count=1600".to_owned(),
            vec![100, 101, 102],
        ),
        ("/api/v1/entries/sgv.json?find[dateString][$gte]=2025-11-24T16:50:00%2B01:00".to_owned(), vec![100, 101, 102]),
        ("/api/v1/entries/sgv.json?find[dateString][$gte]=2025-11-24T16:50:00+01:00".to_owned(), vec![100, 101, 102]),
        (format!("/api/v1/entries.json?count=1440&find[date][$gte]={bound}&find[date][$lte]={bound}"), vec![102]),
        ("/api/v1/entries/mbg.json".to_owned(), vec![0]),
        ("/api/v1/entries/cal.json".to_owned(), vec![]),
    ] {
        assert_eq!(values(&get(&server, &path).await), expected, "{path}");
    }
    assert_snapshot!("meter_check", laid_out(&get(&server, "/api/v1/entries/mbg.json").await));
    assert_snapshot!("not_a_query", get(&server, "/api/v1/entries.json?find[date][$gte]=soon").await.shown());
}

#[tokio::test]
async fn all_sources_are_given_back_and_share_too() {
    let server = Server::start().await;
    post(&server, &json!([sgv(5, 100), {"date": NOW.as_ms() - 290_000, "sgv": 101, "device": "other"}])).await;
    let entries = get(&server, "/api/v1/entries.json").await;
    assert_eq!(values(&entries), [101, 100]);
    let devices: Vec<Value> = entries.json().as_array().expect("a list").iter().map(|e| e["device"].clone()).collect();
    assert_eq!(devices, ["other", "xDrip-DexcomG5"]);
}

#[tokio::test]
async fn text_is_for_those_who_accept_anything() {
    let server = Server::start().await;
    post(&server, &json!([sgv(5, 100), sgv(0, 104)])).await;
    let token = ("api-secret", server.read.nightscout_token.as_str());
    let ask = async |path: &str, accept: &str| server.ask("GET", path, &[token, ("accept", accept)], b"").await;
    assert_snapshot!("tabs", ask("/api/v1/entries", "*/*").await.shown());
    assert_snapshot!("commas", ask("/api/v1/entries.csv", "application/json").await.shown());
    assert_eq!(values(&ask("/api/v1/entries", "application/json, text/plain, */*").await), [104, 100]);
    assert_eq!(
        server.ask("GET", "/api/v1/entries", &[token], b"").await.header("content-type"),
        Some("text/plain; charset=utf-8")
    );
    assert_eq!(ask("/api/v1/entries/sgv.tsv", "*/*").await.body, ask("/api/v1/entries.txt", "*/*").await.body);
}

#[tokio::test]
async fn what_clients_check_before_they_begin() {
    let server = Server::start().await;
    let secret = sha1(&server.publish.nightscout_api_secret);
    let with_secret = async |path: &str| server.ask("GET", path, &[("api-secret", secret.as_str()), JSON], b"").await;
    assert_snapshot!("status", laid_out(&get(&server, "/api/v1/status.json").await));
    assert_eq!(with_secret("/api/v1/status").await.json()["authorized"], Value::Null);
    assert_snapshot!("verifyauth_secret", with_secret("/api/v1/verifyauth").await.shown());
    assert_snapshot!("verifyauth_token", get(&server, "/api/v1/verifyauth").await.shown());
    assert_snapshot!("verifyauth_nobody", server.ask("GET", "/api/v1/verifyauth", &[], b"").await.shown());
    let wrong = server.ask("GET", "/api/v1/verifyauth", &[("api-secret", "wrong")], b"").await;
    assert_eq!((wrong.status, &wrong.json()["message"]["message"]), (200, &json!("UNAUTHORIZED")));
    assert_snapshot!("experiments_test", with_secret("/api/v1/experiments/test").await.shown());
    assert_snapshot!("versions", server.ask("GET", "/api/versions", &[], b"").await.shown());
    let html = server.ask("GET", "/api/v1/status", &[("api-secret", secret.as_str()), ("accept", "*/*")], b"").await;
    assert_eq!(html.body, "<h1>STATUS OK</h1>");
    assert_snapshot!("unknown_path", with_secret("/api/v1/treatments.json").await.shown());
}

#[tokio::test]
async fn a_watch_face_has_its_glance() {
    let server = Server::start().await;
    post(&server, &json!([sgv(10, 90), sgv(5, 100), sgv(0, 104)])).await;
    assert_snapshot!("pebble", get(&server, "/pebble?count=2").await.shown());
    assert_snapshot!("pebble_mmol", get(&server, "/pebble?units=mmol").await.shown());
}

#[tokio::test]
async fn wrong_credentials_slow_down_whoever_guesses_and_nobody_else() {
    let server = Server::start().await;
    for _ in 0..5 {
        let wrong = server.ask("GET", "/api/v1/entries.json", &[("api-secret", "wrong")], b"").await;
        assert_eq!((wrong.status, wrong.header("retry-after")), (401, None));
    }
    let slowed = server.ask("GET", "/api/v1/entries.json", &[("api-secret", "wrong")], b"").await;
    assert_eq!((slowed.status, slowed.header("retry-after")), (401, Some("5")));
    assert_eq!(get(&server, "/api/v1/entries.json").await.status, 200);
}

#[tokio::test]
async fn a_store_that_refuses_is_a_passing_fault_and_readers_go_on() {
    let server = Server::start().await;
    post(&server, &sgv(5, 100)).await;
    server.faults.fail(Fault::Dead);
    assert_snapshot!("unavailable_nightscout", post(&server, &sgv(0, 104)).await.shown());
    assert_eq!(values(&get(&server, "/api/v1/entries.json").await), [104, 100]);
    let past = get(&server, "/api/v1/entries.json?find[date][$lt]=1763900000000").await;
    assert_snapshot!("the_past_cannot_be_read", past.shown());
    server.faults.heal();
    assert_eq!(post(&server, &sgv(0, 104)).await.status, 200);
}

#[tokio::test]
async fn the_past_is_read_from_the_disk() {
    let server = Server::start().await;
    let days_ago = |days: i64| sgv(days * 1_440, 100 + days);
    post(&server, &json!([days_ago(40), days_ago(2), days_ago(0), days_ago(100)])).await;
    assert_eq!(values(&get(&server, "/api/v1/entries.json?count=9").await), [100, 102]);
    assert_eq!(values(&get(&server, "/api/v1/entries.json?count=9&find[date][$gte]=0").await), [100, 102, 140, 200]);
    assert_eq!(values(&get(&server, "/api/v1/entries.json?count=1&find[dateString][$lt]=2025-11-01").await), [140]);
    server.clock.advance_ms(10 * 86_400_000);
    assert_eq!(values(&get(&server, "/api/v1/entries.json").await), [0; 0]);
    assert_eq!(values(&get(&server, "/api/v1/entries/current").await), [100]);
}

#[tokio::test]
async fn what_is_no_entry_at_all_is_refused() {
    let server = Server::start().await;
    for body in ["", "7", "\"text\"", "[{", "sgv=100"] {
        assert_eq!(post_bytes(&server, body.as_bytes(), &[]).await.status, 400, "{body}");
    }
    let odd = post(&server, &json!([1, null, "x", {}, []])).await;
    assert_eq!((odd.status, odd.json().as_array().map(Vec::len)), (200, Some(5)));
    let many = post(&server, &Value::Array(vec![json!({}); 10_001])).await;
    assert_snapshot!("too_many_entries", many.shown());
}
