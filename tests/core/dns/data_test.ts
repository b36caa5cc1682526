/**
 * Comparison of record sets.
 *
 * @module
 */

import { assertEquals, assertNotEquals } from "@std/assert";
import { dataKey, sameValues } from "../../../core/dns/data.ts";
import { parseRecordData } from "../../../core/dns/rdata.ts";

Deno.test("dataKey() is the same wherever a text is cut", () => {
  assertEquals(dataKey(["a", "bc"]), dataKey("abc"));
  assertNotEquals(dataKey(["a", "bd"]), dataKey("abc"));
});

Deno.test("dataKey() is the same for a text that is cut inside a character", () => {
  const cut = parseRecordData("TXT", '"caf\\195" "\\169"');
  assertEquals(Array.isArray(cut), true);
  assertEquals(dataKey(cut), dataKey("café"));
});

Deno.test("sameValues() ignores the order of values and of fields", () => {
  const one = {
    data: [{ preference: 1, host: "a.test" }, {
      preference: 2,
      host: "b.test",
    }],
  };
  const other = {
    data: [{ host: "b.test", preference: 2 }, {
      host: "a.test",
      preference: 1,
    }],
  };
  assertEquals(sameValues(one, other), true);
  assertEquals(sameValues(one, { data: other.data.slice(1) }), false);
});
