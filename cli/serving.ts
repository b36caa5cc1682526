/**
 * Commands that serve something until Ctrl-C.
 *
 * @module
 */

import type { Fetch } from "../core/options.ts";
import { usageError } from "./errors.ts";
import type { ServeOptions, Surroundings } from "./surroundings.ts";

/**
 * Serves requests until the user presses Ctrl-C, which is no failure.
 *
 * @param surroundings Serves, and has the signal of Ctrl-C.
 * @param fetch Handles the requests.
 * @param options Where to listen.
 * @param announce Called with the URL when the server listens.
 * @throws {CommandError} If the address cannot be used.
 */
export async function serveUntilAborted(
  { serve, signal }: Surroundings,
  fetch: Fetch,
  options: ServeOptions,
  announce: (url: string) => void | Promise<void>,
): Promise<void> {
  const server = await serve(fetch, options).catch((error) => {
    throw toUsageError(error, options);
  });
  try {
    await announce(server.url);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  } finally {
    await server.close();
  }
}

/** What the user can do about an address that cannot be used. */
function toUsageError(
  error: unknown,
  { host, port }: ServeOptions,
): unknown {
  const { code } = Object(error) as { readonly code?: unknown };
  switch (code) {
    case "EADDRINUSE":
      return usageError(
        `--port: another program listens on port ${port}`,
        "use another port, or leave --port out for any free port",
      );
    case "EACCES":
      return usageError(
        `--port: you may not listen on port ${port}`,
        "use a port from 1024, or leave --port out for any free port",
      );
    case "EADDRNOTAVAIL":
    case "EINVAL":
    case "ENOTFOUND":
      return usageError(
        `--host: this machine does not have the address ${host}`,
        "leave --host out for 127.0.0.1",
      );
    default:
      return error;
  }
}
