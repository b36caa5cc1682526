import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
} from "@std/assert";
import {
  AbortedError,
  ConflictError,
  MalformedResponseError,
  NotFoundError,
} from "../../../core/mod.ts";
import { imageOf, NodeFailedError, nodeOf } from "../../../core/compute/mod.ts";
import { OpenStackNodeDriver } from "../../../drivers/openstack/compute.ts";
import {
  COMPUTE_URL,
  CREDENTIALS,
  json,
  Keystone,
  type KeystoneSettings,
} from "./_keystone.ts";

const GLANCE_URL = "https://glance.example";
const CINDER_URL = "https://cinder.example/v3/p1";
const NODE = "0e44cc9c-e052-415d-afbf-469b0d384170";
const IMAGE = "70a599e0-31e7-49b7-b260-868f441e862b";

/** A request to a service: method, URL, body and microversion. */
interface Sent {
  readonly call: string;
  readonly body: unknown;
  readonly microversion: string | null;
}

/** Creates a driver whose responses the test chooses, by method and path. */
function openstack(
  respond: (call: string, count: number) => Response,
  settings: KeystoneSettings = {},
) {
  const sent: Sent[] = [];
  const keystone = new Keystone({
    endpoints: [
      ["compute", "north", COMPUTE_URL],
      ["image", "north", GLANCE_URL],
      ["volumev3", "north", CINDER_URL],
    ],
    ...settings,
    respond: async (request) => {
      const { pathname, search } = new URL(request.url);
      const call = `${request.method} ${pathname}${search}`;
      const text = await request.text();
      const microversion = request.headers.get("openstack-api-version");
      sent.push({ call, body: text && JSON.parse(text), microversion });
      return respond(call, sent.length);
    },
  });
  const driver = new OpenStackNodeDriver({
    ...CREDENTIALS,
    fetch: keystone.fetch,
    retry: false,
  });
  return { driver, keystone, sent };
}

/** Reads a fixture. */
function read(name: string) {
  const file = `../../../fixtures/openstack/${name}.json`;
  return JSON.parse(Deno.readTextFileSync(new URL(file, import.meta.url)));
}

const serverWith = (fields: object) => ({
  server: { ...read("get_node").server, ...fields },
});

const refuse = (status: number, code: string, message: string) =>
  json({ [code]: { code: status, message } }, { status });

const gone = () => refuse(404, "itemNotFound", "gone");

Deno.test("OpenStackNodeDriver.getNode() reads all fields of a server before microversion 2.47", async () => {
  const { driver, sent } = openstack(() => json(read("get_node")));
  const node = await driver.getNode(NODE);
  assertEquals(sent[0]?.microversion, "compute 2.46");
  assertEquals(node, {
    id: NODE,
    name: "new-server-test",
    state: "running",
    publicIps: [],
    privateIps: ["192.168.1.30"],
    createdAt: "2013-09-03T04:01:32Z",
    sizeId: "1",
    imageId: IMAGE,
    locationId: "us-west",
    tags: { "My Server Name": "Apache1" },
    extra: {
      status: "ACTIVE",
      taskState: undefined,
      vmState: "active",
      powerState: 1,
      fault: undefined,
      progress: 0,
      addresses: [{
        network: "private",
        address: "192.168.1.30",
        kind: "fixed",
        macAddress: "00:0c:29:0d:11:74",
      }],
      accessIpv4: "203.0.113.4",
      accessIpv6: "2001:db8::4",
      size: undefined,
      keyPairId: undefined,
      securityGroups: ["default"],
      volumeIds: ["volume_id1", "volume_id2"],
      serverTags: [],
      serverGroupIds: [],
      description: undefined,
      isLocked: undefined,
      hasConfigDrive: false,
      projectId: "6f70656e737461636b20342065766572",
      userId: "admin",
      hostId: "92154fab69d5883ba2c8622b7e65f745dd33257221c07af363c51b29",
      host: "b8b357f7100d4391828f2177c922ef93",
      updatedAt: "2013-09-03T04:01:33Z",
      launchedAt: "2013-09-23T13:37:00.880302Z",
      terminatedAt: undefined,
    },
  });
});

