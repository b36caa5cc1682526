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
  const created = await ok("POST /servers", { ...SERVER, labels: { a: "b" } });
  const { id } = created.server;
  const both = [created.action, ...created.next_actions];
  assertEquals(
    both.map(({ command, status }) => [command, status]),
    [["create_server", "running"], ["start_server", "running"]],
  );
  assertMatch(created.root_password, /\w{8}/);
  const { status, locked } = created.server;
  assertEquals([status, locked], ["initializing", true]);
  await refuses("423 locked", `POST /servers/${id}/actions/reboot`);
  await refuses("423 locked", `DELETE /servers/${id}`);
  pass(50);
  assertEquals((await ok(`GET /servers/${id}`)).server.status, "starting");
  pass(50);
  const { server } = await ok(`GET /servers/${id}`);
  assertEquals([server.status, server.locked], ["running", false]);
  assertEquals(server.public_net.ipv4.ip, "203.0.113.1");
  assertEquals(server.public_net.ipv6.ip, "2001:db8:0:1::/64");
  assertEquals(server.location, server.datacenter.location);
  const { actions } = await ok(`GET /servers/${id}/actions?sort=id:desc`);
  assertEquals(
    actions.map((it: Json) => [it.command, it.status, it.progress]),
    [["start_server", "success", 100], ["create_server", "success", 100]],
  );
  const query = both.map(({ id }) => `id=${id}`).join("&");
  assertEquals((await ok(`GET /actions?${query}`)).actions.length, 2);
  await refuses("410 deprecated_api_endpoint", "GET /actions");
  const { action } = await ok(`DELETE /servers/${id}`);
  assertEquals((await ok(`GET /servers/${id}`)).server.status, "deleting");
  pass(10);
  assertEquals(
    (await ok(`GET /actions/${action.id}`)).action.status,
    "success",
  );
  await refuses("404 not_found", `GET /servers/${id}`);
  assertEquals((await ok("GET /primary_ips")).primary_ips, []);
});

Deno.test("HetznerSimulator applies every action of a server at its end", async () => {
  const { ok, pass, refuses } = setUp({ nodes: 2 });
  const SERVER = "/servers/42";
  // Each row: action, body, status meanwhile, and what is true afterwards.
  const rows: readonly [string, object, string, object][] = [
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
    ["reboot", {}, "running", { status: "running" }],
    ["reset", {}, "running", { status: "running" }],
    ["enable_rescue", { ssh_keys: [44] }, "running", { rescue_enabled: true }],
    ["disable_rescue", {}, "running", { rescue_enabled: false }],
    ["reset_password", {}, "running", {}],
    ["request_console", {}, "running", {}],
    ["create_image", { type: "backup" }, "running", { status: "running" }],
    ["rebuild", { image: "ubuntu-24.04" }, "rebuilding", { status: "running" }],
    ["detach_from_network", { network: 48 }, "running", { private_net: [] }],
    ["shutdown", {}, "stopping", { status: "off" }],
    ["add_to_placement_group", { placement_group: 47 }, "off", {}],
    ["change_protection", { delete: true, rebuild: true }, "off", {
      protection: { delete: true, rebuild: true },
    }],
  ];
  for (const [name, body, during, after] of rows) {
    await ok(`POST ${SERVER}/actions/${name}`, body);
    const before = (await ok(`GET ${SERVER}`)).server;
    assertEquals([name, before.status, before.locked], [name, during, true]);
    pass(10);
    const { server } = await ok(`GET ${SERVER}`);
    assertEquals([name, { ...server, ...after }], [name, server]);
  }
  const { server } = await ok(`GET ${SERVER}`);
  assertEquals(
    [
      server.server_type.name,
      server.image.name,
      server.placement_group.servers,
    ],
    ["cx42", "ubuntu-24.04", [42]],
  );
  assertEquals(
    (await ok("GET /images?type=backup&bound_to=42")).images.length,
    1,
  );
  await refuses("403 protected", `DELETE ${SERVER}`);
  await refuses("403 protected", `POST ${SERVER}/actions/rebuild`, {
    image: "debian-12",
  });
  await refuses(
    "422 invalid_server_type",
    `POST ${SERVER}/actions/change_type`,
    {
      server_type: "cx32",
      upgrade_disk: false,
    },
  );
  await refuses("422 resource_in_use", "DELETE /placement_groups/47");
});

