//! Odd names, and namespaces that share a start.

use super::*;

/// Key names that trip up naive code.
const KEYS: [&str; 16] = [
    "",
    ".",
    "..",
    "a.b",
    ".a",
    "a.",
    " ",
    "emoji 🔑",
    "\u{feff}",
    "\0",
    "new\nline",
    "__proto__",
    "constructor",
    "length",
    "app",
    "app.x",
];

#[test]
fn odd_keys_are_names_like_any_other() {
    let area = Memory::default();
    let store = open(&area, "app");
    for key in KEYS {
        assert_eq!(get(&store, key), None, "{key:?}");
        set(&store, key, &format!("value of {key}"));
    }
    let store = open(&area, "app");
    let mut sorted = KEYS;
    sorted.sort_unstable();
    assert_eq!(now(store.keys()).expect("it can be listed"), sorted);
    for key in KEYS {
        assert_eq!(get(&store, key), Some(format!("value of {key}")));
        assert!(area.get(&format!("app.{key}")).expect("it can be read").is_some(), "{key:?} is escaped");
    }
    for key in KEYS {
        assert_eq!(now(store.remove(key)).ok(), Some(true));
        assert_eq!(now(store.contains_key(key)).ok(), Some(false));
    }
    assert_eq!(everything(&area).into_keys().collect::<Vec<_>>(), ["app"]);
}

#[test]
fn odd_namespaces_are_names_like_any_other() {
    let area = Memory::default();
    let namespaces = [
        "length",
        "key",
        "getItem",
        "__proto__",
        "constructor",
        ".",
        "..",
        "a.",
        ".a",
        " ",
        "🗝",
        "com.example.notes",
        "\0",
    ];
    for namespace in namespaces {
        set(&open(&area, namespace), "token", namespace);
    }
    for namespace in namespaces {
        let store = open(&area, namespace);
        assert_eq!(get(&store, "token").as_deref(), Some(namespace));
        assert_eq!(now(store.keys()).expect("it can be listed"), ["token"], "of {namespace:?}");
    }
    for namespace in namespaces {
        now(open(&area, namespace).destroy()).expect("it can be destroyed");
    }
    assert!(everything(&area).is_empty());
}

/// `app` has two entries, and one of them looks as if it belonged to `app.y`. `app.x` and `app.x.deep` have
/// their own, and so has `application`, which only starts alike.
fn neighbours() -> Memory {
    let area = Memory::default();
    for (namespace, key) in [
        ("app", "token"),
        ("app", "y.token"),
        ("app.x", "token"),
        ("app.x", ""),
        ("app.x.deep", "token"),
        ("application", "token"),
    ] {
        set(&open(&area, namespace), key, &format!("of {namespace}"));
    }
    area
}

const FOREIGN: [&str; 5] = ["app.x", "app.x.", "app.x.deep", "app.x.deep.token", "app.x.token"];

#[test]
fn keys_and_values_of_a_longer_namespace_are_not_ours() {
    let area = neighbours();
    let store = open(&area, "app");
    assert_eq!(now(store.keys()).expect("it can be listed"), ["token", "y.token"]);
    let all = get_all(&store, OnUnreadable::Fail).expect("it opens");
    let of_app = |key: &str| (key.to_owned(), b"of app".to_vec());
    assert_eq!(all, [of_app("token"), of_app("y.token")]);
    let report = now(store.verify()).expect("it can be verified");
    assert_eq!(report.passed_over, FOREIGN);
    assert_eq!(report.readable, ["token", "y.token"]);
    assert!(report.unreadable.is_empty());
    let middle = open(&area, "app.x");
    assert_eq!(now(middle.keys()).expect("it can be listed"), ["", "token"]);
    assert_eq!(now(middle.verify()).expect("it can be verified").passed_over, ["app.x.deep", "app.x.deep.token"]);
}

fn assert_only_neighbours_are_left(area: &Memory, ours: &[&str]) {
    let left = everything(area).into_keys();
    let mut expected: Vec<_> =
        FOREIGN.iter().chain(&["application", "application.token"]).chain(ours).copied().collect();
    expected.sort_unstable();
    assert_eq!(left.collect::<Vec<_>>(), expected);
    for (namespace, key) in [("app.x", "token"), ("app.x", ""), ("app.x.deep", "token"), ("application", "token")] {
        assert_eq!(get(&open(area, namespace), key), Some(format!("of {namespace}")));
    }
}

#[test]
fn clear_leaves_a_longer_namespace_alone() {
    let area = neighbours();
    now(open(&area, "app").clear()).expect("it can be cleared");
    assert_only_neighbours_are_left(&area, &["app"]);
}

#[test]
fn destroy_leaves_a_longer_namespace_alone() {
    let area = neighbours();
    now(open(&area, "app").destroy()).expect("it can be destroyed");
    assert_only_neighbours_are_left(&area, &[]);
    // And what is left of it is no entry that would keep this namespace from having a key again.
    set(&open(&area, "app"), "token", "of app");
}

#[test]
fn destroying_without_opening_leaves_a_longer_namespace_alone() {
    let area = neighbours();
    now(destroy(&area, "app")).expect("it can be destroyed");
    assert_only_neighbours_are_left(&area, &[]);
}

#[test]
fn the_longer_namespace_can_be_cleared_and_destroyed() {
    let area = neighbours();
    now(open(&area, "app.x").clear()).expect("it can be cleared");
    assert_eq!(get(&open(&area, "app"), "token").as_deref(), Some("of app"));
    assert_eq!(get(&open(&area, "app.x.deep"), "token").as_deref(), Some("of app.x.deep"));
    now(open(&area, "app.x").destroy()).expect("it can be destroyed");
    assert_eq!(get(&open(&area, "app"), "y.token").as_deref(), Some("of app"));
    assert_eq!(get(&open(&area, "app.x.deep"), "token").as_deref(), Some("of app.x.deep"));
}

#[test]
fn the_key_entry_of_a_longer_namespace_is_neither_written_over_nor_removed() {
    let area = neighbours();
    let before = everything(&area);
    let store = open(&area, "app");
    for result in [
        now(store.set("x", b"value")),
        now(store.set_all(&[("fine", b"value"), ("x", b"value")])),
        now(store.set_all(&[("x.deep", b"value"), ("fine", b"value")])),
        now(store.remove("x")).map(drop),
    ] {
        let error = result.expect_err("it would lose every entry of app.x");
        assert_eq!((error.kind(), error.argument()), (ErrorKind::InvalidArgument, Some("key")));
    }
    assert_eq!(everything(&area), before);
}
