import { assertEquals, assertLess } from "@std/assert";
import { Capture } from "../../deploy/_capture.ts";

Deno.test("Capture keeps both ends of a stream and notes how much was left out", () => {
  const capture = new Capture();
  const add = (text: string) => capture.add(new TextEncoder().encode(text));
  add("begin");
  for (let i = 0; i < 48; i++) add("x".repeat(65_536));
  add("end");
  const half = 512 * 1024;
  const removed = 48 * 65_536 + 8 - 2 * half;
  assertEquals(
    `${capture}`,
    `begin${"x".repeat(half - 5)}\n[… ${removed} bytes …]\n${
      "x".repeat(half - 3)
    }end`,
  );
});

Deno.test("Capture returns a stream of 1 MiB whole", () => {
  const capture = new Capture();
  const text = "0123456789abcdef".repeat(65_536);
  capture.add(new TextEncoder().encode(text));
  assertEquals(`${capture}` === text, true);
});

Deno.test("Capture leaves out both parts of a character that it cuts in two", () => {
  for (let shift = 0; shift < 4; shift++) {
    const capture = new Capture();
    const text = "a".repeat(shift) + "😀".repeat(300_000);
    capture.add(new TextEncoder().encode(text));
    const [begin = "", , end = ""] = `${capture}`.split("\n");
    assertEquals(/^a*(?:😀)+$/u.test(begin), true);
    assertEquals(/^(?:😀)+$/u.test(end), true);
  }
});

Deno.test("Capture does not keep 100 MiB in memory", () => {
  const capture = new Capture();
  const chunk = new Uint8Array(65_536).fill(97);
  const before = Deno.memoryUsage().external;
  for (let i = 0; i < 1600; i++) capture.add(chunk);
  assertLess(Deno.memoryUsage().external - before, 32 * 1024 * 1024);
  // Still reachable here, so that its memory counts.
  assertEquals(`${capture}`.length < 1_100_000, true);
});
