//! The data directory: everything a server needs to come back, for its owner's eyes only. It knows names and modes; it never reads
//! the journal, whose own lock says who may write here.

use crate::failure::Failure;
use keepwatch_service::clock::Chance;
use keepwatch_service::secret::{KEY_BYTES, Key};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

const KEY: &str = "keepwatch.key";
const SOCKET: &str = "keepwatch.sock";
const JOURNAL: &str = "journal.sqlite";
/// The store's own lock, for as long as somebody writes.
const JOURNAL_LOCK: &str = "lock";
const PUBLIC_URL: &str = "public-url";

/// For its owner alone.
const DIRECTORY_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;
/// Limit: bytes in the path of a Unix socket; a longer one is reached by way of the directory's descriptor.
const SOCKET_PATH_MAX_BYTES: usize = 100;

/// Names of what lies in a data directory.
#[derive(Clone, Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
}

impl DataDir {
    /// The directory at `path`, which need not be there.
    pub(crate) fn at(path: &Path) -> Self {
        Self { path: path.to_path_buf() }
    }

    /// The directory at `path`, made if it is not there.
    pub(crate) fn make(path: &Path) -> Result<Self, Failure> {
        DirBuilder::new()
            .recursive(true)
            .mode(DIRECTORY_MODE)
            .create(path)
            .map_err(|cause| could_not("make", path, &cause))?;
        Ok(Self::at(path))
    }

    /// The directory at `path`, which must be there.
    pub(crate) fn existing(path: &Path) -> Result<Self, Failure> {
        if path.is_dir() {
            Ok(Self::at(path))
        } else {
            Err(Failure::fault(format!(
                "could not find the data directory {}: there is no such directory",
                path.display()
            )))
        }
    }

    /// Where it lies.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The file of the journal.
    pub(crate) fn journal(&self) -> PathBuf {
        self.path.join(JOURNAL)
    }

    /// The key file.
    pub(crate) fn key_file(&self) -> PathBuf {
        self.path.join(KEY)
    }

    /// The socket by which a running server takes the operator's requests.
    pub(crate) fn socket(&self) -> PathBuf {
        self.path.join(SOCKET)
    }

    /// Whether there is a journal and no key: then a new key would open nothing of what was sealed and hashed with the old one.
    pub(crate) fn check_key(&self) -> Result<(), Failure> {
        let path = self.key_file();
        if self.journal_has_content() && !path.exists() {
            let sentence = "without it nobody can sign in any more; restore it from a backup";
            return Err(Failure::fault(format!("could not find the key file {}: {sentence}", path.display())));
        }
        Ok(())
    }

    /// The server's key, if it has one yet.
    pub(crate) fn existing_key(&self) -> Result<Option<Key>, Failure> {
        let path = self.key_file();
        match File::open(&path) {
            Ok(file) => read_key(&path, file).map(Some),
            Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(could_not("read", &path, &cause)),
        }
    }

    /// The server's key; made on the first day. Of two who make it at once one is first, and both go on with that one.
    pub(crate) fn key(&self, chance: &dyn Chance) -> Result<Key, Failure> {
        if let Some(key) = self.existing_key()? {
            return Ok(key);
        }
        let mut bytes = [0; KEY_BYTES];
        chance.fill(&mut bytes);
        self.place_first(KEY, &format!("{}\n", hex::encode(bytes)))?;
        self.existing_key()?.ok_or_else(|| could_not("read", &self.key_file(), &ErrorKind::NotFound.into()))
    }

    /// Makes the store's files for their owner alone before the store opens them; its other files take after the first.
    pub(crate) fn prepare_journal(&self) -> Result<(), Failure> {
        for path in [self.journal(), self.path.join(JOURNAL_LOCK)] {
            match OpenOptions::new().create_new(true).write(true).mode(FILE_MODE).open(&path) {
                Err(cause) if cause.kind() != ErrorKind::AlreadyExists => return Err(could_not("make", &path, &cause)),
                _ => {}
            }
        }
        Ok(())
    }

    fn journal_has_content(&self) -> bool {
        self.journal().metadata().is_ok_and(|metadata| metadata.len() > 0)
    }

    /// How the last server here could be reached.
    pub(crate) fn public_url(&self) -> Option<String> {
        let text = std::fs::read_to_string(self.path.join(PUBLIC_URL)).ok()?;
        Some(text.trim().to_owned()).filter(|url| !url.is_empty())
    }

    /// Remembers how this server can be reached, for the commands that come after it.
    pub(crate) fn remember_public_url(&self, url: &str) -> Result<(), Failure> {
        if self.public_url().as_deref() == Some(url) { Ok(()) } else { self.replace(PUBLIC_URL, &format!("{url}\n")) }
    }

