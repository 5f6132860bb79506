//! The fuzzer's bodies as property tests: any bytes, and bytes that are nearly right, in every run.

#[path = "../../../fuzz/src/lib.rs"]
#[allow(unreachable_pub, reason = "the fuzzer reaches them from outside")]
mod bodies;

use proptest::prelude::*;

/// A body, and samples that are right, from which nearly right ones are made.
type Format = (fn(&[u8]), &'static [&'static str]);

const FORMATS: [Format; 9] = [
    (
        bodies::native_upload,
        &[
            r#"{"source":"Ada's phone","readings":[{"measured_at":1764000000000,"mg_dl":112.5,"trend":"flat","noise":{"a":[1,"x"]}}]}"#,
            r#"{"readings":[{"measured_at":"2025-11-24T16:00:00+01:00","mmol_l":6.2},{"range":"below"},7]}"#,
        ],
    ),
    (bodies::native_meter_check, &[r#"{"mg_dl":112,"by":"Grandma","at":1764000000000,"note":"x"}"#]),
    (
        bodies::native_events,
        &["retry: 3000\n\nevent: now\nid: AAAA\ndata: {\"time\":1}\n\nevent: beat\r\ndata: {\"time\":7}\r\n\r\n"],
    ),
    (bodies::packed_body, &["\u{1f}\u{8b}\u{8}"]),
    (bodies::forwarding, &["127.0.0.0/8\n203.0.113.9, 10.0.0.1", "::1\n[2001:db8::1]:80"]),
    (
        bodies::share_upload,
        &[
            r#"{"SN":"SM12345678","Egvs":[{"Trend":4,"ST":"/Date(1764000000000)/","DT":"/Date(1764000000000+0100)/","Value":112}],"TA":-5}"#,
        ],
    ),
    (bodies::share_words, &["d89443d2-327c-4a6f-89e5-496bbb0317db", "SM12345678/"]),
    (
        bodies::nightscout_entries,
        &[
            r#"[{"type":"sgv","sgv":112,"date":1764000000000,"dateString":"2025-11-24T16:00:00.000Z","device":"x","direction":"Flat","noise":1}]"#,
        ],
    ),
    (bodies::nightscout_query, &["find[date][$gte]=1764000000000\ncount=3\nfind[type]=sgv", "find[sgv][$in]=1|2"]),
];

/// What breaks parsers that trust.
const PIECES: &[&str] =
    &["-1", "1e400", "null", "\"", "[]", "{", "\\u0000", "\\ud800", "9999999999999999999", "0.1", "\n\n"];

/// One edit of a right sample.
fn edited(sample: &str, at: usize, cut: usize, put: &[u8]) -> Vec<u8> {
    let bytes = sample.as_bytes();
    let at = at % (bytes.len() + 1);
    let end = (at + cut).min(bytes.len());
    [&bytes[..at], put, &bytes[end..]].concat()
}

proptest! {
    #[test]
    fn any_bytes_are_something_sensible_or_a_refusal(bytes: Vec<u8>, text in "\\PC*") {
        for (body, _) in FORMATS {
            body(&bytes);
            body(text.as_bytes());
        }
    }

    #[test]
    fn what_is_nearly_right_is_too(at: usize, cut in 0_usize..6, put in prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..4),
        proptest::sample::select(PIECES).prop_map(|piece| piece.as_bytes().to_vec()),
    ]) {
        for (body, samples) in FORMATS {
            for sample in samples {
                body(&edited(sample, at, cut, &put));
            }
        }
    }
}

#[test]
fn what_is_right_is_taken() {
    for (body, samples) in FORMATS {
        samples.iter().for_each(|sample| body(sample.as_bytes()));
    }
}
