//! Whatever bytes stand for an upload, a date or an id of Dexcom Share: it answers, and it loses no record.

use keepwatch_edge::protocols::dexcom_share::wire::{self, RECORDS_MAX_PER_UPLOAD, Upload};
use serde_json::Value;

/// One input.
pub(crate) fn body(bytes: &[u8]) {
    if let Ok(upload) = Upload::of(bytes) {
        assert!(upload.records.len() <= RECORDS_MAX_PER_UPLOAD);
    }
    let text = String::from_utf8_lossy(bytes);
    if let Some(id) = wire::id(&text) {
        assert_eq!(wire::id(&wire::id_text(id)), Some(id));
    }
    let value = Value::String(text.into_owned());
    let _ = (wire::instant(&value), wire::trend(&value));
}
