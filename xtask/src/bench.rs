//! `cargo xtask bench`: how fast, beside the physical limit in the same run. Always a release build; anything else would measure the
//! compiler's mood.

use std::path::Path;

use crate::demo;
use crate::program::Program;
use crate::web;

/// Builds the release binary, then lets the bench crate measure it.
pub(crate) fn run(root: &Path, words: &[String]) -> Result<(), String> {
    web::run(root)?;
    let binary = demo::build(root, true)?;
    let mut arguments: Vec<&str> = vec!["run", "--locked", "--release", "--bin", "keepwatch-bench", "--"];
    arguments.extend(words.iter().map(String::as_str));
    Program::new("cargo", &arguments, root).with("KEEPWATCH_BINARY", binary).run()
}
