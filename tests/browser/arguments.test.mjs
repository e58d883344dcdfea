// Arguments that cannot be used are refused: the one at fault is named, nothing secret is repeated, and nothing is changed.

import assert from "node:assert/strict";
import { before, beforeEach, describe, test } from "node:test";
import { packageInChromium, WRAP } from "./helpers/suite.mjs";
import { refused } from "./helpers/refused.mjs";

const suite = packageInChromium();
/** @type {import("playwright-core").Page} */
let tab;

before(async () => {
  tab = await suite.tab(await suite.profile());
});

beforeEach(() =>
  tab.evaluate(async () => {
    localStorage.clear();
    for (const name of ["keyfold", "keyfold-claims"]) await raw.remove(name);
  }),
);

/**
 * Calls with arguments that cannot be used, by the argument that is to be named.
 * @type {Record<string, (given: { storage: any, WRAP: typeof WRAP }) => (() => unknown)[]>}
 */
const WRONG = {
  namespace: () => [
    ...[null, undefined, 1, {}, "", "\ud800", "a\udc00b"].map((namespace) => () => openStore(/** @type {any} */ (namespace))),
    ...[null, 1, {}, "\ud800"].map((namespace) => () => keyfold.SecureStorage.availability(/** @type {any} */ ({ namespace }))),
    ...[null, undefined, 1, {}, "", "\ud800"].map((namespace) => () => keyfold.SecureStorage.unlocks(/** @type {any} */ (namespace))),
  ],
  key: ({ storage }) =>
    [null, undefined, 1, {}, "\ud800", "a\udc00b"].flatMap((key) => [
      () => storage.set(key, "s3cret"), () => storage.get(key), () => storage.getBytes(key), () => storage.getMany([key]), () => storage.containsKey(key),
      () => storage.remove(key), () => storage.setAll([["a", "s3cret"], [key, "s3cret"]]),
    ]),
  value: ({ storage }) =>
    [null, undefined, 1, true, {}, ["s3cret"], new Uint16Array(4), "s3cret \ud800", "\udc00"].flatMap((value) => [
      () => storage.set("a", value), () => storage.setAll({ b: "s3cret", a: value }), () => storage.setAll(new Map([["a", value]])),
    ]),
  entries: ({ storage }) => [null, undefined, 1, "s3cret", [["a"]], [["a", "s3cret", "b"]], ["as"], [1], [null]].map((entries) => () => storage.setAll(entries)),
  keys: ({ storage }) => [null, undefined, 1, "a", {}].map((keys) => () => storage.getMany(keys)),
  options: ({ storage, WRAP }) => [
    ...[null, 1, "flutter"].flatMap((options) => [() => keyfold.SecureStorage.open("app", /** @type {any} */ (options)), () => storage.with(options), () => storage.getAll(options)]),
    () => openStore("app", { wrapkey: WRAP.wrapKey, wrapKeyIv: WRAP.wrapKeyIv }),
    () => openStore("app", { wrap_key: WRAP.wrapKey }),
    () => openStore("app", { publicKey: "app" }),
    () => storage.with({ area: "memory" }),
    () => storage.with({ wrapkey: WRAP.wrapKey }),
    () => storage.with({ unlock: "device" }),
    () => keyfold.SecureStorage.open("app", /** @type {any} */ ({ passphrase: "s3cret" })),
    () => keyfold.SecureStorage.open("app", /** @type {any} */ ({ namespace: "app" })),
    () => keyfold.SecureStorage.availability(/** @type {any} */ ("app")),
    () => keyfold.SecureStorage.unlocks("app", /** @type {any} */ ({ namespace: "app" })),
    () => storage.addUnlock("device", { passphrase: "s3cret" }),
    () => storage.addUnlock({ passphrase: "s3cret" }, { name: "mine" }),
    () => storage.removeUnlock("device", [{ passphrase: "s3cret" }]),
    () => storage.changeUnlock("device", { passphrase: "s3cret" }, { kept: [] }),
    () => storage.rotate("device"),
    () => storage.rotate([{ appKey: WRAP.wrapKey }]),
    () => storage.rotate({ progress: () => {} }),
    () => storage.getAll({ skipUnreadables: true }),
    () => storage.importFrom(storage, { overwrite: true }),
    () => keyfold.SecureStorage.destroy("app", /** @type {any} */ ({ layout: "flutter", force: true })),
  ],
  layout: () => [null, 1, "Flutter", ""].map((layout) => () => openStore("app", { layout })),
  area: () => [null, 1, "localStorage"].map((area) => () => openStore("app", { area })),
  engine: () => [null, 1, "fast"].map((engine) => () => openStore("app", { engine })),
  mustExist: () => [null, 1, "true"].map((mustExist) => () => openStore("app", { mustExist })),
  useSessionStorage: () => [
    ...[null, 1, "true"].map((useSessionStorage) => () => openStore("app", { useSessionStorage })),
    () => openStore("app", { useSessionStorage: true, area: "memory" }),
    async () => (await openStore("app", { area: "memory" })).with({ useSessionStorage: true }),
  ],
  dbName: () => [null, 1, "\ud800"].map((dbName) => () => openStore("app", { dbName })),
  unlock: ({ storage, WRAP }) => [
    () => openStore("app", { unlock: "device" }),
    ...[null, 1, "", "s3cret", [], ["device"], {}, WRAP.wrapKey, { passkey: true }, { passphrase: "s3cret", label: "" }, { passphrase: "s3cret", appKey: WRAP.wrapKey }, { recoveryCode: "s3cret", passphrase: "s3cret" }].flatMap((unlock) => [
      () => keyfold.SecureStorage.open("app", /** @type {any} */ ({ unlock })), () => keyfold.SecureStorage.availability(/** @type {any} */ ({ unlock })), () => storage.unlock(unlock),
    ]),
  ],
  passphrase: ({ storage }) =>
    [null, 1, {}, "", "s3cret \ud800", "\udc00"].flatMap((passphrase) => [
      () => keyfold.SecureStorage.open("app", { unlock: { passphrase: /** @type {any} */ (passphrase) } }), () => storage.unlock({ passphrase }),
      () => storage.addUnlock({ passphrase }), () => storage.changeUnlock("device", { passphrase }), () => storage.rotate({ keep: ["device", { passphrase }] }),
    ]),
  appKey: ({ storage }) => [null, 1, {}, [1], "\ud800", new Uint16Array(16)].flatMap((appKey) => [() => storage.unlock({ appKey }), () => storage.addUnlock({ appKey }), () => storage.rotate({ keep: [{ appKey }] })]),
  recoveryCode: ({ storage }) => [null, 1, {}, "\ud800", new Uint8Array(20)].flatMap((recoveryCode) => [() => storage.unlock({ recoveryCode }), () => storage.addUnlock({ recoveryCode })]),
  added: ({ storage }) => [null, undefined, "s3cret", {}, []].map((added) => () => storage.addUnlock(added)),
  to: ({ storage }) => [null, undefined, "s3cret", {}].map((to) => () => storage.changeUnlock("device", to)),
  keep: ({ storage }) => [null, 1, "device", { passphrase: "s3cret" }, [undefined], [null], new Array(1), [["device"]], ["\ud800"], [{ id: "device" }]].map((keep) => () => storage.rotate({ keep })),
  id: ({ storage }) =>
    [null, undefined, 1, "\ud800", { passphrase: "s3cret" }].flatMap((id) => [() => storage.removeUnlock(id), () => storage.changeUnlock(id, { passphrase: "s3cret" })]),
  label: ({ storage }) =>
    [null, 1, "\ud800"].flatMap((label) => [() => storage.addUnlock({ passphrase: "s3cret" }, { label }), () => storage.changeUnlock("device", { passphrase: "s3cret" }, { label })]),
  onProgress: ({ storage }) =>
    [null, 1, "a", {}].flatMap((onProgress) => [
      () => storage.rotate({ onProgress }), () => storage.removeUnlock("device", { onProgress }), () => storage.changeUnlock("device", { passphrase: "s3cret" }, { onProgress }),
      () => storage.addUnlock({ passphrase: "s3cret" }, { onProgress }),
    ]),
  fresh: ({ storage }) => [null, 1, "true"].map((fresh) => () => storage.with({ fresh })),
  wrapKey: ({ WRAP }) => [null, 1, {}, "", "not base64 s3cret", "\ud800", new Uint8Array(24), new Uint16Array(16)].map((wrapKey) => () => openStore("app", { ...WRAP, wrapKey })),
  wrapKeyIv: ({ WRAP }) => [null, 1, {}, "", "not base64 s3cret", "\ud800", new Uint8Array(0), undefined].map((wrapKeyIv) => () => openStore("app", { ...WRAP, wrapKeyIv })),
  skipUnreadable: ({ storage }) => [null, 1, "true"].map((skipUnreadable) => () => storage.getAll({ skipUnreadable })),
  onConflict: ({ storage }) => [null, 1, "replace"].map((onConflict) => () => storage.importFrom(storage, { onConflict })),
  listener: ({ storage }) => [null, undefined, "a", {}].map((listener) => () => storage.watch(listener)),
  source: ({ storage }) => [null, undefined, {}, "app"].map((source) => () => storage.importFrom(source)),
};

