import {
  assertEquals,
  assertMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { CloudError, TimeoutError } from "../../../core/mod.ts";
import type { RecordData, RecordType } from "../../../core/dns/mod.ts";
import {
  dnsOverHttps,
  type Resolve,
  type ServedRecordSet,
  waitUntilServed,
} from "../../../core/dns/propagation.ts";
import { replay } from "../../_support/replay.ts";

const TXT: ServedRecordSet = {
  name: "_acme-challenge.example.com",
  type: "TXT",
  data: ["abc"],
};

/** A resolver with fixed answers, one for each look-up; the last one stays. */
function resolver(...answers: (readonly RecordData[] | Error)[]) {
  const asked: string[] = [];
  const resolve: Resolve = (name, type) => {
    const answer = answers[Math.min(asked.length, answers.length - 1)] ?? [];
    asked.push(`${name} ${type}`);
    return answer instanceof Error
      ? Promise.reject(answer)
      : Promise.resolve(answer);
  };
  return { resolve, asked };
}

/** An answer of a public resolver, in the format of Google and Cloudflare. */
function answer(type: number, ...data: readonly string[]) {
  const name = "example.com.";
  return {
    Status: 0,
    TC: false,
    RD: true,
    RA: true,
    AD: false,
    CD: false,
    Question: [{ name, type }],
    Answer: data.map((data) => ({ name, type, TTL: 60, data })),
  };
}

async function resolveFrom(
  body: unknown,
  type: RecordType = "TXT",
): Promise<readonly RecordData[]> {
  const fetch = () => Promise.resolve(Response.json(body));
  return await dnsOverHttps({ fetch })("example.com", type);
}

Deno.test("dnsOverHttps() sends the name and the number of the type", async () => {
  const requests: Request[] = [];
  const fetch = (request: Request) => {
    requests.push(request);
    return Promise.resolve(Response.json(answer(257)));
  };
  await dnsOverHttps({ fetch })("WWW.Example.com.", "CAA");
  await dnsOverHttps({ fetch, url: "https://dns.google/resolve" })(
    "example.com",
    "TYPE65280",
  );
  assertEquals(requests.map(({ method, url }) => `${method} ${url}`), [
    "GET https://cloudflare-dns.com/dns-query?name=www.example.com&type=257",
    "GET https://dns.google/resolve?name=example.com&type=65280",
  ]);
  assertEquals(requests[0]?.headers.get("accept"), "application/dns-json");
});

Deno.test("dnsOverHttps() reads data of every kind, and leaves out CNAMEs", async () => {
  const cases: readonly (readonly [RecordType, number, string, RecordData])[] =
    [
      ["A", 1, "192.0.2.1", "192.0.2.1"],
      ["AAAA", 28, "2001:DB8:0::1", "2001:db8::1"],
      ["NS", 2, "ns1.example.net.", "ns1.example.net"],
      ["MX", 15, "10 mx1.example.com.", {
        preference: 10,
        host: "mx1.example.com",
      }],
      ["CAA", 257, '0 issue "ca.example"', {
        flags: 0,
        tag: "issue",
        value: "ca.example",
      }],
      // Cloudflare has quotes, and Google has none.
      ["TXT", 16, '"v=spf1 \\"a\\" -all"', 'v=spf1 "a" -all'],
      ["TXT", 16, 'v=spf1 "a" -all; b\\c', 'v=spf1 "a" -all; b\\c'],
      ["TXT", 16, '"a" "b"', ["a", "b"]],
    ];
  for (const [type, number, text, expected] of cases) {
    const body = answer(number, text);
    const alias = { name: "example.com.", type: 5, TTL: 1, data: "b.example." };
    body.Answer.unshift(alias);
    assertEquals(await resolveFrom(body, type), [expected]);
  }
});

Deno.test("dnsOverHttps() reads the generic form of RFC 3597", async () => {
  // Cloudflare sent this form of types that it did not format itself.
  const caa = answer(
    257,
    "\\# 15 00 05 69 73 73 75 65 70 6b 69 2e 67 6f 6f 67",
  );
  assertEquals(await resolveFrom(caa, "CAA"), [
    { flags: 0, tag: "issue", value: "pki.goog" },
  ]);
  const https = answer(65, "\\# 13 00 01 00 00 01 00 06 02 68 33 02 68 32");
  assertEquals(await resolveFrom(https, "HTTPS"), [
    { priority: 1, target: ".", params: { alpn: "h3,h2" } },
  ]);
  const unknown = answer(65280, "\\# 3 AB CD EF");
  assertEquals(await resolveFrom(unknown, "TYPE65280"), ["\\# 3 abcdef"]);
  const text = answer(16, "\\# 3 abcdef");
  assertEquals(await resolveFrom(text, "TXT"), ["\\# 3 abcdef"]);
});

Deno.test("dnsOverHttps() resolves to nothing if the name does not exist", async () => {
  assertEquals(await resolveFrom({ Status: 3 }), []);
  assertEquals(await resolveFrom({ Status: 0 }), []);
});

Deno.test("dnsOverHttps() rejects if the resolver fails", async () => {
  await assertRejects(
    () => resolveFrom({ Status: 2 }),
    CloudError,
    "resolve: the resolver could not look up example.com (SERVFAIL)",
  );
  await assertRejects(() => resolveFrom("<html>"), CloudError, "resolve: ");
  const fetch = () =>
    Promise.resolve(
      Response.json({ error: "Invalid query name `a b`." }, { status: 400 }),
    );
  await assertRejects(
    () => dnsOverHttps({ fetch })("example.com", "A"),
    CloudError,
    'resolve: the resolver refused: "Invalid query name `a b`." (400)',
  );
});

Deno.test("dnsOverHttps() rejects what cannot be looked up, before any request", async () => {
  for (
    const url of ["dns.google", "https://a.example/?b=c", "http://a.example/"]
  ) {
    assertThrows(() => dnsOverHttps({ url }), TypeError, "dnsOverHttps: ");
  }
  using fetch = replay([]);
  const resolve = dnsOverHttps({ fetch });
  await assertRejects(
    () => resolve("example.com", "ALIAS" as RecordType),
    TypeError,
    'resolve: type must be a type such as "A", got "ALIAS"',
  );
  await assertRejects(() => resolve("a b", "NSEC"), TypeError, "resolve: ");
});

Deno.test("waitUntilServed() waits until all resolvers have all values", async () => {
  const slow = resolver(
    [],
    new Error("SERVFAIL"),
    ["other"],
    [["abc"], "other"],
  );
  const fast = resolver(["abc"]);
  const served = await waitUntilServed(TXT, {
    resolve: [slow.resolve, fast.resolve],
    intervalMs: 1,
  });
  assertEquals(served, { isServed: true, missing: [] });
  assertEquals(slow.asked, Array(4).fill("_acme-challenge.example.com TXT"));
});

Deno.test("waitUntilServed() compares values in their usual form", async () => {
  const { resolve } = resolver([{ preference: 10, host: "MX1.example.com." }]);
  const set: ServedRecordSet = {
    name: "Example.com.",
    type: "MX",
    data: [{ preference: 10, host: "mx1.example.com" }],
  };
  assertEquals((await waitUntilServed(set, { resolve })).isServed, true);
});

Deno.test("waitUntilServed() with once looks up once, and tells what is missing", async () => {
  const lacking = resolver(["other"]);
  const failing = resolver(new Error("ENOTFOUND"));
  const served = await waitUntilServed(TXT, {
    resolve: [lacking.resolve, failing.resolve],
    once: true,
    delayMs: 1e9,
  });
  assertEquals(served, {
    isServed: false,
    missing: ["a resolver lacks abc", "ENOTFOUND"],
  });
  assertEquals(lacking.asked.length, 1);
});

Deno.test("waitUntilServed() times out and tells the last state", async () => {
  const { resolve } = resolver([]);
  await assertRejects(
    () => waitUntilServed(TXT, { resolve, intervalMs: 1, timeoutMs: 20 }),
    TimeoutError,
    "waitUntilServed: timed out after 20 ms; _acme-challenge.example.com TXT " +
      "is not served: a resolver lacks abc",
  );
  // A resolver that hangs is given up, too.
  const hanging: Resolve = () => new Promise(() => {});
  await assertRejects(
    () => waitUntilServed(TXT, { resolve: hanging, once: true, timeoutMs: 20 }),
    TimeoutError,
  );
});

Deno.test("waitUntilServed() ends at an abort with its reason", async () => {
  const controller = new AbortController();
  const reason = new Error("stop");
  const resolve: Resolve = () => {
    controller.abort(reason);
    return Promise.reject(new Error("aborted"));
  };
  const { signal } = controller;
  const error = await assertRejects(() =>
    waitUntilServed(TXT, { resolve, signal })
  );
  assertEquals(error, reason);
});

Deno.test("waitUntilServed() rejects invalid arguments before any look-up", async () => {
  const { resolve, asked } = resolver([]);
  const wrong: readonly (readonly [unknown, object])[] = [
    [undefined, {}],
    [{ ...TXT, name: 5 }, {}],
    [{ ...TXT, data: [] }, {}],
    [{ ...TXT, type: "A" }, {}],
    [TXT, { resolve: "8.8.8.8" }],
    [TXT, { delayMs: -1 }],
    [TXT, { intervalMs: 0 }],
  ];
  for (const [set, options] of wrong) {
    const error = await assertRejects(() =>
      waitUntilServed(set as ServedRecordSet, { resolve, ...options })
    );
    assertMatch(String(error), /^(?:Type|Range)Error: waitUntilServed: /);
  }
  assertEquals(asked, []);
});
