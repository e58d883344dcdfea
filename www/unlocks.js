// What opens a sealed store: lists the unlocks, adds, changes and removes them, rotates the keys, and shows what that
// changed in the raw records.

/** @import { SecureStorage, Unlock, UnlockInfo } from "/keyfold/index.js" */
/** @import { Field, Kind } from "./protection.js" */
/** @import { RawStore } from "./raw-sealed.js" */
import { button, byId, el, visible } from "./dom.js";
import { call } from "./log.js";
import { KIND_NAMES, protectionChoice, secretField } from "./protection.js";
import { plainHex, rawStore, ringFacts } from "./raw-sealed.js";

/** @typedef {{ storage: SecureStorage, database: string }} SealedStore */
/** @typedef {{ info: UnlockInfo, field: Field }} Asked */

const section = byId("unlocks", HTMLElement);
const list = byId("unlock-list", HTMLUListElement);
const add = byId("add-unlock", HTMLButtonElement);
const rotateButton = byId("rotate", HTMLButtonElement);
const hint = byId("unlocks-hint", HTMLElement);
const form = byId("key-form", HTMLFormElement);
const progress = byId("progress", HTMLElement);
const outcome = byId("rekey-outcome", HTMLElement);

/** App keys that this page made or received while a store is open, as an app would: `namespace id` → base64. */
const appKeys = new Map();

/** @type {UnlockInfo[]} */
let shown = [];
let busy = false;
/** @type {() => Promise<void>} */
let submit = async () => {};

/**
 * @param {() => SealedStore} opened the store that is open
 * @param {(unlock?: Unlock) => unknown} done called after keys were changed, with the unlock that opens the store now
 */
export function setUpUnlocks(opened, done) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void submit();
  });
  form.addEventListener("keydown", ({ key }) => {
    if (key === "Escape") leave();
  });
  add.addEventListener("click", () => askToAdd(opened(), done));
  rotateButton.addEventListener("click", () => rotate(opened(), done));
  list.addEventListener("click", ({ target }) => {
    if (!(target instanceof HTMLButtonElement)) return;
    const info = shown.find(({ id }) => id === target.dataset["id"]);
    if (info === undefined) return;
    if (target.dataset["action"] === "change") askToChange(opened(), info, done);
    else askToRemove(opened(), info, done);
  });
}


/** @param {SecureStorage} storage */
export async function showUnlocks(storage) {
  section.hidden = false;
  // It fails for a store that was destroyed. The ledger says so.
  const found = await storage.unlocks().catch(() => []);
  // New buttons would not have the focus.
  if (list.hasChildNodes() && JSON.stringify(found) === JSON.stringify(shown)) return;
  shown = found;
  const device = shown.some(({ kind }) => kind === "device");
  list.replaceChildren(...shown.map((info) => unlockItem(info, shown.length)));
  add.hidden = device;
  hint.textContent = device
    ? "Device cannot be combined with others. Change it into a passphrase or an app key, then add more."
    : "Each of these opens the store, so the store is as safe as the weakest.";
}

/** Shows that there is no sealed store. */
export function hideUnlocks() {
  section.hidden = true;
  list.replaceChildren();
  shown = [];
  leave();
  progress.hidden = outcome.hidden = true;
}

/**
 * Forgets the app keys of a store, and what was typed to change its keys.
 *
 * @param {string} namespace
 */
export function forgetUnlocks(namespace) {
  for (const known of appKeys.keys()) if (known.startsWith(`${namespace} `)) appKeys.delete(known);
  leave();
}

/**
 * Remembers the app key that a store was opened with.
 *
 * @param {SecureStorage} storage
 * @param {Unlock | undefined} unlock
 */
export async function rememberAppKey(storage, unlock) {
  if (unlock === undefined || unlock === "device" || unlock.appKey === undefined) return;
  const slots = (await storage.unlocks()).filter(({ kind }) => kind === "app-key");
  if (slots.length === 1) appKeys.set(`${storage.namespace} ${slots[0]?.id}`, unlock.appKey);
}

/**
 * @param {UnlockInfo} info
 * @param {number} count
 */
function unlockItem(info, count) {
  const { id, kind, label } = info;
  const name = nameOf(info);
  const remove = count > 1 ? [button("Remove…", () => {}, { "data-id": id, "data-action": "remove", "aria-label": `Remove ${name}` })] : [];
  return el(
    "li",
    {},
    el("div", { class: "unlock-name" }, el("strong", {}, KIND_NAMES[kind] ?? kind), " ", el("span", {}, ...visible(label)), el("code", { class: "unlock-id", title: id }, kind === "device" ? "" : id.slice(0, 8))),
    el("div", { class: "row-buttons" }, button("Change…", () => {}, { "data-id": id, "data-action": "change", "aria-label": `Change ${name}` }), ...remove),
  );
}

