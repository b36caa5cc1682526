/**
 * A driver for each DNS provider of this package, connected to its simulator. New
 * providers are found by the place of their simulator.
 *
 * @module
 */

import type { Fetch } from "../../core/mod.ts";
import type { DnsDriver, Zone } from "../../core/dns/mod.ts";
import { createDnsDriver, DnsProvider } from "../../drivers/dns_registry.ts";

interface Simulator {
  readonly credentials: object;
  readonly fetch: Fetch;
}

/** Providers whose simulator belongs to a folder of several. */
const FOLDERS: Readonly<Record<string, string>> = { route53: "aws/route53" };

/** Options of drivers besides the credentials. */
const SETTINGS: Readonly<Record<string, object>> = {
  // A zone is locked while a change is made, and drivers wait until it is not.
  hetzner: { retry: { baseMs: 2, maxAttempts: 6 } },
};

/** Options that a provider needs to create a zone, besides its name. */
const ZONE_OPTIONS: Readonly<Record<string, object>> = {};

/** Options of simulators without the delays of the services. */
const SIMULATED: Readonly<Record<string, object>> = {
  hetzner: { actionMs: 0 },
};

/** Ids of all providers. */
export const DNS_PROVIDERS: readonly string[] = Object.values(DnsProvider);

/** How a simulated account is used. */
export interface SimulatedDnsOptions {
  /** Stands between the driver and the simulator. */
  readonly wrap?: (fetch: Fetch) => Fetch;
}

/** A driver, and how to create a zone with it. */
export interface SimulatedDns {
  /** The driver. Unless the provider is often busy, it sends each request once. */
  readonly driver: DnsDriver;
  /** Creates a zone. */
  createZone(name: string): Promise<Zone>;
}

/**
 * Creates the driver of a provider, for a simulator of its own.
 *
 * @param id Id of the provider.
 * @param options What stands between the driver and the simulator.
 * @returns The driver.
 */
export async function simulatedDns(
  id: string,
  { wrap = (fetch) => fetch }: SimulatedDnsOptions = {},
): Promise<SimulatedDns> {
  const simulator = new (await simulatorClass(id))(SIMULATED[id] ?? {});
  const driver = await createDnsDriver(id, {
    ...simulator.credentials,
    retry: false,
    ...SETTINGS[id],
    fetch: wrap(simulator.fetch),
  });
  return {
    driver,
    createZone: (name) => driver.createZone({ name, ...ZONE_OPTIONS[id] }),
  };
}

async function simulatorClass(
  id: string,
): Promise<new (options: object) => Simulator> {
  const place = FOLDERS[id];
  const file = place ? `${place}.ts` : `${id}/mod.ts`;
  const module = await import(
    new URL(`../../simulators/${file}`, import.meta.url).href
  );
  const [name] = Object.keys(module).filter((it) => it.endsWith("Simulator"));
  if (name === undefined) {
    throw new Error(`simulators/${file} has no simulator`);
  }
  return module[name];
}
