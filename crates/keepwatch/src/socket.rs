//! The operator's door of a running server: a Unix socket in the data directory, one request and one response a connection, each a
//! line of JSON. Whoever may open the socket is the operator; it is for the directory's owner alone.

use crate::data_dir::DataDir;
use crate::failure::Failure;
use crate::operator::{Request, Response, perform};
use keepwatch_service::Service;
use std::fs::{File, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixSocket, UnixStream};

/// Limit: bytes of a request; a longer one is cut off and not understood.
const REQUEST_MAX_BYTES: u64 = 64 * 1024;
/// Limit: how long a request and its response may take; afterwards the connection is dropped.
const TALK_WAIT_MAX: Duration = Duration::from_secs(20);
/// Limit: connections that wait to be taken.
const BACKLOG_MAX: u32 = 16;

/// The open socket; it is removed when this is dropped.
#[derive(Debug)]
pub(crate) struct Door {
    listener: UnixListener,
    dir: DataDir,
    /// A path that is too long for an address leads through this descriptor.
    _directory: File,
}

impl Drop for Door {
    fn drop(&mut self) {
        // Left behind it only refuses, and the next server replaces it.
        let _ = std::fs::remove_file(self.dir.socket());
    }
}

impl Door {
    /// Opens the socket. Only the holder of the directory's lock does this, so one that lies there is a leftover.
    pub(crate) fn open(dir: &DataDir) -> Result<Self, Failure> {
        let open = || -> std::io::Result<(UnixListener, File)> {
            let (address, directory) = dir.socket_address()?;
            match std::fs::remove_file(dir.socket()) {
                Err(cause) if cause.kind() != ErrorKind::NotFound => return Err(cause),
                _ => {}
            }
            let socket = UnixSocket::new_stream()?;
            socket.bind(&address)?;
            // Nobody can connect before it listens; by then it is for its owner alone.
            std::fs::set_permissions(dir.socket(), Permissions::from_mode(0o600))?;
            Ok((socket.listen(BACKLOG_MAX)?, directory))
        };
        let (listener, directory) =
            open().map_err(|cause| Failure::fault(format!("could not open {}: {cause}", dir.socket().display())))?;
        Ok(Self { listener, dir: dir.clone(), _directory: directory })
    }

    /// Answers requests for as long as it is polled.
    pub(crate) async fn answer(&self, service: &Service, public_url: &str) {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let (service, public_url) = (service.clone(), public_url.to_owned());
                    tokio::spawn(async move {
                        // An operator who gave up needs no answer.
                        let _ = tokio::time::timeout(TALK_WAIT_MAX, talk(stream, &service, &public_url)).await;
                    });
                }
                Err(cause) => {
                    tracing::warn!("could not accept on the operator's socket: {cause}");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }
}

async fn talk(mut stream: UnixStream, service: &Service, public_url: &str) -> std::io::Result<()> {
    let (reader, mut writer) = stream.split();
    let mut line = String::new();
    BufReader::new(reader.take(REQUEST_MAX_BYTES)).read_line(&mut line).await?;
    let response = match serde_json::from_str(&line) {
        Ok(request) => perform(service, public_url, request).await,
        Err(_) => Response::Refused(
            "could not understand the request: use a command of the same release as the server".to_owned(),
        ),
    };
    let mut answer = serde_json::to_vec(&response)?;
    answer.push(b'\n');
    writer.write_all(&answer).await?;
    writer.shutdown().await
}

/// Asks the server that runs on `dir`; `None` when there is none.
pub(crate) async fn ask(dir: &DataDir, request: &Request) -> Result<Option<Response>, Failure> {
    let failure = |cause: std::io::Error| {
        Failure::fault(format!("could not ask the running server: {cause}; try again in a moment"))
    };
    let Ok((address, _directory)) = dir.socket_address() else { return Ok(None) };
    let mut stream = match UnixStream::connect(&address).await {
        Ok(stream) => stream,
        Err(cause) if matches!(cause.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => return Ok(None),
        Err(cause) if cause.kind() == ErrorKind::PermissionDenied => {
            let path = dir.socket();
            return Err(Failure::fault(format!(
                "could not use {}: run this as the user who runs the server",
                path.display()
            )));
        }
        Err(cause) => return Err(failure(cause)),
    };
    let talk = async {
        let mut line = serde_json::to_vec(request)?;
        line.push(b'\n');
        stream.write_all(&line).await?;
        let mut answer = String::new();
        BufReader::new(&mut stream).read_line(&mut answer).await?;
        Ok(answer)
    };
    let waited = tokio::time::timeout(TALK_WAIT_MAX, talk).await.unwrap_or_else(|_| Err(ErrorKind::TimedOut.into()));
    let answer = waited.map_err(failure)?;
    let unclear =
        || Failure::fault("could not understand the running server: use a command of the same release as the server");
    serde_json::from_str(&answer).map(Some).map_err(|_| unclear())
}
