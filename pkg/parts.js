// The two modules of a layout: the first reads and writes device stores, and the whole one does everything. Two instances
// share nothing, so a handle goes from one to the other and is never in both, and all handles go once one has to
// (docs/decisions/0030).

/** `first` and `whole` start an instance of each, or give the one that runs. */
export function parts(first, whole) {
  /** What the first instance was asked for and has not done. */
  const calls = new Set();
  /** What moves each handle that is watched. */
  const watching = new Set();
  let isOver = false;

  async function started() {
    const wasm = await whole();
    isOver = true;
    await Promise.allSettled(calls);
    // The rest go when they are next asked. These must know what this page does before anything is done there.
    await Promise.allSettled(Array.from(watching, (move) => move(wasm)));
    return wasm;
  }

  return {
    watching,

    /** Whether the first instance is asked nothing more. */
    isOver: () => isOver,

    /** The module in which a store is opened. */
    start: (needsWhole) => (needsWhole || isOver ? started() : first()),

    /** Takes note of a call of the first instance. */
    begun(answer) {
      if (answer instanceof Promise) {
        const ended = () => calls.delete(answer);
        calls.add(answer);
        answer.then(ended, ended);
      }
      return answer;
    },

    /** The whole module, once the first instance has done all it was asked for. Nothing is asked of that any more then. */
    whole: started,
  };
}
