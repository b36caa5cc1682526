import { assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import {
  AddressPool,
  amount,
  baseUrl,
  type Call,
  callback,
  COMMON_OPTIONS,
  type CommonOptions,
  containsRange,
  count,
  duration,
  Fields,
  findInPath,
  FixedWindow,
  hasUser,
  type InvalidField,
  ipv4ToNumber,
  jsonResponse,
  md5,
  noContent,
  numberToIpv4,
  numericIds,
  type Occupied,
  parseIpv4Range,
  PRIVATE_IPV4,
  PUBLIC_IPV4,
  PUBLIC_IPV6,
  rangesOverlap,
  type RateLimit,
  readBearerToken,
  readForm,
  readJson,
  readOptions,
  readPage,
  Refusal,
  RESERVED_IPV4,
  retryAfter,
  serveRoutes,
  Store,
  text,
  Timeline,
  toInventory,
  toItems,
  TokenBucket,
  toNumericId,
  toUuid,
  unchecked,
  userName,
} from "../../simulators/kit/mod.ts";

const HOST = "https://api.example.com";

/** A node of the small provider below. */
interface Server extends Occupied {
  readonly id: number;
  readonly name: string;
  state: string;
  address: string | undefined;
}

/** A small provider that uses every part of the kit. */
function createProvider(options: CommonOptions = {}) {
  const settings = readOptions("TestSimulator", options, COMMON_OPTIONS);
  const servers = new Store<number, Server>();
  const takeId = numericIds(7);
  const addresses = new AddressPool(PUBLIC_IPV4);
  const timeline = new Timeline(settings, { servers });
  timeline.start();
  // JSON omits an address that is undefined.
  const toJson = ({ id, name, state, address }: Server) => {
    return { id, name, state, address };
  };
  const serverOf = (call: Call) =>
    findInPath(servers, call, () => new Refusal(404, "not found"));
  const requireIdle = (server: Server) => {
    if (timeline.isBusy(server)) throw new Refusal(409, "busy");
  };
  const willFail = (kind: "create" | "action", name: string, id: number) =>
    settings.fails({ kind, name, id: String(id) });
  const fetch = serveRoutes({
    timeline,
    error: ({ status, message, code, field, headers }) =>
      jsonResponse(status, { message, code, field }, headers),
    routes: {
      "GET /servers": () =>
        jsonResponse(200, [...timeline.listed.servers.values()].map(toJson)),
      "GET /servers/{id}": (call) => jsonResponse(200, toJson(serverOf(call))),
      "POST /servers": async ({ request }) => {
        const name = new Fields(await readJson(request)).string("name");
        if (servers.isTaken((it) => it.name === name)) {
          throw new Refusal(409, "taken", { code: "taken", field: "name" });
        }
        const server: Server = timeline.add(servers, {
          id: takeId(),
          name,
          state: "new",
          address: undefined,
          operation: undefined,
          busyUntil: 0,
        });
        const fails = willFail("create", "create", server.id);
        timeline.begin(server, settings.createMs, (at) => {
          server.state = fails ? "failed" : "on";
          timeline.after(settings.addressMs, () => {
            server.address = addresses.take();
          }, at);
        });
        return jsonResponse(201, toJson(server));
      },
      "POST /servers/{id}/stop": (call) => {
        const server = serverOf(call);
        requireIdle(server);
        const fails = willFail("action", "stop", server.id);
        timeline.begin(server, settings.actionMs, () => {
          if (!fails) server.state = "off";
        });
        return noContent();
      },
      "DELETE /servers/{id}": (call) => {
        const server = serverOf(call);
        servers.delete(server.id);
        addresses.release(server.address);
        return noContent();
      },
    },
  });
  return { fetch, timeline, servers };
}

/** Sends a request; returns the status and the body. */
async function send(
  fetch: (request: Request) => Promise<Response>,
  route: string,
  data?: unknown,
): Promise<[number, unknown]> {
  const [method = "", path = ""] = route.split(" ");
  const response = await fetch(
    new Request(HOST + path, {
      method,
      ...(data === undefined ? {} : {
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(data),
      }),
    }),
  );
  const body = await response.text();
  return [response.status, body === "" ? undefined : JSON.parse(body)];
}

/** A provider whose time the test controls. */
function createTimed(options: CommonOptions = {}) {
  const clock = { now: 1_000_000 };
  const { fetch } = createProvider({ now: () => clock.now, ...options });
  return {
    clock,
    send: (route: string, data?: unknown) => send(fetch, route, data),
    async states(): Promise<unknown> {
      const [, servers] = await send(fetch, "GET /servers");
      return (servers as Server[]).map(({ state }) => state);
    },
  };
}

Deno.test("kit: two accounts share nothing", async () => {
  const [one, other] = [createTimed(), createTimed()];
  assertEquals((await one.send("POST /servers", { name: "a" }))[0], 201);
  assertEquals(await other.states(), []);
  const [status, server] = await other.send("POST /servers", { name: "a" });
  assertEquals([status, (server as Server).id], [201, 7]);
  one.clock.now += 1000;
  other.clock.now += 1000;
  const addressOf = async ({ send }: typeof one) => {
    const [, server] = await send("GET /servers/7");
    return (server as Server).address;
  };
  assertEquals(await addressOf(one), "203.0.113.1");
  assertEquals(await addressOf(other), "203.0.113.1");
  await one.send("DELETE /servers/7");
  assertEquals(await other.states(), ["on"]);
});

Deno.test("kit: a new resource is unknown during hiddenMs, and its name is taken", async () => {
  const { clock, send, states } = createTimed({ hiddenMs: 30 });
  await send("POST /servers", { name: "a" });
  assertEquals((await send("GET /servers/7"))[0], 404);
  assertEquals(await states(), []);
  assertEquals((await send("POST /servers", { name: "a" }))[0], 409);
  clock.now += 29;
  assertEquals((await send("GET /servers/7"))[0], 404);
  clock.now += 1;
  assertEquals((await send("GET /servers/7"))[0], 200);
  assertEquals(await states(), ["new"]);
});

Deno.test("kit: lists lag by listLagMs, and single resources do not", async () => {
  const { clock, send, states } = createTimed({ listLagMs: 40, createMs: 50 });
  await send("POST /servers", { name: "a" });
  assertEquals((await send("GET /servers/7"))[0], 200);
  clock.now += 39;
  assertEquals(await states(), []);
  clock.now += 1;
  assertEquals(await states(), ["new"]);
  // The node is on since 50, which lists show from 90 on.
  clock.now += 49;
  assertEquals(await states(), ["new"]);
  clock.now += 1;
  assertEquals(await states(), ["on"]);
  await send("DELETE /servers/7");
  clock.now += 39;
  assertEquals(await states(), ["on"]);
  clock.now += 1;
  assertEquals(await states(), []);
});

Deno.test("kit: addresses arrive after addressMs", async () => {
  const { clock, send } = createTimed({ addressMs: 20, createMs: 10 });
  await send("POST /servers", { name: "a" });
  const look = async () => {
    const { state, address } = (await send("GET /servers/7"))[1] as Server;
    return [state, address];
  };
  clock.now += 29;
  assertEquals(await look(), ["on", undefined]);
  clock.now += 1;
  assertEquals(await look(), ["on", "203.0.113.1"]);
});

Deno.test("kit: a resource is busy during an operation and for busyMs", async () => {
  const { clock, send } = createTimed({ busyMs: 5, createMs: 10 });
  await send("POST /servers", { name: "a" });
  const stop = async () => (await send("POST /servers/7/stop"))[0];
  assertEquals(await stop(), 409);
  clock.now += 14;
  assertEquals(await stop(), 409);
  clock.now += 1;
  assertEquals(await stop(), 204);
  assertEquals(await stop(), 409);
});

Deno.test("kit: fails decides which operations fail", async () => {
  const asked: unknown[] = [];
  const { clock, send, states } = createTimed({
    fails: (operation) => {
      asked.push(operation);
      return operation.kind === "action" || operation.id === "8";
    },
  });
  await send("POST /servers", { name: "a" });
  await send("POST /servers", { name: "b" });
  clock.now += 50;
  await send("POST /servers/7/stop");
  clock.now += 20;
  assertEquals(await states(), ["on", "failed"]);
  assertEquals(asked, [
    { kind: "create", name: "create", id: "7" },
    { kind: "create", name: "create", id: "8" },
    { kind: "action", name: "stop", id: "7" },
  ]);
});

Deno.test("serveRoutes() converts every refusal by the function of the provider", async () => {
  const { send } = createTimed();
  assertEquals(await send("GET /nothing"), [404, {
    message: "There is nothing at this address.",
  }]);
  assertEquals((await send("PUT /servers"))[0], 405);
  assertEquals(await send("POST /servers", [1]), [400, {
    message: "The body is not an object.",
  }]);
  await send("POST /servers", { name: "a" });
  assertEquals(await send("POST /servers", { name: "a" }), [409, {
    message: "taken",
    code: "taken",
    field: "name",
  }]);
  const fetch = serveRoutes({
    error: ({ status, message }) => jsonResponse(status, message),
    routes: {
      "GET /": () => {
        throw new Error("defect");
      },
    },
  });
  const response = await fetch(new Request(HOST));
  assertEquals([response.status, await response.json()], [
    500,
    "Error: defect",
  ]);
});

Deno.test("serveRoutes() checks requests before, and adds headers after", async () => {
  const fetch = serveRoutes({
    before(request) {
      if (readBearerToken(request) === "secret") return;
      throw new Refusal(401, "wrong token", {
        headers: { "X-Reason": "token" },
      });
    },
    after: (headers) => headers.set("X-Request-Id", "7"),
    error: ({ status, message, headers }) =>
      jsonResponse(status, message, headers),
    routes: {
      "GET /keys/{name}": ({ params }) => jsonResponse(200, params.get("name")),
      "PUT /keys/{name}": noContent,
    },
  });
  const respond = (method: string, path: string, token = "secret") => {
    const headers = { Authorization: `Bearer ${token}` };
    return fetch(new Request(HOST + path, { method, headers }));
  };
  const refused = await respond("GET", "/keys/a", "wrong");
  assertEquals([refused.status, await refused.json()], [401, "wrong token"]);
  assertEquals(refused.headers.get("X-Reason"), "token");
  assertEquals(refused.headers.get("X-Request-Id"), "7");
  const found = await respond("GET", "/keys/a%2Fb");
  assertEquals([await found.json(), found.headers.get("X-Request-Id")], [
    "a/b",
    "7",
  ]);
  assertEquals((await respond("GET", "/keys/")).status, 404);
  assertEquals((await respond("GET", "/keys/%")).status, 404);
  const other = await respond("POST", "/keys/a");
  assertEquals([other.status, other.headers.get("Allow")], [405, "GET, PUT"]);
});

Deno.test("serveRoutes() sends no body to HEAD, and ignores what a server passes", async () => {
  const fetch = serveRoutes({
    error: ({ status, message }) => jsonResponse(status, message),
    routes: { "HEAD /": () => jsonResponse(200, "body") },
  });
  const head = await fetch(new Request(HOST, { method: "HEAD" }));
  assertEquals([head.status, await head.text()], [200, ""]);
  // A server passes more arguments, and handles disconnected clients itself.
  const signal = AbortSignal.abort();
  const request = new Request(HOST, { method: "HEAD", signal });
  const respond: (...args: unknown[]) => Promise<Response> = fetch as never;
  assertEquals((await respond(request, {})).status, 200);
});

Deno.test("serveRoutes() rejects if the signal is aborted, before or during the request", async () => {
  const { fetch, servers } = createProvider();
  const reason = new Error("stop");
  const create = (signal: AbortSignal) =>
    fetch(
      new Request(`${HOST}/servers`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: '{"name":"a"}',
        signal,
      }),
    ).catch((error: unknown) => error);
  assertEquals(await create(AbortSignal.abort(reason)), reason);
  assertEquals(servers.size, 0);
  const controller = new AbortController();
  const result = create(controller.signal);
  controller.abort(reason);
  assertEquals(await result, reason);
});

