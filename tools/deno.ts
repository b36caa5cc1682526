/**
 * Runs Deno with the configuration of this repository, on any network.
 *
 * `deno.json` imports `@std` from JSR. Not every network reaches JSR; many
 * reach npm only. Where JSR does not answer, this says so and runs Deno with
 * `deno.offline.json` instead: the same file plus `links` to the stand-ins in
 * `tests/_support/std/`. No source file knows the difference.
 *
 * ```sh
 * deno run -A tools/deno.ts run --allow-net=127.0.0.1 examples/demo.ts
 * deno run -A tools/deno.ts test -A tests/core/
 * ```
 *
 * @module
 */

/**
 * The Deno that this repository is tested with; the one place that says so.
 * `.ci/run` reads this line, and a test holds the README to it.
 */
export const DENO_VERSION = "2.9.6";

/** The top folder of the repository, with a slash at its end. */
export const ROOT: URL = new URL("../", import.meta.url);

/** The folders of the stand-ins, from the top folder. */
export const STAND_INS: readonly string[] = [
  "tests/_support/std/assert",
  "tests/_support/std/encoding",
  "tests/_support/std/http",
  "tests/_support/std/yaml",
];

/** Tells child processes what was found, so that one task asks JSR once. */
const FOUND = "NEPHOS_STD";

/** How long JSR has to answer before its absence is taken as a fact. */
const PROBE_MS = 2000;

/** Where `@std` comes from. */
export type Std = "jsr" | "stand-ins";

let found: Promise<Std> | undefined;

/**
 * Finds out where `@std` comes from, asking JSR at most once a process tree.
 *
 * @returns `"jsr"` where it answers.
 */
export function std(): Promise<Std> {
  return found ??= probe();
}

async function probe(): Promise<Std> {
  const known = Deno.env.get(FOUND);
  if (known === "jsr" || known === "stand-ins") return known;
  const registry = Deno.env.get("JSR_URL") ?? "https://jsr.io";
  const answer = await isThere(new URL("/@std/assert/meta.json", registry));
  if (!answer) {
    console.error(
      `${
        new URL(registry).host
      } does not answer: @std comes from the stand-ins in tests/_support/std`,
    );
  }
  return answer ? "jsr" : "stand-ins";
}

async function isThere(url: URL): Promise<boolean> {
  try {
    const response = await fetch(url, {
      signal: AbortSignal.timeout(PROBE_MS),
    });
    // A proxy that answers every host with a page of its own is not JSR.
    const body = await response.json();
    return response.ok && body?.name === "assert";
  } catch {
    return false;
  }
}

/**
 * Finds the configuration to run Deno with, and writes it where needed.
 *
 * @returns Its path.
 */
export async function config(): Promise<string> {
  if (await std() === "jsr") return path("deno.json");
  const settings = await settingsWith(".");
  // `deno publish` refuses a module that it would not pack, and takes the
  // stand-ins for such. A test holds the list of published files against the
  // true deno.json.
  const { include = [] } = settings["publish"] as { include?: string[] };
  const publish = { include: [...include, ...STAND_INS] };
  await writeIfChanged(
    new URL("deno.offline.json", ROOT),
    { ...settings, publish },
  );
  return path("deno.offline.json");
}

/**
 * Turns a path from the top folder into one of the system.
 *
 * @param name The path from the top folder.
 * @returns The absolute path.
 */
export function path(name: string): string {
  const { pathname } = new URL(name, ROOT);
  const decoded = decodeURIComponent(pathname);
  return Deno.build.os === "windows"
    ? decoded.slice(1).replaceAll("/", "\\")
    : decoded;
}

/** Reads deno.json and adds the links, as seen from a folder of that depth. */
async function settingsWith(up: "." | ".."): Promise<Record<string, unknown>> {
  const text = await Deno.readTextFile(new URL("deno.json", ROOT));
  const links = STAND_INS.map((folder) => `${up}/${folder}`);
  return { ...JSON.parse(text), links };
}

/** Writes by way of a rename, since two tasks may run at once. */
async function writeIfChanged(file: URL, settings: unknown): Promise<void> {
  const text = JSON.stringify(settings, null, 2) + "\n";
  const old = await Deno.readTextFile(file).catch(() => undefined);
  if (old === text) return;
  const draft = new URL(`${file.href}.${crypto.randomUUID()}`);
  await Deno.writeTextFile(draft, text);
  await Deno.rename(draft, file);
}

