import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertLessOrEqual,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  ApiError,
  CloudError,
  ConflictError,
  isPublicIp,
  MalformedResponseError,
  NotFoundError,
  PermissionDeniedError,
  type RateLimit,
  RateLimitReachedError,
  ServiceUnavailableError,
  TimeoutError,
  ValidationError,
} from "../../../core/mod.ts";
import {
  CAPABILITIES,
  DeploymentError,
  type DeploymentProgress,
  imageOf,
  NodeFailedError,
  nodeOf,
  supports,
} from "../../../core/compute/mod.ts";
import {
  type DigitalOceanAction,
  type DigitalOceanCreateNodeOptions,
  DigitalOceanNodeDriver,
  type DigitalOceanOptions,
} from "../../../drivers/digitalocean/compute.ts";
import {
  DigitalOceanSimulator,
  type DigitalOceanSimulatorOptions,
} from "../../../simulators/digitalocean/mod.ts";
import { IdleTransport } from "../../../testing/compute/inherited.ts";
import { IMMEDIATE } from "../../_support/immediate.ts";
import { type Exchange, replay } from "../../_support/replay.ts";
import {
  DEBIAN,
  KEY_PAIR,
  NODE,
  OTHER_NODE,
  PUBLIC_KEY,
  SIZE,
} from "../../conformance/digitalocean.ts";

// Behaviour of this driver alone

/** Creates a driver whose responses the test chooses. */
function digitalocean(
  fetch: DigitalOceanOptions["fetch"],
  options: Partial<DigitalOceanOptions> = {},
): DigitalOceanNodeDriver {
  const retry = { baseMs: 1, maxMs: 2 };
  return new DigitalOceanNodeDriver({
    token: "t0ken",
    retry,
    fetch,
    ...options,
  });
}

/** Creates a driver with a simulator, and records the requests. */
function simulated(
  options: DigitalOceanSimulatorOptions = {},
  settings: Partial<DigitalOceanOptions> = {},
) {
  const simulator = new DigitalOceanSimulator({
    ...IMMEDIATE.digitalocean,
    createMs: 3,
    actionMs: 3,
    ...options,
  });
  const requests: Request[] = [];
  const cloud = digitalocean((request) => {
    requests.push(request.clone());
    return simulator.fetch(request);
  }, { ...simulator.credentials, ...settings });
  return { simulator, requests, cloud };
}

/** Returns the action that an error carries. */
function actionOf(error: CloudError): DigitalOceanAction {
  const { action } = error as { readonly action?: DigitalOceanAction };
  assert(action);
  return action;
}

Deno.test("DigitalOceanNodeDriver.fromEnv() reads the token from either variable", async () => {
  const simulator = new DigitalOceanSimulator({ token: "right" });
  const { fetch } = simulator;
  for (
    const env of [
      { DIGITALOCEAN_TOKEN: "right" },
      { DIGITALOCEAN_ACCESS_TOKEN: "right" },
      { DIGITALOCEAN_TOKEN: "right", DIGITALOCEAN_ACCESS_TOKEN: "wrong" },
      { DIGITALOCEAN_TOKEN: "", DIGITALOCEAN_ACCESS_TOKEN: "right" },
    ]
  ) {
    const cloud = DigitalOceanNodeDriver.fromEnv(env, { fetch });
    assertEquals((await cloud.getAccount()).status, "active");
  }
  const env = { DIGITALOCEAN_TOKEN: "wrong" };
  const cloud = DigitalOceanNodeDriver.fromEnv(env, { token: "right", fetch });
  assertEquals((await cloud.getAccount()).status, "active");
  const error = assertThrows(
    () => DigitalOceanNodeDriver.fromEnv({}, { fetch }),
    TypeError,
  );
  assertEquals(
    error.message,
    "fromEnv: missing environment variables: " +
      "DIGITALOCEAN_TOKEN or DIGITALOCEAN_ACCESS_TOKEN",
  );
});

Deno.test("DigitalOceanNodeDriver() rejects a missing or invalid token", () => {
  for (
    const [options, message] of [
      [undefined, "DigitalOceanNodeDriver: token is required"],
      [{}, "DigitalOceanNodeDriver: token is required"],
      [
        { token: "…" },
        "DigitalOceanNodeDriver: token contains characters " +
        "that an HTTP header cannot carry",
      ],
    ] as const
  ) {
    const error = assertThrows(
      () => new DigitalOceanNodeDriver(options as never),
      TypeError,
    );
    assertEquals(error.message, message);
  }
});

Deno.test("DigitalOceanNodeDriver has every capability", () => {
  const cloud = digitalocean(undefined);
  for (const capability of CAPABILITIES) assert(supports(cloud, capability));
});

Deno.test("DigitalOceanNodeDriver.listNodes() converts droplets to records", async () => {
  using fetch = replay([{
    request: "GET https://api.digitalocean.com/v2/droplets?per_page=200",
    headers: { authorization: "Bearer t0ken", accept: "application/json" },
    fixture: "digitalocean/list_nodes.json",
  }]);
  const nodes = await digitalocean(fetch).listNodes();
  assertEquals(nodes[0], {
    id: "3164444",
    name: "example.com",
    state: "running",
    publicIps: ["203.0.113.10", "2001:db8::b"],
    privateIps: ["10.128.192.124"],
    createdAt: "2020-07-21T18:37:44Z",
    sizeId: "s-1vcpu-1gb",
    imageId: "63663980",
    locationId: "nyc3",
    tags: { web: "", env: "prod" },
    extra: {
      status: "active",
      isLocked: false,
      imageSlug: "ubuntu-20-04-x64",
      vcpus: 1,
      ramMib: 1024,
      diskGb: 25,
      features: ["backups", "private_networking", "ipv6"],
      volumeIds: [],
      vpcId: "760e09ef-dc84-11e8-981e-3cfdfeaae000",
      addresses: [
        { ip: "10.128.192.124", type: "private", gateway: undefined },
        { ip: "203.0.113.10", type: "public", gateway: "203.0.113.1" },
        { ip: "2001:db8::b", type: "public", gateway: "2001:db8::1" },
      ],
    },
  });
  assertEquals(nodes.length, 3);
  assertEquals(nodes[1]?.extra.volumeIds, [
    "506f78a4-e098-11e5-ad9f-000f53306ae1",
  ]);
});

Deno.test("DigitalOceanNodeDriver.listNodes() sends name and hasGpu as parameters", async () => {
  using fetch = replay([
    {
      request: "GET /v2/droplets?name=a.b&per_page=5",
      fixture: "digitalocean/list_nodes.json",
    },
    {
      request: "GET /v2/droplets?type=gpus&per_page=200",
      fixture: "digitalocean/list_nodes_gpu.json",
    },
  ]);
  const cloud = digitalocean(fetch);
  await cloud.listNodes({ name: "a.b", pageSize: 5 });
  assert((await cloud.listNodes({ hasGpu: true })).length > 0);
});

Deno.test("DigitalOceanNodeDriver maps every status to a state, and other words to unknown", async () => {
  const states = {
    new: "pending",
    active: "running",
    off: "stopped",
    archive: "terminated",
    hibernating: "unknown",
    constructor: "unknown",
    __proto__: "unknown",
    "": "unknown",
  } as Record<string, string>;
  Object.defineProperty(states, "__proto__", {
    value: "unknown",
    enumerable: true,
  });
  for (const [status, state] of Object.entries(states)) {
    using fetch = replay([{
      request: "GET /v2/droplets/1",
      json: { droplet: { id: 1, name: "a", status } },
    }]);
    const node = await digitalocean(fetch).getNode("1");
    assertEquals(node.state, state, status);
    assertEquals(node.extra.status, status || undefined);
  }
});

Deno.test("DigitalOceanNodeDriver separates public and private IP addresses, and keeps all in extra", async () => {
  const v4 = ["10.1.2.3", "203.0.113.7", "192.168.1.1", "100.64.0.1"];
  const v6 = ["2001:db8::7", "fd00::1"];
  using fetch = replay([{
    request: "GET /v2/droplets/1",
    json: {
      droplet: {
        id: 1,
        name: "a",
        networks: {
          v4: v4.map((ip_address) => ({ ip_address, type: "private" })),
          v6: v6.map((ip_address) => ({ ip_address, type: "public" })),
        },
      },
    },
  }]);
  const { publicIps, privateIps, extra } = await digitalocean(fetch)
    .getNode("1");
  assertEquals(publicIps, ["203.0.113.7", "2001:db8::7"]);
  assertEquals(privateIps, [
    "10.1.2.3",
    "192.168.1.1",
    "100.64.0.1",
    "fd00::1",
  ]);
  assertEquals(extra.addresses.map(({ ip }) => ip), [...v4, ...v6]);
});

