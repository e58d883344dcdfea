// What opens a sealed store: lists the unlocks, adds, changes and removes them, rotates the keys, and shows what that
// changed in the raw records.

/** @import { SecureStorage, Unlock, UnlockInfo } from "/keyfold/index.js" */
/** @import { Kind } from "./protection.js" */
/** @import { RawStore } from "./raw-sealed.js" */
import { button, byId, el, visible } from "./dom.js";
import { call } from "./log.js";
import { KIND_NAMES, protectionChoice } from "./protection.js";
import { plainHex, rawStore, ringFacts } from "./raw-sealed.js";

/** @typedef {{ storage: SecureStorage, database: string }} SealedStore */

const section = byId("unlocks", HTMLElement);
const list = byId("unlock-list", HTMLUListElement);
const add = byId("add-unlock", HTMLButtonElement);
const remember = byId("remember-device", HTMLButtonElement);
const rotateButton = byId("rotate", HTMLButtonElement);
const hint = byId("unlocks-hint", HTMLElement);
const form = byId("key-form", HTMLFormElement);
const progress = byId("progress", HTMLElement);
const outcome = byId("rekey-outcome", HTMLElement);

/** @type {UnlockInfo[]} */
let shown = [];
let busy = false;
/** @type {() => Promise<void>} */
let submit = async () => {};

/** @typedef {(now?: Unlock, removed?: UnlockInfo["kind"]) => unknown} Done called after keys were changed, with what opens the store now, or does not */

/**
 * @param {() => SealedStore} opened the store that is open
 * @param {Done} done
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
  remember.addEventListener("click", () => rememberDevice(opened(), done));
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
  remember.hidden = device;
  hint.textContent =
    device && shown.length > 1
      ? "This device is remembered: the store opens here without a question, and for whoever copies this browser’s profile."
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

/** Forgets what was typed to change a store’s keys. */
export const forgetUnlocks = () => leave();

/**
 * @param {UnlockInfo} info
 * @param {number} count
 */
function unlockItem(info, count) {
  const { id, kind, label } = info;
  const name = nameOf(info);
  const word = kind === "device" ? "Forget…" : "Remove…";
  const remove = count > 1 ? [button(word, () => {}, { "data-id": id, "data-action": "remove", "aria-label": `${word.slice(0, -1)} ${name}` })] : [];
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
 * @param {Done} done
 */
function askToAdd(store, done) {
  const fresh = protectionChoice("New unlock", slotKinds(shown), { opens: false });
  const label = el("input", { "data-argument": "label", autocomplete: "off", placeholder: "none" });
  show({
    title: "Add an unlock",
    text: "After this, either one opens the store. Makes new keys and seals every entry again. The open store is enough for it.",
    action: "Add",
    nodes: [fresh.node, el("label", { class: "field" }, el("span", {}, "Label, stored in the clear"), label)],
    focus: () => fresh.focus(),
    run: () => rekey(store, "storage.addUnlock(added, { label })", done, (onProgress) => store.storage.addUnlock(fresh.read(), { label: label.value, onProgress })),
  });
}

/**
 * The kinds that a new unlock beside these may have. A store has at most one passphrase.
 *
 * @param {UnlockInfo[]} others
 * @returns {Kind[]}
 */
function slotKinds(others) {
  return others.some(({ kind }) => kind === "passphrase") ? ["app-key"] : ["passphrase", "app-key"];
}

/**
 * @param {SealedStore} store
 * @param {() => unknown} done
 */
function rememberDevice(store, done) {
  leave();
  return rekey(store, 'storage.addUnlock("device")', done, (onProgress) => store.storage.addUnlock("device", { onProgress }));
}

/**
 * @param {SealedStore} store
 * @param {UnlockInfo} info
 * @param {Done} done
 */
function askToChange(store, info, done) {
  const others = shown.filter(({ id }) => id !== info.id);
  /** @type {Kind[]} */
  const kinds = shown.some(({ kind }) => kind === "device") ? slotKinds(others) : [...slotKinds(others), "device"];
  const to = protectionChoice("From now on", kinds, { opens: false });
  show({
    title: `Change ${nameOf(info)}`,
    text: "Makes new keys and seals every entry again. The open store is enough for it.",
    action: "Change",
    nodes: [to.node],
    focus: () => to.focus(),
    run: () => {
      const unlock = to.read();
      return rekey(store, "storage.changeUnlock(id, to)", () => done(unlock), (onProgress) => store.storage.changeUnlock(info.id, unlock, { onProgress }));
    },
  });
}

/**
 * @param {SealedStore} store
 * @param {UnlockInfo} info
 * @param {Done} done
 */
function askToRemove(store, info, done) {
  const [verb, code] = info.kind === "device" ? ["Forget", 'storage.removeUnlock("device")'] : ["Remove", "storage.removeUnlock(id)"];
  show({
    title: `${verb} ${nameOf(info)}`,
    text: "Makes new keys and seals every entry again, so that it opens nothing that is stored from now on.",
    action: `${verb} it`,
    danger: true,
    nodes: [],
    focus: () => form.querySelector("button")?.focus(),
    run: () => rekey(store, code, () => done(undefined, info.kind), (onProgress) => store.storage.removeUnlock(info.id, { onProgress })),
  });
}

/**
 * @param {SealedStore} store
 * @param {() => unknown} done
 */
function rotate(store, done) {
  leave();
  return rekey(store, "storage.rotate()", done, (onProgress) => store.storage.rotate({ onProgress }));
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
