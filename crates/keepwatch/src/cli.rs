//! The command line: every command, its arguments and its help. It takes the words apart and does nothing with them.

use clap::{Args, Parser, Subcommand, ValueEnum};
use keepwatch_model::glucose::Unit;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Everyone who was invited sees a person's glucose within a second, without a vendor's cloud.
///
/// Keepwatch is a second pair of eyes. It is not for deciding on doses, and it does not replace the wearer's own
/// alarm, the vendor's follower app or a meter.
#[derive(Debug, Parser)]
#[command(name = "keepwatch", version, max_term_width = 100, arg_required_else_help = true)]
#[command(after_help = "Example: a first look, with people who do not exist\n  keepwatch demo\n\n\
    Example: a server at home, a person, and a follower\n  keepwatch serve --data /var/lib/keepwatch\n  \
    keepwatch person add Ada --data /var/lib/keepwatch --time-zone Europe/Berlin\n  \
    keepwatch follower add Grandma --person Ada --data /var/lib/keepwatch")]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What can be asked of the binary.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server until it is told to stop.
    Serve(Serve),
    /// Try it out: a server on a temporary store with three people who do not exist.
    Demo(Demo),
    /// Add, list or remove a person whose glucose is shared.
    #[command(subcommand)]
    Person(Person),
    /// Invite, list or remove those who may see a person.
    #[command(subcommand)]
    Follower(Follower),
    /// Play a person who does not exist, or a recorded CSV, against any server.
    Simulate(Simulate),
    /// Watch in the terminal: number, arrow, age, spark line, live.
    Follow(Follow),
    /// Check a data directory and say what to do about each fault.
    Doctor(Doctor),
    /// Show the settings in force, and where each comes from.
    Config(Config),
}

/// Where everything is kept that a server needs to come back.
#[derive(Args, Clone, Debug)]
pub(crate) struct Place {
    /// The data directory [also: `KEEPWATCH_DATA`]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Read this file instead of DIR/keepwatch.toml [also: `KEEPWATCH_CONFIG`]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// `keepwatch serve`
#[derive(Args, Clone, Debug)]
#[command(after_help = "Example: at home, on all of the machine's addresses\n  \
    keepwatch serve --data /var/lib/keepwatch --listen 0.0.0.0:1980\n\n\
    Example: with a certificate\n  keepwatch serve --data /var/lib/keepwatch --listen 0.0.0.0:443 \\\n    \
    --public-url https://watch.example.org --tls-cert fullchain.pem --tls-key privkey.pem\n\n\
    Example: behind a proxy on this machine\n  keepwatch serve --data /var/lib/keepwatch \\\n    \
    --public-url https://watch.example.org --trusted-proxy 127.0.0.1/32")]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(flatten)]
    pub(crate) listening: Listening,
}

/// How a server can be reached.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Listening {
    /// Address and port to listen on; port 0 picks a free one [default: 127.0.0.1:1980]
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<String>,
    /// How others reach this server; links and QR codes use it
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: Option<String>,
    /// Certificate chain in PEM; read again when it changes
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Private key in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// A proxy whose forwarding headers are believed; may be given several times
    #[arg(long, value_name = "CIDR")]
    pub(crate) trusted_proxy: Vec<String>,
}

/// `keepwatch demo`
#[derive(Args, Clone, Debug)]
#[command(after_help = "Example: open the address that it prints\n  keepwatch demo\n\n\
    Everything is gone when it ends.")]
pub(crate) struct Demo {
    /// Address and port to listen on; port 0 picks a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:1980")]
    pub(crate) listen: SocketAddr,
}

/// `keepwatch person …`
#[derive(Debug, Subcommand)]
pub(crate) enum Person {
    /// Add a person; prints what to type into the phone that sends her readings.
    #[command(
        after_help = "Example:\n  keepwatch person add Ada --data /var/lib/keepwatch --time-zone Europe/Berlin --unit mmol/L"
    )]
    Add(PersonAdd),
    /// List the people on this server.
    #[command(after_help = "Example:\n  keepwatch person list --data /var/lib/keepwatch")]
    List(JustPlace),
    /// Forget a person and all her readings, at once and for good.
    #[command(after_help = "Example:\n  keepwatch person remove Ada --data /var/lib/keepwatch")]
    Remove(PersonRemove),
}

