/**
 * The accounts of the fleet page, from the variables of the platform.
 *
 * @module
 */

import type { NodeDriver } from "../core/compute/driver.ts";
import {
  createDriverFromEnv,
  getDriver,
  Provider,
  type ProviderId,
} from "../drivers/registry.ts";

/** An account without a driver. */
export interface UnusableAccount {
  /** Id of the provider. */
  readonly provider: string;
  /** Why there is no driver, such as a variable that is missing. */
  readonly error: string;
}

/** Accounts by name. */
export interface Accounts {
  /** The drivers. */
  readonly drivers: Readonly<Record<string, NodeDriver>>;
  /** The accounts whose variables are incomplete or invalid. */
  readonly unusable?: Readonly<Record<string, UnusableAccount>> | undefined;
  /** Whether the accounts are simulators. */
  readonly isSimulated?: boolean | undefined;
}

/**
 * Opens the accounts whose variables are set.
 *
 * - The variables of a provider, such as `DIGITALOCEAN_TOKEN`, make the account
 *   with the id of the provider: `digitalocean`.
 * - The same variables behind a name and two underscores, such as
 *   `PROD__DIGITALOCEAN_TOKEN`, make a further account: `prod-digitalocean`.
 * - A provider has an account if the first variable in the `variables` of its
 *   driver is set. If others are missing, the page shows the account as failed.
 *
 * @param env The variables.
 * @returns The accounts; simulators if no variable of a provider is set.
 */
export async function openAccounts(env: object): Promise<Accounts> {
  const drivers: Record<string, NodeDriver> = {};
  const unusable: Record<string, UnusableAccount> = {};
  for (const [prefix, variables] of groupByPrefix(env)) {
    for (const provider of await providersOf(variables)) {
      const name = prefix ? `${prefix}-${provider}` : provider;
      try {
        drivers[name] = await createDriverFromEnv(provider, variables);
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
        unusable[name] = { provider, error: error.message };
      }
    }
  }
  const count = Object.keys({ ...drivers, ...unusable }).length;
  if (count > 0) return { drivers, unusable };
  const { simulateAccounts } = await import("./_simulated.ts");
  return await simulateAccounts();
}

/** Groups `PROD__TOKEN` under `prod`, and variables without a name under `""`. */
function groupByPrefix(env: object): Map<string, Record<string, unknown>> {
  const groups = new Map<string, Record<string, unknown>>();
  for (const [variable, value] of Object.entries(env)) {
    const [, name = "", rest = variable] = /^(.+?)__(.+)$/.exec(variable) ?? [];
    const prefix = name.toLowerCase().replaceAll("_", "-");
    const group = groups.get(prefix) ?? {};
    groups.set(prefix, { ...group, [rest]: value });
  }
  return groups;
}

/** The providers whose first variable is set. */
async function providersOf(
  variables: Readonly<Record<string, unknown>>,
): Promise<ProviderId[]> {
  const ids = await Promise.all(
    Object.values(Provider).map(async (id) => {
      const [first] = (await getDriver(id)).variables;
      return first?.names.some((name) => variables[name]) ? [id] : [];
    }),
  );
  return ids.flat();
}
