/**
 * The behaviour of `@std` that the tests rely on. The tests run against the
 * original packages or the stand-ins, which must behave the same.
 *
 * @module
 */

import {
  assert,
  assertAlmostEquals,
  assertArrayIncludes,
  assertEquals,
  assertExists,
  assertFalse,
  assertGreater,
  assertGreaterOrEqual,
  assertInstanceOf,
  AssertionError,
  assertIsError,
  assertLess,
  assertLessOrEqual,
  assertMatch,
  assertNotEquals,
  assertNotMatch,
  assertNotStrictEquals,
  assertObjectMatch,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
  equal,
  fail,
} from "@std/assert";
import { decodeBase64, encodeBase64 } from "@std/encoding/base64";
import { decodeHex, encodeHex } from "@std/encoding/hex";
import { STATUS_CODE, STATUS_TEXT } from "@std/http/status";
import { parse, stringify } from "@std/yaml";
import { parse as parseAlone } from "@std/yaml/parse";
import { stringify as stringifyAlone } from "@std/yaml/stringify";

class Point {
  constructor(readonly x: number) {}
}

const loop: { self?: unknown } = {};
loop.self = loop;

const EQUAL: readonly (readonly [unknown, unknown])[] = [
  [{ a: 1, b: [2, { c: 3 }] }, { b: [2, { c: 3 }], a: 1 }],
  [NaN, NaN],
  [0, -0],
  [new Date(5), new Date(5)],
  [/a/g, /a/g],
  [new URL("https://example.com"), new URL("https://example.com/")],
  [new Map([[{ k: 1 }, [1]]]), new Map([[{ k: 1 }, [1]]])],
  [new Set([1, 2]), new Set([2, 1])],
  [new Uint8Array([1, 2]), new Uint8Array([1, 2])],
  [Object.create(null), {}],
  [new Point(1), new Point(1)],
  [loop, loop],
];

const DIFFERENT: readonly (readonly [unknown, unknown])[] = [
  [{ a: undefined }, {}],
  [{}, { a: undefined }],
  [[1, 2], [2, 1]],
  [[1], [1, 2]],
  [[1], { 0: 1 }],
  [1, "1"],
  [null, undefined],
  [new Date(5), new Date(6)],
  [/a/g, /a/i],
  [new Map([["a", 1]]), new Map([["a", 2]])],
  [new Set([1]), new Set([2])],
  [new Uint8Array([1]), new Uint8Array([2])],
  [new Point(1), { x: 1 }],
  [new Point(1), new Point(2)],
  [{ a: { b: 1 } }, { a: { b: 2 } }],
];

Deno.test("assertEquals() and assertNotEquals() compare values deeply", () => {
  for (const [a, b] of EQUAL) {
    assert(equal(a, b));
    assertEquals(a, b);
    assertThrows(() => assertNotEquals(a, b), AssertionError);
  }
  for (const [a, b] of DIFFERENT) {
    assert(!equal(a, b));
    assertNotEquals(a, b);
    assertThrows(() => assertEquals(a, b), AssertionError, "not equal");
  }
});

Deno.test("assertThrows() and assertRejects() return the error", async () => {
  const error = new RangeError("too far");
  const doThrow = (): never => {
    throw error;
  };
  const reject = (): Promise<never> => Promise.reject(error);
  assertStrictEquals(assertThrows(doThrow), error);
  assertStrictEquals(assertThrows(doThrow, RangeError, "far"), error);
  assertStrictEquals(assertThrows(doThrow, Error), error);
  assertStrictEquals(await assertRejects(reject), error);
  assertStrictEquals(await assertRejects(reject, RangeError, "too"), error);
});

Deno.test("assertions throw an AssertionError if they fail", async () => {
  const failures: (() => unknown)[] = [
    () => assert(0),
    () => assertFalse(1),
    () => assertExists(null),
    () => assertExists(undefined),
    () => assertStrictEquals<unknown>({}, {}),
    () => assertStrictEquals(0, -0),
    () => assertNotStrictEquals(1, 1),
    () => assertInstanceOf({}, Point),
    () => assertIsError("text"),
    () => assertIsError(new TypeError("a"), RangeError),
    () => assertIsError(new TypeError("a"), TypeError, "b"),
    () => assertMatch("a", /b/),
    () => assertNotMatch("a", /a/),
    () => assertStringIncludes("abc", "d"),
    () => assertArrayIncludes([{ a: 1 }], [{ a: 2 }]),
    () => assertObjectMatch({ a: { b: 1, c: 2 } }, { a: { b: 2 } }),
    () => assertObjectMatch({}, { a: undefined }),
    () => assertGreater(1, 1),
    () => assertGreaterOrEqual(1, 2),
    () => assertLess(1, 1),
    () => assertLessOrEqual(2, 1),
    () => assertAlmostEquals(1, 1.1),
    () => fail("why"),
    () => assertThrows(() => {}),
    () => assertThrows(() => fail(), RangeError),
  ];
  for (const failure of failures) {
    assertThrows(failure, AssertionError, undefined, String(failure));
  }
  const rejections: (() => Promise<unknown>)[] = [
    () => assertRejects(() => Promise.resolve()),
    () => assertRejects(() => Promise.reject(new Error("a")), RangeError),
    () => assertRejects(() => Promise.reject(new Error("a")), Error, "b"),
    () => assertRejects(() => Promise.reject("text"), Error),
    // A synchronous throw is not a rejection.
    () =>
      assertRejects((): Promise<void> => {
        throw new Error("a");
      }),
  ];
  for (const rejection of rejections) {
    await assertRejects(rejection, AssertionError);
  }
});

