import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import {
  lookUp,
  parseJson,
  toBoolean,
  toId,
  toIds,
  toNumber,
  toOptionalId,
  toRequiredNumber,
  toText,
  toTexts,
  toTime,
} from "../../core/mod.ts";

Deno.test("toId() and toOptionalId() read strings and numbers", () => {
  for (const [value, id] of [["a", "a"], [5, "5"], [0, "0"], ["0", "0"]]) {
    assertEquals(toId(value), id);
    assertEquals(toOptionalId(value), id);
  }
  for (const value of [undefined, null, "", true, {}, [], ["a"], 5n]) {
    assertThrows(() => toId(value), TypeError);
    assertStrictEquals(toOptionalId(value), undefined);
  }
});

Deno.test("toText() reads non-empty strings", () => {
  assertEquals(toText("a"), "a");
  assertEquals(toText(" "), " ");
  for (const value of ["", undefined, null, 5, true, {}, []]) {
    assertStrictEquals(toText(value), undefined);
  }
});

Deno.test("toTexts() and toIds() leave out items of another type", () => {
  const items = ["a", 5, "", null, undefined, true, {}, ["b"], "7", "c:d"];
  assertEquals(toTexts(items), ["a", "7", "c:d"]);
  assertEquals(toIds(items), ["a", "5", "7", "c:d"]);
});

Deno.test("toTexts() and toIds() return [] if the field is not an array", () => {
  for (const value of [undefined, null, "web", 5, { 0: "web", length: 1 }]) {
    assertEquals(toTexts(value), []);
    assertEquals(toIds(value), []);
  }
});

Deno.test("toBoolean() reads booleans only", () => {
  assertEquals([toBoolean(true), toBoolean(false)], [true, false]);
  for (const value of ["true", 1, 0, "", null, undefined, {}]) {
    assertStrictEquals(toBoolean(value), undefined);
  }
});

Deno.test("toNumber() reads numbers and numeric strings", () => {
  const numbers: [unknown, number][] = [
    [5, 5],
    [0, 0],
    [-1.5, -1.5],
    ["5", 5],
    ["0.25", 0.25],
    [" 7 ", 7],
    ["1e3", 1000],
  ];
  for (const [value, number] of numbers) assertEquals(toNumber(value), number);
  const invalid = ["", " ", "x", "5 GB", NaN, Infinity, "Infinity", "NaN"];
  for (const value of [...invalid, null, undefined, true, [], [5], {}, 5n]) {
    assertStrictEquals(toNumber(value), undefined, Deno.inspect(value));
  }
});

Deno.test("toRequiredNumber() throws if the field is not a number", () => {
  assertEquals(toRequiredNumber("20", "size"), 20);
  assertEquals(toRequiredNumber(0, "size"), 0);
  for (const value of [undefined, null, "", "20 GB", NaN, true, {}]) {
    assertThrows(
      () => toRequiredNumber(value, "size"),
      TypeError,
      'the response has no number "size"',
    );
  }
});

Deno.test("toTime() converts UTC times to ISO 8601", () => {
  const times = {
    "2013-10-07T12:00:00Z": "2013-10-07T12:00:00Z",
    "2013-10-07T12:00:00": "2013-10-07T12:00:00Z",
    "2013-10-07 12:00:00": "2013-10-07T12:00:00Z",
    "2013-10-07 12:00:00Z": "2013-10-07T12:00:00Z",
    "2013-10-07T12:00:00.123456Z": "2013-10-07T12:00:00.123456Z",
    "2013-10-07 12:00:00.5": "2013-10-07T12:00:00.5Z",
  };
  for (const [text, time] of Object.entries(times)) {
    assertEquals(toTime(text), time);
    assertEquals(Number.isNaN(Date.parse(time)), false);
  }
});

Deno.test("toTime() converts a time with an offset into UTC", () => {
  const times = {
    "2013-10-07T12:00:00+02:00": "2013-10-07T10:00:00Z",
    "2013-10-07 12:00:00-0330": "2013-10-07T15:30:00Z",
    "2013-12-31T23:30:00.123456-01:00": "2014-01-01T00:30:00.123456Z",
    "2013-10-07T12:00:00+00:00": "2013-10-07T12:00:00Z",
  };
  for (const [text, time] of Object.entries(times)) {
    assertEquals(toTime(text), time);
  }
});

