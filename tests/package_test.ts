/**
 * The package: exports, published files, and the files that every driver needs.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import { VERSION } from "../core/version.ts";
import { DENO_VERSION, path, ROOT, runDeno, STAND_INS } from "../tools/deno.ts";

const settings = JSON.parse(read("deno.json")) as {
  name: string;
  version: string;
  exports: Record<string, string>;
  imports: Record<string, string>;
  publish: Record<string, string[]>;
};

/** Folders with runtime code, besides mod.ts. */
const RUNTIME = [
  "cli",
  "core",
  "drivers",
  "simulators",
  "deploy",
  "testing",
  "fleet_page",
];

const runtimeFiles = ["mod.ts", ...RUNTIME.flatMap(list)].filter((name) =>
  name.endsWith(".ts")
);

/** The only file that opens sockets; it is loaded when a deployment starts. */
const SOCKETS = "deploy/_ssh2.ts";

/** The only files that touch the process. */
const PROCESS = ["cli/main.ts", "cli/http_server.ts"];

/** It makes options for a driver and has its subpath at the top level. */
const CLOUDS_YAML = "drivers/openstack/clouds_yaml.ts";

/** What is exported from mod.ts alone. */
const TABLES = [
  "drivers/dns_registry.ts",
  "drivers/prices.ts",
  "drivers/registry.ts",
];

/** Public modules of drivers/: `acme.ts`, or `acme/compute.ts` and the like. */
const driverFiles = list("drivers").filter((name) =>
  /^drivers\/(?:[^_/][^/]*\/)?[^_/][^/]*\.ts$/.test(name) &&
  !TABLES.includes(name) && name !== CLOUDS_YAML
);

