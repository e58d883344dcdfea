// The box that shows an error: its code, its message, and the entry or argument it is about.

/** @import { StorageError } from "/keyfold/index.js" */
import { button, byId, el, nameNodes, visible } from "./dom.js";

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
 * Shows an error until it is dismissed or the next call succeeds.
 *
 * @param {unknown} error
 * @param {string} call what was called, as code
 */
export function showError(error, call) {
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
  const text = el("p", { class: "trouble-message" }, ...visible(message));
  slot.append(el("div", { class: "trouble" }, codeBadge(code), text, about, button("Dismiss", hideError)));
  markField(argument);
}

/**
 * @param {string} name
 * @param {(Node | string)[]} content
 */
function fact(name, content) {
  return [el("div", {}, el("dt", {}, name), el("dd", {}, ...content))];
}

export function hideError() {
  slot.replaceChildren();
  for (const field of document.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
}

/**
 * Marks the field of an `argument`. If several are shown, it is the one in the form in use.
 *
 * @param {string | undefined} argument
 */
function markField(argument) {
  if (argument === undefined) return;
  const fields = [...document.querySelectorAll(`[data-argument="${argument}"]`)].filter((field) => field.getClientRects().length > 0);
  const form = document.activeElement?.closest("form");
  const field = fields.find((each) => form?.contains(each)) ?? fields[0];
  field?.setAttribute("aria-invalid", "true");
  if (field instanceof HTMLElement) field.focus();
}

addEventListener("keydown", (event) => {
  if (event.key === "Escape" && document.querySelector("dialog[open]") === null) hideError();
});
