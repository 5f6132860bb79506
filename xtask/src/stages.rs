//! `cargo xtask check` and `cargo xtask test`: the same stages, few or all, in order, each with a budget of minutes. The first that
//! fails ends the run; the table and the count are printed all the same.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::demo;
use crate::program::{Program, installed};
use crate::schema;
use crate::setup;
use crate::tally::Tally;
use crate::tidy;
use crate::web;

/// A release binary larger than this is a fault: one family's little machine has to hold it.
const BINARY_BYTES_MAX: u64 = 20 * 1024 * 1024;

/// One step of the run.
struct Stage {
    name: &'static str,
    budget_minutes: u64,
    run: Run,
}

type Run = fn(&Path, &mut Tally) -> Result<(), String>;

const fn stage(name: &'static str, budget_minutes: u64, run: Run) -> Stage {
    Stage { name, budget_minutes, run }
}

/// What a developer wants to know in seconds.
const QUICK: &[Stage] =
    &[stage("format", 1, format), stage("tidy", 1, |root, _| tidy::run(root)), stage("lints", 4, lints)];

/// Everything. The budgets add up to less than 40 minutes on two cores.
const ALL: &[Stage] = &[
    stage("set-up", 3, |root, _| setup::run(root)),
    stage("format", 1, format),
    stage("tidy", 1, |root, _| tidy::run(root)),
    stage("deny", 1, deny),
    stage("web: build", 1, |root, _| web::run(root)),
    stage("web: types", 1, web_types),
    stage("web: unit tests", 1, web_unit),
    stage("lints", 4, lints),
    stage("cargo test", 8, cargo_test),
    stage("schema", 1, |root, _| schema::run(root, &["--check".to_owned()])),
    stage("browser", 4, browser),
    stage("real clients", 4, clients),
    stage("release", 9, release),
];

/// Format, tidy, lints.
pub(crate) fn check(root: &Path) -> Result<(), String> {
    run(root, QUICK)
}

/// What continuous integration runs.
pub(crate) fn test(root: &Path) -> Result<(), String> {
    run(root, ALL)
}

#[allow(clippy::disallowed_methods, reason = "a stage is measured on the real clock")]
fn run(root: &Path, stages: &[Stage]) -> Result<(), String> {
    let mut total = Tally::default();
    let mut table = Vec::new();
    let mut outcome = Ok(());
    for stage in stages {
        println!("\n== {}", stage.name);
        let start = Instant::now();
        let mut tally = Tally::default();
        let ended = (stage.run)(root, &mut tally);
        // A stage that fails without a count of its own is one failure: the closing line must never read as if all were well.
        if ended.is_err() && tally.failed == 0 {
            tally.failed = 1;
        }
        table.push(row(stage, start.elapsed(), tally, &ended));
        total.add(tally);
        if let Err(sentence) = ended {
            outcome = Err(format!("{}: {sentence}", stage.name));
            break;
        }
    }
    println!("\nstage               budget      took   tests");
    for line in &table {
        println!("{line}");
    }
    println!("\n{} passed, {} failed", total.passed, total.failed);
    outcome
}

fn row(stage: &Stage, took: Duration, tally: Tally, ended: &Result<(), String>) -> String {
    let seconds = took.as_secs();
    let over = if seconds > stage.budget_minutes * 60 { "  over its budget" } else { "" };
    let failed = if ended.is_err() { "  FAILED" } else { "" };
    let tests = match tally.passed + tally.failed {
        0 => String::new(),
        count => count.to_string(),
    };
    format!(
        "{:<18}{:>4} min{:>5}:{:02}{tests:>8}{over}{failed}",
        stage.name,
        stage.budget_minutes,
        seconds / 60,
        seconds % 60
    )
}

fn format(root: &Path, _: &mut Tally) -> Result<(), String> {
    Program::new("cargo", &["fmt", "--all", "--check"], root).run()
}

fn lints(root: &Path, _: &mut Tally) -> Result<(), String> {
    let arguments = ["clippy", "--locked", "--workspace", "--all-targets", "--", "--deny", "warnings"];
    Program::new("cargo", &arguments, root).run()
}

/// tidy has judged by the same file already; this one also knows the published advisories, where it is installed.
fn deny(root: &Path, _: &mut Tally) -> Result<(), String> {
    if installed("cargo-deny").is_none() {
        println!("cargo-deny is not installed; tidy has held deny.toml without it");
        return Ok(());
    }
    Program::new("cargo", &["deny", "--locked", "check", "bans", "licenses", "sources"], root).run()
}

/// `cargo test` and not a faster runner: it runs the examples in doc comments too, which hold that some code does not compile, and it
/// is on every machine.
fn cargo_test(root: &Path, tally: &mut Tally) -> Result<(), String> {
    Program::new("cargo", &["test", "--locked", "--workspace", "--no-fail-fast"], root).run_counted(tally)
}

fn web_types(root: &Path, _: &mut Tally) -> Result<(), String> {
    Program::new("npm", &["run", "--silent", "check"], &root.join("web")).run()
}

fn web_unit(root: &Path, tally: &mut Tally) -> Result<(), String> {
    Program::new("npm", &["run", "--silent", "test"], &root.join("web")).run_counted(tally)
}

fn browser(root: &Path, tally: &mut Tally) -> Result<(), String> {
    let binary = demo::build(root, false)?;
    Program::new("npm", &["run", "--silent", "test:browser"], &root.join("web"))
        .with("KEEPWATCH_BINARY", binary)
        .run_counted(tally)
}

/// Programs that other people wrote, unchanged, against our server.
fn clients(root: &Path, tally: &mut Tally) -> Result<(), String> {
    let folder = root.join("tests/clients");
    if !folder.exists() {
        println!("there are no real clients in this checkout");
        return Ok(());
    }
    let binary = demo::build(root, false)?;
    Program::new::<&str>(folder.join("run"), &[], root).with("KEEPWATCH_BINARY", binary).run_counted(tally)
}

/// The binary that people install, with the web app inside, and small enough.
fn release(root: &Path, _: &mut Tally) -> Result<(), String> {
    let binary: PathBuf = demo::build(root, true)?;
    let bytes =
        std::fs::metadata(&binary).map_err(|cause| format!("could not look at {}: {cause}", binary.display()))?.len();
    println!("the release binary has {bytes} bytes of at most {BINARY_BYTES_MAX}");
    if bytes > BINARY_BYTES_MAX {
        return Err(format!("the release binary has {bytes} bytes; at most {BINARY_BYTES_MAX}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budgets_fit_into_forty_minutes() {
        let minutes: u64 = ALL.iter().map(|stage| stage.budget_minutes).sum();
        assert!(minutes <= 40, "{minutes} minutes");
    }

    #[test]
    fn a_stage_over_its_budget_says_so() {
        let stage = &QUICK[0];
        let within = row(stage, Duration::from_mins(1), Tally::default(), &Ok(()));
        let over = row(stage, Duration::from_secs(61), Tally { passed: 3, failed: 1 }, &Err(String::new()));
        assert!(!within.contains("budget"));
        assert!(
            over.contains("over its budget") && over.contains("FAILED") && over.contains("1:01") && over.contains('4'),
            "{over}"
        );
    }
}
