import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";
import {
  NephoScaleSimulator,
  type NephoScaleSimulatorOptions,
} from "../../simulators/nephoscale/mod.ts";

const BASE = "https://api.nephoscale.com";

// deno-lint-ignore no-explicit-any -- JSON of responses is read without types
type Json = any;

interface JsonResponse {
  readonly status: number;
  readonly body: Json;
}

/** Creates a simulator with a clock that the test controls. */
function setUp(options: NephoScaleSimulatorOptions = {}) {
  const clock = { ms: Date.UTC(2013, 9, 7, 12) };
  const simulator = new NephoScaleSimulator({
    createMs: 100,
    bootMs: 1000,
    actionMs: 10,
    now: () => clock.ms,
    ...options,
  });
  const { username, password } = simulator.credentials;

  async function send(
    method: string,
    path: string,
    init: RequestInit = {},
  ): Promise<JsonResponse> {
    const request = new Request(`${BASE}${path}`, {
      method,
      ...init,
      headers: { Authorization: basic(username, password), ...init.headers },
    });
    const response = await simulator.fetch(request);
    assertEquals(
      response.headers.get("Content-Type"),
      "application/json; charset=utf-8",
    );
    const result = { status: response.status, body: await response.json() };
    check(result);
    return result;
  }

  const api = {
    clock,
    simulator,
    send,
    get: (path: string) => send("GET", path),
    delete: (path: string) => send("DELETE", path),
    post: (path: string, form?: Record<string, string>) =>
      send("POST", path, form && { body: new URLSearchParams(form) }),
    put: (path: string, form: Record<string, string>) =>
      send("PUT", path, { body: new URLSearchParams(form) }),
    nodes: async () => (await api.get("/server/cloud/")).body.data as Json[],
    node: async () => (await api.nodes()).at(-1),
    /** Creates a node and advances the clock until it is running. */
    run: async (form: Record<string, string> = {}) => {
      const { body } = await api.post("/server/cloud/", {
        name: "web",
        service_type: "5",
        image: "49",
        ...form,
      });
      assert(body.success, body.message);
      clock.ms += 1100;
      return await api.node();
    },
  };
  return api;
}

