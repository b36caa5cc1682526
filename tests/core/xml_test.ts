import {
  assert,
  assertEquals,
  assertLess,
  assertMatch,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  Connection,
  MalformedResponseError,
  NotFoundError,
  parseXml,
  ServiceUnavailableError,
  type XmlElement,
  XmlResponse,
} from "../../core/mod.ts";
import { ACME } from "./_acme.ts";

/** An element as plain data: its name, and its text or its children. */
type Tree = readonly [name: string, inside: string | readonly Tree[]];

function toTree(element: XmlElement): Tree {
  const { name, text, children } = element;
  return [name, children.length > 0 ? children.map(toTree) : text];
}

Deno.test("parseXml() parses elements and their text", () => {
  const root = parseXml(`<?xml version="1.0" encoding="UTF-8"?>
    <DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
      <requestId>1</requestId>
      <reservationSet>
        <item><id>r-1</id><tagSet/></item>
        <item><id>r-2</id><tagSet><item><key>a</key></item></tagSet></item>
      </reservationSet>
      <nextToken></nextToken>
    </DescribeInstancesResponse>
  `);
  assertEquals(root.name, "DescribeInstancesResponse");
  assertEquals(root.textAt("requestId"), "1");
  const items = root.all("reservationSet", "item");
  assertEquals(items.map((item) => item.textAt("id")), ["r-1", "r-2"]);
  assertEquals(root.all("reservationSet", "item", "tagSet", "item").length, 1);
  assertEquals(root.textAt("reservationSet", "item", "id"), "r-1");
  assertEquals(
    root.children.map(({ name }) => name),
    ["requestId", "reservationSet", "nextToken"],
  );
});

Deno.test("XmlElement returns undefined or an empty array for missing elements", () => {
  const root = parseXml("<a><b/><c></c><d> </d><e><f>g</f></e></a>");
  assertStrictEquals(root.get("x"), undefined);
  assertStrictEquals(root.get("a"), undefined);
  assertStrictEquals(root.get("f"), undefined);
  assertEquals(root.all("x"), []);
  assertEquals(root.all("b", "item"), []);
  assertEquals(root.all("x", "y"), []);
  assertStrictEquals(root.textAt("x"), undefined);
  assertStrictEquals(root.textAt("x", "y"), undefined);
  assertStrictEquals(root.textAt("b"), undefined);
  assertStrictEquals(root.textAt("c"), undefined);
  assertStrictEquals(root.textAt("e"), undefined);
  assertStrictEquals(root.textAt("d"), undefined);
  assertEquals(root.get("d")?.text, " ");
  assertEquals(root.get("b")?.text, "");
  assertEquals(root.get("e")?.text, "");
  assertEquals(root.get("b")?.children, []);
});

Deno.test("XmlElement.textAt() leaves out white space around a text, and text keeps it", () => {
  const root = parseXml("<a><b>\n  web 1\t</b><c>&#x20;x&#10;</c></a>");
  assertEquals(root.textAt("b"), "web 1");
  assertEquals(root.textAt("c"), "x");
  assertEquals(root.get("b")?.text, "\n  web 1\t");
  assertEquals(root.get("c")?.text, " x\n");
});

Deno.test("XmlElement.all() and textAt() without names return the element and its text", () => {
  const root = parseXml("<a>b</a>");
  assertEquals(root.all().map(toTree), [["a", "b"]]);
  assertEquals(root.textAt(), "b");
});

Deno.test("XmlElement.all() returns an array in document order, also for one element", () => {
  const root = parseXml("<a><s><item>1</item></s><s><item>2</item></s></a>");
  assertEquals(root.all("s", "item").map(({ text }) => text), ["1", "2"]);
  assertEquals(root.get("s")?.all("item").length, 1);
  assertEquals(root.textAt("s", "item"), "1");
});

