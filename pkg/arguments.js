// Checks what the app passes before it goes to WebAssembly. An argument that cannot be used is refused by its name.

import { StorageError } from "./error.js";

/** `key` is the entry whose value it is, if it is one. */
export const invalid = (argument, message, key) => new StorageError("invalid-argument", message, { argument, key });

const tagOf = (value) => Object.prototype.toString.call(value).slice(8, -1);

// An object is called by its class: `update` gets a Promise from an async function.
const kindOf = (value) => (typeof value === "object" ? value && tagOf(value) : typeof value);

const wrongType = (argument, wanted, given, key) => invalid(argument, `${named(argument, key)} must be ${wanted}, not ${kindOf(given)}`, key);

const isObject = (value) => typeof value === "object" && value !== null;

// As the crate quotes names: a control character could forge a line of a log.
const quoted = (name) => `"${name.replace(/\p{Cc}/gu, "\ufffd")}"`;

// Of many values, the one at fault.
const named = (argument, key) => (key === undefined ? argument : `the value of ${quoted(key)}`);

const MAX_VALUE_BYTES = 2 ** 30;

/**
 * A copy of bytes, which the crate wipes; undefined for what is no Uint8Array and no ArrayBuffer. They are known by what
 * they are: those of a frame, or of jsdom, are not made by the classes here.
 */
function copyOf(given) {
  const tag = tagOf(given);
  const isBytes = tag === "ArrayBuffer" || (tag === "Uint8Array" && ArrayBuffer.isView(given));
  if (!isBytes) return;
  const copy = new Uint8Array(tag === "ArrayBuffer" ? given.slice(0) : given);
  copies?.push(copy);
  return copy;
}

/** Those of the check that is under way. */
let copies;

/** Makes a check that wipes its copies of the app's bytes if it fails. One may run within another: it can call the app. */
const careful =
  (check) =>
  (...given) => {
    const outer = copies;
    const own = (copies = []);
    try {
      return check(...given);
    } catch (error) {
      wipe(own);
      throw error;
    } finally {
      copies = outer;
    }
  };

/** Wipes the copies in what was checked, if the crate is not given them. */
export function wipe(checked) {
  if (ArrayBuffer.isView(checked)) /** @type {Uint8Array} */ (checked).fill(0);
  else if (isObject(checked)) Object.values(checked).forEach(wipe);
}

/** A string that UTF-8 can hold. */
export function text(value, argument, key) {
  if (typeof value !== "string") throw wrongType(argument, "a string", value, key);
  if (!value.isWellFormed()) {
    throw invalid(argument, `${named(argument, key)} has a lone surrogate, which UTF-8 cannot hold: pass well-formed text`, key);
  }
  return value;
}

export const key = (value) => text(value, "key");

/** A text, or a copy of bytes. Too many bytes are refused here: the crate has no room for them. */
function valueOf(value, key) {
  if (value?.byteLength > MAX_VALUE_BYTES) throw new StorageError("too-large", `${named("value", key)} is longer than 1 GiB: split it`, { key });
  return bytesOrText(value, "value", "a string", key);
}

export const value = careful(valueOf);

function bytesOrText(given, argument, wanted, key) {
  const bytes = copyOf(given);
  if (bytes === undefined && typeof given !== "string") throw wrongType(argument, `${wanted}, a Uint8Array or an ArrayBuffer`, given, key);
  return bytes ?? text(given, argument, key);
}

export function keys(value) {
  if (!isObject(value) || !(Symbol.iterator in value)) throw wrongType("keys", "an iterable", value);
  return Array.from(value, key);
}

/** Keys and values of a Map, of another iterable of pairs, or of a plain object. */
export const entries = careful((given) => {
  if (!isObject(given)) throw wrongType("entries", "a Map, an iterable of pairs or an object", given);
  const keys = [];
  const values = [];
  let room = MAX_VALUE_BYTES;
  for (const pair of Symbol.iterator in given ? given : Object.entries(given)) {
    if (!Array.isArray(pair) || pair.length !== 2) throw invalid("entries", "an entry is not a pair of key and value");
    keys.push(key(pair[0]));
    values.push(valueOf(pair[1], pair[0]));
    room -= values.at(-1).length;
    if (room < 0) throw new StorageError("too-large", "the values are longer than 1 GiB together: store them in several calls");
  }
  return [keys, values];
});

// The own properties, without a prototype: a name that was not given is undefined, whatever else inherits.
const plain = (properties) => ({ __proto__: null, ...properties });

// Unknown names are refused: a misspelt wrap key would otherwise leave the data key in the clear.
function checked(options, names) {
  if (options !== undefined && !isObject(options)) throw wrongType("options", "an object", options);
  const own = plain(options);
  const unknown = Object.keys(own).find((name) => !names.includes(name));
  if (unknown !== undefined) throw invalid("options", `there is no option ${quoted(unknown)} here: use ${names.join(", ")}`);
  return own;
}

function boolean(options, name) {
  const value = options[name];
  if (value !== undefined && typeof value !== "boolean") throw wrongType(name, "true or false", value);
  return value;
}

function optionalText(options, name) {
  const value = options[name];
  return value === undefined ? value : text(value, name);
}

function choice(options, name, words) {
  const value = options[name];
  if (value !== undefined && !words.includes(value)) throw invalid(name, `${name} must be ${words.map(quoted).join(" or ")}`);
  return value;
}

function keyMaterial(options, name) {
  const value = options[name];
  return value === undefined ? value : bytesOrText(value, name, "base64 text");
}

