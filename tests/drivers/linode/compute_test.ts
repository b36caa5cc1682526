import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertRejects,
} from "@std/assert";
import {
  ApiError,
  CloudError,
  ConflictError,
  InvalidCredsError,
  MalformedResponseError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitReachedError,
  type ResponseEvent,
  TimeoutError,
  ValidationError,
} from "../../../core/mod.ts";
import { supports } from "../../../core/compute/mod.ts";
import { cloudInit } from "../../../deploy/cloud_init.ts";
import {
  type LinodeCreateNodeOptions,
  LinodeNodeDriver,
  type LinodeOptions,
} from "../../../drivers/linode/compute.ts";
import {
  LinodeSimulator,
  type LinodeSimulatorOptions,
} from "../../../simulators/linode/mod.ts";
import {
  id,
  optional,
  Probe,
  secret,
  text,
  time,
} from "../../_support/bad_input.ts";
import { conformance } from "../../_support/conformance.ts";
import { type Exchange, replay } from "../../_support/mock_fetch.ts";

const credentials = { token: "canary-token" };
// What a simulator with two nodes begins with.
const NODE = "123";
const OTHER_NODE = "126";
const SSH_KEY = "129";
const EVENT = "130";
const USED_VOLUME = "131";
const SPARE_VOLUME = "132";
const IMAGE = "private/133";
const PUBLIC_KEY =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGFtZXhhbXBsZWtleWFtZXhhbXBsZWtleWFt me@example.com";

const checks = conformance({
  Driver: LinodeNodeDriver,
  credentials,
  wrongCredentials: { token: "wrong" },
  createSimulator: () =>
    new LinodeSimulator({
      ...credentials,
      nodes: 2,
      provisionMs: 3,
      bootMs: 3,
      actionMs: 3,
    }),
  create: {
    name: "web-1",
    size: "g6-nanode-1",
    image: { id: "linode/debian12" },
    location: "us-east",
    keyPairs: [SSH_KEY],
    userData: "#cloud-config\n",
  },
  unknownId: "1",
  hasUniqueNames: true,
  inspect: (value) => Deno.inspect(value, { depth: 10, showHidden: true }),
  methods: {
    listNodes: [{}, { options: { filter: { region: "us-east" } } }],
    listSizes: {},
    listImages: [{}, { options: { isPublic: false, type: "manual" } }],
    listLocations: {},
    getNode: { on: id(NODE) },
    createNode: [
      {
        options: {
          name: text("web-1"),
          size: id("g6-nanode-1"),
          image: id("linode/debian12"),
          location: id("us-east"),
          keyPairs: [id(SSH_KEY)],
          userData: "#cloud-config\n",
          tags: [text("web-server")],
          firewall: optional(id("123")),
          stackScript: optional(id("10079")),
          stackScriptData: { DB_PASSWORD: "hunter2" },
        },
      },
      {
        options: {
          name: text("web-1"),
          size: "g6-nanode-1",
          image: "linode/debian12",
          location: "us-east",
          auth: { password: "Tr0ub4dor&3" },
        },
      },
    ],
    rebootNode: { on: id(NODE) },
    destroyNode: { on: id(NODE) },
    waitUntilRunning: [
      { on: id(NODE), options: { intervalMs: time(2) } },
      { on: [id(NODE), id(OTHER_NODE)] },
      { on: id(NODE), options: { once: true } },
    ],
    startNode: { on: id(NODE) },
    stopNode: { on: id(NODE) },
    renameNode: { on: id(NODE), options: { name: text("web-2") } },
    resizeNode: { on: id(NODE), options: { size: id("g6-standard-2") } },
    listKeyPairs: {},
    getKeyPair: { on: id(SSH_KEY) },
    importKeyPair: {
      options: { name: text("me"), publicKey: text(PUBLIC_KEY) },
    },
    deleteKeyPair: { on: id(SSH_KEY) },
    getImage: { on: id("linode/debian12") },
    createImage: { on: id(NODE), options: { name: text("golden") } },
    copyImage: { on: id(IMAGE), options: { location: id("us-iad") } },
    deleteImage: { on: id(IMAGE) },
    listVolumes: {},
    getVolume: { on: id(SPARE_VOLUME) },
    createVolume: [
      {
        options: {
          name: text("data"),
          sizeGb: new Probe("count", 20),
          location: id("us-east"),
          tags: [text("web-server")],
        },
      },
      {
        options: {
          name: text("data"),
          sizeGb: new Probe("count", 20),
          node: id(NODE),
        },
      },
    ],
    attachVolume: { on: id(SPARE_VOLUME), options: { node: id(NODE) } },
    detachVolume: { on: id(USED_VOLUME) },
    destroyVolume: { on: id(SPARE_VOLUME) },
    resizeVolume: {
      on: id(SPARE_VOLUME),
      options: { sizeGb: new Probe("count", 40) },
    },
    cloneVolume: { on: id(SPARE_VOLUME), options: { name: text("copy") } },
    rebuildNode: {
      on: id(NODE),
      options: { image: id("linode/arch"), keyPairs: [id(SSH_KEY)] },
    },
    cloneNode: {
      on: id(NODE),
      options: {
        name: optional(text("twin")),
        size: optional(id("g6-standard-2")),
        location: optional(id("us-iad")),
      },
    },
    resetPassword: {
      on: id(NODE),
      options: { password: secret("Tr0ub4dor&3") },
    },
    setTags: { on: id(NODE), options: { tags: [text("web-server")] } },
    listTags: {},
    listDisks: { on: id(NODE) },
    listBackups: { on: id(NODE) },
    takeBackup: { on: id(NODE), options: { name: text("before") } },
    enableBackups: { on: id(OTHER_NODE) },
    cancelBackups: { on: id(NODE) },
    listStackScripts: [{}, { options: { isMine: true } }],
    listEvents: [
      {},
      { options: { node: optional(id(NODE)), action: "linode_create" } },
    ],
    getEvent: { on: id(EVENT) },
    waitForEvent: { on: id(EVENT), options: { intervalMs: time(2) } },
    getAccount: {},
  },
});
for (const { name, run } of checks) {
  Deno.test(`LinodeNodeDriver ${name}`, run);
}

