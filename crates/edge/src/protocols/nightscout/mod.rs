//! Nightscout, the part that uploaders and the simplest followers need: entries in, entries out, status and the checks
//! that clients make before they begin. What is spoken and what is not stands in docs/protocols/nightscout.md.

pub mod wire;
pub mod find;
pub(crate) mod error;
pub(crate) mod credential;
pub(crate) mod entries;
pub(crate) mod site;
pub(crate) mod routes;

pub use routes::routes;
