//! The binary: it reads the command line and the settings, assembles the rooms, and turns what went wrong into plain sentences.
//! It decides nothing about glucose, people or readings.

mod failure;
mod output;
mod cli;
mod config;
mod log;
mod data_dir;
mod words;
mod qr;
mod client;
mod stopping;
mod operator;
mod running;
mod socket;
mod people;
mod address;
mod open_files;
mod speaking;
mod serve;
mod demo;
mod simulate;
mod follow;
mod settings;
mod certificate;
mod doctor;

use clap::Parser;
use cli::{Cli, Command};
use failure::Failure;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use tokio::runtime::{Builder, Runtime};

fn main() -> ExitCode {
    let command = Cli::parse().command;
    match runtime(&command).and_then(|runtime| runtime.block_on(run(command))) {
        Ok(code) => code,
        Err(failure) => {
            output::complain(&failure.to_string());
            failure.exit_code()
        }
    }
}

/// A server uses every core; with one core, and for every other command, one thread does all.
fn runtime(command: &Command) -> Result<Runtime, Failure> {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let is_server = matches!(command, Command::Serve(_) | Command::Demo(_));
    let mut builder = if is_server && cores > 1 { Builder::new_multi_thread() } else { Builder::new_current_thread() };
    if is_server && cores > 1 {
        builder.worker_threads(cores);
    }
    builder.enable_all().build().map_err(|cause| Failure::fault(format!("could not start: {cause}")))
}

async fn run(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Serve(args) => serve::run(args).await,
        Command::Demo(args) => demo::run(args).await,
        Command::Person(command) => people::person(command).await,
        Command::Follower(command) => people::follower(command).await,
        Command::Simulate(args) => simulate::run(args).await,
        Command::Follow(args) => follow::run(args).await,
        Command::Doctor(args) => doctor::run(args).await,
        Command::Config(args) => settings::run(&args),
    }
}