/** What the message has where it does not name the argument as it is called. @type {Record<string, RegExp>} */
const SAYS = { value: /^the value of "a" /, namespace: /namespace/, useSessionStorage: /sessionStorage/i, options: /^options must be|: use /, entries: /^entries must be|^an entry is/ };

/** The entry that is named, if there is one. @type {Record<string, string>} */
const KEYS = { value: "a" };

/** Makes the calls in the page and asserts that each is refused for this argument. */
async function allRefused(/** @type {string} */ argument, /** @type {import("playwright-core").JSHandle<any>} */ calls, says = SAYS[argument] ?? new RegExp(`\\b${argument}\\b`)) {
  const failures = await calls.evaluate(async (calls) => {
    const failures = [];
    for (const [n, call] of calls.entries()) failures.push({ name: `${n}: ${call}`, failure: await failure(call) });
    return failures;
  });
  assert.ok(failures.length > 0);
  for (const { name, failure } of failures) {
    assert.ok(failure, `${name} is not refused`);
    refused(failure, { code: "invalid-argument", argument, says, key: KEYS[argument] });
  }
}

for (const layout of /** @type {const} */ (["flutter", "sealed"])) {
  describe(`arguments of the wrong type or form, ${layout} layout`, () => {
    for (const [argument, given] of Object.entries(WRONG)) {
      test(argument, async () => {
        const storage = await tab.evaluateHandle((layout) => keyfold.SecureStorage.open("app", { layout }), layout);
        await allRefused(argument, await tab.evaluateHandle(given, { storage, WRAP }));
      });
    }
  });
}

