import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  CloudflareSimulator,
  type CloudflareSimulatorOptions,
} from "../../simulators/cloudflare/mod.ts";

const API = "https://api.cloudflare.com/client/v4";

// deno-lint-ignore no-explicit-any -- JSON of responses is read without types
type Json = any;

/** A body of the type that the service expects. */
function toJson(body: unknown): Blob {
  return new Blob([JSON.stringify(body)], { type: "application/json" });
}

/** Creates an account with a zone, and a function that sends requests to it. */
async function setUp(options: CloudflareSimulatorOptions = {}) {
  let clock = Date.parse("2026-01-02T03:04:05Z");
  const simulator = new CloudflareSimulator({
    zones: 1,
    now: () => clock,
    ...options,
  });
  const request = async (
    call: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {
      Authorization: "Bearer token",
    },
  ) => {
    const [method = "", path = ""] = call.split(" ");
    return await simulator.fetch(
      new Request(API + path, {
        method,
        headers,
        body: body === undefined ? null : toJson(body),
      }),
    );
  };
  /** Sends a request, and returns the result or the code of the error. */
  const send = async (call: string, body?: unknown): Promise<Json> => {
    const response = await request(call, body);
    const { success, result, errors }: Json = await response.json();
    assertEquals(success, response.ok);
    if (success) return result;
    const [{ code, error_chain: [cause] = [] }] = errors;
    return `${response.status} ${code}${cause ? ` ${cause.code}` : ""}`;
  };
  const [{ id }] = await send("GET /zones");
  const records = `/zones/${id}/dns_records`;
  const create = (record: object) => send(`POST ${records}`, record);
  const pass = (ms: number) => {
    clock += ms;
  };
  return { simulator, request, send, create, pass, id, records };
}

const A = { type: "A", name: "a", content: "192.0.2.9" };

Deno.test("CloudflareSimulator checks the token, or the global key", async () => {
  const { request } = await setUp();
  const status = async (headers: Readonly<Record<string, string>>) => {
    const response = await request("GET /zones", undefined, headers);
    const { errors: [error] } = await response.json();
    return [response.status, error?.code];
  };
  assertEquals(await status({}), [400, 6003]);
  assertEquals(await status({ Authorization: "Bearer no" }), [401, 10000]);
  assertEquals(await status({ "X-Auth-Key": "global-key" }), [401, 10000]);
  assertEquals(
    await status({
      "X-Auth-Key": "global-key",
      "X-Auth-Email": "user@example.com",
    }),
    [200, undefined],
  );
});

Deno.test("CloudflareSimulator refuses records that the service refuses", async () => {
  const { create, records, send } = await setUp();
  const first = await create({ ...A, ttl: 60 });
  assertEquals(first.name, "a.zone-1.example");
  const cases: readonly (readonly [string, object])[] = [
    ["400 81058", A],
    ["400 81053", { type: "CNAME", name: "a", content: "x.example.net" }],
    ["400 81054", { ...A, name: "*.dev" }],
    ["400 9004", { ...A, type: "NOPE" }],
    ["400 9005", { ...A, content: "192.0.2" }],
    ["400 9006", { type: "AAAA", name: "a", content: "2001:db8::g" }],
    ["400 9007", { type: "CNAME", name: "c", content: "192.0.2.1" }],
    ["400 9009", { type: "MX", name: "a", content: "a b", priority: 1 }],
    ["400 1004 9102", { type: "MX", name: "a", content: "mx.example.net" }],
    ["400 1004 9101", { type: "A", name: "a" }],
    ["400 1004 9101", { type: "SRV", name: "a", content: "1 2 3 x." }],
    ["400 1004 9102", { type: "CAA", name: "a", data: { flags: 256 } }],
    ["400 1004 9000", { ...A, name: "" }],
    ["400 1004 9000", { ...A, name: "-a" }],
    ["400 1004 9000", { ...A, name: "a..b" }],
    ["400 1004 9021", { ...A, name: "b", ttl: 59 }],
    ["400 1004 9021", { ...A, name: "b", ttl: 86_401 }],
    ["400 9041", { type: "TXT", name: "a", content: '"x"', proxied: true }],
    ["400 9041", { ...A, content: "10.0.0.1", proxied: true }],
    ["400 1004 9003", { ...A, name: "b", proxied: "yes" }],
    ["400 1004 9051", { type: "TXT", name: "a", content: '"ü"' }],
    ["400 1004 9052", { type: "TXT", name: "a", content: '"a' }],
    ["400 1004 9052", { type: "TXT", name: "a", content: '"\\256"' }],
    ["400 1004 9101", { type: "TXT", name: "a", content: '""' }],
    ["400 1004 9015", {
      type: "TXT",
      name: "a",
      content: `"${"x".repeat(4081)}"`,
    }],
    ["400 9300", { ...A, name: "b", tags: ["a:b"] }],
    ["400 9301", { ...A, name: "b", comment: "x".repeat(101) }],
  ];
  for (const [expected, record] of cases) {
    assertEquals([record, await create(record)], [record, expected]);
  }
  const delegated = { type: "NS", name: "sub", content: "ns.example.net" };
  assertEquals((await create(delegated)).type, "NS");
  assertEquals(await create({ ...A, name: "sub" }), "400 81056");
  assertEquals(await create({ ...delegated, name: "a" }), "400 81056");
  const ds = { key_tag: 1, algorithm: 13, digest_type: 2, digest: "ab" };
  assertEquals(
    (await create({ type: "DS", name: "sub", data: ds })).type,
    "DS",
  );
  const long = (text: string) => ({
    type: "TXT",
    name: "long",
    content: `"${text.repeat(4000)}"`,
  });
  assert((await create(long("x"))).id);
  assert((await create(long("y"))).id);
  assertEquals(await create(long("z")), "400 83011");
  const other = await create({ ...A, content: "192.0.2.10" });
  const change = { content: A.content };
  assertEquals(await send(`PATCH ${records}/${other.id}`, change), "400 81057");
});

