// The declarations in the oldest TypeScript that they are for and in this one, as the strictest apps read them.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { test } from "node:test";
import { toolchains } from "../../scripts/setup.mjs";
import { at } from "../../scripts/tools.mjs";
import { app } from "./helpers/app.mjs";

const consumer = app(toolchains);
const COMPILERS = { "TypeScript 5.4": "tests/package/toolchains/node_modules/typescript-5.4", "this TypeScript": "node_modules/typescript" };

async function compile(/** @type {string} */ compiler, /** @type {string} */ project) {
  await consumer.node(at(compiler, "bin/tsc"), "--project", project).catch((error) => assert.fail(error.stdout));
}

for (const [name, compiler] of Object.entries(COMPILERS)) {
  test(`${name}: what index.d.ts promises`, () => compile(compiler, at("tests/types/tsconfig.json")));

  for (const module of ["node16", "nodenext"]) {
    test(`${name}: an app of modules and CommonJS, ${module}`, async () => {
      const compilerOptions = { module, moduleResolution: module, target: "es2022", lib: ["es2022", "dom"], strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, types: [], rootDir: "types", outDir: `types-${module}` };
      await writeFile(consumer.path("tsconfig.json"), JSON.stringify({ compilerOptions, include: ["types"] }));
      await compile(compiler, consumer.path("tsconfig.json"));
      for (const script of ["consumer.cjs", "consumer.mjs"]) {
        const { read } = await import(pathToFileURL(consumer.path(`types-${module}`, script)).href);
        assert.equal(await read(), "s3cret");
      }
    });
  }
}

// Newer versions of Node load modules by require(), which makes one copy of the package for both kinds of scripts.
test("require() in Node gives what import gives, or the CommonJS copy where Node is too old", async () => {
  const script = `
    const required = require("keyfold");
    import("keyfold").then((imported) => {
      const names = Object.keys(required).sort();
      if (names.join() !== Object.keys(imported).sort().join()) throw new Error(names.join());
      console.log(required.SecureStorage === imported.SecureStorage);
    });`;
  const same = async (/** @type {string[]} */ ...flags) => (await consumer.node(...flags, "--input-type=commonjs", "--eval", script)).stdout.trim();
  assert.equal(await same(), String(Boolean(/** @type {any} */ (process.features).require_module)));
  if (/** @type {any} */ (process.features).require_module) assert.equal(await same("--no-experimental-require-module"), "false");
});