/** A store with an app key for its unlock, and its id. */
const slots = () =>
  tab.evaluateHandle(async () => {
    const appKey = new Uint8Array(32).fill(1);
    const storage = await keyfold.SecureStorage.open("slots", { unlock: { appKey } });
    return { storage, appKey, id: (await storage.unlocks())[0]?.id ?? "" };
  });

/**
 * The same for what only the sealed layout refuses, in a device store and in one with an app key.
 * @type {Record<string, (given: { device: any, slots: any, appKey: Uint8Array, id: string }) => (() => unknown)[]>}
 */
const WRONG_SEALED = {
  namespace: () => ["a".repeat(1025), "é".repeat(513)].flatMap((namespace) => [() => keyfold.SecureStorage.open(namespace), () => keyfold.SecureStorage.destroy(namespace)]),
  dbName: () => [() => keyfold.SecureStorage.open("app", { dbName: "keyfold-claims" }), () => keyfold.SecureStorage.destroy("app", { dbName: "keyfold-claims" })],
  wrapKey: ({ device }) => [
    () => keyfold.SecureStorage.open("app", /** @type {any} */ ({ wrapKey: "QEFCQ0RF", wrapKeyIv: "EBESExQV" })), () => keyfold.SecureStorage.destroy("app", /** @type {any} */ ({ wrapKey: "QEFCQ0RF" })),
    () => device.with({ wrapKey: "QEFCQ0RF", wrapKeyIv: "EBESExQV" }),
  ],
  wrapKeyIv: ({ device }) => [() => keyfold.SecureStorage.open("app", /** @type {any} */ ({ wrapKeyIv: "EBESExQV" })), () => device.with({ wrapKeyIv: "EBESExQV" })],
  useSessionStorage: ({ device }) => [() => keyfold.SecureStorage.open("app", /** @type {any} */ ({ useSessionStorage: false })), () => device.with({ useSessionStorage: true })],
  engine: ({ device }) => [() => keyfold.SecureStorage.open("app", /** @type {any} */ ({ engine: "auto" })), () => device.with({ engine: "webcrypto" })],
  appKey: ({ device, slots, id }) =>
    ["", "not base64 s3cret", "QUJD", new Uint8Array(0), new Uint8Array(31), new Uint8Array(33)].flatMap((wrong) => [
      () => keyfold.SecureStorage.open("new", { unlock: { appKey: wrong } }), () => keyfold.SecureStorage.open("new", { unlock: { appKey: wrong }, mustExist: true }),
      () => keyfold.SecureStorage.open("device", { unlock: { appKey: wrong } }), () => keyfold.SecureStorage.open("slots", { unlock: { appKey: wrong } }),
      () => device.unlock({ appKey: wrong }), () => slots.unlock({ appKey: wrong }), () => device.changeUnlock("device", { appKey: wrong }),
      () => slots.addUnlock({ appKey: wrong }), () => slots.changeUnlock(id, { appKey: wrong }), () => slots.rotate({ keep: [id, { appKey: wrong }] }),
    ]),
  label: ({ slots, appKey, id }) => ["a".repeat(65), "é".repeat(33)].flatMap((label) => [() => slots.addUnlock({ appKey }, { label }), () => slots.changeUnlock(id, { appKey }, { label })]),
  added: ({ device }) => [() => device.addUnlock("device")],
  id: ({ device, slots, appKey, id }) => [
    () => device.removeUnlock("device"), () => device.removeUnlock(id), () => slots.removeUnlock(""), () => slots.removeUnlock(id), () => slots.removeUnlock("device"),
    () => slots.changeUnlock("device", { appKey }), () => device.changeUnlock(id, { appKey }),
  ],
  keep: ({ device, slots, id }) => [() => slots.rotate({ keep: [] }), () => device.rotate({ keep: [] }), () => slots.rotate({ keep: ["device"] }), () => device.rotate({ keep: ["device", id] }), () => slots.rotate({ keep: [id, ""] })],
};