Deno.test("findInPath() finds resources by numbers and by strings", async () => {
  const numbers = new Store([[7, "seven"]]);
  const names = new Store([["7", "string"], ["x/y", "path"]]);
  const notFound = () => new Refusal(404, "not found");
  const fetch = serveRoutes({
    error: ({ status, message }) => jsonResponse(status, message),
    routes: {
      "GET /numbers/{id}": (call) =>
        jsonResponse(200, findInPath(numbers, call, notFound)),
      "GET /names/{name}": (call) =>
        jsonResponse(200, findInPath(names, call, notFound, "name")),
    },
  });
  const get = async (path: string) =>
    await (await fetch(new Request(HOST + path))).json();
  assertEquals(await get("/numbers/7"), "seven");
  assertEquals(await get("/numbers/07"), "not found");
  assertEquals(await get("/names/7"), "string");
  assertEquals(await get("/names/x%2Fy"), "path");
  assertEquals(await get("/names/x"), "not found");
});

Deno.test("readOptions() fills in defaults and refuses invalid options", () => {
  const readers = {
    nodes: count(2),
    pages: count(Infinity, 1),
    delayMs: duration(5),
    rate: amount(1, 0.5),
    user: userName("me"),
    password: text("secret"),
    url: baseUrl("https://example.com/"),
    now: callback(() => 3),
    zones: unchecked<readonly string[]>(["a"]),
  };
  type Options = Partial<Record<keyof typeof readers, unknown>>;
  const read = (options: Options) => readOptions("Test", options, readers);
  const { now, ...defaults } = read({ nodes: undefined });
  assertEquals([now(), defaults], [3, {
    nodes: 2,
    pages: Infinity,
    delayMs: 5,
    rate: 1,
    user: "me",
    password: "secret",
    url: "https://example.com",
    zones: ["a"],
  }]);
  assertEquals(
    read({ url: "http://127.0.0.1:80//" }).url,
    "http://127.0.0.1:80",
  );
  assertEquals(read({ rate: Infinity }).rate, Infinity);
  const invalid: readonly [Options, string][] = [
    [{ nodes: 1.5 }, "nodes must be an integer of at least 0, got 1.5"],
    [{ nodes: -1 }, "nodes must be an integer of at least 0, got -1"],
    [{ nodes: "2" }, "nodes must be an integer of at least 0, got 2"],
    [{ pages: 0 }, "pages must be an integer of at least 1, got 0"],
    [
      { delayMs: Infinity },
      "delayMs must be a finite number of at least 0, got Infinity",
    ],
    [
      { delayMs: -1 },
      "delayMs must be a finite number of at least 0, got -1",
    ],
    [{ rate: NaN }, "rate must be a number of at least 0.5, got NaN"],
    [
      { user: "me:secret" },
      "user must be a string without a colon, got a colon at index 2",
    ],
    [{ password: 5 }, "password must be a string, got number"],
    [{ now: 5 }, "now must be a function, got number"],
    [{ node: 1 } as Options, 'unknown option "node"'],
  ];
  for (const [options, message] of invalid) {
    const error = assertThrows(() => read(options), Error);
    assertEquals(error.message, `Test: ${message}`);
    const type = / (?:integer|number) of /.test(message)
      ? RangeError
      : TypeError;
    assertInstanceOf(error, type);
  }
});

