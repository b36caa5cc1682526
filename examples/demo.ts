/**
 * The demo: what you can do with nephos in a minute.
 *
 * By default it serves the DigitalOcean simulator on this machine, and shows the
 * lifecycle of a node. `--provider` chooses another provider.
 *
 * With `--real` it reads from the real provider, or from the endpoint at
 * `--url`, and changes nothing. The credentials come from the environment
 * variables in `docs/credentials.md`.
 *
 * @module
 */

import { parseArgs } from "node:util";
import {
  createDriver,
  createDriverFromEnv,
  type Fetch,
  getDriver,
  type Node,
  type NodeDriver,
  type NodeSize,
  type NodeState,
  Provider,
  type ProviderId,
  supports,
} from "@nephos/nephos";

/** A simulated account, and a node to create in it. */
interface Simulation {
  readonly simulator: {
    readonly fetch: Fetch;
    readonly credentials: object;
  };
  /** Options of the driver besides the credentials. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Path of the provider's login, if it has an address of its own. */
  readonly loginPath?: string;
  /** Path of the provider's base URL. */
  readonly path?: string;
  /**
   * Whether a new node has private addresses only.
   *
   * @default {false}
   */
  readonly isPrivate?: boolean;
  /** Size, image and location of the node. */
  readonly node: {
    readonly size: string;
    /**
     * Image of the node.
     *
     * @default {the first image in the list}
     */
    readonly image?: string;
    readonly location: string;
  };
}

const FEW = { nodes: 2 };

/** Creates the simulated account of each provider. */
const SIMULATIONS: Readonly<Record<ProviderId, () => Promise<Simulation>>> = {
  async digitalocean() {
    const { DigitalOceanSimulator } = await import(
      "@nephos/nephos/simulators/digitalocean"
    );
    return {
      simulator: new DigitalOceanSimulator({ ...FEW, createMs: 700 }),
      node: { size: "s-1vcpu-1gb", image: "debian-12-x64", location: "fra1" },
    };
  },
  async ec2() {
    const { Ec2Simulator } = await import(
      "@nephos/nephos/simulators/aws/ec2"
    );
    return {
      simulator: new Ec2Simulator({ ...FEW, createMs: 700 }),
      settings: { region: "us-east-1" },
      // Ids of images differ between regions and accounts.
      node: { size: "t3.micro", location: "us-east-1a" },
    };
  },
  async hetzner() {
    const { HetznerSimulator } = await import(
      "@nephos/nephos/simulators/hetzner"
    );
    return {
      simulator: new HetznerSimulator({ ...FEW, createMs: 700 }),
      path: "/v1",
      node: { size: "cx22", image: "debian-12", location: "fsn1" },
    };
  },
  async linode() {
    const { LinodeSimulator } = await import(
      "@nephos/nephos/simulators/linode"
    );
    return {
      simulator: new LinodeSimulator({ ...FEW, bootMs: 700 }),
      path: "/v4",
      node: {
        size: "g6-nanode-1",
        image: "linode/debian12",
        location: "eu-central",
      },
    };
  },
  async nephoscale() {
    const { NephoScaleSimulator } = await import(
      "@nephos/nephos/simulators/nephoscale"
    );
    return {
      simulator: new NephoScaleSimulator({ ...FEW, bootMs: 700 }),
      node: { size: "5", image: "177", location: "86945" },
    };
  },
  async openstack() {
    const { OpenStackSimulator } = await import(
      "@nephos/nephos/simulators/openstack"
    );
    return {
      simulator: new OpenStackSimulator({ ...FEW, createMs: 700 }),
      loginPath: "/identity/v3",
      path: "/compute/v2.1",
      isPrivate: true,
      node: { size: "1", location: "nova" },
    };
  },
  async rackspace() {
    const { RackspaceSimulator } = await import(
      "@nephos/nephos/simulators/rackspace"
    );
    return {
      simulator: new RackspaceSimulator({ ...FEW, createMs: 700 }),
      loginPath: "/identity/v2.0",
      path: "/compute/v2/123456",
      node: { size: "performance1-1", location: "DFW" },
    };
  },
  async softlayer() {
    const { SoftLayerSimulator } = await import(
      "@nephos/nephos/simulators/softlayer"
    );
    return {
      simulator: new SoftLayerSimulator({ ...FEW, createMs: 700 }),
      path: "/rest/v3.1",
      node: { size: "5", image: "DEBIAN_12_64", location: "dal05" },
    };
  },
};

