// The ledger: one row for each entry, opened on the one side and as it lies in storage on the other.

/** @import { SecureStorage } from "/keyfold/index.js" */
/** @import { Entry, Fault, Reading } from "./reading.js" */
import { button, byId, el, flash, nameNodes, visible } from "./dom.js";
import { codeBadge } from "./errors.js";
import { hex } from "./reading.js";

/**
 * What a row can ask for.
 *
 * @typedef {object} RowActions
 * @property {(entry: Entry) => void} copy
 * @property {(key: string, value: string) => void} set
 * @property {(key: string) => void} remove
 * @property {(name: string) => void} damage
 * @property {(name: string) => void} undo
 * @property {(name: string, text: string) => number | undefined} damagedAt where this text is damaged, if it is
 */

/** @typedef {{ node: HTMLLIElement, update: (entry: Entry) => void }} Row */

const LONG = 280;
const SHOWN = 220;

/**
 * A ledger in the page's list. `show` draws a reading, and keeps rows (and an edit under way) that
 * are still there.
 *
 * @param {RowActions} actions
 */
export function createLedger(actions) {
  const list = byId("rows", HTMLUListElement);
  const keyRow = createKeyRow(actions);
  const empty = el("li", { class: "row row-empty" }, "Nothing here yet. Set a first value above, and see how it lies in storage.");
  /** @type {Map<string, Row>} */
  const rows = new Map();

  /**
   * @param {Reading} reading
   * @param {Pick<SecureStorage, "namespace" | "protection">} store
   */
  function show({ keyText, entries }, { namespace, protection }) {
    const names = new Set(entries.map(({ name }) => name));
    for (const name of [...rows.keys()]) if (!names.has(name)) rows.delete(name);
    keyRow.update(namespace, keyText, protection);
    const nodes = entries.map((entry) => rowOf(entry).node);
    place(list, [keyRow.node, ...(nodes.length === 0 ? [empty] : nodes)]);
  }

  /** @param {Entry} entry */
  function rowOf(entry) {
    const known = rows.get(entry.name);
    const row = known ?? createRow(actions);
    rows.set(entry.name, row);
    row.update(entry);
    if (known === undefined && list.hasChildNodes()) flash(row.node);
    return row;
  }

  /** Forgets the rows of the store before. */
  function reset() {
    rows.clear();
    keyRow.reset();
    list.replaceChildren();
  }

  return { show, reset };
}

/**
 * Makes these the children, in this order, moving only what has to move, so that the focus stays; where
 * its row goes, it moves to the one that takes the place.
 *
 * @param {Element} parent
 * @param {Element[]} nodes
 */
function place(parent, nodes) {
  const focused = [...parent.children].findIndex((child) => child.contains(document.activeElement));
  for (const child of [...parent.children]) if (!nodes.includes(child)) child.remove();
  nodes.forEach((node, index) => {
    if (parent.children[index] !== node) parent.insertBefore(node, parent.children[index] ?? null);
  });
  if (focused === -1 || parent.contains(document.activeElement)) return;
  parent.children[Math.min(focused, nodes.length - 1)]?.querySelector("button")?.focus();
}

/** @param {RowActions} actions */
function createKeyRow(actions) {
  const opened = el("div", { class: "opened" });
  const sealed = el("div", { class: "sealed" });
  const node = el("li", { class: "row row-key" }, opened, sealed);
  /** @type {string | null | undefined} */
  let last;

  /**
   * @param {string} namespace
   * @param {string | null} text
   * @param {SecureStorage["protection"]} protection
   */
  function update(namespace, text, protection) {
    opened.replaceChildren(el("h3", {}, "Data key"), el("p", { class: "hint" }, keyWords(text, protection)));
    const badge = protection === "none" ? "data key, in the clear" : "data key, wrapped";
    const name = el("p", { class: "name" }, ...visible(namespace), " ", el("span", { class: `badge badge-${protection}` }, badge));
    keepFocus(sealed, () =>
      sealed.replaceChildren(
        ...(text === null
          ? [name, el("p", { class: "hint" }, "not there yet")]
          : [head(name, damageButton(namespace, text, actions, "the data key")), rawKey(text, actions.damagedAt(namespace, text))]),
      ),
    );
    if (last !== undefined && last !== text) flash(sealed);
    last = text;
  }

  return { node, update, reset: () => (last = undefined) };
}

/**
 * @param {string | null} text
 * @param {SecureStorage["protection"]} protection
 */
function keyWords(text, protection) {
  if (text === null) return "The first value that is set makes one. Reading never does.";
  return protection === "none"
    ? "Seals every value of this store. It lies here in the clear: whoever copies this storage can open the values."
    : "Seals every value of this store. Your wrap key opened it; what lies here is closed without that key.";
}

/**
 * @param {RowActions} actions
 * @returns {Row}
 */