Deno.test("XmlElement accepts names of properties that every object has", () => {
  const names = ["__proto__", "constructor", "toString", "hasOwnProperty"];
  const inside = names.map((name) => `<${name}>x</${name}>`).join("");
  const root = parseXml(`<__proto__>${inside}</__proto__>`);
  for (const name of names) assertEquals(root.textAt(name), "x");
  assertEquals(root.children.map(({ name }) => name), names);
  assertStrictEquals(({} as { x?: unknown }).x, undefined);
  const empty = parseXml("<a/>");
  for (const name of names) assertStrictEquals(empty.get(name), undefined);
});

const PARSED: Record<string, [xml: string, text: string]> = {
  "the five entities": [
    "<a>&lt;&gt;&amp;&quot;&apos;</a>",
    "<>&\"'",
  ],
  "an escaped entity once": ["<a>&amp;lt;</a>", "&lt;"],
  "numeric references": ["<a>&#65;&#x42;&#x1F600;&#0067;&#9;</a>", "AB😀C\t"],
  "the first and last code points of each valid range": [
    "<a>&#x20;&#xD7FF;&#xE000;&#xFFFD;&#x10000;&#x10FFFF;</a>",
    " \ud7ff\ue000\ufffd\u{10000}\u{10ffff}",
  ],
  "CDATA": ["<a>x<![CDATA[<b>&amp;]] >]]>y</a>", "x<b>&amp;]] >y"],
  "empty CDATA": ["<a><![CDATA[]]></a>", ""],
  "CDATA next to references": ["<a>&lt;<![CDATA[&lt;]]>&lt;</a>", "<&lt;<"],
  "comments in text": ["<a>x<!-- & <b> -- -->y<!---->z</a>", "xyz"],
  "CDATA in comments": ["<a>x<!--<![CDATA[-->y</a>", "xy"],
  "comments in CDATA": ["<a><![CDATA[<!--]]>x</a>", "<!--x"],
  "processing instructions": ["<?x <a> ?><a>x<?y & ?>z</a><?z?>", "xz"],
  "line ends": ["<a>x\r\ny\rz\n<![CDATA[\r\n]]></a>", "x\ny\nz\n\n"],
  "a numeric reference to a carriage return": ["<a>&#13;\n</a>", "\r\n"],
  "white space unchanged": ["<a>\t x \n</a>", "\t x \n"],
  "white space in tags": ["<a\n >x</a\t\r\n>", "x"],
  "a byte order mark": ["\ufeff<a>x</a>", "x"],
  "attributes": [
    `<a b="1" c='2' d:e = "3">x</a>`,
    "x",
  ],
  "attributes with the end of a tag in their value": [
    `<a b="/>" c='>"' d="'<>&amp;">x</a>`,
    "x",
  ],
  "white space around the root": ["\r\n\t <a>x</a> \r\n", "x"],
  "comments around the root": ["<!-- <b> --><a>x</a><!-- </b> -->", "x"],
  "letters of all scripts": ["<été.-_·9>ሴ😀</été.-_·9>", "ሴ😀"],
  "an end tag in an attribute": [`<a b="</a>">x</a>`, "x"],
};
for (const [what, [xml, text]] of Object.entries(PARSED)) {
  Deno.test(`parseXml() parses ${what}`, () => {
    assertEquals(parseXml(xml).text, text);
  });
}

Deno.test("parseXml() removes prefixes from names, but compares them in end tags", () => {
  const root = parseXml(`<s:a xmlns:s="x"><s:b>1</s:b><b>2</b><t:b/></s:a>`);
  assertEquals(root.name, "a");
  assertEquals(root.all("b").map(({ text }) => text), ["1", "2", ""]);
  assertThrows(() => parseXml("<s:a></t:a>"), SyntaxError);
  assertThrows(() => parseXml("<s:a></a>"), SyntaxError);
});

