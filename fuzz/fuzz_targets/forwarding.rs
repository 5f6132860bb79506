//! Feeds arbitrary bytes to `forwarding`; what must hold is said there.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| keepwatch_fuzz::forwarding(bytes));
