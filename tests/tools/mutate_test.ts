import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { apply } from "../../tools/mutate/edit.ts";
import { KINDS } from "../../tools/mutate/kinds/mod.ts";
import { Lane } from "../../tools/mutate/lane.ts";
import {
  allMutants,
  chooseMutants,
  describe,
} from "../../tools/mutate/mutants.ts";
import { isValid, parse, readDrivers } from "../../tools/mutate/source.ts";
import type ts from "../../tools/mutate/typescript.ts";
import { makeProject, type Project } from "./_project.ts";
import { isEnough } from "../../tools/mutate/result.ts";

/** Pieces of a driver, and the edits of one kind that they allow. */
const EXPECTED: Readonly<Record<string, readonly [string, string[]][]>> = {
  verb: [
    [
      `function stopNode(node) {
        const action = path\`/servers/\${{ node }}/actions/stop\`;
        return api.send("stopNode", "POST", action);
      }
      function startNode(node) {
        const action = path\`/servers/\${{ node }}/actions/start\`;
        return api.send("startNode", "PUT", action);
      }`,
      [
        "}/actions/stop` → }/actions/start`",
        '"POST" → "PUT"',
        "}/actions/start` → }/actions/stop`",
        '"PUT" → "POST"',
      ],
    ],
    [
      `api.send(operation, "AttachVolume", options, ids);
      api.send(operation, "CreateImage", options, ids);
      api.send(operation, "DetachVolume", options, ids);`,
      [
        '"AttachVolume" → "DetachVolume"',
        '"CreateImage" → "DetachVolume"',
        '"DetachVolume" → "AttachVolume"',
      ],
    ],
    [
      `const SERVERS = "/servers"; const IMAGES = "/images";
      const form = { type: force ? "power_off" : "shutdown" };
      const kind = { plural: "servers" };
      api.act(operation, SERVERS, node, "reboot", options);`,
      [
        '"/servers" → "/images"',
        '"/images" → "/servers"',
        '"power_off" → "shutdown"',
        '"shutdown" → "reboot"',
        '"reboot" → "power_off"',
      ],
    ],
  ],
  option: [
    [
      `function toServerForm(options) {
        const { userData = "" } = options;
        return { name: checkText(options.name), backups: options.backups };
      }
      function stopNode(node, options) {
        const type = options.force ? "off" : "shutdown";
        return api.send("stopNode", "POST", SERVERS, options, { type });
      }`,
      [
        'userData = "" → ignored: userData = ""',
        "name: checkText(options.name) → name: (checkText(options.name), undefined)",
        "backups: options.backups → (removed)",
        'options.force ? "off" : "shutdown" → undefined ? "off" : "shutdown"',
      ],
    ],
    // These are settings of the call, and an option that must be there.
    [
      `function createNode(options) {
        const call = { ...options, secrets: [], creates: true };
        checkText(options.name, "createNode", "name");
      }`,
      [],
    ],
  ],
  unit: [
    [
      "const gb = mib / 1024;",
      [
        "mib / 1024 → mib",
        "mib / 1024 → mib / 1000",
        "mib / 1024 → mib * 1024",
      ],
    ],
    [
      "const size = { ramMib: toNumber(json.memory), name: toText(json.name) };",
      [
        "ramMib: toNumber(json.memory) → ramMib: toNumber(json.memory * 1024)",
        "ramMib: toNumber(json.memory) → ramMib: toNumber(json.memory / 1000)",
      ],
    ],
    ["const MAX_VOLUME_GB = 100;", [
      "MAX_VOLUME_GB = 100 → MAX_VOLUME_GB = 100 / 1024",
    ]],
  ],
  price: [
    [
      `const price = { currency: "USD", hourly, monthly: size.monthly };`,
      [
        'currency: "USD" → currency: "EUR"',
        "hourly → hourly: monthly",
        "hourly → hourly: hourly && hourly * 100",
        "monthly: size.monthly → hourly: size.monthly",
        "monthly: size.monthly → monthly: 100 * (size.monthly)",
        "size.monthly → size.hourly",
      ],
    ],
  ],
  filter: [
    [
      `function listNodes(options) {
        const { name } = options;
        const keep = (node) => node.isMine && node.isNew;
        const params = { tag: options.tag };
        return api.list("listNodes", SERVERS, "servers", toNode, options, {
          params,
          keep,
        });
      }`,
      [
        "name → ignored: name",
        "(node) => node.isMine && node.isNew → (node) => !(node.isMine && node.isNew)",
        "(node) => node.isMine && node.isNew → (node) => node.isMine",
        "(node) => node.isMine && node.isNew → (node) => node.isNew",
        "tag: options.tag → (removed)",
        "tag: options.tag → tag: undefined",
        "params → (removed)",
        "keep → (removed)",
      ],
    ],
  ],
  page: [
    [
      `const PAGES = numberedPages({
        page: "page",
        maxSize: 50,
        next: ({ next }) => next,
      });
      const SIZES = api.list(operation, path, key, toSize, { pages: PAGES });`,
      [
        'page: "page" → (removed)',
        'page: "page" → page: "ignored_page"',
        "maxSize: 50 → (removed)",
        "maxSize: 50 → maxSize: 50 * 10",
        "next: ({ next }) => next → (removed)",
        "({ next }) => next → ({ next }) => undefined",
        "({ next }) => next → ({ next }) => null",
        "pages: PAGES → (removed)",
      ],
    ],
    [
      'const PAGES = linkedPages(["page"], ({ next }) => ({ page: next }));',
      [
        "({ next }) => ({ page: next }) → ({ next }) => (undefined)",
        "page: next → (removed)",
      ],
    ],
  ],
  state: [
    [
      `const STATES = { on: "running", off: "stopped" };
      const node = { state: lookUp(STATES, word) ?? "unknown" };
      const volume = { state: nodeId ? "inuse" : "available" };`,
      [
        'on: "running" → (removed)',
        'on: "running" → on: "stopped"',
        'off: "stopped" → (removed)',
        'off: "stopped" → off: "running"',
        'lookUp(STATES, word) ?? "unknown" → lookUp(STATES, word) ?? "running"',
        'state: nodeId ? "inuse" : "available" → state: "inuse"',
        'state: nodeId ? "inuse" : "available" → state: "available"',
      ],
    ],
  ],
  secret: [
    [
      `class Acme {
        createKeyPair(options) {
          const call = { ...options, secrets: [password, token] };
          return { name, password: secret, extra: { kind } };
        }
      }
      function toKeyPair(key) {
        return { id: key.id, extra: { kind: key.kind } };
      }`,
      [
        "secrets: [password, token] → (removed)",
        "password → (removed)",
        "token → (removed)",
        "extra: { kind } → extra: { ...{ kind }, password: secret }",
        "kind: key.kind → ...key, kind: key.kind",
      ],
    ],
  ],
  retry: [
    [
      `api.send("stopNode", "POST", action, options);
      api.send("renameNode", "PUT", action, options);
      api.create(operation, SERVERS, toNode, { ...call, secrets }, form);
      class AcmeResponse {
        failure({ message, code }) {
          return { reason: message, isBusy: code === "busy" };
        }
      }`,
      [
        "options → { ...options, idempotent: true }",
        "{ ...call, secrets } → { ...call, secrets, idempotent: true }",
        'isBusy: code === "busy" → isBusy: true',
      ],
    ],
    [
      "class AcmeResponse { failure({ text }) { return { reason: text }; } }",
      ["reason: text → isBusy: true, reason: text"],
    ],
  ],
  address: [
    [
      `function toNode(server) {
        const { publicIps, privateIps } = splitIps([server.ipv4, server.ipv6]);
        return { id: server.id, publicIps, tags: [server.ipTag] };
      }`,
      [
        "splitIps([server.ipv4, server.ipv6]) → splitIps([])",
        "server.ipv4 → (removed)",
        "server.ipv6 → (removed)",
        "publicIps → publicIps: []",
        "publicIps → publicIps: privateIps",
        "publicIps → publicIps: [...publicIps, ...privateIps]",
      ],
    ],
  ],
  error: [
    [
      `const CODES = { gone: NotFoundError, locked: ConflictError };
      class AcmeResponse extends JsonResponse {
        isSuccess() { return super.isSuccess() && this.body.ok; }
        failure(body) { return { code: body.code, errorClass: CODES[code] }; }
      }
      class AcmeConnection { responseClass = AcmeResponse; }`,
      [
        "gone: NotFoundError → (removed)",
        "gone: NotFoundError → gone: ConflictError",
        "locked: ConflictError → (removed)",
        "locked: ConflictError → locked: NotFoundError",
        "super.isSuccess() && this.body.ok → super.isSuccess()",
        "super.isSuccess() && this.body.ok → this.body.ok",
        "code: body.code → code: undefined",
        "errorClass: CODES[code] → errorClass: undefined",
        "responseClass = AcmeResponse; → responseClass = JsonResponse;",
      ],
    ],
  ],
  field: [
    [
      `function toNode(server) {
        const id = toId(server.id);
        return {
          id,
          name: toText(server.name) ?? id,
          sizeId: toText(server.size),
          imageId: toText(server.image),
          createdAt: toTime(server.created),
        };
      }
      function toServerForm(options) {
        return { size: idOf(options.size), image: idOf(options.image) };
      }`,
      [
        "name: toText(server.name) ?? id → name: id",
        "sizeId: toText(server.size) → sizeId: toText(server.image)",
        "imageId: toText(server.image) → imageId: toText(server.size)",
        "createdAt: toTime(server.created) → createdAt: undefined",
        "size: idOf(options.size) → size: idOf(options.image)",
        "image: idOf(options.image) → image: idOf(options.size)",
      ],
    ],
  ],
  check: [
    [
      `function createNode(options) {
        refuse(operation, "Acme", options, { auth: "", tags: "" });
        if (options.size === undefined) throw mistake(operation, "size");
        if (options.password) checkSecret(options.password);
        const name = checkText(options.name, operation, "name");
        return poll(about, options, () => isDone ? node : undefined);
      }`,
      [
        'refuse(operation, "Acme", options, { auth: "", tags: "" }); → (removed)',
        'auth: "" → (removed)',
        'tags: "" → (removed)',
        'if (options.size === undefined) throw mistake(operation, "size"); → ' +
        'if (false) throw mistake(operation, "size");',
        "checkSecret(options.password); → (removed)",
        'checkText(options.name, operation, "name") → options.name',
        "isDone ? node : undefined → node",
      ],
    ],
  ],
};

