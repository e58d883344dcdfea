// The form that opens a store: namespace, layout, what protects it, options, and the same in code.

/** @import { FlutterOptions, OpenOptions, SealedOptions } from "/keyfold/index.js" */
/** @import { FoundSealed } from "./raw-sealed.js" */
import { FLET_NAMESPACE, FLUTTER_NAMESPACE } from "/keyfold/index.js";
import { byId, el } from "./dom.js";
import { KIND_NAMES, kindOf, protectionChoice, randomBase64 } from "./protection.js";
import { foundStores } from "./raw-flutter.js";
import { DATABASE, sealedStores } from "./raw-sealed.js";
import { forgetSecrets } from "./secrets.js";

/** @typedef {{ namespace: string, options: OpenOptions }} Choice */

const WRAP_KEY_BYTES = 32;
const WRAP_IV_BYTES = 12;

const form = byId("open-form", HTMLFormElement);
const namespace = byId("namespace", HTMLInputElement);
const sealed = byId("layout-sealed", HTMLInputElement);
const flutter = byId("layout-flutter", HTMLInputElement);
const wrapKey = byId("wrap-key", HTMLInputElement);
const wrapKeyIv = byId("wrap-key-iv", HTMLInputElement);
const useSession = byId("use-session", HTMLInputElement);
const mustExist = byId("must-exist", HTMLInputElement);
const engine = byId("engine", HTMLSelectElement);
const dbName = byId("db-name", HTMLInputElement);
const more = byId("options", HTMLDetailsElement);
const snippet = byId("snippet", HTMLElement);
const show = byId("show-keys", HTMLButtonElement);
const protection = protectionChoice("Protection", ["device", "passphrase", "app-key"]);

/** Databases of sealed stores that were opened here. IndexedDB alone does not tell who made a database. */
const databases = new Set([DATABASE]);
let listings = 0;

/**
 * @param {(choice: Choice) => void} open
 */
export function setUpOpenForm(open) {
  byId("protection", HTMLElement).append(protection.node);
  byId("namespaces", HTMLDataListElement).append(
    el("option", { value: FLET_NAMESPACE, label: "Flet’s default" }),
    el("option", { value: FLUTTER_NAMESPACE, label: "Flutter’s default" }),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    open(readForm());
  });
  form.addEventListener("input", showChoice);
  byId("make-keys", HTMLButtonElement).addEventListener("click", () => {
    fillKeys(randomBase64(WRAP_KEY_BYTES), randomBase64(WRAP_IV_BYTES));
    showKeys(true);
  });
  byId("no-keys", HTMLButtonElement).addEventListener("click", () => fillKeys("", ""));
  show.addEventListener("click", () => showKeys(wrapKey.type === "password"));
  wrapKey.addEventListener("forgotten", () => showKeys(false));
  showChoice();
}

/** @returns {Choice} */
function readForm() {
  return { namespace: namespace.value, options: flutter.checked ? readFlutter() : readSealed() };
}

function readSealed() {
  /** @type {SealedOptions} */
  const options = {};
  const unlock = protection.read();
  if (unlock !== "device") options.unlock = unlock;
  if (mustExist.checked) options.mustExist = true;
  if (dbName.value !== "") options.dbName = dbName.value;
  return options;
}

function readFlutter() {
  /** @type {FlutterOptions} */
  const options = { layout: "flutter" };
  if (wrapKey.value !== "") options.wrapKey = wrapKey.value;
  if (wrapKeyIv.value !== "") options.wrapKeyIv = wrapKeyIv.value;
  if (useSession.checked) options.useSessionStorage = true;
  if (mustExist.checked) options.mustExist = true;
  if (engine.value === "webcrypto") options.engine = "webcrypto";
  if (dbName.value !== "") options.dbName = dbName.value;
  return options;
}

/**
 * Shows a choice in the form, as if it had been made there. The fields of its secrets are left empty.
 *
 * @param {Choice} choice
 */
export function fillForm({ namespace: name, options }) {
  namespace.value = name;
  (options.layout === "flutter" ? flutter : sealed).checked = true;
  mustExist.checked = options.mustExist === true;
  dbName.value = options.dbName ?? "";
  useSession.checked = options.useSessionStorage === true;
  engine.value = options.engine ?? "auto";
  more.open = useSession.checked || mustExist.checked || engine.value !== "auto" || dbName.value !== "";
  if (options.layout !== "flutter") protection.choose(kindOf(options.unlock));
  forgetSecrets(form);
  showChoice();
}

/**
 * Lists the stores that lie in this browser; choosing one fills the form, and opens it when nothing
 * has to be typed for it.
 *
 * @param {(choice: Choice) => void} open
 */
