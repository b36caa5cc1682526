/**
 * The compute drivers by provider id. Only this file knows all of them; it loads
 * a driver when it is needed first. Each other service has a file of its own.
 *
 * @module
 */

import {
  type DriverLoaderOf,
  type OptionsOverEnvironment,
  Registry,
} from "../core/mod.ts";
import type { NodeDriver } from "../core/compute/mod.ts";
import type { Ec2NodeDriver } from "./aws/ec2.ts";
import type { DigitalOceanNodeDriver } from "./digitalocean/compute.ts";
import type { HetznerNodeDriver } from "./hetzner/compute.ts";
import type { LinodeNodeDriver } from "./linode/compute.ts";
import type { NephoScaleNodeDriver } from "./nephoscale.ts";
import type { OpenStackNodeDriver } from "./openstack/compute.ts";
import type { RackspaceNodeDriver } from "./rackspace.ts";
import type { SoftLayerNodeDriver } from "./softlayer/compute.ts";

/** Compute driver classes of this package, by provider id. */
export interface DriverClasses {
  /** DigitalOcean. */
  readonly digitalocean: typeof DigitalOceanNodeDriver;
  /** Amazon EC2. */
  readonly ec2: typeof Ec2NodeDriver;
  /** Hetzner Cloud. */
  readonly hetzner: typeof HetznerNodeDriver;
  /** Linode. */
  readonly linode: typeof LinodeNodeDriver;
  /** NephoScale. */
  readonly nephoscale: typeof NephoScaleNodeDriver;
  /** OpenStack. */
  readonly openstack: typeof OpenStackNodeDriver;
  /** Rackspace. */
  readonly rackspace: typeof RackspaceNodeDriver;
  /** SoftLayer. */
  readonly softlayer: typeof SoftLayerNodeDriver;
}

/** Id of a provider with a compute driver in this package. */
export type ProviderId = keyof DriverClasses;

/** A class of compute drivers. */
// `never` accepts every class, whatever its constructor takes.
export type DriverClass = new (options: never) => NodeDriver;

/** Loads a class of compute drivers, usually with `import()`. */
export type DriverLoader = () => Promise<DriverClass>;

/** Ids of the providers with a compute driver in this package. */
export const Provider = {
  /** DigitalOcean. */
  DIGITALOCEAN: "digitalocean",
  /** Amazon EC2. */
  EC2: "ec2",
  /** Hetzner Cloud. */
  HETZNER: "hetzner",
  /** Linode. */
  LINODE: "linode",
  /** NephoScale. */
  NEPHOSCALE: "nephoscale",
  /** OpenStack. */
  OPENSTACK: "openstack",
  /** Rackspace. */
  RACKSPACE: "rackspace",
  /** SoftLayer. */
  SOFTLAYER: "softlayer",
} as const satisfies Record<Uppercase<ProviderId>, ProviderId>;

const compute = new Registry<NodeDriver>(
  "",
  {
    digitalocean: async () =>
      (await import("./digitalocean/compute.ts")).DigitalOceanNodeDriver,
    ec2: async () => (await import("./aws/ec2.ts")).Ec2NodeDriver,
    hetzner: async () =>
      (await import("./hetzner/compute.ts")).HetznerNodeDriver,
    linode: async () => (await import("./linode/compute.ts")).LinodeNodeDriver,
    nephoscale: async () =>
      (await import("./nephoscale.ts")).NephoScaleNodeDriver,
    openstack: async () =>
      (await import("./openstack/compute.ts")).OpenStackNodeDriver,
    rackspace: async () => (await import("./rackspace.ts")).RackspaceNodeDriver,
    softlayer: async () =>
      (await import("./softlayer/compute.ts")).SoftLayerNodeDriver,
  } satisfies Record<ProviderId, DriverLoaderOf<NodeDriver>>,
);

/**
 * Loads a driver class by provider id. The class is imported on first use, then
 * cached.
 *
 * ```ts
 * import { getDriver, Provider } from "@nephos/nephos";
 *
 * const DigitalOcean = await getDriver(Provider.DIGITALOCEAN);
 * const driver = new DigitalOcean({ token: "secret" });
 * console.log(driver.provider); // "digitalocean"
 * ```
 *
 * @typeParam Id Id of a provider in this package.
 * @param id Id of the provider.
 * @returns The class.
 * @throws {TypeError} If no driver has that id.
 */
