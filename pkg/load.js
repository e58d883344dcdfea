// Loads the package's WebAssembly modules when they are first needed, with an error that says what to do.

import { StorageError } from "./error.js";

/**
 * Makes a function that loads a module. All callers share one promise. A failure is not kept: the next call tries again.
 */
export function loader(name) {
  let ready;
  return (load) => {
    ready ??= load().catch((cause) => {
      ready = undefined;
      throw unavailable(name, cause);
    });
    return ready;
  };
}

function unavailable(name, cause) {
  const blocked = ["CompileError", "EvalError"].includes(cause?.name);
  const hint = blocked
    ? "the page's Content-Security-Policy needs script-src 'wasm-unsafe-eval', or the file is not WebAssembly"
    : "is it served beside the package? Bundlers that do not copy it can use keyfold/inline";
  return new StorageError("unavailable", `${name} could not be loaded: ${hint}`, undefined, undefined, cause);
}
