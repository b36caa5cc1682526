import { assertEquals, assertRejects } from "@std/assert";
import {
  CloudError,
  type ConnectionOptions,
  RateLimitReachedError,
} from "../../../core/mod.ts";
import { HetznerNodeDriver } from "../../../drivers/hetzner/compute.ts";
import { replay } from "../../_support/replay.ts";

/** Creates a driver whose responses the test chooses. */
function hetzner(fetch: ConnectionOptions["fetch"]): HetznerNodeDriver {
  return new HetznerNodeDriver({ token: "t0ken", retry: false, fetch });
}

/** Reads a fixture. */
function read(name: string) {
  const file = `../../../fixtures/hetzner/${name}.json`;
  return JSON.parse(Deno.readTextFileSync(new URL(file, import.meta.url)));
}

/** Position of a page: the only one. */
const meta = (total_entries: number) => ({
  pagination: { next_page: null, total_entries },
});

const action = (status: string) => ({
  id: 13,
  command: "start_server",
  status,
  progress: 100,
  started: "2016-01-30T23:50:00+00:00",
  finished: null,
  resources: [{ id: 42, type: "server" }],
  error: { code: "action_failed", message: "Action failed" },
});

const create = { name: "web-1", size: "cx22", image: "debian-12" };
const form = { name: "web-1", server_type: "cx22", image: "debian-12" };

Deno.test("HetznerNodeDriver.createImage() sends the name as the description", async () => {
  const { image } = read("get_image");
  using fetch = replay([{
    request: "POST /v1/servers/42/actions/create_image",
    body: { type: "snapshot", description: "golden", labels: { a: "" } },
    json: { image: { ...image, name: null, description: "golden" } },
  }]);
  const created = await hetzner(fetch)
    .createImage("42", { name: "golden", tags: ["a"] });
  assertEquals(created.name, "golden");
});

Deno.test("HetznerNodeDriver shows passwords only in the result that they belong to", async () => {
  const json = { action: action("running"), root_password: "zCWbFhnu950" };
  using fetch = replay([
    {
      request: "POST /v1/servers",
      body: form,
      fixture: "hetzner/create_node.json",
    },
    { request: "GET /v1/servers/42", fixture: "hetzner/get_node.json" },
    {
      request: "POST /v1/servers/42/actions/rebuild",
      body: { image: "7" },
      json,
    },
    { request: "POST /v1/servers/42/actions/reset_password", json },
    {
      request: "POST /v1/servers/42/actions/request_console",
      json: {
        action: action("running"),
        wss_url: "wss://console.example.com/?server_id=1",
        password: "9MQaTg2VAGI",
      },
    },
  ]);
  const driver = hetzner(fetch);
  const node = await driver.createNode(create);
  assertEquals(node.rootPassword, "YItygq1v3GYjjMomLaKc");
  assertEquals((await driver.getNode("42")).rootPassword, undefined);
  const { rootPassword } = await driver.rebuildNode("42", { image: "7" });
  assertEquals(rootPassword, "zCWbFhnu950");
  const reset = await driver.resetPassword("42");
  assertEquals([reset.id, reset.rootPassword], ["13", "zCWbFhnu950"]);
  assertEquals(await driver.requestConsole("42"), {
    url: "wss://console.example.com/?server_id=1",
    password: "9MQaTg2VAGI",
  });
});

Deno.test("HetznerNodeDriver.listNodes() selects by labels, and compares empty values itself", async () => {
  const request = "GET /v1/servers?label_selector=env%3D%3Dprod%2Cweb" +
    "&per_page=50";
  const [server] = read("list_nodes").servers;
  const servers = [{ env: "prod", web: "" }, { env: "prod", web: "1" }]
    .map((labels, id) => ({ ...server, id: id + 1, labels }));
  using fetch = replay([{ request, json: { servers, meta: meta(2) } }]);
  const nodes = await hetzner(fetch).listNodes({ tags: ["env:prod", "web"] });
  assertEquals(nodes.map(({ id }) => id), ["1"]);
});

