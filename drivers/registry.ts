/**
 * The drivers by name. This file alone knows them all, and loads one only when
 * it is asked for.
 *
 * @module
 */

import type { NodeDriver } from "../core/compute/mod.ts";
import type { DigitalOceanNodeDriver } from "./digitalocean/compute.ts";
import type { Ec2NodeDriver } from "./aws/ec2.ts";
import type { LinodeNodeDriver } from "./linode/compute.ts";
import type { NephoScaleNodeDriver } from "./nephoscale.ts";

/** Classes of the drivers in this package, by the id of their provider. */
export interface DriverClasses {
  /** DigitalOcean. */
  readonly digitalocean: typeof DigitalOceanNodeDriver;
  /** Amazon EC2. */
  readonly ec2: typeof Ec2NodeDriver;
  /** Linode. */
  readonly linode: typeof LinodeNodeDriver;
  /** NephoScale. */
  readonly nephoscale: typeof NephoScaleNodeDriver;
}

/** Id of a provider whose driver is in this package. */
export type ProviderId = keyof DriverClasses;

/** A class of drivers. */
// What a constructor takes differs by class, and `never` accepts them all.
export type DriverClass = new (options: never) => NodeDriver;

/** Gets a class of drivers, most often by `import()`. */
export type DriverLoader = () => Promise<DriverClass>;

/** Ids of the providers whose drivers are in this package. */
export const Provider = {
  /** DigitalOcean. */
  DIGITALOCEAN: "digitalocean",
  /** Amazon EC2. */
  EC2: "ec2",
  /** Linode. */
  LINODE: "linode",
  /** NephoScale. */
  NEPHOSCALE: "nephoscale",
} as const satisfies Record<Uppercase<ProviderId>, ProviderId>;

const loaders = new Map<string, DriverLoader>([
  [
    Provider.DIGITALOCEAN,
    async () =>
      (await import("./digitalocean/compute.ts")).DigitalOceanNodeDriver,
  ],
  [
    Provider.EC2,
    async () => (await import("./aws/ec2.ts")).Ec2NodeDriver,
  ],
  [
    Provider.LINODE,
    async () => (await import("./linode/compute.ts")).LinodeNodeDriver,
  ],
  [
    Provider.NEPHOSCALE,
    async () => (await import("./nephoscale.ts")).NephoScaleNodeDriver,
  ],
]);

/**
 * Gets the class of a driver, and loads it if it is asked for the first time.
 *
 * ```ts
 * import { getDriver, Provider } from "@nephos/nephos";
 *
 * const NephoScale = await getDriver(Provider.NEPHOSCALE);
 * const driver = new NephoScale({ username: "me", password: "secret" });
 * console.log(driver.provider); // "nephoscale"
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
 * Gets the class of a driver that was registered.
 *
 * @typeParam Class The class, which nobody checks.
 * @param id Id of the provider.
 * @returns The class.
 * @throws {TypeError} If no driver has that id.
 */
export function getDriver<Class extends DriverClass = DriverClass>(
  id: string,
): Promise<Class>;
export async function getDriver(id: string): Promise<DriverClass> {
  const load = loaders.get(id);
  if (load) return await load();
  throw new TypeError(
    `Cannot get a driver: ${JSON.stringify(id)} is none of ${
      [...loaders.keys()].join(", ")
    }`,
  );
}

/**
 * Creates a driver in one step.
 *
 * ```ts
 * import { createDriver } from "@nephos/nephos";
 *
 * const driver = await createDriver("nephoscale", {
 *   username: "me",
 *   password: "secret",
 * });
 * console.log(driver.provider); // "nephoscale"
 * ```
 *
 * @typeParam Id Id of a provider in this package.
 * @param id Id of the provider.
 * @param options What the class takes.
 * @returns The driver.
 * @throws {TypeError} If no driver has that id, or an option makes no sense.
 */
export function createDriver<Id extends ProviderId>(
  id: Id,
  options: ConstructorParameters<DriverClasses[Id]>[0],
): Promise<InstanceType<DriverClasses[Id]>>;
/**
 * Creates a driver that was registered.
 *
 * @typeParam Class The class, which nobody checks.
 * @param id Id of the provider.
 * @param options What the class takes.
 * @returns The driver.
 * @throws {TypeError} If no driver has that id, or an option makes no sense.
 */
export function createDriver<Class extends DriverClass = DriverClass>(
  id: string,
  options: ConstructorParameters<Class>[0],
): Promise<InstanceType<Class>>;
/**
 * Creates a driver whose name is not known before the program runs.
 *
 * @typeParam Id Id of a provider, as far as it is known.
 * @param id Id of the provider.
 * @param options What the class takes, which only the class itself checks.
 * @returns The driver.
 * @throws {TypeError} If no driver has that id, or an option makes no sense.
 */
export function createDriver<Id extends string>(
  // Where the name is known, so is the type of the options.
  id: Id extends ProviderId ? never : Id,
  options: object,
): Promise<NodeDriver>;
export async function createDriver(
  id: string,
  options: unknown,
): Promise<NodeDriver> {
  const Driver = await getDriver(id);
  return new Driver(options as never);
}

/**
 * Adds a driver that lives elsewhere.
 *
 * @param id Id of its provider: lower-case letters and digits.
 * @param load Gets the class when it is asked for.
 * @throws {TypeError} If the id is none, or another driver has it.
 */
export function registerDriver(id: string, load: DriverLoader): void {
  if (!/^[a-z][a-z\d]*$/.test(id)) {
    throw new TypeError(
      `Cannot register a driver: ${JSON.stringify(id)} is not an id`,
    );
  }
  if (loaders.has(id)) {
    throw new TypeError(`Cannot register a driver: "${id}" is taken`);
  }
  loaders.set(id, load);
}
