import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { InvalidCredsError, RateLimitReachedError } from "../../core/mod.ts";
import { OpenStackNodeDriver } from "../../drivers/openstack/compute.ts";
import {
  RackspaceNodeDriver,
  type RackspaceOptions,
} from "../../drivers/rackspace.ts";

const API_KEY = "canary0a1b2c3d4e5f";
const IDENTITY = "https://identity.api.rackspacecloud.com/v2.0";

/** Reads a fixture. */
function read(name: string) {
  const file = `../../fixtures/rackspace/${name}.json`;
  return JSON.parse(Deno.readTextFileSync(new URL(file, import.meta.url)));
}

/** A response to the login, with the services of two regions. */
function access(region = "DFW") {
  const text = JSON.stringify(read("authenticate"));
  return JSON.parse(
    text.replaceAll("DFW", region).replaceAll("dfw", region.toLowerCase()),
  );
}

const { id: TOKEN } = access().access.token;
const { server: SERVER } = read("get_node");

type Respond = (sent: string) => Response | object;

/** A driver whose responses the test chooses, and the requests that it sent. */
function rackspace(
  respond: Respond = () => ({}),
  options: Partial<RackspaceOptions> = {},
) {
  const sent: string[] = [];
  const driver = new RackspaceNodeDriver({
    username: "demo",
    apiKey: API_KEY,
    region: "DFW",
    retry: false,
    async fetch(request) {
      const line = [request.method, request.url, await request.text()]
        .filter((it) => it).join(" ");
      if (/\/v2\/$/.test(request.url)) {
        return Response.json({ version: { id: "v2.0", status: "CURRENT" } });
      }
      sent.push(line);
      const response = request.url.endsWith("/tokens")
        ? access(options.region?.toUpperCase())
        : respond(line);
      return response instanceof Response ? response : Response.json(response);
    },
    ...options,
  });
  return { driver, sent };
}

const login = `POST ${IDENTITY}/tokens ` +
  `{"auth":{"RAX-KSKEY:apiKeyCredentials":{"username":"demo","apiKey":"${API_KEY}"}}}`;

Deno.test("RackspaceNodeDriver logs in with the API key, and uses its region", async () => {
  const { driver, sent } = rackspace(() => read("list_nodes"));
  const [node] = await driver.listNodes();
  assertEquals(sent, [
    login,
    "GET https://dfw.servers.api.rackspacecloud.com/v2/123456/servers/detail?limit=1000",
  ]);
  assert(node);
  assertEquals(
    [node.name, node.state, node.sizeId, node.locationId],
    ["api-test", "running", "2", "DFW"],
  );
  assertEquals(
    [node.publicIps, node.privateIps],
    [
      ["198.51.100.238", "2001:db8:780e:510:d87b:9cbc:ff04:513a"],
      ["10.180.3.171"],
    ],
  );
});

Deno.test("RackspaceNodeDriver sends no microversion", async () => {
  const headers: Headers[] = [];
  const { driver } = rackspace(undefined, {
    fetch(request) {
      headers.push(request.headers);
      return Promise.resolve(Response.json(
        request.url.endsWith("/tokens")
          ? access()
          : { version: { id: "v2.0" }, servers: [] },
      ));
    },
  });
  await driver.listNodes();
  assertEquals(headers.at(-1)!.get("x-auth-token"), TOKEN);
  for (const sent of headers) {
    assertEquals(sent.get("openstack-api-version"), null);
    assertEquals(sent.get("x-openstack-nova-api-version"), null);
  }
});

Deno.test("RackspaceNodeDriver accepts the region in lower case, and another identity service", async () => {
  const authUrl = "https://lon.identity.api.rackspacecloud.com/v2.0/";
  const { driver, sent } = rackspace(() => ({ servers: [] }), {
    region: "lon",
    authUrl,
  });
  await driver.listNodes();
  assertEquals(driver.region, "LON");
  assertEquals(sent.map((line) => line.split(" ")[1]), [
    `${authUrl}tokens`,
    "https://lon.servers.api.rackspacecloud.com/v2/123456/servers/detail?limit=1000",
  ]);
});

