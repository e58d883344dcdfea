// The form that sets, gets, looks for and removes one entry by its name, and shows what came back.

/** @import { SecureStorage } from "/keyfold/index.js" */
import { byId, el, nameNodes, visible } from "./dom.js";
import { call, quoted } from "./log.js";
import { forgetSecrets } from "./secrets.js";

const form = byId("entry-form", HTMLFormElement);
const key = byId("entry-key", HTMLInputElement);
const value = byId("entry-value", HTMLTextAreaElement);
const isHex = byId("entry-hex", HTMLInputElement);
const answer = byId("answer", HTMLOutputElement);

/**
 * @param {() => SecureStorage} storage the store that is open
 */
export function setUpEntryForm(storage) {
  answer.addEventListener("forgotten", () => (answer.hidden = true));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void set(storage());
  });
  value.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  byId("entry-get", HTMLButtonElement).addEventListener("click", () => get(storage()));
  byId("entry-has", HTMLButtonElement).addEventListener("click", () => contains(storage()));
  byId("entry-remove", HTMLButtonElement).addEventListener("click", () => remove(storage()));
}

/** Empties the form, for another store. */
export function resetEntryForm() {
  form.reset();
  forgetSecrets(form);
}

/**
 * Offers these names while a key is typed.
 *
 * @param {string[]} keys
 */
export function suggestKeys(keys) {
  byId("entry-keys", HTMLDataListElement).replaceChildren(...keys.map((name) => el("option", { value: name })));
}

/** @param {SecureStorage} storage */
function set(storage) {
  const name = key.value;
  return call(`storage.set(${quoted(name)}, …)`, async () => {
    answer.hidden = true;
    await storage.set(name, isHex.checked ? bytesFromHex(value.value) : value.value);
    tell(name, "is stored");
    value.value = "";
    key.select();
    key.focus();
  });
}

/** @param {SecureStorage} storage */
function get(storage) {
  const name = key.value;
  return call(`storage.get(${quoted(name)})`, async () => {
    answer.hidden = true;
    const found = await storage.get(name);
    tell(name, found === undefined ? "is not there: undefined" : "is", found);
  });
}

/** @param {SecureStorage} storage */
function contains(storage) {
  const name = key.value;
  return call(`storage.containsKey(${quoted(name)})`, async () => {
    tell(name, (await storage.containsKey(name)) ? "is there: true" : "is not there: false");
  });
}

/** @param {SecureStorage} storage */
function remove(storage) {
  const name = key.value;
  return call(`storage.remove(${quoted(name)})`, async () => {
    tell(name, (await storage.remove(name)) ? "was removed: true" : "was not there: false");
  });
}

/**
 * @param {string} name
 * @param {string} what
 * @param {string} [found]
 */
function tell(name, what, found) {
  const text = found === undefined ? [] : [" ", el("q", { class: "text" }, ...visible(found))];
  answer.replaceChildren(el("span", { class: "key" }, ...nameNodes(name)), ` ${what}`, ...text);
  answer.hidden = false;
}

/** @param {string} text  @returns {Uint8Array} */
function bytesFromHex(text) {
  const digits = text.replaceAll(/\s/g, "");
  if (!/^([0-9a-f]{2})*$/i.test(digits)) {
    const about = { code: "invalid-argument", argument: "value" };
    throw Object.assign(new Error("Bytes are written as pairs of hex digits, such as 00 ff 10."), about);
  }
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
