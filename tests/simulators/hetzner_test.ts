import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import {
  HetznerSimulator,
  type HetznerSimulatorOptions,
} from "../../simulators/hetzner/mod.ts";

const PUBLIC_KEY =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILVkOZCxCSfLwbzonbzsbLhzsgR958FN6jtmZOdXdcD0 b@example.com";

// deno-lint-ignore no-explicit-any -- JSON of responses is read without types
type Json = any;

/** Creates a simulator with a clock that the test controls. */
function setUp(options: HetznerSimulatorOptions = {}) {
  let clock = Date.parse("2026-01-02T03:04:05Z");
  const simulator = new HetznerSimulator({
    createMs: 100,
    actionMs: 10,
    now: () => clock,
    ...options,
  });

  /** Sends a request such as `"GET /servers"`. */
  async function send(
    call: string,
    body?: unknown,
    authorization = `Bearer ${simulator.credentials.token}`,
  ): Promise<{ status: number; headers: Headers; body: Json }> {
    const [method = "", path = ""] = call.split(" ");
    const response = await simulator.fetch(
      new Request(`https://api.hetzner.cloud/v1${path}`, {
        method,
        headers: { authorization, "content-type": "application/json" },
        body: body === undefined ? null : JSON.stringify(body),
      }),
    );
    const text = await response.text();
    const { status, headers } = response;
    return {
      status,
      headers,
      body: text === "" ? undefined : JSON.parse(text),
    };
  }

  return {
    simulator,
    send,
    pass: (ms: number) => clock += ms,
    /** Sends a request that succeeds; returns the body. */
    async ok(call: string, body?: unknown): Promise<Json> {
      const response = await send(call, body);
      assert(
        response.status < 300,
        `${call}: ${JSON.stringify(response.body)}`,
      );
      return response.body;
    },
    /** Sends a request; expects its status, error code and invalid field. */
    async refuses(expected: string, call: string, body?: unknown) {
      const { status, body: { error } } = await send(call, body);
      assertMatch(error.message, /\w/);
      const field = error.details?.fields?.[0].name ?? "";
      const actual = `${status} ${error.code} ${field}`.trim();
      assertEquals([call, body, actual], [call, body, expected]);
    },
  };
}

const SERVER = { name: "web-1", server_type: "cx22", image: "debian-12" };

Deno.test("HetznerSimulator boots a server, and has both actions of the create", async () => {
  const { ok, pass, refuses } = setUp();
  const created = await ok("POST /servers", SERVER);
  const { id, status, locked } = created.server;
  const both = [created.action, ...created.next_actions];
  assertEquals(
    both.map(({ command, status }) => [command, status]),
    [["create_server", "running"], ["start_server", "running"]],
  );
  assertEquals([status, locked], ["initializing", true]);
  for (
    const call of [
      `POST /servers/${id}/actions/reboot`,
      `DELETE /servers/${id}`,
    ]
  ) {
    await refuses("423 locked", call);
  }
  for (const expected of [["starting", true], ["running", false]]) {
    pass(50);
    const { status, locked } = (await ok(`GET /servers/${id}`)).server;
    assertEquals([status, locked], expected);
  }
  const { server } = await ok(`GET /servers/${id}`);
  const { ipv4, ipv6 } = server.public_net;
  assertEquals([ipv4.ip, ipv6.ip], ["203.0.113.1", "2001:db8:0:1::/64"]);
  assertEquals(server.location, server.datacenter.location);
  const query = both.map(({ id }) => `id=${id}`).join("&");
  assertEquals(
    (await ok(`GET /actions?${query}`)).actions
      .map(({ status, progress }: Json) => [status, progress]),
    [["success", 100], ["success", 100]],
  );
  await ok(`DELETE /servers/${id}`);
  assertEquals((await ok(`GET /servers/${id}`)).server.status, "deleting");
  pass(10);
  await refuses("404 not_found", `GET /servers/${id}`);
  assertEquals((await ok("GET /primary_ips")).primary_ips, []);
});

