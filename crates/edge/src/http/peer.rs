//! Who is at the other end: the address we hold against guesses and limits, and whether it is this machine itself.
//! Headers that anybody can write are believed only from proxies that the operator named.

use crate::Options;
use crate::http::Closing;
use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use std::convert::Infallible;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;
use std::sync::Arc;

/// Headers that only a proxy writes: with one of them, nobody is taken for this machine itself.
const FORWARDING_HEADERS: [&str; 6] =
    ["x-forwarded-for", "forwarded", "x-real-ip", "via", "x-forwarded-host", "x-forwarded-proto"];

/// A range of addresses, as operators write it: `10.0.0.0/8`, `::1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr {
    first: u128,
    prefix: u32,
}

/// The text is no range of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotACidr;

impl fmt::Display for NotACidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this is no range of addresses; write one like 10.0.0.0/8 or a single address")
    }
}

impl std::error::Error for NotACidr {}

/// IPv4 as its mapped IPv6, so that one comparison serves both.
fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

const fn mask(prefix: u32) -> u128 {
    if prefix == 0 { 0 } else { u128::MAX << (128 - prefix) }
}

impl Cidr {
    /// Whether `address` lies in the range.
    pub fn holds(self, address: IpAddr) -> bool {
        number(address) & mask(self.prefix) == self.first
    }
}

impl FromStr for Cidr {
    type Err = NotACidr;

    fn from_str(text: &str) -> Result<Self, NotACidr> {
        let (address, prefix) = match text.trim().split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse::<u32>().map_err(|_| NotACidr)?)),
            None => (text.trim(), None),
        };
        let address: IpAddr = address.parse().map_err(|_| NotACidr)?;
        let (bits, before) = if address.is_ipv4() { (32, 96) } else { (128, 0) };
        let prefix = prefix.unwrap_or(bits);
        if prefix > bits {
            return Err(NotACidr);
        }
        let prefix = before + prefix;
        Ok(Self { first: number(address) & mask(prefix), prefix })
    }
}

/// What is known of a connection; one for all of its requests.
#[derive(Debug)]
pub(crate) struct Meeting {
    pub(crate) peer: IpAddr,
    pub(crate) options: Arc<Options>,
    pub(crate) closing: Closing,
}

/// Who sent a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client {
    /// The address to hold guesses and limits against.
    pub address: IpAddr,
    /// A program on this machine, speaking to us without a proxy between.
    pub is_this_machine: bool,
}

impl Client {
    /// The client behind `peer`, judged by the request's headers.
    pub fn of(peer: IpAddr, headers: &HeaderMap, trusted: &[Cidr]) -> Self {
        let peer = peer.to_canonical();
        let is_forwarded = FORWARDING_HEADERS.iter().any(|name| headers.contains_key(*name));
        let is_trusted = |address: IpAddr| trusted.iter().any(|range| range.holds(address));
        let address =
            if is_forwarded && is_trusted(peer) { forwarded_for(headers, is_trusted).unwrap_or(peer) } else { peer };
        Self { address, is_this_machine: peer.is_loopback() && !is_forwarded }
    }
}

/// The nearest address in X-Forwarded-For that is no trusted proxy: what stands left of it, anybody can have written.
fn forwarded_for(headers: &HeaderMap, is_trusted: impl Fn(IpAddr) -> bool) -> Option<IpAddr> {
    let lines: Vec<&str> = headers.get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok()).collect();
    let addresses = lines.iter().flat_map(|line| line.split(',')).map(|text| text.trim().parse::<IpAddr>());
    let mut nearest = None;
    for address in addresses.rev() {
        let Ok(address) = address else { return nearest };
        nearest = Some(address.to_canonical());
        if !is_trusted(address.to_canonical()) {
            return nearest;
        }
    }
    nearest
}

impl<S: Send + Sync> FromRequestParts<S> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        // Without a connection of ours behind it a request has no privilege.
        Ok(parts
            .extensions
            .get::<Arc<Meeting>>()
            .map_or(Self { address: IpAddr::V4(Ipv4Addr::UNSPECIFIED), is_this_machine: false }, |meeting| {
                Self::of(meeting.peer, &parts.headers, &meeting.options.trusted_proxies)
            }))
    }
}

/// What connections are counted by: an IPv4 address, or the /64 that a household has of IPv6.
pub(crate) fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & mask(64))),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().expect("a header"));
        }
        headers
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn ranges_hold_what_they_should() {
        let range: Cidr = "10.1.0.0/16".parse().expect("a range");
        assert!(range.holds(ip("10.1.2.3")) && range.holds(ip("::ffff:10.1.2.3")));
        assert!(!range.holds(ip("10.2.0.1")));
        let single: Cidr = "fd00::1".parse().expect("an address");
        assert!(single.holds(ip("fd00::1")) && !single.holds(ip("fd00::2")));
        let all: Cidr = "0.0.0.0/0".parse().expect("a range");
        assert!(all.holds(ip("192.0.2.1")) && !all.holds(ip("2001:db8::1")));
        for text in ["", "10.0.0.0/33", "ten", "::/129", "10.0.0.0/x"] {
            assert_eq!(text.parse::<Cidr>(), Err(NotACidr), "{text}");
        }
    }

    #[test]
    fn forwarded_addresses_count_only_from_named_proxies() {
        let said = headers(&[("x-forwarded-for", "203.0.113.9, 198.51.100.7")]);
        let trusted = ["127.0.0.0/8".parse().expect("a range")];
        assert_eq!(Client::of(ip("127.0.0.1"), &said, &trusted).address, ip("198.51.100.7"));
        assert_eq!(Client::of(ip("127.0.0.1"), &said, &[]).address, ip("127.0.0.1"));
        assert_eq!(Client::of(ip("192.0.2.4"), &said, &trusted).address, ip("192.0.2.4"));
        let chain = headers(&[("x-forwarded-for", "203.0.113.9"), ("x-forwarded-for", "127.0.0.9")]);
        assert_eq!(Client::of(ip("127.0.0.1"), &chain, &trusted).address, ip("203.0.113.9"));
    }

    #[test]
    fn nobody_behind_a_proxy_is_this_machine() {
        assert!(Client::of(ip("127.0.0.1"), &headers(&[]), &[]).is_this_machine);
        assert!(Client::of(ip("::ffff:127.0.0.1"), &headers(&[]), &[]).is_this_machine);
        for name in FORWARDING_HEADERS {
            assert!(!Client::of(ip("127.0.0.1"), &headers(&[(name, "x")]), &[]).is_this_machine, "{name}");
        }
        assert!(!Client::of(ip("192.0.2.4"), &headers(&[]), &[]).is_this_machine);
    }
}