const MESSAGE = /^parseXml: unexpected input at offset \d+$/;
const REJECTED: Record<string, readonly string[]> = {
  "a document without elements": [
    "",
    " ",
    "\ufeff",
    "<!-- x -->",
    "<?xml version='1.0'?>",
  ],
  "text outside the root": ["x", "x<a/>", "<a/>x", "<a/>&amp;", "{}", "\0<a/>"],
  "CDATA outside the root": ["<![CDATA[]]><a/>", "<a/><![CDATA[x]]>"],
  "two roots": ["<a/><b/>", "<a></a><a></a>"],
  "elements without an end tag": ["<a>", "<a><b></b>", "<a><b/>", "<a>x"],
  "end tags of other elements": [
    "<a></b>",
    "<a><b></a></b>",
    "<a></ab>",
    "<ab></a>",
  ],
  "end tags without a start tag": ["</a>", "<a/></a>", "<a></a></a>"],
  "end tags with attributes": ["<a></a b='c'>", "<a></a/>"],
  "a DOCTYPE": [
    "<!DOCTYPE html><html></html>",
    `<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>`,
    "<!doctype a><a/>",
    "<a><!DOCTYPE a></a>",
    "<a/><!DOCTYPE a>",
  ],
  "declarations": ["<!ELEMENT a><a/>", "<a><!></a>", "<a><!-></a>"],
  "truncated tags": [
    "<",
    "<a",
    "<a ",
    "<a b",
    "<a b=",
    "<a b='",
    "</",
    "<a/",
  ],
  "truncated comments": ["<!--", "<!-->", "<!--->", "<a><!-- </a>"],
  "truncated CDATA": ["<a><![CDATA[x", "<a><![CDATA[x]]</a>", "<a><![CDATA"],
  "truncated processing instructions": ["<?", "<?>", "<?xml", "<a><?x ></a>"],
  "invalid names": [
    "<>x</>",
    "< a/>",
    "<1/>",
    "<-a/>",
    "<.a/>",
    "<a<b/>",
    "<a&b/>",
    "<a=b/>",
    '<a"b/>',
    "<a:/>",
    "<:a/>",
    "<a:b:c/>",
    "<a\0/>",
    "<\ud800/>",
  ],
  "invalid attributes": [
    "<a b/>",
    "<a b=c/>",
    "<a =b/>",
    "<a b='c'd='e'/>",
    "<a b='c\"/>",
    "<a 'b'/>",
    "<a / >",
    "<a //>",
  ],
  "invalid references": [
    "<a>&</a>",
    "<a>& </a>",
    "<a>&amp</a>",
    "<a>&nbsp;</a>",
    "<a>&AMP;</a>",
    "<a>&constructor;</a>",
    "<a>&;</a>",
    "<a>&#;</a>",
    "<a>&#x;</a>",
    "<a>&#X41;</a>",
    "<a>&#4 1;</a>",
    "<a>&#-1;</a>",
    "<a>&#xg;</a>",
    "<a>&lt&gt;</a>",
  ],
  "references to invalid characters": [
    "<a>&#0;</a>",
    "<a>&#8;</a>",
    "<a>&#x1f;</a>",
    "<a>&#xD800;</a>",
    "<a>&#xDFFF;</a>",
    "<a>&#xFFFE;</a>",
    "<a>&#x110000;</a>",
    `<a>&#${"9".repeat(400)};</a>`,
  ],
};
for (const [what, all] of Object.entries(REJECTED)) {
  Deno.test(`parseXml() rejects ${what}`, () => {
    for (const xml of all) {
      const error = assertThrows(
        () => parseXml(xml),
        SyntaxError,
        undefined,
        xml,
      );
      assertMatch(error.message, MESSAGE);
    }
  });
}

