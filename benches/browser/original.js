// What flutter_secure_storage does on the web, call by call, in our own code: for every single value the key is read,
// decoded, and imported or unwrapped again, and many values are opened one after another.
//
// Only the order of WebCrypto and storage calls is the original's. The engine's base64 and UTF-8 replace the original's,
// which are compiled from Dart. That can only make it faster.

import { fromBase64, fromUtf8, toBase64, toUtf8 } from "./text.js";

const { subtle } = crypto;

/**
 * @param {string} namespace
 * @param {{ wrapKey: string, wrapKeyIv: string } | undefined} wrap
 * @returns {import("./bench.js").Store}
 */
export function open(namespace, wrap) {
  const prefix = `${namespace}.`;

  const algorithm = (/** @type {Uint8Array<ArrayBuffer>} */ iv) => ({ name: "AES-GCM", length: 256, iv });

  async function key(/** @type {Uint8Array<ArrayBuffer>} */ iv) {
    if (!(namespace in localStorage)) throw new Error("the original would make a key now: the benchmark starts with one");
    const bytes = fromBase64(/** @type {string} */ (localStorage.getItem(namespace)));
    if (!wrap) return subtle.importKey("raw", bytes, algorithm(iv), false, ["encrypt", "decrypt"]);
    const wrapAlgorithm = algorithm(fromBase64(wrap.wrapKeyIv));
    const wrapKey = await subtle.importKey("raw", fromBase64(wrap.wrapKey), wrapAlgorithm, true, ["wrapKey", "unwrapKey"]);
    return subtle.unwrapKey("raw", bytes, wrapKey, algorithm(fromBase64(wrap.wrapKeyIv)), algorithm(iv), false, ["encrypt", "decrypt"]);
  }

  async function openText(/** @type {string} */ text) {
    const [iv = "", sealed = ""] = text.split(".");
    const nonce = fromBase64(iv);
    return fromUtf8(await subtle.decrypt(algorithm(nonce), await key(nonce), new Uint8Array(fromBase64(sealed))));
  }

  async function get(/** @type {string} */ name) {
    const text = localStorage.getItem(prefix + name);
    return text === null ? undefined : openText(text);
  }

  async function set(/** @type {string} */ name, /** @type {string} */ value) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const sealed = await subtle.encrypt(algorithm(iv), await key(iv), new Uint8Array(toUtf8(value)));
    localStorage.setItem(prefix + name, `${toBase64(iv)}.${toBase64(new Uint8Array(sealed))}`);
  }

  return {
    get,
    set,

    async getAll() {
      const names = [];
      for (let n = 0; n < localStorage.length; n += 1) {
        const name = localStorage.key(n);
        if (name?.startsWith(prefix)) names.push(name.slice(prefix.length));
      }
      return this.getMany(names);
    },

    // The original has neither of these: an app writes the loop.
    async getMany(names) {
      const values = new Map();
      for (const name of names) {
        const value = await get(name);
        if (value !== undefined) values.set(name, value);
      }
      return values;
    },

    async setAll(entries) {
      for (const [name, value] of entries) await set(name, value);
    },
  };
}
