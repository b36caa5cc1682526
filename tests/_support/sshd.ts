/**
 * OpenSSH servers for tests.
 *
 * Each server has its own host keys and stops at the end of the block that
 * started it. You log in as the user who runs the tests. The home directory is
 * a temporary one, so that user's files are not touched.
 *
 * @module
 */

import { assert } from "@std/assert";

/** Requirements of a test that starts a server. */
export const SSHD_NEEDS = {
  commands: ["/usr/sbin/sshd", "ssh-keygen"],
  // Tests read it to check whether processes have ended.
  files: ["/proc/self/stat"],
} as const;

/** Options of {@linkcode Sshd.start}. */
export interface SshdOptions {
  /**
   * Address to listen on.
   *
   * @default {"127.0.0.1"}
   */
  readonly host?: string;
  /**
   * Port to listen on.
   *
   * @default {a free port}
   */
  readonly port?: number;
  /**
   * Types of host keys to generate.
   *
   * @default {["ed25519"]}
   */
  readonly hostKeys?: readonly string[];
  /** Host key to use instead of a generated one, in OpenSSH format. */
  readonly hostKey?: string;
  /** Further lines of the configuration. */
  readonly config?: readonly string[];
  /**
   * Whether the server starts only when you call `start()`.
   *
   * @default {false}
   */
  readonly isStopped?: boolean;
}

/** An OpenSSH server. */
export class Sshd {
  /** Directory of the server. */
  readonly directory: string;
  /** Address that the server listens on. */
  readonly host: string;
  /** Port that the server listens on. */
  readonly port: number;
  /** User who can log in. */
  readonly username: string;
  #child: Deno.ChildProcess | undefined;

  private constructor(
    directory: string,
    host: string,
    port: number,
    username: string,
  ) {
    this.directory = directory;
    this.host = host;
    this.port = port;
    this.username = username;
  }

  /**
   * Starts a server.
   *
   * @param options Address, host keys and configuration.
   * @returns The server, which accepts connections unless `isStopped` is set.
   */
  static async start(options: SshdOptions = {}): Promise<Sshd> {
    const { host = "127.0.0.1", hostKeys = ["ed25519"], config = [] } = options;
    const directory = await Deno.makeTempDir({ prefix: "nephos-sshd-" });
    const port = options.port ?? freePort(host);
    const username = (await run("id", ["-un"])).trim();
    const sshd = new Sshd(directory, host, port, username);
    await Deno.chmod(directory, 0o755);
    await Deno.mkdir(sshd.home, { mode: 0o700 });
    const paths: string[] = [];
    for (const type of hostKeys) {
      const path = `${directory}/host_${type}`;
      paths.push(path);
      if (options.hostKey === undefined) {
        await keygen(path, ["-t", type]);
      } else {
        await Deno.writeTextFile(path, options.hostKey, { mode: 0o600 });
      }
    }
    await Deno.writeTextFile(
      `${directory}/config`,
      [
        `Port ${port}`,
        `ListenAddress ${host}`,
        ...paths.map((path) => `HostKey ${path}`),
        "PidFile none",
        `AuthorizedKeysFile ${directory}/authorized_keys ${sshd.home}/.ssh/authorized_keys`,
        // The directory is below /tmp, which is writable for all users.
        "StrictModes no",
        "UsePAM no",
        "PermitRootLogin yes",
        "KbdInteractiveAuthentication no",
        "LogLevel VERBOSE",
        "MaxStartups 100",
        "Subsystem sftp internal-sftp",
        // sshd uses the first line for each keyword.
        `SetEnv HOME=${sshd.home}`,
        ...config,
        "",
      ].join("\n"),
    );
    if (isRoot()) await Deno.mkdir("/run/sshd", { recursive: true });
    if (!options.isStopped) await sshd.start();
    return sshd;
  }

  /** Home directory of the login user. */
  get home(): string {
    return `${this.directory}/home`;
  }

  /** Starts the server and waits until it listens. */
  async start(): Promise<void> {
    const { directory } = this;
    this.#child = new Deno.Command("/bin/sh", {
      args: [
        "-c",
        `exec /usr/sbin/sshd -D -e -f ${directory}/config 2>>${directory}/log`,
      ],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const endsAt = performance.now() + 20_000;
    while (!(await this.log()).includes("Server listening on")) {
      assert(performance.now() < endsAt, await this.log());
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Stops the server. Open sessions continue. */
  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child) return;
    child.kill("SIGTERM");
    await child.status;
  }

