import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  AbortedError,
  ApiError,
  CloudError,
  ConflictError,
  InvalidCredsError,
  MalformedResponseError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitReachedError,
  ServiceUnavailableError,
  TimeoutError,
  ValidationError,
} from "../../core/mod.ts";
import { show } from "../../core/message.ts";
import { CAPABILITIES, supports } from "../../core/compute/mod.ts";
import data from "../../data/nephoscale.json" with { type: "json" };
import {
  type NephoScaleCreateNodeOptions,
  type NephoScaleKeyPair,
  NephoScaleNodeDriver,
  type NephoScaleOptions,
} from "../../drivers/nephoscale.ts";
import { faults, withFaults } from "../../testing/faults.ts";
import {
  NephoScaleSimulator,
  type NephoScaleSimulatorOptions,
} from "../../simulators/nephoscale/mod.ts";
import { type Exchange, replay } from "../_support/replay.ts";
import { KEY } from "../conformance/nephoscale.ts";

// Tests of this driver only

/** A driver whose user is "me". */
function nephoscale(
  fetch: NephoScaleOptions["fetch"],
  options: Partial<NephoScaleOptions> = {},
): NephoScaleNodeDriver {
  return new NephoScaleNodeDriver({
    username: "me",
    password: "pä55",
    fetch,
    retry: { baseMs: 1 },
    ...options,
  });
}

/** Headers of every request, with "me:pä55" in UTF-8. */
const HEADERS = {
  authorization: "Basic bWU6cMOkNTU=",
  accept: "application/json",
  "user-agent": /^nephos\/\d/,
} as const;
const NO_BODY = { ...HEADERS, "content-type": null };
const FORM = {
  ...HEADERS,
  "content-type": /^application\/x-www-form-urlencoded(?:;|$)/,
} as const;

const LIST = "GET /server/cloud/";
const CREATE = "POST /server/cloud/";
const WEB: NephoScaleCreateNodeOptions = {
  name: "web-1",
  size: "5",
  image: "49",
  intervalMs: 1,
};

/** The envelope of a list. */
function envelope(data: unknown, total = Array.isArray(data) && data.length) {
  return { success: true, total_count: total, data, response: 200 };
}

/** The JSON of a node that `WEB` creates. */
function server(id: unknown, rest: Readonly<Record<string, unknown>> = {}) {
  return {
    id,
    name: "web-1",
    power_status: "on",
    service_type: { id: 5 },
    image: { id: 49 },
    zone: { id: 87729 },
    ...rest,
  };
}

/** A driver with a simulator whose operations take 2 ms. */
function account(options: NephoScaleSimulatorOptions = {}) {
  const simulator = new NephoScaleSimulator({
    createMs: 2,
    bootMs: 2,
    actionMs: 2,
    ...options,
  });
  const { credentials, fetch } = simulator;
  return { fetch, cloud: nephoscale(fetch, credentials), credentials };
}

// Requests

const WRITES: readonly {
  readonly call: string;
  readonly run: (cloud: NephoScaleNodeDriver) => Promise<unknown>;
  readonly exchange: Exchange;
}[] = [
  {
    call: "rebootNode()",
    run: (cloud) => cloud.rebootNode("10001"),
    exchange: {
      request: "POST /server/cloud/10001/initiator/restart/",
      headers: NO_BODY,
      fixture: "nephoscale/reboot_node.json",
    },
  },
  {
    call: "startNode()",
    run: (cloud) => cloud.startNode({ id: "10001" }),
    exchange: {
      request: "POST /server/cloud/10001/initiator/start/",
      headers: NO_BODY,
      fixture: "nephoscale/start_node.json",
    },
  },
  {
    call: "stopNode()",
    run: (cloud) => cloud.stopNode("10001"),
    exchange: {
      request: "POST /server/cloud/10001/initiator/stop/",
      headers: NO_BODY,
      fixture: "nephoscale/stop_node.json",
    },
  },
  {
    call: "destroyNode()",
    run: (cloud) => cloud.destroyNode("10001"),
    exchange: {
      request: "DELETE /server/cloud/10001/",
      headers: NO_BODY,
      fixture: "nephoscale/destroy_node.json",
    },
  },
  {
    call: "renameNode()",
    run: (cloud) => cloud.renameNode("10001", { name: "wäb & co" }),
    exchange: {
      request: "PUT /server/cloud/10001/",
      headers: FORM,
      body: "name=w%C3%A4b+%26+co",
      fixture: "nephoscale/rename_node.json",
    },
  },
  {
    call: "renameNode() with a host name",
    run: (cloud) =>
      cloud.renameNode("10001", { name: "db", hostname: "db.example.com" }),
    exchange: {
      request: "PUT /server/cloud/10001/",
      headers: FORM,
      body: "name=db&hostname=db.example.com",
      fixture: "nephoscale/rename_node.json",
    },
  },
  {
    call: "createKeyPair()",
    run: (cloud) => cloud.createKeyPair({ name: "c", password: "s3cret ü" }),
    exchange: {
      request: "POST /key/password/",
      headers: FORM,
      body: "name=c&password=s3cret+%C3%BC&key_group=4",
      fixture: "nephoscale/create_key_pair_password.json",
    },
  },
  {
    call: "createKeyPair() for servers",
    run: (cloud) =>
      cloud.createKeyPair({ name: "c", password: "s3cret", group: "server" }),
    exchange: {
      request: "POST /key/password/",
      headers: FORM,
      body: "name=c&password=s3cret&key_group=1",
      fixture: "nephoscale/create_key_pair_password.json",
    },
  },
  {
    call: "importKeyPair()",
    run: (cloud) =>
      cloud.importKeyPair({ name: "k", publicKey: "ssh-rsa A+/=" }),
    exchange: {
      request: "POST /key/sshrsa/",
      headers: FORM,
      body: "name=k&public_key=ssh-rsa+A%2B%2F%3D&key_group=1",
      fixture: "nephoscale/create_key_pair_ssh.json",
    },
  },
  {
    call: "importKeyPair() for consoles",
    run: (cloud) =>
      cloud.importKeyPair({
        name: "k",
        publicKey: "ssh-rsa AAAA",
        group: "console",
      }),
    exchange: {
      request: "POST /key/sshrsa/",
      headers: FORM,
      body: "name=k&public_key=ssh-rsa+AAAA&key_group=4",
      fixture: "nephoscale/create_key_pair_ssh.json",
    },
  },
  {
    call: "deleteKeyPair() of a password",
    run: (cloud) => cloud.deleteKeyPair("70002", { kind: "password" }),
    exchange: {
      request: "DELETE /key/password/70002/",
      headers: NO_BODY,
      fixture: "nephoscale/delete_key_pair.json",
    },
  },
  {
    call: "deleteKeyPair() of a public key",
    run: (cloud) => cloud.deleteKeyPair("70001", { kind: "ssh" }),
    exchange: {
      request: "DELETE /key/sshrsa/70001/",
      headers: NO_BODY,
      fixture: "nephoscale/delete_key_pair.json",
    },
  },
];
for (const { call, run, exchange } of WRITES) {
  Deno.test(`NephoScaleNodeDriver.${call} sends exactly one request`, async () => {
    using fetch = replay([exchange]);
    await run(nephoscale(fetch));
  });
}

