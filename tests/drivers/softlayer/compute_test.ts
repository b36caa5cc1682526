import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  CloudError,
  ConflictError,
  type ConnectionOptions,
  MalformedResponseError,
  NotFoundError,
  ServiceUnavailableError,
  ValidationError,
} from "../../../core/mod.ts";
import { nodeOf, type NodeSize } from "../../../core/compute/mod.ts";
import {
  type SoftLayerCreateNodeOptions,
  SoftLayerNodeDriver,
} from "../../../drivers/softlayer/compute.ts";
import { SoftLayerSimulator } from "../../../simulators/softlayer/mod.ts";
import { replay } from "../../_support/replay.ts";

const REST = "/rest/v3.1";
const GUEST = `${REST}/SoftLayer_Virtual_Guest`;

/** Creates a driver whose responses the test chooses. */
function softlayer(fetch: ConnectionOptions["fetch"]): SoftLayerNodeDriver {
  return new SoftLayerNodeDriver({
    username: "me",
    apiKey: "k3y",
    retry: { baseMs: 1 },
    fetch,
  });
}

/** Creates a driver for a simulated account. */
function connect(simulator: SoftLayerSimulator): SoftLayerNodeDriver {
  return softlayer(simulator.fetch);
}

function simulate(
  options: ConstructorParameters<typeof SoftLayerSimulator>[0] = {},
): SoftLayerSimulator {
  return new SoftLayerSimulator({ username: "me", apiKey: "k3y", ...options });
}

/** A refused call that sent no request. */
async function refused(options: object): Promise<string> {
  const fetch = () => {
    throw new Error("no request expected");
  };
  const error = await assertRejects(
    async () =>
      await softlayer(fetch).createNode({ ...create, ...options } as never),
  );
  assert(error instanceof TypeError || error instanceof RangeError);
  return error.message;
}

const create = {
  name: "node-1",
  size: "5",
  image: "DEBIAN_12_64",
  location: "dal05",
};

/** Sends an order, and returns its template. */
async function templateOf(
  options: Partial<SoftLayerCreateNodeOptions>,
): Promise<unknown> {
  let sent: unknown;
  const driver = softlayer(async (request) => {
    sent = JSON.parse(await request.text()).parameters[0];
    return Response.json({ id: 1 }, { status: 201 });
  });
  const { size: _, ...rest } = create;
  await driver.createNode(
    { ...rest, ...options } as SoftLayerCreateNodeOptions,
  );
  return sent;
}

Deno.test("SoftLayerNodeDriver.listNodes() converts the guests of SoftLayer's own client", async () => {
  const path = `${REST}/SoftLayer_Account/getVirtualGuests.json`;
  using fetch = replay([{
    request: `GET ${path}?${listQuery()}`,
    fixture: "softlayer/list_nodes.json",
    responseHeaders: { "softlayer-total-items": "2" },
  }]);
  const nodes = await softlayer(fetch).listNodes();
  assertEquals(
    nodes.map(({ id, name, publicIps, privateIps, locationId }) => ({
      id,
      name,
      publicIps,
      privateIps,
      locationId,
    })),
    [
      {
        id: "100",
        name: "vs-test1",
        publicIps: ["203.0.113.2"],
        privateIps: ["10.45.19.37"],
        locationId: "TEST00",
      },
      {
        id: "104",
        name: "vs-test2",
        publicIps: ["203.0.113.7"],
        privateIps: ["10.45.19.35"],
        locationId: "TEST00",
      },
    ],
  );
});

