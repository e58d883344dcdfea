// The package's entry for browsers and bundlers: the WebAssembly module is a file of its own beside this one.

import { define } from "./core.js";

export { FLET_NAMESPACE, FLUTTER_NAMESPACE, StorageError } from "./core.js";

export const SecureStorage = /* @__PURE__ */ define(() => new URL("./wasm/keyfold_bg.wasm", import.meta.url));
