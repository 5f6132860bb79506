//! Certificates from files, read again when the files change: a renewal needs no restart.
//! A renewal that cannot be read leaves the old certificate in force and says so in the log.

use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};
use std::time::{Duration, SystemTime};
use tokio_rustls::TlsAcceptor;

/// How often the files are looked at.
pub const RELOAD_EVERY: Duration = Duration::from_secs(10);

/// Where the certificate chain and its key are.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// PEM with the certificate and those that vouch for it.
    pub certificate: PathBuf,
    /// PEM with the private key.
    pub key: PathBuf,
}

/// The configuration in force.
#[derive(Clone)]
pub(crate) struct Certificates {
    files: TlsFiles,
    current: Arc<RwLock<(Stamp, TlsAcceptor)>>,
}

/// What tells one state of the files from another.
type Stamp = [(Option<SystemTime>, u64); 2];

fn about(file: &Path, what: &str, cause: impl std::fmt::Display) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidInput,
        format!("could not use {} as the {what}: {cause}; give a PEM file that holds it", file.display()),
    )
}

fn chain(file: &Path) -> io::Result<Vec<CertificateDer<'static>>> {
    let text = std::fs::read(file).map_err(|cause| about(file, "TLS certificate", cause))?;
    let chain: Vec<_> = rustls_pemfile::certs(&mut text.as_slice())
        .collect::<Result<_, _>>()
        .map_err(|cause| about(file, "TLS certificate", cause))?;
    if chain.is_empty() { Err(about(file, "TLS certificate", "there is none in it")) } else { Ok(chain) }
}

fn key(file: &Path) -> io::Result<PrivateKeyDer<'static>> {
    let text = std::fs::read(file).map_err(|cause| about(file, "TLS key", cause))?;
    rustls_pemfile::private_key(&mut text.as_slice())
        .map_err(|cause| about(file, "TLS key", cause))?
        .ok_or_else(|| about(file, "TLS key", "there is none in it"))
}

fn acceptor(files: &TlsFiles) -> io::Result<TlsAcceptor> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_no_client_auth()
        .with_single_cert(chain(&files.certificate)?, key(&files.key)?)
        .map_err(|cause| about(&files.key, "TLS key", cause))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn stamp(files: &TlsFiles) -> Stamp {
    [&files.certificate, &files.key]
        .map(|file| std::fs::metadata(file).map_or((None, 0), |metadata| (metadata.modified().ok(), metadata.len())))
}

impl Certificates {
    /// Reads the files for the first time; unreadable ones are an error.
    pub(crate) fn read(files: TlsFiles) -> io::Result<Self> {
        let current = (stamp(&files), acceptor(&files)?);
        Ok(Self { files, current: Arc::new(RwLock::new(current)) })
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        self.current.read().expect("no holder panics").1.clone()
    }

    /// Reads the files again if they have changed. Between the writing of the one and of the other they may not fit;
    /// the old pair stays until both do.
    pub(crate) fn refresh(&self) {
        let now = stamp(&self.files);
        if self.current.read().expect("no holder panics").0 == now {
            return;
        }
        match acceptor(&self.files) {
            Ok(acceptor) => {
                *self.current.write().expect("no holder panics") = (now, acceptor);
                tracing::info!("the TLS certificate was read again");
            }
            Err(cause) => {
                self.current.write().expect("no holder panics").0 = now;
                tracing::error!("{cause}; the old certificate stays in force");
            }
        }
    }
}
