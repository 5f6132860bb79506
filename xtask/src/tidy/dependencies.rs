//! What comes from outside: few, each with its reason, of a licence and a source that deny.toml allows, and in one version.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value as Json;
use toml::{Table, Value};

use crate::tidy::checkout::Checkout;
use crate::tidy::fault::Fault;
use crate::tidy::licences::allowed;

/// Packages in Cargo.lock, our own included. A new one beyond this pushes an old one out.
const LOCKED_PACKAGES_MAX: usize = 420;

const MANIFEST: &str = "Cargo.toml";
const LOCK: &str = "Cargo.lock";
const POLICY: &str = "deny.toml";

/// What manifests and the lock file alone can tell.
pub(crate) fn manifest_faults(checkout: &Checkout) -> Vec<Fault> {
    let mut faults = unexplained(checkout.text(MANIFEST).unwrap_or_default());
    let locked = checkout.text(LOCK).map_or(0, |lock| lock.lines().filter(|line| *line == "[[package]]").count());
    if locked > LOCKED_PACKAGES_MAX {
        faults.push(Fault::of(LOCK, format!("{locked} packages; at most {LOCKED_PACKAGES_MAX}: do without one")));
    }
    for (path, text) in checkout.ending("/Cargo.toml") {
        // A fuzz crate stands outside of the workspace, because it needs a nightly compiler.
        if !path.starts_with("fuzz/") {
            faults.extend(not_shared(path, text));
        }
    }
    faults
}

/// Lines of `[workspace.dependencies]` that do not say why.
fn unexplained(manifest: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut inside = false;
    for (number, line) in manifest.lines().enumerate() {
        let line = line.trim();
        if line.starts_with('[') {
            inside = line == "[workspace.dependencies]";
        } else if inside
            && !line.is_empty()
            && !line.starts_with('#')
            && line.rsplit_once("# ").is_none_or(|(_, reason)| reason.trim().is_empty())
        {
            let name = line.split(['=', '.', ' ']).next().unwrap_or(line);
            faults.push(Fault::at(MANIFEST, number + 1, format!("{name}: say why it is here (`# …` behind it)")));
        }
    }
    faults
}

/// Dependencies that a member declares for itself, past the workspace's list.
fn not_shared(path: &str, text: &str) -> Vec<Fault> {
    let Ok(manifest) = text.parse::<Table>() else {
        return vec![Fault::of(path, "could not be read")];
    };
    let mut faults = Vec::new();
    for table in ["dependencies", "dev-dependencies", "build-dependencies"] {
        let declared = manifest.get(table).and_then(Value::as_table);
        for (name, value) in declared.into_iter().flatten() {
            if value.get("workspace").and_then(Value::as_bool) != Some(true) {
                faults.push(Fault::of(
                    path,
                    format!(
                        "{name} is declared here; declare it in the workspace with its reason, and take it from there"
                    ),
                ));
            }
        }
    }
    faults
}

/// What only the resolved graph can tell, judged by deny.toml.
pub(crate) fn graph_faults(root: &Path, checkout: &Checkout) -> Result<Vec<Fault>, String> {
    let policy: Table = checkout
        .text(POLICY)
        .unwrap_or_default()
        .parse()
        .map_err(|cause| format!("could not read {POLICY}: {cause}"))?;
    let mut cargo = Command::new("cargo");
    cargo.args(["metadata", "--format-version", "1", "--locked"]).current_dir(root);
    for target in strings(&policy, "graph", "targets") {
        cargo.args(["--filter-platform", &target]);
    }
    let answer = cargo.output().map_err(|cause| format!("could not run cargo metadata: {cause}"))?;
    if !answer.status.success() {
        return Err(format!("could not resolve the dependencies: {}", String::from_utf8_lossy(&answer.stderr).trim()));
    }
    let graph: Json = serde_json::from_slice(&answer.stdout)
        .map_err(|cause| format!("could not read cargo metadata's answer: {cause}"))?;
    Ok(judged(&graph, &policy))
}

struct Package {
    name: String,
    version: String,
    licence: Option<String>,
    /// Nothing for our own.
    source: Option<String>,
}

fn judged(graph: &Json, policy: &Table) -> Vec<Fault> {
    let packages = resolved(graph);
    let mut faults = Vec::new();
    faults.extend(banned(&packages, policy));
    faults.extend(foreign(&packages, policy));
    faults.extend(unlicensed(&packages, policy));
    faults.extend(doubled(&packages, policy));
    faults
}

