/**
 * Runs Deno with the configuration of this repository, on any network.
 *
 * `deno.json` imports `@std` from JSR. Some networks reach npm, but not JSR.
 * If JSR is not reachable, this program prints a line and runs Deno with
 * `deno.offline.json`: the same settings plus `links` to the copies of `@std`
 * in `tests/_support/std/`. Source files are the same in both cases.
 *
 * ```sh
 * deno run -A tools/deno.ts run --allow-net=127.0.0.1 examples/demo.ts
 * deno run -A tools/deno.ts test -A tests/core/
 * ```
 *
 * @module
 */

/**
 * Version of Deno that this repository is tested with. `.ci/run` reads this
 * line, and a test compares the README with it.
 */
export const DENO_VERSION = "2.9.6";

/** Top folder of the repository, with a trailing slash. */
export const ROOT: URL = new URL("../", import.meta.url);

/** Folders of the bundled copies of `@std`, relative to the top folder. */
export const STAND_INS: readonly string[] = [
  "tests/_support/std/assert",
  "tests/_support/std/encoding",
  "tests/_support/std/http",
  "tests/_support/std/yaml",
];

/** Signals that ask a process to end. */
export const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT"]
  : ["SIGINT", "SIGTERM", "SIGHUP"];

/** Variable that passes the result on, so that child processes do not probe. */
const FOUND = "NEPHOS_STD";

/** Timeout of the request that finds out whether JSR is reachable. */
const PROBE_MS = 2000;

/** Source of `@std`. */
export type Std = "jsr" | "bundled";

let found: Promise<Std> | undefined;

/**
 * Finds out where `@std` comes from, with at most one request per process tree.
 *
 * @returns `"jsr"` if JSR is reachable, else `"bundled"`.
 */
export function std(): Promise<Std> {
  return found ??= probe();
}

async function probe(): Promise<Std> {
  const known = Deno.env.get(FOUND);
  if (known === "jsr" || known === "bundled") return known;
  const registry = new URL(Deno.env.get("JSR_URL") ?? "https://jsr.io");
  if (await isRegistry(registry)) return "jsr";
  console.error(
    `${registry.host} is not reachable; using the bundled copies of @std (tests/_support/std)`,
  );
  return "bundled";
}

async function isRegistry(url: URL): Promise<boolean> {
  try {
    const response = await fetch(new URL("/@std/assert/meta.json", url), {
      signal: AbortSignal.timeout(PROBE_MS),
    });
    // Some proxies send a page of their own for every host.
    const body = await response.json();
    return response.ok && body?.name === "assert";
  } catch {
    return false;
  }
}

/**
 * Finds the configuration to run Deno with, and writes it if necessary.
 *
 * @returns The path of the configuration.
 */
export async function config(): Promise<string> {
  if (await std() === "jsr") return path("deno.json");
  const settings = await settingsWith(".");
  // `deno publish` refuses modules outside of the package, such as the copies
  // of @std. A test compares the published files with the real deno.json.
  const { include = [] } = settings["publish"] as { include?: string[] };
  const publish = { include: [...include, ...STAND_INS] };
  await writeIfChanged(
    new URL("deno.offline.json", ROOT),
    { ...settings, publish },
  );
  return path("deno.offline.json");
}

/**
 * Converts a path relative to the top folder to an absolute path.
 *
 * @param name The relative path.
 * @returns The absolute path, in the notation of the system.
 */
export function path(name: string): string {
  const { pathname } = new URL(name, ROOT);
  const decoded = decodeURIComponent(pathname);
  return Deno.build.os === "windows"
    ? decoded.slice(1).replaceAll("/", "\\")
    : decoded;
}

/** Reads deno.json and adds the links; `up` leads to the top folder. */
async function settingsWith(up: "." | ".."): Promise<Record<string, unknown>> {
  const text = await Deno.readTextFile(new URL("deno.json", ROOT));
  const links = STAND_INS.map((folder) => `${up}/${folder}`);
  return { ...JSON.parse(text), links };
}