export async function listFound(open) {
  const listing = ++listings;
  const found = await Promise.all([...databases].map(sealedStores));
  if (listing !== listings) return;
  const inAreas = [localStorage, sessionStorage].flatMap((area) =>
    foundStores(area).map((store) => ({ ...store, useSessionStorage: area === sessionStorage })),
  );
  const buttons = [...found.flat().map((store) => sealedButton(store, open)), ...inAreas.map((store) => flutterButton(store, open))];
  byId("found", HTMLElement).hidden = buttons.length === 0;
  byId("found-list", HTMLElement).replaceChildren(...buttons.map((each) => el("li", {}, each)));
}

/** @param {SealedOptions} options */
export function databaseOf({ dbName: name }) {
  const database = name ?? DATABASE;
  databases.add(database);
  return database;
}

/**
 * @param {FoundSealed} store
 * @param {(choice: Choice) => void} open
 */
function sealedButton({ namespace: name, kind, entries, database }, open) {
  const facts = ["sealed", counted(entries), kind === "device" ? "Device" : `needs its ${(KIND_NAMES[kind] ?? kind).toLowerCase()}`];
  return foundButton(name, facts, () => {
    const options = { ...(database !== DATABASE && { dbName: database }) };
    const secret = kind === "device" ? undefined : kind === "app-key" ? { appKey: "" } : { passphrase: "" };
    fillForm({ namespace: name, options: { ...options, unlock: secret } });
    if (secret) protection.focus();
    else open(readForm());
  });
}

/**
 * @param {import("./raw-flutter.js").FoundStore & { useSessionStorage: boolean }} store
 * @param {(choice: Choice) => void} open
 */
function flutterButton({ namespace: name, wrapped, names, useSessionStorage }, open) {
  const facts = [
    "flutter",
    counted(names.length - 1),
    wrapped ? "needs its wrap key" : "data key in the clear",
    ...(useSessionStorage ? ["sessionStorage"] : []),
  ];
  return foundButton(name, facts, () => {
    fillForm({ namespace: name, options: { layout: "flutter", ...(useSessionStorage && { useSessionStorage }) } });
    if (wrapped) wrapKey.focus();
    else open(readForm());
  });
}

/**
 * @param {string} name
 * @param {string[]} facts
 * @param {() => void} choose
 */
function foundButton(name, facts, choose) {
  return el(
    "button",
    { type: "button", class: "found-store", onclick: choose },
    el("strong", {}, name),
    el("span", {}, facts.join(", ")),
  );
}

/** @param {number} entries */
export function counted(entries) {
  return entries === 1 ? "1 entry" : `${entries} entries`;
}

/**
 * @param {string} key
 * @param {string} iv
 */
function fillKeys(key, iv) {
  wrapKey.value = key;
  wrapKeyIv.value = iv;
  showChoice();
}

/** @param {boolean} shown */
function showKeys(shown) {
  wrapKey.type = wrapKeyIv.type = shown ? "text" : "password";
  show.setAttribute("aria-pressed", String(shown));
  show.textContent = shown ? "Hide" : "Show";
}

/** Shows the fields of the layout that is chosen, and the call. */
function showChoice() {
  const isFlutter = flutter.checked;
  byId("protection", HTMLElement).hidden = isFlutter;
  for (const node of document.querySelectorAll(".flutter-only")) if (node instanceof HTMLElement) node.hidden = !isFlutter;
  dbName.placeholder = isFlutter ? "without effect, as in Flutter" : DATABASE;
  snippet.textContent = `await ${openCall(readForm())}`;
}

/**
 * The call that opens this choice. Secrets stand as names, never as themselves.
 *
 * @param {Choice} choice
 */
export function openCall({ namespace: name, options }) {
  const words = [];
  if (options.layout === "flutter") words.push('layout: "flutter"');
  if (options.wrapKey !== undefined) words.push("wrapKey");
  if (options.wrapKeyIv !== undefined) words.push("wrapKeyIv");
  if (options.unlock !== undefined) words.push(`unlock: ${unlockWords(options.unlock)}`);
  if (options.useSessionStorage) words.push("useSessionStorage: true");
  if (options.mustExist) words.push("mustExist: true");
  if (options.dbName) words.push(`dbName: ${JSON.stringify(options.dbName)}`);
  if (options.engine) words.push(`engine: "${options.engine}"`);
  const second = words.length === 0 ? "" : `, { ${words.join(", ")} }`;
  return `SecureStorage.open(${JSON.stringify(name)}${second})`;
}

/**
 * An unlock as it stands in code.
 *
 * @param {import("/keyfold/index.js").Unlock} unlock
 */
export function unlockWords(unlock) {
  return { device: '"device"', passphrase: "{ passphrase }", "app-key": "{ appKey }" }[kindOf(unlock)];
}
