//! Feeds arbitrary bytes to `share_words`; what must hold is said there.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| keepwatch_fuzz::share_words(bytes));
