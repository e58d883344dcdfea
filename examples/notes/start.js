// Loads the app that `npm run example` has compiled of examples/notes.rs, which runs its `main`.

import start from "./app/notes.js";

await start();
