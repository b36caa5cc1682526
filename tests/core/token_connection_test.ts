import {
  assert,
  assertEquals,
  assertNotMatch,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  InvalidCredsError,
  ServiceUnavailableError,
  TimeoutError,
} from "../../core/mod.ts";
import { serve } from "../_support/serve.ts";
import {
  ACME,
  acmeToken,
  AcmeTokenConnection,
  json,
  rejection,
} from "./_acme.ts";

const delay = () => new Promise<void>((resolve) => setTimeout(resolve, 5));

/** A service that accepts one token, and a function that returns new tokens. */
function setUp(accepts: () => string) {
  const seen: string[] = [];
  let renewals = 0;
  const source = async () => {
    renewals++;
    if (renewals > 9) throw new Error("the token is renewed for ever");
    const token = `token-${renewals}`;
    await delay();
    return token;
  };
  const fetch = async (request: Request) => {
    const token = request.headers.get("authorization")?.slice(7) ?? "";
    seen.push(token);
    await delay();
    return json({}, { status: token === accepts() ? 200 : 401 });
  };
  return { seen, source, fetch, renewals: () => renewals };
}

Deno.test("TokenConnection sends the given token as a bearer token", async () => {
  const { fetch, seen } = setUp(() => "t-1");
  const connection = acmeToken(ACME, "t-1", { fetch });
  await connection.request("/");
  await connection.request("/");
  assertEquals(seen, ["t-1", "t-1"]);
});

Deno.test("TokenConnection calls the token function at the first request and keeps the token", async () => {
  const { fetch, source, seen, renewals } = setUp(() => "token-1");
  const connection = acmeToken(ACME, source, { fetch });
  assertEquals(renewals(), 0);
  await connection.request("/");
  await connection.request("/");
  assertEquals([seen, renewals()], [["token-1", "token-1"], 1]);
});

Deno.test("TokenConnection calls the token function once for 50 concurrent calls", async () => {
  const { fetch, source, seen, renewals } = setUp(() => "token-1");
  const connection = acmeToken(ACME, source, { fetch });
  await Promise.all(Array.from({ length: 50 }, () => connection.request("/")));
  assertEquals([seen.length, renewals()], [50, 1]);
});

Deno.test("TokenConnection renews a rejected token once and repeats the request", async () => {
  for (const method of ["GET", "POST"]) {
    const { fetch, source, seen, renewals } = setUp(() => "token-2");
    const connection = acmeToken(ACME, source, { fetch, retry: false });
    const { status } = await connection.request("/", {
      method,
      data: undefined,
    });
    assertEquals([status, renewals()], [200, 2]);
    assertEquals(seen, ["token-1", "token-2"]);
  }
});

Deno.test("TokenConnection renews a rejected token once for 50 concurrent calls, over a socket", async () => {
  const { fetch, source, seen, renewals } = setUp(() => "token-2");
  await using server = serve(fetch);
  const connection = acmeToken(server.url, source);
  await Promise.all(Array.from({ length: 50 }, () => connection.request("/")));
  assertEquals(renewals(), 2);
  assertEquals(seen.filter((token) => token === "token-2").length, 50);
});

Deno.test("TokenConnection renews a token once if a response to the old token arrives late", async () => {
  let accepted = "token-1";
  const { fetch, source, renewals } = setUp(() => accepted);
  const late = Promise.withResolvers<void>();
  const connection = acmeToken(ACME, source, {
    async fetch(request) {
      const response = await fetch(request);
      if (request.url.endsWith("/late") && !response.ok) await late.promise;
      return response;
    },
  });
  await connection.request("/");
  accepted = "token-2";
  const lateCall = connection.request("/late");
  await connection.request("/");
  late.resolve();
  assertEquals((await lateCall).status, 200);
  assertEquals(renewals(), 2);
});

Deno.test("TokenConnection rejects with InvalidCredsError if the new token is rejected too", async () => {
  const { fetch, source, seen, renewals } = setUp(() => "another token");
  const connection = acmeToken(ACME, source, { fetch });
  await assertRejects(() => connection.request("/"), InvalidCredsError);
  assertEquals([seen, renewals()], [["token-1", "token-2"], 2]);
});

Deno.test("TokenConnection does not renew a token that was given as a string", async () => {
  const { fetch, seen } = setUp(() => "another token");
  const connection = acmeToken(ACME, "t-1", { fetch });
  await assertRejects(() => connection.request("/"), InvalidCredsError);
  assertEquals(seen, ["t-1"]);
});

Deno.test("TokenConnection does not count a renewal as an attempt", async () => {
  const statuses = [503, 401, 503, 503, 503];
  let sent = 0;
  const attempts: number[] = [];
  const connection = acmeToken(ACME, () => `token-${sent}`, {
    fetch: () => Promise.resolve(json({}, { status: statuses[sent++] ?? 200 })),
    hooks: { onRequest: ({ attempt }) => attempts.push(attempt) },
  });
  await assertRejects(() => connection.request("/"), ServiceUnavailableError);
  assertEquals([sent, attempts], [5, [1, 2, 2, 3, 4]]);
});

