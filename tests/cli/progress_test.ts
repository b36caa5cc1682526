/**
 * The progress of waits, as lines and as a bar.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { Progress } from "../../cli/progress.ts";
import type { Node } from "../../core/compute/mod.ts";

const node = (name: string, state: Node["state"]): Node => ({
  id: name,
  name,
  state,
  publicIps: [],
  privateIps: [],
  tags: {},
  extra: {},
});

/** Shows the same progress twice, and then the end. */
function show(isTerminal: boolean, isQuiet = false): string {
  let text = "";
  const write = (it: string) => void (text += it);
  const progress = new Progress({ isTerminal, columns: 40, write }, isQuiet);
  const [one, two] = [node("one", "running"), node("two", "pending")];
  for (const elapsedMs of [0, 1000]) {
    progress.wait({ ready: [one], waiting: [two], unknown: ["3"], elapsedMs });
  }
  progress.wait({
    ready: [one, two],
    waiting: [],
    unknown: [],
    elapsedMs: 2000,
  });
  progress.end();
  return text;
}

Deno.test("Progress writes a line only if something has changed", () => {
  assertEquals(
    show(false),
    "1 of 3 ready; two is pending, 3 is not known yet\n2 of 2 ready\n",
  );
});

Deno.test("Progress draws a bar within the width of the terminal, and removes it", () => {
  const clear = "\r\x1b[K";
  assertEquals(
    show(true).split(clear),
    [
      "",
      "[#######.............] 0 ms 1 of 3 ready",
      "[#######.............] 1 second 1 of 3 r",
      "[####################] 2 seconds 2 of 2 ",
      "",
    ].map((line) => line.slice(0, 39)),
  );
});

Deno.test("Progress writes nothing if it is quiet", () => {
  assertEquals(show(false, true) + show(true, true), "");
});
