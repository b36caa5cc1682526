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

/** A service catalogue, as the documentation shows it. */
function access(region = "DFW") {
  const at = (host: string, path: string) => [
    {
      tenantId: "123456",
      region: "ORD",
      publicURL: `https://ord.${host}.api.rackspacecloud.com${path}`,
    },
    {
      tenantId: "123456",
      region,
      publicURL:
        `https://${region.toLowerCase()}.${host}.api.rackspacecloud.com${path}`,
    },
  ];
  return {
    access: {
      token: {
        id: "token-1",
        expires: "2999-04-18T13:15:20.000-05:00",
        tenant: { id: "123456", name: "123456" },
        "RAX-AUTH:authenticatedBy": ["APIKEY"],
      },
      serviceCatalog: [
        {
          name: "cloudServers",
          type: "compute",
          endpoints: [{
            tenantId: "123456",
            publicURL: "https://servers.api.rackspacecloud.com/v1.0/123456",
          }],
        },
        {
          name: "cloudServersOpenStack",
          type: "compute",
          endpoints: at("servers", "/v2/123456"),
        },
        {
          name: "cloudBlockStorage",
          type: "volume",
          endpoints: at("blockstorage", "/v1/123456"),
        },
        {
          name: "cloudImages",
          type: "image",
          endpoints: at("images", "/v2/123456"),
        },
      ],
    },
  };
}

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

/** A server, as the documentation shows it. */
const SERVER = {
  "OS-DCF:diskConfig": "AUTO",
  "OS-EXT-STS:power_state": 1,
  "OS-EXT-STS:task_state": null,
  "OS-EXT-STS:vm_state": "active",
  accessIPv4: "198.51.100.238",
  accessIPv6: "2001:db8:780e:510:d87b:9cbc:ff04:513a",
  addresses: {
    private: [{ addr: "10.180.3.171", version: 4 }],
    public: [
      { addr: "198.51.100.238", version: 4 },
      { addr: "2001:db8:780e:510:d87b:9cbc:ff04:513a", version: 6 },
    ],
  },
  created: "2012-08-16T18:41:43Z",
  flavor: { id: "2", links: [] },
  hostId: "33ccb6c82f3625748b6f2338f54d8e9df07cc583251e001355569056",
  id: "ef08aa7a-b5e4-4bb8-86df-5ac56230f841",
  image: { id: "3afe97b2-26dc-49c5-a2cc-a2fc8d80c001", links: [] },
  links: [],
  metadata: { "My Server Name": "API v2" },
  name: "api-test",
  progress: 100,
  status: "ACTIVE",
  tenant_id: "123456",
  updated: "2012-08-17T18:41:43Z",
  user_id: "170454",
};

Deno.test("RackspaceNodeDriver logs in with the API key, and uses its region", async () => {
  const { driver, sent } = rackspace(() => ({ servers: [SERVER] }));
  const [node] = await driver.listNodes();
  assertEquals(sent, [
    login,
    "GET https://dfw.servers.api.rackspacecloud.com/v2/123456/servers/detail?limit=1000",
  ]);
  assert(node);
  assertEquals(
    [node.name, node.state, node.sizeId, node.publicIps, node.privateIps],
    [
      "api-test",
      "running",
      "2",
      [
        "2001:db8:780e:510:d87b:9cbc:ff04:513a",
        "198.51.100.238",
      ].reverse(),
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
  assertEquals(headers.at(-1)!.get("x-auth-token"), "token-1");
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
          code: 401,
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
    Response.json({
      overLimit: {
        code: 413,
        message: "OverLimit Retry...",
        details: "Error Details...",
        retryAfter: "2012-11-29T13:34:19Z",
      },
    }, { status: 413, headers: { "retry-after": "26" } })
  );
  const error = await assertRejects(
    () => Promise.resolve(driver.listNodes()),
    RateLimitReachedError,
  );
  assertEquals([error.code, error.retryAfterMs], ["overLimit", 26_000]);
});

const FLAVORS = {
  flavors: [
    {
      "OS-FLV-WITH-EXT-SPECS:extra_specs": {
        policy_class: "performance_flavor",
        class: "performance2",
      },
      name: "60 GB Performance",
      ram: 61_440,
      vcpus: 16,
      swap: "",
      rxtx_factor: 5000,
      "OS-FLV-EXT-DATA:ephemeral": 600,
      disk: 40,
      id: "performance2-60",
    },
    { name: "512MB", ram: 512, vcpus: 1, swap: 512, disk: 20, id: "2" },
    { name: "1 GB General", ram: 1024, vcpus: 1, disk: 20, id: "general1-1" },
  ],
};

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
    const { driver } = rackspace(() => FLAVORS, { region });
    const sizes = await driver.listSizes();
    assertEquals(sizes.map(({ price }) => price), prices);
    assertEquals(
      [sizes[0]!.ramMib, sizes[0]!.extra.ephemeralGb],
      [61_440, 600],
    );
    assertEquals(sizes[0]!.extra.extraSpecs, {
      policy_class: "performance_flavor",
      class: "performance2",
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
  const { driver, sent } = rackspace((line) => ({
    server: line.startsWith("POST")
      ? { id: SERVER.id, adminPass: "pä55" }
      : SERVER,
  }));
  const image = "3afe97b2";
  const node = await driver.createNode({
    name: "api-test",
    size: "2",
    image,
    location: { id: "DFW" },
    userData: "#!",
  });
  assertEquals([node.id, node.rootPassword], [SERVER.id, "pä55"]);
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

const VOLUME = {
  id: "v1",
  display_name: "data",
  display_description: "Data",
  size: 100,
  status: "available",
  volume_type: "SATA",
  availability_zone: "nova",
  attachments: [],
  metadata: {},
  bootable: "false",
  created_at: "2014-01-01T00:00:00.000000",
};

Deno.test("RackspaceNodeDriver uses the field names of version 1 of the volume API", async () => {
  const base = "https://dfw.blockstorage.api.rackspacecloud.com/v1/123456";
  const snapshot = {
    id: "s1",
    display_name: "backup",
    display_description: null,
    size: 100,
    status: "available",
    volume_id: "v1",
  };
  const { driver, sent } = rackspace((line) =>
    line.includes("/snapshots")
      ? { snapshot }
      : line.includes("/detail")
      ? { volumes: [VOLUME] }
      : { volume: VOLUME }
  );
  const volume = await driver.createVolume({
    name: "data",
    sizeGb: 100,
    description: "Data",
  });
  const [listed] = await driver.listVolumes();
  const saved = await driver.createVolumeSnapshot(volume, { name: "backup" });
  assertEquals(sent.slice(1), [
    `POST ${base}/volumes {"volume":{"display_name":"data","size":100,"display_description":"Data"}}`,
    `GET ${base}/volumes/detail?limit=1000`,
    `POST ${base}/snapshots {"snapshot":{"volume_id":"v1","display_name":"backup","force":true}}`,
  ]);
  for (const it of [volume, listed!]) {
    assertEquals([it.name, it.extra.description], ["data", "Data"]);
  }
  assertEquals(saved.name, "backup");
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
