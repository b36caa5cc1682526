/**
 * What each driver has in `tests/conformance/<id>.ts`: its conformance subject,
 * facts for property tests, and a simulated account with short pages and no
 * delays.
 *
 * @module
 */

import type { ConnectionOptions, Fetch } from "../../core/mod.ts";
import type { Node, NodeDriver } from "../../core/compute/mod.ts";
import { Provider, type ProviderId } from "../../drivers/registry.ts";
import type { ComputeSubject } from "../../testing/mod.ts";
import type { Cloud } from "./clouds.ts";

/** Number of nodes, and the largest page that the provider sends. */
export interface AccountOptions {
  readonly nodes: number;
  readonly largestPage: number;
}

/** A simulated account. */
export interface Account {
  /** Sends a request to the simulator. */
  readonly fetch: Fetch;
  /** Creates a driver; `fetch` replaces that of the account. */
  connect(options?: ConnectionOptions): NodeDriver<Node>;
}

/** Exports of `tests/conformance/<id>.ts`. */
export interface Conformance {
  readonly subject: ComputeSubject;
  readonly cloud: Cloud;
  readonly account: (options: AccountOptions) => Account;
}

/** The exports of `tests/conformance/<id>.ts`, by id of the provider. */
export const CONFORMANCE: Readonly<Record<ProviderId, Conformance>> = Object
  .fromEntries(
    await Promise.all(
      Object.values(Provider).map(async (id) => [id, await load(id)]),
    ),
  );

async function load(id: ProviderId): Promise<Conformance> {
  const module: Conformance = await import(`../conformance/${id}.ts`);
  for (const name of ["subject", "cloud", "account"]) {
    if (name in module) continue;
    throw new TypeError(`tests/conformance/${id}.ts must export ${name}`);
  }
  return module;
}

/** Opens an account, by id of the provider. */
export const ACCOUNTS: Readonly<Record<string, Conformance["account"]>> = Object
  .fromEntries(
    Object.entries(CONFORMANCE).map(([id, { account }]) => [id, account]),
  );