Deno.test("CloudflareSimulator keeps values as the service does", async () => {
  const { create, send, records } = await setUp();
  const cases = [
    [{ type: "CNAME", name: "@", content: "WWW.Example.NET." }, {
      name: "zone-1.example",
      content: "www.example.net",
      proxiable: true,
      settings: { flatten_cname: false },
    }],
    [{ type: "AAAA", name: "B.zone-1.example.", content: "2001:DB8:0::1" }, {
      name: "b.zone-1.example",
      content: "2001:db8::1",
    }],
    [{ ...A, name: "www.example.com" }, {
      name: "www.example.com.zone-1.example",
    }],
    [{ ...A, name: "bücher", proxied: true, ttl: 600 }, {
      name: "xn--bcher-kva.zone-1.example",
      ttl: 1,
    }],
    [{ type: "TXT", name: "t", content: "no quotes" }, {
      content: "no quotes",
      proxiable: false,
    }],
    [{ type: "TXT", name: "t", content: `"${"x".repeat(256)}" "\\065"` }, {
      content: `"${"x".repeat(255)}" "x" "\\065"`,
    }],
    [{
      type: "SRV",
      name: "_a._b",
      data: { priority: 1, weight: 2, port: 3, target: "s.example.net." },
    }, {
      content: "2 3 s.example.net",
      priority: 1,
      data: { priority: 1, weight: 2, port: 3, target: "s.example.net" },
    }],
  ] as const;
  // A CNAME cannot be beside the address of the zone itself.
  const [{ id }] = await send(`GET ${records}?type=A&name=zone-1.example`);
  assertEquals(await send(`DELETE ${records}/${id}`), { id });
  for (const [record, expected] of cases) {
    const created = await create(record);
    const found = Object.fromEntries(
      Object.keys(expected).map((key) => [key, created[key]]),
    );
    assertEquals(found, expected);
  }
});

Deno.test("CloudflareSimulator makes all operations of a batch, or none", async () => {
  const { simulator, send, records } = await setUp({ batchLimit: 3 });
  const before = simulator.inventory();
  const [{ id }, { id: other }] = await send(`GET ${records}?type=A`);
  const batch = (body: object) => send(`POST ${records}/batch`, body);
  const cname = { type: "CNAME", name: "@", content: "x.example.net" };
  assertEquals(
    await batch({ posts: [A, { ...A, content: "x" }] }),
    "400 9005",
  );
  assertEquals(await batch({ deletes: [{ id }, { id }] }), "404 81044");
  assertEquals(await batch({ posts: [A, A, A, A] }), "400 81059");
  assertEquals(await batch({ posts: "no" }), "400 9207");
  assertEquals(simulator.inventory(), before);
  const done = await batch({
    posts: [cname],
    deletes: [{ id }],
    patches: [{ id: other, ttl: 60 }],
  });
  assertEquals(
    [done.deletes[0].id, done.patches[0].ttl, done.posts[0].type],
    [id, 60, "CNAME"],
  );
});

Deno.test("CloudflareSimulator replaces by PUT, and changes by PATCH", async () => {
  const { create, send, records } = await setUp();
  const { id } = await create({ ...A, ttl: 60, comment: "c" });
  const one = `${records}/${id}`;
  const patched = await send(`PATCH ${one}`, { content: "192.0.2.8" });
  assertEquals([patched.ttl, patched.comment], [60, "c"]);
  const put = await send(`PUT ${one}`, A);
  assertEquals([put.ttl, put.comment, put.content], [1, null, A.content]);
  assertEquals(await send(`PUT ${one}`, { content: "x" }), "400 9004");
  assertEquals(await send(`GET ${records}/${"0".repeat(32)}`), "404 81044");
  assertEquals(await send(`GET ${records}/x`), "404 7003");
  assertEquals(await send(`GET /zones/${"0".repeat(32)}`), "404 7003");
  assertEquals(await send("GET /nothing"), "404 7000");
});

