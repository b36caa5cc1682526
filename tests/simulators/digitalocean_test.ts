import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import {
  DigitalOceanSimulator,
  type DigitalOceanSimulatorOptions,
} from "../../simulators/digitalocean/mod.ts";
import { IMMEDIATE } from "../_support/immediate.ts";

// deno-lint-ignore no-explicit-any -- JSON of responses is read without types
type Json = any;

const START = Date.parse("2024-03-05T09:12:30Z");

/** Creates a simulator with a clock that the test controls. */
function open(options: DigitalOceanSimulatorOptions = {}) {
  let now = START;
  const simulator = new DigitalOceanSimulator({
    ...IMMEDIATE.digitalocean,
    nodes: 2,
    createMs: 1000,
    actionMs: 500,
    now: () => now,
    ...options,
  });
  async function send(target: string, body?: unknown, token?: string) {
    const [method = "", path = ""] = target.split(" ");
    const response = await simulator.fetch(
      new Request(`https://api.digitalocean.com${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token ?? simulator.credentials.token}`,
          "content-type": "application/json",
        },
        body: body === undefined
          ? null
          : typeof body === "string"
          ? body
          : JSON.stringify(body),
      }),
    );
    const text = await response.text();
    const json: Json = text === "" ? undefined : JSON.parse(text);
    return { status: response.status, headers: response.headers, json };
  }
  return {
    simulator,
    send,
    pass(ms: number) {
      now += ms;
    },
    /** Starts an action, lets it end, and returns it. */
    async act(path: string, body: unknown) {
      const { json } = await send(`POST ${path}/actions`, body);
      now += 500;
      return (await send(`GET /v2/actions/${json.action.id}`)).json.action;
    },
  };
}

const NODE = "/v2/droplets/3164444";

Deno.test("DigitalOceanSimulator accepts only its token", async () => {
  const { send } = open({ token: "right" });
  assertEquals((await send("GET /v2/account")).status, 200);
  for (const token of ["wrong", "", "right ", "Right"]) {
    const { status, json, headers } = await send(
      "GET /v2/account",
      undefined,
      token === "right " ? "right wrong" : token || " ",
    );
    assertEquals(status, 401);
    assertEquals(json.id, "unauthorized");
    assertEquals(json.message, "Unable to authenticate you.");
    assertEquals(json.request_id, headers.get("x-request-id"));
  }
});

Deno.test("DigitalOceanSimulator returns numbered pages with links", async () => {
  const { send } = open({ nodes: 45 });
  const first = (await send("GET /v2/droplets")).json;
  assertEquals(first.droplets.length, 20);
  assertEquals(first.meta, { total: 45 });
  const base = "https://api.digitalocean.com/v2/droplets?";
  assertEquals(first.links.pages, {
    next: `${base}page=2`,
    last: `${base}page=3`,
  });
  const last = (await send("GET /v2/droplets?page=3&per_page=20")).json;
  assertEquals(last.droplets.length, 5);
  assertEquals(last.links.pages, {
    first: `${base}page=1&per_page=20`,
    prev: `${base}page=2&per_page=20`,
  });
  const all = (await send("GET /v2/droplets?per_page=200")).json;
  assertEquals([all.droplets.length, all.links], [45, {}]);
  const after = (await send("GET /v2/droplets?page=9")).json;
  assertEquals([after.droplets, after.meta.total], [[], 45]);
  for (
    const query of [
      "per_page=0",
      "per_page=201",
      "per_page=x",
      "page=0",
      "page=-1",
      "page=1.5",
    ]
  ) {
    const { status, json } = await send(`GET /v2/droplets?${query}`);
    assertEquals([status, json.id], [422, "unprocessable_entity"], query);
  }
});

Deno.test("DigitalOceanSimulator limits its pages to `largestPage`", async () => {
  const { send } = open({
    nodes: 3,
    largestPage: 1,
    baseUrl: "http://a.test/",
  });
  const { json } = await send("GET /v2/droplets?per_page=200");
  assertEquals(json.droplets.length, 1);
  assertEquals(json.links.pages, {
    next: "http://a.test/v2/droplets?per_page=200&page=2",
    last: "http://a.test/v2/droplets?per_page=200&page=3",
  });
});

