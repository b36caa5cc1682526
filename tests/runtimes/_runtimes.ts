/**
 * Runtimes in the tested versions, and functions that run programs on them.
 *
 * A program is a module in this folder. Its default export takes JSON and
 * resolves to JSON. It imports this package by name and uses web APIs only, so
 * that the same program runs on every runtime.
 *
 * @module
 */

import { pathToFileURL } from "node:url";
import type { NpmPackage } from "../../tools/npm.ts";
import { path, runDeno } from "../../tools/deno.ts";
import type { Needs } from "../_support/needs.ts";
import { builtPackage } from "./_package.ts";

/** Packages of npm that these tests install, in exact versions. */
export const PACKAGES = {
  "@types/node": "22.20.4",
  "bun": "1.4.5",
  "node": "22.23.3",
  "typescript": "5.9.3",
  "workerd": "1.20261117.1",
} as const;

/** Requirements of these tests. An empty cache of npm needs the registry, too. */
export const NEEDS: Needs = { commands: ["npm", "tar"] };

/** Name of a runtime, as the tables show it. */
export type Runtime = "Deno (source)" | "Deno" | "Node 22" | "Bun" | "workerd";

/** All runtimes. The first one runs the sources, the others the npm package. */
export const RUNTIMES: readonly Runtime[] = [
  "Deno (source)",
  "Deno",
  "Node 22",
  "Bun",
  "workerd",
];

/** Time limit of a program. */
const LIMIT_MS = 60_000;

/** Newest compatibility date that this version of workerd supports. */
const COMPATIBILITY_DATE = "2026-11-01";

/** Result of a program. */
export interface Ended<T> {
  /** Value that the program resolved to. */
  readonly result: T;
  /** Milliseconds from the start to the end of the process. */
  readonly ms: number;
}

/** A project with the npm package installed from its tarball. */
export interface Project extends AsyncDisposable {
  /** Path of the folder, without a trailing slash. */
  readonly folder: string;
  /** The installed package. */
  readonly built: NpmPackage;
  /** Installs packages of npm, given as `name@version`. */
  add(...packages: readonly string[]): Promise<void>;
  /** Writes files, by name. */
  write(files: Readonly<Record<string, string>>): Promise<void>;
  /**
   * Runs a program.
   *
   * @param runtime The runtime.
   * @param program Name of the file of the program, in this folder.
   * @param input Argument of the program.
   * @param limitMs Time limit in milliseconds, by default a minute. It does not
   *   apply to the sources.
   */
  run<T>(
    runtime: Runtime,
    program: string,
    input: unknown,
    limitMs?: number,
  ): Promise<Ended<T>>;
}

/** Result of a command. */
export interface Output {
  /** Exit code. */
  readonly code: number;
  /** Standard output. */
  readonly stdout: string;
  /** Standard error. */
  readonly stderr: string;
}

let installed: Promise<string> | undefined;

/**
 * Finds a program of one of the {@linkcode PACKAGES}. The first call installs
 * them in the temporary folder, where later test runs find them.
 *
 * @param name The path of the program in `node_modules/`, e.g. `".bin/node"`.
 * @returns The absolute path of the program.
 */
export async function tool(name: string): Promise<string> {
  return `${await (installed ??= install())}/node_modules/${name}`;
}

async function install(): Promise<string> {
  const versions = Object.entries(PACKAGES).map(([name, version]) =>
    `${name.replace(/\W/g, "")}-${version}`
  );
  const scratch = await Deno.makeTempDir({ prefix: "nephos-runtimes-" });
  const folder = `${scratch.slice(0, scratch.lastIndexOf("/"))}/${
    ["nephos", ...versions].join("-")
  }`;
  if (!await isThere(folder)) {
    const start = performance.now();
    await Deno.writeTextFile(
      `${scratch}/package.json`,
      JSON.stringify({
        private: true,
        dependencies: PACKAGES,
        // Later versions of npm run install scripts only if they are listed here.
        allowScripts: { "bun": true, "node": true, "workerd": true },
      }),
    );
    await npmInstall(scratch);
    // Another test run may have installed the packages meanwhile.
    await Deno.rename(scratch, folder).catch(async (error) => {
      if (!await isThere(folder)) throw error;
    });
    const seconds = (performance.now() - start) / 1000;
    console.log(`${versions.join(", ")} installed in ${seconds.toFixed(0)} s`);
  }
  await Deno.remove(scratch, { recursive: true }).catch(() => {});
  return folder;
}

async function npmInstall(folder: string, ...args: string[]): Promise<void> {
  const { code, stdout, stderr } = await run("npm", [
    "install",
    `--prefix=${folder}`,
    "--prefer-offline",
    "--no-audit",
    "--no-fund",
    "--no-package-lock",
    ...args,
  ], { cwd: folder, limitMs: 300_000 });
  if (code !== 0) throw new Error(`npm install failed: ${stdout}${stderr}`);
}