Deno.test("DigitalOceanNodeDriver.getNode() accepts a droplet without optional fields", async () => {
  using fetch = replay([{
    request: "GET /v2/droplets/1",
    json: { droplet: { id: 1, image: null, region: null, created_at: "now" } },
  }]);
  const node = await digitalocean(fetch).getNode("1");
  assertEquals(node.name, "1");
  assertEquals([...node.publicIps, ...node.privateIps], []);
  assertEquals([node.imageId, node.locationId, node.createdAt], [
    undefined,
    undefined,
    undefined,
  ]);
});

Deno.test("DigitalOceanNodeDriver.listSizes() removes rounding errors from prices", async () => {
  using fetch = replay([{
    request: "GET /v2/sizes?per_page=200",
    fixture: "digitalocean/list_sizes.json",
  }]);
  const [size] = await digitalocean(fetch).listSizes();
  const { extra, locationIds, ...rest } = size!;
  assertEquals(rest, {
    id: "s-1vcpu-1gb",
    name: "s-1vcpu-1gb",
    vcpus: 1,
    ramMib: 1024,
    diskGb: 25,
    transferGb: 1000,
    gpus: undefined,
    price: { currency: "USD", hourly: 0.00744, monthly: 5 },
    isAvailable: true,
  });
  assertEquals(extra, {
    description: "Basic",
    gpuName: undefined,
  });
  assertEquals(locationIds.length, 13);
});

Deno.test("DigitalOceanNodeDriver.listSizes() leaves a price out if it is unknown", async () => {
  using fetch = replay([{
    request: "GET /v2/sizes?per_page=200",
    json: {
      sizes: [{ slug: "a" }, { slug: "b", price_hourly: 0, transfer: 0 }],
    },
  }]);
  const [none, free] = await digitalocean(fetch).listSizes();
  assertEquals(none?.price, undefined);
  assertEquals(free?.price, { currency: "USD", hourly: 0, monthly: undefined });
  assertEquals([none?.transferGb, free?.transferGb], [undefined, 0]);
});

Deno.test("DigitalOceanNodeDriver.listImages() sends type, isPrivate and tag as parameters", async () => {
  const fixture = "digitalocean/list_images.json";
  using fetch = replay([
    { request: "GET /v2/images?per_page=200", fixture },
    { request: "GET /v2/images?type=distribution&per_page=200", fixture },
    { request: "GET /v2/images?type=application&per_page=200", fixture },
    { request: "GET /v2/images?private=true&per_page=200", fixture },
    { request: "GET /v2/images?tag_name=base&per_page=200", fixture },
    { request: "GET /v2/images?per_page=200", fixture },
  ]);
  const cloud = digitalocean(fetch);
  const images = await cloud.listImages();
  await cloud.listImages({ type: "distribution" });
  await cloud.listImages({ type: "application" });
  await cloud.listImages({ isPrivate: true });
  await cloud.listImages({ tag: { id: "base" } });
  await cloud.listImages({ isPrivate: false });
  assertEquals(
    images.map(({ name }) => name).slice(0, 4),
    [
      "Nifty New Snapshot",
      "Another Snapshot",
      "Ubuntu 20.04 (LTS) x64",
      "A custom image",
    ],
  );
  assertEquals(images[2]?.extra, {
    slug: "ubuntu-20-04-x64",
    type: "snapshot",
    distribution: "Ubuntu",
    status: "available",
    description: undefined,
    isPublic: true,
    minDiskGb: 20,
    sizeGb: 2.36,
    locationIds: ["nyc2", "nyc3"],
    createdAt: "2020-05-15T05:47:50Z",
  });
  assertEquals(images[0]?.extra.slug, undefined);
  const error = assertThrows(
    () => cloud.listImages({ type: "snapshot" as never }),
    TypeError,
  );
  assertEquals(
    error.message,
    'listImages: type must be "distribution" or "application", got "snapshot"',
  );
});

Deno.test("DigitalOceanNodeDriver.listLocations() adds the country if it knows the city", async () => {
  const countries = {
    ams3: "NL",
    atl1: "US",
    blr1: "IN",
    fra1: "DE",
    lon1: "GB",
    nyc3: "US",
    sfo2: "US",
    sgp1: "SG",
    syd1: "AU",
    tor1: "CA",
    xyz1: undefined,
    constructor: undefined,
  };
  using fetch = replay([
    {
      request: "GET /v2/regions?per_page=200",
      fixture: "digitalocean/list_locations.json",
    },
    {
      request: "GET /v2/regions?per_page=200",
      json: { regions: Object.keys(countries).map((slug) => ({ slug })) },
    },
  ]);
  const cloud = digitalocean(fetch);
  const [newYork] = await cloud.listLocations();
  assertEquals(newYork?.name, "New York 3");
  assertEquals(newYork?.country, "US");
  assertEquals(newYork?.extra.isAvailable, true);
  assertEquals(newYork?.extra.sizeIds.length, 14);
  const locations = await cloud.listLocations();
  assertEquals(
    Object.fromEntries(locations.map(({ id, country }) => [id, country])),
    countries,
  );
});

Deno.test("DigitalOceanNodeDriver.listKeyPairs() converts keys to records with fingerprints", async () => {
  using fetch = replay([{
    request: "GET /v2/account/keys?per_page=200",
    fixture: "digitalocean/list_key_pairs.json",
  }]);
  const [key] = await digitalocean(fetch).listKeyPairs();
  assertEquals(key?.id, "512189");
  assertEquals(key?.name, "My SSH Public Key");
  assertEquals(
    key?.fingerprint,
    "3b:16:bf:e4:8b:00:8b:b8:59:8c:a9:d3:f0:19:45:fa",
  );
  assertMatch(key?.publicKey ?? "", /^ssh-rsa AEXAMPLE/);
});

Deno.test("DigitalOceanNodeDriver.listVolumes() and listVolumeSnapshots() return records", async () => {
  using fetch = replay([
    {
      request: "GET /v2/volumes?per_page=200",
      json: {
        volumes: [
          {
            id: "v1",
            name: "data",
            size_gigabytes: 10,
            droplet_ids: [7],
            region: { slug: "nyc1" },
            created_at: "2020-03-02T17:00:49Z",
            tags: null,
          },
          { id: "v2", name: "free", size_gigabytes: 1, droplet_ids: null },
        ],
      },
    },
    {
      request: "GET /v2/snapshots?resource_type=volume&per_page=200",
      fixture: "digitalocean/list_volume_snapshots.json",
    },
    {
      request: "GET /v2/volumes/v1/snapshots?per_page=200",
      fixture: "digitalocean/list_volume_snapshots_one.json",
    },
  ]);
  const cloud = digitalocean(fetch);
  const [attached, free] = await cloud.listVolumes();
  assertEquals(attached, {
    id: "v1",
    name: "data",
    sizeGb: 10,
    state: "inuse",
    nodeId: "7",
    locationId: "nyc1",
    createdAt: "2020-03-02T17:00:49Z",
    extra: { description: undefined, filesystem: undefined, tags: [] },
  });
  assertEquals([free?.state, free?.nodeId], ["available", undefined]);
  const [snapshot] = await cloud.listVolumeSnapshots();
  assertEquals(snapshot, {
    id: "fbe805e8-866b-11e6-96bf-000f53315a41",
    name: "pvc-01-1595954862243",
    sizeGb: 0.1008,
    state: "available",
    volumeId: "89bcc42f-85cf-11e6-a004-000f53315871",
    createdAt: "2019-09-28T23:14:30Z",
    extra: { locationIds: ["nyc1"], minDiskGb: 2, tags: ["k8s"] },
  });
  assertEquals((await cloud.listVolumeSnapshots(attached)).length, 1);
});

// The exact request of every write

interface Write {
  readonly what: string;
  readonly run: (cloud: DigitalOceanNodeDriver) => Promise<unknown>;
  readonly exchanges: readonly Exchange[];
}

const noContent = { status: 204 } as const;
const action = { fixture: "digitalocean/start_action.json", status: 201 };

function act(path: string, body: Record<string, unknown>): Exchange {
  return { request: `POST ${path}/actions`, body, ...action };
}

