//! How many tests passed and failed, read from what test runners print. It believes exit codes more than numbers: see `stages.rs`.

/// Tests of all runners together.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
}

impl Tally {
    /// Takes one line of output.
    pub(crate) fn read(&mut self, line: &str) {
        let line = without_colour(line);
        let line = line.trim();
        if let Some(result) = line.strip_prefix("test result: ") {
            // cargo test: `test result: ok. 12 passed; 0 failed; 0 ignored; …`
            self.passed += number_before(result, " passed").unwrap_or(0);
            self.failed += number_before(result, " failed").unwrap_or(0);
        } else if let Some(count) = node(line, "pass ") {
            self.passed += count;
        } else if let Some(count) = node(line, "fail ") {
            self.failed += count;
        } else if let Some((passed, failed)) = plain(line) {
            self.passed += passed;
            self.failed += failed;
        }
    }

    /// Both together.
    pub(crate) fn add(&mut self, other: Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// Node's runner: `# pass 5` or `ℹ pass 5`.
fn node(line: &str, word: &str) -> Option<usize> {
    let rest = line.strip_prefix("# ").or_else(|| line.strip_prefix("ℹ "))?;
    rest.strip_prefix(word)?.parse().ok()
}

/// Our own scripts: `12 passed, 0 failed`, with a word and a colon before it if they like.
fn plain(line: &str) -> Option<(usize, usize)> {
    let counts = line.rsplit_once(": ").map_or(line, |(_, counts)| counts);
    let (passed, rest) = counts.split_once(" passed, ")?;
    let failed = rest.strip_suffix(" failed").or_else(|| rest.split_once(" failed,").map(|(failed, _)| failed))?;
    Some((passed.parse().ok()?, failed.parse().ok()?))
}

fn number_before(text: &str, word: &str) -> Option<usize> {
    let before = &text[..text.find(word)?];
    before.rsplit(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}

fn without_colour(line: &str) -> String {
    let mut plain = String::new();
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        if letter == '\u{1b}' {
            letters.by_ref().find(char::is_ascii_alphabetic);
        } else {
            plain.push(letter);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_runner_is_understood() {
        let mut tally = Tally::default();
        for line in [
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            "test result: \u{1b}[31mFAILED\u{1b}[0m. 3 passed; 2 failed; 0 ignored",
            "# pass 5",
            "ℹ fail 1",
            "40 passed, 0 failed",
            "browser: 7 passed, 1 failed, 2 skipped",
            "test model::tests::a ... ok",
            "# tests 6",
            "he passed, she failed",
        ] {
            tally.read(line);
        }
        assert_eq!(tally, Tally { passed: 67, failed: 4 });
    }
}