Deno.test("Fields reads the fields of a JSON object by type", () => {
  const fields = new Fields({
    name: "web",
    size: 10,
    isPublic: false,
    tags: ["a", "b"],
    ids: [1, 2],
    nested: { a: "1" },
    none: null,
  });
  assertEquals([fields.any("size"), fields.any("name")], [10, "web"]);
  const { optional } = fields;
  assertEquals(fields.string("name", { min: 3, max: 3 }), "web");
  assertEquals(fields.choice("name", ["db", "web"]), "web");
  assertEquals(fields.integer("size", { min: 10, max: 10 }), 10);
  assertEquals(fields.boolean("isPublic"), false);
  assertEquals(fields.list("tags"), ["a", "b"]);
  assertEquals(fields.strings("tags"), ["a", "b"]);
  assertEquals(optional.integers("ids"), [1, 2]);
  assertEquals(fields.record("nested"), { a: "1" });
  assertEquals(optional.labels("nested"), { a: "1" });
  for (const name of ["none", "missing", "constructor"]) {
    assertEquals(optional.any(name), undefined);
    assertEquals(optional.string(name), undefined);
    assertEquals(optional.choice(name, ["a"]), undefined);
    assertEquals(optional.integer(name), undefined);
    assertEquals(optional.boolean(name), undefined);
    assertEquals(optional.strings(name), undefined);
    assertEquals(optional.integers(name), undefined);
    assertEquals(optional.labels(name), undefined);
  }
});

