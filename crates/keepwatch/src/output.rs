//! What the commands say: answers on stdout, everything else on stderr. The only room that writes to either.
//! A reader that went away (a closed pipe) is no failure of ours.

use crate::failure::Failure;
use std::io::{IsTerminal, Write};

/// Writes one line of the answer.
pub(crate) fn line(text: &str) {
    write_out(text);
    write_out("\n");
}

/// Writes a part of the answer as it stands, and lets it be seen at once.
pub(crate) fn write_out(text: &str) {
    let mut out = std::io::stdout().lock();
    // Nobody is left to be told about a stdout that does not take text any more.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Writes the one JSON document of a `--json` answer.
pub(crate) fn document(value: &impl serde::Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|cause| Failure::fault(format!("could not write JSON: {cause}")))?;
    line(&text);
    Ok(())
}

/// Says something that is not the answer.
pub(crate) fn remark(text: &str) {
    let mut err = std::io::stderr().lock();
    let _ = writeln!(err, "{text}");
}

/// Says what went wrong.
pub(crate) fn complain(text: &str) {
    remark(&format!("keepwatch: {text}"));
}

/// Whether a person is looking at stdout, rather than a program.
pub(crate) fn is_terminal() -> bool {
    std::io::stdout().is_terminal()
}