Deno.test("runtime code uses web APIs only", () => {
  assert(runtimeFiles.includes(SOCKETS));
  const found = runtimeFiles.flatMap((name) => {
    if (name === SOCKETS || PROCESS.includes(name)) return [];
    const code = withoutComments(read(name));
    return [
      /\b(?:Deno|Bun|process|Buffer|__dirname|__filename)\s*[.[]/,
      /\bglobalThis\s*(?:\.\s*|\[\s*["'])(?:Deno|Bun|process|Buffer)\b/,
      /\brequire\s*\(/,
      /["']node:/,
      // Node 22 cannot parse it.
      /^\s*(?:await\s+)?using\s+\w/m,
    ].flatMap((pattern) => {
      const match = code.match(pattern)?.[0];
      return match === undefined ? [] : [`${name}: ${match.trim()}`];
    });
  });
  assertEquals(found, []);
});

Deno.test("stand-ins for @std are imported by package name", () => {
  const files = [
    "core",
    "drivers",
    "simulators",
    "deploy",
    "tests",
    "bench",
    "examples",
    "tools",
  ]
    .flatMap(list)
    .filter((name) =>
      /\.[jt]s$/.test(name) && !isIn(name, "tests/_support/std")
    );
  assert(files.includes("tests/package_test.ts"));
  assertEquals(
    files.filter((name) =>
      /(?:\bfrom\s*|\bimport\s*\(?\s*)["'][^"']*\/std\/(?:assert|encoding|http|yaml)\//
        .test(withoutComments(read(name)))
    ),
    [],
  );
});

Deno.test("stand-ins have the names and versions of the imports in deno.json", () => {
  const standIns = STAND_INS.map((folder) => {
    const { name, version } = JSON.parse(read(`${folder}/deno.json`));
    return [name, `jsr:${name}@^${version}`];
  });
  assertEquals(Object.fromEntries(standIns), settings.imports);
});

Deno.test("npm: specifiers have an exact version", () => {
  const found = [...runtimeFiles, ...list("tests"), ...list("tools")]
    .filter((name) => name.endsWith(".ts"))
    .flatMap((name) =>
      [...read(name).matchAll(/["'](npm:[^"'\s]+)["']/g)].map(([, npm = ""]) =>
        `${name}: ${npm}`
      )
    );
  assertNotEquals(found, []);
  assertEquals(
    found.filter((line) =>
      !/npm:(?:@[^/@]+\/)?[^/@]+@\d+\.\d+\.\d+(?:\/|$)/.test(line)
    ),
    [],
  );
});

for (const file of driverFiles) {
  Deno.test(`${file} has all files and entries that a driver needs`, () => {
    const missing: string[] = [];
    const need = (description: string, isThere: boolean): void => {
      if (!isThere) missing.push(description);
    };
    const provider = /^drivers\/([^/.]+)/.exec(file)?.[1] ?? "";
    const name = file.slice("drivers/".length, -".ts".length);
    const subpath = subpathOf(file);
    need(
      `"${subpath}": "./${file}" in the exports of deno.json`,
      settings.exports[subpath] === `./${file}`,
    );
    // ec2_network extends ec2, and openstack/network extends openstack/compute,
    // so they need no registry entry and no simulator.
    const [service = ""] = name.split("/").at(-1)?.split("_") ?? [];
    const isDns = name.endsWith("/dns") || name === "aws/route53";
    const isExtension = name.includes("_") || name.endsWith("/network");
    if (!isExtension) {
      const registry = isDns
        ? "drivers/dns_registry.ts"
        : "drivers/registry.ts";
      need(
        `import("./${name}.ts") in ${registry}`,
        withoutComments(read(registry)).includes(`import("./${name}.ts")`),
      );
    }
    const simulator = provider === "aws"
      ? `simulators/aws/${service}.ts`
      : `simulators/${provider}/mod.ts`;
    need(simulator, exists(simulator));
    const id = provider === "aws" ? service : provider;
    need(
      `a fixture in fixtures/${id}/`,
      list(`fixtures/${id}`).length > 0,
    );
    need(
      `tests/drivers/${name}_test.ts`,
      exists(`tests/drivers/${name}_test.ts`),
    );
    for (
      const test of [
        `tests/simulators/${
          provider === "aws" ? `aws/${service}` : provider
        }_test.ts`,
        `tests/conformance/${id}${isDns ? "_dns" : ""}.ts`,
        `tests/conformance/${id}${isDns ? "_dns" : ""}_test.ts`,
      ]
    ) need(test, exists(test));
    need(
      `a line about ${id} in CHANGELOG.md`,
      new RegExp(`\\b${id}\\b`, "i").test(read("CHANGELOG.md")),
    );
    need(`docs/providers/${id}.md`, exists(`docs/providers/${id}.md`));
    assertEquals(missing, []);
  });
}

Deno.test("exports and public files correspond", () => {
  const files = ["drivers", "simulators", "deploy"].flatMap(list)
    .filter((name) => /^[a-z]+\/(?:[^_/][^/]*\/)?[^_/][^/]*\.ts$/.test(name))
    .filter((name) => !TABLES.includes(name));
  const expected = files.map((name) => [subpathOf(name), `./${name}`]);
  assertEquals(settings.exports, {
    ".": "./mod.ts",
    "./cli": "./cli/main.ts",
    "./core": "./core/mod.ts",
    "./compute": "./core/compute/mod.ts",
    "./fleet-page": "./fleet_page/mod.ts",
    "./dns": "./core/dns/mod.ts",
    "./dns/acme": "./core/dns/acme.ts",
    "./dns/copy": "./core/dns/copy.ts",
    "./dns/plan": "./core/dns/plan.ts",
    "./dns/propagation": "./core/dns/propagation.ts",
    "./dns/zone-file": "./core/dns/zone_file.ts",
    "./testing": "./testing/mod.ts",
    ...Object.fromEntries(expected),
  });
});

/**
 * Subpath of a public file. That of a compute driver or simulator is the name of
 * the provider; that of a deployment transport is at the top level.
 */
function subpathOf(file: string): string {
  const path = file.slice(0, -".ts".length);
  return file.startsWith("deploy/") || file === CLOUDS_YAML
    ? `./${path.replace(/^.*\//, "").replaceAll("_", "-")}`
    : `./${path.replace(/\/(?:compute|mod)$/, "")}`;
}

Deno.test("VERSION is the version in deno.json", () => {
  assertEquals(VERSION, settings.version);
});

Deno.test("the published files are the runtime code, its data and the documents", async () => {
  // With stand-ins, deno.json is used without `exclude`, so it must not have one.
  assertEquals(Object.keys(settings.publish), ["include"]);
  assertEquals(
    settings.publish["include"]?.filter((name) => isIn(name, "tests")),
    [],
  );
  const { code, output } = await runDeno(
    ["publish", "--dry-run", "--allow-dirty", "--no-check"],
    { capture: true, cwd: path("."), env: { NO_COLOR: "1" } },
  );
  assert(code === 0, output);
  const published = [...output.matchAll(/^ +(file:\S+) \(/gm)]
    .map(([, url = ""]) => decodeURIComponent(url.slice(ROOT.href.length)))
    // Files that a run with stand-ins adds.
    .filter((name) => name !== "deno.offline.json")
    .filter((name) => !STAND_INS.some((folder) => isIn(name, folder)));
  const expected = [
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "deno.json",
    "mod.ts",
    ...[...RUNTIME, "data", "docs"].flatMap(list),
  ];
  assertEquals(published.sort(), expected.sort());
});

Deno.test("code blocks have a known language", () => {
  const documents = ["README.md", "CONTRIBUTING.md", ...list("docs")]
    .filter((name) => name.endsWith(".md"));
  const tags = [...documents, ...runtimeFiles].flatMap((name) =>
    openings(read(name)).map((tag) => `${name}: ${tag}`)
  );
  assertNotEquals(tags, []);
  assertEquals(
    tags.filter((tag) =>
      !/: (?:ts|ts ignore|sh|json|text|toml|python|yaml)$/.test(tag)
    ),
    [],
  );
});

Deno.test("documents and scripts use the same version of Deno as tools/deno.ts", () => {
  const readme = read("README.md");
  for (const task of ["demo", "test"]) {
    assertStringIncludes(readme, `npx -y deno@${DENO_VERSION} task ${task}`);
  }
  const documents = [
    "README.md",
    "CONTRIBUTING.md",
    "docs/release.md",
    ".github/PULL_REQUEST_TEMPLATE.md",
  ];
  for (const name of [...documents, ".ci/run", "deno.json"]) {
    for (const [found] of read(name).matchAll(/deno@\d[\w.]*/g)) {
      assertEquals(found, `deno@${DENO_VERSION}`, name);
    }
  }
  assertMatch(read("tools/deno.ts"), /^export const DENO_VERSION = "\d/m);
});

function isIn(name: string, folder: string): boolean {
  return name.startsWith(`${folder}/`);
}

/** Reads a file of this repository; a missing file is an empty string. */
function read(name: string): string {
  return exists(name) ? Deno.readTextFileSync(new URL(name, ROOT)) : "";
}

function exists(name: string): boolean {
  try {
    return Deno.statSync(new URL(name, ROOT)) !== undefined;
  } catch {
    return false;
  }
}

/** Lists the files of a folder and its subfolders; a missing folder is empty. */
function list(folder: string): string[] {
  if (!exists(folder)) return [];
  return [...Deno.readDirSync(new URL(`${folder}/`, ROOT))]
    .flatMap(({ name, isDirectory }) =>
      isDirectory ? list(`${folder}/${name}`) : [`${folder}/${name}`]
    ).sort();
}

/**
 * Removes comments, which may mention Deno. In formatted code, a block comment
 * starts a line, unlike the header value `*\/*`.
 */
function withoutComments(source: string): string {
  return source.replace(/^\s*\/\*.*?\*\//gms, "").replace(
    /(^|\s)\/\/.*$/gm,
    "",
  );
}

/** Returns the languages of code blocks. */
function openings(text: string): string[] {
  return [...text.matchAll(/^[ \t*]*```(.*)$/gm)]
    .filter((_, i) => i % 2 === 0)
    .map(([, tag = ""]) => tag.trim());
}