Deno.test("CloudflareSimulator filters, sorts and divides lists", async () => {
  const { request, send, records } = await setUp({ zones: 60 });
  const names = async (query: string) =>
    (await send(`GET /zones?${query}`)).map(({ name }: Json) => name);
  assertEquals(await names("name=zone-7.example"), ["zone-7.example"]);
  assertEquals(await names("name=ends_with:-12.example"), ["zone-12.example"]);
  assertEquals(await names("status=pending"), []);
  assertEquals((await names("page=2&per_page=50")).length, 10);
  assertEquals(
    (await names("direction=desc&order=name&per_page=5"))[0],
    "zone-9.example",
  );
  assertEquals(await send("GET /zones?per_page=51"), "400 6004");
  assertEquals(await send("GET /zones?per_page=4"), "400 6004");
  const contents = async (query: string) =>
    (await send(`GET ${records}?${query}`)).map(({ content }: Json) => content);
  const www = "name.exact=WWW.zone-1.example";
  assertEquals(await contents(`${www}&type=A`), ["192.0.2.1", "192.0.2.2"]);
  assertEquals(await contents("proxied=true"), ["192.0.2.1"]);
  assertEquals(await contents("content.startswith=mx2"), [
    "mx2.zone-1.example",
  ]);
  assertEquals(
    await contents(
      "match=any&type=MX&content=2001:db8::1&order=content&direction=desc",
    ),
    ["mx2.zone-1.example", "mx1.zone-1.example", "2001:db8::1"],
  );
  assertEquals(await send(`GET ${records}?type=SOA`), "400 9004");
  const response = await request(`GET ${records}?per_page=4&page=3`);
  assertEquals((await response.json()).result_info, {
    page: 3,
    per_page: 4,
    count: 2,
    total_count: 10,
    total_pages: 3,
  });
});

Deno.test("CloudflareSimulator creates zones that are pending until they are checked", async () => {
  const { simulator, send } = await setUp();
  const account = { id: simulator.credentials.accountId };
  const create = (body: object) => send("POST /zones", body);
  const zone = await create({ name: "Example.com", account });
  assertEquals(
    [zone.name, zone.status, zone.type, zone.activated_on],
    ["example.com", "pending", "full", null],
  );
  assertEquals(zone.name_servers.length, 2);
  assertEquals(await create({ name: "example.com", account }), "400 1061");
  assertEquals(await create({ name: "example", account }), "400 1002");
  assertEquals(await create({ name: "example.org" }), "400 9207");
  assertEquals(
    await create({ name: "example.org", account: { id: "0" } }),
    "403 9109",
  );
  assertEquals(
    await send(`PATCH /zones/${zone.id}`, { paused: true, type: "full" }),
    "400 1093",
  );
  await send(`PATCH /zones/${zone.id}/dnssec`, { status: "active" });
  const state = async () => [
    (await send(`GET /zones/${zone.id}`)).status,
    (await send(`GET /zones/${zone.id}/dnssec`)).status,
  ];
  assertEquals(await state(), ["pending", "pending"]);
  await send(`PUT /zones/${zone.id}/activation_check`);
  assertEquals(await state(), ["active", "active"]);
  await send(`DELETE /zones/${zone.id}/dnssec`);
  assertEquals(await state(), ["active", "disabled"]);
  assertEquals(await send(`DELETE /zones/${zone.id}`), { id: zone.id });
  assertEquals(await send(`GET /zones/${zone.id}`), "404 7003");
});

Deno.test("CloudflareSimulator has as many records as the plan allows", async () => {
  const { create } = await setUp({ recordLimit: 11 });
  assert((await create(A)).id);
  assertEquals(await create({ ...A, name: "b" }), "400 81045");
});

Deno.test("CloudflareSimulator refuses all requests for five minutes after too many", async () => {
  const { request, pass, records } = await setUp({ requests: 4 });
  const status = async () => {
    const response = await request("GET /zones");
    return [response.status, response.headers.get("Retry-After")];
  };
  assertEquals(await status(), [200, null]);
  const { headers } = await request("GET /zones");
  assertEquals(headers.get("Ratelimit"), '"default";r=1;t=300');
  assertEquals(headers.get("Ratelimit-Policy"), '"default";q=4;w=300');
  pass(299_000);
  assertEquals(await status(), [200, null]);
  assertEquals(await status(), [429, "300"]);
  pass(1000);
  assertEquals(await status(), [429, "299"]);
  pass(299_000);
  assertEquals(await status(), [200, null]);
  pass(300_000);
  const exports = [];
  for (let count = 0; count < 4; count++) {
    exports.push((await request(`GET ${records}/export`)).status);
  }
  assertEquals(exports, [200, 200, 200, 429]);
});

Deno.test("CloudflareSimulator rejects options that are invalid", () => {
  assertThrows(
    () => new CloudflareSimulator({ zones: -1 }),
    RangeError,
    "zones",
  );
  assertThrows(
    () => new CloudflareSimulator({ nope: 1 } as CloudflareSimulatorOptions),
    TypeError,
    'CloudflareSimulator: unknown option "nope"',
  );
});