/** What the message has there. @type {Record<string, RegExp>} */
const SAYS_SEALED = {
  namespace: /longer than 1024 bytes/, dbName: /choose another/, wrapKey: /belongs to the flutter layout/, wrapKeyIv: /belongs to the flutter layout/,
  useSessionStorage: /belongs to the flutter layout/, engine: /belongs to the flutter layout/, appKey: /^appKey is not 32 bytes: give |appKey is not base64/,
  label: /longer than 64 bytes/, added: /opens the store already/, id: /no unlock is left|no unlock of the store has this id/, keep: /no unlock is left|no unlock of the store has this id/,
};

describe("arguments that a sealed store cannot use", () => {
  for (const [argument, given] of Object.entries(WRONG_SEALED)) {
    test(argument, async () => {
      const device = await tab.evaluateHandle(() => keyfold.SecureStorage.open("device"));
      const { storage, appKey, id } = Object.fromEntries(await (await slots()).getProperties());
      await allRefused(argument, await tab.evaluateHandle(given, { device, slots: storage, appKey, id: await id?.jsonValue() }), SAYS_SEALED[argument]);
    });
  }

  test("a second passphrase, or a second device", async () => {
    const failures = await tab.evaluate(async () => {
      const [passphrase, appKey] = [{ passphrase: "s3cret" }, { appKey: new Uint8Array(32).fill(1) }];
      const storage = await keyfold.SecureStorage.open("several", { unlock: passphrase });
      const key = await storage.addUnlock(appKey);
      await storage.addUnlock("device");
      const passphrases = { added: await failure(() => storage.addUnlock({ passphrase: "another s3cret" })), to: await failure(() => storage.changeUnlock(key, { passphrase: "another s3cret" })) };
      return { passphrases, device: await failure(() => storage.addUnlock("device")), kinds: (await storage.unlocks()).map(({ kind }) => kind) };
    });
    for (const [argument, failure] of Object.entries(failures.passphrases)) refused(failure, { code: "invalid-argument", argument, says: /has a passphrase already/ });
    refused(failures.device, { code: "invalid-argument", argument: "added", says: /opens the store already/ });
    assert.deepEqual(failures.kinds, ["device", "passphrase", "app-key"]);
  });

  test("a name that is too long", async () => {
    const { failures, longest } = await tab.evaluate(async () => {
      const storage = await keyfold.SecureStorage.open("app");
      const [fits, tooLong] = ["é".repeat(32_768), "é".repeat(32_768) + "x"];
      await storage.set(fits, "1");
      const failures = [await failure(() => storage.set(tooLong, "s3cret")), await failure(() => storage.setAll([["a", "s3cret"], [tooLong, "s3cret"]]))];
      return { failures: failures.map((failure) => failure && { ...failure, key: failure.key?.length }), longest: [await storage.get(fits), await storage.get(tooLong), await storage.containsKey(tooLong), await storage.remove(tooLong)] };
    });
    for (const failure of failures) refused(/** @type {any} */ (failure), { code: "too-large", key: /** @type {any} */ (32_769), says: /longer than 64 KiB/ });
    assert.deepEqual(longest, ["1", undefined, false, false]);
  });
});

