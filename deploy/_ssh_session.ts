/**
 * SSH sessions on a new node. Closing a session removes its temporary files from
 * the node.
 *
 * @module
 */

import { CloudError, ConnectionError, formatMs } from "../core/mod.ts";
import type { StepOutcome } from "../core/compute/mod.ts";
import { Capture } from "./_capture.ts";
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
import { GUARD, GUARD_OUTPUT } from "./_ssh_programs.ts";

/** Options of {@linkcode Session.open}. */
export interface SessionOptions {
  readonly libraries: Libraries;
  readonly host: string;
  readonly port: number;
  readonly username: string;
  /** Authentication methods, in the order in which they are tried. */
  readonly authentications: readonly Authentication[];
  readonly hostKeys: HostKeys;
  readonly connectTimeoutMs: number;
  /** Closes the connection at once when it aborts. */
  readonly signal: AbortSignal;
}

/** The server rejects the login of this user. Another user may succeed. */
export class RefusedError extends CloudError {
  /** Whether the same login cannot succeed later either. */
  readonly isFinal: boolean;

  /**
   * Creates an error.
   *
   * @param message Message of the error.
   * @param isFinal Whether the same login cannot succeed later either.
   */
  constructor(message: string, isFinal: boolean) {
    super(message, {});
    this.isFinal = isFinal;
  }
}

/**
 * The server presented a host key that is not trusted. It may have a trusted key
 * of another type.
 */
export class HostKeyError extends CloudError {}

// ssh2 closes the connection if three of these requests get no response.
const KEEPALIVE_MS = 15_000;
// How long to wait for a script that timed out: the node needs about a second
// to kill it.
const KILL_MS = 5_000;
// How long to wait for more output after the exit. Background processes of the
// script may keep its output streams open forever.
const LINGER_MS = 1_000;
const MAX_LINGER_MS = 10 * LINGER_MS;

/** System errors in words. */
const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset",
  EHOSTUNREACH: "host unreachable",
  ENETUNREACH: "network unreachable",
  ETIMEDOUT: "connection timed out",
};

/**
 * Formats the address of a server.
 *
 * @param host Host name or IP address.
 * @param port Port.
 * @returns The address, such as `203.0.113.7:22` or `[2001:db8::7]:22`.
 */