Deno.test("DigitalOceanSimulator counts requests and refuses those over a rate limit", async () => {
  const { send, pass } = open({ requestsPerHour: 2 });
  const reset = String((START + 3_600_000) / 1000);
  for (const remaining of ["1", "0"]) {
    const { status, headers } = await send("GET /v2/account");
    assertEquals(status, 200);
    assertEquals(headers.get("ratelimit-limit"), "2");
    assertEquals(headers.get("ratelimit-remaining"), remaining);
    assertEquals(headers.get("ratelimit-reset"), reset);
  }
  const { status, headers, json } = await send("GET /v2/account");
  assertEquals([status, json.id], [429, "too_many_requests"]);
  assertEquals(headers.get("retry-after"), null);
  assertEquals(headers.get("ratelimit-remaining"), "0");
  pass(3_600_000);
  assertEquals((await send("GET /v2/account")).status, 200);

  const minute = open({ requestsPerMinute: 1 });
  await minute.send("GET /v2/account");
  minute.pass(18_500);
  const refused = await minute.send("GET /v2/account");
  assertEquals(refused.status, 429);
  assertEquals(refused.headers.get("retry-after"), "42");
  minute.pass(41_500);
  assertEquals((await minute.send("GET /v2/account")).status, 200);
});

Deno.test("DigitalOceanSimulator activates a droplet after createMs", async () => {
  const { send, pass } = open();
  const { status, json } = await send("POST /v2/droplets", {
    name: "web-1",
    size: "s-1vcpu-1gb",
    image: 155133621,
    region: "fra1",
    ipv6: true,
  });
  assertEquals(status, 202);
  const { id } = json.droplet;
  assertEquals(json.droplet.status, "new");
  assertEquals(json.droplet.locked, true);
  assertEquals(json.droplet.networks, { v4: [], v6: [] });
  const [link] = json.links.actions;
  assertEquals(link.rel, "create");
  const see = async () => (await send(`GET /v2/droplets/${id}`)).json.droplet;
  pass(999);
  assertEquals((await see()).status, "new");
  const action = async () =>
    (await send(`GET /v2/actions/${link.id}`)).json.action;
  assertEquals((await action()).status, "in-progress");
  assertEquals((await action()).completed_at, null);
  pass(1);
  const droplet = await see();
  assertEquals([droplet.status, droplet.locked], ["active", false]);
  assertEquals(
    droplet.networks.v4.map((it: Json) => it.type),
    ["private", "public"],
  );
  assertEquals(droplet.networks.v6.length, 1);
  assertEquals((await action()).status, "completed");
  assertEquals((await action()).completed_at, "2024-03-05T09:12:31Z");
  assertEquals((await send(`DELETE /v2/droplets/${id}`)).status, 204);
  assertEquals((await send(`GET /v2/droplets/${id}`)).status, 404);
  assertEquals((await send(`DELETE /v2/droplets/${id}`)).json.id, "not_found");
});

Deno.test("DigitalOceanSimulator creates several droplets in one request", async () => {
  const { send } = open();
  const body = { size: "s-1vcpu-1gb", image: "debian-12-x64" };
  const { json } = await send("POST /v2/droplets", {
    ...body,
    names: ["a", "b"],
  });
  assertEquals(json.droplets.map((it: Json) => it.name), ["a", "b"]);
  assertEquals(json.droplets[0].region.slug, "nyc3");
  assertEquals(json.links.actions.length, 2);
});

Deno.test("DigitalOceanSimulator refuses to create a droplet with invalid fields", async () => {
  const { send } = open();
  const right = {
    name: "a",
    size: "s-1vcpu-1gb",
    image: "debian-12-x64",
    region: "fra1",
  };
  for (
    const wrong of [
      { name: "ä" },
      { name: "" },
      { name: 5 },
      { names: [] },
      { size: "none" },
      { size: "512mb" },
      { image: "none" },
      { image: 1 },
      { region: "none" },
      { region: "ams2" },
      { ssh_keys: [1] },
      { ssh_keys: "512189" },
      { tags: ["ä"] },
      { vpc_uuid: "760e09ef-dc84-11e8-981e-000000000001" },
      { volumes: ["none"] },
      { user_data: "x".repeat(65_537) },
      { user_data: 5 },
    ]
  ) {
    const { status, json } = await send("POST /v2/droplets", {
      ...right,
      ...wrong,
    });
    assertEquals(
      [status, json.id],
      [422, "unprocessable_entity"],
      JSON.stringify(wrong).slice(0, 99),
    );
    assertEquals(typeof json.message, "string");
  }
  assertEquals((await send("GET /v2/droplets")).json.meta.total, 2);
  for (const body of ["{", "[]", "5", "null"]) {
    const { status, json } = await send("POST /v2/droplets", body);
    assertEquals([status, json.id], [400, "bad_request"], body);
  }
});

