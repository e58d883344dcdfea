// The opened side of an entry: its name, what an app reads, and what can be done to it.

/** @import { Entry } from "./flutter-reading.js" */
import { button, el, flash, nameNodes } from "./dom.js";
import { clipped, faultNode, focusButton, head, keepFocus, label, rowButton } from "./row-parts.js";
import { hex } from "./flutter-reading.js";

/**
 * What an entry can ask for.
 *
 * @typedef {object} EntryActions
 * @property {(entry: Entry) => void} copy
 * @property {(key: string, value: string) => void} set
 * @property {(key: string) => void} remove
 */

/** @typedef {{ node: HTMLElement, update: (entry: Entry) => void }} Opened */

/**
 * @param {EntryActions} actions
 * @returns {Opened}
 */
export function createOpened(actions) {
  const opened = el("div", { class: "opened" });
  /** @type {Entry | undefined} */
  let last;
  let editing = false;

  /** @param {Entry} entry */
  function update(entry) {
    if (last !== undefined && last.key === entry.key && last.value === entry.value && last.fault?.message === entry.fault?.message && hexOf(last) === hexOf(entry)) return;
    if (last !== undefined && last.value !== entry.value) flash(opened);
    last = entry;
    if (!editing) keepFocus(opened, () => draw(entry));
  }

  /** @param {Entry} entry */
  function draw(entry) {
    opened.classList.toggle("opened-fault", entry.fault !== undefined);
    opened.replaceChildren(
      head(el("h3", { class: "key" }, ...nameNodes(entry.key)), ...rowButtons(entry, actions, edit)),
      ...openedNodes(entry),
    );
  }

  function edit() {
    if (last?.value === undefined) return;
    editing = true;
    const { key, value } = last;
    const done = (/** @type {string | undefined} */ changed) => {
      editing = false;
      if (changed !== undefined) actions.set(key, changed);
      if (last) draw(last);
      focusButton(opened, "edit");
    };
    opened.replaceChildren(el("h3", { class: "key" }, ...nameNodes(key)), editor(label(key), value, done));
    opened.querySelector("textarea")?.focus();
  }

  return { node: opened, update };
}

/** @param {Entry} entry */
function hexOf({ bytes }) {
  return bytes && hex(bytes);
}

/**
 * @param {string} name
 * @param {string} value
 * @param {(changed?: string) => void} done
 */
function editor(name, value, done) {
  const input = el("textarea", { "aria-label": `Value of ${name}`, rows: "3", spellcheck: "false" });
  input.value = value;
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") done();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) done(input.value);
  });
  const buttons = el(
    "div",
    { class: "buttons" },
    button("Save", () => done(input.value), { class: "primary" }),
    button("Leave", () => done()),
  );
  return el("div", { class: "editor" }, input, buttons);
}

/**
 * @param {Entry} entry
 * @returns {Node[]}
 */
function openedNodes({ value, bytes, fault }) {
  if (value !== undefined) return [valueNode(value)];
  const nodes = fault === undefined ? [] : [faultNode(fault)];
  return bytes === undefined ? nodes : [...nodes, el("p", { class: "value bytes" }, clipped(hex(bytes)))];
}

/** @param {string} value */
function valueNode(value) {
  if (value === "") return el("p", { class: "value hint" }, "empty text");
  return el("p", { class: "value" }, clipped(value));
}

/**
 * @param {Entry} entry
 * @param {EntryActions} actions
 * @param {() => void} edit
 */
function rowButtons(entry, actions, edit) {
  const name = label(entry.key);
  const readable = entry.value !== undefined;
  const copies = readable || entry.bytes !== undefined;
  return [
    ...(copies ? [rowButton("Copy", `Copy the value of ${name}`, () => actions.copy(entry))] : []),
    ...(readable ? [rowButton("Edit", `Edit ${name}`, edit)] : []),
    rowButton("Remove", `Remove ${name}`, () => actions.remove(entry.key)),
  ];
}