Deno.test("parseXml() does not show the input in errors", () => {
  const texts = [
    "canary",
    "<canary",
    "<a>canary",
    "<a>&canary;</a>",
    "<a></canary>",
    "<!DOCTYPE canary>",
    "<a canary/>",
    "<a b='canary",
    "<canary<canary/>",
    "<a/>canary",
  ];
  for (const text of texts) {
    const error = assertThrows(() => parseXml(text), SyntaxError);
    assert(!Deno.inspect(error).includes("parseXml: canary"));
    assert(!error.message.includes("canary"), error.message);
    assertStrictEquals(error.cause, undefined);
  }
});

Deno.test("parseXml() parses 64 nested elements and rejects 65", () => {
  const nest = (depth: number) => "<a>".repeat(depth) + "</a>".repeat(depth);
  let depth = 0;
  for (let at = [parseXml(nest(64))]; at.length > 0; at = at[0]!.all("a")) {
    depth++;
  }
  assertEquals(depth, 64);
  assertThrows(
    () => parseXml(nest(65)),
    SyntaxError,
    "parseXml: unexpected input at offset 192",
  );
});

// Quadratic time would take days here, and recursion would overflow the stack: the
// test passes if parsing ends.
const LENGTH = 5_000_000;
const fill = (text: string) => text.repeat(LENGTH / text.length);
const HOSTILE: Record<string, () => string> = {
  "nested elements": () => fill("<a>"),
  "mismatched end tags": () => fill("<a></b>"),
  "less-than signs": () => fill("<"),
  "greater-than signs": () => fill(">"),
  "ampersands": () => `<a>${fill("&")}</a>`,
  "ampersands outside of the root": () => fill("&"),
  "references without an end": () => `<a>${fill("&amp")}</a>`,
  "an unterminated reference of many digits": () => `<a>&#${fill("1")}</a>`,
  "a reference of many digits": () => `<a>&#${fill("1")};</a>`,
  "a comment without an end": () => `<a><!--${fill("-")}`,
  "starts of comments": () => `<a>${fill("<!--")}`,
  "starts of CDATA": () => `<a>${fill("<![CDATA[")}`,
  "partial ends of CDATA": () => `<a><![CDATA[${fill("]]")}`,
  "starts of processing instructions": () => `<a>${fill("<?")}`,
  "an attribute without an end": () => `<a b="${fill("c")}`,
  "attributes without values": () => `<a${fill(" b")}>`,
  "attributes without an end": () => `<a${fill(" b='c'")}`,
  "equals signs": () => `<a ${fill("=")}>`,
  "quotes": () => `<a ${fill("'\"")}>`,
  "white space in a tag": () => `<a${fill(" ")}`,
  "white space before an invalid attribute": () => `<a${fill(" ")}b>`,
  "white space in an end tag": () => `<a></a${fill(" ")}`,
  "white space without a root": () => fill(" "),
  "a long name": () => `<${fill("a")}`,
  "a long name with a colon": () => `<${fill("a")}:>`,
  "colons": () => `<${fill(":")}/>`,
  "an end tag with a long name": () => `<a></${fill("a")}>`,
  "entities that expand": () =>
    `<!DOCTYPE a [<!ENTITY b "${fill("c")}">]><a>&b;</a>`,
  "end tags without a start tag": () => fill("</a>"),
};
for (const [what, make] of Object.entries(HOSTILE)) {
  Deno.test(`parseXml() rejects 5 MB of ${what} in linear time`, () => {
    const error = assertThrows(() => parseXml(make()), SyntaxError);
    assertMatch(error.message, MESSAGE);
  });
}

