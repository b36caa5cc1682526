/**
 * What the commands need from the process that they run in. Only `main.ts`
 * touches the process; tests pass their own surroundings.
 *
 * @module
 */

import type { Fetch } from "../core/mod.ts";

/** Standard output, or standard error. */
export interface Output {
  /** Whether a person reads it, and it can be overwritten. */
  readonly isTerminal: boolean;
  /** Width in characters; `undefined` if it is no terminal. */
  readonly columns?: number | undefined;
  /** Writes text as it is, without a line break. */
  write(text: string): void;
}

/** A server that runs until it is closed. */
export interface Server {
  /** URL without a trailing slash, such as `"http://127.0.0.1:8080"`. */
  readonly url: string;
  /** Stops the server, and resolves when all its connections are closed. */
  close(): Promise<void>;
}

/** Where a server listens. */
export interface ServeOptions {
  /** Address of the interface, such as `"127.0.0.1"`. */
  readonly host: string;
  /** Port; 0 is any free port. */
  readonly port: number;
}

/** The process, or what stands in for it. */
export interface Surroundings {
  /** Environment variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Results. */
  readonly stdout: Output;
  /** Errors, questions and progress. */
  readonly stderr: Output;
  /** Aborts when the user presses Ctrl-C. */
  readonly signal: AbortSignal;
  /** Sends requests to real providers. */
  readonly fetch: Fetch;
  /**
   * Asks the user for one line. Absent if no person can answer.
   *
   * @param question The question, with a space at its end.
   * @returns The line; `undefined` at the end of the input.
   */
  readonly ask?:
    | ((question: string) => Promise<string | undefined>)
    | undefined;
  /**
   * Reads a text file.
   *
   * @param path Path of the file.
   * @returns The text; `undefined` if there is no such file.
   */
  readFile(path: string): Promise<string | undefined>;
  /**
   * Appends to a text file that only the user can read. Creates it if needed.
   *
   * @param path Path of the file.
   * @param text Text to append.
   */
  appendFile(path: string, text: string): Promise<void>;
  /**
   * Runs a program without a shell, and reads its output.
   *
   * @param command Name of the program, and its arguments.
   * @returns Its standard output.
   * @throws {Error} If the program fails or cannot be started.
   */
  runProgram(command: readonly string[]): Promise<string>;
  /**
   * Serves requests over HTTP.
   *
   * @param fetch Handles the requests.
   * @param options Where to listen.
   * @returns The server, which listens already.
   */
  serve(fetch: Fetch, options: ServeOptions): Promise<Server>;
}
