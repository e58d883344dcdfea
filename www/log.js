// The log: what this page called, how long it took, and what `storage.watch` reported.

/** @import { Change } from "/keyfold/index.js" */
import { byId, el, nameNodes, visible } from "./dom.js";
import { codeBadge, hideError, partsOf, showError } from "./errors.js";

const LONGEST = 200;
const list = byId("log", HTMLElement);
const hint = byId("log-hint", HTMLElement);
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

byId("log-clear", HTMLButtonElement).addEventListener("click", () => {
  list.replaceChildren();
  hint.hidden = false;
});

/**
 * Does what a click asks for. The call goes to the log with its time. An error goes to the box, and is not rethrown.
 *
 * @template T
 * @param {string} code the call as one would write it, without values
 * @param {() => Promise<T>} action
 * @returns {Promise<T | undefined>} undefined when it failed
 */
export async function call(code, action) {
  const form = document.activeElement?.closest("form") ?? null;
  const start = performance.now();
  try {
    const result = await action();
    const took = milliseconds(performance.now() - start);
    hideError();
    add("call", () => [el("code", {}, ...visible(code)), el("span", { class: "took" }, took)]);
    return result;
  } catch (error) {
    showError(error, code, form);
    add("call failed", () => [el("code", {}, ...visible(code)), codeBadge(partsOf(error).code)]);
    return undefined;
  }
}

/** @param {Change} change */
export function logChange({ kind, key, remote }) {
  add(remote ? "change remote" : "change", () => [
    el("span", { class: "where" }, remote ? "elsewhere" : "this view"),
    el("span", { class: `kind kind-${kind}` }, kind),
    el("span", { class: "key" }, ...(key === undefined ? ["every entry"] : nameNodes(key))),
  ]);
}

/** What is still to be shown, oldest first. Thousands of changes come at once when another tab calls `setAll`. */
/** @type {(() => HTMLLIElement)[]} */
let waiting = [];

/**
 * @param {string} kind
 * @param {() => Node[]} content
 */
function add(kind, content) {
  const time = new Date();
  if (waiting.length === 0) setTimeout(show);
  if (waiting.length === LONGEST) waiting.shift();
  waiting.push(() => el("li", { class: kind }, el("time", {}, clock.format(time)), ...content()));
}

function show() {
  hint.hidden = true;
  list.prepend(...waiting.reverse().map((line) => line()));
  waiting = [];
  while (list.childElementCount > LONGEST) list.lastElementChild?.remove();
}

/** @param {number} time */
function milliseconds(time) {
  return time < 0.1 ? "< 0.1 ms" : `${time.toFixed(time < 10 ? 1 : 0)} ms`;
}

/** @param {string} key a key name as it stands in code */
export function quoted(key) {
  return JSON.stringify(key);
}