/** Actions of a server, in order: body, status meanwhile, changes at the end. */
const ACTIONS: readonly (readonly [string, object, string, object?])[] = [
  ["poweroff", {}, "stopping", { status: "off" }],
  [
    "change_type",
    { server_type: "cx32", upgrade_disk: false },
    "migrating",
    { status: "off", primary_disk_size: 40 },
  ],
  [
    "change_type",
    { server_type: 106, upgrade_disk: true },
    "migrating",
    { status: "off", primary_disk_size: 160 },
  ],
  ["poweron", {}, "starting", { status: "running" }],
  ["reboot", {}, "running"],
  ["reset", {}, "running"],
  ["enable_rescue", { ssh_keys: [44] }, "running", { rescue_enabled: true }],
  ["disable_rescue", {}, "running", { rescue_enabled: false }],
  ["reset_password", {}, "running"],
  ["request_console", {}, "running"],
  ["create_image", { type: "backup" }, "running"],
  ["rebuild", { image: "ubuntu-24.04" }, "rebuilding", { status: "running" }],
  ["detach_from_network", { network: 48 }, "running", { private_net: [] }],
  ["shutdown", {}, "stopping", { status: "off" }],
  ["add_to_placement_group", { placement_group: 47 }, "off"],
  ["change_protection", { delete: true, rebuild: true }, "off", {
    protection: { delete: true, rebuild: true },
  }],
];

Deno.test("HetznerSimulator applies every action of a server at its end", async () => {
  const { ok, pass, refuses } = setUp({ nodes: 2 });
  const read = async () => (await ok("GET /servers/42")).server;
  for (const [name, body, during, after] of ACTIONS) {
    await ok(`POST /servers/42/actions/${name}`, body);
    const { status, locked } = await read();
    assertEquals([name, status, locked], [name, during, true]);
    pass(10);
    const server = await read();
    assertEquals([name, { ...server, ...after }], [name, server]);
  }
  const { server_type, image, placement_group } = await read();
  assertEquals(
    [server_type.name, image.name, placement_group.servers],
    ["cx42", "ubuntu-24.04", [42]],
  );
  const { images } = await ok("GET /images?type=backup&bound_to=42");
  assertEquals(images.length, 1);
  await refuses("403 protected", "DELETE /servers/42");
  await refuses("403 protected", "POST /servers/42/actions/rebuild", {
    image: "debian-12",
  });
  await refuses(
    "422 invalid_server_type",
    "POST /servers/42/actions/change_type",
    { server_type: "cx32", upgrade_disk: false },
  );
  await refuses("422 resource_in_use", "DELETE /placement_groups/47");
});

Deno.test("HetznerSimulator adds and deletes subnets", async () => {
  const { ok, pass } = setUp({ nodes: 1 });
  const [{ id }] = (await ok("GET /networks")).networks;
  const change = async (action: string, ip_range?: string) => {
    const body = { ...SUBNET, ip_range };
    await ok(`POST /networks/${id}/actions/${action}`, body);
    pass(10);
    const { subnets } = (await ok(`GET /networks/${id}`)).network;
    return subnets.map((it: Json) => it.ip_range);
  };
  const [first, range] = ["10.0.1.0/24", "10.0.0.0/24"];
  // By default, a subnet has the first 256 addresses of the network.
  assertEquals(await change("add_subnet"), [first, range]);
  assertEquals(await change("delete_subnet", range), [first]);
});

const KEY = { name: "you", public_key: PUBLIC_KEY };
const TYPE = { server_type: "cx32", upgrade_disk: true };
const SUBNET = {
  type: "cloud",
  network_zone: "eu-central",
  ip_range: "10.0.1.128/25",
};
const RULE = { direction: "in", protocol: "tcp", source_ips: ["0.0.0.0/0"] };
const JOIN = "POST /servers/43/actions/attach_to_network";
const [OLD, NEW] = [42, 43].map((id) => ({ type: "server", server: { id } }));
const LIMIT = "403 resource_limit_exceeded";