  /** Stops the server and removes its directory. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await Deno.remove(this.directory, { recursive: true });
  }

  /** Finds the processes that serve connections, one or two for each. */
  async children(): Promise<number[]> {
    const found = new Set([this.#child?.pid]);
    const pids = [...Deno.readDirSync("/proc")]
      .flatMap(({ name }) => /^\d+$/.test(name) ? [Number(name)] : [])
      // A child usually has a higher id than its parent.
      .sort((a, b) => a - b);
    for (const pid of pids) {
      const stat = await Deno.readTextFile(`/proc/${pid}/stat`)
        .catch(() => "");
      const [, parent] = /^\d+ \(sshd.*\) \w (\d+) /.exec(stat) ?? [];
      if (found.has(Number(parent))) found.add(pid);
    }
    found.delete(this.#child?.pid);
    return [...found].filter((pid) => pid !== undefined);
  }

  /** Reads the log of the server. */
  log(): Promise<string> {
    return Deno.readTextFile(`${this.directory}/log`).catch(() => "");
  }

  /** Counts all connections so far. */
  async connections(): Promise<number> {
    return (await this.log()).match(/^Connection from /gm)?.length ?? 0;
  }

  /** Reads a public host key. */
  hostKey(type = "ed25519"): Promise<string> {
    return Deno.readTextFile(`${this.directory}/host_${type}.pub`);
  }

  /** Computes the fingerprint of a host key. */
  async fingerprint(type = "ed25519"): Promise<string> {
    const line = await run("ssh-keygen", [
      "-lf",
      `${this.directory}/host_${type}.pub`,
    ]);
    return line.split(" ")[1] ?? "";
  }

  /**
   * Generates a key pair.
   *
   * @param args Arguments of `ssh-keygen`, such as `-t`.
   * @param isAuthorized Whether the key can log in.
   * @returns Both keys, and the path of the private key.
   */
  async keyPair(
    args: readonly string[] = ["-t", "ed25519"],
    isAuthorized = true,
  ): Promise<{ privateKey: string; publicKey: string; path: string }> {
    const path = `${this.directory}/key-${crypto.randomUUID()}`;
    await keygen(path, args);
    const publicKey = (await Deno.readTextFile(`${path}.pub`)).trim();
    if (isAuthorized) await this.authorize(publicKey);
    return { privateKey: await Deno.readTextFile(path), publicKey, path };
  }

  /** Adds a line to `authorized_keys`. */
  async authorize(line: string): Promise<void> {
    await Deno.writeTextFile(`${this.directory}/authorized_keys`, `${line}\n`, {
      append: true,
    });
  }

  /** Lists all files in the home directory, at any depth. */
  async files(): Promise<string[]> {
    const list = async (directory: string): Promise<string[]> => {
      const found: string[] = [];
      try {
        for await (const { name, isDirectory } of Deno.readDir(directory)) {
          const path = `${directory}/${name}`;
          if (isDirectory) found.push(`${path}/`, ...await list(path));
          else found.push(path);
        }
      } catch (error) {
        // The server may be removing the directory.
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
      return found;
    };
    const files = await list(this.home);
    return files.map((path) => path.slice(this.home.length + 1)).sort();
  }
}

/** Whether the tests may add users. */
export function isRoot(): boolean {
  return Deno.uid() === 0;
}

/** A user of this machine, who is removed at the end of the block. */
export interface TestUser extends AsyncDisposable {
  /** Login name. */
  readonly username: string;
  /** Password. */
  readonly password: string;
  /** Home directory. */
  readonly home: string;
}

/**
 * Adds a user. Only root can do this.
 *
 * @param directory Parent of the home directory.
 * @param isSudoer Whether the user may use `sudo` without a password.
 * @returns The user.
 */
export async function addUser(
  directory: string,
  isSudoer = false,
): Promise<TestUser> {
  const username = `nephos${crypto.randomUUID().slice(0, 8)}`;
  const password = `pä55 "word" ${crypto.randomUUID()}`;
  const home = `${directory}/${username}`;
  await run("useradd", ["-m", "-d", home, "-s", "/bin/sh", username]);
  await run("chpasswd", [], `${username}:${password}\n`);
  const sudoers = `/etc/sudoers.d/${username}`;
  if (isSudoer) {
    const line = `${username} ALL=(ALL) NOPASSWD: ALL\n`;
    await Deno.writeTextFile(sudoers, line, { mode: 0o440 });
  }
  return {
    username,
    password,
    home,
    async [Symbol.asyncDispose]() {
      if (isSudoer) await Deno.remove(sudoers);
      // userdel fails until the last processes of the user have ended.
      for (let attempt = 1;; attempt++) {
        try {
          return void await run("userdel", ["-r", username]);
        } catch (error) {
          if (attempt === 50) throw error;
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      }
    },
  };
}

async function keygen(path: string, args: readonly string[]): Promise<void> {
  const phrase = args.includes("-N") ? [] : ["-N", ""];
  await run("ssh-keygen", [
    "-q",
    "-C",
    "me@test",
    "-f",
    path,
    ...phrase,
    ...args,
  ]);
}

/**
 * Runs a command, which must succeed.
 *
 * @param command The command.
 * @param args Arguments of the command.
 * @param input Standard input of the command.
 * @returns Standard output of the command.
 */
export async function run(
  command: string,
  args: readonly string[],
  input = "",
): Promise<string> {
  const child = new Deno.Command(command, {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input)).catch(() => {});
  await writer.close().catch(() => {});
  const { success, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  assert(success, `${command} ${args}: ${decoder.decode(stderr)}`);
  return decoder.decode(stdout);
}

/** Finds a free port. */
export function freePort(hostname = "127.0.0.1"): number {
  const listener = Deno.listen({ hostname, port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}

/** A TCP proxy that can drop its connections. */
export interface Proxy extends AsyncDisposable {
  /** Port that the proxy listens on, at 127.0.0.1. */
  readonly port: number;
  /** Number of connections so far. */
  readonly count: number;
  /** Drops all open connections. */
  dropConnections(): void;
  /** Keeps the connections open, but forwards nothing from now on. */
  freeze(): void;
}

/**
 * Starts a proxy in front of a server.
 *
 * @param target Port of the server, at 127.0.0.1.
 * @param onConnection Chooses how to handle each connection. It receives the
 *   number of connections so far, and returns one of:
 *   - `"close"` to close the connection at once;
 *   - `"stall"` to read from it and never respond;
 *   - `undefined` to forward it to the server.
 * @returns The proxy.
 */
export function proxy(
  target: number,
  onConnection: (
    count: number,
  ) => "close" | "stall" | undefined | void | Promise<void> = () => {},
): Proxy {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.TcpConn>();
  const pumps: Promise<unknown>[] = [];
  let count = 0;
  let isFrozen = false;
  const close = (conn: Deno.TcpConn) => {
    if (!open.delete(conn)) return;
    conn.close();
  };
  const pump = async (from: Deno.TcpConn, to: Deno.TcpConn | undefined) => {
    const bytes = new Uint8Array(65_536);
    try {
      for (;;) {
        const size = await from.read(bytes);
        if (size === null) break;
        for (let at = 0; to && at < size && !isFrozen;) {
          at += await to.write(bytes.subarray(at, size));
        }
      }
    } catch {
      // The connection was closed.
    }
    close(from);
    if (to) close(to);
  };
  const serve = async () => {
    for await (const near of listener) {
      open.add(near);
      const handling = await onConnection(++count);
      if (handling === "close") {
        close(near);
      } else if (handling === "stall") {
        pumps.push(pump(near, undefined));
      } else {
        const far = await Deno.connect({ hostname: "127.0.0.1", port: target });
        open.add(far);
        pumps.push(pump(near, far), pump(far, near));
      }
    }
  };
  pumps.push(serve().catch(() => {}));
  return {
    port: listener.addr.port,
    get count() {
      return count;
    },
    dropConnections() {
      for (const conn of open) close(conn);
    },
    freeze() {
      isFrozen = true;
    },
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const conn of open) close(conn);
      await Promise.all(pumps);
    },
  };
}
