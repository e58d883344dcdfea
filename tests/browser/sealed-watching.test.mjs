// A watch of the sealed layout tells what happens to a store in this page, in other tabs and in workers, once and by
// whom; and a page that missed the news catches up.

import assert from "node:assert/strict";
import { test } from "node:test";
import { packageInChromium } from "./helpers/suite.mjs";
import { inPage, inWorker, WITH_WORKERS } from "./helpers/places.mjs";

/** @typedef {import("./helpers/places.mjs").Place} Place */

const suite = packageInChromium(WITH_WORKERS);
/** @type {import("playwright-core").BrowserContext} */
let profile;
/** @type {Place} */
let here;
/** @type {Place} */
let there;

suite.eachInNewProfile(async (empty) => {
  profile = empty;
  await profile.addInitScript(canBeDeaf);
  [here, there] = /** @type {[Place, Place]} */ (await Promise.all([1, 2].map(async () => inPage(await suite.tab(profile)))));
});

const namespace = "app";
const APP_KEY = { appKey: "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=" };

const call = (/** @type {Place} */ { act }, /** @type {string} */ verb, /** @type {unknown[]} */ ...given) => act("call", { namespace, verb, arguments: given });

/** What a place was told, up to the entry `last` that another one writes now. */
async function toldBefore(/** @type {Place} */ place, /** @type {Place} */ by) {
  assert.equal(await call(by, "set", "last", ""), "done");
  const last = `set last, ${by === place ? "own" : "remote"}`;
  const lines = await place.act("toldUntil", { namespace, last });
  assert.ok(lines.includes(last), JSON.stringify(lines));
  // What one look finds has no order.
  return lines.filter((line) => line !== last);
}

/** Runs in each page before its scripts: lets it miss what the channels of keyfold bring, as a frozen page may. */
function canBeDeaf() {
  const { set } = /** @type {{ set: (listener: unknown) => void }} */ (Object.getOwnPropertyDescriptor(BroadcastChannel.prototype, "onmessage"));
  const state = { deaf: false };
  Object.defineProperty(BroadcastChannel.prototype, "onmessage", {
    set(listener) {
      const isOurs = this.name.startsWith("keyfold:");
      set.call(this, listener && ((/** @type {unknown} */ event) => (isOurs && state.deaf) || listener(event)));
    },
  });
  Object.assign(globalThis, { setDeaf: (/** @type {boolean} */ deaf) => (state.deaf = deaf) });
}

const setDeaf = (/** @type {Place} */ { page }, /** @type {boolean} */ deaf) => page.evaluate((deaf) => /** @type {any} */ (globalThis).setDeaf(deaf), deaf);

test("own changes are told once and in order, as this page's; another tab's as remote", async () => {
  await Promise.all([here.act("watch", { namespace }), there.act("watch", { namespace })]);
  for (const [verb, ...given] of [["set", "a", "1"], ["setAll", { b: "2", "": "3" }], ["remove", "a"], ["remove", "a"], ["get", "b"], ["clear"], ["set", "c", "4"]]) await call(here, /** @type {string} */ (verb), ...given);
  const own = await toldBefore(here, here);
  assert.deepEqual(own, ["set a, own", "set b, own", "set , own", "remove a, own", "clear undefined, own", "set c, own"]);
  const remote = await there.act("toldUntil", { namespace, last: "set last, remote" });
  assert.deepEqual(remote.filter((line) => line.endsWith("own")), []);
  assert.ok(remote.includes("set c, remote"), JSON.stringify(remote));
});

test("another handle of this page is no other tab, a worker of this page is", async () => {
  await here.act("watch", { namespace });
  await here.page.evaluate(async () => {
    const other = await keyfold.SecureStorage.open("app");
    await other.set("handle", "");
    await (await other.with({ fresh: true })).remove("handle");
  });
  for (const kind of /** @type {const} */ (["dedicated", "shared", "service"])) {
    const worker = inWorker(here.page, kind);
    await worker.act("set", { namespace, key: kind, value: "" });
    assert.equal((await here.act("toldUntil", { namespace, last: `set ${kind}, remote` })).at(-1), `set ${kind}, remote`);
    await here.act("set", { namespace, key: kind, value: "own again" });
    assert.deepEqual(await here.act("toldUntil", { namespace, last: `set ${kind}, own` }), [`set ${kind}, own`]);
  }
});

