//! What the tests need beside Rust and Node: a browser, npm and a Python with venv. As root on Debian it installs what is missing;
//! elsewhere it says the one line to type. It never asks.

use std::path::Path;

use crate::program::{Program, installed};

/// A program, and the Debian packages that bring it.
struct Need {
    program: &'static str,
    packages: &'static [&'static str],
}

const NEEDS: &[Need] = &[
    Need { program: "npm", packages: &["npm"] },
    Need { program: "chromium", packages: &["chromium", "fonts-dejavu-core"] },
    Need { program: "python3", packages: &["python3", "python3-venv"] },
];

/// Installs what this machine lacks, or says how.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    if installed("node").is_none() {
        return Err(
            "Node 20 or newer is not installed; see https://nodejs.org, or on Debian: apt-get install nodejs npm"
                .to_owned(),
        );
    }
    let mut missing: Vec<&str> = NEEDS
        .iter()
        .filter(|need| installed(need.program).is_none())
        .flat_map(|need| need.packages.iter().copied())
        .collect();
    if installed("python3").is_some() && !python_makes_rooms(root) {
        missing.push("python3-venv");
    }
    if missing.is_empty() {
        println!("nothing is missing");
        return Ok(());
    }
    let line = format!("apt-get install --yes --no-install-recommends {}", missing.join(" "));
    if installed("apt-get").is_none() || !is_root() {
        return Err(format!("some programs are missing; type: sudo {line}"));
    }
    Program::new("apt-get", &["update"], root).with("DEBIAN_FRONTEND", "noninteractive").run()?;
    let words: Vec<&str> = line.split(' ').skip(1).collect();
    Program::new("apt-get", &words, root).with("DEBIAN_FRONTEND", "noninteractive").run()
}

/// Debian's python3 comes without the part that makes virtual environments.
fn python_makes_rooms(root: &Path) -> bool {
    std::process::Command::new("python3")
        .args(["-c", "import venv, ensurepip"])
        .current_dir(root)
        .output()
        .is_ok_and(|answer| answer.status.success())
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    // Who owns our own entry in /proc is who we are; the standard library has no shorter way to ask.
    std::fs::metadata("/proc/self").is_ok_and(|entry| entry.uid() == 0)
}