Deno.test("Fields refuses an invalid field by the function of the provider", () => {
  const refused: InvalidField[] = [];
  const options = {
    invalid: (field: InvalidField) => {
      refused.push(field);
      return new Refusal(422, field.message, { field: field.field });
    },
  };
  const values = { name: " ", size: 1.5, tags: ["a", 1], labels: { a: 1 } };
  const fields = new Fields(values, options);
  const { optional } = fields;
  const probes: readonly [() => unknown, string, string][] = [
    [() => fields.string("id"), "missing", "id is required"],
    [() => fields.string("size"), "type", "size must be a string"],
    [
      () => fields.string("name"),
      "length",
      "name must have at least 1 characters",
    ],
    [
      () => optional.string("name", { min: 2, max: 4 }),
      "length",
      "name must have 2-4 characters",
    ],
    [() => fields.choice("name", ["a", "b"]), "choice", "name must be a or b"],
    [() => fields.integer("size"), "type", "size must be an integer"],
    [
      () =>
        new Fields({ port: 70_000 }, options).integer("port", {
          min: 1,
          max: 9,
        }),
      "range",
      "port must be a number from 1 to 9",
    ],
    [() => fields.boolean("size"), "type", "size must be a boolean"],
    [() => fields.list("name"), "type", "name must be an array"],
    [
      () => fields.list("tags", { max: 1 }),
      "length",
      "tags must have 0-1 items",
    ],
    [() => fields.strings("tags"), "type", "tags must be an array of strings"],
    [
      () => optional.integers("tags"),
      "type",
      "tags must be an array of integers",
    ],
    [() => fields.record("tags"), "type", "tags must be an object"],
    [
      () => optional.labels("labels"),
      "type",
      "labels must be an object of strings",
    ],
    [
      () => new Fields(values, { ...options, known: ["name"] }),
      "unknown",
      "size is unknown",
    ],
  ];
  for (const [read, rule, message] of probes) {
    const error = assertThrows(read, Refusal);
    assertEquals([error.status, error.message], [422, message]);
    const { rule: given, field, value } = refused.at(-1)!;
    assertEquals([given, error.field], [rule, field]);
    if (field === "size") assertEquals(value, 1.5);
  }
  assertEquals(refused.length, probes.length);
  const plain = assertThrows(() => new Fields({}).string("name"), Refusal);
  assertEquals([plain.status, plain.field], [400, "name"]);
});

