// The playground: opens a store, keeps the page up to date, and connects the parts.

/** @import { Unlock } from "/keyfold/index.js" */
/** @import { Fixture } from "./fixtures.js" */
/** @import { Choice } from "./open-form.js" */
import { SecureStorage } from "/keyfold/index.js";
import { createBound, STEP } from "./bound.js";
import { button, byId, el, nameNodes } from "./dom.js";
import { resetEntryForm, setUpEntryForm, suggestKeys } from "./entry-form.js";
import { showError } from "./errors.js";
import { setUpFixtures } from "./fixtures.js";
import { FlutterDamages } from "./flutter-damage.js";
import { createFlutterLedger } from "./flutter-ledger.js";
import { hex, readFlutter } from "./flutter-reading.js";
import { setUpLock, showLock } from "./lock.js";
import { call, logChange, quoted } from "./log.js";
import { moveIn } from "./move-in.js";
import { counted, databaseOf, fillForm, listFound, openCall, setUpOpenForm } from "./open-form.js";
import { kindOf } from "./protection.js";
import { areaName, areaOf } from "./raw-flutter.js";
import { onWritten } from "./raw-sealed.js";
import { setUpRemoval } from "./removal.js";
import { faultNode } from "./row-parts.js";
import { forgetSecrets } from "./secrets.js";
import { SealedDamages } from "./sealed-damage.js";
import { createSealedLedger } from "./sealed-ledger.js";
import { readSealed } from "./sealed-reading.js";
import { followHost, isCompact, namedInAddress, offerSecondViews } from "./second-view.js";
import { forgetUnlocks, hideUnlocks, setUpUnlocks, showUnlocks } from "./unlocks.js";
import { setUpWorkers, showWorkers, tellWorkers } from "./workers.js";

/** A tab's localStorage may lag behind another tab's change by some milliseconds. */
const SETTLE_MS = 150;

const EXAMPLES = { token: "s3cret", user: "Ada", "last seen": "today" };

/** @typedef {{ area: Storage, damages: FlutterDamages }} FlutterSide */
/** @typedef {{ database: string, damages: SealedDamages, stop: () => void }} SealedSide */
/** @typedef {{ storage: SecureStorage, choice: Choice, flutter?: FlutterSide, sealed?: SealedSide }} Store */
/** @typedef {{ name: string, passedOver?: boolean, facts?: string }} Other */

/** @type {Store | undefined} */
let store;
let settling = 0;
let drawing = Promise.resolve();
/** @type {Promise<void> | undefined} */
let next;

const entryActions = {
  copy: (/** @type {{ value?: string, bytes?: Uint8Array }} */ { value, bytes }) => copy(value ?? hex(bytes ?? new Uint8Array())),
  set: (/** @type {string} */ key, /** @type {string} */ value) => call(`storage.set(${quoted(key)}, …)`, () => opened().storage.set(key, value)),
  remove: (/** @type {string} */ key) => call(`storage.remove(${quoted(key)})`, async () => void (await opened().storage.remove(key))),
  emptyRow: () =>
    el(
      "li",
      { class: "row row-empty" },
      el("p", {}, "Nothing here yet. Set a first value above, and see how it lies in storage."),
      button("Set three examples", () => void call("storage.setAll({ … })", () => opened().storage.setAll(EXAMPLES))),
    ),
};

const flutterLedger = createFlutterLedger({
  ...entryActions,
  damage: (name) => changeText(name, ({ damages }) => damages.add(name)),
  undo: (name) => changeText(name, ({ damages }) => damages.undo(name)),
  damagedAt: (name, text) => flutterSide().damages.at(name, text),
});

const sealedLedger = createSealedLedger({
  ...entryActions,
  damage: (record) => changeRecord(({ damages }) => damages.add(record)),
  undo: (record) => changeRecord(({ damages }) => damages.undo(record)),
  damagedAt: (record) => sealedSide().damages.at(record),
});

const filter = byId("filter", HTMLInputElement);
const entriesBound = createBound("entries-bound", refresh);
const recordsBound = createBound("records-bound", refresh);

const views = offerSecondViews(() => store?.choice);

/** @param {Choice} choice  @returns {Promise<boolean>} whether it is open */
async function openStore(choice) {
  const storage = await call(openCall(choice), () => SecureStorage.open(choice.namespace, choice.options));
  if (storage === undefined) return false;
  closeStore();
  store = { storage, choice, ...sideOf(storage, choice) };
  storage.watch((change) => {
    logChange(change);
    void refresh();
  });
  fillForm(choice);
  showWorkspace(store);
  await refresh();
  views.tellViews();
  return true;
}

