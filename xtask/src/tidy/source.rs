//! A Rust file with its strings and comments set apart, so that a rule about code is not fooled by a sentence and a rule about
//! sentences is not fooled by code. It is a scan, not a parser: it knows tokens and braces, nothing of types.

use std::ops::Range;

/// Both layers of a file. All offsets are bytes of the original text.
#[derive(Debug)]
pub(crate) struct Source {
    /// The code, with every string's content, character and comment blanked; lines and offsets unchanged.
    pub(crate) code: String,
    /// The content of each string literal.
    pub(crate) strings: Vec<(usize, String)>,
}

/// One function with a body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) lines: usize,
}

/// One `mod name;` or `mod name { … }`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Module {
    pub(crate) name: String,
    pub(crate) at: usize,
    /// The body between the braces, for a module written in place.
    pub(crate) body: Option<Range<usize>>,
    /// Whether `#[cfg(test)]` stands before it.
    pub(crate) test_only: bool,
}

impl Source {
    /// Takes a text apart.
    pub(crate) fn of(text: &str) -> Source {
        let mut scan = Scan { bytes: text.as_bytes(), at: 0, code: text.as_bytes().to_vec(), strings: Vec::new() };
        while scan.at < scan.bytes.len() {
            scan.step();
        }
        Source { code: String::from_utf8_lossy(&scan.code).into_owned(), strings: scan.strings }
    }

    /// The line of an offset, counted from 1.
    pub(crate) fn line(&self, offset: usize) -> usize {
        1 + self.code[..offset].matches('\n').count()
    }

    /// Every identifier of the code with its offset.
    pub(crate) fn words(&self) -> Vec<(usize, &str)> {
        let bytes = self.code.as_bytes();
        let mut words = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            if is_word(bytes[at]) {
                let start = at;
                while at < bytes.len() && is_word(bytes[at]) {
                    at += 1;
                }
                words.push((start, &self.code[start..at]));
            } else {
                at += 1;
            }
        }
        words
    }

    /// Every function that has a body.
    pub(crate) fn functions(&self) -> Vec<Function> {
        let words = self.words();
        let mut functions = Vec::new();
        for pair in words.windows(2) {
            let [(start, "fn"), (_, name)] = pair else {
                continue;
            };
            let Some(body) = self.body_after(*start) else {
                continue;
            };
            let line = self.line(*start);
            functions.push(Function { name: (*name).to_owned(), line, lines: self.line(body.end) - line + 1 });
        }
        functions
    }

    /// Every module declared here, at any depth, in the order of the text.
    pub(crate) fn modules(&self) -> Vec<Module> {
        let words = self.words();
        let bytes = self.code.as_bytes();
        let mut modules = Vec::new();
        for pair in words.windows(2) {
            let [(at, "mod"), (name_at, name)] = pair else {
                continue;
            };
            let after = skip_space(bytes, name_at + name.len());
            let body = match bytes.get(after) {
                Some(b';') => None,
                Some(b'{') => self.body_after(*at),
                _ => continue,
            };
            let before = self.code[..*at].trim_end();
            let before = strip_visibility(before);
            modules.push(Module {
                name: (*name).to_owned(),
                at: *at,
                body,
                test_only: before.ends_with("#[cfg(test)]"),
            });
        }
        modules
    }

    /// The code without the modules that exist only in tests.
    pub(crate) fn code_without_tests(&self) -> String {
        let mut code = self.code.clone().into_bytes();
        for module in self.modules() {
            if let (true, Some(body)) = (module.test_only, &module.body) {
                blank(&mut code[body.start..body.end]);
            }
        }
        String::from_utf8_lossy(&code).into_owned()
    }

    /// From the first `{` after `start` that is not inside brackets to its own `}`; nothing if a `;` comes first.
    fn body_after(&self, start: usize) -> Option<Range<usize>> {
        let bytes = self.code.as_bytes();
        let mut depth = 0_usize;
        let mut at = start;
        loop {
            match bytes.get(at)? {
                b'(' | b'[' => depth += 1,
                b')' | b']' => depth = depth.saturating_sub(1),
                b';' if depth == 0 => return None,
                b'{' if depth == 0 => break,
                _ => {}
            }
            at += 1;
        }
        let open = at;
        let mut braces = 0_usize;
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'{' => braces += 1,
                b'}' if braces == 1 => return Some(open..at),
                b'}' => braces -= 1,
                _ => {}
            }
            at += 1;
        }
        Some(open..bytes.len())
    }
}

struct Scan<'text> {
    bytes: &'text [u8],
    at: usize,
    code: Vec<u8>,
    strings: Vec<(usize, String)>,
}

