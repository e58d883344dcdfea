// An app with the package as its users get it: packed, and installed from the tarball, outside of the project, so that
// nothing is found in the project's own node_modules. And a browser that looks whether the app works.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import { promisify } from "node:util";
import { buildIfStale } from "../../../scripts/build.mjs";
import { serve } from "../../../scripts/serve.mjs";
import { npm } from "../../../scripts/setup.mjs";
import { at } from "../../../scripts/tools.mjs";
import { launch, openPage } from "../../browser/helpers/chromium.mjs";

export const execute = promisify(execFile);

/** A page that loads this script. */
export const page = (/** @type {string} */ script) => `<!doctype html><meta charset="utf-8"><title>app</title><p id="out"></p><script type="module" src="${script}"></script>`;

/**
 * Makes the app before the tests of a file and removes it after them.
 * @param {() => Promise<void>} [setUp] installs what else they need
 * @param {() => Promise<void>} [prepare] adds to the app
 */
export function app(setUp = npm, prepare = async () => {}) {
  const made = new App();
  // One hook, because some versions of Node do not wait for one before they start the next.
  before(async () => {
    await setUp();
    await made.make();
    await prepare();
  });
  after(() => made.remove());
  return made;
}

class App {
  /** Its folder. */
  root = "";
  /** The package as the app has it. */
  installed = "";
  /** The path of the tarball, and what is in it. */
  tarball = "";
  /** @type {string[]} */
  files = [];
  #work = "";
  /** @type {Awaited<ReturnType<typeof launch>> | undefined} */
  #browser;

  async make() {
    await npm();
    await buildIfStale();
    this.#work = await mkdtemp(join(tmpdir(), "keyfold-package-"));
    const { stdout } = await execute("npm", ["pack", at("pkg"), "--json", "--ignore-scripts", "--pack-destination", this.#work]);
    // An array of packages, or since npm 12 an object with their names.
    const [packed] = /** @type {{ filename: string, files: { path: string }[] }[]} */ (Object.values(JSON.parse(stdout)));
    this.files = (packed?.files ?? []).map(({ path }) => path).sort();
    this.tarball = join(this.#work, packed?.filename ?? "");
    this.root = join(this.#work, "app");
    await cp(at("tests/package/app"), this.root, { recursive: true });
    await execute("npm", ["install", "--offline", "--no-audit", "--no-fund", "--ignore-scripts", this.tarball], { cwd: this.root });
    this.installed = join(this.root, "node_modules/keyfold");
  }

  async remove() {
    await this.#browser?.close();
    await rm(this.#work, { recursive: true, force: true });
  }

  path(/** @type {string[]} */ ...names) {
    return join(this.root, ...names);
  }

  /** Runs a script of Node's in the app's folder. */
  node(/** @type {string[]} */ ...args) {
    return execute(process.execPath, args, { cwd: this.root, env: { ...process.env, NODE_ENV: "", NODE_TEST_CONTEXT: "" } });
  }

  /** Opens a page in a profile of its own; `problems` has what goes wrong there. */
  async open(/** @type {string} */ url) {
    this.#browser ??= await launch();
    return openPage(this.#browser, url);
  }

  /**
   * The app's page shows the value that went through the storage and moves it to a sealed store, and nothing goes wrong.
   * @returns the paths of what was fetched up to the first, and of what was fetched then for the sealed store and its passphrase
   */
  async works(/** @type {string} */ url) {
    const { context, page, problems } = await this.open(url);
    try {
      await page.waitForFunction(() => document.querySelector("#out")?.textContent !== "", undefined, { timeout: 20_000 }).catch((error) => {
        throw new Error(`the page shows nothing. ${problems.join("; ") || error}`);
      });
      assert.equal(await page.textContent("#out"), "s3cret");
      assert.match((await page.evaluate(() => localStorage.getItem("consumer.token"))) ?? "", /^[\w+/]{16}\.[\w+/]+=*$/, "sealed in localStorage");
      const fetched = () => page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => new URL(name).pathname));
      const first = await fetched();
      assert.equal(await page.evaluate(() => /** @type {any} */ (globalThis).move()), "s3cret");
      assert.deepEqual(problems, []);
      return { first, later: (await fetched()).slice(first.length) };
    } finally {
      await context.close();
    }
  }

  /** Serves a folder of the app, with the recommended headers or some of them, and opens a page of it. */
  async worksServed(folder = "", path = "/", headers = /** @type {Record<string, string | null>} */ ({})) {
    const server = await serve({ roots: { "/": this.path(folder) }, headers });
    try {
      return await this.works(server.url + path);
    } finally {
      await server.close();
    }
  }
}

/** The WebAssembly modules of what was fetched. */
export const modules = (/** @type {string[]} */ paths) => paths.filter((path) => path.endsWith(".wasm"));
