// A writer that is held up between seal and put while another tab changes the keys: what it has acknowledged is there and
// opens under the keys of then, and where it cannot follow nothing is written.

import assert from "node:assert/strict";
import { test } from "node:test";
import { packageInChromium } from "./helpers/suite.mjs";
import { inPage } from "./helpers/places.mjs";

/** @typedef {import("./helpers/places.mjs").Place} Place */

const suite = packageInChromium();
/** The writer's. @type {Place} */
let here;
/** @type {Place} */
let there;

suite.eachInNewProfile(async (profile) => {
  [here, there] = /** @type {[Place, Place]} */ (await Promise.all([1, 2].map(async () => inPage(await suite.tab(profile)))));
});

const namespace = "app";
const OLD = { passphrase: "the old one" };
const NEW = { passphrase: "the new one" };
const APP_KEY = { appKey: "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=" };

/**
 * Begins a call in this tab, and answers when it has sealed what it writes and not put it yet.
 * @param {object} options
 * @param {string} verb
 * @param {unknown[]} given
 * @returns the function that lets it go on, and gives what came of it
 */
async function heldUp(options, verb, ...given) {
  await here.page.evaluate(
    async ([options, verb, given]) => {
      const storage = await sealedStoreOf("app", options);
      const { encrypt } = SubtleCrypto.prototype;
      const gate = /** @type {{ promise: Promise<void>, open: () => void }} */ ({});
      gate.promise = new Promise((resolve) => (gate.open = resolve));
      await new Promise((sealed) => {
        SubtleCrypto.prototype.encrypt = async function (...details) {
          const result = await encrypt.apply(this, details);
          sealed(undefined);
          await gate.promise;
          return result;
        };
        const values = given.map((one) => (one === "source" ? /** @type {any} */ (globalThis).source : one));
        const call = /** @type {any} */ (storage)[verb](...values).then(() => "done", (/** @type {any} */ { code }) => code);
        Object.assign(globalThis, {
          goOn() {
            // What it seals after this is not held up.
            SubtleCrypto.prototype.encrypt = encrypt;
            gate.open();
            return call;
          },
        });
      });
    },
    /** @type {const} */ ([options, verb, given]),
  );
  return () => here.page.evaluate(() => /** @type {any} */ (globalThis).goOn());
}

const call = (/** @type {Place} */ { act }, /** @type {string} */ verb, /** @type {unknown[]} */ ...given) => act("call", { namespace, verb, arguments: given });

/** All records lie under the ring's data key. */
async function assertOneKey(/** @type {number} */ generation) {
  const stored = await there.act("stored", { namespace });
  assert.deepEqual([stored.generation, [...new Set(stored.keysOfRecords)]], [generation, [stored.key]]);
}

for (const [verb, given, expected] of /** @type {[string, unknown[], Record<string, string>][]} */ ([
  ["set", ["a", "new"], { a: "new", b: "old" }],
  ["setAll", [{ a: "new", c: "new" }], { a: "new", b: "old", c: "new" }],
])) {
  test(`${verb}, while another tab rotates a device store: it is written under the new keys`, async () => {
    await call(here, "setAll", { a: "old", b: "old" });
    await there.act("open", { namespace });
    const goOn = await heldUp({}, verb, ...given);
    assert.equal(await call(there, "rotate"), "done");
    assert.equal(await goOn(), "done");
    for (const { act } of [here, there]) {
      assert.deepEqual(await act("entriesOnce", { namespace, expected }), expected);
      assert.deepEqual(await act("entries", { namespace, fresh: true }), expected);
    }
    await assertOneKey(2);
  });
}

test("it follows as many rotations as there are", async () => {
  await call(here, "set", "a", "old");
  await there.act("open", { namespace });
  for (let generation = 2; generation < 7; generation += 1) {
    const goOn = await heldUp({}, "set", "a", `in ${generation}`);
    assert.equal(await call(there, "rotate"), "done");
    assert.equal(await goOn(), "done");
    assert.deepEqual(await there.act("entries", { namespace, fresh: true }), { a: `in ${generation}` });
    await assertOneKey(generation);
  }
});

