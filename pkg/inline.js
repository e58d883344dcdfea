// The package's entry for Node and for bundlers that copy no files: the WebAssembly module is inside.

import { define } from "./core.js";

export { FLET_NAMESPACE, FLUTTER_NAMESPACE, StorageError } from "./core.js";

export const SecureStorage = /* @__PURE__ */ define(async () => {
  const { default: base64 } = await import("./wasm/inline-wasm.js");
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
});
