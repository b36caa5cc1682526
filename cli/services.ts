/**
 * The services that commands use: where their drivers and simulators come from.
 *
 * @module
 */

import type { NodeDriver } from "../core/compute/driver.ts";
import type { DnsDriver } from "../core/dns/driver.ts";
import type { EnvironmentVariable } from "../core/environment.ts";
import type { Simulation } from "./simulators.ts";

/**
 * A class of drivers, whose options are not known.
 *
 * @typeParam D A driver.
 */
export interface DriverClass<D> {
  new (options: object): D;
  readonly variables?: readonly EnvironmentVariable[];
}

/**
 * A service of providers.
 *
 * @typeParam D A driver of the service.
 */
export interface Service<D> {
  /** Word for a provider that has the service. */
  readonly noun: string;
  /** Loads the registry of the drivers. */
  load(): Promise<{
    /** Ids of the providers that have the service. */
    readonly ids: readonly string[];
    /** Loads the class of a driver. */
    getDriver(id: string): Promise<DriverClass<D>>;
  }>;
  /** Creates a simulated account. */
  simulate(provider: string): Promise<Simulation>;
}

/** Number of nodes of the account of `--simulate`. */
const SIMULATED_NODES = 3;

/** Number of zones of the account of `--simulate`. */
const SIMULATED_ZONES = 2;

/** Servers. */
export const COMPUTE: Service<NodeDriver> = {
  noun: "provider",
  async load() {
    const { getDriver, Provider } = await import("../drivers/registry.ts");
    return {
      ids: Object.values(Provider),
      getDriver: async (id) => await getDriver(id) as DriverClass<NodeDriver>,
    };
  },
  async simulate(provider) {
    const { simulate } = await import("./simulators.ts");
    return await simulate(provider, { nodes: SIMULATED_NODES });
  },
};

/** Zones and their records. */
export const DNS: Service<DnsDriver> = {
  noun: "DNS provider",
  async load() {
    const { DnsProvider, getDnsDriver } = await import(
      "../drivers/dns_registry.ts"
    );
    return {
      ids: Object.values(DnsProvider),
      getDriver: async (id) => await getDnsDriver(id) as DriverClass<DnsDriver>,
    };
  },
  async simulate(provider) {
    const { simulateDns } = await import("./simulators.ts");
    return await simulateDns(provider, { zones: SIMULATED_ZONES });
  },
};