Deno.test("HetznerNodeDriver.listSizes() reads the currency once, and takes the cheapest location", async () => {
  const price = (location: string, net: string, gross: string) => ({
    location,
    price_hourly: { net, gross },
    price_monthly: { net: "5.0000000000", gross: "5.9500000000" },
    price_per_tb_traffic: { net: "1.0", gross: "1.19" },
    included_traffic: 20 * 1024 ** 4,
  });
  const [type] = read("list_sizes").server_types;
  const prices = [
    price("ash", "0.02", "0.0238"),
    price("fsn1", "0.01", "0.0119"),
  ];
  const request = "GET /v1/server_types?per_page=50";
  const json = {
    server_types: [{ ...type, prices, memory: 0.5 }],
    meta: meta(1),
  };
  using fetch = replay([
    { request: "GET /v1/pricing", fixture: "hetzner/get_pricing.json" },
    { request, json },
    { request, json },
  ]);
  const driver = hetzner(fetch);
  const [size] = await driver.listSizes();
  assertEquals(await driver.listSizes(), [size]);
  assertEquals(size?.price, { currency: "EUR", hourly: 0.01, monthly: 5 });
  assertEquals([size?.ramMib, size?.transferGb], [512, 20_480]);
  assertEquals(size?.locationPrices.map((it) => it.grossHourly), [
    0.0238,
    0.0119,
  ]);
});

Deno.test("HetznerNodeDriver uses the first host of the IPv6 network of a node", async () => {
  const { server } = read("get_node");
  const networks = ["2001:db8:1::/64", "2001:db8:0:0:0:0:0:0/64", null];
  const request = "GET /v1/servers/42";
  using fetch = replay(networks.map((ip) => ({
    request,
    json: {
      server: {
        ...server,
        public_net: { floating_ips: [], ipv4: null, ipv6: ip && { ip } },
        private_net: [{ network: 4, ip: "10.0.0.2", alias_ips: ["10.0.0.3"] }],
      },
    },
  })));
  const driver = hetzner(fetch);
  for (const ip of [["2001:db8:1::1"], ["2001:db8:0:0:0:0:0:1"], []]) {
    const node = await driver.getNode("42");
    assertEquals(node.publicIps, ip);
    assertEquals(node.privateIps, ["10.0.0.2", "10.0.0.3"]);
  }
});

Deno.test("HetznerNodeDriver.waitForAction() polls until the action succeeds or fails", async () => {
  const look = (status: string) => ({
    request: "GET /v1/actions/13",
    json: { action: action(status) },
  });
  using fetch = replay(["running", "success", "running", "error"].map(look));
  const driver = hetzner(fetch);
  const options = { intervalMs: 1 };
  const done = await driver.waitForAction("13", options);
  assertEquals([done.status, done.command], ["success", "start_server"]);
  const error = await assertRejects(
    () => driver.waitForAction(done, options),
    CloudError,
  );
  assertEquals(
    error.message,
    'waitForAction: start_server failed: "Action failed" (action 13)',
  );
});

Deno.test("HetznerNodeDriver.waitForAction() names a failed action that has no reason", async () => {
  const json = { action: { ...action("error"), error: null } };
  using fetch = replay([{ request: "GET /v1/actions/13", json }]);
  const error = await assertRejects(
    () => hetzner(fetch).waitForAction("13"),
    CloudError,
  );
  assertEquals(
    error.message,
    "waitForAction: start_server failed (action 13)",
  );
});

Deno.test("HetznerNodeDriver.listActions() lists the newest first", async () => {
  const json = { actions: [action("running")], meta: meta(1) };
  const query = "sort=id%3Adesc&per_page=50";
  using fetch = replay([
    { request: `GET /v1/servers/actions?${query}`, json },
    { request: `GET /v1/servers/42/actions?${query}`, json },
  ]);
  const driver = hetzner(fetch);
  assertEquals(
    await driver.listActions(),
    await driver.listActions({ node: "42" }),
  );
});

