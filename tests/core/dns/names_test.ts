import { assertEquals, assertThrows } from "@std/assert";
import {
  absoluteName,
  hostName,
  nameInZone,
  relativeName,
  toAscii,
  zoneName,
} from "../../../core/dns/names.ts";

const ZONE = "example.com";

Deno.test("relativeName() returns names in lower case, relative to the zone", () => {
  const names: readonly (readonly [name: string, relative: string])[] = [
    ["www", "www"],
    ["WWW.Dev", "www.dev"],
    ["@", "@"],
    ["*.dev", "*.dev"],
    ["_sip._tcp", "_sip._tcp"],
    ["example.com.", "@"],
    ["www.Example.COM.", "www"],
    // Without the final dot, the name is relative, whatever it looks like.
    ["www.example.com", "www.example.com"],
    ["a\\.b", "a\\.b"],
    ["a\\032\\065", "a\\032a"],
    ["\\@", "\\@"],
    ["x.\\@", "x.\\@"],
    ["x.\\.", "x.\\."],
    ["a,b", "a\\044b"],
  ];
  for (const [name, relative] of names) {
    assertEquals(relativeName(name, ZONE), relative);
    assertEquals(relativeName(relative, ZONE), relative);
  }
});

Deno.test("relativeName() rejects invalid names and names outside of the zone", () => {
  const options = { operation: "setRecordSet" };
  const cases: readonly (readonly [unknown, message: string])[] = [
    ["", 'setRecordSet: name must be a non-empty string, got ""'],
    [5, "setRecordSet: name must be a non-empty string, got number 5"],
    [
      "a..b",
      'setRecordSet: name must be labels with dots between them, got "a..b"',
    ],
    [
      ".a",
      'setRecordSet: name must be labels with dots between them, got ".a"',
    ],
    [
      "a\\256",
      'setRecordSet: name must be labels with dots between them, got "a\\\\256"',
    ],
    [
      "bücher",
      'setRecordSet: name must be ASCII, as toAscii() returns it, got "bücher"',
    ],
    [
      "www.example.org.",
      'setRecordSet: name must be in the zone "example.com", got "www.example.org."',
    ],
    [
      "notexample.com.",
      'setRecordSet: name must be in the zone "example.com", got "notexample.com."',
    ],
    [
      "com.",
      'setRecordSet: name must be in the zone "example.com", got "com."',
    ],
  ];
  for (const [name, message] of cases) {
    const error = assertThrows(
      () => relativeName(name as string, ZONE, options),
      TypeError,
    );
    assertEquals(error.message, message);
  }
});

Deno.test("names have labels of at most 63 bytes, and 255 bytes with the zone", () => {
  const label = "a".repeat(63);
  assertEquals(relativeName(label, ZONE), label);
  assertThrows(
    () => relativeName(`${label}a`, ZONE),
    RangeError,
    "name has a label of 64 bytes; DNS accepts at most 63",
  );
  // Four digits and a backslash are one byte.
  const bytes = "\\000".repeat(63);
  assertEquals(relativeName(bytes, ZONE), bytes);
  // 3 labels of 64 bytes, one of 50, and 13 bytes of the zone with its root.
  const longest = `${label}.${label}.${label}.${"a".repeat(49)}`;
  assertEquals(relativeName(longest, ZONE), longest);
  assertThrows(
    () => relativeName(`${longest}a`, ZONE),
    RangeError,
    "name is 256 bytes; DNS accepts at most 255",
  );
  assertThrows(
    () => relativeName("a.".repeat(1e6), ZONE),
    RangeError,
    "name is 2000000 bytes",
  );
});

Deno.test("absoluteName() adds the zone", () => {
  assertEquals(absoluteName("www", ZONE), "www.example.com");
  assertEquals(absoluteName("@", ZONE), "example.com");
  assertEquals(absoluteName("WWW.example.com.", ZONE), "www.example.com");
  assertEquals(absoluteName("*", ZONE, { radix: 8 }), "*.example.com");
  assertEquals(
    absoluteName("a\\@b", ZONE, { radix: 8 }),
    "a\\100b.example.com",
  );
  assertThrows(() => absoluteName("www.example.org.", ZONE), TypeError);
});

Deno.test("nameInZone() reads absolute names with and without the final dot", () => {
  assertEquals(nameInZone("www.example.com.", ZONE), "www");
  assertEquals(nameInZone("www.example.com", ZONE), "www");
  assertEquals(nameInZone("EXAMPLE.com", ZONE), "@");
  // Route 53 writes octal digits.
  assertEquals(nameInZone("\\052.example.com.", ZONE, { radix: 8 }), "*");
  assertEquals(nameInZone("\\100.example.com.", ZONE, { radix: 8 }), "\\@");
  assertThrows(() => nameInZone("\\080.example.com.", ZONE, { radix: 8 }));
  assertThrows(() => nameInZone("www", ZONE), TypeError, "must be in the zone");
});

Deno.test("hostName() returns absolute names without the final dot", () => {
  assertEquals(hostName("MX1.example.com"), "mx1.example.com");
  assertEquals(hostName("mx1.example.com."), "mx1.example.com");
  assertEquals(hostName("."), ".");
  // What it returns is accepted again.
  assertEquals(hostName("localhost."), "localhost.");
  for (const host of ["www", "@", "", "a..b"]) {
    assertThrows(() => hostName(host), TypeError);
  }
  assertThrows(
    () => hostName("www", { operation: "addRecord", field: "data[0].host" }),
    TypeError,
    'addRecord: data[0].host must be an absolute name such as "mx1.example.com" ' +
      'or "localhost.", got "www"',
  );
});

Deno.test("zoneName() returns the name in lower case without the final dot", () => {
  assertEquals(zoneName("Example.COM."), "example.com");
  assertEquals(zoneName("test"), "test");
  for (const name of ["", ".", "@", "a..b"]) {
    assertThrows(() => zoneName(name), TypeError);
  }
});

Deno.test("toAscii() converts labels with Punycode", () => {
  const names: readonly (readonly [name: string, ascii: string])[] = [
    ["bücher.example", "xn--bcher-kva.example"],
    ["*.Bücher.example.", "*.xn--bcher-kva.example."],
    ["_dmarc.straße.de", "_dmarc.xn--strae-oqa.de"],
    ["日本。jp", "xn--wgv71a.jp"],
    ["WWW", "www"],
    ["@", "@"],
    ["1.2.0.192", "1.2.0.192"],
  ];
  for (const [name, ascii] of names) assertEquals(toAscii(name), ascii);
});

Deno.test("toAscii() rejects labels that are no names", () => {
  for (
    const label of ["ü/x", "ü@x", "ü:80", "ü?", "ü x", "ü#", "\ud800", "ü%2e"]
  ) {
    assertThrows(() => toAscii(label), TypeError, "toAscii: name must be");
  }
  assertThrows(() => toAscii(undefined as unknown as string), TypeError);
});
