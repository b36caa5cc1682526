/**
 * Permissions that this package uses, as Deno records them. An import uses no
 * permission, and a list uses network access to one host.
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

for (const [subpath, file] of Object.entries(exports)) {
  // The command line is a program: to import it is to run it.
  if (subpath === "./cli") continue;
  Deno.test(`importing ${file} uses no permission`, async () => {
    assertEquals(await audit(`import "${new URL(file, ROOT)}";`), []);
  });
}

Deno.test("listNodes() uses network access to one host and no other permission", async () => {
  const simulator = new NephoScaleSimulator({ nodes: 3 });
  await using server = serve(simulator.fetch);
  const accesses = await audit(
    `import { createDriver } from "${new URL("mod.ts", ROOT)}";
const cloud = await createDriver("nephoscale", ${
      JSON.stringify({ ...simulator.credentials, baseUrl: server.url })
    });
if ((await cloud.listNodes()).length !== 3) throw new Error("listNodes() must return 3 nodes");`,
    `--allow-net=127.0.0.1:${server.port}`,
  );
  const hosts = accesses.map(({ permission, value }) =>
    `${permission} ${URL.canParse(value) ? new URL(value).host : value}`
  );
  assertEquals([...new Set(hosts)], [`net 127.0.0.1:${server.port}`]);
});

Deno.test("audit() returns the permissions that a module uses", async () => {
  const accesses = await audit(
    'Deno.env.get("HOME"); Deno.readTextFileSync("deno.json");',
    "--allow-env=HOME",
    "--allow-read=deno.json",
  );
  assertEquals(accesses.map(({ permission }) => permission), ["env", "read"]);
});

/** Runs code with the given permissions, and returns those that it used. */
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
    // Deno creates no log if the code used no permission.
    const lines = await Deno.readTextFile(log).catch(() => "");
    return lines.split("\n").filter(Boolean).map((line) => JSON.parse(line));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
