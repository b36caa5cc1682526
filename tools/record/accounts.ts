/**
 * The account to record, and a simulated one of the same provider.
 *
 * @module
 */

import type { Fetch } from "../../core/mod.ts";
import type { NodeDriver } from "../../core/compute/mod.ts";
import { createDriver, getDriver } from "../../drivers/registry.ts";
import { path } from "../deno.ts";
import { Recorder } from "./recorder.ts";

/** A driver, and a record of what it sends and receives. */
export interface Account {
  /** The driver. */
  readonly driver: NodeDriver;
  /** The requests and responses. */
  readonly recorder: Recorder;
}

interface Simulator {
  readonly fetch: Fetch;
  readonly credentials: object;
}

/** An account of a simulator in this process. */
export interface SimulatedAccount extends Account {
  /** Handles a request. */
  readonly fetch: Fetch;
  /** Credentials and settings of the driver. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** Options of drivers that are neither credentials nor have a default. */
const SETTINGS: Readonly<Record<string, object>> = {
  ec2: { region: "us-east-1" },
};

/** Few nodes, so that the simulated account has one of everything. */
const NODES = 3;

/**
 * Opens a simulated account in this process.
 *
 * @param provider Id of the provider.
 * @param settings Further options of the simulator, such as its credentials.
 * @param driverSettings Further options of the driver.
 * @returns The account.
 * @throws {Error} If this package has no simulator of the provider.
 */
export async function openSimulated(
  provider: string,
  settings: object = {},
  driverSettings: object = {},
): Promise<SimulatedAccount> {
  const Class = await simulatorOf(provider);
  const { credentials, fetch } = new Class({ nodes: NODES, ...settings });
  const recorder = new Recorder(fetch);
  const options = {
    ...credentials,
    ...SETTINGS[provider],
    ...driverSettings,
  };
  const driver = await createDriver(provider, {
    ...options,
    fetch: recorder.fetch,
  });
  return { driver, recorder, fetch, options };
}

/** Loads the simulator that the exports of this package name. */
async function simulatorOf(
  provider: string,
): Promise<new (options: object) => Simulator> {
  const { exports } = JSON.parse(
    await Deno.readTextFile(path("deno.json")),
  ) as {
    exports: Record<string, string>;
  };
  const [, file = ""] =
    Object.entries(exports).find(([subpath]) =>
      subpath.startsWith("./simulators/") && subpath.endsWith(`/${provider}`)
    ) ?? [];
  const module = await import(new URL(`../../${file}`, import.meta.url).href);
  const [, Class] = Object.entries(module)
    .find(([name]) => name.endsWith("Simulator")) ?? [];
  if (typeof Class !== "function") {
    throw new Error(`record: there is no simulator of ${provider}`);
  }
  return Class as Awaited<ReturnType<typeof simulatorOf>>;
}

/**
 * Reads the environment variables of a provider.
 *
 * @param provider Id of the provider.
 * @param read Reads one variable.
 * @returns The variables by name, and the values that are secrets.
 */
export async function readVariables(
  provider: string,
  read: (name: string) => string | undefined,
): Promise<{ env: Record<string, string>; secrets: string[] }> {
  const Class = await getDriver(provider) as unknown as {
    readonly variables:
      typeof import("../../drivers/nephoscale.ts").NephoScaleNodeDriver.variables;
  };
  const env: Record<string, string> = {};
  const secrets: string[] = [];
  for (const { option, names } of Class.variables) {
    for (const name of names) {
      const value = read(name);
      if (!value) continue;
      env[name] = value;
      if (!PUBLIC_OPTIONS.has(option)) secrets.push(value);
    }
  }
  return { env, secrets };
}

/** Options whose values are words of the provider. */
const PUBLIC_OPTIONS: ReadonlySet<string> = new Set(["region", "location"]);
