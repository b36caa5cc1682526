/**
 * Lists a fleet whose accounts another process serves, and measures its own
 * memory. Prints a report, and exits.
 *
 * @module
 */

import {
  type DriverError,
  Fleet,
  type InFleet,
  type Node,
} from "../../core/compute/mod.ts";
import { startMeasuring } from "./_memory.ts";
import {
  connect,
  type ListerReport,
  type ListerSettings,
  nameOf,
  type ServerStats,
  statsOf,
} from "./_processes.ts";

const settings: ListerSettings = JSON.parse(Deno.args[0] ?? "{}");
const { port, accounts, way, keepsIds, timeouts } = settings;
const { connections, budget, from, pageSize } = settings;
const drivers = accounts.map((provider, index) => {
  const timeoutMs = timeouts?.[index];
  return [
    nameOf(index, provider),
    connect(provider, index, { port, timeoutMs }),
  ] as const;
});
const fleet = new Fleet(Object.fromEntries(drivers), { connections });

const counts: Record<string, number> = {};
const ids: string[] = [];
const errors: Record<string, string> = {};
let atFirst: ServerStats | undefined;
let next: string | undefined;

async function take({ driver, id }: InFleet<Node>): Promise<void> {
  atFirst ??= await statsOf(port);
  counts[driver] = (counts[driver] ?? 0) + 1;
  if (keepsIds) ids.push(`${driver}/${id}`);
}

function fail({ driver, message, cause }: DriverError): void {
  errors[driver] = `${(cause as Error).name}: ${message}`;
}

const memory = startMeasuring();
const listing = fleet.listNodes({ budget, from, pageSize });
if (way === "await") {
  const result = await listing;
  for (const node of result.items) await take(node);
  Object.values(result.errors).forEach(fail);
  next = result.next;
} else if (way === "pages") {
  for await (const page of listing.pages()) {
    for (const node of page.items) await take(node);
    if (page.error) fail(page.error);
    next = page.next;
    memory.sample();
  }
} else {
  for await (const node of listing) await take(node);
}
const report: ListerReport = {
  counts,
  ids,
  errors,
  ...next !== undefined && { next },
  ...atFirst && { atFirst },
  memory: memory.end(),
};
console.log(JSON.stringify(report));
