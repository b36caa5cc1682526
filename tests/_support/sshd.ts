/**
 * Real OpenSSH servers, each with a folder, keys and a home of its own, which
 * end with the block that started them. Whoever logs in is who runs the tests:
 * no file of the machine is touched.
 *
 * @module
 */

import { assert } from "@std/assert";

/** What a test needs that starts a server. */
export const SSHD_NEEDS = {
  commands: ["/usr/sbin/sshd", "ssh-keygen"],
  // It is looked for there whether processes have ended.
  files: ["/proc/self/stat"],
} as const;

/** What a server is to be like. */
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
   * @default {a free one}
   */
  readonly port?: number;
  /**
   * Kinds of host keys.
   *
   * @default {["ed25519"]}
   */
  readonly hostKeys?: readonly string[];
  /** Host key of an earlier server, or of anybody's, in OpenSSH's form. */
  readonly hostKey?: string;
  /** Further lines of its configuration. */
  readonly config?: readonly string[];
  /**
   * Whether it waits for `start()`.
   *
   * @default {false}
   */
  readonly isStopped?: boolean;
}

/** A server of OpenSSH. */
export class Sshd {
  /** Its folder. */
  readonly folder: string;
  /** Where it listens. */
  readonly host: string;
  /** Where it listens. */
  readonly port: number;
  /** Who can log in. */
  readonly username: string;
  #child: Deno.ChildProcess | undefined;

  private constructor(
    folder: string,
    host: string,
    port: number,
    username: string,
  ) {
    this.folder = folder;
    this.host = host;
    this.port = port;
    this.username = username;
  }

  /**
   * Starts a server.
   *
   * @param options What it is to be like.
   * @returns The server, which answers.
   */
  static async start(options: SshdOptions = {}): Promise<Sshd> {
    const { host = "127.0.0.1", hostKeys = ["ed25519"], config = [] } = options;
    const folder = await Deno.makeTempDir({ prefix: "nephos-sshd-" });
    const port = options.port ?? freePort(host);
    const username = (await run("id", ["-un"])).trim();
    const sshd = new Sshd(folder, host, port, username);
    await Deno.chmod(folder, 0o755);
    await Deno.mkdir(sshd.home, { mode: 0o700 });
    const paths: string[] = [];
    for (const type of hostKeys) {
      const path = `${folder}/host_${type}`;
      paths.push(path);
      if (options.hostKey === undefined) {
        await keygen(path, ["-t", type]);
      } else {
        await Deno.writeTextFile(path, options.hostKey, { mode: 0o600 });
      }
    }
    await Deno.writeTextFile(
      `${folder}/config`,
      [
        `Port ${port}`,
        `ListenAddress ${host}`,
        ...paths.map((path) => `HostKey ${path}`),
        "PidFile none",
        `AuthorizedKeysFile ${folder}/authorized_keys ${sshd.home}/.ssh/authorized_keys`,
        // The folder is below /tmp, where everybody may write.
        "StrictModes no",
        "UsePAM no",
        "PermitRootLogin yes",
        "KbdInteractiveAuthentication no",
        "LogLevel VERBOSE",
        "MaxStartups 100",
        "Subsystem sftp internal-sftp",
        // Of several lines, the first one counts.
        `SetEnv HOME=${sshd.home}`,
        ...config,
        "",
      ].join("\n"),
    );
    if (isRoot()) await Deno.mkdir("/run/sshd", { recursive: true });
    if (!options.isStopped) await sshd.start();
    return sshd;
  }

  /** Home of who logs in. */
  get home(): string {
    return `${this.folder}/home`;
  }

  /** Starts it, and waits until it listens. */
  async start(): Promise<void> {
    const { folder } = this;
    this.#child = new Deno.Command("/bin/sh", {
      args: [
        "-c",
        `exec /usr/sbin/sshd -D -e -f ${folder}/config 2>>${folder}/log`,
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

  /** Stops it; who is logged in stays so. */
  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child) return;
    child.kill("SIGTERM");
    await child.status;
  }