Deno.test("HetznerSimulator refuses invalid creates as the service does", async () => {
  const { ok, refuses } = setUp({ nodes: 2, serverLimit: 3 });
  const rows: readonly [object, string][] = [
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
  ];
  for (const [changes, expected] of rows) {
    await refuses(expected, "POST /servers", { ...SERVER, ...changes });
  }
  assertEquals((await ok("GET /servers")).servers.length, 2);
  const created = await ok("POST /servers", {
    ...SERVER,
    user_data: "ä".repeat(16_384),
    ssh_keys: ["me"],
    firewalls: [{ firewall: 49 }],
    unknown: 1,
  });
  assertEquals(created.root_password, null);
  await refuses("403 resource_limit_exceeded", "POST /servers", {
    ...SERVER,
    name: "web-2",
  });
  const volume = { name: "v", size: 10, location: "fsn1" };
  await refuses("422 invalid_input size", "POST /volumes", {
    ...volume,
    size: 9,
  });
  await refuses("422 invalid_input location", "POST /volumes", {
    ...volume,
    location: null,
  });
  await refuses("422 resource_in_use", "DELETE /volumes/52");
  await refuses("403 forbidden", "PUT /images/114690387", {});
  const key = { name: "me", public_key: PUBLIC_KEY };
  await refuses("409 uniqueness_error name", "POST /ssh_keys", key);
  const { ssh_key } = await ok("POST /ssh_keys", { ...key, name: "you" });
  // The digest of ssh-keygen -l -E md5.
  assertEquals(
    ssh_key.fingerprint,
    "7c:9d:4c:37:76:54:57:69:67:7a:c4:2a:ca:ae:b6:65",
  );
  await refuses("409 uniqueness_error public_key", "POST /ssh_keys", {
    ...key,
    name: "they",
  });
  await refuses("422 invalid_input public_key", "POST /ssh_keys", {
    name: "k",
    public_key: "ssh-rsa",
  });
  await refuses(
    "422 server_not_stopped",
    "POST /servers/42/actions/change_type",
    {
      server_type: "cx32",
      upgrade_disk: true,
    },
  );
});

Deno.test("HetznerSimulator attaches volumes, networks, firewalls and addresses", async () => {
  const { ok, pass, refuses } = setUp({ nodes: 2 });
  const act = async (path: string, body: object = {}) => {
    const response = await ok(`POST ${path}`, body);
    pass(10);
    return response;
  };
  const server = async () => (await ok("GET /servers/43")).server;
  await refuses("422 invalid_input server", "POST /volumes/45/actions/attach", {
    server: 43,
  });
  await act("/volumes/45/actions/attach", { server: 42 });
  assertEquals((await ok("GET /servers/42")).server.volumes, [45, 52]);
  await act("/volumes/45/actions/detach");
  await act("/volumes/45/actions/resize", { size: 20 });
  assertEquals((await ok("GET /volumes/45")).volume.size, 20);
  await refuses("422 invalid_input size", "POST /volumes/45/actions/resize", {
    size: 20,
  });
  const { volume, next_actions } = await act("/volumes", {
    name: "v",
    size: 10,
    server: 43,
  });
  assertEquals(next_actions[0].command, "attach_volume");
  assertEquals((await server()).volumes, [volume.id]);

  await act("/servers/43/actions/attach_to_network", {
    network: 48,
    ip: "10.0.1.9",
  });
  assertEquals((await server()).private_net[0].ip, "10.0.1.9");
  await refuses(
    "422 server_already_attached",
    "POST /servers/43/actions/attach_to_network",
    { network: 48 },
  );
  await act("/servers/43/actions/detach_from_network", { network: 48 });
  await act("/servers/43/actions/attach_to_network", { network: 48 });
  assertEquals((await server()).private_net[0].ip, "10.0.1.3");
  assertEquals((await ok("GET /networks/48")).network.servers, [42, 43]);
  await refuses("422 resource_in_use", "DELETE /networks/48");
  const subnet = {
    type: "cloud",
    network_zone: "eu-central",
    ip_range: "10.0.1.128/25",
  };
  await refuses(
    "422 invalid_input ip_range",
    "POST /networks/48/actions/add_subnet",
    subnet,
  );
  await act("/networks/48/actions/add_subnet", {
    ...subnet,
    ip_range: "10.0.2.0/24",
  });
  await act("/networks/48/actions/delete_subnet", { ip_range: "10.0.2.0/24" });
  await act("/networks", {
    name: "n",
    ip_range: "192.168.0.0/24",
    subnets: [{ ...subnet, ip_range: null }],
  });
  await refuses("422 invalid_input ip_range", "POST /networks", {
    name: "m",
    ip_range: "8.0.0.0/8",
  });

  const target = { type: "server", server: { id: 43 } };
  await act("/firewalls/49/actions/apply_to_resources", { apply_to: [target] });
  assertEquals((await server()).public_net.firewalls, [{
    id: 49,
    status: "applied",
  }]);
  const rule = {
    direction: "in",
    protocol: "tcp",
    port: "443",
    source_ips: ["0.0.0.0/0"],
  };
  await act("/firewalls/49/actions/set_rules", { rules: [rule] });
  await refuses(
    "422 invalid_input rules.port",
    "POST /firewalls/49/actions/set_rules",
    {
      rules: [{ ...rule, port: null }],
    },
  );
  await act("/firewalls/49/actions/remove_from_resources", {
    remove_from: [target],
  });
  await refuses("422 resource_in_use", "DELETE /firewalls/49");
  await act("/firewalls/49/actions/apply_to_resources", { apply_to: [target] });

  await act("/floating_ips/51/actions/assign", { server: 43 });
  assertEquals((await server()).public_net.floating_ips, [51]);
  await act("/floating_ips/51/actions/unassign");
  const [{ id: address }] =
    (await ok("GET /primary_ips?ip=203.0.113.2")).primary_ips;
  await refuses(
    "422 server_not_stopped",
    `POST /primary_ips/${address}/actions/unassign`,
  );
  await act("/servers/43/actions/poweroff");
  await act(`/primary_ips/${address}/actions/unassign`);
  const assignee = { assignee_type: "server", assignee_id: 43 };
  await act("/primary_ips/50/actions/assign", assignee);
  assertEquals((await server()).public_net.ipv4.id, 50);
  await act("/primary_ips", {
    ...assignee,
    assignee_id: null,
    type: "ipv6",
    name: "p",
    location: "hel1",
  });
  await ok("DELETE /servers/43");
  pass(10);
  assertEquals((await ok(`GET /volumes/${volume.id}`)).volume.server, null);
  assertEquals((await ok("GET /primary_ips/50")).primary_ip.assignee_id, null);
  const { applied_to } = (await ok("GET /firewalls/49")).firewall;
  assertEquals(applied_to, [{ type: "server", server: { id: 42 } }]);
});

