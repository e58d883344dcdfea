// The ledger of the flutter layout: one row for each entry, opened on one side and as stored in localStorage on the
// other. Names are readable there, so the two sides can be matched.

/** @import { SecureStorage } from "/keyfold/index.js" */
/** @import { EntryActions } from "./opened-side.js" */
/** @import { Entry, Reading } from "./flutter-reading.js" */
import { byId, el, flash, visible } from "./dom.js";
import { createOpened } from "./opened-side.js";
import { clipped, head, keepFocus, label, LONG, place, rowButton, SHOWN } from "./row-parts.js";

/**
 * What a row can ask for.
 *
 * @typedef {EntryActions & {
 *   damage: (name: string) => void,
 *   undo: (name: string) => void,
 *   damagedAt: (name: string, text: string) => number | undefined,
 *   emptyRow: () => HTMLLIElement,
 * }} RowActions `damagedAt` tells where this text is damaged, if it is
 */

/** @typedef {{ node: HTMLLIElement, update: (entry: Entry) => void }} Row */

/**
 * A ledger in the page's list. `show` draws a reading, and keeps rows (and an edit under way) that
 * are still there.
 *
 * @param {RowActions} actions
 */
export function createFlutterLedger(actions) {
  const list = byId("rows", HTMLUListElement);
  const keyRow = createKeyRow(actions);
  const empty = actions.emptyRow();
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

  /** Forgets the rows of the previous store. */
  function reset() {
    rows.clear();
    keyRow.reset();
    list.replaceChildren();
  }

  return { show, reset };
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
  if (text === null) return "The first value that you set makes one. Reading never does.";
  return protection === "none"
    ? "Seals every value of this store. It lies here in the clear: whoever copies this storage can open the values."
    : "Seals every value of this store. Your wrap key opened it. Without that key, what lies here is closed.";
}

/**
 * @param {RowActions} actions
 * @returns {Row}
 */
function createRow(actions) {
  const opened = createOpened(actions);
  const sealed = el("div", { class: "sealed" });
  const node = el("li", { class: "row" }, opened.node, sealed);
  /** @type {Entry | undefined} */
  let last;
  /** @type {number | undefined} */
  let lastDamage;

  /** @param {Entry} entry */
  function update(entry) {
    opened.update(entry);
    const damage = actions.damagedAt(entry.name, entry.text);
    if (last?.text === entry.text && damage === lastDamage) return;
    lastDamage = damage;
    if (last !== undefined && last.text !== entry.text) flash(sealed);
    last = entry;
    keepFocus(sealed, () => draw(entry));
  }

  /** @param {Entry} entry */
  function draw({ name, key, text }) {
    sealed.replaceChildren(
      head(el("p", { class: "name" }, ...visible(name)), damageButton(name, text, actions, label(key))),
      rawValue(text, actions.damagedAt(name, text)),
    );
  }

  return { node, update };
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
