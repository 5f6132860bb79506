//! What is done with arbitrary bytes of each wire format, by the fuzzer for hours and by a property test in every run:
//! something sensible or a refusal must come out, never a panic, and what comes out must hold together.
#![allow(missing_docs, clippy::missing_panics_doc, reason = "each body is named by its format; a panic is the finding")]

use bytes::Bytes;
use keepwatch_edge::http::{Cidr, Client, body};
use keepwatch_edge::protocols::native::client::{Event, Events};
use keepwatch_edge::protocols::native::read;
use keepwatch_edge::protocols::nightscout::find::Query;
use keepwatch_edge::protocols::{dexcom_share, nightscout};
use keepwatch_model::id::PersonId;
use keepwatch_model::reading::{Draft, FOREIGN_MAX_BYTES, Reading};
use keepwatch_model::source::Protocol;
use keepwatch_model::time::Timestamp;

const NOW: Timestamp = Timestamp::from_ms(1_764_000_000_000);
/// Fewer than a real upload may hold, so that a fuzzer finds the bound.
const ITEMS_MAX: usize = 8;

/// A draft of any dialect is a good reading or a refusal; a good one holds together.
fn checked(draft: Draft, protocol: Protocol) {
    if let Some(foreign) = &draft.foreign {
        let kept: serde_json::Value =
            serde_json::from_str(foreign).unwrap_or_else(|cause| panic!("{cause}: {foreign}"));
        assert!(kept.is_object(), "{foreign}");
    }
    let person = PersonId::from_random(1);
    let source = keepwatch_model::id::SourceId::from_random(protocol as u64);
    if let Ok(reading) = Reading::checked(draft, person, source, NOW, None) {
        assert!(reading.place.ms_since(NOW) <= keepwatch_model::reading::JITTER_MAX_MS);
        assert!(reading.foreign.is_none_or(|foreign| foreign.len() <= FOREIGN_MAX_BYTES));
    }
}

/// An upload of our own API.
pub fn native_upload(bytes: &[u8]) {
    if let Ok(batch) = read::batch(bytes, ITEMS_MAX) {
        assert!(batch.drafts.len() <= ITEMS_MAX);
        batch.drafts.into_iter().flatten().for_each(|draft| checked(draft, Protocol::Native));
    }
}

/// A meter check of our own API.
pub fn native_meter_check(bytes: &[u8]) {
    if let Ok(check) = read::meter_check(bytes, PersonId::from_random(1), NOW) {
        assert!(!check.by.is_empty() && (400..=6_000).contains(&check.mg_dl.tenths()));
    }
}

/// An event stream, as our own client reads it; cut anywhere it says the same.
pub fn native_events(bytes: &[u8]) {
    let whole = Events::default().take(&Bytes::copy_from_slice(bytes));
    let (first, second) = bytes.split_at(bytes.len() / 2);
    let mut halves = Events::default();
    let parts = [first, second].map(|half| halves.take(&Bytes::copy_from_slice(half)));
    if let (Some(whole), [Some(first), Some(second)]) = (whole, parts) {
        assert_eq!(whole, [first, second].concat());
        for sent in whole {
            let _ = Event::read(&sent.name, &sent.body);
        }
    }
}

/// A body that claims to be gzip.
pub fn packed_body(bytes: &[u8]) {
    if let Ok(unpacked) = body::unpack(bytes, 1_000) {
        assert!(unpacked.len() <= 1_000);
    }
}

/// Who a request says that it was sent for, and ranges of addresses.
pub fn forwarding(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (range, forwarded) = text.split_once('\n').unwrap_or((&text, ""));
    let trusted: Vec<Cidr> = range.parse().into_iter().collect();
    let mut headers = axum::http::HeaderMap::new();
    if let Ok(value) = forwarded.parse() {
        headers.insert("x-forwarded-for", value);
        let client = Client::of([127, 0, 0, 1].into(), &headers, &trusted);
        assert!(!client.is_this_machine, "nobody behind a proxy is this machine");
    }
}

/// An upload of Dexcom Share.
pub fn share_upload(bytes: &[u8]) {
    if let Ok(upload) = dexcom_share::wire::Upload::of(bytes) {
        assert!(upload.records.len() <= dexcom_share::wire::RECORDS_MAX_PER_UPLOAD);
        upload.records.into_iter().flatten().for_each(|draft| checked(draft, Protocol::Share));
    }
}

/// Ids and serials of Dexcom Share.
pub fn share_words(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Some(id) = dexcom_share::wire::id(&text) {
        assert_eq!(dexcom_share::wire::id(&dexcom_share::wire::id_text(id)), Some(id));
    }
    if let Some(serial) = dexcom_share::wire::serial(&text) {
        assert!(serial.chars().count() <= dexcom_share::wire::SERIAL_MAX_CHARACTERS);
    }
}

/// Entries posted to Nightscout.
pub fn nightscout_entries(bytes: &[u8]) {
    let Some(body) = nightscout::wire::Body::of(bytes) else { return };
    for entry in body.entries {
        let posted = nightscout::wire::Posted::of(entry);
        assert!(!posted.echo.contains_key("secret") && !posted.echo.contains_key("token"));
        if let nightscout::wire::Meaning::Reading(draft) = posted.meaning {
            checked(draft, Protocol::Nightscout);
        }
    }
}

/// A query of Nightscout, a pair on each line, asked of an entry that has every field.
pub fn nightscout_query(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let pairs: Vec<(String, String)> = text
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    let Ok(query) = Query::of(&pairs) else { return };
    let _ = query.span(NOW);
    let entry = serde_json::json!({
        "_id": "0123456789abcdef01234567", "type": "sgv", "sgv": 112, "date": NOW.as_ms(), "direction": "Flat",
        "dateString": "2025-11-24T16:00:00.000Z", "device": "share2", "noise": null, "raw": {"a": [1]},
    });
    if let serde_json::Value::Object(entry) = entry {
        let _ = query.admits(&entry);
    }
}
