import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import {
  LinodeSimulator,
  type LinodeSimulatorOptions,
} from "../../simulators/linode/mod.ts";
import { IMMEDIATE } from "../_support/immediate.ts";

// deno-lint-ignore no-explicit-any -- JSON of responses is read without types
type Json = any;

interface JsonResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Json;
}

/** Creates a simulator with a clock that the test controls. */
function setUp(options: LinodeSimulatorOptions = {}) {
  const clock = { ms: Date.UTC(2026, 0, 2, 3, 4, 5) };
  const simulator = new LinodeSimulator({
    ...IMMEDIATE.linode,
    provisionMs: 100,
    bootMs: 1000,
    actionMs: 10,
    now: () => clock.ms,
    ...options,
  });

  async function send(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {
      authorization: `Bearer ${simulator.credentials.token}`,
    },
  ): Promise<JsonResponse> {
    const request = new Request(`https://api.linode.com/v4${path}`, {
      method,
      headers: { ...headers, "content-type": "application/json" },
      body: body === undefined
        ? null
        : typeof body === "string"
        ? body
        : JSON.stringify(body),
    });
    const response = await simulator.fetch(request);
    const text = await response.text();
    const result = {
      status: response.status,
      headers: response.headers,
      body: text === "" ? undefined : JSON.parse(text),
    };
    if (result.status >= 400) {
      assert(result.body.errors.length > 0);
      for (const { reason } of result.body.errors) assertMatch(reason, /\S/);
    }
    return result;
  }

  return {
    clock,
    simulator,
    send,
    get: (path: string, filter?: unknown) =>
      send(
        "GET",
        path,
        undefined,
        {
          authorization: `Bearer ${simulator.credentials.token}`,
          ...(filter === undefined ? {} : {
            "x-filter": typeof filter === "string"
              ? filter
              : JSON.stringify(filter),
          }),
        },
      ),
    post: (path: string, body?: unknown) => send("POST", path, body),
    put: (path: string, body?: unknown) => send("PUT", path, body),
    delete: (path: string) => send("DELETE", path),
    status: async (id: number) =>
      (await send("GET", `/linode/instances/${id}`)).body?.status,
  };
}

const WEB = {
  label: "web-1",
  region: "us-east",
  type: "g6-standard-1",
  image: "linode/debian12",
  root_pass: "Tr0ub4dor&3",
} as const;

/** Formats the only error of a response: status, field and reason. */
function fault({ status, body }: JsonResponse): string {
  const [{ reason, field }] = body.errors;
  return [status, field, reason].filter(Boolean).join(" ");
}

Deno.test("LinodeSimulator provisions, boots, reboots, stops and deletes a node as its clock advances", async () => {
  const { clock, status, post, delete: destroy, get } = setUp({
    destroyMs: 50,
  });
  const { body: { id } } = await post("/linode/instances", WEB);
  assertEquals(await status(id), "provisioning");
  clock.ms += 100;
  assertEquals(await status(id), "booting");
  clock.ms += 1000;
  assertEquals(await status(id), "running");
  const at = `/linode/instances/${id}`;
  for (
    const [action, during, after] of [
      ["reboot", "rebooting", "running"],
      ["shutdown", "shutting_down", "offline"],
    ]
  ) {
    assertEquals((await post(`${at}/${action}`)).body, {});
    assertEquals(await status(id), during);
    assertEquals(fault(await post(`${at}/reboot`)), "400 Linode busy.");
    clock.ms += 10;
    assertEquals(await status(id), after);
  }
  assertEquals(
    fault(await post(`${at}/reboot`)),
    "400 Linode is not running.",
  );
  await post(`${at}/boot`);
  assertEquals(await status(id), "booting");
  clock.ms += 1000;
  assertEquals(
    fault(await post(`${at}/boot`)),
    "400 Linode already booted.",
  );
  assertEquals((await destroy(at)).body, {});
  assertEquals(await status(id), "deleting");
  clock.ms += 50;
  assertEquals(fault(await get(at)), "404 Not found");
});