Deno.test("NephoScaleNodeDriver.createNode() sends the given options only", async () => {
  for (
    const [options, body] of [
      [WEB, "name=web-1&hostname=web-1&service_type=5&image=49"],
      [
        {
          ...WEB,
          hostname: "web-1.example.com",
          location: { id: "87729" },
          keyPairs: [{ id: "70001" }],
          consoleKey: "70002",
        },
        "name=web-1&hostname=web-1.example.com&service_type=5&image=49&server_key=70001&console_key=70002&zone=87729",
      ],
      [
        { ...WEB, location: undefined, keyPairs: [], consoleKey: undefined },
        "name=web-1&hostname=web-1&service_type=5&image=49",
      ],
    ] as const
  ) {
    using fetch = replay([
      {
        request: LIST,
        headers: NO_BODY,
        fixture: "nephoscale/list_nodes.json",
      },
      {
        request: CREATE,
        headers: FORM,
        body,
        status: 202,
        fixture: "nephoscale/create_node.json",
      },
      // Not listed yet, then listed.
      { request: LIST, fixture: "nephoscale/list_nodes.json" },
      { request: LIST, fixture: "nephoscale/list_nodes_after_create.json" },
    ]);
    const node = await nephoscale(fetch).createNode(options);
    assertEquals(node, {
      id: "10003",
      name: "web-1",
      state: "unknown",
      publicIps: [],
      privateIps: [],
      createdAt: "2013-10-07T12:00:00Z",
      sizeId: "5",
      imageId: "49",
      locationId: "87729",
      tags: {},
      extra: node.extra,
    });
    assertEquals(node.extra.powerStatus, "unknown");
  }
});

Deno.test("NephoScaleNodeDriver sends requests to baseUrl", async () => {
  using fetch = replay([{
    request: "DELETE http://127.0.0.1:8080/v1/server/cloud/5/",
    headers: HEADERS,
    fixture: "nephoscale/destroy_node.json",
  }]);
  await nephoscale(fetch, { baseUrl: "http://127.0.0.1:8080/v1/" })
    .destroyNode("5");
});

Deno.test("NephoScaleNodeDriver sends the headers of a call, except Authorization", async () => {
  using fetch = replay([{
    request: LIST,
    headers: { ...HEADERS, "x-trace": "7" },
    fixture: "nephoscale/list_nodes.json",
  }]);
  const headers = { "x-trace": "7", authorization: "Basic bm9ib2R5" };
  await nephoscale(fetch).listNodes({ headers });
});

Deno.test("NephoScaleNodeDriver.connection.request() resolves to the parsed envelope", async () => {
  using fetch = replay([{
    request: "GET /datacenter/zone/",
    headers: HEADERS,
    fixture: "nephoscale/list_locations.json",
  }]);
  const response = await nephoscale(fetch).connection.request<
    { success: boolean; data: { id: number; name: string }[] }
  >("/datacenter/zone/");
  assertEquals(response.status, 200);
  assertEquals(response.object.success, true);
  assertEquals(
    response.object.data.map(({ id, name }) => [id, name]),
    [[86945, "SJC-1"], [87729, "RIC-1"]],
  );
});

// Records

Deno.test("NephoScaleNodeDriver.listNodes() returns complete records", async () => {
  using fetch = replay([
    { request: LIST, headers: NO_BODY, fixture: "nephoscale/list_nodes.json" },
  ]);
  const nodes = await nephoscale(fetch).listNodes();
  assertEquals(nodes, [
    {
      id: "10001",
      name: "web-1",
      state: "running",
      publicIps: ["203.0.113.16"],
      privateIps: ["10.132.60.1"],
      createdAt: "2013-09-25T07:38:53Z",
      sizeId: "5",
      imageId: "49",
      locationId: "87729",
      tags: {},
      extra: {
        hostname: "web-1.example.com",
        powerStatus: "on",
        zone: "RIC-1",
        networkPorts: [
          {
            device: "eth0",
            macAddress: "00:16:3e:00:01:01",
            network: "default_public_network_RIC",
          },
          {
            device: "eth1",
            macAddress: "00:16:3e:00:01:02",
            network: "default_private_network_RIC",
          },
        ],
        isConsoleEnabled: true,
      },
    },
    {
      id: "10002",
      name: "backup-2",
      state: "stopped",
      publicIps: ["203.0.113.115"],
      privateIps: [],
      createdAt: "2013-10-02T05:02:50Z",
      sizeId: "5",
      imageId: "51",
      locationId: "87729",
      tags: {},
      extra: {
        hostname: "backup-2",
        powerStatus: "off",
        zone: "RIC-1",
        networkPorts: [
          {
            device: "eth0",
            macAddress: "00:16:3e:00:02:01",
            network: "default_public_network_RIC",
          },
          {
            device: "eth1",
            macAddress: "00:16:3e:00:02:02",
            network: "default_private_network_RIC",
          },
        ],
        isConsoleEnabled: true,
      },
    },
  ]);
});

Deno.test("NephoScaleNodeDriver.listNodes() resolves to an empty array for an account without nodes", async () => {
  using fetch = replay([
    { request: LIST, fixture: "nephoscale/list_nodes_empty.json" },
  ]);
  assertEquals(await nephoscale(fetch).listNodes(), []);
});

