import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  CloudError,
  ConflictError,
  ConnectionError,
  NotFoundError,
  TimeoutError,
} from "../../../core/mod.ts";
import {
  type CreateNodeOptions,
  type Deployment,
  type DeploymentContext,
  DeploymentError,
  type DeploymentOptions,
  type DeploymentPlan,
  type DeploymentProgress,
  type DeploymentStep,
  DeploymentTransport,
  file,
  type Node,
  NodeDriver,
  NodeFailedError,
  nodeOf,
  script,
  sshKey,
  type StepOutcome,
  steps,
  type TakesUserData,
} from "../../../core/compute/mod.ts";
import { NephoScaleNodeDriver } from "../../../drivers/nephoscale.ts";
import { faults, withFaults } from "../../../testing/faults.ts";
import { NephoScaleSimulator } from "../../../simulators/nephoscale/mod.ts";
import { rejection } from "../_acme.ts";

const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample me@example.com";
const FINE: StepOutcome = { exitStatus: 0, stdout: "", stderr: "" };
const NODE = { name: "web-1", size: "5", image: "49" };

/** How each step ends, and what else a test has the transport do. */
interface Behaviour {
  /** Does a step. */
  readonly step?: (
    step: DeploymentStep,
    context: DeploymentContext,
  ) => StepOutcome | Promise<StepOutcome>;
  /** Connects. */
  readonly connect?: (context: DeploymentContext) => Promise<void>;
  /** What is put over the options of the create. */
  readonly create?: Partial<CreateNodeOptions>;
  readonly secrets?: readonly string[];
}

/** A way to deploy that is all in memory. */
class MemoryTransport extends DeploymentTransport {
  readonly plans: DeploymentStep[][] = [];
  readonly nodes: Node[] = [];
  readonly contexts: DeploymentContext[] = [];
  readonly #behaviour: Behaviour;

  constructor(behaviour: Behaviour = {}) {
    super();
    this.#behaviour = behaviour;
  }

  protected override plan(
    _driver: NodeDriver,
    steps: readonly DeploymentStep[],
    options: CreateNodeOptions,
  ): DeploymentPlan {
    const { create, secrets, connect, step = () => FINE } = this.#behaviour;
    this.plans.push([...steps]);
    return {
      create: { ...options, ...create },
      secrets,
      run: async (node, context) => {
        this.nodes.push(node);
        this.contexts.push(context);
        context.connecting();
        await connect?.(context);
        for (const one of steps) {
          await context.run(one, async () => await step(one, context));
        }
      },
    };
  }
}

/** An account at NephoScale that notes what is sent. */
function open(options: {
  readonly fetch?: (
    request: Request,
    next: (request: Request) => Promise<Response>,
  ) => Promise<Response>;
} = {}) {
  const simulator = new NephoScaleSimulator({ createMs: 0, bootMs: 5 });
  const { credentials } = simulator;
  const sent: string[] = [];
  const headers: Headers[] = [];
  const cloud = new NephoScaleNodeDriver({
    ...credentials,
    fetch: async (request) => {
      sent.push(`${request.method} ${new URL(request.url).pathname}`);
      headers.push(request.headers);
      return await (options.fetch?.(request, simulator.fetch) ??
        simulator.fetch(request));
    },
    retry: { baseMs: 1, maxMs: 2 },
  });
  const witness = new NephoScaleNodeDriver({
    ...credentials,
    fetch: simulator.fetch,
  });
  return { cloud, witness, sent, headers };
}

const FAST = { ...NODE, intervalMs: 1 };

type Deployed = Parameters<NephoScaleNodeDriver["deployNode"]>[0];

/** Waits for the error of a deployment. */
async function failure(
  cloud: NephoScaleNodeDriver,
  options: Omit<Deployed, "name" | "size" | "image">,
): Promise<DeploymentError> {
  return await assertRejects(
    () => cloud.deployNode({ ...FAST, ...options }),
    DeploymentError,
  );
}

// Steps

Deno.test("sshKey() takes a line of a public key, and names itself by its comment", () => {
  assertEquals(sshKey(`  ${KEY}\n`), {
    kind: "sshKey",
    name: "me@example.com",
    publicKey: KEY,
  });
  const bare = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAI";
  assertEquals(sshKey(bare).name, "ecdsa-sha2-nistp256");
  assertEquals(
    sshKey(
      `sk-ssh-ed25519@openssh.com ${
        btoa("\0\0\0\x1ask-ssh-ed25519@openssh.com\0")
      } a key  with words`,
    ).name,
    "a key  with words",
  );
});