Deno.test("OpenStackNodeDriver.getNode() reads the embedded flavor since microversion 2.47", async () => {
  const { driver } = openstack(() => json(read("get_node_2_96")));
  const { sizeId, extra } = await driver.getNode(NODE);
  assertEquals(sizeId, undefined);
  const size = { name: "m1.tiny", vcpus: 1, ramMib: 512, diskGb: 1 };
  assertEquals([extra.size, extra.isLocked], [size, false]);
});

Deno.test("OpenStackNodeDriver maps the task of a server, unless it is deleted", async () => {
  const cases = [
    ["ACTIVE", "powering-off", "stopping"],
    ["SHUTOFF", "powering-on", "starting"],
    ["ACTIVE", "deleting", "stopping"],
    ["ERROR", "deleting", "stopping"],
    ["ACTIVE", "soft-deleting", "stopping"],
    ["DELETED", "deleting", "terminated"],
    ["ACTIVE", "image_snapshot", "running"],
    ["ACTIVE", "constructor", "running"],
    ["LEAVING", null, "unknown"],
    ["constructor", null, "unknown"],
  ] as const;
  for (const [status, task, state] of cases) {
    const fields = { status, "OS-EXT-STS:task_state": task };
    const { driver } = openstack(() => json(serverWith(fields)));
    const node = await driver.getNode(NODE);
    assertEquals([status, task, node.state], [status, task, state]);
  }
});

Deno.test("OpenStackNodeDriver takes floating addresses as public, and the others by their range", async () => {
  const address = (addr: string, kind: string) => ({
    addr,
    version: 4,
    "OS-EXT-IPS:type": kind,
  });
  const addresses = {
    private: [address("10.0.0.3", "fixed"), address("172.24.4.5", "floating")],
    public: [address("203.0.113.9", "fixed")],
    none: [],
  };
  const image = "";
  const { driver } = openstack(() => json(serverWith({ addresses, image })));
  const node = await driver.getNode(NODE);
  assertEquals(node.publicIps, ["172.24.4.5", "203.0.113.9"]);
  assertEquals([node.privateIps, node.imageId], [["10.0.0.3"], undefined]);
});

Deno.test("OpenStackNodeDriver takes only the marker of a link that names a foreign host", async () => {
  const { server } = read("get_node");
  const images = [{ id: IMAGE, name: null }];
  const { driver, sent, keystone } = openstack((call) =>
    call.startsWith("GET /v2/images")
      ? json({
        images: call.includes("marker") ? [] : images,
        ...!call.includes("marker") &&
          { next: `/v2/images?limit=1000&marker=${IMAGE}&evil=1` },
      })
      : call.includes("marker")
      ? json({ servers: [{ ...server, id: "b" }] })
      : json({
        servers: [server],
        servers_links: [{
          rel: "next",
          href: `http://nova.internal:8774/v2.1/servers/detail?marker=${NODE}`,
        }],
      })
  );
  assertEquals((await driver.listNodes()).map(({ id }) => id), [NODE, "b"]);
  assertEquals((await driver.listImages()).map(({ name }) => name), [IMAGE]);
  assertEquals(sent.map(({ call }) => call), [
    "GET /v2.1/p1/servers/detail?limit=1000",
    `GET /v2.1/p1/servers/detail?marker=${NODE}&limit=1000`,
    "GET /v2/images?limit=1000",
    `GET /v2/images?marker=${IMAGE}&limit=1000`,
  ]);
  const hosts = keystone.calls.map((call) => new URL(call.split(" ")[1]!).host);
  assertEquals([...new Set(hosts)], ["nova.example", "glance.example"]);
});

const CREATE = { name: "web-1", size: "1", image: IMAGE, tags: ["web"] };