/**
 * What opens a store, in the crate's form: the kind, and the secret if there is one. No message repeats what was given:
 * it may be a passphrase in the wrong place.
 */
export function unlock(given, argument = "unlock") {
  const usable = '"device", { passphrase }, { appKey } or { recoveryCode }';
  if (given === "device") return plain({ kind: given });
  if (!isObject(given) || Array.isArray(given)) throw invalid(argument, `${argument} must be ${usable}`);
  const own = plain(given);
  const names = ["passphrase", "appKey", "recoveryCode"];
  const unknown = Object.keys(own).find((name) => !names.includes(name));
  if (unknown !== undefined) throw invalid(argument, `${argument} cannot have ${quoted(unknown)}: it must be ${usable}`);
  const [name, second] = names.filter((name) => own[name] !== undefined);
  if (name === undefined || second !== undefined) throw invalid(argument, `${argument} must have exactly one of passphrase, appKey and recoveryCode`);
  if (name === "appKey") return plain({ kind: "app-key", secret: keyMaterial(own, name) });
  // As the crate says it, which is not asked in a layout without unlocks.
  if (own.passphrase === "") throw invalid(name, "the passphrase is empty: it would protect nothing");
  return plain({ kind: name === "passphrase" ? name : "recovery-code", secret: text(own[name], name) });
}

export const optionalUnlock = careful((given) => (given === undefined ? given : unlock(given)));

const WEB = ["wrapKey", "wrapKeyIv", "useSessionStorage", "engine"];
const OPEN = ["layout", "area", "mustExist", "dbName", "unlock", ...WEB];

const web = (options) => ({
  wrapKey: keyMaterial(options, "wrapKey"),
  wrapKeyIv: keyMaterial(options, "wrapKeyIv"),
  useSessionStorage: boolean(options, "useSessionStorage"),
  engine: choice(options, "engine", ["auto", "webcrypto"]),
});

export const callOptions = careful((given) => {
  const options = checked(given, ["fresh", ...WEB]);
  return plain({ ...web(options), fresh: boolean(options, "fresh") });
});

export const openOptions = careful((given) => opening(checked(given, OPEN)));

/** Those of the sealed layout, for a call that the other one does not have. */
export function sealedOptions(given) {
  const options = openOptions(given);
  // As the crate says it.
  if (options.layout === "flutter") throw new StorageError("unsupported", "the flutter layout has one fixed key and no unlocks: open the sealed layout for this");
  return options;
}

/** The namespace to look for, if there is one, and the options. */
export const availabilityOptions = careful((given) => {
  const options = checked(given, ["namespace", ...OPEN]);
  return [optionalText(options, "namespace"), opening(options)];
});

function opening(options) {
  const layout = choice(options, "layout", ["flutter", "sealed"]) ?? "sealed";
  if (layout === "flutter" && options.unlock !== undefined) {
    throw invalid("unlock", "unlock belongs to the sealed layout: give wrapKey and wrapKeyIv in this one");
  }
  const dbName = optionalText(options, "dbName");
  return plain({
    ...web(options),
    layout,
    inMemory: choice(options, "area", ["memory"]) === "memory",
    mustExist: boolean(options, "mustExist") ?? false,
    dbName: layout === "flutter" ? undefined : dbName,
    unlock: options.unlock === undefined ? undefined : unlock(options.unlock),
  });
}

// As the crate says it.
export const isHereAlready = (key) =>
  new StorageError("invalid-argument", `the entry ${quoted(key)} is here already, so nothing was imported`, { key, argument: "onConflict" });

// Changes of keys: what is asked for, and who is told of the progress.

export const added = careful((added, given) => {
  const options = checked(given, ["label", "onProgress"]);
  const listener = progress(options);
  return [plain({ added: unlock(added, "added"), label: optionalText(options, "label") }), listener];
});

export const removed = (id, given) => [plain({ id: text(id, "id") }), progress(checked(given, ["onProgress"]))];

export const changed = careful((id, to, given) => {
  const options = checked(given, ["label", "onProgress"]);
  const listener = progress(options);
  return [plain({ id: text(id, "id"), to: unlock(to, "to"), label: optionalText(options, "label") }), listener];
});

export const rotated = careful((given) => {
  const options = checked(given, ["keep", "onProgress"]);
  const listener = progress(options);
  return [plain({ keep: kept(options) }), listener];
});

/** Ids and unlocks. The id of the device is also its unlock. */
function kept({ keep }) {
  if (keep === undefined) return keep;
  if (!Array.isArray(keep)) throw wrongType("keep", "an array of ids or unlocks", keep);
  return Array.from(keep, (one) => (typeof one === "string" ? text(one, "keep") : unlock(one, "keep")));
}

function progress({ onProgress }) {
  if (onProgress !== undefined && typeof onProgress !== "function") throw wrongType("onProgress", "a function", onProgress);
  return onProgress;
}

/** What ends a watch. */
export function signal(options) {
  const { signal } = checked(options, ["signal"]);
  if (signal !== undefined && typeof signal?.addEventListener !== "function") throw wrongType("signal", "an AbortSignal", signal);
  return signal;
}

export function callback(value, argument) {
  if (typeof value !== "function") throw invalid(argument, `${argument} must be a function`);
}

export const skipUnreadable = (options) => boolean(checked(options, ["skipUnreadable"]), "skipUnreadable");

export const onConflict = (options) => choice(checked(options, ["onConflict"]), "onConflict", ["skip", "overwrite", "fail"]);
