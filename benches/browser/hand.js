// The same layout in JavaScript as one would write it by hand for speed: the key is unwrapped once and kept, many values
// are opened at once, and nothing is checked that reading and writing do not need.

import { fromBase64, fromUtf8, toBase64, toUtf8 } from "./text.js";

const { subtle } = crypto;

const NONCE_BYTES = 12;
const NONCE_CHARACTERS = 16;

// Each call for random bytes costs a microsecond, whatever their number.
const pool = new Uint8Array(NONCE_BYTES * 256);
let drawn = pool.length;

function nonce() {
  if (drawn === pool.length) {
    crypto.getRandomValues(pool);
    drawn = 0;
  }
  drawn += NONCE_BYTES;
  return pool.slice(drawn - NONCE_BYTES, drawn);
}

/**
 * @param {string} namespace
 * @param {{ wrapKey: string, wrapKeyIv: string } | undefined} wrap
 * @returns {Promise<import("./bench.js").Store>}
 */
export async function open(namespace, wrap) {
  const key = await dataKey(localStorage.getItem(namespace) ?? "", wrap);
  const prefix = `${namespace}.`;

  async function openText(/** @type {string} */ text) {
    const iv = fromBase64(text.slice(0, NONCE_CHARACTERS));
    return fromUtf8(await subtle.decrypt({ name: "AES-GCM", iv }, key, fromBase64(text.slice(NONCE_CHARACTERS + 1))));
  }

  async function seal(/** @type {string} */ value) {
    const iv = nonce();
    const sealed = await subtle.encrypt({ name: "AES-GCM", iv }, key, toUtf8(value));
    return `${toBase64(iv)}.${toBase64(new Uint8Array(sealed))}`;
  }

  return {
    async get(name) {
      const text = localStorage.getItem(prefix + name);
      return text === null ? undefined : openText(text);
    },

    async set(name, value) {
      localStorage.setItem(prefix + name, await seal(value));
    },

    async getAll() {
      const names = Object.keys(localStorage).filter((name) => name.startsWith(prefix));
      const values = await Promise.all(names.map((name) => openText(/** @type {string} */ (localStorage.getItem(name)))));
      return new Map(names.map((name, n) => [name.slice(prefix.length), /** @type {string} */ (values[n])]));
    },

    async getMany(names) {
      /** @type {[string, Promise<string>][]} */
      const there = [];
      for (const name of names) {
        const text = localStorage.getItem(prefix + name);
        if (text !== null) there.push([name, openText(text)]);
      }
      const values = await Promise.all(there.map(([, value]) => value));
      return new Map(there.map(([name], n) => [name, /** @type {string} */ (values[n])]));
    },

    async setAll(entries) {
      const sealed = await Promise.all(entries.map(([, value]) => seal(value)));
      entries.forEach(([name], n) => localStorage.setItem(prefix + name, /** @type {string} */ (sealed[n])));
    },
  };
}

/** @param {string} entry @param {{ wrapKey: string, wrapKeyIv: string } | undefined} wrap */
async function dataKey(entry, wrap) {
  const bytes = fromBase64(entry);
  if (!wrap) return subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
  const wrapKey = await subtle.importKey("raw", fromBase64(wrap.wrapKey), "AES-GCM", false, ["unwrapKey"]);
  return subtle.unwrapKey("raw", bytes, wrapKey, { name: "AES-GCM", iv: fromBase64(wrap.wrapKeyIv) }, "AES-GCM", false, ["encrypt", "decrypt"]);
}
