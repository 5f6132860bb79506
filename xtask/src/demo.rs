//! `cargo xtask demo`: builds the web app and the binary and starts three simulated people. It leaves nothing behind.

use std::os::unix::process::CommandExt;
use std::path::Path;

use crate::program::Program;
use crate::web;

/// Builds, then becomes `keepwatch demo`.
pub(crate) fn run(root: &Path, words: &[String]) -> Result<(), String> {
    let release = words.iter().any(|word| word == "--release");
    let rest: Vec<String> = words.iter().filter(|word| *word != "--release").cloned().collect();
    web::run(root)?;
    let binary = build(root, release)?;
    let arguments: Vec<String> = ["demo".to_owned()].into_iter().chain(rest).collect();
    // Becoming the program, not watching over it, lets Ctrl-C reach it as if it had been typed.
    let cause = Program::new(&binary, &arguments, root).into_command().exec();
    Err(format!("could not start {}: {cause}", binary.display()))
}

/// Builds the binary and says where it is.
pub(crate) fn build(root: &Path, release: bool) -> Result<std::path::PathBuf, String> {
    // Asked of the whole workspace, so that features are those of `cargo test` and nothing is compiled a second time.
    let mut arguments = vec!["build", "--locked", "--workspace", "--bin", "keepwatch"];
    if release {
        arguments.push("--release");
    }
    Program::new("cargo", &arguments, root).run()?;
    let folder = if release { "release" } else { "debug" };
    Ok(target(root)?.join(folder).join("keepwatch"))
}

/// Where Cargo builds to, wherever the machine has put it.
pub(crate) fn target(root: &Path) -> Result<std::path::PathBuf, String> {
    let answer = std::process::Command::new("cargo")
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .current_dir(root)
        .output()
        .map_err(|cause| format!("could not run cargo metadata: {cause}"))?;
    let graph: serde_json::Value = serde_json::from_slice(&answer.stdout)
        .map_err(|cause| format!("could not read cargo metadata's answer: {cause}"))?;
    graph["target_directory"]
        .as_str()
        .map(std::path::PathBuf::from)
        .ok_or_else(|| "cargo metadata names no target directory".to_owned())
}
