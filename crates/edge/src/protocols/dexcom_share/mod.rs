//! Dexcom Share, both halves: uploaders bring readings, followers' clients read them, neither knows that we are not Dexcom.
//! What is spoken and what is not stands in docs/protocols/dexcom-share.md.

pub mod wire;
pub(crate) mod error;
pub(crate) mod request;
pub(crate) mod routes;

pub use routes::routes;
