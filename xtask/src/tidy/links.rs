//! Every relative link of every page leads somewhere, headings included. It never asks the network.

use crate::tidy::checkout::Checkout;
use crate::tidy::fault::Fault;
use crate::tidy::markdown::{anchors, links};

/// Every dead link.
pub(crate) fn faults(checkout: &Checkout) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (path, text) in checkout.ending(".md") {
        for (line, target) in links(text) {
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            if let Some(sentence) = dead(checkout, path, &target) {
                faults.push(Fault::at(path, line, sentence));
            }
        }
    }
    faults
}

fn dead(checkout: &Checkout, page: &str, target: &str) -> Option<String> {
    let (file, anchor) = target.split_once('#').map_or((target, None), |(file, anchor)| (file, Some(anchor)));
    let file = if file.is_empty() { page.to_owned() } else { joined(page, file) };
    if !checkout.exists(&file) {
        return Some(format!("the link to {target} leads nowhere: there is no {file}"));
    }
    let anchor = anchor?;
    let there = checkout.text(&file).map(anchors).unwrap_or_default();
    (!there.iter().any(|heading| heading == anchor))
        .then(|| format!("the link to {target} leads to no heading of {file}"))
}

/// A link counts from the folder of the page that carries it.
fn joined(page: &str, file: &str) -> String {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in file.split('/') {
        match part {
            "." | "" => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(page: &str) -> Vec<String> {
        let checkout = Checkout::of(&[("docs/a.md", page), ("docs/adr/0001-one.md", "# Why\n"), ("README.md", "")]);
        faults(&checkout).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_link_leads_somewhere() {
        assert!(
            found(
                "[a](adr/0001-one.md) [b](../README.md) [c](adr/) [d](https://example.org/x) [e](adr/0001-one.md#why)"
            )
            .is_empty()
        );
        assert_eq!(
            found("[a](adr/0002-two.md)"),
            ["docs/a.md:1: the link to adr/0002-two.md leads nowhere: there is no docs/adr/0002-two.md"]
        );
        assert_eq!(found("[a](README.md)").len(), 1);
        assert_eq!(found("[a](adr/0001-one.md#how)").len(), 1);
        assert_eq!(found("# Here\n[a](#there) [b](#here)").len(), 1);
    }
}
