// Builds and finds elements. Nothing here, or anywhere on this page, turns text into markup.

/**
 * The element with this id, known to be of this type.
 *
 * @template {Element} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
export function byId(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`index.html has no ${type.name} #${id}`);
  return found;
}

/**
 * A new element. Properties that start with "on" listen, the rest are attributes; `true` sets an
 * empty one and `false` or undefined none.
 *
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, string | boolean | undefined | ((event: Event) => void)>} [properties]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

/**
 * @param {string} text what the button says
 * @param {() => void} action
 * @param {Record<string, string | boolean | undefined>} [properties]
 */
export function button(text, action, properties = {}) {
  return el("button", { type: "button", onclick: action, ...properties }, text);
}

// Control characters, invisible ones, those that turn the direction of text, and lone surrogates.
const UNSEEN =
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|\p{Surrogate}/u;

const ESCAPES = /** @type {Record<string, string>} */ ({ "\0": "\\0", "\t": "\\t", "\r": "\\r" });

/**
 * Text as nodes in which every character can be seen: a NUL shows as \0, a zero-width space as U+200B.
 *
 * @param {string} text
 * @returns {(Node | string)[]}
 */
export function visible(text) {
  const parts = text.split(new RegExp(`(${UNSEEN.source})`, "u"));
  return parts.filter((part) => part !== "").map((part) => (UNSEEN.test(part) ? unseen(part) : part));
}

/** @param {string} character */
function unseen(character) {
  const code = character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
  return el("span", { class: "unseen" }, ESCAPES[character] ?? `U+${code}`);
}

/**
 * A key name as nodes; the empty name says so.
 *
 * @param {string} name
 * @returns {(Node | string)[]}
 */
export function nameNodes(name) {
  return name === "" ? [el("span", { class: "unseen" }, "empty name")] : visible(name);
}

/**
 * Marks an element for a moment as just changed.
 *
 * @param {Element} node
 */
export function flash(node) {
  node.classList.remove("changed");
  requestAnimationFrame(() => node.classList.add("changed"));
  node.addEventListener("animationend", () => node.classList.remove("changed"), { once: true });
}
