/**
 * Schema of the data files, which `docs/data.md` describes.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { path } from "../tools/deno.ts";
import { problemsIn } from "./_support/data_schema.ts";

const FILES = Array.from(Deno.readDirSync(path("data")), ({ name }) => name)
  .sort();

for (const name of FILES) {
  Deno.test(`data/${name} follows the schema of data files`, () => {
    const text = Deno.readTextFileSync(path(`data/${name}`));
    assertEquals(problemsIn(JSON.parse(text)), []);
    assertEquals(duplicateKeysIn(text), []);
  });
}

const PART = { source: "Acme", updated: "2026-11-29" };
const PRICES = { ...PART, currency: "EUR", sizes: { s1: { hourly: 0.5 } } };

Deno.test("problemsIn() accepts every part of a data file", () => {
  const data = {
    sizes: {
      ...PART,
      source: ["a", "b"],
      items: [{
        id: "s1",
        name: "S1",
        vcpus: 0.5,
        ramMib: 512,
        diskGb: 10,
        architecture: "arm64",
        gpus: 1,
        extra: { isNew: true },
      }, { id: "s2" }],
    },
    prices: { locations: { north: PRICES, south: PRICES } },
    regions: { ...PART, items: [{ id: "n", name: "North", country: "NO" }] },
    images: {
      ...PART,
      list: { isPublic: true },
      fields: { "extra.isPublic": "true" },
      createdAt: "extra.time",
      rules: [
        {
          distribution: "debian",
          fields: { name: "debian-(?<version>\\d+)-(?<architecture>.*)" },
        },
        {
          distribution: "arch",
          version: "1",
          architecture: "arm64",
          list: { name: "arch" },
          fields: { id: "arch" },
        },
      ],
    },
  };
  assertEquals(problemsIn(data), []);
  assertEquals(problemsIn({ prices: PRICES }), []);
});

Deno.test("problemsIn() finds every mistake", () => {
  const sizes = (...items: unknown[]) => ({ sizes: { ...PART, items } });
  const price = (price: unknown) => ({
    prices: { ...PRICES, sizes: { s1: price } },
  });
  const region = (changes: object) => ({
    regions: {
      ...PART,
      items: [{ id: "n", name: "North", country: "NO", ...changes }],
    },
  });
  const rule = (changes: object) => ({
    images: {
      ...PART,
      rules: [{ distribution: "debian", fields: { id: "d" }, ...changes }],
    },
  });
  const mistakes: readonly (readonly [data: unknown, problem: string])[] = [
    [[], "the file is not an object"],
    [{}, "the file has no part"],
    [{ updated: "2026-11-29" }, "the file: unknown key updated"],
    [{ sizes: null }, "sizes is not an object"],
    [{ prices: { ...PRICES, source: "" } }, "prices.source names no source"],
    [{ prices: { ...PRICES, source: [] } }, "prices.source names no source"],
    [
      { prices: { ...PRICES, source: ["a", 1] } },
      "prices.source names no source",
    ],
    [{ prices: { ...PRICES, updated: undefined } }, "prices.updated is no day"],
    [
      { prices: { ...PRICES, updated: "29.11.2026" } },
      "prices.updated is no day",
    ],
    [
      { prices: { ...PRICES, updated: "2026-02-30" } },
      "prices.updated is no day",
    ],
    [
      { prices: { ...PRICES, updated: "2999-01-01" } },
      "prices.updated is in the future",
    ],
    [
      { prices: { ...PRICES, currency: "$" } },
      "prices.currency is no ISO 4217 code",
    ],
    [
      { prices: { ...PRICES, currency: "XYZ" } },
      "prices.currency is no ISO 4217 code",
    ],
    [{ prices: { ...PRICES, sizes: {} } }, "prices.sizes is empty"],
    [{ prices: { ...PRICES, asOf: "x" } }, "prices: unknown key asOf"],
    [{ prices: { locations: {} } }, "prices.locations is empty"],
    [
      { prices: { locations: { n: PRICES }, source: "a" } },
      "prices: unknown key source",
    ],
    [
      { prices: { locations: { n: { ...PRICES, currency: "" } } } },
      "prices.locations.n.currency is no ISO 4217 code",
    ],
    [price({}), "prices.sizes.s1 has no price"],
    [price({ hourly: 0 }), "prices.sizes.s1.hourly is not a number above 0"],
    [price({ hourly: -1 }), "prices.sizes.s1.hourly is not a number above 0"],
    [
      price({ monthly: "5" }),
      "prices.sizes.s1.monthly is not a number above 0",
    ],
    [
      price({ monthly: null }),
      "prices.sizes.s1.monthly is not a number above 0",
    ],
    [price({ hourly: 1, yearly: 1 }), "prices.sizes.s1: unknown key yearly"],
    [price(1), "prices.sizes.s1 is not an object"],
    [sizes(), "sizes.items is empty"],
    [sizes({ id: "" }), "sizes.items[0].id is not a string"],
    [sizes({ id: 1 }), "sizes.items[0].id is not a string"],
    [
      sizes({ id: "a" }, { id: "b" }, { id: "a" }),
      "sizes.items: several have the id a",
    ],
    [sizes({ id: "a", name: "" }), "sizes.items[0].name is not a string"],
    [
      sizes({ id: "a", vcpus: 0 }),
      "sizes.items[0].vcpus is not a number above 0",
    ],
    [
      sizes({ id: "a", ramMib: 0.5 }),
      "sizes.items[0].ramMib is not an integer",
    ],
    [
      sizes({ id: "a", gpus: 0 }),
      "sizes.items[0].gpus is not a number above 0",
    ],
    [
      sizes({ id: "a", architecture: "amd64" }),
      "sizes.items[0].architecture is unknown",
    ],
    [sizes({ id: "a", extra: [] }), "sizes.items[0].extra is not an object"],
    [sizes({ id: "a", ram: 1 }), "sizes.items[0]: unknown key ram"],
    [{ sizes: { ...PART, items: {} } }, "sizes.items is not an array"],
    [
      region({ country: "UK" }),
      "regions.items[0].country is no ISO 3166-1 code",
    ],
    [
      region({ country: "no" }),
      "regions.items[0].country is no ISO 3166-1 code",
    ],
    [region({ zone: "a" }), "regions.items[0]: unknown key zone"],
    [region({ name: undefined }), "regions.items[0].name is not a string"],
    [{ images: { ...PART, rules: [] } }, "images.rules is empty"],
    [
      rule({ distribution: "Rocky Linux" }),
      "images.rules[0].distribution is not lower-case letters",
    ],
    [rule({ fields: {} }), "images.rules[0].fields is empty"],
    [rule({ fields: { id: "(" } }), "images.rules[0].fields.id is no pattern"],
    [
      rule({ fields: { id: "(?<vresion>.*)" } }),
      "images.rules[0].fields.id is no pattern",
    ],
    [rule({ field: {} }), "images.rules[0]: unknown key field"],
    [{ clouds: { ...PART, items: {} } }, "clouds.items is empty"],
  ];
  for (const [data, problem] of mistakes) {
    assertEquals(problemsIn(data), [problem]);
  }
});

Deno.test("duplicateKeysIn() finds a key that one object has twice", () => {
  assertEquals(duplicateKeysIn('{"a": {"b": 1, "c": ["b"]}, "b": "b"}'), []);
  assertEquals(duplicateKeysIn('{"a": {"b": 1, "c": {}, "b": 2}}'), ["b"]);
});

/**
 * The keys that one object has more than once. `JSON.parse()` ignores all but
 * the last one.
 */
function duplicateKeysIn(json: string): string[] {
  const duplicates: string[] = [];
  const open: Set<string>[] = [];
  for (
    const [token, key] of json.matchAll(
      /"((?:\\.|[^"\\])*)"\s*:|"(?:\\.|[^"\\])*"|[{}]/g,
    )
  ) {
    if (token === "{") open.push(new Set());
    else if (token === "}") open.pop();
    else if (key !== undefined) {
      const keys = open.at(-1);
      if (keys?.has(key)) duplicates.push(key);
      keys?.add(key);
    }
  }
  return duplicates;
}
