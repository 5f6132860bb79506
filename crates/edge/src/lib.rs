//! How we speak: the door, the protocols behind it, the pages that work without script, the web app, our health.
//! A route only takes apart, asks `service`, and puts together; nothing here outlives a connection.
//!
//! Modules stand in reading order; each may use those above it.

pub mod http;
pub(crate) mod words;
pub mod protocols;
pub(crate) mod pages;
pub(crate) mod web_app;
pub(crate) mod health;

use axum::Router;
use http::Cidr;
use keepwatch_service::Service;
use std::net::IpAddr;
use std::sync::Arc;

pub use http::{Limits, TlsFiles, serve};

/// What every route may use.
#[derive(Clone)]
pub struct State {
    /// What is running.
    pub service: Service,
    /// How this server stands in the world.
    pub options: Arc<Options>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("options", &self.options).finish_non_exhaustive()
    }
}

/// How this server stands in the world.
#[derive(Clone, Default)]
pub struct Options {
    /// The address that people type, without a slash at the end.
    pub public_url: String,
    /// That address is https: cookies say so, and browsers are told to stay there.
    pub secure: bool,
    /// Proxies whose forwarding headers are believed.
    pub trusted_proxies: Vec<Cidr>,
    /// With it, metrics are told to others than this machine.
    pub metrics_token: Option<String>,
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options").field("public_url", &self.public_url).finish_non_exhaustive()
    }
}

impl Options {
    /// A server that people reach at `public_url`, with no proxy before it.
    pub fn at(public_url: &str) -> Self {
        let public_url = public_url.trim_end_matches('/').to_owned();
        Self { secure: public_url.starts_with("https://"), public_url, ..Self::default() }
    }

    /// Scheme, host and port of the public address, as browsers name an origin.
    pub fn origin(&self) -> &str {
        let after_scheme = self.public_url.find("://").map_or(0, |at| at + 3);
        let end = self.public_url[after_scheme..].find('/').map_or(self.public_url.len(), |at| after_scheme + at);
        &self.public_url[..end]
    }

    /// The host below which a first label is a slug; `None` where the public address is a number.
    pub(crate) fn host_for_slugs(&self) -> Option<&str> {
        let (_, authority) = self.origin().split_once("://")?;
        let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
        let is_number = host.parse::<IpAddr>().is_ok() || host.starts_with('[');
        (!is_number && !host.is_empty()).then_some(host)
    }
}

/// All routes.
pub fn router(state: State) -> Router {
    Router::new()
        .merge(protocols::dexcom_share::routes())
        .merge(protocols::nightscout::routes())
        .merge(protocols::native::router(&state))
        .merge(pages::routes())
        .merge(health::routes())
        .merge(web_app::routes())
        .fallback(pages::missing)
        .method_not_allowed_fallback(pages::wrong_method)
        .with_state(state)
}
