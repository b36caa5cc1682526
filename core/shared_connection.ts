/**
 * Connections that drivers of several services share.
 *
 * @module
 */

import type { Connection } from "./connection.ts";

/**
 * The connection of another driver for the same provider, instead of credentials
 * and settings. Both drivers then share the token and the budget for retries.
 */
export interface SharedConnection {
  /** Property `connection` of the other driver. */
  readonly connection: Connection;
}

/**
 * Returns the connection of a sibling, or creates one.
 *
 * @typeParam O Credentials and settings of the provider.
 * @param options What the caller passed to the constructor of the driver.
 * @param provider Id of the provider.
 * @param owner Name of the class that the caller creates, for errors.
 * @param create Creates a connection.
 * @returns The connection.
 * @throws {TypeError} If the connection leads to another provider, or if there
 *   are other options beside it.
 */
export function shareConnection<O extends object>(
  options: O | SharedConnection,
  provider: string,
  owner: string,
  create: (options: O) => Connection,
): Connection {
  const { connection, ...others } = Object(options) as SharedConnection;
  if (connection === undefined) return create(options as O);
  if (connection?.provider !== provider) {
    throw new TypeError(
      `${owner}: connection must be that of a driver for ${provider}`,
    );
  }
  const [other] = Object.entries(others)
    .filter(([, value]) => value !== undefined);
  if (other) {
    throw new TypeError(
      `${owner}: connection has its own settings; leave out ${other[0]}`,
    );
  }
  return connection;
}
