// Moving between the layouts: what a real Flet app has stored goes into a sealed store and back, and its source stays byte for
// byte as it was.

import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { before, beforeEach, describe, test } from "node:test";
import { at } from "../../scripts/tools.mjs";
import { packageInChromium } from "./helpers/suite.mjs";
import { refused } from "./helpers/refused.mjs";

/** @typedef {{ web_options: any, expect: Record<string, string>, local_storage: Record<string, string>, session_storage: Record<string, string> }} Fixture */

const suite = packageInChromium();
/** @type {import("playwright-core").Page} */
let tab;

before(async () => {
  tab = await suite.tab(await suite.profile());
});

beforeEach(() =>
  tab.evaluate(async () => {
    localStorage.clear();
    sessionStorage.clear();
    for (const name of ["keyfold", "keyfold-claims"]) await raw.remove(name);
  }),
);

const files = (await readdir(at("tests/fixtures/flet"))).filter((name) => name.endsWith(".json")).sort();

/** @returns {Promise<Fixture>} */
const fixtureOf = async (/** @type {string} */ file) => JSON.parse(await readFile(at("tests/fixtures/flet", file), "utf8"));

/** Puts what a Flet app has stored there, and opens it. */
const opened = (/** @type {Fixture} */ { web_options: web, local_storage, session_storage }) =>
  tab.evaluateHandle(
    ({ web, local_storage, session_storage }) => {
      for (const [area, texts] of /** @type {[Storage, Record<string, string>][]} */ ([[localStorage, local_storage], [sessionStorage, session_storage]])) {
        for (const [name, text] of Object.entries(texts)) area.setItem(name, text);
      }
      return openStore(web.public_key ?? keyfold.FLET_NAMESPACE, {
        mustExist: true, useSessionStorage: web.use_session_storage ?? false, ...(web.wrap_key && { wrapKey: web.wrap_key, wrapKeyIv: web.wrap_key_iv }),
      });
    },
    { web, local_storage, session_storage },
  );

/** Names and values in the order of names. */
const sorted = (/** @type {Record<string, string>} */ values) => Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));

test("there are fixtures", () => assert.ok(files.length >= 7));

for (const file of files) {
  describe(`what Flet wrote: ${file}`, () => {
    test("goes into a sealed store, and the source is untouched", async () => {
      const fixture = await fixtureOf(file);
      const [source, names] = [await opened(fixture), sorted(fixture.expect).map(([name]) => name)];
      // Passphrases take their time.
      for (const unlock of ["device", { appKey: "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=" }, ...(file === files[0] ? [{ passphrase: "s3cret" }] : [])]) {
        const found = await source.evaluate(async (source, unlock) => {
          const before = JSON.stringify(await stored());
          const options = { unlock: /** @type {any} */ (unlock) };
          const sealed = await keyfold.SecureStorage.open("moved", options);
          const report = await sealed.importFrom(source);
          const again = await sealed.importFrom(source);
          const moved = await keyfold.SecureStorage.open("moved", { mustExist: true, ...options });
          const found = { report, again, all: [...(await moved.getAll())], keys: await moved.keys(), unreadable: (await moved.verify()).unreadable, source: [...(await source.getAll())], untouched: JSON.stringify(await stored()) === before };
          await keyfold.SecureStorage.destroy("moved");
          return found;
        }, unlock);
        assert.deepEqual(found, {
          report: { imported: names, skipped: [], unreadable: [], complete: true }, again: { imported: [], skipped: names, unreadable: [], complete: false },
          all: sorted(fixture.expect), keys: names, unreadable: [], source: sorted(fixture.expect), untouched: true,
        });
      }
    });

    test("names that are here already are left, replaced, or the reason to do nothing", async () => {
      const fixture = await fixtureOf(file);
      const source = await opened(fixture);
      const names = sorted(fixture.expect).map(([name]) => name);
      const [first = "", last = ""] = [names[0], names.at(-1)];
      const { conflict, skipped, overwritten, values, untouched } = await source.evaluate(async (source, [first, last]) => {
        const before = JSON.stringify(await stored());
        const sealed = await keyfold.SecureStorage.open("moved");
        await sealed.setAll([[first ?? "", "mine"], [last ?? "", "mine"], ["only here", "mine"]]);
        const conflict = await failure(() => sealed.importFrom(source, { onConflict: "fail" }));
        const values = [(await sealed.keys()).length];
        const skipped = await sealed.importFrom(source, { onConflict: "skip" });
        const all = async () => [...(await sealed.getAll())].filter(([, value]) => value === "mine").map(([key]) => key);
        const mine = [await all()];
        const overwritten = await sealed.importFrom(source, { onConflict: "overwrite" });
        mine.push(await all());
        return { conflict, skipped, overwritten, values: [...values, ...mine], untouched: JSON.stringify(await stored()) === before };
      }, [first, last]);
      refused(conflict, { code: "invalid-argument", argument: "onConflict", key: first, says: /is here already, so nothing was imported/ });
      assert.deepEqual(skipped, { imported: names.filter((name) => name !== first && name !== last), skipped: [first, last], unreadable: [], complete: false });
      assert.deepEqual(overwritten, { imported: names, skipped: [], unreadable: [], complete: true });
      assert.deepEqual([values, untouched], [[3, [first, last, "only here"].sort(), ["only here"]], true]);
    });

    test("an entry that cannot be read is reported, and the rest is moved", async () => {
      const fixture = await fixtureOf(file);
      const texts = [fixture.local_storage, fixture.session_storage].find((texts) => Object.keys(texts).length > 0) ?? {};
      const damaged = Object.keys(texts).find((name) => name.endsWith(".token")) ?? "";
      texts[damaged] = `${texts[damaged]?.slice(0, 20)}AAAA${texts[damaged]?.slice(24)}`;
      const source = await opened(fixture);
      const { report, all, untouched } = await source.evaluate(async (source) => {
        const before = JSON.stringify(await stored());
        const sealed = await keyfold.SecureStorage.open("moved");
        return { report: await sealed.importFrom(source), all: [...(await sealed.getAll())], untouched: JSON.stringify(await stored()) === before };
      });
      const { token, ...rest } = fixture.expect;
      assert.deepEqual(report.unreadable.map(({ key, code }) => [key, code]), [["token", "corrupt"]]);
      assert.ok(token && !JSON.stringify(report).includes(token));
      assert.deepEqual([report.imported, report.skipped, report.complete, all, untouched], [sorted(rest).map(([name]) => name), [], false, sorted(rest), true]);
    });

    test("goes back to the flutter layout, where the original reads it", async () => {
      const fixture = await fixtureOf(file);
      const source = await opened(fixture);
      const found = await source.evaluate(async (source) => {
        const sealed = await keyfold.SecureStorage.open("moved");
        await sealed.importFrom(source);
        const before = await raw.text();
        const back = await openStore("back");
        const report = await back.importFrom(sealed);
        const names = await back.keys();
        const read = [];
        for (const name of names) read.push([name, await original.read("back", name)]);
        // And once more round.
        const twice = await keyfold.SecureStorage.open("twice", { area: "memory" });
        await twice.importFrom(back);
        return { report, all: [...(await back.getAll())], original: read, twice: [...(await twice.getAll())], untouched: JSON.stringify(JSON.parse(before)[0]) === JSON.stringify(JSON.parse(await raw.text()).find((/** @type {string[]} */ [name]) => name === "keyfold")) };
      });
      const values = sorted(fixture.expect);
      assert.deepEqual(found, { report: { imported: values.map(([name]) => name), skipped: [], unreadable: [], complete: true }, all: values, original: values, twice: values, untouched: true });
    });
  });
}

