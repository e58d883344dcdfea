// Locks the open store and unlocks it: the keys are dropped, and what lies in storage stays as it is.

/** @import { SecureStorage, Unlock } from "/keyfold/index.js" */
/** @import { Field, Kind } from "./protection.js" */
import { byId, el } from "./dom.js";
import { call } from "./log.js";
import { unlockWords } from "./open-form.js";
import { KIND_NAMES, secretField } from "./protection.js";

const form = byId("unlock-form", HTMLFormElement);
const toggle = byId("lock", HTMLButtonElement);
const ORDER = /** @type {Kind[]} */ (["device", "passphrase", "app-key"]);

/** @type {Field} */
let field = secretField("device");

/**
 * @param {() => SecureStorage} storage the store that is open
 * @param {(unlock: Unlock | undefined) => unknown} done called after it was locked, or unlocked with this
 */
export function setUpLock(storage, done) {
  toggle.addEventListener("click", async () => {
    await call("storage.lock()", async () => storage().lock());
    await done(undefined);
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const unlock = field.read();
    const code = `storage.unlock(${unlock === "device" ? "" : unlockWords(unlock)})`;
    const opened = await call(code, async () => (await storage().unlock(unlock), true));
    if (!opened) return;
    await done(unlock);
    toggle.focus();
  });
}

/**
 * Shows the button that locks, or the form that unlocks.
 *
 * @param {SecureStorage} storage
 */
export function showLock(storage) {
  const sealed = storage.layout === "sealed";
  const asked = document.activeElement === toggle;
  toggle.hidden = !sealed || storage.locked;
  if (!sealed || !storage.locked) {
    form.hidden = true;
    form.replaceChildren();
  } else if (form.hidden) {
    form.hidden = false;
    void draw(storage, asked);
  }
}

/**
 * Draws the form for the kinds of unlock that this store has.
 *
 * @param {SecureStorage} storage
 * @param {boolean} asked whether the person has just locked it here
 */
async function draw(storage, asked) {
  const unlocks = (await call("storage.unlocks()", () => storage.unlocks())) ?? [];
  const known = ORDER.filter((kind) => unlocks.some((unlock) => unlock.kind === kind));
  const kinds = known.length === 0 ? ORDER.slice(0, 1) : known;
  const slot = el("div", {});
  const pick = (/** @type {string} */ kind) => {
    field = secretField(/** @type {Kind} */ (kind));
    slot.replaceChildren(field.node);
  };
  const select = el("select", { onchange: () => pick(select.value) }, ...kinds.map((kind) => el("option", { value: kind }, KIND_NAMES[kind] ?? "")));
  const choice = kinds.length > 1 ? [el("label", { class: "field" }, el("span", {}, "Unlock with"), select)] : [];
  const submit = el("button", { class: "primary", type: "submit" }, "Unlock");
  pick(kinds[0] ?? "device");
  form.replaceChildren(el("h3", {}, "Locked"), el("p", {}, lockedWords(kinds)), ...choice, slot, el("div", { class: "buttons" }, submit));
  if (!asked) return;
  if (kinds[0] === "device") submit.focus();
  else field.focus();
}

/** @param {Kind[]} kinds */
function lockedWords(kinds) {
  const dropped = "This handle has no keys now. The storage is unchanged, and calls that need a key fail: try Get.";
  return kinds.includes("device") ? `${dropped} Device asks for nothing, so any script of the page could unlock it again.` : `${dropped} The page does not keep the secret either.`;
}
