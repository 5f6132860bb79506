//! A server while it speaks: it says where it listens once it answers, and ends in order when it is asked to.

use crate::address;
use crate::failure::Failure;
use crate::open_files;
use crate::output;
use crate::stopping::Signals;
use keepwatch_edge::{Limits, Options, State, TlsFiles, router, serve};
use keepwatch_service::Service;
use std::future::poll_fn;
use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Limit: how long an ending server may take; afterwards it ends all the same. What was acknowledged is on disk by then.
const END_WAIT_MAX: Duration = Duration::from_millis(9_500);

/// A server that is about to speak.
pub(crate) struct Speaking {
    /// What it speaks for.
    pub(crate) service: Service,
    /// Where it listens.
    pub(crate) listener: TcpListener,
    /// Its certificate and key.
    pub(crate) tls: Option<TlsFiles>,
    /// How it stands in the world.
    pub(crate) options: Options,
    /// What is said on stdout after the line that says where it listens.
    pub(crate) and_then: Option<String>,
}

impl Speaking {
    /// Speaks until SIGTERM or SIGINT.
    pub(crate) async fn run(self) -> Result<ExitCode, Failure> {
        let Self { service, listener, tls, options, and_then } = self;
        let here = address::local(address::of(&listener)?, tls.is_some());
        let mut signals = Signals::listen()?;
        let (stop, mut stopped) = watch::channel(false);
        // Whoever speaks TLS gives cookies that travel by TLS alone, whatever the public address says.
        let options = Arc::new(Options { secure: options.secure || tls.is_some(), ..options });
        let routes = router(State { service: service.clone(), options: Arc::clone(&options) });
        let shutdown = async move {
            // The sender lives as long as this server, so the only news is the one that is waited for.
            let _ = stopped.wait_for(|stopped| *stopped).await;
        };
        let mut server = pin!(serve(listener, tls, routes, options, limits(), shutdown));
        // The first step reads the certificate and takes connections; what fails in it fails before anything is said.
        if let Poll::Ready(ended) = poll_fn(|context| Poll::Ready(server.as_mut().poll(context))).await {
            return result(ended);
        }
        output::line(&format!("listening on {here}"));
        and_then.iter().for_each(|text| output::line(text));
        tokio::select! {
            ended = &mut server => return result(ended),
            () = signals.asked() => tracing::info!("asked to end; open requests are finished first"),
        }
        stop.send_replace(true);
        let in_order = async {
            let ended = server.await;
            service.stop().await;
            result(ended)
        };
        tokio::select! {
            ended = in_order => ended,
            () = tokio::time::sleep(END_WAIT_MAX) => {
                tracing::warn!("some requests did not end in time and were cut off");
                Ok(ExitCode::SUCCESS)
            }
            () = signals.asked() => Ok(ExitCode::SUCCESS),
        }
    }
}

/// Edge's own limits, with no more connections than there are files to open.
fn limits() -> Limits {
    let usual = Limits::default();
    let connections_max = open_files::connections(usual.connections_max, open_files::raise());
    if connections_max < usual.connections_max {
        tracing::warn!("at most {connections_max} connections at once: no more files may be open; raise LimitNOFILE");
    }
    Limits { connections_max, ..usual }
}

fn result(ended: std::io::Result<()>) -> Result<ExitCode, Failure> {
    ended.map(|()| ExitCode::SUCCESS).map_err(|cause| Failure::fault(cause.to_string()))
}
