//! Every vector of `tests/vectors`, on the memory area with the software engine.

use std::{fs, path::Path};

use super::*;
use crate::options::{WebOptions, WrapKey};

#[path = "../../../tests/vectors/cases.rs"]
mod cases;

use cases::{Case, Outcome};

fn open_case(area: &Memory, case: &Case) -> Result<Store> {
    let mut web = WebOptions::flutter();
    web.wrap_key = case.options.wrap_key.as_deref().map(Into::into);
    web.wrap_key_iv = case.options.wrap_key_iv.as_deref().map(Into::into);
    let wrap = match web.wrap()? {
        Some(WrapKey { key, iv }) => Some(Arc::new(now(SoftwareCipher::import_wrap(&key, &iv))?)),
        None => None,
    };
    try_open(area.clone(), &case.namespace, wrap)
}

/// Whether this is the answer where the software engine cannot take the IV's length.
fn is_beyond_this_engine(case: &Case, error: &Error) -> bool {
    let iv = case.options.wrap_key_iv.as_deref().map(|iv| WebOptions::flutter().wrap_key([0; 32]).wrap_key_iv(iv));
    let bytes = iv.and_then(|web| web.wrap().ok().flatten()).map_or(12, |wrap| wrap.iv.expose().len());
    error.kind() == ErrorKind::Unsupported && !matches!(bytes, 12 | 16)
}

fn check(title: &str, case: &Case) -> bool {
    let area = Memory::default();
    for (name, text) in &case.storage {
        area.set(name, text).expect("memory has room");
    }
    let untouched = || assert_eq!(everything(&area), case.storage, "{title}: something was changed");

    let store = match (open_case(&area, case), &case.expect.open) {
        (Ok(store), None) => store,
        (Err(error), Some(code)) => {
            assert_eq!((error.code(), error.argument()), (code.as_str(), case.expect.argument.as_deref()), "{title}");
            untouched();
            return true;
        }
        (Err(error), None) if is_beyond_this_engine(case, &error) => return false,
        (Err(error), None) => panic!("{title}: it does not open: {error:?}"),
        (Ok(_), Some(code)) => panic!("{title}: it opens, and {code} was expected"),
    };

    for (key, outcome) in &case.expect.get {
        let got = get_bytes(&store, key).map_err(|error| error.code());
        let expected = outcome.as_ref().map(Outcome::bytes).transpose();
        assert_eq!(got, expected, "{title}: get_bytes {key:?}");
    }
    let there = case.expect.get.iter().filter(|(_, outcome)| outcome.is_some()).map(|(key, _)| key.clone());
    assert_eq!(now(store.keys()).expect("it can be listed"), there.collect::<Vec<_>>(), "{title}: keys");
    let report = now(store.verify()).expect("it can be verified");
    assert_eq!(report.passed_over, case.expect.passed_over, "{title}: passed over");
    untouched();

    let set = now(store.set("probe", b"probe")).map_err(|error| error.code());
    assert_eq!(set.err(), case.expect.set.as_deref(), "{title}: set");
    if case.expect.set.is_some() {
        untouched();
    } else {
        assert_eq!(get(&store, "probe").as_deref(), Some("probe"), "{title}");
        let after = everything(&area);
        assert!(case.storage.iter().all(|item| after.get(item.0) == Some(item.1)), "{title}: set changed something");
    }
    true
}

#[test]
fn every_vector() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let (mut names, mut run, mut beyond) = (Vec::new(), 0, Vec::new());
    for entry in fs::read_dir(folder).expect("the folder of vectors") {
        let path = entry.expect("an entry of it").path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let name = path.file_name().expect("a file's name").to_string_lossy().into_owned();
        for (title, case) in cases::cases(&name, &fs::read_to_string(&path).expect("it can be read")) {
            if check(&title, &case) {
                run += 1;
            } else {
                beyond.push(case.name);
            }
        }
        names.push(name);
    }
    names.sort();
    assert_eq!(
        names,
        cases::FILES.map(|(name, _)| name),
        "browsers cannot list the folder: name every file in cases.rs"
    );
    beyond.sort();
    let lengths = ["1", "128", "13", "32", "7", "8"];
    assert_eq!(beyond, lengths.map(|length| format!("wrap IV of {length} bytes")));
    assert!(run >= 189, "only {run} vectors were run");
}