for (const [kind, cases] of Object.entries(EXPECTED)) {
  Deno.test(`mutate proposes mutants of the kind "${kind}"`, () => {
    for (const [code, edits] of cases) {
      const file = parse("drivers/acme.ts", code);
      const mutants = allMutants({ id: "acme", files: [file] }).get(kind)!;
      assertEquals(mutants.map(({ edit }) => edit), edits);
      for (const { changes, edit } of mutants) {
        assert(isValid("drivers/acme.ts", apply(code, changes)), edit);
      }
    }
  });
}

Deno.test("mutate proposes mutants of every kind", () => {
  assertEquals(Object.keys(EXPECTED), Object.keys(KINDS));
});

Deno.test("mutate changes a whole column of a data file", () => {
  const text = '{"currency":"USD","sizes":[{"ramMib":1,"hourly":2},' +
    '{"ramMib":3,"hourly":4}]}';
  const file = parse("data/acme.json", text);
  const mutants = [...allMutants({ id: "acme", files: [file] }).values()]
    .flat();
  assertEquals(
    mutants.map(({ edit, changes }) => [edit, apply(text, changes)]),
    [
      [
        'every "ramMib":1 → "ramMib":1024',
        text.replace(":1,", ":1024,").replace(":3,", ":3072,"),
      ],
      [
        'every "currency":"USD" → "currency":"EUR"',
        text.replace("USD", "EUR"),
      ],
      [
        'every "hourly":2 → "monthly":2',
        text.replaceAll("hourly", "monthly"),
      ],
      [
        'every "hourly":2 → "hourly":200',
        text.replace(":2}", ":200}").replace(":4}", ":400}"),
      ],
    ],
  );
});

