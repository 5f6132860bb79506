//! The safety label is one text: what docs/safety/intended-use.md quotes is what the catalogue says, word for word, so that the page
//! that was thought through is the page that people are shown.

use crate::tidy::checkout::Checkout;
use crate::tidy::fault::Fault;

const PAGE: &str = "docs/safety/intended-use.md";
const CATALOGUE: &str = "words/en.ftl";

/// Sentences of the label that no catalogue has, and a label that is missing.
pub(crate) fn faults(checkout: &Checkout) -> Vec<Fault> {
    let page = checkout.text(PAGE).unwrap_or_default();
    let catalogue = checkout.text(CATALOGUE).unwrap_or_default();
    let spoken: Vec<&str> =
        catalogue.lines().filter_map(|line| line.split_once(" = ")).map(|(_, text)| text.trim()).collect();
    let quoted: Vec<(usize, &str)> = page
        .lines()
        .enumerate()
        .filter_map(|(number, line)| {
            line.strip_prefix("> ").map(|text| (number + 1, text.trim_end_matches('\\').trim()))
        })
        .collect();
    if quoted.is_empty() {
        return vec![Fault::of(PAGE, "quotes no label")];
    }
    quoted
        .into_iter()
        .filter(|(_, text)| !spoken.contains(text))
        .map(|(line, text)| Fault::at(PAGE, line, format!("`{text}` is not in {CATALOGUE}; nobody is shown it")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_label_is_what_people_are_shown() {
        let found =
            |page: &str| faults(&Checkout::of(&[(PAGE, page), (CATALOGUE, "about-a = It is a second look.\n")])).len();
        assert_eq!(found("# Use\n\n> It is a second look.\\\n"), 0);
        assert_eq!(found("> It is a second look.\n> It wakes nobody.\n"), 1);
        assert_eq!(found("# Use\n"), 1);
    }
}
