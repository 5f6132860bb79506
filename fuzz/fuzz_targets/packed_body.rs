//! Feeds arbitrary bytes to `packed_body`; what must hold is said there.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| keepwatch_fuzz::packed_body(bytes));
