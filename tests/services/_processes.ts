/**
 * Processes of real services: their logs, their readiness and their end.
 *
 * @module
 */

import { PYTHON } from "../_support/needs.ts";

/** A process to start. */
export interface ProcessOptions {
  /** Name of the process in messages, and of its log. */
  readonly name: string;
  /** Program, with its path unless it is in `/usr/bin`, and its arguments. */
  readonly command: readonly string[];
  /** Environment variables, besides those of all processes. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Interval between two looks at a service that is not ready. */
const LOOK_MS = 100;

/** Lines of a log that an error shows. */
const TAIL_LINES = 15;

const GUARD = new URL("./python/nephos_openstack/guard.py", import.meta.url);

/**
 * Processes that end with this one, even if it is killed.
 *
 * A guard starts them, and kills them when this program ends or disposes of
 * the object. It also deletes their folder.
 */
export class Processes implements AsyncDisposable {
  /** Folder for the files of the processes; only this user can read it. */
  readonly folder: string;
  readonly #logs: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #guard: Deno.ChildProcess;
  readonly #orders: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reports: Promise<void>;
  readonly #codes = new Map<string, PromiseWithResolvers<number>>();
  readonly #ended = new Map<string, number>();

  private constructor(
    folder: string,
    logs: string,
    env: Readonly<Record<string, string>>,
  ) {
    this.folder = folder;
    this.#logs = logs;
    this.#env = env;
    this.#guard = new Deno.Command(PYTHON, {
      args: [GUARD.pathname, folder],
      clearEnv: true,
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#orders = this.#guard.stdin.getWriter();
    this.#reports = this.#readReports();
  }

  /**
   * Prepares to start processes.
   *
   * @param options Folder of the logs, and variables of all processes.
   * @returns The processes, of which there are none yet.
   */
  static async prepare({ logs, env }: {
    readonly logs: string;
    readonly env: Readonly<Record<string, string>>;
  }): Promise<Processes> {
    await Deno.remove(logs, { recursive: true }).catch(() => {});
    await Deno.mkdir(logs, { recursive: true });
    const folder = await Deno.makeTempDir({ prefix: "nephos-services-" });
    return new Processes(folder, logs, {
      PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
      LC_ALL: "C.UTF-8",
      HOME: folder,
      ...env,
    });
  }

  /** Starts a process that runs until the end. */
  async start({ name, command, env = {} }: ProcessOptions): Promise<void> {
    this.#codes.set(name, Promise.withResolvers());
    const log = this.#logOf(name);
    const order = { name, command, env: { ...this.#env, ...env }, log };
    await this.#orders.write(
      new TextEncoder().encode(`${JSON.stringify(order)}\n`),
    );
  }

  /**
   * Runs a process until it ends by itself.
   *
   * @throws {Error} If it fails, with the end of its log.
   */
  async run(options: ProcessOptions): Promise<void> {
    await this.start(options);
    const code = await this.#codes.get(options.name)!.promise;
    if (code !== 0) throw await this.#failure(options.name, `ended (${code})`);
  }

  /**
   * Waits until a process is ready.
   *
   * @param name The name of the process.
   * @param isReady Whether it is; an exception means that it is not.
   * @param limitMs Time limit, in milliseconds.
   * @throws {Error} If the process ends or the limit passes, with the end of
   * its log.
   */
  async ready(
    name: string,
    isReady: () => Promise<boolean>,
    limitMs = 180_000,
  ): Promise<void> {
    const end = performance.now() + limitMs;
    let reason: unknown;
    while (!await isReady().catch((error) => void (reason = error))) {
      const code = this.#ended.get(name);
      if (code !== undefined) {
        throw await this.#failure(name, `ended (${code}) before it was ready`);
      }
      if (performance.now() > end) {
        const what = `was not ready after ${limitMs / 1000} s`;
        throw await this.#failure(name, what, reason);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  /** Reads the log of a process. */
  log(name: string): Promise<string> {
    return Deno.readTextFile(this.#logOf(name));
  }

  /** Kills all processes and deletes their folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#orders.close().catch(() => {});
    await this.#reports;
    await this.#guard.status;
  }

  async #readReports(): Promise<void> {
    let rest = "";
    const text = this.#guard.stdout.pipeThrough(new TextDecoderStream());
    for await (const chunk of text) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop()!;
      for (const line of lines) {
        const { name, code } = JSON.parse(line);
        this.#ended.set(name, code);
        this.#codes.get(name)!.resolve(code);
      }
    }
  }

  async #failure(name: string, what: string, cause?: unknown): Promise<Error> {
    const lines = (await this.log(name)).trimEnd().split("\n");
    const tail = lines.slice(-TAIL_LINES).join("\n");
    return new Error(`${name} ${what}; ${this.#logOf(name)}:\n${tail}`, {
      cause,
    });
  }

  #logOf(name: string): string {
    return `${this.#logs}/${name}.log`;
  }
}

/** Whether a port of 127.0.0.1 accepts connections. */
export async function isListening(port: number): Promise<boolean> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  connection.close();
  return true;
}

/** Whether a URL has any response. */
export async function responds(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  await response.body?.cancel();
  return true;
}
