import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  checkSomeTags,
  checkTags,
  hasTags,
  hasTagStrings,
  joinTag,
  type TagInput,
  toTags,
  toTagStrings,
} from "../../../core/compute/mod.ts";
import { Random } from "../../properties/_random.ts";

const INVALID: readonly [unknown, string][] = [
  ["web", 'tags must be an object or an array of strings, got "web"'],
  [null, "tags must be an object or an array of strings, got null"],
  [5, "tags must be an object or an array of strings, got number 5"],
  [
    new Map([["env", "prod"]]),
    "tags must be an object or an array of strings, got an object",
  ],
  [["a", ""], 'tags must be a non-empty string, got ""'],
  [["a", 5], "tags must be a non-empty string, got number 5"],
  [["a", "b", "a"], 'tags must be different tags, got "a"'],
  [["a\nb"], 'tags must be a string without control characters, got "a\\nb"'],
  [{ "": "prod" }, 'tags must be non-empty keys, got ""'],
  [{ env: 5 }, 'tags["env"] must be a string, got number 5'],
  [{ env: undefined }, 'tags["env"] must be a string, got undefined'],
  [
    { env: "a\0" },
    'tags must be a string without control characters, got "env:a\\u0000"',
  ],
];

Deno.test("toTags() splits a string at its first colon", () => {
  assertEquals(toTags(["web", "env:prod", "url:http://a"]), {
    web: "",
    env: "prod",
    url: "http://a",
  });
  assertEquals(toTags([]), {});
});

Deno.test("toTags() keeps a string whole if a side of the colon is empty", () => {
  assertEquals(toTags(["a:", ":b", ":", "c:d:", "::e"]), {
    "a:": "",
    ":b": "",
    ":": "",
    c: "d:",
    "::e": "",
  });
});

Deno.test("toTags() keeps a string whole if another tag has its key", () => {
  assertEquals(toTags(["a:b", "a:c", "d:e"]), { "a:b": "", "a:c": "", d: "e" });
  assertEquals(toTags(["a", "a:b"]), { a: "", "a:b": "" });
  assertEquals(toTags(["a:b", "a"]), { a: "", "a:b": "" });
  assertEquals(toTags(["a:b", "a:b:c"]), { "a:b": "", "a:b:c": "" });
  assertEquals(toTags(["a:b", "a:"]), { a: "b", "a:": "" });
});

Deno.test("toTags() counts a repeated string once", () => {
  assertEquals(toTags(["a:b", "a:b", "c", "c"]), { a: "b", c: "" });
});

Deno.test("toTags() has no special keys", () => {
  const tags = toTags(["__proto__:a", "constructor", "toString:b"]);
  assertEquals(Object.entries(tags), [
    ["__proto__", "a"],
    ["constructor", ""],
    ["toString", "b"],
  ]);
});

Deno.test("toTags() and toTagStrings() lose no string", () => {
  const letters = ["a", "b", ":", " ", "ä", "💥", "__proto__", "0"];
  for (let seed = 1; seed <= 2000; seed++) {
    const random = new Random(seed);
    const strings = Array.from(
      { length: random.int(0, 6) },
      () =>
        Array.from({ length: random.int(1, 5) }, () => random.pick(letters))
          .join(""),
    ).filter((string) => string.trim() !== "");
    const tags = toTags(strings);
    const back = toTagStrings(tags, "test") ?? [];
    assertEquals(new Set(back), new Set(strings), `seed ${seed}`);
    assertEquals(toTags(back), tags);
    assert(hasTagStrings(tags, strings));
  }
});

Deno.test("toTagStrings() joins keys and values", () => {
  assertEquals(toTagStrings(undefined, "createNode"), undefined);
  assertEquals(toTagStrings({}, "createNode"), []);
  assertEquals(toTagStrings(["a", "b:c"], "createNode"), ["a", "b:c"]);
  assertEquals(toTagStrings({ a: "1", b: "" }, "createNode"), ["a:1", "b"]);
  assertEquals(joinTag("a:b", "c"), "a:b:c");
});

Deno.test("toTagStrings() rejects tags that become the same string", () => {
  assertThrows(
    () => toTagStrings({ a: "b:c", "a:b": "c" }, "createNode"),
    TypeError,
    'createNode: tags must be different tags, got "a:b:c"',
  );
});

Deno.test("checkTags() converts strings in the same way as toTags()", () => {
  const strings = ["web", "env:prod", "a:b", "a:c"];
  assertEquals(checkTags(strings, "createNode"), toTags(strings));
  const tags = { env: "prod", "a:b": "", "": undefined };
  assertEquals(checkTags({ env: "prod", "a:b": "c" }, "createNode"), {
    env: "prod",
    "a:b": "c",
  });
  assertThrows(() => checkTags(tags as never, "createNode"), TypeError);
});

Deno.test("toTagStrings() and checkTags() reject invalid tags", () => {
  for (const [tags, message] of INVALID) {
    for (const check of [toTagStrings, checkTags]) {
      assertThrows(
        () => check(tags as TagInput, "createNode"),
        TypeError,
        `createNode: ${message}`,
      );
    }
  }
});

Deno.test("checkSomeTags() rejects an object and an array without tags", () => {
  for (const [tags, got] of [[{}, "an object"], [[], "an array"]] as const) {
    assertThrows(
      () => checkSomeTags(tags, "listNodes"),
      TypeError,
      `listNodes: tags must be at least one tag, got ${got}`,
    );
  }
  assertEquals(checkSomeTags(["a"], "listNodes"), ["a"]);
});

Deno.test("hasTags() compares keys and values", () => {
  const tags = { web: "", env: "prod" };
  assertEquals(hasTags(tags, { env: "prod" }), true);
  assertEquals(hasTags(tags, { env: "prod", web: "" }), true);
  assertEquals(hasTags(tags, { env: "" }), false);
  assertEquals(hasTags(tags, { env: "prod", db: "" }), false);
  assertEquals(hasTags(tags, { toString: "" }), false);
});

Deno.test("hasTagStrings() finds a string that was not split", () => {
  const tags = toTags(["a:b", "a:c", "d:e"]);
  assertEquals(hasTagStrings(tags, ["a:b"]), true);
  assertEquals(hasTagStrings(tags, ["a:c", "d:e"]), true);
  assertEquals(hasTagStrings(tags, ["d"]), false);
  assertEquals(hasTagStrings(tags, ["a:b", "f"]), false);
});
