//! What may stand in one room only: queries in the store, the clock and chance in their own file, and no I/O at all in `model`.

use crate::tidy::checkout::Checkout;
use crate::tidy::fault::Fault;
use crate::tidy::source::Source;

/// Nothing but the store contains a query.
const QUERY_ROOM: &str = "crates/journal/src/sqlite";

/// How a query begins, in the upper case in which queries are written here.
const QUERY_WORDS: &[&str] = &[
    "SELECT ",
    "INSERT INTO ",
    "INSERT OR ",
    "UPDATE ",
    "DELETE FROM ",
    "CREATE TABLE ",
    "CREATE INDEX ",
    "CREATE UNIQUE ",
    "PRAGMA ",
    "BEGIN IMMEDIATE",
];

/// Who may lift a ban of clippy.toml in the product, with the reason that the lint itself asks for.
const LIFTS_BANS: &[&str] =
    &["crates/service/src/clock.rs", "crates/service/src/writer.rs", "crates/keepwatch/src/", "xtask/", "bench/"];

/// What the pure rooms may not even name.
const IMPURE: &[(&str, &str)] = &[
    ("std::fs", "files"),
    ("std::net", "the network"),
    ("std::env", "the environment"),
    ("std::process", "other programs"),
    ("std::thread", "threads"),
    ("std::io", "streams"),
    ("SystemTime", "the clock"),
    ("Instant", "the clock"),
    ("async fn", "waiting"),
    ("tracing", "the log"),
    ("println", "the terminal"),
];

/// Rooms that judge and never act.
const PURE_ROOMS: &[&str] = &["crates/model/src/"];

/// Everything that stands in a room that does not own it.
pub(crate) fn faults(checkout: &Checkout) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (path, text) in checkout.ending(".rs") {
        let source = Source::of(text);
        if !path.starts_with(QUERY_ROOM) && !path.starts_with("xtask/") {
            faults.extend(queries(path, &source));
        }
        if !may_lift_bans(path) {
            faults.extend(lifted_bans(path, &source));
        }
        if PURE_ROOMS.iter().any(|room| path.starts_with(room)) {
            faults.extend(impure(path, &source));
        }
    }
    faults
}

fn queries(path: &str, source: &Source) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (at, text) in &source.strings {
        let start = text.trim_start();
        if QUERY_WORDS.iter().any(|word| start.starts_with(word)) {
            faults.push(Fault::at(
                path,
                source.line(*at),
                format!("a query stands outside of {QUERY_ROOM}; ask the records instead"),
            ));
        }
    }
    faults
}

/// Tests, examples, and the script that builds a crate, run on the real machine by nature.
fn may_lift_bans(path: &str) -> bool {
    LIFTS_BANS.iter().any(|room| path.starts_with(room))
        || path.contains("/tests/")
        || path.contains("/examples/")
        || path.ends_with("/tests.rs")
        || path.ends_with("/build.rs")
}

fn lifted_bans(path: &str, source: &Source) -> Vec<Fault> {
    let product = source.code_without_tests();
    product
        .match_indices("disallowed_methods")
        .map(|(at, _)| {
            Fault::at(
                path,
                source.line(at),
                "lifts a ban of clippy.toml; time, chance, settings and the outside world come in as parameters",
            )
        })
        .collect()
}

fn impure(path: &str, source: &Source) -> Vec<Fault> {
    let product = source.code_without_tests();
    let mut faults = Vec::new();
    for (name, what) in IMPURE {
        for (at, _) in product.match_indices(name) {
            let before = product[..at].chars().next_back();
            let after = product[at + name.len()..].chars().next();
            let whole = |letter: Option<char>| !letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
            if whole(before) && whole(after) {
                faults.push(Fault::at(path, source.line(at), format!("`{name}`: this room knows nothing of {what}")));
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        faults(&Checkout::of(&[(path, text)])).len()
    }

    #[test]
    fn queries_stand_in_the_store() {
        let text = "//! x\nconst ASK: &str = \"SELECT seq FROM entries\";\n";
        assert_eq!(found("crates/service/src/readings.rs", text), 1);
        assert_eq!(found("crates/journal/src/suite.rs", text), 1);
        assert_eq!(found("crates/journal/src/sqlite/query.rs", text), 0);
        assert_eq!(found("crates/service/src/readings.rs", "// SELECT is a word\n"), 0);
        assert_eq!(found("crates/service/src/readings.rs", "let x = r#\"\n  UPDATE people\"#;"), 1);
    }

    #[test]
    fn bans_are_lifted_where_they_are_owned() {
        let text = "//! x\n#[allow(clippy::disallowed_methods, reason = \"owns time\")]\nfn now() {}\n";
        assert_eq!(found("crates/service/src/clock.rs", text), 0);
        assert_eq!(found("crates/service/src/live.rs", text), 1);
        assert_eq!(found("crates/edge/tests/share.rs", text), 0);
        let in_tests = format!("#[cfg(test)]\nmod tests {{\n{text}}}\n");
        assert_eq!(found("crates/service/src/live.rs", &in_tests), 0);
    }

    #[test]
    fn the_model_knows_nothing_of_the_world() {
        assert_eq!(found("crates/model/src/reading.rs", "use std::fs;\n"), 1);
        assert_eq!(found("crates/model/src/reading.rs", "let now = Instant::now();\n"), 1);
        assert_eq!(found("crates/model/src/reading.rs", "let instantly = 1; use std::fmt; // std::fs\n"), 0);
        assert_eq!(found("crates/service/src/reading.rs", "use std::fs;\n"), 0);
    }
}
