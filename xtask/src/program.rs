//! Runs other programs, shows what is run, and says in one sentence when one fails.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::tally::Tally;

/// A program to run in a folder, as a person would type it.
pub(crate) struct Program {
    command: Command,
    shown: String,
}

impl Program {
    /// `name` with `arguments`, in `folder`.
    pub(crate) fn new<S: AsRef<OsStr>>(name: impl AsRef<OsStr>, arguments: &[S], folder: &Path) -> Program {
        let mut command = Command::new(name.as_ref());
        command.args(arguments).current_dir(folder).stdin(Stdio::null());
        let mut shown = name.as_ref().to_string_lossy().into_owned();
        for argument in arguments {
            shown.push(' ');
            shown.push_str(&argument.as_ref().to_string_lossy());
        }
        Program { command, shown }
    }

    /// With a variable of the environment set.
    pub(crate) fn with(mut self, name: &str, value: impl AsRef<OsStr>) -> Program {
        self.command.env(name, value);
        self
    }

    /// Runs it in the foreground.
    pub(crate) fn run(mut self) -> Result<(), String> {
        println!("$ {}", self.shown);
        let status = self.command.status().map_err(|cause| format!("could not run `{}`: {cause}", self.shown))?;
        if status.success() { Ok(()) } else { Err(format!("`{}` failed ({status})", self.shown)) }
    }

    /// Runs it in the foreground and counts the tests that its lines tell of.
    pub(crate) fn run_counted(mut self, tally: &mut Tally) -> Result<(), String> {
        println!("$ {}", self.shown);
        let failed = |cause: std::io::Error| format!("could not run `{}`: {cause}", self.shown);
        let mut child = self.command.stdout(Stdio::piped()).spawn().map_err(failed)?;
        if let Some(stdout) = child.stdout.take() {
            for line in BufReader::new(stdout).split(b'\n') {
                let line = line.map_err(failed)?;
                let line = String::from_utf8_lossy(&line);
                println!("{line}");
                tally.read(&line);
            }
        }
        let status = child.wait().map_err(failed)?;
        if status.success() { Ok(()) } else { Err(format!("`{}` failed ({status})", self.shown)) }
    }

    /// The command itself, for a caller that has to hold on to the child.
    pub(crate) fn into_command(self) -> Command {
        println!("$ {}", self.shown);
        self.command
    }
}

/// Where a program of that name is, if it is installed.
pub(crate) fn installed(name: &str) -> Option<PathBuf> {
    #[allow(clippy::disallowed_methods, reason = "the search path is the machine's own")]
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}
