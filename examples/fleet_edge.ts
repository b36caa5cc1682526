/**
 * Edge function that lists the nodes of many accounts. The platform allows it 50
 * requests of its own (subrequests) for each request that it handles. Therefore
 * a response has a part of the list, and a link to the next part.
 *
 * ```sh
 * curl -H "Authorization: Bearer $ACCESS_TOKEN" https://nodes.example.com/
 * # {"nodes": […], "failed": {}, "next": "https://nodes.example.com/?from=1.…"}
 * ```
 *
 * The default export is a module for Cloudflare Workers and compatible
 * platforms. To try it without accounts, pass a function to
 * {@linkcode makeWorker} that creates drivers for simulators.
 *
 * @module
 */

import { Fleet, type NodeDriver } from "@nephos/nephos/compute";
import { DigitalOceanNodeDriver } from "@nephos/nephos/drivers/digitalocean";
import { HetznerNodeDriver } from "@nephos/nephos/drivers/hetzner";

/** Subrequests that the platform allows for one request. */
const SUBREQUESTS = 50;

/** Secrets of the function. */
export interface Env {
  /** Bearer token that callers must send. */
  readonly ACCESS_TOKEN: string;
  /** Tokens of DigitalOcean by name, as JSON: `{"do-prod": "…"}`. */
  readonly DIGITALOCEAN_TOKENS?: string;
  /** Tokens of Hetzner Cloud by name, as JSON. */
  readonly HETZNER_TOKENS?: string;
}

/** A module with a fetch handler, as edge platforms run it. */
export interface Worker {
  /** Handles a request. */
  fetch(request: Request, env: Env): Promise<Response>;
}

/** Creates a driver for each account. */
function connect(env: Env): Record<string, NodeDriver> {
  const { DIGITALOCEAN_TOKENS = "{}", HETZNER_TOKENS = "{}" } = env;
  const drivers: Record<string, NodeDriver> = {};
  const tokens = (json: string): [string, string][] =>
    Object.entries(JSON.parse(json));
  for (const [name, token] of tokens(DIGITALOCEAN_TOKENS)) {
    drivers[name] = new DigitalOceanNodeDriver({ token });
  }
  for (const [name, token] of tokens(HETZNER_TOKENS)) {
    drivers[name] = new HetznerNodeDriver({ token });
  }
  return drivers;
}

/** Creates the edge function. */
export function makeWorker(drivers: typeof connect = connect): Worker {
  return {
    async fetch(request, env) {
      const { url, headers, signal } = request;
      const { ACCESS_TOKEN } = env;
      const authorization = headers.get("authorization");
      // Without its secret, the function would accept requests from everyone.
      if (!ACCESS_TOKEN || authorization !== `Bearer ${ACCESS_TOKEN}`) {
        return new Response("Unauthorized", { status: 401 });
      }
      const from = new URL(url).searchParams.get("from") ?? undefined;
      try {
        const { items, errors, next } = await new Fleet(drivers(env))
          .listNodes({ budget: SUBREQUESTS, from, signal });
        const nodes = items.map(({ driver, id, name, state, publicIps }) => (
          { driver, id, name, state, publicIps }
        ));
        const failed = Object.entries(errors)
          .map(([name, { message }]) => [name, message]);
        return Response.json({
          nodes,
          failed: Object.fromEntries(failed),
          ...next !== undefined && { next: linkTo(url, next) },
        });
      } catch (error) {
        // A position of other accounts, for example after one was added.
        if (!(error instanceof TypeError)) throw error;
        return Response.json({ error: error.message }, { status: 400 });
      }
    },
  };
}

/** Link to the next part of the list. */
function linkTo(url: string, next: string): string {
  const link = new URL(url);
  link.searchParams.set("from", next);
  return link.href;
}

export default makeWorker() as Worker;