export function getDriver<Id extends ProviderId>(
  id: Id,
): Promise<DriverClasses[Id]>;
/**
 * Loads a registered driver class.
 *
 * @typeParam Class The expected class. It is not verified at run time.
 * @param id Id of the provider.
 * @returns The class.
 * @throws {TypeError} If no driver has that id.
 */
export function getDriver<Class extends DriverClass = DriverClass>(
  id: string,
): Promise<Class>;
export async function getDriver(id: string): Promise<DriverClass> {
  return await compute.get(id);
}

/**
 * Loads a driver class, and creates a driver.
 *
 * ```ts
 * import { createDriver } from "@nephos/nephos";
 *
 * const driver = await createDriver("digitalocean", { token: "secret" });
 * console.log(driver.provider); // "digitalocean"
 * ```
 *
 * @typeParam Id Id of a provider in this package.
 * @param id Id of the provider.
 * @param options Options of the class.
 * @returns The driver.
 * @throws {TypeError} If no driver has that id, or an option is invalid.
 */
export function createDriver<Id extends ProviderId>(
  id: Id,
  options: ConstructorParameters<DriverClasses[Id]>[0],
): Promise<InstanceType<DriverClasses[Id]>>;
/**
 * Creates a registered driver.
 *
 * @typeParam Class The expected class. It is not verified at run time.
 * @param id Id of the provider.
 * @param options Options of the class.
 * @returns The driver.
 * @throws {TypeError} If no driver has that id, or an option is invalid.
 */
export function createDriver<Class extends DriverClass = DriverClass>(
  id: string,
  options: ConstructorParameters<Class>[0],
): Promise<InstanceType<Class>>;
/**
 * Creates a driver for a provider id that is known only at run time.
 *
 * @typeParam Id Id of the provider, as far as it is known.
 * @param id Id of the provider.
 * @param options Options of the class; the class checks them at run time.
 * @returns The driver.
 * @throws {TypeError} If no driver has that id, or an option is invalid.
 */
export function createDriver<Id extends string>(
  // If the id is known, so is the type of the options.
  id: Id extends ProviderId ? never : Id,
  options: object,
): Promise<NodeDriver>;
export async function createDriver(
  id: string,
  options: unknown,
): Promise<NodeDriver> {
  return await compute.create(id, options);
}

/**
 * Creates a driver from environment variables, which you pass in. The page
 * `docs/credentials.md` lists the variables of each provider.
 *
 * ```ts
 * import { createDriverFromEnv } from "@nephos/nephos";
 *
 * const env = { DIGITALOCEAN_TOKEN: "secret" }; // Deno.env.toObject()
 * const driver = await createDriverFromEnv("digitalocean", env);
 * console.log(driver.provider); // "digitalocean"
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
export function createDriverFromEnv<Id extends ProviderId>(
  id: Id,
  env: object,
  options?: OptionsOverEnvironment<
    ConstructorParameters<DriverClasses[Id]>[0]
  >,
): Promise<InstanceType<DriverClasses[Id]>>;
/**
 * Creates a driver from environment variables, for a provider id that is known
 * only at run time.
 *
 * @typeParam Id Id of the provider, as far as it is known.
 * @param id Id of the provider.
 * @param env The variables by name.
 * @param options Options of the class; they win over variables.
 * @returns The driver.
 * @throws {TypeError} If no driver has that id, or a variable is missing.
 */
export function createDriverFromEnv<Id extends string>(
  // If the id is known, so is the type of the options.
  id: Id extends ProviderId ? never : Id,
  env: object,
  options?: object,
): Promise<NodeDriver>;
export async function createDriverFromEnv(
  id: string,
  env: object,
  options?: object,
): Promise<NodeDriver> {
  return await compute.createFromEnv(id, env, options);
}

/**
 * Registers a third-party driver.
 *
 * @param id Id of its provider: lower-case letters and digits.
 * @param load Loads the class when it is needed first.
 * @throws {TypeError} If `id` is invalid, or another driver has it.
 */
export function registerDriver(id: string, load: DriverLoader): void {
  compute.register(id, load);
}
