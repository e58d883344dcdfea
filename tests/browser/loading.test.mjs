// What is said when a WebAssembly module cannot be loaded: its own cause, and what helps. Each is the real situation.

import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { buildIfStale } from "../../scripts/build.mjs";
import { chromium as findChromium } from "../../scripts/setup.mjs";
import { at } from "../../scripts/tools.mjs";
import { CHROMIUM_FLAGS } from "./helpers/chromium.mjs";
import { packageInChromium, WITH_LIMITS } from "./helpers/suite.mjs";
import { refused } from "./helpers/refused.mjs";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("./helpers/refused.mjs").Refusal} Refusal */

const NO_CONNECT = "/no-connect/";
const CONNECT = "/connect/";
/** What the error of a page below NO_CONNECT says that the policy needs. */
let needed = "";
const suite = packageInChromium({
  roots: { ...WITH_LIMITS.roots, [NO_CONNECT]: at("tests/browser/pages"), [CONNECT]: at("tests/browser/pages") },
  headers: (path) => ({
    ...WITH_LIMITS.headers(path),
    ...(path.startsWith(NO_CONNECT) && { "Content-Security-Policy": "default-src 'self' 'wasm-unsafe-eval'; connect-src 'none'" }),
    ...(path.startsWith(CONNECT) && { "Content-Security-Policy": `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; ${needed}` }),
  }),
});

/** Everything that needs the module, before there is a store. */
const failures = (/** @type {Page} */ page) =>
  page.evaluate(async () => {
    const { SecureStorage } = keyfold;
    const failures = [];
    for (const layout of /** @type {const} */ (["sealed", "flutter"])) {
      failures.push(await failure(() => SecureStorage.open("app", { layout })), await failure(() => SecureStorage.destroy("app", { layout })));
      failures.push(await failure(async () => { throw (await SecureStorage.availability({ layout })).reason; }));
    }
    return failures;
  });

/** Asserts that each of these calls is refused like this. */
async function allRefused(/** @type {Page} */ page, /** @type {RegExp} */ says, /** @type {string} */ cause) {
  for (const failure of await failures(page)) refused(failure, { code: "unavailable", says, ...(cause && { cause }) });
}

/** A page of a new profile, which is prepared before it loads, and made worse afterwards. */
async function onPage(/** @type {(page: Page) => Promise<void>} */ body, path = "/blank.html", prepare = async (/** @type {import("playwright-core").BrowserContext} */ _profile) => /** @type {unknown} */ (undefined)) {
  const profile = await suite.profile();
  try {
    await prepare(profile);
    await body(await suite.tab(profile, suite.url + path));
  } finally {
    await profile.close();
  }
}

const BESIDE = "The file belongs beside the package's script. Bundlers that do not copy it can use keyfold/inline";

test("the server answers with a page, as Vite's does for a file that it does not find", () =>
  onPage(async (page) => {
    await page.route("**/*.wasm", (route) => route.fulfill({ contentType: "text/html", body: "\n<!doctype html><title>app</title>" }));
    await allRefused(page, new RegExp(`could not be loaded: the server answers with a page or other text for http://localhost:\\d+/keyfold/wasm/\\w+_bg\\.wasm\\. ${BESIDE}`), "");
  }));

test("the server has no such file", () =>
  onPage(async (page) => {
    await page.route("**/*.wasm", (route) => route.fulfill({ status: 404, body: "not found" }));
    await allRefused(page, new RegExp(`the server answers 404 for http://localhost:\\d+/keyfold/wasm/\\w+_bg\\.wasm\\. ${BESIDE}`), "");
  }));

test("there is no network", () =>
  onPage(async (page) => {
    await page.context().setOffline(true);
    await allRefused(page, /cannot be fetched: there is no network. Try again when there is/, "TypeError");
    await page.context().setOffline(false);
    assert.equal(await page.evaluate(async () => (await keyfold.SecureStorage.availability()).usable), true);
  }));

test("its server cannot be reached", () =>
  onPage(async (page) => {
    await page.route("**/*.wasm", (route) => route.abort("connectionrefused"));
    await allRefused(page, /cannot be fetched: its server cannot be reached/, "TypeError");
  }));

test("the page's policy lets nothing be fetched, and the line that helps", async () => {
  await onPage(async (page) => {
    await allRefused(page, new RegExp(`cannot be fetched: the page's Content-Security-Policy needs connect-src ${suite.url}$`), "TypeError");
    [needed = ""] = (await failures(page))[0]?.message.match(/connect-src .*/) ?? [];
  }, `${NO_CONNECT}blank.html`);
  await onPage(async (page) => assert.equal(await page.evaluate(async () => (await keyfold.SecureStorage.open("app")).protection), "device"), `${CONNECT}blank.html`);
});