Deno.test("sshKey() refuses what is no line of a public key, and does not show it", () => {
  for (
    const bad of [
      "",
      "ssh-ed25519",
      "canary",
      `${KEY}\n${KEY}`,
      `${KEY}\nssh-rsa AAAA canary`,
      `${KEY}\0`,
      "ssh-ed25519 not*base64 canary",
      'command="canary" ssh-rsa AAAA',
      // It says nothing of itself, or another kind, or is cut off.
      "ssh-ed25519 AAAA canary",
      "ssh-ed25519 AAAAC canary",
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 canary",
      `${KEY.replace("ssh-ed25519", "ssh-rsa")} canary`,
      "-----BEGIN OPENSSH PRIVATE KEY-----\ncanary\n-----END OPENSSH PRIVATE KEY-----",
      undefined,
      null,
      5,
      {},
    ]
  ) {
    const error = assertThrows(() => sshKey(bad as string), TypeError);
    assertEquals(
      error.message,
      "Cannot add a key: it is not a line of a public key",
    );
  }
});

Deno.test("file() takes texts and bytes, a mode and an owner", () => {
  assertEquals(file("/etc/motd", "Hello\n"), {
    kind: "file",
    name: "/etc/motd",
    path: "/etc/motd",
    content: "Hello\n",
    mode: 0o644,
    owner: undefined,
  });
  const content = new Uint8Array([0, 255]);
  const secret = file("/s", content, { mode: 0, owner: "www-data:adm" });
  assertStrictEquals(secret.content, content);
  assertEquals([secret.mode, secret.owner], [0, "www-data:adm"]);
  assertEquals(file("/a", "", { mode: 0o4755, owner: "0:0" }).mode, 0o4755);
});

Deno.test("file() refuses paths, contents, modes and owners that make no sense", () => {
  for (
    const path of ["", "motd", "./x", "~/x", "/etc/", "/", "/a\nb", "/a\0b", 5]
  ) assertThrows(() => file(path as string, ""), TypeError, "Cannot write ");
  for (const content of [undefined, null, 5, {}, ["a"], "a\ud800b"]) {
    assertThrows(
      () => file("/a", content as string),
      TypeError,
      "Cannot write a file: its content is no text and no bytes",
    );
  }
  for (const mode of [-1, 0o10000, 1.5, NaN]) {
    assertThrows(() => file("/a", "", { mode }), RangeError, "as mode");
  }
  for (const owner of ["", "-x", "a b", "a:", ":a", "a:b:c", "$(id)", "a\n"]) {
    assertThrows(() => file("/a", "", { owner }), TypeError, "an owner");
  }
});

Deno.test("script() copies its arguments, and has a name", () => {
  const args = ["a b", `"'$x`, "", "ä\n"];
  const step = script("#!/bin/sh\n", { args, timeoutMs: 5, keep: true });
  assertEquals(step, {
    kind: "script",
    name: "script",
    text: "#!/bin/sh\n",
    args: ["a b", `"'$x`, "", "ä\n"],
    timeoutMs: 5,
    keep: true,
  });
  args.pop();
  assertEquals(step.args.length, 4);
  assertEquals(script("id", { name: "who" }).name, "who");
  assertEquals(script("id").keep, false);
});

Deno.test("script() refuses texts, arguments, names and limits that make no sense", () => {
  for (const text of ["", " \n", undefined, null, 5, "a\ud800"]) {
    assertThrows(() => script(text as string), TypeError, "Cannot run a ");
  }
  for (const arg of ["a\0b", 5, undefined, null, "\udc00"]) {
    assertThrows(() => script("id", { args: [arg as string] }), TypeError);
  }
  for (const name of ["", "a\nb"]) {
    assertThrows(() => script("id", { name }), TypeError, "is not a name");
  }
  for (const timeoutMs of [0, -1, NaN, Infinity, 2 ** 31]) {
    assertThrows(() => script("id", { timeoutMs }), RangeError, "timeoutMs");
  }
});

Deno.test("steps() flattens lists of any depth, in their order", () => {
  const [a, b, c] = [file("/a", ""), file("/b", ""), file("/c", "")] as const;
  assertEquals(steps(), []);
  assertEquals(steps(a, [], [b, [[c]]], steps(a, steps(b))), [a, b, c, a, b]);
});

Deno.test("steps() takes plain data from anywhere, and checks it", () => {
  const all = [sshKey(KEY), file("/a", "b"), script("id", { args: ["x"] })];
  assertEquals(steps(JSON.parse(JSON.stringify(all))), all);
  for (
    const [step, message] of [
      [{ kind: "sshKey", name: "k", publicKey: `${KEY}\n${KEY}` }, "add a key"],
      [{ kind: "file", name: "f", path: "a", content: "" }, "write a file"],
      [{ kind: "script", name: "s", text: "" }, "run a script"],
      [{ kind: "file", path: "/a", content: "" }, "is not a name"],
      [
        { kind: "reboot" },
        `"reboot" is not a kind of step: sshKey,file,script`,
      ],
      [{ kind: "toString" }, "is not a kind of step"],
      [{}, "is not a kind of step"],
      [null, "is not a kind of step"],
      [undefined, "is not a kind of step"],
      ["#!/bin/sh", "is not a kind of step"],
    ] as const
  ) {
    for (const part of [step, [[step]]]) {
      assertThrows(
        () => steps(part as unknown as Deployment),
        TypeError,
        message,
      );
    }
  }
});

