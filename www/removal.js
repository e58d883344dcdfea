// Clear and destroy: each asks first and names what it will remove.

/** @import { SecureStorage } from "/keyfold/index.js" */
import { ask } from "./ask.js";
import { byId } from "./dom.js";
import { showError } from "./errors.js";
import { call } from "./log.js";

/**
 * @param {() => SecureStorage} storage the store that is open
 * @param {(destroyed: boolean) => unknown} done called after something was removed
 */
export function setUpRemoval(storage, done) {
  byId("clear", HTMLButtonElement).addEventListener("click", () => clear(storage(), done));
  byId("destroy", HTMLButtonElement).addEventListener("click", () => destroy(storage(), done));
}

/**
 * @param {SecureStorage} storage
 * @param {(destroyed: boolean) => unknown} done
 */
async function clear(storage, done) {
  const agreed = await askAbout(storage, (keys) => ({
    title: `Clear ${storage.namespace}?`,
    text: keys.length === 0 ? "There is no entry to remove." : `This removes these entries. ${storage.layout === "sealed" ? "Keys and unlocks stay" : "The data key stays"}, and so does every other namespace:`,
    names: keys,
    action: "Clear",
  }));
  if (!agreed) return;
  await call("storage.clear()", () => storage.clear());
  await done(false);
}

/**
 * @param {SecureStorage} storage
 * @param {(destroyed: boolean) => unknown} done
 */
async function destroy(storage, done) {
  const { namespace } = storage;
  const agreed = await askAbout(storage, (keys) => ({
    title: `Destroy ${namespace}?`,
    text:
      storage.layout === "sealed"
        ? "This removes the keys, every unlock and everything sealed, for good. These entries leave the storage:"
        : "This removes the data key and everything sealed with it, for good. These names leave the storage:",
    names: storage.layout === "sealed" ? keys : [namespace, ...keys.map((key) => `${namespace}.${key}`)],
    action: "Destroy",
  }));
  if (!agreed) return;
  await call("storage.destroy()", () => storage.destroy());
  await done(true);
}

/**
 * @param {SecureStorage} storage
 * @param {(keys: string[]) => Parameters<typeof ask>[0]} question
 */
async function askAbout(storage, question) {
  try {
    return await ask(question(await storage.keys()));
  } catch (error) {
    showError(error, "storage.keys()");
    return false;
  }
}
