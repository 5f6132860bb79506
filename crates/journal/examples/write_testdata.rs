//! Writes the journal of today's format that is kept under `testdata/journals` for ever. A format is written once, when it is
//! new; one that is there already is left alone.

#[path = "../tests/old_journals/facts.rs"]
mod facts;

use keepwatch_journal::sqlite::{FORMAT, Store};
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    assert!(facts::people().len() == 3 && facts::FIRST_DAY.number() == 20_400, "these facts never change");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/journals").join(FORMAT.to_string());
    let kept = folder.join("journal.sqlite");
    if kept.exists() {
        return Err(format!("{} is there already and stays as it is", kept.display()).into());
    }
    let dir = tempfile::tempdir()?;
    let (mut journal, records) = Store::open(dir.path())?;
    facts::write(&mut journal);
    drop((journal, records));
    std::fs::create_dir_all(&folder)?;
    std::fs::copy(dir.path().join("journal.sqlite"), kept)?;
    Ok(())
}
