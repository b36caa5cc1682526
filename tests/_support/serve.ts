/**
 * Serves a `fetch` function on loopback, for tests that want real sockets.
 *
 * @module
 */

/** A server that ends with the block that opened it. */
export interface Served extends AsyncDisposable {
  /** Where it listens, such as `"http://127.0.0.1:49152"`: no slash at the end. */
  readonly url: string;
  /** The free port that it was given. */
  readonly port: number;
}

/**
 * Serves a `fetch` function on a free port of 127.0.0.1.
 *
 * @param fetch What answers, such as the `fetch` of a simulator.
 * @returns The server; `await using` closes it and waits until it is closed.
 *
 * @example
 * ```ts ignore
 * await using server = serve(new NephoScaleSimulator().fetch);
 * const answer = await fetch(`${server.url}/server/cloud/`);
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
