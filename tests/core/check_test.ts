import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  checkNumber,
  checkText,
  choose,
  idOf,
  refuse,
} from "../../core/mod.ts";
import { checkUserData } from "../../core/compute/mod.ts";

Deno.test("idOf() reads an id, or the id of a record", () => {
  assertEquals(idOf("a/b"), "a/b");
  assertEquals(idOf({ id: "a" }), "a");
  for (const ref of ["", "..", "a\nb", undefined, null, 5, {}]) {
    assertThrows(
      () => idOf(ref as string, "attach a volume"),
      TypeError,
      "Cannot attach a volume: ",
    );
  }
});

Deno.test("checkText() takes texts that can be seen", () => {
  for (const text of ["a", "wéb 1", "😀", "..", " a "]) {
    assertEquals(checkText(text, "create a node", "name"), text);
  }
  for (const text of ["", " ", "\t", "a\nb", "a\0", "\ud800", 5, null, {}]) {
    assertThrows(
      () => checkText(text, "create a node", "name"),
      TypeError,
      "Cannot create a node: ",
    );
  }
});

Deno.test("checkNumber() takes what is within the limits, or absent", () => {
  for (const value of [undefined, 1, 5, 10]) checkNumber("count", value, 1, 10);
  checkNumber("timeoutMs", 1.5);
  checkNumber("timeoutMs", 2 ** 31 - 1);
  const wrong = [0, 11, -1, 1.5, NaN, Infinity, "5", null, true, {}];
  for (const value of wrong) {
    assertThrows(
      () => checkNumber("count", value as number, 1, 10),
      RangeError,
      "Cannot use ",
    );
  }
  assertThrows(() => checkNumber("timeoutMs", 2 ** 31), RangeError);
});

Deno.test("choose() finds a word, and names those there are", () => {
  const table = { ssh: 1, password: 2 };
  assertEquals(choose(table, "ssh", "kind"), 1);
  for (const word of ["", "SSH", "constructor", "__proto__", undefined, null]) {
    assertThrows(
      () => choose(table, word as string, "kind"),
      TypeError,
      "ssh,password",
    );
  }
});

Deno.test("refuse() refuses options that are set, and no others", () => {
  const options: { tags?: string[] | undefined; auth?: boolean; name: string } =
    {
      name: "web",
      tags: undefined,
    };
  refuse("create a node", options, ["tags", "auth"]);
  for (const value of [[], ["a"]]) {
    assertThrows(
      () => refuse("create a node", { ...options, tags: value }, ["tags"]),
      TypeError,
      'Cannot create a node: the provider has no "tags"',
    );
  }
  assertThrows(
    () => refuse("create a node", { ...options, auth: false }, ["auth"]),
    TypeError,
  );
});

Deno.test("checkUserData() counts bytes, and takes what the provider does", () => {
  const text = { maxBytes: 4, takesBytes: false };
  const bytes = { maxBytes: 4, takesBytes: true };
  for (const userData of [undefined, "", "abcd", "ää", "😀"]) {
    checkUserData(userData, text);
    checkUserData(userData, bytes);
  }
  checkUserData(new Uint8Array(4), bytes);
  for (const [userData, length] of [["abcde", 5], ["ääa", 5], ["😀a", 5]]) {
    for (const support of [text, bytes]) {
      const error = assertThrows(
        () => checkUserData(userData, support),
        RangeError,
        `Cannot use ${length} as bytes of userData: not from 0 to 4`,
      );
      assert(!error.message.includes(String(userData)));
    }
  }
  assertThrows(() => checkUserData(new Uint8Array(5), bytes), RangeError, "5");
  assertThrows(
    () => checkUserData(new Uint8Array(1), text),
    TypeError,
    "Cannot use the userData: it is not text",
  );
  for (const userData of [null, 5, ["secret"], new ArrayBuffer(1)]) {
    for (const support of [text, bytes]) {
      assertThrows(() => checkUserData(userData, support), TypeError);
    }
  }
});
