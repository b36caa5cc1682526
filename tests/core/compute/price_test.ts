import { assertEquals, assertStrictEquals } from "@std/assert";
import {
  monthlyPrice,
  type PriceList,
  priceOf,
} from "../../../core/compute/mod.ts";

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

Deno.test("priceOf() returns the price of a size and the date of the list", () => {
  const common = { currency: "EUR", asOf: "2026-01-31" };
  assertEquals(priceOf(LIST, "s"), { ...common, hourly: 0.01, monthly: 5 });
  assertEquals(priceOf(LIST, "m"), { ...common, hourly: 0.02 });
  // A free size has a price: 0.
  assertEquals(priceOf(LIST, "free"), { ...common, monthly: 0 });
});

Deno.test("priceOf() is undefined for a size that is not in the list", () => {
  for (const id of ["unknown", "xl", "", "__proto__", "constructor"]) {
    assertStrictEquals(priceOf(LIST, id), undefined);
  }
});

Deno.test("monthlyPrice() prefers the price per month to 730 hours", () => {
  const currency = "USD";
  assertEquals(monthlyPrice({ currency, hourly: 0.00744, monthly: 5 }), 5);
  assertEquals(monthlyPrice({ currency, hourly: 0.5 }), 365);
  assertEquals(monthlyPrice({ currency, hourly: 0 }), 0);
  assertEquals(monthlyPrice({ currency, hourly: 1, monthly: 0 }), 0);
});

Deno.test("monthlyPrice() is undefined if the price is unknown", () => {
  assertStrictEquals(monthlyPrice(undefined), undefined);
  assertStrictEquals(monthlyPrice({ currency: "USD" }), undefined);
});
