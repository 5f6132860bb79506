//! Who is asking our own API and pages: a bearer token, or the cookie of a bound device.
//! A cookie travels without being asked, so what changes something also needs our own page as its origin.

use crate::http::door::host_of;
use crate::http::peer::Client;
use crate::{Options, State};
use axum::http::header::{AUTHORIZATION, COOKIE, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri};
use keepwatch_model::sharing::Caller;

/// The name of the device's cookie; with https the browser itself holds its rules.
const COOKIE_NAME: &str = "keepwatch_device";
/// The prefix by which a browser refuses the cookie from elsewhere than this host over https.
const HOST_PREFIX: &str = "__Host-";
/// How long a browser keeps the cookie: browsers allow 400 days, and each visit of the page renews it.
const COOKIE_LIFE_SECONDS: u32 = 400 * 24 * 60 * 60;
/// The name under which wrong tokens and cookies are counted; a valid one is never slowed.
const GUESSES_OF_TOKENS: &str = "token";

/// Somebody whom we know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Who.
    pub caller: Caller,
    /// By the cookie of a device, not by a token.
    pub by_cookie: bool,
}

/// Why we do not know who is asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stranger {
    /// Nothing was presented.
    Silent,
    /// What was presented opens nothing, here or any more.
    Wrong,
    /// Too many wrong ones came from there; ask again after so many seconds.
    Guessing {
        /// Seconds to wait.
        wait_seconds: i64,
    },
}

/// The secret of the device that a cookie binds.
pub(crate) fn device_secret<'a>(headers: &'a HeaderMap, options: &Options) -> Option<&'a str> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(';'));
    cookies.filter_map(|cookie| cookie.trim().split_once('=')).find_map(|(name, value)| {
        let bare = if options.secure { name.strip_prefix(HOST_PREFIX)? } else { name };
        (bare == COOKIE_NAME && !value.is_empty()).then_some(value)
    })
}

/// The cookie that binds a device.
pub(crate) fn device_cookie(secret: &str, options: &Options) -> String {
    cookie(secret, COOKIE_LIFE_SECONDS, options)
}

/// The cookie that makes a device forget.
pub(crate) fn no_cookie(options: &Options) -> String {
    cookie("", 0, options)
}

fn cookie(value: &str, life_seconds: u32, options: &Options) -> String {
    let (prefix, secure) = if options.secure { (HOST_PREFIX, "; Secure") } else { ("", "") };
    format!("{prefix}{COOKIE_NAME}={value}; Path=/; Max-Age={life_seconds}; HttpOnly; SameSite=Lax{secure}")
}

pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// A program that took an invitation sends its device's secret as a token.
fn by_token(state: &State, token: &str) -> Option<Caller> {
    state.service.access.by_token(token).or_else(|| state.service.access.by_device(token))
}

/// Who is asking.
pub fn known(state: &State, parts: &Parts, client: Client) -> Result<Known, Stranger> {
    let headers = &parts.headers;
    let (caller, by_cookie) = if let Some(token) = bearer(headers) {
        (by_token(state, token), false)
    } else if let Some(secret) = device_secret(headers, &state.options) {
        (state.service.access.by_device(secret), true)
    } else {
        return Err(Stranger::Silent);
    };
    if let Some(caller) = caller {
        return Ok(Known { caller, by_cookie });
    }
    // A phone that was ended keeps asking with its old cookie; nobody guesses one that long.
    if by_cookie {
        return Err(Stranger::Wrong);
    }
    if let Some(wait_ms) = state.service.access.guess_wait_ms(GUESSES_OF_TOKENS, client.address) {
        return Err(Stranger::Guessing { wait_seconds: wait_ms / 1_000 + 1 });
    }
    state.service.access.guessed_wrong(GUESSES_OF_TOKENS, client.address);
    Err(Stranger::Wrong)
}

/// Where a request says that it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    /// A page of ours.
    Ourselves,
    /// A page of somebody else.
    Elsewhere,
    /// It does not say: a program, or a browser from before 2020.
    Unsaid,
}

/// Whose page a request comes from. Browsers that know Sec-Fetch-Site say it there; all others name the origin.
pub(crate) fn came_from(headers: &HeaderMap, uri: &Uri, options: &Options) -> From {
    if let Some(site) = headers.get("sec-fetch-site") {
        return if site.as_bytes() == b"same-origin" { From::Ourselves } else { From::Elsewhere };
    }
    let Some(origin) = headers.get(ORIGIN) else { return From::Unsaid };
    let Ok(origin) = origin.to_str() else { return From::Elsewhere };
    // Whoever could point another name at us could not bring our cookie along: it is bound to the name.
    let is_host_asked_for = origin.split_once("://").is_some_and(|(_, authority)| authority == host_of(headers, uri));
    if is_host_asked_for || origin == options.origin() { From::Ourselves } else { From::Elsewhere }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        lines.iter().map(|(name, value)| (name.parse().expect("a name"), value.parse().expect("a value"))).collect()
    }

    #[test]
    fn the_cookie_comes_back_as_it_went() {
        for url in ["http://127.0.0.1:1980", "https://example.org"] {
            let options = Options::at(url);
            let cookie = device_cookie("s3cret", &options);
            assert!(
                cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"),
                "{cookie}"
            );
            assert_eq!(cookie.contains("; Secure"), options.secure);
            assert_eq!(cookie.starts_with("__Host-"), options.secure);
            let sent = format!("other=1; {}", cookie.split(';').next().expect("a pair"));
            assert_eq!(device_secret(&headers(&[("cookie", &sent)]), &options), Some("s3cret"));
        }
        assert_eq!(
            device_secret(&headers(&[("cookie", "keepwatch_device=x")]), &Options::at("https://example.org")),
            None
        );
    }

    #[test]
    fn only_our_own_page_is_ourselves() {
        let options = Options::at("https://example.org");
        let asked = |lines: &[(&'static str, &str)]| came_from(&headers(lines), &Uri::from_static("/i/x"), &options);
        assert_eq!(asked(&[("origin", "https://example.org")]), From::Ourselves);
        assert_eq!(asked(&[("origin", "http://10.0.0.5:1980"), ("host", "10.0.0.5:1980")]), From::Ourselves);
        assert_eq!(asked(&[("origin", "null"), ("sec-fetch-site", "same-origin")]), From::Ourselves);
        assert_eq!(asked(&[("origin", "https://evil.example"), ("host", "example.org")]), From::Elsewhere);
        assert_eq!(asked(&[("origin", "null"), ("host", "example.org")]), From::Elsewhere);
        assert_eq!(asked(&[("origin", "https://example.org"), ("sec-fetch-site", "cross-site")]), From::Elsewhere);
        assert_eq!(asked(&[]), From::Unsaid);
    }
}
