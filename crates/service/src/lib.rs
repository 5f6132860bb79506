//! What is running: the tasks and the deeds. This room owns time and chance, and does not know HTTP.
//!
//! Modules stand in reading order. Those down to `writer` are the ground that the deeds share; the deeds below it
//! (`intake` to `sharing`) do not know one another: they meet in the journal. `service` starts them all.

pub mod clock;
pub mod secret;
pub mod vitals;
pub mod register;
pub mod access;
pub mod window;
pub mod told;
pub mod writer;
pub mod intake;
pub mod readings;
pub mod live;
pub mod sharing;
pub mod service;

pub use service::Service;