Deno.test("DigitalOceanSimulator refuses an action while another one is in progress", async () => {
  const { send, pass } = open();
  const { status, json } = await send(`POST ${NODE}/actions`, {
    type: "reboot",
  });
  assertEquals([status, json.action.status], [201, "in-progress"]);
  assertEquals(json.action.region_slug, "nyc1");
  assertEquals((await send(`GET ${NODE}`)).json.droplet.locked, true);
  const busy = await send(`POST ${NODE}/actions`, { type: "reboot" });
  assertEquals(busy.status, 422);
  assertEquals(busy.json.message, "Droplet already has a pending event.");
  pass(500);
  assertEquals((await send(`GET ${NODE}`)).json.droplet.locked, false);
  const one = `${NODE}/actions/${json.action.id}`;
  assertEquals((await send(`GET ${one}`)).json.action.status, "completed");
  const { actions } = (await send(`GET ${NODE}/actions`)).json;
  const types = actions.map(({ type }: Json) => type);
  assertEquals(types, ["reboot", "create"]);
});

Deno.test("DigitalOceanSimulator completes an action, or marks it as errored if the status forbids it", async () => {
  const { act, send } = open();
  const see = async () => (await send(`GET ${NODE}`)).json.droplet;
  const steps: [Json, string, (droplet: Json) => unknown, unknown][] = [
    [{ type: "power_on" }, "errored", (it) => it.status, "active"],
    [
      { type: "resize", size: "s-2vcpu-4gb" },
      "errored",
      (it) => it.size_slug,
      "s-1vcpu-1gb",
    ],
    [{ type: "shutdown" }, "completed", (it) => it.status, "off"],
    [{ type: "power_off" }, "errored", (it) => it.status, "off"],
    [{ type: "reboot" }, "errored", (it) => it.status, "off"],
    [{ type: "password_reset" }, "errored", (it) => it.status, "off"],
    [
      { type: "resize", size: "s-2vcpu-4gb" },
      "completed",
      (it) => [it.size_slug, it.memory, it.disk],
      ["s-2vcpu-4gb", 4096, 25],
    ],
    [
      { type: "resize", size: "s-2vcpu-4gb", disk: true },
      "completed",
      (it) => it.disk,
      80,
    ],
    [{ type: "power_on" }, "completed", (it) => it.status, "active"],
    [{ type: "power_cycle" }, "completed", (it) => it.status, "active"],
    [{ type: "rename", name: "b" }, "completed", (it) => it.name, "b"],
    [
      { type: "rebuild", image: "fedora-38-x64" },
      "completed",
      (it) => it.image.slug,
      "fedora-38-x64",
    ],
    [
      { type: "restore", image: 3164446 },
      "completed",
      (it) => it.image.id,
      3164446,
    ],
    [
      { type: "enable_ipv6" },
      "completed",
      (it) => it.networks.v6.length,
      1,
    ],
    [
      { type: "enable_backups" },
      "completed",
      (it) => [it.features.includes("backups"), !!it.next_backup_window],
      [true, true],
    ],
    [
      { type: "disable_backups" },
      "completed",
      (it) => it.features.includes("backups"),
      false,
    ],
    [
      { type: "snapshot", name: "s" },
      "completed",
      (it) => it.snapshot_ids.length,
      2,
    ],
    [
      { type: "change_kernel", kernel: 1 },
      "completed",
      (it) => it.kernel,
      null,
    ],
  ];
  for (const [body, status, look, expected] of steps) {
    const action = await act(NODE, body);
    assertEquals([action.type, action.status], [body.type, status]);
    assertEquals(look(await see()), expected, body.type);
  }
  for (
    const body of [
      { type: "none" },
      {},
      { type: "rename" },
      { type: "resize", size: "none" },
      { type: "rebuild", image: 1 },
    ]
  ) {
    const { status } = await send(`POST ${NODE}/actions`, body);
    assertEquals(status, 422, JSON.stringify(body));
  }
});

