// The package's entry for programs that `require` it where modules cannot be, as in Jest. scripts/build.mjs bundles it
// into index.cjs. All such programs run in Node, so the WebAssembly modules are read as files.

// @ts-expect-error the package's other scripts know nothing of Node
import { readFile } from "node:fs/promises";
import { define } from "./core.js";

export { FLET_NAMESPACE, FLUTTER_NAMESPACE, StorageError } from "./core.js";

// @ts-expect-error
const read = (name) => readFile(`${__dirname}/wasm/${name}.wasm`);

export const SecureStorage = define(
  () => read("flutter_bg"),
  () => read("sealed_bg"),
  () => read("sealed_whole_bg"),
  () => read("argon2id"),
);
