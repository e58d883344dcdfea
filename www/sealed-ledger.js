// The ledger of the sealed layout: entries on one side, records of IndexedDB on the other, each in its own order.
// Without the keys nobody can tell which record belongs to which entry.

/** @import { SecureStorage } from "/keyfold/index.js" */
/** @import { Opened, EntryActions } from "./opened-side.js" */
/** @import { RawRecord, RawStore } from "./raw-sealed.js" */
/** @import { SealedReading } from "./sealed-reading.js" */
import { STEP } from "./bound.js";
import { byId, el, flash, visible } from "./dom.js";
import { createOpened } from "./opened-side.js";
import { plainHex, RECORD_PARTS, ringFacts } from "./raw-sealed.js";
import { clipped, faultNode, head, keepFocus, LONG, place, rowButton, SHOWN } from "./row-parts.js";

/**
 * What this ledger can ask for.
 *
 * @typedef {EntryActions & {
 *   damage: (record: RawRecord) => void,
 *   undo: (record: RawRecord) => void,
 *   damagedAt: (record: RawRecord) => number | undefined,
 *   emptyRow: () => HTMLLIElement,
 * }} SealedActions `damagedAt` tells which byte is damaged, if any
 */

/** A ring's bytes say little, so fewer of them are shown. */
const RING_SHOWN = 80;

const KIND_WORDS = /** @type {Record<string, string>} */ ({
  device: "Leads to the data key that seals every value: a CryptoKey beside it, whose bytes no script can read.",
  slots: "Leads to the data key that seals every value, for whoever has a passphrase or app key of the store. It is closed to others.",
  both: "Leads to the data key that seals every value: a CryptoKey beside it, whose bytes no script can read, or a passphrase or app key of the store.",
});

/**
 * Draws a reading in the page's lists, and keeps rows (and an edit under way) that are still there.
 *
 * @param {SealedActions} actions
 */
export function createSealedLedger(actions) {
  const entryList = byId("rows", HTMLUListElement);
  const recordList = byId("records", HTMLUListElement);
  const ring = createRing();
  const empty = actions.emptyRow();
  const nothing = el("li", { class: "row row-empty" }, "No record yet.");
  /** @type {Map<string, { node: HTMLLIElement, opened: Opened }>} */
  const entryRows = new Map();
  /** @type {Map<string, ReturnType<typeof createRecord>>} */
  const recordRows = new Map();

  /**
   * @param {SealedReading} reading
   * @param {Pick<SecureStorage, "namespace">} store
   */
  function show({ locked, entries, unreadable, raw }, { namespace }) {
    ring.update(namespace, raw);
    keepOnly(entryRows, entries.map(({ key }) => key));
    const nodes = entries.map((entry) => {
      const known = entryRows.get(entry.key);
      const row = known ?? createEntry(actions);
      entryRows.set(entry.key, row);
      row.opened.update({ ...entry, name: "", text: "" });
      if (known === undefined && entryList.hasChildNodes()) flash(row.node);
      return row.node;
    });
    const lost = unreadable.slice(0, STEP).map(lostNode);
    const none = nodes.length + lost.length === 0;
    place(entryList, [...lost, ...nodes, ...(none && !locked ? [empty] : [])]);
    showRecords(raw?.records ?? []);
  }

  /** @param {RawRecord[]} records */
  function showRecords(records) {
    keepOnly(recordRows, records.map(({ name }) => name));
    const nodes = records.map((record) => {
      const known = recordRows.get(record.name);
      const row = known ?? createRecord(actions);
      recordRows.set(record.name, row);
      row.update(record);
      if (known === undefined && recordList.hasChildNodes()) flash(row.node);
      return row.node;
    });
    place(recordList, nodes.length === 0 ? [nothing] : nodes);
  }

  /** Forgets the rows of the previous store. */
  function reset() {
    entryRows.clear();
    recordRows.clear();
    ring.reset();
    entryList.replaceChildren();
    recordList.replaceChildren();
  }

  return { show, reset };
}

/**
 * @param {Map<string, unknown>} rows
 * @param {string[]} names
 */
function keepOnly(rows, names) {
  const kept = new Set(names);
  for (const name of [...rows.keys()]) if (!kept.has(name)) rows.delete(name);
}

/** @param {SealedActions} actions */
function createEntry(actions) {
  const opened = createOpened(actions);
  return { node: el("li", { class: "row row-single" }, opened.node), opened };
}