Deno.test("Fields parses the numbers and booleans of forms and queries", () => {
  const form = new Map([["size", "10"], ["on", "true"], ["off", "false"]]);
  const query = new URLSearchParams("size=10&on=true&off=false");
  for (const source of [form, query]) {
    const fields = new Fields(source);
    assertEquals(fields.integer("size"), 10);
    assertEquals([fields.boolean("on"), fields.boolean("off")], [true, false]);
    assertEquals(fields.string("size"), "10");
    assertThrows(() => fields.integer("on"), Refusal, "on must be an integer");
    assertThrows(() => fields.boolean("size"), Refusal, "must be a boolean");
  }
  // JSON has types of its own.
  assertThrows(() => new Fields({ size: "10" }).integer("size"), Refusal);
});

Deno.test("Store contains a hidden resource only after reveal()", () => {
  const all = new Store([["a", 1]]);
  all.hide("b", 2);
  all.hide("c", 3);
  assertEquals([all.size, all.has("b"), all.get("b")], [1, false, undefined]);
  assertEquals([all.list, all.all], [[1], [1, 2, 3]]);
  assertEquals([all.hasRoom(3), all.hasRoom(4)], [false, true]);
  all.delete("c");
  all.reveal("b");
  all.reveal("c");
  assertEquals([all.list, all.all], [[1, 2], [1, 2]]);
  assertEquals([all.delete("a"), all.delete("a")], [true, false]);
  assertEquals(all.list, [2]);
  all.hide("d", 4);
  all.clear();
  all.reveal("d");
  assertEquals([all.list, all.all], [[], []]);
});

Deno.test("Store.isTaken() considers hidden resources, but not the own one", () => {
  const all = new Store<
    number,
    { readonly id: number; readonly name: string }
  >();
  const own = all.add({ id: 1, name: "a" });
  all.hide(2, { id: 2, name: "b" });
  assertEquals(all.isTaken(({ name }) => name === "a"), true);
  assertEquals(all.isTaken(({ name }) => name === "a", own), false);
  assertEquals(all.isTaken(({ name }) => name === "b", own), true);
  assertEquals(all.isTaken(({ name }) => name === "c"), false);
});

Deno.test("md5() computes the digests of RFC 1321", () => {
  const digest = (text: string) =>
    md5(new TextEncoder().encode(text)).replaceAll(":", "");
  assertEquals(digest(""), "d41d8cd98f00b204e9800998ecf8427e");
  assertEquals(digest("abc"), "900150983cd24fb0d6963f7d28e17f72");
  // Two blocks.
  assertEquals(
    digest("1234567890".repeat(8)),
    "57edf4a22be3c955ac49da2e2107b67a",
  );
  assertEquals(md5(new Uint8Array()).slice(0, 8), "d4:1d:8c");
});

Deno.test("ids are counted, made into UUIDs and parsed strictly", () => {
  const takeId = numericIds(10, 5);
  assertEquals([takeId(), takeId(), takeId()], [10, 15, 20]);
  assertEquals([numericIds()(), numericIds()()], [1, 1]);
  assertEquals(toUuid(255, "1-2-3-4"), "1-2-3-4-0000000000ff");
  assertEquals(toUuid(1).length, 36);
  assertEquals(["7", 7, "70"].map(toNumericId), [7, 7, 70]);
  for (const id of ["0", "07", "0x7", "7.0", "1e3", "", " 7", null]) {
    assertEquals(toNumericId(id), NaN, String(id));
  }
});

