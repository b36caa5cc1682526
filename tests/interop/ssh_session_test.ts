/**
 * Tests sessions and connection attempts one by one: the addresses that they
 * dial, and what they leave open. The servers are real.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { ConnectionError, Deadline } from "../../core/mod.ts";
import type { DeploymentContext, Node } from "../../core/compute/mod.ts";
import {
  type Authentication,
  type ConnectConfig,
  type Libraries,
  load,
  type Socket,
} from "../../deploy/_ssh2.ts";
import { connect, type ConnectorOptions } from "../../deploy/_ssh_connector.ts";
import { HostKeys } from "../../deploy/_ssh_host_keys.ts";
import { readPrivateKey } from "../../deploy/_ssh_key.ts";
import { RefusedError, Session } from "../../deploy/_ssh_session.ts";
import { needs } from "../_support/needs.ts";
import {
  freePort,
  proxy,
  Sshd,
  SSHD_NEEDS,
  type SshdOptions,
} from "../_support/sshd.ts";

/** Defines a test that needs a server and fails if it leaks resources. */
function test(name: string, fn: () => Promise<void>): void {
  Deno.test({
    ...needs(name, SSHD_NEEDS),
    sanitizeOps: true,
    sanitizeResources: true,
    fn,
  });
}

/** Connects the addresses of nodes to ports of this machine. */
class Network {
  /** Addresses in the order in which they were dialled. */
  readonly dialled: string[] = [];
  /** Number of sockets that are not closed. */
  open = 0;
  /** Number of sockets that send small packets at once. */
  withoutDelay = 0;
  readonly libraries: Libraries;

  constructor(libraries: Libraries, ports: Readonly<Record<string, number>>) {
    const connect = ({ host }: { host: string }): Socket => {
      this.dialled.push(host);
      this.open++;
      const socket = libraries.connect({
        host: "127.0.0.1",
        port: ports[host]!,
      });
      const setNoDelay = socket.setNoDelay.bind(socket);
      socket.setNoDelay = () => {
        this.withoutDelay++;
        return setNoDelay();
      };
      return socket.on("close", () => {
        this.open--;
      });
    };
    this.libraries = { ...libraries, connect };
  }
}

/** Counts the listeners that stay on a signal. */
function countListeners(signal: AbortSignal): () => number {
  let count = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    count++;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    count--;
    remove(...args);
  };
  return () => count;
}

const PUBLIC = "203.0.113.7";
const PRIVATE = "10.0.0.7";

function nodeWith(
  publicIps: readonly string[],
  privateIps: readonly string[],
): Node {
  return {
    id: "1",
    name: "web-1",
    state: "running",
    publicIps,
    privateIps,
    tags: {},
    extra: {},
  } as Node;
}

/** Starts a server, and creates what a session with it needs. */
async function setUp(options: SshdOptions = {}) {
  const sshd = await Sshd.start(options);
  const { privateKey, publicKey } = await sshd.keyPair();
  const libraries = await load();
  const key = readPrivateKey(libraries, privateKey, undefined);
  /** Opens a session with the server. */
  const openSession = (
    {
      network = new Network(libraries, { [PUBLIC]: sshd.port }),
      signal = new AbortController().signal,
      libraries: used = network.libraries,
      authentications = [
        { type: "publickey", username: sshd.username, key },
      ],
    }: {
      network?: Network;
      signal?: AbortSignal;
      libraries?: Libraries;
      authentications?: readonly Authentication[];
    } = {},
  ): Promise<Session> =>
    Session.open({
      libraries: used,
      host: PUBLIC,
      port: 22,
      username: authentications[0]!.username,
      authentications,
      hostKeys: new HostKeys([], libraries),
      connectTimeoutMs: 10_000,
      signal,
    });
  return {
    sshd,
    key,
    publicKey,
    libraries,
    openSession,
    /** Runs a task in a session. */
    async withSession(task: (session: Session) => Promise<void>) {
      const session = await openSession();
      try {
        await task(session);
      } finally {
        await session.close();
      }
    },
    /** Connects to a node, and closes the session. */
    async connect(
      network: Network,
      node: Node,
      {
        readNode = () => Promise.resolve(node),
        timeoutMs = 20_000,
        signal,
        ...options
      }:
        & Partial<ConnectorOptions>
        & Partial<DeploymentContext>
        & { timeoutMs?: number; signal?: AbortSignal } = {},
    ): Promise<void> {
      const limits = { timeoutMs, signal };
      await Deadline.run(
        limits,
        { operation: "deployNode" },
        async (deadline) => {
          const session = await connect(node, {
            deadline,
            intervalMs: 10,
            connecting: () => {},
            readNode,
            run: () => Promise.reject(new Error("unexpected step")),
          }, {
            libraries: network.libraries,
            pins: [],
            port: 22,
            usernames: [sshd.username],
            authenticationsOf: (username) => [
              { type: "publickey", username, key },
            ],
            interface: undefined,
            connectTimeoutMs: 10_000,
            loginGraceMs: 0,
            ...options,
          });
          await session.close();
        },
      );
    },
    [Symbol.asyncDispose]: () => sshd[Symbol.asyncDispose](),
  };
}