/** More rows than this are left out. */
const MAX_ROWS = 8;
const INTERVAL_MS = 50;

/** Prints the next call and its purpose. */
function say(call: string, purpose: string): void {
  console.log(`\n%c${call}%c  ${purpose}`, "font-weight: bold", "");
}

/** Prints rows as a table, and the number of rows that it leaves out. */
function table(all: readonly Readonly<Record<string, unknown>>[]): void {
  const rows = all.slice(0, MAX_ROWS);
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
  for (const line of [first, ...rows].keys()) {
    console.log(
      `  ${columns.map((column) => column[line]).join("  ").trimEnd()}`,
    );
  }
  const more = all.length - rows.length;
  if (more > 0) console.log(`  and ${more} more`);
}

function tableOfNodes(nodes: readonly Node[]): void {
  table(nodes.map(({ id, name, state, publicIps, privateIps }) => ({
    id,
    name,
    state,
    "public IPs": publicIps.join(" ") || undefined,
    "private IPs": privateIps.join(" ") || undefined,
  })));
}

/** Shows what the account can use, and changes nothing. */
async function read(cloud: NodeDriver): Promise<void> {
  say("cloud.listLocations()", "locations that a node can run in");
  table((await cloud.listLocations()).map(({ id, name, country }) => ({
    id,
    name,
    country,
  })));

  say("cloud.listSizes()", "sizes that a node can have, the cheapest first");
  const hourly = ({ price }: NodeSize) => price?.hourly ?? Infinity;
  const sizes = (await cloud.listSizes())
    .toSorted((a, b) => hourly(a) - hourly(b));
  table(sizes.map(({ id, vcpus, ramMib, diskGb, price }) => ({
    id,
    vCPUs: vcpus,
    "RAM/MiB": ramMib,
    "disk/GB": diskGb,
    "price/hour": price?.hourly === undefined
      ? undefined
      : `${price.hourly.toFixed(4)} ${price.currency}`,
  })));

  say("cloud.listImages()", "images that a node can be created from");
  table((await cloud.listImages()).map(({ id, name }) => ({ id, name })));

  say("cloud.listNodes()", "nodes of the account");
  tableOfNodes(await cloud.listNodes());
}

