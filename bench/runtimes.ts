/**
 * Measures the cost of the library beside raw `fetch` and `json()`, on Deno, Node
 * and Bun.
 *
 * ```sh
 * deno task bench:runtimes          # measures, and prints the table
 * deno task bench:runtimes --write  # also updates bench/README.md
 * deno task bench:runtimes --smoke  # quick test run; the figures are meaningless
 * ```
 *
 * `bench/README.md` describes the method. A missed target is printed, but does
 * not fail the run, because the machine may be busy.
 *
 * @module
 */

import { config, path, ROOT, runDeno, std } from "../tools/deno.ts";
import { type Child, start } from "./_child.ts";
import { compare, type Comparison, type Cost } from "./_stats.ts";

/** Packages of npm that contain the other runtimes; npx installs them. */
const PACKAGES = { Node: "node@22.23.3", Bun: "bun@1.4.5" } as const;

/** Name of a runtime. */
type Runtime = "Deno" | keyof typeof PACKAGES;

const RUNTIMES: readonly Runtime[] = ["Deno", "Node", "Bun"];

/** A row of the table. */
interface Row {
  readonly name: string;
  /** Which cost the targets apply to. */
  readonly cost: keyof Cost;
  /** Names of the baseline and of the peer that is compared with it. */
  readonly peers: readonly [string, string];
  /** Server, and the path of the list on it. */
  readonly server: keyof typeof SERVERS;
  readonly path: string;
  /** Number of nodes in the list. */
  readonly nodes: number;
  readonly calls: number;
  readonly rounds: number;
  /** Largest ratio wanted. */
  readonly targets: Readonly<Record<Runtime, number>>;
}

/** Programs that serve lists, and their arguments. */
const SERVERS = {
  nephoscale: ["bench/server.ts", "1", "1000"],
  digitalocean: ["bench/digitalocean.ts", "serve", "1000"],
  ec2: ["bench/ec2.ts", "serve"],
} as const;

const ROWS: readonly Row[] = [
  {
    name: "1 NephoScale node, wall time",
    cost: "wallMs",
    peers: ["baseline", "nephos"],
    server: "nephoscale",
    path: "/1",
    nodes: 1,
    calls: 200,
    rounds: 20,
    targets: { Deno: 1.5, Node: 1.3, Bun: 1.5 },
  },
  {
    name: "1 000 NephoScale nodes, CPU time",
    cost: "cpuMs",
    peers: ["baseline", "nephos"],
    server: "nephoscale",
    path: "/1000",
    nodes: 1000,
    calls: 8,
    rounds: 15,
    targets: { Deno: 1.15, Node: 1.2, Bun: 1.4 },
  },
  {
    name: "1 000 DigitalOcean nodes on 5 pages, CPU time",
    cost: "cpuMs",
    peers: ["loopAll", "nephosAll"],
    server: "digitalocean",
    path: "/1000",
    nodes: 1000,
    calls: 8,
    rounds: 15,
    targets: { Deno: 1.15, Node: 1.1, Bun: 1.25 },
  },
  {
    name: "1 000 EC2 nodes beside AWS's client, CPU time",
    cost: "cpuMs",
    peers: ["ec2 aws", "ec2 nephos"],
    server: "ec2",
    path: "/1000x1000",
    nodes: 1000,
    calls: 2,
    rounds: 7,
    targets: { Deno: 0.2, Node: 0.22, Bun: 0.19 },
  },
];