/** The query of a list of nodes: its mask, filter and limit. */
function listQuery(): string {
  const mask = "mask[id,globalIdentifier,hostname,domain,createDate," +
    "provisionDate,maxCpu,maxMemory,hourlyBillingFlag,localDiskFlag," +
    "dedicatedAccountHostOnlyFlag,privateNetworkOnlyFlag,primaryIpAddress," +
    "primaryBackendIpAddress,powerState[keyName],status[keyName]," +
    "activeTransaction[transactionStatus[name]],datacenter[name]," +
    "blockDevices[device,diskImage[capacity]]," +
    "blockDeviceTemplateGroup[globalIdentifier]," +
    "operatingSystem[softwareLicense[softwareDescription[referenceCode]]]," +
    "billingItem[orderItem[preset[keyName]]],tagReferences[tag[name]]]";
  const filter =
    '{"virtualGuests":{"id":{"operation":"orderBy","options":[{"name":"sort","value":["ASC"]}]}}}';
  return new URLSearchParams({
    objectMask: mask,
    objectFilter: filter,
    resultLimit: "0,100",
  }).toString();
}

Deno.test("SoftLayerNodeDriver.listNodes() lets SoftLayer filter by one tag, and compares all", async () => {
  const simulator = simulate({ nodes: 3 });
  const driver = connect(simulator);
  const [one, two] = await driver.listNodes();
  await driver.setTags(one!, { tags: ["web", "env:prod"] });
  await driver.setTags(two!, { tags: ["web"] });
  const filters: unknown[] = [];
  const spy = softlayer((request) => {
    const { searchParams } = new URL(request.url);
    filters.push(JSON.parse(searchParams.get("objectFilter")!).virtualGuests);
    return simulator.fetch(request);
  });
  const found = await spy.listNodes({ tags: { web: "", env: "prod" } });
  assertEquals(found.map(({ id }) => id), [one!.id]);
  assertEquals(filters, [{
    id: {
      operation: "orderBy",
      options: [{ name: "sort", value: ["ASC"] }],
    },
    tagReferences: {
      tag: {
        name: {
          operation: "in",
          options: [{ name: "data", value: ["web"] }],
        },
      },
    },
  }]);
});

Deno.test("SoftLayerNodeDriver.createNode() sends the same request for a size and for its machine", async () => {
  const sizes: NodeSize[] = await softlayer(undefined).listSizes();
  assertEquals(sizes.length, 13);
  for (const { id, vcpus: cpus, ramMib, diskGb } of sizes) {
    const bySize = await templateOf({ size: id });
    const byMachine = await templateOf({ cpus, ramMib, diskGb } as never);
    assertEquals(byMachine, bySize);
    assertEquals(bySize, {
      hostname: "node-1",
      domain: "example.com",
      datacenter: { name: "dal05" },
      hourlyBillingFlag: true,
      startCpus: cpus,
      maxMemory: ramMib,
      localDiskFlag: true,
      blockDevices: [{ device: "0", diskImage: { capacity: diskGb } }],
      operatingSystemReferenceCode: "DEBIAN_12_64",
    });
  }
});

Deno.test("SoftLayerNodeDriver.createNode() names the nearest machine that SoftLayer offers", async () => {
  const machine = { size: undefined, cpus: 2, ramMib: 4096, diskGb: 100 };
  const prefix = "createNode: SoftLayer does not offer ";
  const cases: [object, string, string][] = [
    [
      { ramMib: 4000 },
      "2, ramMib 4000, diskGb 100",
      "2, ramMib 4096, diskGb 100",
    ],
    [{ ramMib: 1 }, "2, ramMib 1, diskGb 100", "2, ramMib 1024, diskGb 100"],
    [
      { ramMib: 300_000 },
      "2, ramMib 300000, diskGb 100",
      "2, ramMib 247808, diskGb 100",
    ],
    [
      { cpus: 1.5 },
      "1.5, ramMib 4096, diskGb 100",
      "2, ramMib 4096, diskGb 100",
    ],
    [
      { cpus: 64 },
      "64, ramMib 4096, diskGb 100",
      "56, ramMib 4096, diskGb 100",
    ],
    [{ diskGb: 10 }, "2, ramMib 4096, diskGb 10", "2, ramMib 4096, diskGb 25"],
    [{ diskGb: 26 }, "2, ramMib 4096, diskGb 26", "2, ramMib 4096, diskGb 100"],
    [
      { diskGb: 500 },
      "2, ramMib 4096, diskGb 500",
      "2, ramMib 4096, diskGb 100",
    ],
  ];
  for (const [changes, wanted, nearest] of cases) {
    assertEquals(
      await refused({ ...machine, ...changes }),
      `${prefix}cpus ${wanted}; the nearest is cpus ${nearest}`,
    );
  }
  // The largest machine itself is offered.
  const largest = { cpus: 56, ramMib: 247_808, diskGb: 25 };
  assert(await templateOf(largest as never));
});

