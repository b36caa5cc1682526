import {
  assert,
  assertEquals,
  assertGreater,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  AbortedError,
  type CallOptions,
  CloudError,
  ConnectionError,
  NotFoundError,
  PermissionDeniedError,
  type RetryEvent,
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
import { show } from "../../../core/message.ts";
import { NephoScaleNodeDriver } from "../../../drivers/nephoscale.ts";
import { faults, withFaults } from "../../../testing/faults.ts";
import { NephoScaleSimulator } from "../../../simulators/nephoscale/mod.ts";
import { inTime, rejection } from "../_acme.ts";
import { countTimers } from "../_timers.ts";

const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample me@example.com";
const SUCCESS: StepOutcome = { exitStatus: 0, stdout: "", stderr: "" };
const NODE = { name: "web-1", size: "5", image: "49" };

/** What the transport does, as a test defines it. */
interface Behaviour {
  /** Runs a step. */
  readonly step?: (
    step: DeploymentStep,
    context: DeploymentContext,
  ) => StepOutcome | Promise<StepOutcome>;
  /** Connects. */
  readonly connect?: (context: DeploymentContext) => Promise<void>;
  /** Overrides options of `createNode()`. */
  readonly create?: Partial<CreateNodeOptions>;
  /** Secrets of the plan. */
  readonly secrets?: readonly string[];
}

/** A transport that runs in memory. */
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
    const { create, secrets, connect, step = () => SUCCESS } = this.#behaviour;
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

/** A driver with a simulator, and the requests that it has sent. */
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
  const observer = new NephoScaleNodeDriver({
    ...credentials,
    fetch: simulator.fetch,
  });
  return { cloud, observer, sent, headers };
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

/** The beginning of an ECDSA key in the SSH wire format. */
const ECDSA = "\0\0\0\x13ecdsa-sha2-nistp256\0\0";

Deno.test("sshKey() accepts a line of authorized_keys and uses its comment as the name", () => {
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

Deno.test("sshKey() accepts options, tabs and several spaces, as sshd does", () => {
  const [type, base64] = KEY.split(" ");
  for (
    const [given, line, name] of [
      [
        `${type}\t${base64} \t me\there`,
        `${KEY.split(" me")[0]} me\there`,
        "me here",
      ],
      [`  no-pty   ${KEY}`, `no-pty ${KEY}`, "me@example.com"],
      [
        String
          .raw`from="10.0.0.0/8,*.example.com",command="echo \"a b\"	c" ${KEY}`,
        String
          .raw`from="10.0.0.0/8,*.example.com",command="echo \"a b\"	c" ${KEY}`,
        "me@example.com",
      ],
      [
        'environment="A=ssh-rsa AAAA" ' + KEY,
        'environment="A=ssh-rsa AAAA" ' + KEY,
        "me@example.com",
      ],
      [
        `cert-authority\t${type}  ${base64}`,
        `cert-authority ${type} ${base64}`,
        type,
      ],
    ] as const
  ) {
    assertEquals(sshKey(given), { kind: "sshKey", name, publicKey: line });
    // steps() checks the fields again.
    assertEquals(steps(sshKey(given)), [sshKey(given)]);
  }
});

Deno.test("sshKey() adds padding that is missing, because sshd needs it", () => {
  const line = `ecdsa-sha2-nistp256 ${btoa(ECDSA)}`;
  assertEquals(sshKey(line.replace("=", "")).publicKey, line);
});

Deno.test("sshKey() accepts a key in the format of RFC 4716", () => {
  const base64 = btoa(ECDSA + "x".repeat(99)).replace(/.{70}/g, "$&\n");
  for (
    const [headers, comment] of [
      ["", undefined],
      ['Comment: "256-bit ECDSA, by me: here"\n', "256-bit ECDSA, by me: here"],
      ["comment: me@example.com\nSubject: me\n", "me@example.com"],
      [
        "x-command: /bin/a \\\n  b\\\nc\nComment: a long \\\ncomment\n",
        "a long comment",
      ],
    ] as const
  ) {
    const text = "---- BEGIN SSH2 PUBLIC KEY ----\n" +
      `${headers}${base64}\n---- END SSH2 PUBLIC KEY ----\n`;
    const bare = `ecdsa-sha2-nistp256 ${base64.replaceAll("\n", "")}`;
    const line = comment ? `${bare} ${comment}` : bare;
    for (const given of [text, `\ufeff${text.replaceAll("\n", "\r\n")}`]) {
      assertEquals(sshKey(given).publicKey, line);
    }
  }
});

Deno.test("sshKey() rejects a string that is not a public key, and does not show it", () => {
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
      // A quote that does not end, and two words before the key.
      `command="canary ${KEY}`,
      String.raw`command="canary\" ${KEY}`,
      `no-pty canary ${KEY}`,
      `command="canary\nid" ${KEY}`,
      "---- BEGIN SSH2 PUBLIC KEY ----\ncanary\n---- END SSH2 PUBLIC KEY ----",
      `---- BEGIN SSH2 PUBLIC KEY ----\nComment: a\rb\0\n${
        KEY.split(" ")[1]
      }\n---- END SSH2 PUBLIC KEY ----`,
      // The data is empty, of another type, or truncated.
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
      "sshKey: publicKey must be one line, as in authorized_keys",
    );
  }
});

Deno.test("script() replaces the line breaks of Windows and removes a byte order mark", () => {
  const text = "\ufeff#!/bin/sh\r\necho a\r\r\n\r\necho \ufeff b\r";
  const { text: actual } = script(text);
  assertEquals(actual, "#!/bin/sh\necho a\r\n\necho \ufeff b\r");
  // Files are not changed.
  assertEquals(file("/a", text).content, text);
});

Deno.test("file() accepts strings and bytes, a mode and an owner", () => {
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

Deno.test("file() rejects invalid paths, contents, modes and owners", () => {
  const paths: [unknown, string][] = [
    ["", "a non-empty string"],
    [5, "a non-empty string"],
    ["/a\nb", "a string without control characters"],
    ["/a\0b", "a string without control characters"],
    ["motd", "the absolute path of a file"],
    ["./x", "the absolute path of a file"],
    ["~/x", "the absolute path of a file"],
    ["/etc/", "the absolute path of a file"],
    ["/", "the absolute path of a file"],
  ];
  for (const [path, expected] of paths) {
    const error = assertThrows(() => file(path as string, ""), TypeError);
    assertEquals(
      error.message,
      `file: path must be ${expected}, got ${show(path)}`,
    );
  }
  for (const content of [undefined, null, 5, {}, ["a"], "a\ud800b"]) {
    assertThrows(
      () => file("/a", content as string),
      TypeError,
      "file: content must be a string without lone surrogates, or a Uint8Array",
    );
  }
  for (const mode of [-1, 0o10000, 1.5, NaN]) {
    assertThrows(
      () => file("/a", "", { mode }),
      RangeError,
      `file: mode must be an integer from 0 to 4095, got ${mode}`,
    );
  }
  for (const owner of ["", "-x", "a b", "a:", ":a", "a:b:c", "$(id)", "a\n"]) {
    assertThrows(
      () => file("/a", "", { owner }),
      TypeError,
      `file: owner must be "user" or "user:group", got ${show(owner)}`,
    );
  }
});

Deno.test("script() copies its arguments and has a default name", () => {
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

Deno.test("script() rejects invalid scripts, arguments, names and time limits", () => {
  for (const text of ["", " \n", undefined, null, 5, "a\ud800"]) {
    assertThrows(
      () => script(text as string),
      TypeError,
      "script: text must be a non-empty string",
    );
  }
  for (const arg of ["a\0b", 5, undefined, null, "\udc00"]) {
    assertThrows(
      () => script("id", { args: ["a", arg as string] }),
      TypeError,
      "script: args[1] must be a string without NUL characters and lone surrogates",
    );
  }
  const names: [string, string][] = [
    ["", 'a non-empty string, got ""'],
    ["a\nb", 'a string without control characters, got "a\\nb"'],
  ];
  for (const [name, expected] of names) {
    assertThrows(
      () => script("id", { name }),
      TypeError,
      `script: name must be ${expected}`,
    );
  }
  for (const timeoutMs of [0, -1, NaN, Infinity, 2 ** 31]) {
    assertThrows(
      () => script("id", { timeoutMs }),
      RangeError,
      `script: timeoutMs must be a number from 1 to 2147483647, got ${timeoutMs}`,
    );
  }
});

Deno.test("steps() flattens nested arrays and keeps the order", () => {
  const [a, b, c] = [file("/a", ""), file("/b", ""), file("/c", "")] as const;
  assertEquals(steps(), []);
  assertEquals(steps(a, [], [b, [[c]]], steps(a, steps(b))), [a, b, c, a, b]);
});

const INVALID_STEP =
  "deployNode: deploy must be steps made by sshKey(), file() " +
  "or script(), got ";

Deno.test("steps() accepts plain data and validates it", () => {
  const all = [sshKey(KEY), file("/a", "b"), script("id", { args: ["x"] })];
  assertEquals(steps(JSON.parse(JSON.stringify(all))), all);
  for (
    const [step, message] of [
      [
        { kind: "sshKey", name: "k", publicKey: `${KEY}\n${KEY}` },
        "sshKey: publicKey must be one line, as in authorized_keys",
      ],
      [
        { kind: "file", name: "f", path: "a", content: "" },
        'file: path must be the absolute path of a file, got "a"',
      ],
      [
        { kind: "script", name: "s", text: "" },
        "script: text must be a non-empty string",
      ],
      [
        { kind: "file", path: "/a", content: "" },
        "deployNode: deploy: name of a step must be a non-empty string, got undefined",
      ],
      [{ kind: "reboot" }, `${INVALID_STEP}an object`],
      [{ kind: "toString" }, `${INVALID_STEP}an object`],
      [{}, `${INVALID_STEP}an object`],
      [null, `${INVALID_STEP}null`],
      [undefined, `${INVALID_STEP}undefined`],
      ["#!/bin/sh", `${INVALID_STEP}a string`],
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

// Deployments

Deno.test("NodeDriver.deployNode() creates a node, waits for it and runs the steps in order", async () => {
  const { cloud, observer, sent } = open();
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
  assertEquals(node, await observer.getNode(node));
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

Deno.test("NodeDriver.deployNode() accepts an empty deployment and a plan without run()", async () => {
  class NoRun extends DeploymentTransport {
    protected override plan(
      _driver: NodeDriver,
      _steps: readonly DeploymentStep[],
      create: CreateNodeOptions,
    ) {
      return Promise.resolve({ create });
    }
  }
  const { cloud } = open();
  for (const via of [new MemoryTransport(), new NoRun()]) {
    const { node, steps } = await cloud.deployNode({
      ...FAST,
      deploy: [],
      via,
    });
    assertEquals([node.state, steps], ["running", []]);
  }
});

Deno.test("NodeDriver.deployNode() passes options on to createNode(), and the plan overrides them", async () => {
  const { cloud, observer, headers } = open();
  const key = await observer.importKeyPair({ name: "me", publicKey: KEY });
  const via = new MemoryTransport({ create: { name: "web-2" } });
  const { node } = await cloud.deployNode({
    ...FAST,
    keyPairs: [key],
    location: "87729",
    // An option of this provider only.
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

Deno.test("NodeDriver.deployNode() runs concurrent deployments with one transport", async () => {
  const { cloud } = open();
  const via = new MemoryTransport({
    step: async ({ name }, { deadline }) => {
      await deadline.sleep(2);
      return { ...SUCCESS, stdout: name };
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

Deno.test("NodeDriver.deployNode() rejects invalid steps and options before any request", async () => {
  const { cloud, sent } = open();
  const via = new MemoryTransport();
  const onFailure = 'deployNode: onFailure must be "keep" or "destroy", got ';
  const range = "must be a number from 1 to 2147483647, got";
  const invalid: [object, string][] = [
    [{ deploy: { kind: "reboot" } }, `${INVALID_STEP}an object`],
    [{ deploy: undefined }, `${INVALID_STEP}undefined`],
    [{ deploy: [null] }, `${INVALID_STEP}null`],
    [{ onFailure: "retry" }, `${onFailure}"retry"`],
    [{ onFailure: "toString" }, `${onFailure}"toString"`],
    [{ intervalMs: 0 }, `deployNode: intervalMs ${range} 0`],
    [{ intervalMs: NaN }, `deployNode: intervalMs ${range} NaN`],
    [{ timeoutMs: 0 }, `deployNode: timeoutMs ${range} 0`],
    [
      { notFoundGraceMs: -1 },
      `deployNode: notFoundGraceMs ${range.replace("1", "0")} -1`,
    ],
    [{ timeoutMs: 2 ** 31 }, `deployNode: timeoutMs ${range} 2147483648`],
    [{ name: "" }, 'createNode: name must be a non-empty string, got ""'],
    [
      { userData: "#!/bin/sh" },
      "createNode: NephoScale does not support userData",
    ],
  ];
  for (const [options, message] of invalid) {
    const all = { ...FAST, via, deploy: [], ...options };
    const error = await rejection(
      cloud.deployNode(all as unknown as Deployed),
    );
    assert(
      error instanceof TypeError || error instanceof RangeError,
      Deno.inspect(options),
    );
    assertEquals(error.message, message);
  }
  await assertRejects(
    () => cloud.deployNode({ ...FAST, deploy: [] } as unknown as Deployed),
    TypeError,
    "deployNode: via is required, e.g. via: cloudInit() or via: ssh(...)",
  );
  assertEquals(sent, []);
});

Deno.test("NodeDriver.deployNode() rejects with the error of createNode() and destroys nothing", async () => {
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
      "createNode: ",
    );
    assertEquals(DeploymentError.is(error), false);
    assertEquals(error.mayHaveBeenApplied, false);
  }
  assertEquals(sent.filter((it) => it.startsWith("DELETE")), []);
});

// Failures

Deno.test("NodeDriver.deployNode() rejects with the node, the step and its result if a step exits with a non-zero status", async () => {
  const { cloud, observer } = open();
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
          : SUCCESS;
      },
    }),
  });
  assertEquals(ran, ["/a", "setup"]);
  const { node, steps, result } = error;
  assertEquals(
    error.message,
    `deployNode: step "setup": exited with status 3; node ${node.id} is kept and billed`,
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
  assertEquals(await observer.getNode(node), node);
  assert(!Deno.inspect(error, { depth: 9 }).includes("canary"));
});

Deno.test("NodeDriver.deployNode() reports the reason if a step has no exit status", async () => {
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
  assertEquals(
    error.message,
    `deployNode: step "slow": ended after 50 ms; node ${error.node.id} is kept and billed`,
  );
  assertEquals(error.result?.exitStatus, undefined);
  assertEquals(error.result?.name, "slow");
});

Deno.test("NodeDriver.deployNode() keeps the cause and has no result if a step throws", async () => {
  const { cloud } = open();
  const cause = new ConnectionError("deployNode: connection lost", {
    operation: "deployNode",
    isUnsent: false,
  });
  const error = await failure(cloud, {
    deploy: [file("/a", ""), script("id")],
    via: new MemoryTransport({
      step: ({ kind }) => {
        if (kind === "file") return SUCCESS;
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
    `deployNode: step "script": connection lost; node ${error.node.id} is kept and billed`,
  );
});

Deno.test('NodeDriver.deployNode() destroys the node after a failure if onFailure is "destroy"', async () => {
  const { cloud, observer, sent } = open();
  const events: DeploymentProgress[] = [];
  const error = await failure(cloud, {
    deploy: script("exit 3"),
    via: new MemoryTransport({ step: () => ({ ...SUCCESS, exitStatus: 3 }) }),
    onFailure: "destroy",
    onProgress: (event) => events.push(event),
  });
  assertEquals(error.isDestroyed, true);
  assertEquals(
    error.message,
    `deployNode: step "script": exited with status 3; node ${error.node.id} was destroyed`,
  );
  await assertRejects(() => observer.getNode(error.node), NotFoundError);
  assertEquals(
    sent.filter((it) => it.startsWith("DELETE")),
    [`DELETE /server/cloud/${error.node.id}/`],
  );
  const { phase, node, step } = events.at(-1)!;
  assertEquals([phase, node?.id], ["destroying", error.node.id]);
  assertEquals(step, { kind: "script", name: "script" });
});

Deno.test("NodeDriver.deployNode() reports why the node could not be destroyed", async () => {
  const { cloud, observer } = open({
    fetch: (request, next) =>
      request.method === "DELETE"
        ? Promise.resolve(new Response("", { status: 403 }))
        : next(request),
  });
  const error = await failure(cloud, {
    deploy: script("exit 3"),
    via: new MemoryTransport({ step: () => ({ ...SUCCESS, exitStatus: 3 }) }),
    onFailure: "destroy",
  });
  assertEquals(error.isDestroyed, false);
  assertEquals(
    error.message,
    `deployNode: step "script": exited with status 3; node ${error.node.id} ` +
      "could not be destroyed: NephoScale refused (403)",
  );
  assertEquals(error.result?.exitStatus, 3);
  assertEquals((await observer.getNode(error.node)).state, "running");
  assertEquals(PermissionDeniedError.is(error.cause), false);
});

Deno.test("NodeDriver.deployNode() reports the original failure if the time limit passes while the node is destroyed", async () => {
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
    via: new MemoryTransport({ step: () => ({ ...SUCCESS, exitStatus: 3 }) }),
    onFailure: "destroy",
    timeoutMs: 300,
  });
  assertEquals(
    error.message,
    `deployNode: step "script": exited with status 3; node ${error.node.id} was destroyed`,
  );
  assertEquals([error.cause, error.isDestroyed], [undefined, true]);
});

Deno.test("NodeDriver.deployNode() reports a node as destroyed if it no longer exists", async () => {
  const { cloud, observer } = open();
  const error = await failure(cloud, {
    deploy: script("poweroff"),
    via: new MemoryTransport({
      step: async () => {
        for (const node of await observer.listNodes()) {
          await observer.destroyNode(node);
        }
        throw new Error("connection lost");
      },
    }),
    onFailure: "destroy",
    notFoundGraceMs: 0,
  });
  assertEquals(error.isDestroyed, true);
});

Deno.test("NodeDriver.deployNode() rejects with the last known state of the node if it fails during the wait", async () => {
  for (const onFailure of ["keep", "destroy"] as const) {
    const destroyed: string[] = [];
    class Failing extends NephoScaleNodeDriver {
      protected override async readNodes(
        operation: string,
        ids: readonly string[],
      ) {
        const nodes = await super.readNodes(operation, ids, {});
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
    const { id } = error.node;
    assertEquals(
      error.message,
      `deployNode: node ${id} is in state "error"; node ${id} ` +
        (onFailure === "keep" ? "is kept and billed" : "was destroyed"),
    );
    assertEquals(destroyed, onFailure === "keep" ? [] : [error.node.id]);
    assertEquals(via.nodes, []);
  }
});

Deno.test("NodeDriver.deployNode() rejects with the error that onProgress throws, after destroying the node", async () => {
  const reason = new Error("the listener failed");
  for (const failing of ["waiting", "connecting", "running"]) {
    const { cloud, observer } = open();
    const error = await failure(cloud, {
      deploy: script("id"),
      via: new MemoryTransport(),
      onFailure: "destroy",
      onProgress({ phase }) {
        if (phase === failing || phase === "destroying") throw reason;
      },
    });
    assertStrictEquals(error.cause, reason);
    assertEquals(error.isDestroyed, true);
    assertEquals(await observer.listNodes(), []);
  }
});

// Time limits and aborts

Deno.test("NodeDriver.deployNode() enforces timeoutMs while connecting and running, and names the step", async () => {
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
    const { cloud, observer } = open();
    const error = await failure(cloud, {
      deploy: script("id"),
      via: new MemoryTransport(behaviour),
      timeoutMs: 150,
      onFailure: "destroy",
    });
    assertInstanceOf(error.cause, TimeoutError);
    assertEquals(
      error.message,
      `deployNode: ${at}timed out after 150 ms; ` +
        `connect ECONNREFUSED 127.0.0.1:22; node ${error.node.id} was destroyed`,
    );
    assertEquals(await observer.listNodes(), []);
  }
});

Deno.test("NodeDriver.deployNode() enforces timeoutMs while the node is created and while it boots", async () => {
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
    `deployNode: timed out after 50 ms; node ${error.node.id} is kept and billed`,
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
  // The node may exist, but its id is unknown.
  assertEquals(early.mayHaveBeenApplied, true);
  assertEquals(early.operation, "deployNode");
  // A driver with a connection of its own, which says nothing about the write.
  class Foreign extends NephoScaleNodeDriver {
    override createNode(
      { signal }: Parameters<NephoScaleNodeDriver["createNode"]>[0],
    ): Promise<never> {
      return new Promise((_resolve, reject) =>
        signal?.addEventListener("abort", () => reject(signal.reason))
      );
    }
  }
  const foreign = await rejection(
    new Foreign(simulator.credentials).deployNode({
      ...FAST,
      deploy: [],
      via: new MemoryTransport(),
      timeoutMs: 20,
    }),
  );
  assertInstanceOf(foreign, TimeoutError);
  assertEquals(foreign.mayHaveBeenApplied, true);
});

Deno.test("NodeDriver.deployNode() rejects with an AbortedError after an abort in every phase, and keeps or destroys the node", async () => {
  for (const phase of ["creating", "waiting", "connecting", "running"]) {
    for (const onFailure of ["keep", "destroy"] as const) {
      const { cloud, observer, sent } = open();
      const controller = new AbortController();
      const { signal } = controller;
      const reason = Object.freeze({ why: phase });
      const call = cloud.deployNode({
        ...FAST,
        deploy: script("id"),
        via: new MemoryTransport({
          // As a transport that closes its connection first.
          connect: ({ deadline }) => deadline.sleep(0),
          step: async (_, { deadline }) => {
            await deadline.sleep(20_000);
            return SUCCESS;
          },
        }),
        onFailure,
        signal,
        onProgress(event) {
          if (event.phase === phase) controller.abort(reason);
        },
      });
      const error = await rejection(call);
      const isCreated = phase !== "creating";
      const isDestroyed = isCreated && onFailure === "destroy";
      if (isCreated) {
        assertInstanceOf(error, AbortedError);
        assertStrictEquals(error.cause, reason);
        assertEquals(error.isDestroyed, isDestroyed);
        const id = nodeOf(error)?.id;
        const step = phase === "running" ? 'step "script": ' : "";
        const fate = isDestroyed ? "was destroyed" : "is kept and billed";
        assertEquals(
          error.message,
          `deployNode: ${step}aborted; node ${id} ${fate}`,
        );
      } else {
        assertStrictEquals(error, reason);
      }
      assertEquals(
        sent.filter((it) => it.startsWith("DELETE")).length,
        isDestroyed ? 1 : 0,
        `${phase} ${onFailure}`,
      );
      assertEquals(
        (await observer.listNodes()).length,
        isCreated && !isDestroyed ? 1 : 0,
      );
    }
  }
});

Deno.test("NodeDriver.deployNode() reports after an abort that the node could not be destroyed", async () => {
  const { cloud, observer } = open({
    fetch: (request, next) =>
      request.method === "DELETE"
        ? Promise.resolve(new Response("", { status: 403 }))
        : next(request),
  });
  for (const phase of ["waiting", "connecting", "running"]) {
    const controller = new AbortController();
    const reason = new Error("enough");
    const call = cloud.deployNode({
      ...FAST,
      deploy: script("id"),
      via: new MemoryTransport({
        connect: ({ deadline }) => deadline.sleep(0),
        step: async (_, { deadline }) => {
          await deadline.sleep(20_000);
          return SUCCESS;
        },
      }),
      onFailure: "destroy",
      signal: controller.signal,
      onProgress(event) {
        if (event.phase === phase) controller.abort(reason);
      },
    });
    const error = await assertRejects(() => call, AbortedError);
    assertStrictEquals(error.cause, reason);
    assertEquals([error.isDestroyed, error.mayHaveBeenApplied], [false, true]);
    const step = phase === "running" ? 'step "script": ' : "";
    const id = nodeOf(error)?.id ?? "";
    assertEquals(
      error.message,
      `deployNode: ${step}aborted; node ${id} could not be destroyed: ` +
        "NephoScale refused (403)",
    );
    assertEquals((await observer.getNode(id)).id, id);
  }
});

Deno.test('NodeDriver.deployNode() waits for the id of the node after an abort, and destroys the node, if onFailure is "destroy"', async () => {
  using timers = countTimers();
  for (const limit of ["abort", "timeout"] as const) {
    const controller = new AbortController();
    const { cloud, observer } = open({
      fetch: async (request, next) => {
        const response = await next(request);
        if (request.method === "POST") {
          // The server has created the node, and the response is on its way.
          if (limit === "abort") controller.abort(new Error("enough"));
          await new Promise((resolve) => setTimeout(resolve, 120));
        }
        return response;
      },
    });
    const phases: string[] = [];
    const error = await rejection(cloud.deployNode({
      ...FAST,
      deploy: [],
      via: new MemoryTransport(),
      onFailure: "destroy",
      onProgress: ({ phase }) => phases.push(phase),
      signal: controller.signal,
      timeoutMs: limit === "timeout" ? 60 : undefined,
    }));
    assertEquals(phases, ["creating", "destroying"]);
    assertEquals(timers.durations.filter((ms) => Number(ms) >= 30_000), []);
    assertInstanceOf(error, CloudError);
    assertEquals(
      error.name,
      limit === "abort" ? "AbortError" : "DeploymentError",
    );
    assert(nodeOf(error));
    assertEquals(Reflect.get(error, "isDestroyed"), true);
    assertEquals(await observer.listNodes(), []);
  }
});

Deno.test('NodeDriver.deployNode() says that there may be a node if it is aborted while creating and onFailure is "keep"', async () => {
  const controller = new AbortController();
  const { cloud } = open({
    fetch: async (request, next) => {
      const response = await next(request);
      if (request.method !== "POST") return response;
      controller.abort(new Error("enough"));
      return await new Promise<never>(() => {});
    },
  });
  const call = cloud.deployNode({
    ...FAST,
    deploy: [],
    via: new MemoryTransport(),
    signal: controller.signal,
  });
  const error = await assertRejects(() => inTime(call), AbortedError);
  assertEquals([error.mayHaveBeenApplied, nodeOf(error)], [true, undefined]);
});

// Clean-up

/** Deploys a script that fails, and destroys the node. */
async function cleanedUp(
  responses: readonly (Response | undefined)[],
  options: Partial<Deployed> = {},
) {
  const queue = [...responses];
  const { cloud, observer, sent } = open({
    fetch: async (request, next) =>
      request.method === "DELETE" && queue.shift() || await next(request),
  });
  const error = await failure(cloud, {
    deploy: script("exit 3"),
    via: new MemoryTransport({ step: () => ({ ...SUCCESS, exitStatus: 3 }) }),
    onFailure: "destroy",
    retry: false,
    ...options,
  });
  const attempts = sent.filter((it) => it.startsWith("DELETE")).length;
  return { error, observer, attempts };
}

function refusal(status: number, headers: HeadersInit = {}): Response {
  return new Response("{}", { status, headers });
}

Deno.test("NodeDriver.deployNode() destroys a node although the provider is busy, fails, or does not know the node yet", async () => {
  const responses = [409, 503, 404, 429, 408, 404].map((it) => refusal(it));
  const { error, observer, attempts } = await cleanedUp(responses);
  assertEquals(error.isDestroyed, true);
  assertEquals(await observer.listNodes(), []);
  assertEquals(attempts, responses.length + 1);
});

Deno.test("NodeDriver.deployNode() reports a node as destroyed at the first 404 if notFoundGraceMs is 0", async () => {
  const { error, attempts } = await cleanedUp([refusal(404)], {
    notFoundGraceMs: 0,
  });
  assertEquals([error.isDestroyed, attempts], [true, 1]);
});

Deno.test("NodeDriver.deployNode() does not take a 404 after a lost delete for a destroyed node during notFoundGraceMs", async () => {
  // This driver believes each 404, and a lost DELETE may have been applied.
  class Certain extends NephoScaleNodeDriver {
    override readonly notFoundGraceMs = 0;
  }
  const { credentials, fetch } = new NephoScaleSimulator({ createMs: 0 });
  const responses = [503, 404];
  const cloud = new Certain({
    ...credentials,
    fetch: async (request) => {
      const status = request.method === "DELETE" && responses.shift();
      return status ? refusal(status) : await fetch(request);
    },
    retry: { baseMs: 1, maxMs: 2 },
  });
  const error = await failure(cloud, {
    deploy: script("exit 3"),
    via: new MemoryTransport({ step: () => ({ ...SUCCESS, exitStatus: 3 }) }),
    onFailure: "destroy",
    notFoundGraceMs: 60_000,
  });
  assertEquals(error.isDestroyed, true);
  assertEquals(await cloud.listNodes(), []);
});

Deno.test("NodeDriver.deployNode() stops destroying a node if the provider refuses for good", async () => {
  for (const status of [401, 403, 422, 501]) {
    const { error, attempts } = await cleanedUp([refusal(status)]);
    assertEquals([error.isDestroyed, attempts], [false, 1]);
    assertStringIncludes(error.message, `(${status})`);
  }
});

Deno.test("NodeDriver.deployNode() outlives failures of the provider while it waits", async () => {
  let looks = 0;
  const { cloud } = open({
    fetch: async (request, next) => {
      const isLook = request.method === "GET" && ++looks > 2 && looks < 9;
      return isLook ? refusal(503) : await next(request);
    },
  });
  const { node } = await cloud.deployNode({
    ...FAST,
    retry: false,
    deploy: [],
    via: new MemoryTransport(),
  });
  assertEquals(node.state, "running");
  assertGreater(looks, 8);
});

Deno.test("NodeDriver.deployNode() rejects with a DeploymentError if an async onProgress rejects", async () => {
  const reason = new Error("the listener failed");
  for (const failing of ["waiting", "connecting", "running"]) {
    const { cloud } = open();
    let ran = 0;
    const error = await failure(cloud, {
      deploy: script("id"),
      via: new MemoryTransport({
        connect: ({ deadline }) => deadline.sleep(0),
        step: () => (ran++, SUCCESS),
      }),
      onProgress({ phase }) {
        if (phase === failing) return Promise.reject(reason);
      },
    });
    assertStrictEquals(error.cause, reason);
    assertEquals(error.isDestroyed, false);
    // The next report fails, not only the end.
    assertEquals(ran, failing === "running" ? 1 : 0);
  }
});

Deno.test("DeploymentContext.readNode() returns the latest record, also if the request fails", async () => {
  let isOut = false;
  const { cloud, observer, sent } = open({
    fetch: async (request, next) => isOut ? refusal(500) : await next(request),
  });
  const { node } = await cloud.deployNode({
    ...FAST,
    deploy: script("id"),
    via: new MemoryTransport({
      connect: async (context) => {
        const [before] = await observer.listNodes();
        await observer.renameNode(before!, { name: "renamed" });
        assertEquals((await context.readNode()).name, "renamed");
        isOut = true;
        const count = sent.length;
        assertEquals((await context.readNode()).name, "renamed");
        // Without a retry, which would delay the next attempt to connect.
        assertEquals(sent.length, count + 1);
        isOut = false;
      },
    }),
  });
  assertEquals(node.name, "renamed");
});

Deno.test("NodeDriver.deployNode() rejects with the reason of an aborted signal before any request", async () => {
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

Deno.test("NodeDriver.deployNode() passes needsAddress and notFoundGraceMs on to the wait", async () => {
  class Bare extends NephoScaleNodeDriver {
    protected override async readNodes(
      ...args: [string, readonly string[], CallOptions]
    ) {
      const nodes = await super.readNodes(...args);
      return nodes.map((node) => ({ ...node, publicIps: [], privateIps: [] }));
    }
  }
  const simulator = new NephoScaleSimulator({ createMs: 0, bootMs: 5 });
  const { credentials, fetch } = simulator;
  const options = { ...FAST, deploy: [], via: new MemoryTransport() };
  const { node } = await new Bare({ ...credentials, fetch }).deployNode({
    ...options,
    needsAddress: false,
    timeoutMs: 20_000,
  });
  assertEquals([node.state, node.publicIps], ["running", []]);
  class Hidden extends NephoScaleNodeDriver {
    protected override readNodes = () => Promise.resolve([]);
    protected override readNode = (operation: string) => {
      const about = { status: 404, method: "GET", url: "", body: "" };
      return Promise.reject(new NotFoundError(`${operation}: none`, about));
    };
  }
  const error = await failure(new Hidden({ ...credentials, fetch }), {
    ...options,
    notFoundGraceMs: 0,
    timeoutMs: 20_000,
  });
  assertInstanceOf(error.cause, NotFoundError);
});

Deno.test("NodeDriver.deployNode() destroys the node of an error of createNode()", async () => {
  class Late extends NephoScaleNodeDriver {
    override async createNode(
      ...args: Parameters<NephoScaleNodeDriver["createNode"]>
    ): Promise<never> {
      const node = await super.createNode(...args);
      const error = new CloudError("createNode: no address", {});
      throw Object.assign(error, { node });
    }
  }
  const { credentials, fetch } = new NephoScaleSimulator({ createMs: 0 });
  const responses = [refusal(404)];
  const cloud = new Late({
    ...credentials,
    fetch: async (request) =>
      request.method === "DELETE" && responses.shift() || await fetch(request),
  });
  const error = await failure(cloud, {
    deploy: [],
    via: new MemoryTransport(),
    onFailure: "destroy",
  });
  assertEquals(error.isDestroyed, true);
  assertEquals(await cloud.listNodes(), []);
});

Deno.test("NodeDriver.deployNode() names no step if the transport fails after the last one", async () => {
  class Closing extends MemoryTransport {
    protected override plan(...args: Parameters<MemoryTransport["plan"]>) {
      const plan = super.plan(...args);
      const run: typeof plan.run = async (...args) => {
        await plan.run?.(...args);
        throw new Error("the connection was lost");
      };
      return { ...plan, run };
    }
  }
  const { cloud } = open();
  const via = new Closing();
  const error = await failure(cloud, { deploy: script("id"), via });
  assertEquals([error.step, error.steps.length], [undefined, 1]);
  assertEquals(
    error.message,
    `deployNode: the connection was lost; node ${error.node.id} is kept and ` +
      "billed",
  );
});

Deno.test("NodeDriver.deployNode() sends the headers of the call with every request", async () => {
  const { cloud, headers, sent } = open();
  await failure(cloud, {
    deploy: script("exit 3"),
    via: new MemoryTransport({ step: () => ({ ...SUCCESS, exitStatus: 3 }) }),
    onFailure: "destroy",
    headers: { "x-more": "yes" },
  });
  assert(sent.some((it) => it.startsWith("DELETE")));
  assertEquals(headers.map((it) => it.get("x-more")), sent.map(() => "yes"));
});

Deno.test("NodeDriver.deployNode() retries requests that fail, and creates one node", async () => {
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

Deno.test("NodeDriver.deployNode() redacts secrets of the transport in errors, events and results", async () => {
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
      const exitStatus = name === "bad" ? 3 : 0;
      return { exitStatus, stdout: echo, stderr: echo };
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
  assertStringIncludes(good.steps[0]!.stderr, "[redacted]");
});

Deno.test("NodeDriver.deployNode() returns the output of a script unchanged if it contains no secret", async () => {
  const { cloud } = open();
  const stdout = "a\\/b %2f \\u0041 \\n \u{1f4a5}\0\x1b[1m\n";
  const { steps } = await cloud.deployNode({
    ...FAST,
    deploy: script("id"),
    via: new MemoryTransport({
      secrets: ["s3cr3t", ""],
      step: () => ({ ...SUCCESS, stdout, stderr: stdout }),
    }),
  });
  assertEquals([steps[0]?.stdout, steps[0]?.stderr], [stdout, stdout]);
});

/** A provider that returns the password in the response to the create only. */
class OnceNodeDriver extends NephoScaleNodeDriver {
  override async createNode(
    ...args: Parameters<NephoScaleNodeDriver["createNode"]>
  ) {
    const node = await super.createNode(...args);
    return { ...node, rootPassword: "canary" };
  }
}

Deno.test("NodeDriver.deployNode() returns fields that only createNode() returns, and shows them nowhere else", async () => {
  const { credentials, fetch } = new NephoScaleSimulator({ createMs: 0 });
  const cloud = new OnceNodeDriver({ ...credentials, fetch });
  const shown: unknown[] = [];
  const onProgress = (event: unknown) => shown.push(event);
  const via = new MemoryTransport({
    step: ({ name }) => ({ ...SUCCESS, exitStatus: name === "bad" ? 3 : 0 }),
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

Deno.test("NodeDriver.deployNode() redacts secrets of the transport in the causes of an error", async () => {
  const { cloud } = open();
  const secrets = ["s3cr3t-canary", "line one\nline two canary"];
  const deepest = new Error(`it says ${JSON.stringify(secrets[1])}`);
  const cause = new CloudError(`login failed: it says "${secrets[0]}"`, {
    cause: deepest,
  });
  // A cycle of causes.
  deepest.cause = cause;
  const [secret] = secrets;
  Object.assign(cause, {
    body: `<p>${secret}</p>`,
    code: `E-${secret}`,
    requestId: secret,
    url: `https://example.com/${secret}`,
  });
  // Runtimes write the stack when it is first read.
  for (const { stack } of [cause, deepest]) {
    assertStringIncludes(stack ?? "", "canary");
  }
  const error = await failure(cloud, {
    deploy: [],
    via: new MemoryTransport({
      secrets,
      connect: () => Promise.reject(cause),
    }),
  });
  assertStrictEquals(error.cause, cause);
  assertStrictEquals(cause.cause, deepest);
  assertEquals(cause.message, 'login failed: it says "[redacted]"');
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

Deno.test("NodeDriver.deployNode() redacts secrets of the transport if the node cannot be created", async () => {
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
    "createNode: ",
  );
  assertEquals(DeploymentError.is(error), false);
  const text = Deno.inspect(error, { depth: 9 }) + error.stack;
  assertStringIncludes(text, "[redacted]");
  assert(!text.includes("canary"), text);
  class Failing extends NephoScaleNodeDriver {
    override createNode(
      _options: Parameters<NephoScaleNodeDriver["createNode"]>[0],
    ): Promise<never> {
      return Promise.reject(new Error("a library says token=canary"));
    }
  }
  const { credentials } = new NephoScaleSimulator();
  const other = await assertRejects(() =>
    new Failing(credentials).deployNode({
      ...FAST,
      deploy: [],
      via: new MemoryTransport({ secrets: ["token=canary"] }),
    }), Error);
  assertEquals(other.message, "a library says [redacted]");
});

Deno.test("NodeDriver.deployNode() redacts secrets of the transport in hooks", async () => {
  const simulator = new NephoScaleSimulator({ createMs: 0 });
  const events: RetryEvent[] = [];
  let isRefused = false;
  const cloud = new NephoScaleNodeDriver({
    ...simulator.credentials,
    fetch: async (request) => {
      if (request.method !== "POST" || isRefused) {
        return await simulator.fetch(request);
      }
      isRefused = true;
      const body = { message: "slow down, token=canary" };
      return Response.json(body, { status: 429 });
    },
    hooks: { onRetry: (event) => void events.push(event) },
    retry: { baseMs: 1, maxMs: 2 },
  });
  const via = new MemoryTransport({ secrets: ["token=canary"] });
  await cloud.deployNode({ ...FAST, deploy: [], via });
  const [event] = events;
  assertStringIncludes(event?.error.message ?? "", "slow down, [redacted]");
  assert(!Deno.inspect(event, { depth: 9 }).includes("canary"));
});

Deno.test("NodeDriver.deployNode() does not destroy the node of an error that the caller aborts with", async () => {
  const { cloud, observer, sent } = open();
  const other = await observer.createNode({ ...NODE, name: "other" });
  const about = { node: other, provider: "nephoscale" };
  const reason = new NodeFailedError("test: enough", about);
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

Deno.test("nodeOf() is undefined for an error without a node", () => {
  const bare = new CloudError("test: enough", {});
  for (const error of [bare, new Error("no"), undefined, null, { node: 5 }]) {
    assertEquals(nodeOf(error), undefined);
  }
});

Deno.test("NodeDriver.deployNode() does not change the error that the caller aborts with", async () => {
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

Deno.test("NodeDriver.deployNode() accepts a transport only if the driver has what the transport requires", () => {
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
  type Accepts<D extends NodeDriver, T> = T extends Via<D> ? true : false;
  const accepted: [
    Accepts<NephoScaleNodeDriver, MemoryTransport>,
    Accepts<NephoScaleNodeDriver, ByUserData>,
    Accepts<NephoScaleNodeDriver & TakesUserData, ByUserData>,
    Accepts<NodeDriver, MemoryTransport>,
    // For a driver of unknown type, the transport checks this at run time.
    Accepts<NodeDriver, ByUserData>,
  ] = [true, false, true, true, true];
  assertEquals(accepted.length, 5);
  assert(new ByUserData() instanceof DeploymentTransport);
  const options: Partial<DeploymentOptions> = {};
  assertEquals(options, {});
});

Deno.test("NodeDriver.deployNode() is not overridden by drivers", () => {
  assert(Object.hasOwn(NodeDriver.prototype, "deployNode"));
  assertEquals(
    NephoScaleNodeDriver.prototype.deployNode,
    NodeDriver.prototype.deployNode,
  );
});