Deno.test("LinodeSimulator leaves a node offline if `booted` is false or there is no image", async () => {
  const { clock, status, post } = setUp();
  const off = { ...WEB, label: "off", booted: false };
  const bare = { label: "bare", region: "us-east", type: "g6-nanode-1" };
  for (const body of [off, bare]) {
    const { body: { id } } = await post("/linode/instances", body);
    clock.ms += 100;
    assertEquals(await status(id), "offline");
  }
});

Deno.test("LinodeSimulator does not boot a node that is deleted while it is provisioned", async () => {
  const { clock, status, post, delete: destroy } = setUp({ destroyMs: 5000 });
  const { body: { id } } = await post("/linode/instances", WEB);
  await destroy(`/linode/instances/${id}`);
  clock.ms += 2000;
  assertEquals(await status(id), "deleting");
});

Deno.test("LinodeSimulator refuses to create a node with invalid fields", async () => {
  const { post, get } = setUp({ nodes: 1 });
  for (
    const [body, expected] of [
      [{ region: undefined }, "400 region region is required"],
      [{ region: "moon" }, "400 region region is not valid"],
      [{ type: 5 }, "400 type type must be a string"],
      [{ type: "huge" }, "400 type type is not valid"],
      [{ image: "linode/none" }, "400 image image is not valid"],
      [{ root_pass: undefined }, "400 root_pass root_pass is required"],
      [{ root_pass: "a1" }, "400 root_pass Length must be 7-128 characters"],
      [
        { root_pass: "aaaaaaaaaaaa" },
        "400 root_pass Password does not meet strength requirement",
      ],
      [{ label: "ab" }, "400 label Length must be 3-64 characters"],
      [
        { label: "node-1" },
        "400 label Label must be unique among your linodes",
      ],
      [{ authorized_keys: ["x"] }, "400 authorized_keys Invalid SSH key"],
      [{ authorized_users: ["x"] }, "400 authorized_users User x not found"],
      [{ firewall_id: 9 }, "400 firewall_id Firewall 9 not found"],
      [{ tags: ["x"] }, "400 tags Tags must be 3 to 50 characters long"],
      [
        { metadata: { user_data: "not base64!" } },
        "400 metadata.user_data user_data must be base64-encoded",
      ],
      [
        { metadata: { user_data: btoa("x".repeat(65_536)) } },
        "400 metadata.user_data user_data is too long",
      ],
      [
        { stackscript_id: 1 },
        "400 stackscript_id stackscript is not valid",
      ],
      [
        { stackscript_id: 10079 },
        "400 stackscript_data DB_PASSWORD is required",
      ],
      [
        { interfaces: [{ purpose: "magic" }] },
        "400 interfaces Must be one of public, vlan, vpc",
      ],
    ] as const
  ) {
    const result = await post("/linode/instances", { ...WEB, ...body });
    assertEquals(fault(result), expected);
  }
  for (const label of ["1abc", "a--b", "a__b", "a..b", "abc-", "a b c"]) {
    const result = await post("/linode/instances", { ...WEB, label });
    assertMatch(fault(result), /^400 label /, label);
  }
  for (const body of ["[]", "{", '"x"', "null"]) {
    assertEquals((await post("/linode/instances", body)).status, 400);
  }
  assertEquals((await get("/linode/instances")).body.results, 1);
});