Deno.test("SoftLayerNodeDriver.createNode() refuses invalid options before any request", async () => {
  const machine = { cpus: 2, ramMib: 4096, diskGb: 100 };
  const cases: [object, string][] = [
    [machine, "createNode: pass either size, or cpus, ramMib and diskGb"],
    [
      { size: undefined },
      "createNode: size must be a size or its id, got undefined",
    ],
    [
      { size: "13" },
      'createNode: size must be an id from listSizes() or listFlavors(), got "13"',
    ],
    [
      { size: undefined, cpus: 2, ramMib: 4096 },
      "createNode: diskGb must be a positive number, got undefined",
    ],
    [
      { size: undefined, ...machine, cpus: NaN },
      "createNode: cpus must be a positive number, got number NaN",
    ],
    [
      { name: "node-1.example.org" },
      'createNode: name must be a host name without dots, and domain the rest, got "node-1.example.org"',
    ],
    [
      { auth: { password: "secret" } },
      "createNode: SoftLayer does not support auth; use importKeyPair()",
    ],
    [
      { size: "B1_2X4X100", localDisk: true },
      "createNode: a flavor of SoftLayer does not support localDisk",
    ],
    [
      { postInstallScriptUri: "http://example.com/a.sh" },
      'createNode: postInstallScriptUri must be a URL that begins with https://, got "http://example.com/a.sh"',
    ],
    [
      { networkSpeedMbps: 50 },
      'createNode: networkSpeedMbps must be "10", "100" or "1000", got "50"',
    ],
    [
      { tags: ["a,b"] },
      'createNode: tags must be tags without commas, got "a,b"',
    ],
    [
      { location: undefined },
      "createNode: location must be a location or its id, got undefined",
    ],
  ];
  for (const [options, message] of cases) {
    assertEquals(await refused(options), message);
  }
});

Deno.test("SoftLayerNodeDriver.createNode() completes the record with what was ordered", async () => {
  using fetch = replay([{
    request: `POST ${GUEST}/createObject.json`,
    body: {
      parameters: [await templateOf({ ...create, name: "host1" })],
    } as never,
    fixture: "softlayer/create_node.json",
    status: 201,
  }]);
  const node = await softlayer(fetch).createNode({ ...create, name: "host1" });
  assertEquals(node, {
    id: "1301396",
    name: "host1",
    state: "pending",
    publicIps: [],
    privateIps: [],
    createdAt: "2012-11-30T22:28:17Z",
    sizeId: "5",
    imageId: "DEBIAN_12_64",
    locationId: "dal05",
    tags: {},
    extra: {
      domain: "example.com",
      globalIdentifier: "2d203774-0ee1-49f5-9599-6ef67358dd31",
      powerState: undefined,
      status: undefined,
      transaction: undefined,
      provisionedAt: undefined,
      cpus: 1,
      ramMib: 1024,
      diskGb: undefined,
      isLocalDisk: undefined,
      isHourly: undefined,
      isDedicated: false,
      isPrivateOnly: false,
    },
  });
});

