import { assert, assertEquals, assertThrows } from "@std/assert";
import { path, type Ref } from "../../core/mod.ts";
import { ACME, acme, json } from "./_acme.ts";

// What is no id, whoever reads the path.
const NO_IDS: unknown[] = [
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

Deno.test("path refuses what is no id", () => {
  for (const id of NO_IDS) {
    assertThrows(
      () => path`/servers/${id as Ref}/start`,
      TypeError,
      "Cannot build a path: ",
      Deno.inspect(id),
    );
    assertThrows(() => path`/servers/${id as Ref}`, TypeError);
    assertThrows(() => path`/a/${"b"}/c/${id as Ref}`, TypeError);
  }
});

Deno.test("path says what it refused", () => {
  assertThrows(
    () => path`/${".."}`,
    TypeError,
    'Cannot build a path: ".." is not an id',
  );
  assertThrows(() => path`/${"a\nb"}`, TypeError, '"a\\nb" is not an id');
});

Deno.test("path makes one segment of every id, also of a record's", () => {
  for (const [id, segment] of Object.entries(IDS)) {
    assertEquals(path`/servers/${id}/start`, `/servers/${segment}/start`);
    const record = { id, name: "web" };
    assertEquals(path`/servers/${record}/start`, `/servers/${segment}/start`);
  }
  assertEquals(path`/a`, "/a");
  assertEquals(path`/a/${"b"}/${"c"}`, "/a/b/c");
});

Deno.test("path keeps ids in their segment, all the way to the request", async () => {
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
