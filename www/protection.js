// The fields in which a secret is typed or made, and the choice of what protects a sealed store.

/** @import { Unlock } from "/keyfold/index.js" */
import { button, el } from "./dom.js";

/** @typedef {"device" | "passphrase" | "app-key"} Kind */
/** @typedef {{ node: HTMLElement, read: () => Unlock, focus: () => void }} Field */

export const KIND_NAMES = /** @type {Record<string, string>} */ ({
  device: "Device",
  passphrase: "Passphrase",
  "app-key": "App key",
  passkey: "Passkey",
  unknown: "Unknown",
});

const KIND_HINTS = /** @type {Record<Kind, string>} */ ({
  device: "Asks for nothing. The key stays in this browser, where no script can read its bytes. A copy of the browser’s profile contains it.",
  passphrase: "What the user knows. Opening takes a moment, which also makes guessing slow.",
  "app-key": "The app’s own 32 random bytes. For example, its server hands them out after the login.",
});

const APP_KEY_BYTES = 32;
let made = 0;

/** @param {number} length */
export function randomBase64(length) {
  return btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(length))));
}

/** @param {Unlock | undefined} unlock  @returns {Kind} */
export function kindOf(unlock) {
  if (unlock === undefined || unlock === "device") return "device";
  return unlock.passphrase === undefined ? "app-key" : "passphrase";
}

/**
 * The field of a passphrase or an app key; for Device there is nothing to type.
 *
 * @param {Kind} kind
 * @param {{ label?: string, fresh?: boolean, opens?: boolean }} [how] `fresh`: the secret may be made now; `opens`: a
 *   store must open with it
 * @returns {Field & { fill: (secret: string) => void }}
 */
export function secretField(kind, { label = KIND_NAMES[kind] ?? "", fresh = false, opens = true } = {}) {
  if (kind === "device") return { node: el("div", { hidden: true }), read: () => "device", fill: () => {}, focus: () => {} };
  const isPhrase = kind === "passphrase";
  const argument = isPhrase ? "passphrase" : "appKey";
  const id = `secret-${++made}`;
  const input = el("input", { id, type: "password", "data-argument": argument, "data-secret": opens ? "opens" : "", spellcheck: "false", autocapitalize: "off", autocomplete: "off" });
  const show = button("Show", () => reveal(input.type === "password"), { "aria-pressed": "false", "aria-label": `Show: ${label}`, class: "reveal" });
  const reveal = (/** @type {boolean} */ shown) => {
    input.type = shown ? "text" : "password";
    show.setAttribute("aria-pressed", String(shown));
    show.textContent = shown ? "Hide" : "Show";
  };
  input.addEventListener("forgotten", () => reveal(false));
  const make = () => {
    input.value = randomBase64(APP_KEY_BYTES);
    reveal(true);
    input.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const makers = fresh && !isPhrase ? [button("Make new", make)] : [];
  const words = el("label", { for: id }, label, ...(isPhrase ? [] : [el("span", { class: "hint" }, ", base64 of 32 bytes")]));
  return {
    node: el("div", { class: "secret" }, words, el("div", { class: "secret-input" }, input, show, ...makers)),
    read: () => (isPhrase ? { passphrase: input.value } : { appKey: input.value }),
    fill: (secret) => void (input.value = secret),
    focus: () => input.focus(),
  };
}

/**
 * A choice among kinds of protection, with the field of the chosen one.
 *
 * @param {string} legend
 * @param {Kind[]} kinds the first is chosen
 * @param {{ opens?: boolean }} [how] as of `secretField`
 * @returns {Field & { choose: (kind: Kind) => void }}
 */
export function protectionChoice(legend, kinds, { opens = true } = {}) {
  const group = `protection-${++made}`;
  const hint = el("p", { class: "hint", id: `${group}-hint` });
  const fields = new Map(kinds.map((kind) => [kind, secretField(kind, { fresh: true, opens, label: kind === "passphrase" ? "The passphrase" : "The app key" })]));
  const radios = kinds.map((kind) => el("input", { type: "radio", name: group, value: kind, "aria-describedby": hint.id, oninput: () => choose(kind) }));
  const slot = el("div", { class: "secret-slot" });
  let chosen = /** @type {Kind} */ (kinds[0]);

  /**
   * Called at `input`, which reaches the form, and whatever it shows of the choice, only after this.
   *
   * @param {Kind} kind
   */
  function choose(kind) {
    chosen = kind;
    for (const radio of radios) radio.checked = radio.value === kind;
    hint.textContent = KIND_HINTS[kind];
    const node = fields.get(kind)?.node;
    // Inserted again, it would lose the focus.
    if (node !== undefined && slot.firstElementChild !== node) slot.replaceChildren(node);
  }

  choose(chosen);
  const choices = radios.map((radio) => el("label", { class: "pick" }, radio, el("span", {}, KIND_NAMES[radio.value] ?? "")));
  return {
    node: el("fieldset", { class: "protection" }, el("legend", {}, legend), el("div", { class: "picks" }, ...choices), hint, slot),
    read: () => fields.get(chosen)?.read() ?? "device",
    choose,
    focus: () => (chosen === "device" ? radios[0]?.focus() : fields.get(chosen)?.focus()),
  };
}