// What is its own

/** A driver with a token of "secret"; what it sends is up to the test. */
function linode(
  fetch: LinodeOptions["fetch"],
  options: Partial<LinodeOptions> = {},
): LinodeNodeDriver {
  return new LinodeNodeDriver({
    token: "secret-token",
    fetch,
    retry: { baseMs: 1 },
    ...options,
  });
}

/** A driver, and an account in which all takes milliseconds. */
function account(options: LinodeSimulatorOptions = {}) {
  const simulator = new LinodeSimulator({
    provisionMs: 2,
    bootMs: 2,
    actionMs: 2,
    ...options,
  });
  const requests: Request[] = [];
  const cloud = new LinodeNodeDriver({
    ...simulator.credentials,
    fetch: (request) => {
      requests.push(request.clone());
      return simulator.fetch(request);
    },
  });
  return { cloud, requests, simulator };
}

const HEADERS = {
  authorization: "Bearer secret-token",
  accept: "application/json",
  "user-agent": /^nephos\/\d/,
} as const;
const NO_BODY = { ...HEADERS, "content-type": null };
const JSON_BODY = { ...HEADERS, "content-type": "application/json" };
const CREATE = "POST /v4/linode/instances";
const LIST = "GET /v4/linode/instances?page_size=500";
const ACCEPTED = "linode/accepted.json";
const WEB: LinodeCreateNodeOptions = {
  name: "web-1",
  size: "g6-nanode-1",
  image: "linode/debian12",
  location: "us-east",
};