Deno.test("LinodeSimulator resizes, rebuilds and clones a node and resets its password", async () => {
  const { clock, status, post, get } = setUp({ nodes: 1 });
  const [{ id }] = (await get("/linode/instances")).body.data;
  const at = `/linode/instances/${id}`;
  const password = { root_pass: "Tr0ub4dor&3" };
  assertEquals(
    fault(await post(`${at}/password`, password)),
    "400 Linode is not offline.",
  );
  await post(`${at}/shutdown`);
  clock.ms += 10;
  assertEquals((await post(`${at}/password`, password)).status, 200);
  assertEquals(
    fault(await post(`${at}/resize`, { type: "g6-nanode-1" })),
    "400 type Linode is already on this plan",
  );
  await post(`${at}/resize`, { type: "g6-standard-2" });
  assertEquals(await status(id), "migrating");
  clock.ms += 10;
  const { body } = await get(at);
  assertEquals([body.status, body.type], ["offline", "g6-standard-2"]);
  const sizes = (await get(`${at}/disks`)).body.data.map((
    { size }: { size: number },
  ) => size);
  assertEquals(sizes, [81920 - 512, 512]);
  // The larger disk does not fit the smaller type.
  assertMatch(
    fault(await post(`${at}/resize`, { type: "g6-nanode-1" })),
    /^400 The current disk size/,
  );
  const clone = (await post(`${at}/clone`, { label: "twin" })).body;
  clock.ms += 100;
  assertEquals(await status(clone.id), "offline");
  await post(`${at}/rebuild`, { image: "linode/arch", ...password });
  assertEquals(await status(id), "rebuilding");
  clock.ms += 10;
  assertEquals(await status(id), "booting");
  clock.ms += 1000;
  assertEquals((await get(at)).body.image, "linode/arch");
});

Deno.test("LinodeSimulator attaches, resizes, clones and deletes volumes", async () => {
  const { clock, post, get, delete: destroy } = setUp({ nodes: 2 });
  const [first, second] = (await get("/linode/instances")).body.data;
  const make = (body: unknown) => post("/volumes", body);
  const data = { label: "data", region: "us-east", size: 10 };
  for (
    const [body, expected] of [
      [{ ...data, size: 9 }, "400 size Must be 10-10240"],
      [{ ...data, size: 10241 }, "400 size Must be 10-10240"],
      [{ ...data, region: undefined }, "400 region region is required"],
      [
        { ...data, region: "us-den-edge-1" },
        "400 region This region has no Block Storage",
      ],
      [
        { ...data, label: "my-volume" },
        "400 label Label must be unique among your volumes",
      ],
      [
        { ...data, label: "a.b" },
        "400 label Label has characters that it cannot have",
      ],
    ] as const
  ) assertEquals(fault(await make(body)), expected);
  const { body: volume } = await make(data);
  assertEquals(volume.status, "creating");
  const at = `/volumes/${volume.id}`;
  assertEquals(
    fault(await post(`${at}/attach`, { linode_id: first.id })),
    "400 Volume is not active",
  );
  clock.ms += 10;
  assertMatch(
    fault(await post(`${at}/attach`, { linode_id: second.id })),
    /^400 linode_id .*one region$/,
  );
  const attached = await post(`${at}/attach`, { linode_id: first.id });
  assertEquals(attached.body.linode_label, "node-1");
  assertEquals(
    fault(await post(`${at}/attach`, { linode_id: first.id })),
    "400 Volume is already attached",
  );
  assertMatch(fault(await destroy(at)), /^400 .*must be detached/);
  assertEquals(
    (await get(`/linode/instances/${first.id}/volumes`)).body.results,
    2,
  );
  assertEquals((await post(`${at}/detach`)).body, {});
  assertEquals(fault(await post(`${at}/detach`)), "400 Volume is not attached");
  assertEquals(
    fault(await post(`${at}/resize`, { size: 10 })),
    "400 size Volumes can only be resized up",
  );
  assertEquals((await post(`${at}/resize`, { size: 20 })).body.size, 20);
  assertEquals((await get(at)).body.status, "resizing");
  clock.ms += 10;
  assertEquals((await post(`${at}/clone`, { label: "copy" })).status, 200);
  assertEquals((await destroy(at)).body, {});
  assertEquals((await get(at)).status, 404);
});