// The template

Deno.test("NodeDriver.deployNode() creates a node, waits for it and runs the steps in their order", async () => {
  const { cloud, witness, sent } = open();
  const via = new MemoryTransport({
    step: ({ name }) => ({
      exitStatus: 0,
      stdout: `${name} out`,
      stderr: `${name} err`,
    }),
  });
  const events: DeploymentProgress[] = [];
  const { node, steps } = await cloud.deployNode({
    ...FAST,
    deploy: [sshKey(KEY), [file("/etc/motd", "Hi")], script("id")],
    via,
    onProgress: (event) => events.push(event),
  });
  assertEquals(node, await witness.getNode(node));
  assertEquals([node.name, node.state], ["web-1", "running"]);
  assertEquals(via.nodes, [node]);
  const names = ["me@example.com", "/etc/motd", "script"];
  assertEquals(via.plans.map((it) => it.map(({ name }) => name)), [names]);
  assertEquals(
    steps.map(({ durationMs: _, ...rest }) => rest),
    names.map((name) => ({
      name,
      exitStatus: 0,
      stdout: `${name} out`,
      stderr: `${name} err`,
    })),
  );
  for (const { durationMs } of steps) assert(durationMs >= 0);

  const first = sent.indexOf("POST /server/cloud/");
  assertEquals(
    sent.filter((it) => it.startsWith("POST")).length,
    1,
    `${first}`,
  );
  const kinds = ["sshKey", "file", "script"] as const;
  assertEquals(
    events.map(({ phase, step, result }) => [phase, step, result]),
    [
      ["creating", undefined, undefined],
      ["waiting", undefined, undefined],
      ["connecting", undefined, undefined],
      ...steps.flatMap((result, index) => {
        const step = { kind: kinds[index]!, name: result.name };
        return [
          ["running" as const, step, undefined],
          ["running" as const, step, result],
        ];
      }),
    ],
  );
  assertEquals(
    events.map((event) => event.node?.id),
    events.map(({ phase }) => phase === "creating" ? undefined : node.id),
  );
  const times = events.map(({ elapsedMs }) => elapsedMs);
  assertEquals(times, times.toSorted((a, b) => a - b));
});

Deno.test("NodeDriver.deployNode() is fine without steps, and without anything to run", async () => {
  class Silent extends DeploymentTransport {
    protected override plan(
      _driver: NodeDriver,
      _steps: readonly DeploymentStep[],
      create: CreateNodeOptions,
    ) {
      return Promise.resolve({ create });
    }
  }
  const { cloud } = open();
  for (const via of [new MemoryTransport(), new Silent()]) {
    const { node, steps } = await cloud.deployNode({
      ...FAST,
      deploy: [],
      via,
    });
    assertEquals([node.state, steps], ["running", []]);
  }
});

Deno.test("NodeDriver.deployNode() passes on what createNode() takes, and the plan has the last word", async () => {
  const { cloud, witness, headers } = open();
  const key = await witness.importKeyPair({ name: "me", publicKey: KEY });
  const via = new MemoryTransport({ create: { name: "web-2" } });
  const { node } = await cloud.deployNode({
    ...FAST,
    keyPairs: [key],
    location: "87729",
    // What this provider alone has.
    hostname: "web.example.com",
    headers: { "x-trace": "abc" },
    deploy: file("/a", ""),
    via,
  });
  assertEquals(
    [node.name, node.extra.hostname, node.locationId],
    ["web-2", "web.example.com", "87729"],
  );
  for (const sent of headers) assertEquals(sent.get("x-trace"), "abc");
  assertEquals(via.contexts.map(({ intervalMs }) => intervalMs), [1]);
});

Deno.test("NodeDriver.deployNode() serves many deployments by one transport at once", async () => {
  const { cloud } = open();
  const via = new MemoryTransport({
    step: async ({ name }, { deadline }) => {
      await deadline.sleep(2);
      return { ...FINE, stdout: name };
    },
  });
  const all = await Promise.all(
    ["a", "b", "c"].map((name) =>
      cloud.deployNode({
        ...FAST,
        name,
        deploy: [file(`/${name}`, ""), script("id", { name })],
        via,
      })
    ),
  );
  assertEquals(
    all.map(({ node, steps }) => [node.name, ...steps.map((it) => it.stdout)]),
    ["a", "b", "c"].map((name) => [name, `/${name}`, name]),
  );
});

