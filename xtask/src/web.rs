//! `cargo xtask web`: the web app, built into web/dist, from where the binary takes it. npm is asked only when its lock has changed.

use std::fs;
use std::path::Path;

use crate::program::{Program, installed};

/// Installs what web/package-lock.json names, if it changed, and builds.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    let web = root.join("web");
    install(&web)?;
    Program::new("node", &["build.mjs"], &web).run()
}

/// `npm ci` in a folder whose lock file is not the one that was installed last.
pub(crate) fn install(folder: &Path) -> Result<(), String> {
    let lock = fs::read(folder.join("package-lock.json"))
        .map_err(|cause| format!("could not read {}/package-lock.json: {cause}", folder.display()))?;
    let receipt = folder.join("node_modules/.lock-as-installed");
    if fs::read(&receipt).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    for needed in ["node", "npm"] {
        if installed(needed).is_none() {
            return Err(format!(
                "{needed} is not installed; the web app needs Node 20 or newer with npm (Debian: apt-get install nodejs npm)"
            ));
        }
    }
    Program::new("npm", &["ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder).run()?;
    fs::write(&receipt, lock).map_err(|cause| format!("could not write {}: {cause}", receipt.display()))
}
