//! The fuzzer's way into `bodies/nightscout.rs`; it adds nothing.
#![no_main]

#[path = "../bodies/nightscout.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::body(bytes));