Deno.test("NodeDriver.deployNode() refuses bad steps and options before any request", async () => {
  const { cloud, sent } = open();
  const via = new MemoryTransport();
  for (
    const options of [
      { deploy: { kind: "reboot" } },
      { deploy: undefined },
      { deploy: [null] },
      { deploy: [], onFailure: "retry" },
      { deploy: [], onFailure: "toString" },
      { deploy: [], intervalMs: 0 },
      { deploy: [], intervalMs: NaN },
      { deploy: [], timeoutMs: 0 },
      { deploy: [], timeoutMs: 2 ** 31 },
      { deploy: [], name: "" },
      { deploy: [], userData: "#!/bin/sh" },
    ]
  ) {
    const error = await rejection(
      cloud.deployNode({ ...FAST, via, ...options } as unknown as Deployed),
    );
    assert(
      error instanceof TypeError || error instanceof RangeError,
      Deno.inspect(options),
    );
    assertStringIncludes(error.message, "Cannot ");
  }
  await assertRejects(
    () => cloud.deployNode({ ...FAST, deploy: [] } as unknown as Deployed),
    TypeError,
    "Cannot deployNode: undefined is not a way to deploy",
  );
  assertEquals(sent, []);
});

Deno.test("NodeDriver.deployNode() fails with the error of createNode(), and destroys nothing", async () => {
  const { cloud, sent } = open();
  for (const onFailure of ["keep", "destroy"] as const) {
    const error = await assertRejects(
      () =>
        cloud.deployNode({
          ...FAST,
          image: "999",
          deploy: [],
          via: new MemoryTransport(),
          onFailure,
        }),
      CloudError,
      "Cannot createNode: ",
    );
    assertEquals(DeploymentError.is(error), false);
    assertEquals(error.mayHaveBeenApplied, false);
  }
  assertEquals(sent.filter((it) => it.startsWith("DELETE")), []);
});

// Failures

Deno.test("NodeDriver.deployNode() fails with node, step and result where a step exits with another status than 0", async () => {
  const { cloud, witness } = open();
  const ran: string[] = [];
  const error = await failure(cloud, {
    deploy: [
      file("/a", "canary"),
      script("exit 3", { name: "setup", args: ["canary"] }),
      script("never", { name: "after" }),
    ],
    via: new MemoryTransport({
      step: ({ kind, name }) => {
        ran.push(name);
        return kind === "script"
          ? { exitStatus: 3, stdout: "half\n", stderr: "no\n" }
          : FINE;
      },
    }),
  });
  assertEquals(ran, ["/a", "setup"]);
  const { node, steps, result } = error;
  assertEquals(
    error.message,
    `Cannot deployNode: step "setup": it exited with 3; node ${node.id} is kept`,
  );
  assertEquals(error.step, { kind: "script", name: "setup" });
  assertEquals(steps.map(({ name, exitStatus }) => [name, exitStatus]), [
    ["/a", 0],
    ["setup", 3],
  ]);
  assertEquals([result?.stdout, result?.stderr], ["half\n", "no\n"]);
  assertEquals(result, steps[1]);
  assertEquals(error.cause, undefined);
  assertEquals(error.isDestroyed, false);
  assertEquals(error.mayHaveBeenApplied, true);
  assertEquals([error.provider, error.operation], ["nephoscale", "deployNode"]);
  assertEquals(await witness.getNode(node), node);
  assert(!Deno.inspect(error, { depth: 9 }).includes("canary"));
});

Deno.test("NodeDriver.deployNode() says why a step has no exit status", async () => {
  const { cloud } = open();
  const error = await failure(cloud, {
    deploy: script("sleep 9", { name: "slow" }),
    via: new MemoryTransport({
      step: () => ({
        exitStatus: undefined,
        stdout: "",
        stderr: "",
        reason: "ended after 50 ms",
      }),
    }),
  });
  assertStringIncludes(error.message, 'step "slow": ended after 50 ms; node');
  assertEquals(error.result?.exitStatus, undefined);
  assertEquals(error.result?.name, "slow");
});

Deno.test("NodeDriver.deployNode() keeps the error behind a step that broke off, which has no result", async () => {
  const { cloud } = open();
  const cause = new ConnectionError("Cannot deployNode: the line broke", {
    isUnsent: false,
  });
  const error = await failure(cloud, {
    deploy: [file("/a", ""), script("id")],
    via: new MemoryTransport({
      step: ({ kind }) => {
        if (kind === "file") return FINE;
        throw cause;
      },
    }),
  });
  assertStrictEquals(error.cause, cause);
  assertEquals(error.step?.name, "script");
  assertEquals(error.steps.map(({ name }) => name), ["/a"]);
  assertEquals(error.result, undefined);
  assertEquals(
    error.message,
    `Cannot deployNode: step "script": the line broke; node ${error.node.id} is kept`,
  );
});

