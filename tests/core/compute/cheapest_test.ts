/**
 * `cheapest()` with a driver from elsewhere.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { ConnectionError, Listing } from "../../../core/mod.ts";
import {
  cheapest,
  type CheapestOptions,
  type NodeSize,
  type Price,
  type SizeOffer,
} from "../../../core/compute/mod.ts";
import { Random } from "../../properties/_random.ts";
import { AcmeNodeDriver } from "./_acme_driver.ts";

const ANY = { vcpus: 1, ramMib: 1 };

const NORTH = { id: "north", name: "North", country: "NO", extra: {} };
const SOUTH = { id: "south", name: "South", country: "IT", extra: {} };

function size(id: string, changes: Partial<NodeSize> = {}): NodeSize {
  return { id, name: id, vcpus: 1, ramMib: 1024, extra: {}, ...changes };
}

function usd(monthly: number, changes: Partial<Price> = {}) {
  return { price: { currency: "USD", monthly, ...changes } };
}

function driver(...sizes: readonly NodeSize[]): AcmeNodeDriver {
  return new AcmeNodeDriver({ sizes, locations: [NORTH, SOUTH] });
}

/** Ids of the sizes that fit, with the locations of each offer. */
async function offered(
  sizes: readonly NodeSize[],
  options: Partial<CheapestOptions> = {},
): Promise<string[]> {
  const { offers } = await cheapest([driver(...sizes)], { ...ANY, ...options });
  return offers.map(({ size, locations }) =>
    [size.id, ...locations.map(({ id }) => id)].join(" ")
  );
}

async function ids(
  sizes: readonly NodeSize[],
  options: Partial<CheapestOptions> = {},
): Promise<string[]> {
  return (await offered(sizes, options)).map((it) => it.split(" ")[0]!);
}

Deno.test("cheapest() leaves out sizes that are too small or not available", async () => {
  const sizes = [
    size("a", { ...usd(1), vcpus: 2, ramMib: 2048, diskGb: 20, gpus: 1 }),
    size("b", { ...usd(2), vcpus: 4, ramMib: 1024, diskGb: 40 }),
    size("c", { ...usd(3), isAvailable: false }),
    size("d", { price: usd(4).price, vcpus: undefined, ramMib: undefined }),
  ];
  assertEquals(await ids(sizes), ["a", "b"]);
  assertEquals(await ids(sizes, { vcpus: 3 }), ["b"]);
  assertEquals(await ids(sizes, { ramMib: 1025 }), ["a"]);
  assertEquals(await ids(sizes, { diskGb: 21 }), ["b"]);
  assertEquals(await ids(sizes, { gpus: 1 }), ["a"]);
  assertEquals(await ids(sizes, { gpus: 2 }), []);
});

Deno.test("cheapest() takes an unknown architecture for x86_64", async () => {
  const sizes = [
    size("x", { ...usd(1), architecture: "x86_64" }),
    size("a", { ...usd(2), architecture: "arm64" }),
    size("u", usd(3)),
  ];
  assertEquals(await ids(sizes), ["x", "u"]);
  assertEquals(await ids(sizes, { architecture: "aarch64" }), ["a"]);
  assertEquals(await ids(sizes, { architecture: "any" }), ["x", "a", "u"]);
});

Deno.test("cheapest() makes one offer for the locations with the same price", async () => {
  const price = { currency: "USD", monthly: 2, locationId: "south" };
  const sizes = [
    size("a", { ...usd(3), locationPrices: [price] }),
    size("b", { ...usd(1), locationIds: ["north"] }),
    size("c", usd(4)),
    size("d", { ...usd(5), locationIds: ["south", "new"] }),
    size("e", { ...usd(6), locationIds: [] }),
  ];
  assertEquals(await offered(sizes), [
    "b north",
    "a south",
    "a north",
    "c north south",
    "d south new",
  ]);
  assertEquals(await offered(sizes, { location: "north" }), [
    "b north",
    "a north",
    "c north",
  ]);
  assertEquals(await offered(sizes, { location: SOUTH, country: "NO" }), []);
  assertEquals(await offered(sizes, { country: "IT" }), [
    "a south",
    "c south",
    "d south",
  ]);
  const nowhere = new AcmeNodeDriver({ sizes: [size("a", usd(1))] });
  const { offers } = await cheapest([nowhere], ANY);
  assertEquals(offers.map(({ locations }) => locations), [[]]);
  const there = await cheapest([nowhere], { ...ANY, country: "IT" });
  assertEquals(there.offers, []);
});

