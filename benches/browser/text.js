// Base64 and UTF-8 as fast as each engine has them, the same for everyone that keyfold is measured against.

/**
 * Methods that engines have since 2025, and that not every version of TypeScript's own types knows.
 * @typedef {{ toBase64?: () => string }} ToBase64
 * @typedef {{ fromBase64?: (text: string) => Uint8Array<ArrayBuffer> }} FromBase64
 */
const FromBase64 = /** @type {FromBase64} */ (/** @type {unknown} */ (Uint8Array));

/** As many arguments as every engine lets a function have. */
const CHUNK = 0x8000;

function base64ByHand(/** @type {Uint8Array} */ bytes) {
  let binary = "";
  for (let n = 0; n < bytes.length; n += CHUNK) binary += String.fromCharCode.apply(null, /** @type {any} */ (bytes.subarray(n, n + CHUNK)));
  return btoa(binary);
}

function bytesByHand(/** @type {string} */ text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let n = 0; n < binary.length; n += 1) bytes[n] = binary.charCodeAt(n);
  return bytes;
}

/** @type {(bytes: Uint8Array) => string} */
export const toBase64 =
  "toBase64" in Uint8Array.prototype ? (bytes) => /** @type {() => string} */ (/** @type {ToBase64} */ (bytes).toBase64).call(bytes) : base64ByHand;

/** @type {(text: string) => Uint8Array<ArrayBuffer>} */
export const fromBase64 = FromBase64.fromBase64?.bind(Uint8Array) ?? bytesByHand;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export const toUtf8 = (/** @type {string} */ text) => encoder.encode(text);
export const fromUtf8 = (/** @type {ArrayBuffer | Uint8Array} */ bytes) => decoder.decode(bytes);
