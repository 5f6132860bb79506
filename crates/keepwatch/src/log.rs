//! The log: one line an event, on stderr, never with glucose or a secret in it. Service managers add the time and keep it.

use crate::failure::Failure;
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Starts the log with what the settings ask for: a level, or a filter.
pub(crate) fn start(asked: &str) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(asked).map_err(|_| {
        Failure::usage(format!("could not use {asked} as what to log: give error, warn, info or debug"))
    })?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .without_time();
    // A second start in one process keeps the first log.
    let _ = log.try_init();
    Ok(())
}
