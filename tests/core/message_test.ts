import { assertEquals } from "@std/assert";
import {
  formatMs,
  joinWords,
  oneLine,
  show,
  toNoun,
} from "../../core/message.ts";

Deno.test("show() describes values of every type", () => {
  const values: [unknown, string][] = [
    ["web", '"web"'],
    ['a"\n', '"a\\"\\n"'],
    ["x".repeat(40), `"${"x".repeat(32)}…"`],
    [5, "number 5"],
    [5n, "number 5"],
    [NaN, "number NaN"],
    [true, "true"],
    [undefined, "undefined"],
    [null, "null"],
    [[], "an array"],
    [{}, "an object"],
    [() => {}, "a function"],
    [Symbol("a"), "Symbol(a)"],
  ];
  for (const [value, text] of values) assertEquals(show(value), text);
});

Deno.test("oneLine() removes control characters and limits the length", () => {
  assertEquals(oneLine(" a\r\nb\u2028c\x1b[31md\t"), "a b c [31md");
  assertEquals(oneLine("x".repeat(5_000_000)).length, 301);
  assertEquals(oneLine("abcdef", 3), "abc…");
  // Of an emoji, no half is left.
  assertEquals(oneLine("ab😀", 3), "ab …");
});

Deno.test("oneLine() and show() remove characters that change the direction of text", () => {
  for (const code of [0x61c, 0x200e, 0x200f, 0x202a, 0x202e, 0x2066, 0x2069]) {
    const text = `a${String.fromCodePoint(code)}b`;
    assertEquals(oneLine(text), "a b");
    assertEquals(show(text), '"a b"');
  }
  // Emoji are joined by a similar character.
  assertEquals(oneLine("👩\u200d💻"), "👩\u200d💻");
});

Deno.test("formatMs() chooses the unit", () => {
  const durations: [number, string][] = [
    [1, "1 ms"],
    [999.6, "1000 ms"],
    [1000, "1 second"],
    [1500, "1.5 seconds"],
    [60_000, "1 minute"],
    [600_000, "10 minutes"],
  ];
  for (const [ms, text] of durations) assertEquals(formatMs(ms), text);
});

Deno.test("joinWords() quotes the words and joins the last one with or", () => {
  assertEquals(joinWords(["a"]), '"a"');
  assertEquals(joinWords(["a", "b", "c"]), '"a", "b" or "c"');
});

Deno.test("toNoun() splits the name of an option into words", () => {
  assertEquals(toNoun("node"), "a node");
  assertEquals(toNoun("image"), "an image");
  assertEquals(toNoun("keyPairs[2]"), "a key pair");
  assertEquals(toNoun("reservedIp"), "a reserved IP");
  assertEquals(toNoun("vpc"), "a VPC");
});