Deno.test("NephoScaleNodeDriver.listSizes() returns the sizes with the bundled prices", async () => {
  using fetch = replay([{
    request: "GET /server/type/cloud/",
    headers: NO_BODY,
    fixture: "nephoscale/list_sizes.json",
  }]);
  const sizes = await nephoscale(fetch).listSizes();
  assertEquals(sizes.length, 13);
  assertEquals(sizes[2], {
    id: "5",
    name: "CS05 - 0.5GB, 1Core, 25GB",
    vcpus: 1,
    ramMib: 512,
    diskGb: 25,
    price: { currency: "USD", hourly: 0.031, asOf: "2013-10-07" },
    extra: { sku: "CS05" },
  });
  assertEquals(
    Object.fromEntries(
      sizes.flatMap(({ id, price }) => price ? [[id, price]] : []),
    ),
    Object.fromEntries(
      Object.entries(data.prices.sizes).map(([id, price]) => [
        id,
        { currency: "USD", ...price, asOf: "2013-10-07" },
      ]),
    ),
  );
  // Its source says 0, and does not say that the size is free.
  const unpriced = sizes.filter(({ price }) => price === undefined);
  assertEquals(unpriced.map(({ id }) => id), ["27"]);
});

Deno.test("NephoScaleNodeDriver.listSizes() returns no price for a size without a bundled price", async () => {
  using fetch = replay([{
    request: "GET /server/type/cloud/",
    json: envelope([{ id: 999, friendly_name: "CS64" }]),
  }]);
  const [size] = await nephoscale(fetch).listSizes();
  assertEquals(JSON.parse(JSON.stringify(size)), {
    id: "999",
    name: "CS64",
    extra: {},
  });
});

Deno.test("NephoScaleNodeDriver.listImages() returns the images", async () => {
  using fetch = replay([{
    request: "GET /image/server/",
    headers: NO_BODY,
    fixture: "nephoscale/list_images.json",
  }]);
  const images = await nephoscale(fetch).listImages();
  assertEquals(images.length, 18);
  const { id, name, extra } = images[0]!;
  assertEquals([id, name], ["3", "Linux CentOS 5.5 32-bit"]);
  assertEquals([extra.architecture, extra.isActive], ["x86", true]);
});

Deno.test("NephoScaleNodeDriver.listLocations() returns the zones with their country", async () => {
  using fetch = replay([{
    request: "GET /datacenter/zone/",
    headers: NO_BODY,
    fixture: "nephoscale/list_locations.json",
  }]);
  assertEquals(
    (await nephoscale(fetch).listLocations()).map(({ id, name, country }) => [
      id,
      name,
      country,
    ]),
    [["86945", "SJC-1", "US"], ["87729", "RIC-1", "US"]],
  );
});

const STATES: readonly (readonly [status: unknown, state: string])[] = [
  ["on", "running"],
  ["off", "stopped"],
  ["unknown", "unknown"],
  ["rebooting", "unknown"],
  ["ON", "unknown"],
  ["running", "unknown"],
  ["constructor", "unknown"],
  ["__proto__", "unknown"],
  ["toString", "unknown"],
  ["", "unknown"],
  [null, "unknown"],
  [undefined, "unknown"],
  [1, "unknown"],
  [{}, "unknown"],
];
Deno.test("NephoScaleNodeDriver maps every power status and keeps the original value", async () => {
  using fetch = replay([{
    request: LIST,
    json: envelope(
      STATES.map(([status], index) => server(index, { power_status: status })),
    ),
  }]);
  const nodes = await nephoscale(fetch).listNodes();
  assertEquals(
    nodes.map(({ state, extra }) => [extra.powerStatus, state]),
    STATES.map(([status, state]) => [
      typeof status === "string" && status ? status : undefined,
      state,
    ]),
  );
});

Deno.test("NephoScaleNodeDriver.getNode() sends one list request", async () => {
  using fetch = replay([
    { request: LIST, fixture: "nephoscale/list_nodes.json" },
    { request: LIST, fixture: "nephoscale/list_nodes.json" },
  ]);
  const cloud = nephoscale(fetch);
  assertEquals((await cloud.getNode("10002")).name, "backup-2");
  const error = await assertRejects(
    () => cloud.getNode("1000"),
    NotFoundError,
    "getNode: no node has the id 1000",
  );
  assertEquals(
    [error.provider, error.operation, error.status, error.method, error.url],
    [
      "nephoscale",
      "getNode",
      404,
      "GET",
      "https://api.nephoscale.com/server/cloud/",
    ],
  );
});

Deno.test("NephoScaleNodeDriver.waitUntilRunning() sends one list request for several nodes", async () => {
  const list = (...nodes: unknown[]) => ({
    request: LIST,
    json: envelope(nodes),
  });
  const ready = { ipaddresses: "203.0.113.1" };
  using fetch = replay([
    list(server(1, { power_status: "off" }), server(2), server(3, ready)),
    list(server(1, ready), server(2), server(3, ready)),
    list(
      server(1, ready),
      server(2, { ipaddresses: "10.0.0.1" }),
      server(3, ready),
      server(4),
    ),
  ]);
  const nodes = await nephoscale(fetch)
    .waitUntilRunning(["1", "2", "3"], { intervalMs: 1 });
  assertEquals(nodes.map(({ id }) => id), ["1", "2", "3"]);
});

Deno.test("NephoScaleNodeDriver supports power, renaming and key pairs", () => {
  const { cloud } = account();
  assertEquals(CAPABILITIES.filter((it) => supports(cloud, it)), [
    "power",
    "renaming",
    "keyPairs",
  ]);
  // @ts-expect-error: NephoScale does not support volumes
  assertEquals(cloud.createVolume, undefined);
});

// Incomplete and invalid responses

