//! `keepwatch doctor`: looks at everything that a server needs, says what it saw, and for each fault what to do. It shows ages and
//! sizes, never glucose, and changes nothing.

use crate::certificate;
use crate::cli::{Doctor, Listening};
use crate::client;
use crate::config::{Config, environment};
use crate::data_dir::DataDir;
use crate::failure::Failure;
use crate::operator::{CheckUp, Request, Response, SourceState};
use crate::output;
use crate::people;
use keepwatch_model::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use keepwatch_service::clock::{Clock, SystemClock};
use serde::Serialize;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::ExitCode;

/// Less room than this is a fault: uploads will soon be refused.
const ROOM_MIN_MIB: u64 = 64;
/// Less room than this is worth a look.
const ROOM_LOW_MIB: u64 = 1_024;
/// A certificate that ends sooner should have been renewed by now.
const CERTIFICATE_SOON_MS: i64 = 14 * DAY_MS;
/// No release of Keepwatch is older; a clock that shows less has not been set.
const CLOCK_EARLIEST_MS: i64 = 1_767_225_600_000;
/// A time that lies so far ahead of the clock was not written by a clock that was right.
const AHEAD_MS: i64 = 2 * MINUTE_MS;

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    /// As it should be.
    Good,
    /// Worth a look; the server itself is well.
    Look,
    /// Something needs doing.
    Fault,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Check {
    name: &'static str,
    state: State,
    says: String,
    #[serde(rename = "do", skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl Check {
    fn good(name: &'static str, says: impl Into<String>) -> Self {
        Self { name, state: State::Good, says: says.into(), next: None }
    }

    fn look(name: &'static str, says: impl Into<String>, next: impl Into<String>) -> Self {
        Self { name, state: State::Look, says: says.into(), next: Some(next.into()) }
    }

    fn fault(name: &'static str, says: impl Into<String>, next: impl Into<String>) -> Self {
        Self { name, state: State::Fault, says: says.into(), next: Some(next.into()) }
    }
}

