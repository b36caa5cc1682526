/**
 * A simulated account of each provider, with short pages and no delays.
 *
 * @module
 */

import type { ConnectionOptions, Fetch } from "../../core/mod.ts";
import type { Node, NodeDriver } from "../../core/compute/mod.ts";
import { Provider } from "../../drivers/registry.ts";

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

/**
 * Opens an account, by id of the provider. The functions are in
 * `tests/conformance/<id>.ts`.
 */
export const ACCOUNTS: Readonly<
  Record<string, (options: AccountOptions) => Account>
> = Object.fromEntries(
  await Promise.all(
    Object.values(Provider).map(async (id) => {
      const { account } = await import(`../conformance/${id}.ts`);
      return [id, account];
    }),
  ),
);
