// A tab that shows a dialog holds its transaction: nothing goes on there until somebody answers. Other tabs of the site wait
// for it, but not for ever.

import assert from "node:assert/strict";
import { test } from "node:test";
import { refused } from "./helpers/refused.mjs";
import { packageInChromium } from "./helpers/suite.mjs";

const suite = packageInChromium();
/** @type {import("playwright-core").Page} */
let busy;
/** @type {import("playwright-core").Page} */
let here;

suite.eachInNewProfile(async (profile) => {
  // The package waits for ten seconds. Here its timers are ten times as fast.
  await profile.addInitScript(() => {
    const { setTimeout } = globalThis;
    const sooner = (/** @type {() => void} */ act, ms = 0, /** @type {unknown[]} */ ...args) => setTimeout(act, ms / 10, ...args);
    Object.assign(globalThis, { setTimeout: sooner });
  });
  busy = await suite.tab(profile);
  here = await suite.tab(profile);
});

/** What both tabs open. */
const namespace = "app";

/**
 * Has a tab write without waiting for it, and show a dialog as soon as the transaction has begun. Gives the dialog.
 * @param {{ layout: "sealed" | "flutter" }} options
 */
async function dialogWhileWriting(options) {
  const shown = busy.waitForEvent("dialog");
  await busy.evaluate(
    ([namespace, options]) => {
      const { put } = IDBObjectStore.prototype;
      IDBObjectStore.prototype.put = function (...args) {
        IDBObjectStore.prototype.put = put;
        const request = Reflect.apply(put, this, args);
        alert("Saved");
        return request;
      };
      // Not waited for: it goes on once the dialog is answered.
      Object.assign(globalThis, { written: keyfold.SecureStorage.open(namespace, options).then((storage) => storage.set("a", "busy")) });
    },
    /** @type {const} */ ([namespace, options]),
  );
  return shown;
}

/** What calls of the other tab fail with, which say so before the tab that is busy goes on. */
async function failuresMeanwhile(/** @type {import("playwright-core").Dialog} */ dialog, /** @type {() => Promise<unknown[]>} */ calls) {
  const begun = Date.now();
  const thrown = await here.evaluateHandle(calls);
  const seconds = (Date.now() - begun) / 1000;
  assert.ok(seconds < 4, `they settled after ${seconds} s`);
  await dialog.accept();
  await busy.evaluate("written");
  const failures = await thrown.evaluate((thrown) => Promise.all(thrown.map((error) => failure(() => Promise.reject(error)))));
  for (const failed of failures) {
    refused(failed, { code: "unavailable", says: /another tab or frame of this site has kept the database busy for 10 seconds, perhaps because it shows a dialog: close that, and try again/, cause: "TimeoutError" });
  }
}

test("sealed: calls that wait for a tab with a dialog fail, say why, and are not done later", { timeout: 60_000 }, async () => {
  await busy.evaluate(async (namespace) => (await keyfold.SecureStorage.open(namespace)).set("a", "1"), namespace);
  await here.evaluate((namespace) => sealedStoreOf(namespace), namespace);
  const dialog = await dialogWhileWriting({ layout: "sealed" });
  await failuresMeanwhile(dialog, async () => {
    const storage = await sealedStoreOf("app");
    const calls = [
      storage.set("a", "late"), storage.setAll({ b: "late" }), storage.get("a"), storage.remove("a"), storage.clear(), storage.destroy(), storage.rotate(),
      keyfold.SecureStorage.open("app"), keyfold.SecureStorage.open("another"), keyfold.SecureStorage.destroy("app"),
      keyfold.SecureStorage.availability({ namespace: "app" }).then(({ usable, reason }) => Promise.reject(usable ? undefined : reason)),
    ];
    return Promise.all(calls.map((call) => call.then(() => "it did not fail", (error) => error)));
  });
  const values = await here.evaluate(async () => {
    const storage = await sealedStoreOf("app");
    const found = [...(await storage.getAll())];
    await storage.set("a", "next");
    return [found, [...(await storage.getAll())], [...(await (await keyfold.SecureStorage.open("app")).getAll())]];
  });
  assert.deepEqual(values, [[["a", "busy"]], [["a", "next"]], [["a", "next"]]]);
});

test("flutter: what waits for a tab with a dialog for its first key fails, says why, and is done when it is tried again", { timeout: 60_000 }, async () => {
  const dialog = await dialogWhileWriting({ layout: "flutter" });
  await failuresMeanwhile(dialog, async () => {
    const calls = [openStore("app"), openStore("another")];
    return Promise.all(calls.map((call) => call.then((storage) => storage.set("a", "late")).then(() => "it did not fail", (error) => error)));
  });
  const values = await here.evaluate(async () => {
    const storage = await openStore("app");
    const found = [...(await storage.getAll())];
    await storage.set("a", "next");
    return [found, [...(await storage.getAll())], (await stored()).local.map(([name]) => name)];
  });
  assert.deepEqual(values, [[["a", "busy"]], [["a", "next"]], ["app", "app.a"]]);
});