const WRITES: readonly Write[] = [
  {
    what: "createNode() sends only the required fields by default",
    run: (cloud) =>
      cloud.createNode({ name: "a", size: SIZE, image: "debian" }),
    exchanges: [{
      request: "POST /v2/droplets",
      headers: { "content-type": "application/json" },
      body: { name: "a", size: SIZE, image: "debian" },
      fixture: "digitalocean/create_node.json",
      status: 202,
    }],
  },
  {
    what: "createNode() sends all options",
    run: (cloud) =>
      cloud.createNode({
        name: "a",
        size: { id: SIZE },
        image: { id: "63663980" },
        location: "nyc3",
        keyPairs: ["289794", { id: "3b:16:e4" }],
        userData: "#cloud-config\n",
        tags: { env: "prod", web: "1" },
        ipv6: true,
        backups: true,
        monitoring: false,
        vpc: "v",
        volumes: ["d"],
        firewalls: ["f", { id: "g" }],
      }),
    exchanges: [
      {
        request: "POST /v2/droplets",
        body: {
          name: "a",
          size: SIZE,
          image: 63663980,
          region: "nyc3",
          ssh_keys: [289794, "3b:16:e4"],
          user_data: "#cloud-config\n",
          tags: ["env:prod", "web:1"],
          ipv6: true,
          backups: true,
          monitoring: false,
          vpc_uuid: "v",
          volumes: ["d"],
        },
        fixture: "digitalocean/create_node.json",
        status: 202,
      },
      ...["f", "g"].map((firewall) => ({
        request: `POST /v2/firewalls/${firewall}/droplets`,
        body: { droplet_ids: [3164444] },
        ...noContent,
      })),
    ],
  },
  {
    what: "destroyNode() deletes the droplet",
    run: (cloud) => cloud.destroyNode("7"),
    exchanges: [{ request: "DELETE /v2/droplets/7", ...noContent }],
  },
  ...([
    ["rebootNode", {}, { type: "reboot" }],
    ["rebootNode", { force: true }, { type: "power_cycle" }],
    ["startNode", {}, { type: "power_on" }],
    ["stopNode", {}, { type: "shutdown" }],
    ["stopNode", { force: true }, { type: "power_off" }],
    ["renameNode", { name: "b" }, { type: "rename", name: "b" }],
    ["resizeNode", { size: SIZE }, { type: "resize", size: SIZE }],
    ["resizeNode", { size: SIZE, disk: true }, {
      type: "resize",
      size: SIZE,
      disk: true,
    }],
    ["rebuildNode", { image: "63663980" }, {
      type: "rebuild",
      image: 63663980,
    }],
    ["rebuildNode", { image: "debian" }, { type: "rebuild", image: "debian" }],
    ["resetPassword", {}, { type: "password_reset" }],
    ["startAction", { type: "restore", fields: { image: 7 } }, {
      type: "restore",
      image: 7,
    }],
  ] as const).map(([method, options, body]): Write => ({
    what: `${method}() sends the action for ${JSON.stringify(options)}`,
    run: (cloud) => cloud[method]("7", options as never),
    exchanges: [act("/v2/droplets/7", body)],
  })),
  {
    what: "importKeyPair() sends the key without the line break",
    run: (cloud) =>
      cloud.importKeyPair({ name: "me", publicKey: `${PUBLIC_KEY}\n` }),
    exchanges: [{
      request: "POST /v2/account/keys",
      body: { name: "me", public_key: PUBLIC_KEY },
      fixture: "digitalocean/import_key_pair.json",
      status: 201,
    }],
  },
  {
    what: "deleteKeyPair() accepts a fingerprint",
    run: (cloud) => cloud.deleteKeyPair("3b:16"),
    exchanges: [{ request: "DELETE /v2/account/keys/3b%3A16", ...noContent }],
  },
  {
    what: "deleteImage() deletes the image",
    run: (cloud) => cloud.deleteImage("7"),
    exchanges: [{ request: "DELETE /v2/images/7", ...noContent }],
  },
  {
    what: "createVolume() sends all options",
    run: (cloud) =>
      cloud.createVolume({
        name: "data",
        sizeGb: 10,
        location: "nyc1",
        snapshot: "s",
        description: "d",
        filesystem: "ext4",
        tags: ["a"],
      }),
    exchanges: [{
      request: "POST /v2/volumes",
      body: {
        name: "data",
        size_gigabytes: 10,
        region: "nyc1",
        snapshot_id: "s",
        description: "d",
        filesystem_type: "ext4",
        tags: ["a"],
      },
      fixture: "digitalocean/create_volume.json",
      status: 201,
    }],
  },
  {
    what: "attachVolume() sends the action",
    run: (cloud) => cloud.attachVolume("v", { node: "7" }),
    exchanges: [act("/v2/volumes/v", { type: "attach", droplet_id: 7 })],
  },
  {
    what: "detachVolume() sends the node of the options",
    run: (cloud) => cloud.detachVolume("v", { node: "7" }),
    exchanges: [act("/v2/volumes/v", { type: "detach", droplet_id: 7 })],
  },
  {
    what: "detachVolume() sends the node of the record",
    run: (cloud) => cloud.detachVolume({ id: "v", nodeId: "7" } as never),
    exchanges: [act("/v2/volumes/v", { type: "detach", droplet_id: 7 })],
  },
  {
    what: "detachVolume() requests the volume if the node is unknown",
    run: (cloud) => cloud.detachVolume("v"),
    exchanges: [
      {
        request: "GET /v2/volumes/v",
        json: { volume: { id: "v", size_gigabytes: 1, droplet_ids: [7] } },
      },
      act("/v2/volumes/v", { type: "detach", droplet_id: 7 }),
    ],
  },
  {
    what: "resizeVolume() sends the action",
    run: (cloud) => cloud.resizeVolume("v", { sizeGb: 20 }),
    exchanges: [act("/v2/volumes/v", { type: "resize", size_gigabytes: 20 })],
  },
  {
    what: "destroyVolume() deletes the volume",
    run: (cloud) => cloud.destroyVolume("v"),
    exchanges: [{ request: "DELETE /v2/volumes/v", ...noContent }],
  },
  {
    what: "createVolumeSnapshot() sends the name",
    run: (cloud) => cloud.createVolumeSnapshot("v", { name: "s" }),
    exchanges: [{
      request: "POST /v2/volumes/v/snapshots",
      body: { name: "s" },
      fixture: "digitalocean/create_volume_snapshot.json",
      status: 201,
    }],
  },
  {
    what: "createVolumeSnapshot() sends the time as default name",
    run: (cloud) => cloud.createVolumeSnapshot("v"),
    exchanges: [{
      request: "POST /v2/volumes/v/snapshots",
      body: /^\{"name":"snapshot-\d{4}-\d\d-\d\dT[\d:.]+Z"\}$/,
      fixture: "digitalocean/create_volume_snapshot.json",
      status: 201,
    }],
  },
  {
    what: "destroyVolumeSnapshot() deletes the snapshot",
    run: (cloud) => cloud.destroyVolumeSnapshot("s"),
    exchanges: [{ request: "DELETE /v2/snapshots/s", ...noContent }],
  },
  {
    what: "createTag() sends the name",
    run: (cloud) => cloud.createTag({ name: "env:prod" }),
    exchanges: [{
      request: "POST /v2/tags",
      body: { name: "env:prod" },
      fixture: "digitalocean/create_tag.json",
      status: 201,
    }],
  },
  {
    what: "deleteTag() deletes the tag",
    run: (cloud) => cloud.deleteTag("env:prod"),
    exchanges: [{ request: "DELETE /v2/tags/env%3Aprod", ...noContent }],
  },
  ...(["POST", "DELETE"] as const).map((method): Write => ({
    what: method === "POST"
      ? "tagNode() adds the node to the tag"
      : "untagNode() removes the node from the tag",
    run: (cloud) =>
      method === "POST"
        ? cloud.tagNode("7", { tag: "web" })
        : cloud.untagNode("7", { tag: "web" }),
    exchanges: [{
      request: `${method} /v2/tags/web/resources`,
      body: { resources: [{ resource_id: "7", resource_type: "droplet" }] },
      ...noContent,
    }],
  })),
  {
    what: "createReservedIp() sends the node",
    run: (cloud) => cloud.createReservedIp({ node: "7" }),
    exchanges: [{
      request: "POST /v2/reserved_ips",
      body: { droplet_id: 7 },
      fixture: "digitalocean/create_reserved_ip_node.json",
      status: 202,
    }],
  },
  {
    what: "createReservedIp() sends the location",
    run: (cloud) => cloud.createReservedIp({ location: "nyc3" }),
    exchanges: [{
      request: "POST /v2/reserved_ips",
      body: { region: "nyc3" },
      fixture: "digitalocean/create_reserved_ip_location.json",
      status: 202,
    }],
  },
  {
    what: "assignReservedIp() sends the action",
    run: (cloud) => cloud.assignReservedIp("203.0.113.7", { node: "7" }),
    exchanges: [
      act("/v2/reserved_ips/203.0.113.7", { type: "assign", droplet_id: 7 }),
    ],
  },
  {
    what: "unassignReservedIp() sends the action",
    run: (cloud) => cloud.unassignReservedIp("203.0.113.7"),
    exchanges: [act("/v2/reserved_ips/203.0.113.7", { type: "unassign" })],
  },
  {
    what: "releaseReservedIp() deletes the address",
    run: (cloud) => cloud.releaseReservedIp("203.0.113.7"),
    exchanges: [
      { request: "DELETE /v2/reserved_ips/203.0.113.7", ...noContent },
    ],
  },
  ...(["POST", "DELETE"] as const).map((method): Write => ({
    what: method === "POST"
      ? "assignFirewall() adds the node to the firewall"
      : "unassignFirewall() removes the node from the firewall",
    run: (cloud) =>
      method === "POST"
        ? cloud.assignFirewall("f", { node: "7" })
        : cloud.unassignFirewall("f", { node: "7" }),
    exchanges: [{
      request: `${method} /v2/firewalls/f/droplets`,
      body: { droplet_ids: [7] },
      ...noContent,
    }],
  })),
];

