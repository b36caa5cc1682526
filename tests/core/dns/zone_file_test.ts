import { assert, assertEquals, assertThrows } from "@std/assert";
import type { RecordSetInput } from "../../../core/dns/records.ts";
import {
  formatZoneFile,
  parseZoneFile,
  ZoneFileError,
} from "../../../core/dns/zone_file.ts";
import { path } from "../../../tools/deno.ts";

const ORIGIN = { origin: "example.com" };

/** Each record set as one line, which is short to compare. */
function parse(text: string): string[] {
  return parseZoneFile(text, ORIGIN).recordSets.map((
    { name, type, ttl, data },
  ) => `${name} ${ttl ?? "-"} ${type} ${JSON.stringify(data).slice(1, -1)}`);
}

Deno.test("parseZoneFile() reads the ordinary zone file whole", () => {
  const text = Deno.readTextFileSync(path("fixtures/dns/ordinary.zone"));
  const zone = parseZoneFile(text, ORIGIN);
  const find = (name: string, type: string) => {
    const sets = zone.recordSets.filter((set) =>
      set.name === name && set.type === type
    );
    assertEquals(sets.length, 1, `${name} ${type}`);
    return sets[0] as RecordSetInput;
  };
  assertEquals([zone.origin, zone.ttl], ["example.com", 3600]);
  assertEquals(zone.recordSets.length, 30);
  assertEquals(find("@", "CAA").data, [
    { flags: 0, tag: "issue", value: "ca.test; validationmethods=dns-01" },
    { flags: 0, tag: "iodef", value: "mailto:security@example.com" },
  ]);
  assertEquals(find("@", "A").ttl, 60);
  assertEquals(find("sel._domainkey", "TXT").data, ["v=DKIM1;k=rsa;p=AAAA"]);
  assertEquals(find("text", "TXT").data, [['a;b "q" c', "second"]]);
  assertEquals(find("back", "TXT").data, ["back\\slash"]);
  assertEquals(find("bytes", "TXT").data, ["ü is UTF-8, \udcff is not"]);
  const [long] = find("long", "TXT").data as readonly string[][];
  assert(long?.length === 2 && long.join("").length > 255);
  assertEquals(find("@", "HTTPS").data, [{
    priority: 1,
    target: ".",
    params: { alpn: "h2,h3", ipv4hint: "192.0.2.1" },
  }]);
  // Names belong to the $ORIGIN above them, not to the last one.
  assertEquals(find("www", "CNAME").data, ["example.com"]);
  assertEquals(find("ns1.sub", "A").data, ["192.0.2.54"]);
  assertEquals(find("api.dev2", "A").data, ["192.0.2.3"]);
  assertEquals(parseZoneFile(formatZoneFile(zone), ORIGIN), zone);
});

Deno.test("names are relative to the $ORIGIN above them", () => {
  assertEquals(
    parse(
      "a 1 A 192.0.2.1\n" +
        "$ORIGIN dev\nb 1 CNAME a\n@ 1 MX 1 @\n" +
        "$ORIGIN x.dev.example.com.\nc 1 A 192.0.2.2\n" +
        "$ORIGIN @\nd 1 A 192.0.2.3\n" +
        "$ORIGIN .\ne.example.com 1 A 192.0.2.4\n",
    ),
    [
      'a 1 A "192.0.2.1"',
      'b.dev 1 CNAME "a.dev.example.com"',
      'dev 1 MX {"preference":1,"host":"dev.example.com"}',
      'c.x.dev 1 A "192.0.2.2"',
      'd.x.dev 1 A "192.0.2.3"',
      'e 1 A "192.0.2.4"',
    ],
  );
});

Deno.test("a line that begins with space belongs to the name above it", () => {
  const expected = ['a 1 A "192.0.2.1","192.0.2.2"'];
  for (const space of [" ", "\t", "  \t "]) {
    assertEquals(
      parse(`a 1 A 192.0.2.1\n\n; x\n${space}; y\n${space}1 A 192.0.2.2\n`),
      expected,
    );
  }
  // $ORIGIN does not change the name.
  assertEquals(
    parse("a 1 A 192.0.2.1\n$ORIGIN b\n 1 A 192.0.2.2\n"),
    expected,
  );
});

Deno.test("TTL and class are in either order, and may be left out", () => {
  for (const head of ["300 IN", "IN 300", "300", "5m in", "CLASS1 300"]) {
    assertEquals(parse(`a ${head} a 192.0.2.1`), ['a 300 A "192.0.2.1"']);
  }
  // At the beginning of a line, these are names.
  assertEquals(parse("in 1 A 192.0.2.1\n300 1 A 192.0.2.1\na 1 A 192.0.2.1"), [
    'in 1 A "192.0.2.1"',
    '300 1 A "192.0.2.1"',
    'a 1 A "192.0.2.1"',
  ]);
});

