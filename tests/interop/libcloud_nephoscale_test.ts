/**
 * The NephoScale driver of Apache Libcloud, an independent client, against the
 * simulator on loopback. Its results are compared with those of nephos.
 *
 * Known differences:
 *
 * - Libcloud reports a stopped node as unknown.
 * - `create_node()` of Libcloud returns no id. If you pass no keys or zone, it
 *   sends the string "None" for them.
 * - Libcloud lists keys with their passwords; nephos never does.
 * - Libcloud sorts sizes by price, and does not report the number of CPUs.
 * - In Libcloud, the ids of keys are numbers and all other ids are strings.
 * - The driver of Libcloud requires HTTPS; the script removes this check.
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

/** A node in Libcloud. */
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

/** A key in Libcloud. */
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

/** Starts a simulator on loopback and Libcloud in its own process. */
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
  const results = lines(child.stdout);

  async function call<T = unknown>(
    name: string,
    args: readonly unknown[] = [],
    options: Readonly<Record<string, unknown>> = {},
  ): Promise<T> {
    const line = JSON.stringify([name, args, options]);
    await commands.write(new TextEncoder().encode(`${line}\n`));
    const { value, done } = await results.next();
    assert(!done, `Libcloud exited before it responded to ${line}`);
    const { result, error } = JSON.parse(value);
    if (error !== undefined) throw new Error(error);
    return result;
  }

  const api = {
    call,
    nephos: new NephoScaleNodeDriver({ ...CREDENTIALS, baseUrl: server.url }),
    url: server.url,
    nodes: () => call<LibcloudNode[]>("list_nodes"),
    keys: (options = {}) => call<LibcloudKey[]>("list_keys", [], options),
    /** Lists nodes in Libcloud until `find` returns a node. */
    async until(
      find: (nodes: LibcloudNode[]) => LibcloudNode | undefined,
    ): Promise<LibcloudNode> {
      for (let round = 0; round < 200; round++) {
        const node = find(await api.nodes());
        if (node !== undefined) return node;
      }
      throw new Error("until: Libcloud listed no such node in 200 attempts");
    },
    async [Symbol.asyncDispose]() {
      await commands.close();
      await results.return(undefined);
      await child.status;
      await server[Symbol.asyncDispose]();
    },
  };
  // Waits for the start of Python, so that it does not count in a test.
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

