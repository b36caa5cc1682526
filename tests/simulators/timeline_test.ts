import { assertEquals } from "@std/assert";
import { History } from "../../simulators/_history.ts";
import { Resources } from "../../simulators/_resources.ts";
import { Timeline } from "../../simulators/_timeline.ts";

Deno.test("History.past() returns a copy of the state of a while ago", () => {
  const state = { names: ["a"] };
  const history = new History(100, () => state);
  assertEquals(history.past(0), { names: ["a"] });
  state.names.push("b");
  history.record(50);
  state.names.push("c");
  history.record(60);
  assertEquals(history.past(149), { names: ["a"] });
  assertEquals(history.past(150), { names: ["a", "b"] });
  assertEquals(history.past(160), { names: ["a", "b", "c"] });
  state.names.length = 0;
  assertEquals(history.past(1000), { names: ["a", "b", "c"] });
});

Deno.test("History.past() keeps the order of changes that are recorded late", () => {
  const state = { count: 0 };
  const history = new History(100, () => state);
  state.count = 1;
  history.record(50);
  state.count = 2;
  // This change was due while a request was handled until 50.
  history.record(40);
  assertEquals(history.past(149)?.count, 0);
  assertEquals(history.past(150)?.count, 2);
});

Deno.test("History.past() returns undefined if there is no lag", () => {
  const history = new History(0, () => ({}));
  history.record(1);
  assertEquals(history.past(2), undefined);
});

Deno.test("Resources contains a hidden resource only after reveal()", () => {
  const all = new Resources([["a", 1]]);
  all.hide("b", 2);
  all.hide("c", 3);
  assertEquals([all.size, all.has("b"), all.get("b")], [1, false, undefined]);
  assertEquals([all.list, all.all], [[1], [1, 2, 3]]);
  all.delete("c");
  all.reveal("b");
  all.reveal("c");
  assertEquals([all.list, all.all], [[1, 2], [1, 2]]);
  assertEquals([all.delete("a"), all.delete("a")], [true, false]);
  assertEquals(all.list, [2]);
});

Deno.test("Timeline hides no resource of the initial contents", () => {
  let now = 0;
  const timeline = new Timeline<{ readonly all: ReadonlyMap<string, number> }>(
    () => now,
  );
  const all = new Resources<string, number>();
  timeline.add(all, "a", 1);
  timeline.start({ hiddenMs: 10, listLagMs: 5 }, () => ({ all }));
  timeline.add(all, "b", 2);
  assertEquals(all.list, [1]);
  now = 10;
  timeline.advance();
  assertEquals(all.list, [1, 2]);
  const past = () => [...(timeline.past()?.all.values() ?? [])];
  assertEquals(past(), [1]);
  now = 15;
  assertEquals(past(), [1, 2]);
});
