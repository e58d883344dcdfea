// The package as its users get it: packed, installed from the tarball into an app, built with the usual tools as they
// come, and run in Chromium under the recommended headers.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { at } from "../../scripts/tools.mjs";
import { app, modules, page } from "./helpers/app.mjs";

const consumer = app();

/** Runs one of the project's build tools on the app. */
const tool = (/** @type {string} */ script, /** @type {string[]} */ ...args) => consumer.node(at("node_modules", script), ...args);

async function esbuild(/** @type {import("esbuild").BuildOptions} */ options) {
  const { build } = await import("esbuild");
  await build({ absWorkingDir: consumer.root, bundle: true, format: "esm", logLevel: "warning", ...options });
}

test("the tarball holds what its manifest names, and nothing else", () => {
  const want = ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "argon2id.js", "argon2id.wasm.d.ts", "arguments.js", "core.js", "development.js", "error.js", "index.cjs", "index.d.cts", "index.d.ts", "index.js", "inline.js", "instance.js", "load.js", "package.json", "parts.js", "wasm/argon2id.wasm", "wasm/flutter_bg.wasm", "wasm/flutter_bg.wasm.d.ts", "wasm/glue.js", "wasm/hashes.js", "wasm/inline-argon2id.js", "wasm/inline-flutter.js", "wasm/inline-sealed.js", "wasm/inline-sealed_whole.js", "wasm/sealed_bg.wasm", "wasm/sealed_bg.wasm.d.ts", "wasm/sealed_whole_bg.wasm", "wasm/sealed_whole_bg.wasm.d.ts"];
  assert.deepEqual(consumer.files, want);
});

test("the modules hold no path of the machine that built them", async () => {
  for (const file of ["flutter_bg.wasm", "sealed_bg.wasm", "sealed_whole_bg.wasm", "argon2id.wasm"]) {
    const wasm = await readFile(join(consumer.installed, "wasm", file), "latin1");
    assert.deepEqual(wasm.match(/(?:\/home|\/root|\/Users|\/work|[A-Z]:\\)[\w./\\-]*/g) ?? [], []);
  }
});

test("are-the-types-wrong finds nothing", async () => {
  const attw = (/** @type {string[]} */ ...args) => tool("@arethetypeswrong/cli/dist/index.js", consumer.tarball, ...args).catch((error) => assert.fail(error.stdout));
  await attw("--profile", "esm-only");
  // No script can require() a WebAssembly file.
  await attw("--profile", "node16", "--exclude-entrypoints", "flutter.wasm", "sealed.wasm", "sealed-whole.wasm", "argon2id.wasm");
});

test("a plain page, without a bundler", async () => {
  await writeFile(consumer.path("plain.html"), page("src/plain.js"));
  const { first, later } = await consumer.worksServed("", "/plain.html");
  assert.deepEqual(modules(first), ["/node_modules/keyfold/wasm/flutter_bg.wasm"]);
  // One glue for both layouts.
  assert.deepEqual(first.filter((path) => /wasm\/.*\.js$/.test(path)).map((path) => path.split("/").at(-1)).sort(), ["glue.js", "hashes.js"]);
  assert.deepEqual(modules(later), ["sealed_whole_bg", "argon2id"].map((name) => `/node_modules/keyfold/wasm/${name}.wasm`));
});

test("Vite, as it comes: build", async () => {
  await tool("vite/bin/vite.js", "build", "--logLevel", "warn");
  const { first, later } = await consumer.worksServed("dist");
  assert.match(modules(first).join(), /^\/assets\/flutter_bg-[^,]*\.wasm$/, "the module is an asset");
  assert.match(modules(later).join(), /^\/assets\/sealed_whole_bg-[^,]*\.wasm,\/assets\/argon2id-[^,]*\.wasm$/, "and so are the others");
});

test("webpack, as it comes", async () => {
  // Its defaults: src/index.js becomes dist/main.js.
  await tool("webpack-cli/bin/cli.js", "--mode", "production", "--output-path", "webpack");
  await writeFile(consumer.path("webpack/index.html"), page("main.js"));
  const { first, later } = await consumer.worksServed("webpack");
  assert.equal(modules(first).length, 1, `the module is an asset: ${first}`);
  assert.equal(modules(later).length, 2, `and so are the others: ${later}`);
});

test("esbuild, with keyfold/inline", async () => {
  await esbuild({ entryPoints: ["src/inline.js"], minify: true, outfile: "esbuild/main.js" });
  await writeFile(consumer.path("esbuild/index.html"), page("main.js"));
  const { first, later } = await consumer.worksServed("esbuild");
  assert.deepEqual([modules(first), later], [[], []], "nothing more is fetched");
});

test("Node: importing touches no browser global, and the memory area works", async () => {
  const { stdout } = await consumer.node("src/node.js");
  assert.equal(stdout, "s3cret\nfalse unavailable\n");
});

test("Node, bundled for server-side rendering", async () => {
  await esbuild({ entryPoints: ["src/node.js"], platform: "node", outfile: "ssr/main.js" });
  const { stdout } = await consumer.node("ssr/main.js");
  assert.equal(stdout, "s3cret\nfalse unavailable\n");
});
