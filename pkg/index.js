// The package's entry for browsers and bundlers: the WebAssembly modules are separate files beside this one.

import { define } from "./core.js";
import { fetched } from "./load.js";
import * as hashes from "./wasm/hashes.js";

export { FLET_NAMESPACE, FLUTTER_NAMESPACE, StorageError } from "./core.js";

export const SecureStorage = /* @__PURE__ */ define(
  () => fetched(new URL("./wasm/flutter_bg.wasm", import.meta.url), hashes.flutter),
  () => fetched(new URL("./wasm/sealed_bg.wasm", import.meta.url), hashes.sealed),
  () => fetched(new URL("./wasm/sealed_whole_bg.wasm", import.meta.url), hashes.sealed_whole),
  () => fetched(new URL("./wasm/argon2id.wasm", import.meta.url), hashes.argon2id),
);
