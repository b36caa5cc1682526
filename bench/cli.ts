/**
 * Measures the start of the command line: the time until the first line of
 * output, beside programs that only parse such a command.
 *
 * ```sh
 * deno run -A tools/deno.ts run -A bench/cli.ts
 * deno run -A tools/deno.ts run -A bench/cli.ts --smoke
 * ```
 *
 * All run on Node.js as the npm package has them: bundled, and not minified.
 * `bench/README.md` describes the method. A missed target is printed, but does not
 * fail the run, because the machine may be busy.
 *
 * @module
 */

import { path, runDeno } from "../tools/deno.ts";
import { build } from "../tools/npm.ts";
import { quantile } from "./_stats.ts";

/** Version of Node that runs the benchmark; npx installs it. */
const NODE_VERSION = "22.23.3";

/** Largest ratio wanted. */
const LIMIT = 1.5;

/** The account is simulated, so no network is part of the time. */
const LIST = "nodes list --provider nephoscale --simulate";

/** A program and its arguments. */
type Program = readonly [name: string, args: string];

/** What to compare: the baseline, then nephos. */
const PAIRS: readonly (readonly [Program, Program])[] = [
  [["parser", "--help"], ["nephos", "--help"]],
  [["parser", LIST], ["nephos", LIST]],
  [["parser_fetch", LIST], ["nephos", LIST]],
];

async function main(args: readonly string[]): Promise<number> {
  if (args.some((arg) => arg !== "--smoke")) {
    console.error("usage: bench/cli.ts [--smoke]");
    return 2;
  }
  const rounds = args.includes("--smoke") ? 1 : 30;
  const folder = await Deno.makeTempDir({ prefix: "nephos-bench-" });
  try {
    const node = await findNode();
    const files: Record<string, string> = {
      nephos: `${(await build(folder)).folder}/cli/main.js`,
    };
    for (const name of ["parser", "parser_fetch"]) {
      files[name] = await bundle(
        path(`bench/cold/${name}.ts`),
        `${folder}/${name}.mjs`,
      );
    }
    const time = ([name, args]: Program) =>
      timeToFirstLine(node, [files[name]!, ...args.split(" ")]);
    for (const pair of PAIRS) {
      const times: [base: number, nephos: number][] = [];
      // The first round fills the caches of the system.
      for (let round = -1; round < rounds; round++) {
        const [base, nephos] = pair;
        const first = await time(base);
        const second = await time(nephos);
        if (round >= 0) times.push([first, second]);
      }
      report(pair, times);
    }
    return 0;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function report(
  [[base, args]]: typeof PAIRS[number],
  times: readonly (readonly [base: number, nephos: number])[],
): void {
  const [baseMs, nephosMs] = [0, 1].map((index) =>
    quantile(times.map((pair) => pair[index]!), 0.5).toFixed(0)
  );
  const ratios = times.map(([base, nephos]) => nephos / base);
  const [low, ratio, high] = [0.25, 0.5, 0.75].map((part) =>
    quantile(ratios, part)
  ) as [number, number, number];
  console.log(
    `nephos ${args}, relative to ${base}: ${ratio.toFixed(2)} ` +
      `(${nephosMs} ms and ${baseMs} ms; interquartile range ` +
      `${low.toFixed(2)} to ${high.toFixed(2)}; target: at most ${LIMIT}, ` +
      `${ratio <= LIMIT ? "met" : "MISSED"})`,
  );
}

/** Bundles a script as the npm package is bundled. */
async function bundle(source: string, file: string): Promise<string> {
  const { code, output } = await runDeno([
    "bundle",
    "--platform=browser",
    "--external=node:*",
    `--output=${file}`,
    source,
  ], { capture: true });
  if (code !== 0) throw new Error(`bundle: ${source} failed: ${output}`);
  return file;
}

/** Starts a program, and waits for its first line; in milliseconds. */
async function timeToFirstLine(
  node: string,
  args: readonly string[],
): Promise<number> {
  const startedAt = performance.now();
  const child = new Deno.Command(node, {
    args: [...args],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let ms = NaN;
  for await (const bytes of child.stdout) {
    if (Number.isNaN(ms) && bytes.includes(0x0a)) {
      ms = performance.now() - startedAt;
    }
  }
  const { success } = await child.status;
  if (!success || Number.isNaN(ms)) throw new Error(`${args[0]} failed`);
  return ms;
}

/** Finds the path of Node; npx installs and caches it. */
async function findNode(): Promise<string> {
  const { stdout, stderr, success } = await new Deno.Command("npx", {
    args: ["-y", `node@${NODE_VERSION}`, "-p", "process.execPath"],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim();
}

Deno.exit(await main(Deno.args));