Deno.test("OpenStackNodeDriver.createNode() returns the password once, and reads the node", async () => {
  const { driver, sent } = openstack((call) =>
    json(read(call.startsWith("POST") ? "create_node" : "get_node"))
  );
  const node = await driver.createNode(CREATE);
  assertEquals([node.name, node.rootPassword], [
    "new-server-test",
    "6NpUwoz2QDRN",
  ]);
  assertEquals((await driver.getNode(NODE)).rootPassword, undefined);
  assertEquals(sent[0]?.body, {
    server: {
      name: "web-1",
      flavorRef: "1",
      imageRef: IMAGE,
      metadata: { web: "" },
      networks: "auto",
    },
  });
});

Deno.test("OpenStackNodeDriver.createNode() tells the node if it cannot be read", async () => {
  const { driver } = openstack((call) =>
    call.startsWith("POST")
      ? json(read("create_node"))
      : refuse(500, "computeFault", "down")
  );
  const error = await assertRejects(() => driver.createNode(CREATE));
  const node = nodeOf(error);
  assertEquals(
    [node?.id, node?.name, node?.state, node?.sizeId, node?.imageId],
    ["f5dc173b-6804-445a-a6d8-c705dad5b5eb", "web-1", "pending", "1", IMAGE],
  );
  assertEquals([node?.tags, Object(error).mayHaveBeenApplied], [
    { web: "" },
    true,
  ]);
  assert(!Deno.inspect(error, { depth: 9 }).includes("6NpUwoz2QDRN"));
});

Deno.test("OpenStackNodeDriver.createNode() tells the node if it is aborted after the create", async () => {
  const controller = new AbortController();
  const { driver } = openstack((call) => {
    if (call.startsWith("POST")) return json(read("create_node"));
    controller.abort(new Error("enough"));
    return json(read("get_node"));
  });
  const { signal } = controller;
  const error = await assertRejects(
    () => driver.createNode({ ...CREATE, signal }),
    AbortedError,
  );
  assertEquals(nodeOf(error)?.name, "web-1");
});

Deno.test("OpenStackNodeDriver.createNode() leaves the network to a cloud without microversions, and refuses what it lacks", async () => {
  const { driver, sent } = openstack(
    (call) => json(read(call.startsWith("POST") ? "create_node" : "get_node")),
    { newest: undefined },
  );
  await driver.createNode(CREATE);
  const { server } = sent[0]?.body as { server: object };
  assertEquals("networks" in server, false);
  assertEquals(sent[0]?.microversion, null);
  const refused = [
    [{ serverTags: ["a"] }, "serverTags needs compute microversion 2.52"],
    [{ networks: "auto" }, "networks needs compute microversion 2.37"],
    [{ description: "d" }, "description needs compute microversion 2.19"],
    [
      { bootVolume: { sizeGb: 1, volumeType: "ssd" } },
      "bootVolume.volumeType needs compute microversion 2.67",
    ],
  ] as const;
  const count = sent.length;
  for (const [options, message] of refused) {
    await assertRejects(
      () => driver.createNode({ ...CREATE, ...options }),
      TypeError,
      message,
    );
  }
  assertEquals(sent.length, count);
});

Deno.test("OpenStackNodeDriver.createNode() creates a node without networks", async () => {
  const { driver, sent } = openstack((call) =>
    json(read(call.startsWith("POST") ? "create_node" : "get_node"))
  );
  await driver.createNode({ ...CREATE, networks: "none" });
  const { server } = sent[0]?.body as { server: { networks: unknown } };
  assertEquals(server.networks, "none");
});

Deno.test("OpenStackNodeDriver.createKeyPair() and getConsoleUrl() use an older microversion", async () => {
  const { driver, sent } = openstack((call) =>
    json(
      call.endsWith("/action")
        ? { console: { type: "novnc", url: "http://console.example/?token=t" } }
        : { keypair: { name: "me", private_key: "-----BEGIN" } },
    )
  );
  assertEquals(
    (await driver.createKeyPair({ name: "me" })).privateKey,
    "-----BEGIN",
  );
  assertEquals(
    await driver.getConsoleUrl(NODE),
    "http://console.example/?token=t",
  );
  assertEquals(sent.map(({ microversion }) => microversion), [
    "compute 2.46",
    "compute 2.5",
  ]);
});

