/**
 * The accounts of a command: which providers it talks to, and with which
 * credentials.
 *
 * @module
 */

import type { ConnectionOptions, Fetch } from "../core/options.ts";
import type { NodeDriver } from "../core/compute/driver.ts";
import {
  type EnvironmentVariable,
  optionsFromEnv,
} from "../core/environment.ts";
import type { ProviderId } from "../drivers/registry.ts";
import { CommandError, ExitCode, usageError } from "./errors.ts";
import type { GlobalOptions } from "./root.ts";
import type { Surroundings } from "./surroundings.ts";

/** Number of nodes of the account of `--simulate`. */
const SIMULATED_NODES = 3;

/** An account, before its driver is created. */
export interface Account {
  /** Name in lists of several accounts. */
  readonly name: string;
  /** Id of the provider. */
  readonly provider: string;
  /** Options of the driver, which take precedence over variables. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** How to connect to accounts. */
export interface ConnectOptions {
  /** Options of the command. */
  readonly options: GlobalOptions;
  /** Environment, and the way to real providers. */
  readonly surroundings: Surroundings;
  /** Options of all connections. */
  readonly connection: ConnectionOptions;
  /** Puts something between a driver and its provider, or its simulator. */
  readonly wrap: (fetch: Fetch) => Fetch;
}

/** A class of drivers, whose options are not known. */
interface DriverClass {
  new (options: object): NodeDriver;
  readonly variables?: readonly EnvironmentVariable[];
}

/**
 * Chooses the accounts of a command.
 *
 * @param options Options of the command.
 * @param surroundings Variables of the environment.
 * @returns The accounts; `[]` if the user has chosen none.
 */
export function chooseAccounts(
  { provider }: GlobalOptions,
  { env: { NEPHOS_PROVIDER } }: Surroundings,
): Account[] {
  const providers = provider ?? (NEPHOS_PROVIDER ? [NEPHOS_PROVIDER] : []);
  return [...new Set(providers)].map((id) => ({
    name: id,
    provider: id,
    options: {},
  }));
}

/**
 * Creates the driver of an account. A simulated account has the same driver.
 *
 * @param account The account.
 * @param options How to connect.
 * @returns The driver.
 * @throws {CommandError} If the provider is unknown, or credentials are missing.
 */
export async function connect(
  account: Account,
  { options, surroundings, connection, wrap }: ConnectOptions,
): Promise<NodeDriver> {
  const provider = await checkProvider(account.provider, "--provider");
  const { getDriver } = await import("../drivers/registry.ts");
  const Driver = await getDriver(provider as string) as DriverClass;
  const settings: Record<string, unknown> = { ...account.options };
  if (options.endpoint !== undefined) settings.baseUrl = options.endpoint;
  if (options.region !== undefined) {
    if (!hasOption(Driver, "region")) {
      throw usageError(`--region: ${provider} has no regions`, "leave it out");
    }
    settings.region = options.region;
  }
  if (options.simulate) {
    const { simulate } = await import("./simulators.ts");
    const simulated = await simulate(provider, { nodes: SIMULATED_NODES });
    const fetch = wrap(simulated.fetch);
    return new Driver({
      ...simulated.options,
      ...settings,
      ...connection,
      fetch,
    });
  }
  return new Driver({
    ...readVariables(provider, Driver, surroundings.env, settings),
    ...connection,
    fetch: wrap(surroundings.fetch),
  });
}

/**
 * Checks the id of a provider.
 *
 * @param id The id.
 * @param option Option or argument that it comes from, for the error.
 * @returns The id.
 * @throws {CommandError} If no provider of this package has the id.
 */
export async function checkProvider(
  id: string,
  option: string,
): Promise<ProviderId> {
  const { Provider } = await import("../drivers/registry.ts");
  const ids = Object.values(Provider);
  const found = ids.find((it) => it === id);
  if (found) return found;
  throw usageError(
    `${option}: no provider has the id ${JSON.stringify(id)}`,
    `use ${ids.join(", ")}`,
  );
}

/** Whether a driver reads an option from a variable. */
function hasOption({ variables = [] }: DriverClass, name: string): boolean {
  return variables.some(({ option }) => option === name);
}

/** Reads the options that the account does not have from variables. */
function readVariables(
  provider: string,
  { variables = [] }: DriverClass,
  env: Surroundings["env"],
  options: object,
): object {
  try {
    return optionsFromEnv(provider, env, variables, options);
  } catch (error) {
    // "linode: missing environment variables: LINODE_TOKEN or …"
    throw new CommandError(
      ExitCode.CREDENTIALS,
      (error as Error).message,
      "set them, or add --simulate to try the command without an account",
    );
  }
}