const LONG: Record<string, [xml: () => string, length: number]> = {
  "references": [() => `<a>${fill("&amp;")}</a>`, 1_000_000],
  "references of one character": [() => `<a>${fill("&#65;")}</a>`, 1_000_000],
  "comments in text": [() => `<a>${fill("x<!---->")}</a>`, 625_000],
  "CDATA in text": [() => `<a>${fill("<![CDATA[]]]]>")}</a>`, 714_284],
  "carriage returns": [() => `<a>${fill("\r")}</a>`, LENGTH],
  "characters": [() => `<a>${fill("x")}</a>`, LENGTH],
  "ampersands in CDATA, comments and attributes": [
    () => `<a b='${fill("&")}'><!--${fill("&")}-->x<?c ${fill("&")}?></a>`,
    1,
  ],
};
for (const [what, [make, length]] of Object.entries(LONG)) {
  Deno.test(`parseXml() parses 5 MB of ${what} in linear time`, () => {
    assertEquals(parseXml(make()).text.length, length);
  });
}

const WIDE: Record<string, () => string> = {
  "empty elements": () => `<a>${fill("<b/>")}</a>`,
  "elements of one name": () => `<a>${fill("<b>x</b>")}</a>`,
  "elements of different names": () => {
    const names = Array.from({ length: 400_000 }, (_, at) => `<n${at}/>`);
    return `<a>${names.join("")}</a>`;
  },
  "attributes": () => `<a><b${fill(" b='c'")}/></a>`,
};
for (const [what, make] of Object.entries(WIDE)) {
  Deno.test(`parseXml() parses several MB of ${what} in linear time`, () => {
    const xml = make();
    // Start tags without that of the root.
    const count = xml.split("<").length - xml.split("</").length - 1;
    assertEquals(parseXml(xml).children.length, count);
  });
}

Deno.test("XmlElement.text is correct for similar texts", () => {
  const texts = ["i-0123", "i-0213", "i-0123", "i-9993", "i-01234", "i-0123"];
  const xml = texts.map((text) => `<b>${text}</b>`).join("");
  const { children } = parseXml(`<a>${xml}</a>`);
  for (let time = 0; time < 2; time++) {
    assertEquals(children.map(({ text }) => text), texts);
  }
});

/** A pseudo-random generator with a fixed seed. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
}

const LETTERS = [
  "a",
  "Z",
  "9",
  " ",
  "\n",
  "\t",
  "<",
  ">",
  "&",
  '"',
  "'",
  "]]>",
  "--",
  "é",
  "ሴ",
  "😀",
  "item",
  "amp;",
  "#65;",
  "\u00a0",
  "<![CDATA[",
  "<!--",
  "?>",
];
const NAMES = ["item", "a", "b", "longerThanTwelve", "été", "__proto__", "x.y"];

function makeTree(next: ReturnType<typeof random>, depth = 0): Tree {
  const name = NAMES[next(NAMES.length)]!;
  if (depth < 5 && next(3) > 0) {
    const inside = Array.from(
      { length: 1 + next(4) },
      () => makeTree(next, depth + 1),
    );
    return [name, inside];
  }
  const text = Array.from(
    { length: next(8) },
    () => LETTERS[next(LETTERS.length)],
  );
  return [name, text.join("")];
}

/** Serializes a tree with a random choice of equivalent forms. */
function write([name, inside]: Tree, next: ReturnType<typeof random>): string {
  const either = (...texts: string[]) => texts[next(texts.length)]!;
  const ignored = () =>
    either("", "", "", "\n  ", "<!-- > & <x> -->", "<?x <y> ?>", "\r\n");
  const tag = either("", "", "ns:") + name;
  const start = `${tag}${
    either("", "", " a='>\"'", " b = \"</item>\"\n c=''", " ")
  }`;
  const end = `</${tag}${either("", " ", "\n")}>`;
  if (typeof inside !== "string") {
    const all = inside.map((tree) => ignored() + write(tree, next));
    return `<${start}>${all.join("")}${ignored()}${end}`;
  }
  if (inside === "" && next(2)) return `<${start}/>`;
  const text = [...inside].map((letter) => {
    const code = letter.codePointAt(0) ?? 0;
    const number = either(`&#${code};`, `&#x${code.toString(16)};`);
    const named: Record<string, string> = {
      "<": "&lt;",
      ">": "&gt;",
      "&": "&amp;",
      '"': "&quot;",
      "'": "&apos;",
    };
    const plain = "<&".includes(letter) ? number : letter;
    return either(
      named[letter] ?? plain,
      number,
      `<![CDATA[${letter}]]>`,
      plain,
      `${plain}<!--${letter}-->`,
    );
  });
  return `<${start}>${text.join("")}${end}`;
}

