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

/** An element as plain data: its name, and its text or its elements. */
type Tree = readonly [name: string, inside: string | readonly Tree[]];

function toTree(element: XmlElement): Tree {
  const { name, text, children } = element;
  return [name, children.length > 0 ? children.map(toTree) : text];
}

Deno.test("parseXml() reads elements and texts", () => {
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

Deno.test("XmlElement finds nothing where there is nothing", () => {
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
  assertEquals(root.textAt("d"), " ");
  assertEquals(root.get("b")?.text, "");
  assertEquals(root.get("e")?.text, "");
  assertEquals(root.get("b")?.children, []);
});

Deno.test("XmlElement.all() with no names is the element, and textAt() its text", () => {
  const root = parseXml("<a>b</a>");
  assertEquals(root.all().map(toTree), [["a", "b"]]);
  assertEquals(root.textAt(), "b");
});

Deno.test("XmlElement keeps a list of one a list, and its order", () => {
  const root = parseXml("<a><s><item>1</item></s><s><item>2</item></s></a>");
  assertEquals(root.all("s", "item").map(({ text }) => text), ["1", "2"]);
  assertEquals(root.get("s")?.all("item").length, 1);
  assertEquals(root.textAt("s", "item"), "1");
});

Deno.test("XmlElement takes names that every object has for names like any other", () => {
  const names = ["__proto__", "constructor", "toString", "hasOwnProperty"];
  const inside = names.map((name) => `<${name}>x</${name}>`).join("");
  const root = parseXml(`<__proto__>${inside}</__proto__>`);
  for (const name of names) assertEquals(root.textAt(name), "x");
  assertEquals(root.children.map(({ name }) => name), names);
  assertStrictEquals(({} as { x?: unknown }).x, undefined);
  const empty = parseXml("<a/>");
  for (const name of names) assertStrictEquals(empty.get(name), undefined);
});

const SAME: Record<string, [xml: string, text: string]> = {
  "the five entities": [
    "<a>&lt;&gt;&amp;&quot;&apos;</a>",
    "<>&\"'",
  ],
  "no entity twice": ["<a>&amp;lt;</a>", "&lt;"],
  "numeric references": ["<a>&#65;&#x42;&#x1F600;&#0067;&#9;</a>", "AB😀C\t"],
  "the first and the last that are characters": [
    "<a>&#x20;&#xD7FF;&#xE000;&#xFFFD;&#x10000;&#x10FFFF;</a>",
    " \ud7ff\ue000\ufffd\u{10000}\u{10ffff}",
  ],
  "CDATA": ["<a>x<![CDATA[<b>&amp;]] >]]>y</a>", "x<b>&amp;]] >y"],
  "empty CDATA": ["<a><![CDATA[]]></a>", ""],
  "CDATA beside references": ["<a>&lt;<![CDATA[&lt;]]>&lt;</a>", "<&lt;<"],
  "comments in texts": ["<a>x<!-- & <b> -- -->y<!---->z</a>", "xyz"],
  "CDATA in comments": ["<a>x<!--<![CDATA[-->y</a>", "xy"],
  "comments in CDATA": ["<a><![CDATA[<!--]]>x</a>", "<!--x"],
  "processing instructions": ["<?x <a> ?><a>x<?y & ?>z</a><?z?>", "xz"],
  "line ends": ["<a>x\r\ny\rz\n<![CDATA[\r\n]]></a>", "x\ny\nz\n\n"],
  "a carriage return by its number": ["<a>&#13;\n</a>", "\r\n"],
  "white space as it is": ["<a>\t x \n</a>", "\t x \n"],
  "white space in tags": ["<a\n >x</a\t\r\n>", "x"],
  "a byte order mark": ["\ufeff<a>x</a>", "x"],
  "attributes": [
    `<a b="1" c='2' d:e = "3">x</a>`,
    "x",
  ],
  "attributes with what ends tags": [
    `<a b="/>" c='>"' d="'<>&amp;">x</a>`,
    "x",
  ],
  "white space around the root": ["\r\n\t <a>x</a> \r\n", "x"],
  "comments around the root": ["<!-- <b> --><a>x</a><!-- </b> -->", "x"],
  "letters of all scripts": ["<été.-_·9>ሴ😀</été.-_·9>", "ሴ😀"],
  "an end in an attribute": [`<a b="</a>">x</a>`, "x"],
};
for (const [what, [xml, text]] of Object.entries(SAME)) {
  Deno.test(`parseXml() reads ${what}`, () => {
    assertEquals(parseXml(xml).text, text);
  });
}

Deno.test("parseXml() leaves prefixes out of names, but not out of what must match", () => {
  const root = parseXml(`<s:a xmlns:s="x"><s:b>1</s:b><b>2</b><t:b/></s:a>`);
  assertEquals(root.name, "a");
  assertEquals(root.all("b").map(({ text }) => text), ["1", "2", ""]);
  assertThrows(() => parseXml("<s:a></t:a>"), SyntaxError);
  assertThrows(() => parseXml("<s:a></a>"), SyntaxError);
});

const REFUSED: Record<string, readonly string[]> = {
  "nothing": ["", " ", "\ufeff", "<!-- x -->", "<?xml version='1.0'?>"],
  "text outside the root": ["x", "x<a/>", "<a/>x", "<a/>&amp;", "{}", "\0<a/>"],
  "CDATA outside the root": ["<![CDATA[]]><a/>", "<a/><![CDATA[x]]>"],
  "two roots": ["<a/><b/>", "<a></a><a></a>"],
  "elements that do not end": ["<a>", "<a><b></b>", "<a><b/>", "<a>x"],
  "ends of others": ["<a></b>", "<a><b></a></b>", "<a></ab>", "<ab></a>"],
  "ends of nothing": ["</a>", "<a/></a>", "<a></a></a>"],
  "ends with attributes": ["<a></a b='c'>", "<a></a/>"],
  "a DOCTYPE": [
    "<!DOCTYPE html><html></html>",
    `<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>`,
    "<!doctype a><a/>",
    "<a><!DOCTYPE a></a>",
    "<a/><!DOCTYPE a>",
  ],
  "declarations": ["<!ELEMENT a><a/>", "<a><!></a>", "<a><!-></a>"],
  "tags that are cut": [
    "<",
    "<a",
    "<a ",
    "<a b",
    "<a b=",
    "<a b='",
    "</",
    "<a/",
  ],
  "comments that are cut": ["<!--", "<!-->", "<!--->", "<a><!-- </a>"],
  "CDATA that is cut": ["<a><![CDATA[x", "<a><![CDATA[x]]</a>", "<a><![CDATA"],
  "instructions that are cut": ["<?", "<?>", "<?xml", "<a><?x ></a>"],
  "names that are none": [
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
  "attributes that are none": [
    "<a b/>",
    "<a b=c/>",
    "<a =b/>",
    "<a b='c'd='e'/>",
    "<a b='c\"/>",
    "<a 'b'/>",
    "<a / >",
    "<a //>",
  ],
  "references that are none": [
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
  "references to what is no character": [
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
for (const [what, all] of Object.entries(REFUSED)) {
  Deno.test(`parseXml() refuses ${what}`, () => {
    for (const xml of all) {
      const error = assertThrows(
        () => parseXml(xml),
        SyntaxError,
        undefined,
        xml,
      );
      assertMatch(error.message, /^Cannot read XML: it makes no sense at \d+$/);
    }
  });
}

Deno.test("parseXml() quotes nothing of what it refuses", () => {
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
    assert(!Deno.inspect(error).includes("Cannot read XML: canary"));
    assert(!error.message.includes("canary"), error.message);
    assertStrictEquals(error.cause, undefined);
  }
});

Deno.test("parseXml() reads 64 elements inside each other, and not one more", () => {
  const nest = (depth: number) => "<a>".repeat(depth) + "</a>".repeat(depth);
  let depth = 0;
  for (let at = [parseXml(nest(64))]; at.length > 0; at = at[0]!.all("a")) {
    depth++;
  }
  assertEquals(depth, 64);
  assertThrows(() => parseXml(nest(65)), SyntaxError, "at 192");
});

// A step back for every character would take days here, and any recursion more
// stack than there is: that they end is the test.
const LENGTH = 10_000_000;
const fill = (text: string) => text.repeat(LENGTH / text.length);
const HOSTILE: Record<string, () => string> = {
  "elements in elements": () => fill("<a>"),
  "elements that end in another order": () => fill("<a></b>"),
  "less-than signs": () => fill("<"),
  "greater-than signs": () => fill(">"),
  "ampersands": () => `<a>${fill("&")}</a>`,
  "ampersands outside": () => fill("&"),
  "references without an end": () => `<a>${fill("&amp")}</a>`,
  "a reference of many digits": () => `<a>&#${fill("1")}</a>`,
  "a reference of many digits, ended": () => `<a>&#${fill("1")};</a>`,
  "a comment without an end": () => `<a><!--${fill("-")}`,
  "beginnings of comments": () => `<a>${fill("<!--")}`,
  "beginnings of CDATA": () => `<a>${fill("<![CDATA[")}`,
  "almost ends of CDATA": () => `<a><![CDATA[${fill("]]")}`,
  "beginnings of instructions": () => `<a>${fill("<?")}`,
  "an attribute without an end": () => `<a b="${fill("c")}`,
  "attributes without values": () => `<a${fill(" b")}>`,
  "attributes without an end": () => `<a${fill(" b='c'")}`,
  "equals signs": () => `<a ${fill("=")}>`,
  "quotes": () => `<a ${fill("'\"")}>`,
  "white space in a tag": () => `<a${fill(" ")}`,
  "white space before a wrong attribute": () => `<a${fill(" ")}b>`,
  "white space in an end": () => `<a></a${fill(" ")}`,
  "white space around nothing": () => fill(" "),
  "a long name": () => `<${fill("a")}`,
  "a long name with a colon": () => `<${fill("a")}:>`,
  "colons": () => `<${fill(":")}/>`,
  "an end with a long name": () => `<a></${fill("a")}>`,
  "entities that would grow": () =>
    `<!DOCTYPE a [<!ENTITY b "${fill("c")}">]><a>&b;</a>`,
  "ends of nothing": () => fill("</a>"),
};
for (const [what, make] of Object.entries(HOSTILE)) {
  Deno.test(`parseXml() refuses ten megabytes of ${what} in linear time`, () => {
    assertThrows(() => parseXml(make()), SyntaxError, "Cannot read XML: ");
  });
}

const LONG: Record<string, [xml: () => string, length: number]> = {
  "references": [() => `<a>${fill("&amp;")}</a>`, 2_000_000],
  "references of one character": [() => `<a>${fill("&#65;")}</a>`, 2_000_000],
  "comments in a text": [() => `<a>${fill("x<!---->")}</a>`, 1_250_000],
  "CDATA in a text": [() => `<a>${fill("<![CDATA[]]]]>")}</a>`, 1_428_570],
  "carriage returns": [() => `<a>${fill("\r")}</a>`, LENGTH],
  "characters": [() => `<a>${fill("x")}</a>`, LENGTH],
  "ampersands in CDATA, comments and attributes": [
    () => `<a b='${fill("&")}'><!--${fill("&")}-->x<?c ${fill("&")}?></a>`,
    1,
  ],
};
for (const [what, [make, length]] of Object.entries(LONG)) {
  Deno.test(`parseXml() reads ten megabytes of ${what} in linear time`, () => {
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
  Deno.test(`parseXml() reads megabytes of ${what} in linear time`, () => {
    const xml = make();
    // Without the root and the ends.
    const count = xml.split("<").length - xml.split("</").length - 1;
    assertEquals(parseXml(xml).children.length, count);
  });
}

Deno.test("XmlElement tells texts apart that are alike", () => {
  const texts = ["i-0123", "i-0213", "i-0123", "i-9993", "i-01234", "i-0123"];
  const xml = texts.map((text) => `<b>${text}</b>`).join("");
  const { children } = parseXml(`<a>${xml}</a>`);
  for (let time = 0; time < 2; time++) {
    assertEquals(children.map(({ text }) => text), texts);
  }
});

/** Numbers that are the same at each run. */
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

/** Writes a tree in one of the many ways there are. */
function write([name, inside]: Tree, next: ReturnType<typeof random>): string {
  const either = (...texts: string[]) => texts[next(texts.length)]!;
  const noise = () =>
    either("", "", "", "\n  ", "<!-- > & <x> -->", "<?x <y> ?>", "\r\n");
  const tag = either("", "", "ns:") + name;
  const start = `${tag}${
    either("", "", " a='>\"'", " b = \"</item>\"\n c=''", " ")
  }`;
  const end = `</${tag}${either("", " ", "\n")}>`;
  if (typeof inside !== "string") {
    const all = inside.map((tree) => noise() + write(tree, next));
    return `<${start}>${all.join("")}${noise()}${end}`;
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

Deno.test("parseXml() reads back 2000 trees, however they are written", () => {
  for (let seed = 1; seed <= 2000; seed++) {
    const next = random(seed);
    const tree = makeTree(next);
    const xml = write(tree, next);
    assertEquals(toTree(parseXml(xml)), tree, xml);
  }
});

Deno.test("parseXml() reads what somebody has tampered with, or throws a SyntaxError", () => {
  let read = 0;
  let refused = 0;
  for (let seed = 1; seed <= 5000; seed++) {
    const next = random(seed);
    const letters = [...write(makeTree(next), next)];
    for (let change = 0; change <= next(3); change++) {
      const odd = LETTERS[next(LETTERS.length)]!;
      letters.splice(next(letters.length), next(3), ...next(2) ? [odd] : []);
    }
    const xml = letters.join("");
    try {
      toTree(parseXml(xml));
      read++;
    } catch (error) {
      assert(error instanceof SyntaxError, `${error} at ${xml}`);
      assertMatch(error.message, /^Cannot read XML: it makes no sense at \d+$/);
      refused++;
    }
  }
  // Both must have been there.
  assertLess(500, read);
  assertLess(500, refused);
});

Deno.test("parseXml() refuses every beginning of a document", () => {
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

function answering(body: string | null, status = 200): XmlConnection {
  const headers = { "content-type": "text/xml" };
  const fetch = () => Promise.resolve(new Response(body, { status, headers }));
  return new XmlConnection(ACME, { fetch, retry: false });
}

Deno.test("XmlResponse has the root for its object", async () => {
  const { object } = await answering("<a><b>1</b></a>").request<XmlElement>(
    "/",
  );
  assertEquals(toTree(object), ["a", [["b", "1"]]]);
});

Deno.test("XmlResponse takes an empty body for nothing", async () => {
  for (const body of ["", null]) {
    const response = await answering(body).request("/");
    assertStrictEquals(response.object, undefined);
    assertEquals(response.isIllegible, false);
  }
});

const NONSENSE: Record<string, () => string> = {
  "HTML": () => "<!DOCTYPE html><html><body><p>Sorry<br></body></html>",
  "JSON": () => `{"a": 1}`,
  "text": () => "upstream connect error",
  "a body that was cut": () => "<a><b>1</b><b>",
  "entities that would grow": () =>
    `<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a>&c;</a>`,
  "ten megabytes of elements in elements": () => fill("<a>"),
};
for (const [what, body] of Object.entries(NONSENSE)) {
  Deno.test(`XmlResponse makes a typed error of ${what}`, async () => {
    const error = await assertRejects(
      () => answering(body()).request("/"),
      MalformedResponseError,
      "nonsense in",
    );
    assertStrictEquals(error.cause, undefined);
    await assertRejects(
      () => answering(body(), 404).request("/"),
      NotFoundError,
    );
    await assertRejects(
      () => answering(body(), 503).request("/"),
      ServiceUnavailableError,
    );
  });
}
