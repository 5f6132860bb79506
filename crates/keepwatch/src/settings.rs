//! `keepwatch config`: the settings in force, and where each came from.

use crate::cli::{Config as Args, Listening};
use crate::config::{Config, Setting, environment, strangers};
use crate::failure::Failure;
use crate::output;
use std::process::ExitCode;

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let environment = environment();
    let config = Config::load(&args.place, &Listening::default(), &environment)?;
    strangers(&environment).iter().for_each(|stranger| output::remark(stranger));
    let settings = config.settings();
    if args.json {
        output::document(&serde_json::json!({ "settings": settings }))?;
    } else {
        settings.iter().for_each(|setting| output::line(&line(setting)));
    }
    Ok(ExitCode::SUCCESS)
}

fn line(setting: &Setting) -> String {
    let Setting { key, value, from, meaning } = setting;
    let value = value.as_ref().map_or_else(|| "–".to_owned(), |values| values.join(", "));
    format!("{key:<19} {value:<28} {from:<24} {meaning}")
}