Deno.test("DigitalOceanSimulator lists images by type and owner, and gets one by slug", async () => {
  const { send, act } = open();
  const slugs = async (query: string) =>
    (await send(`GET /v2/images?${query}`)).json.images.map((it: Json) =>
      it.slug
    );
  assertEquals((await slugs("")).length, 12);
  assertEquals((await slugs("type=distribution")).length, 9);
  assertEquals(await slugs("type=application"), [
    "docker-20-04",
    "wordpress-20-04",
  ]);
  assertEquals(await slugs("private=true"), [null]);
  assertEquals((await send("GET /v2/images?type=own")).status, 422);
  const { image } = (await send("GET /v2/images/debian-12-x64")).json;
  assertEquals(image.id, 155133621);
  assertEquals((await send("DELETE /v2/images/155133621")).status, 403);
  const own = "/v2/images/3164446";
  const renamed = await send(`PUT ${own}`, { name: "b" });
  assertEquals(renamed.json.image.name, "b");
  await act(own, { type: "transfer", region: "fra1" });
  assertEquals((await send(`GET ${own}`)).json.image.regions, ["nyc1", "fra1"]);
  assertEquals((await send(`DELETE ${own}`)).status, 204);
  assertEquals((await send(`GET ${own}`)).status, 404);
});

Deno.test("DigitalOceanSimulator stores keys and finds them by id and fingerprint", async () => {
  const { send } = open();
  const body = { name: "me", public_key: "ssh-ed25519 AAAA me@example.com" };
  const { status, json: { ssh_key: key } } = await send(
    "POST /v2/account/keys",
    body,
  );
  assertEquals(status, 201);
  assertMatch(key.fingerprint, /^(?:[\da-f]{2}:){15}[\da-f]{2}$/);
  const path = `/v2/account/keys/${encodeURIComponent(key.fingerprint)}`;
  assertEquals((await send(`GET ${path}`)).json.ssh_key, key);
  assertEquals((await send("POST /v2/account/keys", body)).status, 422);
  const wrong = { name: "me", public_key: "none" };
  assertEquals((await send("POST /v2/account/keys", wrong)).status, 422);
  const renamed = await send(`PUT ${path}`, { name: "you" });
  assertEquals(renamed.json.ssh_key.name, "you");
  assertEquals((await send(`DELETE ${path}`)).status, 204);
  assertEquals((await send(`DELETE ${path}`)).status, 404);
});

Deno.test("DigitalOceanSimulator refuses invalid volumes and volume actions", async () => {
  const { send, act, pass } = open();
  const body = { name: "data-2", size_gigabytes: 10, region: "nyc1" };
  const { json: { volume } } = await send("POST /v2/volumes", body);
  const path = `/v2/volumes/${volume.id}`;
  assertEquals((await send("POST /v2/volumes", body)).status, 409);
  for (
    const wrong of [
      { name: "A" },
      { size_gigabytes: 0 },
      { size_gigabytes: 16_385 },
      { region: "none" },
      { region: undefined },
      { snapshot_id: "none" },
    ]
  ) {
    const { status } = await send("POST /v2/volumes", { ...body, ...wrong });
    assertEquals(status, 422, JSON.stringify(wrong));
  }
  for (
    const wrong of [
      { type: "none" },
      { type: "attach", droplet_id: 1 },
      // The node is in another region.
      { type: "attach", droplet_id: 3164445 },
      { type: "detach", droplet_id: 3164444 },
      { type: "resize", size_gigabytes: 5 },
    ]
  ) {
    const { status } = await send(`POST ${path}/actions`, wrong);
    assertEquals(status, 422, JSON.stringify(wrong));
  }
  const named = {
    type: "attach",
    droplet_id: 3164444,
    volume_name: "data-2",
    region: "nyc1",
  };
  assertEquals((await send("POST /v2/volumes/actions", named)).status, 202);
  assertEquals((await send("POST /v2/volumes/actions", named)).status, 422);
  pass(500);
  assertEquals((await send(`DELETE ${path}`)).status, 409);
  const { json } = await send("GET /v2/volumes?name=data-2&region=nyc1");
  assertEquals(json.volumes[0].droplet_ids, [3164444]);
  assertEquals(
    (await send("GET /v2/volumes?region=fra1")).json.volumes,
    [],
  );
  await act(path, { type: "detach", droplet_id: 3164444 });
  assertEquals((await send(`DELETE ${path}`)).status, 204);
  const gone = { ...named, volume_name: "none" };
  assertEquals((await send("POST /v2/volumes/actions", gone)).status, 404);
});

Deno.test("DigitalOceanSimulator lists snapshots of droplets and volumes", async () => {
  const { send } = open();
  const types = async (query: string) =>
    (await send(`GET /v2/snapshots?${query}`)).json.snapshots.map((it: Json) =>
      it.resource_type
    );
  assertEquals(await types(""), ["droplet", "volume"]);
  assertEquals(await types("resource_type=volume"), ["volume"]);
  const { snapshots } = (await send("GET /v2/snapshots")).json;
  assertEquals(snapshots[0].resource_id, "3164444");
  for (const { id } of snapshots) {
    assertEquals((await send(`GET /v2/snapshots/${id}`)).status, 200);
    assertEquals((await send(`DELETE /v2/snapshots/${id}`)).status, 204);
    assertEquals((await send(`GET /v2/snapshots/${id}`)).status, 404);
  }
});