Deno.test("Timeline hides no resource of the initial contents", () => {
  let now = 0;
  const all = new Store<string, { readonly id: string }>();
  const settings = { now: () => now, hiddenMs: 10, listLagMs: 5, busyMs: 0 };
  const timeline = new Timeline(settings, { all });
  timeline.add(all, { id: "a" });
  timeline.start();
  timeline.add(all, { id: "b" });
  assertEquals([...all.keys()], ["a"]);
  now = 10;
  timeline.advance();
  assertEquals([...all.keys()], ["a", "b"]);
  const past = () => [...(timeline.past()?.all.keys() ?? [])];
  assertEquals(past(), ["a"]);
  now = 15;
  assertEquals(past(), ["a", "b"]);
});

Deno.test("Timeline.past() keeps the order of changes that are due during a request", () => {
  let now = 0;
  const counts = new Map([["count", 0]]);
  const settings = { now: () => now, hiddenMs: 0, listLagMs: 100, busyMs: 0 };
  const timeline = new Timeline(settings, counts);
  timeline.start();
  timeline.after(40, () => counts.set("count", 2));
  counts.set("count", 1);
  // A request that was handled until 50.
  now = 50;
  timeline.changed();
  timeline.advance();
  const at = (time: number) => {
    now = time;
    return timeline.past()?.get("count");
  };
  assertEquals([at(149), at(150)], [0, 2]);
  // What lists show is a copy.
  counts.set("count", 3);
  assertEquals(at(1000), 2);
});

Deno.test("Timeline.after() runs changes by time, then in the order of their calls", () => {
  let now = 0;
  const settings = { now: () => now, hiddenMs: 0, listLagMs: 0, busyMs: 0 };
  const timeline = new Timeline(settings, {});
  const order: string[] = [];
  const note = (name: string) => (at: number) => {
    order.push(`${name} at ${at}`);
  };
  timeline.after(20, note("c"));
  timeline.after(10, note("a"));
  timeline.after(10, note("b"));
  timeline.after(5, (at) => timeline.after(15, note("d"), at));
  timeline.after(31, note("e"));
  now = 30;
  timeline.advance();
  assertEquals(order, ["a at 10", "b at 10", "c at 20", "d at 20"]);
});

Deno.test("Timeline.listed is the present state if lists do not lag", () => {
  const all = new Map([["a", 1]]);
  const settings = { now: () => 0, hiddenMs: 0, listLagMs: 0, busyMs: 0 };
  const timeline = new Timeline(settings, all);
  timeline.start();
  assertEquals([timeline.past(), timeline.listed === all], [undefined, true]);
});

Deno.test("Timeline.begin() replaces an operation that is in progress", () => {
  let now = 0;
  const settings = { now: () => now, hiddenMs: 0, listLagMs: 0, busyMs: 5 };
  const timeline = new Timeline(settings, {});
  const resource: Occupied = { operation: undefined, busyUntil: 0 };
  const ended: string[] = [];
  timeline.begin(resource, 10, () => ended.push("first"));
  const { version } = timeline;
  now = 5;
  timeline.begin(resource, 10, (at) => ended.push(`second at ${at}`));
  now = 10;
  timeline.advance();
  assertEquals([ended, timeline.isBusy(resource)], [[], true]);
  now = 30;
  timeline.advance();
  assertEquals([ended, timeline.isBusy(resource)], [["second at 15"], false]);
  assertEquals(timeline.version - version, 2);
  timeline.keepBusy(resource);
  assertEquals([resource.busyUntil, timeline.isBusy(resource)], [35, true]);
});

Deno.test("AddressPool hands out each address once, and released ones last", () => {
  const pool = new AddressPool(["192.0.2.0/30", "192.0.2.8/30"]);
  const taken = Array.from({ length: 5 }, () => pool.take());
  assertEquals(taken, [
    "192.0.2.1",
    "192.0.2.2",
    "192.0.2.9",
    "192.0.2.10",
    undefined,
  ]);
  assertEquals(pool.size, 4);
  pool.release("192.0.2.2", "192.0.2.2", "10.0.0.1", null, undefined);
  assertEquals([pool.size, pool.take(), pool.take()], [
    3,
    "192.0.2.2",
    undefined,
  ]);
});

