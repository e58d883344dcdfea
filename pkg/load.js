// Loads the package's WebAssembly modules when they are first needed, with an error that says why that failed.

import { attempt, StorageError } from "./error.js";

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
      const isSaid = cause instanceof NotFetchedError;
      const message = `${name} could not be loaded: ${isSaid ? cause.message : reason(cause)}`;
      throw new StorageError("unavailable", message, { cause: isSaid ? cause.cause : cause });
    }));
}

/** Fetches a module, and refuses one that the package was not built with. */
export async function fetched(url, hash) {
  const response = await answer(url);
  if (!response.ok) throw new NotFetchedError(`the server answers ${response.status} for ${url}. ${beside(url)}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  // A module begins with 0. Development servers answer with their page for what they do not find.
  if (/** @type {any} */ (bytes)[0] > 0) throw new NotFetchedError(`the server answers with a page or other text for ${url}. ${beside(url)}`);
  // Not by the `integrity` of `fetch`, which fails as the network does. Without WebCrypto no store opens anyway.
  const digest = await attempt(() => crypto.subtle)?.digest("SHA-256", bytes);
  if (digest && btoa(String.fromCharCode(...new Uint8Array(digest))) !== hash) throw new AlteredError(url);
  return bytes;
}

/** The message is the reason, and the cause is the browser's own error. */
class NotFetchedError extends Error {}

/** The bytes of a module that is inside of a script. */
export function inlined({ default: base64 }) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

class AlteredError extends Error {
  name = "AlteredError";
}

/** The server's answer. Only an event tells what the page's policy blocks from what the network fails at. */
async function answer(url) {
  const event = "securitypolicyviolation";
  let isBlocked = false;
  const listener = ({ effectiveDirective }) => (isBlocked ||= effectiveDirective === "connect-src");
  attempt(() => addEventListener(event, listener));
  try {
    return await fetch(url);
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    // The event comes after the failure.
    await new Promise((resolve) => setTimeout(resolve));
    const why = isBlocked
      ? `the page's Content-Security-Policy needs connect-src ${url.origin}`
      : attempt(() => navigator.onLine) === false
        ? "there is no network. Try again when there is"
        : isExtension(url)
          ? beside(url)
          : `its server cannot be reached, or does not allow this page's origin. ${beside(url)}`;
    throw new NotFetchedError(`${url} cannot be fetched: ${why}`, { cause });
  } finally {
    attempt(() => removeEventListener(event, listener));
  }
}

const isExtension = ({ protocol }) => protocol.endsWith("-extension:");

/** Where a module has to be, and how it comes there. */
const beside = (url) =>
  isExtension(url)
    ? "Copy the package's folder wasm beside its script"
    : "The file belongs beside the package's script. Bundlers that do not copy it can use keyfold/inline";

/** Why a module that is there does not run. */
function reason(cause) {
  if (!attempt(() => WebAssembly)) return "WebAssembly is switched off here, by the browser's Lockdown Mode, a setting or a policy: allow it for this site";
  switch (cause?.name) {
    case "CompileError":
    case "EvalError":
      return attempt(() => new WebAssembly.Module(EMPTY)) ? "this browser is too old for it, or the file is damaged" : blocked();
    case "AlteredError":
    case "LinkError":
      return "it is not the one that this package was built with: serve all files of one version, as they are";
    default:
      return `${cause?.name}: ${cause?.message}`;
  }
}

/** The shortest module. Where it does not compile, none may. */
const EMPTY = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);

function blocked() {
  const policy = "script-src 'self' 'wasm-unsafe-eval'";
  return attempt(() => isExtension(location))
    ? `the extension's manifest.json needs "content_security_policy": { "extension_pages": "${policy}; object-src 'self'" }`
    : `the page's Content-Security-Policy needs ${policy}. Edge runtimes of servers allow no WebAssembly at all: use Node there`;
}
