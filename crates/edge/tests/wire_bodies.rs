//! The fuzz targets' bodies, run as properties: on any bytes, and on the recorded shapes with bytes changed, cut and doubled.

#[path = "../../../fuzz/bodies/dexcom_share.rs"]
mod dexcom_share;
#[path = "../../../fuzz/bodies/nightscout.rs"]
mod nightscout;

use proptest::prelude::*;

const SAMPLES: [&str; 6] = [
    include_str!("../../../testdata/wire/dexcom_share/xdrip.json"),
    include_str!("../../../testdata/wire/dexcom_share/xdripswift.json"),
    include_str!("../../../testdata/wire/nightscout/xdrip.json"),
    include_str!("../../../testdata/wire/nightscout/trio.json"),
    include_str!("../../../testdata/wire/nightscout/loop.json"),
    "count=10&find[date][$gte]=1764000000000&find[dateString][$lt]=2025-11-24T16:00:00 01:00&find[type][$ne]=cal",
];

/// A sample, or a part of it twice, with some bytes changed.
fn spoilt_sample() -> impl Strategy<Value = Vec<u8>> {
    let change = (any::<prop::sample::Index>(), any::<u8>());
    (
        prop::sample::select(SAMPLES.to_vec()),
        prop::collection::vec(change, 0..8),
        any::<prop::sample::Index>(),
        any::<bool>(),
    )
        .prop_map(|(sample, changes, cut, doubled)| {
            let mut bytes = sample.as_bytes().to_vec();
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            let part = bytes[..cut.index(bytes.len())].to_vec();
            if doubled { [part, bytes].concat() } else { bytes }
        })
}

fn all(bytes: &[u8]) {
    dexcom_share::body(bytes);
    nightscout::body(bytes);
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes: Vec<u8>) {
        all(&bytes);
    }

    #[test]
    fn spoilt_samples_are_answered(bytes in spoilt_sample()) {
        all(&bytes);
    }
}

#[test]
fn whole_samples_are_answered() {
    SAMPLES.iter().for_each(|sample| all(sample.as_bytes()));
}