Deno.test("LinodeSimulator creates images and replicates them to exactly the given regions", async () => {
  const { clock, post, put, get, delete: destroy } = setUp({ nodes: 1 });
  const [{ id }] = (await get("/linode/instances")).body.data;
  const [disk] = (await get(`/linode/instances/${id}/disks`)).body.data;
  assertEquals(
    fault(await post("/images", { disk_id: 1 })),
    "400 disk_id disk_id is not valid",
  );
  const image = (await post("/images", { disk_id: disk.id })).body;
  assertEquals(image.status, "creating");
  const at = `/images/${encodeURIComponent(image.id)}`;
  const replicate = (...regions: string[]) =>
    post(`${at}/regions`, { regions });
  assertMatch(
    fault(await replicate("us-east", "eu-west")),
    /^400 regions At least one/,
  );
  clock.ms += 10;
  assertMatch(fault(await replicate("moon")), /^400 regions moon/);
  assertEquals((await replicate("us-east", "eu-west")).body.regions, [
    { region: "us-east", status: "available" },
    { region: "eu-west", status: "pending replication" },
  ]);
  clock.ms += 10;
  assertEquals((await replicate("eu-west")).body.regions, [
    { region: "eu-west", status: "available" },
  ]);
  assertEquals((await put(at, { label: "golden-3" })).body.label, "golden-3");
  assertEquals((await destroy("/images/linode%2Farch")).status, 403);
  // Some clients do not encode the slash.
  assertEquals((await destroy(`/images/${image.id}`)).body, {});
  assertEquals((await get(at)).status, 404);
});

Deno.test("LinodeSimulator takes a backup if backups are enabled", async () => {
  const { clock, post, get } = setUp({ nodes: 2 });
  const [{ id }] = (await get("/linode/instances?page=1")).body.data;
  const at = `/linode/instances/${id}/backups`;
  assertEquals((await get(at)).body.automatic.length, 1);
  assertEquals((await post(at, { label: "before" })).body.status, "pending");
  assertEquals((await get(at)).body.snapshot.in_progress.label, "before");
  clock.ms += 10;
  assertEquals((await get(at)).body.snapshot.current.status, "successful");
  assertEquals(
    fault(await post(`${at}/enable`)),
    "400 Backups already enabled.",
  );
  assertEquals((await post(`${at}/cancel`)).body, {});
  assertEquals((await get(at)).body, { automatic: [], snapshot: {} });
  assertMatch(fault(await post(at, { label: "x" })), /not enabled/);
});

Deno.test("LinodeSimulator records events for all changes", async () => {
  const { clock, post, get } = setUp({ nodes: 1 });
  const [{ id }] = (await get("/linode/instances")).body.data;
  await post(`/linode/instances/${id}/reboot`);
  const filter = {
    "entity.id": id,
    "entity.type": "linode",
    "+order_by": "created",
    "+order": "desc",
  };
  const list = async () => (await get("/account/events", filter)).body.data;
  const [event, ...older] = await list();
  assertEquals([event.action, event.status], ["linode_reboot", "started"]);
  assertEquals(older.length, 1);
  clock.ms += 10;
  const { body } = await get(`/account/events/${event.id}`);
  assertEquals(
    [body.status, body.percent_complete, body.duration],
    ["finished", 100, 0.01],
  );
});

Deno.test("LinodeSimulator returns pages of 25 to 500 items, 100 by default", async () => {
  const { get } = setUp({ nodes: 250 });
  for (
    const [query, page, pages, length] of [
      ["", 1, 3, 100],
      ["?page=3", 3, 3, 50],
      ["?page_size=25&page=10", 10, 10, 25],
      ["?page_size=500", 1, 1, 250],
      ["?page=4", 4, 3, 0],
    ] as const
  ) {
    const { body } = await get(`/linode/instances${query}`);
    assertEquals(
      [body.page, body.pages, body.results, body.data.length],
      [page, pages, 250, length],
    );
  }
  for (const query of ["page_size=24", "page_size=501", "page=0", "page=x"]) {
    const result = await get(`/linode/instances?${query}`);
    assertMatch(fault(result), /^400 page(?:_size)? .* must be a number from/);
  }
  const small = setUp({ nodes: 250, largestPage: 7 });
  const { body } = await small.get("/linode/instances?page_size=500&page=36");
  assertEquals([body.pages, body.data.length], [36, 5]);
});