/// Runs the command.
pub(crate) async fn run(args: Doctor) -> Result<ExitCode, Failure> {
    let config = Config::load(&args.place, &Listening::default(), &environment())?;
    let dir = DataDir::existing(config.data()?)?;
    let mut checks = vec![directory(&dir), key_file(&dir), room(&dir)];
    checks.extend(journal(&dir, &config).await);
    checks.push(public_url(&dir, &config).await);
    checks.extend(config.tls.as_ref().map(|tls| tls_files(&tls.cert, &tls.key)));
    let faults = checks.iter().filter(|check| check.state == State::Fault).count();
    if args.json {
        output::document(&serde_json::json!({ "checks": checks, "faults": faults }))?;
    } else {
        checks.iter().for_each(print);
    }
    Ok(if faults == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn print(check: &Check) {
    let mark = match check.state {
        State::Good => "  ok  ",
        State::Look => " look ",
        State::Fault => "FAULT ",
    };
    output::line(&format!("{mark} {:<14} {}", check.name, check.says));
    if let Some(next) = &check.next {
        output::line(&format!("{:<21} -> {next}", ""));
    }
}

/// The permissions of a path that anybody but its owner has.
fn others_may(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

fn directory(dir: &DataDir) -> Check {
    const NAME: &str = "directory";
    let path = dir.path().display();
    let listed = std::fs::read_dir(dir.path());
    let open: Vec<String> = listed
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| others_may(path))
        .map(|path| path.display().to_string())
        .collect();
    if others_may(dir.path()) && !open.is_empty() {
        return Check::fault(
            NAME,
            format!("others on this machine can reach {}", open.join(", ")),
            format!("chmod -R go= {path}"),
        );
    }
    if std::fs::read_dir(dir.path()).is_err() {
        return Check::fault(
            NAME,
            format!("{path} cannot be read by this user"),
            "run this as the user who runs the server",
        );
    }
    Check::good(NAME, format!("{path} is there and its files are for their owner alone"))
}

fn key_file(dir: &DataDir) -> Check {
    const NAME: &str = "key file";
    let path = dir.key_file();
    let restore = "restore it from a backup; without it nobody can sign in";
    if let Err(failure) = dir.check_key() {
        return Check::fault(NAME, failure.to_string(), restore);
    }
    match dir.existing_key() {
        Ok(None) => Check::look(NAME, "there is none yet", "nothing: the first serve makes it"),
        Ok(Some(_)) if others_may(&path) => Check::fault(
            NAME,
            format!("others on this machine can read {}", path.display()),
            format!("chmod 600 {}", path.display()),
        ),
        Ok(Some(_)) => Check::good(NAME, "it is whole and for its owner alone; keep a copy apart from the data"),
        Err(failure) => Check::fault(NAME, failure.to_string(), restore),
    }
}

fn room(dir: &DataDir) -> Check {
    const NAME: &str = "disk";
    let next = "free some room, or move the directory to a larger disk";
    let Ok(disk) = rustix::fs::statvfs(dir.path()) else {
        return Check::look(NAME, "it does not say how much room is left", "look with df");
    };
    let mib = disk.f_bavail.saturating_mul(disk.f_frsize) / (1024 * 1024);
    match mib {
        0..ROOM_MIN_MIB => Check::fault(NAME, format!("only {mib} MiB are left"), next),
        ROOM_MIN_MIB..ROOM_LOW_MIB => Check::look(NAME, format!("{mib} MiB are left"), next),
        _ => Check::good(NAME, format!("{} GiB are left", mib / 1024)),
    }
}

async fn journal(dir: &DataDir, config: &Config) -> Vec<Check> {
    const NAME: &str = "journal";
    if !dir.journal().exists() {
        return vec![Check::look(
            NAME,
            "there is none yet",
            format!("keepwatch serve --data {}", dir.path().display()),
        )];
    }
    match people::ask(dir, config, Request::CheckUp).await {
        Ok(Response::CheckedUp(check_up)) => checked_up(&check_up),
        Ok(_) => vec![Check::fault(NAME, "the running server is of another release", "restart it with this release")],
        Err(failure) => vec![Check::fault(
            NAME,
            failure.to_string(),
            "look at the server's log; restore a backup if the file is damaged",
        )],
    }
}

fn checked_up(check_up: &CheckUp) -> Vec<Check> {
    let now = SystemClock.now().as_ms();
    let mut checks = vec![match &check_up.store_fault {
        Some(fault) => Check::fault(
            "journal",
            format!("readings are shown but cannot be kept: {fault}"),
            "free room or repair the disk; it heals by itself",
        ),
        None => Check::good(
            "journal",
            format!("it opens and is readable; {} people, {} follows", check_up.people, check_up.follows),
        ),
    }];
    checks.push(clock(now, check_up));
    checks.extend(check_up.sources.iter().map(|source| source_check(source, now)));
    checks
}

fn clock(now: i64, check_up: &CheckUp) -> Check {
    const NAME: &str = "clock";
    let next = "set this machine's clock, best by a time service (timedatectl set-ntp true)";
    let ahead =
        check_up.sources.iter().filter_map(|source| source.last_contact).any(|contact| contact > now + AHEAD_MS);
    if now < CLOCK_EARLIEST_MS || ahead || (check_up.time - now).abs() > AHEAD_MS {
        Check::fault(NAME, "this machine's clock lies behind times that it has seen before", next)
    } else {
        Check::good(NAME, "it is not behind anything that has happened")
    }
}

fn source_check(source: &SourceState, now: i64) -> Check {
    const NAME: &str = "source";
    let person = format!("{} ({})", source.person_name, source.person);
    let Some(name) = &source.source else {
        return Check::look(
            NAME,
            format!("nothing was ever in touch for {person}"),
            "type the address and a secret into her phone's app",
        );
    };
    let reading = source.last_reading.map_or_else(|| "never".to_owned(), |at| ago(now - at));
    let contact = source.last_contact.map_or_else(|| "not since the last start".to_owned(), |at| ago(now - at));
    let says = format!("{person}, {name}: newest reading {reading}, last in touch {contact}");
    if let Some(refused) = &source.refused {
        return Check::look(NAME, says, format!("its last upload was refused: {refused}"));
    }
    let heard = source.last_contact.max(source.last_reading);
    if heard.is_none_or(|heard| now - heard > source.silent_after_ms) {
        return Check::look(NAME, says, "check that the phone has power and internet, and the address in its app");
    }
    Check::good(NAME, says)
}

fn ago(ms: i64) -> String {
    match ms.max(0) {
        ms if ms < HOUR_MS => format!("{} min ago", ms / MINUTE_MS),
        ms if ms < 2 * DAY_MS => format!("{} h ago", ms / HOUR_MS),
        ms => format!("{} days ago", ms / DAY_MS),
    }
}

async fn public_url(dir: &DataDir, config: &Config) -> Check {
    const NAME: &str = "address";
    let Some(url) = config.public_url.clone().or_else(|| dir.public_url()) else {
        return Check::look(NAME, "no server has run here yet", "start one; --public-url tells it how others reach it");
    };
    let next = "start the server, or check the name, the router and the proxy between";
    let asked = async {
        let address = client::address(&url).map_err(|failure| failure.to_string())?;
        let http = client::client(&address).map_err(|failure| failure.to_string())?;
        let request = http.get(client::below(&address, "/health/live")).timeout(client::ANSWER_WAIT_MAX);
        let response = request.send().await.map_err(|cause| client::why(&cause))?;
        if response.status().is_success() { Ok(()) } else { Err(format!("it answered {}", response.status())) }
    };
    match asked.await {
        Ok(()) => Check::good(NAME, format!("{url} answers")),
        Err(why) => Check::fault(NAME, format!("{url} does not answer: {why}"), next),
    }
}

fn tls_files(cert: &Path, key: &Path) -> Check {
    const NAME: &str = "certificate";
    let renew = "renew it; the server reads the new files by itself";
    if others_may(key) {
        return Check::look(
            NAME,
            format!("others on this machine can read {}", key.display()),
            format!("chmod 600 {}", key.display()),
        );
    }
    match certificate::ends_at(cert, key) {
        Err(why) => Check::fault(NAME, why, "give PEM files that belong together"),
        Ok(ends_at) => match ends_at - SystemClock.now().as_ms() {
            left if left < 0 => Check::fault(NAME, format!("it ended {}", ago(-left)), renew),
            left if left < CERTIFICATE_SOON_MS => {
                Check::look(NAME, format!("it ends in {} days", left / DAY_MS), renew)
            }
            left => Check::good(NAME, format!("it fits its key and ends in {} days", left / DAY_MS)),
        },
    }
}
