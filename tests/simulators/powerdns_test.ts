import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import {
  PowerDnsSimulator,
  type PowerDnsSimulatorOptions,
} from "../../simulators/powerdns/mod.ts";

const SERVER = "http://127.0.0.1:8081/api/v1/servers/localhost";

// deno-lint-ignore no-explicit-any -- JSON of responses is read without types
type Json = any;

/** Creates a server, and a function that sends requests to it. */
function setUp(options: PowerDnsSimulatorOptions = { zones: 1 }) {
  const simulator = new PowerDnsSimulator({
    now: () => Date.parse("2026-01-02T03:04:05Z"),
    ...options,
  });
  const send = async (
    call: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ) => {
    const [method = "", path = ""] = call.split(" ");
    return await simulator.fetch(
      new Request(SERVER + path, {
        method,
        headers: {
          "X-API-Key": simulator.credentials.apiKey,
          Accept: "application/json",
          ...headers,
        },
        body: body === undefined ? null : JSON.stringify(body),
      }),
    );
  };
  const json = async (call: string, body?: unknown): Promise<Json> =>
    await (await send(call, body)).json();
  /** Changes record sets; returns the status, and the reason of a refusal. */
  const patch = async (...rrsets: readonly unknown[]): Promise<string> => {
    const response = await send("PATCH /zones/zone-1.example.", { rrsets });
    const text = await response.text();
    return `${response.status} ${text && JSON.parse(text).error}`.trim();
  };
  return { simulator, send, json, patch };
}

const set = (
  name: string,
  type: string,
  contents: readonly string[],
  more: Readonly<Record<string, unknown>> = {},
) => ({
  name,
  type,
  ttl: 60,
  changetype: "REPLACE",
  records: contents.map((content) => ({ content })),
  ...more,
});

Deno.test("PowerDnsSimulator sends errors as text, unless JSON is accepted", async () => {
  const { send } = setUp();
  const cases = [
    ["GET /zones/none.example.", {}, 404, '{"error":"Not Found"}'],
    ["GET /zones/none.example.", { Accept: "*/*" }, 404, "Not Found"],
    ["GET /zones", { "X-API-Key": "x" }, 401, '{"error":"Unauthorized"}'],
    ["GET /zones", { "X-API-Key": "x", Accept: "*/*" }, 401, "Unauthorized"],
    ["POST /zones/zone-1.example.", {}, 405, '{"error":"Method Not Allowed"}'],
    [
      "GET /zones?zone=x",
      { Accept: "*/*" },
      422,
      `{"error":"DNS Name 'x' is not canonical"}`,
    ],
  ] as const;
  for (const [call, headers, status, text] of cases) {
    const response = await send(call, undefined, headers);
    assertEquals([call, response.status, await response.text()], [
      call,
      status,
      text,
    ]);
  }
  const { status } = await send(
    "GET /zones?api-key=pdns-simulator",
    undefined,
    {
      "X-API-Key": "pdns-simulator",
    },
  );
  assertEquals(status, 200);
});

Deno.test("PowerDnsSimulator refuses content that is not canonical", async () => {
  const { patch } = setUp();
  const refused = [
    ["A", "192.000.2.1"],
    ["A", "192.0.2.256"],
    ["AAAA", "2001:db8::g"],
    ["CNAME", "www.example.com"],
    ["MX", "010 mx.example.com."],
    ["MX", "10  mx.example.com."],
    ["MX", "65536 mx.example.com."],
    ["TXT", "text"],
    ["TXT", '"a""b"'],
    ["CAA", "0 issue ca.example"],
    ["HTTPS", '1 . alpn="h2"'],
    ["LOC", "52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m"],
    ["TYPE65534", "abcd"],
  ] as const;
  for (const [type, content] of refused) {
    const result = await patch(set("x.zone-1.example.", type, [content]));
    assertMatch(result, /^422 Record x\.zone-1\.example\.\/.*Not in expected/);
  }
  const accepted = [
    ["TXT", ['"a\\"b" "\\255"', '""']],
    ["MX", ["0 ."]],
    ["CAA", ['0 issue ";"']],
    ["HTTPS", ["1 . alpn=h2,h3"]],
    ["TYPE65534", ["\\# 2 abcd", "\\# 0 "]],
  ] as const;
  for (const [type, contents] of accepted) {
    assertEquals(
      await patch(set(`${type.toLowerCase()}.zone-1.example.`, type, contents)),
      "204",
    );
  }
});

