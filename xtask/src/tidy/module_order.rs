//! Inside a crate the order of the `mod` lines is the order of knowing: a module may import only what is listed before it. So there
//! are no circles, and a crate can be read from its first line to its last. The deeds of `service` are held apart altogether.

use std::collections::BTreeMap;

use crate::tidy::checkout::Checkout;
use crate::tidy::fault::Fault;
use crate::tidy::paths::{Path, paths, re_exports};
use crate::tidy::source::Source;

/// The last of the modules of `service` on which its deeds stand; whatever is listed up to here may be known by all that follow.
const SERVICE_GROUND_ENDS: &str = "writer";

/// The one file of `service` that knows all its siblings, because it starts them.
const SERVICE_ASSEMBLY: &str = "service";

/// Which deed of `service` may know which other one, and why it cannot read the fact from the journal instead.
const SERVICE_SIBLINGS: &[(&str, &str, &str)] = &[];

/// One module file.
struct Module {
    file: String,
    source: Source,
    /// Its children in the order of their `mod` lines.
    children: Vec<String>,
    /// Names that it hands on from elsewhere in the crate, with where they come from.
    handed_on: BTreeMap<String, Vec<String>>,
}

type Tree = BTreeMap<Vec<String>, Module>;

/// Every import that runs against the order.
pub(crate) fn faults(checkout: &Checkout) -> Vec<Fault> {
    let mut faults = Vec::new();
    for root in roots(checkout) {
        let folder = root.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        let tree = tree(checkout, &root, &folder);
        for (place, module) in &tree {
            faults.extend(module_faults(&tree, &folder, place, module));
        }
    }
    faults
}

/// A library's own file, else the binary's.
fn roots(checkout: &Checkout) -> Vec<String> {
    let mut roots = Vec::new();
    for (path, _) in checkout.ending("Cargo.toml") {
        let folder = path.trim_end_matches("Cargo.toml");
        for name in ["src/lib.rs", "src/main.rs"] {
            let root = format!("{folder}{name}");
            if checkout.text(&root).is_some() {
                roots.push(root);
                break;
            }
        }
    }
    roots
}

fn tree(checkout: &Checkout, root: &str, folder: &str) -> Tree {
    let mut tree = Tree::new();
    let mut waiting = vec![(Vec::new(), root.to_owned())];
    while let Some((place, file)) = waiting.pop() {
        let Some(text) = checkout.text(&file) else {
            continue;
        };
        let source = Source::of(text);
        let children: Vec<String> = source
            .modules()
            .into_iter()
            .filter(|module| !module.test_only && module.body.is_none())
            .map(|module| module.name)
            .collect();
        for child in &children {
            let inner: Vec<String> = place.iter().chain([child]).cloned().collect();
            let stem = format!("{folder}/{}", inner.join("/"));
            waiting.push((inner.clone(), format!("{stem}.rs")));
            waiting.push((inner, format!("{stem}/mod.rs")));
        }
        let handed_on = re_exports(&source.code_without_tests())
            .into_iter()
            .filter_map(|path| absolute(&path.segments, &place, &children).map(|target| (path.name, target)))
            .collect();
        tree.insert(place, Module { file, source, children, handed_on });
    }
    tree
}

/// A path of this crate counted from its root, or nothing for a path into another crate.
fn absolute(segments: &[String], place: &[String], children: &[String]) -> Option<Vec<String>> {
    let mut base = place.to_vec();
    let mut rest = segments;
    match segments.first()?.as_str() {
        "crate" => {
            base.clear();
            rest = &rest[1..];
        }
        "self" => rest = &rest[1..],
        "super" => {
            while rest.first().is_some_and(|segment| segment == "super") {
                base.pop()?;
                rest = &rest[1..];
            }
        }
        first if children.iter().any(|child| child == first) => {}
        _ => return None,
    }
    base.extend_from_slice(rest);
    Some(base)
}

/// The module that holds what a path names, followed through names that are handed on.
fn holder(tree: &Tree, target: &[String]) -> Vec<String> {
    let mut target = target.to_vec();
    // Eight hands are more than any name passes; the bound keeps a circle of `pub use` from turning forever.
    for _ in 0..8 {
        let mut place = Vec::new();
        let mut moved = None;
        for (at, segment) in target.iter().enumerate() {
            let Some(module) = tree.get(&place) else { break };
            if module.children.contains(segment) {
                place.push(segment.clone());
            } else if let Some(origin) = module.handed_on.get(segment) {
                moved = Some(origin.iter().chain(&target[at + 1..]).cloned().collect());
                break;
            } else {
                break;
            }
        }
        match moved {
            Some(origin) if origin != target => target = origin,
            _ => return place,
        }
    }
    target
}