function createRow(actions) {
  const opened = el("div", { class: "opened" });
  const sealed = el("div", { class: "sealed" });
  const node = el("li", { class: "row" }, opened, sealed);
  /** @type {Entry | undefined} */
  let last;
  /** @type {number | undefined} */
  let lastDamage;
  let editing = false;

  /** @param {Entry} entry */
  function update(entry) {
    const damage = actions.damagedAt(entry.name, entry.text);
    if (last !== undefined && looksAlike(last, entry) && damage === lastDamage) return;
    lastDamage = damage;
    if (last !== undefined && last.text !== entry.text) flash(sealed);
    if (last !== undefined && last.value !== entry.value) flash(opened);
    last = entry;
    if (!editing) keepFocus(opened, () => drawOpened(entry));
    keepFocus(sealed, () => drawSealed(entry));
  }

  /** @param {Entry} entry */
  function drawOpened(entry) {
    node.classList.toggle("row-fault", entry.fault !== undefined);
    opened.replaceChildren(
      head(el("h3", { class: "key" }, ...nameNodes(entry.key)), ...rowButtons(entry, actions, edit)),
      ...openedNodes(entry),
    );
  }

  /** @param {Entry} entry */
  function drawSealed({ name, key, text }) {
    sealed.replaceChildren(
      head(el("p", { class: "name" }, ...visible(name)), damageButton(name, text, actions, label(key))),
      rawValue(text, actions.damagedAt(name, text)),
    );
  }

  function edit() {
    if (last?.value === undefined) return;
    editing = true;
    const { key, value } = last;
    const done = (/** @type {string | undefined} */ changed) => {
      editing = false;
      if (changed !== undefined) actions.set(key, changed);
      if (last) drawOpened(last);
      focusButton(opened, "edit");
    };
    opened.replaceChildren(el("h3", { class: "key" }, ...nameNodes(key)), editor(label(key), value, done));
    opened.querySelector("textarea")?.focus();
  }

  return { node, update };
}

/**
 * @param {Entry} one
 * @param {Entry} other
 */
function looksAlike(one, other) {
  return one.text === other.text && one.value === other.value && one.fault?.message === other.fault?.message;
}

/**
 * A name with what can be done to it.
 *
 * @param {HTMLElement} name
 * @param {...HTMLButtonElement} buttons
 */
function head(name, ...buttons) {
  return el("div", { class: "row-head" }, name, el("div", { class: "row-buttons" }, ...buttons));
}

/**
 * Draws a part anew and gives the focus back to the button that had it.
 *
 * @param {Element} part
 * @param {() => void} draw
 */
function keepFocus(part, draw) {
  const focused = document.activeElement;
  const action = focused instanceof HTMLElement && part.contains(focused) ? focused.dataset["action"] : undefined;
  draw();
  if (action !== undefined) focusButton(part, action);
}

/**
 * @param {Element} part
 * @param {string} action
 */
function focusButton(part, action) {
  /** @type {HTMLElement | null} */ (part.querySelector(`[data-action="${action}"]`))?.focus();
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

/** @param {Fault} fault */
export function faultNode({ code, message }) {
  return el("p", { class: "fault" }, codeBadge(code), " ", ...visible(message));
}

/**
 * Text that is cut when it is long, with a button that shows all of it.
 *
 * @param {string} text
 */
function clipped(text) {
  const whole = el("span", { class: "text" });
  if (text.length <= LONG) {
    whole.append(...visible(text));
    return whole;
  }
  const more = button(`Show all ${text.length.toLocaleString()} characters`, () => {
    const all = more.getAttribute("aria-expanded") === "false";
    more.setAttribute("aria-expanded", String(all));
    whole.replaceChildren(...visible(all ? text : `${text.slice(0, SHOWN)}…`));
  }, { class: "link", "aria-expanded": "false", "data-action": "more" });
  whole.append(...visible(`${text.slice(0, SHOWN)}…`));
  return el("span", {}, whole, " ", more);
}

/**
 * @param {Entry} entry
 * @param {RowActions} actions
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

/**
 * @param {string} name
 * @param {string} text
 * @param {RowActions} actions
 * @param {string} what
 */
function damageButton(name, text, actions, what) {
  return actions.damagedAt(name, text) === undefined
    ? rowButton("Damage", `Damage one character of ${what}`, () => actions.damage(name), "damage")
    : rowButton("Undo the damage", `Undo the damage to ${what}`, () => actions.undo(name), "damage");
}

/**
 * @param {string} text
 * @param {string} title what it does, in full
 * @param {() => void} action
 * @param {string} [id] tells the button from the row's others
 */
function rowButton(text, title, action, id = text.toLowerCase()) {
  return button(text, action, { title, "aria-label": title, "data-action": id });
}

/**
 * A stored value in its parts.
 *
 * @param {string} text
 * @param {number | undefined} damagedAt
 */
function rawValue(text, damagedAt) {
  const dot = text.indexOf(".");
  if (dot === -1) return el("p", { class: "raw" }, ...visible(text));
  const cipher = text.slice(dot + 1);
  return el(
    "p",
    { class: "raw" },
    el("span", { class: "nonce" }, ...visible(text.slice(0, dot))),
    el("span", { class: "dot" }, "."),
    el("span", { class: "cipher" }, ...marked(cipher, damagedAt === undefined ? undefined : damagedAt - dot - 1)),
  );
}

/**
 * @param {string} text
 * @param {number | undefined} damagedAt
 */
function rawKey(text, damagedAt) {
  return el("p", { class: "raw raw-key" }, ...marked(text, damagedAt));
}

/**
 * @param {string} text
 * @param {number | undefined} at
 * @returns {(Node | string)[]}
 */
function marked(text, at) {
  if (at === undefined) return text.length > LONG ? [clipped(text)] : visible(text);
  const before = text.slice(0, at);
  const after = text.slice(at + 1);
  return [
    ...visible(before.length > LONG ? `…${before.slice(-SHOWN)}` : before),
    el("mark", { title: "the damaged character" }, text[at] ?? ""),
    ...(after.length > LONG ? [clipped(after)] : visible(after)),
  ];
}

/** @param {string} key  @returns {string} the key as a person would say it */
function label(key) {
  return key === "" ? "the entry with the empty name" : key;
}