test("own changes are told as own only, however soon after the watch begins they are made", async () => {
  await call(there, "setAll", { a: "old", b: "old", c: "old" });
  await here.act("open", { namespace });
  await here.page.evaluate(async () => {
    const storage = await sealedStoreOf("app");
    // The first look at what there is takes until the writes are done.
    const { decrypt } = SubtleCrypto.prototype;
    let goOn = () => {};
    const written = new Promise((resolve) => (goOn = () => resolve(undefined)));
    const looking = new Promise((resolve) => {
      SubtleCrypto.prototype.decrypt = async function (...details) {
        const opened = decrypt.apply(this, details);
        resolve(undefined);
        await written;
        return opened;
      };
    });
    await acts.watch({ namespace: "app" });
    await looking;
    await storage.setAll({ a: "new", d: "new" });
    await storage.remove("b");
    SubtleCrypto.prototype.decrypt = decrypt;
    goOn();
  });
  assert.deepEqual(await toldBefore(here, there), ["set a, own", "set d, own", "remove b, own"]);
});

test("a rotation elsewhere tells nothing, and an own one neither", async () => {
  await call(here, "setAll", { a: "1", b: "2" });
  await there.act("open", { namespace });
  await Promise.all([here.act("watch", { namespace }), there.act("watch", { namespace })]);
  assert.equal(await call(there, "rotate"), "done");
  // The news of it arrive before it is asked.
  await here.act("entries", { namespace, fresh: true });
  assert.deepEqual(await toldBefore(here, there), []);
  await there.act("toldUntil", { namespace, last: "set last, own" });
  assert.equal(await call(here, "rotate"), "done");
  assert.deepEqual(await toldBefore(here, here), []);
});

test("an own write after a rotation elsewhere is told once", async () => {
  await call(here, "setAll", { a: "1", b: "2" });
  await there.act("open", { namespace });
  await here.act("watch", { namespace });
  await setDeaf(here, true);
  assert.equal(await call(there, "rotate"), "done");
  assert.equal(await call(here, "set", "a", "mine"), "done");
  await setDeaf(here, false);
  // What the other tab has rotated and then written may tell of its every entry, but not of this one.
  const lines = await toldBefore(here, there);
  assert.deepEqual(lines.filter((line) => line.startsWith("set a")), ["set a, own"]);
});

test("destroy elsewhere tells that every entry is removed, and what comes after it is told too", async () => {
  for (const reads of [false, true]) {
    await call(here, "setAll", { a: "1", b: "2" });
    await there.act("entriesOnce", { namespace, expected: { a: "1", b: "2" } });
    await here.act("watch", { namespace });
    await here.act("toldUntil", { namespace, last: "none", patience: 0 });
    assert.equal(await call(there, "destroy"), "done");
    assert.deepEqual((await here.act("toldUntil", { namespace, last: "remove b, remote" })).slice(0, 2).sort(), ["remove a, remote", "remove b, remote"]);
    // A read finds that there is no store any more.
    if (reads) assert.equal(await call(here, "get", "a"), "done");
    assert.deepEqual(await toldBefore(here, there), []);
    await /** @type {import("playwright-core").Page} */ (here.page).reload();
    await call(there, "clear");
  }
});

test("an own destroy is told once, and what comes after it as what it is", async () => {
  await call(here, "setAll", { a: "1", b: "2" });
  await there.act("open", { namespace });
  await here.act("watch", { namespace });
  assert.equal(await call(here, "destroy"), "done");
  assert.deepEqual(await toldBefore(here, there), ["clear undefined, own"]);
  assert.equal(await call(here, "destroy"), "done");
  assert.equal(await call(here, "set", "mine", ""), "done");
  assert.deepEqual(await toldBefore(here, there), ["clear undefined, own", "set mine, own"]);
});