/** How to run Deno; see {@linkcode runDeno}. */
export interface RunOptions {
  /** Where to run it, by default where this process is. */
  cwd?: string;
  /** Variables to add to the environment. */
  env?: Record<string, string>;
  /** Whether to hand back what it prints instead of letting it through. */
  capture?: boolean;
}

/** How it ended. */
export interface RunResult {
  /** The exit code; 128 plus the signal where one ended it. */
  readonly code: number;
  /** What it printed, both streams, where that was captured. */
  readonly output: string;
  /** What it printed on standard output alone, where that was captured. */
  readonly stdout: string;
}

/** Subcommands that take a `--config`; the rest are run as they are. */
const CONFIGURED: ReadonlySet<string> = new Set([
  "bench",
  "bundle",
  "cache",
  "check",
  "compile",
  "fmt",
  "info",
  "install",
  "lint",
  "pack",
  "publish",
  "repl",
  "run",
  "serve",
  "test",
]);

/**
 * Runs Deno, the same that runs this, with the configuration that works here.
 *
 * @param args The arguments, the subcommand first.
 * @param options How to run it.
 * @returns How it ended.
 */
export async function runDeno(
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const [command = "help", ...rest] = args;
  let cwd = options.cwd;
  const all = [...args];
  if (command === "doc" && await std() === "stand-ins") {
    // `deno doc` ignores the links of a --config, but not those of the
    // deno.json in the folder that it runs in.
    all.splice(1, rest.length, ...rest.map((arg) => absolute(arg, cwd)));
    cwd = await docFolder();
  } else if (CONFIGURED.has(command)) {
    all.splice(1, 0, `--config=${await config()}`);
  }
  const stream = options.capture ? "piped" : "inherit";
  const child = new Deno.Command(Deno.execPath(), {
    args: all,
    stdin: options.capture ? "null" : "inherit",
    stdout: stream,
    stderr: stream,
    env: {
      [FOUND]: await std(),
      DENO_NO_UPDATE_CHECK: "1",
      ...options.env,
    },
    ...(cwd === undefined ? {} : { cwd }),
  }).spawn();
  const release = forwardSignals(child);
  try {
    if (!options.capture) {
      return { code: (await child.status).code, output: "", stdout: "" };
    }
    const { code, stdout, stderr } = await child.output();
    const decoder = new TextDecoder();
    const out = decoder.decode(stdout);
    return { code, output: decoder.decode(stderr) + out, stdout: out };
  } finally {
    release();
  }
}

/** Makes the folder that `deno doc` runs in where JSR does not answer. */
async function docFolder(): Promise<string> {
  const folder = new URL(".offline/", ROOT);
  await Deno.mkdir(folder, { recursive: true });
  // The paths of the exports would be wrong in there, and tasks are of no use.
  const { imports, compilerOptions, links } = await settingsWith("..");
  await writeIfChanged(
    new URL("deno.json", folder),
    { imports, compilerOptions, links, lock: false },
  );
  return path(".offline");
}

/** Makes an argument that names a file one that does so from any folder. */
function absolute(arg: string, cwd: string = Deno.cwd()): string {
  if (arg.startsWith("-")) return arg;
  const file = arg.startsWith("/") ? arg : `${cwd}/${arg}`;
  try {
    return Deno.statSync(file) && file;
  } catch {
    return arg;
  }
}

/** Passes on what asks this process to end, and stays until the child has ended. */
function forwardSignals(child: Deno.ChildProcess): () => void {
  const signals: Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT"]
    : ["SIGINT", "SIGTERM", "SIGHUP"];
  const listeners = signals.map((signal) => {
    const listener = (): void => {
      // A terminal sends its interrupt to the child as well; twice would cut
      // short what the child does about it.
      if (signal === "SIGINT" && Deno.stdin.isTerminal()) return;
      try {
        child.kill(signal);
      } catch {
        // It has just ended.
      }
    };
    Deno.addSignalListener(signal, listener);
    return () => Deno.removeSignalListener(signal, listener);
  });
  return () => listeners.forEach((remove) => remove());
}

if (import.meta.main) {
  const { code } = await runDeno(Deno.args);
  Deno.exit(code);
}
