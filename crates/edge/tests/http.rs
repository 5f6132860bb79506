//! The door over a real socket: what is too long, too slow, too many or no request at all; headers; slugs; TLS; the log.

mod door;
mod server;

use door::{Door, Plan, bearer, heard};
use keepwatch_edge::Options;
use keepwatch_edge::http::Limits;
use server::{Answer, Server};
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    let problem = answer.json();
    assert_eq!(problem["code"].as_str(), Some(code), "{problem}");
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.len() > 20), "{problem}");
}

fn quick() -> Limits {
    Limits { head_wait: Duration::from_millis(100), ..Limits::default() }
}

#[tokio::test]
async fn a_head_that_drips_in_is_refused_in_words() {
    let server = Server::start().await;
    let door = Door::open(&server, Plan { limits: quick(), ..Plan::default() });
    let mut socket = TcpStream::connect(door.address).await.expect("it listens");
    socket.write_all(b"GET / HTTP/1.1\r\nx-slow: ").await.expect("it reads");
    refused(&heard(&mut socket).await, 408, "head_too_slow");

    let mut idle = TcpStream::connect(door.address).await.expect("it listens");
    let mut bytes = Vec::new();
    idle.read_to_end(&mut bytes).await.expect("it closes");
    assert!(bytes.is_empty(), "an idle connection is closed without a word");
}

#[tokio::test]
async fn a_head_that_is_too_much_is_refused_in_words() {
    let server = Server::start().await;
    let door = Door::open(&server, Plan::default());
    let long = format!("GET / HTTP/1.1\r\nhost: x\r\nx-long: {}\r\n\r\n", "x".repeat(40_000));
    refused(&door.say(long.as_bytes()).await, 431, "head_too_long");
    let many = format!("GET / HTTP/1.1\r\nhost: x\r\n{}\r\n", "x: y\r\n".repeat(100));
    refused(&door.say(many.as_bytes()).await, 431, "head_too_long");
    let endless = format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "x".repeat(80_000));
    let answer = door.say(endless.as_bytes()).await;
    assert!([414, 431].contains(&answer.status) && !answer.body.is_empty(), "{answer:?}");
    for nonsense in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"HELLO\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
    ] {
        refused(&door.say(nonsense).await, 400, "malformed_request");
    }
}

#[tokio::test]
async fn a_body_that_is_too_much_is_refused_though_it_is_still_coming() {
    let server = Server::start().await;
    let door = Door::open(&server, Plan::default());
    let target = format!("/api/people/{}/readings", server.person.id);
    let head = |length: &str| {
        let token = bearer(&server.publish.token);
        format!("POST {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{token}{length}\r\n\r\n")
    };
    let body = "x".repeat(700_000);
    let claimed = format!("{}{body}", head("content-length: 700000"));
    refused(&door.say(claimed.as_bytes()).await, 413, "body_too_long");
    let chunked = format!("{}aae60\r\n{body}\r\n0\r\n\r\n", head("transfer-encoding: chunked"));
    refused(&door.say(chunked.as_bytes()).await, 413, "body_too_long");
    refused(&door.say(head("content-length: 999999999").as_bytes()).await, 413, "body_too_long");
}

#[tokio::test]
async fn connections_have_a_bound_and_the_next_is_told() {
    let server = Server::start().await;
    let limits = Limits { connections_max: 2, ..Limits::default() };
    let door = Door::open(&server, Plan { limits, ..Plan::default() });
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut socket = TcpStream::connect(door.address).await.expect("it listens");
        socket.write_all(b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("it reads");
        let mut first = [0; 12];
        socket.read_exact(&mut first).await.expect("it answers");
        held.push(socket);
    }
    refused(&door.get("/health/live", "").await, 503, "too_many_connections");
    drop(held);
    let mut freed = door.get("/health/live", "").await;
    for _ in 0..100 {
        if freed.status == 200 {
            break;
        }
        tokio::task::yield_now().await;
        freed = door.get("/health/live", "").await;
    }
    assert_eq!(freed.status, 200);
}

#[tokio::test]
async fn every_answer_is_protected() {
    let server = Server::start().await;
    let plain = Door::open(&server, Plan::default());
    let secure = Door::open(&server, Plan { options: Options::at("https://example.org"), ..Plan::default() });
    let token = bearer(&server.read.token);
    for target in [
        "/",
        "/api/people",
        "/i/unknown",
        "/nothing",
        "/health/live",
        "/sw.js",
        "/ShareWebServices/Services/x",
        "/api/v1/status.json",
    ] {
        for door in [&plain, &secure] {
            let answer = door.get(target, &format!("{token}accept: text/html\r\n")).await;
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{target}");
            assert!(answer.header("referrer-policy").is_some(), "{target}");
            assert!(answer.header("cache-control").is_some(), "{target}");
            let policy = answer.header("content-security-policy").unwrap_or_else(|| panic!("{target}: {answer:?}"));
            assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{target}: {policy}");
            let has_hsts = answer.header("strict-transport-security").is_some();
            assert_eq!(has_hsts, door.address == secure.address, "{target}");
        }
    }
    let page = plain.get("/i/unknown", "accept: text/html\r\n").await;
    assert!(page.header("permissions-policy").is_some_and(|policy| policy.contains("camera=()")));
}