Deno.test("cheapest() puts unknown prices last, and never takes them for free", async () => {
  const sizes = [
    size("unknown"),
    size("empty", { price: { currency: "USD" } }),
    size("dear", usd(9)),
    size("free", usd(0)),
  ];
  const { offers } = await cheapest([driver(...sizes)], ANY);
  assertEquals(offers.map(summary), [
    "free 0 USD live",
    "dear 9 USD live",
    "unknown undefined undefined unknown",
    "empty undefined undefined unknown",
  ]);
});

Deno.test("cheapest() says where a price comes from, and how it was counted", async () => {
  const { offers } = await cheapest({
    acme: driver(
      size("a", { price: { currency: "USD", hourly: 0.01 } }),
      size("b", { price: { currency: "USD", hourly: 1, monthly: 8 } }),
      size("c", usd(9, { asOf: "2017-11-12" })),
    ),
  }, ANY);
  assertEquals(offers.map(summary), [
    "a 7.3 USD live",
    "b 8 USD live",
    "c 9 USD data 2017-11-12",
  ]);
  assertEquals(
    offers.map(({ driver, provider }) => [driver, provider]),
    Array(3).fill(["acme", "acme"]),
  );
});

Deno.test("cheapest() converts only currencies whose rates it is given", async () => {
  const price = (currency: string, monthly: number) => ({
    price: { currency, monthly },
  });
  const clouds = driver(
    size("swiss", price("CHF", 1)),
    size("euro", price("EUR", 2)),
    size("dollar", price("USD", 3)),
    size("unknown"),
  );
  const list = async (options: Partial<CheapestOptions>) => {
    const { offers } = await cheapest([clouds], { ...ANY, ...options });
    return offers.map(({ size, monthly, currency }) =>
      [size.id, monthly, currency].join(" ").trim()
    );
  };
  const swiss = "swiss 1 CHF";
  const euro = "euro 2 EUR";
  const dollar = "dollar 3 USD";
  assertEquals(await list({}), [swiss, euro, dollar, "unknown"]);
  assertEquals(await list({ currency: "USD" }), [
    dollar,
    swiss,
    euro,
    "unknown",
  ]);
  assertEquals(await list({ currency: "USD", rates: { EUR: 1.6 } }), [
    dollar,
    "euro 3.2 USD",
    swiss,
    "unknown",
  ]);
  assertEquals(await list({ currency: "EUR", rates: { USD: 0.5, CHF: 3 } }), [
    "dollar 1.5 EUR",
    euro,
    "swiss 3 EUR",
    "unknown",
  ]);
});

Deno.test("cheapest() limits the offers of each currency, and those without a price", async () => {
  const sizes = Array.from({ length: 12 }, (_, index) => [
    size(`usd-${index}`, usd(index)),
    size(`eur-${index}`, { price: { currency: "EUR", monthly: index } }),
    size(`unknown-${index}`, { ramMib: 1024 + index }),
  ]).flat();
  assertEquals((await ids(sizes)).length, 30);
  assertEquals(await ids(sizes, { limit: 1 }), ["eur-0", "usd-0", "unknown-0"]);
  assertEquals((await ids(sizes, { limit: 50 })).length, 36);
});

Deno.test("cheapest() returns the errors of drivers beside the offers of others", async () => {
  class BrokenDriver extends AcmeNodeDriver {
    override listLocations(): Listing<never> {
      return new Listing({
        all: () =>
          Promise.reject(new ConnectionError("lost", { isUnsent: false })),
        pages: () => {
          throw new Error("not needed");
        },
      });
    }
  }
  const { offers, errors } = await cheapest(
    { ok: driver(size("a", usd(1))), broken: new BrokenDriver({}) },
    ANY,
  );
  assertEquals(offers.map(({ driver }) => driver), ["ok"]);
  assertEquals(Object.keys(errors), ["broken"]);
  const { broken } = errors;
  assertEquals(
    [broken?.name, broken?.driver, broken?.provider, broken?.message],
    ["DriverError", "broken", "acme", "cheapest: broken: lost"],
  );
  assert(ConnectionError.is(broken?.cause));
});

