/**
 * The DNS drivers by provider id. Only this file knows all of them; it loads a
 * driver when it is needed first.
 *
 * @module
 */

import {
  type DriverLoaderOf,
  type OptionsOverEnvironment,
  Registry,
} from "../core/mod.ts";
import type { DnsDriver } from "../core/dns/mod.ts";
import type { Route53DnsDriver } from "./aws/route53.ts";
import type { CloudflareDnsDriver } from "./cloudflare/dns.ts";
import type { DigitalOceanDnsDriver } from "./digitalocean/dns.ts";
import type { HetznerDnsDriver } from "./hetzner/dns.ts";
import type { LinodeDnsDriver } from "./linode/dns.ts";
import type { OpenStackDnsDriver } from "./openstack/dns.ts";
import type { PowerDnsDriver } from "./powerdns/dns.ts";

/** DNS driver classes of this package, by provider id. */
export interface DnsDriverClasses {
  /** Cloudflare. */
  readonly cloudflare: typeof CloudflareDnsDriver;
  /** DigitalOcean. */
  readonly digitalocean: typeof DigitalOceanDnsDriver;
  /** Hetzner Cloud. */
  readonly hetzner: typeof HetznerDnsDriver;
  /** Linode. */
  readonly linode: typeof LinodeDnsDriver;
  /** OpenStack. */
  readonly openstack: typeof OpenStackDnsDriver;
  /** PowerDNS. */
  readonly powerdns: typeof PowerDnsDriver;
  /** Amazon Route 53. */
  readonly route53: typeof Route53DnsDriver;
}

/** Id of a provider with a DNS driver in this package. */
export type DnsProviderId = keyof DnsDriverClasses;

/** A class of DNS drivers. */
// `never` accepts every class, whatever its constructor takes.
export type DnsDriverClass = new (options: never) => DnsDriver;

/** Loads a class of DNS drivers, usually with `import()`. */
export type DnsDriverLoader = () => Promise<DnsDriverClass>;

/** Ids of the providers with a DNS driver in this package. */
export const DnsProvider = {
  /** Cloudflare. */
  CLOUDFLARE: "cloudflare",
  /** DigitalOcean. */
  DIGITALOCEAN: "digitalocean",
  /** Hetzner Cloud. */
  HETZNER: "hetzner",
  /** Linode. */
  LINODE: "linode",
  /** OpenStack. */
  OPENSTACK: "openstack",
  /** PowerDNS. */
  POWERDNS: "powerdns",
  /** Amazon Route 53. */
  ROUTE53: "route53",
} as const satisfies Record<Uppercase<DnsProviderId>, DnsProviderId>;

const dns = new Registry<DnsDriver>(
  "Dns",
  {
    cloudflare: async () =>
      (await import("./cloudflare/dns.ts")).CloudflareDnsDriver,
    digitalocean: async () =>
      (await import("./digitalocean/dns.ts")).DigitalOceanDnsDriver,
    hetzner: async () => (await import("./hetzner/dns.ts")).HetznerDnsDriver,
    linode: async () => (await import("./linode/dns.ts")).LinodeDnsDriver,
    openstack: async () =>
      (await import("./openstack/dns.ts")).OpenStackDnsDriver,
    powerdns: async () => (await import("./powerdns/dns.ts")).PowerDnsDriver,
    route53: async () => (await import("./aws/route53.ts")).Route53DnsDriver,
  } satisfies Record<DnsProviderId, DriverLoaderOf<DnsDriver>>,
);

/**
 * Loads a DNS driver class by provider id. The class is imported on first use,
 * then cached.
 *
 * ```ts
 * import { DnsProvider, getDnsDriver } from "@nephos/nephos";
 *
 * const PowerDns = await getDnsDriver(DnsProvider.POWERDNS);
 * const driver = new PowerDns({ apiKey: "secret" });
 * console.log(driver.provider); // "powerdns"
 * ```
 *
 * @typeParam Id Id of a provider in this package.
 * @param id Id of the provider.
 * @returns The class.
 * @throws {TypeError} If no driver has that id.
 */
export function getDnsDriver<Id extends DnsProviderId>(
  id: Id,
): Promise<DnsDriverClasses[Id]>;
/**
 * Loads a registered DNS driver class.
 *
 * @typeParam Class The expected class. It is not verified at run time.
 * @param id Id of the provider.
 * @returns The class.
 * @throws {TypeError} If no driver has that id.
 */