/// `keepwatch person add`
#[derive(Args, Clone, Debug)]
pub(crate) struct PersonAdd {
    /// Her name as followers will see it
    pub(crate) name: String,
    /// Add her to this family (an id or a unique name) instead of a new one
    #[arg(long)]
    pub(crate) family: Option<String>,
    /// The unit that her family reads: mg/dL or mmol/L
    #[arg(long, value_parser = unit, default_value = "mg/dL")]
    pub(crate) unit: Unit,
    /// The zone she lives in, by its IANA name
    #[arg(long, value_name = "IANA", default_value = "UTC")]
    pub(crate) time_zone: String,
    #[command(flatten)]
    pub(crate) place: Place,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// A command that needs no more than the place.
#[derive(Args, Clone, Debug)]
pub(crate) struct JustPlace {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// `keepwatch person remove`
#[derive(Args, Clone, Debug)]
pub(crate) struct PersonRemove {
    /// The person: an id, or a name that only one has
    pub(crate) person: String,
    #[command(flatten)]
    pub(crate) place: Place,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// `keepwatch follower …`
#[derive(Debug, Subcommand)]
pub(crate) enum Follower {
    /// Invite somebody to see a person; prints a link and its QR code.
    #[command(
        after_help = "Example: a new follower\n  keepwatch follower add Grandma --person Ada --data /var/lib/keepwatch\n\n\
        Example: somebody who follows another person already\n  \
        keepwatch follower add --account a_01jqz7k3m4wv --person Ben --data /var/lib/keepwatch"
    )]
    Add(FollowerAdd),
    /// List who follows whom.
    #[command(after_help = "Example:\n  keepwatch follower list --person Ada --data /var/lib/keepwatch")]
    List(FollowerList),
    /// End a follow, at once and on every device.
    #[command(after_help = "Example:\n  keepwatch follower remove f_01jqz7k3m4wv --data /var/lib/keepwatch")]
    Remove(FollowerRemove),
}

/// `keepwatch follower add`
#[derive(Args, Clone, Debug)]
pub(crate) struct FollowerAdd {
    /// The name of a new follower
    #[arg(required_unless_present = "account", conflicts_with = "account")]
    pub(crate) name: Option<String>,
    /// Somebody who follows already: an id, or a name that only one has
    #[arg(long)]
    pub(crate) account: Option<String>,
    /// Whom to follow: an id, or a name that only one has
    #[arg(long)]
    pub(crate) person: String,
    #[command(flatten)]
    pub(crate) place: Place,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// `keepwatch follower list`
#[derive(Args, Clone, Debug)]
pub(crate) struct FollowerList {
    /// Only those who follow this person: an id, or a name that only one has
    #[arg(long)]
    pub(crate) person: Option<String>,
    #[command(flatten)]
    pub(crate) place: Place,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// `keepwatch follower remove`
#[derive(Args, Clone, Debug)]
pub(crate) struct FollowerRemove {
    /// The follow: an id, or the name of a follower who follows only one person
    pub(crate) follow: String,
    #[command(flatten)]
    pub(crate) place: Place,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// A protocol that `simulate` can speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Dialect {
    /// The upload half of Dexcom Share.
    Share,
    /// Nightscout's entries.
    Nightscout,
    /// Our own API.
    Native,
}

/// `keepwatch simulate`
#[derive(Args, Clone, Debug)]
#[command(after_help = "Example: a person who does not exist, an hour in a minute\n  \
    keepwatch person add Ada --data /var/lib/keepwatch --json > ada.json\n  \
    keepwatch simulate --to http://127.0.0.1:1980 --as share --secret-file ada.json --speed 60\n\n\
    Example: a recorded day, moved so that it ends now\n  \
    keepwatch simulate --to http://127.0.0.1:1980 --as native --secret-file ada.json --replay day.csv")]
pub(crate) struct Simulate {
    /// The server to send to
    #[arg(long, value_name = "URL")]
    pub(crate) to: String,
    /// The protocol to speak
    #[arg(long = "as", value_enum)]
    pub(crate) dialect: Dialect,
    /// The JSON that `person add --json` printed
    #[arg(long, value_name = "FILE")]
    pub(crate) secret_file: PathBuf,
    /// Play this CSV (`subject,time,glucose_mgdl`) instead of a simulated person
    #[arg(long, value_name = "CSV")]
    pub(crate) replay: Option<PathBuf>,
    /// How much faster than life
    #[arg(long, value_name = "N", default_value_t = 1.0)]
    pub(crate) speed: f64,
    /// Stop after this much of simulated time, such as 90m or 24h [default: never, or the end of the CSV]
    #[arg(long)]
    pub(crate) duration: Option<String>,
    /// Another number gives another person
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

/// `keepwatch follow`
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "Example: with the link that somebody sent you\n  keepwatch follow https://watch.example.org/i/9f3k…\n\n\
    Example: the same server again, later\n  keepwatch follow https://watch.example.org\n\n\
    Example: one line for a status bar\n  keepwatch follow https://watch.example.org --once"
)]
pub(crate) struct Follow {
    /// The invitation, or the address of a server that this terminal was let into before
    pub(crate) url: String,
    /// Print what there is and end
    #[arg(long)]
    pub(crate) once: bool,
    /// Print JSON: one document with --once, else one line for each event
    #[arg(long)]
    pub(crate) json: bool,
}

/// `keepwatch doctor`
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "Example:\n  keepwatch doctor --data /var/lib/keepwatch\n\nIt ends with exit code 1 when something needs doing."
)]
pub(crate) struct Doctor {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// `keepwatch config`
#[derive(Args, Clone, Debug)]
#[command(after_help = "Example:\n  keepwatch config --data /var/lib/keepwatch")]
pub(crate) struct Config {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

fn unit(text: &str) -> Result<Unit, String> {
    match text.to_ascii_lowercase().as_str() {
        "mg/dl" => Ok(Unit::MgDl),
        "mmol/l" => Ok(Unit::MmolL),
        _ => Err("a unit is mg/dL or mmol/L".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_an_example() {
        fn check(command: &clap::Command) {
            let leaf = command.get_subcommands().next().is_none();
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(!leaf || help.contains("Example"), "{} has no example", command.get_name());
            command.get_subcommands().for_each(check);
        }
        let mut cli = Cli::command();
        cli.build();
        for command in cli.get_subcommands().filter(|command| command.get_name() != "help") {
            command.get_subcommands().filter(|inner| inner.get_name() != "help").for_each(check);
            if command.get_subcommands().next().is_none() {
                check(command);
            }
        }
    }

    #[test]
    fn units_are_taken_however_they_are_written() {
        assert_eq!(unit("MG/DL"), Ok(Unit::MgDl));
        assert_eq!(unit("mmol/l"), Ok(Unit::MmolL));
        assert!(unit("stone").is_err());
    }
}
