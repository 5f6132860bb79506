//! The fuzzer's way into `bodies/dexcom_share.rs`; it adds nothing.
#![no_main]

#[path = "../bodies/dexcom_share.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::body(bytes));
