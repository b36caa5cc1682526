import { assertEquals, assertStrictEquals } from "@std/assert";
import {
  monthlyPrice,
  type PriceList,
  priceOf,
  sizesOf,
} from "../../../core/compute/mod.ts";

const LIST: PriceList = {
  source: "https://acme.example/prices",
  updated: "2026-01-31",
  currency: "EUR",
  sizes: {
    s: { hourly: 0.01, monthly: 5 },
    m: { hourly: 0.02 },
  },
};

Deno.test("priceOf() returns the price of a size and the date of the list", () => {
  const common = { currency: "EUR", asOf: "2026-01-31" };
  assertEquals(priceOf(LIST, "s"), { ...common, hourly: 0.01, monthly: 5 });
  assertEquals(priceOf(LIST, "m"), { ...common, hourly: 0.02 });
});

Deno.test("priceOf() is undefined for a size that is not in the list", () => {
  for (const id of ["unknown", "xl", "", "__proto__", "constructor"]) {
    assertStrictEquals(priceOf(LIST, id), undefined);
  }
});

Deno.test("priceOf() chooses the list of the location", () => {
  const north = { ...LIST, updated: "2026-02-01", currency: "NOK" };
  const prices = { locations: { north, south: LIST } };
  const price = { hourly: 0.02, currency: "NOK", asOf: "2026-02-01" };
  assertEquals(priceOf(prices, "m", "north"), price);
  assertEquals(priceOf(prices, "m", "south"), priceOf(LIST, "m"));
  for (const location of [undefined, "", "east", "__proto__", "constructor"]) {
    assertStrictEquals(priceOf(prices, "m", location), undefined);
  }
  // One list for all locations.
  assertEquals(priceOf(LIST, "m", "east"), priceOf(LIST, "m"));
});

Deno.test("sizesOf() returns the sizes of a data file with their prices", () => {
  const s = { id: "s", name: "Small", vcpus: 1, extra: { isNew: true } };
  const sizes = {
    source: "https://acme.example/sizes",
    updated: "2026-01-15",
    items: [s, { id: "xl", ramMib: 1024 }],
  };
  assertEquals(sizesOf({ sizes, prices: LIST }), [
    { ...s, price: priceOf(LIST, "s") },
    { id: "xl", name: "xl", ramMib: 1024, price: undefined, extra: {} },
  ]);
  const prices = { locations: { north: LIST } };
  const priced = (location?: string) =>
    sizesOf({ sizes, prices }, location).filter(({ price }) => price);
  assertEquals(priced("north").map(({ id }) => id), ["s"]);
  assertEquals(priced("south"), []);
  assertEquals(priced(), []);
  assertEquals(sizesOf({ prices: LIST }), []);
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