/** Each write, exactly as it is sent. */
const WRITES: readonly {
  readonly name: string;
  readonly run: (cloud: LinodeNodeDriver) => Promise<unknown>;
  readonly exchanges: readonly Exchange[];
}[] = [
  {
    name: "rebootNode()",
    run: (cloud) => cloud.rebootNode("123"),
    exchanges: [accepted("POST /v4/linode/instances/123/reboot")],
  },
  {
    name: "destroyNode()",
    run: (cloud) => cloud.destroyNode({ id: "123" }),
    exchanges: [accepted("DELETE /v4/linode/instances/123")],
  },
  {
    name: "startNode()",
    run: (cloud) => cloud.startNode("123"),
    exchanges: [accepted("POST /v4/linode/instances/123/boot")],
  },
  {
    name: "stopNode()",
    run: (cloud) => cloud.stopNode("123"),
    exchanges: [accepted("POST /v4/linode/instances/123/shutdown")],
  },
  {
    name: "renameNode()",
    run: (cloud) => cloud.renameNode("123", { name: "web-2" }),
    exchanges: [{
      request: "PUT /v4/linode/instances/123",
      headers: JSON_BODY,
      body: { label: "web-2" },
      fixture: "linode/get_node.json",
    }],
  },
  {
    name: "setTags()",
    run: (cloud) => cloud.setTags("123", { tags: ["web", "eu"] }),
    exchanges: [{
      request: "PUT /v4/linode/instances/123",
      headers: JSON_BODY,
      body: { tags: ["web", "eu"] },
      fixture: "linode/get_node.json",
    }],
  },
  {
    name: "resizeNode()",
    run: (cloud) => cloud.resizeNode("123", { size: "g6-standard-2" }),
    exchanges: [
      accepted("POST /v4/linode/instances/123/resize", {
        type: "g6-standard-2",
      }),
    ],
  },
  {
    name: "resizeNode() with what is its own",
    run: (cloud) =>
      cloud.resizeNode("123", {
        size: { id: "g6-standard-2" },
        resizesDisk: false,
        migration: "warm",
      }),
    exchanges: [
      accepted("POST /v4/linode/instances/123/resize", {
        type: "g6-standard-2",
        allow_auto_disk_resize: false,
        migration_type: "warm",
      }),
    ],
  },
  {
    name: "cloneNode()",
    run: (cloud) => cloud.cloneNode("123", { name: "twin" }),
    exchanges: [{
      request: "POST /v4/linode/instances/123/clone",
      headers: JSON_BODY,
      body: { label: "twin" },
      fixture: "linode/clone_node.json",
    }],
  },
  {
    name: "resetPassword()",
    run: (cloud) => cloud.resetPassword("123", { password: "Tr0ub4dor&3" }),
    exchanges: [
      accepted("POST /v4/linode/instances/123/password", {
        root_pass: "Tr0ub4dor&3",
      }),
    ],
  },
  {
    name: "importKeyPair()",
    run: (cloud) =>
      cloud.importKeyPair({ name: "laptop", publicKey: `${PUBLIC_KEY}\n` }),
    exchanges: [{
      request: "POST /v4/profile/sshkeys",
      headers: JSON_BODY,
      body: { label: "laptop", ssh_key: PUBLIC_KEY },
      fixture: "linode/import_key_pair.json",
    }],
  },
  {
    name: "deleteKeyPair()",
    run: (cloud) => cloud.deleteKeyPair("42"),
    exchanges: [accepted("DELETE /v4/profile/sshkeys/42")],
  },
  {
    name: "createImage() with the disk that is no swap space",
    run: (cloud) =>
      cloud.createImage("123", { name: "golden", description: "A gold image" }),
    exchanges: [
      {
        request: "GET /v4/linode/instances/123/disks?page_size=500",
        headers: NO_BODY,
        fixture: "linode/list_disks.json",
      },
      {
        request: "POST /v4/images",
        headers: JSON_BODY,
        body: {
          disk_id: 25674,
          label: "golden",
          description: "A gold image",
        },
        fixture: "linode/create_image.json",
      },
    ],
  },
  {
    name: "createImage() with the disk that it is told",
    run: (cloud) =>
      cloud.createImage("123", { name: "golden", disk: { id: "25673" } }),
    exchanges: [{
      request: "POST /v4/images",
      body: { disk_id: 25673, label: "golden" },
      fixture: "linode/create_image.json",
    }],
  },
  {
    name: "copyImage() with all locations that it is to be in",
    run: (cloud) => cloud.copyImage("private/15", { location: "us-iad" }),
    exchanges: [
      {
        request: "GET /v4/images/private%2F15",
        fixture: "linode/get_image_private.json",
      },
      {
        request: "POST /v4/images/private%2F15/regions",
        headers: JSON_BODY,
        body: { regions: ["us-east", "us-iad"] },
        fixture: "linode/copy_image.json",
      },
    ],
  },
  {
    name: "deleteImage()",
    run: (cloud) => cloud.deleteImage("private/15"),
    exchanges: [accepted("DELETE /v4/images/private%2F15")],
  },
  {
    name: "createVolume() in a location",
    run: (cloud) =>
      cloud.createVolume({ name: "data", sizeGb: 20, location: "us-east" }),
    exchanges: [{
      request: "POST /v4/volumes",
      headers: JSON_BODY,
      body: { label: "data", size: 20, region: "us-east" },
      fixture: "linode/create_volume.json",
    }],
  },
  {
    name: "createVolume() for a node",
    run: (cloud) =>
      cloud.createVolume({ name: "d", sizeGb: 20, node: "123", tags: ["db1"] }),
    exchanges: [{
      request: "POST /v4/volumes",
      body: { label: "d", size: 20, linode_id: 123, tags: ["db1"] },
      fixture: "linode/create_volume.json",
    }],
  },
  {
    name: "attachVolume()",
    run: (cloud) =>
      cloud.attachVolume("12345", { node: { id: "123" }, persists: false }),
    exchanges: [{
      request: "POST /v4/volumes/12345/attach",
      headers: JSON_BODY,
      body: { linode_id: 123, persist_across_boots: false },
      fixture: "linode/attach_volume.json",
    }],
  },
  {
    name: "detachVolume()",
    run: (cloud) => cloud.detachVolume("12345"),
    exchanges: [accepted("POST /v4/volumes/12345/detach")],
  },
  {
    name: "destroyVolume()",
    run: (cloud) => cloud.destroyVolume("12345"),
    exchanges: [accepted("DELETE /v4/volumes/12345")],
  },
  {
    name: "resizeVolume()",
    run: (cloud) => cloud.resizeVolume("12345", { sizeGb: 40 }),
    exchanges: [{
      request: "POST /v4/volumes/12345/resize",
      headers: JSON_BODY,
      body: { size: 40 },
      fixture: "linode/resize_volume.json",
    }],
  },
  {
    name: "cloneVolume()",
    run: (cloud) => cloud.cloneVolume("12345", { name: "copy" }),
    exchanges: [{
      request: "POST /v4/volumes/12345/clone",
      headers: JSON_BODY,
      body: { label: "copy" },
      fixture: "linode/clone_volume.json",
    }],
  },
  {
    name: "takeBackup()",
    run: (cloud) => cloud.takeBackup("123", { name: "before" }),
    exchanges: [{
      request: "POST /v4/linode/instances/123/backups",
      headers: JSON_BODY,
      body: { label: "before" },
      fixture: "linode/take_backup.json",
    }],
  },
  {
    name: "enableBackups()",
    run: (cloud) => cloud.enableBackups("123"),
    exchanges: [accepted("POST /v4/linode/instances/123/backups/enable")],
  },
  {
    name: "cancelBackups()",
    run: (cloud) => cloud.cancelBackups("123"),
    exchanges: [accepted("POST /v4/linode/instances/123/backups/cancel")],
  },
];

function accepted(
  request: string,
  body?: Readonly<Record<string, unknown>>,
): Exchange {
  return body
    ? { request, headers: JSON_BODY, body, fixture: ACCEPTED }
    : { request, headers: NO_BODY, fixture: ACCEPTED };
}

for (const { name, run, exchanges } of WRITES) {
  Deno.test(`LinodeNodeDriver.${name} sends what Linode documents`, async () => {
    using fetch = replay(exchanges);
    await run(linode(fetch));
  });
}

