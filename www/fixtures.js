// Storage that real Flet apps left behind: fetches it and puts it where their web client had put it.

/** @import { FlutterOptions } from "/keyfold/index.js" */
/** @import { Choice } from "./open-form.js" */
import { SecureStorage } from "/keyfold/index.js";
import { ask } from "./ask.js";
import { byId, el } from "./dom.js";
import { showError } from "./errors.js";
import { call } from "./log.js";
import { areaName, areaOf, foundStores } from "./raw-flutter.js";

/**
 * @typedef {object} FixtureFile
 * @property {{ public_key: string, wrap_key?: string, wrap_key_iv?: string, use_session_storage?: boolean, db_name?: string }} web_options
 * @property {Record<string, string>} local_storage
 * @property {Record<string, string>} session_storage
 */

/** @typedef {{ namespace: string, options: FlutterOptions, entries: [string, string][] }} Fixture */

/** File names under /fixtures/, and how each app made its storage. */
const FIXTURES = [
  {
    name: "plain_defaults",
    title: "Flet’s defaults",
    about: "The data key lies in the clear beside the data.",
    python: "SecureStorage()",
  },
  {
    name: "plain_custom",
    title: "A namespace of its own",
    about: "What Flutter calls publicKey is a prefix of every name in storage.",
    python: 'SecureStorage(web_options=WebOptions(\n  public_key="com.example.notes",\n))',
  },
  {
    name: "wrapped_iv12",
    title: "A wrap key",
    about: "The same namespace, with the data key wrapped. Loading one over the other asks first.",
    python: 'SecureStorage(web_options=WebOptions(\n  public_key="com.example.notes",\n  wrap_key=…,     # 32 bytes\n  wrap_key_iv=…,  # 12 bytes\n))',
  },
  {
    name: "wrapped_iv16_urlsafe",
    title: "A wrap key in url-safe base64",
    about: "A longer IV and the other base64 alphabet; db_name is accepted and changes nothing.",
    python: 'SecureStorage(web_options=WebOptions(\n  public_key="publickey",\n  db_name="customstorage",\n  wrap_key=…,     # 32 bytes\n  wrap_key_iv=…,  # 16 bytes\n))',
  },
  {
    name: "wrapped_aes128",
    title: "A wrap key of 16 bytes",
    about: "AES-128 wraps the data key, which still has 32 bytes.",
    python: 'SecureStorage(web_options=WebOptions(\n  public_key="k128",\n  wrap_key=…,     # 16 bytes\n  wrap_key_iv=…,  # 12 bytes\n))',
  },
  {
    name: "session",
    title: "sessionStorage",
    about: "Gone with the tab.",
    python: 'SecureStorage(web_options=WebOptions(\n  public_key="sess",\n  use_session_storage=True,\n))',
  },
  {
    name: "session_wrapped",
    title: "sessionStorage and a wrap key",
    about: "Wrapped, and gone when the tab closes.",
    python: 'SecureStorage(web_options=WebOptions(\n  public_key="sess",\n  use_session_storage=True,\n  wrap_key=…,     # 32 bytes\n  wrap_key_iv=…,  # 16 bytes\n))',
  },
];

const form = byId("fixture-form", HTMLFormElement);
const select = byId("fixture", HTMLSelectElement);

/**
 * Fills the list, and loads the choice. It replaces existing entries only after asking.
 *
 * @param {(choice: Choice) => unknown} open
 * @param {(fixture: Fixture) => unknown} move called instead of `open` to move it into a sealed store
 */
export function setUpFixtures(open, move) {
  select.append(...FIXTURES.map(({ name, title }) => el("option", { value: name }, title)));
  const tellAbout = () => {
    const chosen = FIXTURES.find(({ name }) => name === select.value);
    byId("fixture-about", HTMLElement).textContent = chosen?.about ?? "";
    byId("fixture-python", HTMLElement).textContent = chosen?.python ?? "";
  };
  select.addEventListener("change", tellAbout);
  tellAbout();
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void load(select.value, open);
  });
  for (const id of ["move-fixture", "move-in"]) {
    byId(id, HTMLButtonElement).addEventListener("click", () => load(select.value, move));
  }
}

/**
 * @param {string} name
 * @param {(fixture: Fixture) => unknown} then
 */
async function load(name, then) {
  const fixture = await call(`fetch("/fixtures/${name}.json")`, () => fetchFixture(name));
  if (fixture === undefined || !(await mayPlace(fixture))) return;
  const area = fixture.options.useSessionStorage ? "sessionStorage" : "localStorage";
  const placed = await call(`${area}.setItem(…) × ${fixture.entries.length}`, () => placeFixture(fixture));
  if (placed) await then(fixture);
}

/** @param {Fixture} fixture */
async function mayPlace(fixture) {
  try {
    const names = namesInTheWay(fixture);
    return names.length === 0 || (await ask(replacing(fixture, names)));
  } catch (error) {
    showError(error, "localStorage.getItem(…)");
    return false;
  }
}

/**
 * @param {Fixture} fixture
 * @param {string[]} names
 */
function replacing({ namespace, options }, names) {
  return {
    title: `Replace ${namespace}?`,
    text: `${areaName(areaOf(options))} already holds this namespace. Loading the fixture removes these entries, and no others:`,
    names,
    action: "Replace it",
  };
}

/**
 * @param {string} name
 * @returns {Promise<Fixture>}
 */
async function fetchFixture(name) {
  const answer = await fetch(`/fixtures/${name}.json`);
  if (!answer.ok) throw new Error(`/fixtures/${name}.json is not served here (HTTP ${answer.status})`);
  const { web_options, local_storage, session_storage } = /** @type {FixtureFile} */ (await answer.json());
  const { public_key, wrap_key, wrap_key_iv, use_session_storage, db_name } = web_options;
  return {
    namespace: public_key,
    options: {
      layout: "flutter",
      ...(wrap_key && { wrapKey: wrap_key, wrapKeyIv: wrap_key_iv }),
      ...(use_session_storage && { useSessionStorage: true }),
      ...(db_name && { dbName: db_name }),
    },
    entries: Object.entries(use_session_storage ? session_storage : local_storage),
  };
}

/**
 * Names of the fixture's namespace that are in the browser and would be replaced. None when what is
 * there is the fixture itself.
 *
 * @param {Fixture} fixture
 */
function namesInTheWay({ namespace, options, entries }) {
  const area = areaOf(options);
  const store = foundStores(area).find((found) => found.namespace === namespace);
  const names = new Set(store?.names);
  for (const [name] of entries) if (area.getItem(name) !== null) names.add(name);
  const wanted = new Map(entries);
  const same = names.size === wanted.size && [...names].every((name) => area.getItem(name) === wanted.get(name));
  return same ? [] : [...names].sort();
}

/**
 * Writes the fixture's entries as they were found; what its namespace held before is removed first.
 *
 * @param {Fixture} fixture
 * @returns {Promise<true>}
 */
async function placeFixture({ namespace, options, entries }) {
  const area = areaOf(options);
  await SecureStorage.destroy(namespace, { layout: "flutter", useSessionStorage: options.useSessionStorage });
  for (const [name, text] of entries) area.setItem(name, text);
  return true;
}
