import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { rateLimitResetMs, readRateLimit } from "../../core/rate_limit.ts";

const HEADERS = {
  "ratelimit-limit": "5000",
  "ratelimit-remaining": "0",
  "ratelimit-reset": "1767225600",
};

Deno.test("readRateLimit() reads headers with the given prefix", () => {
  assertEquals(readRateLimit(new Headers(HEADERS), "ratelimit-"), {
    limit: 5000,
    remaining: 0,
    resetsAt: "2026-01-01T00:00:00.000Z",
  });
  const some = new Headers({ "x-rate-remaining": "7" });
  assertEquals<object | undefined>(readRateLimit(some, "x-rate-"), {
    limit: undefined,
    remaining: 7,
    resetsAt: undefined,
  });
});

Deno.test("readRateLimit() is undefined if the headers are missing or invalid", () => {
  assertStrictEquals(readRateLimit(new Headers(), "ratelimit-"), undefined);
  const invalid = ["", "soon", "-1", "1.5", "1e3", "9".repeat(13), "0x10"];
  for (const value of invalid) {
    for (const name of Object.keys(HEADERS)) {
      const headers = new Headers({ [name]: value });
      assertStrictEquals(
        readRateLimit(headers, "ratelimit-"),
        undefined,
        value,
      );
    }
  }
  // The longest accepted number is still a valid date.
  const far = new Headers({ "ratelimit-reset": "9".repeat(12) });
  assert(readRateLimit(far, "ratelimit-")?.resetsAt);
});

Deno.test("rateLimitResetMs() is relative to the Date header, up to a day", () => {
  const wait = (resetsAt: string | undefined, date: string, remaining = 0) =>
    rateLimitResetMs({ resetsAt, remaining }, new Headers({ date }));
  const date = "Thu, 01 Jan 1998 00:00:00 GMT";
  assertEquals(wait("1998-01-01T00:00:30Z", date), 30_000);
  // The limit ended in the past, so another one was reached.
  assertStrictEquals(wait("1998-01-01T00:00:00Z", date), undefined);
  assertStrictEquals(wait("1997-12-31T00:00:00Z", date), undefined);
  // So it was if requests are left.
  assertStrictEquals(wait("1998-01-01T00:00:30Z", date, 4816), undefined);
  assertEquals(wait("2026-01-01T00:00:00Z", date), 86_400_000);
  assertStrictEquals(wait(undefined, date), undefined);
  assertStrictEquals(rateLimitResetMs(undefined, new Headers()), undefined);
  const soon = new Date(Date.now() + 60_000).toISOString();
  const ms = rateLimitResetMs({ resetsAt: soon }, new Headers()) ?? 0;
  assert(ms > 30_000 && ms <= 60_000, `${ms} ms`);
});
