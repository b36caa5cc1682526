/**
 * Apache Libcloud in a child process that executes commands from its input.
 *
 * @module
 */

import { assert } from "@std/assert";
import { path } from "../../tools/deno.ts";
import { PYTHON } from "./needs.ts";

/** A process of Libcloud. Declare it with `await using`. */
export interface Libcloud extends AsyncDisposable {
  /**
   * Calls a function of the script.
   *
   * @param name Name of the function.
   * @param args Positional arguments.
   * @param options Keyword arguments.
   * @returns The result. The promise rejects with the exception of the function.
   */
  call<T = unknown>(
    name: string,
    args?: readonly unknown[],
    options?: Readonly<Record<string, unknown>>,
  ): Promise<T>;
}

/**
 * Starts a script that reads one JSON array per line and writes one for each.
 *
 * @param script File name of the script in `tests/interop/`.
 * @param args Arguments of the script.
 * @returns The process.
 */
export function startLibcloud(
  script: string,
  args: readonly string[],
): Libcloud {
  const child = new Deno.Command(PYTHON, {
    args: [path(`tests/interop/${script}`), ...args],
    env: { PYTHONIOENCODING: "utf-8", PYTHONDONTWRITEBYTECODE: "1" },
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const commands = child.stdin.getWriter();
  const results = lines(child.stdout);
  return {
    async call(name, args = [], options = {}) {
      const line = JSON.stringify([name, args, options]);
      await commands.write(new TextEncoder().encode(`${line}\n`));
      const { value, done } = await results.next();
      assert(!done, `Libcloud exited during ${line}`);
      const { result, error } = JSON.parse(value);
      if (error !== undefined) throw new Error(error);
      return result;
    },
    async [Symbol.asyncDispose]() {
      await commands.close();
      await results.return(undefined);
      await child.status;
    },
  };
}

async function* lines(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string, undefined> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
  return undefined;
}