Deno.test("AddressPool hands out IPv4 and IPv6 addresses and networks", () => {
  const first = (ranges: readonly string[], options = {}) =>
    new AddressPool(ranges, options).take();
  assertEquals(first(PUBLIC_IPV4), "203.0.113.1");
  assertEquals(first(RESERVED_IPV4), "198.51.100.1");
  assertEquals(first(PRIVATE_IPV4, { first: 0 }), "10.128.0.0");
  assertEquals(first(PUBLIC_IPV6), "2001:db8::1");
  assertEquals(first(PUBLIC_IPV6, { prefix: 64 }), "2001:db8:0:1::/64");
  assertEquals(first(["2001:db8:10::/64"]), "2001:db8:10::1");
  assertEquals(first(["::1:0:0:0:0/120"]), "::1:0:0:0:1");
  assertEquals(first(["1:2:3:4:5:6:7:0/120"]), "1:2:3:4:5:6:7:1");
  assertEquals(first(["1:0:0:4::/120"]), "1:0:0:4::1");
  const many = new AddressPool(PUBLIC_IPV4);
  const taken = Array.from({ length: 600 }, () => many.take());
  assertEquals(new Set(taken).size, 600);
  assertEquals(taken.slice(253, 255), ["203.0.113.254", "198.18.0.1"]);
  for (
    const range of ["10.0.0.0", "10.0.0/8", "10.0.0.0/33", "::g/64", "a/8"]
  ) {
    const error = assertThrows(() => new AddressPool([range]), RangeError);
    assertEquals(
      error.message,
      `AddressPool: ranges must be in CIDR notation, got ${range}`,
    );
  }
});

Deno.test("ipv4ToNumber() and numberToIpv4() are inverse to each other", () => {
  for (const ip of ["0.0.0.0", "10.1.2.3", "255.255.255.255"]) {
    assertEquals(numberToIpv4(ipv4ToNumber(ip)), ip);
  }
  for (const ip of ["", "10.0.0", "10.0.0.256", "10.0.0.1.1", "a.b.c.d"]) {
    assertEquals(ipv4ToNumber(ip), NaN, ip);
  }
});

/** What a rate limit tells, besides its limit. */
function look({ remaining, resetAt, nextAt }: RateLimit): readonly number[] {
  return [remaining, resetAt, nextAt];
}

Deno.test("parseIpv4Range() parses CIDR notation, and ranges are compared", () => {
  const parse = (text: string) => {
    const range = parseIpv4Range(text);
    return range && [range.first, range.last].map(numberToIpv4).join("-");
  };
  const rows: Readonly<Record<string, string | undefined>> = {
    "10.0.0.0/8": "10.0.0.0-10.255.255.255",
    "192.168.1.128/25": "192.168.1.128-192.168.1.255",
    "0.0.0.0/0": "0.0.0.0-255.255.255.255",
    "203.0.113.7/32": "203.0.113.7-203.0.113.7",
    "10.0.0.1/8": undefined,
    "10.0.0.0/33": undefined,
    "10.0.0.0": undefined,
    "10.0.0/8": undefined,
    "2001:db8::/32": undefined,
  };
  for (const [text, expected] of Object.entries(rows)) {
    assertEquals([text, parse(text)], [text, expected]);
  }
  const compared: readonly (readonly [string, string, boolean, boolean])[] = [
    ["10.0.0.0/23", "10.0.1.0/24", true, true],
    ["10.0.1.0/24", "10.0.0.0/23", false, true],
    ["10.0.0.0/24", "10.0.0.0/23", false, true],
    ["10.0.1.255/32", "10.0.1.0/24", false, true],
    ["10.0.0.0/23", "10.0.2.0/24", false, false],
  ];
  for (const [one, other, contains, overlaps] of compared) {
    const ranges = [parseIpv4Range(one)!, parseIpv4Range(other)!] as const;
    assertEquals(
      [one, other, containsRange(...ranges), rangesOverlap(...ranges)],
      [one, other, contains, overlaps],
    );
  }
});

Deno.test("FixedWindow allows a number of requests in each period", () => {
  let now = 1000;
  const limit = new FixedWindow(2, 100, () => now);
  assertEquals([limit.limit, ...look(limit)], [2, 2, 1100, 1000]);
  assertEquals([limit.take(), limit.take(), limit.take()], [true, true, false]);
  now = 1099;
  assertEquals([limit.take(), ...look(limit)], [false, 0, 1100, 1100]);
  now = 1100;
  assertEquals([limit.take(), ...look(limit)], [true, 1, 1200, 1100]);
});

Deno.test("TokenBucket is refilled one request after the other", () => {
  let now = 0;
  const limit = new TokenBucket(3, 1000, () => now);
  assertEquals([limit.limit, ...look(limit)], [3, 3, 0, 0]);
  now = 500;
  assertEquals([limit.take(), limit.take(), limit.take()], [true, true, true]);
  // Full again after three seconds; the next request needs one.
  assertEquals([limit.take(), ...look(limit)], [false, 0, 3500, 1500]);
  now = 1499;
  assertEquals([limit.take(), retryAfter(limit, now)], [false, "1"]);
  now = 2600;
  assertEquals([limit.take(), ...look(limit)], [true, 1, 4500, 2600]);
  assertEquals([limit.take(), ...look(limit)], [true, 0, 5500, 3500]);
  assertEquals([limit.take(), retryAfter(limit, now)], [false, "1"]);
  now = 99_999;
  assertEquals(look(limit), [3, 99_999, 99_999]);
});

