//! Whatever bytes stand for a post or a query of Nightscout's entries: it answers, each entry by itself, and keeps no credential.

use keepwatch_edge::protocols::nightscout::find::Query;
use keepwatch_edge::protocols::nightscout::wire::{self, Body, Meaning, Posted};

/// Dates have four digits of a year; moments outside are refused before anybody reads them back.
const YEAR_10000_MS: i64 = 253_402_300_800_000;

/// One input.
pub(crate) fn body(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let pairs: Vec<(String, String)> = text
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    let query = Query::of(&pairs);
    for entry in Body::of(bytes).map(|body| body.entries).unwrap_or_default() {
        let posted = Posted::of(entry);
        assert!(!posted.echo.contains_key("secret") && !posted.echo.contains_key("token"));
        assert!(wire::is_id(&wire::id_of_refused(&posted.echo)));
        if let Meaning::Reading(draft) = &posted.meaning
            && (0..YEAR_10000_MS).contains(&draft.measured_at.as_ms())
        {
            let read_back = wire::moment_in(&wire::date_text(draft.measured_at));
            assert_eq!(read_back.map(|(at, _)| at), Some(draft.measured_at));
        }
        if let Ok(query) = &query {
            let _ = query.admits(&posted.echo);
        }
    }
}
