// The package's entry for development servers. Some of them (Vite 7 and older) bundle the scripts of what an app depends on
// into another folder, and leave the files beside these scripts behind. So the modules are inside. Unlike in inline.js they
// are there from the start: service workers have no import().

import { define } from "./core.js";
import { inlined } from "./load.js";
import * as argon2id from "./wasm/inline-argon2id.js";
import * as flutter from "./wasm/inline-flutter.js";
import * as sealed from "./wasm/inline-sealed.js";
import * as sealedWhole from "./wasm/inline-sealed_whole.js";

export { FLET_NAMESPACE, FLUTTER_NAMESPACE, StorageError } from "./core.js";

export const SecureStorage = /* @__PURE__ */ define(
  async () => inlined(flutter),
  async () => inlined(sealed),
  async () => inlined(sealedWhole),
  async () => inlined(argon2id),
);
