//! Looks whether the web app is built and as new as its sources; it never builds it, and never asks the network.
//! A release without it does not compile; a debug build warns, and serves a page that says what to do.

use std::path::{Path, PathBuf};
use std::{env, fs};

/// Says what to do, wherever the web app is missing.
const COMMAND: &str = "run `cargo xtask web` first, or set KEEPWATCH_NO_WEB=1 to build without the web app";

#[allow(clippy::disallowed_methods, reason = "a build script is told by its environment")]
fn main() {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../..");
    println!("cargo::rerun-if-env-changed=KEEPWATCH_NO_WEB");
    println!("cargo::rerun-if-changed=build.rs");
    let places = stamped(&root);
    for place in &places {
        println!("cargo::rerun-if-changed={}", root.join(place).display());
    }
    println!("cargo::rerun-if-changed={}", root.join("web/build.mjs").display());
    println!("cargo::rerun-if-changed={}", root.join("web/dist/.stamp").display());
    let without_web = env::var("KEEPWATCH_NO_WEB").is_ok_and(|value| value == "1");
    let is_release = env::var("PROFILE").is_ok_and(|profile| profile == "release");
    if without_web {
        return;
    }
    let fault = match fs::read_to_string(root.join("web/dist/.stamp")) {
        Err(_) => "the web app is not built",
        Ok(stamp) if stamp.trim() != stamp_of(&root, &places) => "the built web app is older than its sources",
        Ok(_) => return,
    };
    if is_release {
        println!("cargo::error={fault}: {COMMAND}");
    } else {
        println!("cargo::warning={fault}: {COMMAND}");
    }
}

/// What the web app is made of, as web/build.mjs lists it: files and folders from the root of the repository.
fn stamped(root: &Path) -> Vec<String> {
    let script = fs::read_to_string(root.join("web/build.mjs")).unwrap_or_default();
    let list = script.split_once("STAMPED = [").and_then(|(_, rest)| rest.split_once(']')).map_or("", |(list, _)| list);
    list.split('\'').skip(1).step_by(2).map(str::to_owned).collect()
}

/// FNV-1a, 64 bit, over "path\n" and the bytes of each file, in the order of the paths' bytes.
fn stamp_of(root: &Path, places: &[String]) -> String {
    let mut paths = Vec::new();
    for place in places {
        gather(root, place, &mut paths);
    }
    paths.sort();
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut take = |bytes: &[u8]| {
        for byte in bytes {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        }
    };
    for path in paths {
        take(format!("{path}\n").as_bytes());
        take(&fs::read(root.join(&path)).unwrap_or_default());
    }
    format!("{hash:016x}")
}

/// All files below a place; the place itself, where it is a file.
fn gather(root: &Path, place: &str, paths: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(root.join(place)) else {
        paths.push(place.to_owned());
        return;
    };
    for entry in entries.flatten() {
        gather(root, &format!("{place}/{}", entry.file_name().to_string_lossy()), paths);
    }
}