/**
 * Installs the tarball of the package in an empty project.
 *
 * @returns The project; `await using` removes it.
 */
export async function makeProject(): Promise<Project> {
  // Bun and Node.js resolve symbolic links.
  const top = await Deno.realPath(
    await Deno.makeTempDir({ prefix: "nephos-npm-" }),
  );
  const folder = `${top}/project`;
  const built = await builtPackage();
  await Deno.mkdir(folder);
  await Deno.writeTextFile(
    `${folder}/package.json`,
    JSON.stringify({ private: true, type: "module" }),
  );
  await npmInstall(folder, built.tarball);
  await Deno.copyFile(
    path("tests/runtimes/_main.mts"),
    `${folder}/main.mts`,
  );
  return {
    folder,
    built,
    async add(...packages) {
      // Only optional dependencies have install scripts.
      await npmInstall(folder, "--ignore-scripts", ...packages);
    },
    async write(files) {
      for (const [name, text] of Object.entries(files)) {
        await Deno.writeTextFile(`${folder}/${name}`, text);
      }
    },
    async run<T>(
      runtime: Runtime,
      program: string,
      input: unknown,
      limitMs?: number,
    ) {
      if (runtime === "workerd") {
        return await runInWorker<T>(folder, program, input);
      }
      const isSource = runtime === "Deno (source)";
      const url = isSource
        ? path(`tests/runtimes/${program}`)
        : await bundle(folder, program);
      const args = [pathToFileURL(url).href, JSON.stringify(input)];
      const deno = ["run", "--no-prompt", "--allow-net=127.0.0.1"];
      const start = performance.now();
      const { code, stdout, stderr } = isSource
        // runDeno() adds the configuration.
        ? await runSource([
          ...deno,
          `--allow-read=${path(".")}`,
          path("tests/runtimes/_main.mts"),
          ...args,
        ])
        : runtime === "Deno"
        ? await run(Deno.execPath(), [
          ...deno,
          `--allow-read=${folder}`,
          `${folder}/main.mts`,
          ...args,
        ], { cwd: folder, limitMs })
        : await run(
          await tool(runtime === "Bun" ? ".bin/bun" : ".bin/node"),
          [`${folder}/main.mts`, ...args],
          { cwd: folder, limitMs },
        );
      const ms = performance.now() - start;
      if (code !== 0) {
        throw new Error(`${program} failed on ${runtime}: ${stderr}`);
      }
      return { result: JSON.parse(stdout), ms };
    },
    [Symbol.asyncDispose]: () => Deno.remove(top, { recursive: true }),
  };
}

async function runSource(args: readonly string[]): Promise<Output> {
  const { code, output, stdout } = await runDeno(args, {
    capture: true,
    cwd: path("."),
  });
  return { code, stdout, stderr: output };
}

/** Bundles a program into one file, which imports this package by name. */
async function bundle(folder: string, program: string): Promise<string> {
  const file = `${folder}/${program.replace(/\.ts$/, ".js")}`;
  if (await isThere(file)) return file;
  const { code, output } = await runDeno([
    "bundle",
    "--platform=browser",
    "--external=@nephos/nephos",
    "--external=@nephos/nephos/*",
    `--output=${file}`,
    path(`tests/runtimes/${program}`),
  ], { capture: true, cwd: path(".") });
  if (code !== 0) {
    throw new Error(`deno bundle failed for ${program}: ${output}`);
  }
  return file;
}

async function runInWorker<T>(
  folder: string,
  program: string,
  input: unknown,
): Promise<Ended<T>> {
  const file = await bundle(folder, program);
  const start = performance.now();
  await using worker = await startWorker(folder, {
    "worker.js": `import main from "./program.js";
export default {
  async fetch(request) {
    return Response.json(await main(await request.json()));
  },
};
`,
    "program.js": await Deno.readTextFile(file),
  });
  const response = await fetch(worker.url, {
    method: "POST",
    body: JSON.stringify(input),
    signal: AbortSignal.timeout(LIMIT_MS),
  });
  const text = await response.text();
  if (!response.ok) {
    throw new Error(`${program} failed on workerd: ${text}`);
  }
  return { result: JSON.parse(text), ms: performance.now() - start };
}

/** A worker; `await using` stops it. */
export interface Worker extends AsyncDisposable {
  /** Base URL. */
  readonly url: string;
}

/**
 * Starts workerd on a free port.
 *
 * @param folder The folder of the project.
 * @param modules The source of `worker.js` and of its other modules, by name.
 * @param packages Packages in `node_modules` that the modules import.
 * @returns The worker.
 * @throws {Error} If the worker does not start; the message comes from workerd.
 */