Deno.test("LinodeNodeDriver.createNode() sends the fewest words, and a password that it made", async () => {
  const { cloud, requests } = account();
  const node = await cloud.createNode(WEB);
  assertMatch(node.rootPassword ?? "", /^[A-Za-z0-9]{24}$/);
  assertEquals(node.state, "pending");
  assertEquals(requests.length, 1);
  assertEquals(await requests[0]!.json(), {
    label: "web-1",
    type: "g6-nanode-1",
    image: "linode/debian12",
    region: "us-east",
    root_pass: node.rootPassword,
  });
});

Deno.test("LinodeNodeDriver.deployNode() returns the password that it made, and shows it nowhere else", async () => {
  const { cloud, requests } = account();
  const events: unknown[] = [];
  const { node } = await cloud.deployNode({
    ...WEB,
    deploy: [],
    via: cloudInit(),
    intervalMs: 1,
    onProgress: (event) => events.push(event),
  });
  assertEquals(node.state, "running");
  const { root_pass } = await requests[0]!.json();
  assertEquals(node.rootPassword, root_pass);
  assert(!Deno.inspect(events, { depth: 9 }).includes(root_pass));
  assertEquals(events.length, 2);
});

Deno.test("LinodeNodeDriver.createNode() sends all that it is told", async () => {
  using fetch = replay([
    {
      request: "GET /v4/profile/sshkeys/42",
      headers: NO_BODY,
      fixture: "linode/get_key_pair.json",
    },
    {
      request: CREATE,
      headers: JSON_BODY,
      body: {
        label: "web-1",
        type: "g6-nanode-1",
        image: "linode/debian12",
        region: "us-east",
        root_pass: "Tr0ub4dor&3",
        authorized_keys: [
          "ssh-rsa AAAA_valid_public_ssh_key_123456785== user@their-computer",
          PUBLIC_KEY,
        ],
        authorized_users: ["myuser"],
        metadata: { user_data: "I8Okw7bDvAo=" },
        stackscript_id: 10079,
        stackscript_data: { DB_PASSWORD: "hunter2" },
        booted: false,
        tags: ["web", "eu"],
        private_ip: true,
        backups_enabled: true,
        firewall_id: 123,
        interfaces: [{ purpose: "vpc", subnet_id: 321 }],
      },
      fixture: "linode/create_node.json",
    },
  ]);
  const node = await linode(fetch).createNode({
    ...WEB,
    auth: { password: "Tr0ub4dor&3" },
    // A bare id is asked for; a record is used as it is.
    keyPairs: ["42", { id: "43", publicKey: PUBLIC_KEY } as { id: string }],
    authorizedUsers: ["myuser"],
    userData: "#äöü\n",
    stackScript: { id: "10079" },
    stackScriptData: { DB_PASSWORD: "hunter2" },
    isBooted: false,
    tags: ["web", "eu"],
    hasPrivateIp: true,
    isBackedUp: true,
    firewall: "123",
    interfaces: [{ purpose: "vpc", subnet_id: 321 }],
  });
  assertEquals(node.rootPassword, undefined);
});

Deno.test("LinodeNodeDriver.createNode() takes text and bytes as user data, up to the limit", async () => {
  const { cloud, requests } = account();
  const { maxBytes, takesBytes } = cloud.userDataSupport;
  assertEquals([maxBytes, takesBytes], [65_535, true]);
  const bytes = new Uint8Array(maxBytes).fill(255);
  await cloud.createNode({ ...WEB, userData: bytes });
  const { metadata } = await requests[0]!.json();
  assertEquals(metadata.user_data, "/".repeat(maxBytes / 3 * 4));
  requests.length = 0;
  for (const userData of ["ä".repeat(32_768), new Uint8Array(65_536)]) {
    const image = "linode/debian12";
    for (
      const call of [
        () => cloud.createNode({ ...WEB, userData }),
        () => cloud.rebuildNode("1", { image, userData }),
      ]
    ) {
      await assertRejects(
        call,
        RangeError,
        "Cannot use 65536 as bytes of userData: not from 0 to 65535",
      );
    }
  }
  assertEquals(requests, []);
});

Deno.test("LinodeNodeDriver.createNode() sends tags with values as texts", async () => {
  const { cloud, requests } = account();
  const node = await cloud.createNode({ ...WEB, tags: { env: "prod" } });
  assertEquals((await requests[0]!.json()).tags, ["env:prod"]);
  assertEquals(node.extra.tags, ["env:prod"]);
});

Deno.test("LinodeNodeDriver.createNode() refuses what Linode cannot do", async () => {
  const { cloud, requests } = account();
  for (
    const [options, reason] of [
      [{ idempotencyKey: "x" }, 'the provider has no "idempotencyKey"'],
      [{ location: undefined }, "Linode needs a location"],
      [{ auth: {} }, '"undefined" is not a public key'],
      [{ auth: { sshKey: "" } }, "is not a public key"],
      [{ auth: { password: "" } }, "Cannot use the password"],
      [{ tags: ["a", ""] }, '"" is not a tag'],
    ] as const
  ) {
    await assertRejects(
      () => cloud.createNode({ ...WEB, ...options } as never),
      TypeError,
      reason.replace('"undefined"', "undefined"),
    );
  }
  await assertRejects(
    () => cloud.createVolume({ name: "data", sizeGb: 20 }),
    TypeError,
    "Linode needs a location or a node",
  );
  await assertRejects(
    () =>
      cloud.createVolume({
        name: "data",
        sizeGb: 20,
        location: "us-east",
        snapshot: "1",
      }),
    TypeError,
    'the provider has no "snapshot"',
  );
  await assertRejects(
    () => cloud.attachVolume("1", { node: "2", device: "sdb" }),
    TypeError,
    'the provider has no "device"',
  );
  await assertRejects(
    () => cloud.copyImage("private/1", { location: "us-iad", name: "x" }),
    TypeError,
    'the provider has no "name"',
  );
  await assertRejects(
    () => cloud.setTags("1", {} as never),
    TypeError,
    "undefined is not a tag",
  );
  assertEquals(requests.length, 0);
  assertEquals(supports(cloud, "snapshots"), false);
});

