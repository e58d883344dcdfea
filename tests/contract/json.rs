//! The cases of `set_json` and `get_json`.

use std::collections::BTreeMap;

use keyfold::ErrorKind;
use serde::{Deserialize, Serialize};

use crate::backend::Backend;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Session {
    user: String,
    #[serde(rename = "expiresAt")]
    expires_at: Option<f64>,
    roles: Vec<Role>,
    limits: BTreeMap<String, i32>,
    pair: (u8, bool),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Role {
    Reader,
    Owner { of: String },
}

fn session() -> Session {
    Session {
        user: "Žofie \"🦀\"\n".to_owned(),
        expires_at: Some(1.5e9 + 0.25),
        roles: vec![Role::Reader, Role::Owner { of: "notes".to_owned() }],
        limits: BTreeMap::from([("a.b".to_owned(), -1), (String::new(), i32::MAX)]),
        pair: (255, true),
    }
}

pub(crate) async fn json_comes_back(backend: &Backend) {
    let storage = backend.open().await;
    storage.set_json("session", &session()).await.expect("it can be written");
    assert_eq!(storage.get_json("session").await.expect("it can be read"), Some(session()));
    let none = Session { expires_at: None, roles: vec![], limits: BTreeMap::new(), ..session() };
    storage.set_json("session", &none).await.expect("it can be written");
    assert_eq!(storage.get_json("session").await.expect("it can be read"), Some(none));
    assert_eq!(storage.get_json::<Session>("absent").await.expect("it can be read"), None);
    storage.set_json("list", &[1.5, -0.25]).await.expect("it can be written");
    assert_eq!(storage.get_json("list").await.expect("it can be read"), Some(vec![1.5, -0.25]));
    storage.set_json("text", "unsized").await.expect("it can be written");
    assert_eq!(storage.get_json("text").await.expect("it can be read"), Some("unsized".to_owned()));
}

pub(crate) async fn json_is_text_like_any_other(backend: &Backend) {
    let storage = backend.open().await;
    storage.set_json("session", &session()).await.expect("it can be written");
    // Other languages and other apps read it as JSON text, whose members may come in any order.
    let text = storage.get("session").await.expect("it is text").expect("it is there");
    let parsed: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
    assert_eq!(parsed, serde_json::to_value(session()).expect("it can be JSON"));
    storage.set("by hand", r#" { "a" : [1, 2], "b" : null } "#).await.expect("it can be written");
    let read = storage.get_json::<BTreeMap<String, Option<Vec<u8>>>>("by hand").await.expect("it can be read");
    assert_eq!(read, Some(BTreeMap::from([("a".to_owned(), Some(vec![1, 2])), ("b".to_owned(), None)])));
}

pub(crate) async fn what_is_not_such_json_is_an_error(backend: &Backend) {
    let storage = backend.open().await;
    for text in ["", "plain text", "{", "[1, 2", "{\"user\": 1}", "null", "1 2"] {
        storage.set("session", text).await.expect("it can be written");
        let error = storage.get_json::<Session>("session").await.expect_err("it is no session");
        assert_eq!((error.kind(), error.key()), (ErrorKind::Corrupt, Some("session")), "{text:?}");
        assert_eq!(storage.get("session").await.expect("it is text").as_deref(), Some(text), "it was changed");
    }
    storage.set_bytes("session", &[0xff]).await.expect("it can be written");
    let error = storage.get_json::<Session>("session").await.expect_err("it is no text");
    assert_eq!(error.kind(), ErrorKind::NotText);
}

pub(crate) async fn what_json_cannot_hold_is_refused(backend: &Backend) {
    let storage = backend.open().await;
    storage.set("map", "old").await.expect("it can be written");
    let map = BTreeMap::from([((1, 2), 3)]);
    let error = storage.set_json("map", &map).await.expect_err("JSON's names are text");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert_eq!(storage.get("map").await.expect("it can be read").as_deref(), Some("old"));
}
