//! The one client of the house: how `follow`, `simulate` and `doctor` reach a server, with time limits and the machine's own list of
//! certificate authorities. It follows no redirect and sends nothing that it was not given.

use crate::failure::Failure;
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use std::error::Error as StdError;
use std::time::Duration;

/// Limit: how long a connection may take to be made.
const CONNECT_WAIT_MAX: Duration = Duration::from_secs(10);
/// Limit: how long a server may take over one answer; a stream has a limit of its own.
pub(crate) const ANSWER_WAIT_MAX: Duration = Duration::from_secs(20);
/// Limit: how long a stream may be silent; the server gives a beat every 15 s, so after this it is given up.
pub(crate) const SILENCE_MAX: Duration = Duration::from_secs(40);

/// How the TLS library begins what it says of a certificate that it refuses; the rest is for its authors.
const NOT_TRUSTED: &str = "invalid peer certificate";

/// A client for one server.
#[allow(clippy::disallowed_methods, reason = "the one place that builds a client")]
pub(crate) fn client(to: &Url) -> Result<Client, Failure> {
    // A second command of one process finds the provider installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder()
        .user_agent(concat!("keepwatch/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_WAIT_MAX)
        .read_timeout(SILENCE_MAX)
        .redirect(Policy::none());
    // Without TLS no list of authorities is read, which small machines may not even have.
    let builder = if to.scheme() == "https" { builder } else { builder.tls_certs_only(std::iter::empty()) };
    builder.build().map_err(|cause| {
        Failure::fault(format!(
            "could not read this machine's certificate authorities: {}; install ca-certificates",
            root(&cause)
        ))
    })
}

/// A server's address as it was typed.
pub(crate) fn address(text: &str) -> Result<Url, Failure> {
    let refused =
        || Failure::usage(format!("could not use {text} as an address: write it like https://watch.example.org"));
    let url = Url::parse(text).map_err(|_| refused())?;
    if matches!(url.scheme(), "http" | "https") && url.has_host() { Ok(url) } else { Err(refused()) }
}

/// A path below a server's address, which may itself have a path.
pub(crate) fn below(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    let whole = format!("{}/{}", base.path().trim_end_matches('/'), path.trim_start_matches('/'));
    let (path, query) = whole.split_once('?').map_or((whole.as_str(), None), |(path, query)| (path, Some(query)));
    url.set_path(path);
    url.set_query(query);
    url.set_fragment(None);
    url
}

/// Why a server could not be asked, without its address, which may hold a secret.
pub(crate) fn why(cause: &reqwest::Error) -> String {
    if cause.is_timeout() {
        return "it did not answer in time".to_owned();
    }
    match root(cause) {
        text if text.starts_with(NOT_TRUSTED) => "this machine does not trust its certificate".to_owned(),
        text => text,
    }
}

/// The innermost cause, which is the one that a person can act on.
fn root(cause: &dyn StdError) -> String {
    let mut cause = cause;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_other_words() {
        assert!(address("http://127.0.0.1:1980").is_ok());
        for text in ["watch.example.org", "ftp://x", "", "http://"] {
            assert!(address(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_path_is_put_below_the_base() {
        let base = address("https://watch.example.org/kw/").expect("an address");
        assert_eq!(below(&base, "/api/live?cursor=a").as_str(), "https://watch.example.org/kw/api/live?cursor=a");
    }
}
