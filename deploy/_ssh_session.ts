/**
 * A connection to a new node, which leaves nothing behind, here or there.
 *
 * @module
 */

import { CloudError, ConnectionError } from "../core/mod.ts";
import { type StepOutcome } from "../core/compute/mod.ts";
import { quote } from "./_shell.ts";
import type {
  Authentication,
  Channel,
  Client,
  Libraries,
  Sftp,
  Socket,
  SshError,
} from "./_ssh2.ts";
import type { HostKeys } from "./_ssh_host_keys.ts";
import { GUARD, GUARDED } from "./_ssh_programs.ts";

/** Where to connect to, and as whom. */
export interface SessionOptions {
  readonly libraries: Libraries;
  readonly host: string;
  readonly port: number;
  readonly username: string;
  /** Ways to log in, in their order. */
  readonly authentications: readonly Authentication[];
  readonly hostKeys: HostKeys;
  readonly connectTimeoutMs: number;
  /** Ends it all, at once. */
  readonly signal: AbortSignal;
}

/** The server refuses this user; another one may be welcome. */
export class RefusedError extends CloudError {}

/** The host shows a key that nobody knows; it may have others. */
export class HostKeyError extends CloudError {}

/** Bytes kept of the beginning of a stream, and as many of its end. */
const HALF_BYTES = 512 * 1024;
// Whoever answers nothing for so long is not there any more.
const KEEPALIVE_MS = 15_000;
// A server that ends a script takes a second to do so.
const ENDING_MS = 5_000;
// What the script has left running may hold its streams open for ever.
const LINGER_MS = 1_000;

/** A login on a node. */
export class Session {
  /** A private folder on the node, which is there while the session is. */
  readonly folder: string;
  readonly #line: Line;
  readonly #sftp: Sftp;
  /** Has the folder removed. */
  readonly #leave: () => Promise<void>;

  private constructor(
    line: Line,
    folder: string,
    sftp: Sftp,
    leave: () => Promise<void>,
  ) {
    this.#line = line;
    this.folder = folder;
    this.#sftp = sftp;
    this.#leave = leave;
  }

  /**
   * Logs in, once.
   *
   * @param options Where, and as whom.
   * @returns The session.
   * @throws {ConnectionError} If another attempt may do better.
   * @throws {RefusedError} If the user may not log in, or not run anything.
   * @throws {HostKeyError} If the host is not the one that is expected.
   */
  static async open(options: SessionOptions): Promise<Session> {
    const line = await Line.open(options);
    try {
      const guard = await line.exec(GUARD);
      const gone = new Promise<undefined>((resolve) =>
        guard.on("close", () => resolve(undefined))
      );
      let said = "";
      const folder = await line.whileOpen(
        Promise.race([
          new Promise<string>((resolve) => {
            const add = (data: Uint8Array) => {
              said = (said + new TextDecoder().decode(data)).slice(0, 4096);
              const [, folder] = GUARDED.exec(said) ?? [];
              if (folder) resolve(folder);
            };
            guard.on("data", add).stderr.on("data", add);
          }),
          gone,
        ]),
      );
      if (!folder) {
        if (!line.isOpen) throw line.broken();
        // Such as "Please login as the user ubuntu".
        throw new RefusedError(
          `it lets ${options.username} run nothing, and says ${
            JSON.stringify(said.trim())
          }`,
          {},
        );
      }
      const sftp = await line.call<Sftp>((done) => line.client.sftp(done));
      return new Session(line, folder, sftp, async () => {
        guard.end();
        await gone;
      });
    } catch (error) {
      await line.close();
      throw error;
    }
  }

