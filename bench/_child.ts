/**
 * Child processes that answer a line with a line.
 *
 * @module
 */

/** A child process; leaving the block that opened it ends it. */
export interface Child extends AsyncDisposable {
  /** Reads the next line that it prints, as JSON. */
  read<T>(): Promise<T>;
  /** Sends a line of JSON, and reads one. */
  ask<T>(question: unknown): Promise<T>;
}

/**
 * Starts a process that reads and prints a line of JSON at a time, and ends
 * when its standard input does.
 *
 * @param command The program.
 * @param args Its arguments.
 * @returns The process.
 */
export function start(command: string, args: readonly string[]): Child {
  const child = new Deno.Command(command, {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
    env: { PYTHONDONTWRITEBYTECODE: "1" },
  }).spawn();
  const input = child.stdin.getWriter();
  const output = lines(child.stdout);
  const encoder = new TextEncoder();

  async function read<T>(): Promise<T> {
    const { value, done } = await output.next();
    if (done) throw new Error(`Cannot read from ${command}: it has ended`);
    return JSON.parse(value);
  }

  return {
    read,
    async ask<T>(question: unknown): Promise<T> {
      await input.write(encoder.encode(`${JSON.stringify(question)}\n`));
      return await read<T>();
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await input.close().catch(() => {});
      await output.return(undefined);
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
