// The box that shows an error: its code, its message, and the entry or argument it is about.

/** @import { StorageError } from "/keyfold/index.js" */
import { button, byId, el, nameNodes, visible } from "./dom.js";
import { forgetSecrets } from "./secrets.js";

const slot = byId("trouble", HTMLElement);

/**
 * The parts of an error, for the box and for notices.
 *
 * @param {unknown} error
 * @returns {{ code: string, message: string, key?: string, argument?: string, cause?: string }}
 */
export function partsOf(error) {
  if (!(error instanceof Error)) return { code: "error", message: String(error) };
  const { code, key, argument, cause } = /** @type {Partial<StorageError> & Error} */ (error);
  // A DOMException's code is a number that nobody knows. Its name says more.
  const word = typeof code === "string" ? code : error.name;
  return { code: word, message: error.message, key, argument, cause: cause instanceof Error ? causeText(cause) : undefined };
}

/** @param {Error} cause */
function causeText({ name, message }) {
  return message === "" ? name : `${name}: ${message}`;
}

/** @param {string} code */
export function codeBadge(code) {
  return el("code", { class: "code" }, code);
}

/**
 * Shows an error until it is dismissed or the next call succeeds: at the field that it is about, in the form from
 * which the call was made, or else above the page.
 *
 * @param {unknown} error
 * @param {string} call what was called, as code
 * @param {HTMLFormElement | null} [form]
 */
export function showError(error, call, form = null) {
  hideError();
  const { code, message, key, argument, cause } = partsOf(error);
  const about = el(
    "dl",
    { class: "about" },
    ...(key === undefined ? [] : fact("key", nameNodes(key))),
    ...(argument === undefined ? [] : fact("argument", [argument])),
    ...fact("call", visible(call)),
    ...(cause === undefined ? [] : fact("cause", visible(cause))),
  );
  const text = el("p", { class: "trouble-message", id: "trouble-message" }, ...visible(message));
  const box = el("div", { class: "trouble", role: "alert" }, codeBadge(code), text, about, button("Dismiss", hideError));
  const field = fieldOf(code, argument, form);
  if (field !== undefined) markField(field, box);
  else if (form !== null && isShown(form)) form.append(box);
  else slot.append(box);
  // What is to be corrected stays.
  if (code !== "invalid-argument" && form !== null) forgetSecrets(form);
}

/**
 * @param {string} name
 * @param {(Node | string)[]} content
 */
function fact(name, content) {
  return [el("div", {}, el("dt", {}, name), el("dd", {}, ...content))];
}

/** Ends what the error on show did. */
let clear = () => {};

export function hideError() {
  clear();
  clear = () => {};
  for (const box of document.querySelectorAll(".trouble")) box.remove();
}

/** Codes of a store that did not open with the secret that was given. */
const NOT_OPENED = ["wrong-key", "locked"];

/**
 * The field that an error is about. If several are shown, it is the one in the form in use, and an empty one first.
 *
 * @param {string} code
 * @param {string | undefined} argument
 * @param {HTMLFormElement | null} form
 */
function fieldOf(code, argument, form) {
  const shown = (/** @type {string} */ selector, /** @type {ParentNode} */ root) => [...root.querySelectorAll(selector)].filter(isField).filter(isShown);
  if (argument !== undefined) {
    const fields = shown(`[data-argument="${argument}"]`, document);
    const own = fields.filter((field) => form?.contains(field));
    return own.find(({ value }) => value === "") ?? own[0] ?? fields[0];
  }
  const secrets = form !== null && NOT_OPENED.includes(code) ? shown('[data-secret="opens"]', form) : [];
  return secrets.length === 1 ? secrets[0] : undefined;
}

/** @param {Element} node */
function isShown(node) {
  return node.getClientRects().length > 0;
}

/** @param {Element} node  @returns {node is HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} */
function isField(node) {
  return node instanceof HTMLInputElement || node instanceof HTMLTextAreaElement || node instanceof HTMLSelectElement;
}

/**
 * @param {HTMLElement} field
 * @param {HTMLElement} box
 */
function markField(field, box) {
  const described = field.getAttribute("aria-describedby");
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", described === null ? "trouble-message" : `${described} trouble-message`);
  clear = () => {
    field.removeAttribute("aria-invalid");
    if (described === null) field.removeAttribute("aria-describedby");
    else field.setAttribute("aria-describedby", described);
  };
  (field.closest(".field, .secret, .check") ?? field).after(box);
  field.focus();
}

addEventListener("keydown", (event) => {
  if (event.key === "Escape" && document.querySelector("dialog[open]") === null) hideError();
});
