/**
 * The simulators by provider id, each loaded when it is needed first.
 *
 * @module
 */

import type { Fetch } from "../core/mod.ts";
import type { DnsProviderId } from "../drivers/dns_registry.ts";
import type { ProviderId } from "../drivers/registry.ts";

/** Options that all simulators have. */
export interface SimulatorOptions {
  /** Number of running nodes at the start. */
  readonly nodes: number;
  /** Clock, in milliseconds since 1970. */
  readonly now?: (() => number) | undefined;
}

/** Options that all simulators of DNS have. */
export interface DnsSimulatorOptions {
  /** Number of zones at the start. */
  readonly zones: number;
  /** Clock, in milliseconds since 1970. */
  readonly now?: (() => number) | undefined;
}

/** A simulated account. */
export interface Simulation {
  /** Handles requests to the provider. */
  readonly fetch: Fetch;
  /** Options of the driver, besides `fetch`. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Path of the API, below the address of a server. */
  readonly path: string;
  /** Path of the login, if it has an address of its own. */
  readonly loginPath?: string | undefined;
}

/** A class of simulators. */
type SimulatorClass<O> = new (options: O) => {
  readonly fetch: Fetch;
  readonly credentials: object;
};

/** What the command line knows about a simulator. */
interface Entry<O = SimulatorOptions> extends Pick<Simulation, "loginPath"> {
  readonly load: () => Promise<SimulatorClass<O>>;
  /** Options of the driver besides the credentials. */
  readonly settings?: Readonly<Record<string, string>>;
  /**
   * Path of the API.
   *
   * @default {""}
   */
  readonly path?: string;
}

// These accounts have servers and zones.
const DIGITALOCEAN = {
  load: async () =>
    (await import("../simulators/digitalocean/mod.ts")).DigitalOceanSimulator,
};
const HETZNER = {
  load: async () =>
    (await import("../simulators/hetzner/mod.ts")).HetznerSimulator,
  path: "/v1",
};
const LINODE = {
  load: async () =>
    (await import("../simulators/linode/mod.ts")).LinodeSimulator,
  path: "/v4",
};
const loadOpenStack = async () =>
  (await import("../simulators/openstack/mod.ts")).OpenStackSimulator;

const SIMULATORS: Readonly<Record<ProviderId, Entry>> = {
  digitalocean: DIGITALOCEAN,
  ec2: {
    load: async () => (await import("../simulators/aws/ec2.ts")).Ec2Simulator,
    settings: { region: "us-east-1" },
  },
  hetzner: HETZNER,
  linode: LINODE,
  nephoscale: {
    load: async () =>
      (await import("../simulators/nephoscale/mod.ts")).NephoScaleSimulator,
  },
  openstack: {
    load: loadOpenStack,
    path: "/compute/v2.1",
    loginPath: "/identity/v3",
  },
  rackspace: {
    load: async () =>
      (await import("../simulators/rackspace/mod.ts")).RackspaceSimulator,
    path: "/compute/v2/123456",
    loginPath: "/identity/v2.0",
  },
  softlayer: {
    load: async () =>
      (await import("../simulators/softlayer/mod.ts")).SoftLayerSimulator,
    path: "/rest/v3.1",
  },
};

/** Those that have zones. */
const DNS_SIMULATORS: Readonly<
  Record<DnsProviderId, Entry<DnsSimulatorOptions>>
> = {
  cloudflare: {
    load: async () =>
      (await import("../simulators/cloudflare/mod.ts")).CloudflareSimulator,
    path: "/client/v4",
  },
  digitalocean: DIGITALOCEAN,
  hetzner: HETZNER,
  linode: LINODE,
  openstack: {
    load: loadOpenStack,
    path: "/dns/v2",
    loginPath: "/identity/v3",
  },
  powerdns: {
    load: async () =>
      (await import("../simulators/powerdns/mod.ts")).PowerDnsSimulator,
  },
  route53: {
    load: async () =>
      (await import("../simulators/aws/route53.ts")).Route53Simulator,
  },
};

/** Ids of all providers with zones that have a simulator. */
export const SIMULATED_DNS: readonly DnsProviderId[] = Object.keys(
  DNS_SIMULATORS,
) as DnsProviderId[];

/** Ids of all providers with servers that have a simulator. */
export const SIMULATED: readonly ProviderId[] = Object.keys(
  SIMULATORS,
) as ProviderId[];

/** Id of a provider that has a simulator. */
export type SimulatedId = ProviderId | DnsProviderId;

/** Ids of all providers that have a simulator. */
export const ALL_SIMULATED: readonly SimulatedId[] = [
  ...new Set([...SIMULATED, ...SIMULATED_DNS]),
].sort();

/**
 * Creates a simulated account with servers, or with zones if the provider has no
 * servers.
 *
 * @param provider Id of the provider.
 * @param options Number of servers or zones, and the clock.
 * @returns The account.
 */
export async function simulateAny(
  provider: SimulatedId,
  { nodes, now }: SimulatorOptions,
): Promise<Simulation> {
  return Object.hasOwn(SIMULATORS, provider)
    ? await simulate(provider, { nodes, now })
    : await simulateDns(provider, { zones: nodes, now });
}

/**
 * Creates a simulated account with servers.
 *
 * @param provider Id of the provider.
 * @param options Number of nodes, and the clock.
 * @returns The account.
 */
export async function simulate(
  provider: string,
  options: SimulatorOptions,
): Promise<Simulation> {
  return await start(SIMULATORS[provider as ProviderId], options);
}

/**
 * Creates a simulated account with zones.
 *
 * @param provider Id of the provider.
 * @param options Number of zones.
 * @returns The account.
 */
export async function simulateDns(
  provider: string,
  options: DnsSimulatorOptions,
): Promise<Simulation> {
  return await start(DNS_SIMULATORS[provider as DnsProviderId], options);
}

async function start<O>(
  { load, settings, path = "", loginPath }: Entry<O>,
  options: O,
): Promise<Simulation> {
  const Simulator = await load();
  const { fetch, credentials } = new Simulator(options);
  return { fetch, options: { ...credentials, ...settings }, path, loginPath };
}
