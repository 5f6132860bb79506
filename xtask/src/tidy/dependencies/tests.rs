//! Planted dependencies that nobody should let in.

use super::*;

const POLICY_TEXT: &str = r#"
[licenses]
allow = ["MIT", "Apache-2.0"]
[bans]
deny = [{ crate = "openssl-sys", reason = "rustls" }]
skip = [{ crate = "syn@1", reason = "an old macro" }]
[sources]
allow-registry = ["https://example.org/index"]
"#;

fn complaints(packages: &[(&str, &str, &str, &str)]) -> Vec<String> {
    let all: Vec<Json> = packages
        .iter()
        .map(|(name, version, licence, source)| {
            serde_json::json!({"id": format!("{name}@{version}"), "name": name, "version": version, "license": licence, "source": source})
        })
        .collect();
    let nodes: Vec<Json> = all.iter().map(|package| serde_json::json!({"id": package["id"]})).collect();
    let graph = serde_json::json!({"packages": all, "resolve": {"nodes": nodes}});
    judged(&graph, &POLICY_TEXT.parse().unwrap()).iter().map(ToString::to_string).collect()
}

const HERE: &str = "registry+https://example.org/index";
const OLD_SYN: (&str, &str, &str, &str) = ("syn", "1.0.9", "MIT", HERE);
const NEW_SYN: (&str, &str, &str, &str) = ("syn", "2.0.1", "MIT OR Apache-2.0", HERE);

#[test]
fn a_clean_graph_passes() {
    assert!(complaints(&[OLD_SYN, NEW_SYN]).is_empty());
}

#[test]
fn a_banned_package_is_found() {
    assert_eq!(
        complaints(&[OLD_SYN, NEW_SYN, ("openssl-sys", "0.9.1", "MIT", HERE)]),
        ["Cargo.lock: openssl-sys is banned: rustls"]
    );
}

#[test]
fn a_foreign_source_is_found() {
    assert_eq!(complaints(&[OLD_SYN, NEW_SYN, ("x", "1.0.0", "MIT", "git+https://example.org/x")]).len(), 1);
    assert_eq!(complaints(&[OLD_SYN, NEW_SYN, ("x", "1.0.0", "MIT", "registry+https://elsewhere.org/index")]).len(), 1);
}

#[test]
fn a_licence_that_is_not_allowed_is_found() {
    assert_eq!(complaints(&[OLD_SYN, NEW_SYN, ("x", "1.0.0", "AGPL-3.0", HERE)]).len(), 1);
}

#[test]
fn a_second_version_is_found_unless_it_is_explained() {
    let twice = [("x", "1.0.0", "MIT", HERE), ("x", "2.0.0", "MIT", HERE)];
    assert_eq!(complaints(&[&twice[..], &[OLD_SYN, NEW_SYN]].concat()).len(), 1);
    assert_eq!(complaints(&[NEW_SYN]), ["deny.toml: syn@1 is skipped, and there is no second version of it"]);
}

#[test]
fn a_line_without_a_reason_is_found() {
    let manifest =
        "[workspace.dependencies]\na = \"1\" # why\nb = \"1\"\nc.workspace = true #\n\n[profile.dev]\nd = 1\n";
    let found: Vec<usize> = unexplained(manifest).iter().map(|fault| fault.line).collect();
    assert_eq!(found, [3, 4]);
}

#[test]
fn a_member_takes_its_dependencies_from_the_workspace() {
    assert!(not_shared("a/Cargo.toml", "[dependencies]\na.workspace = true\nb = { workspace = true }\n").is_empty());
    assert_eq!(not_shared("a/Cargo.toml", "[dev-dependencies]\na = \"1\"\nb = { path = \"../b\" }\n").len(), 2);
}

#[test]
fn too_many_packages_are_too_many() {
    let locked = |count: usize| {
        let lock = "[[package]]\n".repeat(count);
        manifest_faults(&Checkout::of(&[(LOCK, &lock)])).len()
    };
    assert_eq!(locked(LOCKED_PACKAGES_MAX), 0);
    assert_eq!(locked(LOCKED_PACKAGES_MAX + 1), 1);
}