// Connecting

test("connect() dials only the public addresses if a node has both kinds", async () => {
  await using it = await setUp();
  const network = new Network(it.libraries, {
    [PUBLIC]: freePort(),
    "2001:db8::7": freePort(),
    [PRIVATE]: it.sshd.port,
  });
  const node = nodeWith([PUBLIC, "2001:db8::7"], [PRIVATE]);
  await assertRejects(() => it.connect(network, node, { timeoutMs: 300 }));
  assertEquals(new Set(network.dialled), new Set(node.publicIps));
  await it.connect(network, node, { interface: "private" });
  assertEquals(network.dialled.at(-1), PRIVATE);
});

test("connect() dials a public address as soon as the node has one", async () => {
  await using it = await setUp();
  const network = new Network(it.libraries, {
    [PUBLIC]: it.sshd.port,
    [PRIVATE]: freePort(),
  });
  let reads = 0;
  await it.connect(network, nodeWith([], [PRIVATE]), {
    readNode: () =>
      Promise.resolve(nodeWith(++reads < 3 ? [] : [PUBLIC], [PRIVATE])),
  });
  assertEquals(network.dialled, [PRIVATE, PRIVATE, PRIVATE, PUBLIC]);
  assertEquals(reads, 3);
});

test("connect() waits for an address if the node has none of the chosen kind", async () => {
  await using it = await setUp();
  const network = new Network(it.libraries, { [PUBLIC]: it.sshd.port });
  for (
    const [kind, node, missing] of [
      ["public", nodeWith([], [PRIVATE]), "public IP address"],
      ["private", nodeWith([PUBLIC], []), "private IP address"],
      [undefined, nodeWith([], []), "IP address"],
    ] as const
  ) {
    await assertRejects(
      () => it.connect(network, node, { interface: kind, timeoutMs: 100 }),
      Error,
      `could not connect to web-1: the node has no ${missing}`,
    );
  }
  assertEquals(network.dialled, []);
  await it.connect(network, nodeWith([], [PRIVATE]), {
    interface: "public",
    readNode: () => Promise.resolve(nodeWith([PUBLIC], [])),
  });
  assertEquals(network.dialled, [PUBLIC]);
});

test("connect() does not read the node again if the first attempt succeeds", async () => {
  await using it = await setUp();
  const network = new Network(it.libraries, { [PUBLIC]: it.sshd.port });
  await it.connect(network, nodeWith([PUBLIC], []), {
    readNode: () => Promise.reject(new Error("unexpected request")),
  });
});

test("connect() holds no host key and no refusal of a private address against a public one", async () => {
  await using it = await setUp();
  // Another machine has the private address in this network.
  await using other = await Sshd.start();
  const network = new Network(it.libraries, {
    [PUBLIC]: it.sshd.port,
    [PRIVATE]: other.port,
  });
  await it.connect(network, nodeWith([], [PRIVATE]), {
    loginGraceMs: 60_000,
    readNode: () => Promise.resolve(nodeWith([PUBLIC], [PRIVATE])),
  });
  assertEquals(network.dialled, [PRIVATE, PUBLIC]);
});

