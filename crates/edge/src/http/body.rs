//! Reads a request's body whole, within a size and a time, and unpacks gzip without being drowned by it.
//! It never looks at what the body says.

use crate::http::limits::BODY_WAIT_MAX;
use axum::body::Body;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use axum::http::{HeaderMap, StatusCode};
use bytes::{Bytes, BytesMut};
use flate2::read::MultiGzDecoder;
use http_body_util::BodyExt;
use std::io::Read;

/// Why a body was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyRefused {
    /// It is longer than the route allows.
    TooLong {
        /// Bytes that the route allows.
        limit_bytes: usize,
    },
    /// It unpacks to more than the route allows.
    TooLongUnpacked {
        /// Bytes that the route allows.
        limit_bytes: usize,
    },
    /// It is packed in a way that we do not know.
    UnknownEncoding,
    /// It claims to be gzip and is not.
    NotGzip,
    /// It took too long to arrive.
    TooSlow,
    /// The connection broke before its end.
    Broken,
}

impl BodyRefused {
    /// The status for it.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::TooLong { .. } | Self::TooLongUnpacked { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnknownEncoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::NotGzip | Self::Broken => StatusCode::BAD_REQUEST,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
        }
    }

    /// A stable word for it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLong { .. } => "body_too_long",
            Self::TooLongUnpacked { .. } => "body_too_long_unpacked",
            Self::UnknownEncoding => "unknown_encoding",
            Self::NotGzip => "not_gzip",
            Self::TooSlow => "body_too_slow",
            Self::Broken => "body_broken",
        }
    }

    /// What is wrong and what to do.
    pub fn sentence(self) -> String {
        match self {
            Self::TooLong { limit_bytes } => {
                format!("the body is longer than {limit_bytes} bytes; send it in smaller parts")
            }
            Self::TooLongUnpacked { limit_bytes } => {
                format!("the body unpacks to more than {limit_bytes} bytes; send it in smaller parts")
            }
            Self::UnknownEncoding => {
                "the body is packed in a way that is not known here; send it plain or as gzip".into()
            }
            Self::NotGzip => "the body claims to be gzip and cannot be unpacked; send it plain or as gzip".into(),
            Self::TooSlow => "the body took too long to arrive; try again".into(),
            Self::Broken => "the body ended before it was whole; try again".into(),
        }
    }
}

/// The body, whole and unpacked: at most `limit_bytes` on the way and `unpacked_limit_bytes` once unpacked.
pub async fn read(
    headers: &HeaderMap,
    body: Body,
    limit_bytes: usize,
    unpacked_limit_bytes: usize,
) -> Result<Bytes, BodyRefused> {
    let claimed = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if claimed.is_some_and(|length| length > limit_bytes) {
        return Err(BodyRefused::TooLong { limit_bytes });
    }
    let is_gzip = match headers.get(CONTENT_ENCODING).map(|encoding| encoding.as_bytes().to_ascii_lowercase()) {
        None => false,
        Some(encoding) if encoding == b"identity" => false,
        Some(encoding) if encoding == b"gzip" || encoding == b"x-gzip" => true,
        Some(_) => return Err(BodyRefused::UnknownEncoding),
    };
    let whole = tokio::time::timeout(BODY_WAIT_MAX, gather(body, limit_bytes)).await;
    let packed = whole.map_err(|_| BodyRefused::TooSlow)??;
    if is_gzip { unpack(&packed, unpacked_limit_bytes) } else { Ok(packed) }
}

/// Most bodies come in one frame, which is handed on without a copy.
async fn gather(mut body: Body, limit_bytes: usize) -> Result<Bytes, BodyRefused> {
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(part) = frame.map_err(|_| BodyRefused::Broken)?.into_data() else { continue };
        if first.len() + rest.len() + part.len() > limit_bytes {
            return Err(BodyRefused::TooLong { limit_bytes });
        }
        if first.is_empty() && rest.is_empty() {
            first = part;
            continue;
        }
        if rest.is_empty() {
            rest.extend_from_slice(&std::mem::take(&mut first));
        }
        rest.extend_from_slice(&part);
    }
    Ok(if rest.is_empty() { first } else { rest.freeze() })
}

/// The bytes inside the gzip, or a refusal as soon as there are more than `limit_bytes`.
pub fn unpack(packed: &[u8], limit_bytes: usize) -> Result<Bytes, BodyRefused> {
    let mut unpacked = Vec::with_capacity(limit_bytes.min(packed.len().saturating_mul(4)));
    let mut reader = MultiGzDecoder::new(packed).take(limit_bytes as u64 + 1);
    reader.read_to_end(&mut unpacked).map_err(|_| BodyRefused::NotGzip)?;
    if unpacked.len() > limit_bytes {
        return Err(BodyRefused::TooLongUnpacked { limit_bytes });
    }
    Ok(unpacked.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut packer = GzEncoder::new(Vec::new(), Compression::best());
        packer.write_all(bytes).expect("memory takes it");
        packer.finish().expect("memory takes it")
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let bomb = packed(&vec![0; 10_000_000]);
        assert!(bomb.len() < 20_000);
        assert_eq!(unpack(&bomb, 1_000_000), Err(BodyRefused::TooLongUnpacked { limit_bytes: 1_000_000 }));
        assert_eq!(unpack(&packed(b"{}"), 2).as_deref(), Ok(b"{}".as_slice()));
        assert_eq!(unpack(b"{}", 100), Err(BodyRefused::NotGzip));
        assert_eq!(unpack(&packed(b"whole")[..12], 100), Err(BodyRefused::NotGzip));
    }

    #[tokio::test]
    async fn the_limit_holds_with_and_without_a_length() {
        let read_it = |bytes: &'static str, limit| async move {
            let parts = bytes.as_bytes().chunks(3).map(Bytes::from_static).map(Ok::<_, std::io::Error>);
            let stream =
                http_body_util::StreamBody::new(Parts(parts.map(|part| part.map(http_body::Frame::data)).collect()));
            read(&HeaderMap::new(), Body::new(stream), limit, limit).await
        };
        assert_eq!(read_it("abcdefgh", 8).await.as_deref(), Ok(b"abcdefgh".as_slice()));
        assert_eq!(read_it("abcdefgh", 7).await, Err(BodyRefused::TooLong { limit_bytes: 7 }));
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_LENGTH, 9.into());
        assert_eq!(read(&headers, Body::empty(), 8, 8).await, Err(BodyRefused::TooLong { limit_bytes: 8 }));
        headers.clear();
        headers.insert(CONTENT_ENCODING, "br".parse().expect("a header"));
        assert_eq!(read(&headers, Body::empty(), 8, 8).await, Err(BodyRefused::UnknownEncoding));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_never_ends_is_too_slow() {
        let silent = Body::new(Silent);
        assert_eq!(read(&HeaderMap::new(), silent, 8, 8).await, Err(BodyRefused::TooSlow));
    }

    struct Silent;

    impl http_body::Body for Silent {
        type Data = Bytes;
        type Error = std::io::Error;
        fn poll_frame(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, std::io::Error>>> {
            std::task::Poll::Pending
        }
    }

    struct Parts(std::collections::VecDeque<Result<http_body::Frame<Bytes>, std::io::Error>>);

    impl futures_core::Stream for Parts {
        type Item = Result<http_body::Frame<Bytes>, std::io::Error>;
        fn poll_next(
            mut self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Self::Item>> {
            std::task::Poll::Ready(self.0.pop_front())
        }
    }
}
