// How many rows of a list are on the page: a few hundred, however many there are.

import { byId } from "./dom.js";

/** So many rows at first, and so many more at each click. */
export const STEP = 200;

/**
 * The line above a list that says how many of its rows are shown, and adds more.
 *
 * @param {string} id of the line, which has a text and a button
 * @param {() => unknown} changed called when more are asked for
 */
export function createBound(id, changed) {
  const line = byId(id, HTMLElement);
  const text = byId(`${id}-text`, HTMLElement);
  const more = byId(`${id}-more`, HTMLButtonElement);
  let limit = STEP;
  more.addEventListener("click", () => {
    limit += STEP;
    changed();
  });
  return {
    get limit() {
      return limit;
    },
    /**
     * @param {number} shown
     * @param {number} matching how many there are to show
     * @param {number} total how many there are without a filter
     */
    tell(shown, matching, total) {
      line.hidden = total <= STEP;
      text.textContent = boundWords(shown, matching, total);
      more.hidden = shown === matching;
    },
    reset() {
      limit = STEP;
      line.hidden = true;
    },
  };
}

/**
 * @param {number} shown
 * @param {number} matching
 * @param {number} total
 */
function boundWords(shown, matching, total) {
  if (matching === total) return `Showing ${shown} of ${total}`;
  return shown === matching ? `${matching} of ${total} match` : `Showing ${shown} of ${matching} that match, ${total} in all`;
}
