// One store of the sealed layout in every kind of context that an origin has: a page, and a dedicated, a shared and a
// service worker, with the package as plain modules, as it is served.

import assert from "node:assert/strict";
import { test } from "node:test";
import { build as bundle } from "esbuild";
import { at } from "../../scripts/tools.mjs";
import { packageInChromium } from "./helpers/suite.mjs";
import { everyKind, WITH_WORKERS } from "./helpers/places.mjs";

/** @typedef {import("./helpers/places.mjs").Place} Place */

const suite = packageInChromium({
  ...WITH_WORKERS,
  routes: { "/bundled-worker.js": (_, response) => void response.setHeader("Content-Type", "text/javascript").end(script) },
});
/** @type {Place[]} */
let places;
/** What a bundler made of a worker. */
let script = "";

suite.eachInNewProfile(async (profile) => {
  places = await everyKind(suite, profile);
});

const tab = () => /** @type {import("playwright-core").Page} */ (places[0]?.page);

test("a page, a dedicated, a shared and a service worker open one store: each writes, all read all", async () => {
  const namespace = "my-app";
  const entries = Object.fromEntries(places.map(({ name }) => [`from ${name}`, `by ${name}`]));
  for (const { name, act } of places) await act("set", { namespace, key: `from ${name}`, value: entries[`from ${name}`] ?? "" });
  for (const { name, act } of places) {
    assert.deepEqual(await act("entriesOnce", { namespace, expected: entries }), entries, name);
    assert.deepEqual(await act("entries", { namespace, fresh: true }), entries, `${name}, from the database`);
  }
});

test("each tells its watcher what the others change", async () => {
  const namespace = "watched";
  for (const { act } of places) await act("watch", { namespace });
  for (const writer of places) {
    const key = `from ${writer.name}`;
    await writer.act("set", { namespace, key, value: "" });
    for (const { name, act } of places) {
      const line = `set ${key}, ${name === writer.name ? "own" : "remote"}`;
      assert.deepEqual(await act("toldUntil", { namespace, last: line }), [line], `in a ${name}`);
    }
  }
});

test("a passphrase and an app key open a store in every context, and the wrong one in none", async () => {
  const unlocks = { passphrase: { passphrase: "correct horse" }, "app-key": { appKey: "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=" } };
  for (const [kind, unlock] of Object.entries(unlocks)) {
    // Made in each of them, and opened by all others.
    for (const maker of kind === "passphrase" ? places.slice(1, 2) : places) {
      const namespace = `${kind} of a ${maker.name}`;
      for (const { name, act } of [maker, ...places.filter((place) => place !== maker)]) {
        assert.equal(await act("open", { namespace, options: { unlock } }), kind, name);
        await act("set", { namespace, key: name, value: name });
      }
      const expected = Object.fromEntries(places.map(({ name }) => [name, name]));
      for (const { name, act } of places) assert.deepEqual(await act("entriesOnce", { namespace, expected }), expected, name);
    }
  }
  const namespace = "locked to the others";
  const [page, ...workers] = /** @type {[Place, ...Place[]]} */ (places);
  assert.equal(await page.act("open", { namespace, options: { unlock: unlocks["app-key"] } }), "app-key");
  for (const { name, act } of workers) {
    assert.equal(await act("open", { namespace, options: { unlock: { appKey: "YGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn8=" } } }), "wrong-key", name);
    assert.equal(await act("open", { namespace, options: { unlock: unlocks.passphrase } }), "locked", name);
    assert.equal(await act("open", { namespace }), "locked", name);
  }
});

test("a handle is locked and unlocked where it is, and not elsewhere", async () => {
  const namespace = "locks";
  const options = { unlock: { appKey: "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=" } };
  for (const { name, act } of places) await act("set", { namespace, options, key: name, value: name });
  for (const place of places) {
    await place.act("call", { namespace, verb: "lock" });
    assert.deepEqual(await Promise.all(places.map(({ act }) => act("call", { namespace, verb: "get", arguments: ["page"] }))), places.map((other) => (other === place ? "locked" : "page")));
    assert.equal(await place.act("call", { namespace, verb: "unlock", arguments: [options.unlock] }), "done");
    assert.equal(await place.act("call", { namespace, verb: "get", arguments: ["page"] }), "page");
  }
});

test("keys are changed in every context, and the others go on", async () => {
  const namespace = "rotated";
  for (const { name, act } of places) await act("set", { namespace, key: name, value: name });
  const expected = Object.fromEntries(places.map(({ name }) => [name, name]));
  for (const [n, place] of places.entries()) {
    assert.equal(await place.act("call", { namespace, verb: "rotate" }), "done");
    for (const { name, act } of places) assert.deepEqual(await act("entries", { namespace, fresh: true }), expected, name);
    const { generation, key, keysOfRecords } = await place.act("stored", { namespace });
    assert.deepEqual([generation, new Set(keysOfRecords)], [n + 2, new Set([key])]);
  }
});

test("keyfold/inline opens the same store in a page, a dedicated and a shared worker", async () => {
  const keys = await tab().evaluate(async () => {
    const keys = [];
    for (const kind of ["dedicated", "shared"]) keys.push(await ask(`${kind} /inline-worker.js`, { namespace: "inline", key: kind, options: { unlock: { passphrase: "correct horse" } } }));
    return keys;
  });
  assert.deepEqual(keys, [["dedicated"], ["dedicated", "shared"]]);
});

test("keyfold/inline in a service worker: in one script by a bundler, since those load no module late", async () => {
  const { outputFiles } = await bundle({ entryPoints: [at("tests/browser/pages/inline-worker.js")], tsconfig: at("tsconfig.json"), bundle: true, format: "esm", write: false });
  script = outputFiles[0]?.text ?? "";
  const [bundled, plain] = await tab().evaluate(async () => {
    const plan = { namespace: "inline", key: "service", options: { unlock: { passphrase: "correct horse" } } };
    return [await ask("service /bundled-worker.js", plan), await ask("service /inline-worker.js", plan)];
  });
  assert.deepEqual(bundled, ["service"]);
  // As the HTML specification has it for import().
  assert.deepEqual([plain.code, plain.cause.split(":")[0]], ["unavailable", "TypeError"]);
  assert.match(plain.message, /could not be loaded: TypeError: import\(\) is disallowed/, "and no other reason is told");
});
