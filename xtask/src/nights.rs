//! `cargo xtask nights --seeds N`: more simulated nights than the ordinary test run has time for. A seed and a commit reproduce each.

use std::path::Path;

use crate::program::Program;

/// What a developer who gives no number gets: minutes, not hours.
const SEEDS: u64 = 1_000;

/// Plays the nights in a release build; the first that breaks a promise is named by its seed.
pub(crate) fn run(root: &Path, words: &[String]) -> Result<(), String> {
    let seeds = match words {
        [] => SEEDS,
        [flag, number] if flag == "--seeds" => {
            number.parse().map_err(|cause| format!("could not read `{number}` as a number of seeds: {cause}"))?
        }
        _ => return Err("nights takes `--seeds N` and nothing else".to_owned()),
    };
    let arguments =
        ["test", "--locked", "--release", "--package", "keepwatch-service", "--test", "nights", "--", "--nocapture"];
    Program::new("cargo", &arguments, root).with("KEEPWATCH_NIGHTS", seeds.to_string()).run()
}
