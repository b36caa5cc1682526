/**
 * The package as a whole: which way the arrows point, what is published, and
 * that nothing was forgotten with a new driver.
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

/** Folders whose code runs at the user's, besides mod.ts. */
const RUNTIME = ["core", "drivers", "simulators", "deploy"];

const runtimeFiles = ["mod.ts", ...RUNTIME.flatMap(list)].filter((name) =>
  name.endsWith(".ts")
);

/** What no web API has: it is loaded when a deployment over SSH begins. */
const SOCKETS = "deploy/_ssh2.ts";

/** Public files of drivers/: one a provider, and one for each further service. */
const driverFiles = list("drivers").filter((name) =>
  /^drivers\/[^_/][^/]*\.ts$/.test(name) && name !== "drivers/registry.ts"
);

/** One import of one file. */
interface Arrow {
  readonly from: string;
  /** As it is written. */
  readonly specifier: string;
  /** From the top folder where it is a file of ours, else as it is written. */
  readonly to: string;
  /** Whether it is a static import of more than types. */
  readonly loads: boolean;
}

Deno.test("arrows between the layers point one way", async () => {
  const arrows = await findArrows();
  // An empty list of arrows would make the rest of this a pass.
  assert(arrows.some(({ from, to }) => from === "mod.ts" && isIn(to, "core")));
  assert(driverFiles.length > 0);
  for (const driver of driverFiles) {
    assert(
      arrows.some(({ from, to }) => from === driver && to === "core/mod.ts"),
      `${driver} imports core/mod.ts`,
    );
  }
  assertEquals(
    arrows.filter((arrow) => !mayPoint(arrow)).map(({ from, specifier }) =>
      `${from} imports ${specifier}`
    ),
    [],
  );
});