Deno.test("HetznerSimulator filters, sorts and pages its lists", async () => {
  const { ok, refuses, send } = setUp({ nodes: 60 });
  const names = async (query: string) =>
    (await ok(`GET /servers?${query}`)).servers.map((it: Json) => it.name);
  const { meta } = await ok("GET /servers");
  assertEquals(meta.pagination, {
    page: 1,
    per_page: 25,
    previous_page: null,
    next_page: 2,
    last_page: 3,
    total_entries: 60,
  });
  const last = await ok("GET /servers?page=2&per_page=50");
  assertEquals(last.servers.length, 10);
  assertEquals(last.meta.pagination.next_page, null);
  await refuses("422 invalid_input per_page", "GET /servers?per_page=51");
  assertEquals(await names("sort=name:desc&per_page=2"), ["node-9", "node-8"]);
  await refuses("422 invalid_input sort", "GET /servers?sort=color");
  assertEquals(await names("name=node-7"), ["node-7"]);
  assertEquals(await names("status=off&status=stopping"), []);
  const selectors: Record<string, number> = {
    "env": 30,
    "!env": 30,
    "env=prod,web": 30,
    "env==prod,!web": 0,
    "env!=prod": 30,
    "env in (test, prod)": 30,
    "env notin (prod)": 30,
    "env notin (test)": 60,
    "env!=test": 60,
    "web=": 30,
  };
  for (const [selector, count] of Object.entries(selectors)) {
    const query = `label_selector=${encodeURIComponent(selector)}`;
    const { total_entries } =
      (await ok(`GET /servers?${query}`)).meta.pagination;
    assertEquals([selector, total_entries], [selector, count]);
  }
  await refuses(
    "422 invalid_input label_selector",
    "GET /servers?label_selector=a%3Db%3Dc",
  );
  assertEquals((await ok("GET /images?architecture=arm")).images.length, 2);
  const all = (await ok("GET /images?include_deprecated=true")).images.length;
  assertEquals((await ok("GET /images")).images.length, all - 1);
  for (const list of ["locations", "datacenters", "server_types"]) {
    const [first] = (await ok(`GET /${list}?per_page=1`))[list];
    await ok(`GET /${list}/${first.id}`);
    await refuses("404 not_found", `GET /${list}/99999`);
  }
  assertEquals((await ok("GET /pricing")).pricing.currency, "EUR");
  await refuses("404 not_found", "GET /nothing");
  assertEquals((await send("POST /locations")).status, 405);
});

Deno.test("HetznerSimulator has the same routes for all kinds of resources", async () => {
  const { ok, pass, refuses } = setUp({ nodes: 1 });
  const kinds = ["servers", "volumes", "networks", "images"]
    .concat(["primary_ips", "floating_ips", "ssh_keys", "placement_groups"]);
  for (const kind of kinds) {
    const one = kind.slice(0, -1);
    const found = (await ok(`GET /${kind}?sort=id:desc`))[kind];
    const { id } = found.find((it: Json) => it.type !== "system");
    const path = `/${kind}/${id}`;
    const labels = { "example.com/team": "a" };
    const changed = (await ok(`PUT ${path}`, { labels }))[one];
    assertEquals(changed.labels, labels);
    const query = "label_selector=example.com/team%3Da";
    assertEquals((await ok(`GET /${kind}?${query}`))[kind], [changed]);
    if (!/ssh_keys|placement_groups/.test(kind)) {
      const protect = (value: boolean) =>
        ok(`POST ${path}/actions/change_protection`, { delete: value });
      const { action } = await protect(true);
      await refuses("423 locked", `DELETE ${path}`);
      pass(10);
      await refuses("403 protected", `DELETE ${path}`);
      await protect(false);
      pass(10);
      for (const prefix of [path, `/${kind}`]) {
        const { actions } = await ok(`GET ${prefix}/actions?status=success`);
        assert(actions.some((it: Json) => it.id === action.id));
        await ok(`GET ${prefix}/actions/${action.id}`);
      }
    }
    await ok(`DELETE ${path}`);
    pass(10);
  }
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
  const { server } = await ok("POST /servers", SERVER);
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