/** @param {UnlockInfo} info  @returns {string} as a person would say it */
function nameOf({ kind, label, id }) {
  const word = kind === "device" ? "Device" : `the ${(KIND_NAMES[kind] ?? kind).toLowerCase()}`;
  return label === "" ? (kind === "device" ? word : `${word} ${id.slice(0, 8)}`) : `${word} “${label}”`;
}

/**
 * The fields for the secrets of these unlocks, filled in if the page knows an app key.
 *
 * @param {SecureStorage} storage
 * @param {UnlockInfo[]} infos
 * @returns {Asked[]}
 */
function fieldsOf({ namespace }, infos) {
  return infos.map((info) => {
    const field = secretField(/** @type {Kind} */ (info.kind), { label: `Now: ${nameOf(info)}` });
    const appKey = appKeys.get(`${namespace} ${info.id}`);
    if (appKey !== undefined) field.fill(appKey);
    return { info, field };
  });
}

/**
 * Asks for what a change of keys needs; the answer stays in the form until the change is made.
 *
 * @param {{ title: string, text: string, action: string, danger?: boolean, nodes: Node[], focus: () => void, run: () => Promise<unknown> }} question
 */
function show({ title, text, action, danger = false, nodes, focus, run }) {
  progress.hidden = outcome.hidden = true;
  form.replaceChildren(
    el("h3", {}, title),
    el("p", { class: "hint" }, text),
    ...nodes,
    el("div", { class: "buttons" }, el("button", { class: danger ? "danger primary" : "primary", type: "submit" }, action), button("Leave it", leave)),
  );
  form.hidden = false;
  focus();
  submit = async () => {
    if ((await run()) === true) leave();
  };
}

function leave() {
  const hadFocus = form.contains(document.activeElement);
  form.hidden = true;
  form.replaceChildren();
  submit = async () => {};
  if (hadFocus) rotateButton.focus();
}

/**
 * @param {SealedStore} store
 * @param {(unlock?: Unlock) => unknown} done
 */
function askToAdd(store, done) {
  const { storage } = store;
  const current = shown.find(({ kind }) => kind === storage.protection) ?? shown[0];
  if (current === undefined) return;
  const [asked] = fieldsOf(storage, [current]);
  // A store has at most one passphrase.
  /** @type {Kind[]} */
  const kinds = shown.some(({ kind }) => kind === "passphrase") ? ["app-key"] : ["passphrase", "app-key"];
  const fresh = protectionChoice("New unlock", kinds, { opens: false });
  const label = el("input", { "data-argument": "label", autocomplete: "off", placeholder: "none" });
  show({
    title: "Add an unlock",
    text: "After this, either one opens the store. Give the present one again, because keyfold keeps none.",
    action: "Add",
    nodes: [...(asked ? [asked.field.node] : []), fresh.node, el("label", { class: "field" }, el("span", {}, "Label, stored in the clear"), label)],
    focus: () => asked?.field.focus(),
    run: () => {
      const added = fresh.read();
      return rekey(store, "storage.addUnlock(current, added, { label })", done, async () => {
        const id = await storage.addUnlock(asked?.field.read() ?? "device", added, { label: label.value });
        if (added !== "device" && added.appKey !== undefined) appKeys.set(`${storage.namespace} ${id}`, added.appKey);
      });
    },
  });
}

/**
 * @param {SealedStore} store
 * @param {UnlockInfo} info
 * @param {(unlock?: Unlock) => unknown} done
 */
function askToChange(store, info, done) {
  const { storage } = store;
  const others = shown.filter(({ id }) => id !== info.id);
  const [from] = fieldsOf(storage, [info]);
  const kept = fieldsOf(storage, others);
  const kinds = /** @type {Kind[]} */ (["passphrase", "app-key", ...(others.length === 0 && info.kind !== "device" ? ["device"] : [])]);
  const to = protectionChoice("From now on", kinds, { opens: false });
  const label = info.label;
  show({
    title: `Change ${nameOf(info)}`,
    text: "Makes new keys and seals every entry again.",
    action: "Change",
    nodes: [...(from ? [from.field.node] : []), ...kept.map(({ field }) => field.node), to.node],
    focus: () => (info.kind === "device" ? to.focus() : from?.field.focus()),
    run: () => {
      const unlock = to.read();
      return rekey(store, `storage.changeUnlock(from, to${others.length ? ", { kept }" : ""})`, () => done(unlock), async (onProgress) => {
        await storage.changeUnlock(from?.field.read() ?? "device", unlock, { kept: kept.map(({ field }) => field.read()), label, onProgress });
        const known = new Set(shown.map(({ id }) => id));
        const made = (await storage.unlocks()).find(({ id }) => !known.has(id));
        if (made && unlock !== "device" && unlock.appKey !== undefined) appKeys.set(`${storage.namespace} ${made.id}`, unlock.appKey);
      });
    },
  });
}

