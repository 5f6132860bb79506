//! What lets this terminal in: the device secret that each server gave it, in a file for its owner alone.

use crate::config::surroundings;
use crate::failure::Failure;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{DirBuilder, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Limit: invitations remembered for one server; the oldest is forgotten, and using it again binds the terminal anew.
const INVITATIONS_MAX: usize = 16;

/// The servers that know this terminal, by their address.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Devices {
    servers: BTreeMap<String, Bound>,
}

/// What one server gave us.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Bound {
    secret: String,
    /// Invitations that were exchanged for it, oldest first: a used one opens the same door again.
    #[serde(default)]
    invitations: Vec<String>,
}

/// Where the file is, if this user has a home.
pub(crate) fn file() -> Result<PathBuf, Failure> {
    let config = surroundings("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(|| surroundings("HOME").map(|home| Path::new(&home).join(".config")));
    let missing = || Failure::fault("could not tell where to remember this device: set HOME or XDG_CONFIG_HOME");
    config.map(|config| config.join("keepwatch").join("devices.json")).ok_or_else(missing)
}

impl Devices {
    /// What the file says; nothing where there is none.
    pub(crate) fn load(file: &Path) -> Result<Self, Failure> {
        match std::fs::read_to_string(file) {
            Ok(text) => serde_json::from_str(&text).map_err(|_| {
                Failure::fault(format!(
                    "could not read {}: it is damaged; remove it and use a new invitation",
                    file.display()
                ))
            }),
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(cause) => Err(Failure::fault(format!("could not read {}: {cause}", file.display()))),
        }
    }

    /// Writes the file, for its owner alone.
    pub(crate) fn store(&self, file: &Path) -> Result<(), Failure> {
        let write = || -> std::io::Result<()> {
            if let Some(directory) = file.parent() {
                DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
            }
            let new = file.with_extension("new");
            let mut out = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&new)?;
            out.write_all(&serde_json::to_vec_pretty(self)?)?;
            out.sync_all()?;
            std::fs::rename(&new, file)
        };
        write()
            .map_err(|cause| Failure::fault(format!("could not remember this device in {}: {cause}", file.display())))
    }

    /// The secret that a server gave this terminal; with an invitation, only if it was exchanged for that secret.
    pub(crate) fn secret(&self, server: &str, invitation: Option<&str>) -> Option<&str> {
        let bound = self.servers.get(server)?;
        let fits = invitation.is_none_or(|invitation| bound.invitations.iter().any(|known| known == invitation));
        fits.then_some(bound.secret.as_str())
    }

    /// Remembers what an invitation was exchanged for.
    pub(crate) fn remember(&mut self, server: &str, invitation: &str, secret: String) {
        let bound = self.servers.entry(server.to_owned()).or_default();
        bound.secret = secret;
        bound.invitations.push(invitation.to_owned());
        let surplus = bound.invitations.len().saturating_sub(INVITATIONS_MAX);
        bound.invitations.drain(..surplus);
    }

    /// Forgets a server that does not know this terminal any more.
    pub(crate) fn forget(&mut self, server: &str) {
        self.servers.remove(server);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_device_is_remembered_for_its_owner_alone() {
        let root = tempfile::tempdir().expect("a directory");
        let file = root.path().join("keepwatch/devices.json");
        let mut devices = Devices::load(&file).expect("nothing yet");
        devices.remember("https://watch.example.org", "one", "secret".to_owned());
        devices.store(&file).expect("stored");
        assert_eq!(file.metadata().expect("there").permissions().mode() & 0o777, 0o600);
        let devices = Devices::load(&file).expect("read again");
        assert_eq!(devices.secret("https://watch.example.org", None), Some("secret"));
        assert_eq!(devices.secret("https://watch.example.org", Some("one")), Some("secret"));
        assert_eq!(devices.secret("https://watch.example.org", Some("two")), None);
        assert_eq!(devices.secret("https://other.example.org", None), None);
    }

    #[test]
    fn a_damaged_file_is_said_not_overwritten() {
        let root = tempfile::tempdir().expect("a directory");
        let file = root.path().join("devices.json");
        std::fs::write(&file, "{").expect("written");
        assert!(Devices::load(&file).is_err());
    }
}