Deno.test("OpenStackNodeDriver.resizeNode() waits, confirms, and waits until the confirmation is applied", async () => {
  const statuses = ["RESIZE", "VERIFY_RESIZE", "VERIFY_RESIZE", "ACTIVE"];
  const { driver, sent } = openstack((call) =>
    call.startsWith("POST")
      ? new Response(null, { status: 202 })
      : json(serverWith({ status: statuses.shift(), flavor: { id: "2" } }))
  );
  await driver.resizeNode(NODE, { size: "2", intervalMs: 1 });
  assertEquals(statuses, []);
  assertEquals(sent.flatMap(({ body }) => body || []), [
    { resize: { flavorRef: "2" } },
    { confirmResize: null },
  ]);
});

Deno.test("OpenStackNodeDriver.resizeNode() accepts a cloud that confirms by itself", async () => {
  const { driver, sent } = openstack((call) =>
    call.startsWith("POST")
      ? new Response(null, { status: 202 })
      : json(serverWith({ flavor: { id: "2" } }))
  );
  await driver.resizeNode(NODE, { size: "2", intervalMs: 1 });
  assertEquals(sent.length, 2);
});

Deno.test("OpenStackNodeDriver.resizeNode() fails if the node kept its size, with Nova's reason", async () => {
  const fault = { code: 500, message: "No valid host was found." };
  const cases = [
    [{ status: "ERROR", fault }, ': "No valid host was found."'],
    [{ status: "ACTIVE" }, ""],
  ] as const;
  for (const [fields, reason] of cases) {
    const { driver } = openstack((call) =>
      call.startsWith("POST")
        ? new Response(null, { status: 202 })
        : json(serverWith(fields))
    );
    const error = await assertRejects(
      () => driver.resizeNode(NODE, { size: "2", intervalMs: 1 }),
      NodeFailedError,
    );
    assert(
      error.message.startsWith(
        `resizeNode: new-server-test kept its size${reason}`,
      ),
      error.message,
    );
    assertEquals([error.node.id, error.mayHaveBeenApplied], [NODE, true]);
  }
});

Deno.test("OpenStackNodeDriver.waitUntilRunning() fails with the message of Nova", async () => {
  const fault = { code: 500, message: "Build of instance aborted" };
  const { driver } = openstack(() =>
    json(serverWith({ status: "ERROR", fault }))
  );
  await assertRejects(
    () => driver.waitUntilRunning(NODE),
    NodeFailedError,
    "Build of instance aborted",
  );
});

Deno.test("OpenStackNodeDriver.createImage() finds the id in the body or in the header", async () => {
  const image = { id: IMAGE, name: "golden", status: "queued" };
  const responses = [
    json({ image_id: IMAGE }, { status: 202 }),
    new Response(null, {
      status: 202,
      headers: { location: `http://glance.internal/images/${IMAGE}` },
    }),
  ];
  for (const response of responses) {
    const { driver, sent } = openstack((call) =>
      call.startsWith("POST") ? response : json(image)
    );
    const created = await driver.createImage(NODE, { name: "golden" });
    assertEquals([created.id, created.extra.status], [IMAGE, "queued"]);
    assertEquals(sent[1]?.call, `GET /v2/images/${IMAGE}`);
  }
});

Deno.test("OpenStackNodeDriver.createImage() fails without an id, and tells an image that cannot be read", async () => {
  const lost = openstack(() => new Response(null, { status: 202 }));
  const failure = await assertRejects(
    () => lost.driver.createImage(NODE, { name: "golden" }),
    MalformedResponseError,
  );
  assertEquals(failure.mayHaveBeenApplied, true);
  const { driver } = openstack((call) =>
    call.startsWith("POST") ? json({ image_id: IMAGE }) : gone()
  );
  const error = await assertRejects(
    () => driver.createImage(NODE, { name: "golden" }),
    NotFoundError,
  );
  assertEquals([imageOf(error)?.id, imageOf(error)?.name], [IMAGE, "golden"]);
});

