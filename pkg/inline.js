// The package's entry for Node and for bundlers that copy no files: the WebAssembly modules are inside.

import { define } from "./core.js";

export { FLET_NAMESPACE, FLUTTER_NAMESPACE, StorageError } from "./core.js";

export const SecureStorage = /* @__PURE__ */ define(
  async () => decode(await import("./wasm/inline-flutter.js")),
  async () => decode(await import("./wasm/inline-sealed.js")),
  async () => decode(await import("./wasm/inline-argon2id.js")),
);

function decode({ default: base64 }) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
