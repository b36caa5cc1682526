import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  formatRecordData,
  joinText,
  normalizeRecordData,
  normalizeValues,
  parseRecordData,
} from "../../../core/dns/rdata.ts";
import type { RecordData, RecordType } from "../../../core/dns/records.ts";

type Example = readonly [
  type: RecordType,
  text: string,
  data: RecordData,
  usual?: string,
];

const FINGERPRINT = "123456789abcdef67890123456789abcdef67890";

/** Data as in a zone file, what it means, and how it is written again. */
const EXAMPLES: readonly Example[] = [
  ["A", "192.0.2.1", "192.0.2.1"],
  ["AAAA", "2001:DB8:0:0:0:0:0:1", "2001:db8::1", "2001:db8::1"],
  ["AAAA", "::ffff:192.0.2.1", "::ffff:c000:201", "::ffff:c000:201"],
  ["CNAME", "WWW.example.com.", "www.example.com", "www.example.com."],
  ["NS", "localhost.", "localhost."],
  ["MX", "0 .", { preference: 0, host: "." }],
  [
    "MX",
    "010 mx.example.com.",
    { preference: 10, host: "mx.example.com" },
    "10 mx.example.com.",
  ],
  ["SRV", "1 2 443 a.b.", { priority: 1, weight: 2, port: 443, host: "a.b" }],
  ["TXT", '""', ""],
  ["TXT", "bare", "bare", '"bare"'],
  ["TXT", '"a;b \\"q\\" c"', 'a;b "q" c'],
  ["TXT", '"back\\\\slash"', "back\\slash"],
  ["TXT", "a\\ b\\;c", "a b;c", '"a b;c"'],
  ["TXT", '"\\195\\188"', "ü"],
  ["TXT", '"ü"', "ü", '"\\195\\188"'],
  ["TXT", '"\\255"', "\udcff"],
  ["TXT", '"\\239\\187\\191"', "\ufeff"],
  // A surrogate encoded as UTF-8 is not valid.
  ["TXT", '"\\237\\160\\128"', "\udced\udca0\udc80"],
  ["TXT", '"one" "two"', ["one", "two"]],
  ["TXT", '"one""two"', ["one", "two"], '"one" "two"'],
  ["TXT", '"" ""', ["", ""]],
  ["CAA", '0 ISSUE "ca.test; a=b"', {
    flags: 0,
    tag: "issue",
    value: "ca.test; a=b",
  }, '0 issue "ca.test; a=b"'],
  ["DS", "1 13 2 AB CD", {
    keyTag: 1,
    algorithm: 13,
    digestType: 2,
    digest: "abcd",
  }, "1 13 2 abcd"],
  ["SSHFP", `4 1 ${FINGERPRINT}`, {
    algorithm: 4,
    fingerprintType: 1,
    fingerprint: FINGERPRINT,
  }],
  ["TLSA", "3 1 1 d2ab", {
    usage: 3,
    selector: 1,
    matchingType: 1,
    data: "d2ab",
  }],
  [
    "NAPTR",
    '100 10 "U" "E2U+sip" "!^.*$!sip:\\\\1@example.com!" .',
    {
      order: 100,
      preference: 10,
      flags: "U",
      services: "E2U+sip",
      regexp: "!^.*$!sip:\\1@example.com!",
      replacement: ".",
    },
  ],
  ["HTTPS", "0 www.example.com.", {
    priority: 0,
    target: "www.example.com",
    params: {},
  }],
  [
    "HTTPS",
    '1 . port=443 alpn="h2,h3" no-default-alpn ipv6hint=2001:DB8::0',
    {
      priority: 1,
      target: ".",
      params: {
        alpn: "h2,h3",
        "no-default-alpn": "",
        port: "443",
        ipv6hint: "2001:db8::",
      },
    },
    "1 . alpn=h2,h3 no-default-alpn port=443 ipv6hint=2001:db8::",
  ],
  [
    "SVCB",
    // From RFC 9460, appendix D.
    '16 foo.example.org. alpn="f\\\\\\\\oo\\\\,bar,h2"',
    {
      priority: 16,
      target: "foo.example.org",
      params: { alpn: "f\\\\oo\\,bar,h2" },
    },
  ],
  [
    "SVCB",
    '1 foo.example.com. key667="hello\\210qoo"',
    {
      priority: 1,
      target: "foo.example.com",
      params: { key667: "hello\udcd2qoo" },
    },
  ],
  [
    "SVCB",
    "16 foo.example.org. alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1",
    {
      priority: 16,
      target: "foo.example.org",
      params: {
        mandatory: "alpn,ipv4hint",
        alpn: "h2,h3-19",
        ipv4hint: "192.0.2.1",
      },
    },
    "16 foo.example.org. mandatory=alpn,ipv4hint alpn=h2,h3-19 ipv4hint=192.0.2.1",
  ],
  [
    "SOA",
    "a. B.c. 1 2h 15m 1w2d 5",
    "a. b.c. 1 7200 900 777600 5",
    "a. b.c. 1 7200 900 777600 5",
  ],
  ["HINFO", 'PC "Linux 6"', '"PC" "Linux 6"', '"PC" "Linux 6"'],
  [
    "LOC",
    "42 21 54 N 71 6 18 W -24m 30m",
    "42 21 54.000 N 71 6 18.000 W -24.00m 30.00m 10000.00m 10.00m",
    "42 21 54.000 N 71 6 18.000 W -24.00m 30.00m 10000.00m 10.00m",
  ],
  [
    "LOC",
    "0 S 0 W 0",
    "0 0 0.000 N 0 0 0.000 E 0.00m 1.00m 10000.00m 10.00m",
    "0 0 0.000 N 0 0 0.000 E 0.00m 1.00m 10000.00m 10.00m",
  ],
  ["CERT", "PKIX 1 RSASHA256 AAAA", "1 1 8 AAAA", "1 1 8 AAAA"],
  [
    "DNSKEY",
    "257 3 ECDSAP256SHA256 AAAA BBBB",
    "257 3 13 AAAABBBB",
    "257 3 13 AAAABBBB",
  ],
  ["CDS", "0 0 0 00", "0 0 0 00"],
  ["RP", "me.example.com. .", "me.example.com. ."],
  ["URI", '10 1 "https://example.com/"', '10 1 "https://example.com/"'],
  ["TYPE65280", "\\# 3 AB cd EF", "\\# 3 abcdef", "\\# 3 abcdef"],
  ["TYPE65280", "\\# 0", "\\# 0"],
];