Deno.test("RackspaceNodeDriver rejects missing and invalid options", () => {
  const valid = { username: "demo", apiKey: API_KEY, region: "DFW" };
  for (
    const [options, message] of [
      [
        { ...valid, username: "" },
        'RackspaceNodeDriver: username must be a non-empty string, got ""',
      ],
      [
        { ...valid, apiKey: "" },
        "RackspaceNodeDriver: apiKey is required",
      ],
      [
        { ...valid, region: "PAR" },
        'RackspaceNodeDriver: region must be "DFW", "ORD", "IAD", "LON", "SYD" or "HKG", got "PAR"',
      ],
    ] as const
  ) {
    assertThrows(() => new RackspaceNodeDriver(options), TypeError, message);
  }
  assertThrows(
    () => new RackspaceNodeDriver(undefined as unknown as RackspaceOptions),
    TypeError,
    "RackspaceNodeDriver: username",
  );
});

Deno.test("RackspaceNodeDriver hides the API key in errors", async () => {
  const { driver } = rackspace(undefined, {
    fetch: () =>
      Promise.resolve(Response.json({
        unauthorized: {
          ...read("error_401").unauthorized,
          message: `Username or api key is invalid: ${API_KEY}`,
        },
      }, { status: 401 })),
  });
  const error = await assertRejects(
    () => Promise.resolve(driver.listNodes()),
    InvalidCredsError,
    "Rackspace refused",
  );
  assertEquals(Deno.inspect(error, { depth: 9 }).includes(API_KEY), false);
});

Deno.test("RackspaceNodeDriver reads when a rate limit ends", async () => {
  const { driver } = rackspace(() =>
    Response.json(read("error_413"), {
      status: 413,
      headers: { "retry-after": "26" },
    })
  );
  const error = await assertRejects(
    () => Promise.resolve(driver.listNodes()),
    RateLimitReachedError,
  );
  assertEquals([error.code, error.retryAfterMs], ["overLimit", 26_000]);
});

Deno.test("RackspaceNodeDriver.listSizes() adds the known prices of the region", async () => {
  const usd = (hourly: number, asOf: string) => ({
    currency: "USD",
    hourly,
    asOf,
  });
  for (
    const [region, ...prices] of [
      ["IAD", usd(2.72, "2013-11-05"), usd(0.022, "2013-11-05"), undefined],
      ["LON", usd(2.72, "2015-02-27"), usd(0.032, "2015-02-27"), undefined],
      ["SYD", usd(2.72, "2015-02-27"), usd(0.026, "2015-02-27"), undefined],
      ["HKG", undefined, undefined, undefined],
    ] as const
  ) {
    const { driver } = rackspace(() => read("list_sizes"), { region });
    const sizes = await driver.listSizes();
    assertEquals(sizes.map(({ price }) => price), prices);
    assertEquals(
      [sizes[0]!.ramMib, sizes[0]!.extra.ephemeralGb],
      [61_440, 600],
    );
    assertEquals(sizes[0]!.extra.extraSpecs, {
      resize_policy_class: "performance_flavor",
      policy_class: "performance_flavor",
      class: "performance2",
      disk_io_index: "60",
      number_of_data_disks: "2",
    });
  }
});

Deno.test("RackspaceNodeDriver.listLocations() lists the region without a request", async () => {
  const { driver, sent } = rackspace(undefined, { region: "LON" });
  assertEquals(await driver.listLocations(), [
    { id: "LON", name: "LON", country: "GB", extra: {} },
  ]);
  assertEquals(sent, []);
});

Deno.test("RackspaceNodeDriver.createNode() sends no zone, and a configuration drive for user data", async () => {
  const { driver, sent } = rackspace((line) =>
    read(line.startsWith("POST") ? "create_node" : "get_node")
  );
  const image = "3afe97b2";
  const node = await driver.createNode({
    name: "api-test",
    size: "2",
    image,
    location: { id: "DFW" },
    userData: "#!",
  });
  assertEquals(
    [node.id, node.rootPassword, node.locationId],
    [SERVER.id, "C3tfz8jQtnKC", "DFW"],
  );
  await driver.createNode({
    name: "api-test",
    size: "2",
    image,
    userData: "#!",
    configDrive: false,
  });
  await driver.createNode({ name: "api-test", size: "2", image });
  const bodies = sent.filter((line) => line.includes("/servers {"))
    .map((line) => JSON.parse(line.slice(line.indexOf("{"))).server);
  assertEquals(bodies, [
    {
      name: "api-test",
      flavorRef: "2",
      imageRef: image,
      user_data: "IyE=",
      config_drive: true,
    },
    {
      name: "api-test",
      flavorRef: "2",
      imageRef: image,
      user_data: "IyE=",
      config_drive: false,
    },
    { name: "api-test", flavorRef: "2", imageRef: image },
  ]);
});

