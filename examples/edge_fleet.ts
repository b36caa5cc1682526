/**
 * Fleet page: the nodes of many accounts and what they cost, as one Worker.
 *
 * - `/` is a page that shows the nodes as they arrive.
 * - `/nodes` lists them as NDJSON, one line per page of a provider.
 * - `/prices` lists what their sizes cost per month, also as NDJSON.
 *
 * The accounts come from the variables of the platform, as
 * `openAccounts()` describes. Without any, the page shows simulators of
 * three providers:
 *
 * ```sh
 * deno serve --allow-net --allow-env examples/edge_fleet.ts
 * ```
 *
 * Real accounts need the variable `PAGE_PASSWORD`. Callers send it as the
 * password of any user:
 *
 * ```sh
 * curl -u ":$PAGE_PASSWORD" https://fleet.example.com/nodes
 * # {"account":"prod-hetzner","provider":"hetzner","nodes":[…]}
 * # {"account":"old-linode","provider":"linode","error":"listNodes: …"}
 * # {"complete":false,"next":"1.…"}
 * ```
 *
 * The platform limits the requests that a Worker sends (subrequests). When they
 * are spent, the last line has a position. `/nodes?from=1.…` goes on from there.
 * The default is 50; the variable `SUBREQUESTS` changes it.
 *
 * @module
 */

import { makeWorker } from "@nephos/nephos/fleet-page";

const page = makeWorker();

/** The Worker. */
export default {
  /**
   * Handles a request.
   *
   * @param request The request.
   * @param env The variables. From `Deno.serve()`, it is the address of the
   *   caller; then the variables of the process are used.
   * @returns The response.
   */
  fetch(request: Request, env: object = {}): Promise<Response> {
    const variables = "remoteAddr" in env ? Deno.env.toObject() : env;
    return page.fetch(request, variables);
  },
};