for (const [type, text, data, usual = text] of EXAMPLES) {
  Deno.test(`${type} ${text} is read, and written as ${usual}`, () => {
    assertEquals(parseRecordData(type, text), data);
    assertEquals(formatRecordData(type, data as never), usual);
    assertEquals(normalizeRecordData(type, data as never), data);
  });
}

Deno.test("parseRecordData() resolves names against the origin", () => {
  const origin = "example.com";
  assertEquals(
    parseRecordData("MX", "10 mx", { origin }).host,
    "mx.example.com",
  );
  assertEquals(parseRecordData("CNAME", "@", { origin }), "example.com");
  assertEquals(parseRecordData("CNAME", "a.b.", { origin }), "a.b");
  assertEquals(
    parseRecordData("RP", "me @", { origin }),
    "me.example.com. example.com.",
  );
  // Without an origin, names are absolute even without the final dot.
  assertEquals(
    parseRecordData("MX", "10 mx.example.com").host,
    "mx.example.com",
  );
});

Deno.test("data has octal escapes with radix 8, as at Route 53", () => {
  const radix = 8;
  assertEquals(parseRecordData("TXT", '"\\303\\274\\011"', { radix }), "ü\t");
  assertEquals(formatRecordData("TXT", "ü\t", { radix }), '"\\303\\274\\011"');
  assertEquals(
    formatRecordData("CNAME", "a\\@b.example.com", { radix }),
    "a\\100b.example.com.",
  );
  assertEquals(
    formatRecordData("SPF", '"\\195\\188"', { radix }),
    '"\\303\\274"',
  );
  assertEquals(
    parseRecordData("SPF", '"\\303\\274"', { radix }),
    '"\\195\\188"',
  );
  assertThrows(() => parseRecordData("TXT", '"\\800"', { radix }), TypeError);
});

Deno.test("parameters are written in the order of their numbers", () => {
  const params = {
    key9999: "x",
    port: "1",
    mandatory: "port,alpn",
    alpn: "h2",
  };
  const data = { priority: 1, target: ".", params };
  const text = "1 . mandatory=alpn,port alpn=h2 port=1 key9999=x";
  assertEquals(formatRecordData("SVCB", data), text);
});

