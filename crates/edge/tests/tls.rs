//! TLS over a real socket: HTTP/1.1 and HTTP/2 by what the client offers, and a certificate that is renewed while we run.

mod door;
mod server;

use axum::body::Body;
use door::{Door, Plan, Stream, bearer, heard};
use http_body_util::BodyExt;
use hyper_util::rt::{TokioExecutor, TokioIo};
use keepwatch_edge::{Options, TlsFiles};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use server::Server;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

fn certificate(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/certificates").join(name)
}

fn trusted(name: &str) -> CertificateDer<'static> {
    let text = std::fs::read(certificate(&format!("{name}.pem"))).expect("a file");
    rustls_pemfile::certs(&mut text.as_slice()).next().expect("a certificate").expect("PEM")
}

/// A connection by a client that trusts one certificate and offers one protocol.
async fn connect(address: SocketAddr, trust: &str, protocol: &[u8]) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted(trust)).expect("a root");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("versions");
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let socket = TcpStream::connect(address).await?;
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("localhost").expect("a name"), socket).await
}

fn files(folder: &Path) -> TlsFiles {
    TlsFiles { certificate: folder.join("cert.pem"), key: folder.join("key.pem") }
}

fn put(folder: &Path, name: &str) {
    std::fs::copy(certificate(&format!("{name}.key")), folder.join("key.pem")).expect("copied");
    std::fs::copy(certificate(&format!("{name}.pem")), folder.join("cert.pem")).expect("copied");
}

fn plan(folder: &Path) -> Plan {
    Plan { tls: Some(files(folder)), options: Options::at("https://localhost"), ..Plan::default() }
}

const GET: &[u8] = b"GET /health/live HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

#[tokio::test]
async fn both_versions_of_http_are_spoken() {
    let folder = tempfile::tempdir().expect("a folder");
    put(folder.path(), "first");
    let server = Server::start().await;
    let door = Door::open(&server, plan(folder.path()));
    let mut old = connect(door.address, "first", b"http/1.1").await.expect("a handshake");
    old.write_all(GET).await.expect("it reads");
    let answer = heard(&mut old).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "alive\n"));
    assert!(answer.header("strict-transport-security").is_some());

    let new = connect(door.address, "first", b"h2").await.expect("a handshake");
    assert_eq!(new.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (mut asking, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(new)).await.expect("a greeting");
    let driving = tokio::spawn(connection);
    let ask = |target: &str| {
        let request = axum::http::Request::get(format!("https://localhost{target}"));
        request.header("authorization", format!("Bearer {}", server.read.token)).body(Body::empty()).expect("a request")
    };
    let live = asking.send_request(ask("/health/live")).await.expect("an answer");
    assert_eq!(live.status(), 200);
    let mut stream = asking.send_request(ask("/api/live")).await.expect("a stream");
    let first = stream.body_mut().frame().await.expect("an event").expect("whole").into_data().expect("bytes");
    assert!(first.starts_with(b"retry: 3000\n\nevent: now\nid: "));
    let (ended, last) = tokio::join!(door.stop(), stream.body_mut().collect());
    ended.expect("it ends in order");
    last.expect("the stream is ended in order");
    drop(asking);
    let _ = driving.await;
}

/// The files are looked at every ten seconds; with the clock paused they pass at once.
#[tokio::test(start_paused = true)]
async fn a_renewed_certificate_needs_no_restart_and_a_broken_one_no_rescue() {
    let folder = tempfile::tempdir().expect("a folder");
    put(folder.path(), "first");
    let server = Server::start().await;
    let door = Door::open(&server, plan(folder.path()));
    connect(door.address, "first", b"http/1.1").await.expect("the first certificate");
    std::fs::write(folder.path().join("cert.pem"), "broken").expect("written");
    tokio::time::sleep(std::time::Duration::from_secs(11)).await;
    connect(door.address, "first", b"http/1.1").await.expect("the old certificate stays");
    put(folder.path(), "second");
    tokio::time::sleep(std::time::Duration::from_secs(11)).await;
    connect(door.address, "second", b"http/1.1").await.expect("the second certificate");
    connect(door.address, "first", b"http/1.1").await.expect_err("the first is gone");
}

#[tokio::test]
async fn files_that_cannot_be_used_say_so_at_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start().await;
    let cause = Door::open(&server, plan(folder.path())).stop().await.expect_err("there are no files");
    assert!(cause.to_string().contains("cert.pem"), "{cause}");
    put(folder.path(), "first");
    std::fs::copy(certificate("second.key"), folder.path().join("key.pem")).expect("copied");
    let cause = Door::open(&server, plan(folder.path())).stop().await.expect_err("they do not fit");
    assert!(cause.to_string().contains("key.pem"), "{cause}");
}

#[tokio::test]
async fn plain_http_to_a_tls_port_is_closed() {
    let folder = tempfile::tempdir().expect("a folder");
    put(folder.path(), "first");
    let server = Server::start().await;
    let door = Door::open(&server, plan(folder.path()));
    let mut socket = TcpStream::connect(door.address).await.expect("it listens");
    socket.write_all(GET).await.expect("it reads");
    let mut bytes = Vec::new();
    let _ = tokio::io::AsyncReadExt::read_to_end(&mut socket, &mut bytes).await;
    assert!(!bytes.starts_with(b"HTTP"), "nothing is said in clear");
    let stream = Stream::open(server.address, "/api/live", &bearer(&server.read.token)).await;
    assert_eq!(stream.status(), "200", "others are served");
}