/** Zones have no prices, and their addresses are values like any other. */
const OF_SERVERS: readonly string[] = ["price", "address"];

/** Kinds of mistakes that a driver has no place for. */
const LACKING: Readonly<Record<string, readonly string[]>> = {
  // OpenStack has no prices.
  openstack: ["price"],
  // The driver of OpenStack, which has mutants of its own, does the rest.
  rackspace: ["unit", "filter", "state", "retry", "address", "field"],
  // Only Designate returns a secret.
  cloudflare_dns: [...OF_SERVERS, "secret"],
  digitalocean_dns: [...OF_SERVERS, "secret", "unit"],
  hetzner_dns: [...OF_SERVERS, "secret", "unit"],
  linode_dns: [...OF_SERVERS, "secret", "unit"],
  openstack_dns: OF_SERVERS,
  // The server sends a zone in one response, and no states.
  powerdns_dns: [...OF_SERVERS, "page", "state", "field"],
  route53_dns: [...OF_SERVERS, "field"],
};

/** Number of mutants of a driver with few lines of its own. */
const FEWER: Readonly<Record<string, number>> = { rackspace: 28 };

Deno.test("mutate finds 40 mutants of every driver, unless it has few lines, all different and valid", () => {
  for (const driver of readDrivers()) {
    const mutants = chooseMutants(driver, { count: 40, seed: 1 });
    const count = FEWER[driver.id] ?? 40;
    assertEquals(mutants.length, count, driver.id);
    const texts = mutants.map(({ file, changes }) => {
      const { text } = driver.files.find((it) => it.fileName === file)!;
      const mutated = apply(text, changes);
      assert(mutated !== text && isValid(file, mutated));
      return file + mutated;
    });
    assertEquals(new Set(texts).size, count, driver.id);
    const lacking = LACKING[driver.id] ?? [];
    assertEquals(
      new Set(mutants.map(({ kind }) => kind)),
      new Set(Object.keys(KINDS).filter((kind) => !lacking.includes(kind))),
      driver.id,
    );
  }
});

