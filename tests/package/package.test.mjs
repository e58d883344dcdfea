// The package as its users get it: packed, installed from the tarball into an app, built with the usual tools as they
// come, and run in Chromium under the recommended headers.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { buildIfStale } from "../../scripts/build.mjs";
import { serve } from "../../scripts/serve.mjs";
import { npm } from "../../scripts/setup.mjs";
import { at } from "../../scripts/tools.mjs";
import { launch, openPage } from "../browser/helpers/chromium.mjs";

const execute = promisify(execFile);

/** Outside of the project, so that nothing is found in the project's own node_modules. */
let work = "";
/** The package as the app has it. */
let installed = "";
/** @type {{ filename: string, files: { path: string }[] }} */
let packed;
/** @type {Awaited<ReturnType<typeof launch>>} */
let browser;

before(async () => {
  await npm();
  await buildIfStale();
  work = await mkdtemp(join(tmpdir(), "keyfold-package-"));
  const { stdout } = await execute("npm", ["pack", at("pkg"), "--json", "--ignore-scripts", "--pack-destination", work]);
  // An array of packages, or since npm 12 an object with their names.
  packed = /** @type {typeof packed} */ (Object.values(JSON.parse(stdout))[0]);
  await cp(at("tests/package/app"), join(work, "app"), { recursive: true });
  await execute("npm", ["install", "--offline", "--no-audit", "--no-fund", "--ignore-scripts", join(work, packed.filename)], { cwd: join(work, "app") });
  installed = join(work, "app/node_modules/keyfold");
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await rm(work, { recursive: true, force: true });
});

/** Runs one of the project's build tools on the app. */
const tool = (/** @type {string} */ script, /** @type {string[]} */ ...args) =>
  execute(process.execPath, [at("node_modules", script), ...args], { cwd: join(work, "app"), env: { ...process.env, NODE_ENV: "" } });

async function esbuild(/** @type {import("esbuild").BuildOptions} */ options) {
  const { build } = await import("esbuild");
  await build({ absWorkingDir: join(work, "app"), bundle: true, format: "esm", logLevel: "warning", ...options });
}

/** A page that loads this script. */
const page = (/** @type {string} */ script) => `<!doctype html><meta charset="utf-8"><title>app</title><p id="out"></p><script type="module" src="${script}"></script>`;

/**
 * The app's page shows the value that went through the storage and moves it to a sealed store, and nothing goes wrong.
 * @returns the paths of the modules that were fetched first, and of those for the sealed store and its passphrase
 */
async function works(/** @type {string} */ url) {
  const { context, page, problems } = await openPage(browser, url);
  try {
    await page.waitForFunction(() => document.querySelector("#out")?.textContent !== "", undefined, { timeout: 20_000 }).catch((error) => {
      throw new Error(`the page shows nothing. ${problems.join("; ") || error}`);
    });
    assert.equal(await page.textContent("#out"), "s3cret");
    assert.match((await page.evaluate(() => localStorage.getItem("consumer.token"))) ?? "", /^[\w+/]{16}\.[\w+/]+=*$/, "sealed in localStorage");
    const modules = () => page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => new URL(name).pathname).filter((path) => path.endsWith(".wasm")));
    const first = await modules();
    assert.equal(await page.evaluate(() => /** @type {any} */ (globalThis).move()), "s3cret");
    assert.deepEqual(problems, []);
    return { first, later: (await modules()).slice(first.length) };
  } finally {
    await context.close();
  }
}

/** Serves a folder and opens a page of it. */
async function worksServed(/** @type {string} */ folder, path = "/") {
  const server = await serve({ roots: { "/": join(work, folder) } });
  try {
    return await works(server.url + path);
  } finally {
    await server.close();
  }
}

