/**
 * Measures the cost of listing nodes, and compares it with a baseline: the same
 * list, requested with `fetch` and parsed with `response.json()`.
 *
 * ```sh
 * deno task bench          # measures, and prints tables and targets
 * deno task bench --write  # also updates bench/README.md
 * deno task bench --smoke  # quick test run; the figures are meaningless
 * ```
 *
 * `bench/README.md` describes the method. A missed target is printed, but does
 * not fail the run, because the machine may be busy.
 *
 * @module
 */

import { config, path, ROOT, runDeno } from "../tools/deno.ts";
import { type Child, start } from "./_child.ts";
import {
  compare,
  type Comparison,
  type Cost,
  divide,
  medianCost,
  quantile,
} from "./_stats.ts";

/** Version of Node that runs the benchmark; npx installs it. */
const NODE_VERSION = "22.23.3";

/** The Python that Debian installs its modules for, such as Libcloud. */
const PYTHON = "/usr/bin/python3";

/** Lengths of lists, and numbers of rounds. */
interface Plan {
  /** Lengths of the lists, each with its rounds and its calls per turn. */
  readonly lists: readonly {
    readonly nodes: number;
    readonly rounds: number;
    readonly calls: number;
  }[];
  /** Length of the list that the targets apply to. */
  readonly targetNodes: number;
  /** Rounds of comparing the longest list with the second longest. */
  readonly scaleRounds: number;
  /** Rounds of comparing with Libcloud. */
  readonly libcloudRounds: number;
  /** Rounds of starting processes. */
  readonly coldRounds: number;
}

const FULL: Plan = {
  lists: [
    { nodes: 10, rounds: 20, calls: 50 },
    { nodes: 1_000, rounds: 30, calls: 8 },
    { nodes: 10_000, rounds: 11, calls: 1 },
    { nodes: 100_000, rounds: 3, calls: 1 },
  ],
  targetNodes: 1_000,
  scaleRounds: 3,
  libcloudRounds: 9,
  coldRounds: 20,
};

const SMOKE: Plan = {
  lists: [
    { nodes: 10, rounds: 1, calls: 1 },
    { nodes: 20, rounds: 1, calls: 1 },
    { nodes: 40, rounds: 1, calls: 1 },
  ],
  targetNodes: 20,
  scaleRounds: 1,
  libcloudRounds: 1,
  coldRounds: 1,
};

/** Number of nodes in the list that measures a cold start. */
const COLD_NODES = 10;

/** A measured value and its target. */
interface Target {
  readonly name: string;
  readonly value: number;
  readonly limit: number;
  /** Whether the limit is a minimum; otherwise it is a maximum. */
  readonly isMinimum?: boolean;
}

/** A section of the report. */
interface Section {
  readonly title: string;
  /** Rows of cells; the first row is the header. */
  readonly table: readonly (readonly string[])[];
  readonly targets: readonly Target[];
}

/** Settings that all measurements share. */
interface Bench {
  readonly plan: Plan;
  readonly port: number;
  /** A temporary folder, deleted at the end. */
  readonly folder: string;
  readonly config: string;
}

