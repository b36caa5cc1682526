import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  checkNumber,
  checkSecret,
  checkText,
  choose,
  given,
  idJson,
  idOf,
  refuse,
} from "../../core/mod.ts";
import { show } from "../../core/message.ts";
import {
  checkPublicKey,
  checkSize,
  checkUserData,
} from "../../core/compute/mod.ts";

const BAD_STRINGS = ["", " ", "\t", "a\nb", "a\0", "\ud800", 5, null, {}];

Deno.test("idOf() reads an id, or the id of a record", () => {
  assertEquals(idOf("a/b"), "a/b");
  assertEquals(idOf({ id: "a" }), "a");
  for (const ref of ["", "..", "a\nb", undefined, null, 5, {}]) {
    const got = typeof ref === "object" && ref
      ? "an object with id undefined"
      : show(ref);
    assertThrows(
      () => idOf(ref as string, "attachVolume", "volume"),
      TypeError,
      `attachVolume: volume must be a volume or its id, got ${got}`,
    );
  }
});

Deno.test("idOf() shows the invalid id and names the option", () => {
  const messages: [unknown, string, string][] = [
    [undefined, "size", "size must be a size or its id, got undefined"],
    [3164444, "node", "node must be a node or its id, got number 3164444"],
    ["..", "image", 'image must be an image or its id, got ".."'],
    [
      { id: 5 },
      "keyPairs[1]",
      "keyPairs[1] must be a key pair or its id, got an object with id number 5",
    ],
    [
      ["a"],
      "reservedIp",
      "reservedIp must be a reserved IP or its id, got an array",
    ],
    [null, "id", "id must be an id, got null"],
  ];
  for (const [ref, field, message] of messages) {
    assertThrows(
      () => idOf(ref as string, "createNode", field),
      TypeError,
      `createNode: ${message}`,
    );
  }
});

Deno.test("idJson() returns a number only if it stands for the same id", () => {
  for (const id of ["0", "1", "42", "9007199254740991"]) {
    assertEquals(idJson(id, "getNode", "node"), Number(id));
    assertEquals(idJson({ id }, "getNode", "node"), Number(id));
  }
  const strings = ["007", "-1", "1.0", "1e3", "9007199254740993", "a1"];
  strings.push("1.5", "1e+21", "Infinity", "NaN");
  for (const id of strings) assertEquals(idJson(id, "getNode", "node"), id);
  assertThrows(
    () => idJson("", "getNode", "node"),
    TypeError,
    'getNode: node must be a node or its id, got ""',
  );
});

Deno.test("given() converts a value only if it is present", () => {
  assertEquals(given(undefined, () => 1), undefined);
  assertEquals(given("", (text) => text.length), 0);
  assertEquals(given(false, (flag) => !flag), true);
});

Deno.test("checkText() accepts printable strings", () => {
  for (const text of ["a", "wéb 1", "😀", "..", " a "]) {
    assertEquals(checkText(text, "createNode", "name"), text);
  }
  for (const text of BAD_STRINGS) {
    assertThrows(
      () => checkText(text, "createNode", "name"),
      TypeError,
      `createNode: name must be a ${
        typeof text === "string" && text.trim()
          ? "string without control characters"
          : "non-empty string"
      }, got ${show(text)}`,
    );
  }
});

Deno.test("checkSecret() does not show the secret", () => {
  checkSecret("a b", "createKeyPair", "password");
  const messages: [unknown, string][] = [
    [undefined, "password is required"],
    [null, "password is required"],
    ["", "password is required"],
    [5, "password must be a string, got number"],
    [[5], "password must be a string, got array"],
    ["canary\n", "password contains control characters"],
  ];
  for (const [value, message] of messages) {
    const error = assertThrows(
      () => checkSecret(value, "createKeyPair", "password"),
      TypeError,
      `createKeyPair: ${message}`,
    );
    assert(!error.message.includes("canary"));
  }
});

Deno.test("checkNumber() accepts numbers within the limits, and undefined", () => {
  for (const value of [undefined, 1, 5, 10]) {
    checkNumber(value, "list", "count", 1, 10);
  }
  checkNumber(1.5, "list", "timeoutMs");
  checkNumber(2 ** 31 - 1, "list", "timeoutMs");
  const invalid = [0, 11, -1, 1.5, NaN, Infinity, "5", null, true, {}];
  for (const value of invalid) {
    assertThrows(
      () => checkNumber(value as number, "list", "count", 1, 10),
      RangeError,
      `list: count must be an integer from 1 to 10, got ${
        typeof value === "number" ? value : show(value)
      }`,
    );
  }
  assertThrows(
    () => checkNumber(2 ** 31, "list", "timeoutMs"),
    RangeError,
    "list: timeoutMs must be a number from 1 to 2147483647, got 2147483648",
  );
});

Deno.test("choose() returns the value for a key, and lists the valid keys in the error", () => {
  const table = { ssh: 1, password: 2 };
  assertEquals(choose(table, "ssh", "listKeyPairs", "kind"), 1);
  for (const word of ["", "SSH", "constructor", "__proto__", undefined, null]) {
    assertThrows(
      () => choose(table, word, "listKeyPairs", "kind"),
      TypeError,
      `listKeyPairs: kind must be "ssh" or "password", got ${show(word)}`,
    );
  }
});

