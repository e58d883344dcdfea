// Serves the playground on this machine, with the security headers that keyfold recommends to every site.
//
// Also the server of the browser tests, on any free port, with their own folders, headers and routes.

import { createServer } from "node:http";
import { npm } from "./setup.mjs";
import { at, program } from "./tools.mjs";

/** What the playground's page is made of: URL path → folder. */
export const PLAYGROUND = { "/": at("www"), "/keyfold/": at("pkg"), "/fixtures/": at("tests/fixtures/flet") };

/**
 * The headers of every answer.
 *
 * `'wasm-unsafe-eval'` lets WebAssembly compile and allows no eval. `frame-src` and `frame-ancestors` are `'self'` because
 * the playground shows a second view of itself; for a site without frames both are `'none'`. `worker-src` is for the
 * workers that it shows. A site on https adds
 * `Strict-Transport-Security: max-age=63072000; includeSubDomains; preload`, which browsers ignore on http.
 */
export const HEADERS = {
  "Content-Security-Policy": [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "frame-src 'self'",
    "frame-ancestors 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    // Script text comes only from files: no string becomes markup or code. The one policy is that of www/workers.js,
    // which lets three files be workers. For a site without workers this is 'none'.
    "require-trusted-types-for 'script'",
    "trusted-types playground-workers",
  ].join("; "),
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
  // These files are being worked on.
  "Cache-Control": "no-store",
};

/**
 * @typedef {import("node:http").RequestListener} RequestListener
 * @typedef {Record<string, string | null | undefined>} Headers
 * @typedef {object} ServeOptions
 * @property {number} [port] 0 takes any free one
 * @property {Record<string, string>} [roots] URL path that ends with "/" → folder; the longest match is searched
 * @property {Headers | ((path: string) => Headers)} [headers] override {@link HEADERS}; null leaves one out; a function receives the URL's path
 * @property {Record<string, RequestListener>} [routes] exact URL path → what answers it instead of a file
 */

/**
 * Serves folders on the loopback address only.
 * @param {ServeOptions} [options]
 * @returns {Promise<{ url: string, port: number, close: () => Promise<void> }>} `url` without a slash at its end
 */
export async function serve({ port = 0, roots = PLAYGROUND, headers = {}, routes = {} } = {}) {
  // Only now: before `npm ci` it is not there. It knows MIME types and ranges, and never leaves its folder.
  const { default: sirv } = await import("sirv");
  const folders = Object.entries(roots)
    .sort(([a], [b]) => b.length - a.length)
    // `dev` reads the file again for each request.
    .map(([prefix, folder]) => ({ prefix, files: sirv(folder, { dev: true }) }));

  const server = createServer((request, response) => {
    // Resolves every `..` before anything looks at the path.
    const address = `http://localhost${request.url}`;
    if (!URL.canParse(address)) {
      response.statusCode = 400;
      return response.end();
    }
    const { pathname, search } = new URL(address);
    const changed = typeof headers === "function" ? headers(pathname) : headers;
    for (const [name, value] of Object.entries({ ...HEADERS, ...changed })) if (value != null) response.setHeader(name, value);

    const route = routes[pathname];
    if (route) return route(request, response);
    const notFound = () => {
      response.statusCode = 404;
      response.end("not found\n");
    };
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.statusCode = 405;
      return response.end();
    }
    const folder = folders.find(({ prefix }) => pathname.startsWith(prefix));
    if (!folder) return notFound();
    request.url = pathname.slice(folder.prefix.length - 1) + search;
    folder.files(request, response, notFound);
  });

  await new Promise((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", () => resolve(undefined)));
  const bound = /** @type {import("node:net").AddressInfo} */ (server.address()).port;
  return {
    // Not 127.0.0.1: passkeys need a name. Both are secure contexts.
    url: `http://localhost:${bound}`,
    port: bound,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/**
 * {@link serve} on this port, or on the next free one.
 * @param {number} first
 * @param {ServeOptions} [options]
 */
export async function serveFrom(first, options) {
  for (let port = first; ; port += 1) {
    try {
      return await serve({ ...options, port });
    } catch (error) {
      const taken = /** @type {NodeJS.ErrnoException} */ (error).code === "EADDRINUSE";
      if (!taken || port >= first + 20) throw error;
    }
  }
}

await program(import.meta, async () => {
  await npm();
  const { url } = await serveFrom(Number(process.env.PORT ?? 8123));
  console.log(`keyfold's playground: ${url}`);
});