test("the tarball holds what its manifest names, and nothing else", () => {
  const paths = packed.files.map(({ path }) => path).sort();
  const want = ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "argon2id.js", "argon2id.wasm.d.ts", "arguments.js", "core.js", "error.js", "index.d.ts", "index.js", "inline.js", "instance.js", "load.js", "package.json", "wasm/argon2id.wasm", "wasm/flutter.js", "wasm/flutter_bg.wasm", "wasm/flutter_bg.wasm.d.ts", "wasm/hashes.js", "wasm/inline-argon2id.js", "wasm/inline-flutter.js", "wasm/inline-sealed.js", "wasm/sealed.js", "wasm/sealed_bg.wasm", "wasm/sealed_bg.wasm.d.ts"];
  assert.deepEqual(paths, want);
});

test("the modules hold no path of the machine that built them", async () => {
  for (const file of ["flutter_bg.wasm", "sealed_bg.wasm", "argon2id.wasm"]) {
    const wasm = await readFile(join(installed, "wasm", file), "latin1");
    assert.deepEqual(wasm.match(/(?:\/home|\/root|\/Users|\/work|[A-Z]:\\)[\w./\\-]*/g) ?? [], []);
  }
});

test("are-the-types-wrong finds nothing", async () => {
  await execute(process.execPath, [at("node_modules/@arethetypeswrong/cli/dist/index.js"), join(work, packed.filename), "--profile", "esm-only"]).catch((error) =>
    assert.fail(error.stdout),
  );
});

test("a plain page, without a bundler", async () => {
  await writeFile(join(work, "app/plain.html"), page("src/plain.js"));
  const { first, later } = await worksServed("app", "/plain.html");
  assert.deepEqual(first, ["/node_modules/keyfold/wasm/flutter_bg.wasm"]);
  assert.deepEqual(later, ["sealed_bg", "argon2id"].map((name) => `/node_modules/keyfold/wasm/${name}.wasm`));
});

test("Vite, as it comes: build", async () => {
  await tool("vite/bin/vite.js", "build", "--logLevel", "warn");
  const { first, later } = await worksServed("app/dist");
  assert.match(first.join(), /^\/assets\/flutter_bg-[^,]*\.wasm$/, "the module is an asset");
  assert.match(later.join(), /^\/assets\/sealed_bg-[^,]*\.wasm,\/assets\/argon2id-[^,]*\.wasm$/, "and so are the others");
});

test("Vite, as it comes: development server", async () => {
  const { createServer } = await import("vite");
  const server = await createServer({ root: join(work, "app"), logLevel: "warn", server: { host: "127.0.0.1", port: 0 } });
  try {
    await server.listen();
    const address = /** @type {import("node:net").AddressInfo} */ (server.httpServer?.address());
    await works(`http://localhost:${address.port}/`);
  } finally {
    await server.close();
  }
});

test("webpack, as it comes", async () => {
  // Its defaults: src/index.js becomes dist/main.js.
  await tool("webpack-cli/bin/cli.js", "--mode", "production", "--output-path", "webpack");
  await writeFile(join(work, "app/webpack/index.html"), page("main.js"));
  const { first, later } = await worksServed("app/webpack");
  assert.equal(first.length, 1, `the module is an asset: ${first}`);
  assert.equal(later.length, 2, `and so are the others: ${later}`);
});

test("esbuild, with keyfold/inline", async () => {
  await esbuild({ entryPoints: ["src/inline.js"], minify: true, outfile: "esbuild/main.js" });
  await writeFile(join(work, "app/esbuild/index.html"), page("main.js"));
  const { first, later } = await worksServed("app/esbuild");
  assert.deepEqual([first, later], [[], []], "nothing more is fetched");
});

test("Node: importing touches no browser global, and the memory area works", async () => {
  const { stdout } = await execute(process.execPath, ["src/node.js"], { cwd: join(work, "app") });
  assert.equal(stdout, "s3cret\nfalse unavailable\n");
});

test("Node, bundled for server-side rendering", async () => {
  await esbuild({ entryPoints: ["src/node.js"], platform: "node", outfile: "ssr/main.js" });
  const { stdout } = await execute(process.execPath, ["ssr/main.js"], { cwd: join(work, "app") });
  assert.equal(stdout, "s3cret\nfalse unavailable\n");
});
