//! The settings: one file, one struct. A value comes from the command line, else from the environment, else from the file, else it
//! is the default, and each remembers where it came from. Inner rooms never see this; they are given options.

use crate::cli::{Listening, Place};
use crate::failure::Failure;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// The file in the data directory that is read where no other is named.
pub(crate) const FILE_NAME: &str = "keepwatch.toml";
/// What begins the name of every environment variable that is a setting.
const ENVIRONMENT_PREFIX: &str = "KEEPWATCH_";
/// Where to listen when nobody says.
pub(crate) const LISTEN_DEFAULT: &str = "127.0.0.1:1980";

/// Every key, with what it means.
const KEYS: [(&str, &str); 8] = [
    ("data", "the data directory"),
    ("listen", "address and port to listen on"),
    ("public_url", "how others reach this server"),
    ("tls_cert", "file with the certificate chain, PEM"),
    ("tls_key", "file with the private key, PEM"),
    ("trusted_proxy", "networks whose forwarding headers are believed"),
    ("metrics_token_file", "file with the token that opens /metrics from elsewhere"),
    ("log", "what to log: error, warn, info, debug, or a filter"),
];

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Nobody said.
    Default,
    /// The settings file.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
    /// The command line.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Environment(name) | Self::Flag(name) => f.write_str(name),
        }
    }
}

/// The settings in force.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// The data directory.
    pub(crate) data: Option<PathBuf>,
    /// Where to listen.
    pub(crate) listen: SocketAddr,
    /// How others reach this server.
    pub(crate) public_url: Option<String>,
    /// Certificate chain and private key.
    pub(crate) tls: Option<TlsFiles>,
    /// Networks whose forwarding headers are believed.
    pub(crate) trusted_proxies: Vec<String>,
    /// File with the token that opens /metrics from elsewhere.
    pub(crate) metrics_token_file: Option<PathBuf>,
    /// What to log.
    pub(crate) log: String,
    /// Each key that somebody set, as text, and by whom.
    given: BTreeMap<&'static str, Given>,
}

/// Certificate chain and private key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TlsFiles {
    /// The chain.
    pub(crate) cert: PathBuf,
    /// The key.
    pub(crate) key: PathBuf,
}

/// A value as it was written, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Given {
    values: Vec<String>,
    origin: Origin,
}

/// One line of `keepwatch config`.
#[derive(Debug, Serialize)]
pub(crate) struct Setting {
    /// The key.
    pub(crate) key: &'static str,
    /// Its value; absent where there is none.
    pub(crate) value: Option<Vec<String>>,
    /// Where it came from.
    pub(crate) from: String,
    /// What it means.
    pub(crate) meaning: &'static str,
}

/// What the environment says, read once.
#[allow(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub(crate) fn environment() -> BTreeMap<String, String> {
    std::env::vars().filter(|(name, _)| name.starts_with(ENVIRONMENT_PREFIX)).collect()
}

/// What the environment says about this terminal and its user, by the name that systems give it.
#[allow(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub(crate) fn surroundings(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

impl Config {
    /// The settings for a command, out of its flags, the environment and the file.
    pub(crate) fn load(
        place: &Place,
        listening: &Listening,
        environment: &BTreeMap<String, String>,
    ) -> Result<Self, Failure> {
        let mut given = BTreeMap::new();
        take_flags(place, listening, &mut given);
        take_environment(environment, &mut given);
        if let Some(file) = settings_file(place, environment, &given)? {
            take_file(&file, &mut given)?;
        }
        Self::of(given)
    }

    fn of(given: BTreeMap<&'static str, Given>) -> Result<Self, Failure> {
        let one = |key: &str| -> Result<Option<String>, Failure> {
            let Some(Given { values, origin }) = given.get(key) else { return Ok(None) };
            match values.as_slice() {
                [value] => Ok(Some(value.clone())),
                _ => Err(Failure::usage(format!("could not use {key} from {origin}: it takes one value"))),
            }
        };
        let path = |key: &str| one(key).map(|value| value.map(PathBuf::from));
        let listen = one("listen")?.unwrap_or_else(|| LISTEN_DEFAULT.to_owned());
        let tls = match (path("tls_cert")?, path("tls_key")?) {
            (Some(cert), Some(key)) => Some(TlsFiles { cert, key }),
            (None, None) => None,
            _ => {
                return Err(Failure::usage(
                    "could not use TLS: it takes both tls_cert and tls_key; give the other one too",
                ));
            }
        };
        Ok(Self {
            data: path("data")?,
            listen: listen.parse().map_err(|_| not_an_address(&listen))?,
            public_url: one("public_url")?.map(|url| checked_url(&url)).transpose()?,
            tls,
            trusted_proxies: given.get("trusted_proxy").map(|given| given.values.clone()).unwrap_or_default(),
            metrics_token_file: path("metrics_token_file")?,
            log: one("log")?.unwrap_or_else(|| "info".to_owned()),
            given,
        })
    }

