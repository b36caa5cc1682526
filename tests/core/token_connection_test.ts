import {
  assert,
  assertEquals,
  assertNotMatch,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { InvalidCredsError, ServiceUnavailableError } from "../../core/mod.ts";
import { serve } from "../_support/serve.ts";
import {
  ACME,
  acmeToken,
  AcmeTokenConnection,
  json,
  rejection,
} from "./_acme.ts";

const turn = () => new Promise<void>((resolve) => setTimeout(resolve, 5));

/** A service that takes one token at a time, and a source of the next ones. */
function setUp(accepts: () => string) {
  const seen: string[] = [];
  let got = 0;
  const source = async () => {
    got++;
    const token = `token-${got}`;
    await turn();
    return token;
  };
  const fetch = async (request: Request) => {
    const token = request.headers.get("authorization")?.slice(7) ?? "";
    seen.push(token);
    await turn();
    return json({}, { status: token === accepts() ? 200 : 401 });
  };
  return { seen, source, fetch, got: () => got };
}

Deno.test("TokenConnection sends a bearer token, without a request for it", async () => {
  const { fetch, seen } = setUp(() => "t-1");
  const connection = acmeToken(ACME, "t-1", { fetch });
  await connection.request("/");
  await connection.request("/");
  assertEquals(seen, ["t-1", "t-1"]);
});

Deno.test("TokenConnection gets a token when the first request needs it, and keeps it", async () => {
  const { fetch, source, seen, got } = setUp(() => "token-1");
  const connection = acmeToken(ACME, source, { fetch });
  assertEquals(got(), 0);
  await connection.request("/");
  await connection.request("/");
  assertEquals([seen, got()], [["token-1", "token-1"], 1]);
});

Deno.test("TokenConnection gets one token for 50 calls that wait for it", async () => {
  const { fetch, source, seen, got } = setUp(() => "token-1");
  const connection = acmeToken(ACME, source, { fetch });
  await Promise.all(Array.from({ length: 50 }, () => connection.request("/")));
  assertEquals([seen.length, got()], [50, 1]);
});

Deno.test("TokenConnection renews a refused token once, and sends the request again", async () => {
  for (const method of ["GET", "POST"]) {
    const { fetch, source, seen, got } = setUp(() => "token-2");
    const connection = acmeToken(ACME, source, { fetch, retry: false });
    const { status } = await connection.request("/", {
      method,
      data: undefined,
    });
    assertEquals([status, got()], [200, 2]);
    assertEquals(seen, ["token-1", "token-2"]);
  }
});

Deno.test("TokenConnection renews a refused token once for 50 calls at once, over a socket", async () => {
  const { fetch, source, seen, got } = setUp(() => "token-2");
  await using server = serve(fetch);
  const connection = acmeToken(server.url, source);
  await Promise.all(Array.from({ length: 50 }, () => connection.request("/")));
  assertEquals(got(), 2);
  assertEquals(seen.filter((token) => token === "token-2").length, 50);
});

Deno.test("TokenConnection renews a token once where answers to the old one come late", async () => {
  let accepted = "token-1";
  const { fetch, source, got } = setUp(() => accepted);
  const late = Promise.withResolvers<void>();
  const connection = acmeToken(ACME, source, {
    async fetch(request) {
      const answer = await fetch(request);
      if (request.url.endsWith("/late") && !answer.ok) await late.promise;
      return answer;
    },
  });
  await connection.request("/");
  accepted = "token-2";
  const straggler = connection.request("/late");
  await connection.request("/");
  late.resolve();
  assertEquals((await straggler).status, 200);
  assertEquals(got(), 2);
});

Deno.test("TokenConnection gives up when the new token is refused as well", async () => {
  const { fetch, source, seen, got } = setUp(() => "none of them");
  const connection = acmeToken(ACME, source, { fetch });
  await assertRejects(() => connection.request("/"), InvalidCredsError);
  assertEquals([seen, got()], [["token-1", "token-2"], 2]);
});

Deno.test("TokenConnection has no other token where it was given a text", async () => {
  const { fetch, seen } = setUp(() => "another one");
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

const reason = new Error("the login is down");
const failures: Record<string, () => Promise<string>> = {
  "rejects": () => Promise.reject(reason),
  "throws": () => {
    throw reason;
  },
};
for (const [how, fail] of Object.entries(failures)) {
  Deno.test(`TokenConnection passes on what its function ${how} with, and asks it again the next time`, async () => {
    let got = 0;
    const source = () => ++got <= 1 ? fail() : Promise.resolve("token");
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
    // One failure for all that waited, or a token for those that came later.
    const [first] = calls;
    assert(first?.status === "rejected");
    assertStrictEquals(first.reason, reason);
    for (const call of calls) {
      if (call.status === "rejected") assertStrictEquals(call.reason, reason);
    }
    assertEquals((await connection.request("/")).status, 200);
    assert(got <= 2, `${got} times`);
    assert(sent >= 1);
  });
}

Deno.test("TokenConnection refuses a token that is missing or impossible, and does not show it", async () => {
  const wrong = ["", undefined, null, 5, "can\nary", "can\0ary", {}];
  for (const token of wrong) {
    if (token !== undefined) {
      const error = assertThrows(
        () => new AcmeTokenConnection(ACME, { token: token as string }),
        TypeError,
        "Cannot use the token",
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
      "Cannot use the token",
    );
    assertNotMatch(Deno.inspect(error), /can.{0,2}ary/);
    assertEquals(sent, 0);
  }
});

Deno.test("TokenConnection goes on for the others when one of the waiting calls is aborted", async () => {
  const { fetch, source, got } = setUp(() => "token-1");
  const connection = acmeToken(ACME, source, { fetch });
  const controller = new AbortController();
  const { signal } = controller;
  const aborted = rejection(connection.request("/", { signal }));
  const other = connection.request("/");
  controller.abort("enough");
  assertEquals(await aborted, "enough");
  assertEquals((await other).status, 200);
  assertEquals(got(), 1);
});