async function main(args: readonly string[]): Promise<number> {
  if (args.some((arg) => arg !== "--write" && arg !== "--smoke")) {
    console.error("usage: deno task bench [--smoke] [--write]");
    return 2;
  }
  const plan = args.includes("--smoke") ? SMOKE : FULL;
  const folder = await Deno.makeTempDir({ prefix: "nephos-bench-" });
  try {
    const sections: Section[] = [];
    const versions = [`Deno ${Deno.version.deno}`];
    const sizes = [COLD_NODES, ...plan.lists.map(({ nodes }) => nodes)];
    const found = await config();
    await using server = start(Deno.execPath(), [
      "run",
      `--config=${found}`,
      "--allow-net=127.0.0.1",
      path("bench/server.ts"),
      ...new Set(sizes.map(String)),
    ]);
    const { port } = await server.read<{ port: number }>();
    const bench: Bench = { plan, port, folder, config: found };
    const show = (section: Section) => {
      sections.push(section);
      console.log(`\n${sectionText(section)}`);
    };

    {
      await using lister = start(Deno.execPath(), [
        "run",
        `--config=${found}`,
        "--v8-flags=--expose-gc",
        "--allow-net=127.0.0.1",
        path("bench/lister.ts"),
      ]);
      show(await measureLists(bench, lister, "Deno, from source", 1.3));
      show(await measureScale(bench, lister));
      const version = await libcloudVersion();
      if (version) {
        versions.push(`python3-libcloud ${version}`);
        show(await measureLibcloud(bench, lister));
      } else {
        console.log(
          "\nSKIP Libcloud: needs python3-libcloud; apt-get install python3-libcloud",
        );
      }
    }
    const node = await findNode();
    if (node) {
      versions.push(`Node ${NODE_VERSION}`);
      const file = `${folder}/lister.mjs`;
      await bundle(path("bench/lister.ts"), file);
      await using lister = start(node, ["--expose-gc", file]);
      show(await measureLists(bench, lister, "Node, bundled", 1.35));
    } else {
      console.log(
        `\nSKIP Node: npx could not install node@${NODE_VERSION}`,
      );
    }
    show(await measureColdStart(bench, "bundled", 1.4));
    show(await measureColdStart(bench, "from source", 1.6));

    const report = reportText(sections, versions);
    console.log(`\n${targetsText(sections.flatMap(({ targets }) => targets))}`);
    if (args.includes("--write")) await writeReport(report);
    return 0;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

// Lists

async function measureLists(
  bench: Bench,
  lister: Child,
  where: string,
  limit: number,
): Promise<Section> {
  const rows: Comparison[] = [];
  for (const { nodes, rounds, calls } of bench.plan.lists) {
    const peer = (name: string) => () =>
      takeTurn(bench, lister, name, nodes, calls);
    rows.push(await compare(rounds, peer("baseline"), peer("nephos")));
  }
  const { lists, targetNodes } = bench.plan;
  const target = lists.findIndex(({ nodes }) => nodes === targetNodes);
  return {
    title: `Lists: ${where}`,
    table: [
      [
        "nodes",
        "baseline CPU",
        "nephos CPU",
        "**CPU ratio**",
        "interquartile range",
        "wall time ratio",
      ],
      ...rows.map(({ base, peer, ratio, spread }, index) => [
        count(lists[index]!.nodes),
        ms(base.cpuMs),
        ms(peer.cpuMs),
        `**${times(ratio.cpuMs)}**`,
        spread.map(times).join(" to "),
        times(ratio.wallMs),
      ]),
    ],
    targets: [{
      name: `CPU time for ${count(targetNodes)} nodes, ` +
        `relative to the baseline (${where})`,
      value: rows[target]!.ratio.cpuMs,
      limit,
    }],
  };
}

async function measureScale(bench: Bench, lister: Child): Promise<Section> {
  const [few, many] = bench.plan.lists.slice(-2).map(({ nodes }) => nodes);
  if (!few || !many) {
    throw new RangeError("measureScale: lists must have at least 2 lengths");
  }
  const rows: (readonly [string, Comparison])[] = [];
  for (const name of ["baseline", "nephos"]) {
    // Both turns read the same number of nodes.
    const comparison = await compare(
      bench.plan.scaleRounds,
      () => takeTurn(bench, lister, name, few, Math.round(many / few)),
      () => takeTurn(bench, lister, name, many, 1),
    );
    rows.push([name, comparison]);
  }
  const perNode = ({ cpuMs }: Cost, nodes: number) =>
    `${(cpuMs * 1000 / nodes).toFixed(1)} µs`;
  return {
    title: "CPU time per node: Deno, from source",
    table: [
      [
        "peer",
        `in a list of ${count(few)}`,
        `in a list of ${count(many)}`,
        "**ratio**",
      ],
      ...rows.map(([name, { base, peer, ratio }]) => [
        name,
        perNode(base, few),
        perNode(peer, many),
        `**${times(ratio.cpuMs * few / many)}**`,
      ]),
    ],
    targets: [{
      name: `CPU time per node in a list of ${count(many)}, ` +
        `relative to a list of ${count(few)}`,
      value: rows[1]![1].ratio.cpuMs * few / many,
      limit: 1.3,
    }],
  };
}

async function measureLibcloud(bench: Bench, lister: Child): Promise<Section> {
  await using libcloud = start(PYTHON, [
    path("bench/list_with_libcloud.py"),
    "127.0.0.1",
    String(bench.port),
  ]);
  const { lists, targetNodes: nodes } = bench.plan;
  const { calls } = lists.find((list) => list.nodes === nodes)!;
  const { base, peer, ratio, spread } = await compare(
    bench.plan.libcloudRounds,
    () => takeTurn(bench, lister, "nephos", nodes, calls),
    () => takeTurn(bench, libcloud, "libcloud", nodes, calls),
  );
  return {
    title: `Lists of ${count(nodes)} nodes: Apache Libcloud`,
    table: [
      [
        "peer",
        "CPU",
        "**CPU ratio**",
        "interquartile range",
        "wall time ratio",
      ],
      ["nephos on Deno", ms(base.cpuMs), "", "", ""],
      [
        "Libcloud on Python",
        ms(peer.cpuMs),
        `**${times(ratio.cpuMs)}**`,
        spread.map(times).join(" to "),
        times(ratio.wallMs),
      ],
    ],
    targets: [{
      name: `CPU time of Libcloud for ${
        count(nodes)
      } nodes, relative to nephos`,
      value: ratio.cpuMs,
      limit: 2,
      isMinimum: true,
    }],
  };
}

/** Makes a peer list nodes several times, and returns the cost per call. */
async function takeTurn(
  { port }: Bench,
  child: Child,
  peer: string,
  nodes: number,
  calls: number,
): Promise<Cost> {
  const turn = await child.request<Cost & { readonly nodes: number }>({
    peer,
    url: `http://127.0.0.1:${port}/${nodes}`,
    path: `/${nodes}`,
    calls,
  });
  if (turn.nodes !== nodes * calls) {
    throw new Error(
      `takeTurn: ${peer} must list ${nodes * calls} nodes, got ${turn.nodes}`,
    );
  }
  return { cpuMs: turn.cpuMs / calls, wallMs: turn.wallMs / calls };
}

async function libcloudVersion(): Promise<string | undefined> {
  const script = "import libcloud; print(libcloud.__version__)";
  return await output(PYTHON, ["-c", script]);
}

/** Finds the path of Node; npx installs and caches it. */
async function findNode(): Promise<string | undefined> {
  return await output("npx", [
    "-y",
    `node@${NODE_VERSION}`,
    "-p",
    "process.execPath",
  ]);
}

// Cold start

async function measureColdStart(
  bench: Bench,
  how: "bundled" | "from source",
  limit: number,
): Promise<Section> {
  const names = ["empty", "baseline", "load", "construct", "nephos"] as const;
  const costs = new Map<string, Cost[]>(names.map((name) => [name, []]));
  const runs: (readonly [string, readonly string[]])[] = [];
  for (const name of names) {
    const source = path(`bench/cold/${name}.ts`);
    const file = `${bench.folder}/${name}.js`;
    if (how === "bundled") await bundle(source, file, "--minify");
    runs.push([
      name,
      how === "bundled"
        ? ["--no-config", file]
        : [`--config=${bench.config}`, source],
    ]);
  }
  const url = `http://127.0.0.1:${bench.port}/${COLD_NODES}`;
  // The first two rounds fill Deno's caches.
  for (let round = -2; round < bench.plan.coldRounds; round++) {
    for (const [name, args] of round % 2 === 0 ? runs : runs.toReversed()) {
      const cost = await startUp([...args, url]);
      if (round >= 0) costs.get(name)!.push(cost);
    }
  }
  const all = Object.fromEntries(
    names.map((name) => [name, medianCost(costs.get(name)!)]),
  ) as Record<typeof names[number], Cost>;
  const ratios = costs.get("nephos")!.map((cost, index) =>
    divide(cost, costs.get("baseline")![index]!)
  );
  const ratio = medianCost(ratios);
  const wall = ratios.map(({ wallMs }) => wallMs);
  const row = (name: string, { wallMs, cpuMs }: Cost, less?: Cost) => [
    name,
    ms(wallMs - (less?.wallMs ?? 0)),
    ms(cpuMs - (less?.cpuMs ?? 0)),
  ];
  return {
    title: `Cold start, ${how}`,
    table: [
      ["time to the first node", "wall time", "CPU"],
      row("baseline", all.baseline),
      row("nephos", all.nephos),
      [
        "**ratio**",
        `**${times(ratio.wallMs)}** (interquartile range ` +
        `${times(quantile(wall, 0.25))} to ${times(quantile(wall, 0.75))})`,
        times(ratio.cpuMs),
      ],
      row("both: start the process", all.empty),
      row("baseline: list the nodes", all.baseline, all.empty),
      row("nephos: load the modules", all.load, all.empty),
      row("nephos: create the driver", all.construct, all.load),
      row("nephos: list the nodes", all.nephos, all.construct),
    ],
    targets: [{
      name: `Cold start, relative to the baseline (${how})`,
      value: ratio.wallMs,
      limit,
    }],
  };
}

/** Starts a script, and returns the cost until its first line of output. */
async function startUp(args: readonly string[]): Promise<Cost> {
  const startedAt = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--cached-only", "--allow-net=127.0.0.1", ...args],
    stdout: "piped",
    stderr: "inherit",
    env: { DENO_NO_UPDATE_CHECK: "1" },
  }).spawn();
  let wallMs = 0;
  let text = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    wallMs ||= performance.now() - startedAt;
    text += chunk;
  }
  await child.status;
  const { cpu: { user, system } } = JSON.parse(text);
  return { wallMs, cpuMs: (user + system) / 1000 };
}

