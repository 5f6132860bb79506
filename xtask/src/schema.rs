//! `cargo xtask schema`: the types that the web app uses for our own API, written from the description that the running binary gives.
//! Nobody writes them by hand, so that page and server cannot drift apart.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use crate::demo;
use crate::program::Program;
use crate::web;

const TYPES: &str = "web/src/api.gen.ts";

/// Writes web/src/api.gen.ts; with `--check` only says whether it is current.
pub(crate) fn run(root: &Path, words: &[String]) -> Result<(), String> {
    let check = words.iter().any(|word| word == "--check");
    let binary = demo::build(root, false)?;
    let folder = demo::target(root)?.join("schema");
    std::fs::create_dir_all(&folder).map_err(|cause| format!("could not make {}: {cause}", folder.display()))?;
    let description = folder.join("openapi.json");
    let text = describe(&binary, &folder)?;
    std::fs::write(&description, text)
        .map_err(|cause| format!("could not write {}: {cause}", description.display()))?;

    let codegen = root.join("web/codegen");
    web::install(&codegen)?;
    let written = if check { folder.join("api.gen.ts") } else { root.join(TYPES) };
    let arguments = [PathBuf::from("generate.mjs"), description, written.clone()];
    Program::new("node", &arguments, &codegen).run()?;
    if check && std::fs::read(&written).ok() != std::fs::read(root.join(TYPES)).ok() {
        return Err(format!("{TYPES} is not what the binary describes; run `cargo xtask schema`"));
    }
    Ok(())
}

/// Starts a server on an empty directory, asks it, and ends it.
fn describe(binary: &Path, folder: &Path) -> Result<Vec<u8>, String> {
    let store = folder.join("store");
    // Left over from a run that was interrupted; an empty start is the only one that always works.
    let _ = std::fs::remove_dir_all(&store);
    let arguments = [
        "serve".to_owned(),
        "--data".to_owned(),
        store.display().to_string(),
        "--listen".to_owned(),
        "127.0.0.1:0".to_owned(),
    ];
    let mut server = Program::new(binary, &arguments, folder)
        .into_command()
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|cause| format!("could not start {}: {cause}", binary.display()))?;
    let answer = ask(&mut server);
    let _ = server.kill();
    let _ = server.wait();
    answer
}

fn ask(server: &mut Child) -> Result<Vec<u8>, String> {
    let stdout = server.stdout.take().ok_or("the server has no output")?;
    let address = BufReader::new(stdout)
        .lines()
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix("listening on http://").map(str::to_owned))
        .ok_or("the server never said where it listens")?;
    let address = address.trim_end_matches('/');
    let failed = |cause: std::io::Error| format!("could not ask the server for its description: {cause}");
    let mut stream = TcpStream::connect(address).map_err(failed)?;
    write!(stream, "GET /api/openapi.json HTTP/1.0\r\nHost: {address}\r\n\r\n").map_err(failed)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).map_err(failed)?;
    body(&answer).ok_or_else(|| "the server did not describe its API".to_owned())
}

fn body(answer: &[u8]) -> Option<Vec<u8>> {
    let head_end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&answer[..head_end]).ok()?;
    let good = head.lines().next()?.contains(" 200 ");
    let body = answer[head_end + 4..].to_vec();
    let whole = serde_json::from_slice::<serde_json::Value>(&body).is_ok();
    (good && whole).then_some(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_good_answer_has_a_body() {
        assert_eq!(body(b"HTTP/1.1 200 OK\r\na: b\r\n\r\n{}"), Some(b"{}".to_vec()));
        assert_eq!(body(b"HTTP/1.1 404 Not Found\r\n\r\n{}"), None);
        assert_eq!(body(b"HTTP/1.1 200 OK\r\n\r\n{\"half\":"), None);
    }
}