Deno.test("mutate chooses the same mutants for the same seed, and keeps most of them if the code changes", () => {
  const { files } = readDrivers().find(({ id }) => id === "nephoscale")!;
  const [data, { fileName, text }] = files as [
    ts.SourceFile,
    ts.SourceFile,
  ];
  const choose = (seed: number, head = "") => {
    const code = parse(fileName, head + text);
    const driver = { id: "nephoscale", files: [data, code] };
    return chooseMutants(driver, { count: 40, seed }).map(describe);
  };
  const chosen = choose(1);
  assertEquals(choose(1), chosen);
  assertEquals(choose(1, "// A comment.\n"), chosen);
  const count = (others: readonly string[]) =>
    chosen.filter((it) => others.includes(it)).length;
  const STATE = 'const X_STATES = { a: "running", b: "stopped" };\n';
  assert(count(choose(2)) < 35);
  assert(count(choose(1, STATE)) >= 36);
});

const REGISTRY = `const compute = {
  acme: async () => (await import("./acme/compute.ts")).AcmeNodeDriver,
  zeta: async () => (await import("./zeta.ts")).ZetaNodeDriver,
};
`;
const STATES = 'export const STATES = { on: "running", off: "stopped" };\n';
const COMPUTE = `import { STATES } from "./_states.ts";
export function toState(word: string): string {
  return Object(STATES)[word] ?? "unknown";
}
`;
const SUITE = `import { toState } from "../../drivers/acme/compute.ts";

Deno.test("nodes that are on are running", () => {
  if (toState("on") !== "running") throw new Error("no");
});
`;
const EDITS = [
  'on: "running" → (removed)',
  'on: "running" → on: "stopped"',
  'off: "stopped" → (removed)',
  'off: "stopped" → off: "running"',
];

/** A project with a driver that has four mutants. Its suite catches two. */
async function makeBroken(
  files: Readonly<Record<string, string>> = {},
): Promise<Project> {
  const project = await makeProject();
  await project.write({
    "drivers/registry.ts": REGISTRY,
    "drivers/dns_registry.ts": "export {};\n",
    "drivers/acme/compute.ts": COMPUTE,
    "drivers/acme/_states.ts": STATES,
    "drivers/zeta.ts": "export class ZetaNodeDriver {}\n",
    "tests/conformance/acme_test.ts": SUITE,
    "tools/mutate/equivalent.json": "[]",
    ...files,
  });
  return project;
}