Deno.test("LinodeSimulator filters and sorts lists", async () => {
  const { get } = setUp({ nodes: 20 });
  const count = async (filter: unknown) =>
    (await get("/linode/instances", filter)).body.results;
  assertEquals(await count({}), 20);
  assertEquals(await count({ label: "node-7" }), 1);
  assertEquals(await count({ tags: "web-server" }), 10);
  assertEquals(await count({ label: { "+contains": "NODE-1" } }), 11);
  assertEquals(await count({ id: { "+gte": 123, "+lt": 127 } }), 2);
  assertEquals(await count({ label: { "+neq": "node-1" } }), 19);
  assertEquals(
    await count({ "+or": [{ label: "node-1" }, { label: "node-2" }] }),
    2,
  );
  assertEquals(
    await count({ "+and": [{ label: "node-1" }, { tags: "web-server" }] }),
    1,
  );
  const { body } = await get("/linode/types", {
    "+order_by": "memory",
    "+order": "desc",
  });
  assertEquals(body.data[0].id, "g1-gpu-rtx6000-1");
  for (
    const filter of ["{", "[]", { status: "running" }, { label: { x: 1 } }]
  ) {
    assertEquals((await get("/linode/instances", filter)).status, 400);
  }
});

Deno.test("LinodeSimulator requires its token except for public lists", async () => {
  const { send, simulator } = setUp({ token: "abc.DEF-1", nodes: 1 });
  assertEquals(simulator.credentials, { token: "abc.DEF-1" });
  for (
    const headers of [
      {},
      { authorization: "Bearer wrong" },
      { authorization: "Basic YTpi" },
      { authorization: "abc.DEF-1" },
    ]
  ) {
    for (const path of ["/linode/instances", "/account", "/profile/sshkeys"]) {
      const result = await send("GET", path, undefined, headers);
      assertEquals(fault(result), "401 Invalid Token");
    }
  }
  for (
    const [path, count] of [
      ["/regions", 8],
      ["/linode/types", 8],
      ["/images", 12],
      ["/linode/stackscripts", 1],
    ] as const
  ) {
    const { body } = await send("GET", path, undefined, {});
    assertEquals(body.results, count, path);
    const wrong = { authorization: "Bearer wrong" };
    assertEquals((await send("GET", path, undefined, wrong)).status, 401);
  }
  assertEquals((await send("POST", "/images", {}, {})).status, 401);
});

Deno.test("LinodeSimulator counts requests and refuses those over the rate limit", async () => {
  const { clock, get } = setUp({ requests: 2, windowMs: 30_000 });
  const seen = async () => {
    const { status, headers } = await get("/profile");
    return [
      status,
      ...["limit", "remaining", "reset"].map((name) =>
        Number(headers.get(`x-ratelimit-${name}`))
      ),
      headers.get("retry-after"),
    ];
  };
  const reset = clock.ms / 1000 + 30;
  assertEquals(await seen(), [200, 2, 1, reset, null]);
  assertEquals(await seen(), [200, 2, 0, reset, null]);
  clock.ms += 10_000;
  assertEquals(await seen(), [429, 2, 0, reset, "20"]);
  clock.ms += 20_000;
  assertEquals(await seen(), [200, 2, 1, reset + 30, null]);
});

Deno.test("LinodeSimulator stores keys", async () => {
  const { post, put, get, delete: destroy } = setUp();
  const key = { label: "laptop", ssh_key: "ssh-ed25519 AAAA me@example.com" };
  assertEquals(
    fault(await post("/profile/sshkeys", { ...key, ssh_key: "x" })),
    "400 ssh_key Invalid SSH key",
  );
  const { body: { id } } = await post("/profile/sshkeys", key);
  const at = `/profile/sshkeys/${id}`;
  assertEquals((await put(at, { label: "desk" })).body.label, "desk");
  assertEquals((await get("/profile/sshkeys")).body.results, 1);
  assertEquals((await destroy(at)).body, {});
  assertEquals((await destroy(at)).status, 404);
});