Deno.test("SoftLayerNodeDriver.createNode() returns the node in the error if its tags fail", async () => {
  const simulator = simulate();
  const driver = softlayer((request) =>
    request.url.endsWith("/setTags.json")
      ? Promise.resolve(Response.json({
        error: "The tag is invalid.",
        code: "SoftLayer_Exception_Public",
      }, { status: 500 }))
      : simulator.fetch(request)
  );
  const error = await assertRejects(
    async () => await driver.createNode({ ...create, tags: ["web"] }),
    ValidationError,
    "The tag is invalid.",
  );
  assertEquals(error.mayHaveBeenApplied, true);
  assertEquals(nodeOf(error)?.id, simulator.inventory().nodes[0]!.id);
});

Deno.test("SoftLayerNodeDriver: a new guest is pending until it is provisioned, although it is halted", async () => {
  let now = Date.parse("2026-01-02T03:04:05Z");
  const simulator = simulate({
    createMs: 1000,
    addressMs: 500,
    now: () => now,
  });
  const driver = connect(simulator);
  const { id } = await driver.createNode(create);
  const states: unknown[] = [];
  for (const ms of [0, 999, 1, 500]) {
    now += ms;
    const { state, publicIps, extra } = await driver.getNode(id);
    states.push([state, extra.powerState, extra.transaction, publicIps.length]);
  }
  assertEquals(states, [
    ["pending", "HALTED", "CLOUD_PROVISION_SETUP", 0],
    ["pending", "HALTED", "CLOUD_PROVISION_SETUP", 0],
    ["running", "RUNNING", undefined, 0],
    ["running", "RUNNING", undefined, 1],
  ]);
  assertEquals(await driver.getLogins(id), [
    { username: "root", password: `pw-${id}` },
  ]);
  await driver.stopNode(id);
  now += 20;
  assertEquals((await driver.getNode(id)).state, "stopped");
  await driver.destroyNode(id);
  assertEquals((await driver.getNode(id)).state, "terminated");
});

Deno.test("SoftLayerNodeDriver.destroyNode() says that a transaction is active, after its retries", async () => {
  const simulator = simulate({ createMs: 60_000 });
  const driver = connect(simulator);
  const node = await driver.createNode(create);
  let requests = 0;
  const impatient = softlayer((request) => {
    requests++;
    return simulator.fetch(request);
  });
  const error = await assertRejects(
    async () => await impatient.destroyNode(node),
    ConflictError,
    "There is currently an active transaction.",
  );
  assertEquals([requests, error.mayHaveBeenApplied], [4, false]);
  assertEquals(simulator.inventory().nodes[0]!.isDestroyed, false);
});

Deno.test("SoftLayerNodeDriver: a restart is sent once if its response is lost", async () => {
  let requests = 0;
  const driver = softlayer(() => {
    requests++;
    return Promise.resolve(new Response("", { status: 503 }));
  });
  const error = await assertRejects(
    async () => await driver.rebootNode("1"),
    ServiceUnavailableError,
  );
  assertEquals([requests, error.mayHaveBeenApplied], [1, true]);
});

Deno.test("SoftLayerNodeDriver: the result false is an error, and another one is malformed", async () => {
  for (
    const [body, name] of [["false", "ApiError"], [
      "{}",
      "MalformedResponseError",
    ]]
  ) {
    const driver = softlayer(() => Promise.resolve(new Response(body)));
    const error = await assertRejects(async () => await driver.startNode("1"));
    assert(CloudError.is(error));
    assertEquals(error.name, name);
  }
});

