import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { encodeHex } from "@std/encoding/hex";
import { path, STAND_INS } from "../../tools/deno.ts";
import { serve } from "../_support/serve.ts";
import { makeProject } from "./_project.ts";

Deno.test("tools/deno.ts links the bundled copies of @std and prints one line if JSR is not reachable", async () => {
  await using project = await makeProject();
  const { code, stderr } = await project.run([
    "tools/deno.ts",
    "check",
    "--quiet",
    "tests/core/half_test.ts",
  ]);
  assertEquals(code, 0, stderr);
  assertEquals(
    stderr,
    "127.0.0.1:9 is not reachable; using the bundled copies of @std (tests/_support/std)\n",
  );
  const { publish, links, ...rest } = await readJson(
    `${project.folder}/deno.offline.json`,
  );
  const { publish: ours, ...expected } = await readJson(
    `${project.folder}/deno.json`,
  );
  assertEquals(rest, expected);
  assertEquals(links, STAND_INS.map((folder) => `./${folder}`));
  assertEquals(publish, {
    include: [...(ours as { include: string[] }).include, ...STAND_INS],
  });
});

Deno.test("tools/deno.ts runs Deno with deno.json if JSR is reachable", async () => {
  await using project = await makeProject();
  await using jsr = serve(makeRegistry());
  const { code, stderr, stdout } = await project.run([
    "tools/deno.ts",
    "test",
    "--allow-read",
    "--reload",
    "tests/core/",
  ], { env: { JSR_URL: jsr.url, DENO_DIR: `${project.folder}/.out` } });
  assertEquals(code, 0, stderr);
  assertStringIncludes(stdout, "1 passed");
  assertStringIncludes(stderr, `${jsr.url}/@std/assert/meta.json`);
  assert(!stderr.includes("bundled copies"), stderr);
  assertEquals(await exists(`${project.folder}/deno.offline.json`), false);
  assertEquals(await exists(`${project.folder}/deno.lock`), false);
});

Deno.test("tools/deno.ts uses the bundled copies of @std if a proxy sends its own page", async () => {
  await using project = await makeProject();
  await using page = serve(() =>
    new Response("<html>Welcome to our hotel</html>", {
      headers: { "content-type": "text/html" },
    })
  );
  const { code, stderr } = await project.run(
    ["tools/deno.ts", "fmt", "--check", "--quiet", "mod.ts"],
    { env: { JSR_URL: page.url } },
  );
  assertEquals(code, 0, stderr);
  assertStringIncludes(stderr, "is not reachable");
});

Deno.test("tools/deno.ts uses the bundled copies of @std if JSR does not respond in time", async () => {
  await using project = await makeProject();
  const silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const start = performance.now();
  const { code, stderr } = await project.run(
    ["tools/deno.ts", "fmt", "--check", "--quiet", "mod.ts"],
    { env: { JSR_URL: `http://127.0.0.1:${silent.addr.port}` } },
  );
  silent.close();
  assertEquals(code, 0, stderr);
  assertStringIncludes(stderr, "is not reachable");
  assert(performance.now() - start < 15_000);
});

Deno.test("tools/deno.ts passes on the output and the exit code of a script", async () => {
  await using project = await makeProject();
  await project.write({
    "examples/seven.ts": 'console.log("seven", Deno.args);\nDeno.exit(7);\n',
  });
  const { code, stdout } = await project.run([
    "tools/deno.ts",
    "run",
    "examples/seven.ts",
    "--flag=of the script",
  ]);
  assertEquals(stdout, 'seven [ "--flag=of the script" ]\n');
  assertEquals(code, 7);
});

Deno.test("tools/deno.ts forwards signals and ends after its child", async () => {
  await using project = await makeProject();
  await project.write({
    "examples/patient.ts": `Deno.addSignalListener("SIGTERM", () => {
  console.log("cleared up");
  Deno.exit(3);
});
console.log("ready");
setInterval(() => {}, 1000);
`,
  });
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "tools/deno.ts", "run", "-A", "examples/patient.ts"],
    cwd: project.folder,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
    env: { NEPHOS_STD: "bundled" },
  }).spawn();
  let printed = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    if (printed === "") child.kill("SIGTERM");
    printed += chunk;
  }
  assertEquals(printed, "ready\ncleared up\n");
  assertEquals((await child.status).code, 3);
});

Deno.test("tools/deno.ts writes its configuration once if several processes start in a fresh clone", async () => {
  await using project = await makeProject();
  const all = await Promise.all(
    Array.from(
      { length: 4 },
      () =>
        project.run(["tools/deno.ts", "fmt", "--check", "--quiet", "mod.ts"]),
    ),
  );
  assertEquals(all.map(({ code }) => code), [0, 0, 0, 0], all[0]?.stderr);
  const files = await Array.fromAsync(Deno.readDir(project.folder));
  assertEquals(
    files.map(({ name }) => name).filter((name) => /offline/.test(name)),
    ["deno.offline.json"],
  );
});

/** Serves the bundled copies of `@std` in the way of JSR. */
function makeRegistry(): (request: Request) => Promise<Response> {
  return async ({ url }) => {
    const { pathname } = new URL(url);
    const [, scope, name = "", ...rest] = pathname.split("/");
    const folder = path(`tests/_support/std/${name}`);
    if (scope !== "@std" || !await exists(folder)) return notFound();
    const { version, exports } = await readJson(`${folder}/deno.json`);
    const file = rest.join("/");
    if (file === "meta.json") {
      return Response.json({
        scope: "std",
        name,
        latest: version,
        versions: { [String(version)]: {} },
      });
    }
    if (file === `${version}_meta.json`) {
      const manifest: Record<string, unknown> = {};
      for await (const entry of Deno.readDir(folder)) {
        const bytes = await Deno.readFile(`${folder}/${entry.name}`);
        const digest = await crypto.subtle.digest("SHA-256", bytes);
        manifest[`/${entry.name}`] = {
          size: bytes.byteLength,
          checksum: `sha256-${encodeHex(digest)}`,
        };
      }
      return Response.json({
        manifest,
        exports: typeof exports === "string" ? { ".": exports } : exports,
      });
    }
    const source = file.replace(`${version}/`, "");
    if (!await exists(`${folder}/${source}`)) return notFound();
    return new Response(await Deno.readFile(`${folder}/${source}`), {
      headers: { "content-type": "text/typescript" },
    });
  };
}

function notFound(): Response {
  return new Response("not found", { status: 404 });
}

async function readJson(file: string): Promise<Record<string, unknown>> {
  return JSON.parse(await Deno.readTextFile(file));
}

async function exists(file: string): Promise<boolean> {
  return await Deno.stat(file).then(() => true, () => false);
}