Deno.test("NodeDriver.deployNode() destroys a node that it could not make ready, if told so", async () => {
  const { cloud, witness, sent } = open();
  const events: DeploymentProgress[] = [];
  const error = await failure(cloud, {
    deploy: script("exit 3"),
    via: new MemoryTransport({ step: () => ({ ...FINE, exitStatus: 3 }) }),
    onFailure: "destroy",
    onProgress: (event) => events.push(event),
  });
  assertEquals(error.isDestroyed, true);
  assertStringIncludes(error.message, `node ${error.node.id} is destroyed`);
  await assertRejects(() => witness.getNode(error.node), NotFoundError);
  assertEquals(
    sent.filter((it) => it.startsWith("DELETE")),
    [`DELETE /server/cloud/${error.node.id}/`],
  );
  const { phase, node, step } = events.at(-1)!;
  assertEquals([phase, node?.id], ["destroying", error.node.id]);
  assertEquals(step, { kind: "script", name: "script" });
});

Deno.test("NodeDriver.deployNode() says that a node could not be destroyed, and why", async () => {
  const { cloud, witness } = open({
    fetch: (request, next) =>
      request.method === "DELETE"
        ? Promise.resolve(new Response("", { status: 409 }))
        : next(request),
  });
  const error = await failure(cloud, {
    deploy: script("exit 3"),
    via: new MemoryTransport({ step: () => ({ ...FINE, exitStatus: 3 }) }),
    onFailure: "destroy",
  });
  assertEquals(error.isDestroyed, false);
  assertStringIncludes(error.message, 'step "script": it exited with 3; ');
  assertStringIncludes(error.message, "could not be destroyed: Cannot destroy");
  assertEquals(error.result?.exitStatus, 3);
  assertEquals((await witness.getNode(error.node)).state, "running");
  assertEquals(ConflictError.is(error.cause), false);
});

Deno.test("NodeDriver.deployNode() says what failed, though the time is up once the node is destroyed", async () => {
  const { cloud } = open({
    fetch: async (request, next) => {
      if (request.method === "DELETE") {
        await new Promise((resolve) => setTimeout(resolve, 400));
      }
      return await next(request);
    },
  });
  const error = await failure(cloud, {
    deploy: script("exit 3"),
    via: new MemoryTransport({ step: () => ({ ...FINE, exitStatus: 3 }) }),
    onFailure: "destroy",
    timeoutMs: 300,
  });
  assertEquals(
    error.message,
    `Cannot deployNode: step "script": it exited with 3; node ${error.node.id} is destroyed`,
  );
  assertEquals([error.cause, error.isDestroyed], [undefined, true]);
});

Deno.test("NodeDriver.deployNode() takes a node that is gone for one that is destroyed", async () => {
  const { cloud, witness } = open();
  const error = await failure(cloud, {
    deploy: script("poweroff"),
    via: new MemoryTransport({
      step: async () => {
        for (const node of await witness.listNodes()) {
          await witness.destroyNode(node);
        }
        throw new Error("nobody there");
      },
    }),
    onFailure: "destroy",
  });
  assertEquals(error.isDestroyed, true);
});

Deno.test("NodeDriver.deployNode() fails where the node fails while it waits, and has it as last seen", async () => {
  for (const onFailure of ["keep", "destroy"] as const) {
    const destroyed: string[] = [];
    class Failing extends NephoScaleNodeDriver {
      protected override async getNodes(ids: readonly string[]) {
        const nodes = await super.getNodes(ids, {});
        return nodes.map((node) => ({ ...node, state: "error" as const }));
      }
      override async destroyNode(
        ...args: Parameters<NephoScaleNodeDriver["destroyNode"]>
      ) {
        destroyed.push(typeof args[0] === "string" ? args[0] : args[0].id);
        await super.destroyNode(...args);
      }
    }
    const { credentials, fetch } = new NephoScaleSimulator({ createMs: 0 });
    const via = new MemoryTransport();
    const error = await failure(new Failing({ ...credentials, fetch }), {
      deploy: script("id"),
      via,
      onFailure,
    });
    assertInstanceOf(error.cause, NodeFailedError);
    assertEquals(error.node.state, "error");
    assertEquals([error.step, error.steps, error.result], [
      undefined,
      [],
      undefined,
    ]);
    assertStringIncludes(error.message, `is "error"; node ${error.node.id} is`);
    assertEquals(destroyed, onFailure === "keep" ? [] : [error.node.id]);
    assertEquals(via.nodes, []);
  }
});

Deno.test("NodeDriver.deployNode() fails with what its listener throws, and then destroys all the same", async () => {
  const reason = new Error("the listener is broken");
  for (const broken of ["waiting", "connecting", "running"]) {
    const { cloud, witness } = open();
    const error = await failure(cloud, {
      deploy: script("id"),
      via: new MemoryTransport(),
      onFailure: "destroy",
      onProgress({ phase }) {
        if (phase === broken || phase === "destroying") throw reason;
      },
    });
    assertStrictEquals(error.cause, reason);
    assertEquals(error.isDestroyed, true);
    assertEquals(await witness.listNodes(), []);
  }
});

// Limits

