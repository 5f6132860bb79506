//! A server from start to end: what it says, what it leaves, what it reads back, and who follows it.

mod stage;

use stage::{PATIENCE, Server, Stage, command, http, json, member, now_ms, run, text, until};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use std::time::Duration;

/// So long may an asked-for end take.
const END_MAX: Duration = Duration::from_secs(10);

#[test]
fn stdout_has_the_one_line_and_nothing_else() {
    let stage = Stage::new();
    let mut server = stage.serve();
    assert!(server.url.starts_with("http://127.0.0.1:"));
    assert_eq!(server.get("/health/live", "").status, 200);
    server.post("/nowhere", &[], "{");
    let (status, _) = server.terminate();
    assert!(status.success());
    assert_eq!(server.rest_of_stdout(), "");
}

#[test]
fn it_ends_in_time_although_somebody_follows() {
    let stage = Stage::new();
    stage.json(&["person", "add", "Ada"]);
    let follower = stage.json(&["follower", "add", "Grandma", "--person", "Ada"]);
    let mut server = stage.serve();
    let mut stream = TcpStream::connect(server.url.trim_start_matches("http://")).expect("connected");
    stream.set_read_timeout(Some(PATIENCE)).expect("set");
    let token = member(&follower, "read.token");
    stream
        .write_all(format!("GET /api/live HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n").as_bytes())
        .expect("sent");
    let mut first = [0; 15];
    stream.read_exact(&mut first).expect("an answer");
    assert_eq!(&first, b"HTTP/1.1 200 OK");
    let (status, took) = server.terminate();
    assert!(status.success() && took < END_MAX, "{status}, {took:?}");
    assert!(!stage.data().join("keepwatch.sock").exists(), "the socket is gone with its server");
}

#[test]
fn what_was_sent_is_there_after_a_restart() {
    let stage = Stage::new();
    let ada = stage.json(&["person", "add", "Ada"]);
    let follower = stage.json(&["follower", "add", "Grandma", "--person", "Ada"]);
    let (token, person) = (member(&follower, "read.token"), member(&ada, "person"));
    let at = now_ms() - 60_000;
    let mut server = stage.serve();
    let answer = server.upload(&ada, &[(at - 300_000, 110), (at, 112)]).expect("an answer");
    assert_eq!((answer.status, answer.json()["accepted"].clone()), (200, 2.into()));
    server.terminate();
    let server = stage.serve();
    let latest = server.get(&format!("/api/people/{person}/latest"), token).json();
    assert_eq!((latest["latest"]["at"].clone(), latest["latest"]["mg_dl"].as_f64()), (at.into(), Some(112.0)));
    assert_eq!(server.upload(&ada, &[(at, 112)]).expect("an answer").json()["known"], 1);
}

#[test]
fn a_socket_that_a_killed_server_left_is_replaced() {
    let stage = Stage::new();
    let mut server = stage.serve();
    server.kill();
    let socket = stage.data().join("keepwatch.sock");
    assert!(socket.exists(), "kill -9 leaves it");
    let _server = stage.serve();
    assert_eq!(socket.metadata().expect("there").permissions().mode() & 0o777, 0o600);
    stage.json(&["person", "add", "Ada"]);
}

#[test]
fn a_second_server_on_the_directory_is_refused() {
    let stage = Stage::new();
    let _server = stage.serve();
    let output = stage.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    assert!(text(&output.stderr).contains("another Keepwatch uses it"), "{}", text(&output.stderr));
}

