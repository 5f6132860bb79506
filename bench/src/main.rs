//! How fast Keepwatch is, each figure beside the physical limit measured in the same minute. Servers run on one processor, the load
//! comes from another. No part of this is in the product.

mod options;
mod table;
mod machine;
mod pinned;
mod scratch;
mod facts;
mod store;
mod day;
mod window;
mod seed;
mod connection;
mod requests;
mod load;
mod limits;
mod ingest;
mod read;
mod streams;
mod push;
mod family;
mod slow_disk;

use clap::Parser;
use options::{Options, Part, Span};
use std::process::ExitCode;
use table::Measured;

/// The rows in the order in which they are measured; each begins the names of its figures.
const ROWS: [&str; 9] = ["store", "ingest", "read", "push", "window", "written", "day", "family", "slow_disk"];

fn main() -> ExitCode {
    let options = Options::parse();
    if options.part.is_none() && !options.pinned {
        eprintln!("bench: {}", pinned::become_pinned());
        return ExitCode::FAILURE;
    }
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(cause) => {
            eprintln!("bench: could not start: {cause}");
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(async {
        match options.part.clone() {
            Some(part) => perform(part).await,
            None => run(&options).await,
        }
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("bench: {sentence}");
            ExitCode::FAILURE
        }
    }
}

/// A part tells what it measured in one line of JSON.
fn tell(measured: &[Measured]) {
    println!("{}", serde_json::to_string(measured).expect("numbers and words can be written"));
}

async fn perform(part: Part) -> Result<(), String> {
    match part {
        Part::Store(span) => store::speed(span).map(|measured| tell(&measured)),
        Part::Written(span) => store::written(span).map(|measured| tell(&measured)),
        Part::Day => day::measure().map(|measured| tell(&measured)),
        Part::Window => window::measure().await.map(|measured| tell(&measured)),
        Part::SlowDisk { directory } => slow_disk::server(&directory).await,
        Part::ParseAndDrop { shape, answer } => limits::parse_and_drop(shape, answer).await,
        Part::Fixed { bytes } => limits::fixed(bytes).await,
        Part::Broadcast { bytes } => limits::broadcast(bytes).await,
    }
}

/// Has a part measured by a process of its own.
fn measured_apart(part: &str, span: Option<Span>) -> Result<Vec<Measured>, String> {
    let (rounds, seconds) = span.map(|span| (span.rounds.to_string(), span.seconds.to_string())).unwrap_or_default();
    let arguments = [part, "--rounds", &rounds, "--seconds", &seconds];
    let said = pinned::run(if span.is_some() { &arguments } else { &arguments[..1] })?;
    serde_json::from_str(&said).map_err(|cause| format!("could not understand the part {part}: {cause}"))
}

async fn measure(row: &str, span: Span, wanted: &dyn Fn(&str) -> bool) -> Result<Vec<Measured>, String> {
    match row {
        "store" | "written" => measured_apart(row, Some(span)),
        "day" | "window" => measured_apart(row, None),
        "ingest" => ingest::measure(span, wanted).await,
        "read" => read::measure(span, wanted).await,
        "push" => push::measure(span).await,
        "family" => family::measure(span).await,
        "slow_disk" => slow_disk::measure(span).await,
        other => Err(format!("there is no row {other}")),
    }
}

async fn run(options: &Options) -> Result<(), String> {
    let span = Span { rounds: options.rounds.max(1), seconds: options.seconds };
    let begins = |one: &str, other: &str| one.starts_with(other) || other.starts_with(one);
    let wanted = |name: &str| options.only.is_empty() || options.only.iter().any(|only| begins(name, only));
    if !ROWS.iter().any(|row| wanted(row)) {
        return Err(format!("there is no such row; there are {}", ROWS.join(", ")));
    }
    let pressure = machine::processor_pressure_percent();
    let shown = pressure.map_or("unknown".to_owned(), |percent| format!("{percent:.0} %"));
    eprintln!(
        "measured on processor {}, asked from processor {}; {} rounds of {} s, ours and the limit in turn; waiting for a processor before the start: {shown}",
        pinned::CORE_MEASURED,
        pinned::CORE_ASKING,
        span.rounds,
        span.seconds
    );
    if pressure.is_some_and(|percent| percent > machine::PRESSURE_MAX_PERCENT) {
        eprintln!(
            "WARNING: the machine is busy with something else (more than {} %): ratios are rough, and nothing else is worth much",
            machine::PRESSURE_MAX_PERCENT
        );
    }
    if !options.json {
        println!("{}", table::head());
    }
    let mut failed = Vec::new();
    for row in ROWS.iter().filter(|row| wanted(row)) {
        match measure(row, span, &wanted).await {
            Ok(measured) => measured.iter().for_each(|measured| println!("{}", table::told(measured, options.json))),
            // One row that cannot be measured takes no other with it; the run as a whole has failed.
            Err(sentence) => {
                eprintln!("bench: {row}: {sentence}");
                failed.push(*row);
            }
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("could not measure {}", failed.join(", "))) }
}
