import { assertEquals, assertStrictEquals } from "@std/assert";
import { type PriceList, priceOf } from "../../../core/compute/mod.ts";

const LIST: PriceList = {
  source: "https://acme.example/prices",
  updated: "2026-01-31",
  currency: "EUR",
  sizes: {
    s: { hourly: 0.01, monthly: 5 },
    m: { hourly: 0.02 },
    free: { monthly: 0 },
  },
};

Deno.test("priceOf() gives what the list has, with its day", () => {
  const about = { currency: "EUR", asOf: "2026-01-31" };
  assertEquals(priceOf(LIST, "s"), { ...about, hourly: 0.01, monthly: 5 });
  assertEquals(priceOf(LIST, "m"), { ...about, hourly: 0.02 });
  // Free is a price.
  assertEquals(priceOf(LIST, "free"), { ...about, monthly: 0 });
});

Deno.test("priceOf() knows no price where the list has none", () => {
  for (const id of ["unknown", "xl", "", "__proto__", "constructor"]) {
    assertStrictEquals(priceOf(LIST, id), undefined);
  }
});