Deno.test("TXT is cut after 255 bytes, and joined again", () => {
  for (const length of [0, 1, 254, 255, 256, 510, 511, 4000]) {
    const text = "ü".repeat(length / 2) + (length % 2 ? "x" : "");
    const written = formatRecordData("TXT", text);
    const strings = written.match(/"[^"]*"/g) ?? [];
    assertEquals(strings.length, Math.max(1, Math.ceil(length / 255)));
    assertEquals(parseRecordData("TXT", written), text);
  }
});

Deno.test("TXT keeps strings that are cut elsewhere", () => {
  const strings = ["a".repeat(200), "b".repeat(255), "c"];
  assertEquals(
    parseRecordData("TXT", formatRecordData("TXT", strings)),
    strings,
  );
  // Strings that are cut as usual are one text.
  const usual = ["a".repeat(255), "b"];
  assertEquals(normalizeRecordData("TXT", usual), usual.join(""));
  assertEquals(normalizeRecordData("TXT", ["one"]), "one");
  // A provider may return a string that is too long for DNS.
  const long = "a".repeat(300);
  assertEquals(parseRecordData("TXT", `"${long}"`), long);
});

Deno.test("joinText() joins strings that are cut within a character", () => {
  const [first, second] = ["\udcc3", "\udcbc"];
  assertEquals(joinText([`M${first}`, `${second}ll`]), "Müll");
  assertEquals(joinText("one"), "one");
});

Deno.test("parseRecordData() accepts line breaks in quotes, as PowerDNS returns them", () => {
  assertEquals(parseRecordData("TXT", '"a\nb"'), "a\nb");
  assertThrows(
    () => parseRecordData("TXT", '"a"\n"b"'),
    TypeError,
    "several lines",
  );
});

Deno.test("normalizeValues() returns each value once", () => {
  const data = ["2001:DB8::1", "2001:db8:0::1", "::1"];
  assertEquals(normalizeValues("AAAA", data, "setRecordSet"), [
    "2001:db8::1",
    "::1",
  ]);
  assertThrows(
    () => normalizeValues("A", [], "setRecordSet"),
    TypeError,
    "setRecordSet: data must be a non-empty array, got an array",
  );
});

type Mistake = readonly [type: RecordType, data: unknown, message: string];

const TOO_LONG = "a".repeat(256);

