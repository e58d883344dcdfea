// Each of the globals that the package touches is taken away in turn, or has a getter that throws, in Chromium and in
// Node. Whatever fails then fails with a StorageError, and nothing waits for ever.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { runInNewContext } from "node:vm";
import { buildIfStale } from "../../scripts/build.mjs";
import { at } from "../../scripts/tools.mjs";
import { packageInChromium } from "./helpers/suite.mjs";

const suite = packageInChromium();
before(buildIfStale);

/** What the language itself has, without which nothing runs, except for what an engine may leave out. */
const OPTIONAL = ["WebAssembly", "FinalizationRegistry"];
const LANGUAGE = /** @type {string[]} */ (runInNewContext("Object.getOwnPropertyNames(globalThis)")).filter((name) => !OPTIONAL.includes(name));

/** Parts of globals that may be missing too, or may not be asked for. */
const PARTS = [
  "crypto.subtle", "crypto.getRandomValues", "navigator.storage", "navigator.storage.persist", "navigator.storage.persisted", "navigator.locks", "navigator.onLine",
  "IDBKeyRange.bound", "WebAssembly.compile", "WebAssembly.instantiate", "WebAssembly.Module", "indexedDB.open", "localStorage.setItem", "localStorage.length",
];

/** Of a place's globals those that the package names: its scripts, though not as a property of something else, or a text of its modules. */
function touched(/** @type {string[]} */ globals) {
  const files = ["pkg", "pkg/wasm"].flatMap((folder) => readdirSync(at(folder)).map((file) => `${folder}/${file}`));
  const text = (/** @type {RegExp} */ wanted) => files.filter((file) => wanted.test(file)).map((file) => readFileSync(at(file), "latin1")).join("\n");
  const scripts = new Set(text(/(?<!inline-\w+)\.js$/).replace(/^ *(\/\/|\/?\*).*$/gm, "").replaceAll("globalThis.", "").match(/(?<![.\w])\w+/g));
  const modules = text(/\.wasm$/);
  return globals.filter((name) => !LANGUAGE.includes(name) && (scripts.has(name) || (name.length > 5 && modules.includes(name))));
}

const GLOBALS = () => {
  const names = new Set(/** @type {string[]} */ ([]));
  for (let object = globalThis; object !== Object.prototype; object = Object.getPrototypeOf(object)) for (const name of Object.getOwnPropertyNames(object)) names.add(name);
  return [...names];
};

/** Tries all of these, some at a time. Returns what was wrong, and how many could be tried. */
async function tryAll(/** @type {string[]} */ paths, /** @type {(path: string) => Promise<string[] | undefined>} */ attempt) {
  const left = [...paths];
  const results = /** @type {(string[] | undefined)[]} */ ([]);
  const lane = async () => {
    for (let path; (path = left.shift()) !== undefined; ) results.push(await attempt(path));
  };
  await Promise.all(Array.from({ length: 4 }, lane));
  const tried = results.filter((wrong) => wrong !== undefined);
  return { wrong: tried.flat(), tried: tried.length };
}

describe("every rejection is a StorageError", () => {
  for (const [how, says] of Object.entries({ none: "is not there", throws: "has a getter that throws" })) {
    test(`in Chromium, where a global ${says}`, { timeout: 300_000 }, async () => {
      const url = `${suite.url}/bare.html`;
      const onPage = async (/** @type {(page: import("playwright-core").Page) => Promise<any>} */ act) => {
        const profile = await suite.profile();
        try {
          const page = await profile.newPage();
          await page.goto(url);
          return await act(page);
        } finally {
          await profile.close();
        }
      };
      const names = touched(await onPage((page) => page.evaluate(GLOBALS)));
      const known = ["WebAssembly", "crypto", "indexedDB", "localStorage", "navigator", "BroadcastChannel", "TextEncoder", "TextDecoder", "fetch", "FinalizationRegistry", "IDBKeyRange", "MessageChannel", "DOMException", "setTimeout"];
      assert.deepEqual(known.filter((name) => !names.includes(name)), []);
      const { wrong, tried } = await tryAll([...names, ...PARTS], (path) =>
        onPage((page) =>
          page.evaluate(
            async ({ path, how, script }) => {
              const [{ without }, keyfold] = await Promise.all([import(script), import("/keyfold/index.js")]);
              return without(keyfold, path, how);
            },
            { path, how, script: "/without.js" },
          ),
        ).catch((error) => [`${path}: the page: ${error}`]),
      );
      assert.deepEqual(wrong, []);
      assert.ok(tried > 40, `${tried} can be taken away`);
    });

    test(`in Node, where a global ${says}`, { timeout: 300_000 }, async () => {
      const [script, entry] = ["tests/browser/pages/without.js", "pkg/inline.js"].map((file) => pathToFileURL(at(file)).href);
      const inNode = async (/** @type {string} */ path) => {
        const code = `
          const [{ without }, keyfold] = [await import(${JSON.stringify(script)}), await import(${JSON.stringify(entry)})];
          const write = process.stdout.write.bind(process.stdout), json = JSON.stringify;
          write(json(await without(keyfold, ${JSON.stringify(path)}, "${how}", true) ?? null));`;
        const { stdout } = await promisify(execFile)(process.execPath, ["--no-warnings", "--input-type=module", "--eval", code]).catch((error) => ({ stdout: JSON.stringify([`${path}: Node: ${error}`]) }));
        return JSON.parse(stdout) ?? undefined;
      };
      const { wrong, tried } = await tryAll([...touched(GLOBALS()), "crypto.subtle", "crypto.getRandomValues", "WebAssembly.compile", "WebAssembly.instantiate"], inNode);
      assert.deepEqual(wrong, []);
      assert.ok(tried > 20, `${tried} can be taken away`);
    });
  }
});