Deno.test("SoftLayerNodeDriver.resizeNode() orders an upgrade of processors and memory", async () => {
  const simulator = simulate({ nodes: 1, actionMs: 0 });
  const orders: unknown[] = [];
  const driver = softlayer(async (request) => {
    if (request.url.endsWith("/placeOrder.json")) {
      orders.push(JSON.parse(await request.clone().text()).parameters);
    }
    return await simulator.fetch(request);
  });
  const [node] = await driver.listNodes();
  await driver.resizeNode(node!, { cpus: 4, ramMib: 6144, diskGb: 100 });
  const { extra, sizeId } = await driver.getNode(node!);
  assertEquals([extra.cpus, extra.ramMib, sizeId], [4, 6144, undefined]);
  const [[order]] = orders as [[{ properties: { value: string }[] }]];
  const { value } = order.properties[0]!;
  assert(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/.test(value), value);
  assertEquals(order as unknown, {
    complexType: "SoftLayer_Container_Product_Order_Virtual_Guest_Upgrade",
    virtualGuests: [{ id: Number(node!.id) }],
    // Not those of dedicated hosts or of single locations.
    prices: [{ id: 3004 }, { id: 5006 }],
    properties: [{ name: "MAINTENANCE_WINDOW", value }],
  });
});

Deno.test("SoftLayerNodeDriver.resizeNode() refuses what SoftLayer cannot change, and names what would do", async () => {
  const simulator = simulate({ nodes: 1 });
  const driver = connect(simulator);
  const [node] = await driver.listNodes();
  await assertRejects(
    async () => await driver.resizeNode(node!, { size: "0" }),
    RangeError,
    "resizeNode: the first disk has 100 GB and cannot change; choose a size with this disk",
  );
  await assertRejects(
    async () =>
      await driver.resizeNode(node!, { cpus: 9, ramMib: 4096, diskGb: 100 }),
    RangeError,
    "resizeNode: SoftLayer cannot change cpus of the node to 9; it offers 1, 2, 3, 4, 5, 6, 7, 8, 10,",
  );
  await assertRejects(
    async () =>
      await driver.resizeNode(node!, { cpus: 2, ramMib: 5120, diskGb: 100 }),
    RangeError,
    "cannot change ramMib of the node to 5120; it offers 1024, 2048, 3072, 4096, 6144,",
  );
  await assertRejects(
    async () => await driver.resizeNode(node!, { size: "B1_2X4X100" }),
    TypeError,
    "resizeNode: size must be an id from listSizes()",
  );
});

Deno.test("SoftLayerNodeDriver.listImages() continues after the operating systems", async () => {
  const driver = connect(simulate({ nodes: 1 }));
  const all = await driver.listImages();
  const pages = await Array.fromAsync(driver.listImages().pages());
  assertEquals(pages.flatMap(({ items }) => items), all);
  assertEquals(pages.map(({ items }) => items.at(-1)!.extra.isOwn), [
    false,
    true,
  ]);
  const from = pages[0]!.next;
  assert(from);
  assertEquals(await driver.listImages({ from }), [all.at(-1)!]);
});

Deno.test("SoftLayerNodeDriver.deleteImage() deletes only the image with exactly the id", async () => {
  const simulator = simulate({ nodes: 1 });
  const driver = connect(simulator);
  const own = (await driver.listImages()).at(-1)!;
  // Filters have operators, and ignore upper and lower case.
  for (
    const id of [
      "!= x",
      "*= 0",
      "not null",
      own.id.toUpperCase(),
      "DEBIAN_12_64",
    ]
  ) {
    await assertRejects(
      async () => await driver.deleteImage(id),
      NotFoundError,
      `deleteImage: no image has the id ${id}`,
    );
  }
  assertEquals(simulator.inventory().images.length, 1);
  await driver.deleteImage(own);
  assertEquals(simulator.inventory().images, []);
  await assertRejects(
    async () => await driver.getImage("BEOS"),
    NotFoundError,
    "getImage: no image has the id BEOS",
  );
});