for (const { what, run, exchanges } of WRITES) {
  Deno.test(`DigitalOceanNodeDriver.${what}`, async () => {
    using fetch = replay(exchanges);
    await run(digitalocean(fetch));
  });
}

Deno.test("DigitalOceanNodeDriver rejects unsupported and invalid options before any request", async () => {
  using fetch = replay([]);
  const cloud = digitalocean(fetch);
  const node = { name: "a", size: SIZE, image: "debian" };
  const volume = { name: "a", sizeGb: 10, location: "fra1" };
  const wrong: readonly [() => Promise<unknown>, string][] = [
    [
      () => cloud.createNode({ ...node, auth: { sshKey: "k" } }),
      "createNode: DigitalOcean does not support auth; use importKeyPair()",
    ],
    [
      () => cloud.createNode({ ...node, auth: { password: "p" } }),
      "createNode: DigitalOcean does not support auth; use importKeyPair()",
    ],
    [
      () => cloud.createNode({ ...node, idempotencyKey: "k" }),
      "createNode: DigitalOcean does not support idempotencyKey",
    ],
    [
      () => cloud.createNode({ ...node, firewalls: ["f", ".."] }),
      'createNode: firewalls[1] must be a firewall or its id, got ".."',
    ],
    [
      () => cloud.createNode({ ...node, keyPairs: [289794 as never] }),
      "createNode: keyPairs[0] must be a key pair or its id, got number 289794",
    ],
    [
      () => cloud.createNode({ ...node, volumes: [""] }),
      'createNode: volumes[0] must be a volume or its id, got ""',
    ],
    [
      () => cloud.createNode({ ...node, vpc: "" }),
      'createNode: vpc must be a VPC or its id, got ""',
    ],
    [
      () => cloud.createNode({ ...node, tags: [""] }),
      'createNode: tags must be a non-empty string, got ""',
    ],
    [
      () => cloud.createNode({ ...node, image: undefined as never }),
      "createNode: image must be an image or its id, got undefined",
    ],
    [
      () => cloud.destroyNode(undefined as never),
      "destroyNode: node must be a node or its id, got undefined",
    ],
    [
      () => cloud.rebuildNode("7", { image: "" }),
      'rebuildNode: image must be an image or its id, got ""',
    ],
    [
      () => cloud.startAction("7", { type: "" as never }),
      'startAction: type must be a non-empty string, got ""',
    ],
    [
      () => cloud.waitForAction(36805527 as never),
      "waitForAction: action must be an action or its id, got number 36805527",
    ],
    [
      () => cloud.importKeyPair({ name: "me", publicKey: "a\nb" }),
      "importKeyPair: publicKey must be one line, as in authorized_keys",
    ],
    [
      () => cloud.detachVolume("v", { node: "" }),
      'detachVolume: node must be a node or its id, got ""',
    ],
    [
      () => cloud.releaseReservedIp(""),
      'releaseReservedIp: reservedIp must be a reserved IP or its id, got ""',
    ],
    [
      () => cloud.tagNode("7", {} as never),
      "tagNode: tag must be a tag or its id, got undefined",
    ],
    [
      () => cloud.createImage("7", { name: "a", description: "b" }),
      "createImage: DigitalOcean does not support description",
    ],
    [
      () => cloud.copyImage("7", { name: "a", location: "fra1" }),
      "copyImage: DigitalOcean does not support name",
    ],
    [
      () => cloud.attachVolume("v", { node: "7", device: "sdb" }),
      "attachVolume: DigitalOcean does not support device",
    ],
    [
      () => cloud.createVolume({ name: "a", sizeGb: 1 }),
      "createVolume: location must be a location or its id, got undefined",
    ],
    [
      () => cloud.createVolume({ ...volume, sizeGb: undefined as never }),
      "createVolume: sizeGb must be an integer, got undefined",
    ],
    [
      () => cloud.resizeVolume("v", { sizeGb: undefined as never }),
      "resizeVolume: sizeGb must be an integer, got undefined",
    ],
    [
      () => cloud.createReservedIp({}),
      "createReservedIp: exactly one of node and location must be given",
    ],
    [
      () => cloud.createReservedIp({ node: "7", location: "fra1" }),
      "createReservedIp: exactly one of node and location must be given",
    ],
  ];
  for (const [run, message] of wrong) {
    const error = await assertRejects(run, TypeError);
    assertEquals(error.message, message);
  }
  for (
    const [sizeGb, got] of [
      [16_385, "16385"],
      [0, "0"],
      [1.5, "1.5"],
      ["10" as never, '"10"'],
    ] as const
  ) {
    const expected = `sizeGb must be an integer from 1 to 16384, got ${got}`;
    const created = await assertRejects(
      () => cloud.createVolume({ ...volume, sizeGb }),
      RangeError,
    );
    assertEquals(created.message, `createVolume: ${expected}`);
    const resized = await assertRejects(
      () => cloud.resizeVolume("v", { sizeGb }),
      RangeError,
    );
    assertEquals(resized.message, `resizeVolume: ${expected}`);
  }
});

// Pages

for (const pageSize of [1, 2, 100, 200]) {
  Deno.test(`DigitalOceanNodeDriver.listNodes() returns each of 250 nodes once, in order, if pageSize is ${pageSize}`, async () => {
    const { cloud, requests } = simulated({ nodes: 250 });
    const expected = Array.from({ length: 250 }, (_, i) => `${3164444 + i}`);
    const nodes = await cloud.listNodes({ pageSize });
    assertEquals(nodes.map(({ id }) => id), expected);
    assertEquals(requests.length, Math.ceil(250 / pageSize));
    requests.length = 0;
    const ids: string[] = [];
    for await (const { id } of cloud.listNodes({ pageSize })) ids.push(id);
    assertEquals(ids, expected);
    assertEquals(requests.length, Math.ceil(250 / pageSize));
  });
}

Deno.test("DigitalOceanNodeDriver.listNodes() returns all 250 nodes if the largest page has one item", async () => {
  const { cloud, requests } = simulated({ nodes: 250, largestPage: 1 });
  const nodes = await cloud.listNodes();
  assertEquals(new Set(nodes.map(({ id }) => id)).size, 250);
  assertEquals(
    nodes.map(({ name }) => name),
    nodes.map((_, i) => `node-${i + 1}.example.com`),
  );
  assertEquals(requests.length, 250);
  requests.length = 0;
  let count = 0;
  for await (const _ of cloud.listNodes()) count++;
  assertEquals([count, requests.length], [250, 250]);
});

Deno.test("DigitalOceanNodeDriver.listNodes() requests one page if the iteration stops at the first node", async () => {
  const { cloud, requests } = simulated({ nodes: 250 });
  for await (const _ of cloud.listNodes({ pageSize: 10 })) break;
  assertEquals(requests.length, 1);
});