/// Only what the graph's targets use: a package for another system does not count.
fn resolved(graph: &Json) -> Vec<Package> {
    let text = |package: &Json, key: &str| package[key].as_str().map(str::to_owned);
    let used: BTreeSet<&str> =
        graph["resolve"]["nodes"].as_array().into_iter().flatten().filter_map(|node| node["id"].as_str()).collect();
    graph["packages"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|package| package["id"].as_str().is_some_and(|id| used.contains(id)))
        .map(|package| Package {
            name: text(package, "name").unwrap_or_default(),
            version: text(package, "version").unwrap_or_default(),
            licence: text(package, "license"),
            source: text(package, "source"),
        })
        .collect()
}

fn strings(policy: &Table, table: &str, key: &str) -> Vec<String> {
    let listed = policy.get(table).and_then(|table| table.get(key)).and_then(Value::as_array);
    listed.into_iter().flatten().filter_map(|value| value.as_str().map(str::to_owned)).collect()
}

/// Entries such as `{ crate = "name@1.2", reason = "…" }`, or the bare text.
fn entries(policy: &Table, key: &str) -> Vec<(String, String)> {
    let listed = policy.get("bans").and_then(|bans| bans.get(key)).and_then(Value::as_array);
    listed
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let name = entry.as_str().or_else(|| entry.get("crate").and_then(Value::as_str))?;
            let reason = entry.get("reason").and_then(Value::as_str).unwrap_or_default();
            Some((name.to_owned(), reason.to_owned()))
        })
        .collect()
}

fn banned(packages: &[Package], policy: &Table) -> Vec<Fault> {
    let bans = entries(policy, "deny");
    let mut faults = Vec::new();
    for package in packages {
        if let Some((_, reason)) = bans.iter().find(|(name, _)| *name == package.name) {
            faults.push(Fault::of(LOCK, format!("{} is banned: {reason}", package.name)));
        }
    }
    faults
}

fn foreign(packages: &[Package], policy: &Table) -> Vec<Fault> {
    let registries = strings(policy, "sources", "allow-registry");
    let known = |source: &str| {
        source.strip_prefix("registry+").is_some_and(|registry| registries.iter().any(|allowed| allowed == registry))
    };
    packages
        .iter()
        .filter(|package| package.source.as_deref().is_some_and(|source| !known(source)))
        .map(|package| {
            let source = package.source.as_deref().unwrap_or_default();
            Fault::of(LOCK, format!("{} comes from {source}, which {POLICY} does not allow", package.name))
        })
        .collect()
}

fn unlicensed(packages: &[Package], policy: &Table) -> Vec<Fault> {
    let allow = strings(policy, "licenses", "allow");
    let mut faults = Vec::new();
    for package in packages.iter().filter(|package| package.source.is_some()) {
        let licence = package.licence.as_deref().unwrap_or("no licence");
        if !allowed(licence, &allow) {
            faults.push(Fault::of(
                LOCK,
                format!("{} {} is under {licence}, which {POLICY} does not allow", package.name, package.version),
            ));
        }
    }
    faults
}

/// Two versions of one package, except those that deny.toml lists with a reason; and entries that nobody needs any more.
fn doubled(packages: &[Package], policy: &Table) -> Vec<Fault> {
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in packages {
        versions.entry(&package.name).or_default().insert(&package.version);
    }
    let skips = entries(policy, "skip");
    let mut faults = Vec::new();
    for (name, reason) in &skips {
        if reason.is_empty() {
            faults.push(Fault::of(POLICY, format!("{name} is skipped without a reason")));
        }
        if !versions
            .iter()
            .any(|(package, all)| all.len() > 1 && all.iter().any(|version| matches(name, package, version)))
        {
            faults.push(Fault::of(POLICY, format!("{name} is skipped, and there is no second version of it")));
        }
    }
    for (package, all) in versions {
        let left: Vec<&str> =
            all.into_iter().filter(|version| !skips.iter().any(|(name, _)| matches(name, package, version))).collect();
        if left.len() > 1 {
            faults.push(Fault::of(
                LOCK,
                format!(
                    "{package} is there in {}: take one, or list the other with its reason in {POLICY}",
                    left.join(" and ")
                ),
            ));
        }
    }
    faults
}

/// `name@1` and `name@1.2` mean every version that begins so.
fn matches(entry: &str, package: &str, version: &str) -> bool {
    match entry.split_once('@') {
        None => entry == package,
        Some((name, begins)) => {
            name == package
                && (version == begins || version.strip_prefix(begins).is_some_and(|rest| rest.starts_with('.')))
        }
    }
}

#[cfg(test)]
mod tests;