Deno.test("DigitalOceanSimulator tags droplets and lists them by tag and name", async () => {
  const { send } = open();
  const ids = async (query: string) =>
    (await send(`GET /v2/droplets?${query}`)).json.droplets.map((it: Json) =>
      it.id
    );
  assertEquals(await ids("tag_name=web"), [3164444]);
  const resources = [{ resource_id: "3164445", resource_type: "droplet" }];
  const web = "/v2/tags/web/resources";
  assertEquals((await send(`POST ${web}`, { resources })).status, 204);
  assertEquals(await ids("tag_name=web"), [3164444, 3164445]);
  assertEquals(await ids("name=node-2.example.com"), [3164445]);
  assertEquals(await ids("type=gpus"), []);
  assertEquals((await send("GET /v2/droplets?type=x")).status, 422);
  const { tag } = (await send("GET /v2/tags/web")).json;
  assertEquals(tag.resources.droplets.count, 2);
  assertEquals((await send(`DELETE ${web}`, { resources })).status, 204);
  assertEquals(await ids("tag_name=web"), [3164444]);
  assertEquals((await send("DELETE /v2/tags/web")).status, 204);
  assertEquals(await ids("tag_name=web"), []);
  assertEquals((await send("GET /v2/tags/web")).status, 404);
  assertEquals((await send("POST /v2/tags", { name: "ä" })).status, 422);
});

Deno.test("DigitalOceanSimulator assigns reserved IPs under their current and former paths", async () => {
  const { send, act } = open();
  const { status, json } = await send("POST /v2/floating_ips", {
    region: "nyc2",
  });
  assertEquals(status, 202);
  const { ip } = json.floating_ip;
  const see = async () =>
    (await send(`GET /v2/reserved_ips/${ip}`)).json.reserved_ip;
  const path = `/v2/reserved_ips/${ip}`;
  const action = await act(path, { type: "assign", droplet_id: 3164445 });
  assertEquals([action.type, action.status], ["assign_ip", "completed"]);
  assertEquals((await see()).droplet.id, 3164445);
  const elsewhere = { type: "assign", droplet_id: 3164444 };
  assertEquals((await send(`POST ${path}/actions`, elsewhere)).status, 422);
  await act(path, { type: "unassign" });
  assertEquals((await see()).droplet, null);
  assertEquals((await send(`DELETE ${path}`)).status, 204);
  assertEquals((await send(`GET ${path}`)).status, 404);
});

Deno.test("DigitalOceanSimulator stores firewalls", async () => {
  const { send } = open();
  const body = { name: "mine", droplet_ids: [3164444] };
  const { status, json: { firewall } } = await send("POST /v2/firewalls", body);
  assertEquals([status, firewall.droplet_ids], [202, [3164444]]);
  assertEquals((await send("POST /v2/firewalls", body)).status, 409);
  const path = `/v2/firewalls/${firewall.id}`;
  const other = { droplet_ids: [3164445] };
  assertEquals((await send(`POST ${path}/droplets`, other)).status, 204);
  assertEquals((await send("DELETE /v2/droplets/3164444")).status, 204);
  const seen = (await send(`GET ${path}`)).json.firewall;
  assertEquals(seen.droplet_ids, [3164445]);
  assertEquals((await send(`DELETE ${path}`)).status, 204);
  assertEquals((await send(`GET ${path}`)).status, 404);
});

Deno.test("DigitalOceanSimulator responds to malformed requests with HTTP errors", async () => {
  const { send } = open();
  assertEquals((await send("GET /v2/none")).json.id, "not_found");
  assertEquals((await send("GET /v1/droplets")).status, 404);
  const { status, headers, json } = await send("DELETE /v2/account");
  assertEquals([status, json.id], [405, "method_not_allowed"]);
  assertEquals(headers.get("allow"), "GET");
  for (const id of ["0x1", "01", "1e3", "__proto__", "%F0%9F%92%A5", "-1"]) {
    assertEquals((await send(`GET /v2/droplets/${id}`)).status, 404, id);
  }
});

