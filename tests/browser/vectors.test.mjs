// The package reads every vector and every storage that a real Flet app wrote as they say, with both engines.

import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { before, test } from "node:test";
import { at } from "../../scripts/tools.mjs";
import { packageInChromium } from "./helpers/suite.mjs";

/**
 * @typedef {{ text: string } | { hex: string } | { error: string } | null} Outcome
 * @typedef {{ open?: string, argument?: string, get?: Record<string, Outcome>, passedOver?: string[], set?: string }} Expect
 * @typedef {{ name: string, namespace: string, options?: object, storage: Record<string, string>, expect: Expect }} Case
 */

const jsonFiles = async (/** @type {string} */ folder) => (await readdir(at(folder))).filter((name) => name.endsWith(".json")).sort();
const vectors = await jsonFiles("tests/vectors");
const fixtures = await jsonFiles("tests/fixtures/flet");

/** Tabs of a browser as it is, and of one without base64 of its own, as they were until 2024. @type {Record<string, import("playwright-core").Page>} */
const tabs = {};

const suite = packageInChromium();

before(async () => {
  tabs["base64 of its own"] = await suite.tab(await suite.profile());
  const older = await suite.profile();
  await older.addInitScript(() => {
    for (const owner of [Uint8Array, Uint8Array.prototype]) {
      for (const name of Object.getOwnPropertyNames(owner)) if (name.includes("Base64")) Reflect.deleteProperty(owner, name);
    }
  });
  tabs["no base64"] = await suite.tab(older);
});

test("there are vectors of both kinds, and fixtures", () => {
  assert.deepEqual(["accept", "reject"].filter((kind) => !vectors.some((name) => name.startsWith(`${kind}-`))), []);
  assert.ok(fixtures.length > 0);
});

const browsers = ["auto", "webcrypto"].flatMap((engine) => ["base64 of its own", "no base64"].map((browser) => ({ engine, browser })));

for (const { engine, browser } of browsers) {
  for (const file of vectors) {
    test(`${file}, engine ${engine}, ${browser}`, async () => {
      /** @type {{ cases: Case[] }} */
      const { cases } = JSON.parse(await readFile(at("tests/vectors", file), "utf8"));
      const found = await tabIn(browser).evaluate(tryVectors, { file, engine });
      assert.equal(found.length, cases.length);
      cases.forEach(({ name, expect }, n) => assert.deepEqual(found[n], { name, ...expected(expect) }));
    });
  }

  for (const file of fixtures) {
    test(`what Flet wrote: ${file}, engine ${engine}, ${browser}`, async () => {
      const { expect } = JSON.parse(await readFile(at("tests/fixtures/flet", file), "utf8"));
      const found = await tabIn(browser).evaluate(tryFixture, { file, engine });
      const values = Object.entries(expect).sort(([a], [b]) => (a < b ? -1 : 1));
      assert.deepEqual(found, { all: values, gets: values, keys: values.map(([key]) => key), probe: "by keyfold", changed: [] });
    });
  }
}

const tabIn = (/** @type {string} */ browser) => /** @type {import("playwright-core").Page} */ (tabs[browser]);

test("large values of either kind come back, and go between browsers with base64 and without", async () => {
  for (const [writer, reader] of [["base64 of its own", "no base64"], ["no base64", "base64 of its own"]]) {
    for (const engine of ["auto", "webcrypto"]) {
      const items = await tabIn(String(writer)).evaluate(writeLarge, engine);
      assert.deepEqual(await tabIn(String(reader)).evaluate(readLarge, { engine, items }), ["large text", "large bytes", "text that is short"]);
    }
  }
});

/** Runs in the page: what lies in the storage after values around and beyond every threshold were written. */
async function writeLarge(/** @type {string} */ engine) {
  localStorage.clear();
  await new Promise((resolve) => Object.assign(indexedDB.deleteDatabase("keyfold-claims"), { onsuccess: resolve }));
  const storage = await openStore("large", { engine });
  await storage.setAll([["text", "\ufeffлёд 🔑".repeat(9000)], ["bytes", Uint8Array.from({ length: 70_001 }, (_, n) => (n * 7) % 256)], ["short", "\ufeff"]]);
  return Object.entries(localStorage);
}

/** Runs in the page: which of those values are as they were written. */
async function readLarge(/** @type {{ engine: string, items: [string, string][] }} */ { engine, items }) {
  localStorage.clear();
  for (const [name, text] of items) localStorage.setItem(name, text);
  const storage = await openStore("large", { engine });
  const bytes = await storage.getBytes("bytes");
  const all = await storage.getAll({ skipUnreadable: true });
  return [
    (await storage.get("text")) === "\ufeffлёд 🔑".repeat(9000) && all.get("text") === "\ufeffлёд 🔑".repeat(9000) && "large text",
    bytes?.length === 70_001 && bytes.every((byte, n) => byte === (n * 7) % 256) && (await storage.get("bytes").catch((error) => error.code)) === "not-text" && "large bytes",
    (await storage.get("short")) === "\ufeff" && "text that is short",
  ];
}