Deno.test("a record without a TTL has that of $TTL, or of the record before", () => {
  assertEquals(parse("a A 192.0.2.1"), ['a - A "192.0.2.1"']);
  assertEquals(parse("a 5 A 192.0.2.1\nb A 192.0.2.1"), [
    'a 5 A "192.0.2.1"',
    'b 5 A "192.0.2.1"',
  ]);
  assertEquals(
    parse(
      "$TTL 1h\na A 192.0.2.1\nb 5 A 192.0.2.1\nc A 192.0.2.1\n$TTL 7\nd A 192.0.2.1",
    ),
    [
      'a 3600 A "192.0.2.1"',
      'b 5 A "192.0.2.1"',
      'c 3600 A "192.0.2.1"',
      'd 7 A "192.0.2.1"',
    ],
  );
  assertEquals(parseZoneFile("$TTL 9\n$TTL 7\n", ORIGIN).ttl, 9);
  // The minimum of the SOA record, as in BIND.
  assertEquals(parse("@ SOA a b 1 2 3 4 50\nc A 192.0.2.1"), [
    '@ 50 SOA "a.example.com. b.example.com. 1 2 3 4 50"',
    'c 50 A "192.0.2.1"',
  ]);
});

Deno.test("records of one name and type become one set with the smallest TTL", () => {
  assertEquals(
    parse(
      "a 60 A 192.0.2.1\nb 1 A 192.0.2.9\nA 30 A 192.0.2.2\na 90 A 192.0.2.1",
    ),
    ['a 30 A "192.0.2.1","192.0.2.2"', 'b 1 A "192.0.2.9"'],
  );
});

Deno.test("parentheses, quotes, comments and escapes have their usual meaning", () => {
  const texts: readonly (readonly [text: string, json: string])[] = [
    ['( "one"\n"two" )', '["one","two"]'],
    ['( ; comment )\n "one" ; (\n)', '"one"'],
    ['"a;b" ; comment', '"a;b"'],
    ["a;comment", '"a"'],
    ["a\\;b", '"a;b"'],
    ["a\\ b", '"a b"'],
    ["a\\(b", '"a(b"'],
    ['"("', '"("'],
    ['"\\034"', '"\\""'],
    ['a"b"c', '["a","b","c"]'],
    ['"tab\tin quotes"', '"tab\\tin quotes"'],
    ["ünï", '"ünï"'],
    ["$ @", '["$","@"]'],
  ];
  for (const [text, json] of texts) {
    assertEquals(parse(`a 1 TXT ${text}\n`), [`a 1 TXT ${json}`]);
    assertEquals(parse(`a 1 TXT ${text}`), [`a 1 TXT ${json}`]);
  }
});

Deno.test("data of RFC 3597 is converted into the form of its type", () => {
  const cases: readonly (readonly [text: string, set: string])[] = [
    ["A \\# 4 C0 00 02 01", 'a 1 A "192.0.2.1"'],
    ["TYPE1 \\# 4 c0000201", 'a 1 A "192.0.2.1"'],
    [
      "TYPE28 \\# 16 20010db8000000000000000000000001",
      'a 1 AAAA "2001:db8::1"',
    ],
    [
      "TYPE15 \\# 7 000a 014d 0162 00",
      'a 1 MX {"preference":10,"host":"m.b"}',
    ],
    ["TYPE16 \\# 5 0161 02 ff22", 'a 1 TXT ["a","\\udcff\\""]'],
    ["CNAME \\# 1 00", 'a 1 CNAME "."'],
    [
      "TYPE257 \\# 8 00 05 6973737565 78",
      'a 1 CAA {"flags":0,"tag":"issue","value":"x"}',
    ],
    [
      // alpn="h2,a\\,b", port=443, ipv4hint=192.0.2.1, key667=" ".
      "TYPE65 \\# 33 0001 00 0001 0007 026832 03612c62 " +
      "0003 0002 01bb 0004 0004 c0000201 029b 0001 20",
      'a 1 HTTPS {"priority":1,"target":".","params":{"alpn":"h2,a\\\\,b",' +
      '"port":"443","ipv4hint":"192.0.2.1","key667":" "}}',
    ],
    ["TYPE29 \\# 1 00", 'a 1 TYPE29 "\\\\# 1 00"'],
    ["TYPE65280 \\# 1 00", 'a 1 TYPE65280 "\\\\# 1 00"'],
  ];
  for (const [text, set] of cases) assertEquals(parse(`a 1 ${text}`), [set]);
});

Deno.test("line ends of Windows and a byte order mark make no difference", () => {
  assertEquals(
    parse("\ufeff$TTL 5\r\na TXT ( x\r\n y )\r\n\r\n TXT z\r\n"),
    ['a 5 TXT ["x","y"],"z"'],
  );
});

