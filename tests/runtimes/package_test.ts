/**
 * The npm package as users install it: its files, its types, and the absence of
 * side effects on import.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertRejects,
} from "@std/assert";
import { path, std } from "../../tools/deno.ts";
import type { PackageJson } from "../../tools/npm.ts";
import { isPlaceholder, REPOSITORY } from "../../tools/repository.ts";
import { needs } from "../_support/needs.ts";
import { serve } from "../_support/serve.ts";
import {
  filesIn,
  makeProject,
  NEEDS,
  PACKAGES,
  type Project,
  run,
  startWorker,
  tool,
} from "./_runtimes.ts";

const settings = JSON.parse(
  Deno.readTextFileSync(path("deno.json")),
) as Pick<PackageJson, "name" | "version" | "license"> & {
  exports: Record<string, string>;
};

/** Packages that some entry points load on demand. */
const PEERS = ["ajv", "ajv-formats", "ssh2"];

/** Pages of the documentation. */
const DOCS = namesIn("docs").sort();

/** The entry point that is a program: to import it is to run it. */
const PROGRAM = "./cli";

/** All specifiers of the package but that of the program. */
const SPECIFIERS = Object.keys(settings.exports)
  .filter((subpath) => subpath !== PROGRAM)
  .map((subpath) => settings.name + subpath.slice(1));