Deno.test("cheapest() passes on the options of calls, and rejects if it is aborted", async () => {
  const cloud = driver(size("a", usd(1)));
  const controller = new AbortController();
  const { signal } = controller;
  await cheapest([cloud], { ...ANY, signal, timeoutMs: 1000 });
  const call = { signal, timeoutMs: 1000, headers: undefined };
  const expected = { ...call, retry: undefined };
  assertEquals(cloud.calls, [expected, expected]);
  const reason = new Error("enough");
  class SlowDriver extends AcmeNodeDriver {
    override listSizes(): Listing<never> {
      controller.abort(reason);
      return new Listing({
        all: () => Promise.reject(signal.reason),
        pages: () => {
          throw new Error("not needed");
        },
      });
    }
  }
  await assertRejects(
    () => cheapest([new SlowDriver({})], { ...ANY, signal }),
    Error,
    "enough",
  );
});

Deno.test("cheapest() rejects invalid options before any request", async () => {
  const cloud = driver(size("a", usd(1)));
  const cases: readonly (readonly [options: object, message: string])[] = [
    [{ vcpus: undefined }, "vcpus must be a number that is not negative"],
    [{ ramMib: "4 GB" }, "ramMib must be a number that is not negative"],
    [{ diskGb: -1 }, "diskGb must be a number that is not negative"],
    [{ gpus: NaN }, "gpus must be a number that is not negative"],
    [{ architecture: "" }, "architecture must be a non-empty string"],
    [{ location: 5 }, "location must be a location or its id"],
    [
      { country: "de" },
      'country must be a code of capitals, such as "DE", got "de"',
    ],
    [
      { currency: "$" },
      'currency must be a code of capitals, such as "USD", got "$"',
    ],
    [{ rates: { EUR: 1 } }, "rates need currency, to which they convert"],
    [
      { currency: "USD", rates: { EUR: 0 } },
      "rates.EUR must be a number above 0, got number 0",
    ],
  ];
  for (const [options, message] of cases) {
    await assertRejects(
      () => cheapest([cloud], { ...ANY, ...options }),
      TypeError,
      `cheapest: ${message}`,
    );
  }
  await assertRejects(
    () => cheapest([cloud], { ...ANY, limit: 0 }),
    RangeError,
    "cheapest: limit must be an integer from 1",
  );
  assertEquals(cloud.calls, []);
});

Deno.test("cheapest() rejects what is no driver", async () => {
  for (const drivers of [undefined, "acme", driver()] as never[]) {
    await assertRejects(
      () => cheapest(drivers, ANY),
      TypeError,
      "cheapest: drivers must be an array or an object with drivers",
    );
  }
  await assertRejects(
    () => cheapest({ acme: {} } as never, ANY),
    TypeError,
    "cheapest: drivers.acme must be a driver, got an object",
  );
});

Deno.test("cheapest() finds the same as a search through all prices, on random clouds", async () => {
  for (let seed = 1; seed <= 100; seed++) {
    const random = new Random(seed);
    const randomSize = (_: unknown, index: number): NodeSize =>
      size(`s${index}`, {
        vcpus: random.int(1, 4),
        ramMib: random.int(1, 4) * 1024,
        price: random.chance(0.2) ? undefined : {
          currency: random.pick(["USD", "EUR"]),
          monthly: random.int(0, 9),
        },
      });
    const clouds = Array.from(
      { length: random.int(1, 3) },
      () => Array.from({ length: random.int(0, 9) }, randomSize),
    );
    const wanted = { vcpus: random.int(1, 4), ramMib: 2048 };
    const rates = { EUR: 2 };
    const { offers } = await cheapest(
      clouds.map((sizes) => driver(...sizes)),
      { ...wanted, currency: "USD", rates, limit: 100 },
    );
    const expected = clouds.flat()
      .filter((it) => it.vcpus! >= wanted.vcpus && it.ramMib! >= 2048)
      .map(({ price }) =>
        price && price.monthly! * (price.currency === "EUR" ? 2 : 1)
      )
      .sort((a, b) => (a ?? Infinity) - (b ?? Infinity) || 0);
    assertEquals(offers.map(({ monthly }) => monthly), expected);
  }
});

function summary({ size, monthly, currency, source, asOf }: SizeOffer): string {
  return [size.id, String(monthly), String(currency), source, asOf]
    .filter((it) => it !== undefined).join(" ");
}
