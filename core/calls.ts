/**
 * Calls that take several requests: polling, and sequences under one time limit.
 *
 * @module
 */

import { checkNumber } from "./check.ts";
import { Deadline, type Limited } from "./deadline.ts";
import {
  AbortedError,
  type ApiError,
  CloudError,
  isTransient,
} from "./errors.ts";
import { oneLine } from "./message.ts";
import type { CallOptions } from "./options.ts";

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
  /**
   * Whether the method creates something, although its response does not
   * contain what. Then an abort after it is an `AbortedError`.
   *
   * @default {false}
   */
  readonly creates?: boolean | undefined;
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
  /**
   * Adds a result of the change to later errors.
   *
   * @typeParam T Type of the result.
   * @param created Property of later errors that holds the result, such as
   *   `"image"`.
   * @param result The result.
   * @returns The result.
   */
  keep<T>(created: string, result: T): T;
  /**
   * Calls `check` until `check` returns a value other than `undefined`. Failures
   * of the provider or the connection only delay the next check.
   */
  poll<T>(check: (call: O) => Promise<T | undefined>): Promise<T>;
}

/**
 * Sends several requests under one time limit. At most one of the requests may
 * change something. If a later request fails, the error says that the provider
 * accepted the change. The error also holds the result, if `write()` got the
 * name of a property for it.
 *
 * If the caller aborts, the promise rejects with the reason of the abort. If
 * something was created before, it rejects with an `AbortedError`, which holds
 * the result.
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
  { provider, operation, creates }: Operation,
  options: O,
  run: (sequence: Sequence<O>) => Promise<T>,
): Promise<T> {
  const { signal, timeoutMs, intervalMs } = options;
  checkNumber(intervalMs, operation, "intervalMs");
  const about = { provider, operation };
  const checks = new Checks();
  const limited = {
    ...about,
    mayHaveBeenApplied: false,
    describe: () => checks.describe(),
  };
  let created: Created | undefined;
  try {
    return await Deadline.run({ signal, timeoutMs }, limited, (deadline) => {
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
          return result;
        },
        keep(property, result) {
          // The latest result is the first property, which messages name.
          created = { [property]: result, ...created };
          return result;
        },
        poll: (check) => checks.poll(deadline, () => check(call), intervalMs),
      });
    });
  } catch (error) {
    throw created
      ? afterWrite({ ...about, creates }, created, error, signal)
      : error;
  }
}

/** The result of a write, under the name of its property, if it has one. */
type Created = Readonly<Record<string, unknown>>;

/** Creates the error for a failure after the provider accepted a change. */
function afterWrite(
  { provider, operation, creates }: Operation,
  created: Created,
  error: unknown,
  signal: AbortSignal | undefined,
): unknown {
  const fate = `${describe(created)} was accepted before that`;
  if (signal?.aborted && error === signal.reason) {
    const isNamed = Object.keys(created).length > 0;
    // The time limit of a method that called this one is not an abort.
    if (!isNamed && Deadline.isTimeout(error)) {
      return Object.assign(error as Error, { mayHaveBeenApplied: true });
    }
    // A change of something that the caller knows leaves nothing unknown.
    if (!isNamed && !creates) return error;
    return new AbortedError(`${operation}: aborted; ${fate}`, {
      provider,
      operation,
      mayHaveBeenApplied: true,
      cause: error,
      ...created,
    });
  }
  if (!CloudError.is(error)) return error;
  error.message += `; ${fate}`;
  return Object.assign(error, { mayHaveBeenApplied: true }, created);
}

/**
 * Calls `check` until `check` returns a value other than `undefined`. The
 * default time limit is 10 minutes. Failures of the provider or the connection,
 * such as 503 and 429, only delay the next check.
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
  const checks = new Checks(about.describe);
  const limited = { ...about, describe: () => checks.describe() };
  return await Deadline.run({ signal, timeoutMs }, limited, (deadline) => {
    const call = { ...options, signal: deadline.signal, timeoutMs: undefined };
    return checks.poll(deadline, () => check(call), intervalMs);
  });
}

/** Repeated checks that outlive failures of the provider. */
class Checks {
  readonly #describeState: Limited["describe"];
  #failure: CloudError | undefined;

  constructor(describeState?: Limited["describe"]) {
    this.#describeState = describeState;
  }

  /** Describes the state at the last check, for the message of a timeout. */
  describe(): string {
    const failure = this.#failure &&
      `last check failed: ${toReason(this.#failure)}`;
    return [this.#describeState?.(), failure].filter(Boolean).join("; ");
  }

  async poll<T>(
    deadline: Deadline,
    check: () => Promise<T | undefined>,
    intervalMs: number | undefined,
  ): Promise<T> {
    return await deadline.poll(async () => {
      try {
        const found = await check();
        this.#failure = undefined;
        return found;
      } catch (error) {
        // The deadline itself, or a failure that a later check cannot mend.
        if (deadline.signal.aborted || !isTransient(error)) throw error;
        this.#failure = error as CloudError;
        await deadline.sleep((error as Partial<ApiError>).retryAfterMs ?? 0);
        return undefined;
      }
    }, intervalMs);
  }
}

/** Message of an error, without the name of the method at its beginning. */
export function toReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { operation } = error as { operation?: unknown };
  const prefix = `${operation}: `;
  return error.message.startsWith(prefix)
    ? error.message.slice(prefix.length)
    : error.message;
}

/** Names the result of a change, such as `"node 123"`. */
function describe(created: Readonly<Record<string, unknown>>): string {
  const [named] = Object.entries(created);
  const { id } = Object(named?.[1]) as { readonly id?: unknown };
  return named && id !== undefined
    ? `${named[0]} ${oneLine(String(id))}`
    : "the change";
}
