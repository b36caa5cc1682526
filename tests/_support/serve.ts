/**
 * Serves a `fetch` function on loopback, for tests with real sockets.
 *
 * @module
 */

/** A server on loopback. Declare it with `await using`. */
export interface Served extends AsyncDisposable {
  /** URL without a trailing slash, such as `"http://127.0.0.1:49152"`. */
  readonly url: string;
  /** Port. */
  readonly port: number;
}

/**
 * Serves a `fetch` function on a free port of 127.0.0.1.
 *
 * @param fetch Handles the requests, such as the `fetch` of a simulator.
 * @returns The server. `await using` closes it and waits until it is closed.
 *
 * @example
 * ```ts ignore
 * await using server = serve(new NephoScaleSimulator().fetch);
 * const response = await fetch(`${server.url}/server/cloud/`);
 * ```
 */
export function serve(
  fetch: (request: Request) => Response | Promise<Response>,
): Served {
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
  }, fetch);
  const { port } = server.addr;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    [Symbol.asyncDispose]: async () => {
      await server.shutdown();
    },
  };
}