export function formatAddress(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** A session of one user on a node. */
export class Session {
  /** A private temporary directory on the node. It is removed on close. */
  readonly directory: string;
  readonly #connection: SshConnection;
  readonly #sftp: Sftp;
  readonly #guard: Guard;

  private constructor(connection: SshConnection, guard: Guard, sftp: Sftp) {
    this.#connection = connection;
    this.#guard = guard;
    this.#sftp = sftp;
    this.directory = guard.directory;
  }

  /**
   * Connects and logs in. This makes a single attempt.
   *
   * @param options Server, user and credentials.
   * @returns The session.
   * @throws {ConnectionError} If the connection fails. Another attempt may
   *   succeed.
   * @throws {RefusedError} If the user may not log in or may not run commands.
   * @throws {HostKeyError} If the host key is not trusted.
   */
  static async open(options: SessionOptions): Promise<Session> {
    const connection = await SshConnection.open(options);
    try {
      const guard = await startGuard(connection);
      const sftp = await connection.call<Sftp>((done) =>
        connection.client.sftp(done)
      );
      return new Session(connection, guard, sftp);
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  /**
   * Uploads a file.
   *
   * @param path Where to create the file. It must not exist.
   * @param content Content of the file.
   * @param mode Permissions of the file.
   */
  async upload(
    path: string,
    content: string | Uint8Array,
    mode = 0o600,
  ): Promise<void> {
    const data = this.#connection.libraries.toBuffer(content);
    await this.#connection.call<void>((done) =>
      this.#sftp.writeFile(path, data, { mode, flag: "wx" }, done as never)
    );
  }

  /**
   * Runs a program in POSIX sh and captures its output.
   *
   * @param program The program.
   * @param timeoutMs Time limit in milliseconds. When it is reached, standard
   *   input of the program is closed.
   * @returns Exit status and output.
   */
  async run(program: string, timeoutMs?: number): Promise<StepOutcome> {
    // The program is a file, because the login shell may not be a POSIX shell
    // and could misread a long command.
    const path = `${this.directory}/${crypto.randomUUID()}`;
    await this.upload(path, program);
    const running = await this.#connection.exec(
      `/bin/sh ${quote(path)}`,
      (channel) => new RunningProgram(channel, timeoutMs),
    );
    try {
      await this.#connection.whileOpen(running.ended);
    } finally {
      running.clearTimer();
    }
    running.channel.close();
    const { exit } = running;
    const output = {
      stdout: running.stdout.toString(),
      stderr: running.stderr.toString(),
    };
    if (running.isTimedOut) {
      const reason = `timed out after ${formatMs(timeoutMs ?? 0)}`;
      return { exitStatus: undefined, ...output, reason };
    }
    if (!exit) {
      throw this.#connection.lost("the server closed the channel");
    }
    return {
      exitStatus: exit.status ?? undefined,
      ...output,
      reason: exit.signal && `killed by ${exit.signal}`,
    };
  }

  /** Removes the temporary directory from the node and disconnects. */
  async close(): Promise<void> {
    try {
      await this.#connection.whileOpen(this.#guard.stop());
    } catch {
      // The connection is lost, and the guard removes the directory by itself.
    }
    await this.#connection.close();
  }
}

/** A running {@linkcode GUARD}. */
interface Guard {
  /** The temporary directory on the node. */
  readonly directory: string;
  /** Removes the directory, and waits until the guard has ended. */
  stop(): Promise<void>;
}

/**
 * Starts the guard.
 *
 * @throws {RefusedError} If the user may not run commands.
 */
async function startGuard(connection: SshConnection): Promise<Guard> {
  let output = "";
  const { channel, started, ended } = await connection.exec(
    GUARD,
    (channel) => ({
      channel,
      ended: new Promise<undefined>((resolve) =>
        channel.on("close", () => resolve(undefined))
      ),
      started: new Promise<string>((resolve) => {
        const read = (data: Uint8Array) => {
          output = (output + new TextDecoder().decode(data)).slice(0, 4096);
          const [, directory] = GUARD_OUTPUT.exec(output) ?? [];
          if (directory) resolve(directory);
        };
        channel.on("data", read).stderr.on("data", read);
      }),
    }),
  );
  const directory = await connection.whileOpen(Promise.race([started, ended]));
  if (!directory) {
    if (!connection.isOpen) throw connection.lost();
    // Many images print "Please login as the user ubuntu" for root and exit.
    // Other failures may be temporary, such as a file system that is read-only
    // while the node boots.
    const printed = JSON.stringify(output.trim());
    throw connection.refused(
      `commands are not allowed; the server printed ${printed}`,
      /please log ?in as/i.test(output),
    );
  }
  return {
    directory,
    async stop() {
      channel.end();
      await ended;
    },
  };
}

/** Collects the output and the exit status of a running program. */
class RunningProgram {
  readonly channel: Channel;
  readonly stdout: Capture = new Capture();
  readonly stderr: Capture = new Capture();
  /** Resolves when the program has ended and its output has arrived. */
  readonly ended: Promise<void>;
  /** How the program exited, if it has. */
  exit:
    | { readonly status: number | null; readonly signal?: string | undefined }
    | undefined;
  isTimedOut = false;
  #exitedAt = Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(channel: Channel, timeoutMs: number | undefined) {
    this.channel = channel;
    this.ended = new Promise((resolve) => {
      const readInto = (capture: Capture) => (data: Uint8Array) => {
        capture.add(data);
        if (this.exit) this.#linger(resolve);
      };
      channel.on("data", readInto(this.stdout))
        .stderr.on("data", readInto(this.stderr));
      channel.on("close", () => resolve());
      channel.on("exit", (status, signal) => {
        this.exit = { status, signal };
        this.#exitedAt = performance.now();
        this.#linger(resolve);
      });
      if (timeoutMs === undefined) return;
      this.#setTimer(timeoutMs, () => {
        this.isTimedOut = true;
        channel.end();
        this.#setTimer(KILL_MS, resolve);
      });
    });
  }

  clearTimer(): void {
    clearTimeout(this.#timer);
  }

  /** Waits until no more output arrives, because it may follow the exit. */
  #linger(resolve: () => void): void {
    if (performance.now() - this.#exitedAt < MAX_LINGER_MS) {
      this.#setTimer(LINGER_MS, resolve);
    }
  }

  #setTimer(ms: number, callback: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(callback, ms);
  }
}