Deno.test("NodeDriver.deployNode() keeps to its time in every phase, and says where it was", async () => {
  const stuck = async ({ deadline }: DeploymentContext): Promise<never> => {
    await deadline.sleep(20_000).catch(() => {});
    throw new Error("connect ECONNREFUSED 127.0.0.1:22");
  };
  for (
    const [behaviour, at] of [
      [{ connect: stuck }, ""],
      [{ step: (_, context) => stuck(context) }, 'step "script": '],
    ] as readonly [Behaviour, string][]
  ) {
    const { cloud, witness } = open();
    const error = await failure(cloud, {
      deploy: script("id"),
      via: new MemoryTransport(behaviour),
      timeoutMs: 150,
      onFailure: "destroy",
    });
    assertInstanceOf(error.cause, TimeoutError);
    assertEquals(
      error.message,
      `Cannot deployNode: ${at}not done after 150 ms: ` +
        `connect ECONNREFUSED 127.0.0.1:22; node ${error.node.id} is destroyed`,
    );
    assertEquals(await witness.listNodes(), []);
  }
});

Deno.test("NodeDriver.deployNode() keeps to its time while the node boots, and while it is made", async () => {
  const simulator = new NephoScaleSimulator({ createMs: 0, bootMs: 60_000 });
  const slow = new NephoScaleNodeDriver({
    ...simulator.credentials,
    fetch: simulator.fetch,
  });
  const error = await failure(slow, {
    deploy: [],
    via: new MemoryTransport(),
    timeoutMs: 50,
  });
  assertInstanceOf(error.cause, TimeoutError);
  assertEquals(
    error.message,
    `Cannot deployNode: not done after 50 ms; node ${error.node.id} is kept`,
  );
  const { cloud } = open({
    fetch: (request, next) =>
      request.method === "POST" ? new Promise(() => {}) : next(request),
  });
  const early = await assertRejects(
    () =>
      cloud.deployNode({
        ...FAST,
        deploy: [],
        via: new MemoryTransport(),
        timeoutMs: 50,
      }),
    TimeoutError,
  );
  // The node may be there, and nobody knows its id.
  assertEquals(early.mayHaveBeenApplied, true);
  assertEquals(early.operation, "deployNode");
});

Deno.test("NodeDriver.deployNode() rethrows the caller's reason in every phase, and keeps or destroys", async () => {
  for (const phase of ["creating", "waiting", "connecting", "running"]) {
    for (const onFailure of ["keep", "destroy"] as const) {
      const { cloud, witness, sent } = open();
      const controller = new AbortController();
      const { signal } = controller;
      const reason = Object.freeze({ why: phase });
      const call = cloud.deployNode({
        ...FAST,
        deploy: script("id"),
        via: new MemoryTransport({
          // As a transport does that closes what it has open.
          connect: ({ deadline }) => deadline.sleep(0),
          step: async (_, { deadline }) => {
            await deadline.sleep(20_000);
            return FINE;
          },
        }),
        onFailure,
        signal,
        onProgress(event) {
          if (event.phase === phase) controller.abort(reason);
        },
      });
      assertStrictEquals(await rejection(call), reason);
      const isMade = phase !== "creating";
      const isDestroyed = isMade && onFailure === "destroy";
      assertEquals(
        sent.filter((it) => it.startsWith("DELETE")).length,
        isDestroyed ? 1 : 0,
        `${phase} ${onFailure}`,
      );
      assertEquals(
        (await witness.listNodes()).length,
        isMade && !isDestroyed ? 1 : 0,
      );
    }
  }
});

Deno.test("NodeDriver.deployNode() does not hide behind an abort that a node could not be destroyed", async () => {
  const { cloud, witness } = open({
    fetch: (request, next) =>
      request.method === "DELETE"
        ? Promise.resolve(new Response("", { status: 403 }))
        : next(request),
  });
  for (const phase of ["waiting", "connecting", "running"]) {
    const controller = new AbortController();
    const reason = new Error("enough");
    const error = await failure(cloud, {
      deploy: script("id"),
      via: new MemoryTransport({
        connect: ({ deadline }) => deadline.sleep(0),
        step: async (_, { deadline }) => {
          await deadline.sleep(20_000);
          return FINE;
        },
      }),
      onFailure: "destroy",
      signal: controller.signal,
      onProgress: (event) => event.phase === phase && controller.abort(reason),
    });
    assertStrictEquals(error.cause, reason);
    assertEquals([error.isDestroyed, error.mayHaveBeenApplied], [false, true]);
    assertStringIncludes(
      error.message,
      `enough; node ${error.node.id} could not be destroyed: Cannot destroy`,
    );
    assertEquals((await witness.getNode(error.node)).id, error.node.id);
  }
});

Deno.test("NodeDriver.deployNode() rejects with the reason of a signal that has fired, before any request", async () => {
  const { cloud, sent } = open();
  const reason = new Error("enough");
  const call = cloud.deployNode({
    ...FAST,
    deploy: [],
    via: new MemoryTransport(),
    signal: AbortSignal.abort(reason),
  });
  assertStrictEquals(await rejection(call), reason);
  assertEquals(sent, []);
});