Deno.test("assertions accept valid values", () => {
  assert(1);
  assertFalse("");
  assertExists(0);
  assertNotStrictEquals<unknown>({}, {});
  assertInstanceOf(new Point(1), Point);
  assertIsError(new TypeError("abc"), Error, "b");
  assertMatch("abc", /b/);
  assertNotMatch("abc", /d/);
  assertStringIncludes("abc", "b");
  assertArrayIncludes([{ a: 1 }, { a: 2 }], [{ a: 2 }]);
  assertObjectMatch({ a: { b: 1, c: 2 }, d: [1] }, { a: { b: 1 }, d: [1] });
  assertObjectMatch({ a: [{ b: 1, c: 2 }, 3] }, { a: [{ b: 1 }] });
  assertGreater(2, 1);
  assertGreaterOrEqual(1, 1);
  assertLess(1, 2);
  assertLessOrEqual(1, 1);
  assertAlmostEquals(0.1 + 0.2, 0.3);
});

Deno.test("base64 and hex encode and decode as in RFC 4648", () => {
  const vectors = ["", "f", "fo", "foo", "foob", "fooba", "foobar"];
  assertEquals(vectors.map((text) => encodeBase64(text)), [
    "",
    "Zg==",
    "Zm8=",
    "Zm9v",
    "Zm9vYg==",
    "Zm9vYmE=",
    "Zm9vYmFy",
  ]);
  const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  assertEquals(decodeBase64(encodeBase64(all)), all);
  assertEquals(encodeBase64(all.buffer), encodeBase64(all));
  assertEquals(encodeBase64("pä55 💥"), "cMOkNTUg8J+SpQ==");
  assertEquals(decodeHex(encodeHex(all)), all);
  assertEquals(encodeHex("jK"), "6a4b");
  assertThrows(() => decodeBase64("*"));
  assertThrows(() => decodeHex("0g"));
});

Deno.test("STATUS_CODE and STATUS_TEXT contain the same codes", () => {
  assertEquals(STATUS_CODE.UnprocessableEntity, 422);
  assertEquals(STATUS_CODE.TooManyRequests, 429);
  assertEquals(STATUS_TEXT[STATUS_CODE.NotFound], "Not Found");
  assertEquals(
    Object.values(STATUS_CODE).map(String),
    Object.keys(STATUS_TEXT),
  );
});

Deno.test("parse() and stringify() convert YAML", () => {
  assertEquals(parse("a: [1, two, true]\nb:\n  c: null\n"), {
    a: [1, "two", true],
    b: { c: null },
  });
  assertThrows(() => parse("a: ["), SyntaxError);
  assertMatch(
    assertThrows(() => parseAlone("a: x\n  b: y"), SyntaxError).message,
    / at line \d+, column \d+:\n/,
  );
  assertThrows(() => parse("a: 1\na: 2"), SyntaxError);
  assertEquals(parse("a: 1\na: 2", { allowDuplicateKeys: true }), { a: 2 });
  assertEquals(parseAlone(""), null);
  assertEquals(
    stringify({ a: [1, "true"], b: null }),
    `a:
  - 1
  - 'true'
b: null
`,
  );
});

Deno.test("stringify() quotes values that versions of YAML interpret differently", () => {
  const long = "long line ".repeat(20).trim();
  assertEquals(
    stringifyAlone({
      octal: "0600",
      words: ["yes", "NO", "on", "null", "~", "1:30", "a: b", "a # b", "# a"],
      plain: `${long} it's`,
      block: `${long}\n  b: "c"\n\n`,
      strip: "a\nb",
      tab: "a\tb\n",
    }, { lineWidth: -1 }),
    `octal: '0600'
words:
  - 'yes'
  - 'NO'
  - 'on'
  - 'null'
  - '~'
  - '1:30'
  - 'a: b'
  - 'a # b'
  - '# a'
plain: ${long} it's
block: |+
  ${long}
    b: "c"

strip: |-
  a
  b
tab: "a\\tb\\n"
`,
  );
});
