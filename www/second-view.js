// Second views of the open store, beside this one or in a separate tab. Options, including a wrap key, go there by a
// message within this origin and never in an address.

/** @import { Choice } from "./open-form.js" */
import { byId, el } from "./dom.js";

const HELLO = "keyfold-playground:hello";
const OPEN = "keyfold-playground:open";

const parameters = new URLSearchParams(location.search);
const host = parameters.has("view") ? (window.opener ?? (window.parent === window ? null : window.parent)) : null;
const section = byId("second", HTMLElement);
const toggle = byId("toggle-second", HTMLButtonElement);
const openTab = byId("open-tab", HTMLButtonElement);

/** The namespace that the address names, if it does. */
export const namedInAddress = parameters.get("ns") ?? "";

/** Whether this page is the small view that stands beside another. */
export const isCompact = parameters.get("view") === "compact";

/**
 * Offers second views, and answers each of them with the store that is open here.
 *
 * @param {() => Choice | undefined} choice
 */
export function offerSecondViews(choice) {
  /** @type {Set<MessageEventSource>} */
  const views = new Set();
  toggle.addEventListener("click", () => showBeside(Boolean(section.hidden), choice()));
  openTab.addEventListener("click", () => window.open(address("tab", choice()), "_blank"));
  addEventListener("message", ({ origin, source, data }) => {
    if (origin !== location.origin || source === null || data?.type !== HELLO) return;
    views.add(source);
    send(source, choice());
  });
  return {
    /** Tells every second view that another store is open now. */
    tellViews: () => views.forEach((view) => send(view, choice())),
    /** A new tab has only a copy of sessionStorage, so none is offered for it. */
    offerTab: (/** @type {boolean} */ offered) => {
      openTab.disabled = !offered;
      openTab.title = offered ? "" : "sessionStorage belongs to one tab. Another tab would not follow.";
    },
    /** Takes the view beside this page away. */
    hideBeside: () => showBeside(false, undefined),
  };
}

/**
 * Asks the page that made this view what to open, now and whenever that changes. Does nothing in a
 * page that nobody made.
 *
 * @param {(choice: Choice) => void} open
 */
export function followHost(open) {
  if (host === null) return;
  addEventListener("message", ({ origin, source, data }) => {
    if (origin === location.origin && source === host && data?.type === OPEN) open(data.choice);
  });
  host.postMessage({ type: HELLO }, location.origin);
}

/**
 * @param {MessageEventSource} view
 * @param {Choice | undefined} choice
 */
function send(view, choice) {
  if (choice !== undefined) view.postMessage({ type: OPEN, choice }, { targetOrigin: location.origin });
}

/**
 * @param {"compact" | "tab"} view
 * @param {Choice | undefined} choice
 */
function address(view, choice) {
  return `${location.pathname}?${new URLSearchParams({ view, ns: choice?.namespace ?? "" })}`;
}

/**
 * @param {boolean} shown
 * @param {Choice | undefined} choice
 */
function showBeside(shown, choice) {
  section.hidden = !shown;
  document.body.classList.toggle("with-second", shown);
  toggle.setAttribute("aria-pressed", String(shown));
  const frame = el("iframe", { title: "Second view of the same store", src: address("compact", choice) });
  section.replaceChildren(...(shown ? [frame] : []));
}
