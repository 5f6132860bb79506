//! Promises and hazards name tests; here a name is looked up. A name is `path::name`, in Rust the function, elsewhere the test's text.

use crate::tidy::checkout::Checkout;
use crate::tidy::source::{Source, is_word};

/// Why the test that a cell names cannot be found, if it cannot.
pub(crate) fn missing(checkout: &Checkout, named: &str) -> Option<String> {
    let Some((path, name)) = named.split_once("::") else {
        return Some(format!("`{named}` names no test; write `path::name`"));
    };
    let Some(text) = checkout.text(path) else {
        return Some(format!("`{named}`: there is no {path}"));
    };
    let name = name.rsplit("::").next().unwrap_or(name);
    let found = if path.ends_with(".rs") {
        is_rust_test(text, name)
    } else if path.ends_with(".py") {
        text.contains(&format!("def {name}(")) || quoted(text, name)
    } else {
        quoted(text, name)
    };
    (!found).then(|| format!("`{named}`: {path} has no test of that name"))
}

/// The tests that a cell of a table names, each in back-quotes.
pub(crate) fn in_cell(cell: &str) -> Vec<&str> {
    cell.split('`').enumerate().filter(|(at, _)| at % 2 == 1).map(|(_, name)| name).collect()
}

/// A function counts as a test if an attribute before it says so, or if a doc comment before it holds a compiled example.
fn is_rust_test(text: &str, name: &str) -> bool {
    let source = Source::of(text);
    let words = source.words();
    words.windows(2).any(|pair| {
        let [(at, keyword), (_, found)] = pair else {
            return false;
        };
        *found == name && (*keyword == "fn" && attribute_says_test(&source.code, *at) || example_before(text, *at))
    })
}

/// Looks back over the attributes that belong to this function: up to the end of whatever stands before it.
fn attribute_says_test(code: &str, at: usize) -> bool {
    let before = &code[..at];
    let start = before.rfind(['{', '}', ';']).map_or(0, |end| end + 1);
    let attributes = &before[start..];
    attributes.match_indices("test").any(|(at, word)| {
        let bytes = attributes.as_bytes();
        let whole_before = at == 0 || !is_word(bytes[at - 1]);
        let whole_after = bytes.get(at + word.len()).is_none_or(|byte| !is_word(*byte));
        whole_before && whole_after && attributes[..at].contains("#[")
    })
}

/// Whether the doc comment right above this line holds a fenced example, as compile-fail tests do.
fn example_before(text: &str, at: usize) -> bool {
    text[..at]
        .lines()
        .rev()
        .skip(1)
        .take_while(|line| {
            let line = line.trim_start();
            line.starts_with("///") || line.starts_with("#[")
        })
        .any(|line| line.contains("```compile_fail"))
}

fn quoted(text: &str, name: &str) -> bool {
    ['"', '\'', '`'].iter().any(|mark| text.contains(&format!("{mark}{name}{mark}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkout() -> Checkout {
        Checkout::of(&[
            (
                "a.rs",
                "//! x\n#[test]\nfn holds() {}\nfn is_no_test() {}\n#[cfg(test)]\nmod tests {\n    fn stands_first() {}\n}\n#[tokio::test(start_paused = true)]\nasync fn waits() {}\nproptest! {\n    #[test]\n    fn any(x in 0..9) {}\n}\n/// ```compile_fail\n/// x\n/// ```\npub struct Permit;\n",
            ),
            ("b.test.ts", "test('an old number looks old', () => {})"),
            ("c.py", "def reads_back(server):\n    pass\n"),
        ])
    }

    #[test]
    fn a_test_is_found_by_its_name() {
        for named in [
            "a.rs::holds",
            "a.rs::tests::waits",
            "a.rs::any",
            "a.rs::Permit",
            "b.test.ts::an old number looks old",
            "c.py::reads_back",
        ] {
            assert_eq!(missing(&checkout(), named), None);
        }
    }

    #[test]
    fn what_is_not_a_test_is_not_found() {
        for named in
            ["a.rs::is_no_test", "a.rs::nowhere", "d.rs::holds", "holds", "b.test.ts::an old number", "c.py::reads"]
        {
            assert!(missing(&checkout(), named).is_some(), "{named}");
        }
    }
}