    /// The data directory, which most commands cannot do without.
    pub(crate) fn data(&self) -> Result<&Path, Failure> {
        let missing = || Failure::usage("could not tell where to work: give --data DIR, or set KEEPWATCH_DATA");
        self.data.as_deref().ok_or_else(missing)
    }

    /// Every setting with its value and where it came from.
    pub(crate) fn settings(&self) -> Vec<Setting> {
        let defaults = |key| match key {
            "listen" => Some(vec![LISTEN_DEFAULT.to_owned()]),
            "log" => Some(vec![self.log.clone()]),
            _ => None,
        };
        KEYS.iter()
            .map(|(key, meaning)| match self.given.get(key) {
                Some(given) => {
                    Setting { key, value: Some(given.values.clone()), from: given.origin.to_string(), meaning }
                }
                None => Setting { key, value: defaults(*key), from: Origin::Default.to_string(), meaning },
            })
            .collect()
    }
}

fn not_an_address(text: &str) -> Failure {
    Failure::usage(format!(
        "could not listen on {text}: that is not an address and a port; write it like {LISTEN_DEFAULT}"
    ))
}

/// A public URL without its last slash.
fn checked_url(text: &str) -> Result<String, Failure> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let host = rest.map(|rest| rest.split('/').next().unwrap_or_default());
    let plain = !text.contains(['?', '#', ' ', '@']);
    if plain && host.is_some_and(|host| !host.is_empty() && !host.starts_with(':')) {
        Ok(text.trim_end_matches('/').to_owned())
    } else {
        Err(Failure::usage(format!("could not use {text} as the public URL: write it like https://watch.example.org")))
    }
}

fn take_flags(place: &Place, listening: &Listening, given: &mut BTreeMap<&'static str, Given>) {
    let mut take = |key, flag: &str, values: Vec<String>| {
        if !values.is_empty() {
            given.insert(key, Given { values, origin: Origin::Flag(flag.to_owned()) });
        }
    };
    let text = |path: &Option<PathBuf>| path.iter().map(|path| path.to_string_lossy().into_owned()).collect();
    take("data", "--data", text(&place.data));
    take("listen", "--listen", listening.listen.iter().cloned().collect());
    take("public_url", "--public-url", listening.public_url.iter().cloned().collect());
    take("tls_cert", "--tls-cert", text(&listening.tls_cert));
    take("tls_key", "--tls-key", text(&listening.tls_key));
    take("trusted_proxy", "--trusted-proxy", listening.trusted_proxy.clone());
}

fn variable(key: &str) -> String {
    format!("{ENVIRONMENT_PREFIX}{}", key.to_ascii_uppercase())
}

fn take_environment(environment: &BTreeMap<String, String>, given: &mut BTreeMap<&'static str, Given>) {
    for (key, _) in KEYS {
        let name = variable(key);
        let Some(value) = environment.get(&name).filter(|value| !value.is_empty()) else { continue };
        let values = match key {
            "trusted_proxy" => value.split(',').map(|part| part.trim().to_owned()).collect(),
            _ => vec![value.clone()],
        };
        given.entry(key).or_insert(Given { values, origin: Origin::Environment(name) });
    }
}

/// The file to read: one that was named must be there; the one in the data directory may be.
fn settings_file(
    place: &Place,
    environment: &BTreeMap<String, String>,
    given: &BTreeMap<&'static str, Given>,
) -> Result<Option<PathBuf>, Failure> {
    let named = place.config.clone().or_else(|| environment.get(&variable("config")).map(PathBuf::from));
    if let Some(file) = named {
        return if file.is_file() {
            Ok(Some(file))
        } else {
            Err(Failure::usage(format!("could not read the settings in {}: there is no such file", file.display())))
        };
    }
    let beside = given.get("data").and_then(|given| given.values.first()).map(|data| Path::new(data).join(FILE_NAME));
    Ok(beside.filter(|file| file.is_file()))
}