/**
 * @param {SecureStorage} storage
 * @param {Choice} choice
 * @returns {Pick<Store, "flutter" | "sealed">}
 */
function sideOf({ namespace }, { options }) {
  if (options.layout === "flutter") {
    const area = areaOf(options);
    return { flutter: { area, damages: new FlutterDamages(area) } };
  }
  const database = databaseOf(options);
  const stop = onWritten(database, namespace, () => void refresh());
  return { sealed: { database, damages: new SealedDamages(database, namespace), stop } };
}

/** @returns {Store} */
function opened() {
  if (store === undefined) throw new Error("No store is open.");
  return store;
}

function flutterSide() {
  const { flutter } = opened();
  if (flutter === undefined) throw new Error("No store of the flutter layout is open.");
  return flutter;
}

function sealedSide() {
  const { sealed } = opened();
  if (sealed === undefined) throw new Error("No sealed store is open.");
  return sealed;
}

function closeStore() {
  if (store !== undefined) forgetAll();
  store?.sealed?.stop();
  store?.storage.close();
  store = undefined;
  flutterLedger.reset();
  sealedLedger.reset();
  entriesBound.reset();
  recordsBound.reset();
  filter.value = "";
  resetEntryForm();
  hideUnlocks();
  showWorkers(false);
  byId("report", HTMLElement).hidden = true;
}

/** @param {Store} store */
function showWorkspace({ storage, flutter, sealed }) {
  const place = flutter ? areaName(flutter.area) : "IndexedDB";
  document.title = `${storage.namespace} · keyfold`;
  byId("store-name", HTMLElement).textContent = storage.namespace;
  byId("area-name", HTMLElement).textContent = `What lies in ${place}`;
  byId("ledger", HTMLElement).classList.toggle("unpaired", sealed !== undefined);
  for (const node of document.querySelectorAll(".sealed-only")) if (node instanceof HTMLElement) node.hidden = sealed === undefined;
  for (const node of document.querySelectorAll(".paired-only")) if (node instanceof HTMLElement) node.hidden = sealed !== undefined;
  byId("rows", HTMLElement).setAttribute("aria-label", sealed ? "Entries: what an app reads" : "Entries: what an app reads, and what lies in storage");
  showWorkers(sealed !== undefined);
  showState();
  views.offerTab(flutter?.area !== sessionStorage);
  byId("workspace", HTMLElement).hidden = false;
  const asked = byId("start", HTMLElement).contains(document.activeElement);
  showStart(false);
  if (asked) byId("store-name", HTMLElement).focus();
}

/** Shows what opened the store, and whether it is locked. */
function showState() {
  const { storage, flutter, sealed } = opened();
  byId("store-facts", HTMLElement).textContent = flutter ? flutterFacts(storage, flutter) : sealedFacts(storage, sealedSide());
  const how = sealed ? `sealed, ${PROTECTION_WORDS[storage.protection] ?? storage.protection}` : `data key ${storage.protection === "wrap-key" ? "wrapped" : "in the clear"}`;
  if (storage.locked) tellStatus("locked", `locked: ${storage.namespace}`);
  else tellStatus("open", `open: ${storage.namespace}, ${how}`);
  const ledger = byId("ledger", HTMLElement);
  // Once, whoever locked it: afterwards the secret is typed that unlocks it.
  if (storage.locked && !ledger.classList.contains("locked")) forgetAll();
  ledger.classList.toggle("locked", storage.locked);
  showLock(storage);
}

const PROTECTION_WORDS = /** @type {Record<string, string>} */ ({ device: "Device", passphrase: "a passphrase", "app-key": "an app key" });

/**
 * @param {SecureStorage} storage
 * @param {FlutterSide} side
 */
function flutterFacts({ protection }, { area }) {
  return `flutter, in ${areaName(area)}, data key ${protection === "wrap-key" ? "wrapped by your wrap key" : "in the clear beside the data"}`;
}

/**
 * @param {SecureStorage} storage
 * @param {SealedSide} side
 */
function sealedFacts({ protection, locked }, { database }) {
  return `sealed, in IndexedDB “${database}”, ${locked ? "locked" : `protected by ${PROTECTION_WORDS[protection] ?? protection}`}`;
}

function showClosed() {
  views.hideBeside();
  closeStore();
  document.title = "keyfold playground";
  tellStatus("closed", "closed");
  byId("workspace", HTMLElement).hidden = true;
  showStart(true);
}