Deno.test("DigitalOceanNodeDriver.listNodes() returns all nodes if a page fails twice", async () => {
  for (const failing of ["1", "2", "3"]) {
    const { simulator } = simulated({ nodes: 250 });
    let failures = 0;
    const cloud = digitalocean(async (request) => {
      const page = new URL(request.url).searchParams.get("page") ?? "1";
      return page === failing && ++failures <= 2
        ? new Response(null, { status: 503 })
        : await simulator.fetch(request);
    }, simulator.credentials);
    const nodes = await cloud.listNodes({ pageSize: 100 });
    assertEquals(failures, 3);
    assertEquals(
      nodes.map(({ id }) => id),
      Array.from({ length: 250 }, (_, i) => `${3164444 + i}`),
    );
  }
});

Deno.test("DigitalOceanNodeDriver.listNodes() sends nothing of a link to the next page", async () => {
  const droplets = (id: number) => [{ id, name: "a" }];
  using fetch = replay([
    {
      request: "GET https://api.digitalocean.com/v2/droplets?per_page=1",
      json: {
        droplets: droplets(1),
        links: { pages: { next: "https://evil.example/x?page=7&cursor=z" } },
        meta: { total: 2 },
      },
    },
    {
      request: "GET https://api.digitalocean.com/v2/droplets?per_page=1&page=2",
      json: { droplets: droplets(2), links: {}, meta: { total: 2 } },
    },
  ]);
  const nodes = await digitalocean(fetch).listNodes({ pageSize: 1 });
  assertEquals(nodes.map(({ id }) => id), ["1", "2"]);
});

// Limits

Deno.test("DigitalOceanNodeDriver passes the rate limit to hooks", async () => {
  const seen: (RateLimit | undefined)[] = [];
  const { cloud } = simulated({ now: () => 1_700_000_000_000 }, {
    hooks: { onResponse: ({ rateLimit }) => seen.push(rateLimit) },
  });
  await cloud.getAccount();
  await cloud.getAccount();
  const rest = { limit: 5000, resetsAt: "2023-11-14T23:13:20.000Z" };
  assertEquals(seen, [{ ...rest, remaining: 4999 }, {
    ...rest,
    remaining: 4998,
  }]);
});

const limited = {
  fixture: "digitalocean/error_429.json",
  request: "GET /v2/account",
} as const;
const reset = (seconds: number, remaining = 0) => ({
  date: "Tue, 14 Nov 2023 22:13:20 GMT",
  "ratelimit-limit": "5000",
  "ratelimit-remaining": String(remaining),
  "ratelimit-reset": String(1_700_000_000 + seconds),
});

for (
  const [what, responseHeaders, delayMs] of [
    ["Retry-After in seconds", { "retry-after": "0.03" }, 30],
    ["Retry-After as a date", {
      date: "Tue, 14 Nov 2023 22:13:20 GMT",
      "retry-after": "Tue, 14 Nov 2023 22:13:20 GMT",
    }, undefined],
    ["ratelimit-reset", reset(0), undefined],
    ["ratelimit-reset that has passed", reset(-5), undefined],
    // The limit per minute was reached, not the limit per hour.
    ["requests left in the hour", reset(3600, 4816), undefined],
    ["Retry-After rather than ratelimit-reset", {
      ...reset(3600),
      "retry-after": "0.02",
    }, 20],
  ] as const
) {
  const delay = delayMs === undefined ? "the backoff delay" : `${delayMs} ms`;
  Deno.test(`DigitalOceanNodeDriver retries after ${delay} if status 429 comes with ${what}`, async () => {
    using fetch = replay([
      { ...limited, responseHeaders },
      { request: "GET /v2/account", fixture: "digitalocean/get_account.json" },
    ]);
    const delays: number[] = [];
    const onRetry = ({ delayMs }: { delayMs: number }) => delays.push(delayMs);
    const account = await digitalocean(fetch, { hooks: { onRetry } })
      .getAccount();
    assertEquals(account.status, "active");
    assertEquals(delays.length, 1);
    if (delayMs === undefined) assertLessOrEqual(delays[0]!, 2);
    else assertEquals(delays, [delayMs]);
  });
}

Deno.test("DigitalOceanNodeDriver repeats a GET after status 408 and after the HTML page of a gateway with status 400", async () => {
  const html = { "content-type": "text/html" };
  using fetch = replay([
    { request: "GET /v2/account", status: 408, text: "" },
    {
      request: "GET /v2/account",
      status: 400,
      text: "<html><h1>400 Bad Request</h1><hr></html>",
      responseHeaders: html,
    },
    { request: "GET /v2/account", fixture: "digitalocean/get_account.json" },
  ]);
  const { status } = await digitalocean(fetch).getAccount();
  assertEquals(status, "active");
});

Deno.test("DigitalOceanNodeDriver rejects with RateLimitReachedError if the delay exceeds timeoutMs", async () => {
  for (
    const responseHeaders of [{ "retry-after": "90" }, reset(90)] as Record<
      string,
      string
    >[]
  ) {
    using fetch = replay([{ ...limited, responseHeaders }]);
    const error = await assertRejects(
      () => digitalocean(fetch).getAccount(),
      RateLimitReachedError,
    );
    assertEquals(
      error.message,
      'getAccount: DigitalOcean refused: "API rate limit exceeded." ' +
        "(429, code too_many_requests)",
    );
    assertEquals(error.retryAfterMs, 90_000);
    assertEquals(error.code, "too_many_requests");
    assertEquals(error.status, 429);
    assertEquals(error.mayHaveBeenApplied, false);
  }
});

Deno.test("DigitalOceanNodeDriver.createNode() sends the request again after status 429", async () => {
  const exchange = {
    request: "POST /v2/droplets",
    body: { name: "a", size: SIZE, image: "debian" },
  };
  using fetch = replay([
    {
      ...exchange,
      fixture: "digitalocean/error_429.json",
      responseHeaders: { "retry-after": "0" },
    },
    { ...exchange, fixture: "digitalocean/create_node.json", status: 202 },
  ]);
  const node = await digitalocean(fetch)
    .createNode({ name: "a", size: SIZE, image: "debian" });
  assertEquals(node.state, "pending");
});

Deno.test("DigitalOceanNodeDriver ignores ratelimit-reset if the status is not 429", async () => {
  using fetch = replay([{
    request: "POST /v2/droplets",
    body: { name: "a", size: SIZE, image: "debian" },
    fixture: "digitalocean/error_422.json",
    responseHeaders: reset(90),
  }]);
  const error = await assertRejects(
    () =>
      digitalocean(fetch).createNode({
        name: "a",
        size: SIZE,
        image: "debian",
      }),
    ValidationError,
  );
  assertEquals(
    error.message,
    "createNode: DigitalOcean refused: " +
      '"You specified an invalid size for Droplet creation." ' +
      "(422, code unprocessable_entity, request id " +
      "4d9d8375-3c56-4925-a3e7-eb137fed17e9)",
  );
  assertEquals(error.retryAfterMs, undefined);
});

// Errors

const REQUEST_ID = "4d9d8375-3c56-4925-a3e7-eb137fed17e9";

for (
  const [fixture, Class, code, requestId, reason] of [
    [
      "error_404",
      NotFoundError,
      "not_found",
      REQUEST_ID,
      "The resource you were accessing could not be found.",
    ],
    [
      "error_422",
      ValidationError,
      "unprocessable_entity",
      REQUEST_ID,
      "You specified an invalid size for Droplet creation.",
    ],
    [
      "error_422_pending",
      ConflictError,
      "unprocessable_entity",
      REQUEST_ID,
      "Droplet already has a pending event.",
    ],
    [
      "error_500",
      ServiceUnavailableError,
      "server_error",
      "of-the-header",
      "Unexpected server-side error",
    ],
    [
      "error_400_tag",
      ValidationError,
      undefined,
      "of-the-header",
      "tag is invalid",
    ],
  ] as const
) {
  Deno.test(`DigitalOceanNodeDriver converts ${fixture}.json to ${Class.name}`, async () => {
    using fetch = replay([{
      request: "POST /v2/droplets/7/actions",
      body: { type: "reboot" },
      fixture: `digitalocean/${fixture}.json`,
      responseHeaders: { "x-request-id": "of-the-header" },
    }]);
    const cloud = digitalocean(fetch, { retry: false });
    const error = await assertRejects(() => cloud.rebootNode("7"), Class);
    const verb = error.status === 500 ? "failed" : "refused";
    const facts = [
      error.status,
      ...(code ? [`code ${code}`] : []),
      `request id ${requestId}`,
    ];
    assertEquals(
      error.message,
      `rebootNode: DigitalOcean ${verb}: "${reason}" (${facts.join(", ")})`,
    );
    assertEquals(error.code, code);
    assertEquals(error.requestId, requestId);
    assertEquals(error.provider, "digitalocean");
    assertEquals(error.operation, "rebootNode");
    assertEquals(error.mayHaveBeenApplied, Class === ServiceUnavailableError);
  });
}

