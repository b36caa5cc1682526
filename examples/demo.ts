/**
 * The demo: what one can do with nephos in a minute.
 *
 * Without arguments it serves the NephoScale simulator on loopback and takes a
 * node through its life. With `--provider` it only reads, and from the real
 * provider (or whatever is at `--url`): the credentials are taken from the
 * environment variables named in {@linkcode CREDENTIALS}.
 *
 * @module
 */

import { parseArgs } from "node:util";
import {
  createDriver,
  type Node,
  type NodeDriver,
  type NodeState,
  type ProviderId,
} from "@nephos/nephos";
import { NephoScaleNodeDriver } from "@nephos/nephos/drivers/nephoscale";
import { NephoScaleSimulator } from "@nephos/nephos/simulators/nephoscale";

/** Environment variables with the credentials of each provider. */
const CREDENTIALS: Readonly<Record<ProviderId, Record<string, string>>> = {
  digitalocean: { token: "DIGITALOCEAN_TOKEN" },
  ec2: {
    accessKeyId: "AWS_ACCESS_KEY_ID",
    secretAccessKey: "AWS_SECRET_ACCESS_KEY",
    region: "AWS_REGION",
  },
  linode: { token: "LINODE_TOKEN" },
  nephoscale: {
    username: "NEPHOSCALE_USERNAME",
    password: "NEPHOSCALE_PASSWORD",
  },
};

/** Says which call comes next, and what for. */
function say(call: string, what: string): void {
  console.log(`\n%c${call}%c  ${what}`, "font-weight: bold", "");
}

/** Prints rows as a table whose columns are as wide as they must be. */
function table(rows: readonly Readonly<Record<string, unknown>>[]): void {
  const [first] = rows;
  if (!first) return console.log("  (none)");
  const text = (value: unknown) => value === undefined ? "-" : String(value);
  const columns = Object.keys(first).map((name) => {
    const cells = [name, ...rows.map((row) => text(row[name]))];
    const width = Math.max(...cells.map((cell) => cell.length));
    const isNumber = rows.every((row) => typeof row[name] === "number");
    return cells.map((cell) =>
      isNumber ? cell.padStart(width) : cell.padEnd(width)
    );
  });
  for (const line of columns[0]!.keys()) {
    console.log(
      `  ${columns.map((column) => column[line]).join("  ").trimEnd()}`,
    );
  }
}

function tableOfNodes(nodes: readonly Node[]): void {
  table(nodes.map(({ id, name, state, publicIps, privateIps }) => ({
    id,
    name,
    state,
    public: publicIps.join(" ") || undefined,
    private: privateIps.join(" ") || undefined,
  })));
}

/** Shows what a provider has, and changes nothing. */
async function read(cloud: NodeDriver): Promise<void> {
  say("cloud.listLocations()", "where a node can run");
  table((await cloud.listLocations()).map(({ id, name, country }) => ({
    id,
    name,
    country,
  })));

  say("cloud.listSizes()", "what a node can be, the smallest first");
  const sizes = await cloud.listSizes();
  sizes.sort((a, b) =>
    (a.price?.hourly ?? Infinity) - (b.price?.hourly ?? Infinity)
  );
  table(sizes.map(({ id, name, vcpus, ramMib, diskGb, price }) => ({
    id,
    name,
    vcpus,
    "RAM/MiB": ramMib,
    "disk/GB": diskGb,
    "price/hour": price?.hourly === undefined
      ? undefined
      : `${price.hourly.toFixed(3)} ${price.currency}`,
  })));

  say("cloud.listImages()", "what a node can be made from");
  table((await cloud.listImages()).map(({ id, name }) => ({ id, name })));

  say("cloud.listNodes()", "what there is");
  tableOfNodes(await cloud.listNodes());
}