/** Shows the lifecycle of a node. */
async function live(
  cloud: NodeDriver,
  { node: options, isPrivate }: Simulation,
): Promise<void> {
  const until = async (
    isDone: (node: Node) => boolean,
  ): Promise<Node> => {
    let current = await cloud.getNode(node);
    while (!isDone(current)) {
      await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
      current = await cloud.getNode(node);
    }
    return current;
  };
  const reach = async (wanted: NodeState): Promise<void> => {
    const { state } = await until(({ state }) => state === wanted);
    console.log(`  ${state}`);
  };

  const keyPairs = [];
  if (supports(cloud, "keyPairs")) {
    say("cloud.importKeyPair({ name, publicKey })", "upload a public key");
    const keyPair = await cloud.importKeyPair({
      name: "laptop",
      publicKey:
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGVjwT9dHZ3BZ8bNrcLPrs3uJq5PYZbHqDkNPTmP7oqd me@example.com",
    });
    keyPairs.push(keyPair);
    table([{ id: keyPair.id, name: keyPair.name }]);
  }

  say("cloud.createNode({ name, size, image, … })", "create a node");
  const image = options.image ?? (await cloud.listImages())[0];
  if (!image) throw new Error("the account has no images");
  const node = await cloud.createNode({
    name: "web-1",
    ...options,
    image,
    keyPairs,
  });
  tableOfNodes([node]);

  if (isPrivate) {
    say("cloud.waitUntilRunning(node)", "wait until it runs");
  } else {
    say(
      'cloud.waitUntilRunning(node, { needsAddress: "public" })',
      "wait until it runs and has a public address",
    );
  }
  const isTerminal = Deno.stdout.isTerminal();
  const running = await cloud.waitUntilRunning(node, {
    needsAddress: isPrivate ? true : "public",
    intervalMs: INTERVAL_MS,
    onProgress({ ready, waiting, elapsedMs }) {
      if (!isTerminal) return;
      const total = ready.length + waiting.length;
      const line = `\r  ${ready.length} of ${total} ready ` +
        `(${(elapsedMs / 1000).toFixed(1)} s)${ready.length ? "\n" : ""}`;
      Deno.stdout.writeSync(new TextEncoder().encode(line));
    },
  });
  tableOfNodes(running);

  say("cloud.rebootNode(node)", "restart it");
  await cloud.rebootNode(node);
  await reach("running");
  if (supports(cloud, "power")) {
    say("cloud.stopNode(node)", "stop it");
    await cloud.stopNode(node);
    await reach("stopped");
    say("cloud.startNode(node)", "start it again");
    await cloud.startNode(node);
    await reach("running");
  }
  if (supports(cloud, "renaming")) {
    say("cloud.renameNode(node, { name })", "rename it");
    await cloud.renameNode(node, { name: "web-2" });
    tableOfNodes([await until(({ name }) => name === "web-2")]);
  }

  say("cloud.destroyNode(node)", "destroy it");
  await cloud.destroyNode(node);
  if (supports(cloud, "keyPairs")) {
    for (const keyPair of keyPairs) await cloud.deleteKeyPair(keyPair);
  }
  const listExisting = async () =>
    (await cloud.listNodes()).filter(({ state }) => state !== "terminated");
  let left = await listExisting();
  while (left.some(({ id }) => id === node.id)) {
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
    left = await listExisting();
  }
  tableOfNodes(left);
}

/** Serves the simulator of a provider, and shows what a driver does with it. */
async function simulate(provider: ProviderId): Promise<void> {
  const simulation = await SIMULATIONS[provider]();
  const { simulator, settings, loginPath, path = "" } = simulation;
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    simulator.fetch,
  );
  try {
    const root = `http://127.0.0.1:${server.addr.port}`;
    const baseUrl = root + path;
    const options = {
      ...simulator.credentials,
      ...loginPath && { authUrl: root + loginPath },
      ...settings,
      baseUrl,
    };
    const cloud: NodeDriver = await createDriver(provider as string, options);
    console.log(
      `A simulated ${cloud.displayName} account is served at ${baseUrl}`,
    );
    await read(cloud);
    await live(cloud, simulation);
  } finally {
    await server.shutdown();
  }
}

/** Reads from the real provider, or from another endpoint. */
async function readReal(
  provider: ProviderId,
  baseUrl: string | undefined,
): Promise<void> {
  const { variables } = await getDriver(provider);
  const names = variables.flatMap(({ names }) => names);
  // Reads each variable by itself: Deno permits the named ones only.
  const env = Object.fromEntries(
    names.map((name) => [name, Deno.env.get(name)]),
  );
  await read(await createDriverFromEnv(provider, env, { baseUrl }));
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      provider: { type: "string", default: "digitalocean" },
      real: { type: "boolean", default: false },
      url: { type: "string" },
    },
  });
  const ids = Object.values(Provider);
  const provider = ids.find((id) => id === values.provider);
  if (!provider) {
    throw new TypeError(
      `--provider must be one of ${ids.join(", ")}, got "${values.provider}"`,
    );
  }
  if (values.real) return await readReal(provider, values.url);
  if (values.url) throw new TypeError("--url needs --real");
  await simulate(provider);
}

try {
  await main();
} catch (error) {
  // A stack would not help a user of the demo.
  console.error(String(error));
  Deno.exit(1);
}