Deno.test("DigitalOceanNodeDriver.rebootNode() sends the request again if the node is busy", async () => {
  const request = "POST /v2/droplets/7/actions";
  const body = { type: "reboot" };
  const fixture = "digitalocean/error_422_pending.json";
  const busy = { request, body, fixture };
  {
    using fetch = replay([busy, busy, { request, body, ...action }]);
    await digitalocean(fetch).rebootNode("7");
  }
  using fetch = replay([busy, busy, busy, busy]);
  const error = await assertRejects(
    () => digitalocean(fetch).rebootNode("7"),
    ConflictError,
  );
  assertEquals([error.status, error.mayHaveBeenApplied], [422, false]);
});

Deno.test("DigitalOceanNodeDriver rejects with MalformedResponseError if the response lacks its field", async () => {
  using fetch = replay([
    { request: "GET /v2/droplets/1", json: { id: 1, name: "a" } },
    { request: "GET /v2/actions/1", json: { action: null } },
    { request: "GET /v2/droplets?per_page=200", json: { links: {} } },
  ]);
  const cloud = digitalocean(fetch);
  for (
    const [operation, run] of [
      ["getNode", () => cloud.getNode("1")],
      ["getAction", () => cloud.getAction("1")],
      ["listNodes", () => cloud.listNodes()],
    ] as const
  ) {
    const error = await assertRejects(
      async () => await run(),
      MalformedResponseError,
    );
    assertEquals(
      error.message,
      `${operation}: unexpected response fields (application/json, HTTP 200)`,
    );
  }
});

Deno.test("DigitalOceanNodeDriver.createNode() removes user data from errors", async () => {
  const userData = "#cloud-config\npassword: hunter2-hunter2";
  const cloud = digitalocean(async (request) => {
    const message = `bad: ${(await request.json()).user_data}`;
    return Response.json({ id: "x", message }, { status: 422 });
  });
  const error = await assertRejects(
    () => cloud.createNode({ name: "a", size: SIZE, image: "d", userData }),
    ApiError,
  );
  assert(!Deno.inspect(error).includes("hunter2"));
});

Deno.test("DigitalOceanNodeDriver.createNode() rejects unsupported user data before any request", async () => {
  const cloud = digitalocean(() =>
    Promise.reject(new Error("a request was sent"))
  );
  const { maxBytes, takesBytes } = cloud.userDataSupport;
  assertEquals([maxBytes, takesBytes], [65_536, false]);
  const create = (userData: unknown) =>
    cloud.createNode(
      {
        name: "a",
        size: SIZE,
        image: "d",
        userData,
      } as DigitalOceanCreateNodeOptions,
    );
  const error = await assertRejects(
    // Fewer characters than the limit has bytes, and more bytes.
    () => create("ä".repeat(maxBytes / 2) + "x"),
    RangeError,
  );
  assertEquals(
    error.message,
    "createNode: userData is 65537 bytes; DigitalOcean accepts at most 65536",
  );
  assert(!Deno.inspect(error).includes("ä"));
  for (
    const [userData, message] of [
      [
        new Uint8Array(1),
        "createNode: userData must be a string; DigitalOcean does not accept " +
        "bytes",
      ],
      [null, "createNode: userData must be a string, got null"],
      [5, "createNode: userData must be a string, got number 5"],
    ] as const
  ) {
    const error = await assertRejects(() => create(userData), TypeError);
    assertEquals(error.message, message);
  }
});

Deno.test("DigitalOceanNodeDriver.createNode() accepts user data of the largest size", async () => {
  const { cloud } = simulated();
  const { maxBytes } = cloud.userDataSupport;
  const userData = "#".repeat(maxBytes);
  await cloud.createNode({ name: "a", size: SIZE, image: DEBIAN, userData });
});

Deno.test("DigitalOceanNodeDriver.createNode() rejects with the node if a firewall was not assigned", async () => {
  const { cloud } = simulated({ nodes: 1 });
  const error = await assertRejects(
    () =>
      cloud.createNode({
        name: "a",
        size: SIZE,
        image: DEBIAN,
        firewalls: ["none"],
      }),
    NotFoundError,
  );
  assertEquals(error.mayHaveBeenApplied, true);
  assertEquals(error.operation, "createNode");
  const [node] = await cloud.listNodes({ name: "a" });
  assert(node);
  assert(error.message.startsWith("createNode: DigitalOcean refused: "));
  assert(
    error.message.endsWith(`; node ${node.id} was accepted before that`),
    error.message,
  );
  assertEquals(nodeOf(error)?.id, node.id);
});

Deno.test("DigitalOceanNodeDriver.deployNode() follows onFailure if a firewall was not assigned", async () => {
  for (const onFailure of ["keep", "destroy"] as const) {
    const { cloud } = simulated();
    const events: DeploymentProgress[] = [];
    const error = await assertRejects(
      () =>
        cloud.deployNode({
          name: "a",
          size: SIZE,
          image: DEBIAN,
          firewalls: ["none"],
          deploy: [],
          via: new IdleTransport(),
          onFailure,
          onProgress: (event) => events.push(event),
        }),
      DeploymentError,
    );
    const isDestroyed = onFailure === "destroy";
    assertEquals(error.isDestroyed, isDestroyed);
    assert(NotFoundError.is(error.cause));
    assertEquals(error.node.name, "a");
    const fate = isDestroyed ? "was destroyed" : "is kept and billed";
    assertStringIncludes(error.message, "deployNode: DigitalOcean refused: ");
    assert(error.message.endsWith(`; node ${error.node.id} ${fate}`));
    assertEquals(
      (await cloud.listNodes()).map(({ id }) => id),
      isDestroyed ? [] : [error.node.id],
    );
    assertEquals(events.at(-1)?.phase, isDestroyed ? "destroying" : "creating");
  }
});

// Actions

Deno.test("DigitalOceanNodeDriver.waitForAction() resolves when the action is completed", async () => {
  const { cloud, requests } = simulated({ nodes: 1, actionMs: 20 });
  const started = await cloud.resetPassword(NODE);
  assertEquals(started.status, "in-progress");
  assertEquals(started.type, "password_reset");
  assertEquals([started.resourceId, started.resourceType], [NODE, "droplet"]);
  assertEquals(started.completedAt, undefined);
  requests.length = 0;
  const ended = await cloud.waitForAction(started, { intervalMs: 2 });
  assertEquals(ended.status, "completed");
  assertEquals(ended.id, started.id);
  assert(ended.completedAt);
  assert(requests.length > 1);
  for (const { url } of requests) {
    assertEquals(new URL(url).pathname, `/v2/actions/${started.id}`);
  }
  assertEquals(await cloud.getAction(ended.id), ended);
  // The account also has the action that created its node.
  for (const options of [{}, { node: NODE }]) {
    const [latest, ...earlier] = await cloud.listActions(options);
    assertEquals(latest, ended);
    assertEquals(earlier.map(({ type }) => type), ["create"]);
  }
});

Deno.test("DigitalOceanNodeDriver.waitForAction() rejects if the action fails", async () => {
  const { cloud } = simulated({ nodes: 1 });
  const { id } = await cloud.startAction(NODE, { type: "power_on" });
  const error = await assertRejects(
    () => cloud.waitForAction(id, { intervalMs: 1 }),
    CloudError,
  );
  assertEquals(
    error.message,
    `waitForAction: action ${id} has status "errored"`,
  );
  assertEquals(error.provider, "digitalocean");
  assertEquals(error.mayHaveBeenApplied, false);
});

Deno.test("DigitalOceanNodeDriver.waitForAction() rejects with TimeoutError after timeoutMs", async () => {
  const { cloud } = simulated({ nodes: 1, actionMs: 60_000 });
  const started = await cloud.resetPassword(NODE);
  const error = await assertRejects(
    () => cloud.waitForAction(started, { intervalMs: 2, timeoutMs: 30 }),
    TimeoutError,
  );
  assertEquals(
    error.message,
    `waitForAction: timed out after 30 ms; action ${started.id} is not completed`,
  );
  assertEquals(error.mayHaveBeenApplied, false);
  const late = await assertRejects(
    () => cloud.createImage(OTHER_NODE, { name: "a", timeoutMs: 30 }),
    NotFoundError,
  );
  assertEquals(late.mayHaveBeenApplied, false);
});

