import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { backoffMs, checkRetry, retryAfterMs } from "../../core/retry.ts";

Deno.test("backoffMs() doubles its upper bound with each attempt, up to maxMs", () => {
  const longestOf = (attempt: number, retry = {}) =>
    Math.max(...Array.from({ length: 500 }, () => backoffMs(attempt, retry)));
  for (
    const [attempt, limit] of [[1, 250], [2, 500], [3, 1000], [9, 20_000], [
      50,
      20_000,
    ]] as const
  ) {
    const longest = longestOf(attempt);
    assert(longest <= limit && longest > limit * 0.8, `${attempt}: ${longest}`);
  }
  assertLess(longestOf(3, { baseMs: 10 }), 40.001);
  assertLess(longestOf(30, { baseMs: 10, maxMs: 50 }), 50.001);
  assertEquals(longestOf(5, { baseMs: 0 }), 0);
  assertEquals(longestOf(2000, { maxMs: 0 }), 0);
});

Deno.test("backoffMs() applies full jitter", () => {
  const delays = Array.from({ length: 500 }, () => backoffMs(3, {}));
  assertLess(Math.min(...delays), 100);
  assertGreater(Math.max(...delays), 900);
  const mean = delays.reduce((sum, delay) => sum + delay) / delays.length;
  assert(mean > 350 && mean < 650, `${mean}`);
});

Deno.test("retryAfterMs() is undefined without the header", () => {
  assertStrictEquals(retryAfterMs(new Headers()), undefined);
  const headers = new Headers({ date: new Date().toUTCString() });
  assertStrictEquals(retryAfterMs(headers), undefined);
});

Deno.test("retryAfterMs() parses dates in GMT, independent of the local time zone", () => {
  const date = "Sun, 06 Nov 1994 08:49:37 GMT";
  for (
    const value of [
      date,
      "Sunday, 06-Nov-94 08:49:37 GMT",
      "Sun Nov  6 08:49:37 1994",
    ]
  ) {
    const headers = new Headers({ "retry-after": value, date });
    assertEquals(retryAfterMs(headers), undefined, value);
    headers.set("date", "Sun, 06 Nov 1994 08:49:30 GMT");
    assertEquals(retryAfterMs(headers), 7000, value);
  }
});

Deno.test("retryAfterMs() is undefined if the delay is zero or negative", () => {
  for (const value of ["0", "-1", "0.0", "-0"]) {
    const headers = new Headers({ "retry-after": value });
    assertStrictEquals(retryAfterMs(headers), undefined, value);
  }
});

Deno.test("checkRetry() rejects a policy that is not an object", () => {
  for (const retry of [true, 3, "3", null]) {
    assertThrows(
      () => checkRetry(retry as unknown as false, "acme"),
      TypeError,
      "acme: retry must be an object or false, got ",
    );
  }
});

Deno.test("retryAfterMs() takes linear time for invalid values", () => {
  for (const part of ["1", ".", "-", "Sun ", ": ", "1994 "]) {
    retryAfterMs(new Headers({ "retry-after": part.repeat(20_000) }));
  }
});

Deno.test("checkRetry() rejects numbers out of range", () => {
  for (
    const retry of [undefined, false, {}, {
      maxAttempts: 1,
      baseMs: 0,
      maxMs: 0.5,
    }] as const
  ) {
    checkRetry(retry, "acme");
  }
  for (
    const [retry, message] of [
      [
        { maxAttempts: -1 },
        "maxAttempts must be an integer from 1 to MAX, got -1",
      ],
      [
        { maxAttempts: 0 },
        "maxAttempts must be an integer from 1 to MAX, got 0",
      ],
      [
        { maxAttempts: 1.5 },
        "maxAttempts must be an integer from 1 to MAX, got 1.5",
      ],
      [{ baseMs: NaN }, "baseMs must be a number from 0 to MAX, got NaN"],
      [{ maxMs: -1 }, "maxMs must be a number from 0 to MAX, got -1"],
    ] as const
  ) {
    assertThrows(
      () => checkRetry(retry, "acme"),
      RangeError,
      `acme: retry.${message.replace("MAX", "2147483647")}`,
    );
  }
});