function mayPoint({ from, specifier, to, loads }: Arrow): boolean {
  // The root of a package of @std loads all of it.
  if (/^@std\/[^/]+$/.test(specifier) && specifier !== "@std/yaml") {
    return false;
  }
  const layer = from.includes("/") ? from.slice(0, from.indexOf("/")) : from;
  switch (layer) {
    case "mod.ts":
      return isIn(to, "core") || to === "drivers/registry.ts";
    case "core":
      return isIn(to, "core") || specifier.startsWith("@std/encoding/");
    case "drivers": {
      if (isIn(to, "core")) return true;
      if (from === "drivers/registry.ts") return isIn(to, "drivers") && !loads;
      if (isIn(to, "data")) {
        return new RegExp(`^data/${providerOf(from)}(?:_[a-z]+)?\\.json$`)
          .test(to);
      }
      return /^drivers\/_[^/]+\.ts$/.test(to) ||
        // A further service is built on the driver of its provider.
        to === `drivers/${providerOf(from)}.ts` ||
        specifier.startsWith("@std/encoding/") ||
        specifier.startsWith("npm:");
    }
    default:
      // simulators and deploy, which know no driver, and not each other.
      return isIn(to, "core") || isIn(to, "data") || isIn(to, layer) ||
        (/^@std\//.test(specifier) && !specifier.startsWith("@std/assert")) ||
        specifier.startsWith("npm:") ||
        from === SOCKETS && specifier.startsWith("node:") && !loads;
  }
}

Deno.test("runtime code uses web APIs only", () => {
  assert(runtimeFiles.includes(SOCKETS));
  const found = runtimeFiles.flatMap((name) => {
    if (name === SOCKETS) return [];
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

Deno.test("a stand-in for @std is imported by its name alone", () => {
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

Deno.test("a stand-in has a name and a version that deno.json asks for", () => {
  const standIns = STAND_INS.map((folder) => {
    const { name, version } = JSON.parse(read(`${folder}/deno.json`));
    return [name, `jsr:${name}@^${version}`];
  });
  assertEquals(Object.fromEntries(standIns), settings.imports);
});

Deno.test("an npm: specifier carries an exact version", () => {
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
  Deno.test(`${file} has all that a driver needs`, () => {
    const name = file.slice("drivers/".length, -".ts".length);
    const provider = providerOf(file);
    const isService = name !== provider;
    const missing: string[] = [];
    const need = (what: string, there: boolean): void => {
      if (!there) missing.push(what);
    };
    need(
      `"./drivers/${name}" in the exports of deno.json`,
      settings.exports[`./drivers/${name}`] === `./${file}`,
    );
    if (!isService) {
      const registry = withoutComments(read("drivers/registry.ts"));
      need(
        `import("./${name}.ts") in drivers/registry.ts`,
        registry.includes(`import("./${name}.ts")`),
      );
    }
    need(
      `simulators/${provider}.ts`,
      list("simulators").includes(`simulators/${provider}.ts`),
    );
    need(
      `a fixture in fixtures/${provider}/`,
      list(`fixtures/${provider}`).length > 0,
    );
    need(
      `tests/drivers/${name}_test.ts`,
      list("tests/drivers").includes(`tests/drivers/${name}_test.ts`),
    );
    need(
      `a line about ${provider} in CHANGELOG.md`,
      new RegExp(`\\b${provider}\\b`, "i").test(read("CHANGELOG.md")),
    );
    assertEquals(missing, []);
  });
}

Deno.test("every public file has its export, and every export its file", () => {
  const files = ["drivers", "simulators", "deploy"].flatMap(list)
    .filter((name) => /^[a-z]+\/[^_/][^/]*\.ts$/.test(name))
    .filter((name) => name !== "drivers/registry.ts");
  const expected = files.map((name) => {
    const subpath = name.slice(0, -".ts".length);
    // Ways to deploy are at the top, in the form of words.
    return [
      /^deploy/.test(name)
        ? `./${subpath.slice("deploy/".length).replaceAll("_", "-")}`
        : `./${subpath}`,
      `./${name}`,
    ];
  });
  assertEquals(settings.exports, {
    ".": "./mod.ts",
    "./core": "./core/mod.ts",
    ...Object.fromEntries(expected),
  });
});

Deno.test("VERSION is the version of the package", () => {
  assertEquals(VERSION, settings.version);
});

Deno.test("the published files are the runtime, its data and its papers", async () => {
  // A run with stand-ins has no exclude, so a list that has none is the true one.
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
    // What a run with stand-ins adds to the include of deno.json, and no more.
    .filter((name) => name !== "deno.offline.json")
    .filter((name) => !STAND_INS.some((folder) => isIn(name, folder)));
  const expected = [
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "deno.json",
    "mod.ts",
    ...[...RUNTIME, "data"].flatMap(list),
  ];
  assertEquals(published.sort(), expected.sort());
});

Deno.test("the code blocks of the papers are tested, or not TypeScript", () => {
  const papers = ["README.md", "CONTRIBUTING.md", ...list("docs")]
    .filter((name) => name.endsWith(".md"));
  const tags = [...papers, ...runtimeFiles].flatMap((name) =>
    openings(read(name)).map((tag) => `${name}: ${tag}`)
  );
  assertNotEquals(tags, []);
  assertEquals(
    tags.filter((tag) => !/: (?:ts|sh|json|text|toml)$/.test(tag)),
    [],
  );
});

Deno.test("the version of Deno is written down once, and the README has it", () => {
  const readme = read("README.md");
  for (const task of ["demo", "test"]) {
    assertStringIncludes(readme, `npx -y deno@${DENO_VERSION} task ${task}`);
  }
  for (const name of ["README.md", "CONTRIBUTING.md", ".ci/run", "deno.json"]) {
    for (const [found] of read(name).matchAll(/deno@\d[\w.]*/g)) {
      assertEquals(found, `deno@${DENO_VERSION}`, name);
    }
  }
  assertMatch(read("tools/deno.ts"), /^export const DENO_VERSION = "\d/m);
});

Deno.test("the papers link to files that are there", () => {
  const papers = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"];
  const broken = papers.flatMap((name) =>
    [...read(name).matchAll(/\]\((?![a-z]+:|#)([^)#\s]+)/g)]
      .map(([, link = ""]) => link)
      .filter((link) => !exists(link))
      .map((link) => `${name}: ${link}`)
  );
  assertEquals(broken, []);
});

/** Has Deno say what imports what, of every file whose code runs at the user's. */
async function findArrows(): Promise<Arrow[]> {
  const folder = await Deno.makeTempDir({ prefix: "nephos-arrows-" });
  try {
    const all = `${folder}/all.ts`;
    await Deno.writeTextFile(
      all,
      runtimeFiles.map((name) => `import "${new URL(name, ROOT)}";\n`).join(""),
    );
    const { code, output, stdout } = await runDeno(["info", "--json", all], {
      capture: true,
    });
    assert(code === 0, output);
    const { modules } = JSON.parse(stdout) as { modules: ModuleJson[] };
    return modules.flatMap(({ specifier, dependencies = [] }) => {
      const from = local(specifier);
      if (!runtimeFiles.includes(from)) return [];
      return dependencies.map((dependency) => {
        const { code, type, isDynamic = false } = dependency;
        const to = (code ?? type)?.specifier;
        return {
          from,
          specifier: dependency.specifier,
          to: to === undefined ? dependency.specifier : local(to),
          loads: code !== undefined && !isDynamic,
        };
      });
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

interface ModuleJson {
  specifier: string;
  dependencies?: {
    specifier: string;
    code?: { specifier?: string };
    type?: { specifier?: string };
    isDynamic?: boolean;
  }[];
}

function local(url: string): string {
  return url.startsWith(ROOT.href) ? url.slice(ROOT.href.length) : url;
}

function providerOf(file: string): string {
  return /^drivers\/_?([a-z0-9]+)/.exec(file)?.[1] ?? "";
}

function isIn(name: string, folder: string): boolean {
  return name.startsWith(`${folder}/`);
}

/** Reads a file of this repository; one that is not there has no text. */
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

/** Lists the files of a folder, at any depth; one that is not there has none. */
function list(folder: string): string[] {
  if (!exists(folder)) return [];
  return [...Deno.readDirSync(new URL(`${folder}/`, ROOT))]
    .flatMap(({ name, isDirectory }) =>
      isDirectory ? list(`${folder}/${name}`) : [`${folder}/${name}`]
    ).sort();
}

/**
 * Takes the comments out, where Deno may well be named. A block comment starts
 * its line in formatted code, so that the header value `*\/*` is none.
 */
function withoutComments(source: string): string {
  return source.replace(/^\s*\/\*.*?\*\//gms, "").replace(
    /(^|\s)\/\/.*$/gm,
    "",
  );
}

/** Finds what stands after the backticks that open a code block. */
function openings(text: string): string[] {
  return [...text.matchAll(/^[ \t*]*```(.*)$/gm)]
    .filter((_, i) => i % 2 === 0)
    .map(([, tag = ""]) => tag.trim());
}
