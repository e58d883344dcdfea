// `npm start`: sets up what is missing, builds what is stale, and serves the playground.

import { buildIfStale } from "./build.mjs";
import { serveFrom } from "./serve.mjs";
import { npm, rust } from "./setup.mjs";
import { program } from "./tools.mjs";

await program(import.meta, async () => {
  await rust();
  await npm();
  await buildIfStale();
  const { url } = await serveFrom(Number(process.env.PORT ?? 8123));
  console.log(`\nkeyfold's playground is at ${url}   (Ctrl+C ends it)`);
});
