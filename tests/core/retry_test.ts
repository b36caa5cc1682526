import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { backoffMs, checkRetry, retryAfterMs } from "../../core/retry.ts";

Deno.test("backoffMs() doubles its limit with each attempt, up to the longest", () => {
  const most = (attempt: number, retry = {}) =>
    Math.max(...Array.from({ length: 500 }, () => backoffMs(attempt, retry)));
  for (
    const [attempt, limit] of [[1, 250], [2, 500], [3, 1000], [9, 20_000], [
      50,
      20_000,
    ]] as const
  ) {
    const longest = most(attempt);
    assert(longest <= limit && longest > limit * 0.8, `${attempt}: ${longest}`);
  }
  assertLess(most(3, { baseMs: 10 }), 40.001);
  assertLess(most(30, { baseMs: 10, maxMs: 50 }), 50.001);
  assertEquals(most(5, { baseMs: 0 }), 0);
  assertEquals(most(2000, { maxMs: 0 }), 0);
});

Deno.test("backoffMs() has full jitter: clients that failed together come back apart", () => {
  const pauses = Array.from({ length: 500 }, () => backoffMs(3, {}));
  assertLess(Math.min(...pauses), 100);
  assertGreater(Math.max(...pauses), 900);
  const mean = pauses.reduce((sum, pause) => sum + pause) / pauses.length;
  assert(mean > 350 && mean < 650, `${mean}`);
});

Deno.test("retryAfterMs() is undefined without the header", () => {
  assertStrictEquals(retryAfterMs(new Headers()), undefined);
  const headers = new Headers({ date: new Date().toUTCString() });
  assertStrictEquals(retryAfterMs(headers), undefined);
});

Deno.test("retryAfterMs() reads dates in GMT, whatever zone this machine is in", () => {
  const date = "Sun, 06 Nov 1994 08:49:37 GMT";
  for (
    const value of [
      date,
      "Sunday, 06-Nov-94 08:49:37 GMT",
      "Sun Nov  6 08:49:37 1994",
    ]
  ) {
    const headers = new Headers({ "retry-after": value, date });
    assertEquals(retryAfterMs(headers), 0, value);
    headers.set("date", "Sun, 06 Nov 1994 08:49:30 GMT");
    assertEquals(retryAfterMs(headers), 7000, value);
  }
});

Deno.test("retryAfterMs() takes no longer for nonsense than for its length", () => {
  for (const part of ["1", ".", "-", "Sun ", ": ", "1994 "]) {
    retryAfterMs(new Headers({ "retry-after": part.repeat(20_000) }));
  }
});

Deno.test("checkRetry() refuses numbers that make no sense", () => {
  for (
    const retry of [undefined, false, {}, {
      maxAttempts: 1,
      baseMs: 0,
      maxMs: 0.5,
    }] as const
  ) {
    checkRetry(retry);
  }
  for (
    const retry of [
      { maxAttempts: -1 },
      { maxAttempts: 1.5 },
      { baseMs: NaN },
      { maxMs: -1 },
    ]
  ) {
    assertThrows(() => checkRetry(retry), RangeError, "Cannot");
  }
});