Deno.test("DigitalOceanSimulator lists 100,000 nodes", async () => {
  const { send } = open({ nodes: 100_000 });
  const { json } = await send("GET /v2/droplets?per_page=200&page=500");
  assertEquals(json.droplets.at(-1).name, "node-100000.example.com");
});

Deno.test("DigitalOceanSimulator rejects invalid options", () => {
  for (
    const [options, message] of [
      [{ nodes: -1 }, "nodes must be an integer of at least 0, got -1"],
      [{ nodes: 1.5 }, "nodes must be an integer of at least 0, got 1.5"],
      [
        { nodes: Infinity },
        "nodes must be an integer of at least 0, got Infinity",
      ],
      [{ createMs: -1 }, "createMs must be a number of at least 0, got -1"],
      [{ actionMs: NaN }, "actionMs must be a number of at least 0, got NaN"],
      [
        { largestPage: 0 },
        "largestPage must be an integer of at least 1, got 0",
      ],
      [
        { largestPage: 1.5 },
        "largestPage must be an integer of at least 1, got 1.5",
      ],
      [
        { requestsPerHour: NaN },
        "requestsPerHour must be a number of at least 0, got NaN",
      ],
    ] as const
  ) {
    const error = assertThrows(
      () => new DigitalOceanSimulator(options),
      RangeError,
    );
    assertEquals(error.message, `DigitalOceanSimulator: ${message}`);
  }
});

Deno.test("DigitalOceanSimulator.inventory() lists what exists, without public images", async () => {
  const { simulator, send } = open({ nodes: 1 });
  const before = simulator.inventory();
  assertEquals(before.nodes, [
    { id: "3164444", name: "node-1.example.com", isDestroyed: false },
  ]);
  assertEquals(before.images.map(({ name }) => name), ["first-snapshot"]);
  assertEquals(before.volumes.map(({ name }) => name), ["data"]);
  assertEquals(before.snapshots.map(({ name }) => name), ["data-1"]);
  assertEquals(before.keyPairs.map(({ id }) => id), ["512189"]);
  const { json } = await send("POST /v2/droplets", {
    name: "web",
    size: "s-1vcpu-1gb",
    image: "debian-12-x64",
  });
  await send(`DELETE ${NODE}`);
  assertEquals(simulator.inventory().nodes, [
    { id: String(json.droplet.id), name: "web", isDestroyed: false },
  ]);
});

const WEB = { name: "web", size: "s-1vcpu-1gb", image: "debian-12-x64" };
const PENDING = "Droplet already has a pending event.";

Deno.test("DigitalOceanSimulator does not know a new droplet for hiddenMs", async () => {
  const { simulator, send, pass } = open({ nodes: 0, hiddenMs: 2000 });
  const { status, json } = await send("POST /v2/droplets", WEB);
  assertEquals(status, 202);
  const path = `/v2/droplets/${json.droplet.id}`;
  for (
    const request of [
      `GET ${path}`,
      `DELETE ${path}`,
      `GET ${path}/actions`,
      `GET ${path}/snapshots`,
      `GET ${path}/actions/${json.links.actions[0].id}`,
    ]
  ) {
    const { status, json } = await send(request);
    assertEquals([status, json.id], [404, "not_found"], request);
  }
  const action = await send(`POST ${path}/actions`, { type: "reboot" });
  assertEquals([action.status, action.json.id], [404, "not_found"]);
  assertEquals((await send("GET /v2/droplets")).json.droplets, []);
  // The link of the response works at once.
  const link = `GET /v2/actions/${json.links.actions[0].id}`;
  assertEquals((await send(link)).json.action.status, "in-progress");
  assertEquals(simulator.inventory().nodes.length, 1);
  pass(1999);
  assertEquals((await send(`GET ${path}`)).status, 404);
  pass(1);
  assertEquals((await send(`GET ${path}`)).json.droplet.status, "active");
  assertEquals((await send("GET /v2/droplets")).json.meta.total, 1);
  assertEquals((await send(`DELETE ${path}`)).status, 204);
  assertEquals(simulator.inventory().nodes, []);
});

