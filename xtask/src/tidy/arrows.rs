//! Which room may know which. The drawing is in docs/architecture.md; here it is a table, held against every manifest and every path.

use std::collections::BTreeMap;

use toml::{Table, Value};

use crate::tidy::checkout::Checkout;
use crate::tidy::fault::Fault;
use crate::tidy::paths::paths;
use crate::tidy::source::Source;

/// Each room with the rooms that it may import: strictly downward.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("journal", &["model"]),
    ("simulator", &["model"]),
    ("service", &["journal", "model"]),
    ("edge", &["service", "model"]),
    ("keepwatch", &["edge", "service", "journal", "simulator", "model"]),
];

/// People who do not exist may visit every room above `model`, but only in its tests.
const MAY_VISIT_TESTS: &str = "simulator";

/// What a room may know in its tests alone, and why.
const IN_TESTS: &[(&str, &str, &str)] =
    &[("edge", "journal", "a service under test has to stand on a store, and on one that can be broken")];

/// A manifest and what its crate is called in code.
struct Room {
    name: String,
    manifest: Table,
}

/// Every arrow that is not in the table.
pub(crate) fn faults(checkout: &Checkout) -> Vec<Fault> {
    let (rooms, mut faults) = rooms(checkout);
    let called = names_in_code(&rooms, checkout);
    for room in &rooms {
        faults.extend(manifest_faults(room, &called));
        faults.extend(path_faults(checkout, room, &called));
    }
    faults
}

fn rooms(checkout: &Checkout) -> (Vec<Room>, Vec<Fault>) {
    let mut rooms = Vec::new();
    let mut faults = Vec::new();
    for (path, text) in checkout.ending("/Cargo.toml") {
        let Some(name) = path.strip_prefix("crates/").and_then(|rest| rest.strip_suffix("/Cargo.toml")) else {
            continue;
        };
        if !MAY_KNOW.iter().any(|(known, _)| *known == name) {
            faults.push(Fault::of(
                path,
                format!("the room {name} is in no drawing; a new room needs a decision record and a line in xtask/src/tidy/arrows.rs"),
            ));
        }
        match text.parse::<Table>() {
            Ok(manifest) => rooms.push(Room { name: name.to_owned(), manifest }),
            Err(cause) => faults.push(Fault::of(path, format!("could not be read: {cause}"))),
        }
    }
    (rooms, faults)
}

/// From the name in code (`keepwatch_model`) to the room (`model`).
fn names_in_code(rooms: &[Room], checkout: &Checkout) -> BTreeMap<String, String> {
    let mut packages = BTreeMap::new();
    let mut called = BTreeMap::new();
    for room in rooms {
        let package = room.manifest.get("package").and_then(|package| package.get("name"));
        if let Some(package) = package.and_then(Value::as_str) {
            packages.insert(package.to_owned(), room.name.clone());
            called.insert(package.replace('-', "_"), room.name.clone());
        }
    }
    let workspace = checkout.text("Cargo.toml").and_then(|text| text.parse::<Table>().ok()).unwrap_or_default();
    let shared =
        workspace.get("workspace").and_then(|workspace| workspace.get("dependencies")).and_then(Value::as_table);
    for (key, value) in shared.into_iter().flatten() {
        let package = value.get("package").and_then(Value::as_str).unwrap_or(key);
        if let Some(room) = packages.get(package) {
            called.insert(key.replace('-', "_"), room.clone());
        }
    }
    called
}

fn may_know(room: &str, other: &str, in_tests: bool) -> bool {
    room == other
        || MAY_KNOW.iter().any(|(name, known)| *name == room && known.contains(&other))
        || (in_tests && other == MAY_VISIT_TESTS && room != "model")
        || (in_tests && IN_TESTS.iter().any(|(name, known, _)| *name == room && *known == other))
}

fn manifest_faults(room: &Room, called: &BTreeMap<String, String>) -> Vec<Fault> {
    let path = format!("crates/{}/Cargo.toml", room.name);
    let mut faults = Vec::new();
    for (table, in_tests) in [("dependencies", false), ("build-dependencies", false), ("dev-dependencies", true)] {
        let here = room.manifest.get(table).and_then(Value::as_table);
        let targets = room.manifest.get("target").and_then(Value::as_table);
        let there = targets
            .into_iter()
            .flat_map(Table::values)
            .filter_map(|target| target.get(table).and_then(Value::as_table));
        for key in here.into_iter().chain(there).flat_map(Table::keys) {
            let Some(other) = called.get(&key.replace('-', "_")) else {
                continue;
            };
            if !may_know(&room.name, other, in_tests) {
                faults.push(Fault::of(
                    &path,
                    format!("{} may not know {other} ([{table}]); arrows run downward only", room.name),
                ));
            }
        }
    }
    faults
}

