// The form that opens a store: namespace, wrap key, options, and the same in code.

/** @import { FlutterOptions } from "/keyfold/index.js" */
import { FLET_NAMESPACE, FLUTTER_NAMESPACE } from "/keyfold/index.js";
import { byId, el } from "./dom.js";
import { foundStores } from "./raw.js";

/** @typedef {{ namespace: string, options: FlutterOptions }} Choice */

const WRAP_KEY_BYTES = 32;
const WRAP_IV_BYTES = 12;

const form = byId("open-form", HTMLFormElement);
const namespace = byId("namespace", HTMLInputElement);
const wrapKey = byId("wrap-key", HTMLInputElement);
const wrapKeyIv = byId("wrap-key-iv", HTMLInputElement);
const useSession = byId("use-session", HTMLInputElement);
const mustExist = byId("must-exist", HTMLInputElement);
const engine = byId("engine", HTMLSelectElement);
const dbName = byId("db-name", HTMLInputElement);
const more = byId("options", HTMLDetailsElement);
const snippet = byId("snippet", HTMLElement);
const show = byId("show-keys", HTMLButtonElement);

/**
 * @param {(choice: Choice) => void} open
 */
export function setUpOpenForm(open) {
  byId("namespaces", HTMLDataListElement).append(
    el("option", { value: FLET_NAMESPACE, label: "Flet’s default" }),
    el("option", { value: FLUTTER_NAMESPACE, label: "Flutter’s default" }),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    open(readForm());
  });
  form.addEventListener("input", showSnippet);
  byId("make-keys", HTMLButtonElement).addEventListener("click", () => {
    fillKeys(randomBase64(WRAP_KEY_BYTES), randomBase64(WRAP_IV_BYTES));
    showKeys(true);
  });
  byId("no-keys", HTMLButtonElement).addEventListener("click", () => fillKeys("", ""));
  show.addEventListener("click", () => showKeys(wrapKey.type === "password"));
  showSnippet();
}

/** @returns {Choice} */
function readForm() {
  /** @type {FlutterOptions} */
  const options = { layout: "flutter" };
  if (wrapKey.value !== "") options.wrapKey = wrapKey.value;
  if (wrapKeyIv.value !== "") options.wrapKeyIv = wrapKeyIv.value;
  if (useSession.checked) options.useSessionStorage = true;
  if (mustExist.checked) options.mustExist = true;
  if (engine.value === "webcrypto") options.engine = "webcrypto";
  if (dbName.value !== "") options.dbName = dbName.value;
  return { namespace: namespace.value, options };
}

/**
 * Shows a choice in the form, as if it had been typed.
 *
 * @param {Choice} choice
 */
export function fillForm({ namespace: name, options }) {
  namespace.value = name;
  useSession.checked = options.useSessionStorage === true;
  mustExist.checked = options.mustExist === true;
  engine.value = options.engine ?? "auto";
  dbName.value = options.dbName ?? "";
  more.open = useSession.checked || mustExist.checked || engine.value !== "auto" || dbName.value !== "";
  fillKeys(String(options.wrapKey ?? ""), String(options.wrapKeyIv ?? ""));
}

/**
 * Lists the stores that lie in this browser; choosing one fills the form, and opens it when no wrap
 * key is needed.
 *
 * @param {(choice: Choice) => void} open
 */
export function listFound(open) {
  const stores = [localStorage, sessionStorage].flatMap((area) =>
    foundStores(area).map((store) => ({ ...store, useSessionStorage: area === sessionStorage })),
  );
  byId("found", HTMLElement).hidden = stores.length === 0;
  byId("found-list", HTMLElement).replaceChildren(...stores.map((store) => el("li", {}, foundButton(store, open))));
}

/**
 * @param {import("./raw.js").FoundStore & { useSessionStorage: boolean }} store
 * @param {(choice: Choice) => void} open
 */
function foundButton({ namespace: name, wrapped, names, useSessionStorage }, open) {
  const count = names.length - 1;
  const facts = [
    count === 1 ? "1 entry" : `${count} entries`,
    wrapped ? "needs its wrap key" : "data key in the clear",
    ...(useSessionStorage ? ["sessionStorage"] : []),
  ];
  const choose = () => {
    fillForm({ namespace: name, options: { layout: "flutter", ...(useSessionStorage && { useSessionStorage }) } });
    if (wrapped) wrapKey.focus();
    else open(readForm());
  };
  return el(
    "button",
    { type: "button", class: "found-store", onclick: choose },
    el("strong", {}, name),
    el("span", {}, facts.join(", ")),
  );
}

/**
 * @param {string} key
 * @param {string} iv
 */
function fillKeys(key, iv) {
  wrapKey.value = key;
  wrapKeyIv.value = iv;
  showSnippet();
}

/** @param {boolean} shown */
function showKeys(shown) {
  wrapKey.type = wrapKeyIv.type = shown ? "text" : "password";
  show.setAttribute("aria-pressed", String(shown));
  show.textContent = shown ? "Hide" : "Show";
}

/** @param {number} length */
function randomBase64(length) {
  return btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(length))));
}

function showSnippet() {
  snippet.textContent = `await ${openCall(readForm())}`;
}

/**
 * The call that opens this choice. Keys stand as names, never as themselves.
 *
 * @param {Choice} choice
 */
export function openCall({ namespace: name, options }) {
  const words = ['layout: "flutter"'];
  if (options.wrapKey !== undefined) words.push("wrapKey");
  if (options.wrapKeyIv !== undefined) words.push("wrapKeyIv");
  if (options.useSessionStorage) words.push("useSessionStorage: true");
  if (options.mustExist) words.push("mustExist: true");
  if (options.dbName) words.push(`dbName: ${JSON.stringify(options.dbName)}`);
  if (options.engine) words.push(`engine: "${options.engine}"`);
  return `SecureStorage.open(${JSON.stringify(name)}, { ${words.join(", ")} })`;
}
