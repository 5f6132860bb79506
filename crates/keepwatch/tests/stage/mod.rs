//! The stage for tests of the built binary: running it, starting and ending servers, and speaking plain HTTP to them.
//! Only what a test started is ended, and by its own child, never by name.

#![allow(clippy::disallowed_methods, reason = "tests of the binary run on the real machine")]
#![allow(dead_code, reason = "each test uses a part of the stage")]

use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The binary.
pub(crate) const KEEPWATCH: &str = env!("CARGO_BIN_EXE_keepwatch");
/// Nothing here takes longer, even on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A command in surroundings without settings, at home in `home`.
pub(crate) fn command(home: &Path) -> Command {
    let mut command = Command::new(KEEPWATCH);
    command.env_clear().env("HOME", home).env("LANG", "C").env("TZ", "UTC").env("PATH", "/usr/bin:/bin");
    command
}

/// Runs the binary to its end.
pub(crate) fn run(home: &Path, args: &[&str]) -> Output {
    command(home).args(args).output().expect("the binary runs")
}

/// Runs a `--json` command and reads its one document.
pub(crate) fn json(home: &Path, args: &[&str]) -> Value {
    let output = run(home, args);
    assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|cause| panic!("{args:?}: {cause}: {}", text(&output.stdout)))
}

/// Bytes as text.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The text of a member, by a path like `read.token`.
pub(crate) fn member<'a>(value: &'a Value, path: &str) -> &'a str {
    let found = path.split('.').fold(value, |value, key| &value[key]);
    found.as_str().unwrap_or_else(|| panic!("{path} is missing in {value}"))
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis() as i64
}

/// Lets a server live for a moment.
pub(crate) fn pause(time: Duration) {
    std::thread::sleep(time);
}

/// Asks again until it is so.
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain: {what}");
        pause(Duration::from_millis(20));
    }
}

/// A directory of its own for a test, with a data directory in it.
pub(crate) struct Stage {
    pub(crate) root: tempfile::TempDir,
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self { root: tempfile::tempdir().expect("a directory") }
    }

    pub(crate) fn home(&self) -> &Path {
        self.root.path()
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.root.path().join("data")
    }

    pub(crate) fn data_text(&self) -> String {
        self.data().display().to_string()
    }

    /// Runs a command on the data directory.
    pub(crate) fn run(&self, args: &[&str]) -> Output {
        let data = self.data_text();
        run(self.home(), &[args, &["--data", &data]].concat())
    }

    /// Runs a `--json` command on the data directory.
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let data = self.data_text();
        json(self.home(), &[args, &["--data", &data, "--json"]].concat())
    }

    pub(crate) fn serve(&self) -> Server {
        self.serve_with(&[])
    }

    pub(crate) fn serve_with(&self, args: &[&str]) -> Server {
        let mut serve = command(self.home());
        serve.args(["serve", "--data", &self.data_text(), "--listen", "127.0.0.1:0"]).args(args);
        Server::start(serve, self.home())
    }
}

/// A running server; it is ended when the test is.
pub(crate) struct Server {
    pub(crate) child: Child,
    pub(crate) url: String,
    pub(crate) log: PathBuf,
    stdout: BufReader<std::process::ChildStdout>,
}

impl Server {
    /// Starts `command` and waits until it says where it listens.
    pub(crate) fn start(mut command: Command, home: &Path) -> Self {
        let log = home.join(format!("log-{}", now_ms()));
        let file = std::fs::File::create(&log).expect("a log");
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(file).spawn().expect("it starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("a line");
        let url = line.trim_end().strip_prefix("listening on ").map(str::to_owned);
        let url = url.unwrap_or_else(|| panic!("{line:?}, {}", std::fs::read_to_string(&log).unwrap_or_default()));
        Self { child, url, log, stdout }
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).expect("a log")
    }

    /// The next line on stdout.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("a line");
        line
    }

    /// Everything else on stdout, once the server has ended.
    pub(crate) fn rest_of_stdout(&mut self) -> String {
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).expect("text");
        rest
    }

    /// Ends it as a service manager does, and says how long that took.
    pub(crate) fn terminate(&mut self) -> (ExitStatus, Duration) {
        let begun = Instant::now();
        let sent = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().expect("kill runs");
        assert!(sent.success());
        (self.child.wait().expect("it ends"), begun.elapsed())
    }

    /// Ends it as a power cut would, as far as a process can tell.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it is killed");
        self.child.wait().expect("it ends");
    }

    pub(crate) fn get(&self, path: &str, token: &str) -> Answer {
        http(&self.url, "GET", path, &[("Authorization", &format!("Bearer {token}"))], "").expect("an answer")
    }

    pub(crate) fn post(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        http(&self.url, "POST", path, headers, body).expect("an answer")
    }

    /// Uploads readings through our own API.
    pub(crate) fn upload(&self, person: &Value, readings: &[(i64, i64)]) -> std::io::Result<Answer> {
        let items: Vec<Value> =
            readings.iter().map(|(at, mg_dl)| serde_json::json!({ "measured_at": at, "mg_dl": mg_dl })).collect();
        let body = serde_json::json!({ "source": "test phone", "readings": items }).to_string();
        let path = format!("/api/people/{}/readings", member(person, "person"));
        let token = format!("Bearer {}", member(person, "publish.token"));
        http(&self.url, "POST", &path, &[("Authorization", &token), ("Content-Type", "application/json")], &body)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has ended already cannot be killed, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An HTTP answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|cause| panic!("{cause}: {}", self.body))
    }
}

/// One request on a connection of its own.
pub(crate) fn http(
    url: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> std::io::Result<Answer> {
    let host = url.strip_prefix("http://").expect("plain http");
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut request =
        format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        request.extend([name, ": ", value, "\r\n"]);
    }
    stream.write_all(format!("{request}\r\n{body}").as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answer = text(&answer);
    let torn = || std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(torn)?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(torn)?;
    let length =
        head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ").and_then(|n| n.parse().ok()));
    if length.is_some_and(|length: usize| body.len() < length) {
        return Err(torn());
    }
    let body =
        if head.to_lowercase().contains("transfer-encoding: chunked") { unchunked(body) } else { body.to_owned() };
    Ok(Answer { status, head: head.to_owned(), body })
}

fn unchunked(mut body: &str) -> String {
    let mut whole = String::new();
    while let Some((size, rest)) = body.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap_or(0);
        if size == 0 || rest.len() < size {
            break;
        }
        whole.push_str(&rest[..size]);
        body = rest[size..].trim_start_matches("\r\n");
    }
    whole
}
