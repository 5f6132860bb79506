//! What was asked for on the command line: which rows, how many rounds, how long. The parts that run as processes of their own are
//! asked for in the same way; nobody types those.

use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// How fast Keepwatch is, each figure beside the physical limit measured in the same run.
///
/// The quick default takes a few minutes; `--seconds 10` is the run to publish.
#[derive(Clone, Debug, Parser)]
#[command(name = "keepwatch-bench", max_term_width = 100)]
pub(crate) struct Options {
    /// Lines of JSON instead of a table
    #[arg(long)]
    pub(crate) json: bool,
    /// Only the rows whose name begins so; may be given several times
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Vec<String>,
    /// Rounds of each figure, ours and the limit in turn
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) rounds: usize,
    /// How long one round measures
    #[arg(long, value_name = "S", default_value_t = 1.5)]
    pub(crate) seconds: f64,
    /// Already on its core and with its descriptors
    #[arg(long, hide = true)]
    pub(crate) pinned: bool,
    #[command(subcommand)]
    pub(crate) part: Option<Part>,
}

/// What runs as a process of its own.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Part {
    /// The store beside a plain file.
    #[command(hide = true)]
    Store(Span),
    /// Bytes written beside a plain file.
    #[command(hide = true)]
    Written(Span),
    /// A finished day on the disk.
    #[command(hide = true)]
    Day,
    /// Memory of the live window.
    #[command(hide = true)]
    Window,
    /// A server whose disk is slow.
    #[command(hide = true)]
    SlowDisk {
        /// Its data directory.
        directory: PathBuf,
    },
    /// A server that parses an upload, drops it, and answers with these words.
    #[command(hide = true)]
    ParseAndDrop {
        /// Which shape.
        shape: Shape,
        /// What to answer.
        answer: String,
    },
    /// A server that answers with so many bytes.
    #[command(hide = true)]
    Fixed {
        /// How many.
        bytes: usize,
    },
    /// A server that holds streams and sends so many bytes to all of them.
    #[command(hide = true)]
    Broadcast {
        /// How many.
        bytes: usize,
    },
}

/// How often and how long.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Span {
    #[arg(long, default_value_t = 1)]
    pub(crate) rounds: usize,
    #[arg(long, default_value_t = 1.0)]
    pub(crate) seconds: f64,
}

/// In which shape an upload comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Shape {
    /// Our own API.
    Native,
    /// Dexcom Share.
    Share,
}

impl Shape {
    /// As the command line has it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Share => "share",
        }
    }
}