#[test]
fn a_port_in_use_and_a_bad_certificate_are_said_before_anything_listens() {
    let stage = Stage::new();
    let server = stage.serve();
    let other = Stage::new();
    let taken = server.url.trim_start_matches("http://");
    let output = other.run(&["serve", "--listen", taken]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("another program listens there"));
    let output = other.run(&["serve", "--listen", "127.0.0.1:0", "--tls-cert", "none.pem", "--tls-key", "none.pem"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty() && text(&output.stderr).contains("none.pem"), "{}", text(&output.stderr));
}

#[test]
fn the_demo_shows_three_people_and_lets_a_browser_in() {
    let stage = Stage::new();
    let mut demo = command(stage.home());
    demo.args(["demo", "--listen", "127.0.0.1:0"]);
    let mut server = Server::start(demo, stage.home());
    server.line();
    let line = server.line();
    let invitation = line.trim().strip_prefix("Open ").expect("the address to open").to_owned();
    let path = invitation.strip_prefix(&server.url).expect("on this server");
    let page = http(&server.url, "GET", path, &[], "").expect("a page");
    assert_eq!(page.status, 200);
    let bound = http(&server.url, "POST", path, &[("Origin", &server.url)], "").expect("an answer");
    assert!(
        bound.status == 303 && bound.head.to_lowercase().contains("set-cookie: keepwatch_device="),
        "{}",
        bound.head
    );
    let glance = text(&run(stage.home(), &["follow", &invitation, "--once"]).stdout);
    for name in ["Ada (Demo): ", "Ben (Demo): ", "Mia (Demo): No new reading for 20 min."] {
        assert!(glance.contains(name), "{name} is missing in {glance}");
    }
    assert!(glance.contains("Mia's phone hasn’t been in touch"), "{glance}");
    assert!(server.terminate().0.success());
}

#[test]
fn a_terminal_follows_once_and_live_and_is_told_when_it_is_over() {
    let stage = Stage::new();
    let mut server = stage.serve();
    let ada = stage.json(&["person", "add", "Ada"]);
    let follower = stage.json(&["follower", "add", "Grandma", "--person", "Ada"]);
    let invitation = member(&follower, "invitation_url").to_owned();
    let at = now_ms() - 120_000;
    server.upload(&ada, &[(at, 112)]).expect("an answer");
    let once = run(stage.home(), &["follow", &invitation, "--once"]);
    assert!(text(&once.stdout).starts_with("Ada: 112 mg/dL, In range, 2 min ago"), "{}", text(&once.stdout));
    // The device is remembered: the server's address is enough from now on, and the file is its owner's alone.
    let file = stage.home().join(".config/keepwatch/devices.json");
    assert_eq!(file.metadata().expect("there").permissions().mode() & 0o777, 0o600);
    let glance = json(stage.home(), &["follow", &server.url, "--once", "--json"]);
    assert_eq!(glance["people"][0]["latest"]["mg_dl"].as_f64(), Some(112.0));

    let mut follow = command(stage.home());
    let mut follow =
        follow.args(["follow", &server.url]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut lines = BufReader::new(follow.stdout.take().expect("a pipe")).lines();
    assert!(lines.next().expect("a line").expect("text").contains("112 mg/dL"));
    server.upload(&ada, &[(at + 60_000, 55)]).expect("an answer");
    let line = lines.next().expect("a line").expect("text");
    assert!(line.contains("55 mg/dL") && line.contains("Urgent low"), "{line}");
    server.kill();
    assert!(lines.next().expect("a line").expect("text").contains("Connecting again."));
    follow.kill().expect("ended");
    follow.wait().expect("ended");

    stage.json(&["follower", "remove", "Grandma"]);
    let server = stage.serve();
    let gone = run(stage.home(), &["follow", &server.url, "--once"]);
    assert_eq!(gone.status.code(), Some(1));
}

#[test]
fn an_invitation_that_is_not_known_is_refused_plainly() {
    let stage = Stage::new();
    let server = stage.serve();
    let output = run(stage.home(), &["follow", &format!("{}/i/nothing", server.url), "--once"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("ask for a new one"), "{}", text(&output.stderr));
    let output = run(stage.home(), &["follow", &server.url, "--once"]);
    assert!(text(&output.stderr).contains("use an invitation link first"));
}

#[test]
fn a_server_behind_a_very_long_path_is_reached_too() {
    let stage = Stage::new();
    let deep = stage.home().join("x".repeat(100)).join("y".repeat(100)).display().to_string();
    let mut serve = command(stage.home());
    serve.args(["serve", "--data", &deep, "--listen", "127.0.0.1:0"]);
    let server = Server::start(serve, stage.home());
    let ada = json(stage.home(), &["person", "add", "Ada", "--data", &deep, "--json"]);
    assert_eq!(member(&ada, "publish.nightscout_url"), server.url);
    until("the log is quiet", || !server.log().contains("ERROR"));
}
