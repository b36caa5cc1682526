/**
 * A small project with the tools of this repository, for tests that break it.
 *
 * @module
 */

import { path } from "../../tools/deno.ts";

/** A project; `await using` removes its folder. */
export interface Project extends AsyncDisposable {
  /** Path of the folder, without a trailing slash. */
  readonly folder: string;
  /** Writes files, by path relative to the folder. */
  write(files: Readonly<Record<string, string>>): Promise<void>;
  /** Runs a script of the project with all permissions. */
  run(args: readonly string[], options?: ProjectRun): Promise<Ended>;
}

/** Options of {@linkcode Project.run}. */
export interface ProjectRun {
  /** Variables to add to the environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Result of a script. */
export interface Ended {
  /** Exit code. */
  readonly code: number;
  /** Standard output. */
  readonly stdout: string;
  /** Standard error. */
  readonly stderr: string;
}

/** Sources that pass every step of `deno task ok`. */
const SOURCES: Readonly<Record<string, string>> = {
  "LICENSE": "Free as in air.\n",
  "README.md":
    '# Sums\n\n```ts\nimport { half } from "@nephos/nephos";\n\nhalf(4);\n```\n',
  "mod.ts": `/**
 * Sums.
 *
 * @module
 */

import { encodeBase64 } from "@std/encoding/base64";

/**
 * Halves a number.
 *
 * @param n The number.
 * @returns Its half.
 *
 * @example
 * \`\`\`ts
 * import { half } from "@nephos/nephos";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(half(4), 2);
 * \`\`\`
 */
export function half(n: number): number {
  return n / encodeBase64("x").length * 2;
}
`,
  "tests/core/half_test.ts": `import { assertEquals } from "@std/assert";
import { half } from "../../mod.ts";

Deno.test("half() halves", () => {
  assertEquals(half(8), 4);
});
`,
};

/** Tools that need other folders of this repository, such as `core/`. */
const OTHER_TOOLS =
  /^(?:new|pages|prices|record|site|test_openstack|wire)(?:\.ts)?$/;

/**
 * Creates a project that passes `deno task ok`.
 *
 * @returns The project; `await using` removes it.
 */
export async function makeProject(): Promise<Project> {
  const folder = await Deno.realPath(
    await Deno.makeTempDir({ prefix: "nephos-project-" }),
  );
  const project: Project = {
    folder,
    async write(files) {
      for (const [name, text] of Object.entries(files)) {
        const file = `${folder}/${name}`;
        await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), {
          recursive: true,
        });
        await Deno.writeTextFile(file, text);
      }
    },
    async run(args, { env = {} } = {}) {
      const { code, stdout, stderr } = await new Deno.Command(
        Deno.execPath(),
        {
          args: ["run", "-A", ...args],
          cwd: folder,
          stdin: "null",
          env: {
            NO_COLOR: "1",
            // No server listens on this port.
            JSR_URL: "http://127.0.0.1:9",
            // The test run may have set these variables.
            NEPHOS_STD: "",
            NEPHOS_RESULTS: "",
            NEPHOS_REQUIRE_ALL: "",
            ...env,
          },
        },
      ).output();
      const decoder = new TextDecoder();
      return {
        code,
        stdout: decoder.decode(stdout),
        stderr: decoder.decode(stderr),
      };
    },
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
  await copy("tools", `${folder}/tools`, OTHER_TOOLS);
  await copy("tests/_support/std", `${folder}/tests/_support/std`);
  await Deno.copyFile(path(".gitignore"), `${folder}/.gitignore`);
  const settings = JSON.parse(await Deno.readTextFile(path("deno.json")));
  await project.write({
    ...SOURCES,
    "deno.json": JSON.stringify(
      { ...settings, exports: { ".": "./mod.ts" } },
      null,
      2,
    ) + "\n",
  });
  // `deno fmt` reads .gitignore only in a Git repository.
  await new Deno.Command("git", { args: ["init", "--quiet", folder] }).output();
  // JSON.stringify() formats arrays differently.
  await new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", "deno.json"],
    cwd: folder,
  }).output();
  return project;
}

async function copy(from: string, to: string, except?: RegExp): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(path(from))) {
    if (except?.test(name)) continue;
    if (isDirectory) await copy(`${from}/${name}`, `${to}/${name}`);
    else await Deno.copyFile(path(`${from}/${name}`), `${to}/${name}`);
  }
}
