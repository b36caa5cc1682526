import { assert, assertEquals, assertRejects } from "@std/assert";
import type { ProviderData } from "../../core/compute/mod.ts";
import { getSizePrice, type PricedProviderId } from "../../mod.ts";
import { path } from "../../tools/deno.ts";

/** Id of the provider and data file of every file that has prices. */
const FILES = Array.from(Deno.readDirSync(path("data")), ({ name }) => {
  const data: ProviderData = JSON.parse(
    Deno.readTextFileSync(path(`data/${name}`)),
  );
  const id = name.replace(/(?:_sizes)?\.json$/, "") as PricedProviderId;
  return { id, data };
}).filter(({ data }) => data.prices);

for (const { id, data: { prices } } of FILES) {
  Deno.test(`getSizePrice() returns every price of ${id}, with its day`, async () => {
    const lists = prices && "locations" in prices
      ? Object.entries(prices.locations)
      : [["anywhere", prices!] as const];
    assert(lists.length > 0);
    for (const [location, { currency, updated, sizes }] of lists) {
      for (const [size, price] of Object.entries(sizes)) {
        assertEquals(
          await getSizePrice(id, size, { location }),
          { currency, ...price, asOf: updated },
        );
      }
    }
  });
}

Deno.test("getSizePrice() returns known figures", async () => {
  const usd = (hourly: number, asOf: string) => ({
    currency: "USD",
    hourly,
    asOf,
  });
  const ec2 = (size: string, location: string) =>
    getSizePrice("ec2", size, { location });
  const micro = usd(0.0104, "2026-07-20");
  assertEquals(await ec2("t3.micro", "us-east-1"), micro);
  assertEquals(await ec2("t3.micro", "us-east-1a"), micro);
  assertEquals(await ec2("m4.large", "eu-west-1"), usd(0.111, "2017-11-12"));
  const china = { currency: "CNY", hourly: 0.739, asOf: "2024-11-06" };
  assertEquals(await ec2("c5.large", "cn-north-1"), china);
  assertEquals(await getSizePrice("nephoscale", "5"), usd(0.031, "2013-10-07"));
  assertEquals(
    await getSizePrice("rackspace", { id: "2" }, { location: { id: "LON" } }),
    usd(0.032, "2015-02-27"),
  );
});

Deno.test("getSizePrice() resolves to undefined for an unknown price", async () => {
  const ec2 = (size: string, location: string) =>
    getSizePrice("ec2", size, { location });
  assertEquals(await ec2("t3.micro", "xx-new-1"), undefined);
  // A local zone has other prices than its region.
  assertEquals(await ec2("t3.micro", "us-east-1-bos-1a"), undefined);
  assertEquals(await ec2("t3.micro", "__proto__"), undefined);
  assertEquals(await ec2("z99.new", "us-east-1"), undefined);
  assertEquals(await ec2("constructor", "us-east-1"), undefined);
  assertEquals(await getSizePrice("nephoscale", "27"), undefined);
  const location = "HKG";
  assertEquals(await getSizePrice("rackspace", "2", { location }), undefined);
});

Deno.test("getSizePrice() rejects invalid arguments", async () => {
  const mistakes = [
    [
      () => getSizePrice("linode" as PricedProviderId, "1"),
      /^getSizePrice: provider must be "ec2", .*"rackspace".*, got "linode"$/,
    ],
    [
      () => getSizePrice("__proto__" as PricedProviderId, "1"),
      /^getSizePrice: provider must be .*, got "__proto__"$/,
    ],
    [
      () => getSizePrice("nephoscale", ""),
      /^getSizePrice: size must be a size or its id, got ""$/,
    ],
    [
      () => getSizePrice("ec2", "t3.micro"),
      /^getSizePrice: location must be a location such as ".+", got undefined$/,
    ],
    [
      () => getSizePrice("nephoscale", "5", { location: "" }),
      /^getSizePrice: location must be a location or its id, got ""$/,
    ],
  ] as const;
  for (const [call, message] of mistakes) {
    const { message: actual } = await assertRejects(call, TypeError);
    assert(message.test(actual), actual);
  }
});