export async function startWorker(
  folder: string,
  modules: Readonly<Record<string, string>>,
  packages: readonly string[] = ["@nephos/nephos"],
): Promise<Worker> {
  const config = await Deno.makeTempFile({ dir: folder, suffix: ".capnp" });
  const installed = packages.map((name) => modulesOf(folder, name));
  const all = [
    ...Object.entries(modules),
    ...(await Promise.all(installed)).flat(),
  ];
  const list = all.map(([name, code]) =>
    `(name = ${JSON.stringify(name)}, esModule = ${quote(code)})`
  );
  await Deno.writeTextFile(
    config,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "internet", network = (allow = ["127.0.0.1/32"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  compatibilityDate = "${COMPATIBILITY_DATE}",
  modules = [${list.join(",\n")}],
);
`,
  );
  const child = new Deno.Command(await tool(".bin/workerd"), {
    // workerd prints its port to this file descriptor.
    args: ["serve", "--control-fd=1", config],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stderr = new Response(child.stderr).text();
  const stop = async (): Promise<string> => {
    try {
      child.kill("SIGTERM");
    } catch {
      // The process has ended.
    }
    await child.status;
    return await stderr;
  };
  const timer = setTimeout(() => child.kill("SIGKILL"), LIMIT_MS);
  let text = "";
  for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += part;
    if (text.includes("\n")) break;
  }
  clearTimeout(timer);
  const port = /"socket":"http","port":(\d+)/.exec(text)?.[1];
  if (port === undefined) throw new Error(await stop());
  return {
    url: `http://127.0.0.1:${port}/`,
    [Symbol.asyncDispose]: async () => {
      await stop();
    },
  };
}

/** Lists the files of a package and its entry points. */
async function modulesOf(
  folder: string,
  name: string,
): Promise<[string, string][]> {
  const top = `${folder}/node_modules/${name}`;
  const { exports } = JSON.parse(
    await Deno.readTextFile(`${top}/package.json`),
  ) as { exports: Record<string, { default: string } | string> };
  const files = (await filesIn(top)).filter((file) => file.endsWith(".js"));
  return [
    ...await Promise.all(
      files.map(async (file): Promise<[string, string]> => [
        `${name}/${file}`,
        await Deno.readTextFile(`${top}/${file}`),
      ]),
    ),
    ...Object.entries(exports).flatMap(([subpath, entry]) =>
      typeof entry === "string" ? [] : [[
        name + subpath.slice(1),
        `export * from "/${name}/${entry.default.slice(2)}";`,
      ] as [string, string]]
    ),
  ];
}

/** Renders a string literal for Cap'n Proto, with the escapes of C. */
function quote(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n")}"`;
}

/**
 * Lists the files of a folder and its subfolders.
 *
 * @param folder The folder.
 * @returns The sorted paths, relative to the folder.
 */
export async function filesIn(folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (!isDirectory) names.push(name);
    else {
      names.push(
        ...(await filesIn(`${folder}/${name}`)).map((file) =>
          `${name}/${file}`
        ),
      );
    }
  }
  return names.sort();
}

/** Options of {@linkcode run}. */
export interface RunOptions {
  /** Folder to run the command in. */
  readonly cwd?: string;
  /** Variables to add to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Time limit in milliseconds. */
  readonly limitMs?: number | undefined;
}

/**
 * Runs a command and waits for its end, at most for the time limit.
 *
 * @param command The name or path of the command.
 * @param args The arguments of the command.
 * @param options Folder, environment and time limit.
 * @returns The exit code and the output.
 */
export async function run(
  command: string,
  args: readonly string[],
  { cwd, env, limitMs = LIMIT_MS }: RunOptions = {},
): Promise<Output> {
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    stdin: "null",
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", ...env },
    signal: AbortSignal.timeout(limitMs),
    ...(cwd === undefined ? {} : { cwd }),
  }).output();
  const decoder = new TextDecoder();
  return {
    code,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
  };
}

async function isThere(file: string): Promise<boolean> {
  try {
    return await Deno.stat(file) !== undefined;
  } catch {
    return false;
  }
}

/**
 * Prints a table with a column for each runtime.
 *
 * @param title The heading of the first column.
 * @param rows The rows, by name, with a cell for each runtime.
 */
export function printTable(
  title: string,
  rows: ReadonlyMap<string, ReadonlyMap<Runtime, string>>,
): void {
  const table = [
    [title, ...RUNTIMES],
    ...[...rows].map(([name, cells]) => [
      name,
      ...RUNTIMES.map((runtime) => cells.get(runtime) ?? ""),
    ]),
  ];
  const widths = table[0]!.map((_, column) =>
    Math.max(...table.map((row) => row[column]!.length))
  );
  console.log(
    table.map((row) =>
      row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ")
        .trimEnd()
    ).join("\n"),
  );
}
