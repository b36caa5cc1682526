/**
 * A session in a pseudo-terminal, and the same commands without one.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { Ec2Simulator } from "../../simulators/aws/ec2.ts";
import { HetznerSimulator } from "../../simulators/hetzner/mod.ts";
import { config, path } from "../../tools/deno.ts";
import { needs, PYTHON } from "../_support/needs.ts";
import { serve } from "../_support/serve.ts";

/** The keys Ctrl-C and Ctrl-D. */
const CTRL_C = "\x03";
const CTRL_D = "\x04";

/** Text to wait for, and keys to type then. */
interface Step {
  readonly wait: string;
  readonly type: string;
}

interface Ended {
  readonly output: string;
  readonly code: number;
}

const COLUMNS = 60;

const NEPHOS = [
  Deno.execPath(),
  "run",
  "--allow-all",
  "--no-check",
  "--quiet",
  `--config=${await config()}`,
  path("cli/main.ts"),
];

/** Runs a command in a terminal. */
async function inTerminal(
  args: string,
  env: Readonly<Record<string, string>>,
  ...steps: readonly Step[]
): Promise<Ended> {
  const child = new Deno.Command(PYTHON, {
    args: [path("tests/cli/terminal.py")],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  const command = [...NEPHOS, ...args.split(" ")];
  const task = { command, env: { ...base(), ...env }, columns: COLUMNS, steps };
  await writer.write(new TextEncoder().encode(JSON.stringify(task)));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** Runs a command whose input and outputs are pipes. */
async function inPipes(args: string, env: Readonly<Record<string, string>>) {
  const [program = "", ...rest] = NEPHOS;
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [...rest, ...args.split(" ")],
    env: { ...base(), ...env },
    clearEnv: true,
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return {
    code,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
  };
}

/** What Deno itself needs. */
function base(): Record<string, string> {
  const { PATH = "", HOME = "", DENO_DIR = "" } = Deno.env.toObject();
  return {
    PATH,
    HOME,
    ...DENO_DIR && { DENO_DIR },
    NEPHOS_CONFIG: "",
    TERM: "xterm",
  };
}

/**
 * Serves a simulated project. Its time passes only when a client looks, by a
 * second each, so that every wait looks twice.
 */
function project(createMs = 500) {
  let time = Date.now();
  const simulator = new HetznerSimulator({
    nodes: 3,
    createMs,
    now: () => time,
  });
  const server = serve(async (request) => {
    const response = await simulator.fetch(request);
    if (request.method === "GET") time += 1000;
    return response;
  });
  return {
    simulator,
    env: {
      NEPHOS_PROVIDER: "hetzner",
      HCLOUD_ENDPOINT: `${server.url}/v1`,
      HCLOUD_TOKEN: simulator.credentials.token,
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

const CREATE = "nodes create web-1 --size cx22 --image debian-12 --wait";
const QUESTION = {
  wait:
    "All data of node-1 (42) at Hetzner Cloud will be deleted. Continue? [y/N] ",
};

const test = (name: string, fn: () => Promise<void>) =>
  Deno.test({ ...needs(name, { commands: [PYTHON] }), fn });

test("a terminal shows a bold heading, unless NO_COLOR is set", async () => {
  await using account = project();
  const { output, code } = await inTerminal("nodes list", account.env);
  assertEquals(code, 0);
  assert(output.startsWith("\x1b[1mID  NAME"), output);
  assertStringIncludes(output, "SIZE ID\x1b[0m\r\n42  node-1");
  const plain = await inTerminal("nodes list", {
    ...account.env,
    NO_COLOR: "1",
  });
  assert(plain.output.startsWith("ID  NAME"), plain.output);
  const pipe = await inPipes("nodes list", account.env);
  assertEquals(pipe.stdout, plain.output.replaceAll("\r\n", "\n"));
});

test("a terminal shows a bar while a command waits, and removes it", async () => {
  await using account = project();
  const { output, code } = await inTerminal(CREATE, account.env);
  assertEquals(code, 0);
  assertMatch(
    output,
    /^created web-1 \(\d+\)\r\n\r.\[K\[\.{20}\] \d+ \w+ 0 of 1 ready; web-1 is \w+/,
  );
  assertMatch(output, /\[#{20}\] \d+ \w+ 1 of 1 ready\r.\[K.\[1mID /);
  for (const line of output.split(/\r|\n/)) {
    // Longer lines would break, and could not be removed.
    if (line.includes("ready")) assert(line.length <= COLUMNS + 2, line);
  }
  const pipe = await inPipes(CREATE.replace("web-1", "web-2"), account.env);
  assertMatch(
    pipe.stderr,
    /^created web-2 \(\d+\)\n0 of 1 ready; web-2 is \w+\n1 of 1 ready\n$/,
  );
});

test("a terminal asks before it destroys", async () => {
  await using account = project();
  const command = "nodes destroy node-1";
  const no = await inTerminal(command, account.env, {
    ...QUESTION,
    type: "n\r",
  });
  assertEquals(no.code, 1);
  assertStringIncludes(no.output, "error: not confirmed; nothing was changed");
  const end = await inTerminal(command, account.env, {
    ...QUESTION,
    type: CTRL_D,
  });
  assertEquals(end.code, 1);
  const abort = await inTerminal(command, account.env, {
    ...QUESTION,
    type: CTRL_C,
  });
  assertEquals(abort.code, 130);
  assertStringIncludes(abort.output, "error: interrupted");
  const pipe = await inPipes(command, account.env);
  assertEquals(pipe.code, 2);
  assertMatch(
    pipe.stderr,
    /^error: --yes is missing, and there is no terminal to ask for confirmation\n/,
  );
  assertEquals(account.simulator.inventory().nodes.length, 3);
  const yes = await inTerminal(command, account.env, {
    ...QUESTION,
    type: "y\r",
  });
  assertEquals(yes.code, 0);
  assertStringIncludes(yes.output, "42  node-1  destroyed");
});

test("Ctrl-C during a wait ends the command, and says what exists", async () => {
  await using account = project(60_000);
  const { output, code } = await inTerminal(CREATE, account.env, {
    wait: "0 of 1 ready",
    type: CTRL_C,
  });
  assertEquals(code, 5);
  assertMatch(
    output,
    /error: interrupted; the node web-1 \((\d+)\) exists, and is billed\r\nhint: run "nephos nodes get \1", or "nephos nodes destroy \1"\r\n$/,
  );
});

test("Ctrl-C ends nephos simulate without an error", async () => {
  const { output, code } = await inTerminal("simulate linode --port 0", {}, {
    wait: "export LINODE_TOKEN=token",
    type: CTRL_C,
  });
  assertEquals(code, 0);
  assertMatch(
    output,
    /^# linode is simulated at http:\/\/127\.0\.0\.1:\d+\/v4\r\n/,
  );
});

test("Ctrl-C ends nephos fleet --serve without an error", async () => {
  const { output, code } = await inTerminal(
    "fleet --serve -p hetzner --simulate",
    {},
    { wait: "Press Ctrl-C to stop.", type: CTRL_C },
  );
  assertEquals(code, 0);
  assertMatch(output, /^http:\/\/nephos:[\w-]{36}@127\.0\.0\.1:\d+\/\r\n/);
});

test("a reader that ends early is no error", async () => {
  const command = [...NEPHOS, "sizes", "list", "-p", "linode", "--simulate"]
    .map((it) => `'${it}'`).join(" ");
  const { code, stdout, stderr } = await new Deno.Command("bash", {
    args: ["-c", `set -o pipefail; ${command} | head -n 1`],
    env: base(),
    stdin: "null",
  }).output();
  assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
  assertMatch(new TextDecoder().decode(stdout), /^ID .*\n$/);
});

/** Every further command; those with state come in the order of a life. */
const LIFE: readonly (readonly [args: string, output: RegExp])[] = [
  ["nodes list --filter state=running -o name", /node-1/],
  [
    "nodes create web-1 --size t3.micro --image IMAGE --tag env:prod --wait",
    /web-1 +running/,
  ],
  ["tags list --simulate", /KEY/],
  ["nodes get web-1 -o yaml", /^id: i-/],
  ["nodes stop web-1 --wait", /stopped/],
  ["nodes resize web-1 --size t3.small", /resized to t3\.small/],
  ["nodes start web-1 --wait", /running/],
  ["nodes reboot web-1", /rebooted/],
  ["nodes rename web-1 web-2", /web-2 +renamed/],
  ["sizes list --columns id,vcpus --sort vcpus", /VCPUS/],
  ["locations list", /us-east-1a/],
  ["images find debian 12", /debian-12/],
  ["keys create robot", /PRIVATE KEY/],
  ["keys list -o json", /"robot"/],
  ["keys delete robot --yes", /deleted/],
  ["volumes create data --size 8 --location us-east-1a", /data +8/],
  ["volumes list", /data/],
  ["snapshots create data --name before", /before/],
  ["snapshots list", /before/],
  ["volumes destroy data --dry-run", /dry run: would destroy data/],
  ["cheapest --vcpus 2 --ram 4G --limit 1", /DRIVER/],
  ["prices ec2 t3.micro --location us-east-1", /0\.0104/],
  ["fleet list -o name", /ec2\/i-/],
  ["fleet cost", /total/],
  ["nodes destroy web-2 --yes --wait", /terminated/],
  ["completion bash", /complete .* nephos/],
  ["--help", /Commands:/],
];

test("every command works in a terminal", async () => {
  const simulator = new Ec2Simulator({ nodes: 1, hiddenMs: 0, listLagMs: 0 });
  await using server = serve(simulator.fetch);
  const env = {
    NEPHOS_PROVIDER: "ec2",
    NEPHOS_ENDPOINT: server.url,
    AWS_ACCESS_KEY_ID: simulator.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: simulator.credentials.secretAccessKey,
    AWS_REGION: "us-east-1",
  };
  const found = await inPipes("images find debian 12 -o name", env);
  for (const [args, expected] of LIFE) {
    const command = args.replace("IMAGE", found.stdout.trim());
    const { output, code } = await inTerminal(command, env);
    assertEquals(code, 0, `${command}: ${output}`);
    assertMatch(output.replaceAll("\r\n", "\n"), expected);
  }
});
