import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Check, MethodSpec, StateFacts } from "../../testing/mod.ts";
import {
  computeConformance,
  type ComputeSubject,
  id,
} from "../../testing/mod.ts";
import { NephoScaleNodeDriver } from "../../drivers/nephoscale.ts";
import { subject } from "../conformance/nephoscale.ts";

/** Finds a check by a part of its name. */
function find(part: string, changes: Partial<ComputeSubject> = {}): Check {
  const checks = computeConformance({ ...subject, ...changes });
  const found = checks.filter(({ name }) => name.includes(part));
  assert(found.length === 1, `${found.length} checks match ${part}`);
  return found[0]!;
}

/** The message with which a check fails. */
async function failure(check: Check): Promise<string> {
  return (await assertRejects(() => check.run(), Error)).message;
}

/** The file of a description with one operation. */
function describe(status: number): string {
  const content = { "application/json": { schema: { type: "object" } } };
  const responses = { [status]: { content } };
  const description = { paths: { "/server/cloud/": { get: { responses } } } };
  return `data:application/json,${JSON.stringify(description)}`;
}

Deno.test("computeConformance() has unique names, and a rule and a section for each check", () => {
  const checks = computeConformance(subject);
  const names = checks.map(({ name }) => name);
  assertEquals(new Set(names).size, names.length);
  for (const { name, rule = "", see = "" } of checks) {
    assert(/^[A-Za-z].* .*\.$/.test(rule), `${name}: ${rule}`);
    assert(/^[a-z]+(?:-[a-z]+)*$/.test(see), `${name}: ${see}`);
  }
});

Deno.test("a failed check names the rule, its section, and how to run it again", async () => {
  class Stubborn extends NephoScaleNodeDriver {
    override stopNode(...args: Parameters<NephoScaleNodeDriver["stopNode"]>) {
      return super.startNode(...args);
    }
  }
  const check = find("sends the writes", { Driver: Stubborn });
  const message = await failure(check);
  assert(message.includes("stopNode(): "), message);
  assert(message.includes(`\nRule: ${check.rule}\n`), message);
  assert(message.includes("docs/write-a-driver.md#sends\n"), message);
  assert(message.endsWith(`filter by "${check.name}"`), message);
});

Deno.test("a check reports an option that a driver ignores", async () => {
  class Forgetful extends NephoScaleNodeDriver {
    override renameNode(
      node: string,
      options: Parameters<NephoScaleNodeDriver["renameNode"]>[1],
    ) {
      return super.renameNode(node, { ...options, hostname: undefined });
    }
  }
  const message = await failure(
    find("every option in its table", { Driver: Forgetful }),
  );
  assert(
    message.startsWith("renameNode() #1: the option hostname is ignored"),
    message,
  );
});

Deno.test("a check reports an option that is ignored, even if no two results are equal", async () => {
  class Random extends NephoScaleNodeDriver {
    override async renameNode(
      node: string,
      options: Parameters<NephoScaleNodeDriver["renameNode"]>[1],
    ): Promise<never> {
      await super.renameNode(node, { ...options, hostname: undefined });
      return { id: crypto.randomUUID() } as never;
    }
  }
  const message = await failure(
    find("every option in its table", { Driver: Random }),
  );
  assert(message.includes("the option hostname is ignored"), message);
});

Deno.test("a check reports a method that fails by itself after its write", async () => {
  class Broken extends NephoScaleNodeDriver {
    override async rebootNode(node: string): Promise<void> {
      await super.rebootNode(node);
      throw new TypeError("broken");
    }
  }
  const message = await failure(find("returns what", { Driver: Broken }));
  assert(message.startsWith("rebootNode(): "), message);
  assert(message.includes("TypeError: broken"), message);
});

Deno.test("a check reports a fact that differs, and one that is missing", async () => {
  const { expected } = subject;
  const size = { ...expected.size, ramMib: 1 };
  const different = find("expected.size", {
    expected: { ...expected, size },
  });
  assert((await failure(different)).includes("ramMib"));
  const { keyPair: _keyPair, ...others } = expected;
  const missing = find("expected.keyPair", { expected: others });
  assert((await failure(missing)).startsWith("expected.keyPair is missing"));
});

Deno.test("a check reports a list that is declared static and sends requests", async () => {
  const check = find("static lists", { staticLists: ["listSizes"] });
  assert((await failure(check)).includes("listSizes() sent a request"));
});

Deno.test("a check reports a method that a provider lacks, and that is not refused before any request", async () => {
  class Lacking extends NephoScaleNodeDriver {
    override startNode(): Promise<never> {
      return Promise.reject(
        new TypeError("startNode: NephoScale does not support power"),
      );
    }
  }
  const check = (lacks: readonly string[]) =>
    find("its provider lacks", { Driver: Lacking, lacks });
  await check(["startNode"]).run();
  const message = await failure(check(["startNode", "stopNode"]));
  assert(message.startsWith("expected a TypeError of stopNode()"), message);
});

Deno.test("computeConformance() has no check that would have nothing to do", () => {
  const { total: _total, ...expected } = subject.expected;
  const methods = { listNodes: {} };
  const names = computeConformance({ ...subject, expected, methods })
    .map(({ name }) => name);
  for (const part of ["static lists", "total", "calls a mistake", "lacks"]) {
    assert(!names.some((name) => name.includes(part)), part);
  }
});