async function main(args: readonly string[]): Promise<number> {
  if (args.some((arg) => arg !== "--write" && arg !== "--smoke")) {
    console.error("usage: deno task bench:runtimes [--smoke] [--write]");
    return 2;
  }
  const isSmoke = args.includes("--smoke");
  const folder = await Deno.makeTempDir({ prefix: "nephos-bench-" });
  try {
    const bundled = `${folder}/lister.mjs`;
    await bundle(path("bench/runtimes_lister.ts"), bundled);
    await using stack = new AsyncDisposableStack();
    const deno = ["run", `--config=${await config()}`, "-A"];
    const ports: Partial<Record<keyof typeof SERVERS, number>> = {};
    for (const [name, [file, ...rest]] of Object.entries(SERVERS)) {
      const server = stack.use(
        start(Deno.execPath(), [...deno, path(file), ...rest]),
      );
      const { port } = await server.read<{ port: number }>();
      ports[name as keyof typeof SERVERS] = port;
    }
    const found = new Map<Runtime, Comparison[]>();
    for (const runtime of RUNTIMES) {
      const command = await commandFor(runtime, deno, bundled);
      if (!command) {
        console.log(`SKIP ${runtime}: npx could not install it`);
        continue;
      }
      await using lister = start(command[0], command.slice(1));
      const comparisons: Comparison[] = [];
      for (const row of ROWS) {
        const comparison = await measure(lister, row, ports, isSmoke);
        console.log(`${runtime}: ${row.name}: ${describe(comparison)}`);
        comparisons.push(comparison);
      }
      found.set(runtime, comparisons);
    }
    const report = await reportText(found);
    console.log(`\n${report}`);
    if (args.includes("--write")) await writeReport(report);
    return 0;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The command that runs the peers on a runtime. */
async function commandFor(
  runtime: Runtime,
  deno: readonly string[],
  bundled: string,
): Promise<[string, ...string[]] | undefined> {
  if (runtime === "Deno") {
    const file = path("bench/runtimes_lister.ts");
    return [Deno.execPath(), ...deno, "--v8-flags=--expose-gc", file];
  }
  const script = "console.log(process.execPath)";
  const { success, stdout } = await new Deno.Command("npx", {
    args: ["-y", PACKAGES[runtime], "-e", script],
    stdin: "null",
    stderr: "null",
  }).output();
  const command = new TextDecoder().decode(stdout).trim();
  if (!success || !command) return undefined;
  // The gc() of Bun also deletes the compiled code. Then every turn would
  // measure the compiler.
  return runtime === "Bun"
    ? [command, bundled]
    : [command, "--expose-gc", bundled];
}

/** Compares the two peers of a row, turn by turn, in one process. */
async function measure(
  lister: Child,
  { peers, server, path, nodes, ...row }: Row,
  ports: Partial<Record<keyof typeof SERVERS, number>>,
  isSmoke: boolean,
): Promise<Comparison> {
  const calls = isSmoke ? 1 : row.calls;
  const url = `http://127.0.0.1:${ports[server]}${path}`;
  const turn = (peer: string) => async (): Promise<Cost> => {
    const cost = await lister.request<Cost & { readonly nodes: number }>({
      peer,
      url,
      calls,
    });
    if (cost.nodes !== nodes * calls) {
      throw new Error(
        `measure: ${peer} must list ${nodes * calls} nodes, got ${cost.nodes}`,
      );
    }
    return { cpuMs: cost.cpuMs / calls, wallMs: cost.wallMs / calls };
  };
  const [base, peer] = peers;
  return await compare(isSmoke ? 1 : row.rounds, turn(base), turn(peer));
}

function describe({ base, peer, ratio, spread }: Comparison): string {
  const [low, high] = spread.map((value) => value.toFixed(2));
  return `CPU ${ratio.cpuMs.toFixed(2)} (${low} to ${high}), ` +
    `wall ${ratio.wallMs.toFixed(2)}; ` +
    `${base.cpuMs.toFixed(2)} and ${peer.cpuMs.toFixed(2)} ms of CPU time`;
}

async function reportText(
  found: ReadonlyMap<Runtime, readonly Comparison[]>,
): Promise<string> {
  const runtimes = [...found.keys()];
  const versions = runtimes.map((runtime) =>
    runtime === "Deno"
      ? `Deno ${Deno.version.deno}`
      : PACKAGES[runtime].replace(/.*@/, `${runtime} `)
  );
  const source = await std() === "jsr"
    ? "from JSR"
    : "the stand-ins of this repository, because JSR was out of reach";
  const lines = ROWS.map(({ name, cost, targets }, index) => {
    const cells = runtimes.map((runtime) => {
      const ratio = found.get(runtime)![index]!.ratio[cost];
      const target = targets[runtime];
      const isMet = Number(ratio.toFixed(2)) <= target;
      return `${ratio.toFixed(2)} (${target}, ${isMet ? "met" : "MISSED"})`;
    });
    return `| ${[name, ...cells].join(" | ")} |`;
  });
  return [
    `Measured on ${
      new Date().toISOString().slice(0, 10)
    } on a shared machine ` +
    `with ${navigator.hardwareConcurrency} cores. ` +
    `Versions: ${versions.join(", ")}. \`@std\`: ${source}.`,
    "",
    `| ratio (target) | ${runtimes.join(" | ")} |`,
    `| --- |${" --: |".repeat(runtimes.length)}`,
    ...lines,
  ].join("\n");
}

async function writeReport(report: string): Promise<void> {
  const file = new URL("bench/README.md", ROOT);
  const old = await Deno.readTextFile(file);
  const marks = /(<!-- runtimes -->\n).*(<!-- end of runtimes -->)/s;
  if (!marks.test(old)) {
    throw new Error("writeReport: bench/README.md must contain the two marks");
  }
  await Deno.writeTextFile(
    file,
    old.replace(marks, (_, begin, end) => `${begin}\n${report}\n\n${end}`),
  );
  await runDeno(["fmt", "--quiet", path("bench/README.md")]);
}

async function bundle(source: string, file: string): Promise<void> {
  const { code, output } = await runDeno(
    ["bundle", `--output=${file}`, source],
    { capture: true },
  );
  if (code !== 0) {
    throw new Error(`bundle: could not bundle ${source}: ${output}`);
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