/**
 * @param {SealedStore} store
 * @param {UnlockInfo} info
 * @param {(unlock?: Unlock) => unknown} done
 */
function askToRemove(store, info, done) {
  const kept = fieldsOf(store.storage, shown.filter(({ id }) => id !== info.id));
  show({
    title: `Remove ${nameOf(info)}`,
    text: "Makes new keys and seals every entry again, so that the removed unlock opens nothing any more. Give every unlock that stays: each has to wrap the new key.",
    action: "Remove it",
    danger: true,
    nodes: kept.map(({ field }) => field.node),
    focus: () => kept[0]?.field.focus(),
    run: () => {
      const stays = kept.map(({ field }) => field.read());
      return rekey(store, "storage.removeUnlock(id, kept)", () => done(stays[0]), (onProgress) => store.storage.removeUnlock(info.id, stays, { onProgress }));
    },
  });
}

/**
 * @param {SealedStore} store
 * @param {(unlock?: Unlock) => unknown} done
 */
function rotate(store, done) {
  const { storage } = store;
  if (shown.every(({ kind }) => kind === "device")) {
    return rekey(store, "storage.rotate()", done, (onProgress) => storage.rotate("device", { onProgress }));
  }
  const kept = fieldsOf(storage, shown);
  return show({
    title: "Rotate the keys",
    text: "Makes a new data key and name key, and seals every entry again, with the same unlocks. Give each of them: it has to wrap the new key.",
    action: "Rotate",
    nodes: kept.map(({ field }) => field.node),
    focus: () => kept[0]?.field.focus(),
    run: () => rekey(store, "storage.rotate(kept)", done, (onProgress) => storage.rotate(kept.map(({ field }) => field.read()), { onProgress })),
  });
}

/**
 * Changes keys: shows the progress, then what happened to the raw records.
 *
 * @param {SealedStore} store
 * @param {string} code
 * @param {() => unknown} done
 * @param {(onProgress: (done: number, total: number) => void) => Promise<unknown>} action
 */
async function rekey({ storage, database }, code, done, action) {
  progress.hidden = outcome.hidden = true;
  if (busy) return false;
  setBusy(true);
  const before = await rawStore(database, storage.namespace);
  const bar = followProgress(before?.total ?? 0);
  const changed = await call(code, async () => (await action(bar.report), true));
  setBusy(false);
  bar.end();
  if (!changed) {
    progress.hidden = true;
    return false;
  }
  const after = await rawStore(database, storage.namespace);
  await done();
  if (before && after) {
    outcome.replaceChildren(...outcomeNodes(before, after));
    outcome.hidden = false;
  }
  return true;
}

/** @param {boolean} now */
function setBusy(now) {
  busy = now;
  section.setAttribute("aria-busy", String(now));
}

/** A bar moves in so many steps at least. */
const STEPS = 20;

/**
 * Shows how far a change of keys is. Thousands of entries are sealed between two frames, and stored for much longer: the
 * bar follows what was reported, a step for each frame, and is never ahead of it.
 *
 * @param {number} total
 */
function followProgress(total) {
  let [shown, reported, ended] = [0, 0, false];
  const step = () => {
    if (ended) return;
    shown = Math.min(reported, shown + Math.ceil(total / STEPS));
    showProgress(shown, total);
    requestAnimationFrame(step);
  };
  step();
  return {
    report: (/** @type {number} */ done, /** @type {number} */ of) => {
      [reported, total] = [done, of];
    },
    end: () => {
      ended = true;
      showProgress(reported, total);
    },
  };
}

/**
 * @param {number} done
 * @param {number} total
 */
function showProgress(done, total) {
  const bar = byId("progress-bar", HTMLProgressElement);
  bar.max = total;
  bar.value = done;
  byId("progress-text", HTMLElement).textContent = `Sealed again: ${done} of ${total}`;
  progress.hidden = false;
}

/**
 * @param {RawStore} before
 * @param {RawStore} after
 */
function outcomeNodes(before, after) {
  const [from, to] = [ringFacts(before.ring), ringFacts(after.ring)];
  const old = new Map(before.records.map(({ name, bytes }) => [name, plainHex(bytes)]));
  const same = after.records.filter(({ name, bytes }) => old.get(name) === plainHex(bytes)).length;
  const total = after.records.length;
  const key = from.keyId === to.keyId ? "the same" : `${from.keyId.slice(0, 8)}… → ${to.keyId.slice(0, 8)}…`;
  const records = total === 0 ? "none" : same === total ? "unchanged" : `${total - same} of ${total} have another name and other bytes`;
  const facts = [["Key ring", `generation ${from.generation} → ${to.generation}, ${before.ring.length} → ${after.ring.length} bytes`], ["Data key", key], ["Records", records]];
  return facts.map(([name = "", value = ""]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)));
}