Deno.test("DigitalOceanSimulator does not know new volumes, images and snapshots for hiddenMs", async () => {
  const { simulator, send, pass, act } = open({ nodes: 1, hiddenMs: 2000 });
  const before = simulator.inventory();
  const body = { name: "new", region: "nyc1", size_gigabytes: 10 };
  const volume = (await send("POST /v2/volumes", body)).json.volume.id;
  assertEquals((await send("POST /v2/volumes", body)).status, 409);
  const [{ id: seeded } = { id: "" }] = before.volumes;
  const { json } = await send(
    `POST /v2/volumes/${seeded}/snapshots`,
    { name: "new" },
  );
  await act(NODE, { type: "snapshot", name: "new" });
  const image = simulator.inventory().images.at(-1)?.id;
  const hidden = [
    `/v2/volumes/${volume}`,
    `/v2/snapshots/${json.snapshot.id}`,
    `/v2/images/${image}`,
    `/v2/snapshots/${image}`,
  ];
  const lists = ["volumes", "snapshots", "images?private=true"];
  const totals = async () => {
    const all = lists.map((list) => send(`GET /v2/${list}`));
    return (await Promise.all(all)).map(({ json }) => json.meta.total);
  };
  for (const path of hidden) {
    assertEquals((await send(`GET ${path}`)).status, 404, path);
    assertEquals((await send(`DELETE ${path}`)).status, 404, path);
  }
  const attach = { type: "attach", droplet_id: 3164444 };
  const refused = await send(`POST /v2/volumes/${volume}/actions`, attach);
  assertEquals(refused.status, 404);
  assertEquals(
    (await send("POST /v2/droplets", { ...WEB, image })).status,
    422,
  );
  assertEquals(await totals(), [1, 2, 1]);
  pass(2000);
  for (const path of hidden) {
    assertEquals((await send(`GET ${path}`)).status, 200, path);
  }
  assertEquals(await totals(), [2, 4, 2]);
});

Deno.test("DigitalOceanSimulator lists what was true listLagMs ago", async () => {
  const { simulator, send, pass } = open({ nodes: 1, listLagMs: 3000 });
  const listed = async () =>
    (await send("GET /v2/droplets")).json.droplets
      .map(({ name, status }: Json) => `${name} ${status}`);
  const { json } = await send("POST /v2/droplets", WEB);
  const path = `/v2/droplets/${json.droplet.id}`;
  const seeded = "node-1.example.com active";
  assertEquals(await listed(), [seeded]);
  assertEquals((await send(`GET ${path}`)).json.droplet.status, "new");
  pass(2999);
  assertEquals(await listed(), [seeded]);
  assertEquals((await send(`GET ${path}`)).json.droplet.status, "active");
  pass(1);
  assertEquals(await listed(), [seeded, "web new"]);
  assertEquals((await send("GET /v2/droplets?name=web")).json.meta.total, 1);
  pass(1000);
  assertEquals(await listed(), [seeded, "web active"]);
  await send(`DELETE ${path}`);
  assertEquals((await send(`GET ${path}`)).status, 404);
  assertEquals(await listed(), [seeded, "web active"]);
  assertEquals(simulator.inventory().nodes.length, 1);
  pass(3000);
  assertEquals(await listed(), [seeded]);
});

Deno.test("DigitalOceanSimulator lists a snapshot listLagMs after its action is completed", async () => {
  const { send, pass, act } = open({ nodes: 1, listLagMs: 3000 });
  const listed = async () =>
    (await send(`GET ${NODE}/snapshots`)).json.snapshots
      .map(({ name }: Json) => name);
  const action = await act(NODE, { type: "snapshot", name: "second" });
  assertEquals(action.status, "completed");
  assertEquals(await listed(), ["first-snapshot"]);
  const { json } = await send(`GET ${NODE}`);
  assertEquals(json.droplet.snapshot_ids.length, 2);
  const [, id] = json.droplet.snapshot_ids;
  assertEquals((await send(`GET /v2/images/${id}`)).json.image.name, "second");
  pass(3000);
  assertEquals(await listed(), ["first-snapshot", "second"]);
});

Deno.test("DigitalOceanSimulator shows public addresses addressMs after a droplet is active", async () => {
  const { send, pass } = open({ nodes: 0, addressMs: 700 });
  const body = { ...WEB, ipv6: true };
  const { json } = await send("POST /v2/droplets", body);
  const networks = async () => {
    const { droplet } =
      (await send(`GET /v2/droplets/${json.droplet.id}`)).json;
    const { v4, v6 } = droplet.networks;
    const types = [...v4, ...v6].map(({ type }: Json) => type);
    return [droplet.status, ...types].join(" ");
  };
  assertEquals(await networks(), "new");
  pass(1000);
  assertEquals(await networks(), "active private");
  pass(699);
  assertEquals(await networks(), "active private");
  pass(1);
  assertEquals(await networks(), "active private public public");
});