/** Takes a node through its life. */
async function live(cloud: NephoScaleNodeDriver): Promise<void> {
  const intervalMs = 50;
  const reach = async (node: Node, state: NodeState): Promise<void> => {
    while ((await cloud.getNode(node)).state !== state) {
      await new Promise((resolve) => setTimeout(resolve, intervalMs));
    }
    console.log(`  ${state}`);
  };

  say("cloud.importKeyPair({ name, publicKey })", "a key to log in with");
  const key = await cloud.importKeyPair({
    name: "laptop",
    publicKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExhcHRvcA me@example.com",
  });
  say("cloud.createKeyPair({ name })", "a password for the console");
  const consoleKey = await cloud.createKeyPair({ name: "console" });
  console.log(`  ${consoleKey.password?.length} random characters, told once`);
  say("cloud.listKeyPairs()", "keys, without their secrets");
  table((await cloud.listKeyPairs()).map(({ id, name, extra }) => ({
    id,
    name,
    kind: extra.kind,
    group: extra.group,
  })));

  say("cloud.createNode({ name, size, image, … })", "a node is made");
  const node = await cloud.createNode({
    name: "web-1",
    size: "5",
    image: "177",
    location: "86945",
    keyPairs: [key],
    consoleKey,
    intervalMs,
  });
  tableOfNodes([node]);

  say("cloud.waitUntilRunning(node)", "until it runs and has an address");
  const isTerminal = Deno.stdout.isTerminal();
  const running = await cloud.waitUntilRunning(node, {
    intervalMs,
    onProgress({ ready, waiting, elapsedMs }) {
      if (!isTerminal) return;
      const line = `\r  ${ready.length} ready, ${waiting.length} not yet, ` +
        `after ${(elapsedMs / 1000).toFixed(1)} s${ready.length ? "\n" : ""}`;
      Deno.stdout.writeSync(new TextEncoder().encode(line));
    },
  });
  tableOfNodes(running);

  say("cloud.rebootNode(node)", "restart it");
  await cloud.rebootNode(node);
  await reach(node, "running");
  say("cloud.stopNode(node)", "switch it off");
  await cloud.stopNode(node);
  await reach(node, "stopped");
  say("cloud.startNode(node)", "switch it on again");
  await cloud.startNode(node);
  await reach(node, "running");
  say("cloud.renameNode(node, { name, hostname })", "call it something else");
  await cloud.renameNode(node, { name: "web-2", hostname: "web-2" });
  tableOfNodes(await cloud.listNodes());

  say("cloud.destroyNode(node)", "and that was its life");
  await cloud.destroyNode(node);
  await cloud.deleteKeyPair(key);
  await cloud.deleteKeyPair(consoleKey);
  tableOfNodes(await cloud.listNodes());
}

async function readFrom(id: string, baseUrl?: string): Promise<void> {
  const variables = CREDENTIALS[id as ProviderId];
  if (!variables) {
    throw new TypeError(
      `Cannot use "${id}": it is none of ${Object.keys(CREDENTIALS)}`,
    );
  }
  const credentials = Object.entries(variables).map(([option, variable]) => {
    const value = Deno.env.get(variable);
    if (!value) throw new TypeError(`Cannot log in: ${variable} is not set`);
    return [option, value];
  });
  await read(
    await createDriver(id, { ...Object.fromEntries(credentials), baseUrl }),
  );
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { provider: { type: "string" }, url: { type: "string" } },
  });
  const { provider, url } = values;
  if (provider) return await readFrom(provider, url);
  if (url) throw new TypeError("Cannot use --url without --provider");

  const simulator = new NephoScaleSimulator({ nodes: 2, bootMs: 1000 });
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    simulator.fetch,
  );
  try {
    const baseUrl = `http://127.0.0.1:${server.addr.port}`;
    console.log(`The NephoScale simulator answers at ${baseUrl}`);
    const { credentials } = simulator;
    const cloud = new NephoScaleNodeDriver({ ...credentials, baseUrl });
    await read(cloud);
    await live(cloud);
  } finally {
    await server.shutdown();
  }
}

try {
  await main();
} catch (error) {
  // The message is enough: what went wrong is the user's to know, not the stack.
  console.error(String(error));
  Deno.exit(1);
}