/** @param {SealedReading["unreadable"][number]} fault */
function lostNode(fault) {
  const name = el("h3", {}, "An entry whose name is sealed with it");
  return el("li", { class: "row row-single" }, el("div", { class: "opened opened-fault" }, name, faultNode(fault)));
}

/** The row of the key ring. */
function createRing() {
  const node = byId("ring", HTMLElement);
  const opened = el("div", { class: "opened" });
  const sealed = el("div", { class: "sealed" });
  node.replaceChildren(opened, sealed);
  let last = "";

  /**
   * @param {string} namespace
   * @param {RawStore | undefined} raw
   */
  function update(namespace, raw) {
    const hex = raw === undefined ? "" : plainHex(raw.ring);
    if (last === hex && hex !== "") return;
    const facts = ringFacts(raw?.ring ?? new Uint8Array());
    const device = facts.kinds[0] === "device";
    const kind = facts.kinds.length === 0 ? "unknown" : !device ? "slots" : facts.kinds.length === 1 ? "device" : "both";
    opened.replaceChildren(
      el("h3", {}, "Key ring"),
      el("p", { class: "hint" }, hex === "" ? "Not there: this store was destroyed." : (KIND_WORDS[kind] ?? "Of a kind that this page does not know.")),
    );
    const name = el("p", { class: "name" }, ...visible(namespace), " ", el("span", { class: `badge badge-${kind}` }, ringBadge(facts, raw)));
    sealed.replaceChildren(name, ...(hex === "" ? [] : [el("p", { class: "raw raw-key" }, clipped(hex, RING_SHOWN))]));
    if (last !== "") flash(sealed);
    last = hex;
  }

  return { update, reset: () => (last = "") };
}

/**
 * @param {ReturnType<typeof ringFacts>} facts
 * @param {RawStore | undefined} raw
 */
function ringBadge({ kinds, generation }, raw) {
  if (raw === undefined || raw.ring.length === 0) return "no ring";
  const slots = kinds.filter((kind) => kind !== "device").length;
  const beside = slots < kinds.length ? [raw.deviceKey?.extractable === false ? "not extractable" : "missing"] : [];
  const sealed = slots > 0 ? [`sealed to ${slots === 1 ? "one unlock" : `${slots} unlocks`}`] : [];
  return `data key, ${[...beside, ...sealed].join(", and ")} · generation ${generation}`;
}

/** @param {SealedActions} actions */
function createRecord(actions) {
  const sealed = el("div", { class: "sealed" });
  const node = el("li", { class: "row row-single" }, sealed);
  let last = "";

  /** @param {RawRecord} record */
  function update(record) {
    const hex = plainHex(record.bytes);
    const damage = actions.damagedAt(record);
    const state = `${hex}/${damage}`;
    if (last === state) return;
    if (last !== "") flash(sealed);
    last = state;
    keepFocus(sealed, () =>
      sealed.replaceChildren(head(el("p", { class: "name", title: "What hides the entry’s name: its HMAC under the name key" }, record.name), damageButton(record, damage)), bytesNode(hex, damage)),
    );
  }

  /**
   * @param {RawRecord} record
   * @param {number | undefined} damage
   */
  function damageButton(record, damage) {
    const what = `the record ${record.name.slice(0, 8)}…`;
    return damage === undefined
      ? rowButton("Damage", `Damage one byte of ${what}`, () => actions.damage(record), "damage")
      : rowButton("Undo the damage", `Undo the damage to ${what}`, () => actions.undo(record), "damage");
  }

  return { node, update };
}

/**
 * A record in its parts.
 *
 * @param {string} hex
 * @param {number | undefined} damage
 */
function bytesNode(hex, damage) {
  const node = el("p", { class: "raw" });
  let at = 0;
  for (const [part, length] of RECORD_PARTS) {
    node.append(el("span", { class: part }, hex.slice(at, at + 2 * length)), " ");
    at += 2 * length;
  }
  node.append(el("span", { class: "cipher" }, ...cipherNodes(hex.slice(at), damage === undefined ? undefined : 2 * damage - at)));
  return node;
}

/**
 * @param {string} hex
 * @param {number | undefined} at
 * @returns {(Node | string)[]}
 */
function cipherNodes(hex, at) {
  if (at === undefined) return [clipped(hex)];
  const before = hex.slice(0, at);
  return [
    before.length > LONG ? `…${before.slice(-SHOWN)}` : before,
    el("mark", { title: "the damaged byte" }, hex.slice(at, at + 2)),
    clipped(hex.slice(at + 2)),
  ];
}