Deno.test("NodeDriver.deployNode() rides out faults as its calls do, and makes one node", async () => {
  const simulator = new NephoScaleSimulator({ createMs: 0, bootMs: 1 });
  const { credentials } = simulator;
  const cloud = new NephoScaleNodeDriver({
    ...credentials,
    fetch: withFaults(simulator.fetch, [
      { on: "GET", faults: [faults.reset(), faults.status(503)] },
    ]),
    retry: { baseMs: 1, maxMs: 2 },
  });
  const via = new MemoryTransport();
  await cloud.deployNode({ ...FAST, deploy: [], via });
  assertEquals((await cloud.listNodes()).length, 1);
});

// Secrets

Deno.test("NodeDriver.deployNode() shows no secret of the transport in errors, events and results", async () => {
  const secrets = ["s3cr3t-canary", "line one\nline two canary"];
  const events: unknown[] = [];
  const { cloud } = open();
  const echo = `\\u0041 %2f ${secrets.join(" ")} ${
    encodeURIComponent(secrets[1]!)
  }`;
  const behaviour: Behaviour = {
    secrets,
    step: ({ name }) => {
      if (name === "breaks") throw new Error(`no ${echo}`);
      return { ...FINE, exitStatus: name === "bad" ? 3 : 0, stdout: echo };
    },
  };
  const via = new MemoryTransport(behaviour);
  const options = { via, onProgress: (event: unknown) => events.push(event) };
  const good = await cloud.deployNode({
    ...FAST,
    ...options,
    deploy: script("id", { name: "good" }),
  });
  const bad = await failure(cloud, {
    ...options,
    deploy: script("id", { name: "bad" }),
  });
  const breaks = await failure(cloud, {
    ...options,
    deploy: script("id", { name: "breaks" }),
  });
  assertEquals(breaks.cause instanceof Error, true);
  for (
    const shown of [good, events, bad, bad.message, bad.steps, breaks.message]
  ) {
    const text = Deno.inspect(shown, { depth: 9, strAbbreviateSize: 9999 });
    assert(!text.includes("canary"), text);
  }
  assertStringIncludes(good.steps[0]!.stdout, "[redacted]");
});

Deno.test("NodeDriver.deployNode() leaves what a script prints as it is, where it holds no secret", async () => {
  const { cloud } = open();
  const stdout = "a\\/b %2f \\u0041 \\n \u{1f4a5}\0\x1b[1m\n";
  const { steps } = await cloud.deployNode({
    ...FAST,
    deploy: script("id"),
    via: new MemoryTransport({
      secrets: ["s3cr3t", ""],
      step: () => ({ ...FINE, stdout, stderr: stdout }),
    }),
  });
  assertEquals([steps[0]?.stdout, steps[0]?.stderr], [stdout, stdout]);
});

/** A provider that tells a password once: when it has created the node. */
class OnceNodeDriver extends NephoScaleNodeDriver {
  override async createNode(
    ...args: Parameters<NephoScaleNodeDriver["createNode"]>
  ) {
    const node = await super.createNode(...args);
    return { ...node, rootPassword: "canary" };
  }
}

Deno.test("NodeDriver.deployNode() returns what is told of a node once, and shows it nowhere else", async () => {
  const { credentials, fetch } = new NephoScaleSimulator({ createMs: 0 });
  const cloud = new OnceNodeDriver({ ...credentials, fetch });
  const shown: unknown[] = [];
  const onProgress = (event: unknown) => shown.push(event);
  const via = new MemoryTransport({
    step: ({ name }) => ({ ...FINE, exitStatus: name === "bad" ? 3 : 0 }),
  });
  const { node } = await cloud.deployNode({
    ...FAST,
    deploy: script("id"),
    via,
    onProgress,
  });
  const running = await cloud.getNode(node);
  assertEquals<unknown>(node, { ...running, rootPassword: "canary" });
  const bad = await failure(cloud, {
    deploy: script("id", { name: "bad" }),
    via,
    onProgress,
  });
  const late = await failure(cloud, {
    deploy: [],
    via: new MemoryTransport({
      connect: ({ deadline }) => deadline.sleep(9e4),
    }),
    onProgress,
    timeoutMs: 50,
  });
  assertEquals(bad.node, await cloud.getNode(bad.node));
  for (const it of [...shown, bad, late]) {
    const text = Deno.inspect(it, { depth: 9, showHidden: true });
    assert(!text.includes("canary"), text);
    assert(!JSON.stringify(it).includes("canary"));
  }
  assertEquals(shown.length > 9, true);
});

