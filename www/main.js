// The playground: opens a store, keeps the page true to it, and ties the parts together.

/** @import { Choice } from "./open-form.js" */
import { SecureStorage } from "/keyfold/index.js";
import { Damages } from "./damage.js";
import { button, byId, el, nameNodes } from "./dom.js";
import { resetEntryForm, setUpEntryForm, suggestKeys } from "./entry-form.js";
import { showError } from "./errors.js";
import { setUpFixtures } from "./fixtures.js";
import { createLedger, faultNode } from "./ledger.js";
import { call, logChange, quoted } from "./log.js";
import { fillForm, listFound, openCall, setUpOpenForm } from "./open-form.js";
import { areaName, areaOf } from "./raw.js";
import { hex, read } from "./reading.js";
import { setUpRemoval } from "./removal.js";
import { followHost, isCompact, namedInAddress, offerSecondViews } from "./second-view.js";

/** A tab's localStorage may lag behind another tab's change by some milliseconds. */
const SETTLE_MS = 150;

/** @typedef {{ storage: SecureStorage, area: Storage, damages: Damages, choice: Choice }} Store */

/** @type {Store | undefined} */
let store;
let readings = 0;
let settling = 0;

const ledger = createLedger({
  copy: ({ value, bytes }) => copy(value ?? hex(bytes ?? new Uint8Array())),
  set: (key, value) => call(`storage.set(${quoted(key)}, …)`, () => opened().storage.set(key, value)),
  remove: (key) => call(`storage.remove(${quoted(key)})`, async () => void (await opened().storage.remove(key))),
  damage: (name) => change(name, ({ damages }) => damages.add(name)),
  undo: (name) => change(name, ({ damages }) => damages.undo(name)),
  damagedAt: (name, text) => opened().damages.at(name, text),
});

const views = offerSecondViews(() => store?.choice);

/** @param {Choice} choice */
async function openStore(choice) {
  const storage = await call(openCall(choice), () => SecureStorage.open(choice.namespace, choice.options));
  if (storage === undefined) return;
  closeStore();
  const area = areaOf(choice.options);
  store = { storage, area, damages: new Damages(area), choice };
  storage.watch((change) => {
    logChange(change);
    void refresh();
  });
  fillForm(choice);
  showWorkspace(store);
  await refresh();
  views.tellViews();
}

/** @returns {Store} */
function opened() {
  if (store === undefined) throw new Error("No store is open.");
  return store;
}

function closeStore() {
  store?.storage.close();
  store = undefined;
  ledger.reset();
  resetEntryForm();
  byId("report", HTMLElement).hidden = true;
}

/** @param {Store} store */
function showWorkspace({ storage, area }) {
  const wrapped = storage.protection === "wrap-key";
  document.title = `${storage.namespace} · keyfold`;
  byId("store-name", HTMLElement).textContent = storage.namespace;
  byId("store-facts", HTMLElement).textContent =
    `in ${areaName(area)}, data key ${wrapped ? "wrapped by your wrap key" : "in the clear beside the data"}`;
  byId("area-name", HTMLElement).textContent = `What lies in ${areaName(area)}`;
  tellStatus("open", `open: ${storage.namespace}, data key ${wrapped ? "wrapped" : "in the clear"}`);
  views.offerTab(area === localStorage);
  byId("workspace", HTMLElement).hidden = false;
  const asked = byId("start", HTMLElement).contains(document.activeElement);
  showStart(false);
  if (asked) byId("store-name", HTMLElement).focus();
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
  if (shown) listStores();
}

function listStores() {
  try {
    listFound(openStore);
  } catch (error) {
    showError(error, "window.localStorage");
  }
}

/**
 * @param {"open" | "closed"} state
 * @param {string} text
 */
function tellStatus(state, text) {
  const status = byId("status", HTMLElement);
  status.dataset["state"] = state;
  status.textContent = text;
}

/** Draws what is there, at once and again when the storage area has settled. */
function refresh() {
  clearTimeout(settling);
  settling = window.setTimeout(draw, SETTLE_MS);
  return draw();
}

async function draw() {
  if (store === undefined) return listStores();
  const { storage, area } = store;
  const reading = ++readings;
  try {
    const found = await read(storage, area);
    if (reading === readings && store?.storage === storage) show(found, storage);
  } catch (error) {
    if (store?.storage === storage) showError(error, "storage.keys()");
  }
}

/**
 * @param {import("./reading.js").Reading} reading
 * @param {SecureStorage} storage
 */
function show(reading, storage) {
  ledger.show(reading, storage);
  suggestKeys(reading.entries.map(({ key }) => key));
  showOthers(reading.others);
  const notice = byId("store-trouble", HTMLElement);
  notice.hidden = reading.trouble === undefined;
  notice.replaceChildren(...(reading.trouble ? [faultNode(reading.trouble)] : []));
}

/** @param {{ name: string, passedOver: boolean }[]} others */
function showOthers(others) {
  const { area } = opened();
  byId("others", HTMLElement).hidden = others.length === 0;
  byId("others-title", HTMLElement).textContent = `Other names in ${areaName(area)}: ${others.length}, none of them touched`;
  byId("others-list", HTMLElement).replaceChildren(
    ...others.map(({ name, passedOver }) =>
      el("li", {}, name.toWellFormed(), ...(passedOver ? [" ", el("span", { class: "badge" }, "passed over: of a longer namespace")] : [])),
    ),
  );
}

/** @param {string} text */
function copy(text) {
  return call("navigator.clipboard.writeText(…)", () => navigator.clipboard.writeText(text));
}

/**
 * Changes an entry behind the package's back, and draws what comes of it.
 *
 * @param {string} name
 * @param {(store: Store) => void} how
 */
async function change(name, how) {
  const current = opened();
  await call(`${areaName(current.area)}.setItem(${quoted(name)}, …)`, async () => how(current));
  await refresh();
}

function verify() {
  return call("storage.verify()", async () => {
    const { readable, unreadable, passedOver } = await opened().storage.verify();
    const report = byId("report", HTMLElement);
    const counts = el("strong", {}, `${readable.length} readable, ${unreadable.length} unreadable`);
    report.replaceChildren(
      el("p", {}, counts, passedOverWords(passedOver), " ", button("Dismiss", () => (report.hidden = true), { class: "link" })),
      ...unreadable.map(({ key, ...fault }) => el("div", {}, el("strong", { class: "key" }, ...nameNodes(key)), faultNode(fault))),
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
  const { usable, reason } = await SecureStorage.availability({ layout: "flutter" });
  if (!usable) showError(reason, 'SecureStorage.availability({ layout: "flutter" })');
}

function start() {
  setUpOpenForm(openStore);
  setUpFixtures(openStore);
  setUpEntryForm(() => opened().storage);
  setUpRemoval(() => opened().storage, refresh);
  byId("verify", HTMLButtonElement).addEventListener("click", verify);
  byId("close", HTMLButtonElement).addEventListener("click", () => {
    showClosed();
    byId("main", HTMLElement).focus();
  });
  byId("another", HTMLButtonElement).addEventListener("click", () => showStart(Boolean(byId("start", HTMLElement).hidden)));
  addEventListener("storage", () => void refresh());
  document.documentElement.classList.toggle("compact", isCompact);
  showClosed();
  if (namedInAddress !== "") fillForm({ namespace: namedInAddress, options: { layout: "flutter" } });
  followHost(openStore);
  void tellAvailability();
}

start();
