// A watch tells what happens to a namespace in this tab and in others, and nothing else; and a handle notices that
// another tab has changed the data key.

import assert from "node:assert/strict";
import { test } from "node:test";
import { addFrame, OTHER_WRAP, packageInChromium, WRAP } from "./helpers/suite.mjs";

/** @typedef {import("playwright-core").Page | import("playwright-core").Frame} Place */

const suite = packageInChromium();
/** @type {import("playwright-core").Page} */
let here;
/** @type {import("playwright-core").Page} */
let there;

suite.eachInNewProfile(async (profile) => {
  [here, there] = await Promise.all([suite.tab(profile), suite.tab(profile)]);
});

/** Watches a namespace and notes what is told. */
const watch = (/** @type {Place} */ place, /** @type {object} */ options = {}) =>
  place.evaluate(async (options) => {
    (await storeOf("app", options)).watch((change) => told.push(describe(change)));
  }, options);

/** What was told in a place until it is told of this last change. */
async function toldUntil(/** @type {Place} */ place, /** @type {string} */ last) {
  await place.waitForFunction((last) => told.includes(last), last, { timeout: 5000 });
  return place.evaluate(() => told.splice(0));
}

/** Changes the namespace in every way. */
const changeAll = (/** @type {Place} */ place, /** @type {object} */ options = {}) =>
  place.evaluate(async (options) => {
    const storage = await storeOf("app", options);
    await storage.set("a", "1");
    await storage.setAll({ b: "2", "c.d": "3", "": "4" });
    await storage.remove("a");
    await storage.remove("a");
    await storage.get("b");
    await storage.clear();
    await storage.set("last", "5");
  }, options);

const OWN = ["set a, own", "set b, own", "set c.d, own", "set , own", "remove a, own", "clear undefined, own", "set last, own"];
// Other tabs see a `clear` as what it does to the storage.
const REMOTE = ["set a, remote", "set b, remote", "set c.d, remote", "set , remote", "remove a, remote", "remove , remote", "remove b, remote", "remove c.d, remote", "set last, remote"];

test("what another tab does is told as remote, and what this one does as its own", async () => {
  await Promise.all([watch(here), watch(there)]);
  await changeAll(there);
  assert.deepEqual(await toldUntil(here, "set last, remote"), REMOTE);
  assert.deepEqual(await toldUntil(there, "set last, own"), OWN);
});

test("another handle of this page is no other tab", async () => {
  await watch(here);
  await here.evaluate(async () => (await openStore("app")).set("last", ""));
  assert.deepEqual(await toldUntil(here, "set last, own"), ["set last, own"]);
});

test("a frame counts as another tab, in sessionStorage too", async () => {
  for (const options of [{}, { useSessionStorage: true }]) {
    await here.reload();
    const frame = await addFrame(here);
    await watch(here, options);
    await changeAll(frame, options);
    assert.deepEqual(await toldUntil(here, "set last, remote"), REMOTE);
  }
});

test("localStorage.clear() of another tab is told as one change", async () => {
  await changeAll(here);
  await watch(here);
  await there.waitForFunction(() => localStorage.getItem("app.last") !== null);
  await there.evaluate(() => localStorage.clear());
  assert.deepEqual(await toldUntil(here, "clear undefined, remote"), ["clear undefined, remote"]);
});

test("the namespace's own destroy is told", async () => {
  await changeAll(here);
  await watch(here);
  await here.evaluate(async () => (await storeOf("app")).destroy());
  assert.deepEqual(await toldUntil(here, "clear undefined, own"), ["clear undefined, own"]);
});

test("nothing is told of other namespaces, nor of the data key", async () => {
  await watch(here);
  await there.evaluate(async () => {
    for (const namespace of ["app.x", "app.x.y", "ap", "apple", "other"]) {
      const storage = await openStore(namespace);
      await storage.set("y", "1");
      await storage.set("app", "1");
      await storage.remove("y");
      await storage.clear();
    }
    sessionStorage.setItem("app.session", "");
    localStorage.setItem("app", localStorage.getItem("other") ?? "");
    await (await openStore("app")).set("last", "");
  });
  assert.deepEqual(await toldUntil(here, "set last, remote"), ["set last, remote"]);
});

test("nothing is told of another namespace's destroy", async () => {
  await watch(here);
  await there.evaluate(async () => {
    for (let round = 0; round < 10; round += 1) {
      const storage = await openStore("app.x");
      await storage.set("y", "1");
      await storage.destroy();
    }
    await (await openStore("app")).set("last", "");
  });
  assert.deepEqual(await toldUntil(here, "set last, remote"), ["set last, remote"]);
});