Deno.test("NephoScaleNodeDriver accepts nodes with missing and invalid fields", async () => {
  const nulls = {
    hostname: null,
    power_status: null,
    ipaddresses: null,
    create_time: null,
    is_console_enabled: null,
    zone: null,
    image: null,
    service_type: null,
    network_ports: null,
  };
  using fetch = replay([{
    request: LIST,
    json: envelope([
      { id: 1 },
      { id: 2, name: null, ...nulls },
      {
        id: "3",
        name: 7,
        ipaddresses: ", 203.0.113.1 ,invalid, 10.0.0.1  2001:db8::1 1.2.3",
        create_time: "yesterday",
        zone: { id: "87729", name: "" },
        image: {},
        service_type: { id: null },
        network_ports: [{}, { devname: "eth0", network_domain: null }],
        is_console_enabled: "yes",
      },
    ]),
  }]);
  const nodes = await nephoscale(fetch).listNodes();
  const bare = {
    state: "unknown",
    publicIps: [],
    privateIps: [],
    tags: {},
  } as const;
  assertEquals(JSON.parse(JSON.stringify(nodes)), [
    { id: "1", name: "1", ...bare, extra: { networkPorts: [] } },
    { id: "2", name: "2", ...bare, extra: { networkPorts: [] } },
    {
      id: "3",
      name: "3",
      state: "unknown",
      publicIps: ["203.0.113.1", "2001:db8::1"],
      privateIps: ["10.0.0.1"],
      locationId: "87729",
      tags: {},
      extra: { networkPorts: [{}, { device: "eth0" }] },
    },
  ]);
});

Deno.test("NephoScaleNodeDriver reads numbers that are strings", async () => {
  using fetch = replay([{
    request: "GET /server/type/cloud/",
    json: {
      ...envelope([
        { id: "5", friendly_name: "x", ram: "512", storage: "25", vcpus: "1" },
        { id: 6, friendly_name: "y", ram: "many", storage: null, vcpus: "" },
      ], "2" as never),
      response: "200",
      success: true,
    },
  }]);
  const [size, other] = await nephoscale(fetch).listSizes();
  assertEquals(
    [size?.id, size?.ramMib, size?.diskGb, size?.vcpus, size?.price?.hourly],
    ["5", 512, 25, 1, 0.031],
  );
  assertEquals(
    [other?.ramMib, other?.diskGb, other?.vcpus],
    [undefined, undefined, undefined],
  );
});

const INVALID: readonly (readonly [description: string, json: unknown])[] = [
  ["data that is null", envelope(null)],
  ["data that is an object", envelope({ id: 1 }, 1)],
  ["data that is a string", envelope("none", 0)],
  ["no data", { success: true, response: 200 }],
  ["a null entry", envelope([server(1), null])],
  ["an entry that is a number", envelope([5])],
  ["an entry that is a list", envelope([[]])],
  ["a node without an id", envelope([{ name: "web-1" }])],
  ["a node whose id is null", envelope([server(null)])],
  ["a node whose id is empty", envelope([server("")])],
  ["a node whose id is an object", envelope([server({})])],
  [
    "network ports that are an object",
    envelope([
      server(1, { network_ports: {} }),
    ]),
  ],
  ["fewer nodes than total_count", envelope([server(1)], 2)],
  [
    "fewer nodes than total_count as a string",
    envelope([server(1)], "2" as never),
  ],
];
for (const [description, json] of INVALID) {
  Deno.test(`NephoScaleNodeDriver rejects ${description} with MalformedResponseError`, async () => {
    using fetch = replay([
      { request: LIST, json },
      { request: LIST, json },
      { request: LIST, json },
    ]);
    const cloud = nephoscale(fetch);
    for (
      const [operation, run] of [
        ["listNodes", () => cloud.listNodes()],
        ["getNode", () => cloud.getNode("1")],
        ["createNode", () => cloud.createNode(WEB)],
      ] as const
    ) {
      const error = await assertRejects(async () => await run());
      assertInstanceOf(error, MalformedResponseError);
      assertEquals(
        error.message,
        `${operation}: unexpected response fields (application/json, HTTP 200)`,
      );
      assertEquals(error.mayHaveBeenApplied, false);
    }
  });
}

Deno.test("NephoScaleNodeDriver accepts more entries than total_count", async () => {
  using fetch = replay([
    { request: LIST, json: envelope([server(1), server(2)], 1) },
    { request: LIST, json: { data: [server(1)] } },
  ]);
  const cloud = nephoscale(fetch);
  assertEquals((await cloud.listNodes()).length, 2);
  assertEquals((await cloud.listNodes()).length, 1);
});

// Errors

const CODES = [
  [400, ValidationError],
  [401, InvalidCredsError],
  [403, PermissionDeniedError],
  [404, NotFoundError],
  [409, ConflictError],
  [422, ValidationError],
  [429, RateLimitReachedError],
  [500, ServiceUnavailableError],
  [503, ServiceUnavailableError],
  ["404", NotFoundError],
  [418, ApiError],
  [200, ApiError],
  [undefined, ApiError],
  [null, ApiError],
  ["soon", ApiError],
  [{}, ApiError],
] as const;
Deno.test("NephoScaleNodeDriver rejects with the class for the code of the envelope if the status is 200", async () => {
  for (const [response, ErrorClass] of CODES) {
    using fetch = replay([
      {
        request: "DELETE /server/cloud/1/",
        json: {
          success: false,
          subcode: 7,
          message: "No: out of stock",
          response,
        },
      },
    ]);
    const error = await assertRejects(() =>
      nephoscale(fetch).destroyNode("1", { retry: false })
    );
    assertInstanceOf(error, ApiError);
    assertStrictEquals(error.constructor, ErrorClass, `${response}`);
    assertEquals(
      error.message,
      'destroyNode: NephoScale refused: "No: out of stock" (200, code 7)',
    );
    assertEquals([error.status, error.code], [200, "7"]);
  }
});

Deno.test("NephoScaleNodeDriver rejects if the envelope has the code of an error but no success: false", async () => {
  using fetch = replay([
    { request: LIST, json: { ...envelope([]), response: 404 } },
    { request: LIST, json: { data: [], response: 500 } },
  ]);
  const cloud = nephoscale(fetch, { retry: false });
  await assertRejects(async () => await cloud.listNodes(), NotFoundError);
  await assertRejects(
    async () => await cloud.listNodes(),
    ServiceUnavailableError,
  );
});

