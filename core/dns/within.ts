/**
 * Functions that call several methods of a driver.
 *
 * @module
 */

import { Deadline } from "../deadline.ts";
import type { CallOptions } from "../options.ts";
import type { DnsDriver } from "./driver.ts";

/**
 * Runs several calls of a driver under one time limit.
 *
 * @typeParam T Result of the calls.
 * @param driver The driver, for errors.
 * @param operation Name of the function, for errors.
 * @param options Options of the caller.
 * @param run Makes the calls; receives the options for each of them.
 * @returns The result.
 * @throws {TimeoutError} If the time limit is reached.
 */
export async function within<T>(
  { provider }: DnsDriver,
  operation: string,
  options: CallOptions,
  run: (call: CallOptions) => Promise<T>,
): Promise<T> {
  const { signal, timeoutMs, headers, retry } = options;
  signal?.throwIfAborted();
  const call = { signal, headers, retry };
  // Without a limit of the caller, each request has the one of the connection.
  if (timeoutMs === undefined) return await run(call);
  return await Deadline.run(
    { signal, timeoutMs },
    { provider, operation },
    (deadline) => run({ ...call, signal: deadline.signal }),
  );
}