Deno.test("SoftLayerNodeDriver.createImage() leaves out swap, metadata and CDs", async () => {
  const { blockDevices } = JSON.parse(
    await Deno.readTextFile(
      new URL("../../../fixtures/softlayer/get_node.json", import.meta.url),
    ),
  );
  const disks = [blockDevices[0], blockDevices[3]];
  let sent: unknown;
  const driver = softlayer(async (request) => {
    if (request.method === "GET") return Response.json({ id: 1, blockDevices });
    sent = JSON.parse(await request.text()).parameters;
    // SoftLayer's client expects a transaction with the id of the image.
    return Response.json({
      createDate: "2018-12-10T17:29:18-06:00",
      elapsedSeconds: 0,
      guestId: 12345678,
      id: 12345,
      globalIdentifier: "495c47c2-80af-4fef-87a9-97faf132345678",
    });
  });
  assertEquals(await driver.createImage("1", { name: "copy" }), {
    id: "495c47c2-80af-4fef-87a9-97faf132345678",
    name: "copy",
    extra: {
      isOwn: true,
      number: "12345",
      note: undefined,
      createdAt: "2018-12-10T23:29:18Z",
    },
  });
  assertEquals(sent, ["copy", disks, ""]);
});

Deno.test("SoftLayerNodeDriver.fromEnv() reads the variables of SoftLayer's tools", () => {
  for (
    const [name, key] of [
      ["SL_USERNAME", "SL_API_KEY"],
      ["SOFTLAYER_USERNAME", "SOFTLAYER_API_KEY"],
      ["IAAS_CLASSIC_USERNAME", "IAAS_CLASSIC_API_KEY"],
    ]
  ) {
    SoftLayerNodeDriver.fromEnv({ [name!]: "me", [key!]: "k3y" });
  }
});

/** Changes guests while a list of 10 000 is read. */
async function readWhileChanging(
  seed: number,
  changeEvery: number,
  isAwaited: boolean,
) {
  const count = 10_000;
  const simulator = simulate({ nodes: count, createMs: 0, actionMs: 0 });
  const observer = connect(simulator);
  const all = simulator.inventory().nodes.map(({ id }) => id);
  const staying = new Set(all);
  const random = (below: number) => (seed = seed * 48271 % 2147483647) % below;
  let requests = 0;
  let changes = 0;
  const driver = softlayer(async (request) => {
    // The other program acts between two pages.
    if (++requests % changeEvery === 0) {
      changes++;
      const id = all[random(count)]!;
      if (staying.delete(id)) await observer.destroyNode(id);
      await observer.createNode({ ...create, name: `new-${requests}` });
    }
    return await simulator.fetch(request);
  });
  const ids: string[] = [];
  try {
    const listing = driver.listNodes();
    if (isAwaited) ids.push(...(await listing).map(({ id }) => id));
    else for await (const { id } of listing) ids.push(id);
  } catch (error) {
    assert(MalformedResponseError.is(error), String(error));
    assert(error.message.startsWith("listNodes: the list changed: "));
    return { isComplete: false, requests, changes };
  }
  assertEquals(new Set(ids).size, ids.length, "a node was returned twice");
  const found = new Set(ids);
  assertEquals([...staying].filter((id) => !found.has(id)), []);
  return { isComplete: true, requests, changes };
}

Deno.test("SoftLayerNodeDriver.listNodes() returns each of 10 000 nodes once while others come and go, or rejects", async () => {
  // Nothing changes: each page but the first has 99 new guests.
  const calm = await readWhileChanging(1, Infinity, false);
  assertEquals(calm, { isComplete: true, requests: 101, changes: 0 });
  // A change during each attempt, and changes before every third page.
  const outcomes = [
    await readWhileChanging(1, 60, true),
    await readWhileChanging(2, 60, true),
    await readWhileChanging(3, 60, false),
    await readWhileChanging(4, 60, false),
    await readWhileChanging(5, 3, true),
    await readWhileChanging(6, 3, false),
  ];
  // Otherwise the test would prove nothing.
  assert(outcomes.every(({ changes }) => changes > 0));
  assert(outcomes.some(({ isComplete }) => isComplete), "none is complete");
  assert(outcomes.some(({ isComplete }) => !isComplete), "none rejects");
});