const volume = (...nodes: string[]) => ({
  id: "v1",
  name: "",
  size: 1,
  status: "in-use",
  attachments: nodes.map((server_id) => ({ server_id, device: "/dev/vdb" })),
});

Deno.test("OpenStackNodeDriver.detachVolume() finds the only node, and requires it otherwise", async () => {
  const respond = (...nodes: string[]) => (call: string) =>
    call.startsWith("GET")
      ? json({ volume: volume(...nodes) })
      : new Response(null, { status: 202 });
  const { driver, sent } = openstack(respond("n1"));
  await driver.detachVolume("v1");
  const record = await driver.getVolume("v1");
  assertEquals([record.name, record.nodeId], ["v1", "n1"]);
  await driver.detachVolume(record);
  const detach = "DELETE /v2.1/p1/servers/n1/os-volume_attachments/v1";
  const get = "GET /v3/p1/volumes/v1";
  assertEquals(sent.map(({ call }) => call), [get, detach, get, detach]);

  const free = openstack(respond());
  await assertRejects(
    () => free.driver.detachVolume("v1"),
    ConflictError,
    "volume v1 is not attached to a node",
  );
  const several = openstack(respond("n1", "n2"));
  const shared = await several.driver.getVolume("v1");
  await assertRejects(
    () => several.driver.detachVolume(shared),
    TypeError,
    "node is required; volume v1 is attached to 2 nodes",
  );
  await several.driver.detachVolume(shared, { node: "n2" });
  assertEquals(
    several.sent.at(-1)?.call,
    "DELETE /v2.1/p1/servers/n2/os-volume_attachments/v1",
  );
});

Deno.test("OpenStackNodeDriver reads sizes, key pairs, limits, actions and attachments of the documentation", async () => {
  const files: Readonly<Record<string, string>> = {
    "flavors": "list_sizes",
    "os-keypairs": "list_key_pairs",
    "limits": "get_limits",
    "os-instance-actions": "list_actions",
    "os-volume_attachments": "list_volume_attachments",
  };
  const { driver } = openstack((call) => {
    const [, name = ""] = Object.entries(files).find(([path]) =>
      call.includes(path)
    ) ?? [];
    return json(read(name));
  });
  const [size] = await driver.listSizes();
  assertEquals(
    [size?.id, size?.vcpus, size?.ramMib, size?.diskGb, size?.extra.swapMib],
    ["1", 1, 512, 1, 0],
  );
  assertEquals(size?.extra.extraSpecs, {});
  const [key] = await driver.listKeyPairs();
  assertEquals([key?.id, key?.publicKey?.at(-1)], [
    "keypair-50ca852e-273f-4cdc-8949-45feba200837",
    "a",
  ]);
  const limits = await driver.getLimits();
  assertEquals([limits.maxNodes, limits.usedNodes, limits.maxTags], [
    10,
    0,
    128,
  ]);
  const [action] = await driver.listActions(NODE);
  assertEquals([action?.action, action?.startedAt], [
    "stop",
    "2018-04-25T01:26:29.092892Z",
  ]);
  const [attachment] = await driver.listVolumeAttachments(NODE);
  assertEquals(attachment?.device, "/dev/sdc");
});

Deno.test("OpenStackNodeDriver.getQuotas() leaves out what is unlimited", async () => {
  const quota_set = { id: "p1", cores: -1, instances: 10, key_pairs: 0 };
  const { driver } = openstack(() => json({ quota_set }));
  const { maxNodes, maxVcpus, maxKeyPairs } = await driver.getQuotas("p1");
  assertEquals([maxNodes, maxVcpus, maxKeyPairs], [10, undefined, 0]);
});

Deno.test("OpenStackNodeDriver rejects bad records with a typed error", async () => {
  for (
    const body of [{}, { server: {} }, {
      server: serverWith({ addresses: { a: 1 } }),
    }]
  ) {
    const { driver } = openstack(() => json(body));
    const error = await driver.getNode(NODE).catch((error) => error);
    assertInstanceOf(error, MalformedResponseError);
  }
});