  /**
   * Uploads a file.
   *
   * @param path Where to; there must be nothing.
   * @param content What is in it.
   * @param mode Its permissions.
   */
  async upload(
    path: string,
    content: string | Uint8Array,
    mode = 0o600,
  ): Promise<void> {
    const data = this.#line.libraries.toBuffer(content);
    await this.#line.call<void>((done) =>
      this.#sftp.writeFile(path, data, { mode, flag: "wx" }, done as never)
    );
  }

  /**
   * Runs a program in POSIX sh, and keeps what it prints.
   *
   * @param program The program.
   * @param timeoutMs Time limit in milliseconds, after which its standard input
   *   ends.
   * @returns What came of it.
   */
  async run(program: string, timeoutMs?: number): Promise<StepOutcome> {
    // In a file, so that the user's own shell has nothing to misunderstand.
    const path = `${this.folder}/${crypto.randomUUID()}`;
    await this.upload(path, program);
    const channel = await this.#line.exec(`/bin/sh ${quote(path)}`);
    const [stdout, stderr] = [new Capture(), new Capture()];
    let exit:
      | { status: number | null; signal?: string | undefined }
      | undefined;
    let exitedAt = Infinity;
    let isLate = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const setTimer = (ms: number, what: () => void) => {
      clearTimeout(timer);
      timer = setTimeout(what, ms);
    };
    try {
      await this.#line.whileOpen(
        new Promise<void>((resolve) => {
          // What was printed may still be on its way.
          const linger = () => {
            if (performance.now() - exitedAt < 10 * LINGER_MS) {
              setTimer(LINGER_MS, resolve);
            }
          };
          const keep = (capture: Capture) => (data: Uint8Array) => {
            capture.add(data);
            if (exit) linger();
          };
          channel.on("data", keep(stdout)).stderr.on("data", keep(stderr));
          channel.on("close", () => resolve());
          channel.on("exit", (status, signal) => {
            exit = { status, signal };
            exitedAt = performance.now();
            linger();
          });
          if (timeoutMs === undefined) return;
          setTimer(timeoutMs, () => {
            isLate = true;
            channel.end();
            setTimer(ENDING_MS, resolve);
          });
        }),
      );
    } finally {
      clearTimeout(timer);
    }
    channel.close();
    const streams = { stdout: stdout.text(), stderr: stderr.text() };
    if (isLate) {
      const reason = `it was ended after ${timeoutMs} ms`;
      return { exitStatus: undefined, ...streams, reason };
    }
    if (!exit) throw this.#line.broken("it closed the channel");
    return {
      exitStatus: exit.status ?? undefined,
      ...streams,
      reason: exit.signal && `${exit.signal} ended it`,
    };
  }

  /** Leaves the node, without anything of this session on it. */
  async close(): Promise<void> {
    try {
      await this.#line.whileOpen(this.#leave());
    } catch {
      // Where the line is broken, it happens without being asked for.
    }
    await this.#line.close();
  }
}

/** A connection, which everything ends with that waits for it. */
class Line {
  readonly client: Client;
  readonly libraries: Libraries;
  readonly #socket: Socket;
  readonly #signal: AbortSignal;
  readonly #closed: Promise<void>;
  #failure: SshError | undefined;
  #agentFailure = "the agent has no key";
  #isOpen = true;

