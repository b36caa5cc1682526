/**
 * Errors of the command line, exit codes, and the words for failures.
 *
 * @module
 */

import { CommanderError } from "npm:@commander-js/extra-typings@15.1.0";
import {
  ApiError,
  CloudError,
  InvalidCredsError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitReachedError,
  ValidationError,
} from "../core/errors.ts";
import { nodeOf } from "../core/compute/errors.ts";
import { formatMs } from "../core/message.ts";

/** Exit codes, for scripts. `docs/command-line.md` describes them. */
export const ExitCode = {
  /** The command did what it should. */
  OK: 0,
  /** The provider failed, or the command was not confirmed. */
  FAILED: 1,
  /** The command is written wrongly. */
  USAGE: 2,
  /** What the command is about does not exist. */
  NOT_FOUND: 3,
  /** The credentials are missing or invalid, or do not permit the request. */
  CREDENTIALS: 4,
  /** The command failed, and may have created or changed something. */
  MAY_BE_APPLIED: 5,
  /** Ctrl-C, and nothing was changed. */
  INTERRUPTED: 130,
} as const;

/** An exit code. */
export type ExitCode = typeof ExitCode[keyof typeof ExitCode];

/** A failure that the command line itself finds. */
export class CommandError extends Error {
  /** Name of the class. */
  override readonly name = "CommandError";

  /**
   * Creates an error.
   *
   * @param exitCode Exit code of the command.
   * @param message What is wrong, without a full stop.
   * @param hint What to type instead, or what to do next.
   * @param cause The error that caused this error.
   */
  constructor(
    readonly exitCode: ExitCode,
    message: string,
    readonly hint?: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}

/**
 * Creates the error for a command that is written wrongly.
 *
 * @param message What is wrong, without a full stop.
 * @param hint What to type instead.
 * @returns The error.
 */
export function usageError(message: string, hint?: string): CommandError {
  return new CommandError(ExitCode.USAGE, message, hint);
}

/**
 * Creates the error for a command that failed after it had created something.
 *
 * @param cause Why the command failed.
 * @param left What exists now, such as `"node web-1 (7) exists, and is billed"`.
 * @param hint How to see or remove it.
 * @returns The error.
 */
export function leftBehind(
  cause: unknown,
  left: string,
  hint: string,
): CommandError {
  const message = `${messageOf(cause)}; ${left}`;
  return new CommandError(ExitCode.MAY_BE_APPLIED, message, hint, cause);
}

/** A failure, as `-o json` prints it. */
export interface Failure {
  /** What went wrong, in one line. */
  readonly message: string;
  /** What to do next. */
  readonly hint?: string | undefined;
  /** Class of the error. */
  readonly name: string;
  /** Exit code of the command. */
  readonly exitCode: ExitCode;
  /** Id of the provider. */
  readonly provider?: string | undefined;
  /** HTTP status. */
  readonly status?: number | undefined;
  /** The provider's own code. */
  readonly code?: string | undefined;
  /** The provider's id of the request. */
  readonly requestId?: string | undefined;
  /** Whether a write may have succeeded despite the error. */
  readonly mayHaveBeenApplied?: boolean | undefined;
}

/**
 * Describes an error for the user.
 *
 * @param error Any thrown value.
 * @param command Words of the command, such as `"nodes list"`.
 * @returns The failure.
 */
export function toFailure(error: unknown, command: string): Failure {
  const exitCode = exitCodeOf(error);
  const prefix = error instanceof CommanderError && command !== ""
    ? `${command}: `
    : "";
  return {
    message: prefix + messageOf(error),
    hint: hintOf(error, command),
    name: error instanceof Error ? error.name : "Error",
    exitCode,
    ...CloudError.is(error) && {
      provider: error.provider,
      mayHaveBeenApplied: error.mayHaveBeenApplied,
    },
    ...ApiError.is(error) && {
      status: error.status,
      code: error.code,
      requestId: error.requestId,
    },
  };
}

function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommandError) return error.exitCode;
  if (error instanceof CommanderError) return ExitCode.USAGE;
  if (NotFoundError.is(error)) return ExitCode.NOT_FOUND;
  if (InvalidCredsError.is(error) || PermissionDeniedError.is(error)) {
    return ExitCode.CREDENTIALS;
  }
  if (CloudError.is(error) && error.mayHaveBeenApplied) {
    return ExitCode.MAY_BE_APPLIED;
  }
  if (hasLeftNode(error)) return ExitCode.MAY_BE_APPLIED;
  if (isAbort(error)) return ExitCode.INTERRUPTED;
  return isMistake(error) ? ExitCode.USAGE : ExitCode.FAILED;
}