async function bundle(
  source: string,
  file: string,
  ...flags: readonly string[]
): Promise<void> {
  const { code, output } = await runDeno(
    ["bundle", ...flags, `--output=${file}`, source],
    { capture: true },
  );
  if (code !== 0) {
    throw new Error(`bundle: could not bundle ${source}: ${output}`);
  }
}

/** Returns the last line of a program's output, or `undefined` if it fails. */
async function output(
  command: string,
  args: readonly string[],
): Promise<string | undefined> {
  try {
    const { success, stdout } = await new Deno.Command(command, {
      args: [...args],
      stdin: "null",
      stderr: "null",
    }).output();
    const text = new TextDecoder().decode(stdout).trim();
    return success ? text.split("\n").at(-1) : undefined;
  } catch {
    return undefined;
  }
}

// The report

function sectionText({ title, table }: Section): string {
  const [head = [], ...rows] = table;
  const rule = head.map((_, column) => column === 0 ? "---" : "--:");
  return [
    `### ${title}`,
    "",
    ...[head, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`),
  ].join("\n");
}

function targetsText(targets: readonly Target[]): string {
  return targets.map(({ name, value, limit, isMinimum = false }) => {
    const isMet = isMinimum ? value >= limit : value <= limit;
    const kind = isMinimum ? "least" : "most";
    return `- ${name}: ${times(value)} ` +
      `(target: at ${kind} ${limit}, ${isMet ? "met" : "MISSED"})`;
  }).join("\n");
}

function reportText(
  sections: readonly Section[],
  versions: readonly string[],
): string {
  const { os, arch } = Deno.build;
  return [
    `Measured on ${
      new Date().toISOString().slice(0, 10)
    } on a shared machine ` +
    `with ${navigator.hardwareConcurrency} cores (${arch}, ${os}). ` +
    `Versions: ${versions.join(", ")}.`,
    "",
    targetsText(sections.flatMap(({ targets }) => targets)),
    "",
    ...sections.map((section) => `${sectionText(section)}\n`),
  ].join("\n");
}

async function writeReport(report: string): Promise<void> {
  const file = new URL("bench/README.md", ROOT);
  const old = await Deno.readTextFile(file);
  const marks = /(<!-- results -->\n).*(<!-- end -->)/s;
  if (!marks.test(old)) {
    throw new Error(
      "writeReport: bench/README.md must contain <!-- results --> and <!-- end -->",
    );
  }
  await Deno.writeTextFile(
    file,
    old.replace(marks, (_, begin, end) => `${begin}\n${report}\n${end}`),
  );
  await runDeno(["fmt", "--quiet", path("bench/README.md")]);
}

function count(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, " ");
}

function ms(number: number): string {
  return `${number.toFixed(1)} ms`;
}

function times(number: number): string {
  return number.toFixed(2);
}

if (import.meta.main) Deno.exit(await main(Deno.args));
