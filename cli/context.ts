/**
 * What a command that runs needs: its accounts, and a way to write its result.
 *
 * @module
 */

import type { NodeDriver } from "../core/compute/driver.ts";
import {
  type Capabilities,
  type Capability,
  supports,
} from "../core/compute/capabilities.ts";
import type { DnsDriver } from "../core/dns/driver.ts";
import type { DriverError } from "../core/compute/fleet_errors.ts";
import type { Listing } from "../core/listing.ts";
import type { CallOptions } from "../core/options.ts";
import { type Account, chooseAccounts, connect } from "./accounts.ts";
import { debugHooks } from "./debug.ts";
import {
  CommandError,
  ExitCode,
  leftBehind,
  toFailure,
  usageError,
} from "./errors.ts";
import { Gate } from "./gate.ts";
import {
  checkSelection,
  type Kind,
  type Row,
  select,
  type Selection,
  write,
} from "./output.ts";
import { Progress } from "./progress.ts";
import type { GlobalOptions } from "./root.ts";
import { COMPUTE, DNS, type Service } from "./services.ts";
import type { Surroundings } from "./surroundings.ts";

/** Prepares a command, with its options. */
export type Open = (options: GlobalOptions) => Context;

/** Options of commands that change something. */
export interface ChangeOptions {
  /** Whether nothing is to be sent. */
  readonly dryRun?: boolean | undefined;
  /** Whether the user has confirmed. */
  readonly yes?: boolean | undefined;
}

/** A change that was made. */
export interface Changed<T> {
  /** Its result. */
  readonly value: T;
}

/** A command that runs. */
export class Context {
  /** Options that all commands have. */
  readonly options: GlobalOptions;
  /** The process. */
  readonly surroundings: Surroundings;
  readonly #gate = new Gate();
  #driver: Promise<NodeDriver> | undefined;
  #dns: Promise<DnsDriver> | undefined;

  /** Prepares a command; nothing is loaded and nothing is requested. */
  constructor(options: GlobalOptions, surroundings: Surroundings) {
    this.options = options;
    this.surroundings = surroundings;
  }

  /** Options of every call: Ctrl-C, and the time limit. */
  get call(): CallOptions {
    const { timeout: timeoutMs } = this.options;
    const { signal } = this.surroundings;
    return { signal, ...timeoutMs !== undefined && { timeoutMs } };
  }

  /** Whether standard output may have colors. */
  get hasColors(): boolean {
    const { stdout, env } = this.surroundings;
    return stdout.isTerminal && !env.NO_COLOR;
  }

  /**
   * Writes a line for people to standard error.
   *
   * @param line The line.
   */
  note(line: string): void {
    if (!this.options.quiet) this.surroundings.stderr.write(`${line}\n`);
  }

  /**
   * Connects to the only account of the command.
   *
   * @returns The driver.
   * @throws {CommandError} If the command has no account, or more than one.
   */
  driver(): Promise<NodeDriver> {
    // A simulated account must be the same for all calls of a command.
    return this.#driver ??= this.#connectOne(COMPUTE);
  }

  /**
   * Connects to the only account of the command, for its zones.
   *
   * @returns The driver.
   * @throws {CommandError} If the command has no account, or more than one.
   */
  dns(): Promise<DnsDriver> {
    return this.#dns ??= this.#connectOne(DNS);
  }