test("while another tab destroys a device store: it is written into one that is made again", async () => {
  await call(here, "setAll", { a: "old", b: "old" });
  await there.act("open", { namespace });
  const goOn = await heldUp({}, "set", "a", "new");
  assert.equal(await call(there, "destroy"), "done");
  assert.equal(await goOn(), "done");
  assert.deepEqual(await there.act("entries", { namespace, fresh: true }), { a: "new" });
  await assertOneKey(1);
});

for (const [how, change, unlock] of /** @type {[string, [string, ...unknown[]], object][]} */ ([
  ["rotates", ["rotate"], OLD],
  ["changes the passphrase", ["changeUnlock", "first", NEW], NEW],
  ["makes it a device store", ["changeUnlock", "first", "device"], "device"],
  ["adds an unlock", ["addUnlock", APP_KEY], APP_KEY],
])) {
  test(`while another tab ${how} of a passphrase store: locked, and nothing is written until it is unlocked`, async () => {
    const options = { unlock: OLD };
    await here.act("set", { namespace, options, key: "a", value: "old" });
    await there.act("open", { namespace, options });
    const goOn = await heldUp(options, "set", "a", "new");
    const [verb, ...given] = change;
    const [id] = await there.page.evaluate(async () => (await (await sealedStoreOf("app", {})).unlocks()).map(({ id }) => id));
    assert.match(String(await call(there, verb, ...given.map((one) => (one === "first" ? id : one)))), /^(done|device|[0-9a-f]{32})$/);
    const before = await there.act("stored", { namespace });
    assert.equal(await goOn(), "locked");
    assert.deepEqual(await there.act("stored", { namespace }), before);
    for (const [verb, ...given] of [["get", "a"], ["set", "a", "again"], ["getAll"], ["remove", "a"], ["clear"]]) assert.equal(await call(here, /** @type {string} */ (verb), ...given), "locked");
    assert.deepEqual(await there.act("stored", { namespace }), before);

    assert.equal(await call(here, "unlock", unlock), "done");
    assert.equal(await call(here, "get", "a"), "old");
    assert.equal(await call(here, "set", "a", "new"), "done");
    assert.deepEqual(await there.act("entries", { namespace, fresh: true }), { a: "new" });
    await assertOneKey(2);
  });
}

test("while its own handle is locked: locked, and nothing is written", async () => {
  const options = { unlock: APP_KEY };
  await here.act("set", { namespace, options, key: "a", value: "old" });
  await there.act("open", { namespace, options });
  const goOn = await heldUp(options, "set", "a", "new");
  const before = await there.act("stored", { namespace });
  assert.equal(await call(here, "lock"), "done");
  assert.equal(await goOn(), "locked");
  assert.deepEqual(await there.act("stored", { namespace }), before);
  // Unlocked meanwhile it is another session, and the call was of the old one.
  assert.equal(await call(here, "unlock", APP_KEY), "done");
  const again = await heldUp(options, "set", "a", "new");
  await call(here, "lock");
  // The seals of unlocking are none that are held up: it only opens.
  await call(here, "unlock", APP_KEY);
  assert.equal(await again(), "locked");
  assert.deepEqual(await there.act("stored", { namespace }), before);
});

test("two rotations at once both succeed, and a rotation that is held up takes in what is written meanwhile", async () => {
  await call(here, "setAll", { a: "old", b: "old" });
  await there.act("open", { namespace });
  const goOn = await heldUp({}, "rotate");
  assert.equal(await call(there, "rotate"), "done");
  assert.equal(await call(there, "set", "a", "meanwhile"), "done");
  assert.equal(await goOn(), "done");
  const expected = { a: "meanwhile", b: "old" };
  for (const { act } of [here, there]) assert.deepEqual(await act("entries", { namespace, fresh: true }), expected);
  await assertOneKey(3);
});

