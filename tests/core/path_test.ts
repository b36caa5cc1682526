import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { path, type Ref } from "../../core/mod.ts";
import { show } from "../../core/message.ts";
import { ACME, acme, json } from "./_acme.ts";

// Invalid for every provider.
const INVALID_IDS: unknown[] = [
  "",
  " ",
  ".",
  "..",
  "%2e",
  "%2E",
  "%2e%2e",
  "%2E%2E",
  ".%2e",
  ".%2E",
  "%2e.",
  "a\r\nb",
  "\r",
  "\n",
  "a\tb",
  "a\0b",
  "\0",
  "\x7f",
  "\u0085",
  "\ud800",
  "a\udc00",
  "\ude00\ud83d",
  undefined,
  null,
  5,
  0,
  NaN,
  true,
  ["a"],
  {},
  { id: "" },
  { id: ".." },
  { id: 5 },
  { id: undefined },
  { id: { id: "a" } },
  () => "a",
  Symbol("a"),
  5n,
];

const IDS: Record<string, string> = {
  a: "a",
  "a/b": "a%2Fb",
  "../../x": "..%2F..%2Fx",
  "/": "%2F",
  "\\..\\x": "%5C..%5Cx",
  "...": "...",
  ".a": ".a",
  "a..": "a..",
  "a b": "a%20b",
  "a?b=c": "a%3Fb%3Dc",
  "a#b": "a%23b",
  "a;b": "a%3Bb",
  "%": "%25",
  "%2e%2e%2f": "%252e%252e%252f",
  "%252e%252e": "%25252e%25252e",
  "ä": "%C3%A4",
  "😀": "%F0%9F%98%80",
  "a@b:c": "a%40b%3Ac",
  "__proto__": "__proto__",
};

Deno.test("path rejects invalid ids, named or not", () => {
  for (const id of INVALID_IDS) {
    const got = typeof id === "object" && id !== null && !Array.isArray(id)
      ? `an object with id ${show(Reflect.get(id, "id"))}`
      : show(id);
    assertThrows(
      () => path`/servers/${{ node: id as Ref }}/start`.build("startNode"),
      TypeError,
      `startNode: node must be a node or its id, got ${got}`,
      Deno.inspect(id),
    );
    assertThrows(() => path`/servers/${id as Ref}`.build("a"), TypeError);
    assertThrows(() => `${path`/a/${"b"}/c/${id as Ref}`}`, TypeError);
  }
});

Deno.test("path shows the id that it rejects", () => {
  assertThrows(
    () => path`/${".."}`.build("getNode"),
    TypeError,
    'getNode: id must be an id, got ".."',
  );
  assertThrows(() => `${path`/${"a\nb"}`}`, TypeError, 'got "a\\nb"');
});

Deno.test("path names the method and the argument in the error of a request", async () => {
  const connection = acme(ACME, { fetch: () => Promise.reject(new Error()) });
  const node = undefined as unknown as Ref;
  const error = await assertRejects(
    () =>
      connection.request(path`/servers/${{ node }}`, {
        operation: "destroyNode",
        method: "DELETE",
      }),
    TypeError,
  );
  const message = "destroyNode: node must be a node or its id, got undefined";
  assertEquals(error.message, message);
});

Deno.test("path accepts an object as a named id only if it has one key other than id", () => {
  const refs: unknown[] = [{ a: "1", b: "2" }, {}, ["a"], { id: "", a: "1" }];
  for (const ref of refs) {
    assertThrows(() => `${path`/${ref as Ref}`}`, TypeError);
  }
  assertEquals(`${path`/${{ a: "1" }}`}`, "/1");
  assertEquals(`${path`/${{ node: { id: "1" } }}`}`, "/1");
});

Deno.test("path encodes every id as one segment, also that of a record", () => {
  for (const [id, segment] of Object.entries(IDS)) {
    const expected = `/servers/${segment}/start`;
    const node = { id, name: "web" };
    assertEquals(`${path`/servers/${id}/start`}`, expected);
    assertEquals(`${path`/servers/${node}/start`}`, expected);
    assertEquals(`${path`/servers/${{ node }}/start`}`, expected);
    assertEquals(`${path`/servers/${{ node: id }}/start`}`, expected);
  }
  assertEquals(`${path`/a`}`, "/a");
  assertEquals(`${path`/a/${"b"}/${"c"}`}`, "/a/b/c");
});

Deno.test("path keeps every id in its segment in the URL of the request", async () => {
  const paths: string[] = [];
  const connection = acme(ACME, {
    fetch({ url }) {
      paths.push(new URL(url).pathname);
      return Promise.resolve(json({}));
    },
  });
  for (const id of Object.keys(IDS)) {
    await connection.request(path`/servers/${id}/start`);
  }
  for (const path of paths) {
    assert(/^\/v1\/servers\/[^/]+\/start$/.test(path), path);
  }
  assertEquals(paths.length, Object.keys(IDS).length);
});
