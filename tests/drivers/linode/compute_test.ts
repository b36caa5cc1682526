import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertRejects,
  assertThrows,
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
import { IMMEDIATE } from "../../_support/immediate.ts";
import { type Exchange, replay } from "../../_support/replay.ts";
import { NODE, PUBLIC_KEY } from "../../conformance/linode.ts";

// Requests

/** A driver with the token "secret-token" and short retry delays. */
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

/** A driver and a simulated account in which every change takes milliseconds. */
function account(options: LinodeSimulatorOptions = {}) {
  const simulator = new LinodeSimulator({
    ...IMMEDIATE.linode,
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

/** Each write and its exact request. */
const WRITES: readonly {
  readonly name: string;
  readonly condition?: string;
  readonly run: (cloud: LinodeNodeDriver) => Promise<unknown>;
  readonly exchanges: readonly Exchange[];
}[] = [
  {
    name: "rebootNode()",
    run: (cloud) => cloud.rebootNode("123"),
    exchanges: [accepted("POST /v4/linode/instances/123/reboot", {})],
  },
  {
    name: "destroyNode()",
    run: (cloud) => cloud.destroyNode({ id: "123" }),
    exchanges: [accepted("DELETE /v4/linode/instances/123")],
  },
  {
    name: "startNode()",
    run: (cloud) => cloud.startNode("123"),
    exchanges: [accepted("POST /v4/linode/instances/123/boot", {})],
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
    name: "resizeNode()",
    condition: "with resizesDisk and migration",
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
    name: "createImage()",
    condition: "with the first disk that is not swap space",
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
    name: "createImage()",
    condition: "with a disk",
    run: (cloud) =>
      cloud.createImage("123", { name: "golden", disk: { id: "25673" } }),
    exchanges: [{
      request: "POST /v4/images",
      body: { disk_id: 25673, label: "golden" },
      fixture: "linode/create_image.json",
    }],
  },
  {
    name: "copyImage()",
    condition: "with old and new locations",
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
    name: "createVolume()",
    condition: "with a location",
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
    name: "createVolume()",
    condition: "with a node",
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

for (const { name, condition = "", run, exchanges } of WRITES) {
  const test = `LinodeNodeDriver.${name} sends the documented request`;
  Deno.test(`${test} ${condition}`.trim(), async () => {
    using fetch = replay(exchanges);
    await run(linode(fetch));
  });
}

Deno.test("LinodeNodeDriver.createNode() sends only the given options and a generated password", async () => {
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

Deno.test("LinodeNodeDriver.deployNode() returns the generated password and keeps it out of progress events", async () => {
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

Deno.test("LinodeNodeDriver.createNode() sends all options", async () => {
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
    // The key of an id is fetched; the key in a record is sent as it is.
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

Deno.test("LinodeNodeDriver.createNode() accepts strings and bytes as user data up to the limit", async () => {
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
      const [operation, call] of [
        ["createNode", () => cloud.createNode({ ...WEB, userData })],
        ["rebuildNode", () => cloud.rebuildNode("1", { image, userData })],
      ] as const
    ) {
      await assertMessage(
        call,
        RangeError,
        `${operation}: userData is 65536 bytes; Linode accepts at most 65535`,
      );
    }
  }
  assertEquals(requests, []);
});

Deno.test("LinodeNodeDriver.createNode() joins key and value of tags with a colon", async () => {
  const { cloud, requests } = account();
  const node = await cloud.createNode({ ...WEB, tags: { env: "prod" } });
  assertEquals((await requests[0]!.json()).tags, ["env:prod"]);
  assertEquals(node.tags, { env: "prod" });
});

const MISTAKES: readonly {
  readonly name: string;
  readonly run: (cloud: LinodeNodeDriver) => Promise<unknown>;
  readonly message: string;
  readonly Class?: typeof TypeError | typeof RangeError;
}[] = [
  {
    name: "an idempotency key",
    run: (cloud) => cloud.createNode({ ...WEB, idempotencyKey: "x" }),
    message: "createNode: Linode does not support idempotencyKey",
  },
  {
    name: "a missing location",
    run: (cloud) => cloud.createNode({ ...WEB, location: undefined }),
    message: "createNode: location must be a location or its id, got undefined",
  },
  {
    name: "an empty auth",
    run: (cloud) => cloud.createNode({ ...WEB, auth: {} as never }),
    message: "createNode: auth.sshKey must be one line, as in authorized_keys",
  },
  {
    name: "an empty public key in auth",
    run: (cloud) => cloud.createNode({ ...WEB, auth: { sshKey: "" } }),
    message: "createNode: auth.sshKey must be one line, as in authorized_keys",
  },
  {
    name: "an empty password in auth",
    run: (cloud) => cloud.createNode({ ...WEB, auth: { password: "" } }),
    message: "createNode: auth.password is required",
  },
  {
    name: "an empty tag",
    run: (cloud) => cloud.createNode({ ...WEB, tags: ["a", ""] }),
    message: 'createNode: tags must be a non-empty string, got ""',
  },
  {
    name: "an invalid key pair",
    run: (cloud) => cloud.createNode({ ...WEB, keyPairs: ["42", ".."] }),
    message: 'createNode: keyPairs[1] must be a key pair or its id, got ".."',
  },
  {
    name: "an invalid node beside a key pair that it would fetch",
    run: (cloud) =>
      cloud.rebuildNode("", { image: "linode/arch", keyPairs: ["42"] }),
    message: 'rebuildNode: node must be a node or its id, got ""',
  },
  {
    name: "a missing image",
    run: (cloud) => cloud.rebuildNode("1", {} as never),
    message: "rebuildNode: image must be an image or its id, got undefined",
  },
  {
    name: "a missing location and node",
    run: (cloud) => cloud.createVolume({ name: "data", sizeGb: 20 }),
    message: "createVolume: location or node is required",
  },
  {
    name: "a snapshot",
    run: (cloud) =>
      cloud.createVolume({
        name: "data",
        sizeGb: 20,
        location: "us-east",
        snapshot: "1",
      }),
    message: "createVolume: Linode does not support snapshot",
  },
  {
    name: "a fraction of a GB",
    run: (cloud) => cloud.resizeVolume("1", { sizeGb: 20.5 }),
    message:
      "resizeVolume: sizeGb must be an integer from 1 to 2147483647, got 20.5",
    Class: RangeError,
  },
  {
    name: "a device",
    run: (cloud) => cloud.attachVolume("1", { node: "2", device: "sdb" }),
    message: "attachVolume: Linode does not support device; " +
      "see extra.path of the volume",
  },
  {
    name: "a name",
    run: (cloud) =>
      cloud.copyImage("private/1", { location: "us-iad", name: "x" }),
    message: "copyImage: Linode does not support name",
  },
  {
    name: "missing tags",
    run: (cloud) => cloud.setTags("1", {} as never),
    message:
      "setTags: tags must be an object or an array of strings, got undefined",
  },
  {
    name: "an empty password",
    run: (cloud) => cloud.resetPassword("1", { password: "" }),
    message: "resetPassword: password is required",
  },
  {
    name: "an event that is not an id",
    run: (cloud) => cloud.waitForEvent(130 as never),
    message: "waitForEvent: event must be an event or its id, got number 130",
  },
];

for (const { name, run, message, Class = TypeError } of MISTAKES) {
  const operation = message.replace(/:.*/, "");
  Deno.test(`LinodeNodeDriver.${operation}() rejects ${name} before any request`, async () => {
    using fetch = replay([]);
    await assertMessage(() => run(linode(fetch)), Class, message);
  });
}

Deno.test("LinodeNodeDriver has no snapshots of volumes", () => {
  assertEquals(supports(account().cloud, "snapshots"), false);
});

Deno.test("LinodeNodeDriver.fromEnv() reads the variables of Terraform and of the command line", async () => {
  for (
    const [env, token] of [
      [{ LINODE_TOKEN: "a-token" }, "a-token"],
      [{ LINODE_CLI_TOKEN: "b-token" }, "b-token"],
      [{ LINODE_CLI_TOKEN: "b-token", LINODE_TOKEN: "a-token" }, "a-token"],
      [{ LINODE_TOKEN: "", LINODE_CLI_TOKEN: "b-token" }, "b-token"],
    ] as const
  ) {
    using fetch = replay([{
      request: "GET /v4/account",
      headers: { authorization: `Bearer ${token}` },
      fixture: "linode/get_account.json",
    }]);
    await LinodeNodeDriver.fromEnv(env, { fetch }).getAccount();
  }
  const own = LinodeNodeDriver.fromEnv({}, { token: "own" });
  assertInstanceOf(own, LinodeNodeDriver);
});

Deno.test("LinodeNodeDriver.fromEnv() names the missing variables", () => {
  const error = assertThrows(
    () => LinodeNodeDriver.fromEnv({ LINODE_TOKEN: "" }),
    TypeError,
  );
  assertEquals(
    error.message,
    "fromEnv: missing environment variables: LINODE_TOKEN or LINODE_CLI_TOKEN",
  );
});

Deno.test("LinodeNodeDriver.constructor() rejects a missing token", () => {
  const error = assertThrows(
    () => new LinodeNodeDriver({} as never),
    TypeError,
  );
  assertEquals(error.message, "LinodeNodeDriver: token is required");
});

Deno.test("LinodeNodeDriver.createNode() returns the root password once and keeps secrets out of errors and hooks", async () => {
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

Deno.test("LinodeNodeDriver.listNodes() converts all fields of a node", async () => {
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
    tags: { "example tag": "", "another example": "" },
    extra: {
      status: "running",
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

Deno.test("LinodeNodeDriver.getNode() maps every known status, and unknown ones to unknown", async () => {
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
      json: { id: 123, label: "web-1", status, ipv4: ["10.0.0.1"] },
    }]);
    const node = await linode(fetch).getNode("123");
    assertEquals(node.state, state);
    assertEquals(node.extra.status, status ?? undefined);
    assertEquals([node.publicIps, node.privateIps], [[], ["10.0.0.1"]]);
  }
});

Deno.test("LinodeNodeDriver.getVolume() maps every known status, and unknown ones to unknown", async () => {
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

Deno.test("LinodeNodeDriver.listSizes() converts prices, and leaves unknown prices out", async () => {
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
    gpus: undefined,
    price: { currency: "USD", hourly: 0.03, monthly: 20 },
    locationPrices: [{
      locationId: "us-east",
      currency: "USD",
      hourly: 0.036,
      monthly: 24,
    }],
    extra: {
      class: "standard",
      networkMbps: 1000,
      backupPrice: { currency: "USD", hourly: 0.008, monthly: 5 },
      successorId: undefined,
    },
  }]);
  const [size] = await cloud.listSizes();
  assertEquals(size?.price, undefined);
  assertEquals(size?.locationPrices, []);
});

Deno.test("LinodeNodeDriver converts images, locations, key pairs and volumes", async () => {
  using fetch = replay([
    {
      request: "GET /v4/images?page_size=500",
      fixture: "linode/list_images.json",
    },
    { request: "GET /v4/regions", fixture: "linode/list_locations.json" },
    {
      request: "GET /v4/regions",
      json: {
        data: [{ id: "eu-west", label: "London", country: "uk" }],
        page: 1,
        pages: 1,
      },
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

Deno.test("LinodeNodeDriver converts backups, StackScripts, tags and the account", async () => {
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

Deno.test("LinodeNodeDriver sends the filters of lists in a header", async () => {
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
  const given =
    `pageSize is ${pageSize} and Linode sends at most ${largestPage}`;
  Deno.test(`LinodeNodeDriver.listNodes() lists 250 nodes in ${expected} requests if ${given}`, async () => {
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

Deno.test("LinodeNodeDriver.listSizes() and listLocations() read all pages without a page size", async () => {
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

Deno.test("LinodeNodeDriver.listSizes() reads page numbers that are strings", async () => {
  const page = (page: string) => ({
    data: [{ id: `size-${page}`, label: page }],
    page,
    pages: "2",
    results: "2",
  });
  using fetch = replay([
    { request: "GET /v4/linode/types", json: page("1") },
    { request: "GET /v4/linode/types?page=2", json: page("2") },
  ]);
  const sizes = await linode(fetch).listSizes();
  assertEquals(sizes.map(({ id }) => id), ["size-1", "size-2"]);
});

Deno.test("LinodeNodeDriver uses the id as the name of records without a label", async () => {
  using fetch = replay([
    { request: "GET /v4/linode/instances/1", json: { id: 1, label: null } },
    { request: "GET /v4/volumes/2", json: { id: 2, size: 20 } },
    { request: "GET /v4/images/linode%2Farch", json: { id: "linode/arch" } },
  ]);
  const cloud = linode(fetch);
  assertEquals((await cloud.getNode("1")).name, "1");
  assertEquals((await cloud.getVolume("2")).name, "2");
  assertEquals((await cloud.getImage("linode/arch")).name, "linode/arch");
});

// Errors

Deno.test("LinodeNodeDriver maps refusals to error classes by status and reason", async () => {
  for (
    const [name, Class, message] of [
      [
        "error_400",
        ValidationError,
        '"label: Label must be unique among your linodes; region: region is not valid" (400)',
      ],
      ["error_400_busy", ConflictError, '"Linode busy." (400)'],
      ["error_401", InvalidCredsError, '"Invalid Token" (401)'],
      [
        "error_403",
        PermissionDeniedError,
        '"Your OAuth token is not authorized to use this endpoint." (403)',
      ],
      ["error_404", NotFoundError, '"Not found" (404)'],
    ] as const
  ) {
    using fetch = replay([
      { request: CREATE, body: /./, fixture: `linode/${name}.json` },
    ]);
    const error = await assertMessage(
      () => linode(fetch, { retry: false }).createNode(WEB),
      Class,
      `createNode: Linode refused: ${message}`,
    );
    assertInstanceOf(error, ApiError);
    assertEquals(error.status, Number(name.slice(6, 9)));
    assertEquals(error.mayHaveBeenApplied, false);
  }
});

Deno.test("LinodeNodeDriver.rebootNode() is sent again while Linode is busy", async () => {
  const request = "POST /v4/linode/instances/123/reboot";
  const busy: Exchange = {
    request,
    body: {},
    fixture: "linode/error_400_busy.json",
  };
  using fetch = replay([busy, busy, accepted(request, {})]);
  await linode(fetch).rebootNode("123");
});

Deno.test("LinodeNodeDriver.waitUntilRunning() accepts a node whose only addresses are in VPCs", async () => {
  const { cloud } = account();
  const node = await cloud.createNode({
    name: "web-1",
    size: "g6-nanode-1",
    image: "linode/debian12",
    location: "us-east",
    interfaces: [{ purpose: "vpc", subnet_id: 321, primary: true }],
  });
  assertEquals([node.publicIps, node.privateIps], [[], []]);
  const [running] = await cloud.waitUntilRunning(node, { intervalMs: 1 });
  assertEquals(running?.publicIps, []);
  assertEquals(running?.privateIps.length, 1);
  assertMatch(running?.privateIps[0] ?? "", /^10\.0\./);
});

Deno.test("LinodeNodeDriver.getNode() reads the addresses in VPCs only of a running node without other addresses", async () => {
  for (
    const [status, ipv4] of [
      ["provisioning", []],
      ["running", ["203.0.113.7"]],
      ["running", ["192.168.128.7"]],
    ] as const
  ) {
    const instance = { id: 7, label: "web-1", status, ipv4 };
    using fetch = replay([
      { request: "GET /v4/linode/instances/7", json: instance },
    ]);
    const node = await linode(fetch).getNode("7");
    assertEquals([...node.publicIps, ...node.privateIps], [...ipv4]);
  }
});

Deno.test("LinodeNodeDriver.getNode() ignores VPCs without an address", async () => {
  const instance = { id: 7, label: "web-1", status: "running", ipv4: [] };
  for (const ipv4 of [undefined, {}, { vpc: [{ address: null }, {}] }]) {
    using fetch = replay([
      { request: "GET /v4/linode/instances/7", json: instance },
      { request: "GET /v4/linode/instances/7/ips", json: { ipv4 } },
    ]);
    const node = await linode(fetch).getNode("7");
    assertEquals([node.publicIps, node.privateIps], [[], []]);
  }
});

Deno.test("LinodeNodeDriver.createNode() rejects with ConflictError if Linode stays busy", async () => {
  const busy: Exchange = {
    request: CREATE,
    body: /./,
    fixture: "linode/error_400_busy.json",
  };
  using fetch = replay([busy, busy, busy, busy]);
  const error = await assertRejects(
    () => linode(fetch).createNode(WEB),
    ConflictError,
  );
  assertEquals(error.mayHaveBeenApplied, false);
});

Deno.test("LinodeNodeDriver.getNode() rejects by status if the body of a refusal is malformed", async () => {
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

Deno.test("LinodeNodeDriver takes the delay after a 429 from Retry-After or the reset time", async () => {
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
      'listNodes: Linode refused: "Too many requests" (429)',
    );
    assertEquals(error.retryAfterMs, retryAfterMs);
  }
});

Deno.test("LinodeNodeDriver sends a request again after the rate limit resets, and reports the limit to hooks", async () => {
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

Deno.test("LinodeNodeDriver.getAccount() rejects with RateLimitReachedError at the simulator's limit", async () => {
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

Deno.test("LinodeNodeDriver.waitForEvent() resolves when the event is finished", async () => {
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

Deno.test("LinodeNodeDriver.waitForEvent() resolves at once for a notification", async () => {
  using fetch = replay([{
    request: "GET /v4/account/events/123",
    json: { id: 123, action: "tag_create", status: "notification" },
  }]);
  const { status } = await linode(fetch).waitForEvent({ id: "123" });
  assertEquals(status, "notification");
});

Deno.test("LinodeNodeDriver.waitForEvent() rejects if the event failed", async () => {
  using fetch = replay([{
    request: "GET /v4/account/events/123",
    fixture: "linode/get_event_failed.json",
  }]);
  const error = await assertMessage(
    () => linode(fetch).waitForEvent("123"),
    CloudError,
    "waitForEvent: linode_boot failed (event 123)",
  );
  assertEquals(
    [error.provider, error.operation],
    ["linode", "waitForEvent"],
  );
});

Deno.test("LinodeNodeDriver.waitForEvent() rejects with the last status when the time is up", async () => {
  using fetch = replay([{
    request: "GET /v4/account/events/123",
    fixture: "linode/get_event_started.json",
  }]);
  await assertMessage(
    () => linode(fetch).waitForEvent("123", { timeoutMs: 100 }),
    TimeoutError,
    "waitForEvent: timed out after 100 ms; event 123 is started",
  );
});

Deno.test("LinodeNodeDriver.waitForEvent() waits for a change to a node", async () => {
  const { cloud } = account({ nodes: 1, actionMs: 20 });
  await cloud.stopNode(NODE);
  const [event] = await cloud.listEvents({ node: NODE });
  assertEquals([event?.action, event?.status], ["linode_shutdown", "started"]);
  await assertRejects(
    () => cloud.rebootNode(NODE, { retry: false }),
    ConflictError,
  );
  await cloud.waitForEvent(event!, { intervalMs: 2 });
  assertEquals((await cloud.getNode(NODE)).state, "stopped");
});

// Images

Deno.test("LinodeNodeDriver.createImage() rejects if the node has only swap space", async () => {
  using fetch = replay([{
    request: "GET /v4/linode/instances/123/disks?page_size=500",
    json: {
      data: [{ id: 1, label: "swap", filesystem: "swap" }],
      page: 1,
      pages: 1,
      results: 1,
    },
  }]);
  const error = await assertMessage(
    () => linode(fetch).createImage("123", { name: "golden" }),
    CloudError,
    "createImage: node 123 has no disk other than swap space",
  );
  assertEquals(error.mayHaveBeenApplied, false);
});

Deno.test("LinodeNodeDriver creates, copies and deletes an image of a node", async () => {
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

// Several requests in one call

Deno.test("LinodeNodeDriver.createNode() rejects if a key pair has no public key", async () => {
  using fetch = replay([
    { request: "GET /v4/profile/sshkeys/42", json: { id: 42, label: "x" } },
  ]);
  const error = await assertMessage(
    () => linode(fetch).createNode({ ...WEB, keyPairs: ["42"] }),
    MalformedResponseError,
    "createNode: unexpected response fields (application/json, HTTP 200)",
  );
  assertEquals(error.mayHaveBeenApplied, false);
});

Deno.test("LinodeNodeDriver.createNode() fetches the key of a record without a public key", async () => {
  using fetch = replay([
    {
      request: "GET /v4/profile/sshkeys/42",
      fixture: "linode/get_key_pair.json",
    },
    {
      request: CREATE,
      body: /"authorized_keys":\["ssh-rsa /,
      fixture: "linode/create_node.json",
    },
  ]);
  const keyPairs = [{ id: "42", publicKey: " " }];
  await linode(fetch).createNode({ ...WEB, keyPairs });
});

for (
  const { name, run, first } of [
    {
      name: "createNode()",
      run: (cloud) =>
        cloud.createNode({ ...WEB, keyPairs: ["42"], timeoutMs: 500 }),
      first: "linode/get_key_pair.json",
    },
    {
      name: "rebuildNode()",
      run: (cloud) =>
        cloud.rebuildNode("123", {
          image: "linode/arch",
          keyPairs: ["42"],
          timeoutMs: 500,
        }),
      first: "linode/get_key_pair.json",
    },
    {
      name: "createImage()",
      run: (cloud) =>
        cloud.createImage("123", { name: "golden", timeoutMs: 500 }),
      first: "linode/list_disks.json",
    },
    {
      name: "copyImage()",
      run: (cloud) =>
        cloud.copyImage("private/15", { location: "us-iad", timeoutMs: 500 }),
      first: "linode/get_image_private.json",
    },
  ] satisfies readonly {
    name: string;
    run: (cloud: LinodeNodeDriver) => Promise<unknown>;
    first: string;
  }[]
) {
  /** Responds to the read after some time, and to the write never. */
  const slowFetch = async (request: Request) => {
    if (request.method === "POST") return await new Promise<never>(() => {});
    await new Promise((resolve) => setTimeout(resolve, 300));
    const file = new URL(`../../../fixtures/${first}`, import.meta.url);
    return Response.json(JSON.parse(await Deno.readTextFile(file)));
  };

  Deno.test(`LinodeNodeDriver.${name} applies timeoutMs to all its requests together`, async () => {
    const startedAt = performance.now();
    const error = await assertMessage(
      () => run(linode(slowFetch)),
      TimeoutError,
      `${name.slice(0, -2)}: timed out after 500 ms`,
    );
    // A limit of its own for the write would end after 800 ms.
    assert(performance.now() - startedAt < 780);
    assertEquals(error.mayHaveBeenApplied, true);
  });
}

/** Rejects with exactly this message. */
async function assertMessage<E extends Error>(
  run: () => Promise<unknown>,
  // deno-lint-ignore no-explicit-any -- the constructors of errors differ
  Class: new (...args: any[]) => E,
  message: string,
): Promise<E> {
  const error = await assertRejects(run, Class);
  assertEquals(error.message, message);
  return error;
}