Deno.test("LinodeNodeDriver.createNode() tells the root password once, and nobody else", async () => {
  const seen: unknown[] = [];
  const onEvent = (event: unknown) => void seen.push(event);
  const { simulator } = account();
  let password = "";
  let isEcho = false;
  const cloud = new LinodeNodeDriver({
    ...simulator.credentials,
    retry: { baseMs: 1 },
    hooks: { onRequest: onEvent, onResponse: onEvent, onRetry: onEvent },
    fetch: async (request) => {
      const sent = await request.clone().text();
      if (sent) password = JSON.parse(sent).root_pass ?? password;
      return isEcho
        ? Response.json({ errors: [{ reason: sent, field: sent }], sent }, {
          status: 400,
          headers: { "x-request-id": encodeURIComponent(sent).slice(0, 200) },
        })
        : await simulator.fetch(request);
    },
  });
  const node = await cloud.createNode(WEB);
  assertEquals(node.rootPassword, password);
  const passwords = [password];
  const again = [await cloud.listNodes(), await cloud.getNode(node)];
  assert(!JSON.stringify(again).includes(password));
  assertEquals((await cloud.getNode(node)).rootPassword, undefined);
  await cloud.waitUntilRunning(node, { intervalMs: 1 });
  const rebuilt = await cloud.rebuildNode(node, { image: "linode/arch" });
  assertEquals(rebuilt.rootPassword, password);
  assert(!passwords.includes(password), "the password was used twice");

  isEcho = true;
  for (
    const run of [
      () => cloud.createNode({ ...WEB, userData: "user-data-secret" }),
      () => cloud.rebuildNode(node, { image: "linode/arch" }),
      () => cloud.resetPassword(node, { password: "Tr0ub4dor&3" }),
      () =>
        cloud.createNode({
          ...WEB,
          stackScript: "10079",
          stackScriptData: { DB_PASSWORD: "hunter2" },
        }),
    ]
  ) {
    const error = await assertRejects(run, ValidationError);
    passwords.push(password, "hunter2", btoa("user-data-secret"));
    for (const secret of passwords) {
      const text = `${error.stack} ${Deno.inspect(error, { depth: 9 })}`;
      assert(!text.includes(secret), text);
      assert(!Deno.inspect(seen, { depth: 9 }).includes(secret), "a hook");
    }
  }
});

// Records

Deno.test("LinodeNodeDriver.listNodes() reads all that a node has", async () => {
  using fetch = replay([
    { request: LIST, headers: NO_BODY, fixture: "linode/list_nodes.json" },
  ]);
  assertEquals(await linode(fetch).listNodes(), [{
    id: "123",
    name: "linode123",
    state: "running",
    publicIps: ["203.0.113.1", "192.0.2.1", "2001:db8::1337"],
    privateIps: ["192.168.133.234"],
    createdAt: "2018-01-01T00:01:01Z",
    sizeId: "g6-standard-1",
    imageId: "linode/debian10",
    locationId: "us-east",
    extra: {
      status: "running",
      tags: ["example tag", "another example"],
      vcpus: 2,
      ramMib: 4096,
      diskGb: 80,
      transferGb: 4000,
      isBackedUp: true,
      hasUserData: true,
      lkeClusterId: undefined,
      updatedAt: "2018-01-01T00:01:01Z",
    },
  }]);
});

Deno.test("LinodeNodeDriver maps every status of a node, and those to come", async () => {
  for (
    const [status, state] of [
      ["running", "running"],
      ["offline", "stopped"],
      ["stopped", "stopped"],
      ["booting", "starting"],
      ["busy", "pending"],
      ["rebooting", "rebooting"],
      ["shutting_down", "stopping"],
      ["provisioning", "pending"],
      ["deleting", "terminated"],
      ["migrating", "migrating"],
      ["rebuilding", "reconfiguring"],
      ["cloning", "reconfiguring"],
      ["restoring", "reconfiguring"],
      ["resizing", "reconfiguring"],
      ["billing_suspension", "suspended"],
      ["hibernating", "unknown"],
      ["constructor", "unknown"],
      [null, "unknown"],
    ] as const
  ) {
    using fetch = replay([{
      request: "GET /v4/linode/instances/123",
      json: { id: 123, label: "web-1", status },
    }]);
    const node = await linode(fetch).getNode("123");
    assertEquals(node.state, state);
    assertEquals(node.extra.status, status ?? undefined);
    assertEquals([node.publicIps, node.privateIps], [[], []]);
  }
});

Deno.test("LinodeNodeDriver maps every status of a volume, and those to come", async () => {
  for (
    const [status, linode_id, state] of [
      ["creating", null, "creating"],
      ["active", null, "available"],
      ["active", 123, "inuse"],
      ["resizing", 123, "updating"],
      ["key_rotating", null, "updating"],
      ["vanishing", null, "unknown"],
    ] as const
  ) {
    using fetch = replay([{
      request: "GET /v4/volumes/1",
      json: { id: 1, label: "data", size: 20, status, linode_id },
    }]);
    const volume = await linode(fetch).getVolume("1");
    assertEquals(
      [volume.state, volume.nodeId, volume.extra.status],
      [state, linode_id === null ? undefined : "123", status],
    );
  }
});