Deno.test("toTime() is undefined for values that are not a time", () => {
  const invalid = [
    "",
    "now",
    "2013-10-07",
    "12:00:00",
    "1381147200",
    "2013-10-07T12:00:00Zz",
    "x2013-10-07T12:00:00Z",
    "2013-10-07T12:00:00.Z",
    "2013-13-07T12:00:00+02:00",
    "2013-10-07T12:00:00+02",
    "2013-10-07T12:00:00+25:00",
  ];
  for (
    const value of [...invalid, 1381147200, null, undefined, {}, new Date()]
  ) {
    assertStrictEquals(toTime(value), undefined, Deno.inspect(value));
  }
});

Deno.test("lookUp() finds own keys of a table only", () => {
  const table = { on: "running", off: "stopped" };
  assertEquals(lookUp(table, "on"), "running");
  const others = ["ON", "", "constructor", "__proto__", "toString"];
  for (const key of [...others, undefined, null, 5, {}]) {
    assertStrictEquals(lookUp(table, key), undefined, Deno.inspect(key));
  }
});

Deno.test("parseJson() keeps all digits of integers above 2 ** 53", () => {
  const integers: [json: string, value: unknown][] = [
    ["9007199254740991", 9007199254740991],
    ["-9007199254740991", -9007199254740991],
    ["9007199254740992", "9007199254740992"],
    ["9007199254740993", "9007199254740993"],
    ["-9007199254740993", "-9007199254740993"],
    ["12345678901234567890123", "12345678901234567890123"],
    ["1000000000000000", 1e15],
    ["0.12345678901234567890", 0.12345678901234568],
    ["1234567890123456789.5", 1234567890123456800],
    ["12345678901234567e2", 1234567890123456800],
    ["1E+16", 1e16],
    ['"12345678901234567890"', "12345678901234567890"],
  ];
  for (const [json, value] of integers) {
    for (
      const [before, after, make] of [
        ["", "", (it: unknown) => it],
        ["\n ", "\t", (it: unknown) => it],
        ["[", "]", (it: unknown) => [it]],
        ["[1,", ",2]", (it: unknown) => [1, it, 2]],
        ["[0.00892999963834882,", "]", (it: unknown) => [
          0.00892999963834882,
          it,
        ]],
        ['{"12345678901234567890":', "}", (it: unknown) => ({
          "12345678901234567890": it,
        })],
        ['["\\"", ', ', "\\\\"]', (it: unknown) => ['"', it, "\\"]],
        ['["\\u0022,9007199254740993,", ', "]", (
          it: unknown,
        ) => ['",9007199254740993,', it]],
      ] as const
    ) {
      assertEquals(parseJson(before + json + after), make(value), json);
    }
  }
});

Deno.test("parseJson() is JSON.parse() for text without such integers", () => {
  const texts = [
    ...["null", "[]", '{"a":[1,-2.5e-7,true,"x\\n"]}', ' "é" '],
    '{"id":"0123456789abcdef0123456789","at":1700000000000}',
    '{"hash":"12345678901234567890","text":"\\"12345678901234567890,"}',
  ];
  for (const text of texts) assertEquals(parseJson(text), JSON.parse(text));
  const invalid = [
    ...[
      "",
      "{",
      "nul",
      "[1,]",
      "01234567890123456789",
      "12345678901234567890x",
    ],
    ...['"', '"12345678901234567890', "- 12345678901234567890", "{'a':1}"],
  ];
  for (const text of invalid) assertThrows(() => parseJson(text), SyntaxError);
});

Deno.test("parseJson() keeps __proto__ as data", () => {
  const value = Object(parseJson('{"__proto__":9007199254740993}'));
  assertEquals(Object.entries(value), [["__proto__", "9007199254740993"]]);
  assertStrictEquals(Object.getPrototypeOf(value), Object.prototype);
});

Deno.test("toId() and toNumber() accept the integers of parseJson()", () => {
  const id = parseJson("9007199254740993");
  assertEquals(toId(id), "9007199254740993");
  assertEquals(toNumber(id), 9007199254740992);
});

// A regular expression with a group that repeats overflows the stack.
for (const part of ["\\\\", "\\u0041", '\\"', "12345678901234567890,", "-"]) {
  Deno.test(`parseJson() parses 8 MB of ${part} in a string in linear time`, () => {
    const string = `"${part.repeat(8e6 / part.length)}"`;
    const value = parseJson(`[12345678901234567890,${string}]`) as string[];
    assertEquals(value[0], "12345678901234567890");
    assertStrictEquals(value[1], JSON.parse(string));
  });
}