Deno.test("parseXml() parses 2000 random trees in random equivalent forms", () => {
  for (let seed = 1; seed <= 2000; seed++) {
    const next = random(seed);
    const tree = makeTree(next);
    const xml = write(tree, next);
    assertEquals(toTree(parseXml(xml)), tree, xml);
  }
});

Deno.test("parseXml() parses randomly modified documents or throws a SyntaxError", () => {
  let parsed = 0;
  let rejected = 0;
  for (let seed = 1; seed <= 5000; seed++) {
    const next = random(seed);
    const letters = [...write(makeTree(next), next)];
    for (let change = 0; change <= next(3); change++) {
      const inserted = LETTERS[next(LETTERS.length)]!;
      letters.splice(
        next(letters.length),
        next(3),
        ...next(2) ? [inserted] : [],
      );
    }
    const xml = letters.join("");
    try {
      toTree(parseXml(xml));
      parsed++;
    } catch (error) {
      assert(error instanceof SyntaxError, `${error} for ${xml}`);
      assertMatch(error.message, MESSAGE);
      rejected++;
    }
  }
  // Guards against modifications that are always or never valid.
  assertLess(500, parsed);
  assertLess(500, rejected);
});

Deno.test("parseXml() rejects every truncated document", () => {
  const next = random(7);
  for (let trees = 0; trees < 20; trees++) {
    const xml = write(makeTree(next), next).trimEnd();
    for (let end = 0; end < xml.length; end++) {
      assertThrows(() => parseXml(xml.slice(0, end)), SyntaxError);
    }
  }
});

class XmlConnection extends Connection {
  override readonly provider = "acme";
  protected override readonly responseClass = XmlResponse;
}

function connectionTo(body: string | null, status = 200): XmlConnection {
  const headers = { "content-type": "text/xml" };
  const fetch = () => Promise.resolve(new Response(body, { status, headers }));
  return new XmlConnection(ACME, { fetch, retry: false });
}

Deno.test("XmlResponse.object is the root element", async () => {
  const { object } = await connectionTo("<a><b>1</b></a>").request<XmlElement>(
    "/",
  );
  assertEquals(toTree(object), ["a", [["b", "1"]]]);
});

Deno.test("XmlResponse.object is undefined for an empty body", async () => {
  for (const body of ["", null]) {
    const response = await connectionTo(body).request("/");
    assertStrictEquals(response.object, undefined);
    assertEquals(response.isUnparsable, false);
  }
});

const INVALID_BODIES: Record<string, () => string> = {
  "HTML": () => "<!DOCTYPE html><html><body><p>Sorry<br></body></html>",
  "JSON": () => `{"a": 1}`,
  "text": () => "upstream connect error",
  "a truncated body": () => "<a><b>1</b><b>",
  "entities that expand": () =>
    `<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a>&c;</a>`,
  "5 MB of nested elements": () => fill("<a>"),
};
for (const [what, body] of Object.entries(INVALID_BODIES)) {
  Deno.test(`XmlResponse rejects ${what} with a typed error`, async () => {
    const error = await assertRejects(
      () => connectionTo(body()).request("/"),
      MalformedResponseError,
      "GET /: response is not valid XML (text/xml, HTTP 200)",
    );
    assertStrictEquals(error.cause, undefined);
    await assertRejects(
      () => connectionTo(body(), 404).request("/"),
      NotFoundError,
    );
    await assertRejects(
      () => connectionTo(body(), 503).request("/"),
      ServiceUnavailableError,
    );
  });
}