Deno.test("DigitalOceanNodeDriver.createImage() returns the new one of several images with the same name", async () => {
  const { cloud, requests } = simulated({ nodes: 1 });
  const options = { name: "first-snapshot", intervalMs: 1 };
  const [old] = await cloud.listImages({ isPrivate: true });
  assertEquals(old?.name, "first-snapshot");
  const first = await cloud.createImage(NODE, options);
  const second = await cloud.createImage(NODE, options);
  assertEquals(new Set([old?.id, first.id, second.id]).size, 3);
  assertEquals(second.name, "first-snapshot");
  assertEquals(second.extra.isPublic, false);
  const images = await cloud.listImages({ isPrivate: true });
  assertEquals(images.map(({ id }) => id), [old?.id, first.id, second.id]);
  const targets = requests.map(({ method, url }) =>
    `${method} ${new URL(url).pathname}`
  );
  assertEquals(targets.slice(1, 3), [
    `GET /v2/droplets/${NODE}/snapshots`,
    `POST /v2/droplets/${NODE}/actions`,
  ]);
  await cloud.deleteImage(first);
  await assertRejects(() => cloud.getImage(first), NotFoundError);
});

Deno.test("DigitalOceanNodeDriver.createImage() rejects with the action if a later request fails", async () => {
  const { simulator } = simulated({ nodes: 1 });
  const cloud = digitalocean(
    (request) =>
      request.url.includes("/v2/actions/")
        ? Promise.resolve(new Response(null, { status: 403 }))
        : simulator.fetch(request),
    simulator.credentials,
  );
  const error = await assertRejects(
    () => cloud.createImage(NODE, { name: "a", intervalMs: 1 }),
    ApiError,
  );
  assertEquals(error.status, 403);
  assertEquals(error.mayHaveBeenApplied, true);
  const { id } = actionOf(error);
  assertEquals(
    error.message,
    "createImage: DigitalOcean refused (403); " +
      `action ${id} was accepted before that`,
  );
  const slow = simulated({ nodes: 1, actionMs: 60_000 }).cloud;
  const late = await assertRejects(
    () => slow.createImage(NODE, { name: "a", intervalMs: 1, timeoutMs: 30 }),
    TimeoutError,
  );
  assertEquals(late.mayHaveBeenApplied, true);
  assertEquals(
    late.message,
    "createImage: timed out after 30 ms; " +
      `action ${actionOf(late).id} was accepted before that`,
  );
});

Deno.test("DigitalOceanNodeDriver.createImage() rejects with the action if it fails", async () => {
  const start = {
    request: "POST /v2/droplets/7/actions",
    body: { type: "snapshot", name: "a" },
    json: { action: { id: 9, type: "snapshot", status: "in-progress" } },
    status: 201,
  };
  const read = (status: string): Exchange => ({
    request: "GET /v2/actions/9",
    json: { action: { id: 9, type: "snapshot", status } },
  });
  const list = {
    request: "GET /v2/droplets/7/snapshots?per_page=200",
    json: { snapshots: [{ id: "1", name: "b" }], meta: { total: 1 } },
  };
  using fetch = replay([list, start, read("in-progress"), read("errored")]);
  const error = await assertRejects(
    () => digitalocean(fetch).createImage("7", { name: "a", intervalMs: 1 }),
    CloudError,
  );
  assertEquals(
    error.message,
    'createImage: action 9 has status "errored"; action 9 was accepted before ' +
      "that",
  );
  assertEquals(error.mayHaveBeenApplied, true);
  assertEquals(actionOf(error).id, "9");
});

Deno.test("DigitalOceanNodeDriver.createImage() waits for an image that the list does not have yet, and ignores older ones", async () => {
  const list = (...ids: number[]) => ({
    request: "GET /v2/droplets/7/snapshots?per_page=200",
    json: {
      snapshots: ids.map((id) => ({
        id: `${id}`,
        // Somebody else creates 4 meanwhile.
        name: id === 4 ? "other" : "nightly",
      })),
      meta: { total: ids.length },
    },
  });
  const image = { id: 3, name: "nightly" };
  const exchanges = [
    list(1, 2),
    {
      request: "POST /v2/droplets/7/actions",
      body: { type: "snapshot", name: "nightly" },
      json: { action: { id: 9, status: "in-progress" } },
      status: 201,
    },
    {
      request: "GET /v2/actions/9",
      json: { action: { id: 9, status: "completed" } },
    },
    list(1, 2),
    list(4, 1, 2, 3),
  ];
  const read = { request: "GET /v2/images/3" };
  const options = { name: "nightly", intervalMs: 1, timeoutMs: 9000 };
  using found = replay([
    ...exchanges,
    { ...read, json: {}, status: 503 },
    { ...read, json: { image } },
  ]);
  const cloud = digitalocean(found, { retry: false });
  assertEquals((await cloud.createImage("7", options)).id, "3");
  // If the image cannot be read, the error holds it.
  using refused = replay([...exchanges, { ...read, json: {}, status: 403 }]);
  const error = await assertRejects(
    () => digitalocean(refused).createImage("7", options),
    PermissionDeniedError,
  );
  assertEquals([imageOf(error)?.id, imageOf(error)?.name], ["3", "nightly"]);
  assertEquals(
    error.message,
    "createImage: DigitalOcean refused (403); image 3 was accepted before that",
  );
});

Deno.test("DigitalOceanNodeDriver.waitUntilRunning() rejects if the creation of the node has failed", async () => {
  const droplet = { id: 7, name: "web-1", status: "new", locked: false };
  using fetch = replay([
    { request: "GET /v2/droplets/7", json: { droplet } },
    {
      request: "GET /v2/droplets/7/actions?per_page=200",
      json: {
        actions: [{ id: 9, type: "create", status: "errored" }],
        meta: { total: 1 },
      },
    },
  ]);
  const error = await assertRejects(
    () => digitalocean(fetch).waitUntilRunning("7"),
    NodeFailedError,
    "waitUntilRunning: the creation of node 7 failed: action 9 has status " +
      '"errored"',
  );
  assertEquals(error.node.id, "7");
});

Deno.test("DigitalOceanNodeDriver.waitUntilRunning() reads the actions only of a new node that is not locked", async () => {
  const look = (status: string, locked: boolean): Exchange => ({
    request: "GET /v2/droplets/7",
    json: {
      droplet: {
        id: 7,
        name: "web-1",
        status,
        locked,
        networks: { v4: [{ type: "public", ip_address: "203.0.113.7" }] },
      },
    },
  });
  const actions = (create: string): Exchange => ({
    request: "GET /v2/droplets/7/actions?per_page=200",
    json: {
      actions: [
        { id: 10, type: "enable_ipv6", status: "errored" },
        { id: 9, type: "create", status: create },
      ],
      meta: { total: 2 },
    },
  });
  using fetch = replay([
    look("new", true),
    look("new", false),
    actions("in-progress"),
    look("new", false),
    actions("completed"),
    look("off", false),
    look("active", false),
  ]);
  const [node] = await digitalocean(fetch)
    .waitUntilRunning("7", { intervalMs: 1, timeoutMs: 9000 });
  assertEquals(node?.state, "running");
});

Deno.test("DigitalOceanNodeDriver.copyImage() makes an image available in another location", async () => {
  const { cloud } = simulated({ nodes: 1 });
  const [image] = await cloud.listImages({ isPrivate: true });
  assert(image);
  assertEquals(image.extra.locationIds, ["nyc1"]);
  const copy = await cloud.copyImage(image, {
    location: "fra1",
    intervalMs: 1,
  });
  assertEquals(copy.id, image.id);
  assertEquals(copy.extra.locationIds, ["nyc1", "fra1"]);
  await assertRejects(
    () => cloud.copyImage(DEBIAN, { location: "fra1" }),
    ApiError,
    "You do not have access",
  );
});

Deno.test("DigitalOceanNodeDriver.rebootNode() rejects with ConflictError if the node stays busy", async () => {
  const { cloud } = simulated({ nodes: 1, actionMs: 1000 });
  await cloud.rebootNode(NODE);
  assertEquals((await cloud.getNode(NODE)).extra.isLocked, true);
  await assertRejects(() => cloud.rebootNode(NODE), ConflictError);
});

Deno.test("DigitalOceanNodeDriver.detachVolume() rejects with ConflictError if the volume is not attached", async () => {
  const { cloud } = simulated({ nodes: 1 });
  const volume = await cloud.createVolume({
    name: "free",
    sizeGb: 1,
    location: "fra1",
  });
  const error = await assertRejects(
    () => cloud.detachVolume(volume),
    ConflictError,
  );
  assertEquals(
    error.message,
    `detachVolume: volume ${volume.id} is not attached to a node`,
  );
  assertEquals([error.status, error.mayHaveBeenApplied], [200, false]);
});

