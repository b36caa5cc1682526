/**
 * The processes of the tests of large fleets: one that serves accounts, and
 * those that list them.
 *
 * @module
 */

import type { Fetch } from "../../core/mod.ts";
import type { NodeDriver } from "../../core/compute/mod.ts";
import { config, path } from "../../tools/deno.ts";
import { type Child, start } from "../../bench/_child.ts";
import { ACCOUNTS } from "../_support/accounts.ts";
import type { MemoryReport } from "./_memory.ts";

/** What an account does instead of responding. */
export type Fault = "hang" | "refuse" | "cut";

/** Settings of `_server.ts`. */
export interface ServerSettings {
  /** Ids of the providers, one for each account. */
  readonly accounts: readonly string[];
  /** Number of nodes of each account. */
  readonly nodes: number;
  /** Items on the largest page, if it is smaller than the provider's. */
  readonly largestPage?: number;
  /** Faults, by the number of the account. */
  readonly faults?: Readonly<Record<number, Fault>>;
}

/** What `_server.ts` has served. */
export interface ServerStats {
  /** Number of requests. */
  readonly requests: number;
  /** Largest number of requests at the same time. */
  readonly most: number;
  /** Number of accounts that have responded. */
  readonly answered: number;
}

/** What `_lister.ts` reads, and how. */
export interface ListerSettings {
  readonly port: number;
  readonly accounts: readonly string[];
  readonly way: "stream" | "pages" | "await";
  /** Whether the report has the ids of the nodes, which take memory. */
  readonly keepsIds?: boolean;
  readonly connections?: number;
  readonly budget?: number;
  readonly from?: string;
  readonly pageSize?: number;
  /** Time limit in milliseconds of accounts, by their numbers. */
  readonly timeouts?: Readonly<Record<number, number>>;
}

/** The accounts that `_edge_worker.ts` lists. */
export type EdgeSettings = Pick<ListerSettings, "port" | "accounts">;

/** What `_lister.ts` has read. */
export interface ListerReport {
  /** Numbers of nodes, by the name of the driver. */
  readonly counts: Readonly<Record<string, number>>;
  /** Driver and id of each node, if they were to be kept. */
  readonly ids: readonly string[];
  /** Name of the class and message of each error, by driver. */
  readonly errors: Readonly<Record<string, string>>;
  readonly next?: string;
  /** What had been served when the first node came. */
  readonly atFirst?: ServerStats;
  readonly memory: MemoryReport;
}

/** Name of an account in the fleet. */
export function nameOf(index: number, provider: string): string {
  return `${provider}-${String(index).padStart(3, "0")}`;
}

/**
 * Creates the driver of an account that `_server.ts` serves.
 *
 * @param provider Id of the provider.
 * @param index Number of the account.
 * @param settings Port of the server, and the time limit of requests.
 * @returns The driver. It signs and addresses its requests as usual.
 */
export function connect(
  provider: string,
  index: number,
  { port, timeoutMs }: { port: number; timeoutMs?: number | undefined },
): NodeDriver {
  const toServer: Fetch = async (request) => {
    const { method, signal } = request;
    const { origin, pathname, search } = new URL(request.url);
    const headers = new Headers(request.headers);
    headers.set("x-origin", origin);
    const body = method === "GET" ? null : await request.arrayBuffer();
    const url = `http://127.0.0.1:${port}/${index}${pathname}${search}`;
    return await fetch(url, { method, headers, body, signal });
  };
  const retry = { baseMs: 1, maxMs: 2 };
  return ACCOUNTS[provider]!({ nodes: 1, largestPage: 1 })
    .connect({ fetch: toServer, retry, timeoutMs });
}

/**
 * Flags of V8 for a process with little memory. Without limits, V8 collects
 * garbage late if the machine has much memory: the peak then shows the machine,
 * not the program. With these, a program that needs more memory crashes.
 */
const SCARCE: readonly string[] = [
  "--optimize-for-size",
  // Both in MiB.
  "--max-old-space-size=32",
  "--max-semi-space-size=1",
];

/** Starts a process of this folder. It exits when it is disposed of. */
export async function startProcess(
  file: "_edge_worker.ts" | "_lister.ts" | "_server.ts",
  settings: EdgeSettings | ListerSettings | ServerSettings,
  memory: "scarce" | "plenty" = "plenty",
): Promise<Child> {
  const flags = ["--expose-gc", ...memory === "scarce" ? SCARCE : []];
  return start(Deno.execPath(), [
    "run",
    "-A",
    `--config=${await config()}`,
    `--v8-flags=${flags}`,
    path(`tests/fleet/${file}`),
    JSON.stringify(settings),
  ]);
}

/** Lists the accounts of a server in a process of its own. */
export async function list(
  settings: ListerSettings,
  memory?: "scarce",
): Promise<ListerReport> {
  await using lister = await startProcess("_lister.ts", settings, memory);
  return await lister.read<ListerReport>();
}

/** Reads what a server has served. */
export async function statsOf(port: number): Promise<ServerStats> {
  return await (await fetch(`http://127.0.0.1:${port}/stats`)).json();
}