Deno.test("NephoScaleNodeDriver rejects with the class for the status if it is that of an error", async () => {
  using fetch = replay([
    { request: LIST, status: 404, json: envelope([]) },
    {
      request: LIST,
      status: 403,
      json: { success: false, response: 401, message: 5 },
    },
  ]);
  const cloud = nephoscale(fetch);
  await assertRejects(async () => await cloud.listNodes(), NotFoundError);
  const error = await assertRejects(
    async () => await cloud.listNodes(),
    PermissionDeniedError,
  );
  assertEquals(error.message, "listNodes: NephoScale refused (403)");
});

const ERRORS = [
  ["error_200_refused", ValidationError, 'Field "image": there is no 999.'],
  ["error_401", InvalidCredsError, "Authorization failed."],
  [
    "error_404",
    NotFoundError,
    "The resource you are looking for is not found.",
  ],
] as const;
for (const [name, ErrorClass, reason] of ERRORS) {
  Deno.test(`NephoScaleNodeDriver rejects with ${ErrorClass.kind} for ${name}.json`, async () => {
    using fetch = replay([
      {
        request: "POST /server/cloud/1/initiator/stop/",
        fixture: `nephoscale/${name}.json`,
      },
    ]);
    const error = await assertRejects(() => nephoscale(fetch).stopNode("1"));
    assertInstanceOf(error, ApiError);
    assertStrictEquals(error.constructor, ErrorClass);
    assertEquals(
      error.message,
      `stopNode: NephoScale refused: "${reason}" (${error.status}, code 1)`,
    );
    assertEquals(
      [error.provider, error.operation, error.method, error.code, error.url],
      [
        "nephoscale",
        "stopNode",
        "POST",
        "1",
        "https://api.nephoscale.com/server/cloud/1/initiator/stop/",
      ],
    );
    assertEquals(error.mayHaveBeenApplied, false);
  });
}

Deno.test("NephoScaleNodeDriver.destroyNode() resolves if the node does not exist after a lost response", async () => {
  const request = "DELETE /server/cloud/1/";
  const notFound = { request, fixture: "nephoscale/error_404.json" };
  using fetch = replay([
    { request, error: new TypeError("connection reset") },
    notFound,
    notFound,
  ]);
  const cloud = nephoscale(fetch);
  await cloud.destroyNode("1");
  await assertRejects(() => cloud.destroyNode("1"), NotFoundError);
});

// Keys

Deno.test("NephoScaleNodeDriver.listKeyPairs() filters by kind and group", async () => {
  const lists: Readonly<Record<string, Exchange>> = {
    all: {
      request: "GET /key/",
      headers: NO_BODY,
      fixture: "nephoscale/list_key_pairs.json",
    },
    ssh: {
      request: "GET /key/sshrsa/",
      fixture: "nephoscale/list_key_pairs_ssh.json",
    },
    password: {
      request: "GET /key/password/",
      fixture: "nephoscale/list_key_pairs_password.json",
    },
  };
  for (
    const [options, list, ids] of [
      [{}, "all", ["70001", "70002"]],
      [{ kind: undefined, group: undefined }, "all", ["70001", "70002"]],
      [{ kind: "ssh" }, "ssh", ["70001"]],
      [{ kind: "password" }, "password", ["70002"]],
      [{ group: "server" }, "all", ["70001"]],
      [{ group: "console" }, "all", ["70002"]],
      [{ kind: "ssh", group: "server" }, "ssh", ["70001"]],
      [{ kind: "ssh", group: "console" }, "ssh", []],
    ] as const
  ) {
    using fetch = replay([lists[list]!]);
    const keyPairs = await nephoscale(fetch).listKeyPairs(options);
    assertEquals(keyPairs.map(({ id }) => id), [...ids]);
    assert(!JSON.stringify(keyPairs).includes("example8"));
  }
});

Deno.test("NephoScaleNodeDriver.listKeyPairs() returns complete records without passwords", async () => {
  using fetch = replay([
    {
      request: "GET /key/sshrsa/",
      fixture: "nephoscale/list_key_pairs_ssh.json",
    },
    {
      request: "GET /key/password/",
      fixture: "nephoscale/list_key_pairs_password.json",
    },
    {
      request: "GET /key/",
      json: envelope([
        { id: 7, key_type: 9, key_group: 2, password: "p", private_key: "p" },
        { id: "8", key_type: "constructor", key_group: "__proto__" },
        { id: 9, name: null, key_type: "2", key_group: "4" },
      ]),
    },
  ]);
  const cloud = nephoscale(fetch);
  const [ssh] = await cloud.listKeyPairs({ kind: "ssh" });
  assertMatch(ssh?.publicKey ?? "", /^ssh-rsa \S+ user@example\.com$/);
  assertEquals(ssh, {
    id: "70001",
    name: "example-ssh",
    publicKey: ssh?.publicKey,
    extra: {
      kind: "ssh",
      group: "server",
      keyGroup: 1,
      createdAt: "2013-10-02T07:24:37Z",
    },
  });
  assertEquals(
    JSON.parse(JSON.stringify(await cloud.listKeyPairs({ kind: "password" }))),
    [{
      id: "70002",
      name: "example-console",
      extra: {
        kind: "password",
        group: "console",
        keyGroup: 4,
        createdAt: "2013-10-02T07:27:10Z",
      },
    }],
  );
  const unknown = { kind: "unknown", group: "unknown" };
  assertEquals(JSON.parse(JSON.stringify(await cloud.listKeyPairs())), [
    { id: "7", name: "7", extra: { ...unknown, keyGroup: 2 } },
    { id: "8", name: "8", extra: unknown },
    {
      id: "9",
      name: "9",
      extra: { kind: "ssh", group: "console", keyGroup: 4 },
    },
  ]);
});

const ALL_KEYS = {
  request: "GET /key/",
  fixture: "nephoscale/list_key_pairs.json",
};
const SSH_KEYS = {
  request: "GET /key/sshrsa/",
  fixture: "nephoscale/list_key_pairs_ssh.json",
};
const DELETE_KEY = {
  request: "DELETE /key/sshrsa/70001/",
  fixture: "nephoscale/delete_key_pair.json",
};