Deno.test("readPage() selects a page, and refuses invalid numbers", () => {
  const all = Array.from({ length: 12 }, (_, index) => index);
  const rules = { size: "per_page", min: 2, max: 10, defaultSize: 5 };
  const read = (query: string, more = {}) =>
    readPage(all, new URL(`${HOST}/${query}`), { ...rules, ...more });
  assertEquals(read(""), {
    items: [0, 1, 2, 3, 4],
    page: 1,
    pages: 3,
    size: 5,
    total: 12,
  });
  assertEquals(read("?page=3").items, [10, 11]);
  assertEquals(read("?page=4").items, []);
  assertEquals(read("?per_page=10").pages, 2);
  assertEquals(read("?per_page=10", { largest: 4 }).items.length, 4);
  assertEquals(read("", { defaultSize: 50 }).size, 10);
  for (const query of ["?page=0", "?page=x", "?per_page=11", "?per_page=1"]) {
    const error = assertThrows(() => read(query), Refusal);
    assertEquals([error.status, error.field], [400, query.match(/\w+/)![0]]);
  }
  const invalid = ({ message }: InvalidField) => new Refusal(422, message);
  const error = assertThrows(() => read("?page=0", { invalid }), Refusal);
  assertEquals(error.status, 422);
});

Deno.test("hasUser() and readBearerToken() read the header Authorization", () => {
  const request = (value: string) =>
    new Request(HOST, { headers: { Authorization: value } });
  const basic = (value: string) =>
    request(
      `Basic ${btoa(String.fromCharCode(...new TextEncoder().encode(value)))}`,
    );
  const user = { username: "me", password: "pä:55" };
  assertEquals(hasUser(basic("me:pä:55"), user), true);
  for (const value of ["me:pä", "you:pä:55", "me", ""]) {
    assertEquals(hasUser(basic(value), user), false, value);
  }
  assertEquals(hasUser(new Request(HOST), user), false);
  assertEquals(hasUser(request("Basic %"), user), false);
  assertEquals(readBearerToken(request("Bearer abc")), "abc");
  assertEquals(readBearerToken(request("bearer abc=")), "abc=");
  for (const value of ["Basic abc", "Bearer", "Bearer a b"]) {
    assertEquals(readBearerToken(request(value)), undefined, value);
  }
});

Deno.test("readForm() and readJson() refuse bodies of another type", async () => {
  const post = (body: string, type: string) =>
    new Request(HOST, {
      method: "POST",
      body,
      headers: { "Content-Type": type },
    });
  const form = "application/x-www-form-urlencoded";
  assertEquals(
    await readForm(post("a=1&b=x+y", form)),
    new Map([
      ["a", "1"],
      ["b", "x y"],
    ]),
  );
  assertEquals(await readJson(post('{"a":1}', "application/json")), { a: 1 });
  assertEquals(await readJson(new Request(HOST)), {});
  const statusOf = async (result: Promise<unknown>) => {
    const error = await result.catch((error: unknown) => error);
    return error instanceof Refusal ? error.status : error;
  };
  assertEquals(await statusOf(readForm(post("a=1&a=2", form))), 400);
  assertEquals(await statusOf(readForm(post("a=1", "text/plain"))), 415);
  assertEquals(await statusOf(readJson(post("{", "application/json"))), 400);
  assertEquals(await statusOf(readJson(post("[]", "application/json"))), 400);
  assertEquals(await statusOf(readJson(post("{}", "text/plain"))), 415);
  const large = JSON.stringify("x".repeat(1_000_001));
  assertEquals(await statusOf(readJson(post(large, "application/json"))), 413);
});

Deno.test("toInventory() describes resources, and has each kind", () => {
  const servers = [{ id: 1, name: "a" }, { id: 2, name: "b" }];
  const nodes = toItems(servers, ({ name }) => name, ({ id }) => id === 2);
  const keyPairs = toItems([{ id: "k" }]);
  assertEquals(toInventory({ nodes, keyPairs }), {
    nodes: [
      { id: "1", name: "a", isDestroyed: false },
      { id: "2", name: "b", isDestroyed: true },
    ],
    volumes: [],
    images: [],
    snapshots: [],
    keyPairs: [{ id: "k", name: undefined, isDestroyed: false }],
  });
});
