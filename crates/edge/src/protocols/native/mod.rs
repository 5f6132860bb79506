//! Our own API: JSON under `/api`, its event stream, and a client for both. `wire` holds the shapes, `write` puts them
//! on the wire without detours, `read` takes them off; `routes` answers.

pub mod wire;
pub(crate) mod write;
pub mod read;
pub(crate) mod error;
pub mod client;
mod routes;
pub(crate) mod live;
mod openapi;

pub(crate) use openapi::router;
pub(crate) use routes::{bound, write_now};
pub(crate) use write::Extent;
