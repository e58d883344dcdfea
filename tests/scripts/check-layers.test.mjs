// Shows that scripts/check-layers.mjs sees what it is there for, and nothing else.

import assert from "node:assert/strict";
import { test } from "node:test";
import { check, withoutCommentsAndStrings } from "../../scripts/check-layers.mjs";

/** @param {Record<string, string>} files */
const messages = (files) => check(new Map(Object.entries(files))).map(({ file, line, message }) => `${file}:${line}: ${message}`);

test("imports that point down are fine, in every form", () => {
  assert.deepEqual(
    messages({
      "lib.rs": "mod error;\npub use error::{Error, Code as ErrorCode};\npub use storage::SecureStorage;",
      "storage.rs": "use crate::{builder::Builder, error::{self, Error}, store::Store};\nuse crate::ErrorCode;",
      "builder.rs": "use super::storage::SecureStorage;",
      "platform.rs": "pub(crate) mod web;\nuse crate::flutter::Store;",
      "platform/web.rs": "use crate::platform::web::idb;\nuse crate::sealed::area::RecordArea;",
      "platform/web/claim.rs": "use super::idb::open;\nuse super::super::web::subtle;",
      "crypto/gcm.rs": "use super::read_ahead;\npub(crate) fn f() -> crate::error::Result<()> {}",
      "watch.rs": "use crate::report::Report;\n#[cfg(test)]\nmod tests { use super::*; use super::Change; mod deep { use super::super::Change; } }",
    }),
    [],
  );
});

test("an import that points up is named with its line", () => {
  assert.deepEqual(messages({ "crypto/gcm.rs": "//! Pure.\n\nuse crate::flutter::FlutterStore;" }), [
    "crypto/gcm.rs:3: imports point down only: crypto is below flutter",
  ]);
  assert.deepEqual(messages({ "error.rs": "fn f(x: crate::sealed::memory::RecordMemory) {}" }), ["error.rs:1: imports point down only: error is below sealed"]);
  assert.deepEqual(messages({ "platform/web/idb.rs": "use crate::{\n    error::Error,\n    platform::durability,\n};" }), [
    "platform/web/idb.rs:1: imports point down only: platform::web is below platform",
  ]);
  assert.deepEqual(messages({ "sealed/memory.rs": "use super::super::builder;" }), ["sealed/memory.rs:1: imports point down only: sealed is below builder"]);
});

test("a re-export at the crate's root is traced to its module", () => {
  const lib = "pub use crate::storage::{SecureStorage as Store};";
  assert.deepEqual(messages({ "lib.rs": lib, "flutter.rs": "use crate::Store;" }), ["flutter.rs:1: imports point down only: flutter is below storage"]);
  assert.deepEqual(messages({ "lib.rs": "", "flutter.rs": "use crate::Store;" }), [
    "flutter.rs:1: crate::Store has no layer: import it from the module that it is in",
  ]);
});

test("a module without a layer is told to get one", () => {
  assert.match(messages({ "helpers.rs": "use crate::error::Error;" })[0] ?? "", /^helpers\.rs:1: module helpers has no layer/);
});

test("a target cfg stands in platform.rs and platform/native.rs, and on one line of lib.rs", () => {
  const cfg = '#[cfg(target_arch = "wasm32")]\nfn f() {}\n';
  assert.deepEqual(messages({ "platform.rs": cfg + cfg, "platform/native.rs": cfg, "lib.rs": cfg }), []);
  assert.match(messages({ "lib.rs": cfg + cfg })[0] ?? "", /^lib\.rs:3: what the target is/);
  assert.match(messages({ "store.rs": cfg })[0] ?? "", /^store\.rs:1: .*: target_arch$/);
  assert.match(messages({ "platform/web.rs": cfg })[0] ?? "", /^platform\/web\.rs:1: /);
  assert.match(messages({ "store.rs": "#[cfg(any(test, windows))] fn f() {}" })[0] ?? "", /^store\.rs:1: /);
  assert.match(messages({ "store.rs": "if cfg!(unix) {}" })[0] ?? "", /^store\.rs:1: /);
  assert.deepEqual(messages({ "store.rs": "#[cfg(test)]\nfn windows() { unix() }" }), []);
});

test("JavaScript's types stay in platform::web and bindings", () => {
  const source = "use wasm_bindgen::JsValue;";
  assert.deepEqual(messages({ "platform/web.rs": source, "platform/web/idb.rs": source, "bindings.rs": source, "bindings/js.rs": source }), []);
  assert.match(messages({ "flutter.rs": `\nfn f(x: &JsValue) {}` })[0] ?? "", /^flutter\.rs:2: only platform::web .*: JsValue$/);
  assert.equal(messages({ "platform.rs": source }).length, 1);
});

test("unsafe code stays in platform::native, and format is pure", () => {
  assert.deepEqual(messages({ "platform/native/apple.rs": "unsafe { f() }", "lib.rs": "#![deny(unsafe_code)]" }), []);
  assert.equal(messages({ "secret.rs": "unsafe { f() }" }).length, 1);
  assert.match(messages({ "sealed/format/record.rs": "use std::time::Instant;" })[0] ?? "", /format is pure/);
  assert.match(messages({ "sealed/format.rs": '#[cfg(feature = "x")] mod y;' })[0] ?? "", /format is pure/);
  assert.deepEqual(messages({ "flutter/format.rs": "#[cfg(test)] mod tests {}" }), []);
});

test("a layout knows nothing of the other one", () => {
  assert.match(messages({ "sealed/keys.rs": "use crate::{\n    error::Error,\n    flutter::Names,\n};" })[0] ?? "", /knows nothing of the other/);
  assert.match(messages({ "flutter/key.rs": "use crate::sealed::kdf;" })[0] ?? "", /knows nothing of the other/);
});

test("comments and strings say what they like", () => {
  assert.deepEqual(
    messages({
      "error.rs": [
        "//! See crate::storage and JsValue.",
        "/* unsafe /* nested crate::area */ unsafe */",
        'const A: &str = "unsafe \\" crate::storage";',
        'const B: &str = r#"JsValue " crate::storage"#;',
        "const C: char = '\"'; const D: u8 = b'\\''; fn f<'a>(x: &'a str) {}",
        'const E: &str = "unsafe";',
      ].join("\n"),
    }),
    [],
  );
  assert.equal(withoutCommentsAndStrings('a // b\n"c" d').replace(/ +/g, " "), "a \n d");
});