function toEquivalent(edit: string): object {
  return {
    file: "drivers/acme/_states.ts",
    kind: "state",
    place: "STATES",
    edit,
    reason: "the field has no effect",
  };
}

/** Lines about mutants, without numbers, in the order of EDITS. */
function endsIn(stdout: string): string[] {
  return EDITS.flatMap((edit) =>
    stdout.split("\n").filter((line) => line.includes(`: ${edit}`))
      .map((line) => line.slice(line.indexOf(edit) + edit.length))
  );
}

Deno.test("mutate tells which mutants are caught, and fails if too many escape", async () => {
  await using project = await makeBroken();
  const { code, stdout, stderr } = await project.run(
    ["tools/mutate.ts", "acme"],
    { env: { NEPHOS_RESULTS: `${project.folder}/results` } },
  );
  assertEquals(code, 1, stdout + stderr);
  const caught = '; caught by "nodes that are on are running"';
  assertEquals(endsIn(stdout), [caught, caught, "; ESCAPED", "; ESCAPED"]);
  assertStringIncludes(
    stdout,
    "\nkind        mutants     caught equivalent    escaped\n" +
      "state             4          2          0          2\n\n" +
      "acme: 4 mutants, 2 caught, 0 equivalent, 2 escaped\n",
  );
  assertEquals(await Deno.readTextFile(`${project.folder}/results`), "2 2\n");
  // The sources are as before.
  const file = `${project.folder}/drivers/acme/_states.ts`;
  assertEquals(await Deno.readTextFile(file), STATES);
});

Deno.test("mutate shows the reasons of equivalent mutants, and does not count them", async () => {
  const equivalents = EDITS.slice(2).map(toEquivalent);
  await using project = await makeBroken({
    "tools/mutate/equivalent.json": JSON.stringify(equivalents),
  });
  const { code, stdout } = await project.run(["tools/mutate.ts", "acme"], {
    env: { NEPHOS_RESULTS: `${project.folder}/results` },
  });
  assertEquals(code, 0, stdout);
  const reason = "; equivalent: the field has no effect";
  assertEquals(endsIn(stdout).slice(2), [reason, reason]);
  assertStringIncludes(stdout, "acme: 4 mutants, 2 caught, 2 equivalent, 0 es");
  assertEquals(await Deno.readTextFile(`${project.folder}/results`), "2 0\n");
});

Deno.test("mutate fails if equivalent.json names a mutant that does not exist", async () => {
  await using project = await makeBroken({
    "tools/mutate/equivalent.json": JSON.stringify([
      toEquivalent('idle: "stopped" → (removed)'),
    ]),
  });
  const { code, stderr } = await project.run(["tools/mutate.ts", "acme"]);
  assertEquals(code, 2);
  assertStringIncludes(
    stderr,
    'drivers/acme/_states.ts in STATES, state: idle: "stopped" → (removed)\n',
  );
});

Deno.test("mutate fails if the suite fails on the driver as it is", async () => {
  await using project = await makeBroken({
    "tests/conformance/acme_test.ts": SUITE.replace('"running"', '"idle"'),
  });
  const { code, stdout } = await project.run(["tools/mutate.ts", "acme"]);
  assertEquals(code, 1);
  assertStringIncludes(
    stdout,
    "acme: the suite must pass on the driver as it is, but it fails in " +
      '"nodes that are on are running":\nError: no',
  );
  assertEquals(endsIn(stdout), []);
});

Deno.test("mutate --list runs nothing, and --only runs some", async () => {
  await using project = await makeBroken({
    "tests/conformance/zeta_test.ts": "throw new Error();\n",
  });
  const list = await project.run(["tools/mutate.ts", "--list"]);
  assertEquals(list.code, 0, list.stderr);
  assertEquals(endsIn(list.stdout), ["", "", "", ""]);
  assertStringIncludes(list.stdout, "acme: 4 mutants\n  1 state   drivers/");
  assertStringIncludes(list.stdout, "\nzeta: 0 mutants\n");
  const number = /^ *(\d+) .*on: "running" → \(removed\)$/m
    .exec(list.stdout)?.[1];
  const only = await project.run(
    ["tools/mutate.ts", "acme", `--only=${number}`],
  );
  assertEquals(only.code, 0, only.stdout);
  assertStringIncludes(only.stdout, "acme: 1 mutants, 1 caught");
});