Deno.test("DigitalOceanSimulator refuses changes, also DELETE, until busyMs after an action", async () => {
  const { send, pass } = open({ nodes: 0, busyMs: 400 });
  const { json } = await send("POST /v2/droplets", WEB);
  const path = `/v2/droplets/${json.droplet.id}`;
  const refused = async (request: string, body?: unknown) => {
    const { status, json } = await send(request, body);
    assertEquals([status, json?.message], [422, PENDING], request);
  };
  await refused(`DELETE ${path}`);
  pass(1000);
  assertEquals((await send(`GET ${path}`)).json.droplet.status, "active");
  await refused(`DELETE ${path}`);
  await refused(`POST ${path}/actions`, { type: "reboot" });
  pass(400);
  const reboot = await send(`POST ${path}/actions`, { type: "reboot" });
  assertEquals(reboot.status, 201);
  pass(500);
  await refused(`DELETE ${path}`);
  pass(400);
  assertEquals((await send(`DELETE ${path}`)).status, 204);
});

Deno.test("DigitalOceanSimulator does not delete a volume until busyMs after it is detached", async () => {
  const { simulator, send, pass } = open({ nodes: 1, busyMs: 400 });
  const [{ id } = { id: "" }] = simulator.inventory().volumes;
  const path = `/v2/volumes/${id}`;
  const detach = { type: "detach", droplet_id: 3164444 };
  await send(`POST ${path}/actions`, detach);
  for (const ms of [500, 399]) {
    const { status, json } = await send(`DELETE ${path}`);
    assertEquals([status, json.id], [409, "conflict"]);
    pass(ms);
  }
  assertEquals((await send(`GET ${path}`)).json.volume.droplet_ids, []);
  const attach = { type: "attach", droplet_id: 3164444 };
  const busy = await send(`POST ${path}/actions`, attach);
  assertEquals([busy.status, busy.json.id], [422, "unprocessable_entity"]);
  pass(1);
  assertEquals((await send(`DELETE ${path}`)).status, 204);
});

Deno.test("DigitalOceanSimulator ends the actions that `fails` selects as errored", async () => {
  const asked: string[] = [];
  const { simulator, send, pass, act } = open({
    nodes: 1,
    fails: ({ kind, name, id }) => asked.push(`${kind} ${name} ${id}`) > 0,
  });
  const { json } = await send("POST /v2/droplets", WEB);
  pass(1000);
  const path = `/v2/droplets/${json.droplet.id}`;
  const link = `GET /v2/actions/${json.links.actions[0].id}`;
  assertEquals((await send(link)).json.action.status, "errored");
  const { droplet } = (await send(`GET ${path}`)).json;
  assertEquals([droplet.status, droplet.networks.v4], ["new", []]);
  const [{ id: image } = { id: "" }] = simulator.inventory().images;
  const [{ id: volume } = { id: "" }] = simulator.inventory().volumes;
  for (
    const [target, body] of [
      [NODE, { type: "power_off" }],
      [NODE, { type: "snapshot", name: "second" }],
      [`/v2/volumes/${volume}`, { type: "detach", droplet_id: 3164444 }],
      [`/v2/images/${image}`, { type: "transfer", region: "nyc3" }],
    ] as const
  ) assertEquals((await act(target, body)).status, "errored");
  assertEquals((await send(`GET ${NODE}`)).json.droplet.status, "active");
  assertEquals(simulator.inventory().images.length, 1);
  const { json: after } = await send(`GET /v2/volumes/${volume}`);
  assertEquals(after.volume.droplet_ids, [3164444]);
  assertEquals((await send(`DELETE ${path}`)).status, 204);
  assertEquals(asked, [
    `create create ${json.droplet.id}`,
    "action power_off 3164444",
    "image snapshot 3164444",
    `volume detach ${volume}`,
    `image transfer ${image}`,
  ]);
});

Deno.test("DigitalOceanSimulator rejects unknown options and invalid delays", () => {
  const create = (options: object) => () => new DigitalOceanSimulator(options);
  assertThrows(
    create({ hideMs: 1 }),
    TypeError,
    'DigitalOceanSimulator: unknown option "hideMs"',
  );
  assertThrows(create({ fails: true }), TypeError, "fails must be a function");
  for (const field of ["hiddenMs", "listLagMs", "addressMs", "busyMs"]) {
    for (const value of [-1, NaN, "5"]) {
      assertThrows(create({ [field]: value }), RangeError, field);
    }
  }
  new DigitalOceanSimulator({ ...DigitalOceanSimulator.realistic, nodes: 1 });
});
