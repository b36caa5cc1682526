/**
 * Child processes that respond to each line of input with a line of output.
 *
 * @module
 */

/** A child process. Disposing of it closes its input and waits for its end. */
export interface Child extends AsyncDisposable {
  /** Reads the next line of output, as JSON. */
  read<T>(): Promise<T>;
  /** Sends a line of JSON and reads the response. */
  request<T>(data: unknown): Promise<T>;
}

/**
 * Starts a process that reads and prints JSON line by line. The process must
 * exit when its standard input is closed.
 *
 * @param command The program to start.
 * @param args Arguments of the program.
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
    if (done) {
      throw new Error(`start: ${command} exited before it printed a line`);
    }
    return JSON.parse(value);
  }

  return {
    read,
    async request<T>(data: unknown): Promise<T> {
      await input.write(encoder.encode(`${JSON.stringify(data)}\n`));
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
