// Workers of this origin that open the same store: starts them, shows their messages, and makes them write.

/** @import { Unlock } from "/keyfold/index.js" */
/** @import { Choice } from "./open-form.js" */
/** @import { Order, Told } from "./workers/session.js" */
import { button, byId, el, flash, nameNodes, visible } from "./dom.js";
import { codeBadge, partsOf } from "./errors.js";
import { counted } from "./open-form.js";

/** @typedef {{ post: (order: Order) => void, stop: () => void }} Link */
/** @typedef {(listen: (told: Told) => void, fail: (error: unknown) => void) => Link | Promise<Link>} Connect */

const section = byId("workers", HTMLElement);
const list = byId("worker-list", HTMLUListElement);
const toggle = byId("toggle-workers", HTMLButtonElement);
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

/** An idle service worker is stopped after 30 seconds. A message, even without news, keeps it alive. */
const KEEP_AWAKE_MS = 20_000;
const FILES = ["/workers/dedicated.js", "/workers/shared.js", "/workers/service.js"];

/** The page's policy lets scripts come from these three files and from nowhere else. */
const policy = /** @type {any} */ (globalThis).trustedTypes?.createPolicy("playground-workers", {
  createScriptURL: (/** @type {string} */ url) => {
    if (!FILES.includes(url)) throw new TypeError(`${url} is no worker of the playground`);
    return url;
  },
});

/** @param {string} url  @returns {string} what a constructor takes under Trusted Types */
function fileOf(url) {
  return policy?.createScriptURL(url) ?? url;
}

/** @type {{ name: string, connect: Connect }[]} */
const KINDS = [
  { name: "Dedicated worker", connect: connectDedicated },
  { name: "Shared worker", connect: connectShared },
  { name: "Service worker", connect: connectService },
];

/** @typedef {{ look: () => void, stop: () => void }} Running */
/** @type {Running[]} */
let running = [];

/**
 * @param {() => Choice | undefined} choice the open store; with its secret, unless the page has forgotten it
 */
export function setUpWorkers(choice) {
  toggle.addEventListener("click", () => {
    if (running.length > 0) return stopWorkers();
    running = KINDS.map((kind) => start(kind, choice));
    toggle.textContent = "Stop them";
  });
  addEventListener("pagehide", stopWorkers);
}

/** @param {boolean} shown */
export function showWorkers(shown) {
  section.hidden = !shown;
  stopWorkers();
}

export function stopWorkers() {
  for (const worker of running) worker.stop();
  running = [];
  list.replaceChildren();
  toggle.textContent = "Start all three";
}

/** The page has written, locked or changed keys: workers in trouble look again. */
export function tellWorkers() {
  for (const worker of running) worker.look();
}

/**
 * @param {{ name: string, connect: Connect }} kind
 * @param {() => Choice | undefined} choice
 * @returns {Running}
 */
function start({ name, connect }, choice) {
  const line = el("div", { class: "worker-line" }, el("p", { class: "hint" }, "starting…"));
  const write = button("Write", () => order({ type: "write", key: `from the ${name.toLowerCase()}`, value: clock.format(new Date()) }), { "aria-label": `Write from the ${name.toLowerCase()}`, disabled: true });
  list.append(el("li", {}, el("div", { role: "group", "aria-label": name }, el("div", { class: "worker-head" }, el("h3", {}, name), write), line)));

  let stopped = false;
  let shown = "";
  const link = Promise.resolve().then(() => connect(show, fail));
  link.then(() => order(opening(choice(), undefined))).catch(fail);
  // A stopped worker has forgotten the store; opening again what is open changes nothing.
  const awake = setInterval(() => order(opening(choice(), undefined)), KEEP_AWAKE_MS);

  /** @param {Order | undefined} message */
  function order(message) {
    if (message !== undefined && !stopped) link.then(({ post }) => post(message)).catch(() => {});
  }

  /** @param {Told} told */
  function show(told) {
    // A new button would not have the focus.
    const state = JSON.stringify([told, secretOf(choice()) !== undefined]);
    if (stopped || state === shown) return;
    shown = state;
    write.disabled = told.state !== "open";
    line.replaceChildren(...(told.state === "open" ? seenNodes(told) : troubleNodes(told)));
    flash(line);
  }

  /** @param {unknown} error */
  function fail(error) {
    const { code, message } = partsOf(error);
    show({ state: "trouble", code, message });
  }

  /** @param {Extract<Told, { state: "trouble" }>} told */
  function troubleNodes({ code, message }) {
    const give = button(`Give it the ${secretWord(choice())}`, () => order(opening(choice(), secretOf(choice()))), { "aria-label": `Give the ${name.toLowerCase()} the ${secretWord(choice())}` });
    const can = code === "locked" || code === "wrong-key";
    const offer = can && secretOf(choice()) !== undefined ? [give] : can ? [el("p", { class: "hint" }, "The page has forgotten the secret: unlock it here first.")] : [];
    return [el("p", { class: "fault" }, codeBadge(code), " ", ...visible(message)), ...offer];
  }

  function stop() {
    order({ type: "close" });
    stopped = true;
    clearInterval(awake);
    link.then((each) => each.stop()).catch(() => {});
  }

  return { look: () => order(opening(choice(), undefined)), stop };
}