test("a store that was destroyed and made again while this page was busy is no rotation", async () => {
  await here.act("open", { namespace });
  await there.act("open", { namespace });
  await here.act("watch", { namespace });
  await here.act("entries", { namespace, fresh: true });
  await setDeaf(here, true);
  assert.equal(await call(there, "destroy"), "done");
  assert.equal(await call(there, "set", "a", "new"), "done");
  await setDeaf(here, false);
  await here.page.evaluate(() => void document.dispatchEvent(new Event("visibilitychange")));
  assert.deepEqual(await here.act("toldUntil", { namespace, last: "set a, remote" }), ["set a, remote"]);
});

test("what happened while a handle was locked is told when it is unlocked", async () => {
  const options = { unlock: APP_KEY };
  for (const { act } of [here, there]) await act("set", { namespace, options, key: "a", value: "1" });
  await here.act("entriesOnce", { namespace, expected: { a: "1" } });
  await here.act("watch", { namespace });
  assert.equal(await call(here, "lock"), "done");
  assert.equal(await call(there, "set", "b", "2"), "done");
  assert.equal(await call(there, "remove", "a"), true);
  assert.equal(await call(here, "unlock", APP_KEY), "done");
  assert.deepEqual((await here.act("toldUntil", { namespace, last: "set b, remote" })).sort(), ["remove a, remote", "set b, remote"]);
});

test("a listener that throws harms nobody, and the page hears of it", async () => {
  const thrown = /** @type {string[]} */ ([]);
  /** @type {import("playwright-core").Page} */ (here.page).on("pageerror", ({ message }) => thrown.push(message));
  await here.page.evaluate(async () => {
    (await sealedStoreOf("app")).watch(() => {
      throw new Error("the listener's own");
    });
  });
  await here.act("watch", { namespace });
  await call(here, "set", "a", "1");
  assert.deepEqual(await toldBefore(here, there), ["set a, own"]);
  assert.deepEqual(thrown, ["the listener's own", "the listener's own"]);
});

test("a listener can end its own watch and begin others, and the rest go on", async () => {
  await here.page.evaluate(async () => {
    const storage = await sealedStoreOf("app");
    const stop = storage.watch(({ key }) => {
      told.push(`once ${key}`);
      stop();
      storage.watch(({ key }) => void told.push(`begun late ${key}`));
    });
  });
  await here.act("watch", { namespace });
  await call(here, "setAll", { a: "1", b: "2" });
  assert.deepEqual(await toldBefore(here, there), ["set a, own", "set b, own"]);
  assert.deepEqual(await here.page.evaluate(() => told.filter((line) => line.startsWith("once"))), ["once a"]);
  assert.deepEqual(await here.page.evaluate(() => told.at(-1)), "begun late last");
});