test("a rotation ends beside a tab that writes without a pause, and what that tab acknowledged stays", async () => {
  const entries = Object.fromEntries(Array.from({ length: 3000 }, (_, at) => [`entry ${at}`, "old"]));
  await call(here, "setAll", entries);
  await there.page.evaluate(async () => {
    const storage = await sealedStoreOf("app", {});
    let stopped = false;
    const writing = (async () => {
      let count = 0;
      for (; !stopped; count += 1) await storage.set("count", String(count));
      return count - 1;
    })();
    Object.assign(globalThis, { stop: () => ((stopped = true), writing) });
  });
  assert.equal(await call(here, "rotate"), "done");
  const count = await there.page.evaluate(() => /** @type {any} */ (globalThis).stop());
  assert.deepEqual(await here.act("entries", { namespace, fresh: true }), { ...entries, count: String(count) });
  await assertOneKey(2);
});

for (const [onConflict, outcome] of [["skip", "done"], ["fail", "invalid-argument"]]) {
  test(`an import with "${onConflict}" leaves what another tab writes while it seals`, async () => {
    await there.act("open", { namespace });
    await here.page.evaluate(async () => {
      const source = await keyfold.SecureStorage.open("source");
      await source.setAll({ a: "of source", b: "of source" });
      Object.assign(globalThis, { source });
    });
    // The source cannot be passed on: it is put in the place of its name.
    const goOn = await heldUp({}, "importFrom", "source", { onConflict });
    assert.equal(await call(there, "set", "a", "acknowledged"), "done");
    assert.equal(await goOn(), outcome);
    const expected = { a: "acknowledged", ...(onConflict === "skip" && { b: "of source" }) };
    for (const { act } of [here, there]) assert.deepEqual(await act("entries", { namespace, fresh: true }), expected);
  });
}

test("updates of two tabs at once all count, and of two first writes one is", async () => {
  const race = (/** @type {Place} */ { page }) =>
    page.evaluate(async () => {
      const storage = await sealedStoreOf("app", {});
      for (let at = 0; at < 100; at += 1) await storage.update("count", (old) => String(Number(old ?? 0) + 1));
      let first = 0;
      for (let at = 0; at < 100; at += 1) first += Number(await storage.setIfAbsent(`first ${at}`, "mine"));
      return first;
    });
  const firsts = await Promise.all([here, there].map(race));
  assert.equal(firsts.reduce((sum, of) => sum + of), 100);
  for (const { act } of [here, there]) assert.equal((await act("entries", { namespace, fresh: true })).count, "200");
});

test("what an update's function throws is thrown, and nothing is written", async () => {
  const found = await here.page.evaluate(async () => {
    const storage = await sealedStoreOf("app", {});
    await storage.set("a", "old");
    const thrown = await storage.update("a", () => { throw new RangeError("mine"); }).catch((/** @type {Error} */ error) => error.message);
    const promise = await failure(() => storage.update("a", /** @type {any} */ (async () => "new")));
    const none = await storage.update("a", () => undefined);
    const bytes = await storage.update("a", (old) => new TextEncoder().encode(`${old}+`));
    return { thrown, promise: [promise?.code, promise?.argument, promise?.key, promise?.message], none, bytes, a: await storage.get("a") };
  });
  assert.deepEqual(found, { thrown: "mine", promise: ["invalid-argument", "value", "a", 'the value of "a" must be a string, a Uint8Array or an ArrayBuffer, not Promise'], none: false, bytes: true, a: "old+" });
});

test("a store that is opened while another tab rotates it is opened, as it is then", async () => {
  await call(there, "setAll", { a: "1", b: "2" });
  await here.page.evaluate(async () => {
    const { decrypt } = SubtleCrypto.prototype;
    await new Promise((begun) => {
      const gate = /** @type {{ promise: Promise<void>, open: () => void }} */ ({});
      gate.promise = new Promise((resolve) => (gate.open = resolve));
      SubtleCrypto.prototype.decrypt = async function (...details) {
        const opened = decrypt.apply(this, details);
        begun(undefined);
        await gate.promise;
        return opened;
      };
      // It has read the ring, and opens the name key in it.
      const opening = acts.open({ namespace: "app" });
      Object.assign(globalThis, { goOn: () => ((SubtleCrypto.prototype.decrypt = decrypt), gate.open(), opening) });
    });
  });
  assert.equal(await call(there, "rotate"), "done");
  assert.equal(await here.page.evaluate(() => /** @type {any} */ (globalThis).goOn()), "device");
  assert.deepEqual(await here.act("entries", { namespace }), { a: "1", b: "2" });
});
