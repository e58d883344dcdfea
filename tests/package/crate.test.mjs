// The crate as `cargo publish` would upload it: its sources, its documents, and nothing else.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, test } from "node:test";
import { at, outputOf } from "../../scripts/tools.mjs";

/** The documents in the root. Like the folders below they are named in `include` of Cargo.toml. */
const DOCUMENTS = [
  "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "FORMAT.md", "LICENSE-APACHE", "LICENSE-MIT", "PLATFORMS.md", "README.md", "SECURITY.md", "THREAT_MODEL.md",
];

/** Folders of which it holds everything that is in the repository. */
const FOLDERS = ["docs", "examples", "src"];

/** What cargo itself adds. */
const BY_CARGO = [".cargo_vcs_info.json", "Cargo.lock", "Cargo.toml", "Cargo.toml.orig"];

const lines = async (/** @type {string} */ program, /** @type {string[]} */ ...args) =>
  (await outputOf(program, args, { errors: "inherit" }))?.split("\n").filter(Boolean) ?? [];

/** @type {string[]} */
let packed;
before(async () => {
  packed = await lines("cargo", "package", "--list", "--allow-dirty", "--package", "keyfold");
});

test("it holds what it should, and nothing else", async () => {
  // Without the sources' tests, which read vectors that stay in the repository.
  const files = (await lines("git", "ls-files", ...FOLDERS)).filter((path) => !/\/tests(?:\.rs|\/)/.test(path));
  for (const folder of FOLDERS) assert.ok(files.some((path) => path.startsWith(`${folder}/`)), folder);
  const want = [...BY_CARGO, ...DOCUMENTS, ...files];
  const [missing, tooMuch] = [want.filter((path) => !packed.includes(path)), packed.filter((path) => !want.includes(path))];
  assert.deepEqual({ missing, tooMuch }, { missing: [], tooMuch: [] });
});

test("what its README links to is in it", () => {
  const links = [...readFileSync(at("README.md"), "utf8").matchAll(/\]\((?![a-z]+:)([^)#\s]+)/g)].map((match) => match[1] ?? "");
  assert.ok(links.length > 0);
  const isThere = (/** @type {string} */ link) => packed.some((path) => path === link || path.startsWith(`${link.replace(/\/$/, "")}/`));
  assert.deepEqual(links.filter((link) => !isThere(link)), []);
});
