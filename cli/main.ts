#!/usr/bin/env node
/**
 * The command line, for a terminal and for scripts.
 *
 * ```sh
 * npx @nephos/nephos nodes list --provider nephoscale --simulate
 * ```
 *
 * This module is a program: to import it is to run it. Only this module touches
 * the process.
 *
 * @module
 */

import { execFile } from "node:child_process";
import { appendFile, readFile } from "node:fs/promises";
import process from "node:process";
import { createInterface } from "node:readline";
import type { Fetch } from "../core/options.ts";
import { run } from "./run.ts";
import { ExitCode } from "./errors.ts";
import type {
  Output,
  ServeOptions,
  Server,
  Surroundings,
} from "./surroundings.ts";

const interrupt = new AbortController();

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    // The second time, the user does not want to wait for the first to end.
    if (interrupt.signal.aborted) process.exit(ExitCode.INTERRUPTED);
    interrupt.abort();
  });
}

// The reader of a pipe, such as `head`, may end first.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(ExitCode.OK);
  throw error;
});

function toOutput(stream: NodeJS.WriteStream): Output {
  return {
    isTerminal: stream.isTTY === true,
    get columns() {
      return stream.columns;
    },
    write: (text) => void stream.write(text),
  };
}

function ask(question: string): Promise<string | undefined> {
  const { stdin: input, stderr: output } = process;
  // With `terminal`, Ctrl-C would be a key and not a signal.
  const lines = createInterface({ input, output, terminal: false });
  const { signal } = interrupt;
  return new Promise<string | undefined>((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    lines.once("close", () => resolve(undefined));
    output.write(question);
    lines.once("line", resolve);
  }).finally(() => lines.close());
}

function runProgram([name = "", ...args]: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      name,
      args,
      { signal: interrupt.signal },
      (error, stdout) => {
        if (error) reject(error);
        else resolve(stdout);
      },
    );
    child.stderr?.pipe(process.stderr);
  });
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

async function serve(fetch: Fetch, options: ServeOptions): Promise<Server> {
  const { serveHttp } = await import("./http_server.ts");
  return await serveHttp(fetch, options);
}

const surroundings: Surroundings = {
  env: process.env,
  stdout: toOutput(process.stdout),
  stderr: toOutput(process.stderr),
  signal: interrupt.signal,
  fetch: (request) => fetch(request),
  ask: process.stdin.isTTY && process.stderr.isTTY ? ask : undefined,
  readFile: readText,
  appendFile: (path, text) => appendFile(path, text, { mode: 0o600 }),
  runProgram,
  serve,
};

process.exitCode = await run(process.argv.slice(2), surroundings);
