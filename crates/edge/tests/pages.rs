//! The pages and the web app over a real socket: the invitation and its button, the document with the first readings,
//! the assets.

mod door;
mod server;

use door::{Door, Plan};
use keepwatch_edge::Options;
use keepwatch_edge::protocols::native::wire::Now;
use keepwatch_model::glucose::Unit;
use keepwatch_model::time::HOUR_MS;
use keepwatch_service::sharing::{NewPerson, Who};
use serde_json::json;
use server::{Answer, NOW, Server};
use std::io::Read;
use std::path::Path;

const BROWSER: (&str, &str) = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");

async fn press(server: &Server, secret: &str, headers: &[(&str, &str)]) -> Answer {
    let ours = format!("http://{}", server.address);
    let all: Vec<(&str, &str)> = [BROWSER, ("origin", &ours)].into_iter().chain(headers.iter().copied()).collect();
    server.ask("POST", &format!("/i/{secret}"), &all, b"").await
}

fn cookie(answer: &Answer) -> String {
    answer.header("set-cookie").and_then(|cookie| cookie.split(';').next()).expect("a cookie").to_owned()
}

#[tokio::test]
async fn an_invitation_says_who_invites_to_what_and_looking_changes_nothing() {
    let server = Server::start().await;
    let target = format!("/i/{}", server.follow.invitation);
    for _ in 0..10 {
        let page = server.ask("GET", &target, &[BROWSER], b"").await;
        assert_eq!(page.status, 200);
        for words in
            ["Family of Ada", "Ada", "Grandma", "Never decide on treatment", "the wearer", "method=\"post\"", "<button"]
        {
            assert!(page.body.contains(words), "{words}: {}", page.body);
        }
        assert!(!page.body.contains("<script") && !page.body.contains("page-"), "{}", page.body);
        assert!(page.header("set-cookie").is_none());
        assert_eq!(page.header("referrer-policy"), Some("same-origin"));
        let head = server.ask("HEAD", &target, &[BROWSER], b"").await;
        assert_eq!((head.status, head.body.as_str()), (200, ""));
    }
    let german = server.ask("GET", &target, &[BROWSER, ("accept-language", "de-AT,en;q=0.5")], b"").await;
    assert!(
        german.body.contains("<html lang=\"de\">") && german.body.contains("Werte von Ada sehen"),
        "{}",
        german.body
    );
    assert_eq!(press(&server, &server.follow.invitation, &[]).await.status, 303, "all five places are free still");
}

#[tokio::test]
async fn the_invitation_carries_the_safety_label() {
    let server = Server::start().await;
    let page = server.ask("GET", &format!("/i/{}", server.follow.invitation), &[BROWSER], b"").await;
    for sentence in [
        "Keepwatch is a second look at readings that another device measures.",
        "It does not replace the wearer’s own alarm, the maker’s app or a meter.",
        "Never decide on treatment from it. Check with a meter first.",
        "Readings can be late or missing. Silence does not mean that all is well.",
        "Keepwatch doesn’t wake anybody yet.",
    ] {
        assert!(page.body.contains(sentence), "{sentence}: {}", page.body);
    }
}

#[tokio::test]
async fn the_button_binds_this_device_once() {
    let server = Server::start().await;
    let answer = press(&server, &server.follow.invitation, &[]).await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/")));
    let set = answer.header("set-cookie").expect("a cookie");
    for rule in ["keepwatch_device=", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age="] {
        assert!(set.contains(rule), "{set}");
    }
    assert!(!set.contains("Secure"));
    let bound = cookie(&answer);
    assert_eq!(server.ask("GET", "/api/people", &[("cookie", &bound)], b"").await.status, 200);
    for _ in 0..10 {
        let again = press(&server, &server.follow.invitation, &[("cookie", &bound)]).await;
        assert_eq!(
            (again.status, again.header("set-cookie")),
            (303, None),
            "a device that is bound takes no second place"
        );
    }
    let https = Door::open(&server, Plan { options: Options::at("https://example.org"), ..Plan::default() });
    let request = format!(
        "POST /i/{} HTTP/1.1\r\nhost: example.org\r\norigin: https://example.org\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
        server.follow.invitation
    );
    let clear = request.replace("origin: https://", "accept: text/html\r\norigin: http://");
    let refused = https.say(clear.as_bytes()).await;
    assert!(refused.status == 400 && refused.body.contains("https://"), "{refused:?}");
    let set = https.say(request.as_bytes()).await;
    let set = set.header("set-cookie").expect("a cookie");
    assert!(set.starts_with("__Host-keepwatch_device=") && set.contains("; Secure"), "{set}");
}

