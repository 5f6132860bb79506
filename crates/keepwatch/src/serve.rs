//! `keepwatch serve`: opens the data directory, starts the service, and lets edge speak for it until it is told to stop.
//! Each room is given its own options here; none sees the settings.

use crate::address;
use crate::cli::Serve;
use crate::config::{Config, environment, strangers};
use crate::data_dir::DataDir;
use crate::failure::Failure;
use crate::log;
use crate::running;
use crate::socket::Door;
use crate::speaking::Speaking;
use keepwatch_edge::http::Cidr;
use keepwatch_edge::{Options, TlsFiles};
use keepwatch_service::Service;
use std::process::ExitCode;
use std::time::Duration;

/// A server or a command that is just ending still holds the directory; it is tried again so often, so long apart.
const TRIES: usize = 50;
const TRY_PAUSE: Duration = Duration::from_millis(100);

/// Runs the command.
pub(crate) async fn run(args: Serve) -> Result<ExitCode, Failure> {
    let environment = environment();
    let config = Config::load(&args.place, &args.listening, &environment)?;
    log::start(&config.log)?;
    strangers(&environment).iter().for_each(|stranger| tracing::warn!("{stranger}"));
    let (trusted_proxies, metrics_token) = (trusted_proxies(&config)?, metrics_token(&config)?);
    let dir = DataDir::make(config.data()?)?;
    let listener = address::bind(config.listen).await?;
    let bound = address::of(&listener)?;
    let service = start(&dir).await?;
    let public_url = config.public_url.clone().unwrap_or_else(|| address::assumed(bound, config.tls.is_some()));
    dir.remember_public_url(&public_url)?;
    let operator = Door::open(&dir)?;
    let options = Options { trusted_proxies, metrics_token, ..Options::at(&public_url) };
    let tls = config.tls.map(|files| TlsFiles { certificate: files.cert, key: files.key });
    let speaking = Speaking { service: service.clone(), listener, tls, options, and_then: None };
    tokio::select! {
        ended = speaking.run() => ended,
        () = operator.answer(&service, &public_url) => Ok(ExitCode::SUCCESS),
    }
}

async fn start(dir: &DataDir) -> Result<Service, Failure> {
    for _ in 0..TRIES {
        if let Some(service) = running::start(dir)? {
            return Ok(service);
        }
        tokio::time::sleep(TRY_PAUSE).await;
    }
    Err(Failure::fault(format!(
        "could not open {}: another Keepwatch uses it; stop that one first",
        dir.path().display()
    )))
}

fn trusted_proxies(config: &Config) -> Result<Vec<Cidr>, Failure> {
    let parse = |text: &String| {
        text.parse().map_err(|_| {
            Failure::usage(format!(
                "could not trust the proxy {text}: write a network like 10.0.0.0/8 or one address like 127.0.0.1/32"
            ))
        })
    };
    config.trusted_proxies.iter().map(parse).collect()
}

fn metrics_token(config: &Config) -> Result<Option<String>, Failure> {
    let Some(file) = &config.metrics_token_file else { return Ok(None) };
    let could_not =
        |why: &str| Failure::usage(format!("could not use {} as the token for /metrics: {why}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|cause| could_not(&cause.to_string()))?;
    match text.trim() {
        "" => Err(could_not("it is empty; put a token into it")),
        token => Ok(Some(token.to_owned())),
    }
}