    /// Makes a file as a whole, unless it is there: whoever reads sees all of it or nothing, also after a power cut.
    fn place_first(&self, name: &str, text: &str) -> Result<(), Failure> {
        let path = self.path.join(name);
        let new = self.path.join(format!("{name}.{}", std::process::id()));
        let write = || -> std::io::Result<()> {
            let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(FILE_MODE).open(&new)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            // A link takes the place of nothing; where a disk has no links, the last of two who begin at once is the one.
            match std::fs::hard_link(&new, &path) {
                Err(cause) if cause.kind() != ErrorKind::AlreadyExists => std::fs::rename(&new, &path)?,
                _ => std::fs::remove_file(&new)?,
            }
            File::open(&self.path)?.sync_all()
        };
        write().map_err(|cause| could_not("write", &path, &cause))
    }

    /// Replaces a file as a whole: whoever reads sees the old one or the new one, also after a power cut.
    fn replace(&self, name: &str, text: &str) -> Result<(), Failure> {
        let path = self.path.join(name);
        let new = self.path.join(format!("{name}.new"));
        let write = || -> std::io::Result<()> {
            let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(FILE_MODE).open(&new)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            std::fs::rename(&new, &path)?;
            File::open(&self.path)?.sync_all()
        };
        write().map_err(|cause| could_not("write", &path, &cause))
    }

    /// A path to the socket that fits into an address, and the open directory that it may lead through.
    pub(crate) fn socket_address(&self) -> std::io::Result<(PathBuf, File)> {
        let directory = File::open(&self.path)?;
        let direct = self.socket();
        let address = if direct.as_os_str().len() <= SOCKET_PATH_MAX_BYTES {
            direct
        } else {
            PathBuf::from(format!("/proc/self/fd/{}/{SOCKET}", directory.as_raw_fd()))
        };
        Ok((address, directory))
    }
}

fn could_not(verb: &str, path: &Path, cause: &std::io::Error) -> Failure {
    let hint = match cause.kind() {
        ErrorKind::PermissionDenied => "this user may not; run it as the owner of the directory",
        ErrorKind::StorageFull => "the disk is full; free some room",
        ErrorKind::ReadOnlyFilesystem => "it is read-only; check how it is mounted",
        _ => return Failure::fault(format!("could not {verb} {}: {cause}", path.display())),
    };
    Failure::fault(format!("could not {verb} {}: {hint}", path.display()))
}

fn read_key(path: &Path, mut file: File) -> Result<Key, Failure> {
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(|cause| could_not("read", path, &cause))?;
    let mut bytes = [0; KEY_BYTES];
    match hex::decode_to_slice(text.trim(), &mut bytes) {
        Ok(()) => Ok(Key::new(&bytes)),
        Err(_) => Err(Failure::fault(format!(
            "could not use the key file {}: it is damaged; restore it from a backup",
            path.display()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keepwatch_service::clock::SeededChance;
    use std::os::unix::fs::PermissionsExt;

    fn fresh() -> (tempfile::TempDir, DataDir) {
        let root = tempfile::tempdir().expect("a directory");
        let dir = DataDir::make(&root.path().join("deep/keepwatch")).expect("made");
        (root, dir)
    }

    #[test]
    fn what_is_made_is_for_its_owner_alone() {
        let (_root, dir) = fresh();
        dir.prepare_journal().expect("files");
        dir.key(&SeededChance::new(1)).expect("a key");
        dir.remember_public_url("http://127.0.0.1:1").expect("remembered");
        let mode = |path: &Path| path.metadata().expect("there").permissions().mode() & 0o777;
        assert_eq!(mode(dir.path()), DIRECTORY_MODE);
        for entry in std::fs::read_dir(dir.path()).expect("listed") {
            assert_eq!(mode(&entry.expect("an entry").path()), FILE_MODE);
        }
    }

    #[test]
    fn the_key_stays_the_same_and_a_journal_is_not_given_a_new_one() {
        let (_root, dir) = fresh();
        dir.check_key().expect("nothing to open yet");
        let first = dir.key(&SeededChance::new(1)).expect("a key").hash("a", "b");
        assert_eq!(dir.key(&SeededChance::new(2)).expect("a key").hash("a", "b"), first);
        std::fs::write(dir.journal(), "x").expect("written");
        dir.check_key().expect("the key is there");
        std::fs::remove_file(dir.key_file()).expect("removed");
        assert!(dir.check_key().is_err());
        std::fs::write(dir.key_file(), "abc").expect("written");
        assert!(dir.key(&SeededChance::new(3)).expect_err("damaged").to_string().contains("damaged"));
    }

    #[test]
    fn a_public_url_is_remembered() {
        let (_root, dir) = fresh();
        assert_eq!(dir.public_url(), None);
        dir.remember_public_url("https://watch.example.org").expect("remembered");
        assert_eq!(dir.public_url().as_deref(), Some("https://watch.example.org"));
    }

    #[test]
    fn a_long_path_is_reached_by_way_of_its_directory() {
        let root = tempfile::tempdir().expect("a directory");
        let dir = DataDir::make(&root.path().join("x".repeat(120))).expect("made");
        let (address, _directory) = dir.socket_address().expect("an address");
        assert!(address.as_os_str().len() <= SOCKET_PATH_MAX_BYTES, "{}", address.display());
    }
}