Deno.test("mutate prints its usage if a flag or a driver is unknown", async () => {
  await using project = await makeBroken();
  for (const arg of ["--fast", "--count=0", "unknown"]) {
    const { code, stderr } = await project.run(["tools/mutate.ts", arg]);
    assertEquals(code, 2);
    assertStringIncludes(stderr, arg);
  }
});

Deno.test("mutate --changed takes drivers that changed, or else one in turn", async () => {
  await using project = await makeBroken();
  const git = async (...args: string[]) => {
    const name = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
    const { success } = await new Deno.Command("git", {
      args: [...name, ...args],
      cwd: project.folder,
    }).output();
    assert(success, args.join(" "));
  };
  const commit = async () => {
    await git("add", "--all");
    await git("commit", "--quiet", "--allow-empty", "--message=a");
  };
  const first = async () => {
    const args = ["tools/mutate.ts", "--changed", "--list"];
    const { stdout, stderr } = await project.run(args);
    assertEquals(stderr, "");
    return stdout.split("\n")[0]!.replace(/[\da-f]{9}$/, "<commit>");
  };
  assertEquals(
    (await first()).slice(4),
    ": in turn, because Git knows no earlier commit",
  );
  await commit();
  await project.write({ "drivers/zeta.ts": "export class Zeta {}\n" });
  await commit();
  assertEquals(await first(), "zeta: changed since <commit>");
  await commit();
  assertEquals(
    await first(),
    "zeta: in turn, because no driver changed since <commit>",
  );
  await commit();
  assertEquals(
    await first(),
    "acme: in turn, because no driver changed since <commit>",
  );
  await project.write({ "drivers/acme/_states.ts": STATES + "\n" });
  assertEquals(await first(), "acme: changed since <commit>");
});

Deno.test("Lane.run() ends a suite if one check, or all together, do not end", async () => {
  await using project = await makeProject();
  const lane = new Lane("acme", project.folder);
  const run = async (suite: string, checkMs: number, totalMs: number) => {
    const suites = { "tests/conformance/acme_test.ts": suite };
    await project.write(suites);
    return (await lane.run({ checkMs, totalMs })).status;
  };
  const hang = "setInterval(() => {}, 1000);\n" +
    'Deno.test("waits", () => new Promise(() => {}));\n';
  assertEquals(await run(hang, 1500, 60_000), "timed out");
  assertEquals(await run(hang, 60_000, 1500), "timed out");
});

Deno.test("mutate fails if something else ends the suite", async () => {
  const { promise: isRunning, resolve: run } = Promise.withResolvers<void>();
  await using server = Deno.serve({ port: 0, onListen() {} }, () => {
    run();
    return new Response();
  });
  await using project = await makeBroken({
    "tests/conformance/acme_test.ts": `setInterval(() => {}, 1000);
await fetch("http://127.0.0.1:${server.addr.port}");
await new Promise(() => {});
`,
  });
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "tools/mutate.ts", "acme"],
    cwd: project.folder,
    env: { JSR_URL: "http://127.0.0.1:9", NEPHOS_STD: "" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  // If it cannot start, it ends by itself.
  await Promise.race([isRunning, process.status]);
  process.kill("SIGTERM");
  const { code, stderr } = await process.output();
  assertEquals(code, 1);
  assertStringIncludes(
    new TextDecoder().decode(stderr),
    "the suite was ended from outside, with code 143",
  );
});

Deno.test("isEnough() is true for nine of ten, and ignores what did not run", () => {
  const tally = { caught: 36, timedOut: 0, equivalent: 0, left: 0 };
  assert(isEnough({ ...tally, all: 40, escaped: 4 }));
  assert(!isEnough({ ...tally, all: 41, escaped: 5 }));
  // One of three is no reason to reject all forty.
  assert(isEnough({ ...tally, all: 3, caught: 2, escaped: 1, left: 37 }));
  assert(!isEnough({ ...tally, all: 9, caught: 4, escaped: 5, left: 31 }));
});