impl Scan<'_> {
    fn step(&mut self) {
        let rest = &self.bytes[self.at..];
        if rest.starts_with(b"//") {
            self.line_comment();
        } else if rest.starts_with(b"/*") {
            self.block_comment();
        } else if rest[0] == b'"' {
            self.string(self.at);
        } else if rest[0] == b'\'' {
            self.character();
        } else if is_word(rest[0]) {
            self.word();
        } else {
            self.at += 1;
        }
    }

    fn line_comment(&mut self) {
        let rest = &self.bytes[self.at..];
        let length = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        self.comment(length);
    }

    fn block_comment(&mut self) {
        let rest = &self.bytes[self.at..];
        let mut depth = 0_usize;
        let mut length = 0;
        while length < rest.len() {
            if rest[length..].starts_with(b"/*") {
                depth += 1;
                length += 2;
            } else if rest[length..].starts_with(b"*/") {
                depth -= 1;
                length += 2;
                if depth == 0 {
                    break;
                }
            } else {
                length += 1;
            }
        }
        self.comment(length.min(rest.len()));
    }

    fn comment(&mut self, length: usize) {
        blank(&mut self.code[self.at..self.at + length]);
        self.at += length;
    }

    /// A word may be the prefix of a string (`b"`, `r#"`, `br"`, `c"`); a raw identifier (`r#type`) is not.
    fn word(&mut self) {
        let start = self.at;
        while self.at < self.bytes.len() && is_word(self.bytes[self.at]) {
            self.at += 1;
        }
        let word = &self.bytes[start..self.at];
        if matches!(word, b"b" | b"c") && self.bytes.get(self.at) == Some(&b'"') {
            self.string(self.at);
        } else if word == b"b" && self.bytes.get(self.at) == Some(&b'\'') {
            self.character();
        } else if matches!(word, b"r" | b"br" | b"cr") {
            let marks = self.bytes[self.at..].iter().take_while(|byte| **byte == b'#').count();
            if self.bytes.get(self.at + marks) == Some(&b'"') {
                self.raw_string(marks);
            }
        }
    }

    fn string(&mut self, open: usize) {
        let mut end = open + 1;
        while end < self.bytes.len() && self.bytes[end] != b'"' {
            end += if self.bytes[end] == b'\\' { 2 } else { 1 };
        }
        self.keep_string(open + 1, end.min(self.bytes.len()));
        self.at = (end + 1).min(self.bytes.len());
    }

    fn raw_string(&mut self, marks: usize) {
        let open = self.at + marks;
        let mut close = vec![b'"'];
        close.extend(std::iter::repeat_n(b'#', marks));
        let content = &self.bytes[open + 1..];
        let length = content.windows(close.len()).position(|window| window == close).unwrap_or(content.len());
        self.keep_string(open + 1, open + 1 + length);
        self.at = (open + 1 + length + close.len()).min(self.bytes.len());
    }

    fn keep_string(&mut self, start: usize, end: usize) {
        let text = String::from_utf8_lossy(&self.bytes[start..end]).into_owned();
        self.strings.push((start, text));
        blank(&mut self.code[start..end]);
    }

    /// `'a'` and `'\n'` are characters, `'a` is a lifetime.
    fn character(&mut self) {
        let rest = &self.bytes[self.at..];
        let end = if rest.get(1) == Some(&b'\\') {
            rest.iter().skip(3).position(|byte| *byte == b'\'').map(|found| found + 3)
        } else {
            let width = rest.get(1).map_or(0, |byte| utf8_width(*byte));
            (rest.get(1 + width) == Some(&b'\'')).then_some(1 + width)
        };
        match end {
            Some(end) => {
                blank(&mut self.code[self.at + 1..self.at + end]);
                self.at += end + 1;
            }
            None => self.at += 1,
        }
    }
}

pub(crate) fn is_word(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric()
}

pub(crate) fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    at
}

/// What stands before a `pub` or a `pub(…)`.
fn strip_visibility(before: &str) -> &str {
    let open = if before.ends_with(')') { before.rfind("pub(") } else { before.strip_suffix("pub").map(str::len) };
    open.map_or(before, |open| before[..open].trim_end())
}

fn utf8_width(first: u8) -> usize {
    match first {
        0xF0.. => 4,
        0xE0.. => 3,
        0xC0.. => 2,
        _ => 1,
    }
}

/// Lines must keep their numbers, so line ends stay.
fn blank(bytes: &mut [u8]) {
    for byte in bytes {
        if *byte != b'\n' {
            *byte = b' ';
        }
    }
}

#[cfg(test)]
mod tests;
