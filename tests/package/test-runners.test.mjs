// An app's own tests, in Jest and Vitest, with the files that the package's README shows.

import assert from "node:assert/strict";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { test } from "node:test";
import { toolchains } from "../../scripts/setup.mjs";
import { at } from "../../scripts/tools.mjs";
import { app } from "./helpers/app.mjs";

const TOOLS = at("tests/package/toolchains/node_modules");
const consumer = app(toolchains, async () => {
  for (const name of ["fake-indexeddb", "jest-environment-jsdom", "jsdom", "vitest"]) await symlink(`${TOOLS}/${name}`, consumer.path("node_modules", name));
  const readme = await readFile(at("pkg/README.md"), "utf8");
  for (const [, , file = "", text = ""] of readme.matchAll(/^```(\w+)\n\/\/ ([\w.-]+)\n([^]*?)^```$/gm)) await write(file, text);
});

async function write(/** @type {string} */ file, /** @type {string} */ text) {
  await mkdir(dirname(consumer.path(file)), { recursive: true });
  await writeFile(consumer.path(file), text);
}

/** Runs Jest on the app. @returns the names of what passed */
async function jest(/** @type {string} */ testEnvironment) {
  await write("jest.config.json", JSON.stringify({ testEnvironment, testMatch: ["**/*.test.cjs"], modulePaths: [TOOLS], watchman: false }));
  const { stdout } = await consumer.node(`${TOOLS}/jest/bin/jest.js`, "--config", "jest.config.json", "--json").catch((error) => assert.fail(error.stderr));
  /** @type {{ assertionResults: { title: string }[] }[]} */
  const files = JSON.parse(stdout).testResults;
  return files.flatMap(({ assertionResults }) => assertionResults.map(({ title }) => title));
}

test("Jest in Node, as it comes", async () => {
  assert.equal((await jest(`${TOOLS}/jest-environment-node/build/index.js`)).length, 3);
});

test("Jest in jsdom, as it comes: importing works, and what is missing is said", async () => {
  assert.equal((await jest("jest-environment-jsdom")).length, 1);
});

test("Jest in jsdom with Node's globals", async () => {
  assert.equal((await jest("<rootDir>/jest-environment.cjs")).length, 3);
});

test("Vitest in Node and jsdom", async () => {
  for (const environment of ["node", "jsdom"]) {
    const setupFiles = environment === "jsdom" ? ["vitest-setup.js"] : [];
    await write("vitest.config.js", `export default ${JSON.stringify({ test: { environment, setupFiles, include: ["runners/*.test.js"] } })};`);
    await consumer.node(`${TOOLS}/vitest/vitest.mjs`, "run", "--reporter=verbose").catch((error) => assert.fail(error.stdout + error.stderr));
  }
});
