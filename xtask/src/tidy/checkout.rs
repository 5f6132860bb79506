//! The repository as tidy sees it: names and texts, read once. Rules never touch the disk, so that a test can plant a fault in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// Files that belong to the repository: what git tracks or would track.
#[derive(Debug, Default)]
pub(crate) struct Checkout {
    texts: BTreeMap<String, String>,
    names: BTreeSet<String>,
}

impl Checkout {
    /// Reads the checkout below `root`. Files that are not UTF-8 are known by name only.
    pub(crate) fn read(root: &Path) -> Result<Checkout, String> {
        let listing = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(root)
            .output()
            .map_err(|cause| format!("could not ask git which files there are: {cause}"))?;
        if !listing.status.success() {
            return Err(format!(
                "could not ask git which files there are: {}",
                String::from_utf8_lossy(&listing.stderr).trim()
            ));
        }
        let mut checkout = Checkout::default();
        for name in String::from_utf8_lossy(&listing.stdout).split('\0') {
            // A file that git still lists and somebody has just removed is simply not there.
            let Ok(bytes) = std::fs::read(root.join(name)) else {
                continue;
            };
            checkout.names.insert(name.to_owned());
            if let Ok(text) = String::from_utf8(bytes) {
                checkout.texts.insert(name.to_owned(), text);
            }
        }
        Ok(checkout)
    }

    /// The text of one file.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(String::as_str)
    }

    /// Every file with a text, by name.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// Every file with a text whose name ends so, e.g. `.rs`.
    pub(crate) fn ending(&self, end: &str) -> impl Iterator<Item = (&str, &str)> {
        self.texts().filter(move |(path, _)| path.ends_with(end))
    }

    /// Whether a file or a folder of that name exists.
    pub(crate) fn exists(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        let folder = format!("{path}/");
        path.is_empty()
            || self.names.contains(path)
            || self.names.range(folder.clone()..).next().is_some_and(|name| name.starts_with(&folder))
    }

    /// A checkout that exists only in a test.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Checkout {
        let mut checkout = Checkout::default();
        for (path, text) in files {
            checkout.names.insert((*path).to_owned());
            checkout.texts.insert((*path).to_owned(), (*text).to_owned());
        }
        checkout
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_exists_when_a_file_is_in_it() {
        let checkout = Checkout::of(&[("docs/adr/0001-one.md", "")]);
        assert!(checkout.exists("docs/adr"));
        assert!(checkout.exists("docs/adr/"));
        assert!(checkout.exists("docs/adr/0001-one.md"));
        assert!(!checkout.exists("docs/ad"));
        assert!(!checkout.exists("docs/adr/0002-two.md"));
    }
}