  /** Stops it, and removes its folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await Deno.remove(this.folder, { recursive: true });
  }

  /** Finds its processes that serve connections: one of each, or two. */
  async children(): Promise<number[]> {
    const ours = new Set([this.#child?.pid]);
    const pids = [...Deno.readDirSync("/proc")]
      .flatMap(({ name }) => /^\d+$/.test(name) ? [Number(name)] : [])
      // A child is younger than its parent, mostly.
      .sort((a, b) => a - b);
    for (const pid of pids) {
      const stat = await Deno.readTextFile(`/proc/${pid}/stat`)
        .catch(() => "");
      const [, parent] = /^\d+ \(sshd.*\) \w (\d+) /.exec(stat) ?? [];
      if (ours.has(Number(parent))) ours.add(pid);
    }
    ours.delete(this.#child?.pid);
    return [...ours].filter((pid) => pid !== undefined);
  }

  /** What it has written down. */
  log(): Promise<string> {
    return Deno.readTextFile(`${this.folder}/log`).catch(() => "");
  }

  /** How many connections there have been. */
  async connections(): Promise<number> {
    return (await this.log()).match(/^Connection from /gm)?.length ?? 0;
  }

  /** Reads the public half of a host key. */
  hostKey(type = "ed25519"): Promise<string> {
    return Deno.readTextFile(`${this.folder}/host_${type}.pub`);
  }

  /** Makes the fingerprint of a host key. */
  async fingerprint(type = "ed25519"): Promise<string> {
    const line = await run("ssh-keygen", [
      "-lf",
      `${this.folder}/host_${type}.pub`,
    ]);
    return line.split(" ")[1] ?? "";
  }

  /**
   * Makes a pair of keys.
   *
   * @param args Arguments of `ssh-keygen`, such as `-t`.
   * @param isAuthorized Whether it can log in.
   * @returns Both halves, and where they are.
   */
  async keyPair(
    args: readonly string[] = ["-t", "ed25519"],
    isAuthorized = true,
  ): Promise<{ privateKey: string; publicKey: string; path: string }> {
    const path = `${this.folder}/key-${crypto.randomUUID()}`;
    await keygen(path, args);
    const publicKey = (await Deno.readTextFile(`${path}.pub`)).trim();
    if (isAuthorized) await this.authorize(publicKey);
    return { privateKey: await Deno.readTextFile(path), publicKey, path };
  }

  /** Lets a key log in. */
  async authorize(line: string): Promise<void> {
    await Deno.writeTextFile(`${this.folder}/authorized_keys`, `${line}\n`, {
      append: true,
    });
  }

  /** Lists the files of the home, at any depth. */
  async files(): Promise<string[]> {
    const list = async (folder: string): Promise<string[]> => {
      const found: string[] = [];
      try {
        for await (const { name, isDirectory } of Deno.readDir(folder)) {
          const path = `${folder}/${name}`;
          if (isDirectory) found.push(`${path}/`, ...await list(path));
          else found.push(path);
        }
      } catch (error) {
        // It may be on its way out.
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

/** Somebody who is on this machine until the block ends. */
export interface TestUser extends AsyncDisposable {
  /** Login name. */
  readonly username: string;
  /** Password. */
  readonly password: string;
  /** Home. */
  readonly home: string;
}

/**
 * Adds a user, which only root can.
 *
 * @param folder Where the home is made.
 * @param isSudoer Whether `sudo` asks for no password.
 * @returns The user.
 */
export async function addUser(
  folder: string,
  isSudoer = false,
): Promise<TestUser> {
  const username = `nephos${crypto.randomUUID().slice(0, 8)}`;
  const password = `pä55 "word" ${crypto.randomUUID()}`;
  const home = `${folder}/${username}`;
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
      // What is left of the logins ends by itself.
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
 * Runs a program.
 *
 * @param command The program.
 * @param args Its arguments.
 * @param input What it reads.
 * @returns What it prints.
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

/** Finds a port that nobody listens on. */
export function freePort(hostname = "127.0.0.1"): number {
  const listener = Deno.listen({ hostname, port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}

/** A line to a server that can be cut. */
export interface Proxy extends AsyncDisposable {
  /** Where it listens, on 127.0.0.1. */
  readonly port: number;
  /** How many connections there have been. */
  readonly count: number;
  /** Cuts all that are open. */
  cut(): void;
}

/**
 * Puts a proxy before a server.
 *
 * @param target Port of the server, on 127.0.0.1.
 * @param meet What becomes of a connection: it is closed, or not answered, or
 *   passed on.
 * @returns The proxy.
 */
export function proxy(
  target: number,
  meet: (
    count: number,
  ) => "close" | "stall" | undefined | void | Promise<void> = () => {},
): Proxy {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.TcpConn>();
  const pumps: Promise<unknown>[] = [];
  let count = 0;
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
        for (let at = 0; to && at < size;) {
          at += await to.write(bytes.subarray(at, size));
        }
      }
    } catch {
      // It was closed.
    }
    close(from);
    if (to) close(to);
  };
  const serve = async () => {
    for await (const near of listener) {
      open.add(near);
      const what = await meet(++count);
      if (what === "close") {
        close(near);
      } else if (what === "stall") {
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
    cut() {
      for (const conn of open) close(conn);
    },
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const conn of open) close(conn);
      await Promise.all(pumps);
    },
  };
}
