// Shows that scripts/check-documents.mjs sees what it is there for, and nothing else.

import assert from "node:assert/strict";
import { test } from "node:test";
import { check } from "../../scripts/check-documents.mjs";

const FILES = ["src/lib.rs", "src/sealed.rs", "src/sealed/keys.rs", "src/sealed/tests.rs", "src/sealed/tests/verbs.rs", "docs/errors.md", "docs/a.md"];

/** @param {Record<string, string>} texts */
const findings = (texts) => check(new Map(Object.entries(texts)), [...FILES, ...Object.keys(texts)]);

test("links to files, folders and headings that are there are fine", () => {
  const text = "[a](docs/errors.md#two-words) [b](docs/) [c](#here) [d](https://example.com/x) ![e](docs/a.md)\n\n# Here\n";
  assert.deepEqual(findings({ "README.md": text, "docs/errors.md": "# Errors\n\n## Two `words`\n" }), []);
});

test("a link that leads nowhere is named with its line, from where the document lies", () => {
  assert.deepEqual(findings({ "docs/a.md": "\n[a](errors.md) [b](docs/errors.md)\n[c](errors.md#three)", "docs/errors.md": "# Errors" }), [
    "docs/a.md:2: the link to docs/errors.md leads nowhere",
    "docs/a.md:3: docs/errors.md has no heading #three",
  ]);
});

test("code holds no links and no headings", () => {
  assert.deepEqual(findings({ "README.md": "```md\n[a](nowhere.md)\n# Here\n```\n`[b](nowhere.md)` [c](#here)" }), ["README.md:5: README.md has no heading #here"]);
});

test("paths in backticks may start at the root, beside the document, or anywhere", () => {
  assert.deepEqual(findings({ "docs/a.md": "`src/lib.rs` `errors.md` `sealed/keys.rs` `src/{lib,sealed}.rs` `src/sealed/` `src/*.rs` `pkg/wasm/` `a/b` `Vec<u8>`" }), []);
});

test("a path that is not there is named", () => {
  assert.deepEqual(findings({ "README.md": "`src/gone.rs`\n`keys.rs` `eys.rs`\n`src/{lib,gone}.rs` `scripts/`" }), [
    "README.md:1: there is no src/gone.rs",
    "README.md:2: there is no eys.rs",
    "README.md:3: there is no src/gone.rs",
    "README.md:3: there is no scripts/",
  ]);
});

test("ARCHITECTURE.md's tables cover every module but the tests, by name or by folder", () => {
  const table = (/** @type {string} */ cell) => `| File | What it is |\n|---|---|\n| ${cell} | it |\n`;
  assert.deepEqual(findings({ "ARCHITECTURE.md": table("`src/lib.rs`, `sealed/keys.rs`, `sealed.rs`") }), []);
  assert.deepEqual(findings({ "ARCHITECTURE.md": table("`src/lib.rs`, `sealed.rs`, `sealed/`") }), []);
  assert.deepEqual(findings({ "ARCHITECTURE.md": `${table("`src/sealed.rs`")}\n\`src/lib.rs\` and \`src/sealed/\` outside of it` }), [
    "ARCHITECTURE.md:1: no table has src/lib.rs",
    "ARCHITECTURE.md:1: no table has src/sealed/keys.rs",
  ]);
});

test("words that make readers stumble are named, across lines of a comment too", () => {
  assert.deepEqual(
    findings({
      "src/lib.rs": "//! Made anew.\n/// Two, of\n/// which one\nfn a() {}",
      "docs/a.md": "It is had. A, but for B. They are\ngot. Renewed.",
      "pkg/index.d.ts": "/** It knows of no other, and cannot be had back. */",
    }),
    [
      'src/lib.rs:1: say it in other words: "anew"',
      'src/lib.rs:2: say it in other words: "of which"',
      'docs/a.md:1: say it in other words: "is had"',
      'docs/a.md:1: say it in other words: "A, but for"',
      'docs/a.md:1: say it in other words: "are got"',
      'pkg/index.d.ts:1: say it in other words: "knows of no"',
      'pkg/index.d.ts:1: say it in other words: "be had"',
    ],
  );
});

test("tests and licences may use any words", () => {
  const text = "// anew, of which";
  assert.deepEqual(findings({ "tests/cli.rs": text, "src/sealed/tests.rs": text, "src/sealed/tests/verbs.rs": text, "pkg/LICENSE-MIT.md": text }), []);
});
