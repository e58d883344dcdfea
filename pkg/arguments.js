// What the app passes, checked before it goes to WebAssembly: what cannot be used is refused by its name.

import { StorageError } from "./error.js";

export const invalid = (argument, message) => new StorageError("invalid-argument", message, undefined, argument);

const wrongType = (argument, wanted, given) =>
  invalid(argument, `${argument} must be ${wanted}, not ${given === null ? "null" : typeof given}`);

const isObject = (value) => typeof value === "object" && value !== null;

// As the crate quotes names: a control character could forge a line of a log.
const quoted = (name) => `"${name.replace(/\p{Cc}/gu, "\ufffd")}"`;

/** A string that UTF-8 can hold. */
export function text(value, argument) {
  if (typeof value !== "string") throw wrongType(argument, "a string", value);
  if (!value.isWellFormed()) {
    throw invalid(argument, `${argument} has a lone surrogate, which UTF-8 cannot hold: pass well-formed text`);
  }
  return value;
}

export const key = (value) => text(value, "key");

/** A text, or a copy of the bytes, which the crate wipes. */
export function value(value) {
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (typeof value !== "string") throw wrongType("value", "a string or a Uint8Array", value);
  return text(value, "value");
}

export function keys(value) {
  if (!isObject(value) || !(Symbol.iterator in value)) throw wrongType("keys", "an iterable", value);
  return Array.from(value, key);
}

/** Keys and values of a Map, of another iterable of pairs, or of a plain object. */
export function entries(given) {
  if (!isObject(given)) throw wrongType("entries", "a Map, an iterable of pairs or an object", given);
  const keys = [];
  const values = [];
  for (const pair of Symbol.iterator in given ? given : Object.entries(given)) {
    if (!Array.isArray(pair) || pair.length !== 2) throw invalid("entries", "an entry is not a pair of key and value");
    keys.push(key(pair[0]));
    values.push(value(pair[1]));
  }
  return [keys, values];
}

// A name that is not known is refused: a wrap key that is misspelt would otherwise leave the data key in the clear.
function checked(options, names) {
  if (options === undefined) return {};
  if (!isObject(options)) throw wrongType("options", "an object", options);
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown !== undefined) throw invalid("options", `there is no option ${quoted(unknown)} here: use ${names.join(", ")}`);
  return options;
}

function boolean(options, name) {
  const value = options[name];
  if (value !== undefined && typeof value !== "boolean") throw wrongType(name, "true or false", value);
  return value;
}

function choice(options, name, words) {
  const value = options[name];
  if (value !== undefined && !words.includes(value)) throw invalid(name, `${name} must be ${words.map(quoted).join(" or ")}`);
  return value;
}

function keyMaterial(options, name) {
  const value = options[name];
  if (value === undefined) return value;
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (typeof value !== "string") throw wrongType(name, "base64 text or a Uint8Array", value);
  return text(value, name);
}

const WEB = ["wrapKey", "wrapKeyIv", "useSessionStorage", "engine"];

/** The options of the web, in the order in which the crate takes them. */
function web(options) {
  const engine = choice(options, "engine", ["auto", "webcrypto"]);
  return [
    keyMaterial(options, "wrapKey"),
    keyMaterial(options, "wrapKeyIv"),
    boolean(options, "useSessionStorage"),
    engine && engine === "webcrypto",
  ];
}

export const callOptions = (options) => web(checked(options, WEB));

export function openOptions(given) {
  const options = checked(given, ["layout", "area", "mustExist", "dbName", "unlock", ...WEB]);
  const isFlutter = choice(options, "layout", ["flutter", "sealed"]) === "flutter";
  if (isFlutter && options.unlock !== undefined) {
    throw invalid("unlock", "unlock belongs to the sealed layout: give wrapKey and wrapKeyIv in this one");
  }
  if (options.dbName !== undefined) text(options.dbName, "dbName");
  return [...web(options), isFlutter, choice(options, "area", ["memory"]) === "memory", boolean(options, "mustExist")];
}

export const skipUnreadable = (options) => boolean(checked(options, ["skipUnreadable"]), "skipUnreadable");

export const onConflict = (options) => choice(checked(options, ["onConflict"]), "onConflict", ["skip", "overwrite", "fail"]);
