//! Where a server listens and how it is called: the bound socket, and the address that people type when nobody named another.

use crate::failure::Failure;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use tokio::net::TcpListener;

/// An address of the documentation's own network: a datagram socket that is pointed at it sends nothing.
const NOWHERE: (Ipv4Addr, u16) = (Ipv4Addr::new(192, 0, 2, 1), 9);

/// Takes the port.
pub(crate) async fn bind(listen: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(listen).await.map_err(|cause| {
        let hint = match cause.kind() {
            ErrorKind::AddrInUse => "another program listens there; choose another port with --listen",
            ErrorKind::PermissionDenied => "ports below 1024 need a right of their own; choose another with --listen",
            ErrorKind::AddrNotAvailable => "this machine does not have that address; choose another with --listen",
            _ => return Failure::fault(format!("could not listen on {listen}: {cause}")),
        };
        Failure::fault(format!("could not listen on {listen}: {hint}"))
    })
}

/// Where a socket listens.
pub(crate) fn of(listener: &TcpListener) -> Result<SocketAddr, Failure> {
    listener.local_addr().map_err(|cause| Failure::fault(format!("could not tell where it listens: {cause}")))
}

/// The address on which this machine itself reaches the server.
pub(crate) fn local(bound: SocketAddr, tls: bool) -> String {
    let here = match bound.ip() {
        ip if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        ip => ip,
    };
    url(here, bound.port(), tls)
}

/// The address that others are given while nobody has named a public one: the machine's own, where it listens on all.
pub(crate) fn assumed(bound: SocketAddr, tls: bool) -> String {
    let ip = if bound.ip().is_unspecified() { own_address() } else { bound.ip() };
    url(ip, bound.port(), tls)
}

fn url(ip: IpAddr, port: u16, tls: bool) -> String {
    format!("{}://{}", if tls { "https" } else { "http" }, SocketAddr::new(ip, port))
}

/// The address from which this machine would speak to others.
fn own_address() -> IpAddr {
    let ask = || -> std::io::Result<IpAddr> {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
        socket.connect(NOWHERE)?;
        Ok(socket.local_addr()?.ip())
    };
    ask().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_printed_address_is_one_that_answers() {
        let at = |text: &str, tls| local(text.parse().expect("an address"), tls);
        assert_eq!(at("0.0.0.0:1980", false), "http://127.0.0.1:1980");
        assert_eq!(at("[::1]:1980", true), "https://[::1]:1980");
        assert!(!assumed("0.0.0.0:1980".parse().expect("an address"), false).contains("0.0.0.0"));
    }
}
