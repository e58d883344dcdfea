// Bundlers, with what the package's README says of each: the app that they make runs in Chromium under the recommended
// headers.

import assert from "node:assert/strict";
import { readdir, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { toolchains } from "../../scripts/setup.mjs";
import { at } from "../../scripts/tools.mjs";
import { app, execute, modules, page } from "./helpers/app.mjs";

const TOOLS = at("tests/package/toolchains/node_modules");
const consumer = app(toolchains);

const tool = (/** @type {string} */ path) => import(pathToFileURL(`${TOOLS}/${path}`).href);

/** The page works, and fetches each module as a file of its own. */
async function worksWithFiles(/** @type {string} */ folder, headers = {}) {
  const { first, later } = await consumer.worksServed(folder, "/", headers);
  assert.deepEqual([modules(first).length, modules(later).length], [1, 2], `${first} ${later}`);
}

/** The page works, and fetches no module. */
async function worksInline(/** @type {string} */ folder) {
  await writeFile(consumer.path(folder, "index.html"), page("main.js"));
  const { first, later } = await consumer.worksServed(folder);
  assert.deepEqual(modules([...first, ...later]), []);
}

for (const version of [5, 6, 7]) {
  test(`Vite ${version}`, async () => {
    await consumer.node(`${TOOLS}/vite-${version}/bin/vite.js`, "build", "--target", "es2022", "--outDir", `vite-${version}`, "--logLevel", "warn");
    await worksWithFiles(`vite-${version}`);
  });
}

test("Rspack", async () => {
  const { rspack } = await tool("@rspack/core/dist/index.js");
  const compiler = rspack({ context: consumer.root, mode: "production", entry: "./src/index.js", output: { path: consumer.path("rspack") } });
  const stats = await new Promise((resolve, reject) => compiler.run((/** @type {unknown} */ error, /** @type {any} */ stats) => (error ? reject(error) : resolve(stats))));
  await new Promise((resolve) => compiler.close(resolve));
  const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true });
  assert.deepEqual([...errors, ...warnings], []);
  await writeFile(consumer.path("rspack/index.html"), page("main.js"));
  await worksWithFiles("rspack");
});

test("Parcel", async () => {
  await consumer.node(`${TOOLS}/parcel/lib/bin.js`, "build", "index.html", "--dist-dir", "parcel", "--cache-dir", ".parcel", "--no-autoinstall").catch((error) => assert.fail(error.stderr));
  // Its page has an import map of Parcel's own inside, which the recommended policy refuses.
  await worksWithFiles("parcel", { "Content-Security-Policy": "script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'" });
});

test("Rollup with the plugin for import.meta.url", async () => {
  const plugin = await tool("@web/rollup-plugin-import-meta-assets/index.mjs");
  await rollup("index", "rollup-assets", [plugin.importMetaAssets()]);
  await writeFile(consumer.path("rollup-assets/index.html"), page("index.js"));
  await worksWithFiles("rollup-assets");
});

test("Rollup with keyfold/inline", async () => {
  await rollup("inline", "rollup");
  await worksInline("rollup");
});

async function rollup(/** @type {string} */ script, /** @type {string} */ folder, /** @type {unknown[]} */ plugins = []) {
  const [{ rollup }, { nodeResolve }] = [await tool("rollup/dist/es/rollup.js"), await tool("@rollup/plugin-node-resolve/dist/es/index.js")];
  const input = { [script === "inline" ? "main" : script]: consumer.path("src", `${script}.js`) };
  const bundle = await rollup({ input, plugins: [nodeResolve({ browser: true }), ...plugins] });
  await bundle.write({ dir: consumer.path(folder) });
  await bundle.close();
}

test("Rolldown with keyfold/inline", async () => {
  const { build } = await tool("rolldown/dist/index.mjs");
  await build({ cwd: consumer.root, input: { main: "src/inline.js" }, output: { dir: "rolldown" }, platform: "browser", logLevel: "warn" });
  await worksInline("rolldown");
});

test("Bun with keyfold/inline", async (context) => {
  // Its package has a program for each system.
  const [program] = await readdir(`${TOOLS}/@oven`).catch(() => []);
  if (!program) return context.skip("Bun has no program for this system");
  await execute(`${TOOLS}/@oven/${program}/bin/bun`, ["build", "src/inline.js", "--outfile=bun/main.js", "--minify"], { cwd: consumer.root });
  await worksInline("bun");
});