/** Whether a node exists although a deployment failed. */
function hasLeftNode(error: unknown): boolean {
  const { isDestroyed } = Object(error) as { readonly isDestroyed?: boolean };
  return nodeOf(error) !== undefined && isDestroyed !== true;
}

/** Whether the library refused a value before any request. */
function isMistake(error: unknown): boolean {
  return (error instanceof TypeError || error instanceof RangeError) &&
    // Its messages begin with the method or the class.
    /^\w+: /.test(error.message);
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}

function messageOf(error: unknown): string {
  if (error instanceof CommanderError) {
    // "error: unknown option '--siz'\n(Did you mean --size?)"
    return error.message
      .replace(/^error: /, "")
      .replace(/\n\(Did you mean (.*)\?\)$/s, "; did you mean $1?")
      .replace(/^command-argument /, "")
      .replace(/\. Expected /, "; expected ")
      .replace(/\. (?:Allowed choices are|Use) /, "; use ")
      .replace(/\.$/, "");
  }
  if (isAbort(error) && !CloudError.is(error)) return "interrupted";
  return error instanceof Error ? error.message : String(error);
}

function hintOf(error: unknown, command: string): string | undefined {
  if (error instanceof CommandError) return error.hint;
  if (error instanceof CommanderError || isMistake(error)) {
    return `run "${["nephos", command, "--help"].filter(Boolean).join(" ")}"`;
  }
  if (InvalidCredsError.is(error)) {
    return "check that the credentials are valid, and for this provider";
  }
  if (PermissionDeniedError.is(error)) {
    return "use credentials that permit this request";
  }
  if (
    (ValidationError.is(error) || NotFoundError.is(error)) &&
    /^(?:create|deploy)Node$/.test(`${error.operation}`)
  ) {
    return 'the values are in "nephos sizes list", "nephos images list" and ' +
      '"nephos locations list"';
  }
  if (NotFoundError.is(error)) {
    const list = listFor(error.operation ?? "");
    return list && `run "nephos ${list}"`;
  }
  if (RateLimitReachedError.is(error)) {
    const { retryAfterMs } = error;
    return `try again ${
      retryAfterMs === undefined ? "later" : `in ${formatMs(retryAfterMs)}`
    }`;
  }
  if (hasLeftNode(error)) {
    return `run "nephos nodes destroy ${
      nodeOf(error)?.id
    }" if you do not need it`;
  }
  if (CloudError.is(error) && error.mayHaveBeenApplied) {
    return "look whether it was applied before you run the command again";
  }
  return undefined;
}

/** Records in the names of methods, and the commands that list them. */
const LISTS: readonly (readonly [word: RegExp, command: string])[] = [
  [/Snapshot/, "snapshots list"],
  [/Volume/, "volumes list"],
  [/KeyPair/, "keys list"],
  [/Image/, "images list"],
  [/Node/, "nodes list"],
  [/^find$/, "fleet list"],
  // A command can miss only the zone.
  [/Zone|RecordSet/, "dns zones"],
];

/** The command that lists the records of a method, such as `getImage`. */
function listFor(operation: string): string | undefined {
  return LISTS.find(([word]) => word.test(operation))?.[1];
}