/** @param {boolean} shown */
function showStart(shown) {
  byId("start", HTMLElement).hidden = !shown;
  byId("another", HTMLButtonElement).setAttribute("aria-expanded", String(shown));
  const into = store?.sealed ? store.storage.namespace : "a sealed store";
  byId("move-fixture", HTMLElement).textContent = `Move into ${into}`;
  if (shown) void listStores();
}

async function listStores() {
  try {
    await listFound(openStore);
  } catch (error) {
    showError(error, "window.localStorage, indexedDB");
  }
}

/**
 * @param {"open" | "locked" | "closed"} state
 * @param {string} text
 */
function tellStatus(state, text) {
  const status = byId("status", HTMLElement);
  status.dataset["state"] = state;
  status.textContent = text;
}

/** Draws the store, at once and again when the storage area has settled. */
function refresh() {
  clearTimeout(settling);
  settling = window.setTimeout(draw, SETTLE_MS);
  return draw();
}

/**
 * Draws once the present drawing is done, so a hundred changes at once are drawn twice. Between two drawings the page
 * is free for as long as one took: a large store that changes all the time leaves it half of the time.
 */
function draw() {
  next ??= drawing.then(() => {
    next = undefined;
    const start = performance.now();
    const drawn = drawNow();
    drawing = drawn.then(() => sleep(performance.now() - start));
    return drawn;
  });
  return next;
}

/** @param {number} ms */
function sleep(ms) {
  return new Promise((/** @type {(none: void) => void} */ resolve) => setTimeout(resolve, ms));
}

async function drawNow() {
  if (store === undefined) return listStores();
  const current = store;
  try {
    const show = await (current.flutter ? readyFlutter(current.storage, current.flutter) : readySealed(current.storage, sealedSide()));
    if (store === current) await show();
  } catch (error) {
    if (store === current) showError(error, "storage.keys()");
  }
}

/**
 * @param {SecureStorage} storage
 * @param {FlutterSide} side
 */
async function readyFlutter(storage, { area }) {
  const reading = await readFlutter(storage, area, wanted());
  return () => {
    flutterLedger.show(reading, storage);
    showBound(reading);
    showOthers(`Other names in ${areaName(area)}: ${reading.others.length}, none of them touched`, reading.others);
    showTrouble(reading.trouble);
  };
}

/**
 * @param {SecureStorage} storage
 * @param {SealedSide} side
 */
async function readySealed(storage, { database }) {
  const reading = await readSealed(storage, database, { ...wanted(), records: recordsBound.limit });
  return () => {
    sealedLedger.show(reading, storage);
    showBound(reading);
    const { records, total } = reading.raw ?? { records: [], total: 0 };
    recordsBound.tell(records.length, total, total);
    const others = reading.others.map(({ namespace, entries }) => ({ name: namespace, facts: counted(entries) }));
    showOthers(`Other namespaces in the database: ${others.length}`, others);
    showTrouble(reading.trouble);
    showState();
    return showUnlocks(storage);
  };
}

/** Which entries are to be shown. */
function wanted() {
  return { filter: filter.value, limit: entriesBound.limit };
}

/** @param {{ entries: { key: string }[], matching: number, total: number }} reading */
function showBound({ entries, matching, total }) {
  suggestKeys(entries.map(({ key }) => key));
  entriesBound.tell(entries.length, matching, total);
}

/** @param {{ code: string, message: string } | undefined} trouble */
function showTrouble(trouble) {
  const notice = byId("store-trouble", HTMLElement);
  notice.hidden = trouble === undefined;
  notice.replaceChildren(...(trouble ? [faultNode(trouble)] : []));
}

/**
 * @param {string} title
 * @param {Other[]} others
 */
function showOthers(title, others) {
  byId("others", HTMLElement).hidden = others.length === 0;
  byId("others-title", HTMLElement).textContent = title;
  byId("others-list", HTMLElement).replaceChildren(
    ...others.slice(0, STEP).map(({ name, passedOver, facts }) => {
      const badge = passedOver ? "passed over: of a longer namespace" : facts;
      return el("li", {}, name.toWellFormed(), ...(badge ? [" ", el("span", { class: "badge" }, badge)] : []));
    }),
    ...(others.length > STEP ? [el("li", { class: "hint" }, `and ${others.length - STEP} more`)] : []),
  );
}

/** @param {string} text */
function copy(text) {
  return call("navigator.clipboard.writeText(…)", () => navigator.clipboard.writeText(text));
}