/** @param {Extract<Told, { state: "open" }>} told */
function seenNodes({ entries, last }) {
  if (last === undefined) return [el("p", {}, el("strong", {}, counted(entries)), ", no change yet")];
  const what = last.key === undefined ? ["every entry"] : nameNodes(last.key);
  const where = last.remote ? "elsewhere" : "by itself";
  return [el("p", {}, el("strong", {}, counted(entries)), `, last: ${last.kind} `, el("span", { class: "key" }, ...what), `, ${where}, ${clock.format(last.at)}`)];
}

/**
 * @param {Choice | undefined} choice
 * @param {Unlock | undefined} unlock
 * @returns {Order | undefined}
 */
function opening(choice, unlock) {
  if (choice === undefined || choice.options.layout === "flutter") return undefined;
  const { dbName } = choice.options;
  return { type: "open", namespace: choice.namespace, options: { ...(dbName && { dbName }), ...(unlock && { unlock }) } };
}

/** @param {Choice | undefined} choice */
function secretOf(choice) {
  const unlock = choice?.options.unlock;
  return unlock === "device" ? undefined : unlock;
}

/** @param {Choice | undefined} choice */
function secretWord(choice) {
  const secret = secretOf(choice);
  return secret?.appKey === undefined ? "passphrase" : "app key";
}

/** @type {Connect} */
function connectDedicated(listen, fail) {
  const worker = new Worker(fileOf("/workers/dedicated.js"), { type: "module" });
  worker.onmessage = ({ data }) => listen(data);
  worker.onerror = () => fail(new Error("it could not be started"));
  return { post: (order) => worker.postMessage(order), stop: () => worker.terminate() };
}

/** @type {Connect} */
function connectShared(listen, fail) {
  const worker = new SharedWorker(fileOf("/workers/shared.js"), { type: "module" });
  worker.port.onmessage = ({ data }) => listen(data);
  worker.onerror = () => fail(new Error("it could not be started"));
  return { post: (order) => worker.port.postMessage(order), stop: () => worker.port.close() };
}

/** @type {Connect} */
async function connectService(listen, fail) {
  const { serviceWorker } = navigator;
  const registration = await serviceWorker.register(fileOf("/workers/service.js"), { type: "module" });
  const worker = registration.installing ?? registration.waiting ?? registration.active;
  if (worker === null) throw new Error("it could not be started");
  const hear = (/** @type {MessageEvent} */ { data }) => listen(data);
  serviceWorker.addEventListener("message", hear);
  serviceWorker.startMessages();
  await activated(worker);
  // There is one for all pages of the origin, and each can stop it.
  worker.addEventListener("statechange", () => fail(new Error("another page has stopped it")));
  return {
    post: (order) => worker.postMessage(order),
    stop: () => {
      serviceWorker.removeEventListener("message", hear);
      void registration.unregister();
    },
  };
}

/** @param {ServiceWorker} worker */
function activated(worker) {
  return new Promise((resolve, reject) => {
    const look = () => {
      if (worker.state === "activated") resolve(undefined);
      if (worker.state === "redundant") reject(new Error("it could not be started"));
    };
    worker.addEventListener("statechange", look);
    look();
  });
}