test("nothing is told after the end: by stop, by signal, by close", async () => {
  await here.page.evaluate(async () => {
    const storage = await sealedStoreOf("app");
    const abort = new AbortController();
    const note = (/** @type {string} */ name) => (/** @type {Change} */ change) => told.push(`${name}: ${describe(change)}`);
    const stop = storage.watch(note("stop"));
    storage.watch(note("signal"), { signal: abort.signal });
    storage.watch(note("aborted before"), { signal: AbortSignal.abort() });
    const closed = await keyfold.SecureStorage.open("app");
    closed.watch(note("close"));
    await storage.set("a", "1");
    while (told.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    const written = storage.set("b", "2");
    stop();
    stop();
    abort.abort();
    closed.close();
    closed.close();
    await written;
  });
  // The watch of another handle goes on, after the one that looked for others is closed.
  await here.act("watch", { namespace });
  await call(there, "set", "c", "3");
  assert.deepEqual(await here.act("toldUntil", { namespace, last: "set c, remote" }), ["set c, remote"]);
  assert.deepEqual(await here.page.evaluate(() => [...told].sort()), ["close: set a, own", "signal: set a, own", "stop: set a, own"]);
});

for (const [target, event] of /** @type {const} */ ([["window", "pageshow"], ["document", "resume"], ["document", "visibilitychange"]])) {
  test(`a page that has missed the news catches up at ${event}`, async () => {
    await call(here, "setAll", { a: "1", b: "2" });
    await here.act("watch", { namespace });
    // To ask by options loads the whole module, which begins with no copies.
    await here.act("entries", { namespace });
    await setDeaf(here, true);
    await there.act("set", { namespace, key: "a", value: "new" });
    await call(there, "remove", "b");
    assert.deepEqual(await here.act("entries", { namespace }), { a: "1", b: "2" }, "it knows of nothing: else this shows nothing");
    await setDeaf(here, false);
    await here.page.evaluate(([target, event]) => void (target === "window" ? window : document).dispatchEvent(new Event(event)), /** @type {const} */ ([target, event]));
    assert.deepEqual((await here.act("toldUntil", { namespace, last: "set a, remote" })).sort(), ["remove b, remote", "set a, remote"]);
    assert.deepEqual(await here.act("entries", { namespace }), { a: "new" });
  });
}

test("a page that Chromium has frozen catches up", async () => {
  await call(here, "set", "a", "1");
  await here.act("watch", { namespace });
  const session = await profile.newCDPSession(/** @type {import("playwright-core").Page} */ (here.page));
  await session.send("Page.setWebLifecycleState", { state: "frozen" });
  for (let n = 0; n < 50; n += 1) await there.act("set", { namespace, key: "a", value: `new ${n}` });
  await session.send("Page.setWebLifecycleState", { state: "active" });
  assert.deepEqual(await here.act("entriesOnce", { namespace, expected: { a: "new 49" } }), { a: "new 49" });
  assert.ok((await here.act("toldUntil", { namespace, last: "set a, remote" })).includes("set a, remote"));
});

test("forged messages harm nobody", async () => {
  await call(here, "setAll", { a: "1", b: "2" });
  await Promise.all([here.act("watch", { namespace }), there.act("watch", { namespace })]);
  await there.page.evaluate(() => {
    const channel = new BroadcastChannel("keyfold:keyfold:app");
    const forged = [0, 1, 2, 3, -1, 2 ** 53 - 1, 2 ** 53, 1e308, -0, NaN, Infinity, 1.5, "2", "", null, undefined, true, {}, [], [2], { revision: 9 }, 2n ** 80n, new Uint8Array(9), new Date(), /x/, new Map()];
    for (let n = 0; n < 40; n += 1) for (const message of forged) channel.postMessage(message);
    channel.close();
  });
  assert.equal(await call(here, "set", "a", "2"), "done");
  const expected = { a: "2", b: "2" };
  for (const { act } of [here, there]) assert.deepEqual(await act("entriesOnce", { namespace, expected }), expected);
  assert.deepEqual(await toldBefore(here, here), ["set a, own"]);
  assert.deepEqual(await there.act("toldUntil", { namespace, last: "set last, remote" }), ["set a, remote", "set last, remote"]);
});

test("a write of one's own does not hide what another tab has written just before", async () => {
  await call(there, "setAll", { a: "old", b: "old" });
  await here.act("entriesOnce", { namespace, expected: { a: "old", b: "old" } });
  const heard = here.page.evaluate(() => {
    // Made later than keyfold's, and so hears later.
    const channel = new BroadcastChannel("keyfold:keyfold:app");
    Object.assign(globalThis, { heard: new Promise((resolve) => (channel.onmessage = resolve)) });
  });
  await heard;
  assert.equal(await call(there, "set", "a", "new"), "done");
  await here.page.evaluate(async () => {
    await /** @type {any} */ (globalThis).heard;
  });
  assert.equal(await call(here, "set", "c", "mine"), "done");
  assert.deepEqual(await here.act("entries", { namespace }), { a: "new", b: "old", c: "mine" });
});