/**
 * Changes an item of the storage area behind the package's back, and draws the result.
 *
 * @param {string} name
 * @param {(side: FlutterSide) => void} how
 */
async function changeText(name, how) {
  const side = flutterSide();
  await call(`${areaName(side.area)}.setItem(${quoted(name)}, …)`, async () => how(side));
  await refresh();
}

/**
 * Changes a record of IndexedDB behind the package's back, and draws the result.
 *
 * @param {(side: SealedSide) => Promise<void>} how
 */
async function changeRecord(how) {
  await call("records.put(…)", () => how(sealedSide()));
  await refresh();
}

/**
 * The page keeps the secret of a store that is open, for its second views and workers, as an app would that
 * has just been given it.
 *
 * @param {Unlock | undefined} unlock undefined forgets it
 */
function keepSecret(unlock) {
  const current = opened();
  if (current.choice.options.layout === "flutter") return;
  current.choice = { ...current.choice, options: { ...current.choice.options, unlock } };
}

/** Forgets every secret of the store that is on the page, and every one that was typed. */
function forgetAll() {
  forgetSecrets();
  forgetUnlocks();
  keepSecret(undefined);
}

/**
 * Puts a fixture's entries into the sealed store that is open, or else into one of the same name.
 *
 * @param {Fixture} fixture
 */
async function move(fixture) {
  const ready = store?.sealed !== undefined || (await openStore({ namespace: fixture.namespace, options: {} }));
  if (!ready) return;
  showStart(false);
  await moveIn(fixture, opened().storage);
  await refresh();
}

function verify() {
  return call("storage.verify()", async () => {
    const { readable, unreadable, passedOver, rotationAdvised } = await opened().storage.verify();
    const report = byId("report", HTMLElement);
    const counts = el("strong", {}, `${readable.length} readable, ${unreadable.length} unreadable`);
    report.replaceChildren(
      el("p", {}, counts, passedOverWords(passedOver), rotationAdvised ? " Rotate the keys." : "", " ", button("Dismiss", () => (report.hidden = true), { class: "link" })),
      ...unreadable.slice(0, STEP).map(({ key, ...fault }) => el("div", {}, el("strong", { class: "key" }, ...(key === undefined ? ["an entry whose name is sealed too"] : nameNodes(key))), faultNode(fault))),
    );
    report.hidden = false;
  });
}

/** @param {readonly string[]} names */
function passedOverWords(names) {
  if (names.length === 0) return ".";
  return `. Passed over, as they belong to a longer namespace: ${names.map((name) => name.toWellFormed()).join(", ")}.`;
}

async function tellAvailability() {
  const { usable, reason } = await SecureStorage.availability();
  if (!usable) showError(reason, "SecureStorage.availability()");
}

function start() {
  setUpOpenForm(openStore);
  setUpFixtures(openStore, move);
  setUpEntryForm(() => opened().storage);
  setUpRemoval(() => opened().storage, (destroyed) => {
    if (destroyed) forgetAll();
    else forgetSecrets();
    return refresh();
  });
  setUpLock(() => opened().storage, (unlock) => {
    keepSecret(unlock);
    tellWorkers();
    return refresh();
  });
  setUpUnlocks(
    () => ({ storage: opened().storage, database: sealedSide().database }),
    (now, removed) => {
      if (now !== undefined || removed === kindOf(opened().choice.options.unlock)) keepSecret(now);
      tellWorkers();
      return refresh();
    },
  );
  setUpWorkers(() => store?.choice);
  byId("more-tools", HTMLButtonElement).addEventListener("click", ({ currentTarget }) => {
    const shown = byId("tools", HTMLElement).classList.toggle("shown");
    /** @type {HTMLElement} */ (currentTarget).setAttribute("aria-expanded", String(shown));
  });
  byId("verify", HTMLButtonElement).addEventListener("click", verify);
  byId("close", HTMLButtonElement).addEventListener("click", () => {
    showClosed();
    byId("main", HTMLElement).focus();
  });
  byId("another", HTMLButtonElement).addEventListener("click", () => showStart(Boolean(byId("start", HTMLElement).hidden)));
  filter.addEventListener("input", () => void draw());
  addEventListener("storage", () => void refresh());
  document.documentElement.classList.toggle("compact", isCompact);
  showClosed();
  if (namedInAddress !== "") fillForm({ namespace: namedInAddress, options: {} });
  followHost(openStore);
  void tellAvailability();
}

start();
