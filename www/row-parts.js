// What the rows of both ledgers are made of.

import { button, el, visible } from "./dom.js";
import { codeBadge } from "./errors.js";

/** @typedef {{ code: string, message: string }} Fault */

/** Longer texts are cut to SHOWN characters. */
export const LONG = 280;
export const SHOWN = 220;

/**
 * Makes these the children, in this order, moving only what has to move, so that the focus stays; where
 * its row goes, it moves to the one that takes the place.
 *
 * @param {Element} parent
 * @param {Element[]} nodes
 */
export function place(parent, nodes) {
  const focused = [...parent.children].findIndex((child) => child.contains(document.activeElement));
  const kept = new Set(nodes);
  for (const child of [...parent.children]) if (!kept.has(child)) child.remove();
  nodes.forEach((node, index) => {
    if (parent.children[index] !== node) parent.insertBefore(node, parent.children[index] ?? null);
  });
  if (focused === -1 || parent.contains(document.activeElement)) return;
  parent.children[Math.min(focused, nodes.length - 1)]?.querySelector("button")?.focus();
}

/**
 * A name with what can be done to it.
 *
 * @param {HTMLElement} name
 * @param {...HTMLButtonElement} buttons
 */
export function head(name, ...buttons) {
  return el("div", { class: "row-head" }, name, el("div", { class: "row-buttons" }, ...buttons));
}

/**
 * Draws a part again and returns the focus to the button that had it.
 *
 * @param {Element} part
 * @param {() => void} draw
 */
export function keepFocus(part, draw) {
  const focused = document.activeElement;
  const action = focused instanceof HTMLElement && part.contains(focused) ? focused.dataset["action"] : undefined;
  draw();
  if (action !== undefined) focusButton(part, action);
}

/**
 * @param {Element} part
 * @param {string} action
 */
export function focusButton(part, action) {
  /** @type {HTMLElement | null} */ (part.querySelector(`[data-action="${action}"]`))?.focus();
}

/** @param {Fault} fault */
export function faultNode({ code, message }) {
  return el("p", { class: "fault" }, codeBadge(code), " ", ...visible(message));
}

/**
 * Text that is cut when it is long, with a button that shows all of it.
 *
 * @param {string} text
 * @param {number} [shown] how many characters
 */
export function clipped(text, shown = SHOWN) {
  const whole = el("span", { class: "text" });
  if (text.length <= shown + LONG - SHOWN) {
    whole.append(...visible(text));
    return whole;
  }
  const more = button(`Show all ${text.length.toLocaleString()} characters`, () => {
    const all = more.getAttribute("aria-expanded") === "false";
    more.setAttribute("aria-expanded", String(all));
    whole.replaceChildren(...visible(all ? text : `${text.slice(0, shown)}…`));
  }, { class: "link", "aria-expanded": "false", "data-action": "more" });
  whole.append(...visible(`${text.slice(0, shown)}…`));
  return el("span", {}, whole, " ", more);
}

/**
 * @param {string} text
 * @param {string} title what it does, in full
 * @param {() => void} action
 * @param {string} [id] tells the button from the row's others
 */
export function rowButton(text, title, action, id = text.toLowerCase()) {
  return button(text, action, { title, "aria-label": title, "data-action": id });
}

/** @param {string} key  @returns {string} the key as a person would say it */
export function label(key) {
  return key === "" ? "the entry with the empty name" : key;
}
