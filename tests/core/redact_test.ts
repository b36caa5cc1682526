import { assertEquals, assertLess } from "@std/assert";
import { redact } from "../../core/redact.ts";

Deno.test("redact() replaces every occurrence of every secret", () => {
  assertEquals(
    redact("pass pass-word word token", ["pass-word", "token"]),
    "pass [redacted] word [redacted]",
  );
  assertEquals(redact("abcdabcd", ["abcd"]), "[redacted][redacted]");
  assertEquals(redact("nothing", []), "nothing");
  assertEquals(redact("", ["abcd"]), "");
});

Deno.test("redact() replaces encoded forms of a secret in JSON, forms and URLs", () => {
  const secret = 'ä"\\ /+%&😀(x).*$^';
  const ascii = '\\u00e4\\"\\\\ \\/+%&\\ud83d\\ude00(x).*$^';
  for (
    const form of [
      secret,
      JSON.stringify(secret).slice(1, -1),
      ascii,
      ascii.replaceAll("e4", "E4"),
      // As encoded by Go and .NET.
      ascii.replaceAll("&", "\\u0026").replaceAll("+", "\\u002B"),
      ascii.replaceAll('\\"', "\\u0022"),
      encodeURIComponent(secret),
      encodeURIComponent(secret).replace(/%../g, (it) => it.toLowerCase()),
      new URLSearchParams({ a: secret }).toString().slice(2),
    ]
  ) {
    assertEquals(redact(`<${form}>`, [secret]), "<[redacted]>", form);
  }
});

Deno.test("redact() leaves text without secrets unchanged", () => {
  for (
    const text of [
      "C:\\new\\x\\users\\",
      '{"a":"say \\"hi\\"\\n","b":"\\\\u00e4"}',
      "100% sure %G1",
      "\\u12 \\ud800 \\",
    ]
  ) assertEquals(redact(text, ["pass-word"]), text);
});

Deno.test("redact() does not interpret a secret as a pattern", () => {
  for (
    const secret of ["a.c*", "[a-z]", "(a|b)+", "^ab$", "a\\db", "{1,}", "$&$1"]
  ) {
    assertEquals(redact(`x${secret}y`, [secret]), "x[redacted]y");
    assertEquals(
      redact("axcz abab 5555 aaaa", [secret]),
      "axcz abab 5555 aaaa",
    );
  }
});

Deno.test("redact() replaces the longest secret if one contains another", () => {
  for (const secrets of [["abcd", "abcdefgh"], ["abcdefgh", "abcd"]]) {
    assertEquals(redact("abcdefgh abcd", secrets), "[redacted] [redacted]");
  }
});

Deno.test("redact() ignores secrets of less than four characters", () => {
  for (const secret of ["", "a", "ab", "abc"]) {
    assertEquals(redact("abc ab a", [secret]), "abc ab a");
  }
});

Deno.test("redact() takes linear time for repetitive text and secrets", () => {
  const length = 300_000;
  const secrets = [
    "a".repeat(40),
    "\\".repeat(40),
    "%".repeat(40),
    "+".repeat(40),
    " ".repeat(40),
    "u00".repeat(20),
    `${"a".repeat(39)}b`,
    "\\u0061".repeat(10),
    "%20".repeat(20),
  ];
  for (
    const part of [
      "a",
      "\\",
      "%",
      "+",
      " ",
      "%20",
      "u0061",
      "\\u0061",
      "\\\\\\a",
    ]
  ) {
    const text = part.repeat(length / part.length);
    const startedAt = performance.now();
    for (const secret of secrets) redact(text, [`${secret}!`]);
    redact(text, secrets);
    assertLess(performance.now() - startedAt, 20_000, part);
  }
});
