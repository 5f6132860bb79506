//! Every limit of the house on one page, written from the constants themselves. A limit is a constant whose doc comment begins with
//! `/// Limit:` and says what happens when it is reached.

use std::fmt::Write as _;

use crate::tidy::checkout::Checkout;
use crate::tidy::fault::Fault;
use crate::tidy::source::Source;

/// The page that `cargo xtask limits` writes.
pub(crate) const PAGE: &str = "docs/operating/limits.md";

const MARK: &str = "/// Limit:";

/// Rooms that hold queues, bodies and connections. A bound of `model` or `simulator` is a fact about glucose, not about us.
const ROOMS: &[&str] = &["crates/journal/", "crates/service/", "crates/edge/", "crates/keepwatch/"];

/// Parts of a name by which a constant gives itself away as a limit.
const TELLING: &[&str] = &["MAX", "LIMIT", "CAPACITY"];

struct Limit {
    file: String,
    name: String,
    value: String,
    sentence: String,
}

/// The page as it should be.
pub(crate) fn page(checkout: &Checkout) -> String {
    let mut page = String::from(
        "# Limits\n\nEvery queue, body, page, retry and connection count has a bound, and the bound has a name. This page is written by \
         `cargo xtask limits` from the constants themselves; change the constant, not the page.\n\n\
         | Limit | Value | What happens there | Where |\n| --- | --- | --- | --- |\n",
    );
    for limit in limits(checkout) {
        let value = limit.value.replace('|', "\\|");
        let sentence = limit.sentence.replace('|', "\\|");
        let _ = writeln!(page, "| `{}` | `{value}` | {sentence} | `{}` |", limit.name, limit.file);
    }
    page
}

/// A page that is not what the constants say, and constants that look like limits and say nothing.
pub(crate) fn faults(checkout: &Checkout) -> Vec<Fault> {
    let mut faults = Vec::new();
    if checkout.text(PAGE) != Some(page(checkout).as_str()) {
        faults.push(Fault::of(PAGE, "is not what the constants say; run `cargo xtask limits`"));
    }
    for (path, text) in product(checkout) {
        if ROOMS.iter().any(|room| path.starts_with(room)) {
            faults.extend(silent_limits(path, text));
        }
    }
    faults
}

fn product(checkout: &Checkout) -> impl Iterator<Item = (&str, &str)> {
    checkout
        .ending(".rs")
        .filter(|(path, _)| path.starts_with("crates/") && path.contains("/src/") && !path.ends_with("/tests.rs"))
}

fn limits(checkout: &Checkout) -> Vec<Limit> {
    let mut limits = Vec::new();
    for (path, text) in product(checkout) {
        let lines: Vec<&str> = text.lines().collect();
        let mut at = 0;
        while at < lines.len() {
            let Some(first) = lines[at].trim_start().strip_prefix(MARK) else {
                at += 1;
                continue;
            };
            let mut sentence = first.trim().to_owned();
            at += 1;
            while let Some(more) = lines.get(at).and_then(|line| line.trim_start().strip_prefix("///")) {
                sentence = format!("{sentence} {}", more.trim());
                at += 1;
            }
            while lines.get(at).is_some_and(|line| line.trim_start().starts_with("#[")) {
                at += 1;
            }
            if let Some((name, value)) = constant(&lines[at..]) {
                limits.push(Limit { file: path.to_owned(), name, value, sentence: sentence.trim().to_owned() });
            }
        }
    }
    limits
}

/// Name and value of the constant that these lines begin with.
fn constant(lines: &[&str]) -> Option<(String, String)> {
    let text = lines.iter().take(4).copied().collect::<Vec<_>>().join(" ");
    let (before, after) = text.split_once("const ")?;
    if !before.trim().is_empty() && !before.trim_start().starts_with("pub") {
        return None;
    }
    let (name, after) = after.split_once(':')?;
    let (_, value) = after.split_once('=')?;
    let value = value.split(';').next()?;
    let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
    Some((name.trim().to_owned(), value))
}

fn silent_limits(path: &str, text: &str) -> Vec<Fault> {
    let source = Source::of(text);
    let product = source.code_without_tests();
    let lines: Vec<&str> = text.lines().collect();
    let mut faults = Vec::new();
    for pair in source.words().windows(2) {
        let [(at, "const"), (_, name)] = pair else { continue };
        let telling = name.split('_').any(|part| TELLING.contains(&part));
        if !telling || product.as_bytes()[*at] == b' ' {
            continue;
        }
        let line = source.line(*at);
        let marked = lines[..line - 1]
            .iter()
            .rev()
            .take_while(|line| {
                let line = line.trim_start();
                line.starts_with("///") || line.starts_with("#[")
            })
            .any(|line| line.trim_start().starts_with(MARK));
        if !marked {
            faults.push(Fault::at(
                path,
                line,
                format!("{name} looks like a limit; let its comment begin with `{MARK}` and say what happens there"),
            ));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "//! x\n\n/// Limit: more are refused with 413,\n/// and nothing is stored.\npub const BODY_BYTES_MAX: usize =\n    64 * 1024;\n";

    fn found(code: &str, page_text: &str) -> Vec<String> {
        let checkout = Checkout::of(&[("crates/edge/src/http.rs", code), (PAGE, page_text)]);
        faults(&checkout).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_page_is_what_the_constants_say() {
        let checkout = Checkout::of(&[("crates/edge/src/http.rs", FILE)]);
        let good = page(&checkout);
        assert!(good.contains("| `BODY_BYTES_MAX` | `64 * 1024` | more are refused with 413, and nothing is stored. | `crates/edge/src/http.rs` |"));
        assert!(found(FILE, &good).is_empty());
        assert_eq!(found(&FILE.replace("64", "65"), &good).len(), 1);
        assert_eq!(found(FILE, "").len(), 1);
    }

    #[test]
    fn a_limit_that_says_nothing_is_a_fault() {
        let silent = "//! x\n/// Bytes of a body.\nconst BODY_BYTES_MAX: usize = 1;\n";
        let empty = page(&Checkout::of(&[]));
        assert_eq!(found(silent, &empty).len(), 1);
        let in_tests = format!("//! x\n#[cfg(test)]\nmod tests {{\n{}}}\n", silent.replace("//! x\n", ""));
        assert!(found(&in_tests, &empty).is_empty());
        assert!(found("//! x\nconst MAXIMAL: u8 = 1; // MAX\n", &empty).is_empty());
    }
}