fn module_faults(tree: &Tree, folder: &str, place: &[String], module: &Module) -> Vec<Fault> {
    let code = module.source.code_without_tests();
    let inline = module.source.modules();
    let mut faults = Vec::new();
    let root =
        |word: &str| matches!(word, "crate" | "self" | "super") || module.children.iter().any(|child| child == word);
    for path in paths(&code, root) {
        // `super` inside a module written in place means this file.
        let within = inline
            .iter()
            .filter(|inner| inner.body.as_ref().is_some_and(|body| body.contains(&path.at)))
            .map(|inner| inner.name.clone());
        let here: Vec<String> = place.iter().cloned().chain(within).collect();
        let Some(target) = absolute(&path.segments, &here, &module.children) else {
            continue;
        };
        let target = holder(tree, &target);
        if let Some(sentence) = against_order(tree, folder, place, &target) {
            faults.push(fault(module, &path, sentence));
        }
    }
    faults
}

fn fault(module: &Module, path: &Path, sentence: String) -> Fault {
    Fault::at(&module.file, module.source.line(path.at), sentence)
}

/// Why `place` may not know `target`, if it may not.
fn against_order(tree: &Tree, folder: &str, place: &[String], target: &[String]) -> Option<String> {
    let level = place.iter().zip(target).take_while(|(a, b)| a == b).count();
    // One is inside the other: a folder knows its files, and a file may use what its folder itself defines.
    let (from, to) = (place.get(level)?, target.get(level)?);
    let parent = tree.get(&place[..level])?;
    let position = |name: &str| parent.children.iter().position(|child| child == name);
    if position(to)? > position(from)? {
        return Some(format!(
            "{from} may not know {to}: {} lists it later; what is listed first is known by what follows",
            parent.file
        ));
    }
    let is_deed = position(SERVICE_GROUND_ENDS).is_none_or(|end| position(to).is_some_and(|at| at > end));
    if folder == "crates/service/src" && level == 0 && is_deed && !deeds_may(from, to) {
        return Some(format!(
            "{from} may not know its sibling {to}: read the fact from the journal, or list the arrow with its reason in xtask/src/tidy/module_order.rs"
        ));
    }
    None
}

fn deeds_may(from: &str, to: &str) -> bool {
    from == SERVICE_ASSEMBLY
        || SERVICE_SIBLINGS.iter().any(|(knows, known, reason)| *knows == from && *known == to && !reason.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        faults(&Checkout::of(files)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_listed_later_may_not_be_known() {
        let house = |early: &'static str, late: &'static str| {
            found(&[
                ("crates/model/Cargo.toml", ""),
                ("crates/model/src/lib.rs", "pub mod early;\npub mod late;\npub use late::Late;\n"),
                ("crates/model/src/early.rs", early),
                ("crates/model/src/late.rs", late),
            ])
        };
        assert!(house("", "use crate::early::X;").is_empty());
        assert!(house("", "use super::early::X;").is_empty());
        assert_eq!(house("fn f() { crate::late::g() }", "").len(), 1);
        assert_eq!(house("use super::{late};", "").len(), 1);
        let through_a_name_handed_on = house("\nuse crate::Late;", "");
        assert_eq!(
            through_a_name_handed_on,
            [
                "crates/model/src/early.rs:2: early may not know late: crates/model/src/lib.rs lists it later; what is listed first is known by what follows"
            ]
        );
        assert!(house("#[cfg(test)]\nmod tests { use crate::late::X; }", "").is_empty());
    }

    #[test]
    fn the_order_holds_in_folders_too() {
        let house = |wire: &'static str| {
            found(&[
                ("crates/edge/Cargo.toml", ""),
                ("crates/edge/src/lib.rs", "mod native;\n"),
                ("crates/edge/src/native/mod.rs", "mod wire;\nmod routes;\nstruct Own;\n"),
                ("crates/edge/src/native/wire.rs", wire),
                ("crates/edge/src/native/routes.rs", "use super::wire::X; use super::Own;"),
            ])
        };
        assert!(house("use super::Own;").is_empty());
        assert_eq!(house("use super::routes::X;").len(), 1);
        assert_eq!(house("mod inner { use super::super::routes::X; }").len(), 1);
        assert!(house("mod inner { use super::X; }").is_empty());
    }

    #[test]
    fn deeds_of_service_meet_in_the_journal() {
        let house = |live: &'static str| {
            found(&[
                ("crates/service/Cargo.toml", ""),
                ("crates/service/src/lib.rs", "mod clock;\nmod writer;\nmod intake;\nmod live;\nmod service;\n"),
                ("crates/service/src/clock.rs", ""),
                ("crates/service/src/writer.rs", "use crate::clock;"),
                ("crates/service/src/intake.rs", ""),
                ("crates/service/src/live.rs", live),
                ("crates/service/src/service.rs", "use crate::{intake, live};"),
            ])
        };
        assert!(house("use crate::{clock::now, writer};").is_empty());
        assert_eq!(house("use crate::intake::accept;").len(), 1);
    }
}
