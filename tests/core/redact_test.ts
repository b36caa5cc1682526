import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { encodeBase64 } from "@std/encoding/base64";
import { isDistinctive, redact } from "../../core/redact.ts";

/** Encodes every character of a text that is not a letter or a digit. */
function escapeEach(
  text: string,
  escape: (character: string) => string,
  pattern = /[^A-Za-z\d]/gu,
): string {
  return text.replace(pattern, escape);
}

function hex(character: string, digits: number): string {
  return character.codePointAt(0)!.toString(16).padStart(digits, "0");
}

function toJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function toAsciiJson(text: string): string {
  return toJson(text)
    .replace(/[^\0-~]/g, (unit) => `\\u${hex(unit, 4)}`);
}

function toHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#x27;");
}

function toUrl(text: string): string {
  return encodeURIComponent(text);
}

function base64(text: string): string {
  return encodeBase64(new TextEncoder().encode(text));
}

function toBase64Url(text: string): string {
  return base64(text)
    .replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** Forms in which services return what they received. */
const ENCODINGS: Readonly<Record<string, (text: string) => string>> = {
  "as it is": (text) => text,
  "in JSON": toJson,
  "in JSON in ASCII, as encoded by Python": toAsciiJson,
  "in JSON with escaped slashes, as encoded by PHP": (text) =>
    toAsciiJson(text).replaceAll("/", "\\/"),
  "in JSON with escaped HTML, as encoded by Go": (text) =>
    toJson(text).replace(/[<>&+'\u2028]/g, (it) => `\\u${hex(it, 4)}`),
  "in JSON with only hexadecimal escapes": (text) =>
    text.replace(/[^]/g, (unit) => `\\u${hex(unit, 4).toUpperCase()}`),
  "in JSON in JSON": (text) => toJson(toJson(text)),
  "in JSON in JSON in ASCII": (text) => toAsciiJson(toAsciiJson(text)),
  "in a literal with single quotes": (text) =>
    toJson(text).replaceAll('\\"', '"').replaceAll("'", "\\'"),
  "in HTML": toHtml,
  "in HTML with decimal references": (text) =>
    escapeEach(text, (it) => `&#${it.codePointAt(0)};`),
  "in HTML with hexadecimal references": (text) =>
    escapeEach(text, (it) => `&#x${hex(it, 2)};`),
  "in HTML with only references": (text) =>
    escapeEach(text, (it) => `&#X${hex(it, 4).toUpperCase()};`, /[^]/gu),
  "in HTML with named letters": (text) =>
    toHtml(text).replaceAll("é", "&eacute;").replaceAll("Ü", "&Uuml;"),
  "in HTML in HTML": (text) => toHtml(toHtml(text)),
  "in JSON in HTML": (text) => toHtml(toAsciiJson(text)),
  "in HTML in JSON": (text) => toAsciiJson(toHtml(text)),
  "in a URL": toUrl,
  "in a URL in lower case": (text) =>
    toUrl(text).replace(/%../g, (it) => it.toLowerCase()),
  "in a URL in a URL": (text) => toUrl(toUrl(text)),
  "in a URL in JSON": (text) => toAsciiJson(toUrl(text)),
  "in a URL in HTML": (text) => toHtml(encodeURI(text)),
  "in a URL with slashes, as quoted by Python": (text) =>
    escapeEach(toUrl(text), (it) => `%${hex(it, 2)}`, /[!'()*]/g)
      .replaceAll("%2F", "/"),
  "in a URL, escaped as little as possible": encodeURI,
  "in a form": (text) => `${new URLSearchParams({ "": text })}`.slice(1),
  "in a form in JSON": (text) =>
    toJson(`${new URLSearchParams({ "": text })}`.slice(1)),
  "in JSON in a URL": (text) => toUrl(toAsciiJson(text)),
  "in JSON in a form": (text) =>
    `${new URLSearchParams({ "": toJson(text) })}`.slice(1),
  "with composed letters": (text) => text.normalize("NFC"),
  "with separate accents": (text) => text.normalize("NFD"),
  "with separate accents in JSON": (text) => toAsciiJson(text.normalize("NFD")),
  "with separate accents in a URL": (text) => toUrl(text.normalize("NFD")),
};

/** Forms in which only a whole text can be encoded. */
const BASE64: Readonly<Record<string, (text: string) => string>> = {
  "in Base64": base64,
  "in Base64 without padding": (text) => base64(text).replace(/=+$/, ""),
  "in base64url": toBase64Url,
  "in Base64 in a URL": (text) => toUrl(base64(text)),
  "in Base64 in a form": (text) =>
    `${new URLSearchParams({ "": base64(text) })}`.slice(1),
  "in Base64 in JSON by PHP": (text) => base64(text).replaceAll("/", "\\/"),
  "in Base64 in lines": (text) => base64(text).replace(/.{76}(?=.)/g, "$&\r\n"),
  "in Base64 in JSON in lines": (text) =>
    base64(text).replace(/.{76}(?=.)/g, "$&\\n"),
};

/** Pseudo-random numbers that are the same in each run. */
function random(seed: number): (below: number) => number {
  return (below) => {
    seed = Math.imul(seed ^ seed >>> 15, 0x2c1b3c6d) + 0x9e3779b9 | 0;
    return (Math.imul(seed ^ seed >>> 13, 0x297a2d39) >>> 0) % below;
  };
}

function randomText(
  next: (below: number) => number,
  alphabet: readonly string[],
  length: number,
): string {
  return Array.from({ length }, () => alphabet[next(alphabet.length)]).join("");
}

const LETTERS = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"];
const DIGITS = [..."0123456789"];
const SECRET_ALPHABETS: readonly (readonly string[])[] = [
  [...LETTERS, ...DIGITS],
  [...LETTERS, ...DIGITS, ..."+/=_-."],
  [...`0123456789abcdef%&\\+;#x`],
  [...LETTERS, ...`"'\\&<>%+/ ;#é`, "Ü", "e\u0301", "😀", "ガ", "ф"],
];
// Other letters than those of the secrets. Some services escape a part of their
// message only, so that these characters stand beside an escaped secret.
const AROUND = [..."жщюя \n\t.,:;=<>&\"'()[]{}|é", "😂"];

Deno.test("redact() removes random secrets in every encoding, and keeps the rest", () => {
  const next = random(1);
  for (let round = 0; round < 300; round++) {
    const alphabet = SECRET_ALPHABETS[round % SECRET_ALPHABETS.length]!;
    const secret = randomText(next, alphabet, 16 + next(40));
    const before = `<${randomText(next, AROUND, next(30))}|`;
    const after = `|${randomText(next, AROUND, next(30))}>`;
    const user = randomText(next, DIGITS, next(9));
    for (const [name, encode] of Object.entries(ENCODINGS)) {
      const about = `${JSON.stringify(secret)} ${name}`;
      // The service encodes the secret, or its whole message.
      assertEquals(
        redact(before + encode(secret) + after, [secret]),
        `${before}[redacted]${after}`,
        about,
      );
      assertEquals(
        redact(encode(before + secret + after), [secret]),
        `${encode(before)}[redacted]${encode(after)}`,
        about,
      );
    }
    for (const [name, encode] of Object.entries(BASE64)) {
      const about = `${JSON.stringify(secret)} ${name}`;
      assertEquals(
        redact(`${before}${encode(secret)}${after}`, [secret])
          .replace(/(?<=\[redacted\])(?:=|%3D)+/, ""),
        `${before}[redacted]${after}`,
        about,
      );
      const [start, end, ...more] = redact(
        encode(`${user}:${secret}\0${after}`),
        [secret],
      ).split("[redacted]").map(toBase64Digits);
      assertEquals(more, [], about);
      // No digit that remains has a bit of the secret.
      assertLessOrEqual(start!.length * 6, sizeOf(`${user}:`), about);
      assertLessOrEqual(end!.length * 6, sizeOf(`\0${after}`) + 4, about);
    }
  }
});

/** Number of bits of a text. */
function sizeOf(text: string): number {
  return new TextEncoder().encode(text).length * 8;
}

/** Removes everything from Base64 that is not a digit. */
function toBase64Digits(text: string): string {
  return decodeURIComponent(text).replace(/\\n|[\\\s=]/g, "");
}

Deno.test("redact() keeps text without the secret byte for byte", () => {
  const next = random(2);
  const alphabet = [...AROUND, ...DIGITS, ..."abc\\%+&#x;u/", "&amp;", "%41"];
  for (let round = 0; round < 2000; round++) {
    const text = randomText(next, [...alphabet, "\\u0041", "é"], next(200));
    assertEquals(redact(text, ["a secret Z", "🔑".repeat(8)]), text);
  }
});

Deno.test("redact() removes all copies of several secrets", () => {
  assertEquals(
    redact("pass pass-word1 word token", ["pass-word1", "token"]),
    "pass [redacted] word [redacted]",
  );
  assertEquals(
    redact("s3cret-as3cret-a", ["s3cret-a"]),
    "[redacted][redacted]",
  );
  assertEquals(redact("nothing", []), "nothing");
  assertEquals(redact("", ["s3cret-a"]), "");
});

Deno.test("redact() removes the whole of secrets that overlap or contain each other", () => {
  const long = ["k3y-abcd", "k3y-abcdefgh"];
  for (const secrets of [long, long.toReversed()]) {
    assertEquals(
      redact("k3y-abcdefgh k3y-abcd!", secrets),
      "[redacted] [redacted]!",
    );
  }
  assertEquals(
    redact("<user-1-abc-2-end>", ["user-1-abc", "1-abc-2-end"]),
    "<[redacted]>",
  );
});

Deno.test("redact() does not interpret a secret as a pattern", () => {
  for (
    const secret of ["a.c*", "[a-z]", "(a|b)+", "^ab$", "a\\db", "{1,}", "$&$1"]
  ) {
    assertEquals(redact(`x ${secret} y`, [secret]), "x [redacted] y");
    assertEquals(
      redact("axcz abab 5555 aaaa", [secret]),
      "axcz abab 5555 aaaa",
    );
  }
});

Deno.test("redact() removes single lines of a secret, unless they are a word", () => {
  const userData = "#cloud-config\r\npackages:\n  - nginx\n  token: t-0815";
  for (const encode of [...Object.values(ENCODINGS).slice(0, 12), base64]) {
    assertEquals(
      redact(`<${encode("token: t-0815")}>`, [userData]).replace(/=*>/, ">"),
      "<[redacted]>",
    );
  }
  const text = "packages: nginx is not a package of #cloud-config";
  assertEquals(redact(text, [userData]), text);
  for (const lineBreak of ["\n", "\r\n", "\r", "\\n", "&#10;", "%0D%0A"]) {
    assertEquals(
      redact(`<${userData.replace(/\r?\n/g, lineBreak)}>`, [userData]),
      "<[redacted]>",
      lineBreak,
    );
  }
});

Deno.test("redact() removes short secrets and words only if they stand alone", () => {
  for (const secret of ["server", "pa55wd", "location", "deep-blue", "Ünder"]) {
    for (
      const [before, after] of [
        ['{"password":"', '"}'],
        ["password=", "&name=web"],
        ["&password=", ""],
        ["user:", "@host"],
        ["wrong password ", "."],
        ["(", ")"],
        ["Wrong: ", "...\n"],
        ["", ""],
        ["&quot;", "&quot;"],
        ["%22", "%22"],
        ["\\n", "\\n"],
      ] as const
    ) {
      assertEquals(
        redact(before + secret + after, [secret]),
        `${before}[redacted]${after}`,
      );
    }
    for (
      const text of [
        `https://api.${secret}.example/v1/${secret}/5?${secret}s=1`,
        `/${secret}/cloud/`,
        `${secret}s, my${secret}, ${secret}_id, web-${secret}, ${secret}-1`,
        `é${secret}, ${secret}\u0301`,
      ]
    ) assertEquals(redact(text, [secret]), text);
    assertEquals(
      redact(`<${base64(secret)}>`, [secret]).replace(/=*>/, ">"),
      "<[redacted]>",
    );
  }
});

Deno.test("redact() removes a secret with which another one begins that is not there", () => {
  assertEquals(
    redact("pass wordy, and pass word", ["pass", "pass word"]),
    "[redacted] wordy, and [redacted]",
  );
});

Deno.test("redact() keeps the text between copies of a secret in several encodings", () => {
  const secret = "s3cr3t/c@nary";
  const encoded = encodeURIComponent(secret);
  assertEquals(
    redact(`${encoded}, then ${secret}, then ${encoded}`, [secret]),
    "[redacted], then [redacted], then [redacted]",
  );
});

Deno.test("redact() finds a secret after characters of another encoding", () => {
  // "%41" is not the letter A, because this text is JSON and no URL.
  assertEquals(redact('100%41\\"bcdef-9x', ['41"bcdef-9x']), "100%[redacted]");
});

Deno.test("redact() ignores secrets of less than four characters", () => {
  for (const secret of ["", "a", "ab", "abc"]) {
    assertEquals(redact("abc ab a", [secret]), "abc ab a");
  }
});

Deno.test("isDistinctive() is false for short strings and for words", () => {
  for (
    const text of [
      ...["", "abc", "pa55wd!", "server", "location", "available", "Location"],
      ...["Sommerhaus", "cloud-config", "write_files", "two words"],
      ...["packages:", "- location", "#!/---", "[deep blue]"],
    ]
  ) assert(!isDistinctive(text), text);
  for (
    const text of [
      ...[
        "12345678",
        "pa55word",
        "kXbQzRtP",
        "AKIAKEYID",
        "hostname: web",
        "a=bcdefg",
      ],
      ...["correct-horse-battery-staple", "s".repeat(16), "-".repeat(16)],
    ]
  ) assert(isDistinctive(text), text);
});

// Quadratic time would be many minutes for each of them.
for (
  const [megabytes, parts] of [
    [4, ["\\u0041", "&#65;"]],
    [0.5, [
      ...["a", "\\", "%", "+", " ", "&", "&#", "\n", "é", "ガ", "e\u0301"],
      ...["%20", "%C3%A9", "%f4%bf%bf%bf", "u0061", "\\u00e9", "\\\\\\a"],
      ...["&amp;amp;", "%2525", "&#99999999;", "QUFB", "line 1 of", "k3y-"],
      ...["\\u0041&#65;%41+é\n", "\ud83d"],
    ]],
  ] as const
) {
  for (const part of parts) {
    Deno.test(`redact() takes linear time for ${megabytes} MB of ${JSON.stringify(part)}`, () => {
      const secret = "k3y-of-the-account";
      const secrets = [
        ...["a", "\\", "%", "+", " ", "A", "u00", "k3y-", "&amp;", "QUFB"]
          .map((part) => `${part.repeat(40)}!`),
        "\\u0061".repeat(10),
        "%20x".repeat(20),
        Array.from({ length: 2000 }, (_, i) => `line ${i} of user data`)
          .join("\n"),
        secret,
      ];
      const half = part.repeat(megabytes * 500_000 / part.length);
      const text = redact(`${half}|${secret}|${half}`, secrets);
      // Not assertEquals(), which would print everything.
      assert(text === `${half}|[redacted]|${half}`);
    });
  }
}
