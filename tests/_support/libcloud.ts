/**
 * Apache Libcloud in a process of its own, told line by line what to do.
 *
 * @module
 */

import { assert } from "@std/assert";
import { path } from "../../tools/deno.ts";
import { PYTHON } from "./needs.ts";

/** Libcloud at work; it ends with the block that started it. */
export interface Libcloud extends AsyncDisposable {
  /**
   * Calls a function of the script.
   *
   * @param name Its name.
   * @param args What it takes by position.
   * @param options What it takes by name.
   * @returns What it returned; rejects with what it raised.
   */
  call<T = unknown>(
    name: string,
    args?: readonly unknown[],
    options?: Readonly<Record<string, unknown>>,
  ): Promise<T>;
}

/**
 * Starts a script that reads one JSON array a line, and answers with one.
 *
 * @param script The script in `tests/interop/`.
 * @param args Its arguments.
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
  const answers = lines(child.stdout);
  return {
    async call(name, args = [], options = {}) {
      const line = JSON.stringify([name, args, options]);
      await commands.write(new TextEncoder().encode(`${line}\n`));
      const { value, done } = await answers.next();
      assert(!done, `libcloud ended at ${line}`);
      const { result, error } = JSON.parse(value);
      if (error !== undefined) throw new Error(error);
      return result;
    },
    async [Symbol.asyncDispose]() {
      await commands.close();
      await answers.return(undefined);
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