fn path_faults(checkout: &Checkout, room: &Room, called: &BTreeMap<String, String>) -> Vec<Fault> {
    let folder = format!("crates/{}/", room.name);
    let mut faults = Vec::new();
    for (path, text) in checkout.ending(".rs") {
        let Some(inner) = path.strip_prefix(&folder) else {
            continue;
        };
        let source = Source::of(text);
        let all_tests = !inner.starts_with("src/") || inner.ends_with("/tests.rs");
        let product = source.code_without_tests();
        for found in paths(&source.code, |word| called.contains_key(word)) {
            let other = &called[&found.segments[0]];
            let in_tests = all_tests || product.as_bytes()[found.at] == b' ';
            if !may_know(&room.name, other, in_tests) {
                faults.push(Fault::at(path, source.line(found.at), format!("{} may not know {other}", room.name)));
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORKSPACE: &str = "[workspace.dependencies]\nkeepwatch-model = { path = \"crates/model\" }\nkeepwatch-journal = { path = \"crates/journal\" }\nkeepwatch-simulator = { path = \"crates/simulator\" }\n";

    fn house(edge_manifest: &str, edge_code: &str) -> Vec<String> {
        let package = |name: &str| format!("[package]\nname = \"keepwatch-{name}\"\n");
        let edge = format!("{}{edge_manifest}", package("edge"));
        let checkout = Checkout::of(&[
            ("Cargo.toml", WORKSPACE),
            ("crates/model/Cargo.toml", &package("model")),
            ("crates/journal/Cargo.toml", &package("journal")),
            ("crates/simulator/Cargo.toml", &package("simulator")),
            ("crates/edge/Cargo.toml", &edge),
            ("crates/edge/src/lib.rs", edge_code),
        ]);
        faults(&checkout).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_arrow_that_is_not_drawn_is_found_in_the_manifest() {
        let found = house("[dependencies]\nkeepwatch-model.workspace = true\nkeepwatch-journal.workspace = true\n", "");
        assert_eq!(
            found,
            ["crates/edge/Cargo.toml: edge may not know journal ([dependencies]); arrows run downward only"]
        );
        let found = house("[target.'cfg(unix)'.dependencies]\nkeepwatch-journal.workspace = true\n", "");
        assert_eq!(found.len(), 1, "{found:?}");
    }

    #[test]
    fn an_arrow_that_is_not_drawn_is_found_in_the_code() {
        let found = house("", "//! x\nuse keepwatch_model::MgDl;\nuse keepwatch_journal::Journal;\n");
        assert_eq!(found, ["crates/edge/src/lib.rs:3: edge may not know journal"]);
    }

    #[test]
    fn simulated_people_visit_tests_only() {
        let in_tests = "#[cfg(test)]\nmod tests {\n    use keepwatch_simulator::Day;\n}\n";
        assert!(house("[dev-dependencies]\nkeepwatch-simulator.workspace = true\n", in_tests).is_empty());
        assert_eq!(house("[dependencies]\nkeepwatch-simulator.workspace = true\n", "").len(), 1);
        assert_eq!(house("", "use keepwatch_simulator::Day;\n").len(), 1);
    }

    #[test]
    fn some_arrows_hold_in_tests_only() {
        let declared = "[dev-dependencies]\nkeepwatch-journal.workspace = true\n";
        assert!(house(declared, "#[cfg(test)]\nmod tests { use keepwatch_journal::Store; }\n").is_empty());
        assert_eq!(house(declared, "use keepwatch_journal::Store;\n").len(), 1);
    }

    #[test]
    fn a_room_that_nobody_drew_is_a_fault() {
        let checkout = Checkout::of(&[("crates/util/Cargo.toml", "[package]\nname = \"util\"\n")]);
        assert_eq!(faults(&checkout).len(), 1);
    }
}
