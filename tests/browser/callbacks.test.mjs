// The app's functions may do what they like with the handle that calls them: close it, lock it, call it again. The call goes
// on then, or fails with a StorageError, and no other handle notices.

import assert from "node:assert/strict";
import { before, beforeEach, describe, test } from "node:test";
import { packageInChromium } from "./helpers/suite.mjs";

const suite = packageInChromium();
/** @type {import("playwright-core").Page} */
let tab;
/** @type {string[]} */
let problems;
before(async () => {
  tab = await suite.tab(await suite.profile());
  tab.on("pageerror", (error) => problems.push(String(error)));
});
beforeEach(async () => {
  problems = [];
  await tab.evaluate(() => localStorage.clear());
});

const STORES = /** @type {const} */ ([{ layout: "flutter" }, { layout: "flutter", area: "memory" }, { layout: "sealed" }, { layout: "sealed", area: "memory" }]);

/** @typedef {"close" | "lock" | "read" | "write" | "remove" | "watch" | "end"} Act */

/**
 * Makes a call whose function acts on the handle, and says what came of it.
 * @param {object} options
 * @param {string} call
 * @param {Act} act
 * @returns the outcome, what what it asked for itself failed with, and whether another handle of the same module still works
 */
const outcomeOf = (options, call, act) =>
  tab.evaluate(
    async ([options, call, act]) => {
      const open = (/** @type {string} */ namespace) => keyfold.SecureStorage.open(namespace, /** @type {any} */ (options));
      const namespace = `callbacks ${call} ${act}`;
      const [bystander, storage] = [await open("bystander"), await open(namespace)];
      await bystander.set("a", "1");
      await storage.set("there", "old");
      /** @type {Promise<unknown>[]} */
      const asked = [];
      let stop = () => {};
      const acts = {
        close: () => storage.close(),
        lock: () => storage.lock(),
        read: () => asked.push(storage.get("there"), storage.getAll()),
        write: () => asked.push(storage.set("beside", "written"), storage.update("beside", () => "changed")),
        remove: () => asked.push(storage.destroy()),
        watch: () => storage.watch(() => {})(),
        end: () => stop(),
      };
      let times = 0;
      const acting = () => {
        times += 1;
        // What it throws itself is no more the call's than what it is refused.
        if (times === 1) asked.push((async () => acts[/** @type {Act} */ (act)]())());
      };
      const heard = () => new Promise((resolve) => { stop = storage.watch(() => { acting(); resolve(undefined); }); storage.set("heard", "1"); });
      const iterable = { *[Symbol.iterator]() { yield ["x", "1"]; acting(); yield ["y", "2"]; } };
      const tagged = { get [Symbol.toStringTag]() { acting(); return "Tagged"; } };
      const calls = {
        "update of nothing": () => storage.update("new", () => (acting(), "new")),
        "update": () => storage.update("there", () => (acting(), "new")),
        "update with a value that acts": () => storage.update("new", () => /** @type {any} */ (tagged)),
        "rotate": () => storage.rotate({ onProgress: acting }),
        "changeUnlock": () => storage.changeUnlock("device", { appKey: new Uint8Array(32) }, { onProgress: acting }),
        "watch": heard,
        "setAll of an iterable": () => storage.setAll(/** @type {any} */ (iterable)),
        "set of what is no value": () => storage.set("x", /** @type {any} */ (tagged)),
        "getMany": () => storage.getMany({ *[Symbol.iterator]() { yield "there"; acting(); } }),
        "with": () => storage.with({ get engine() { acting(); return /** @type {const} */ ("auto"); } }),
        "importFrom": () => storage.importFrom(/** @type {any} */ ({ getAllBytes: async () => (acting(), new Map([["x", new Uint8Array(1)]])), verify: async () => ({ unreadable: [] }) })),
      };
      const outcome = await /** @type {Record<string, () => Promise<unknown>>} */ (calls)[call]?.().then(
        () => "done",
        (error) => (error instanceof keyfold.StorageError ? error.code : String(error)),
      );
      const rest = await Promise.allSettled(asked);
      const failed = rest.flatMap((one) => (one.status === "rejected" ? [one.reason.code ?? String(one.reason)] : []));
      const works = await bystander.get("a").catch((error) => String(error));
      bystander.close();
      return { outcome, times, failed, works };
    },
    /** @type {const} */ ([options, call, act]),
  );

/** Each call, and what comes of it when its function acts: of the layouts that have it. */
const CALLS = /** @type {const} */ ([
  ["update of nothing", "flutter sealed"],
  ["update", "flutter sealed"],
  ["update with a value that acts", "flutter sealed"],
  ["rotate", "sealed"],
  ["changeUnlock", "sealed"],
  ["watch", "flutter sealed"],
  ["setAll of an iterable", "flutter sealed"],
  ["set of what is no value", "flutter sealed"],
  ["getMany", "flutter sealed"],
  ["with", "flutter"],
  ["importFrom", "flutter sealed"],
]);

const ACTS = /** @type {const} */ (["close", "lock", "read", "write", "remove", "watch", "end"]);

/** What may come of a call. An instance that has ended says "platform". */
const OUTCOMES = ["done", "unavailable", "unsupported", "locked", "key-missing", "invalid-argument"];

for (const options of STORES) {
  describe(JSON.stringify(options), { timeout: 60_000 }, () => {
    for (const [call, layouts] of CALLS.filter(([, layouts]) => layouts.includes(options.layout))) {
      for (const act of ACTS) {
        test(`${call}: its function calls ${act}`, async () => {
          const { outcome, times, failed, works } = await outcomeOf(options, call, act);
          assert.ok(times > 0, "nothing acted");
          assert.equal(works, "1", "another handle");
          for (const code of [outcome, ...failed]) assert.ok(OUTCOMES.includes(String(code)), String(code));
          assert.deepEqual(problems, []);
        });
      }
    }
  });
}
