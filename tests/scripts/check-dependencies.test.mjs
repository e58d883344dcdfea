// Shows that scripts/check-dependencies.mjs sees each breach that it is there for, and nothing else.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { check } from "../../scripts/check-dependencies.mjs";
import { npm } from "../../scripts/setup.mjs";

/** @typedef {import("../../scripts/check-dependencies.mjs").Package} Package */

const CRATES_IO = "registry+https://github.com/rust-lang/crates.io-index";

/** @type {import("../../scripts/check-dependencies.mjs").Satisfies} */
let satisfies;
before(async () => {
  await npm();
  satisfies = (await import("spdx-satisfies")).default;
});

/** @returns {Package} */
const crate = (/** @type {string} */ name, version = "1.0.0", /** @type {Partial<Package>} */ more = {}) => ({
  id: `${name} ${version}`, name, version, license: "MIT OR Apache-2.0", source: CRATES_IO, dependencies: [], ...more,
});

const library = crate("wasm-bindgen", "0.2.130");
const tool = (/** @type {string} */ req) => crate("xtask", "0.0.0", { source: null, dependencies: [{ name: "wasm-bindgen-cli", req }] });

/**
 * The breaches among these packages, beside a wasm-bindgen as it should be.
 * @param {Package[]} packages
 * @param {{ rules?: object, edges?: Record<string, string[]> }} [more] rules beside the allowed licences; who depends on whom
 */
function breaches(packages, { rules = {}, edges = {} } = {}) {
  const all = packages.some(({ name }) => name === "xtask") ? packages : [...packages, library, tool("=0.2.130")];
  const nodes = Object.entries(edges).map(([id, dependencies]) => ({ id, dependencies }));
  const defaults = { licenses: { allow: ["MIT", "Zlib"], exceptions: [] }, bans: { skip: [], "skip-tree": [] } };
  return check({ packages: all, resolve: { nodes } }, { ...defaults, ...rules }, satisfies);
}

test("allowed licences are fine, in the old form too", () => {
  for (const license of ["MIT", "MIT/Apache-2.0", "(Apache-2.0 OR MIT) AND Zlib"]) assert.deepEqual(breaches([crate("a", "1.0.0", { license })]), [], license);
});

test("a licence that is not allowed is named, and so is none", () => {
  for (const license of ["GPL-3.0-only", "MIT AND GPL-3.0-only", "Apache-2.0 WITH LLVM-exception"]) {
    assert.deepEqual(breaches([crate("a", "1.0.0", { license })]), [`a 1.0.0: its licence, ${license}, is not allowed in deny.toml`]);
  }
  assert.deepEqual(breaches([crate("a", "1.0.0", { license: null })]), ["a 1.0.0: its licence, which it does not name, is not allowed in deny.toml"]);
});

test("an exception is for its crate, and for one that is there", () => {
  const rules = { licenses: { allow: ["MIT"], exceptions: [{ crate: "a", allow: ["MPL-2.0"] }] } };
  const mpl = { license: "MPL-2.0" };
  assert.deepEqual(breaches([crate("a", "1.0.0", mpl)], { rules }), []);
  assert.equal(breaches([crate("a", "1.0.0", mpl), crate("b", "1.0.0", mpl)], { rules }).length, 1);
  assert.deepEqual(breaches([crate("b")], { rules }), ["deny.toml: nothing depends on a any more: remove its exception"]);
});

test("crates come from crates.io", () => {
  const source = "git+https://example.org/a";
  assert.deepEqual(breaches([crate("a", "1.0.0", { source })]), [`a 1.0.0: comes from ${source}, not from crates.io`]);
});

test("two versions of a crate are named, unless one is skipped, alone or with the tree that needs it", () => {
  const own = crate("keyfold", "0.1.0", { source: null });
  const packages = [own, crate("a", "1.2.0"), crate("a", "2.0.0"), crate("b")];
  const edges = { [own.id]: ["a 2.0.0", "b 1.0.0"], "b 1.0.0": ["a 1.2.0"] };
  assert.match(breaches(packages, { edges })[0] ?? "", /^a: is compiled as 1\.2\.0 and as 2\.0\.0/);
  const bans = (/** @type {string[]} */ skip, /** @type {string[]} */ trees) => ({ rules: { bans: { skip: skip.map((crate) => ({ crate })), "skip-tree": trees.map((crate) => ({ crate })) } } });
  assert.deepEqual(breaches(packages, { ...bans(["a@1"], []), edges }), []);
  assert.equal(breaches(packages, { ...bans(["a@1.20"], []), edges }).length, 2, "not skipped, and an exception for nothing");
  assert.deepEqual(breaches(packages, { ...bans([], ["b"]), edges }), []);
  const needsBoth = { ...edges, [own.id]: ["a 1.2.0", "a 2.0.0", "b 1.0.0"] };
  assert.equal(breaches(packages, { ...bans([], ["b"]), edges: needsBoth }).length, 1, "not only the tree needs it");
});

test("wasm-bindgen's tool is of its version, exactly", () => {
  assert.deepEqual(breaches([library, tool("=0.2.130")]), []);
  for (const req of ["=0.2.129", "^0.2.130"]) assert.match(breaches([library, tool(req)])[0] ?? "", /^wasm-bindgen: Cargo\.lock has 0\.2\.130, and xtask\/Cargo\.toml asks for the tool/);
  assert.equal(breaches([library, crate("xtask")]).length, 1);
});