const rules = [
  { protocol: "tcp", port: "443", ips: ["0.0.0.0/0", "::/0"] },
  { direction: "out", protocol: "icmp", ips: ["192.0.2.0/24"] },
] as const;
const ruleForms = [
  {
    direction: "in",
    protocol: "tcp",
    port: "443",
    source_ips: ["0.0.0.0/0", "::/0"],
  },
  { direction: "out", protocol: "icmp", destination_ips: ["192.0.2.0/24"] },
];
const target = { type: "server", server: { id: 42 } };

Deno.test("HetznerNodeDriver.createFirewall() sends and returns rules for both directions", async () => {
  const rest = { port: null, source_ips: [], destination_ips: [] };
  const firewall = {
    id: 38,
    name: "web",
    labels: { env: "prod" },
    rules: ruleForms.map((rule) => ({ ...rest, ...rule })),
    applied_to: [target, { type: "label_selector" }],
  };
  using fetch = replay([{
    request: "POST /v1/firewalls",
    body: {
      name: "web",
      labels: { env: "prod" },
      rules: ruleForms,
      apply_to: [target],
    },
    json: { firewall, actions: [] },
  }]);
  const options = { name: "web", tags: ["env:prod"], rules, nodes: ["42"] };
  assertEquals(await hetzner(fetch).createFirewall(options), {
    id: "38",
    name: "web",
    rules: [
      { direction: "in", ...rules[0] },
      { port: undefined, ...rules[1] },
    ],
    nodeIds: ["42"],
    tags: { env: "prod" },
  });
});

Deno.test("HetznerNodeDriver sends no request for no nodes, or an invalid kind of address", async () => {
  using fetch = replay([]);
  const driver = hetzner(fetch);
  await driver.applyFirewall("7", { nodes: [] });
  await driver.removeFirewall("7", { nodes: [] });
  const kind = "elastic" as never;
  await assertRejects(
    () => driver.deleteAddress("7", { kind }),
    TypeError,
    "kind",
  );
  await assertRejects(
    () => driver.createAddress({ kind: "primary", name: "a", type: "ipv4" }),
    TypeError,
    "location or node is required",
  );
});

Deno.test("HetznerNodeDriver.listPrimaryIps() and listFloatingIps() tell the node and the location of each address", async () => {
  using fetch = replay(["primary", "floating"].map((kind) => ({
    request: `GET /v1/${kind}_ips?per_page=50`,
    fixture: `hetzner/list_${kind}_ips.json`,
  })));
  const driver = hetzner(fetch);
  const primary = await driver.listPrimaryIps();
  const floating = await driver.listFloatingIps();
  const facts = [...primary, ...floating].map((
    it,
  ) => [it.id, it.name, it.ip, it.type, it.nodeId, it.locationId]);
  assertEquals(facts, [
    ["42", "my-resource", "2001:db8::/64", "ipv6", "17", "fsn1"],
    ["42", "my-resource", "2001:db8::/64", "ipv6", "42", "fsn1"],
  ]);
});

Deno.test("HetznerNodeDriver waits for one request of the rate limit, not for all", async () => {
  const date = "Mon, 05 Jan 2026 12:00:00 GMT";
  const fullAt = Date.parse(date) / 1000 + 3600;
  const json = { error: { code: "rate_limit_exceeded", message: "limit" } };
  using fetch = replay([{
    request: "GET /v1/servers/42",
    status: 429,
    json,
    responseHeaders: {
      date,
      "ratelimit-limit": "3600",
      "ratelimit-remaining": "0",
      "ratelimit-reset": String(fullAt),
    },
  }]);
  const error = await assertRejects(
    () => hetzner(fetch).getNode("42"),
    RateLimitReachedError,
  );
  assertEquals(error.retryAfterMs, 1000);
});