test("values that are not text, and names that only one side can read alike, arrive as they are", async () => {
  const found = await tab.evaluate(async () => {
    const values = /** @type {[string, string | Uint8Array][]} */ ([["bytes", new Uint8Array([0, 255, 128])], ["mark", "\ufefftext"], ["__proto__", "name"], ["a.b", "dot"], ["", "empty name"], ["empty", ""], ["\u0000", "NUL"], ["🔑", "astral"], ["\ue000", "private"]]);
    const flutter = await openStore("source");
    await flutter.setAll(values);
    const sealed = await keyfold.SecureStorage.open("moved");
    const there = await sealed.importFrom(flutter);
    const back = await openStore("back");
    const again = await back.importFrom(sealed);
    const bytes = async (/** @type {SecureStorage} */ storage) => JSON.stringify([...(await storage.getAllBytes())].map(([name, value]) => [name, raw.hex(value)]));
    const all = await bytes(flutter);
    return { names: [there.imported, again.imported], same: [(await bytes(sealed)) === all, (await bytes(back)) === all], text: await sealed.get("mark") };
  });
  const names = ["", "\u0000", "__proto__", "a.b", "bytes", "empty", "mark", "🔑", "\ue000"].sort();
  assert.deepEqual(found, { names: [names, names], same: [true, true], text: "\ufefftext" });
});

test("from a source that cannot be read, or into a store that cannot be written, nothing is moved", async () => {
  const { failures, left } = await tab.evaluate(async () => {
    const { SecureStorage } = keyfold;
    const sealed = await SecureStorage.open("moved");
    /** @type {Record<string, Failure | undefined>} */
    const failures = {};
    const flutter = await openStore("app");
    await flutter.set("a", "s3cret");
    const wrapped = localStorage.getItem("app") ?? "";
    localStorage.setItem("app", "damaged");
    failures["corrupt"] = await failure(() => sealed.importFrom(flutter));
    localStorage.setItem("app", wrapped);
    await raw.remove("keyfold-claims");
    localStorage.removeItem("app");
    failures["key-missing"] = await failure(async () => sealed.importFrom(await openStore("app")));
    localStorage.setItem("app", wrapped);
    const other = await SecureStorage.open("other");
    await other.set("a", "s3cret");
    other.lock();
    failures["locked"] = await failure(() => sealed.importFrom(other));
    other.close();
    failures["unavailable"] = await failure(() => sealed.importFrom(other));
    await openStore("app.x").then((storage) => storage.set("a", "theirs"));
    const source = await SecureStorage.open("source");
    await source.setAll({ x: "s3cret", y: "s3cret" });
    failures["invalid-argument"] = await failure(async () => (await openStore("app")).importFrom(source, { onConflict: "overwrite" }));
    return { failures, left: [(await sealed.keys()).length, await (await openStore("app")).keys()] };
  });
  for (const [code, failure] of Object.entries(failures)) {
    assert.ok(failure, code);
    // A claim follows its key entry by the way.
    refused({ ...failure, changed: false }, { code, says: /./, ...(code === "invalid-argument" && { argument: "key", key: "x" }), ...(failure?.key && { key: failure.key }) });
  }
  assert.deepEqual(left, [0, ["a"]]);
});
