import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import {
  lookUp,
  toBoolean,
  toId,
  toNumber,
  toOptionalId,
  toText,
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
