//! docs/architecture.md is a map: every file and every name on it must exist.

use crate::tidy::checkout::Checkout;
use crate::tidy::fault::Fault;
use crate::tidy::markdown::code;
use crate::tidy::source::Source;

const MAP: &str = "docs/architecture.md";

/// How a path on the map begins.
const TOP_FOLDERS: &[&str] =
    &["crates/", "web/", "docs/", "xtask/", "words/", "bench/", "tests/", "testdata/", "fuzz/", ".ci/"];

/// Every place on the map that is not there.
pub(crate) fn faults(checkout: &Checkout) -> Vec<Fault> {
    let Some(text) = checkout.text(MAP) else {
        return vec![Fault::of(MAP, "is missing")];
    };
    code(text)
        .into_iter()
        .filter(|(_, place)| TOP_FOLDERS.iter().any(|top| place.starts_with(top)) && !place.contains(['*', '<', ' ']))
        .filter_map(|(line, place)| missing(checkout, &place).map(|sentence| Fault::at(MAP, line, sentence)))
        .collect()
}

fn missing(checkout: &Checkout, place: &str) -> Option<String> {
    let (path, name) = place.split_once("::").map_or((place, None), |(path, name)| (path, Some(name)));
    if !checkout.exists(path) {
        return Some(format!("there is no {path}"));
    }
    let name = name?.rsplit("::").next()?;
    let text = checkout.text(path)?;
    let there = if path.ends_with(".rs") {
        Source::of(text).words().windows(2).any(|pair| {
            let declares = matches!(pair[0].1, "fn" | "struct" | "enum" | "trait" | "const" | "type" | "mod");
            declares && pair[1].1 == name
        })
    } else {
        text.contains(name)
    };
    (!there).then(|| format!("{path} defines no {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(map: &str) -> usize {
        let checkout = Checkout::of(&[
            (MAP, map),
            ("crates/model/src/reading.rs", "pub fn place_of() {}\nfn f() { elsewhere() }"),
        ]);
        faults(&checkout).len()
    }

    #[test]
    fn every_place_on_the_map_exists() {
        assert_eq!(found("`crates/model/` `crates/model/src/reading.rs::place_of` `cargo xtask demo`"), 0);
        assert_eq!(found("`crates/watch/`"), 1);
        assert_eq!(found("`crates/model/src/reading.rs::elsewhere`"), 1);
        assert_eq!(found("`crates/model/src/series.rs`"), 1);
    }
}
