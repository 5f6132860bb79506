//! What a developer runs: `cargo xtask demo`, `test`, `check`, and the smaller ones they are made of. It builds, looks and measures;
//! no part of it is in the product.

mod tally;
mod program;
mod tidy;
mod limits;
mod web;
mod demo;
mod schema;
mod bench;
mod nights;
mod setup;
mod stages;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const HELP: &str = "\
cargo xtask demo [--release] [--listen ADDR]   three people who do not exist, ready to look at
cargo xtask test                               everything that continuous integration runs, set-up included
cargo xtask check                              format, lints and tidy, in seconds
cargo xtask tidy                               the house's rules: arrows, lengths, words, links, promises, limits
cargo xtask web                                builds the web app into web/dist
cargo xtask schema [--check]                   web/src/api.gen.ts from the API that the binary describes
cargo xtask limits                             docs/operating/limits.md from the constants
cargo xtask nights [--seeds N]                 more simulated nights than a test run has time for
cargo xtask bench [--json]                     how fast, beside the limit in the same run";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let root = root();
    let (command, rest) = match words.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("help", &[][..]),
    };
    let outcome = match command {
        "demo" => demo::run(&root, rest),
        "test" => stages::test(&root),
        "check" => stages::check(&root),
        "tidy" => tidy::run(&root),
        "web" => web::run(&root),
        "schema" => schema::run(&root, rest),
        "limits" => limits::run(&root),
        "nights" => nights::run(&root, rest),
        "bench" => bench::run(&root, rest),
        "help" | "--help" | "-h" => {
            println!("{HELP}");
            Ok(())
        }
        other => Err(format!("there is no command {other}\n\n{HELP}")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("xtask: {sentence}");
            ExitCode::FAILURE
        }
    }
}

/// The top of this checkout.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).to_owned()
}