  private constructor({ libraries, host, port, signal }: SessionOptions) {
    this.libraries = libraries;
    this.#signal = signal;
    this.client = new libraries.Client();
    // Our own, since that of ssh2 is not destroyed once it has ended.
    const socket = this.#socket = libraries.connect({ host, port });
    socket.setNoDelay();
    const abort = () => socket.destroy();
    signal.addEventListener("abort", abort);
    this.#closed = new Promise((resolve) =>
      socket.on("close", () => {
        this.#isOpen = false;
        signal.removeEventListener("abort", abort);
        resolve();
      })
    );
    this.client.on("error", (error) => {
      // An agent that is not there may not be the end.
      if (error.level === "agent") {
        this.#agentFailure = error.message;
        return;
      }
      this.#failure ??= error;
      socket.destroy();
    });
  }

  static async open(options: SessionOptions): Promise<Line> {
    const { hostKeys, username, host, port, signal } = options;
    signal.throwIfAborted();
    const line = new Line(options);
    const left = [...options.authentications];
    let refusal: string | undefined;
    let stranger: string | undefined;
    const at = `Cannot connect to ${host} port ${port}`;
    try {
      const ready = new Promise<void>((resolve) =>
        line.client.on("ready", resolve)
      );
      line.client.on("change password", () => {
        refusal = ", whose password has expired";
        line.#socket.destroy();
      });
      line.client.connect({
        sock: line.#socket,
        username,
        readyTimeout: options.connectTimeoutMs,
        keepaliveInterval: KEEPALIVE_MS,
        algorithms: { serverHostKey: hostKeys.algorithms },
        hostVerifier: (key) => {
          stranger = hostKeys.check(key);
          return stranger === undefined;
        },
        authHandler: (methods) => {
          for (let next = left.shift(); next; next = left.shift()) {
            const method = next.type === "agent" ? "publickey" : next.type;
            if (methods?.includes(method) !== false) return next;
          }
          refusal = methods
            ? `, and takes ${methods.join(" or ") || "nothing"}`
            // It has not heard anything.
            : `: ${line.#agentFailure}`;
          return false;
        },
      });
      await line.whileOpen(ready);
      return line;
    } catch (error) {
      line.#socket.destroy();
      await line.#closed;
      signal.throwIfAborted();
      if (!ConnectionError.is(error)) throw error;
      const { message = "", level } = line.#failure ?? {};
      if (stranger) throw new HostKeyError(`${at}: ${stranger}`, {});
      if (/no matching host key/.test(message)) {
        throw new HostKeyError(`${at}: ${hostKeys.exhaust()}`, {});
      }
      if (
        refusal !== undefined || level === "client-authentication" ||
        /authentication failures/i.test(message)
      ) {
        // Of a key that cannot sign, the server has not heard anything.
        const why = /signing/.test(message) ? undefined : refusal;
        throw new RefusedError(
          `it refuses ${username}${why ?? `: ${message}`}`,
          {},
        );
      }
      if (/no matching|NotCapable|Requires \w+ access/.test(message)) {
        throw new CloudError(`${at}: ${message}`, { cause: line.#failure });
      }
      const why = message || "it closed the connection";
      throw new ConnectionError(`${at}: ${why}`, {
        operation: "deployNode",
        isUnsent: true,
        cause: line.#failure,
      });
    }
  }

  /** Whether the connection is there. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** What to throw where the connection is needed and gone. */
  broken(why = "it was closed"): unknown {
    // Who ended it knows why.
    if (this.#signal.aborted) return this.#signal.reason;
    const { message = why } = this.#failure ?? {};
    return new ConnectionError(
      `Cannot deployNode: the line broke: ${message}`,
      {
        operation: "deployNode",
        mayHaveBeenApplied: true,
        isUnsent: false,
        cause: this.#failure,
      },
    );
  }

  /** Waits for a promise, but no longer than the connection is open. */
  whileOpen<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([
      promise,
      this.#closed.then(() => Promise.reject(this.broken())),
    ]);
  }

  /** Waits for something that calls back. */
  call<T>(
    start: (done: (error: Error | null | undefined, value: T) => void) => void,
  ): Promise<T> {
    return this.whileOpen(
      new Promise<T>((resolve, reject) =>
        start((error, value) => error ? reject(error) : resolve(value))
      ),
    );
  }

  /** Starts a command. */
  exec(command: string): Promise<Channel> {
    return this.call((done) => this.client.exec(command, done));
  }

  /** Closes the connection, and waits until it is closed. */
  async close(): Promise<void> {
    const socket = this.#socket;
    // What has been said is sent before the end, if it can be.
    socket.on("finish", () => socket.destroy());
    this.client.end();
    await this.#closed;
  }
}

/** A stream as text, without its middle where it is too long. */
class Capture {
  #bytes = new Uint8Array(8192);
  #length = 0;
  #cutBytes = 0;

  add(data: Uint8Array): void {
    if (this.#length > 3 * HALF_BYTES) this.#cut();
    const length = this.#length + data.length;
    if (length > this.#bytes.length) {
      const more = new Uint8Array(2 * length);
      more.set(this.#bytes);
      this.#bytes = more;
    }
    this.#bytes.set(data, this.#length);
    this.#length = length;
  }

  /** Cuts out what is neither in the first half nor in the last. */
  #cut(): void {
    const cutBytes = this.#length - 2 * HALF_BYTES;
    if (cutBytes <= 0) return;
    this.#bytes.copyWithin(HALF_BYTES, HALF_BYTES + cutBytes, this.#length);
    this.#length -= cutBytes;
    this.#cutBytes += cutBytes;
  }

  text(): string {
    this.#cut();
    const bytes = this.#bytes.subarray(0, this.#length);
    const decode = (part: Uint8Array, stream: boolean) =>
      new TextDecoder("utf-8", { ignoreBOM: true }).decode(part, { stream });
    if (this.#cutBytes === 0) return decode(bytes, false);
    // A character that was cut in two is left out, here and there.
    let end = HALF_BYTES;
    while (end < HALF_BYTES + 4 && (bytes[end] ?? 0) >> 6 === 0b10) end++;
    return `${decode(bytes.subarray(0, HALF_BYTES), true)}\n` +
      `[… ${this.#cutBytes} bytes …]\n${decode(bytes.subarray(end), false)}`;
  }
}
