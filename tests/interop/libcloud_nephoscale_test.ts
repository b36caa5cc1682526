/**
 * Apache Libcloud's own NephoScale driver against our simulator over loopback:
 * a client that nobody here wrote, and what it sees beside what ours sees.
 *
 * Where the two differ for good:
 *
 * - Libcloud reports a node that is off as unknown; its table says so.
 * - Its `create_node()` cannot tell the id, and sends the text "None" for keys
 *   and a zone that are not given.
 * - Its lists of keys hold passwords; ours never do.
 * - It sorts sizes by price, and has no processors; ids of nodes, sizes, images
 *   and locations are strings, but those of keys are numbers.
 * - Its driver insists on HTTPS; the script makes an exception.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { InvalidCredsError, NotFoundError } from "../../core/mod.ts";
import { NephoScaleNodeDriver } from "../../drivers/nephoscale.ts";
import { NephoScaleSimulator } from "../../simulators/nephoscale/mod.ts";
import { path } from "../../tools/deno.ts";
import { needs, PYTHON } from "../_support/needs.ts";
import { serve } from "../_support/serve.ts";

/** A node as Libcloud has it. */
interface LibcloudNode {
  readonly id: string | null;
  readonly name: string;
  readonly state: string;
  readonly public_ips: string[];
  readonly private_ips: string[];
  readonly extra: {
    readonly zone: string;
    readonly image: string;
    readonly service_type: string;
    readonly hostname: string;
    readonly create_time: string;
    readonly is_console_enabled: boolean;
    readonly network_ports: readonly {
      readonly devname: string;
      readonly macaddress: string;
    }[];
  };
}

/** A key as Libcloud has it. */
interface LibcloudKey {
  readonly id: number;
  readonly name: string;
  readonly key_group: number;
  readonly public_key: string | null;
  readonly password: string | null;
}

const GROUPS = { server: 1, console: 4 } as const;
const CREDENTIALS = { username: "jürgen", password: "pä:55€" };

const libcloud = (name: string, fn: () => Promise<void>) =>
  Deno.test({
    ...needs(name, { python: ["libcloud.compute.drivers.nephoscale"] }),
    fn,
  });

