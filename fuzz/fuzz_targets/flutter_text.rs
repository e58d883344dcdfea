#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| keyfold::fuzzing::flutter_text(text));