/** An SSH connection. Pending promises are rejected when it closes. */
class SshConnection {
  readonly client: Client;
  readonly libraries: Libraries;
  /** Server and user, for messages. */
  readonly #target: string;
  readonly #hostKeys: HostKeys;
  readonly #socket: Socket;
  readonly #signal: AbortSignal;
  readonly #closed: Promise<void>;
  #failure: SshError | undefined;
  /** Why the server rejects the login. */
  #refusal: string | undefined;
  /** Whether the reason is not the server, or is one that does not pass. */
  #isRefusalFinal = false;
  /** Why the host key is rejected. */
  #hostKeyProblem: string | undefined;
  #agentFailure = "the agent has no key";
  #isOpen = true;

  private constructor(options: SessionOptions) {
    const { libraries, host, port, username, hostKeys, signal } = options;
    this.libraries = libraries;
    this.#target = `${formatAddress(host, port)} as ${username}`;
    this.#hostKeys = hostKeys;
    this.#signal = signal;
    this.client = new libraries.Client();
    // A socket that ssh2 creates itself is not destroyed after it has ended.
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
      // Other authentication methods may succeed without the agent.
      if (error.level === "agent") {
        this.#agentFailure = error.message;
        return;
      }
      this.#failure ??= error;
      socket.destroy();
    });
  }

  /** Connects, verifies the host and logs in. */
  static async open(options: SessionOptions): Promise<SshConnection> {
    const { signal } = options;
    signal.throwIfAborted();
    const connection = new SshConnection(options);
    try {
      await connection.whileOpen(connection.#logIn(options));
      return connection;
    } catch (error) {
      connection.#socket.destroy();
      await connection.#closed;
      signal.throwIfAborted();
      throw ConnectionError.is(error) ? connection.#toOpenError() : error;
    }
  }

  /** Whether the connection is open. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Starts to log in. The promise resolves when the user is logged in. */
  #logIn(options: SessionOptions): Promise<void> {
    const { username, authentications, connectTimeoutMs } = options;
    const remaining = [...authentications];
    const ready = new Promise<void>((resolve) =>
      this.client.on("ready", resolve)
    );
    this.client.on("change password", () => {
      this.#refusal = "the password has expired";
      this.#isRefusalFinal = true;
      this.#socket.destroy();
    });
    this.client.connect({
      sock: this.#socket,
      username,
      readyTimeout: connectTimeoutMs,
      keepaliveInterval: KEEPALIVE_MS,
      algorithms: { serverHostKey: this.#hostKeys.algorithms },
      hostVerifier: (key) => {
        this.#hostKeyProblem = this.#hostKeys.check(key);
        return this.#hostKeyProblem === undefined;
      },
      authHandler: (methods) => {
        for (
          let next = remaining.shift();
          next;
          next = remaining.shift()
        ) {
          const method = next.type === "agent" ? "publickey" : next.type;
          if (methods?.includes(method) !== false) return next;
        }
        this.#isRefusalFinal = !methods;
        this.#refusal = methods
          ? `permission denied (the server accepts ${
            methods.join(" or ") || "no login method"
          })`
          // No method has reached the server, so the agent must have failed.
          : this.#agentFailure;
        return false;
      },
    });
    return ready;
  }

  /** Makes the error for a connection that closed before the user logged in. */
  #toOpenError(): CloudError {
    const cause = this.#failure;
    const { message = "", level } = cause ?? {};
    const prefix = `could not connect to ${this.#target}`;
    if (this.#hostKeyProblem) {
      return new HostKeyError(`${prefix}: ${this.#hostKeyProblem}`, {});
    }
    if (/no matching host key/.test(message)) {
      return new HostKeyError(`${prefix}: ${this.#hostKeys.exhaust()}`, {});
    }
    if (
      this.#refusal !== undefined || level === "client-authentication" ||
      /authentication failures/i.test(message)
    ) {
      // If signing with the key fails, no login has reached the server.
      const isSigning = /signing/.test(message);
      return this.refused(
        (isSigning ? undefined : this.#refusal) ?? message,
        isSigning || this.#isRefusalFinal,
      );
    }
    if (/no matching|NotCapable|Requires \w+ access/.test(message)) {
      return new CloudError(`${prefix}: ${message}`, { cause });
    }
    const reason = explain(cause) || "the server closed the connection";
    return new ConnectionError(`${prefix}: ${reason}`, {
      operation: "deployNode",
      isUnsent: true,
      cause,
    });
  }

  /** Makes the error to throw if the server rejects the user. */
  refused(reason: string, isFinal: boolean): RefusedError {
    return new RefusedError(
      `could not log in to ${this.#target}: ${reason}`,
      isFinal,
    );
  }

  /**
   * Makes the error to throw if the connection is needed but closed.
   *
   * @param reason Reason to report if the connection itself reports none.
   * @returns The error, or the abort reason if the signal has aborted.
   */
  lost(reason = "the server closed it"): unknown {
    // The abort is why the connection is closed.
    if (this.#signal.aborted) return this.#signal.reason;
    const why = explain(this.#failure) ?? reason;
    return new ConnectionError(
      `connection to ${this.#target} lost: ${why}`,
      {
        operation: "deployNode",
        mayHaveBeenApplied: true,
        isUnsent: false,
        cause: this.#failure,
      },
    );
  }

  /** Waits for a promise, but rejects when the connection closes. */
  whileOpen<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([
      promise,
      this.#closed.then(() => Promise.reject(this.lost())),
    ]);
  }

  /** Waits for a function that takes a callback. */
  call<T>(
    start: (done: (error: Error | null | undefined, value: T) => void) => void,
  ): Promise<T> {
    return this.whileOpen(
      new Promise<T>((resolve, reject) =>
        start((error, value) => error ? reject(error) : resolve(value))
      ),
    );
  }

  /**
   * Starts a command.
   *
   * @param command The command.
   * @param listen Adds the listeners to the channel. ssh2 may emit the output,
   *   the exit status and `close` in the same tick in which the channel opens,
   *   so listeners that are added later miss them.
   * @returns The result of `listen`.
   */
  exec<T>(command: string, listen: (channel: Channel) => T): Promise<T> {
    return this.call<T>((done) =>
      this.client.exec(command, (error, channel) => {
        if (error) done(error, undefined as never);
        else done(undefined, listen(channel));
      })
    );
  }

  /** Disconnects, and waits until the connection is closed. */
  async close(): Promise<void> {
    const socket = this.#socket;
    // Pending data is still sent if possible.
    socket.on("finish", () => socket.destroy());
    this.client.end();
    await this.#closed;
  }
}

/** Explains an error of ssh2, with known system errors in words. */
function explain(error: SshError | undefined): string | undefined {
  const code = String(error?.code);
  return Object.hasOwn(SYSTEM_ERRORS, code)
    ? `${SYSTEM_ERRORS[code]} (${code})`
    : error?.message;
}
