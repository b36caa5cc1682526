/**
 * Calls that take several requests: polling, and sequences under one time limit.
 *
 * @module
 */

import { checkNumber } from "./check.ts";
import type { CallOptions } from "./options.ts";
import { Deadline, type Limited } from "./deadline.ts";
import { CloudError } from "./errors.ts";
import { oneLine } from "./message.ts";

/** Default time limit of calls that wait for a provider: 10 minutes. */
export const WAIT_MS = 600_000;

/** Options of calls that check repeatedly until something is done. */
export interface PollOptions extends CallOptions {
  /**
   * First delay between two checks in milliseconds. Later delays grow up to 10
   * times this value.
   *
   * @default {1000}
   */
  readonly intervalMs?: number | undefined;
}

/** The driver's method, for errors. */
export interface Operation {
  /** Id of the provider. */
  readonly provider: string;
  /** Method of the driver, such as `"createImage"`. */
  readonly operation: string;
}

/**
 * Several requests under one time limit; see {@linkcode sequence}.
 *
 * @typeParam O Options of the call.
 */
export interface Sequence<O extends PollOptions = PollOptions> {
  /** Options for each request: those of the caller, without a time limit. */
  readonly call: O;
  /** Cancels everything if the time limit is reached or the caller aborts. */
  readonly deadline: Deadline;
  /**
   * Sends the request that changes something. Call this method at most once.
   * After it, `mayHaveBeenApplied` of every `CloudError` of the call is `true`.
   *
   * @typeParam T Result of the request.
   * @param send Sends the request.
   * @param created Property of later errors that holds the result, such as
   *   `"node"`.
   * @returns The result of `send`.
   */
  write<T>(send: (call: O) => Promise<T>, created?: string): Promise<T>;
  /** Calls `check` until `check` returns a value other than `undefined`. */
  poll<T>(check: (call: O) => Promise<T | undefined>): Promise<T>;
}

/**
 * Sends several requests under one time limit. At most one of the requests may
 * change something. If a later request fails, the error says that the provider
 * accepted the change. The error also holds the result, if `write()` got the
 * name of a property for it.
 *
 * @typeParam O Options of the call.
 * @typeParam T Result of the call.
 * @param about The driver's method.
 * @param options Options of the caller.
 * @param run Sends the requests.
 * @returns The result of `run`.
 * @throws {RangeError} If `intervalMs` or `timeoutMs` is out of range.
 * @throws {TimeoutError} If the time limit is reached.
 */
export async function sequence<O extends PollOptions, T>(
  { provider, operation }: Operation,
  options: O,
  run: (sequence: Sequence<O>) => Promise<T>,
): Promise<T> {
  const { signal, timeoutMs, intervalMs } = options;
  checkNumber(intervalMs, operation, "intervalMs");
  const limited = { provider, operation, mayHaveBeenApplied: false };
  let created: Readonly<Record<string, unknown>> | undefined;
  try {
    return await Deadline.run(
      { signal, timeoutMs },
      limited,
      (deadline) => {
        const call = {
          ...options,
          signal: deadline.signal,
          timeoutMs: undefined,
        };
        return run({
          call,
          deadline,
          async write(send, property) {
            limited.mayHaveBeenApplied = true;
            const result = await send(call);
            created = property === undefined ? {} : { [property]: result };
            Object.assign(limited, created);
            return result;
          },
          poll: (check) => deadline.poll(() => check(call), intervalMs),
        });
      },
    );
  } catch (error) {
    // If the caller aborts, the reason is the caller's own and is not changed.
    if (created && CloudError.is(error) && !signal?.aborted) {
      error.message += `; ${describe(created)} was accepted before that`;
      Object.assign(error, { mayHaveBeenApplied: true }, created);
    }
    throw error;
  }
}

/**
 * Calls `check` until `check` returns a value other than `undefined`. The
 * default time limit is 10 minutes.
 *
 * @typeParam O Options of the call.
 * @typeParam T Type of the value.
 * @param about The driver's method, and the state that a timeout reports.
 * @param options Options of the caller.
 * @param check Checks once; receives the options for its requests.
 * @returns The value.
 * @throws {RangeError} If `intervalMs` or `timeoutMs` is out of range.
 * @throws {TimeoutError} If the time limit is reached.
 */
export async function poll<O extends PollOptions, T>(
  about: Operation & Pick<Limited, "describe">,
  options: O,
  check: (call: O) => Promise<T | undefined>,
): Promise<T> {
  const { signal, timeoutMs = WAIT_MS, intervalMs } = options;
  checkNumber(intervalMs, about.operation, "intervalMs");
  return await Deadline.run({ signal, timeoutMs }, about, (deadline) => {
    const call = { ...options, signal: deadline.signal, timeoutMs: undefined };
    return deadline.poll(() => check(call), intervalMs);
  });
}

/** Names the result of a change, such as `"node 123"`. */
function describe(created: Readonly<Record<string, unknown>>): string {
  const [named] = Object.entries(created);
  const { id } = Object(named?.[1]) as { readonly id?: unknown };
  return named && id !== undefined
    ? `${named[0]} ${oneLine(String(id))}`
    : "the change";
}