/** Refused creates of a server, by what differs from a valid one. */
const REFUSED_SERVERS: readonly (readonly [object, string])[] = [
  [{ name: undefined }, "422 invalid_input name"],
  [{ name: "under_score" }, "422 invalid_input name"],
  [{ name: "node-1" }, "409 uniqueness_error name"],
  [{ server_type: "huge" }, "422 invalid_input server_type"],
  [{ server_type: "cx11" }, "422 invalid_input server_type"],
  [{ location: "ash" }, "422 invalid_input server_type"],
  [{ location: "moon" }, "422 invalid_input location"],
  [{ image: "debian-0" }, "422 invalid_input image"],
  [{ user_data: "ä".repeat(16_385) }, "422 invalid_input user_data"],
  [{ user_data: 1 }, "422 invalid_input user_data"],
  [{ ssh_keys: ["unknown"] }, "422 invalid_input ssh_keys"],
  [{ labels: { "no spaces": "" } }, "422 invalid_input labels"],
  [{ labels: { a: 1 } }, "422 invalid_input labels"],
  [{ volumes: [52] }, "422 invalid_input volumes"],
  [{ volumes: [9] }, "404 not_found"],
  [{ start_after_create: "no" }, "422 invalid_input start_after_create"],
  [{ public_net: 1 }, "422 invalid_input public_net"],
  [{ public_net: { ipv4: 10_001 } }, "422 primary_ip_assigned"],
  [
    { server_type: "cpx11", location: "ash", networks: [48] },
    "422 no_subnet_available",
  ],
  // All else is checked before the limit of servers.
  [{}, LIMIT],
  [{ user_data: "ä".repeat(16_384), ssh_keys: ["me"], unknown: 1 }, LIMIT],
];

/** Other refused requests, by the error. */
const REFUSED: Readonly<
  Record<string, readonly (readonly [call: string, body?: object])[]>
> = {
  "403 forbidden": [["PUT /images/114690387", {}]],
  "404 not_found": [["GET /locations/99999"], ["GET /nothing"]],
  "405 method_not_allowed": [["POST /locations"]],
  "409 uniqueness_error name": [["POST /ssh_keys", { ...KEY, name: "me" }]],
  "410 deprecated_api_endpoint": [["GET /actions"]],
  "422 firewall_already_applied": [
    ["POST /firewalls/49/actions/apply_to_resources", { apply_to: [OLD] }],
  ],
  "422 firewall_already_removed": [
    ["POST /firewalls/49/actions/remove_from_resources", {
      remove_from: [NEW],
    }],
  ],
  "422 invalid_input home_location": [["POST /floating_ips", { type: "ipv4" }]],
  "422 invalid_input ip": [[JOIN, { network: 48, ip: "10.0.9.9" }]],
  "422 invalid_input ip_range": [
    ["POST /networks/48/actions/delete_subnet", { ip_range: "10.0.9.0/24" }],
    ["POST /networks", { name: "m", ip_range: "8.0.0.0/8" }],
    ["POST /networks", { name: "m", ip_range: "10.0.0.0/31" }],
    ["POST /networks/48/actions/add_subnet", SUBNET],
  ],
  "422 invalid_input label_selector": [["GET /servers?label_selector=a%3Db=c"]],
  "422 invalid_input location": [
    ["POST /volumes", { name: "v", size: 10 }],
    ["POST /primary_ips", { name: "p", type: "ipv4", assignee_type: "server" }],
  ],
  "422 invalid_input network_zone": [
    ["POST /networks/48/actions/add_subnet", { ...SUBNET, network_zone: "x" }],
  ],
  "422 invalid_input per_page": [["GET /servers?per_page=51"]],
  "422 invalid_input public_key": [
    ["POST /ssh_keys", { name: "k", public_key: "ssh-rsa" }],
  ],
  "422 invalid_input rules.port": [
    ["POST /firewalls/49/actions/set_rules", { rules: [RULE] }],
  ],
  "422 invalid_input server": [
    ["POST /volumes/45/actions/attach", { server: 43 }],
    ["POST /volumes/45/actions/attach", { server: "x" }],
  ],
  "422 invalid_input size": [
    ["POST /volumes", { name: "v", size: 9, location: "fsn1" }],
    ["POST /volumes/45/actions/resize", { size: 10 }],
  ],
  "422 invalid_input sort": [["GET /servers?sort=color"]],
  "422 ip_not_available": [[JOIN, { network: 48, ip: "10.0.1.2" }]],
  "422 resource_in_use": [
    ["DELETE /volumes/52"],
    ["DELETE /networks/48"],
    ["DELETE /firewalls/49"],
  ],
  "422 server_already_attached": [
    ["POST /servers/42/actions/attach_to_network", { network: 48 }],
  ],
  "422 server_not_attached": [
    ["POST /servers/43/actions/detach_from_network", { network: 48 }],
  ],
  "422 server_not_stopped": [
    ["POST /servers/42/actions/change_type", TYPE],
    ["POST /primary_ips/10001/actions/unassign"],
  ],
  "422 volume_already_attached": [
    ["POST /volumes/52/actions/attach", { server: 42 }],
  ],
  "422 volume_not_attached": [["POST /volumes/45/actions/detach"]],
};

