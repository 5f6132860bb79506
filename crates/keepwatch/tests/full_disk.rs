//! A disk that fills and heals: uploaders are told to come again in their own dialect, followers go on seeing, the log says it once.
//! The small disk is a file system in memory that only the server sees; where a machine does not allow that, a limit on the size
//! of files stands in for it.

mod stage;

use serde_json::Value;
use stage::{Answer, KEEPWATCH, Server, Stage, command, member, now_ms, until};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Room on the small disk.
const DISK: &str = "size=2m";
/// Blocks of 512 bytes that a file may grow to where a limit stands in; the store fits, a burst of readings does not.
const FILE_BLOCKS: u32 = 400;
const BURST: i64 = 1_000;

/// How the disk of a server is made full and given room again.
enum Disk {
    /// By a file beside the store, reached through the server's own view of the file system.
    Small { ballast: PathBuf },
    /// By the limit itself.
    Limited { pid: u32 },
}

impl Disk {
    fn fill(&self) {
        if let Self::Small { ballast } = self {
            let mut file = std::fs::File::create(ballast).expect("a file");
            while file.write_all(&[0; 4096]).is_ok() {}
        }
    }

    fn heal(&self) {
        match self {
            Self::Small { ballast } => std::fs::remove_file(ballast).expect("removed"),
            Self::Limited { pid } => {
                let raised = Command::new("prlimit").args(["--fsize=unlimited", "--pid", &pid.to_string()]).status();
                assert!(raised.expect("prlimit runs").success());
            }
        }
    }
}

fn namespaces_are_allowed(dir: &Path) -> bool {
    let script = format!("mount -t tmpfs -o {DISK} tmpfs '{}'", dir.display());
    Command::new("unshare").args(["-rm", "sh", "-c", &script]).output().is_ok_and(|output| output.status.success())
}

fn serve_on_a_small_disk(stage: &Stage) -> (Server, Disk) {
    let dir = stage.data();
    std::fs::create_dir_all(&dir).expect("a directory");
    let serve = format!("'{KEEPWATCH}' serve --data '{}' --listen 127.0.0.1:0", dir.display());
    let small = namespaces_are_allowed(&dir);
    let mut shell = if small {
        let mut shell = Command::new("unshare");
        shell.args(["-rm", "sh", "-c", &format!("mount -t tmpfs -o {DISK} tmpfs '{}' && exec {serve}", dir.display())]);
        shell
    } else {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("trap '' XFSZ; ulimit -S -f {FILE_BLOCKS}; exec {serve}")]);
        shell
    };
    shell.envs(command(stage.home()).get_envs().filter_map(|(name, value)| Some((name, value?))));
    let server = Server::start(shell, stage.home());
    let pid = server.child.id();
    let disk = if small {
        let inside = dir.strip_prefix("/").expect("an absolute path");
        Disk::Small { ballast: PathBuf::from(format!("/proc/{pid}/root")).join(inside).join("ballast") }
    } else {
        Disk::Limited { pid }
    };
    (server, disk)
}

/// Asks the operator's socket, which lies on the disk that only the server sees.
fn operate(stage: &Stage, server: &Server, args: &[&str]) -> Value {
    let seen = PathBuf::from(format!("/proc/{}/root", server.child.id()))
        .join(stage.data().strip_prefix("/").expect("absolute"));
    stage::json(stage.home(), &[args, &["--json", "--data", &seen.display().to_string()]].concat())
}

fn nightscout(server: &Server, person: &Value, at: i64) -> Answer {
    let body =
        serde_json::json!([{ "type": "sgv", "sgv": 101, "date": at, "dateString": "", "device": "x" }]).to_string();
    let secret = keepwatch_service::secret::sha1_hex(member(person, "publish.nightscout_api_secret"));
    server.post("/api/v1/entries.json", &[("api-secret", &secret), ("Content-Type", "application/json")], &body)
}

fn share(server: &Server, person: &Value, at: i64) -> Answer {
    let json = [("Content-Type", "application/json")];
    let login = serde_json::json!({
        "accountName": member(person, "publish.share_username"), "password": member(person, "publish.share_password"),
        "applicationId": "d8665ade-9673-4e27-9ff6-92db4ce13d13",
    });
    let path = "/ShareWebServices/Services";
    let session = server.post(&format!("{path}/General/LoginPublisherAccountByName"), &json, &login.to_string()).json();
    let time = format!("/Date({at})/");
    let upload =
        serde_json::json!({ "SN": "SM1", "Egvs": [{ "Trend": 4, "Value": 102, "ST": time, "DT": time }], "TA": -5 });
    let session = session.as_str().expect("a session");
    server.post(&format!("{path}/Publisher/PostReceiverEgvRecords?sessionId={session}"), &json, &upload.to_string())
}

#[test]
fn a_full_disk_is_told_to_uploaders_hidden_from_nobody_and_healed() {
    let stage = Stage::new();
    let (server, disk) = serve_on_a_small_disk(&stage);
    let ada = operate(&stage, &server, &["person", "add", "Ada"]);
    let follower = operate(&stage, &server, &["follower", "add", "Grandma", "--person", "Ada"]);
    disk.fill();
    // What fits into the room that the store holds already is still kept; a burst needs more.
    let base = now_ms() / 1_000 * 1_000 - 3_600_000;
    let mut burst = 0;
    until("the disk is full", || {
        let readings: Vec<(i64, i64)> = (0..BURST).map(|n| (base - (burst * BURST + n) * 10_000, 100)).collect();
        burst += 1;
        server.upload(&ada, &readings).expect("an answer").status == 503
    });

    let at = base + 3_540_000;
    let native = server.upload(&ada, &[(at, 64)]).expect("an answer");
    assert_eq!(native.status, 503, "{}", native.body);
    assert!(native.head.to_lowercase().contains("retry-after"), "{}", native.head);
    let seen =
        server.get(&format!("/api/people/{}/latest", member(&ada, "person")), member(&follower, "read.token")).json();
    assert_eq!((seen["latest"]["at"].clone(), seen["latest"]["mg_dl"].as_f64()), (at.into(), Some(64.0)));
    assert_eq!(nightscout(&server, &ada, at).status, 503);
    assert_eq!(share(&server, &ada, at).status, 503);
    assert_eq!(server.get("/health/ready", "").status, 503);
    let log = server.log();
    assert_eq!(log.matches("Followers still see what arrives").count(), 1, "{log}");

    disk.heal();
    until("the store heals", || server.upload(&ada, &[(at, 64)]).expect("an answer").status == 200);
    assert_eq!(server.get("/health/ready", "").status, 200);
    assert_eq!(server.log().matches("the store writes again").count(), 1);
}