Deno.test("LinodeSimulator responds to unknown paths and malformed requests in Linode's error format", async () => {
  const { send, get } = setUp({ nodes: 1 });
  for (
    const [method, path, status] of [
      ["GET", "/nothing", 404],
      ["GET", "/linode/instances/", 404],
      ["GET", "/linode/instances/0x7b", 404],
      ["GET", "/linode/instances/%2e%2e", 404],
      ["GET", "/linode/instances/999999999999999999", 404],
      ["GET", "/regions/moon", 404],
      ["PATCH", "/linode/instances", 405],
    ] as const
  ) assertEquals((await send(method, path)).status, status, path);
  assertEquals((await get("/linode/types/g6-nanode-1")).body.vcpus, 1);
});

Deno.test("LinodeSimulator rejects invalid options", () => {
  for (
    const [options, message] of [
      [{ nodes: -1 }, "nodes must be an integer of at least 0, got -1"],
      [{ nodes: 1.5 }, "nodes must be an integer of at least 0, got 1.5"],
      [
        { bootMs: NaN },
        "bootMs must be a finite number of at least 0, got NaN",
      ],
      [
        { actionMs: -1 },
        "actionMs must be a finite number of at least 0, got -1",
      ],
      [
        { windowMs: Infinity },
        "windowMs must be a finite number of at least 0, got Infinity",
      ],
      [
        { largestPage: 0 },
        "largestPage must be an integer of at least 1, got 0",
      ],
      [{ requests: 0 }, "requests must be an integer of at least 1, got 0"],
    ] as const
  ) {
    const error = assertThrows(() => new LinodeSimulator(options), RangeError);
    assertEquals(error.message, `LinodeSimulator: ${message}`);
  }
});

Deno.test("LinodeSimulator.inventory() lists what exists, and which nodes are being deleted", async () => {
  const { simulator, clock, post, delete: destroy } = setUp({
    nodes: 1,
    destroyMs: 50,
  });
  const { nodes: [seeded], ...before } = simulator.inventory();
  assertEquals(before.volumes.map(({ name }) => name), ["my-volume", "spare"]);
  assertEquals(before.images.map(({ name }) => name), ["golden"]);
  assertEquals(before.keyPairs.map(({ name }) => name), ["My SSH Key"]);
  assertEquals(before.snapshots, []);
  const { body } = await post("/linode/instances", WEB);
  const created = { id: String(body.id), name: "web-1", isDestroyed: false };
  assert(seeded);
  assertEquals(simulator.inventory().nodes, [seeded, created]);
  await destroy(`/linode/instances/${seeded.id}`);
  assertEquals(simulator.inventory().nodes, [
    { id: seeded.id, name: "node-1", isDestroyed: true },
    created,
  ]);
  clock.ms += 50;
  assertEquals(simulator.inventory().nodes, [created]);
});

Deno.test("LinodeSimulator does not know a new node for hiddenMs", async () => {
  const { clock, simulator, get, post, put, delete: destroy } = setUp({
    hiddenMs: 2000,
  });
  const { status, body: { id } } = await post("/linode/instances", WEB);
  assertEquals(status, 200);
  const at = `/linode/instances/${id}`;
  for (
    const response of [
      await get(at),
      await get(`${at}/disks`),
      await destroy(at),
      await put(at, { label: "web-2" }),
      await post(`${at}/boot`),
      await post(`${at}/backups`, { label: "now" }),
    ]
  ) assertEquals(fault(response), "404 Not found");
  assertEquals((await get("/linode/instances")).body.results, 0);
  assertEquals((await get("/account/events")).body.results, 1);
  // The label is taken nevertheless.
  assertEquals(
    fault(await post("/linode/instances", WEB)),
    "400 label Label must be unique among your linodes",
  );
  assertEquals(simulator.inventory().nodes.length, 1);
  clock.ms += 1999;
  assertEquals(fault(await get(at)), "404 Not found");
  clock.ms += 1;
  assertEquals((await get(at)).body.status, "running");
  assertEquals((await get("/linode/instances")).body.results, 1);
  assertEquals((await destroy(at)).body, {});
});