Deno.test("LinodeNodeDriver.listSizes() reads prices, of all locations and of none", async () => {
  using fetch = replay([{
    request: "GET /v4/linode/types",
    headers: NO_BODY,
    fixture: "linode/list_sizes.json",
  }, {
    request: "GET /v4/linode/types",
    json: {
      data: [{
        id: "x",
        label: "X",
        price: { hourly: null, monthly: null },
        region_prices: [{ id: "us-east", hourly: null, monthly: null }],
      }],
      page: 1,
      pages: 1,
      results: 1,
    },
  }]);
  const cloud = linode(fetch);
  assertEquals(await cloud.listSizes(), [{
    id: "g6-standard-2",
    name: "Linode 4GB",
    vcpus: 2,
    ramMib: 4096,
    diskGb: 80,
    transferGb: 4000,
    price: { currency: "USD", hourly: 0.03, monthly: 20 },
    extra: {
      class: "standard",
      gpus: 0,
      networkMbps: 1000,
      locationPrices: [{
        locationId: "us-east",
        currency: "USD",
        hourly: 0.036,
        monthly: 24,
      }],
      backupPrice: { currency: "USD", hourly: 0.008, monthly: 5 },
      successorId: undefined,
    },
  }]);
  const [size] = await cloud.listSizes();
  assertEquals(size?.price, undefined);
  assertEquals(size?.extra.locationPrices, []);
});

Deno.test("LinodeNodeDriver reads images, locations, keys and volumes", async () => {
  using fetch = replay([
    {
      request: "GET /v4/images?page_size=500",
      fixture: "linode/list_images.json",
    },
    { request: "GET /v4/regions", fixture: "linode/list_locations.json" },
    {
      request: "GET /v4/regions",
      json: { data: [{ id: "eu-west", label: "London", country: "uk" }] },
    },
    {
      request: "GET /v4/profile/sshkeys?page_size=500",
      fixture: "linode/list_key_pairs.json",
    },
    {
      request: "GET /v4/volumes?page_size=500",
      fixture: "linode/list_volumes.json",
    },
  ]);
  const cloud = linode(fetch);
  const [image] = await cloud.listImages();
  assertEquals([image?.id, image?.name], ["linode/debian11", "Debian 11"]);
  assertEquals(image?.extra.copies, [
    { locationId: "us-iad", status: "available" },
  ]);
  assertEquals(image?.extra.endOfLifeAt, "2026-07-01T04:00:00Z");
  const [location] = await cloud.listLocations();
  assertEquals(
    [location?.id, location?.name, location?.country],
    ["us-east", "Newark, NJ, USA", "US"],
  );
  assertEquals((await cloud.listLocations())[0]?.country, "GB");
  const [key] = await cloud.listKeyPairs();
  assertEquals([key?.id, key?.name], ["42", "My SSH Key"]);
  assertMatch(key?.publicKey ?? "", /^ssh-rsa /);
  const [volume] = await cloud.listVolumes();
  assertEquals(volume, {
    id: "12345",
    name: "my-volume",
    sizeGb: 30,
    state: "inuse",
    nodeId: "12346",
    locationId: "us-east",
    createdAt: "2018-01-01T00:01:01Z",
    extra: {
      status: "active",
      path: "/dev/disk/by-id/scsi-0Linode_Volume_my-volume",
      hardware: "nvme",
      tags: ["example tag", "another example"],
      updatedAt: "2018-01-01T00:01:01Z",
    },
  });
});

Deno.test("LinodeNodeDriver reads backups, StackScripts, tags and the account", async () => {
  using fetch = replay([
    {
      request: "GET /v4/linode/instances/123/backups",
      fixture: "linode/list_backups.json",
    },
    {
      request: "GET /v4/linode/instances/123/backups",
      json: { automatic: [], snapshot: { current: null, in_progress: null } },
    },
    {
      request: "GET /v4/linode/stackscripts?page_size=500",
      headers: { "x-filter": '{"mine":true}' },
      fixture: "linode/list_stack_scripts.json",
    },
    { request: "GET /v4/tags?page_size=500", fixture: "linode/list_tags.json" },
    { request: "GET /v4/account", fixture: "linode/get_account.json" },
  ]);
  const cloud = linode(fetch);
  const backups = await cloud.listBackups("123");
  assertEquals(
    backups.map(({ id, type, status }) => [id, type, status]),
    [
      ["123454", "auto", "successful"],
      ["123456", "snapshot", "successful"],
      ["123457", "snapshot", "running"],
    ],
  );
  assertEquals(await cloud.listBackups("123"), []);
  const [script] = await cloud.listStackScripts({ isMine: true });
  assertEquals([script?.id, script?.fields], ["10079", ["DB_PASSWORD"]]);
  assertEquals(await cloud.listTags(), [{ id: "example tag" }]);
  assertEquals(await cloud.getAccount(), {
    id: "E1AF5EEC-526F-487D-B317EBEB34C87D71",
    company: "Linode LLC",
    email: "john.smith@example.com",
    balance: 200,
    createdAt: "2018-01-01T00:01:01Z",
  });
});