test("the page's policy lets no WebAssembly be compiled", () =>
  onPage((page) => allRefused(page, /the page's Content-Security-Policy needs script-src 'self' 'wasm-unsafe-eval'/, "CompileError"), "/no-wasm/blank.html"));

test("the browser compiles WebAssembly, and not this", () =>
  onPage(
    (page) => allRefused(page, /this browser is too old for it/, "CompileError"),
    "/blank.html",
    (profile) => profile.addInitScript(() => { WebAssembly.compile = async () => { throw new WebAssembly.CompileError("an unknown opcode"); }; }),
  ));

test("the file and its script are of two builds", async () => {
  const hashes = (await readFile(at("pkg/wasm/hashes.js"), "utf8")).match(/(?<= = ").*(?=")/g) ?? [];
  await onPage(
    (page) => allRefused(page, /it is not the one that this package was built with: serve all files of one version, as they are/, "LinkError"),
    "/blank.html",
    async (profile) => {
      // The module without glue stands for another build's: what the glue names is not in it.
      const other = hashes.at(-1);
      const script = `export const flutter = "${other}"; export const sealed = "${other}"; export const sealed_whole = "${other}"; export const argon2id = "${other}";`;
      await profile.route("**/hashes.js", (route) => route.fulfill({ contentType: "text/javascript", body: script }));
      await profile.route("**/*_bg.wasm", (route) => route.fulfill({ path: at("pkg/wasm/argon2id.wasm"), contentType: "application/wasm" }));
    },
  );
});

describe("WebAssembly is switched off, as in Lockdown Mode", () => {
  const off = packageInChromium({ ...WITH_LIMITS, flags: ["--js-flags=--jitless"] });

  test("every call says so", async () => {
    const page = await off.tab(await off.profile());
    assert.equal(await page.evaluate(() => typeof WebAssembly), "undefined");
    await allRefused(page, /could not be loaded: WebAssembly is switched off here, by the browser's Lockdown Mode, a setting or a policy: allow it/, "ReferenceError");
    assert.deepEqual(await page.evaluate(async () => typeof (await keyfold.SecureStorage.persist())), "boolean", "which needs none");
  });
});

describe("in an extension of manifest version 3", () => {
  let work = "";
  /** @type {import("playwright-core").BrowserContext} */
  let browser;
  before(async () => {
    await buildIfStale();
    work = await mkdtemp(join(tmpdir(), "keyfold-extension-"));
    await cp(at("pkg"), join(work, "extension/keyfold"), { recursive: true });
    const script = `import { SecureStorage } from "./keyfold/index.js";
      SecureStorage.open("app").then(() => "opened", ({ code, message }) => code + ": " + message).then((text) => (document.title = text));`;
    await writeFile(join(work, "extension/page.html"), `<!doctype html><title></title><script type="module" src="page.js"></script>`);
    await writeFile(join(work, "extension/page.js"), script);
  });
  after(async () => {
    await browser?.close();
    await rm(work, { recursive: true, force: true, maxRetries: 5 });
  });

  /** What opening comes to in the extension's page. */
  async function opening(/** @type {object} */ manifest) {
    await browser?.close();
    const extension = join(work, "extension");
    await writeFile(join(extension, "manifest.json"), JSON.stringify({ manifest_version: 3, name: "app", version: "1", background: { service_worker: "background.js" }, ...manifest }));
    await writeFile(join(extension, "background.js"), "");
    const { chromium } = await import("playwright-core");
    browser = await chromium.launchPersistentContext(await mkdtemp(join(work, "profile-")), {
      executablePath: await findChromium(),
      args: [...CHROMIUM_FLAGS, `--disable-extensions-except=${extension}`, `--load-extension=${extension}`],
      ignoreDefaultArgs: ["--disable-extensions"],
    });
    const worker = browser.serviceWorkers()[0] ?? (await browser.waitForEvent("serviceworker"));
    const page = await browser.newPage();
    await page.goto(new URL("page.html", worker.url()).href);
    await page.waitForFunction(() => document.title !== "");
    return page.title();
  }

  test("which allows no WebAssembly: the manifest's line, which helps", async () => {
    const said = await opening({});
    const [, line = ""] = said.match(/^unavailable: .* the extension's manifest\.json needs (.*)$/) ?? [];
    assert.ok(line, said);
    assert.doesNotMatch(said, /inline/);
    assert.equal(await opening(JSON.parse(`{${line}}`)), "opened");
  });

  test("whose package is without its modules", async () => {
    await rm(join(work, "extension/keyfold/wasm/sealed_bg.wasm"));
    const said = await opening({});
    assert.match(said, /^unavailable: .*sealed_bg.wasm cannot be fetched: Copy the package's folder wasm beside its script$/);
  });
});