test("connect() has closed every connection when it rejects", async () => {
  await using it = await setUp();
  await using silent = proxy(it.sshd.port, () => "stall");
  const network = new Network(it.libraries, { [PUBLIC]: silent.port });
  const controller = new AbortController();
  const reason = new Error("enough");
  setTimeout(() => controller.abort(reason), 100);
  const rejection = await it.connect(network, nodeWith([PUBLIC], []), {
    signal: controller.signal,
  }).then(() => undefined, (error) => [error, network.open]);
  assertEquals(network.dialled, [PUBLIC]);
  assertEquals(rejection, [reason, 0]);
});

test("connect() reports the last failure if the time limit ends an attempt", async () => {
  await using it = await setUp();
  await using relay = proxy(
    it.sshd.port,
    (count) => count === 1 ? "close" : "stall",
  );
  const network = new Network(it.libraries, { [PUBLIC]: relay.port });
  const node = nodeWith([PUBLIC], []);
  const error = await assertRejects(
    () => it.connect(network, node, { timeoutMs: 500 }),
    ConnectionError,
    `could not connect to ${PUBLIC}:22 as ${it.sshd.username}: `,
  );
  assertEquals([error.mayHaveBeenApplied, error.isUnsent], [false, true]);
  assertEquals(network.dialled.length, 2);
});

test("Session.open() leaves no listener on the signal after several attempts", async () => {
  await using it = await setUp();
  await using relay = proxy(
    it.sshd.port,
    (count) => count < 4 ? "close" : undefined,
  );
  const network = new Network(it.libraries, { [PUBLIC]: relay.port });
  const { signal } = new AbortController();
  const listeners = countListeners(signal);
  for (let attempt = 1; attempt < 4; attempt++) {
    await assertRejects(
      () => it.openSession({ network, signal }),
      ConnectionError,
    );
  }
  const session = await it.openSession({ network, signal });
  assertEquals(listeners(), 1);
  await session.close();
  assertEquals(network.dialled.length, 4);
  assertEquals(listeners(), 0);
});

// Servers with rare behaviour

/** A login that a server of ssh2 receives. */
interface Login {
  readonly method: string;
  accept(): void;
  reject(methods: readonly string[]): void;
  requestChange(prompt: string, done: () => void): void;
}

/**
 * Starts a server of ssh2, which allows what OpenSSH never does. It ends the
 * connection when a command starts.
 */