fn take_file(file: &Path, given: &mut BTreeMap<&'static str, Given>) -> Result<(), Failure> {
    let could_not = |why: String| Failure::usage(format!("could not use the settings in {}: {why}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|cause| could_not(cause.to_string()))?;
    let table: toml::Table = text.parse().map_err(|cause: toml::de::Error| could_not(cause.message().to_owned()))?;
    for (key, value) in table {
        let Some((known, _)) = KEYS.iter().find(|(known, _)| *known == key) else {
            return Err(could_not(format!("there is no setting {key}; did you mean {}?", nearest(&key))));
        };
        let values = match &value {
            toml::Value::String(text) => vec![text.clone()],
            toml::Value::Array(items) if *known == "trusted_proxy" => items
                .iter()
                .map(|item| item.as_str().map(str::to_owned))
                .collect::<Option<Vec<_>>>()
                .ok_or_else(|| could_not(format!("{key} is a list of texts in quotes")))?,
            _ => return Err(could_not(format!("{key} is a text in quotes"))),
        };
        given.entry(known).or_insert(Given { values, origin: Origin::File(file.to_path_buf()) });
    }
    Ok(())
}

/// The names in the environment that look like a setting and are none, with the nearest setting. An orchestrator may set
/// names of its own that begin like ours, so they are said, not refused.
pub(crate) fn strangers(environment: &BTreeMap<String, String>) -> Vec<String> {
    let known = |name: &String| name == &variable("config") || KEYS.iter().any(|(key, _)| *name == variable(key));
    environment
        .keys()
        .filter(|name| !known(name))
        .map(|name| {
            let key = name[ENVIRONMENT_PREFIX.len()..].to_ascii_lowercase();
            format!("{name} in the environment is no setting; the nearest is {}", variable(nearest(&key)))
        })
        .collect()
}

fn nearest(key: &str) -> &'static str {
    KEYS.iter().map(|(known, _)| *known).min_by_key(|known| distance(known, &key.replace('-', "_"))).unwrap_or("listen")
}

/// How many letters must be changed, added or dropped to make one word of the other.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (line, letter) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, other) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(file: &str, environment: &[(&str, &str)], flags: &Listening) -> Result<Config, Failure> {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("settings.toml");
        std::fs::write(&path, file).expect("a file");
        let place = Place { data: Some(dir.path().to_path_buf()), config: Some(path) };
        let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Config::load(&place, flags, &environment)
    }

    fn from<'a>(settings: &'a [Setting], key: &str) -> &'a str {
        settings.iter().find(|setting| setting.key == key).map_or("", |setting| setting.from.as_str())
    }

    #[test]
    fn the_nearer_word_wins_and_each_value_knows_where_it_came_from() {
        let flags = Listening { public_url: Some("https://flag.example/".to_owned()), ..Listening::default() };
        let environment =
            [("KEEPWATCH_LISTEN", "127.0.0.1:2"), ("KEEPWATCH_PUBLIC_URL", "https://environment.example")];
        let config = load("listen = '127.0.0.1:1'\nlog = 'debug'", &environment, &flags).expect("good settings");
        assert_eq!(config.public_url.as_deref(), Some("https://flag.example"));
        assert_eq!(config.listen.port(), 2);
        assert_eq!(config.log, "debug");
        let settings = config.settings();
        assert_eq!(from(&settings, "public_url"), "--public-url");
        assert_eq!(from(&settings, "listen"), "KEEPWATCH_LISTEN");
        assert!(from(&settings, "log").ends_with("settings.toml"));
        assert_eq!(from(&settings, "tls_cert"), "default");
    }

    #[test]
    fn an_unknown_key_is_refused_with_the_nearest_known_one() {
        let refusal = load("pubic-url = 'x'", &[], &Listening::default()).expect_err("a typing error");
        assert!(refusal.to_string().ends_with("there is no setting pubic-url; did you mean public_url?"), "{refusal}");
    }

    #[test]
    fn values_of_the_wrong_shape_are_refused_by_name() {
        for (file, word) in
            [("listen = 1980", "listen is a text"), ("listen = 'home'", "home"), ("trusted_proxy = [1]", "list")]
        {
            let refusal = load(file, &[], &Listening::default()).expect_err("a wrong shape").to_string();
            assert!(refusal.contains(word), "{refusal}");
        }
        assert!(load("tls_cert = 'x'", &[], &Listening::default()).is_err());
        assert!(load("public_url = 'watch.example.org'", &[], &Listening::default()).is_err());
    }

    #[test]
    fn a_list_in_the_environment_is_parted_by_commas() {
        let config =
            load("", &[("KEEPWATCH_TRUSTED_PROXY", "10.0.0.0/8, ::1/128")], &Listening::default()).expect("good");
        assert_eq!(config.trusted_proxies, ["10.0.0.0/8", "::1/128"]);
    }

    #[test]
    fn a_stranger_in_the_environment_is_named() {
        let environment = BTreeMap::from([("KEEPWATCH_LISTN".to_owned(), "x".to_owned())]);
        assert!(strangers(&environment)[0].contains("KEEPWATCH_LISTEN"));
    }
}