Deno.test("refuse() rejects unsupported options only if they are present", () => {
  const options: { tags?: string[] | undefined; auth?: boolean; name: string } =
    {
      name: "web",
      tags: undefined,
    };
  refuse("createNode", "Acme", options, { tags: "", auth: "" });
  for (const value of [[], ["a"]]) {
    assertThrows(
      () =>
        refuse("createNode", "Acme", { ...options, tags: value }, { tags: "" }),
      TypeError,
      "createNode: Acme does not support tags",
    );
  }
  assertThrows(
    () =>
      refuse("createNode", "Acme", { ...options, auth: false }, {
        auth: "use importKeyPair()",
      }),
    TypeError,
    "createNode: Acme does not support auth; use importKeyPair()",
  );
});

Deno.test("checkUserData() counts bytes and rejects user data that the provider does not accept", () => {
  const text = { maxBytes: 4, takesBytes: false };
  const bytes = { maxBytes: 4, takesBytes: true };
  const check = (userData: unknown, support: typeof text) =>
    checkUserData(userData, "createNode", "Acme", support);
  for (const userData of [undefined, "", "abcd", "ää", "😀"]) {
    check(userData, text);
    check(userData, bytes);
  }
  check(new Uint8Array(4), bytes);
  for (const [userData, length] of [["abcde", 5], ["ääa", 5], ["😀a", 5]]) {
    for (const support of [text, bytes]) {
      const error = assertThrows(
        () => check(userData, support),
        RangeError,
        `createNode: userData is ${length} bytes; Acme accepts at most 4`,
      );
      assert(!error.message.includes(String(userData)));
    }
  }
  assertThrows(
    () => check(new Uint8Array(5), bytes),
    RangeError,
    "createNode: userData is 5 bytes; Acme accepts at most 4",
  );
  assertThrows(
    () => check(new Uint8Array(1), text),
    TypeError,
    "createNode: userData must be a string; Acme does not accept bytes",
  );
  for (const userData of [null, 5, ["secret"], new ArrayBuffer(1)]) {
    for (const support of [text, bytes]) {
      const error = assertThrows(() => check(userData, support), TypeError);
      assert(!error.message.includes("secret"));
    }
  }
});

Deno.test("checkSize() accepts whole GB up to the limit", () => {
  assertEquals(checkSize(1, "createVolume", 100), 1);
  assertEquals(checkSize(100, "createVolume", 100), 100);
  for (const sizeGb of [0, -1, 1.5, 101, NaN, "5", null]) {
    assertThrows(
      () => checkSize(sizeGb as number, "createVolume", 100),
      RangeError,
      `createVolume: sizeGb must be an integer from 1 to 100, got ${
        typeof sizeGb === "number" ? sizeGb : show(sizeGb)
      }`,
    );
  }
  assertThrows(
    () => checkSize(undefined as never, "createVolume", 100),
    TypeError,
    "createVolume: sizeGb must be an integer, got undefined",
  );
});

Deno.test("checkPublicKey() trims the key and does not show it", () => {
  const key = "ssh-ed25519 AAAA me@example.com";
  assertEquals(checkPublicKey(`${key}\n`, "importKeyPair"), key);
  for (const value of [...BAD_STRINGS, "-----BEGIN canary\ncanary-----"]) {
    const error = assertThrows(
      () => checkPublicKey(value, "importKeyPair"),
      TypeError,
      "importKeyPair: publicKey must be one line, as in authorized_keys",
    );
    assert(!error.message.includes("canary"));
  }
});

Deno.test("checkPublicKey() returns one line for each format of a key", () => {
  const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample";
  for (
    const [given, line] of [
      [key, key],
      [`${key.replace(" ", "\t")}  me\r\n`, `${key} me`],
      [
        `---- BEGIN SSH2 PUBLIC KEY ----\r\nComment: "me"\r\n${
          key.split(" ")[1]
        }\r\n---- END SSH2 PUBLIC KEY ----\r\n`,
        `${key} me`,
      ],
      // Left to the provider.
      ["new-type AAAA", "new-type AAAA"],
    ] as const
  ) assertEquals(checkPublicKey(given, "importKeyPair"), line);
});

Deno.test("checkPublicKey() rejects options, which no provider accepts", () => {
  for (
    const options of ["no-pty", 'from="canary"', String.raw`command="a \" b"`]
  ) {
    const key = `${options} ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample`;
    const error = assertThrows(
      () => checkPublicKey(key, "createNode", "auth.sshKey"),
      TypeError,
    );
    assertEquals(
      error.message,
      "createNode: auth.sshKey must begin with the type of the key, without " +
        "options",
    );
  }
});

Deno.test("checkPublicKey() reads a long line in linear time", () => {
  // A pattern that backtracks would take hours.
  for (
    const part of [
      '\\"',
      '"',
      "a",
      " ",
      "\t",
      'a="b" ',
      "\r\n",
      "\\\n",
      "a:\\\n",
    ]
  ) {
    const long = part.repeat(100_000);
    for (
      const key of [
        `a${long}a`,
        `---- BEGIN SSH2 PUBLIC KEY ----\n${long}a`,
        `---- BEGIN SSH2 PUBLIC KEY ----\n${long}a\n---- END SSH2 PUBLIC KEY ----`,
      ]
    ) {
      try {
        checkPublicKey(key, "getKeyPair");
      } catch (error) {
        assert(error instanceof TypeError);
      }
    }
  }
});