async function strangeServer(
  hostKey: string,
  onLogin: (login: Login) => void,
): Promise<AsyncDisposable & { readonly port: number }> {
  const { default: ssh2 } = await import("npm:ssh2@1.17.0");
  const server = new ssh2.Server(
    { hostKeys: [hostKey] },
    // deno-lint-ignore no-explicit-any -- ssh2 has no types of its own.
    (client: any) => {
      client.on("authentication", onLogin);
      client.on("error", () => {});
      // deno-lint-ignore no-explicit-any -- ssh2 has no types of its own.
      client.on("session", (accept: any) => {
        accept().on("exec", (accept: () => void) => {
          accept();
          client._sock.destroy();
        });
      });
    },
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: server.address().port,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

test("Session.open() reports an expired password, and that it stays expired", async () => {
  await using it = await setUp({ isStopped: true });
  const hostKey = await Deno.readTextFile(`${it.sshd.directory}/host_ed25519`);
  await using server = await strangeServer(
    hostKey,
    (login) => login.requestChange("New password:", () => {}),
  );
  const network = new Network(it.libraries, { [PUBLIC]: server.port });
  const error = await assertRejects(
    () =>
      it.openSession({
        network,
        authentications: [
          { type: "password", username: "me", password: "old" },
        ],
      }),
    RefusedError,
    ": the password has expired",
  );
  assertEquals([error.isFinal, network.open], [true, 0]);
});

test("Session.open() sends a password only to a server that accepts passwords", async () => {
  await using it = await setUp({ isStopped: true });
  const hostKey = await Deno.readTextFile(`${it.sshd.directory}/host_ed25519`);
  for (
    const [accepted, expected] of [
      [["publickey"], ["publickey"]],
      [["password"], ["publickey", "password"]],
    ] as const
  ) {
    const methods: string[] = [];
    await using server = await strangeServer(hostKey, (login) => {
      methods.push(login.method);
      login.reject(accepted);
    });
    const network = new Network(it.libraries, { [PUBLIC]: server.port });
    const error = await assertRejects(
      () =>
        it.openSession({
          network,
          authentications: [
            { type: "publickey", username: "me", key: it.key },
            { type: "password", username: "me", password: "secret" },
          ],
        }),
      RefusedError,
      `permission denied (the server accepts ${accepted})`,
    );
    assertEquals(error.isFinal, false);
    assertEquals(methods, [...expected]);
  }
});

test("Session.open() goes on with the next method if the agent fails", async () => {
  await using it = await setUp({ isStopped: true });
  const hostKey = await Deno.readTextFile(`${it.sshd.directory}/host_ed25519`);
  const methods: string[] = [];
  await using server = await strangeServer(hostKey, (login) => {
    methods.push(login.method);
    login.reject(["password", "publickey"]);
  });
  const network = new Network(it.libraries, { [PUBLIC]: server.port });
  await assertRejects(
    () =>
      it.openSession({
        network,
        authentications: [
          { type: "agent", username: "me", agent: `${it.sshd.home}/missing` },
          { type: "password", username: "me", password: "secret" },
        ],
      }),
    RefusedError,
    "permission denied (the server accepts password or publickey)",
  );
  assertEquals(methods, ["password"]);
});

test("Session.open() reports a lost connection if the connection ends when the first command starts", async () => {
  await using it = await setUp({ isStopped: true });
  const hostKey = await Deno.readTextFile(`${it.sshd.directory}/host_ed25519`);
  await using server = await strangeServer(hostKey, (login) => login.accept());
  const network = new Network(it.libraries, { [PUBLIC]: server.port });
  await assertRejects(() => it.openSession({ network }), ConnectionError);
  assertEquals(network.open, 0);
});

test("Session.run() reports a lost connection if nothing arrives any more", async () => {
  await using it = await setUp();
  await using relay = proxy(it.sshd.port);
  const network = new Network(it.libraries, { [PUBLIC]: relay.port });
  const { Client } = network.libraries;
  // The same, but 100 times faster.
  class FastClient extends Client {
    override connect(config: ConnectConfig): void {
      const keepaliveInterval = config.keepaliveInterval / 100;
      super.connect({ ...config, keepaliveInterval });
    }
  }
  const session = await it.openSession({
    libraries: { ...network.libraries, Client: FastClient },
  });
  const running = assertRejects(
    () => session.run(`touch ${it.sshd.home}/started; sleep 100`),
    ConnectionError,
    "lost: Keepalive timeout",
  );
  while (!(await it.sshd.files()).includes("started")) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  relay.freeze();
  // The program may have done its work.
  const error = await running;
  assertEquals([error.mayHaveBeenApplied, error.isUnsent], [true, false]);
  await session.close();
  assertEquals(network.open, 0);
});

// Sessions

test("Session.run() frees its channel even if a background process keeps it open", async () => {
  // One for the guard, one for SFTP and one for a program.
  await using it = await setUp({ config: ["MaxSessions 3"] });
  const session = await it.openSession();
  const pids: number[] = [];
  try {
    for (let count = 0; count < 2; count++) {
      const { stdout } = await session.run("sleep 100 & echo $!");
      pids.push(Number(stdout));
    }
  } finally {
    for (const pid of pids) Deno.kill(pid, "SIGKILL");
    await session.close();
  }
  assertEquals(pids.length, 2);
});

test("Session.open() sends small packets at once", async () => {
  await using it = await setUp();
  const network = new Network(it.libraries, { [PUBLIC]: it.sshd.port });
  await (await it.openSession({ network })).close();
  assertEquals(network.withoutDelay, 1);
});

test("Session.open() does not dial if the signal has aborted", async () => {
  await using it = await setUp();
  const network = new Network(it.libraries, { [PUBLIC]: it.sshd.port });
  const reason = new Error("enough");
  const signal = AbortSignal.abort(reason);
  const error = await it.openSession({ network, signal })
    .catch((error) => error);
  assertStrictEquals(error, reason);
  assertEquals(network.dialled, []);
});

test("Session.open() rejects with the reason of an abort", async () => {
  await using it = await setUp();
  await using silent = proxy(it.sshd.port, () => "stall");
  const network = new Network(it.libraries, { [PUBLIC]: silent.port });
  const controller = new AbortController();
  const reason = new Error("enough");
  setTimeout(() => controller.abort(reason), 50);
  const error = await it.openSession({ network, signal: controller.signal })
    .catch((error) => error);
  assertStrictEquals(error, reason);
  assertEquals([network.dialled.length, network.open], [1, 0]);
});

test("Session.open() has closed the connection when the user may not run commands", async () => {
  await using it = await setUp({ config: ["ForceCommand echo no"] });
  const network = new Network(it.libraries, { [PUBLIC]: it.sshd.port });
  const rejection = await it.openSession({ network })
    .then(() => [], (error) => [error, network.open]);
  const [error, open] = rejection;
  assertInstanceOf(error, RefusedError);
  assertEquals(open, 0);
});

test("Session.open() limits the output of the server in its error", async () => {
  await using it = await setUp();
  await Deno.writeTextFile(
    `${it.sshd.directory}/authorized_keys`,
    `command="i=0; while [ $i -lt 300 ]; do echo 'Welcome to the machine';` +
      ` i=$((i+1)); done; exit 1" ${it.publicKey}\n`,
  );
  const error = await assertRejects(() => it.openSession(), RefusedError);
  assertMatch(error.message, /printed "Welcome to the machine\\n/);
  assert(error.message.length < 6000, `${error.message.length}`);
});

test("Session.upload() makes a private file, and does not replace another", async () => {
  await using it = await setUp();
  await it.withSession(async (session) => {
    const path = `${session.directory}/file`;
    await session.upload(path, "one");
    assertEquals(Deno.statSync(path).mode! & 0o7777, 0o600);
    await assertRejects(() => session.upload(path, "two"));
    assertEquals(await Deno.readTextFile(path), "one");
  });
});

test("Session.run() rejects with the reason of an abort", async () => {
  await using it = await setUp();
  const controller = new AbortController();
  const reason = new Error("enough");
  const session = await it.openSession({ signal: controller.signal });
  const running = session.run("sleep 100").catch((error) => error);
  setTimeout(() => controller.abort(reason), 50);
  assertStrictEquals(await running, reason);
  await session.close();
});

test("Session.run() has no exit status if a signal ends the program", async () => {
  await using it = await setUp();
  await it.withSession(async (session) => {
    assertEquals(await session.run("echo half; kill -9 $$"), {
      exitStatus: undefined,
      stdout: "half\n",
      stderr: "",
      reason: "killed by SIGKILL",
    });
  });
});

test("Session.run() closes the standard input of a late program and waits for its last output", async () => {
  await using it = await setUp();
  await it.withSession(async (session) => {
    assertEquals(await session.run("cat; echo input ended", 100), {
      exitStatus: undefined,
      stdout: "input ended\n",
      stderr: "",
      reason: "timed out after 100 ms",
    });
  });
});

test("Session.run() does not wait for a late program that ignores the end of its input", async () => {
  await using it = await setUp();
  const session = await it.openSession();
  const pid = `${session.directory}/pid`;
  let program = NaN;
  try {
    const outcome = await session.run(`echo $$ >${pid}; exec sleep 100`, 100);
    assertEquals(outcome.reason, "timed out after 100 ms");
    program = Number(await Deno.readTextFile(pid));
    const stat = await Deno.readTextFile(`/proc/${program}/stat`);
    assertMatch(stat, /\(sleep\) S/);
  } finally {
    await session.close();
    if (program) Deno.kill(program, "SIGKILL");
  }
});

test("Session.run() does not wait for a background process that prints forever", async () => {
  await using it = await setUp();
  const session = await it.openSession();
  const pid = `${session.directory}/pid`;
  let program = NaN;
  try {
    const { exitStatus, stdout } = await session.run(
      `(while :; do echo more; sleep 0.3; done) & echo $! >${pid}; echo done`,
    );
    program = Number(await Deno.readTextFile(pid));
    assertEquals(exitStatus, 0);
    assertMatch(stdout, /done\n/);
  } finally {
    if (program) Deno.kill(program, "SIGKILL");
    await session.close();
  }
});
