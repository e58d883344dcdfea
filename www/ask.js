// Asks before anything is removed, and names exactly what would go.

import { STEP } from "./bound.js";
import { byId, el, nameNodes } from "./dom.js";

const dialog = byId("ask", HTMLDialogElement);
const yes = byId("ask-yes", HTMLButtonElement);

byId("ask-no", HTMLButtonElement).addEventListener("click", () => dialog.close("no"));
yes.addEventListener("click", () => dialog.close("yes"));

/**
 * @param {{ title: string, text: string, names: string[], action: string }} question
 * @returns {Promise<boolean>} whether the person agreed
 */
export function ask({ title, text, names, action }) {
  byId("ask-title", HTMLElement).textContent = title;
  byId("ask-text", HTMLElement).textContent = text;
  const more = names.length > STEP ? [el("li", { class: "hint" }, `and ${names.length - STEP} more`)] : [];
  byId("ask-names", HTMLElement).replaceChildren(...names.slice(0, STEP).map((name) => el("li", {}, ...nameNodes(name))), ...more);
  yes.textContent = action;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