Deno.test("PowerDnsSimulator makes all changes of a PATCH, or none", async () => {
  const { patch, json } = setUp();
  const zone = () => json("GET /zones/zone-1.example.");
  const before = await zone();
  const good = set("a.zone-1.example.", "A", ["192.0.2.1"]);
  const bad = set("b.zone-1.example.", "A", ["bad"]);
  assertMatch(await patch(good, bad), /^422/);
  assertEquals(await zone(), before);
  assertEquals(await patch(good), "204");
  const after = await zone();
  assertEquals(after.rrsets.length, before.rrsets.length + 1);
  assertEquals([before.serial, after.serial], [2026010201, 2026010202]);
});

Deno.test("PowerDnsSimulator refuses what PowerDNS refuses in a PATCH", async () => {
  const { patch } = setUp();
  const a = (name: string, more = {}) => set(name, "A", ["192.0.2.1"], more);
  const one = a("x.zone-1.example.");
  const cases: readonly (readonly [RegExp, ...readonly unknown[]])[] = [
    [/DNS Name 'x' is not canonical/, a("x")],
    [/Name is out of zone/, a("x.other.")],
    [/Key 'ttl' not an Integer/, a("x.zone-1.example.", { ttl: undefined })],
    [
      /Changetype not understood/,
      a("x.zone-1.example.", { changetype: "EXTEND" }),
    ],
    [/No change for RRset/, a("x.zone-1.example.", { records: undefined })],
    [/Duplicate RRset/, one, one],
    [
      /Duplicate record/,
      set("x.zone-1.example.", "A", ["192.0.2.1", "192.0.2.1"]),
    ],
    [
      /Conflicts with pre-existing/,
      set("www.zone-1.example.", "CNAME", ["x."]),
    ],
    [/Conflicts with pre-existing/, a("*.dev.zone-1.example.")],
    [/more than one record/, set("c.zone-1.example.", "CNAME", ["x.", "y."])],
    [/unknown type/, set("x.zone-1.example.", "NOPE", ["x"])],
    [/Key 'account'/, a("x.zone-1.example.", { comments: [{ content: "c" }] })],
  ];
  for (const [reason, ...sets] of cases) {
    assertMatch(await patch(...sets), new RegExp(`^422 .*${reason.source}`));
  }
});

Deno.test("PowerDnsSimulator applies the record sets of a PATCH in their order", async () => {
  const { patch } = setUp();
  const deletion = {
    name: "*.dev.zone-1.example.",
    type: "CNAME",
    changetype: "DELETE",
  };
  const address = set("*.dev.zone-1.example.", "A", ["192.0.2.1"]);
  assertMatch(await patch(address, deletion), /^422/);
  assertEquals(await patch(deletion, address), "204");
});

Deno.test("PowerDnsSimulator leaves out disabled records if a request has a filter", async () => {
  const { patch, json } = setUp();
  const name = "x.zone-1.example.";
  await patch({
    ...set(name, "A", []),
    records: [{ content: "192.0.2.1", disabled: true }, {
      content: "192.0.2.2",
    }],
    comments: [{ content: "hi", account: "me" }],
  });
  const read = async (query: string) =>
    (await json(`GET /zones/zone-1.example.${query}`)).rrsets
      .filter((it: Json) => it.name === name)
      .map((it: Json) => [it.records.length, it.comments.length]);
  assertEquals(await read(""), [[2, 1]]);
  assertEquals(await read(`?rrset_name=${name}&rrset_type=A`), [[1, 1]]);
  // A set with comments comes along, without its records.
  assertEquals(await read("?rrset_name=www.zone-1.example."), [[0, 1]]);
});

Deno.test("PowerDnsSimulator refuses a second zone of the same name before it checks the rest", async () => {
  const { send } = setUp();
  const create = async (body: unknown) =>
    (await send("POST /zones", body)).status;
  assertEquals(await create({ name: "ZONE-1.example." }), 409);
  assertEquals(await create({ name: "new.example." }), 422);
  assertEquals(await create({ name: "new.example", kind: "Native" }), 422);
  assertEquals(await create({ name: "new.example.", kind: "Nope" }), 201);
});

Deno.test("PowerDnsSimulator rejects options that are invalid", () => {
  assertThrows(() => new PowerDnsSimulator({ zones: -1 }), RangeError, "zones");
  assertThrows(
    () => new PowerDnsSimulator({ nope: 1 } as PowerDnsSimulatorOptions),
    TypeError,
    'PowerDnsSimulator: unknown option "nope"',
  );
});