export function getDnsDriver<Class extends DnsDriverClass = DnsDriverClass>(
  id: string,
): Promise<Class>;
export async function getDnsDriver(id: string): Promise<DnsDriverClass> {
  return await dns.get(id);
}

/**
 * Loads a DNS driver class, and creates a driver.
 *
 * ```ts
 * import { createDnsDriver } from "@nephos/nephos";
 *
 * const driver = await createDnsDriver("digitalocean", { token: "secret" });
 * console.log(driver.provider); // "digitalocean"
 * ```
 *
 * @typeParam Id Id of a provider in this package.
 * @param id Id of the provider.
 * @param options Options of the class.
 * @returns The driver.
 * @throws {TypeError} If no driver has that id, or an option is invalid.
 */
export function createDnsDriver<Id extends DnsProviderId>(
  id: Id,
  options: ConstructorParameters<DnsDriverClasses[Id]>[0],
): Promise<InstanceType<DnsDriverClasses[Id]>>;
/**
 * Creates a registered DNS driver.
 *
 * @typeParam Class The expected class. It is not verified at run time.
 * @param id Id of the provider.
 * @param options Options of the class.
 * @returns The driver.
 * @throws {TypeError} If no driver has that id, or an option is invalid.
 */
export function createDnsDriver<Class extends DnsDriverClass = DnsDriverClass>(
  id: string,
  options: ConstructorParameters<Class>[0],
): Promise<InstanceType<Class>>;
/**
 * Creates a DNS driver for a provider id that is known only at run time.
 *
 * @typeParam Id Id of the provider, as far as it is known.
 * @param id Id of the provider.
 * @param options Options of the class; the class checks them at run time.
 * @returns The driver.
 * @throws {TypeError} If no driver has that id, or an option is invalid.
 */
export function createDnsDriver<Id extends string>(
  // If the id is known, so is the type of the options.
  id: Id extends DnsProviderId ? never : Id,
  options: object,
): Promise<DnsDriver>;
export async function createDnsDriver(
  id: string,
  options: unknown,
): Promise<DnsDriver> {
  return await dns.create(id, options);
}

/**
 * Creates a DNS driver from environment variables, which you pass in. The page
 * `docs/credentials.md` lists the variables of each provider.
 *
 * ```ts
 * import { createDnsDriverFromEnv } from "@nephos/nephos";
 *
 * const env = { PDNS_API_KEY: "secret" }; // Deno.env.toObject()
 * const driver = await createDnsDriverFromEnv("powerdns", env);
 * console.log(driver.provider); // "powerdns"
 * ```
 *
 * @typeParam Id Id of a provider in this package.
 * @param id Id of the provider.
 * @param env The variables by name: `Deno.env.toObject()`, `process.env`, or the
 *   `env` of a Worker.
 * @param options Options of the class; they win over variables.
 * @returns The driver.
 * @throws {TypeError} If no driver has that id, or a variable is missing. The
 *   message names all missing variables, and no value.
 */
export function createDnsDriverFromEnv<Id extends DnsProviderId>(
  id: Id,
  env: object,
  options?: OptionsOverEnvironment<
    ConstructorParameters<DnsDriverClasses[Id]>[0]
  >,
): Promise<InstanceType<DnsDriverClasses[Id]>>;
/**
 * Creates a DNS driver from environment variables, for a provider id that is
 * known only at run time.
 *
 * @typeParam Id Id of the provider, as far as it is known.
 * @param id Id of the provider.
 * @param env The variables by name.
 * @param options Options of the class; they win over variables.
 * @returns The driver.
 * @throws {TypeError} If no driver has that id, or a variable is missing.
 */
export function createDnsDriverFromEnv<Id extends string>(
  // If the id is known, so is the type of the options.
  id: Id extends DnsProviderId ? never : Id,
  env: object,
  options?: object,
): Promise<DnsDriver>;
export async function createDnsDriverFromEnv(
  id: string,
  env: object,
  options?: object,
): Promise<DnsDriver> {
  return await dns.createFromEnv(id, env, options);
}

/**
 * Registers a third-party DNS driver.
 *
 * @param id Id of its provider: lower-case letters and digits.
 * @param load Loads the class when it is needed first.
 * @throws {TypeError} If `id` is invalid, or another driver has it.
 */
export function registerDnsDriver(id: string, load: DnsDriverLoader): void {
  dns.register(id, load);
}
