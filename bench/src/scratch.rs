//! Directories on the disk that the build lies on, gone when dropped: memory that pretends to be a disk would flatter every commit.

use crate::pinned::ourselves;
use tempfile::TempDir;

/// A directory beside this program.
pub(crate) fn directory() -> Result<TempDir, String> {
    let ourselves = ourselves()?;
    let beside = ourselves.parent().ok_or("this program lies nowhere")?;
    tempfile::Builder::new()
        .prefix("bench-")
        .tempdir_in(beside)
        .map_err(|cause| format!("could not make a directory in {}: {cause}", beside.display()))
}