Deno.test("LinodeNodeDriver filters lists in a header", async () => {
  using fetch = replay([
    {
      request: LIST,
      headers: {
        "x-filter": '{"label":{"+contains":"n\\u00e4me"}}',
        "x-mine": "yes",
      },
      fixture: "linode/list_nodes_empty.json",
    },
    {
      request: "GET /v4/images?page_size=500",
      headers: { "x-filter": '{"is_public":false,"type":"manual"}' },
      fixture: "linode/list_images.json",
    },
    {
      request: "GET /v4/images?page_size=500",
      headers: { "x-filter": null },
      fixture: "linode/list_images.json",
    },
    {
      request: "GET /v4/account/events?page_size=500",
      headers: {
        "x-filter":
          '{"entity.type":"linode","entity.id":123,"action":"linode_boot","+order_by":"created","+order":"desc"}',
      },
      fixture: "linode/list_events.json",
    },
  ]);
  const cloud = linode(fetch);
  const headers = { "x-mine": "yes" };
  const filter = { label: { "+contains": "näme" } };
  assertEquals(await cloud.listNodes({ filter, headers }), []);
  await cloud.listImages({ isPublic: false, type: "manual" });
  await cloud.listImages();
  await cloud.listEvents({ node: "123", action: "linode_boot" });
});

// Pages

for (
  const { pageSize, largestPage, expected } of [
    { pageSize: undefined, largestPage: 500, expected: 1 },
    { pageSize: 1, largestPage: 500, expected: 10 },
    { pageSize: 25, largestPage: 500, expected: 10 },
    { pageSize: 100, largestPage: 500, expected: 3 },
    { pageSize: 1000, largestPage: 500, expected: 1 },
    { pageSize: undefined, largestPage: 100, expected: 3 },
    { pageSize: undefined, largestPage: 7, expected: 36 },
    { pageSize: 200, largestPage: 1, expected: 250 },
  ]
) {
  Deno.test(`LinodeNodeDriver.listNodes() lists 250 in ${expected} requests: pages of ${pageSize}, ${largestPage} at most`, async () => {
    const { cloud, requests } = account({ nodes: 250, largestPage });
    const nodes = await cloud.listNodes({ pageSize });
    assertEquals(
      nodes.map(({ name }) => name),
      Array.from({ length: 250 }, (_, index) => `node-${index + 1}`),
    );
    assertEquals(requests.length, expected);
    for (const { url } of requests) {
      const size = Number(new URL(url).searchParams.get("page_size"));
      assert(size >= 25 && size <= 500, url);
    }
    requests.length = 0;
    for await (const { name } of cloud.listNodes({ pageSize })) {
      assertEquals(name, "node-1");
      break;
    }
    assertEquals(requests.length, 1);
  });
}

Deno.test("LinodeNodeDriver.listSizes() and listLocations() follow pages that nobody asked for", async () => {
  const { cloud, requests } = account({ largestPage: 3 });
  const sizes = await cloud.listSizes();
  const locations = await cloud.listLocations();
  assertEquals(new Set(sizes.map(({ id }) => id)).size, 8);
  assertEquals(new Set(locations.map(({ id }) => id)).size, 8);
  assertEquals(
    requests.map(({ url }) => new URL(url).search),
    ["", "?page=2", "?page=3", "", "?page=2", "?page=3"],
  );
});

// Errors

Deno.test("LinodeNodeDriver turns the errors of Linode into those of their kind", async () => {
  for (
    const [name, Class, message] of [
      [
        "error_400",
        ValidationError,
        "label: Label must be unique among your linodes; region: region is not valid",
      ],
      ["error_400_busy", ConflictError, "Linode busy."],
      ["error_401", InvalidCredsError, "Invalid Token"],
      [
        "error_403",
        PermissionDeniedError,
        "Your OAuth token is not authorized",
      ],
      ["error_404", NotFoundError, "Not found"],
    ] as const
  ) {
    using fetch = replay([
      { request: CREATE, body: /./, fixture: `linode/${name}.json` },
    ]);
    const error = await assertRejects(
      () => linode(fetch).createNode(WEB),
      Class,
      `Cannot createNode: ${message}`,
    );
    assertInstanceOf(error, ApiError);
    assertEquals(error.status, Number(name.slice(6, 9)));
    assertEquals(error.mayHaveBeenApplied, false);
  }
});

Deno.test("LinodeNodeDriver survives errors that are none", async () => {
  for (
    const body of [
      "",
      "null",
      "[]",
      '{"errors":null}',
      '{"errors":"no"}',
      '{"errors":[null,5,"x",{"reason":7},{"field":{}}]}',
      '{"errors":{"reason":"alone"}}',
    ]
  ) {
    using fetch = replay([
      { request: "GET /v4/linode/instances/1", text: body, status: 400 },
    ]);
    await assertRejects(() => linode(fetch).getNode("1"), ValidationError);
  }
});

Deno.test("LinodeNodeDriver waits as long as a 429 says, by Retry-After or by the reset", async () => {
  const date = "Fri, 02 Jan 2026 03:04:05 GMT";
  const reset = String(Date.parse(date) / 1000 + 90);
  for (
    const [responseHeaders, retryAfterMs] of [
      [{ "retry-after": "30" }, 30_000],
      [{ date, "x-ratelimit-reset": reset }, 90_000],
      [{ date, "x-ratelimit-reset": reset, "retry-after": "7" }, 7_000],
      [{ date, "x-ratelimit-reset": "soon" }, undefined],
    ] as const
  ) {
    using fetch = replay([
      {
        request: LIST,
        fixture: "linode/error_429.json",
        responseHeaders: { ...responseHeaders },
      },
    ]);
    const retry = retryAfterMs === undefined ? false : {};
    const cloud = linode(fetch, { retry, timeoutMs: 500 });
    const error = await assertRejects(
      async () => await cloud.listNodes(),
      RateLimitReachedError,
      "Too many requests",
    );
    assertEquals(error.retryAfterMs, retryAfterMs);
  }
});

