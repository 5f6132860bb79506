//! When to stop: SIGINT and SIGTERM, heard once and passed on to whoever waits.

use crate::failure::Failure;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that ask a command to end in order.
#[derive(Debug)]
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Hears them from now on.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let hear =
            |kind| signal(kind).map_err(|cause| Failure::fault(format!("could not listen for signals: {cause}")));
        Ok(Self { interrupt: hear(SignalKind::interrupt())?, terminate: hear(SignalKind::terminate())? })
    }

    /// Comes back once the command is asked to end.
    pub(crate) async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