Deno.test("NephoScaleNodeDriver looks up the kind of a key only if it is not given", async () => {
  const of = (extra: object) => ({ id: "70001", extra });
  for (
    const [ref, options, lookUps] of [
      [of({ kind: "ssh" }), {}, []],
      ["70001", { kind: "ssh" }, []],
      // The option has precedence.
      [of({ kind: "password" }), { kind: "ssh" }, []],
      ["70001", {}, [ALL_KEYS]],
      [{ id: "70001" }, {}, [ALL_KEYS]],
      [of({}), { kind: undefined }, [ALL_KEYS]],
    ] as const
  ) {
    using fetch = replay([...lookUps, SSH_KEYS, ...lookUps, DELETE_KEY]);
    const cloud = nephoscale(fetch);
    const { id, publicKey } = await cloud.getKeyPair(ref, options);
    assertEquals(id, "70001");
    assertMatch(publicKey ?? "", /^ssh-rsa /);
    await cloud.deleteKeyPair(ref, options);
  }
});

Deno.test("NephoScaleNodeDriver rejects with NotFoundError if it cannot find the key", async () => {
  using fetch = replay([ALL_KEYS, ALL_KEYS, SSH_KEYS]);
  const cloud = nephoscale(fetch);
  for (
    const [operation, run] of [
      ["deleteKeyPair", () => cloud.deleteKeyPair("7")],
      ["getKeyPair", () => cloud.getKeyPair("7")],
      ["getKeyPair", () => cloud.getKeyPair("7", { kind: "ssh" })],
    ] as const
  ) {
    const error = await assertRejects(
      run,
      NotFoundError,
      `${operation}: no key pair has the id 7`,
    );
    assertEquals(error.operation, operation);
  }
});

Deno.test("NephoScaleNodeDriver returns a key of an unknown kind and sends the request to delete it", async () => {
  const list = {
    request: "GET /key/",
    json: envelope([{ id: 7, name: "new", key_type: 9, key_group: 1 }]),
  };
  const rejected = {
    request: "DELETE /key/7/",
    fixture: "nephoscale/error_404.json",
  };
  using fetch = replay([list, list, list, rejected, rejected]);
  const cloud = nephoscale(fetch);
  const keyPair = await cloud.getKeyPair("7");
  assertEquals([keyPair.name, keyPair.extra.kind], ["new", "unknown"]);
  await assertRejects(() => cloud.deleteKeyPair("7"), NotFoundError);
  await assertRejects(() => cloud.deleteKeyPair(keyPair), NotFoundError);
});

Deno.test("NephoScaleNodeDriver rejects unknown kinds and groups before any request", async () => {
  using fetch = replay([]);
  const cloud = nephoscale(fetch);
  for (const value of ["rsa", "constructor", "__proto__", "unknown", 1, {}]) {
    const invalid = value as "ssh" & "server";
    const kind = `kind must be "ssh" or "password", got ${show(value)}`;
    const group = `group must be "server" or "console", got ${show(value)}`;
    for (
      const [run, message] of [
        [
          () => cloud.listKeyPairs({ kind: invalid }),
          `listKeyPairs: ${kind}`,
        ],
        [
          () => cloud.listKeyPairs({ group: invalid }),
          `listKeyPairs: ${group}`,
        ],
        [
          () => cloud.getKeyPair("7", { kind: invalid }),
          `getKeyPair: ${kind}`,
        ],
        [
          () => cloud.deleteKeyPair("7", { kind: invalid }),
          `deleteKeyPair: ${kind}`,
        ],
        [
          () => cloud.createKeyPair({ name: "c", group: invalid }),
          `createKeyPair: ${group}`,
        ],
        [
          () =>
            cloud.importKeyPair({
              name: "k",
              publicKey: "ssh-rsa A",
              group: invalid,
            }),
          `importKeyPair: ${group}`,
        ],
      ] as const
    ) {
      await assertRejects(async () => await run(), TypeError, message);
    }
  }
});

Deno.test("NephoScaleNodeDriver.createKeyPair() generates a random password and returns it", async () => {
  const sent: string[] = [];
  const respond = async (request: Request) => {
    const form = new URLSearchParams(await request.text());
    sent.push(form.get("password") ?? "");
    return Response.json({ success: true, data: { id: 70002 }, response: 201 });
  };
  const fetch = (request: Request) => respond(request);
  const cloud = nephoscale(fetch);
  const made: NephoScaleKeyPair[] = [];
  for (let round = 0; round < 50; round++) {
    made.push(await cloud.createKeyPair({ name: "c" }));
  }
  assertEquals(made.map(({ password }) => password), sent);
  assertEquals(new Set(sent).size, 50);
  for (const password of sent) assertMatch(password, /^[A-Za-z\d]{24}$/);
  // Every position varies, over the whole alphabet.
  assert(new Set(sent.join("")).size >= 30);
  for (let index = 0; index < 24; index++) {
    assert(new Set(sent.map((password) => password[index])).size > 5);
  }
  const [first] = made;
  assertEquals(first, {
    id: "70002",
    name: "c",
    password: sent[0],
    extra: { kind: "password", group: "console", keyGroup: 4 },
  });
});

Deno.test("NephoScaleNodeDriver.createKeyPair() accepts a password with spaces and returns it", async () => {
  using fetch = replay([{
    request: "POST /key/password/",
    body: { name: "c", password: " two words ", key_group: "1" },
    fixture: "nephoscale/create_key_pair_password.json",
  }]);
  const { id, password, extra } = await nephoscale(fetch)
    .createKeyPair({ name: "c", password: " two words ", group: "server" });
  assertEquals([id, password, extra.group], ["70002", " two words ", "server"]);
});

Deno.test("NephoScaleNodeDriver.createKeyPair() redacts the password in errors", async () => {
  const password = "s3cret & ünique";
  for (const status of [200, 400, 500]) {
    const fetch = async (request: Request) => {
      const form = await request.text();
      const message = `${form} ${encodeURIComponent(password)} ${password}`;
      return Response.json({ success: false, message, password }, { status });
    };
    const error = await assertRejects(
      () => nephoscale(fetch).createKeyPair({ name: "c", password }),
      ApiError,
    );
    const shown = Deno.inspect(error) + JSON.stringify(error) + error.stack;
    assert(!/s3cret|nique/.test(shown), shown);
  }
  const thrown = await assertRejects(
    () =>
      nephoscale(() => Promise.reject(new TypeError(`no: ${password}`)))
        .createKeyPair({ name: "c", password }),
    CloudError,
  );
  assert(!Deno.inspect(thrown).includes("s3cret"), Deno.inspect(thrown));
});