const MISTAKES: readonly Mistake[] = [
  [
    "FOO" as RecordType,
    "x",
    'type must be a type such as "A" or "TYPE65280", got "FOO"',
  ],
  [
    "TYPE65536",
    "\\# 0",
    'type must be a type such as "A" or "TYPE65280", got "TYPE65536"',
  ],
  [
    "TYPE01",
    "\\# 0",
    'type must be a type such as "A" or "TYPE65280", got "TYPE01"',
  ],
  [
    "constructor" as RecordType,
    "x",
    'type must be a type such as "A" or "TYPE65280", got "constructor"',
  ],
  ["A", "192.0.2.256", 'data must be an IPv4 address, got "192.0.2.256"'],
  ["A", "192.0.2.01", 'data must be an IPv4 address, got "192.0.2.01"'],
  ["A", "192.0.2.1.", 'data must be an IPv4 address, got "192.0.2.1."'],
  ["A", undefined, "data must be an IPv4 address, got undefined"],
  ["AAAA", "192.0.2.1", 'data must be an IPv6 address, got "192.0.2.1"'],
  ["AAAA", "fe80::1%eth0", 'data must be an IPv6 address, got "fe80::1%eth0"'],
  [
    "CNAME",
    "www",
    'data must be an absolute name such as "mx1.example.com" or "localhost.", got "www"',
  ],
  [
    "CNAME",
    "münchen.de",
    'data must be ASCII, as toAscii() returns it, got "münchen.de"',
  ],
  [
    "MX",
    "10 mx.example.com",
    'data must be an object, got "10 mx.example.com"',
  ],
  [
    "MX",
    { preference: 65_536, host: "a.b" },
    "data.preference must be an integer from 0 to 65535, got 65536",
  ],
  [
    "MX",
    { preference: "10", host: "a.b" },
    'data.preference must be an integer from 0 to 65535, got "10"',
  ],
  [
    "MX",
    { host: "a.b" },
    "data.preference must be an integer from 0 to 65535, got undefined",
  ],
  [
    "MX",
    { preference: 10, host: "mail" },
    'data.host must be an absolute name such as "mx1.example.com" or "localhost.", got "mail"',
  ],
  ["TXT", 5, "data must be a string, got number 5"],
  ["TXT", [], "data must be at least one string, got an array"],
  ["TXT", [TOO_LONG], "data[0] is 256 bytes; DNS accepts at most 255"],
  ["TXT", "a".repeat(65_280), "data is 65536 bytes; DNS accepts at most 65535"],
  ["TXT", "\ud83d", 'data must be text without lone surrogates, got "\\ud83d"'],
  [
    "CAA",
    { flags: 0, tag: "is sue", value: "" },
    'data.tag must be letters and digits, got "is sue"',
  ],
  [
    "DS",
    { keyTag: 1, algorithm: 13, digestType: 2, digest: "abc" },
    'data.digest must be bytes in hexadecimal, got "abc"',
  ],
  ["NAPTR", {
    order: 1,
    preference: 1,
    flags: TOO_LONG,
    services: "",
    regexp: "",
    replacement: ".",
  }, "data.flags is 256 bytes; DNS accepts at most 255"],
  [
    "HTTPS",
    { priority: 1, target: "." },
    "data.params must be an object, got undefined",
  ],
  [
    "HTTPS",
    { priority: 0, target: "a.b", params: { alpn: "h2" } },
    "data has priority 0, and must have no params",
  ],
  [
    "HTTPS",
    { priority: 1, target: ".", params: { port: "x" } },
    'data.params.port must be an integer from 0 to 65535, got "x"',
  ],
  [
    "HTTPS",
    { priority: 1, target: ".", params: { port: 443 } },
    "data.params.port must be a string, got number 443",
  ],
  [
    "HTTPS",
    { priority: 1, target: ".", params: { alpn: "" } },
    'data.params.alpn must be a non-empty string, got ""',
  ],
  [
    "HTTPS",
    { priority: 1, target: ".", params: { key3: "1" } },
    'data.params must be keys such as "port", got "key3"',
  ],
  [
    "HTTPS",
    { priority: 1, target: ".", params: { mandatory: "port" } },
    'data.params lacks "port"',
  ],
  [
    "HTTPS",
    { priority: 1, target: ".", params: { "no-default-alpn": "" } },
    'data.params lacks "alpn"',
  ],
  [
    "HTTPS",
    { priority: 1, target: ".", params: { ipv4hint: "::1" } },
    'data.params.ipv4hint must be an IPv4 address, got "::1"',
  ],
  ["SOA", "a. b. 1 2 3 4", "data minimum is missing"],
  ["SOA", "a. b. 1 2 3 4 5 6", 'data has unexpected data, "6"'],
  ["OPENPGPKEY", "AAA", 'data key must be bytes in Base64, got "AAA"'],
  [
    "TYPE65280",
    "\\# 3 abcd",
    'data bytes must be "\\# <length> <hex>", got "\\\\# 3 abcd"',
  ],
  ["HINFO", "PC", "data os is missing"],
];

for (const [type, data, message] of MISTAKES) {
  Deno.test(`formatRecordData() rejects ${type} with "${message}"`, () => {
    const options = { operation: "setRecordSet" };
    const error = assertThrows(() =>
      formatRecordData(type, data as never, options)
    );
    assert(error instanceof TypeError || error instanceof RangeError);
    assertEquals(error.message, `setRecordSet: ${message}`);
  });
}

Deno.test("parseRecordData() names the type and the field", () => {
  const cases: readonly (readonly [RecordType, string, message: string])[] = [
    [
      "MX",
      "mail",
      'MX preference must be an integer from 0 to 65535, got "mail"',
    ],
    ["MX", "10", "MX host is missing"],
    ["A", "192.0.2.1 5", 'A has unexpected data, "5"'],
    ["TXT", "", "TXT is missing"],
    ["TXT", '"open', "TXT is invalid: a string in quotes is not closed"],
    ["TXT", '"\\300"', 'TXT must be text with valid escapes, got "\\\\300"'],
    ["TXT", "(a", 'TXT is invalid: "(" is not closed'],
    ["HTTPS", "1 . alpn=h2 alpn=h3", 'HTTPS params has "alpn" twice'],
    ["HTTPS", '1 . "alpn"', 'HTTPS params must be key=value, got "alpn"'],
    [
      "TYPE65280",
      "a b",
      'TYPE65280 bytes must be "\\# <length> <hex>", got "a b"',
    ],
  ];
  for (const [type, text, message] of cases) {
    const error = assertThrows(() => parseRecordData(type, text), Error);
    assertEquals(error.message, `parseRecordData: ${message}`);
  }
});
