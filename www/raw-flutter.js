// Where the flutter layout lies: a storage area, its names and texts, and which of them are stores.

/** @typedef {{ namespace: string, wrapped: boolean, names: string[] }} FoundStore */
/** @typedef {{ name: string, text: string }} RawEntry */

const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;
const WRAPPED_LENGTH = 48;
const KEY_LENGTHS = [16, 32, WRAPPED_LENGTH];

/**
 * Where a store with these options lies.
 *
 * @param {{ useSessionStorage?: boolean }} options
 */
export function areaOf({ useSessionStorage }) {
  return useSessionStorage ? sessionStorage : localStorage;
}

/** @param {Storage} area */
export function areaName(area) {
  return area === sessionStorage ? "sessionStorage" : "localStorage";
}

/**
 * Every name of the area with its text, sorted.
 *
 * @param {Storage} area
 * @returns {RawEntry[]}
 */
export function rawEntries(area) {
  const names = Array.from({ length: area.length }, (_, index) => area.key(index) ?? "");
  return names.sort().map((name) => ({ name, text: area.getItem(name) ?? "" }));
}

/**
 * The stores that lie in an area, told by their key entries. A name belongs to the longest namespace
 * that it starts with.
 *
 * @param {Storage} area
 * @returns {FoundStore[]}
 */
export function foundStores(area) {
  const entries = rawEntries(area);
  const stores = entries
    .filter(({ text }) => KEY_LENGTHS.includes(base64Length(text)))
    .map(({ name, text }) => ({ namespace: name, wrapped: base64Length(text) === WRAPPED_LENGTH, names: [name] }));
  const longestFirst = [...stores].sort((a, b) => b.namespace.length - a.namespace.length);
  for (const { name } of entries) {
    longestFirst.find(({ namespace }) => name.startsWith(`${namespace}.`))?.names.push(name);
  }
  return stores;
}

/** @param {string} text  @returns {number} how many bytes this base64 stands for; -1 when it is none */
function base64Length(text) {
  if (text.length % 4 !== 0 || !BASE64.test(text)) return -1;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  return (text.length / 4) * 3 - padding;
}
