/**
 * Fleet page: the nodes of many accounts and what they cost, as one Worker.
 *
 * - `/` is a page that shows the nodes as they arrive.
 * - `/nodes` lists them as NDJSON, one line per page of a provider.
 * - `/prices` lists what their sizes cost per month, also as NDJSON.
 *
 * The accounts come from the variables of the platform, as
 * {@linkcode openAccounts} describes. Without any, the page shows simulators of
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

import { type Accounts, openAccounts } from "./edge_fleet/accounts.ts";
import { nodeLines, priceLines, toNdjson } from "./edge_fleet/lines.ts";
import { renderPage } from "./edge_fleet/page.ts";
import { isAllowed } from "./edge_fleet/password.ts";

/** Settings of the Worker. All other variables are credentials of accounts. */
export interface Env {
  /** Password that callers must send; required for real accounts. */
  readonly PAGE_PASSWORD?: string | undefined;
  /**
   * Requests that the platform allows for one request to the Worker.
   *
   * @default {"50"}
   */
  readonly SUBREQUESTS?: string | undefined;
}

/** A module with a fetch handler, as edge platforms and `deno serve` run it. */
export interface Worker {
  /**
   * Handles a request.
   *
   * @param request The request.
   * @param env The variables. From `Deno.serve()`, it is the address of the
   *   caller; then the variables of the process are used.
   * @returns The response.
   */
  fetch(request: Request, env?: object): Promise<Response>;
}

/** Nodes per page: larger pages need more memory, smaller ones more requests. */
const PAGE_SIZE = 200;

const SECURITY_HEADERS = {
  "cache-control": "no-store",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/**
 * Creates the Worker.
 *
 * @param open Opens the accounts, for each request anew.
 * @returns The Worker.
 */
export function makeWorker(
  open: (env: object) => Promise<Accounts> = openAccounts,
): Worker {
  return {
    async fetch(request, env = {}) {
      const variables = "remoteAddr" in env ? Deno.env.toObject() : env;
      const response = await handle(request, variables, open);
      for (const [name, value] of Object.entries(SECURITY_HEADERS)) {
        response.headers.set(name, value);
      }
      return response;
    },
  };
}

async function handle(
  request: Request,
  env: Env,
  open: (env: object) => Promise<Accounts>,
): Promise<Response> {
  if (request.method !== "GET") return text(405, "Use GET", { allow: "GET" });
  const { PAGE_PASSWORD, SUBREQUESTS = "50" } = env;
  if (PAGE_PASSWORD && !await isAllowed(request, PAGE_PASSWORD)) {
    const challenge = 'Basic realm="Fleet", charset="UTF-8"';
    return text(401, "Unauthorized", { "www-authenticate": challenge });
  }
  const accounts = await open(env);
  // Without a password, everyone could see the nodes.
  if (!PAGE_PASSWORD && !accounts.isSimulated) {
    return text(500, "Set PAGE_PASSWORD");
  }
  const { pathname, searchParams } = new URL(request.url);
  const options = {
    budget: Number(SUBREQUESTS),
    from: searchParams.get("from") ?? undefined,
  };
  switch (pathname) {
    case "/":
      return renderPage(accounts);
    case "/nodes":
      return await toNdjson((signal) =>
        nodeLines(accounts, { ...options, pageSize: PAGE_SIZE, signal })
      );
    case "/prices": {
      const names = searchParams.getAll("account");
      return await toNdjson((signal) =>
        priceLines(accounts, names, { ...options, signal })
      );
    }
    default:
      return text(404, "Not found");
  }
}

function text(
  status: number,
  message: string,
  headers: Record<string, string> = {},
): Response {
  return new Response(`${message}\n`, { status, headers });
}

export default makeWorker() as Worker;