Deno.test("NodeDriver.deployNode() shows no secret of the transport in what is behind an error", async () => {
  const { cloud } = open();
  const secrets = ["s3cr3t-canary", "line one\nline two canary"];
  const deepest = new Error(`it says ${JSON.stringify(secrets[1])}`);
  const cause = new CloudError(`Cannot log in: it says "${secrets[0]}"`, {
    cause: deepest,
  });
  // As errors do that know each other.
  deepest.cause = cause;
  Object.assign(cause, { body: `<p>${secrets[0]}</p>` });
  const error = await failure(cloud, {
    deploy: [],
    via: new MemoryTransport({
      secrets,
      connect: () => Promise.reject(cause),
    }),
  });
  assertStrictEquals(error.cause, cause);
  assertStrictEquals(cause.cause, deepest);
  assertEquals(cause.message, 'Cannot log in: it says "[redacted]"');
  for (const one of [error, cause, deepest]) {
    const text = Deno.inspect(one, { depth: 9 }) + one.stack + one.message;
    assert(!text.includes("canary"), text);
  }
  const text = await failure(cloud, {
    deploy: [],
    via: new MemoryTransport({
      secrets,
      connect: () => Promise.reject(`no ${secrets[0]}`),
    }),
  });
  assertEquals(text.cause, "no [redacted]");
});

Deno.test("NodeDriver.deployNode() shows no secret of the transport where the node cannot be created", async () => {
  const { cloud } = open({
    fetch: (request, next) =>
      request.method === "POST"
        ? Promise.resolve(
          Response.json({ message: 'bad line: "token=canary"' }, {
            status: 422,
          }),
        )
        : next(request),
  });
  const error = await assertRejects(
    () =>
      cloud.deployNode({
        ...FAST,
        deploy: [],
        via: new MemoryTransport({ secrets: ["token=canary"] }),
      }),
    CloudError,
    "Cannot createNode: ",
  );
  assertEquals(DeploymentError.is(error), false);
  const text = Deno.inspect(error, { depth: 9 }) + error.stack;
  assertStringIncludes(text, "[redacted]");
  assert(!text.includes("canary"), text);
});

Deno.test("NodeDriver.deployNode() destroys no other node, which the caller aborts with", async () => {
  const { cloud, witness, sent } = open();
  const other = await witness.createNode({ ...NODE, name: "other" });
  const about = { node: other, provider: "nephoscale" };
  const reason = new NodeFailedError("Cannot go on", about);
  assertStrictEquals(nodeOf(reason), other);
  const controller = new AbortController();
  const error = await rejection(cloud.deployNode({
    ...FAST,
    deploy: [],
    via: new MemoryTransport(),
    onFailure: "destroy",
    signal: controller.signal,
    onProgress: () => controller.abort(reason),
  }));
  assertStrictEquals(error, reason);
  assertEquals(sent.filter((it) => it.startsWith("DELETE")), []);
});

Deno.test("nodeOf() finds no node where there is none", () => {
  const bare = new CloudError("Cannot go on", {});
  for (const error of [bare, new Error("no"), undefined, null, { node: 5 }]) {
    assertEquals(nodeOf(error), undefined);
  }
});

Deno.test("NodeDriver.deployNode() leaves alone what the caller aborts with", async () => {
  const { cloud } = open();
  const controller = new AbortController();
  const reason = new Error("s3cr3t-canary is enough");
  const error = await rejection(cloud.deployNode({
    ...FAST,
    deploy: [],
    via: new MemoryTransport({ secrets: ["s3cr3t-canary"] }),
    signal: controller.signal,
    onProgress: () => controller.abort(reason),
  }));
  assertStrictEquals(error, reason);
  assertEquals(reason.message, "s3cr3t-canary is enough");
});

// Types

Deno.test("NodeDriver.deployNode() takes a transport that asks for no more than the driver has", () => {
  class ByUserData extends DeploymentTransport<NodeDriver & TakesUserData> {
    protected override plan(
      _driver: NodeDriver & TakesUserData,
      _steps: readonly DeploymentStep[],
      create: CreateNodeOptions,
    ) {
      return { create };
    }
  }
  type Via<D extends NodeDriver> = Parameters<D["deployNode"]>[0]["via"];
  type Takes<D extends NodeDriver, T> = T extends Via<D> ? true : false;
  const takes: [
    Takes<NephoScaleNodeDriver, MemoryTransport>,
    Takes<NephoScaleNodeDriver, ByUserData>,
    Takes<NephoScaleNodeDriver & TakesUserData, ByUserData>,
    Takes<NodeDriver, MemoryTransport>,
    // Of a driver that may be any, the transport finds out before any request.
    Takes<NodeDriver, ByUserData>,
  ] = [true, false, true, true, true];
  assertEquals(takes.length, 5);
  assert(new ByUserData() instanceof DeploymentTransport);
  const options: Partial<DeploymentOptions> = {};
  assertEquals(options, {});
});

Deno.test("NodeDriver.deployNode() is overridden by no driver", () => {
  assert(Object.hasOwn(NodeDriver.prototype, "deployNode"));
  assertEquals(
    NephoScaleNodeDriver.prototype.deployNode,
    NodeDriver.prototype.deployNode,
  );
});
