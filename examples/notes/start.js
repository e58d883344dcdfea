// Loads the app that `npm run example` compiles from examples/notes.rs, and runs its `main`.

import start from "./app/notes.js";

await start();