test("a listener that throws harms nobody, and the page hears of it", async () => {
  const thrown = /** @type {string[]} */ ([]);
  here.on("pageerror", ({ message }) => thrown.push(message));
  const heard = await here.evaluate(async () => {
    const heard = /** @type {string[]} */ ([]);
    window.onerror = (message) => void heard.push(String(message));
    const storage = await storeOf("app");
    storage.watch(() => {
      throw new Error("the listener's own");
    });
    storage.watch((change) => told.push(describe(change)));
    await storage.set("a", "1");
    await storage.set("last", "2");
    while (told.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    return heard;
  });
  assert.deepEqual(heard, ["Uncaught Error: the listener's own", "Uncaught Error: the listener's own"]);
  assert.deepEqual(thrown, ["the listener's own", "the listener's own"]);
  assert.deepEqual(await toldUntil(here, "set last, own"), ["set a, own", "set last, own"]);
});

test("a listener can end its own watch, and others go on", async () => {
  await here.evaluate(async () => {
    const storage = await storeOf("app");
    const stop = storage.watch(({ key }) => {
      told.push(`once ${key}`);
      stop();
    });
    storage.watch((change) => told.push(describe(change)));
    await storage.setAll({ a: "1", b: "2", last: "3" });
  });
  assert.deepEqual((await toldUntil(here, "set last, own")).sort(), ["once a", "set a, own", "set b, own", "set last, own"]);
});

test("nothing is told after the end: by stop, by signal, by close", async () => {
  const left = await here.evaluate(async () => {
    const storage = await storeOf("app");
    const abort = new AbortController();
    const note = (/** @type {string} */ name) => (/** @type {Change} */ change) => told.push(`${name}: ${describe(change)}`);
    const stop = storage.watch(note("stop"));
    storage.watch(note("signal"), { signal: abort.signal });
    storage.watch(note("aborted before"), { signal: AbortSignal.abort() });
    const closed = await openStore("app");
    closed.watch(note("close"));
    storage.watch((change) => told.push(describe(change)));

    await storage.set("a", "1");
    while (told.length < 4) await new Promise((resolve) => setTimeout(resolve, 5));
    // Changed before the end, but not told yet.
    const written = storage.set("b", "2");
    stop();
    stop();
    abort.abort();
    closed.close();
    closed.close();
    await written;
    await storage.set("last", "3");
    const late = await failure(() => closed.watch(() => {}));
    return [late?.code, (await failure(() => closed.get("a")))?.code];
  });
  const told = await toldUntil(here, "set last, own");
  assert.deepEqual(told.sort(), ["close: set a, own", "set a, own", "set b, own", "set last, own", "signal: set a, own", "stop: set a, own"]);
  assert.deepEqual(left, ["unavailable", "unavailable"]);
  await changeAll(there);
  const remote = await toldUntil(here, "set last, remote");
  assert.deepEqual(remote.filter((line) => line.includes(":")), []);
});

test("a key that another tab made again is noticed: read, written, and read there", async () => {
  await here.evaluate(async () => (await storeOf("app")).set("a", "old"));
  await there.waitForFunction(() => localStorage.getItem("app.a") !== null);
  const oldKey = await there.evaluate(async () => {
    const before = localStorage.getItem("app");
    const storage = await storeOf("app");
    await storage.destroy();
    await storage.set("a", "new");
    return before;
  });
  const seen = await here.evaluate(async (oldKey) => {
    const storage = await storeOf("app");
    const seen = new Set();
    while (!seen.has("new")) {
      seen.add(await storage.get("a").catch(({ code }) => code));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await storage.set("b", "mine");
    return [...seen, localStorage.getItem("app") !== oldKey];
  }, oldKey);
  assert.deepEqual(seen.filter((value) => value !== "old" && value !== undefined), ["new", true], "what the handle read until then");
  await there.waitForFunction(() => localStorage.getItem("app.b") !== null);
  assert.deepEqual(await there.evaluate(async () => [...(await (await storeOf("app")).getAll())]), [["a", "new"], ["b", "mine"]]);
});

test("a store that another tab made again under another wrap key: wrong-key, and nothing is written", async () => {
  const oldKey = await here.evaluate(async (wrap) => {
    await (await storeOf("app", wrap)).set("a", "old");
    return localStorage.getItem("app");
  }, WRAP);
  await there.waitForFunction(() => localStorage.getItem("app.a") !== null);
  await there.evaluate(async (wrap) => {
    await keyfold.SecureStorage.destroy("app", { layout: "flutter" });
    await (await openStore("app", wrap)).set("a", "new");
  }, OTHER_WRAP);
  await here.waitForFunction((oldKey) => ![null, oldKey].includes(localStorage.getItem("app")) && localStorage.getItem("app.a") !== null, oldKey);
  const { codes, before, after } = await here.evaluate(async () => {
    const storage = await storeOf("app");
    const before = await stored();
    const calls = [() => storage.get("a"), () => storage.getAll(), () => storage.set("a", "mine"), () => storage.set("b", "mine"), () => storage.setAll({ c: "1" })];
    const codes = [];
    for (const call of calls) codes.push((await failure(call))?.code);
    return { codes, before, after: await stored() };
  });
  assert.deepEqual(codes, Array(5).fill("wrong-key"));
  assert.deepEqual(after, before);
});
