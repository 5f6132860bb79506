//! Words that the house does not use: empty names, other people's names for our nouns, paths of somebody's machine, and notes that
//! something is unfinished. Inside a protocol's own room its dialect is spoken.

use crate::tidy::checkout::Checkout;
use crate::tidy::fault::Fault;
use crate::tidy::source::Source;

/// Names that say nothing, wherever they stand in a name.
const EMPTY_ANYWHERE: &[&str] = &["manager", "helper", "helpers", "util", "utils", "common"];

/// Names that say nothing when the name ends there (a data directory is a thing, sensor data is not).
const EMPTY_AT_THE_END: &[&str] = &["data", "info", "process", "handle"];

/// Words for which the glossary has another, as parts of any name in Rust.
const NOT_OURS: &[(&str, &str)] = &[("bg", "sensor glucose or reading"), ("patient", "person"), ("alarm", "alert")];

/// Rooms where a dialect's own words are spoken.
const DIALECT_ROOMS: &[&str] = &["/protocols/", "crates/edge/tests/", "tests/clients/", "testdata/"];

/// This file, which has to spell what it forbids.
const SPELLER: &str = "xtask/src/tidy/words.rs";

/// Every banned word.
pub(crate) fn faults(checkout: &Checkout) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (path, text) in checkout.texts() {
        if path == SPELLER {
            continue;
        }
        faults.extend(places_of_a_machine(path, text));
        if path.ends_with(".rs") {
            faults.extend(file_name(path));
            faults.extend(names(path, text));
        }
        if [".rs", ".ts", ".tsx", ".mjs"].iter().any(|end| path.ends_with(end)) {
            faults.extend(unfinished(path, text));
        }
    }
    faults
}

fn file_name(path: &str) -> Option<Fault> {
    let stem = path.rsplit('/').next()?.strip_suffix(".rs")?;
    empty_name(stem)
        .map(|word| Fault::of(path, format!("a file called {word} says nothing; name the room for what is in it")))
}

fn names(path: &str, text: &str) -> Vec<Fault> {
    let source = Source::of(text);
    let words = source.words();
    let mut faults = Vec::new();
    for pair in words.windows(2) {
        let [(_, keyword), (at, name)] = pair else { continue };
        // An indented `type` is one that a trait of somebody else asks for by that name.
        let ours = matches!(*keyword, "mod" | "struct" | "enum" | "trait")
            || (*keyword == "type"
                && !source.code[..*at].lines().next_back().is_some_and(|line| line.starts_with(' ')));
        if ours && let Some(word) = empty_name(name) {
            faults.push(Fault::at(
                path,
                source.line(*at),
                format!("{name}: `{word}` says nothing; name it for what it is"),
            ));
        }
    }
    if DIALECT_ROOMS.iter().any(|room| path.contains(room)) {
        return faults;
    }
    for (at, name) in &words {
        let parts = parts(name);
        for (word, ours) in NOT_OURS {
            if parts.iter().any(|part| part == word) {
                faults.push(Fault::at(path, source.line(*at), format!("{name}: we say {ours}")));
            }
        }
    }
    faults
}

fn empty_name(name: &str) -> Option<String> {
    let parts = parts(name);
    let last = parts.last()?;
    if EMPTY_AT_THE_END.contains(&last.as_str()) {
        return Some(last.clone());
    }
    parts.iter().find(|part| EMPTY_ANYWHERE.contains(&part.as_str())).cloned()
}

/// `SensorGlucose`, `sensor_glucose` and `SENSOR_GLUCOSE` have the same parts.
fn parts(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut before_is_lower = false;
    for letter in name.chars() {
        if letter == '_' {
            parts.push(String::new());
            before_is_lower = false;
            continue;
        }
        if letter.is_uppercase() && before_is_lower {
            parts.push(String::new());
        }
        before_is_lower = !letter.is_uppercase();
        if let Some(part) = parts.last_mut() {
            part.extend(letter.to_lowercase());
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

fn places_of_a_machine(path: &str, text: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for place in ["/work/", "/root/", "issue #"] {
            let found = line.match_indices(place).any(|(at, _)| {
                let before = line[..at].chars().next_back();
                place.starts_with("issue")
                    || !before.is_some_and(|letter| letter.is_alphanumeric() || "._-*}".contains(letter))
            });
            if found {
                faults.push(Fault::at(
                    path,
                    number + 1,
                    format!("`{place}` means nothing to whoever reads this elsewhere"),
                ));
            }
        }
    }
    faults
}

fn unfinished(path: &str, text: &str) -> Vec<Fault> {
    let mut marks = vec!["todo!(", "unimplemented!(", "#[ignore", "TODO", "FIXME", "XXX"];
    if path.contains(".test.") || path.contains("/test/") || path.contains("/tests/") && !path.ends_with(".rs") {
        marks.extend(["test.only(", "test.skip(", "it.only(", "it.skip("]);
    }
    let mut faults = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for mark in &marks {
            if line.contains(mark) {
                faults.push(Fault::at(
                    path,
                    number + 1,
                    format!("`{mark}`: finish it, or leave it out and say so in the change's note"),
                ));
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        faults(&Checkout::of(&[(path, text)])).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn empty_names_are_found_in_files_modules_and_types() {
        assert_eq!(found("crates/model/src/util.rs", "").len(), 1);
        assert_eq!(found("crates/model/src/sensor_info.rs", "").len(), 1);
        assert_eq!(found("a.rs", "mod common;").len(), 1);
        assert_eq!(found("a.rs", "pub struct RecordManager;").len(), 1);
        assert_eq!(found("a.rs", "enum SensorData { A }").len(), 1);
        assert_eq!(found("a.rs", "pub type SensorData = u8;").len(), 1);
        assert!(found("a.rs", "impl Body for X {\n    type Data = Bytes;\n}").is_empty());
        assert!(found("a.rs", "struct DataDirectory; fn handle() {} // struct Util").is_empty());
    }

    #[test]
    fn our_nouns_have_one_name() {
        assert_eq!(found("a.rs", "fn latest_bg() {}"), ["a.rs:1: latest_bg: we say sensor glucose or reading"]);
        assert_eq!(found("a.rs", "struct PatientId;").len(), 1);
        assert_eq!(found("a.rs", "let alarm = 1;").len(), 1);
        assert!(found("a.rs", "let text = \"not an alarm\";").is_empty());
        assert!(found("crates/edge/src/protocols/nightscout/wire.rs", "let bg = 1;").is_empty());
    }

    #[test]
    fn paths_of_a_machine_are_found_in_every_file() {
        assert_eq!(found("README.md", "see /work/main").len(), 1);
        assert_eq!(found("a.rs", "//! `/root/.cargo`").len(), 1);
        assert_eq!(found("docs/a.md", "as in issue #7").len(), 1);
        assert!(found("docs/a.md", "see src/work/a").is_empty());
    }

    #[test]
    fn what_is_unfinished_is_found() {
        assert_eq!(found("a.rs", "// TODO later").len(), 1);
        assert_eq!(found("a.rs", "#[ignore]").len(), 1);
        assert_eq!(found("web/src/a.test.ts", "test.only('x')").len(), 1);
        assert!(found("a.rs", "names.iter().skip(1)").is_empty());
    }
}
