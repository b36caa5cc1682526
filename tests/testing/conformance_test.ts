import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Check } from "../../testing/mod.ts";
import { computeConformance, type ComputeSubject } from "../../testing/mod.ts";
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
    message.startsWith("renameNode(): the option hostname is ignored"),
    message,
  );
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
  await find("static lists").run();
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