#[tokio::test]
async fn only_our_own_button_binds() {
    let server = Server::start().await;
    let target = format!("/i/{}", server.follow.invitation);
    for foreign in
        [("origin", "https://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site"), ("x", "y")]
    {
        let answer = server.ask("POST", &target, &[BROWSER, foreign], b"").await;
        assert_eq!((answer.status, answer.header("set-cookie")), (403, None), "{foreign:?}");
        assert!(answer.body.contains("press the button"), "{}", answer.body);
    }
    let program = [("accept", "application/json")];
    let foreign = [program[0], ("origin", "https://evil.example")];
    assert_eq!(server.ask("POST", &target, &foreign, b"").await.status, 403);
    let answer = server.ask("POST", &target, &program, b"").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let token = format!("Bearer {}", answer.json()["token"].as_str().expect("a token"));
    assert_eq!(server.ask("GET", "/api/people", &[("authorization", &token)], b"").await.status, 200);
    assert!(answer.header("set-cookie").is_some());
}

#[tokio::test]
async fn an_invitation_that_is_over_says_what_to_do() {
    let server = Server::start().await;
    let target = format!("/i/{}", server.follow.invitation);
    for _ in 0..5 {
        assert_eq!(press(&server, &server.follow.invitation, &[]).await.status, 303);
    }
    let used = press(&server, &server.follow.invitation, &[]).await;
    assert!(used.status == 410 && used.body.contains("5 devices") && used.body.contains("new one"), "{used:?}");
    let program = server.ask("POST", &target, &[("accept", "application/json")], b"").await;
    assert_eq!((program.status, program.json()["code"].as_str()), (410, Some("invitation_used_up")));

    let who = Who::Named("Friend".into());
    let late = server.service.sharing.add_follower(server.person.id, who).await.expect("a follower");
    server.clock.advance_ms(73 * HOUR_MS);
    let expired = server.ask("GET", &format!("/i/{}", late.invitation), &[BROWSER], b"").await;
    assert!(expired.status == 410 && expired.body.contains("72 hours"), "{expired:?}");

    let unknown = server.ask("GET", "/i/nonsense", &[BROWSER], b"").await;
    assert!(unknown.status == 404 && unknown.body.contains("Ask whoever sent it"), "{unknown:?}");
    server.service.sharing.remove_follow(late.follow.id).await.expect("it is there");
    let removed = server.ask("GET", &format!("/i/{}", late.invitation), &[BROWSER], b"").await;
    assert!(removed.status == 404 && removed.body.contains("replaced or ended"), "{removed:?}");
}

#[tokio::test]
async fn a_device_that_is_bound_to_nobody_is_told_how_to_begin() {
    let server = Server::start().await;
    for headers in [&[][..], &[("cookie", "keepwatch_device=nobodys")], &[("cookie", "other=1")]] {
        let page = server.ask("GET", "/", headers, b"").await;
        assert!(
            page.status == 200 && page.body.contains("Open the invitation link") && !page.body.contains("<script"),
            "{page:?}"
        );
        assert_eq!(page.header("cache-control"), Some("no-store"));
        assert_eq!(page.header("keepwatch-device"), Some("unknown"), "its worker forgets what it had saved");
    }
    let bound = cookie(&press(&server, &server.follow.invitation, &[]).await);
    assert_eq!(server.ask("GET", "/", &[("cookie", &bound)], b"").await.header("keepwatch-device"), None);
    let page = server.ask("GET", "/nowhere", &[BROWSER], b"").await;
    assert!(page.status == 404 && page.body.contains("href=\"/\""), "{page:?}");
}

fn is_built() -> bool {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/dist/index.html").exists()
}

/// The first readings inside a document.
fn embedded(body: &str) -> Now {
    let (_, rest) = body.split_once("<script type=\"application/json\" id=\"now\">").expect("the first readings");
    let (json, _) = rest.split_once("</script>").expect("their end");
    serde_json::from_str(json).expect("whole")
}

#[tokio::test]
async fn the_document_carries_the_first_readings_and_no_name_breaks_out() {
    let server = Server::start().await;
    let name = "</script><script>alert(1)</script>";
    let new = NewPerson { name: name.into(), family: None, unit: Unit::MgDl, time_zone: "UTC".into(), demo: false };
    let person = server.service.sharing.add_person(new).await.expect("a person of that name");
    let invitation = server.ask("GET", &format!("/i/{}", person.owner_invitation), &[BROWSER], b"").await;
    assert!(!invitation.body.contains("<script"), "{}", invitation.body);
    let bound = cookie(&press(&server, &person.owner_invitation, &[]).await);
    let page = server.ask("GET", "/app/p_1", &[("cookie", &bound)], b"").await;
    if !is_built() {
        assert!(page.status == 503 && page.body.contains("cargo xtask web"), "{page:?}");
        return;
    }
    assert_eq!((page.status, page.header("cache-control")), (200, Some("no-store")));
    assert!(!page.body.contains("alert(1)</script>"), "the name stays text");
    assert_eq!(embedded(&page.body).people[0].person.name, name);
    assert!(page.header("set-cookie").is_some_and(|set| set.contains(&bound)), "each visit renews the cookie");
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.contains("style-src 'self' 'sha256-"), "{policy}");
}