const reason = new Error("the login failed");
const failures: Record<string, () => Promise<string>> = {
  "rejects": () => Promise.reject(reason),
  "throws": () => {
    throw reason;
  },
};
for (const [how, fail] of Object.entries(failures)) {
  Deno.test(`TokenConnection rejects with the error if the token function ${how}, and calls it again for the next request`, async () => {
    let renewals = 0;
    const source = () => ++renewals <= 1 ? fail() : Promise.resolve("token");
    let sent = 0;
    const connection = acmeToken(ACME, source, {
      fetch() {
        sent++;
        return Promise.resolve(json({}));
      },
    });
    const calls = await Promise.allSettled(
      Array.from({ length: 5 }, () => connection.request("/")),
    );
    // All calls that waited reject; calls that started later may get a token.
    const [first] = calls;
    assert(first?.status === "rejected");
    assertStrictEquals(first.reason, reason);
    for (const call of calls) {
      if (call.status === "rejected") assertStrictEquals(call.reason, reason);
    }
    assertEquals((await connection.request("/")).status, 200);
    assert(renewals <= 2, `${renewals} times`);
    assert(sent >= 1);
  });
}

Deno.test("TokenConnection rejects a missing or invalid token and does not show it", async () => {
  const unprintable = "contains characters that an HTTP header cannot carry";
  const invalid: [unknown, string][] = [
    ["", "is required"],
    [undefined, "is required"],
    [null, "is required"],
    [5, "must be a string, got number"],
    ["can\nary", unprintable],
    ["can\0ary", unprintable],
    [{}, "must be a string, got object"],
  ];
  for (const [token, problem] of invalid) {
    if (token !== undefined) {
      const error = assertThrows(
        () => new AcmeTokenConnection(ACME, { token: token as string }),
        TypeError,
        `connection: token ${problem}`,
      );
      assertNotMatch(Deno.inspect(error), /can.{0,2}ary/);
    }
    let sent = 0;
    const connection = acmeToken(ACME, () => token as string, {
      fetch() {
        sent++;
        return Promise.resolve(json({}));
      },
    });
    const error = await assertRejects(
      () => connection.request("/"),
      TypeError,
      `connection: token ${problem}`,
    );
    assertNotMatch(Deno.inspect(error), /can.{0,2}ary/);
    assertEquals(sent, 0);
  }
});

const never = () => new Promise<never>(() => {});

Deno.test("TokenConnection calls the token function again if an earlier call of it does not return in time", async () => {
  const { fetch } = setUp(() => "token-2");
  let calls = 0;
  const source = () => ++calls === 1 ? never() : "token-2";
  const connection = acmeToken(ACME, source, { fetch });
  // Other requests that wait for the same call are not affected.
  const patient = connection.request("/", { timeoutMs: 200 });
  await assertRejects(
    () => connection.request("/", { timeoutMs: 20 }),
    TimeoutError,
  );
  assertEquals((await connection.request("/")).status, 200);
  await assertRejects(() => patient, TimeoutError);
  assertEquals((await connection.request("/")).status, 200);
  assertEquals(calls, 2);
});

Deno.test("TokenConnection calls the token function again if the wait for it was aborted", async () => {
  const { fetch } = setUp(() => "token-2");
  let calls = 0;
  const source = () => ++calls === 1 ? never() : "token-2";
  const connection = acmeToken(ACME, source, { fetch });
  const controller = new AbortController();
  const { signal } = controller;
  const aborted = rejection(connection.request("/", { signal }));
  controller.abort("enough");
  assertEquals(await aborted, "enough");
  assertEquals((await connection.request("/")).status, 200);
});

Deno.test("TokenConnection ends on time if the function does not return a new token, and calls it again", async () => {
  const { fetch } = setUp(() => "token-3");
  let calls = 0;
  const source = () => ++calls === 2 ? never() : `token-${calls}`;
  const connection = acmeToken(ACME, source, { fetch });
  await assertRejects(
    () => connection.request("/", { timeoutMs: 50 }),
    TimeoutError,
  );
  assertEquals((await connection.request("/")).status, 200);
  assertEquals(calls, 3);
});

Deno.test("TokenConnection removes white space around a token, and renews such a token", async () => {
  const { fetch, seen } = setUp(() => "token-2");
  await acmeToken(ACME, " \ttoken-2\r\n", { fetch }).request("/");
  let renewals = 0;
  const source = () => ` token-${++renewals} \n`;
  await acmeToken(ACME, source, { fetch }).request("/");
  assertEquals(seen, ["token-2", "token-1", "token-2"]);
});

Deno.test("TokenConnection redacts the last four tokens only", async () => {
  let renewals = 0;
  const echo = () => {
    const tokens = Array.from({ length: 9 }, (_, n) => `secret-${n + 1}`);
    return json({ fault: { text: tokens.join(" ") } }, { status: 401 });
  };
  const connection = acmeToken(ACME, () => `secret-${++renewals}`, {
    fetch: () => Promise.resolve(echo()),
  });
  let error = new Error();
  while (renewals < 9) {
    error = await assertRejects(() => connection.request("/"), Error);
  }
  assertEquals(renewals, 9);
  const kept = [1, 2, 3, 4, 5].map((n) => `secret-${n}`).join(" ");
  assertStringIncludes(error.message, `"${kept} [redacted]`);
  assertNotMatch(error.message, /secret-[6-9]/);
});

Deno.test("TokenConnection keeps waiting for the token if one of the waiting calls is aborted", async () => {
  const { fetch, source, renewals } = setUp(() => "token-1");
  const connection = acmeToken(ACME, source, { fetch });
  const controller = new AbortController();
  const { signal } = controller;
  const aborted = rejection(connection.request("/", { signal }));
  const other = connection.request("/");
  controller.abort("enough");
  assertEquals(await aborted, "enough");
  assertEquals((await other).status, 200);
  assertEquals(renewals(), 1);
});