/** Lists nodes with nephos, in the form of Libcloud. */
async function nephosNodes(
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
    // Libcloud has no state for a stopped node.
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

/** Lists nodes with Libcloud, with the fields that nephos has too. */
async function libcloudNodes(
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
  "Libcloud and NephoScaleNodeDriver list the same locations, sizes and images",
  async () => {
    await using api = await setUp();
    const { call, nephos } = api;
    assertEquals(
      await call("list_locations"),
      (await nephos.listLocations()).map(({ id, name, country }) => ({
        id,
        name,
        country,
      })),
    );
    const sizes = await call<{ id: string; price: number }[]>("list_sizes");
    assertEquals(sizes.length, 13);
    assertEquals(
      sizes.toSorted((a, b) => Number(a.id) - Number(b.id)),
      (await nephos.listSizes()).map(({ id, name, ramMib, diskGb, price }) => ({
        id,
        name,
        ram: ramMib!,
        disk: diskGb!,
        // Libcloud has no word for a price that is unknown.
        price: price?.hourly ?? 0,
      })),
    );
    const images = await call<
      { id: string; name: string; extra: { architecture: string } }[]
    >("list_images");
    assertEquals(images.length, 20);
    assertEquals(
      images.map(({ id, name, extra }) => [id, name, extra.architecture]),
      (await nephos.listImages()).map(({ id, name, extra }) => [
        id,
        name,
        extra.architecture,
      ]),
    );
  },
);

libcloud(
  "Libcloud and NephoScaleNodeDriver list the same nodes, running and stopped",
  async () => {
    await using api = await setUp();
    const { nephos, nodes } = api;
    await nephos.stopNode("88243");
    await api.until((nodes) => nodes.find(({ state }) => state === "UNKNOWN"));
    const [fromLibcloud, fromNephos] = [
      await libcloudNodes(nodes),
      await nephosNodes(nephos),
    ];
    assertEquals(fromLibcloud, fromNephos);
    assertEquals(fromLibcloud.length, 5);
    assert(fromLibcloud.every(({ public_ips }) => public_ips.length === 1));
    assert(fromLibcloud.every(({ private_ips }) => private_ips.length === 1));
    // Libcloud reports the stopped node as unknown.
    assertEquals(fromLibcloud[1]!.state, "UNKNOWN");
    assertEquals((await nephos.getNode("88243")).state, "stopped");
  },
);

libcloud(
  "Libcloud and NephoScaleNodeDriver list the same keys with every filter",
  async () => {
    await using api = await setUp();
    const { call, keys, nephos } = api;
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
      Number((await nephos.importKeyPair({ name: "ours", publicKey })).id),
    ];
    const passwordKey = await nephos.createKeyPair({ name: "our console" });
    created.push(Number(passwordKey.id));

    for (
      const [libcloudFilter, nephosFilter] of [
        [{}, {}],
        [{ ssh: true }, { kind: "ssh" }],
        [{ password: true }, { kind: "password" }],
        [{ key_group: 1 }, { group: "server" }],
        [{ key_group: 4 }, { group: "console" }],
      ] as const
    ) {
      const libcloudKeys = await keys(libcloudFilter);
      assert(libcloudKeys.length > 0);
      assertEquals(
        libcloudKeys.map((key) => ({ ...key, password: null })),
        (await nephos.listKeyPairs(nephosFilter)).map((key) => ({
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
    // Only Libcloud lists passwords, including those that nephos created.
    const passwords = await keys({ password: true });
    assertEquals(
      passwords.find(({ id }) => id === Number(passwordKey.id))?.password,
      passwordKey.password,
    );

    assertEquals(await call("delete_key", [created[0], true]), true);
    assertEquals(await call("delete_key", [created[1], false]), true);
    await nephos.deleteKeyPair(String(created[2]));
    await nephos.deleteKeyPair(String(created[3]));
    await nephos.deleteKeyPair(passwordKey);
    const left = (await keys()).map(({ id }) => id);
    assertEquals(
      left,
      (await nephos.listKeyPairs()).map(({ id }) => Number(id)),
    );
    assertEquals(created.filter((id) => left.includes(id)), []);
  },
);

libcloud(
  "NephoScaleNodeDriver lists a node that Libcloud creates, renames, reboots, stops, starts and destroys",
  async () => {
    await using api = await setUp();
    const { call, nephos } = api;
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
    // Libcloud cannot return the id, because the response is a job.
    assertEquals([created.id, created.state], [null, "UNKNOWN"]);
    const { id } = await api.until((nodes) =>
      nodes.find((node) => node.name === "theirs")
    );
    const node = await nephos.getNode(id!);
    assertEquals(
      [node.name, node.sizeId, node.imageId, node.locationId],
      ["theirs", "27", "75", "87729"],
    );
    assertEquals(node.extra.hostname, "theirs.example.com");
    assertEquals(node.extra.isConsoleEnabled, true);
    const wait = () => nephos.waitUntilRunning(id!, { intervalMs: 5 });
    await wait();
    assertEquals(await libcloudNodes(api.nodes), await nephosNodes(nephos));

    const options = { name: "renamed", hostname: "new" };
    assertEquals(await call("act", ["rename_node", id], options), true);
    const renamed = await nephos.getNode(id!);
    assertEquals([renamed.name, renamed.extra.hostname], ["renamed", "new"]);
    assertEquals(await call("act", ["reboot_node", id]), true);
    await wait();
    assertEquals(await call("act", ["stop_node", id]), true);
    while ((await nephos.getNode(id!)).state !== "stopped");
    // The response has HTTP status 200 and reports the failure in its body.
    assertEquals(await call("act", ["stop_node", id]), false);
    assertEquals(await call("act", ["start_node", id]), true);
    await wait();
    assertEquals(await call("act", ["destroy_node", id]), true);
    await assertRejects(() => nephos.getNode(id!), NotFoundError);
  },
);

libcloud(
  'NephoScaleSimulator ignores keys and zone if Libcloud sends "None"',
  async () => {
    await using api = await setUp();
    await api.call("create_node", ["5", "49"], { name: "bare" });
    const { id } = await api.until((nodes) =>
      nodes.find((node) => node.name === "bare")
    );
    const { extra } = await api.nephos.getNode(id!);
    assertEquals([extra.zone, extra.isConsoleEnabled], ["SJC-1", false]);
  },
);

libcloud(
  "Libcloud lists a node that NephoScaleNodeDriver creates, renames and destroys",
  async () => {
    await using api = await setUp();
    const { nephos } = api;
    const node = await nephos.createNode({
      name: "öurs",
      size: "5",
      image: "49",
      location: "87729",
      intervalMs: 5,
    });
    const [ready] = await nephos.waitUntilRunning(node, { intervalMs: 5 });
    const seen = (await libcloudNodes(api.nodes)).find(({ id }) =>
      id === node.id
    );
    assertEquals(seen?.state, "RUNNING");
    assertEquals(seen?.name, "öurs");
    assertEquals(seen?.public_ips, [...ready!.publicIps]);
    assertEquals(seen?.private_ips, [...ready!.privateIps]);
    assertEquals(seen?.extra.zone, "RIC-1");

    await nephos.renameNode(node, { name: "b" });
    await api.until((nodes) =>
      nodes.find(({ id, name }) => id === node.id && name === "b")
    );
    await nephos.destroyNode(node);
    assertEquals((await api.nodes()).some(({ id }) => id === node.id), false);
  },
);

libcloud(
  "Libcloud and NephoScaleNodeDriver report the same errors",
  async () => {
    await using api = await setUp();
    const { call, nephos, url } = api;
    const wrong = { username: CREDENTIALS.username, password: "wrong" };
    await assertRejects(
      () => call("list_nodes_as", [wrong.username, wrong.password]),
      Error,
      "InvalidCredsError",
    );
    const unauthorized = new NephoScaleNodeDriver({ ...wrong, baseUrl: url });
    await assertRejects(
      async () => await unauthorized.listNodes(),
      InvalidCredsError,
    );
    await assertRejects(
      () => call("act_on_unknown", ["destroy_node", "1"]),
      Error,
      "The resource you are looking for is not found.",
    );
    await assertRejects(() => nephos.destroyNode("1"), NotFoundError);
  },
);