Deno.test("$GENERATE makes records as BIND does", () => {
  const cases: readonly (readonly [text: string, sets: string[]])[] = [
    ["1-2 h$ 1 A 192.0.2.$", ['h1 1 A "192.0.2.1"', 'h2 1 A "192.0.2.2"']],
    ["0-6/3 h$ 1 A 192.0.2.$", [
      'h0 1 A "192.0.2.0"',
      'h3 1 A "192.0.2.3"',
      'h6 1 A "192.0.2.6"',
    ]],
    ["1-1 h${9,4} 1 A 192.0.2.$", ['h0010 1 A "192.0.2.1"']],
    ["10-10 h${-1,3,x} 1 A 192.0.2.${0}", ['h009 1 A "192.0.2.10"']],
    ["10-10 h${0,2,o} 1 CNAME ${0,0,X}.b.", ['h12 1 CNAME "a.b"']],
    ["18-18 ${0,5,n} 1 PTR h.b.", ['2.1.0 1 PTR "h.b"']],
    ['1-1 h$ 1 MX "10 m$"', [
      'h1 1 MX {"preference":10,"host":"m1.example.com"}',
    ]],
    ["1-1 h\\$ 1 A 192.0.2.1", ['h\\$ 1 A "192.0.2.1"']],
  ];
  for (const [text, sets] of cases) {
    assertEquals(parse(`$GENERATE ${text}`), sets);
  }
});

const TOO_MANY = `$GENERATE 0-999999999 a$ 1 TXT ${"x".repeat(200)}`;

const BROKEN:
  readonly (readonly [text: string, line: number, message: string])[] = [
    ["a 1 A 192.0.2.1\nb 1 A x\n", 2, 'A must be an IPv4 address, got "x"'],
    [
      "\n\n; x\na 1 MX (\n 10\n mail mail )\n",
      4,
      'MX has unexpected data, "mail"',
    ],
    ["  1 A 192.0.2.1", 1, "the first record has no name"],
    ["a", 1, "the record has no type"],
    ["a 1 IN", 1, "the record has no type"],
    ["a 1 1 A 192.0.2.1", 1, 'unknown type "1"'],
    ["a 1 FOO bar", 1, 'unknown type "FOO"'],
    ["a 1 CH A 192.0.2.1", 1, 'class must be IN, got "CH"'],
    [
      "a 2147483648 A 192.0.2.1",
      1,
      "ttl must be an integer from 0 to 2147483647, got 2147483648",
    ],
    [
      "www.example.org. 1 A 192.0.2.1",
      1,
      '"www.example.org." is not in the zone "example.com"',
    ],
    [
      "$ORIGIN org.\na 1 A 192.0.2.1",
      2,
      '"a.org." is not in the zone "example.com"',
    ],
    ["$INCLUDE other.zone", 1, "$INCLUDE is not supported; insert the file"],
    ["$DATE now", 1, 'unknown directive "$DATE"'],
    ["$constructor now", 1, 'unknown directive "$constructor"'],
    ["$TTL", 1, "the directive must have one value"],
    ["$TTL 1 2", 1, "the directive must have one value"],
    ["$TTL soon", 1, '$TTL must be a time such as 1h, got "soon"'],
    [
      "$TTL 9999999999",
      1,
      "$TTL must be an integer from 0 to 2147483647, got 9999999999",
    ],
    [
      "$GENERATE 2-1 a A 192.0.2.1",
      1,
      '$GENERATE must be a range such as 1-10, got "2-1"',
    ],
    [
      "$GENERATE 1-2/0 a A 192.0.2.1",
      1,
      '$GENERATE must be a range such as 1-10, got "1-2/0"',
    ],
    ["$GENERATE", 1, '$GENERATE must be a range such as 1-10, got ""'],
    [
      "$GENERATE 1-300 a$ 1 A 192.0.2.$",
      1,
      'A must be an IPv4 address, got "192.0.2.256"',
    ],
    [TOO_MANY, 1, "$GENERATE makes more than 2097152 characters"],
    ['\na 1 TXT "open\nb 1 TXT x\n', 2, "a string in quotes is not closed"],
    ["\na 1 TXT open\\\n", 2, "a backslash is at the end of the line"],
    ["\na 1 TXT open\\", 2, "a backslash is at the end of the line"],
    ["a 1 TXT ( x\n\n", 1, '"(" is not closed'],
    ["a 1 TXT ( ( x ) )\n", 1, 'unexpected "("'],
    ["\na 1 TXT x )\n", 2, 'unexpected ")"'],
    ["a 1 A \\# 3 c00002", 1, "A must have more bytes, got 3"],
    ["a 1 TYPE1 \\# 5 c000020100", 1, "TYPE1 must have fewer bytes, got 5"],
    [
      "a 1 A \\# 4 c00002",
      1,
      'A bytes must be "\\# <length> <hex>", got "\\\\# 4 c00002"',
    ],
    ["a 1 CNAME \\# 2 c00c", 1, "CNAME must have more bytes, got 2"],
    [
      "a 1 LOC \\# 1 00",
      1,
      'LOC must be data in its own form, got "\\\\# 1 00"',
    ],
  ];

