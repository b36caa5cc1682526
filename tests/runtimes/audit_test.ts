/**
 * What this package asks Deno for, as Deno itself writes it down: nothing when
 * it is imported, one host when it lists.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { NephoScaleSimulator } from "../../simulators/nephoscale/mod.ts";
import { path, ROOT, runDeno } from "../../tools/deno.ts";
import { serve } from "../_support/serve.ts";

/** A use of a permission, as `DENO_AUDIT_PERMISSIONS` records it. */
interface Access {
  readonly permission: string;
  readonly value: string;
}

const { exports } = JSON.parse(
  await Deno.readTextFile(path("deno.json")),
) as { exports: Record<string, string> };

for (const file of Object.values(exports)) {
  Deno.test(`importing ${file} asks for no permission`, async () => {
    assertEquals(await audit(`import "${new URL(file, ROOT)}";`), []);
  });
}

Deno.test("listNodes() asks for one host and nothing else", async () => {
  const simulator = new NephoScaleSimulator({ nodes: 3 });
  await using server = serve(simulator.fetch);
  const accesses = await audit(
    `import { createDriver } from "${new URL("mod.ts", ROOT)}";
const cloud = await createDriver("nephoscale", ${
      JSON.stringify({ ...simulator.credentials, baseUrl: server.url })
    });
if ((await cloud.listNodes()).length !== 3) throw new Error("not all listed");`,
    `--allow-net=127.0.0.1:${server.port}`,
  );
  const hosts = accesses.map(({ permission, value }) =>
    `${permission} ${URL.canParse(value) ? new URL(value).host : value}`
  );
  assertEquals([...new Set(hosts)], [`net 127.0.0.1:${server.port}`]);
});

Deno.test("the audit sees what a module asks for", async () => {
  const accesses = await audit(
    'Deno.env.get("HOME"); Deno.readTextFileSync("deno.json");',
    "--allow-env=HOME",
    "--allow-read=deno.json",
  );
  assertEquals(accesses.map(({ permission }) => permission), ["env", "read"]);
});

/** Runs code with the permissions given, and reads what it asked for. */
async function audit(
  code: string,
  ...permissions: readonly string[]
): Promise<Access[]> {
  const folder = await Deno.makeTempDir({ prefix: "nephos-audit-" });
  try {
    const script = `${folder}/script.ts`;
    const log = `${folder}/log.jsonl`;
    await Deno.writeTextFile(script, code);
    const result = await runDeno(
      ["run", "--no-prompt", ...permissions, script],
      { capture: true, cwd: path("."), env: { DENO_AUDIT_PERMISSIONS: log } },
    );
    assert(result.code === 0, result.output);
    // No access, no file.
    const lines = await Deno.readTextFile(log).catch(() => "");
    return lines.split("\n").filter(Boolean).map((line) => JSON.parse(line));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
