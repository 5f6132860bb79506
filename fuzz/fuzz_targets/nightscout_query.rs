//! Feeds arbitrary bytes to `nightscout_query`; what must hold is said there.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| keepwatch_fuzz::nightscout_query(bytes));