Deno.test("DigitalOceanNodeDriver creates, attaches, resizes, snapshots, detaches and destroys a volume", async () => {
  const { cloud } = simulated({ nodes: 1 });
  const settle = async () => {
    const [latest] = await cloud.listActions();
    await cloud.waitForAction(latest!, { intervalMs: 1 });
  };
  const volume = await cloud.createVolume({
    name: "more",
    sizeGb: 10,
    location: "nyc1",
  });
  assertEquals(volume.state, "available");
  await cloud.attachVolume(volume, { node: NODE });
  await settle();
  const attached = (await cloud.listVolumes()).find(({ id }) =>
    id === volume.id
  );
  assertEquals([attached?.state, attached?.nodeId], ["inuse", NODE]);
  assert((await cloud.getNode(NODE)).extra.volumeIds.includes(volume.id));
  await cloud.waitForAction(
    await cloud.resizeVolume(volume, { sizeGb: 20 }),
    { intervalMs: 1 },
  );
  const snapshot = await cloud.createVolumeSnapshot(volume);
  assertMatch(snapshot.name ?? "", /^snapshot-/);
  assertEquals(await cloud.listVolumeSnapshots(volume), [snapshot]);
  await cloud.destroyVolumeSnapshot(snapshot);
  assertEquals(await cloud.listVolumeSnapshots(volume), []);
  await assertRejects(() => cloud.destroyVolume(volume), ConflictError);
  await cloud.detachVolume(volume);
  await settle();
  await cloud.destroyVolume(volume);
  await assertRejects(() => cloud.destroyVolume(volume), NotFoundError);
});

Deno.test("DigitalOceanNodeDriver.createNode() applies all its options", async () => {
  const { cloud } = simulated({ nodes: 1 });
  const [firewall] = await cloud.listFirewalls();
  const volume = await cloud.createVolume({
    name: "more",
    sizeGb: 10,
    location: "fra1",
  });
  const options: DigitalOceanCreateNodeOptions = {
    name: "web-1",
    size: SIZE,
    image: "debian-12-x64",
    location: "fra1",
    keyPairs: [KEY_PAIR],
    userData: "#cloud-config\n",
    tags: ["web", "new"],
    ipv6: true,
    backups: true,
    monitoring: true,
    volumes: [volume],
    firewalls: [firewall!],
  };
  const { id } = await cloud.createNode(options);
  const [node] = await cloud.waitUntilRunning(id, { intervalMs: 1 });
  assert(node);
  assertEquals(node.publicIps.length, 2);
  assertEquals(node.publicIps.map(isPublicIp), [true, true]);
  assertEquals(node.privateIps.length, 1);
  assertEquals(node.imageId, DEBIAN);
  assertEquals(node.tags, { web: "", new: "" });
  assertEquals(node.extra.features, [
    "backups",
    "monitoring",
    "private_networking",
    "ipv6",
  ]);
  assertEquals(node.extra.volumeIds, [volume.id]);
  const [protecting] = await cloud.listFirewalls();
  assertEquals(protecting?.nodeIds, [NODE, id]);
  await cloud.unassignFirewall(firewall!, { node });
  assertEquals((await cloud.listFirewalls())[0]?.nodeIds, [NODE]);
  assertEquals((await cloud.listTags()).map((tag) => [tag.id, tag.count]), [
    ["web", 2],
    ["new", 1],
  ]);
  await cloud.untagNode(node, { tag: "web" });
  const tagged = await cloud.listNodes({ tags: ["web"] });
  assertEquals(tagged.map(({ id }) => id), [NODE]);
  await cloud.tagNode(node, { tag: "web" });
  await cloud.deleteTag("new");
  assertEquals((await cloud.getNode(node)).tags, { web: "" });
});

Deno.test("DigitalOceanNodeDriver creates, assigns, unassigns and releases a reserved IP address", async () => {
  const { cloud } = simulated({ nodes: 13 });
  const [first, ...others] = await cloud.listNodes();
  const node = others.find(({ locationId }) =>
    locationId === first?.locationId
  );
  assert(first && node);
  const reserved = await cloud.createReservedIp({ node: first });
  assertEquals(reserved.isLocked, true);
  const find = async () =>
    (await cloud.listReservedIps()).find(({ ip }) => ip === reserved.ip);
  while ((await find())?.isLocked);
  assertEquals((await find())?.nodeId, first.id);
  const wait = { intervalMs: 1 };
  await cloud.waitForAction(
    await cloud.assignReservedIp(reserved, { node }),
    wait,
  );
  assertEquals((await find())?.nodeId, node.id);
  await cloud.waitForAction(await cloud.unassignReservedIp(reserved), wait);
  assertEquals((await find())?.nodeId, undefined);
  await cloud.releaseReservedIp(reserved);
  assertEquals(await find(), undefined);
  const spare = await cloud.createReservedIp({ location: "fra1" });
  assertEquals([spare.locationId, spare.isLocked], ["fra1", false]);
});

Deno.test("DigitalOceanNodeDriver resizes and rebuilds a node", async () => {
  const { cloud } = simulated({ nodes: 1 });
  const wait = { intervalMs: 1 };
  const settle = async () => {
    const [latest] = await cloud.listActions({ node: NODE });
    await cloud.waitForAction(latest!, wait);
  };
  await cloud.stopNode(NODE);
  await settle();
  await cloud.resizeNode(NODE, { size: "s-2vcpu-4gb", disk: true });
  await settle();
  await cloud.waitForAction(
    await cloud.rebuildNode(NODE, { image: "fedora-38-x64" }),
    wait,
  );
  const node = await cloud.getNode(NODE);
  assertEquals(node.sizeId, "s-2vcpu-4gb");
  assertEquals(node.extra.diskGb, 80);
  assertEquals(node.extra.imageSlug, "fedora-38-x64");
  assertEquals(node.state, "running");
});

Deno.test("DigitalOceanNodeDriver.getAccount() converts the account to a record", async () => {
  using fetch = replay([{
    request: "GET /v2/account",
    fixture: "digitalocean/get_account.json",
  }]);
  assertEquals(await digitalocean(fetch).getAccount(), {
    id: "b6fr89dbf6d9156cace5f3c78dc9851d957381ef",
    name: "Sammy the Shark",
    email: "sammy@example.com",
    status: "active",
    nodeLimit: 25,
  });
});

Deno.test("DigitalOceanNodeDriver converts reserved IP addresses, firewalls and actions to records", async () => {
  using fetch = replay([
    {
      request: "GET /v2/reserved_ips?per_page=200",
      fixture: "digitalocean/list_reserved_ips.json",
    },
    {
      request: "GET /v2/firewalls?per_page=200",
      fixture: "digitalocean/list_firewalls.json",
    },
    {
      request: "GET /v2/actions/36804636",
      fixture: "digitalocean/get_action.json",
    },
    {
      request: "POST /v2/images/7/actions",
      body: { type: "transfer", region: "nyc3" },
      fixture: "digitalocean/copy_image_action.json",
      status: 201,
    },
    {
      request: "GET /v2/actions/36805527",
      json: { action: { id: 36805527, status: "completed" } },
    },
    { request: "GET /v2/images/7", fixture: "digitalocean/get_image.json" },
    {
      request: "POST /v2/images/7/actions",
      body: { type: "transfer", region: "nyc3" },
      json: { id: 36805528, status: "in-progress" },
      status: 201,
    },
    {
      request: "GET /v2/actions/36805528",
      json: { action: { id: 36805528, status: "completed" } },
    },
    { request: "GET /v2/images/7", fixture: "digitalocean/get_image.json" },
  ]);
  const cloud = digitalocean(fetch);
  const [reserved] = await cloud.listReservedIps();
  assertEquals(reserved, {
    id: "203.0.113.14",
    ip: "203.0.113.14",
    nodeId: undefined,
    locationId: "nyc3",
    isLocked: true,
  });
  const [firewall] = await cloud.listFirewalls();
  assert(firewall);
  assertEquals(firewall.name, "firewall");
  assertInstanceOf(firewall.nodeIds, Array);
  const action = await cloud.getAction("36804636");
  assertEquals(action.status, "completed");
  assertEquals(action.locationId, "nyc3");
  // The response of an image action may lack the envelope {"action": ...}.
  for (let count = 0; count < 2; count++) {
    const image = await cloud.copyImage("7", { location: "nyc3" });
    assertEquals(image.extra.slug, "ubuntu-16-04-x64");
  }
});
