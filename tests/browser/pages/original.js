// What an app does that runs the original's code, in our own words: look for the data key, make one where there is none,
// seal, store. Each step is awaited by itself, and nothing keeps another tab out in between.

const text = (/** @type {ArrayBuffer | Uint8Array} */ bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)));
const bytes = (/** @type {string} */ base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
const imported = (/** @type {string} */ entry) => crypto.subtle.importKey("raw", bytes(entry), "AES-GCM", false, ["encrypt", "decrypt"]);

async function getOrCreateKey(/** @type {string} */ namespace) {
  const there = localStorage.getItem(namespace);
  if (there !== null) return { entry: there, key: await imported(there) };
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, true, ["encrypt", "decrypt"]);
  const entry = text(await crypto.subtle.exportKey("raw", key));
  localStorage.setItem(namespace, entry);
  return { entry, key };
}

/**
 * Stores a value; gives the key entry that it was sealed under.
 * @param {string} namespace
 * @param {string} name
 * @param {string} value
 */
export async function write(namespace, name, value) {
  const { entry, key } = await getOrCreateKey(namespace);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, new TextEncoder().encode(value));
  localStorage.setItem(`${namespace}.${name}`, `${text(iv)}.${text(sealed)}`);
  return entry;
}

/**
 * The same under a Web Lock, so that no two tabs do it at once.
 * @param {string} namespace
 * @param {string} name
 * @param {string} value
 */
export async function writeUnderLock(namespace, name, value) {
  return /** @type {string} */ (await navigator.locks.request(`original:${namespace}`, () => write(namespace, name, value)));
}

/**
 * Opens a value under the key entry that stands there now.
 * @param {string} namespace
 * @param {string} name
 */
export async function read(namespace, name) {
  const [iv, sealed] = (localStorage.getItem(`${namespace}.${name}`) ?? ".").split(".").map(bytes);
  const key = await imported(localStorage.getItem(namespace) ?? "");
  return new TextDecoder().decode(await crypto.subtle.decrypt({ name: "AES-GCM", iv: iv ?? new Uint8Array() }, key, sealed ?? new Uint8Array()));
}

/**
 * Whether a value opens under the key entry that stands there now.
 * @param {string} namespace
 * @param {string} name
 */
export const opens = (namespace, name) => read(namespace, name).then(() => true, () => false);

/**
 * Removes the key entry and all values.
 * @param {string} namespace
 */
export function deleteAll(namespace) {
  for (const name of Object.keys(localStorage)) if (name === namespace || name.startsWith(`${namespace}.`)) localStorage.removeItem(name);
}