/** A simulator on loopback, Libcloud in a process of its own, and ours. */
async function setUp() {
  const simulator = new NephoScaleSimulator({
    ...CREDENTIALS,
    nodes: 5,
    createMs: 20,
    bootMs: 20,
    actionMs: 20,
  });
  const server = serve(simulator.fetch);
  const child = new Deno.Command(PYTHON, {
    args: [
      path("tests/interop/libcloud_nephoscale.py"),
      "127.0.0.1",
      String(server.port),
      CREDENTIALS.username,
      CREDENTIALS.password,
    ],
    env: { PYTHONIOENCODING: "utf-8", PYTHONDONTWRITEBYTECODE: "1" },
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const commands = child.stdin.getWriter();
  const answers = lines(child.stdout);

  async function call<T = unknown>(
    name: string,
    args: readonly unknown[] = [],
    options: Readonly<Record<string, unknown>> = {},
  ): Promise<T> {
    const line = JSON.stringify([name, args, options]);
    await commands.write(new TextEncoder().encode(`${line}\n`));
    const { value, done } = await answers.next();
    assert(!done, `libcloud ended at ${line}`);
    const { result, error } = JSON.parse(value);
    if (error !== undefined) throw new Error(error);
    return result;
  }

  const api = {
    call,
    ours: new NephoScaleNodeDriver({ ...CREDENTIALS, baseUrl: server.url }),
    url: server.url,
    nodes: () => call<LibcloudNode[]>("list_nodes"),
    keys: (options = {}) => call<LibcloudKey[]>("list_keys", [], options),
    /** Waits until Libcloud sees what is asked for. */
    async until(
      see: (nodes: LibcloudNode[]) => LibcloudNode | undefined,
    ): Promise<LibcloudNode> {
      for (let round = 0; round < 200; round++) {
        const node = see(await api.nodes());
        if (node !== undefined) return node;
      }
      throw new Error("Libcloud never saw it");
    },
    async [Symbol.asyncDispose]() {
      await commands.close();
      await answers.return(undefined);
      await child.status;
      await server[Symbol.asyncDispose]();
    },
  };
  // A first answer, so that a test does not time the start of Python.
  await call("list_locations");
  return api;
}

async function* lines(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string, undefined> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
  return undefined;
}

/** The nodes, as both clients should have them. */
async function oursLikeTheirs(
  cloud: NephoScaleNodeDriver,
): Promise<LibcloudNode[]> {
  const named = (list: readonly { id: string; name: string }[]) =>
    new Map(list.map(({ id, name }) => [id, name]));
  const images = named(await cloud.listImages());
  const sizes = named(await cloud.listSizes());
  const zones = named(await cloud.listLocations());
  return (await cloud.listNodes()).map((node) => ({
    id: node.id,
    name: node.name,
    // The one difference: Libcloud has no word for a node that is off.
    state: node.state === "running" ? "RUNNING" : "UNKNOWN",
    public_ips: [...node.publicIps],
    private_ips: [...node.privateIps],
    extra: {
      zone: zones.get(node.locationId!)!,
      image: images.get(node.imageId!)!,
      service_type: sizes.get(node.sizeId!)!,
      hostname: node.extra.hostname!,
      create_time: new Date(node.createdAt!).toISOString(),
      is_console_enabled: node.extra.isConsoleEnabled!,
      network_ports: node.extra.networkPorts.map((port) => ({
        devname: port.device!,
        macaddress: port.macAddress!,
      })),
    },
  }));
}

/** The nodes that Libcloud reports, without what ours has elsewhere or not. */
async function theirs(
  nodes: () => Promise<LibcloudNode[]>,
): Promise<LibcloudNode[]> {
  return (await nodes()).map(({ extra, ...node }) => ({
    ...node,
    extra: {
      zone: extra.zone,
      image: extra.image,
      service_type: extra.service_type,
      hostname: extra.hostname,
      create_time: new Date(`${extra.create_time}Z`).toISOString(),
      is_console_enabled: extra.is_console_enabled,
      network_ports: extra.network_ports.map(({ devname, macaddress }) => ({
        devname,
        macaddress,
      })),
    },
  }));
}

libcloud(
  "Libcloud lists what NephoScaleNodeDriver lists: locations, sizes, images",
  async () => {
    await using api = await setUp();
    const { call, ours } = api;
    assertEquals(
      await call("list_locations"),
      (await ours.listLocations()).map(({ id, name, country }) => ({
        id,
        name,
        country,
      })),
    );
    const sizes = await call<{ id: string; price: number }[]>("list_sizes");
    assertEquals(sizes.length, 13);
    assertEquals(
      sizes.toSorted((a, b) => Number(a.id) - Number(b.id)),
      (await ours.listSizes()).map(({ id, name, ramMib, diskGb, price }) => ({
        id,
        name,
        ram: ramMib!,
        disk: diskGb!,
        price: price!.hourly!,
      })),
    );
    const images = await call<
      { id: string; name: string; extra: { architecture: string } }[]
    >("list_images");
    assertEquals(images.length, 18);
    assertEquals(
      images.map(({ id, name, extra }) => [id, name, extra.architecture]),
      (await ours.listImages()).map(({ id, name, extra }) => [
        id,
        name,
        extra.architecture,
      ]),
    );
  },
);

libcloud(
  "Libcloud lists what NephoScaleNodeDriver lists: nodes, running and not",
  async () => {
    await using api = await setUp();
    const { ours, nodes } = api;
    await ours.stopNode("88243");
    await api.until((nodes) => nodes.find(({ state }) => state === "UNKNOWN"));
    const [theirNodes, ourNodes] = [
      await theirs(nodes),
      await oursLikeTheirs(ours),
    ];
    assertEquals(theirNodes, ourNodes);
    assertEquals(theirNodes.length, 5);
    assert(theirNodes.every(({ public_ips }) => public_ips.length === 1));
    assert(theirNodes.every(({ private_ips }) => private_ips.length === 1));
    // What Libcloud calls unknown is known: it is off.
    assertEquals(theirNodes[1]!.state, "UNKNOWN");
    assertEquals((await ours.getNode("88243")).state, "stopped");
  },
);

libcloud(
  "Libcloud lists what NephoScaleNodeDriver lists: keys, in all ways",
  async () => {
    await using api = await setUp();
    const { call, keys, ours } = api;
    const publicKey = "ssh-rsa AAAAB3NzaC1yc2E me@example.com";
    const created = [
      await call<number>("create_key", [], {
        name: "theirs",
        public_key: publicKey,
      }),
      await call<number>("create_key", [], { name: "their console" }),
      await call<number>("create_key", [], {
        name: "their password",
        key_group: 1,
      }),
      Number((await ours.importKeyPair({ name: "ours", publicKey })).id),
    ];
    const mine = await ours.createKeyPair({ name: "our console" });
    created.push(Number(mine.id));

    for (
      const [their, our] of [
        [{}, {}],
        [{ ssh: true }, { kind: "ssh" }],
        [{ password: true }, { kind: "password" }],
        [{ key_group: 1 }, { group: "server" }],
        [{ key_group: 4 }, { group: "console" }],
      ] as const
    ) {
      const theirKeys = await keys(their);
      assert(theirKeys.length > 0);
      assertEquals(
        theirKeys.map((key) => ({ ...key, password: null })),
        (await ours.listKeyPairs(our)).map((key) => ({
          id: Number(key.id),
          name: key.name,
          key_group: GROUPS[key.extra.group as keyof typeof GROUPS],
          public_key: key.publicKey ?? null,
          password: null,
        })),
      );
    }
    const all = (await keys()).map(({ id }) => id);
    assertEquals(created.filter((id) => !all.includes(id)), []);
    // Only Libcloud's list tells passwords, ours among them.
    const passwords = await keys({ password: true });
    assertEquals(
      passwords.find(({ id }) => id === Number(mine.id))?.password,
      mine.password,
    );

    assertEquals(await call("delete_key", [created[0], true]), true);
    assertEquals(await call("delete_key", [created[1], false]), true);
    await ours.deleteKeyPair(String(created[2]));
    await ours.deleteKeyPair(String(created[3]));
    await ours.deleteKeyPair(mine);
    const left = (await keys()).map(({ id }) => id);
    assertEquals(left, (await ours.listKeyPairs()).map(({ id }) => Number(id)));
    assertEquals(created.filter((id) => left.includes(id)), []);
  },
);

libcloud(
  "A node that Libcloud creates is seen by NephoScaleNodeDriver, and does what it is told",
  async () => {
    await using api = await setUp();
    const { call, ours } = api;
    const server = await call<number>("create_key", [], {
      name: "s",
      public_key: "ssh-rsa AAAA",
    });
    const console_ = await call<number>("create_key", [], { name: "c" });
    const created = await call<LibcloudNode>("create_node", ["27", "75"], {
      name: "theirs",
      hostname: "theirs.example.com",
      server_key: server,
      console_key: console_,
      zone: "87729",
    });
    // Libcloud cannot know the id: the answer is a job.
    assertEquals([created.id, created.state], [null, "UNKNOWN"]);
    const { id } = await api.until((nodes) =>
      nodes.find((node) => node.name === "theirs")
    );
    const node = await ours.getNode(id!);
    assertEquals(
      [node.name, node.sizeId, node.imageId, node.locationId],
      ["theirs", "27", "75", "87729"],
    );
    assertEquals(node.extra.hostname, "theirs.example.com");
    assertEquals(node.extra.isConsoleEnabled, true);
    const wait = () => ours.waitUntilRunning(id!, { intervalMs: 5 });
    await wait();
    assertEquals(await theirs(api.nodes), await oursLikeTheirs(ours));

    const options = { name: "renamed", hostname: "new" };
    assertEquals(await call("act", ["rename_node", id], options), true);
    const renamed = await ours.getNode(id!);
    assertEquals([renamed.name, renamed.extra.hostname], ["renamed", "new"]);
    assertEquals(await call("act", ["reboot_node", id]), true);
    await wait();
    assertEquals(await call("act", ["stop_node", id]), true);
    while ((await ours.getNode(id!)).state !== "stopped");
    // The envelope says no with status 200, and Libcloud reads it.
    assertEquals(await call("act", ["stop_node", id]), false);
    assertEquals(await call("act", ["start_node", id]), true);
    await wait();
    assertEquals(await call("act", ["destroy_node", id]), true);
    await assertRejects(() => ours.getNode(id!), NotFoundError);
  },
);

libcloud('Libcloud\'s "None" for keys and zone is taken for none', async () => {
  await using api = await setUp();
  await api.call("create_node", ["5", "49"], { name: "bare" });
  const { id } = await api.until((nodes) =>
    nodes.find((node) => node.name === "bare")
  );
  const { extra } = await api.ours.getNode(id!);
  assertEquals([extra.zone, extra.isConsoleEnabled], ["SJC-1", false]);
});

libcloud(
  "A node that NephoScaleNodeDriver creates is seen by Libcloud",
  async () => {
    await using api = await setUp();
    const { ours } = api;
    const node = await ours.createNode({
      name: "öurs",
      size: "5",
      image: "49",
      location: "87729",
      intervalMs: 5,
    });
    const [ready] = await ours.waitUntilRunning(node, { intervalMs: 5 });
    const seen = (await theirs(api.nodes)).find(({ id }) => id === node.id);
    assertEquals(seen?.state, "RUNNING");
    assertEquals(seen?.name, "öurs");
    assertEquals(seen?.public_ips, [...ready!.publicIps]);
    assertEquals(seen?.private_ips, [...ready!.privateIps]);
    assertEquals(seen?.extra.zone, "RIC-1");

    await ours.renameNode(node, { name: "b" });
    await api.until((nodes) =>
      nodes.find(({ id, name }) => id === node.id && name === "b")
    );
    await ours.destroyNode(node);
    assertEquals((await api.nodes()).some(({ id }) => id === node.id), false);
  },
);

libcloud("Libcloud and NephoScaleNodeDriver are refused alike", async () => {
  await using api = await setUp();
  const { call, ours, url } = api;
  const wrong = { username: CREDENTIALS.username, password: "wrong" };
  await assertRejects(
    () => call("list_nodes_as", [wrong.username, wrong.password]),
    Error,
    "InvalidCredsError",
  );
  const stranger = new NephoScaleNodeDriver({ ...wrong, baseUrl: url });
  await assertRejects(
    async () => await stranger.listNodes(),
    InvalidCredsError,
  );
  await assertRejects(
    () => call("act_on_unknown", ["destroy_node", "1"]),
    Error,
    "The resource you are looking for is not found.",
  );
  await assertRejects(() => ours.destroyNode("1"), NotFoundError);
});
