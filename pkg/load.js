// Loads the package's WebAssembly modules when they are first needed, with an error that says what to do.

import { StorageError } from "./error.js";

/**
 * Makes a function that makes something by a module. All callers share one promise. A failure is not kept: the next call
 * tries again, and so it does once `make` has called the function that it is given.
 */
export function loader(name, make) {
  let ready;
  const forget = () => (ready = undefined);
  return () =>
    (ready ??= make(forget).catch((cause) => {
      forget();
      throw unavailable(name, cause);
    }));
}

/** Fetches a module, and refuses one that the package was not built with. */
export async function fetched(url, hash) {
  const response = await fetch(url);
  if (!response.ok) throw new TypeError(`${url}: ${response.status}`);
  const bytes = await response.arrayBuffer();
  // Not by the `integrity` of `fetch`, which fails as the network does. Without WebCrypto no store opens anyway.
  const digest = await crypto.subtle?.digest("SHA-256", bytes);
  if (digest && btoa(String.fromCharCode(...new Uint8Array(digest))) !== hash) throw new AlteredError(url);
  return bytes;
}

class AlteredError extends Error {
  name = "AlteredError";
}

function unavailable(name, cause) {
  return new StorageError("unavailable", `${name} could not be loaded: ${HINTS[cause?.name] ?? HINTS.else}`, undefined, undefined, cause);
}

const blocked = "the page's Content-Security-Policy needs script-src 'wasm-unsafe-eval', or the file is not WebAssembly";

/** What to do, by the name of the error. */
const HINTS = {
  __proto__: null,
  AlteredError: "it is not the one that this package was built with: serve all files of one version, as they are",
  CompileError: blocked,
  EvalError: blocked,
  else: "is it served beside the package? Bundlers that do not copy it can use keyfold/inline",
};