Deno.test("LinodeNodeDriver asks again when the limit is lifted, and tells hooks of it", async () => {
  const now = Math.floor(Date.now() / 1000);
  const date = new Date(now * 1000).toUTCString();
  const limits: ResponseEvent["rateLimit"][] = [];
  using fetch = replay([
    {
      request: CREATE,
      body: /./,
      fixture: "linode/error_429.json",
      responseHeaders: {
        date,
        "x-ratelimit-limit": "800",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": String(now),
      },
    },
    {
      request: CREATE,
      body: /./,
      fixture: "linode/create_node.json",
      responseHeaders: { "x-ratelimit-remaining": "799" },
    },
  ]);
  const hooks = {
    onResponse: ({ rateLimit }: ResponseEvent) => void limits.push(rateLimit),
  };
  await linode(fetch, { hooks }).createNode(WEB);
  assertEquals(limits, [
    {
      limit: 800,
      remaining: 0,
      resetsAt: new Date(now * 1000).toISOString(),
    },
    { limit: undefined, remaining: 799, resetsAt: undefined },
  ]);
});

Deno.test("LinodeNodeDriver meets the limit of the simulator", async () => {
  const { cloud } = account({ requests: 2 });
  await cloud.getAccount();
  await cloud.getAccount();
  const error = await assertRejects(
    () => cloud.getAccount({ timeoutMs: 100 }),
    RateLimitReachedError,
  );
  assert(error.retryAfterMs! > 100_000 && error.retryAfterMs! <= 120_000);
});

// Events

Deno.test("LinodeNodeDriver.waitForEvent() waits until it is finished", async () => {
  const request = "GET /v4/account/events/123";
  using fetch = replay([
    { request, fixture: "linode/get_event_started.json" },
    { request, fixture: "linode/get_event.json" },
  ]);
  const event = await linode(fetch).waitForEvent("123", { intervalMs: 1 });
  assertEquals(event, {
    id: "123",
    action: "linode_boot",
    status: "finished",
    entityType: "linode",
    entityId: "123",
    entityName: "linode123",
    percent: 100,
    message: undefined,
    username: "exampleUser",
    createdAt: "2018-01-01T00:01:01Z",
  });
});

Deno.test("LinodeNodeDriver.waitForEvent() throws if it fails, or the time is up", async () => {
  const request = "GET /v4/account/events/123";
  using fetch = replay([{ request, fixture: "linode/get_event_failed.json" }]);
  await assertRejects(
    () => linode(fetch).waitForEvent("123"),
    CloudError,
    "Cannot waitForEvent: linode_boot failed in event 123",
  );
  using slow = replay([{ request, fixture: "linode/get_event_started.json" }]);
  await assertRejects(
    () => linode(slow).waitForEvent("123", { timeoutMs: 30 }),
    TimeoutError,
    "not done after 30 ms",
  );
});

Deno.test("LinodeNodeDriver.waitForEvent() waits for what was asked of a node", async () => {
  const { cloud } = account({ nodes: 1, actionMs: 20 });
  await cloud.stopNode(NODE);
  const [event] = await cloud.listEvents({ node: NODE });
  assertEquals([event?.action, event?.status], ["linode_shutdown", "started"]);
  await assertRejects(() => cloud.rebootNode(NODE), ConflictError);
  await cloud.waitForEvent(event!, { intervalMs: 2 });
  assertEquals((await cloud.getNode(NODE)).state, "stopped");
});

// Images

Deno.test("LinodeNodeDriver.createImage() says if a node has no disk", async () => {
  using fetch = replay([{
    request: "GET /v4/linode/instances/123/disks?page_size=500",
    json: {
      data: [{ id: 1, label: "swap", filesystem: "swap" }],
      page: 1,
      pages: 1,
      results: 1,
    },
  }]);
  await assertRejects(
    () => linode(fetch).createImage("123", { name: "golden" }),
    CloudError,
    "Cannot create an image: node 123 has no disk for it",
  );
});

Deno.test("LinodeNodeDriver makes, copies and deletes an image of a node", async () => {
  const { cloud } = account({ nodes: 1 });
  const image = await cloud.createImage(NODE, { name: "golden-2" });
  assertEquals(image.extra.status, "creating");
  while ((await cloud.getImage(image)).extra.status !== "available");
  const copied = await cloud.copyImage(image, { location: "eu-west" });
  assertEquals(
    copied.extra.copies.map(({ locationId }) => locationId),
    ["us-east", "eu-west"],
  );
  await cloud.deleteImage(image);
  await assertRejects(() => cloud.getImage(image), NotFoundError);
});

Deno.test("LinodeNodeDriver.createNode() says if a key has no public half", async () => {
  using fetch = replay([
    { request: "GET /v4/profile/sshkeys/42", json: { id: 42, label: "x" } },
  ]);
  await assertRejects(
    () => linode(fetch).createNode({ ...WEB, keyPairs: ["42"] }),
    MalformedResponseError,
  );
});
