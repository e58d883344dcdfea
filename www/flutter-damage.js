// Damages one character of a stored text so that a person can see what happens, and undoes it.

/** @typedef {{ before: string, after: string, at: number }} Damage */

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** What was damaged in one storage area. */
export class FlutterDamages {
  /** @type {Map<string, Damage>} */
  #byName = new Map();
  #area;

  /** @param {Storage} area */
  constructor(area) {
    this.#area = area;
  }

  /** @param {string} name */
  add(name) {
    const before = this.#area.getItem(name) ?? "";
    const damage = { before, ...withOneChanged(before) };
    this.#area.setItem(name, damage.after);
    this.#byName.set(name, damage);
  }

  /**
   * Puts the text back as it was, unless something else has been written since.
   *
   * @param {string} name
   */
  undo(name) {
    const damage = this.#byName.get(name);
    this.#byName.delete(name);
    if (damage?.after === this.#area.getItem(name)) this.#area.setItem(name, damage?.before ?? "");
  }

  /**
   * Where this text is damaged; undefined when it is not, or is another text by now.
   *
   * @param {string} name
   * @param {string} text
   */
  at(name, text) {
    const damage = this.#byName.get(name);
    return damage?.after === text ? damage.at : undefined;
  }
}

/**
 * The text with a character of its last part changed into another of the same alphabet.
 *
 * @param {string} text
 */
function withOneChanged(text) {
  const start = text.indexOf(".") + 1;
  const at = start + Math.floor((text.length - start) / 3);
  const index = ALPHABET.indexOf(text[at] ?? "");
  const other = ALPHABET[(index + 21) % ALPHABET.length];
  return { after: text.slice(0, at) + other + text.slice(at + 1), at };
}