Deno.test("RackspaceNodeDriver.createNode() rejects options that Rackspace lacks", async () => {
  const { driver, sent } = rackspace();
  const node = { name: "web-1", size: "2", image: "3afe97b2" };
  for (
    const [options, message] of [
      [{ location: "ORD" }, 'location must be "DFW", got "ORD"'],
      [
        { securityGroups: ["web"] },
        "Rackspace does not support securityGroups",
      ],
      [{ serverTags: ["web"] }, "Rackspace does not support serverTags"],
      [{ serverGroup: "1" }, "Rackspace does not support serverGroup"],
      [{ description: "Web" }, "Rackspace does not support description"],
    ] as const
  ) {
    await assertRejects(
      () => driver.createNode({ ...node, ...options }),
      TypeError,
      `createNode: ${message}`,
    );
  }
  assertEquals(sent, []);
});

Deno.test("RackspaceNodeDriver uses the field names of version 1 of the volume API", async () => {
  const base = "https://dfw.blockstorage.api.rackspacecloud.com/v1/123456";
  const { driver, sent } = rackspace((line) =>
    line.includes("/snapshots")
      ? read("create_volume_snapshot")
      : read(line.includes("/detail") ? "list_volumes" : "get_volume")
  );
  const volume = await driver.createVolume({
    name: "data",
    sizeGb: 100,
    description: "Data",
    location: "DFW",
  });
  const [listed] = await driver.listVolumes();
  const saved = await driver.createVolumeSnapshot(volume, { name: "backup" });
  assertEquals(sent.slice(1), [
    `POST ${base}/volumes {"volume":{"display_name":"data","size":100,"display_description":"Data"}}`,
    `GET ${base}/volumes/detail?limit=1000`,
    `POST ${base}/snapshots {"snapshot":{"volume_id":"${volume.id}","display_name":"backup","force":true}}`,
  ]);
  for (const it of [volume, listed!]) {
    assertEquals(
      [it.name, it.extra.description, it.locationId],
      ["data", "Data", "DFW"],
    );
  }
  assertEquals(listed!.nodeId, SERVER.id);
  assertEquals(saved.name, "backup");
});

Deno.test("RackspaceNodeDriver rejects methods and filters that Rackspace lacks", async () => {
  const { driver, sent } = rackspace();
  for (
    const [run, message] of [
      [
        () => driver.setServerTags("1", { serverTags: ["web"] }),
        "setServerTags: Rackspace does not support server tags",
      ],
      [
        () => driver.listServerGroups(),
        "listServerGroups: Rackspace does not support server groups",
      ],
      [
        () => driver.createServerGroup({ name: "a", policy: "affinity" }),
        "createServerGroup: Rackspace does not support server groups",
      ],
      [
        () => driver.deleteServerGroup("1"),
        "deleteServerGroup: Rackspace does not support server groups",
      ],
      [
        () => driver.listNodes({ serverTags: ["web"] }),
        "listNodes: Rackspace does not support serverTags",
      ],
      [
        () => driver.listSizes({ isPublic: true }),
        "listSizes: Rackspace does not support isPublic",
      ],
      [
        () => driver.createVolume({ name: "a", sizeGb: 75, location: "ORD" }),
        'createVolume: location must be "DFW", got "ORD"',
      ],
    ] as const
  ) {
    await assertRejects(async () => await run(), TypeError, message);
  }
  assertEquals(sent, []);
});

Deno.test("RackspaceNodeDriver.getRegions() lists the regions of the catalogue", async () => {
  const { driver } = rackspace();
  assertEquals(await driver.getRegions(), [{ id: "ORD" }, { id: "DFW" }]);
});

Deno.test("RackspaceNodeDriver.fromEnv() reads the variables of Rackspace's tools", () => {
  const driver: RackspaceNodeDriver = RackspaceNodeDriver.fromEnv({
    RS_USERNAME: "demo",
    RS_API_KEY: API_KEY,
    RAX_REGION: "ord",
    OS_AUTH_URL: "https://keystone.example.com/v3",
  });
  assertInstanceOf(driver, RackspaceNodeDriver);
  assertInstanceOf(driver, OpenStackNodeDriver);
  assertEquals([driver.provider, driver.region], ["rackspace", "ORD"]);
  assertThrows(
    () => RackspaceNodeDriver.fromEnv({ RS_USERNAME: "demo" }),
    TypeError,
    "RS_API_KEY",
  );
});
