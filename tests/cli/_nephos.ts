/**
 * Runs the command line in this process.
 *
 * @module
 */

import type { Fetch } from "../../core/mod.ts";
import { serveHttp } from "../../cli/http_server.ts";
import { run } from "../../cli/run.ts";
import type { Output, Surroundings } from "../../cli/surroundings.ts";

/** What a command wrote, and its exit code. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What differs from a pipe without an environment. */
export interface Setting {
  readonly env?: Readonly<Record<string, string>>;
  /** Whether both outputs are terminals. */
  readonly isTerminal?: boolean;
  readonly signal?: AbortSignal;
  readonly fetch?: Fetch;
  readonly ask?: Surroundings["ask"];
  /** Texts by path; commands can append to them. */
  readonly files?: Record<string, string>;
  readonly runProgram?: Surroundings["runProgram"];
  readonly serve?: Surroundings["serve"];
  /** Called with everything that is written, as it is written. */
  readonly onWrite?: (text: string) => void;
}

/** Fails if a command talks to a real provider. */
const noFetch: Fetch = ({ url }) =>
  Promise.reject(new Error(`unexpected request to ${url}`));

/**
 * Runs a command.
 *
 * @param args Arguments; a string is split at its spaces.
 * @param setting What differs from a pipe without an environment.
 * @returns What it wrote, and its exit code.
 */
export async function nephos(
  args: string | readonly string[],
  setting: Setting = {},
): Promise<Ended> {
  const {
    env = {},
    isTerminal = false,
    signal = new AbortController().signal,
    fetch = noFetch,
    ask,
    files = {},
    runProgram = (command) =>
      Promise.reject(new Error(`unexpected program ${command[0]}`)),
    serve = () => Promise.reject(new Error("unexpected server")),
    onWrite,
  } = setting;
  const written = { stdout: "", stderr: "" };
  const toOutput = (name: keyof typeof written): Output => ({
    isTerminal,
    columns: isTerminal ? 80 : undefined,
    write(text) {
      written[name] += text;
      onWrite?.(text);
    },
  });
  const code = await run(
    typeof args === "string" ? args.split(" ").filter(Boolean) : args,
    {
      env,
      stdout: toOutput("stdout"),
      stderr: toOutput("stderr"),
      signal,
      fetch,
      ask,
      readFile: (path) => Promise.resolve(files[path]),
      appendFile(path, text) {
        files[path] = (files[path] ?? "") + text;
        return Promise.resolve();
      },
      runProgram,
      serve,
    },
  );
  return { code, ...written };
}

/**
 * Runs `nephos simulate`, calls a function while it runs, and stops it.
 *
 * @param args Arguments after `simulate`.
 * @param use Gets the variables that the command prints.
 * @param setting What differs from a pipe without an environment.
 * @returns What the command wrote to standard error, and its exit code.
 */
export async function simulating(
  args: string,
  use: (env: Record<string, string>) => Promise<void>,
  setting: Setting = {},
): Promise<{ readonly code: number; readonly stderr: string }> {
  const controller = new AbortController();
  const { promise, resolve } = Promise.withResolvers<string>();
  const ended = nephos(`simulate ${args}`, {
    signal: controller.signal,
    serve: serveHttp,
    onWrite: (text) => text.startsWith("#") && resolve(text),
    ...setting,
  });
  const stdout = await Promise.race([promise, ended.then((it) => it.stderr)]);
  const variables = stdout.matchAll(/^export (\w+)=(.*)$/gm);
  const env = Object.fromEntries(
    [...variables].map(([, name = "", value = ""]) => [name, value]),
  );
  try {
    await use(env);
  } finally {
    controller.abort();
  }
  return await ended;
}

/** Sends requests over the network. */
export const real: Fetch = (request) => fetch(request);
