//! When a certificate ends, read from its DER; and whether a pair of TLS files can be used together. Nothing here trusts anybody.

use rustls::ServerConfig;
use rustls::pki_types::CertificateDer;
use std::path::Path;
use std::sync::Arc;

const SEQUENCE: u8 = 0x30;
const EXPLICIT_VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// The end of the first certificate in `cert`, in ms since 1970, once it is known that `key` belongs to it; else why not.
pub(crate) fn ends_at(cert: &Path, key: &Path) -> Result<i64, String> {
    let read = |path: &Path| std::fs::read(path).map_err(|cause| format!("could not read {}: {cause}", path.display()));
    let chain: Vec<CertificateDer<'static>> = rustls_pemfile::certs(&mut read(cert)?.as_slice())
        .collect::<Result<_, _>>()
        .map_err(|cause| format!("could not read {}: {cause}", cert.display()))?;
    let first = chain.first().cloned().ok_or_else(|| format!("there is no certificate in {}", cert.display()))?;
    let private = rustls_pemfile::private_key(&mut read(key)?.as_slice()).ok().flatten();
    let private = private.ok_or_else(|| format!("there is no private key in {}", key.display()))?;
    let usable = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, private));
    usable.map_err(|cause| format!("the certificate and the key cannot be used together: {cause}"))?;
    not_after(&first).ok_or_else(|| format!("could not read when {} ends", cert.display()))
}

/// One element of DER: its tag, what is in it, and what comes after it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = der.split_first()?;
    let (length, rest) = match *rest.first()? {
        short @ 0..=0x7f => (usize::from(short), &rest[1..]),
        long => {
            let count = usize::from(long & 0x7f);
            let digits = rest.get(1..=count).filter(|_| count <= 4)?;
            (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), &rest[1 + count..])
        }
    };
    Some((*tag, rest.get(..length)?, rest.get(length..)?))
}

fn not_after(certificate: &[u8]) -> Option<i64> {
    let (SEQUENCE, body, _) = element(certificate)? else { return None };
    let (SEQUENCE, mut fields, _) = element(body)? else { return None };
    if let (EXPLICIT_VERSION, _, rest) = element(fields)? {
        fields = rest;
    }
    // Serial number, algorithm and issuer come before the validity.
    for _ in 0..3 {
        fields = element(fields)?.2;
    }
    let (SEQUENCE, validity, _) = element(fields)? else { return None };
    let (_, _, rest) = element(validity)?;
    let (tag, text, _) = element(rest)?;
    moment(tag, std::str::from_utf8(text).ok()?)
}

/// A time of X.509: two digits of a year before 2050, or four.
fn moment(tag: u8, text: &str) -> Option<i64> {
    let text = match tag {
        UTC_TIME if text.get(..2)? >= "50" => format!("19{text}"),
        UTC_TIME => format!("20{text}"),
        GENERALIZED_TIME => text.to_owned(),
        _ => return None,
    };
    let moment = jiff::civil::DateTime::strptime("%Y%m%d%H%M%SZ", &text).ok()?;
    moment.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|moment| moment.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_write_a_time_are_read() {
        assert_eq!(moment(UTC_TIME, "700101000000Z"), Some(0));
        assert_eq!(moment(UTC_TIME, "260101000000Z"), Some(1_767_225_600_000));
        assert_eq!(moment(GENERALIZED_TIME, "20500101000000Z"), Some(2_524_608_000_000));
        assert_eq!(moment(GENERALIZED_TIME, "x"), None);
    }

    #[test]
    fn torn_bytes_are_no_certificate() {
        for bytes in [&[][..], &[0x30], &[0x30, 0x84, 1], &[0x30, 0x80], &[0x30, 3, 0x30, 1, 0]] {
            assert_eq!(not_after(bytes), None);
        }
    }
}