for (const [text, line, message] of BROKEN) {
  Deno.test(`parseZoneFile() throws a ZoneFileError: ${message}`, () => {
    const error = assertThrows(
      () => parseZoneFile(text, ORIGIN),
      ZoneFileError,
    );
    assertEquals(error.message, `parseZoneFile: line ${line}: ${message}`);
    assertEquals([error.line, error.name], [line, "ZoneFileError"]);
    assert(error instanceof SyntaxError);
  });
}

Deno.test("parseZoneFile() rejects arguments of a wrong type", () => {
  for (const text of [undefined, null, 5, new Uint8Array()]) {
    assertThrows(
      () => parseZoneFile(text as unknown as string, ORIGIN),
      TypeError,
      "parseZoneFile: text must be a string, got",
    );
  }
  for (const options of [undefined, {}, { origin: "" }, { origin: "a..b" }]) {
    assertThrows(
      () => parseZoneFile("", options as { origin: string }),
      TypeError,
      "parseZoneFile: origin must be",
    );
  }
});

Deno.test("parseZoneFile() rejects megabytes in one string, name or line", () => {
  const long = "a".repeat(1e6);
  const escapes = "\\;".repeat(3e5);
  for (
    const text of [
      long,
      `a 1 TXT ${long}`,
      `a 1 TXT "${long}"`,
      `a 1 TXT ${escapes}`,
      `a 1 TXT "${escapes}"`,
      `a 1 TXT ${"x ".repeat(1e5)}`,
      `a 1 TXT "${long}`,
      `a 1 CAA 0 issue "${long}"`,
      `a 1 OPENPGPKEY ${long}`,
      `a 1 SSHFP 1 1 ${long}`,
      `a 1 TYPE65280 \\# 500000 ${long}`,
      "(".repeat(1e6),
      "\\".repeat(3e5 + 1),
    ]
  ) assertThrows(() => parseZoneFile(text, ORIGIN), ZoneFileError);
  assertEquals(parseZoneFile("\n".repeat(1e5), ORIGIN).recordSets, []);
});

Deno.test("formatZoneFile() writes the SOA record and sets without a TTL first", () => {
  const recordSets: RecordSetInput[] = [
    { name: "a", type: "A", ttl: 60, data: ["192.0.2.1"] },
    { name: "WWW.example.com.", type: "A", data: ["192.0.2.2"] },
    { name: "@", type: "SOA", ttl: 5, data: ["a.b. c.d. 1 2 3 4 5"] },
  ];
  assertEquals(
    formatZoneFile({ ...ORIGIN, ttl: 300, recordSets }),
    "$ORIGIN example.com.\n" +
      "$TTL 300\n" +
      "@ 5 IN SOA a.b. c.d. 1 2 3 4 5\n" +
      "www IN A 192.0.2.2\n" +
      "a 60 IN A 192.0.2.1\n",
  );
  const zone = { ...ORIGIN, recordSets: recordSets.slice(0, 2) };
  // Otherwise, the record without a TTL would have the one of the other.
  assertEquals(parse(formatZoneFile(zone)), [
    'www - A "192.0.2.2"',
    'a 60 A "192.0.2.1"',
  ]);
});

Deno.test("formatZoneFile() names the record set with a mistake", () => {
  const cases:
    readonly (readonly [Partial<RecordSetInput>, message: string])[] = [
      [
        { name: "a..b" },
        'recordSets[1]: name must be labels with dots between them, got "a..b"',
      ],
      [
        { name: "a.b." },
        'recordSets[1]: name must be in the zone "example.com", got "a.b."',
      ],
      [
        { ttl: -1 },
        "recordSets[1]: ttl must be an integer from 0 to 2147483647, got -1",
      ],
      [
        { data: ["192.0.2.1", "x"] } as Partial<RecordSetInput>,
        'recordSets[1]: data[1] must be an IPv4 address, got "x"',
      ],
      [
        { type: "FOO" } as unknown as Partial<RecordSetInput>,
        'recordSets[1]: type must be a type such as "A" or "TYPE65280", got "FOO"',
      ],
    ];
  const good: RecordSetInput = { name: "a", type: "A", data: ["192.0.2.1"] };
  for (const [part, message] of cases) {
    const recordSets = [good, { ...good, ...part } as RecordSetInput];
    const error = assertThrows(
      () => formatZoneFile({ ...ORIGIN, recordSets }),
      Error,
    );
    assertEquals(error.message, `formatZoneFile: ${message}`);
  }
});