/** What {@link tryVectors} is to find. In pairs: an object with the name `__proto__` does not come out of a page whole. */
function expected(/** @type {Expect} */ { get = {}, passedOver = [], set = "", ...open }) {
  if (open.open !== undefined) return { ...open, changed: [] };
  const keys = Object.keys(get).filter((key) => get[key] !== null).sort();
  return { get: Object.entries(get), keys, passedOver, set, changed: [] };
}

/** Runs in the page: seeds the storage with each case of a file and tells what comes of it. */
async function tryVectors(/** @type {{ file: string, engine: string }} */ { file, engine }) {
  /** @type {{ cases: Case[] }} */
  const { cases } = await (await fetch(`/vectors/${file}`)).json();

  const hex = (/** @type {Uint8Array} */ bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const settled = (/** @type {Promise<any>} */ call) => call.then((value) => ({ value, code: undefined }), ({ code }) => ({ value: undefined, code: String(code) }));

  const outcome = async (/** @type {SecureStorage} */ storage, /** @type {string} */ key) => {
    const [text, bytes] = [await settled(storage.get(key)), await settled(storage.getBytes(key))];
    if (text.code === "not-text" && bytes.value) return { hex: hex(bytes.value) };
    if (text.code !== bytes.code) return { get: text.code, getBytes: bytes.code };
    if (text.code) return { error: text.code };
    if (text.value === undefined) return bytes.value === undefined ? null : { getBytes: hex(bytes.value) };
    return hex(bytes.value) === hex(new TextEncoder().encode(text.value)) ? { text: text.value } : { text: text.value, getBytes: hex(bytes.value) };
  };

  const results = [];
  for (const { name, namespace, options, storage: seed, expect } of cases) {
    localStorage.clear();
    await new Promise((resolve) => Object.assign(indexedDB.deleteDatabase("keyfold-claims"), { onsuccess: resolve }));
    for (const [item, text] of Object.entries(seed)) localStorage.setItem(item, text);
    // What a read or a refusal leaves behind is seen at the end: nothing.
    const changed = () => Object.keys(seed).filter((item) => localStorage.getItem(item) !== seed[item]);
    const added = () => (localStorage.length === Object.keys(seed).length ? [] : ["an item more or less"]);

    const opened = await settled(openStore(namespace, { ...options, engine }));
    if (opened.code) {
      const { argument } = /** @type {Failure} */ (await failure(openStore(namespace, { ...options, engine })));
      results.push({ name, open: opened.code, ...(argument && { argument }), changed: [...changed(), ...added()] });
      continue;
    }
    const storage = opened.value;
    /** @type {[string, unknown][]} */
    const get = [];
    for (const key of Object.keys(expect.get ?? {})) get.push([key, await outcome(storage, key)]);
    const keys = (await storage.keys()).sort();
    const passedOver = (await storage.verify()).passedOver.toSorted();
    const readsAdded = added();
    const set = (await settled(storage.set("probe", "new"))).code ?? ((await storage.get("probe")) === "new" ? "" : "does not read back");
    results.push({ name, get, keys, passedOver, set, changed: [...changed(), ...readsAdded, ...(set ? added() : [])] });
  }
  return results;
}

/** Runs in the page: loads what a Flet app left in the storages, reads it, and writes beside it. */
async function tryFixture(/** @type {{ file: string, engine: string }} */ { file, engine }) {
  const { web_options: web, local_storage, session_storage } = await (await fetch(`/fixtures/${file}`)).json();
  localStorage.clear();
  sessionStorage.clear();
  await new Promise((resolve) => Object.assign(indexedDB.deleteDatabase("keyfold-claims"), { onsuccess: resolve }));
  const seeded = () => [local_storage, session_storage].flatMap((texts, n) => Object.entries(texts).map(([name, text]) => ({ area: n === 0 ? localStorage : sessionStorage, name, text })));
  for (const { area, name, text } of seeded()) area.setItem(name, text);

  const storage = await openStore(web.public_key ?? keyfold.FLET_NAMESPACE, {
    mustExist: true,
    engine,
    useSessionStorage: web.use_session_storage ?? false,
    ...(web.wrap_key && { wrapKey: web.wrap_key, wrapKeyIv: web.wrap_key_iv }),
  });
  const all = await storage.getAll();
  const gets = await Promise.all([...all.keys()].map(async (key) => /** @type {const} */ ([key, await storage.get(key)])));
  const keys = await storage.keys();
  await storage.set("written beside", "by keyfold");
  return {
    all: [...all],
    gets,
    keys,
    probe: await storage.get("written beside"),
    changed: seeded().filter(({ area, name, text }) => area.getItem(name) !== text).map(({ name }) => name),
  };
}