Deno.test("HetznerSimulator refuses what the service refuses", async () => {
  const { ok, refuses } = setUp({ nodes: 2, serverLimit: 2 });
  for (const [changes, expected] of REFUSED_SERVERS) {
    await refuses(expected, "POST /servers", { ...SERVER, ...changes });
  }
  for (const [expected, requests] of Object.entries(REFUSED)) {
    for (const request of requests) await refuses(expected, ...request);
  }
  const { ssh_key } = await ok("POST /ssh_keys", KEY);
  // The digest of ssh-keygen -l -E md5.
  assertEquals(
    ssh_key.fingerprint,
    "7c:9d:4c:37:76:54:57:69:67:7a:c4:2a:ca:ae:b6:65",
  );
  await refuses("409 uniqueness_error public_key", "POST /ssh_keys", {
    ...KEY,
    name: "they",
  });
});

Deno.test("HetznerSimulator frees what belongs to a server that is deleted", async () => {
  const { ok, pass, refuses } = setUp({ nodes: 2 });
  const act = async (path: string, body: object = {}) => {
    const response = await ok(`POST ${path}`, body);
    pass(10);
    return response;
  };
  const { volume, next_actions } = await act("/volumes", {
    name: "v",
    size: 10,
    server: 43,
  });
  assertEquals(next_actions[0].command, "attach_volume");
  await act("/servers/43/actions/attach_to_network", { network: 48 });
  const target = { type: "server", server: { id: 43 } };
  await act("/firewalls/49/actions/apply_to_resources", { apply_to: [target] });
  await act("/floating_ips/51/actions/assign", { server: 43 });
  await act("/servers/43/actions/poweroff");
  await refuses(
    "422 invalid_server_type",
    "POST /servers/43/actions/change_type",
    { server_type: "cax21", upgrade_disk: false },
  );
  const [{ id: address }] =
    (await ok("GET /primary_ips?ip=203.0.113.2")).primary_ips;
  await act(`/primary_ips/${address}/actions/unassign`);
  await act("/primary_ips/50/actions/assign", {
    assignee_type: "server",
    assignee_id: 43,
  });
  const { server } = await ok("GET /servers/43");
  const { ipv4, firewalls, floating_ips } = server.public_net;
  assertEquals(
    [server.volumes, server.private_net[0].ip, ipv4.id, floating_ips],
    [[volume.id], "10.0.1.3", 50, [51]],
  );
  assertEquals(firewalls, [{ id: 49, status: "applied" }]);
  await ok("DELETE /servers/43");
  pass(10);
  const left = [
    (await ok(`GET /volumes/${volume.id}`)).volume.server,
    (await ok("GET /floating_ips/51")).floating_ip.server,
    (await ok("GET /primary_ips/50")).primary_ip.assignee_id,
    (await ok("GET /networks/48")).network.servers,
    (await ok("GET /firewalls/49")).firewall.applied_to,
  ];
  const others = [{ type: "server", server: { id: 42 } }];
  assertEquals(left, [null, null, null, [42], others]);
  await act("/firewalls/49/actions/remove_from_resources", {
    remove_from: others,
  });
  await ok("DELETE /firewalls/49");
  await act("/floating_ips/51/actions/assign", { server: 42 });
  await act("/floating_ips/51/actions/unassign");
  assertEquals((await ok("GET /floating_ips/51")).floating_ip.server, null);
});

