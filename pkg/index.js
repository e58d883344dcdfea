// The package's entry for browsers and bundlers: the WebAssembly modules are separate files beside this one.

import { define } from "./core.js";

export { FLET_NAMESPACE, FLUTTER_NAMESPACE, StorageError } from "./core.js";

export const SecureStorage = /* @__PURE__ */ define(
  async () => new URL("./wasm/flutter_bg.wasm", import.meta.url),
  async () => new URL("./wasm/sealed_bg.wasm", import.meta.url),
  async () => new URL("./wasm/argon2id.wasm", import.meta.url),
);