/// The first document has room in the first packets of a slow line.
#[tokio::test]
async fn the_document_of_four_people_is_small() {
    let server = Server::start().await;
    let account = server.follow.account.id;
    let mut invitation = String::new();
    for name in ["Ben", "Cleo", "Dora"] {
        let new = NewPerson {
            name: name.into(),
            family: None,
            unit: Unit::MgDl,
            time_zone: "Europe/Berlin".into(),
            demo: false,
        };
        let added = server.service.sharing.add_person(new).await.expect("a person");
        let follow =
            server.service.sharing.add_follower(added.person.id, Who::Account(account)).await.expect("a follow");
        invitation = follow.invitation;
        fill(&server, &added.publish.token, &added.person.id.to_string()).await;
    }
    fill(&server, &server.publish.token, &server.person.id.to_string()).await;
    let bound = cookie(&press(&server, &invitation, &[]).await);
    let door = Door::open(&server, Plan::default());
    let page = door.get("/", &format!("cookie: {bound}\r\naccept-encoding: gzip, br\r\n")).await;
    if !is_built() {
        assert_eq!(page.status, 503);
        return;
    }
    assert_eq!(page.header("content-encoding"), Some("gzip"));
    let packed: Vec<u8> = page.body.chars().map(|letter| letter as u8).collect();
    assert!(packed.len() <= 15_000, "{} bytes", packed.len());
    let mut body = String::new();
    flate2::read::GzDecoder::new(packed.as_slice()).read_to_string(&mut body).expect("gzip");
    let now = embedded(&body);
    assert_eq!(now.people.len(), 4);
    assert!(now.people.iter().all(|glance| glance.readings.as_ref().is_some_and(|readings| readings.len() >= 280)));
}

/// A day of readings: a slow wave with a sensor's noise, each minute a little off.
async fn fill(server: &Server, token: &str, person: &str) {
    let readings: Vec<_> = (0..288_i64)
        .map(|step| {
            let noise = (step * 7_919 + person.len() as i64 * 31) % 9;
            let mg_dl = 130 + (((step as f64) / 20.0).sin() * 45.0) as i64 + noise;
            json!({"measured_at": NOW.as_ms() - step * 300_000 - (step * 6_547) % 4_000, "mg_dl": mg_dl, "trend": "flat"})
        })
        .collect();
    let authorization = format!("Bearer {token}");
    let body = json!({"source": "phone", "readings": readings}).to_string();
    let answer = server
        .ask("POST", &format!("/api/people/{person}/readings"), &[("authorization", &authorization)], body.as_bytes())
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[tokio::test]
async fn assets_are_kept_for_ever_and_the_worker_is_asked_for_anew() {
    let server = Server::start().await;
    let door = Door::open(&server, Plan::default());
    assert_eq!(door.get("/assets/none-0000.js", "").await.status, 404);
    assert_eq!(door.get("/assets/..%2f..%2fpackage.json", "").await.status, 404);
    if !is_built() {
        assert_eq!(door.get("/sw.js", "").await.status, 404);
        return;
    }
    let worker = door.get("/sw.js", "").await;
    assert_eq!((worker.status, worker.header("cache-control")), (200, Some("no-cache")));
    let manifest = door.get("/manifest.webmanifest", "").await;
    assert_eq!(manifest.header("content-type"), Some("application/manifest+json"));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/dist/assets");
    let names =
        std::fs::read_dir(folder).expect("assets").filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let script = names
        .into_iter()
        .find(|name| name.starts_with("app-") && Path::new(name).extension().is_some_and(|ending| ending == "js"))
        .expect("the script");
    let target = format!("/assets/{script}");
    let plain = door.get(&target, "").await;
    assert_eq!((plain.status, plain.header("content-encoding")), (200, None));
    assert!(plain.header("cache-control").is_some_and(|cache| cache.contains("immutable")));
    let packed = door.get(&target, "accept-encoding: gzip, br\r\n").await;
    assert_eq!(packed.header("content-encoding"), Some("br"));
    let tag = packed.header("etag").expect("a tag");
    let known = door.get(&target, &format!("accept-encoding: gzip, br\r\nif-none-match: {tag}\r\n")).await;
    assert_eq!((known.status, known.body.as_str()), (304, ""));
    assert_ne!(plain.header("etag"), Some(tag), "each form has a tag of its own");
}