Deno.test("HetznerSimulator filters, sorts and pages its lists", async () => {
  const { ok } = setUp({ nodes: 60 });
  const { meta } = await ok("GET /servers");
  assertEquals(meta.pagination, {
    page: 1,
    per_page: 25,
    previous_page: null,
    next_page: 2,
    last_page: 3,
    total_entries: 60,
  });
  const totals: Readonly<Record<string, number>> = {
    "servers?name=node-7": 1,
    "servers?status=off&status=stopping": 0,
    "servers?label_selector=env%3Dprod,web": 30,
    "images?architecture=arm": 3,
    "locations?name=fsn1": 1,
  };
  for (const [path, total] of Object.entries(totals)) {
    const { total_entries } = (await ok(`GET /${path}`)).meta.pagination;
    assertEquals([path, total_entries], [path, total]);
  }
  const { servers } = await ok("GET /servers?sort=name:desc&per_page=2");
  assertEquals(servers.map(({ name }: Json) => name), ["node-9", "node-8"]);
  const all = (await ok("GET /images?include_deprecated=true")).images.length;
  assertEquals((await ok("GET /images")).images.length, all - 2);
});

Deno.test("HetznerSimulator limits requests by a bucket, and checks the token", async () => {
  const { send, refuses, pass, simulator } = setUp({ requests: 2 });
  const { headers } = await send("GET /servers");
  assertEquals(
    ["Limit", "Remaining", "Reset"].map((it) => headers.get(`RateLimit-${it}`)),
    ["2", "1", String(Date.parse("2026-01-02T03:04:06Z") / 1000)],
  );
  const { status, body } = await send(
    "GET /servers",
    undefined,
    "Bearer wrong",
  );
  assertEquals([status, body.error.code], [401, "unauthorized"]);
  await refuses("429 rate_limit_exceeded", "GET /servers");
  pass(1000);
  assertEquals((await send("GET /servers")).status, 200);
  assertEquals(simulator.credentials, { token: "token" });
});

Deno.test("HetznerSimulator fails operations, hides resources and keeps them locked", async () => {
  const { ok, pass, refuses, simulator } = setUp({
    nodes: 1,
    hiddenMs: 20,
    listLagMs: 30,
    addressMs: 40,
    busyMs: 5,
    fails: ({ name, id }) => name === "create_image" || id !== "42",
  });
  const { server, root_password } = await ok("POST /servers", {
    ...SERVER,
    ssh_keys: ["me"],
  });
  assertEquals(root_password, null);
  assertEquals(simulator.inventory().nodes.length, 2);
  await refuses("404 not_found", `GET /servers/${server.id}`);
  pass(20);
  await ok(`GET /servers/${server.id}`);
  assertEquals((await ok("GET /servers")).servers.length, 1);
  pass(80);
  assertEquals((await ok("GET /servers")).servers.length, 2);
  const { server: failed } = await ok(`GET /servers/${server.id}`);
  assertEquals([failed.status, failed.locked, failed.public_net.ipv4], [
    "off",
    true,
    null,
  ]);
  pass(40);
  assertEquals(
    (await ok(`GET /servers/${server.id}`)).server.public_net.ipv4.ip,
    "203.0.113.3",
  );
  const { action, image } = await ok("POST /servers/42/actions/create_image");
  pass(10);
  const { error } = (await ok(`GET /images/actions/${action.id}`)).action;
  assertEquals(error.code, "action_failed");
  await refuses("404 not_found", `GET /images/${image.id}`);
  await refuses("423 locked", "POST /servers/42/actions/reboot");
  pass(5);
  await ok("POST /servers/42/actions/reboot");
  const { nodes, volumes, images, keyPairs } = simulator.inventory();
  assertEquals(
    [nodes, volumes, images, keyPairs].map((it) => it.map(({ name }) => name)),
    [["node-1", "web-1"], ["data", "logs"], ["golden"], ["me"]],
  );
  assertThrows(
    () => new HetznerSimulator({ nodes: -1 }),
    RangeError,
    "HetznerSimulator: nodes",
  );
});