  /**
   * Connects to another account, for its zones.
   *
   * @param account The provider or the profile.
   * @returns The driver.
   * @throws {CommandError} If there is no such account.
   */
  async dnsOf(
    account: { readonly provider: string } | { readonly profile: string },
  ): Promise<DnsDriver> {
    // What names the first account must not reach the other one.
    const {
      provider: _,
      profile: __,
      config,
      endpoint: ___,
      region: ____,
      ...rest
    } = this.options;
    return await this.#connectOne(
      DNS,
      "provider" in account
        ? { ...rest, provider: [account.provider] }
        : { ...rest, profile: [account.profile], ...config && { config } },
    );
  }

  /**
   * Connects to all accounts of the command.
   *
   * @returns The drivers by the name of the account, at least one.
   * @throws {CommandError} If the command has no account.
   */
  async drivers(): Promise<Readonly<Record<string, NodeDriver>>> {
    const { options, surroundings } = this;
    const drivers: Record<string, NodeDriver> = {};
    for (const account of await chooseAccounts(options, surroundings, true)) {
      drivers[account.name] ??= await this.#connect(account, COMPUTE);
    }
    return drivers;
  }

  async #connectOne<D>(
    service: Service<D>,
    options: GlobalOptions = this.options,
  ): Promise<D> {
    const { surroundings } = this;
    const accounts = await chooseAccounts(options, surroundings, false);
    const [account] = accounts;
    if (account !== undefined && accounts.length === 1) {
      return await this.#connect(account, service, options);
    }
    throw usageError(
      `this command needs one account, got ${accounts.length}`,
      'name only one, or use "nephos fleet"',
    );
  }

  #connect<D>(
    account: Account,
    service: Service<D>,
    options: GlobalOptions = this.options,
  ): Promise<D> {
    const { surroundings } = this;
    const hooks = options.debug
      ? debugHooks((line) => surroundings.stderr.write(`${line}\n`))
      : undefined;
    return connect(account, service, {
      options,
      surroundings,
      connection: { hooks, userAgent: "nephos-cli" },
      wrap: (fetch) => this.#gate.wrap(fetch),
    });
  }

  /**
   * Connects to the only account of the command, if it has a capability.
   *
   * @typeParam C Key of the capability.
   * @param capability Key of the capability.
   * @param words What the provider must have, such as `"volumes"`.
   * @returns The driver.
   * @throws {CommandError} If the provider does not have it.
   */
  async capable<C extends Capability>(
    capability: C,
    words: string,
  ): Promise<NodeDriver & Capabilities[C]> {
    const driver = await this.driver();
    if (supports(driver, capability)) return driver;
    throw unsupported(driver, words);
  }

  /**
   * Reads a list, and writes it.
   *
   * @typeParam T A record.
   * @param kind Kind of the records.
   * @param selection Records and fields to show.
   * @param read Reads the list. It is called after the selection was checked.
   */
  async list<T extends Row>(
    kind: Kind,
    selection: Selection,
    read: () => Promise<Listing<T> | readonly T[]>,
  ): Promise<void> {
    checkSelection(kind, selection);
    const rows: readonly T[] = await await read();
    await this.show(kind, select(kind, rows, selection), selection);
  }

  /**
   * Changes something at the provider. A dry run stops at the first request, so
   * that the driver has checked the values.
   *
   * @typeParam T Result of the change.
   * @param options Whether it is a dry run.
   * @param doing The change, such as `"create node web-1 at Linode"`.
   * @param run Changes it; gets the options of its calls.
   * @returns The result; `undefined` after a dry run.
   */
  async change<T>(
    { dryRun }: ChangeOptions,
    doing: string,
    run: (call: CallOptions) => Promise<T>,
  ): Promise<Changed<T> | undefined> {
    const { count } = this.#gate;
    const wasReached = () => this.#gate.count > count;
    if (dryRun) this.#gate.close();
    try {
      const value = await run({ ...this.call, ...dryRun && { retry: false } });
      if (!dryRun) return { value };
    } catch (error) {
      if (
        !dryRun && wasReached() && error === this.surroundings.signal.reason
      ) {
        throw leftBehind(
          error,
          `the request to ${doing} may have been applied`,
          "look whether it was before you run the command again",
        );
      }
      if (!dryRun || !wasReached()) throw error;
    }
    this.note(`dry run: would ${doing}; nothing was sent`);
    return undefined;
  }

  /**
   * Asks the user whether to go on, unless the command has `--yes`.
   *
   * @param options Whether the user has confirmed already.
   * @param consequence What will happen, as a sentence.
   * @throws {CommandError} If the user says no, or if there is no terminal to ask.
   */
  async confirm(
    { yes, dryRun }: ChangeOptions,
    consequence: string,
  ): Promise<void> {
    if (yes || dryRun) return;
    const { ask } = this.surroundings;
    if (ask === undefined) {
      throw usageError(
        "--yes is missing, and there is no terminal to ask for confirmation",
        `add --yes if you are sure: ${consequence}`,
      );
    }
    const answer = await ask(`${consequence}. Continue? [y/N] `);
    if (/^y(?:es)?$/i.test(answer?.trim() ?? "")) return;
    throw new CommandError(
      ExitCode.FAILED,
      "not confirmed; nothing was changed",
    );
  }

  /**
   * Shows the progress of something that takes a while.
   *
   * @typeParam T Result of the wait.
   * @param wait Waits, and reports its progress.
   * @returns The result.
   */
  async follow<T>(wait: (progress: Progress) => Promise<T>): Promise<T> {
    const { surroundings: { stderr }, options: { quiet = false } } = this;
    const progress = new Progress(stderr, quiet);
    try {
      return await wait(progress);
    } finally {
      progress.end();
    }
  }

  /**
   * Writes records, or one record, to standard output.
   *
   * @param kind Kind of the records.
   * @param result An array of records, or one record.
   * @param selection The fields to show.
   */
  async show(
    kind: Kind,
    result: Row | readonly Row[],
    selection: Selection = {},
  ): Promise<void> {
    const { hasColors, options: { output: format } } = this;
    const { stdout: output } = this.surroundings;
    await write(kind, result, selection, { output, format, hasColors });
  }
}

/**
 * Fails if accounts failed beside others that did not.
 *
 * @param errors The errors by the name of the account.
 * @throws {CommandError} If there is an error; its exit code is that of the first.
 */
export function failIfAny(errors: Readonly<Record<string, DriverError>>): void {
  const failed = Object.values(errors);
  const [first] = failed;
  if (first === undefined) return;
  throw new CommandError(
    toFailure(first.cause ?? first, "").exitCode,
    `${
      failed.length === 1 ? "1 account" : `${failed.length} accounts`
    } failed: ` +
      failed.map(({ message }) => message).join("; "),
    "the result above has only the other accounts",
    first,
  );
}

/**
 * Creates the error for a feature that the provider does not have.
 *
 * @param driver The driver.
 * @param words What is missing, such as `"volumes"`.
 * @returns The error.
 */
export function unsupported(driver: NodeDriver, words: string): Error {
  return usageError(
    `${driver.displayName} does not support ${words}`,
    "the README lists what each provider supports",
  );
}
