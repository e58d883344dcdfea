// The package's entry for Node and for bundlers that copy no files: the WebAssembly modules are inside.

import { define } from "./core.js";
import { inlined } from "./load.js";

export { FLET_NAMESPACE, FLUTTER_NAMESPACE, StorageError } from "./core.js";

export const SecureStorage = /* @__PURE__ */ define(
  async () => inlined(await import("./wasm/inline-flutter.js")),
  async () => inlined(await import("./wasm/inline-sealed.js")),
  async () => inlined(await import("./wasm/inline-sealed_whole.js")),
  async () => inlined(await import("./wasm/inline-argon2id.js")),
);