Deno.test("a check reports a state that differs, and a field that no response has", async () => {
  const { expected } = subject;
  class Bilingual extends NephoScaleNodeDriver {
    protected override async readNode(
      ...args: Parameters<NephoScaleNodeDriver["readNode"]>
    ) {
      const node = await super.readNode(...args);
      const isRunning = JSON.stringify(node).includes('"(up)"');
      return isRunning ? { ...node, state: "running" as const } : node;
    }
  }
  const check = (states: Partial<StateFacts>) =>
    find("expected.states", {
      Driver: Bilingual,
      expected: { ...expected, states: { ...expected.states, ...states } },
    });
  const { words } = expected.states;
  // Several words may have the same state, in any order and with any characters.
  await check({ words: { "(up)": "running", ...words } }).run();
  const wrong = await failure(check({ words: { ...words, odd: "error" } }));
  assert(wrong.startsWith("the word odd: "), wrong);
  const missing = await failure(check({ field: "st.te" }));
  assert(missing.includes("no response has the field st.te with"), missing);
});

Deno.test("a check reports an error that differs, a missing retry, and no facts", async () => {
  const { expected } = subject;
  const [busy] = expected.errors.filter(({ isBusy }) => isBusy);
  const check = (errors: ComputeSubject["expected"]["errors"]) =>
    find("expected.errors", { expected: { ...expected, errors } });
  const conflict = {
    status: 409,
    body: "{}",
    errorClass: "ConflictError",
  };
  await check([conflict]).run();
  const silent = await failure(check([{ ...conflict, isBusy: true }]));
  assert(silent.includes("the write must be sent again"), silent);
  if (busy) {
    const sent = await failure(check([{ ...busy, isBusy: false }]));
    assert(sent.includes("the write was sent again"), sent);
  }
  assert((await failure(check([]))).startsWith("expected.errors is empty"));
});

Deno.test("a check holds requests and responses to a description, with counts", async () => {
  const methods = { listNodes: {} };
  const right = find("matches the description", {
    methods,
    description: { url: describe(200) },
  });
  const log = console.log;
  const lines: string[] = [];
  console.log = (line: string) => void lines.push(line);
  try {
    await right.run();
  } finally {
    console.log = log;
  }
  assert(/^1 requests and responses, of 1 operations/.test(lines[0] ?? ""));
  const wrong = find("matches the description", {
    methods,
    description: { url: describe(299) },
  });
  const message = await failure(wrong);
  assert(
    message.includes("GET /server/cloud/ has the status 200"),
    message,
  );
});

Deno.test("a check reports results, prepared responses and reads that differ from the table", async () => {
  const body = '{"success": true, "response": 200, "data": []}';
  const wrong: [part: string, spec: MethodSpec, message: string][] = [
    ["returns what", { returns: ["1"] }, "differs from returns"],
    ["returns what", { returns: { id: "1", name: "x" } }, "differs from ret"],
    ["returns what", { responds: [{ body, returns: ["1"] }] }, "differs from"],
    ["returns what", { responds: [{ body, throws: "X" }] }, "the error for"],
    [
      "returns what",
      { responds: [{ body: { "/other": body }, returns: [] }] },
      "the call failed",
    ],
    [
      "sends the writes",
      { sends: 'GET /server/cloud/ {"a":"1"}' },
      "the reads",
    ],
  ];
  for (const [part, spec, message] of wrong) {
    const check = find(part, { methods: { listNodes: spec } });
    const reason = await failure(check);
    assert(reason.startsWith("listNodes(): "), reason);
    assert(reason.includes(message), reason);
  }
  const right = {
    sends: "GET /server/cloud/",
    returns: { id: "88241", tags: {} },
    responds: [
      { body, returns: [] },
      { body: { "/server/cloud/": body }, returns: [] },
      { body: "{", throws: "MalformedResponseError" },
    ],
  };
  for (const part of ["returns what", "sends the writes"]) {
    await find(part, { methods: { listNodes: right } }).run();
  }
});

Deno.test("a check reports a mistake that a driver does not refuse", async () => {
  const check = (refuses: MethodSpec["refuses"] = []) =>
    find("calls a mistake", {
      methods: { getNode: { on: id("88241"), refuses } },
    });
  await check([{ timeoutMs: -1 }]).run();
  const reason = await failure(check([{ timeoutMs: 900 }]));
  assert(reason.includes("expected a TypeError or RangeError"), reason);
});

Deno.test("a check reports a write that is not repeated although it is idempotent", async () => {
  const { rebootNode } = subject.methods;
  const check = find("only if the provider applies it once", {
    methods: { rebootNode: { ...rebootNode, isIdempotent: true } },
  });
  assert((await failure(check)).includes("not sent again"));
});

Deno.test("a check reports requests to another address", async () => {
  const { expected } = subject;
  const check = (baseUrl: string) =>
    find("expected.baseUrl", { expected: { ...expected, baseUrl } });
  await check("https://api.nephoscale.com/").run();
  const reason = await failure(check("https://api.nephoscale.example/"));
  assert(reason.startsWith("expected https://api.nephoscale.example/"));
});