Deno.test({
  ...needs("the npm package", NEEDS),
  fn: async (t) => {
    await using project = await makeProject();
    const folder = `${project.folder}/node_modules/${settings.name}`;
    const files = await filesIn(folder);
    const isPublishable = await std() === "jsr";
    const read = (name: string) => Deno.readTextFile(`${folder}/${name}`);

    await t.step("contains only the runtime and its documents", () => {
      const size = files.reduce(
        (sum, name) => sum + Deno.statSync(`${folder}/${name}`).size,
        0,
      );
      console.log(
        `${files.length} files, ${project.built.size} bytes packed, ${size} unpacked`,
      );
      assertEquals(
        files.filter((name) =>
          // Private files have types only, for the public types that use them.
          // Code that several files share, or that is loaded on demand, is in
          // chunks.
          !/^(?:(?:cli|core|drivers|fleet_page|simulators|deploy|testing)\/(?:[^/]+\/)*(?:(?!_)[^/]+\.js(?:\.map)?|[^/]+\.d\.ts)|mod\.(?:js(?:\.map)?|d\.ts)|[a-z\d_]+-[A-Z\d]+\.js(?:\.map)?)$/
            .test(name)
        ),
        [
          ...["CHANGELOG.md", "LICENSE", "NOTICES", "README.md"],
          // Messages of the conformance suite name these pages.
          ...DOCS.map((name) => `docs/${name}`),
          "package.json",
        ],
      );
    });

    await t.step("has types and JavaScript for every export", async () => {
      const { name, version, license, type, exports, ...rest }: PackageJson =
        JSON.parse(await read("package.json"));
      assertEquals({ name, version, license, type }, {
        name: settings.name,
        version: settings.version,
        license: settings.license,
        type: "module",
      });
      assertEquals(rest.bin, { nephos: "./cli/main.js" });
      assertEquals(rest.sideEffects, Object.values(rest.bin));
      assertEquals(rest.engines, { node: ">=22" });
      // Users who do not deploy over SSH, and do not test with an OpenAPI
      // description, need no other package.
      const peers = Object.entries(rest.peerDependencies ?? {});
      assertEquals(peers.map(([name]) => name).sort(), PEERS);
      for (const [, range] of peers) assertMatch(range, /^\^\d+\.\d+\.\d+$/);
      for (const name of PEERS) {
        assertEquals(rest.peerDependenciesMeta?.[name], { optional: true });
      }
      assert(rest.keywords.length > 5);
      assertEquals(rest.homepage, `https://jsr.io/${settings.name}`);
      assertEquals(rest.repository.url, `git+${REPOSITORY}.git`);
      assertEquals(rest.bugs.url, `${REPOSITORY}/issues`);
      const { "./package.json": itself, ...entries } = exports;
      assertEquals(itself, "./package.json");
      assertEquals(Object.keys(entries), Object.keys(settings.exports));
      for (const [subpath, entry] of Object.entries(entries)) {
        assertEquals(Object.keys(entry), ["types", "default"], subpath);
        for (const file of Object.values(entry)) {
          assert(files.includes(file.slice("./".length)), file);
        }
      }
    });

    await t.step("imports no other package, except on demand", async () => {
      const found: string[] = [];
      for (const name of files.filter((it) => it.endsWith(".js"))) {
        const text = await read(name);
        const specifiers = [
          /^(?:import|export|\}).*?["'](.+?)["'];$/gm,
          /\bimport\(\s*["']([^"']+)["']/g,
        ].flatMap((pattern) => [...text.matchAll(pattern)]);
        for (const [, specifier = ""] of specifiers) {
          if (/^\.\.?\//.test(specifier)) continue;
          // A chunk that is loaded on demand has a hash in its name.
          found.push(`${name.replace(/-[A-Z\d]{8}/, "")}: ${specifier}`);
        }
      }
      assertEquals(
        [...new Set(found)].sort(),
        [
          // The parser of the command line is in a chunk.
          ...["child_process", "events", "fs", "path", "process", "util"].map(
            (it) => `chunk.js: node:${it}`,
          ),
          ...["child_process", "fs/promises", "process", "readline"].map(
            (it) => `cli/main.js: node:${it}`,
          ),
          ...["buffer", "crypto", "net"].map((it) =>
            `deploy/ssh.js: node:${it}`
          ),
          ...["buffer", "events", "http", "stream", "stream/promises"].map(
            (it) => `http_server.js: node:${it}`,
          ),
          "deploy/ssh.js: ssh2",
          "openapi.js: ajv-formats",
          "openapi.js: ajv/dist/2019.js",
          // The bundled copy of @std/assert uses them, the original does not.
          ...isPublishable ? [] : [
            "testing/mod.js: node:assert/strict",
            "testing/mod.js: node:util",
          ],
        ].sort(),
      );
    });

    await t.step("has a source map for every file of JavaScript", async () => {
      for (const name of files.filter((it) => it.endsWith(".js"))) {
        const map = JSON.parse(await read(`${name}.map`)) as {
          sources: string[];
          sourcesContent?: string[];
        };
        for (const source of map.sources) {
          assertMatch(source, /^nephos:\/\/\/[a-z]/, name);
        }
        assertEquals(map.sourcesContent?.length ?? 0, map.sources.length);
      }
    });

    await t.step(
      "has the licence of every package that is bundled",
      async () => {
        const notices = await read("NOTICES");
        const maps = await Promise.all(
          files.filter((it) => it.endsWith(".map")).map(read),
        );
        const bundled = new Set(
          maps.flatMap((text) =>
            (JSON.parse(text) as { sources: string[] }).sources
          )
            .flatMap((source) =>
              /^nephos:\/\/\/npm\/((?:@[^/]+\/)?[^/]+)\/([^/]+)\//.exec(source)
                ?.slice(1).join(" ") ?? []
            ),
        );
        const sections = [
          ...notices.matchAll(/^== (.+) \((.+)\)\n\n([^=]*)/gm),
        ];
        assertEquals(
          sections.map(([, name = ""]) => name.replace(/,.*/, "")),
          [...[...bundled].sort(), "@std"],
        );
        for (const [, name, licence = "", text = ""] of sections) {
          assertMatch(
            licence,
            /^(?:0BSD|Apache-2\.0|BSD-[23]-Clause|ISC|MIT)$/,
          );
          assertMatch(text, /copyright/i, name);
        }
      },
    );

    await t.step("contains no path of the machine that built it", async () => {
      for (const name of files) {
        assert(!(await read(name)).includes(path(".")), name);
      }
    });

    await t.step(
      "is private if it was built with bundled copies of @std, or without an address",
      async () => {
        const { private: found = false }: PackageJson = JSON.parse(
          await read("package.json"),
        );
        assertEquals(found, !isPublishable || isPlaceholder());
        if (!found) return;
        // An empty registry that accepts every upload.
        const seen: string[] = [];
        await using registry = serve(({ method }) => {
          seen.push(method);
          return Response.json({}, { status: method === "GET" ? 404 : 201 });
        });
        const { stderr } = await run("npm", [
          "publish",
          project.built.tarball,
          `--registry=${registry.url}/`,
          `--${registry.url.slice("http:".length)}/:_authToken=none`,
        ], { cwd: project.folder });
        assertMatch(stderr, /EPRIVATE/);
        assertEquals(seen.filter((method) => method !== "GET"), []);
      },
    );

    await t.step(
      "has types for every kind of module resolution",
      () => checkTypes(project),
    );

    await t.step("has a command line that npx runs on Node.js 22", async () => {
      const node = await tool(".bin/node");
      const PATH = `${node.replace(/\/node$/, "")}:${Deno.env.get("PATH")}`;
      const npx = (...args: readonly string[]) =>
        run("npx", ["--no-install", ...args], {
          cwd: project.folder,
          env: { PATH },
        });
      // The shell finds the Node.js that programs of npx get.
      const version = await npx("-c", "node --version");
      assertEquals(version.stdout.trim(), `v${PACKAGES.node}`);
      const command = "nephos nodes list --provider nephoscale --simulate";
      const { code, stdout, stderr } = await npx(...command.split(" "));
      assertEquals([code, stderr], [0, ""]);
      assertMatch(stdout, /^ID +NAME .*\n88241 +node-1 .*\n.*\n.*node-3 .*\n$/);
      const nephos = `${project.folder}/node_modules/.bin/nephos`;
      const wrong = await run(node, [nephos, "nods"], { cwd: project.folder });
      assertEquals([wrong.code, wrong.stderr], [
        2,
        "error: unknown command 'nods'; did you mean nodes?\n" +
        'hint: run "nephos --help"\n',
      ]);
      // It serves with the HTTP server of Node.js.
      await using server = await served(node, nephos);
      const again = await run(node, [nephos, "nodes", "list", "-o", "name"], {
        cwd: project.folder,
        env: server.variables,
      });
      assertEquals(again.stdout, "node-1\nnode-2\n");
    });

    await t.step("has no side effects when it is imported", async () => {
      const names = await importInWorker(
        project,
        SPECIFIERS.map((specifier, index) =>
          `import * as m${index} from "${specifier}";\n`
        ).join(""),
        SPECIFIERS.map((_, index) => `m${index}`),
      );
      assertEquals(names.length, SPECIFIERS.length);
      for (const exported of names) assertNotEquals(exported, []);
    });

    // Proves that the step above can fail.
    for (
      const code of [
        "new AbortController();",
        'AbortSignal.timeout(1).addEventListener("abort", () => {});',
        "setTimeout(() => {}, 1);",
        "crypto.getRandomValues(new Uint8Array(1));",
        "crypto.randomUUID();",
        "Math.random();",
        'fetch("http://127.0.0.1/").catch(() => {});',
      ]
    ) {
      await t.step(`importInWorker() rejects at ${code}`, async () => {
        await assertRejects(
          () => importInWorker(project, 'import "./scratch.js";', [], code),
          Error,
          "global scope",
        );
      });
    }
  },
});

/** Runs `nephos simulate`; returns the variables that it prints. */
async function served(node: string, command: string) {
  const args = [command, "simulate", "linode", "--nodes", "2", "-o", "json"];
  const child = new Deno.Command(node, { args, stdout: "piped" }).spawn();
  let text = "";
  const output = child.stdout.pipeThrough(new TextDecoderStream());
  for await (const piece of output.values({ preventCancel: true })) {
    text += piece;
    if (text.endsWith("}\n")) break;
  }
  const { variables } = JSON.parse(text) as {
    variables: Record<string, string>;
  };
  return {
    variables,
    async [Symbol.asyncDispose]() {
      child.kill("SIGINT");
      await output.cancel();
      assertEquals((await child.status).code, 0);
    },
  };
}

/** Calls that workerd allows at global scope, but that are side effects. */
const TRIPWIRES = `
const tripped = [];
for (
  const [owner, name] of [
    [globalThis, "AbortController"],
    [globalThis, "fetch"],
    [globalThis, "queueMicrotask"],
    [globalThis, "WebSocket"],
    [Math, "random"],
    [Date, "now"],
    [performance, "now"],
  ]
) {
  const trip = () => {
    tripped.push(name);
    throw new Error(name + " called within global scope");
  };
  owner[name] = new Proxy(owner[name], { apply: trip, construct: trip });
}
export default tripped;
`;

/** Imports modules at workerd's global scope, and returns their exports. */
async function importInWorker(
  { folder }: Project,
  imports: string,
  names: readonly string[],
  scratch = "",
): Promise<string[][]> {
  await using worker = await startWorker(folder, {
    // The imports evaluate the modules in this order: tripwires.js first.
    "worker.js": `import tripped from "./tripwires.js";
${imports}
const modules = [${names}];
export default {
  fetch() {
    return Response.json({ tripped, names: modules.map(Object.keys) });
  },
};
`,
    "tripwires.js": TRIPWIRES,
    "scratch.js": scratch,
  });
  const response = await fetch(worker.url);
  const { tripped, names: found } = await response.json();
  assertEquals(tripped, []);
  return found;
}

/** Code of a consumer. Each line after @ts-expect-error must be an error. */
const CONSUMER = `
import {
  createDriver,
  getDriver,
  type Node,
  type NodeDriver,
  Provider,
  supports,
} from "@nephos/nephos";
import { JsonResponse } from "@nephos/nephos/core";
import {
  type NephoScaleNode,
  NephoScaleNodeDriver,
} from "@nephos/nephos/drivers/nephoscale";
import { faults, withFaults } from "@nephos/nephos/testing";
import { NephoScaleSimulator } from "@nephos/nephos/simulators/nephoscale";

const { credentials, fetch } = new NephoScaleSimulator({ nodes: 1 });
const settings = {
  ...credentials,
  fetch: withFaults(fetch, [faults.status(503)]),
};
const cloud = new NephoScaleNodeDriver(settings);
const named: NephoScaleNodeDriver = await createDriver("nephoscale", settings);
const Class: typeof NephoScaleNodeDriver = await getDriver(Provider.NEPHOSCALE);
const any: NodeDriver = new Class(settings);
const nodes: NephoScaleNode[] = await cloud.listNodes({ timeoutMs: undefined });
const zone: string | undefined = nodes[0]?.extra.zone;
for await (const node of named.listNodes()) {
  const plain: Node = node;
  console.log(plain.name, zone, JsonResponse.name);
}
if (supports(any, "power")) await any.startNode("1");
// @ts-expect-error NephoScale has no volumes.
await cloud.listVolumes();
// @ts-expect-error Not every driver can start nodes.
await (cloud as NodeDriver).startNode("1");
// @ts-expect-error The state is not a valid one.
const state: "runing" = nodes[0]!.state;
console.log(state);
`;

/** Compiles a consumer of every export, for Node.js and for bundlers. */
async function checkTypes({ folder, write }: Project): Promise<void> {
  const typeRoot = await tool("@types");
  const compiler = await tool("typescript/bin/tsc");
  const node = await tool(".bin/node");
  const imports = SPECIFIERS.map((specifier, index) =>
    `import * as m${index} from "${specifier}";\nconsole.log(m${index});\n`
  ).join("");
  await write({ "consumer.ts": CONSUMER, "all.ts": imports });
  // Without the browser types, the types of Node.js declare fetch.
  for (
    const [moduleResolution, module, lib, globals] of [
      ["nodenext", "nodenext", ["es2024"], ["node"]],
      ["bundler", "preserve", ["es2024", "dom"], []],
    ]
  ) {
    const config = `tsconfig.${moduleResolution}.json`;
    await write({
      [config]: JSON.stringify({
        compilerOptions: {
          module,
          moduleResolution,
          target: "es2024",
          lib,
          typeRoots: [typeRoot],
          types: globals,
          strict: true,
          exactOptionalPropertyTypes: true,
          noUncheckedIndexedAccess: true,
          skipLibCheck: false,
          noEmit: true,
        },
        files: ["consumer.ts", "all.ts"],
      }),
    });
    const { code, stdout } = await run(node, [compiler, "-p", config], {
      cwd: folder,
    });
    assert(code === 0, `${config}: ${stdout}`);
  }
}

/** Lists the files of a folder and its subfolders, relative to it. */
function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(path(folder))].flatMap(({ name, isDirectory }) =>
    isDirectory
      ? namesIn(`${folder}/${name}`).map((it) => `${name}/${it}`)
      : [name]
  );
}