/** Writes a draft and renames it, because two tasks may run at once. */
async function writeIfChanged(file: URL, settings: unknown): Promise<void> {
  const text = JSON.stringify(settings, null, 2) + "\n";
  const old = await Deno.readTextFile(file).catch(() => undefined);
  if (old === text) return;
  const draft = new URL(`${file.href}.${crypto.randomUUID()}`);
  await Deno.writeTextFile(draft, text);
  await Deno.rename(draft, file);
}

/** Options of {@linkcode runDeno}. */
export interface RunOptions {
  /**
   * Folder to run Deno in.
   *
   * @default {the current folder}
   */
  cwd?: string;
  /** Variables to add to the environment. */
  env?: Record<string, string>;
  /**
   * Whether to return the output instead of printing it.
   *
   * @default {false}
   */
  capture?: boolean;
  /** Function that gets each piece of captured output as it arrives. */
  onOutput?: (bytes: Uint8Array) => void;
  /**
   * Path of another configuration.
   *
   * @default {the configuration of this repository}
   */
  config?: string;
  /** Ends Deno when it aborts. */
  signal?: AbortSignal;
}

/** Result of {@linkcode runDeno}. */
export interface RunResult {
  /** Exit code; 128 plus the number of the signal if a signal ended Deno. */
  readonly code: number;
  /** Captured standard error, then captured standard output. */
  readonly output: string;
  /** Captured standard output. */
  readonly stdout: string;
}

/** Subcommands that take `--config`. */
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
 * Runs the current Deno with the configuration of this repository.
 *
 * @param args Arguments of Deno, the subcommand first.
 * @param options Folder, environment and output.
 * @returns The exit code and the captured output.
 */
export async function runDeno(
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const [command = "help", ...rest] = args;
  let cwd = options.cwd;
  const all = [...args];
  if (command === "doc" && await std() === "bundled") {
    // `deno doc` ignores the links of --config, but reads those of the
    // deno.json in the current folder.
    all.splice(1, rest.length, ...rest.map((arg) => absolute(arg, cwd)));
    cwd = await docFolder();
  } else if (CONFIGURED.has(command)) {
    all.splice(1, 0, `--config=${options.config ?? await config()}`);
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
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  }).spawn();
  const release = forwardSignals(child);
  try {
    if (!options.capture) {
      return { code: (await child.status).code, output: "", stdout: "" };
    }
    const [stderr, stdout, { code }] = await Promise.all([
      readText(child.stderr, options.onOutput),
      readText(child.stdout, options.onOutput),
      child.status,
    ]);
    return { code, output: stderr + stdout, stdout };
  } finally {
    release();
  }
}

async function readText(
  stream: ReadableStream<Uint8Array>,
  onOutput: RunOptions["onOutput"],
): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of stream) {
    onOutput?.(bytes);
    text += decoder.decode(bytes, { stream: true });
  }
  return text + decoder.decode();
}

/** Creates the folder that `deno doc` runs in if JSR is not reachable. */
async function docFolder(): Promise<string> {
  const folder = new URL(".offline/", ROOT);
  await Deno.mkdir(folder, { recursive: true });
  // Other settings have paths that are wrong in this folder.
  const { imports, compilerOptions, links } = await settingsWith("..");
  await writeIfChanged(
    new URL("deno.json", folder),
    { imports, compilerOptions, links, lock: false },
  );
  return path(".offline");
}

/** Makes an argument absolute if it is the path of a file. */
function absolute(arg: string, cwd: string = Deno.cwd()): string {
  if (arg.startsWith("-")) return arg;
  const file = arg.startsWith("/") ? arg : `${cwd}/${arg}`;
  try {
    return Deno.statSync(file) && file;
  } catch {
    return arg;
  }
}

/** Forwards signals to the child, so that this process ends after it. */
function forwardSignals(child: Deno.ChildProcess): () => void {
  const listeners = SIGNALS.map((signal) => {
    const listener = (): void => {
      // A terminal interrupts the child as well. A second interrupt would end
      // the child before it has cleaned up.
      if (signal === "SIGINT" && Deno.stdin.isTerminal()) return;
      try {
        child.kill(signal);
      } catch {
        // The child has ended.
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
