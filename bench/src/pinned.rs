//! Programs on one processor each: servers on the first, whoever asks them on the second. They end with us.

use crate::machine::open_files_max;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// Servers, and whatever else is measured, run here.
pub(crate) const CORE_MEASURED: &str = "0";
/// The load comes from here.
pub(crate) const CORE_ASKING: &str = "1";
/// How a server says where it listens.
pub(crate) const LISTENING: &str = "listening on http://";

/// This very program.
pub(crate) fn ourselves() -> Result<PathBuf, String> {
    std::env::current_exe().map_err(|cause| format!("could not find this program: {cause}"))
}

/// The release binary: where `cargo xtask bench` says that it is, else beside this program.
#[allow(clippy::disallowed_methods, reason = "the one setting of a benchmark is which binary it measures")]
pub(crate) fn keepwatch() -> Result<PathBuf, String> {
    let path = match std::env::var_os("KEEPWATCH_BINARY") {
        Some(path) => PathBuf::from(path),
        None => ourselves()?.with_file_name("keepwatch"),
    };
    if path.is_file() {
        Ok(path)
    } else {
        Err(format!("could not find {}: build it with `cargo build --release -p keepwatch`", path.display()))
    }
}

/// A command on one processor, with as many descriptors as the machine allows.
pub(crate) fn command(core: &str, program: &std::path::Path) -> Command {
    let descriptors = open_files_max().unwrap_or(1_024);
    let mut command = Command::new("prlimit");
    command.arg(format!("--nofile={descriptors}:{descriptors}")).args(["taskset", "-c", core]).arg(program);
    command
}

/// Becomes this program again, on the processor that asks. Comes back only when it could not.
pub(crate) fn become_pinned() -> String {
    let ourselves = match ourselves() {
        Ok(path) => path,
        Err(sentence) => return sentence,
    };
    let mut command = command(CORE_ASKING, &ourselves);
    let cause = command.arg("--pinned").args(std::env::args_os().skip(1)).exec();
    format!("could not run prlimit and taskset, both of the package util-linux: {cause}")
}

/// Runs a part of this program on the measured processor and returns what it says.
pub(crate) fn run(arguments: &[&str]) -> Result<String, String> {
    let could_not = |cause: String| format!("could not run the part {}: {cause}", arguments.join(" "));
    let output = command(CORE_MEASURED, &ourselves()?)
        .args(arguments)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|cause| could_not(cause.to_string()))?;
    if !output.status.success() {
        return Err(could_not(output.status.to_string()));
    }
    String::from_utf8(output.stdout).map_err(|cause| could_not(cause.to_string()))
}

/// A server that runs until this is dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// A part of this program as a server.
    pub(crate) fn part(arguments: &[&str]) -> Result<Self, String> {
        let mut command = command(CORE_MEASURED, &ourselves()?);
        command.args(arguments);
        Self::start(command)
    }

    /// `keepwatch serve` on a data directory.
    pub(crate) fn keepwatch(directory: &std::path::Path) -> Result<Self, String> {
        let mut command = command(CORE_MEASURED, &keepwatch()?);
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(directory);
        Self::start(command)
    }

    fn start(mut command: Command) -> Result<Self, String> {
        let could_not = |cause: &str| format!("could not start a server: {cause}");
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|cause| could_not(&cause.to_string()))?;
        let output = child.stdout.take().ok_or_else(|| could_not("it has no output"))?;
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let address = lines.find_map(|line| line.strip_prefix(LISTENING)?.trim_end_matches('/').parse().ok());
        let Some(address) = address else {
            let _ = child.kill();
            let _ = child.wait();
            return Err(could_not("it never said where it listens"));
        };
        Ok(Self { child, address })
    }

    /// Its number.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has ended by itself cannot be ended again.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
