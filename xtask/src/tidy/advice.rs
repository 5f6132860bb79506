//! Keepwatch shows and tells; it never advises a dose (P12, ADR 8). This rule reads every sentence that a human can be shown and every
//! name that our own API uses, for words that belong to dosing.

use crate::tidy::checkout::Checkout;
use crate::tidy::fault::Fault;

/// Beginnings of words of dosing, in the languages of the catalogue. A sentence that needs one of them is the wrong sentence.
const DOSING: &[&str] = &[
    "dose",
    "dosage",
    "dosing",
    "bolus",
    "basal",
    "insulin",
    "inject",
    "carb",
    "glucagon",
    "correction factor",
    "juice",
    "sugar",
    "dosis",
    "dosier",
    "spritz",
    "kohlenhydrat",
    "korrekturfaktor",
    "traubenzucker",
    "saft",
    "zucker",
];

/// What the API would be called if it advised.
const DOSING_FIELDS: &[&str] = &["dose", "bolus", "insulin", "carb", "recommend", "advice"];

const API: &str = "web/src/api.gen.ts";

/// Every sentence and every field that speaks of dosing.
pub(crate) fn faults(checkout: &Checkout) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (path, text) in checkout.ending(".ftl") {
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
            // A key may say what its sentence is about; only the sentence is shown.
            let sentence = line.split_once(" = ").map_or(line, |(_, sentence)| sentence);
            for word in begun(sentence, DOSING) {
                faults.push(Fault::at(path, number + 1, format!("`{word}` belongs to dosing; we show and tell")));
            }
        }
    }
    for (number, line) in checkout.text(API).unwrap_or_default().lines().enumerate() {
        for word in begun(line, DOSING_FIELDS) {
            faults.push(Fault::at(API, number + 1, format!("`{word}` belongs to dosing; the API shows and tells")));
        }
    }
    faults
}

/// The words of the list with which a word of the line begins.
fn begun<'list>(line: &str, list: &[&'list str]) -> Vec<&'list str> {
    let line = line.to_lowercase();
    list.iter()
        .filter(|word| {
            line.match_indices(*word).any(|(at, _)| !line[..at].chars().next_back().is_some_and(char::is_alphanumeric))
        })
        .copied()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn a_sentence_of_dosing_is_found() {
        let found = |line: &str| faults(&Checkout::of(&[("words/en.ftl", line)])).len();
        assert_eq!(found("low-next = Take 15 g of carbohydrates"), 1);
        assert_eq!(found("high-next = Correct with insulin"), 1);
        assert_eq!(found("# insulin is never named"), 0);
        assert_eq!(found("about-not-dosing = Never decide on treatment from it."), 0);
        let api = Checkout::of(&[(API, "export interface Glance { recommended_bolus: number }")]);
        assert_eq!(faults(&api).len(), 2);
    }

    #[test]
    fn no_sentence_and_no_field_of_this_checkout_advises_a_dose() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let texts: Vec<(&str, String)> = ["words/en.ftl", "words/de.ftl", API]
            .into_iter()
            .map(|path| (path, std::fs::read_to_string(root.join(path)).unwrap()))
            .collect();
        let files: Vec<(&str, &str)> = texts.iter().map(|(path, text)| (*path, text.as_str())).collect();
        assert_eq!(faults(&Checkout::of(&files)), []);
    }
}
