/**
 * The fleet page: the nodes of many accounts and what they cost, as one Worker.
 *
 * - `/` is a page that shows the nodes as they arrive.
 * - `/nodes` lists them as NDJSON, one line per page of a provider.
 * - `/prices` lists what their sizes cost per month, also as NDJSON.
 *
 * ```ts
 * import { makeWorker } from "@nephos/nephos/fleet-page";
 *
 * const page = makeWorker();
 * const request = new Request("https://fleet.example.com/nodes");
 * // Without the variables of a provider, it shows simulators.
 * const response = await page.fetch(request, {});
 * console.log(await response.text());
 * ```
 *
 * @module
 */

import { type Accounts, openAccounts } from "./accounts.ts";
import { nodeLines, priceLines, toNdjson } from "./_lines.ts";
import { renderPage } from "./_page.ts";
import { isAllowed } from "./_password.ts";

export {
  type Accounts,
  openAccounts,
  type UnusableAccount,
} from "./accounts.ts";

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

/** A module with a fetch handler, as edge platforms run it. */
export interface Worker {
  /**
   * Handles a request.
   *
   * @param request The request.
   * @param env The settings, and the variables of the accounts.
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
      const response = await handle(request, env, open);
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