Deno.test("NephoScaleNodeDriver.importKeyPair() removes a trailing newline and returns the key", async () => {
  using fetch = replay([{
    request: "POST /key/sshrsa/",
    body: {
      name: "k",
      public_key: "ssh-rsa AAAA me@example.com",
      key_group: "1",
    },
    fixture: "nephoscale/create_key_pair_ssh.json",
  }]);
  assertEquals(
    await nephoscale(fetch)
      .importKeyPair({ name: "k", publicKey: "ssh-rsa AAAA me@example.com\n" }),
    {
      id: "70001",
      name: "k",
      publicKey: "ssh-rsa AAAA me@example.com",
      extra: { kind: "ssh", group: "server", keyGroup: 1 },
    },
  );
});

Deno.test("NephoScaleNodeDriver.importKeyPair() rejects a private key and does not show it", async () => {
  using fetch = replay([]);
  const publicKey =
    "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\nQyNTUxOQAAACB\n";
  const error = await assertRejects(
    () => nephoscale(fetch).importKeyPair({ name: "k", publicKey }),
    TypeError,
    "importKeyPair: publicKey must be one line, as in authorized_keys",
  );
  assert(!/b3Blbn|QyNTUx/.test(Deno.inspect(error)), error.message);
});

Deno.test("NephoScaleNodeDriver.createKeyPair() rejects with MalformedResponseError if the response has no id", async () => {
  for (const data of [undefined, null, {}, { id: null }, "7", []]) {
    using fetch = replay([{
      request: "POST /key/password/",
      body: /./,
      json: { success: true, data, response: 201 },
    }]);
    const error = await assertRejects(
      () => nephoscale(fetch).createKeyPair({ name: "c" }),
      MalformedResponseError,
    );
    assertEquals(error.mayHaveBeenApplied, true);
  }
});

// createNode()

Deno.test("NephoScaleNodeDriver.createNode() rejects unsupported options before any request", async () => {
  using fetch = replay([]);
  const cloud = nephoscale(fetch);
  const auth = "does not support auth; use importKeyPair()";
  for (
    const [options, message] of [
      [{ auth: { password: "p" } }, auth],
      [{ auth: { sshKey: "ssh-rsa A" } }, auth],
      [{ userData: "#cloud-config" }, "does not support userData"],
      [{ userData: "" }, "does not support userData"],
      [{ tags: ["a"] }, "does not support tags"],
      [{ tags: {} }, "does not support tags"],
      [{ idempotencyKey: "k" }, "does not support idempotencyKey"],
      [
        { keyPairs: ["70001", "70002"] },
        "accepts one key pair per node, got 2",
      ],
    ] as const
  ) {
    const error = await assertRejects(
      () => cloud.createNode({ ...WEB, ...options }),
      TypeError,
    );
    assertEquals(error.message, `createNode: NephoScale ${message}`);
  }
});

Deno.test("NephoScaleNodeDriver.createNode() does not return a node that another client created", async () => {
  using fetch = replay([
    { request: LIST, json: envelope([server(1), server(2)]) },
    { request: CREATE, body: /zone=87729/, json: { success: true } },
    {
      request: LIST,
      json: envelope([
        server(9, { name: "web-2" }),
        server(8, { service_type: { id: 7 } }),
        server(7, { image: { id: 51 } }),
        server(6, { zone: { id: 86945 } }),
        server(2),
        server(1),
      ]),
    },
    // The new node may be first, and its id need not be the largest.
    { request: LIST, json: envelope([server(0), server(1), server(2)]) },
  ]);
  const node = await nephoscale(fetch)
    .createNode({ ...WEB, location: "87729" });
  assertEquals(node.id, "0");
});

Deno.test("NephoScaleNodeDriver.createNode() finds its node if the list lacks size, image and location", async () => {
  using fetch = replay([
    { request: LIST, json: envelope([]) },
    { request: CREATE, body: /zone=87729/, json: { success: true } },
    { request: LIST, json: envelope([{ id: 3, name: "web-1" }]) },
  ]);
  const node = await nephoscale(fetch)
    .createNode({ ...WEB, location: "87729" });
  assertEquals(node.id, "3");
});

Deno.test("NephoScaleNodeDriver.createNode() returns a new node if nodes of that name exist", async () => {
  const { cloud } = account();
  const ids: string[] = [];
  for (let round = 0; round < 3; round++) {
    ids.push((await cloud.createNode(WEB)).id);
  }
  assertEquals(new Set(ids).size, 3);
  assertEquals((await cloud.listNodes()).map(({ id }) => id), ids);
});

Deno.test("NephoScaleNodeDriver.createNode() returns different nodes for concurrent calls", async () => {
  for (let round = 0; round < 20; round++) {
    const jitter = () =>
      new Promise((resolve) => setTimeout(resolve, Math.random() * 4));
    const { fetch, credentials } = account({ createMs: round % 5 });
    const cloud = nephoscale(async (request) => {
      await jitter();
      const response = await fetch(request);
      await jitter();
      return response;
    }, credentials);
    const create = async (calls: number) => {
      const made: string[] = [];
      for (let call = 0; call < calls; call++) {
        made.push((await cloud.createNode(WEB)).id);
      }
      return made;
    };
    // Sequential and concurrent calls.
    const ids = (await Promise.all([create(1), create(2), create(1)])).flat();
    assertEquals(new Set(ids).size, 4, ids.join());
    assertEquals(
      (await cloud.listNodes()).map(({ id }) => id).sort(),
      ids.sort(),
    );
  }
});

Deno.test("NephoScaleNodeDriver.createNode() reports that the create was accepted if it cannot find the node", async () => {
  for (
    const response of [
      { status: 403, json: { success: false, message: "Not now." } },
      { json: envelope(null) },
      { json: envelope([], 5) },
      { text: "<html>" },
    ]
  ) {
    using fetch = replay([
      { request: LIST, json: envelope([]) },
      { request: CREATE, body: /./, json: { success: true } },
      { request: LIST, ...response },
    ]);
    const error = await assertRejects(
      () => nephoscale(fetch, { retry: false }).createNode(WEB),
      CloudError,
    );
    assertEquals(error.mayHaveBeenApplied, true);
    assertEquals(
      [error.provider, error.operation],
      ["nephoscale", "createNode"],
    );
    assertMatch(
      error.message,
      /^createNode: .*; the change was accepted before that$/,
    );
  }
});