test("a value that is too long", async () => {
  const { failures, value } = await tab.evaluate(async () => {
    const storage = await keyfold.SecureStorage.open("app");
    await storage.set("a", "1");
    const failures = [];
    for (const length of [2 ** 30 + 1, 2 ** 31]) {
      const value = new Uint8Array(length);
      failures.push(await failure(() => storage.set("a", value)), await failure(() => storage.setAll({ b: "s3cret", a: value })));
    }
    return { failures, value: await storage.get("a") };
  });
  for (const failure of failures) refused(failure, { code: "too-large", key: "a", says: /longer than 1 GiB/ });
  assert.equal(value, "1");
});

describe("an option of the other layout", () => {
  test("is refused by the flutter layout", async () => {
    const failures = await tab.evaluate(async () => {
      const storage = await openStore("app");
      return { unlock: await failure(() => openStore("app", { unlock: { passphrase: "s3cret" } })), fresh: await failure(() => storage.with(/** @type {any} */ ({ fresh: true }))) };
    });
    for (const [argument, failure] of Object.entries(failures)) refused(failure, { code: "invalid-argument", argument, says: /belongs to the sealed layout/ });
  });

  test("and what only the sealed layout can do is unsupported in it", async () => {
    const failures = await tab.evaluate(async () => {
      const storage = /** @type {any} */ (await openStore("app"));
      /** @type {(() => unknown)[]} */
      const calls = [
        () => storage.lock(), () => storage.unlock(), () => storage.unlocks(), () => storage.addUnlock({ passphrase: "s3cret" }), () => storage.removeUnlock("device"),
        () => storage.changeUnlock("device", { passphrase: "s3cret" }), () => storage.rotate(),
      ];
      const failures = [];
      for (const call of calls) failures.push(await failure(call));
      return failures;
    });
    for (const failure of failures) refused(failure, { code: "unsupported", says: /open the sealed layout for this/ });
    const removing = await tab.evaluate(async () => failure(async () => (await openStore("app")).removeUnreadable()));
    refused(removing, { code: "unsupported", says: /^names are in the clear in the flutter layout: `verify` lists the unreadable entries, and `remove` removes each$/ });
  });
});