function basic(username: string, password: string): string {
  const bytes = new TextEncoder().encode(`${username}:${password}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}

/** Checks the envelope of a response. */
function check({ status, body }: JsonResponse): void {
  if (body.success) return assertEquals(body.response, status);
  const { message, response } = body;
  assertEquals(body, { subcode: 1, message, response, success: false });
  assertEquals(typeof message, "string");
  if (status !== 200) assertEquals(response, status);
}

function assertRefused(
  result: JsonResponse,
  response: number,
  message: string,
) {
  assertEquals(result.status, 200);
  assertEquals(result.body.success, false);
  assertEquals(result.body.response, response);
  assertEquals(result.body.message, message);
}

function assertStatus(result: JsonResponse, status: number) {
  assertEquals([result.status, result.body.success], [status, false]);
}

Deno.test("NephoScaleSimulator lists the recorded zones, sizes and images", async () => {
  const { get } = setUp();
  for (
    const [path, file, count] of [
      ["/datacenter/zone/", "list_locations", 2],
      ["/server/type/cloud/", "list_sizes", 13],
      // With two images that are not recorded.
      ["/image/server/", "list_images", 20],
    ] as const
  ) {
    const { status, body } = await get(path);
    assertEquals(status, 200);
    assertEquals(body.data.length, count);
    // The fixtures are recorded responses.
    const fixture = new URL(
      `../../fixtures/nephoscale/${file}.json`,
      import.meta.url,
    );
    const recorded = JSON.parse(await Deno.readTextFile(fixture));
    const data = body.data.slice(0, recorded.data.length);
    assertEquals({ ...body, data, total_count: data.length }, recorded);
  }
});

Deno.test("NephoScaleSimulator accepts a create request, then lists and boots the node", async () => {
  const { clock, nodes, post } = setUp();
  const created = await post("/server/cloud/", {
    name: "web",
    hostname: "web.example.com",
    service_type: "27",
    image: "75",
    zone: "87729",
  });
  assertEquals(created.status, 202);
  assertEquals(created.body.data, {
    id: 141229,
    resource_type: "/job",
    uri: `${BASE}/job/141229/`,
  });
  assertEquals(await nodes(), []);
  clock.ms += 99;
  assertEquals(await nodes(), []);
  clock.ms += 1;
  const [listed] = await nodes();
  assertEquals(listed, {
    server_keys: [],
    name: "web",
    zone: {
      uri: `${BASE}/datacenter/zone/87729/`,
      id: 87729,
      name: "RIC-1",
    },
    image: {
      max_cpu: 64,
      deployable_type: "both",
      is_active: true,
      friendly_name: "Linux Ubuntu Server 12.04 LTS 64-bit",
      uri: `${BASE}/image/server/75/`,
      max_memory: 128,
      id: 75,
      is_default: true,
      create_time: "2012-05-18 08:41:03",
      architecture: "x86_64",
      base_type: "linux",
      has_agent: true,
    },
    hostname: "web.example.com",
    podzone: "P1A2",
    uri: `${BASE}/server/cloud/88241/`,
    ipaddresses: "",
    power_status: "unknown",
    create_time: "2013-10-07 12:00:00",
    postinit_state: 0,
    console_keys: [],
    memory: 256,
    service_type: {
      sku: { name: "CS025", description: "Cloud Server 0.25 GB RAM" },
      friendly_name: "CS025 - 0.25GB, 10GB",
      uri: `${BASE}/server/type/cloud/27/`,
      id: 27,
      billable_type: 1,
    },
    network_ports: [
      {
        macaddress: "00:16:3e:02:b1:62",
        devname: "eth0",
        network_domain: {
          domain_type: 0,
          name: "default_public_network_RIC",
        },
      },
      {
        macaddress: "00:16:3e:02:b1:63",
        devname: "eth1",
        network_domain: {
          domain_type: 1,
          name: "default_private_network_RIC",
        },
      },
    ],
    id: 88241,
    is_console_enabled: false,
  });
  clock.ms += 1000;
  assertEquals(await nodes(), [{
    ...listed,
    ipaddresses: "203.0.113.1, 10.128.0.0",
    power_status: "on",
    postinit_state: 1,
  }]);
});

Deno.test("NephoScaleSimulator applies all due changes before it handles a request", async () => {
  const { clock, node, post } = setUp();
  await post("/server/cloud/", { name: "a", service_type: "5", image: "49" });
  clock.ms += 1_000_000;
  assertEquals((await node()).power_status, "on");
});

Deno.test("NephoScaleSimulator uses SJC-1 and the node's name as host name by default", async () => {
  const { run } = setUp();
  const node = await run();
  assertEquals([node.zone.name, node.hostname], ["SJC-1", "web"]);
});

Deno.test("NephoScaleSimulator gives every node the IP addresses of the option `addresses`", async () => {
  const addresses = ["127.0.0.1", "::1"];
  const { run, nodes } = setUp({ addresses, nodes: 1 });
  await run();
  assertEquals(
    (await nodes()).map(({ ipaddresses }) => ipaddresses),
    ["127.0.0.1, ::1", "127.0.0.1, ::1"],
  );
});

Deno.test("NephoScaleSimulator accepts repeated node names", async () => {
  const { nodes, run } = setUp();
  await run({ name: "twin" });
  await run({ name: "twin" });
  const [first, second] = await nodes();
  assertEquals([first.name, second.name], ["twin", "twin"]);
  assert(first.id !== second.id);
  assert(first.ipaddresses !== second.ipaddresses);
});

Deno.test("NephoScaleSimulator refuses an invalid create request with an error in the envelope", async () => {
  const { post, nodes, clock } = setUp({ nodes: 1 });
  const good = { name: "web", service_type: "5", image: "49" };
  const cases: [Record<string, string>, string][] = [
    [{ service_type: "5", image: "49" }, 'Field "name" is required.'],
    [{ ...good, name: "" }, 'Field "name" is empty.'],
    [{ ...good, hostname: " " }, 'Field "hostname" is empty.'],
    [{ name: "web", image: "49" }, 'Field "service_type" is required.'],
    [{ name: "web", service_type: "5" }, 'Field "image" is required.'],
    [
      { ...good, service_type: "6" },
      'Field "service_type": there is no 6.',
    ],
    [{ ...good, image: "999" }, 'Field "image": there is no 999.'],
    [{ ...good, image: "None" }, 'Field "image" is not a number.'],
    [{ ...good, image: "49.0" }, 'Field "image" is not a number.'],
    [{ ...good, image: "4".repeat(400) }, 'Field "image" is not a number.'],
    [{ ...good, image: "__proto__" }, 'Field "image" is not a number.'],
    [{ ...good, zone: "1" }, 'Field "zone": there is no 1.'],
    [{ ...good, zone: "" }, 'Field "zone" is empty.'],
    [{ ...good, server_key: "1" }, 'Field "server_key": there is no 1.'],
    [
      { ...good, server_key: "71759" },
      'Field "server_key": key 71759 is of key_group 4.',
    ],
    [
      { ...good, console_key: "71757" },
      'Field "console_key": key 71757 is of key_group 1.',
    ],
    [{ ...good, user_data: "x" }, 'Field "user_data" is unknown.'],
    [{ ...good, ["__proto__"]: "x" }, 'Field "__proto__" is unknown.'],
    [{ ...good, constructor: "x" }, 'Field "constructor" is unknown.'],
  ];
  for (const [form, message] of cases) {
    assertRefused(await post("/server/cloud/", form), 400, message);
  }
  clock.ms += 1_000_000;
  assertEquals((await nodes()).length, 1);
});

Deno.test("NephoScaleSimulator refuses bodies that are not forms", async () => {
  const { send } = setUp();
  const good = "name=web&service_type=5&image=49";
  const path = "/server/cloud/";
  const type = "The body must be of type application/x-www-form-urlencoded.";
  assertRefused(
    await send("POST", path, {
      body: JSON.stringify({ name: "web", service_type: 5, image: 49 }),
      headers: { "Content-Type": "application/json" },
    }),
    415,
    type,
  );
  assertRefused(await send("POST", path, { body: good }), 415, type);
  assertRefused(await send("POST", path, { body: new FormData() }), 415, type);
  assertRefused(
    await send("POST", path, { body: new URLSearchParams(`${good}&name=b`) }),
    400,
    'Field "name" is given twice.',
  );
  assertRefused(await send("POST", path), 400, 'Field "name" is required.');
  assertStatus(
    await send("POST", path, {
      body: new URLSearchParams({ name: "x".repeat(1_000_001) }),
    }),
    413,
  );
  const broken = new ReadableStream({
    pull: (controller) => controller.error(new Error("broken")),
  });
  assertRefused(
    await send("POST", path, {
      body: broken,
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
    }),
    400,
    "The body cannot be read.",
  );
});

Deno.test("NephoScaleSimulator reads a body without a content type as a form", async () => {
  const { send } = setUp();
  const body = new TextEncoder().encode("name=web&service_type=5&image=49");
  assertEquals((await send("POST", "/server/cloud/", { body })).status, 202);
});

Deno.test('NephoScaleSimulator treats "None" for a key or zone as missing', async () => {
  const { run } = setUp();
  const node = await run({
    server_key: "None",
    console_key: "None",
    zone: "None",
  });
  assertEquals(
    [node.server_keys, node.console_keys, node.zone.name],
    [[], [], "SJC-1"],
  );
});

Deno.test("NephoScaleSimulator restarts, stops and starts a node as its clock advances", async () => {
  const { clock, node, post, run } = setUp();
  const { id } = await run();
  const power = async () => (await node()).power_status;
  const act = (action: string) =>
    post(`/server/cloud/${id}/initiator/${action}/`);

  assertEquals((await act("restart")).status, 202);
  assertEquals(await power(), "off");
  clock.ms += 10;
  assertEquals(await power(), "on");

  assertEquals((await act("stop")).status, 202);
  assertEquals(await power(), "on");
  clock.ms += 10;
  assertEquals(await power(), "off");

  assertEquals((await act("start")).status, 202);
  assertEquals(await power(), "off");
  clock.ms += 10;
  assertEquals(await power(), "on");
});

Deno.test("NephoScaleSimulator refuses an action that the state of the node forbids", async () => {
  const { clock, post, run } = setUp();
  await post("/server/cloud/", { name: "a", service_type: "5", image: "49" });
  clock.ms += 100;
  const act = (id: number, action: string) =>
    post(`/server/cloud/${id}/initiator/${action}/`);
  const busy = (action: string) =>
    `Cannot ${action} the server: another job on it is under way.`;
  for (const action of ["restart", "start", "stop"]) {
    assertRefused(await act(88241, action), 409, busy(action));
  }
  const { id } = await run({ name: "b" });
  assertRefused(
    await act(id, "start"),
    409,
    "Cannot start the server: it is on.",
  );
  await act(id, "stop");
  assertRefused(await act(id, "stop"), 409, busy("stop"));
  clock.ms += 10;
  for (const action of ["restart", "stop"]) {
    assertRefused(
      await act(id, action),
      409,
      `Cannot ${action} the server: it is off.`,
    );
  }
});

Deno.test("NephoScaleSimulator renames a node, and its host if `hostname` is given", async () => {
  const { node, put, run } = setUp();
  const { id } = await run();
  const path = `/server/cloud/${id}/`;
  assertEquals((await put(path, { name: "näme: 1 & 2" })).status, 202);
  let renamed = await node();
  assertEquals([renamed.name, renamed.hostname], ["näme: 1 & 2", "web"]);
  assertEquals((await put(path, { name: "b", hostname: "c" })).status, 202);
  renamed = await node();
  assertEquals([renamed.name, renamed.hostname], ["b", "c"]);
  assertRefused(
    await put(path, { hostname: "d" }),
    400,
    'Field "name" is required.',
  );
  assertRefused(
    await put(path, { name: "d", image: "49" }),
    400,
    'Field "image" is unknown.',
  );
  assertEquals((await node()).name, "b");
});

Deno.test("NephoScaleSimulator removes a destroyed node after destroyMs", async () => {
  const { clock, nodes, run, ...api } = setUp({ destroyMs: 30 });
  const { id } = await run();
  const path = `/server/cloud/${id}/`;
  assertEquals((await api.delete(path)).status, 202);
  assertEquals((await nodes()).length, 1);
  assertRefused(
    await api.post(`${path}initiator/stop/`),
    409,
    "Cannot stop the server: another job on it is under way.",
  );
  clock.ms += 30;
  assertEquals(await nodes(), []);
  assertStatus(await api.delete(path), 404);
  assertStatus(await api.put(path, { name: "x" }), 404);
  assertStatus(await api.post(`${path}initiator/start/`), 404);
});

Deno.test("NephoScaleSimulator removes a node that is destroyed before it has booted", async () => {
  const { clock, nodes, post, ...api } = setUp();
  await post("/server/cloud/", { name: "a", service_type: "5", image: "49" });
  clock.ms += 100;
  assertEquals((await api.delete("/server/cloud/88241/")).status, 202);
  clock.ms += 1000;
  assertEquals(await nodes(), []);
});

Deno.test("NephoScaleSimulator stores keys of both types in both groups", async () => {
  const { get, post } = setUp();
  const ids: number[] = [];
  for (const group of ["1", "4"]) {
    for (const [kind, field] of [["sshrsa", "public_key"], ["password"]]) {
      const { status, body } = await post(`/key/${kind}/`, {
        name: `${kind} ${group}`,
        [field ?? "password"]: `value of ${kind} ${group}`,
        key_group: group,
      });
      assertEquals(status, 201);
      assertEquals(body.data.uri, `${BASE}/key/${kind}/${body.data.id}/`);
      ids.push(body.data.id);
    }
  }
  const list = async (path: string) => (await get(path)).body.data as Json[];
  const [first, , , last] = await list("/key/");
  assertEquals((await list("/key/")).map((key) => key.id), ids);
  // Only the lists of one key type contain the values.
  assertEquals(first, {
    name: "sshrsa 1",
    key_group: 1,
    uri: `${BASE}/key/sshrsa/${ids[0]}/`,
    key_type: 2,
    create_time: "2013-10-07 12:00:00",
    id: ids[0],
  });
  assertEquals([last.key_type, last.key_group], [1, 4]);
  assertEquals((await list("/key/sshrsa/"))[0], {
    ...first,
    public_key: "value of sshrsa 1",
  });
  assertEquals(
    (await list("/key/password/")).map((key) => key.password),
    ["value of password 1", "value of password 4"],
  );
});

Deno.test("NephoScaleSimulator refuses an invalid key with an error in the envelope", async () => {
  const { get, post } = setUp();
  const good = { name: "a", password: "b", key_group: "4" };
  const cases: [string, Record<string, string>, string][] = [
    ["password", { ...good, name: "" }, 'Field "name" is empty.'],
    ["password", { ...good, password: "" }, 'Field "password" is empty.'],
    [
      "password",
      { name: "a", password: "b" },
      'Field "key_group" is required.',
    ],
    [
      "password",
      { ...good, key_group: "2" },
      'Field "key_group" must be 1 or 4.',
    ],
    [
      "password",
      { ...good, key_group: "None" },
      'Field "key_group" is not a number.',
    ],
    ["sshrsa", good, 'Field "password" is unknown.'],
    [
      "sshrsa",
      { name: "a", key_group: "1" },
      'Field "public_key" is required.',
    ],
  ];
  for (const [kind, form, message] of cases) {
    assertRefused(await post(`/key/${kind}/`, form), 400, message);
  }
  assertEquals((await get("/key/")).body.data, []);
});

Deno.test("NephoScaleSimulator removes a deleted key from its nodes", async () => {
  const { node, run, ...api } = setUp({ nodes: 1 });
  const [ssh, password] = (await api.get("/key/")).body.data;
  const { server_keys, console_keys, is_console_enabled } = await run({
    server_key: String(ssh.id),
    console_key: String(password.id),
  });
  assertEquals(server_keys, [
    { key_type: 2, key_group: 1, id: ssh.id, uri: ssh.uri },
  ]);
  assertEquals(console_keys, [
    { key_type: 1, key_group: 4, id: password.id, uri: password.uri },
  ]);
  assertEquals(is_console_enabled, true);

  assertStatus(await api.delete(`/key/password/${ssh.id}/`), 404);
  assertEquals((await api.delete(`/key/sshrsa/${ssh.id}/`)).status, 202);
  assertStatus(await api.delete(`/key/sshrsa/${ssh.id}/`), 404);
  assertEquals((await node()).server_keys, []);
  const path = `/key/password/${password.id}/`;
  assertEquals((await api.delete(path)).status, 202);
  assertEquals((await node()).console_keys, []);
  assertEquals((await api.get("/key/")).body.data, []);
});

Deno.test("NephoScaleSimulator accepts only its credentials, encoded in UTF-8", async () => {
  const { simulator } = setUp({ username: "jürgen", password: "pä:55🔑" });
  const request = (authorization?: string) =>
    simulator.fetch(
      new Request(`${BASE}/key/`, {
        headers: authorization ? { Authorization: authorization } : {},
      }),
    );
  const good = basic("jürgen", "pä:55🔑");
  for (const header of [good, good.replace("Basic", "bASIC")]) {
    assertEquals((await request(header)).status, 200);
  }
  const latin1 = `Basic ${btoa("jürgen:pä")}`;
  for (
    const header of [
      undefined,
      "Basic",
      "Basic !!!",
      "Basic AAAA=AAA",
      `Basic ${btoa("jurgen")}`,
      latin1,
      basic("jürgen", "pä:55"),
      basic("\ufeffjürgen", "pä:55🔑"),
      basic("", ""),
      `Bearer ${good.slice(6)}`,
      `${good},${good}`,
    ]
  ) {
    const response = await request(header);
    assertEquals(response.status, 401);
    assertMatch(response.headers.get("WWW-Authenticate") ?? "", /^Basic realm/);
    assertEquals(await response.json(), {
      subcode: 1,
      message: "Authorization failed.",
      response: 401,
      success: false,
    });
  }
});

Deno.test("NephoScaleSimulator rejects credentials that are not valid UTF-8", async () => {
  const { send } = setUp({ username: "\ufffd" });
  const headers = { Authorization: `Basic ${btoa("\xff:password")}` };
  assertStatus(await send("GET", "/key/", { headers }), 401);
});

Deno.test("NephoScaleSimulator responds 401 for any path if the credentials are wrong", async () => {
  const { send } = setUp();
  const headers = { Authorization: "Basic AAAA" };
  for (const path of ["/", "/server/cloud/", "/nowhere/"]) {
    assertStatus(await send("GET", path, { headers }), 401);
  }
});

Deno.test("NephoScaleSimulator responds 404 for unknown ids and paths", async () => {
  const { get, post, put, ...api } = setUp({ nodes: 1 });
  const ids = [
    "1",
    "0",
    "088241",
    "+88241",
    "88241.0",
    "8.8241e4",
    "0x158B1",
    "-1",
    "9".repeat(400),
    "__proto__",
    "constructor",
    "toString",
    "undefined",
    "%00",
    "%zz",
    "88241%2f",
    "%F0%9F",
    "%20",
  ];
  for (const id of ids) {
    assertStatus(await api.delete(`/server/cloud/${id}/`), 404);
    assertStatus(await put(`/server/cloud/${id}/`, { name: "x" }), 404);
    assertStatus(await post(`/server/cloud/${id}/initiator/stop/`), 404);
    assertStatus(await api.delete(`/key/sshrsa/${id}/`), 404);
    assertStatus(await api.delete(`/key/password/${id}/`), 404);
  }
  for (
    const path of [
      "/",
      "//",
      "/server/cloud",
      "/server/cloud//",
      "/Server/cloud/",
      "/server/cloud/88241",
      "/server/cloud/88241/initiator/",
      "/server/cloud/88241/initiator/resize/",
      "/key/88241/",
      "/job/141229/",
      "/__proto__/",
      "/%zz/",
    ]
  ) {
    assertStatus(await get(path), 404);
  }
});

Deno.test("NephoScaleSimulator responds 405 for a method that the path does not support", async () => {
  const { simulator, send } = setUp({ nodes: 1 });
  for (
    const [method, path] of [
      ["POST", "/datacenter/zone/"],
      ["PUT", "/server/cloud/"],
      ["GET", "/server/cloud/88241/"],
      ["PATCH", "/server/cloud/88241/"],
      ["GET", "/server/cloud/88241/initiator/stop/"],
      ["DELETE", "/key/"],
      ["GET", "/key/sshrsa/71757/"],
      ["OPTIONS", "/server/cloud/"],
      ["__proto__", "/server/cloud/"],
    ] as const
  ) {
    assertStatus(await send(method, path), 405);
  }
  const { username, password } = simulator.credentials;
  const head = await simulator.fetch(
    new Request(`${BASE}/server/cloud/`, {
      method: "HEAD",
      headers: { Authorization: basic(username, password) },
    }),
  );
  assertEquals(head.status, 405);
  assertEquals(head.headers.get("Allow"), "GET, POST");
  assertEquals(head.body, null);
});

Deno.test("NephoScaleSimulator starts with running nodes that share their keys", async () => {
  const { nodes, get } = setUp({ nodes: 600 });
  const list = await nodes();
  assertEquals(list.length, 600);
  const addresses = list.flatMap((node) => node.ipaddresses.split(", "));
  assertEquals(new Set(addresses).size, 1200);
  assertEquals(list[253].ipaddresses, "203.0.113.254, 10.128.0.253");
  assertEquals(list[254].ipaddresses, "198.18.0.1, 10.128.0.254");
  assert(list.every((node) => node.power_status === "on"));
  assertEquals(new Set(list.map((node) => node.zone.name)).size, 2);
  assertEquals((await get("/key/")).body.data.length, 2);
});

Deno.test("NephoScaleSimulator uses `baseUrl` in its URIs", async () => {
  const { node, run } = setUp({ baseUrl: "http://127.0.0.1:8080/" });
  await run();
  assertEquals((await node()).uri, "http://127.0.0.1:8080/server/cloud/88241/");
});

Deno.test("NephoScaleSimulator.fetch is bound, and rejects if the signal is aborted", async () => {
  const { simulator } = setUp();
  const { fetch } = simulator;
  assertEquals((await fetch(new Request(BASE))).status, 401);
  const reason = new Error("enough");
  const request = new Request(BASE, { signal: AbortSignal.abort(reason) });
  assertEquals(await assertRejects(() => fetch(request)), reason);

  const controller = new AbortController();
  const { signal } = controller;
  const late = fetch(new Request(BASE, { signal }));
  controller.abort(reason);
  assertEquals(await assertRejects(() => late), reason);

  // A server passes further arguments, and handles the signal itself.
  const served: (request: Request, info: unknown) => Promise<Response> = fetch;
  assertEquals((await served(request, {})).status, 401);
});

Deno.test("NephoScaleSimulator handles concurrent requests", async () => {
  const { clock, nodes, post } = setUp();
  const responses = await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      post("/server/cloud/", {
        name: `node-${index}`,
        service_type: "5",
        image: "49",
      })),
  );
  const jobs = responses.map(({ body }) => body.data.id);
  assertEquals(new Set(jobs).size, 50);
  clock.ms += 1100;
  const list = await nodes();
  assertEquals(new Set(list.map((node) => node.id)).size, 50);
  // Nodes are listed in the order of their creation.
  assertEquals(
    list.map((node) => node.name),
    Array.from({ length: 50 }, (_, index) => `node-${index}`),
  );
});

Deno.test("NephoScaleSimulator responds to random requests without internal errors", async () => {
  const { send, nodes } = setUp({ nodes: 2 });
  const random = generator(20131007);
  const any = <T>(list: readonly T[]): T =>
    list[Math.floor(random() * list.length)]!;
  const methods = ["GET", "POST", "PUT", "DELETE", "PATCH"];
  const segments = [
    "server",
    "cloud",
    "key",
    "sshrsa",
    "password",
    "88241",
    "71757",
    "initiator",
    "stop",
    "__proto__",
    "%",
    "%2e%2e",
    "",
    "\u{1f511}",
    "9".repeat(50),
  ];
  const bodies = [
    "",
    "name",
    "=",
    "&&&&",
    "name=a&name=b",
    "%zz=%zz",
    "name=%ff%fe",
    "__proto__=1&constructor=2",
    "name=a&key_group=1&public_key=b",
    "name=a&service_type=1e400&image=49",
    "name=a&service_type=5&image=49&zone=999999999",
    "{}",
    "a".repeat(10_000),
    "a&".repeat(10_000),
  ];
  const types = [
    "application/x-www-form-urlencoded",
    "APPLICATION/x-www-form-urlencoded ; charset=latin1",
    "application/json",
    ";",
  ];
  const statuses = new Set<number>();
  for (let round = 0; round < 2000; round++) {
    const count = 1 + Math.floor(random() * 5);
    const path = Array.from({ length: count }, () => any(segments)).join("/");
    const method = any(methods);
    const { status } = await send(method, `/${path}/`, {
      ...(method === "GET" ? {} : { body: any(bodies) }),
      headers: { "Content-Type": any(types) },
    });
    statuses.add(status);
  }
  assertEquals(
    [...statuses].filter((status) => status >= 500 || status === 401),
    [],
  );
  assert(Array.isArray(await nodes()));
});

/** Creates a random number generator with a fixed sequence (mulberry32). */
function generator(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let value = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296;
  };
}

Deno.test("NephoScaleSimulator rejects invalid options", () => {
  assertThrows(
    () => new NephoScaleSimulator({ username: "a:b" }),
    TypeError,
    "NephoScaleSimulator: username must be a string without a colon, got a colon at index 1",
  );
  for (const nodes of [-1, 1.5, NaN, Infinity]) {
    assertThrows(
      () => new NephoScaleSimulator({ nodes }),
      RangeError,
      `NephoScaleSimulator: nodes must be an integer of at least 0, got ${nodes}`,
    );
  }
  for (const name of ["createMs", "bootMs", "actionMs", "destroyMs"]) {
    for (const value of [-1, NaN, Infinity]) {
      assertThrows(
        () => new NephoScaleSimulator({ [name]: value }),
        RangeError,
        `NephoScaleSimulator: ${name} must be a finite number of at least 0, got ${value}`,
      );
    }
  }
});

Deno.test("NephoScaleSimulator.inventory() lists what exists, also nodes that are not listed yet", async () => {
  const { simulator, clock, nodes, post, delete: destroy } = setUp({
    nodes: 1,
    destroyMs: 50,
  });
  const [seeded] = simulator.inventory().nodes;
  assert(seeded);
  assertEquals(seeded, { id: "88241", name: "node-1", isDestroyed: false });
  assertEquals(
    simulator.inventory().keyPairs.map(({ name }) => name),
    ["server", "console"],
  );
  const form = { name: "web", service_type: "5", image: "49" };
  await post("/server/cloud/", form);
  const created = { id: "88243", name: "web", isDestroyed: false };
  assertEquals((await nodes()).length, 1);
  assertEquals(simulator.inventory().nodes, [seeded, created]);
  await destroy("/server/cloud/88241/");
  assertEquals(simulator.inventory().nodes, [
    { id: "88241", name: "node-1", isDestroyed: true },
    created,
  ]);
  clock.ms += 100;
  assertEquals(simulator.inventory().nodes, [created]);
});

const WEB = { name: "web", service_type: "5", image: "49" };

Deno.test("NephoScaleSimulator lists what was true listLagMs ago", async () => {
  const { clock, simulator, nodes, post, get, delete: destroy } = setUp({
    listLagMs: 3000,
  });
  const listed = async () =>
    (await nodes()).map((it) => `${it.name} ${it.power_status}`);
  await post("/server/cloud/", WEB);
  const key = { name: "k", public_key: "ssh-rsa AAAA", key_group: "1" };
  await post("/key/sshrsa/", key);
  assertEquals((await get("/key/")).body.total_count, 0);
  clock.ms += 3000;
  assertEquals((await get("/key/")).body.total_count, 1);
  clock.ms += 99;
  assertEquals(await listed(), []);
  clock.ms += 1;
  assertEquals(await listed(), ["web unknown"]);
  clock.ms += 999;
  assertEquals(await listed(), ["web unknown"]);
  clock.ms += 1;
  assertEquals(await listed(), ["web on"]);
  const [{ id } = { id: "" }] = simulator.inventory().nodes;
  assert((await destroy(`/server/cloud/${id}/`)).body.success);
  assertEquals(simulator.inventory().nodes, []);
  clock.ms += 2999;
  assertEquals(await listed(), ["web on"]);
  clock.ms += 1;
  assertEquals(await listed(), []);
});

Deno.test("NephoScaleSimulator gives a node its addresses addressMs after it is on", async () => {
  const { clock, node, post } = setUp({ addressMs: 700 });
  await post("/server/cloud/", WEB);
  clock.ms += 1100;
  const state = async () => {
    const { power_status, postinit_state, ipaddresses } = await node();
    return [power_status, postinit_state, ipaddresses !== ""];
  };
  assertEquals(await state(), ["on", 0, false]);
  clock.ms += 699;
  assertEquals(await state(), ["on", 0, false]);
  clock.ms += 1;
  assertEquals(await state(), ["on", 1, true]);
});

Deno.test("NephoScaleSimulator refuses actions, also the destruction, until busyMs after a job", async () => {
  const { clock, post, run, node, delete: destroy } = setUp({ busyMs: 400 });
  const { id } = await run();
  const at = `/server/cloud/${id}/`;
  const refused = (result: JsonResponse) => {
    assertEquals([result.status, result.body.response], [200, 409]);
    assertMatch(result.body.message, /another job on it is under way/);
  };
  refused(await destroy(at));
  clock.ms += 399;
  refused(await post(`${at}initiator/stop/`));
  clock.ms += 1;
  assert((await post(`${at}initiator/stop/`)).body.success);
  refused(await destroy(at));
  clock.ms += 10;
  assertEquals((await node()).power_status, "off");
  refused(await destroy(at));
  clock.ms += 400;
  assert((await destroy(at)).body.success);
  assertEquals(await node(), undefined);
});

Deno.test("NephoScaleSimulator fails the jobs that `fails` selects", async () => {
  const asked: string[] = [];
  const { clock, simulator, node, nodes, post } = setUp({
    nodes: 1,
    fails: ({ kind, name, id }) => asked.push(`${kind} ${name} ${id}`) > 0,
  });
  await post("/server/cloud/", WEB);
  assertEquals(simulator.inventory().nodes.length, 2);
  clock.ms += 1100;
  assertEquals((await nodes()).length, 1);
  assertEquals(simulator.inventory().nodes.length, 1);
  for (const action of ["stop", "restart"]) {
    await post(`/server/cloud/88241/initiator/${action}/`);
    clock.ms += 10;
    assertEquals((await node()).power_status, "on");
  }
  assertEquals(asked, [
    "create create 88243",
    "action stop 88241",
    "action restart 88241",
  ]);
});

Deno.test("NephoScaleSimulator rejects unknown options and invalid delays", () => {
  const create = (options: object) => () => new NephoScaleSimulator(options);
  assertThrows(
    // The option createMs has this effect.
    create({ hiddenMs: 1 }),
    TypeError,
    'NephoScaleSimulator: unknown option "hiddenMs"',
  );
  assertThrows(create({ fails: true }), TypeError, "fails must be a function");
  for (const field of ["listLagMs", "addressMs", "busyMs"]) {
    for (const value of [-1, NaN, "5"]) {
      assertThrows(create({ [field]: value }), RangeError, field);
    }
  }
  new NephoScaleSimulator({ ...NephoScaleSimulator.realistic, nodes: 1 });
});