Deno.test("NephoScaleNodeDriver.createNode() rejects with the error of the provider", async () => {
  using fetch = replay([
    { request: LIST, json: envelope([]) },
    {
      request: CREATE,
      body: /./,
      fixture: "nephoscale/error_200_refused.json",
    },
  ]);
  const error = await assertRejects(
    () => nephoscale(fetch).createNode(WEB),
    ValidationError,
    'createNode: NephoScale refused: "Field "image": there is no 999." (200, code 1)',
  );
  assertEquals(error.mayHaveBeenApplied, false);
});

Deno.test("NephoScaleNodeDriver.createNode() creates one node and sets mayHaveBeenApplied if the connection is lost after the POST", async () => {
  const { fetch, cloud, credentials } = account();
  const faulty = nephoscale(
    withFaults(fetch, [
      { on: CREATE, faults: [faults.reset({ applied: true })] },
    ]),
    credentials,
  );
  const error = await assertRejects(() => faulty.createNode(WEB), CloudError);
  assertEquals(error.mayHaveBeenApplied, true);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assertEquals((await cloud.listNodes()).length, 1);
});

Deno.test("NephoScaleNodeDriver.createNode() enforces timeoutMs if the node does not appear", async () => {
  const { cloud } = account({ createMs: 3_600_000 });
  const error = await assertRejects(
    () => cloud.createNode({ ...WEB, timeoutMs: 60 }),
    TimeoutError,
  );
  assertEquals(error.mayHaveBeenApplied, true);
  assertEquals([error.provider, error.operation], ["nephoscale", "createNode"]);
});

Deno.test("NephoScaleNodeDriver.createNode() enforces timeoutMs before the POST", async () => {
  const { fetch, credentials } = account();
  const posts: string[] = [];
  const cloud = nephoscale(
    withFaults(fetch, (request) => {
      if (request.method === "POST") posts.push(request.url);
      return faults.stall();
    }),
    credentials,
  );
  const error = await assertRejects(
    () => cloud.createNode({ ...WEB, timeoutMs: 40 }),
    TimeoutError,
  );
  assertEquals(error.mayHaveBeenApplied, false);
  assertEquals(posts, []);
});

Deno.test("NephoScaleNodeDriver.createNode() stops polling if its signal aborts", async () => {
  const { fetch, credentials } = account({ createMs: 3_600_000 });
  const controller = new AbortController();
  const reason = new CloudError("test: another create failed", {});
  let lists = 0;
  const cloud = nephoscale((request) => {
    if (request.method === "GET" && ++lists === 4) controller.abort(reason);
    return fetch(request);
  }, credentials);
  const error = await assertRejects(
    () => cloud.createNode({ ...WEB, signal: controller.signal }),
    AbortedError,
  );
  assertStrictEquals(error.cause, reason);
  assertEquals(lists, 4);
});

Deno.test("NephoScaleNodeDriver.createNode() returns new nodes after a concurrent create failed", async () => {
  // Nodes are reserved for a call only while other calls are running.
  const { fetch, cloud, credentials } = account();
  const faulty = nephoscale(
    withFaults(fetch, [{ on: CREATE, faults: [faults.status(403)] }]),
    credentials,
  );
  const [failed, made] = await Promise.allSettled([
    faulty.createNode(WEB),
    faulty.createNode(WEB),
  ]);
  assertEquals([failed.status, made.status], ["rejected", "fulfilled"]);
  const next = await faulty.createNode(WEB);
  assert(made.status === "fulfilled");
  assertNotEquals(next.id, made.value.id);
  assertEquals((await cloud.listNodes()).length, 2);
});

Deno.test("NephoScaleNodeDriver.createNode() assigns the server key and the console key", async () => {
  const { cloud } = account();
  const server = await cloud.importKeyPair({ name: "k", publicKey: KEY });
  const console = await cloud.createKeyPair({ name: "c" });
  const { id, extra } = await cloud.createNode({
    ...WEB,
    location: "86945",
    keyPairs: [server],
    consoleKey: console,
  });
  assertEquals([extra.hostname, extra.zone], ["web-1", "SJC-1"]);
  assertEquals(extra.isConsoleEnabled, true);
  const { object } = await cloud.connection.request<
    { data: { id: number; server_keys: unknown[]; console_keys: unknown[] }[] }
  >("/server/cloud/");
  const [node] = object.data;
  assertEquals(`${node?.id}`, id);
  assertEquals(
    [node?.server_keys, node?.console_keys].map((keys) =>
      (keys as { id: number }[]).map(({ id }) => `${id}`)
    ),
    [[server.id], [console.id]],
  );
  // The provider rejects a key of the wrong group.
  await assertRejects(
    () => cloud.createNode({ ...WEB, keyPairs: [console] }),
    ValidationError,
  );
});

Deno.test("NephoScaleNodeDriver.renameNode() changes the host name only if it is given", async () => {
  const { cloud } = account({ nodes: 1 });
  const [node] = await cloud.listNodes();
  assert(node);
  await cloud.renameNode(node, { name: "db-1" });
  let renamed = await cloud.getNode(node);
  assertEquals([renamed.name, renamed.extra.hostname], ["db-1", "node-1"]);
  await cloud.renameNode(node, { name: "db-2", hostname: "db.example.com" });
  renamed = await cloud.getNode(node);
  assertEquals(
    [renamed.name, renamed.extra.hostname],
    ["db-2", "db.example.com"],
  );
});

Deno.test("NephoScaleNodeDriver() rejects a user name with a colon and accepts a password with one", async () => {
  const options = { username: "me", password: "a:b" };
  assertThrows(
    () => new NephoScaleNodeDriver({ ...options, username: "m:e" }),
    TypeError,
    "NephoScaleNodeDriver: username contains a colon or a control character",
  );
  const { fetch } = account(options);
  await new NephoScaleNodeDriver({ ...options, fetch }).listNodes();
});
