//! `cargo xtask limits`: writes the page of limits from the constants.

use std::path::Path;

use crate::tidy::Checkout;
use crate::tidy::limits::{PAGE, page};

/// Writes docs/operating/limits.md.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    let checkout = Checkout::read(root)?;
    std::fs::write(root.join(PAGE), page(&checkout)).map_err(|cause| format!("could not write {PAGE}: {cause}"))?;
    println!("wrote {PAGE}");
    Ok(())
}
