#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Some(holds) = berth_tests::fuzz::target("completion") {
        holds(data);
    }
});
