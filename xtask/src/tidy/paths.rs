//! Paths in code (`crate::intake::accept`, `use super::{a, b::c}`), spelled out one by one. It judges nothing.

use std::ops::Range;

use crate::tidy::source::{is_word, skip_space};

/// One path as written, groups resolved.
#[derive(Debug, PartialEq, Eq, Clone)]
pub(crate) struct Path {
    /// The offset of its first word.
    pub(crate) at: usize,
    pub(crate) segments: Vec<String>,
    /// The name it gets by `as`, or its own last one.
    pub(crate) name: String,
}

/// Every path of two or more segments whose first is accepted by `root`.
pub(crate) fn paths(code: &str, root: impl Fn(&str) -> bool) -> Vec<Path> {
    let bytes = code.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if !is_word(bytes[at]) {
            at += 1;
            continue;
        }
        let start = at;
        while at < bytes.len() && is_word(bytes[at]) {
            at += 1;
        }
        let word = &code[start..at];
        if root(word) && !continues(bytes, start) && follows(bytes, at) {
            let mut reader = Reader { code, at: start };
            reader.tree(&[], start, &mut found);
        }
    }
    found
}

/// Every `pub use …;` of the code, with any visibility, spelled out.
pub(crate) fn re_exports(code: &str) -> Vec<Path> {
    let mut found = Vec::new();
    for statement in public_uses(code) {
        let mut reader = Reader { code, at: statement.start };
        reader.tree(&[], statement.start, &mut found);
    }
    found
}

fn public_uses(code: &str) -> Vec<Range<usize>> {
    let bytes = code.as_bytes();
    let mut found = Vec::new();
    for (at, _) in code.match_indices("pub") {
        if (at > 0 && is_word(bytes[at - 1])) || bytes.get(at + 3).is_some_and(|byte| is_word(*byte)) {
            continue;
        }
        let mut next = skip_space(bytes, at + 3);
        if bytes.get(next) == Some(&b'(') {
            let Some(close) = code[next..].find(')') else {
                continue;
            };
            next = skip_space(bytes, next + close + 1);
        }
        if code[next..].starts_with("use ") {
            let end = code[next..].find(';').map_or(code.len(), |length| next + length);
            found.push(skip_space(bytes, next + 4)..end);
        }
    }
    found
}

/// Whether the word at `start` only goes on with a path or a field that began before it.
fn continues(bytes: &[u8], start: usize) -> bool {
    let before = bytes[..start].trim_ascii_end();
    before.ends_with(b"::") || (before.ends_with(b".") && !before.ends_with(b".."))
}

fn follows(bytes: &[u8], end: usize) -> bool {
    bytes[skip_space(bytes, end)..].starts_with(b"::")
}

struct Reader<'code> {
    code: &'code str,
    at: usize,
}

impl Reader<'_> {
    /// Reads one tree at `self.at`, which stands behind `prefix`, and leaves `self.at` behind it.
    fn tree(&mut self, prefix: &[String], start: usize, found: &mut Vec<Path>) {
        let bytes = self.code.as_bytes();
        let mut segments = prefix.to_vec();
        loop {
            self.at = skip_space(bytes, self.at);
            match bytes.get(self.at) {
                Some(b'{') => return self.group(&segments, found),
                Some(b'*') => {
                    self.at += 1;
                    segments.push("*".to_owned());
                    break;
                }
                Some(byte) if is_word(*byte) => segments.push(self.word()),
                _ => break,
            }
            let next = skip_space(bytes, self.at);
            if !bytes[next..].starts_with(b"::") {
                break;
            }
            self.at = next + 2;
        }
        self.leaf(segments, start, found);
    }

    fn group(&mut self, prefix: &[String], found: &mut Vec<Path>) {
        let bytes = self.code.as_bytes();
        self.at += 1;
        loop {
            self.at = skip_space(bytes, self.at);
            match bytes.get(self.at) {
                Some(b'}') => {
                    self.at += 1;
                    return;
                }
                Some(b',') => self.at += 1,
                Some(b'{' | b'*') => self.tree(prefix, self.at, found),
                Some(byte) if is_word(*byte) => self.tree(prefix, self.at, found),
                _ => return,
            }
        }
    }

    fn leaf(&mut self, mut segments: Vec<String>, at: usize, found: &mut Vec<Path>) {
        if segments.len() > 1 && segments.last().is_some_and(|last| last == "self") {
            segments.pop();
        }
        let Some(mut name) = segments.last().cloned() else {
            return;
        };
        let bytes = self.code.as_bytes();
        let next = skip_space(bytes, self.at);
        if self.code[next..].starts_with("as ") {
            self.at = skip_space(bytes, next + 3);
            name = self.word();
        }
        found.push(Path { at, segments, name });
    }

    fn word(&mut self) -> String {
        let start = self.at;
        let bytes = self.code.as_bytes();
        while self.at < bytes.len() && is_word(bytes[self.at]) {
            self.at += 1;
        }
        self.code[start..self.at].to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(paths: &[Path]) -> Vec<String> {
        paths.iter().map(|path| format!("{} as {}", path.segments.join("::"), path.name)).collect()
    }

    #[test]
    fn groups_are_spelled_out() {
        let found = paths("use crate::{a, b::{self, C as D}, e::*};\nlet x = crate::f::g(1);", |word| word == "crate");
        assert_eq!(
            spelled(&found),
            ["crate::a as a", "crate::b as b", "crate::b::C as D", "crate::e::* as *", "crate::f::g as g"]
        );
    }

    #[test]
    fn only_a_root_begins_a_path() {
        let found = paths("x::crate_like::y; pub(crate) fn f() {} a.model::<u8>(); self::model::Z;", |word| {
            matches!(word, "crate" | "model")
        });
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn only_what_is_public_is_exported_again() {
        let found = re_exports("pub use a::B;\npub(crate) use c::{D, E as F};\nuse g::H;\n");
        assert_eq!(spelled(&found), ["a::B as B", "c::D as D", "c::E as F"]);
    }
}