Deno.test("LinodeSimulator does not know new volumes and images for hiddenMs", async () => {
  const { clock, simulator, get, post, delete: destroy } = setUp({
    nodes: 1,
    hiddenMs: 2000,
  });
  const [{ id: node } = { id: "" }] = simulator.inventory().nodes;
  const { body: volume } = await post("/volumes", {
    label: "new",
    size: 20,
    region: "us-east",
  });
  const { data: [disk] } = (await get(`/linode/instances/${node}/disks`)).body;
  const { body: image } = await post("/images", { disk_id: disk.id });
  const paths = [`/volumes/${volume.id}`, `/images/${image.id}`];
  const totals = async () => [
    (await get("/volumes")).body.results,
    (await get("/images", { is_public: false })).body.results,
  ];
  for (const path of paths) {
    assertEquals(fault(await get(path)), "404 Not found");
    assertEquals(fault(await destroy(path)), "404 Not found");
  }
  const attach = { linode_id: Number(node) };
  assertEquals(
    fault(await post(`/volumes/${volume.id}/attach`, attach)),
    "404 Not found",
  );
  assertEquals(
    fault(await post("/linode/instances", { ...WEB, image: image.id })),
    "400 image image is not valid",
  );
  assertEquals(await totals(), [2, 1]);
  clock.ms += 2000;
  for (const path of paths) assertEquals((await get(path)).status, 200);
  assertEquals(await totals(), [3, 2]);
});

Deno.test("LinodeSimulator lists what was true listLagMs ago", async () => {
  const { clock, simulator, get, post, status, delete: destroy } = setUp({
    listLagMs: 3000,
  });
  const listed = async () =>
    (await get("/linode/instances", { label: "web-1" })).body.data
      .map(({ status }: Json) => status);
  const { body: { id } } = await post("/linode/instances", WEB);
  assertEquals(await listed(), []);
  assertEquals((await get("/account/events")).body.results, 0);
  clock.ms += 2999;
  assertEquals(await listed(), []);
  assertEquals(await status(id), "running");
  clock.ms += 1;
  assertEquals(await listed(), ["provisioning"]);
  assertEquals((await get("/account/events")).body.results, 1);
  clock.ms += 100;
  assertEquals(await listed(), ["booting"]);
  clock.ms += 1000;
  assertEquals(await listed(), ["running"]);
  await destroy(`/linode/instances/${id}`);
  clock.ms += 2999;
  assertEquals(
    fault(await get(`/linode/instances/${id}`)),
    "404 Not found",
  );
  assertEquals(await listed(), ["running"]);
  assertEquals(simulator.inventory().nodes, []);
  clock.ms += 1;
  assertEquals(await listed(), []);
});

Deno.test("LinodeSimulator refuses changes, also the deletion, until busyMs after an operation", async () => {
  const { clock, post, status, delete: destroy } = setUp({ busyMs: 400 });
  const { body: { id } } = await post("/linode/instances", WEB);
  const at = `/linode/instances/${id}`;
  const busy = "400 Linode busy.";
  assertEquals(fault(await destroy(at)), busy);
  clock.ms += 1100;
  assertEquals(await status(id), "running");
  clock.ms += 399;
  assertEquals(fault(await post(`${at}/shutdown`)), busy);
  assertEquals(fault(await destroy(at)), busy);
  clock.ms += 1;
  assertEquals((await post(`${at}/shutdown`)).status, 200);
  clock.ms += 10;
  assertEquals(await status(id), "offline");
  assertEquals(fault(await post(`${at}/boot`)), busy);
  clock.ms += 400;
  assertEquals((await destroy(at)).status, 200);
});

