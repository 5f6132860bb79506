//! Feeds arbitrary bytes to `native_upload`; what must hold is said there.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| keepwatch_fuzz::native_upload(bytes));