#[tokio::test]
async fn a_slug_before_the_path_or_the_host_selects_the_person() {
    let server = Server::start().await;
    let door = Door::open(&server, Plan { options: Options::at("http://example.test"), ..Plan::default() });
    let live = door.get(&format!("/n/{}/health/live", server.person.slug), "").await;
    assert_eq!(live.status, 200, "the rest of the path is what is asked for");
    assert_eq!(door.get("/n/a%20b/health/live", "").await.status, 404);
    let host =
        format!("GET /health/live HTTP/1.1\r\nhost: {}.example.test\r\nconnection: close\r\n\r\n", server.person.slug);
    assert_eq!(door.say(host.as_bytes()).await.status, 200);
}

#[tokio::test]
async fn metrics_are_for_this_machine_or_for_whoever_has_the_token() {
    let server = Server::start().await;
    let options = Options { metrics_token: Some("s3cret".into()), ..Options::default() };
    let door = Door::open(&server, Plan { options, ..Plan::default() });
    let own = door.get("/metrics", "").await;
    assert_eq!(own.status, 200);
    assert!(own.body.contains("keepwatch_readings_accepted_total 0"), "{}", own.body);
    assert!(!own.body.contains("Ada") && !own.body.contains("p_"));
    let proxied = "x-forwarded-for: 203.0.113.9\r\n";
    refused(&door.get("/metrics", proxied).await, 403, "metrics_not_for_you");
    refused(&door.get("/metrics", &format!("{proxied}{}", bearer("guess"))).await, 403, "metrics_not_for_you");
    assert_eq!(door.get("/metrics", &format!("{proxied}{}", bearer("s3cret"))).await.status, 200);
    assert_eq!(door.get("/health/ready", "").await.body, "ready\n");
}

#[tokio::test]
async fn a_kept_connection_answers_again_and_a_stop_lets_it_finish() {
    let server = Server::start().await;
    let door = Door::open(&server, Plan::default());
    let mut socket = TcpStream::connect(door.address).await.expect("it listens");
    for _ in 0..3 {
        socket.write_all(b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("it reads");
        let mut seen = Vec::new();
        while !seen.ends_with(b"alive\n") {
            let mut chunk = [0; 1_024];
            let count = socket.read(&mut chunk).await.expect("it answers");
            assert!(count > 0, "it stays open");
            seen.extend_from_slice(&chunk[..count]);
        }
    }
    door.stop().await.expect("an idle connection does not hold it up");
    let mut rest = Vec::new();
    socket.read_to_end(&mut rest).await.expect("it is closed");
}

/// What was logged, as text.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no holder panics").extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_secret_and_no_glucose_reaches_the_log() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || writer.clone());
    let _guard = tracing::subscriber::set_default(subscriber.finish());
    let server = Server::start().await;
    let door = Door::open(&server, Plan::default());
    let target = format!("/api/people/{}/readings", server.person.id);
    let body = format!(r#"{{"source":"phone","readings":[{{"measured_at":{},"mg_dl":123.4}}]}}"#, server::NOW.as_ms());
    let token = bearer(&server.publish.token);
    let post = format!(
        "POST {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{token}content-length: {}\r\n\r\n{body}",
        body.len()
    );
    assert_eq!(door.say(post.as_bytes()).await.status, 200);
    door.get(&format!("/i/{}", server.follow.invitation), "").await;
    let accept = "accept: application/json\r\n";
    let bind = format!(
        "POST /i/{} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{accept}content-length: 0\r\n\r\n",
        server.follow.invitation
    );
    let bound = door.say(bind.as_bytes()).await;
    let device = bound.json()["token"].as_str().expect("a token").to_owned();
    door.get("/", &format!("cookie: keepwatch_device={device}\r\n")).await;
    door.get(&format!("/api/live?cursor=x&token={}", server.read.token), "").await;
    door.get(&format!("/api/v1/entries.json?token={}", server.read.nightscout_token), "").await;
    let login =
        format!(r#"{{"accountName":"{}","password":"{}"}}"#, server.read.share_user_name, server.read.share_password);
    let post = format!(
        "POST /ShareWebServices/Services/General/LoginPublisherAccountByName HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{login}",
        login.len()
    );
    door.say(post.as_bytes()).await;
    let logged = String::from_utf8(log.0.lock().expect("no holder panics").clone()).expect("text");
    assert!(logged.contains("/api/people"), "requests are logged at this level: {logged}");
    let secrets = [
        &server.publish.token,
        &server.publish.nightscout_api_secret,
        &server.publish.share_password,
        &server.read.token,
        &server.read.nightscout_token,
        &server.read.share_password,
        &server.follow.invitation,
        &device,
    ];
    for secret in secrets {
        assert!(!logged.contains(secret.as_str()), "{secret} in {logged}");
    }
    for forbidden in ["123.4", "Ada", "mg_dl"] {
        assert!(!logged.contains(forbidden), "{forbidden} in {logged}");
    }
}
