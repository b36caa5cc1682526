/**
 * The accounts of a command: which providers it talks to, and with which
 * credentials.
 *
 * @module
 */

import type { ConnectionOptions, Fetch } from "../core/options.ts";
import { optionsFromEnv } from "../core/environment.ts";
import { CommandError, ExitCode, usageError } from "./errors.ts";
import {
  type Profile,
  type Profiles,
  readCredential,
  readProfiles,
} from "./profiles.ts";
import type { GlobalOptions } from "./root.ts";
import type { DriverClass, Service } from "./services.ts";
import type { Surroundings } from "./surroundings.ts";

/** Options of all drivers that have no variable. */
const SETTINGS = ["baseUrl", "allowInsecure"];

/** Where options come from that the command has, too. */
const FLAGS: Readonly<Record<string, string>> = {
  baseUrl: "--endpoint, NEPHOS_ENDPOINT, or baseUrl in the profile",
  region: "--region, the variable with the region, or the profile",
};

/** An account, before its driver is created. */
export interface Account extends Profile {
  /** Name in lists of several accounts. */
  readonly name: string;
  /** Where the account comes from, for messages. */
  readonly place: string;
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

/**
 * Chooses the accounts of a command: those that its options name, else those
 * that variables name, else those of the file with profiles.
 *
 * @param options Options of the command.
 * @param surroundings Variables of the environment, and the file.
 * @param takesAll Whether the command takes several accounts, and without a
 *   choice all of them.
 * @returns The accounts, at least one.
 * @throws {CommandError} If none is chosen, or a profile does not exist.
 */
export async function chooseAccounts(
  options: GlobalOptions,
  surroundings: Surroundings,
  takesAll: boolean,
): Promise<Account[]> {
  const { NEPHOS_PROFILE, NEPHOS_PROVIDER } = surroundings.env;
  const ofProvider = (id: string) => toAccount(id, surroundings.env);
  checkCombinations(options);
  if (options.provider) return options.provider.map(ofProvider);
  const file = await readProfiles(surroundings, options.config);
  const byName = (name: string) => ofProfile(file, name);
  if (options.profile) return options.profile.map(byName);
  if (NEPHOS_PROFILE) return [byName(NEPHOS_PROFILE)];
  if (NEPHOS_PROVIDER) return [ofProvider(NEPHOS_PROVIDER)];
  const names = Object.keys(file.profiles);
  if (takesAll && names.length > 0) return names.map(byName);
  if (takesAll && options.simulate) {
    const { SIMULATED } = await import("./simulators.ts");
    return SIMULATED.map(ofProvider);
  }
  const name = file.default ?? (names.length === 1 ? names[0] : undefined);
  if (name !== undefined) return [byName(name)];
  throw usageError(
    "--provider is missing",
    names.length > 0
      ? `add --profile ${
        names.join(" or --profile ")
      }, or set default in ${file.path}`
      : "add for example --provider digitalocean, or set NEPHOS_PROVIDER",
  );
}

/** Refuses options that contradict each other. */
function checkCombinations(
  { provider, profile, config, endpoint, simulate }: GlobalOptions,
): void {
  if (provider && (profile || config !== undefined)) {
    throw usageError(
      `--provider and ${profile ? "--profile" : "--config"} cannot be combined`,
      "leave one out: a profile names its provider",
    );
  }
  if (endpoint === undefined) return;
  if (simulate) {
    throw usageError(
      "--simulate and --endpoint cannot be combined",
      "leave one out: a simulated account has no address",
    );
  }
  // The credentials of other accounts must not be sent there.
  if ((provider ?? profile)?.length !== 1) {
    throw usageError(
      "--endpoint is for one account",
      "add one --provider or --profile, or set baseUrl in profiles",
    );
  }
}

/** The account of a provider, whose variables have the credentials. */
function toAccount(provider: string, env: Surroundings["env"]): Account {
  const { NEPHOS_PROVIDER, NEPHOS_ENDPOINT: baseUrl } = env;
  // The credentials of another provider must not be sent to this endpoint.
  const hasEndpoint = baseUrl && provider === NEPHOS_PROVIDER;
  return {
    name: provider,
    place: "--provider",
    provider,
    credentials: {},
    settings: hasEndpoint ? { baseUrl } : {},
  };
}

function ofProfile({ path, profiles }: Profiles, name: string): Account {
  if (Object.hasOwn(profiles, name)) {
    const place = `${path}: profiles.${name}`;
    return { name, place, ...profiles[name]! };
  }
  const names = Object.keys(profiles);
  throw usageError(
    `--profile: there is no profile ${JSON.stringify(name)} in ${path}`,
    names.length > 0 ? `use ${names.join(", ")}` : "add it to the file",
  );
}

/**
 * Creates the driver of an account. A simulated account has the same driver.
 *
 * @typeParam D A driver of the service.
 * @param account The account.
 * @param service The service of the driver.
 * @param options How to connect.
 * @returns The driver.
 * @throws {CommandError} If the provider is unknown, or credentials are missing.
 */
export async function connect<D>(
  account: Account,
  service: Service<D>,
  { options, surroundings, connection, wrap }: ConnectOptions,
): Promise<D> {
  const { provider } = account;
  const { ids, getDriver } = await service.load();
  checkProvider(provider, account.place, service.noun, ids);
  const Driver = await getDriver(provider);
  checkOptions(account, Driver);
  const flags = toFlags(provider, Driver, options);
  if (options.simulate) {
    const simulated = await service.simulate(provider);
    const fetch = wrap(simulated.fetch);
    return create(account, Driver, {
      ...simulated.options,
      ...flags,
      ...connection,
      fetch,
    });
  }
  const settings: Record<string, unknown> = { ...account.settings, ...flags };
  for (const [name, source] of Object.entries(account.credentials)) {
    const place = `${account.place}.credentials.${name}`;
    settings[name] = await readCredential(surroundings, source, place);
  }
  return create(account, Driver, {
    ...readVariables(provider, Driver, surroundings.env, settings),
    ...connection,
    fetch: wrap(surroundings.fetch),
  });
}

/** Creates a driver; says where an option comes from if the driver refuses it. */
function create<D>(
  { name, provider, credentials, place }: Account,
  Driver: DriverClass<D>,
  options: object,
): D {
  try {
    return new Driver(options);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    // "LinodeNodeDriver: token must be a string"
    const problem = error.message.replace(/^\w+: /, "");
    const [option = ""] = problem.split(" ");
    const sources = FLAGS[option];
    if (sources !== undefined) {
      throw usageError(`${name}: ${problem}`, `check ${sources}`);
    }
    const variable = Driver.variables?.find((it) => it.option === option);
    const source = Object.hasOwn(credentials, option)
      ? `${place}.credentials.${option}`
      : variable?.names.join(" or ") ??
        `the variables of ${provider}, or the profile`;
    throw new CommandError(
      ExitCode.CREDENTIALS,
      `${name}: ${problem}`,
      `check ${source}`,
      error,
    );
  }
}

/** Options of the driver that are options of the command, too. */
function toFlags(
  provider: string,
  Driver: DriverClass<unknown>,
  { endpoint, region }: GlobalOptions,
): object {
  if (region !== undefined && !namesOf(Driver).includes("region")) {
    throw usageError(`--region: ${provider} has no regions`, "leave it out");
  }
  return {
    ...endpoint !== undefined && { baseUrl: endpoint },
    ...region !== undefined && { region },
  };
}

/** Refuses options in a profile that the driver does not have. */
function checkOptions(
  { place, credentials, settings }: Account,
  Driver: DriverClass<unknown>,
): void {
  const known = [...namesOf(Driver), ...SETTINGS];
  for (const [part, options] of Object.entries({ credentials, settings })) {
    const unknown = Object.keys(options).find((name) => !known.includes(name));
    if (unknown !== undefined) {
      throw usageError(
        `${place}.${part}.${unknown} is unknown`,
        `use ${known.join(", ")}`,
      );
    }
  }
}

/** Refuses the id of a provider that does not have the service. */
function checkProvider(
  id: string,
  place: string,
  noun: string,
  ids: readonly string[],
): void {
  if (ids.includes(id)) return;
  throw usageError(
    `${place}: no ${noun} has the id ${JSON.stringify(id)}`,
    `use ${ids.join(", ")}`,
  );
}

/** Names of the options that a driver reads from variables. */
function namesOf({ variables = [] }: DriverClass<unknown>): string[] {
  return variables.map(({ option }) => option);
}

/** Reads the options that the account does not have from variables. */
function readVariables(
  provider: string,
  { variables = [] }: DriverClass<unknown>,
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
      "set them, use --profile, or add --simulate to try the command without an account",
    );
  }
}
