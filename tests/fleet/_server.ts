/**
 * Serves many simulated accounts on loopback, in a process of its own.
 *
 * `/<index>/…` is the account with that number; the header `x-origin` has the
 * origin that the driver sent the request to. `/stats` tells what was served.
 * The process reads its settings from the first argument, prints its port, and
 * exits when its standard input is closed.
 *
 * @module
 */

import { ACCOUNTS } from "../_support/accounts.ts";
import type { ServerSettings, ServerStats } from "./_processes.ts";

/** How long each response takes at least, so that requests overlap. */
const DELAY_MS = 2;

const { accounts, nodes, largestPage = 1000, faults = {} }: ServerSettings =
  JSON.parse(Deno.args[0] ?? "{}");
// Accounts of a provider have the same nodes, and a page is made once. Otherwise,
// the simulators would take most of the time of the tests.
const simulators = new Map(
  [...new Set(accounts)].map((provider) => {
    const open = ACCOUNTS[provider];
    if (!open) throw new TypeError(`no account of ${provider}`);
    return [provider, open({ nodes, largestPage }).fetch];
  }),
);
const kept = new Map<string, Response>();
const answered = new Set<number>();
const stats = { requests: 0, most: 0 };
let pending = 0;

/** Responds completely. A request is pending until its response is ready. */
async function respond(index: number, request: Request): Promise<Response> {
  stats.requests++;
  stats.most = Math.max(stats.most, ++pending);
  try {
    await new Promise((resolve) => setTimeout(resolve, DELAY_MS));
    const response = await simulate(accounts[index]!, request);
    answered.add(index);
    return response;
  } finally {
    pending--;
  }
}

/** Responds as an account of a provider does. */
async function simulate(provider: string, request: Request): Promise<Response> {
  const { method, url } = request;
  // The form of a request to EC2.
  const form = await request.clone().text();
  const key = [provider, method, url, form].join(" ");
  const known = kept.get(key);
  if (known) return known.clone();
  const response = await simulators.get(provider)!(request);
  const bytes = await response.arrayBuffer();
  const body = bytes.byteLength > 0 ? bytes : null;
  const complete = new Response(body, response);
  // Tokens differ.
  const isLogin = response.headers.has("x-subject-token");
  if (response.ok && !isLogin) kept.set(key, complete.clone());
  return complete;
}

/** Announces a body, and sends the first half of it. */
async function cutOff(response: Response): Promise<Response> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  const headers = new Headers(response.headers);
  headers.set("content-length", `${bytes.length}`);
  const half = new Blob([bytes.slice(0, bytes.length / 2)]).stream();
  return new Response(half, { headers });
}

async function handle(request: Request): Promise<Response> {
  const [, target = "", rest = ""] = /^https?:\/\/[^/]+\/([^/?]+)(.*)$/
    .exec(request.url) ?? [];
  if (target === "stats") {
    const served: ServerStats = { ...stats, answered: answered.size };
    return Response.json(served);
  }
  const index = Number(target);
  const { method } = request;
  // EC2 signs the host.
  const headers = new Headers(request.headers);
  headers.delete("host");
  const body = method === "GET" ? null : await request.arrayBuffer();
  const url = headers.get("x-origin") + rest;
  const original = new Request(url, { method, headers, body });
  switch (faults[index]) {
    case "hang":
      return await new Promise<never>(() => {});
    case "refuse":
      return Response.json({}, { status: 401 });
    case "cut":
      return await cutOff(await respond(index, original));
    default:
      return await respond(index, original);
  }
}

const server = Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }) => console.log(JSON.stringify({ port })),
}, handle);
for await (const _ of Deno.stdin.readable);
// A request may hang, and would keep a server that shuts down.
void server;
Deno.exit(0);