Deno.test("LinodeSimulator refuses changes of a volume until busyMs after the last one", async () => {
  const { clock, simulator, get, post, delete: destroy } = setUp({
    nodes: 1,
    busyMs: 400,
  });
  const [{ id } = { id: "" }] = simulator.inventory().volumes;
  const at = `/volumes/${id}`;
  const { linode_id } = (await get(at)).body;
  assertEquals((await post(`${at}/detach`)).status, 200);
  clock.ms += 399;
  const busy = "400 Linode busy.";
  assertEquals(fault(await post(`${at}/attach`, { linode_id })), busy);
  assertEquals(fault(await destroy(at)), busy);
  clock.ms += 1;
  assertEquals((await destroy(at)).status, 200);
});

Deno.test("LinodeSimulator fails the operations that `fails` selects", async () => {
  const asked: string[] = [];
  const { clock, simulator, get, post, status } = setUp({
    nodes: 1,
    fails: ({ kind, name, id }) => asked.push(`${kind} ${name} ${id}`) > 0,
  });
  const events = async () => {
    const { data } = (await get("/account/events")).body;
    return data.filter(({ status }: Json) => status !== "notification")
      .map(({ action, status }: Json) => `${action} ${status}`);
  };
  const { body: { id } } = await post("/linode/instances", WEB);
  assertEquals(await events(), ["linode_create started"]);
  clock.ms += 1100;
  assertEquals(await events(), ["linode_create failed"]);
  assertEquals(await status(id), "offline");
  const at = `/linode/instances/${id}`;
  await post(`${at}/boot`);
  clock.ms += 1000;
  assertEquals(await status(id), "offline");
  const [{ id: seeded } = { id: "" }] = simulator.inventory().nodes;
  await post(`/linode/instances/${seeded}/shutdown`);
  const { data: [disk] } = (await get(`${at}/disks`)).body;
  const image = (await post("/images", { disk_id: disk.id })).body.id;
  const volume = (await post("/volumes", {
    label: "new",
    size: 20,
    region: "us-east",
  })).body.id;
  clock.ms += 10;
  assertEquals(await status(Number(seeded)), "running");
  assertEquals(fault(await get(`/images/${image}`)), "404 Not found");
  assertEquals((await get(`/volumes/${volume}`)).body.status, "creating");
  assertEquals(await events(), [
    "linode_create failed",
    "linode_boot failed",
    "linode_shutdown failed",
    "disk_imagize failed",
    "volume_create failed",
  ]);
  assertEquals(asked, [
    `create linode_create ${id}`,
    `action linode_boot ${id}`,
    `action linode_shutdown ${seeded}`,
    `image disk_imagize ${id}`,
    `volume volume_create ${volume}`,
  ]);
});

Deno.test("LinodeSimulator fails a backup that `fails` selects", async () => {
  const { clock, simulator, get, post } = setUp({
    nodes: 1,
    fails: ({ kind }) => kind === "snapshot",
  });
  const [{ id } = { id: "" }] = simulator.inventory().nodes;
  const at = `/linode/instances/${id}/backups`;
  await post(at, { label: "now" });
  clock.ms += 10;
  const { snapshot } = (await get(at)).body;
  assertEquals(snapshot.in_progress.status, "failed");
});

Deno.test("LinodeSimulator rejects unknown options and invalid delays", () => {
  const create = (options: object) => () => new LinodeSimulator(options);
  assertThrows(
    // A Linode has its addresses at once.
    create({ addressMs: 1 }),
    TypeError,
    'LinodeSimulator: unknown option "addressMs"',
  );
  assertThrows(create({ fails: true }), TypeError, "fails must be a function");
  for (const field of ["hiddenMs", "listLagMs", "busyMs"]) {
    for (const value of [-1, NaN, "5"]) {
      assertThrows(create({ [field]: value }), RangeError, field);
    }
  }
  new LinodeSimulator({ ...LinodeSimulator.realistic, nodes: 1 });
});
