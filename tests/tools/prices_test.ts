import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import type { ProviderData } from "../../core/compute/mod.ts";
import { path, runDeno } from "../../tools/deno.ts";
import { showPrices, updatePrices } from "../../tools/prices.ts";
import { readOffers } from "../../tools/prices/aws_offers.ts";
import { formatData } from "../../tools/prices/format.ts";
import { problemsIn } from "../_support/data_schema.ts";
import { serve } from "../_support/serve.ts";

// Offer files in the form of AWS

const ATTRIBUTES = {
  servicecode: "AmazonEC2",
  location: "US East (N. Virginia)",
  locationType: "AWS Region",
  instanceType: "t3.micro",
  currentGeneration: "Yes",
  vcpu: "2",
  physicalProcessor: "Intel Skylake E5 2686 v5",
  memory: "1 GiB",
  storage: "EBS only",
  tenancy: "Shared",
  operatingSystem: "Linux",
  licenseModel: "No License required",
  usagetype: "BoxUsage:t3.micro",
  operation: "RunInstances",
  capacitystatus: "Used",
  marketoption: "OnDemand",
  preInstalledSw: "NA",
  regionCode: "us-east-1",
};

/** A product and its price. */
interface Offer {
  readonly price: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly family?: string;
  readonly currency?: string;
  readonly unit?: string;
}

/** An offer of a size. */
function size(
  instanceType: string,
  price: string,
  attributes: Readonly<Record<string, string>> = {},
): Offer {
  return { price, attributes: { instanceType, ...attributes } };
}

/** Writes JSON as AWS does, with a space in front of colons. */
function toText(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(/^( *"[^"]*"):/gm, "$1 :");
}

function offerFile(offers: readonly Offer[], day = "2026-11-20"): string {
  const skus = offers.map((offer, index) => [`SKU${index}`, offer] as const);
  const products = skus.map((
    [sku, { family = "Compute Instance", attributes }],
  ) => [sku, {
    sku,
    productFamily: family,
    attributes: { ...ATTRIBUTES, ...attributes },
  }]);
  const onDemand = skus.map((
    [sku, { price, currency = "USD", unit = "Hrs" }],
  ) => [sku, {
    [`${sku}.JRTCKXETXF`]: {
      offerTermCode: "JRTCKXETXF",
      sku,
      effectiveDate: `${day}T00:00:00Z`,
      priceDimensions: {
        [`${sku}.JRTCKXETXF.6YS6EN2CT7`]: {
          rateCode: `${sku}.JRTCKXETXF.6YS6EN2CT7`,
          description: `$${price} per On Demand Linux Instance Hour`,
          beginRange: "0",
          endRange: "Inf",
          unit,
          pricePerUnit: { [currency]: price },
          appliesTo: [],
        },
      },
      termAttributes: {},
    },
  }]);
  // Terms of reserved capacity also have prices per hour.
  const reserved = skus.map(([sku]) => [sku, {
    [`${sku}.4NA7Y494T4`]: {
      priceDimensions: { x: { unit: "Hrs", pricePerUnit: { USD: "0.001" } } },
    },
  }]);
  return toText({
    formatVersion: "v1.0",
    disclaimer: "This pricing list is for informational purposes only.",
    offerCode: "AmazonEC2",
    version: "20261120000000",
    publicationDate: `${day}T12:34:56Z`,
    products: Object.fromEntries(products),
    terms: {
      OnDemand: Object.fromEntries(onDemand),
      Reserved: Object.fromEntries(reserved),
    },
    attributesList: {},
  });
}

const CURRENT = "/offers/v1.0/aws/AmazonEC2/current";

/** Serves the offer files of regions, or other responses by path. */
function serveOffers(
  regions: Readonly<Record<string, string>>,
  others: Readonly<Record<string, () => Response>> = {},
) {
  const requests: string[] = [];
  const files: Record<string, string> = {
    "/offers/v1.0/aws/index.json": toText({
      formatVersion: "v1.0",
      offers: {
        AmazonEC2: {
          offerCode: "AmazonEC2",
          currentRegionIndexUrl: `${CURRENT}/region_index.json`,
        },
      },
    }),
    [`${CURRENT}/region_index.json`]: toText({
      formatVersion: "v1.0",
      regions: Object.fromEntries(
        Object.keys(regions).map((regionCode) => [regionCode, {
          regionCode,
          currentVersionUrl:
            `/offers/v1.0/aws/AmazonEC2/2026/${regionCode}.json`,
        }]),
      ),
    }),
  };
  for (const [region, text] of Object.entries(regions)) {
    files[`/offers/v1.0/aws/AmazonEC2/2026/${region}.json`] = text;
  }
  const server = serve((request) => {
    const { pathname } = new URL(request.url);
    requests.push(pathname);
    const other = others[pathname];
    if (other) return other();
    const text = files[pathname];
    if (text === undefined) {
      return new Response("no such file", { status: 404 });
    }
    return new Response(text, {
      headers: { "content-type": "application/json" },
    });
  });
  return Object.assign(server, { requests });
}

const EAST = "/offers/v1.0/aws/AmazonEC2/2026/us-east-1.json";

// Data files

const PART = { source: "Acme", updated: "2026-01-01" };

/** A folder with small data files of EC2. */
async function dataFolder() {
  const folder = await Deno.makeTempDir({ prefix: "nephos-prices-" });
  const regions = ["eu-west-1", "us-east-1", "us-west-1"]
    .map((id) => ({ id, name: id, country: "US" }));
  await Deno.writeTextFile(
    `${folder}/ec2.json`,
    JSON.stringify({ regions: { ...PART, items: regions } }),
  );
  const data: ProviderData = {
    sizes: {
      ...PART,
      items: [
        { id: "c1.old", vcpus: 1, ramMib: 512, extra: {} },
        { id: "t3.micro", vcpus: 2, ramMib: 1024, extra: { ebsMbps: 100 } },
      ],
    },
    prices: {
      locations: {
        "us-east-1": {
          ...PART,
          currency: "USD",
          sizes: { "c1.old": { hourly: 0.1 }, "t3.micro": { hourly: 0.0104 } },
        },
        "us-west-1": {
          ...PART,
          currency: "USD",
          sizes: { "t3.micro": { hourly: 0.0124 } },
        },
      },
    },
  };
  const file = `${folder}/ec2_sizes.json`;
  await Deno.writeTextFile(file, formatData(data));
  return {
    folder,
    read: async (): Promise<ProviderData> =>
      JSON.parse(await Deno.readTextFile(file)),
    text: () => Deno.readTextFile(file),
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

// Updates

Deno.test("updatePrices() writes the prices of every region, and says what changed", async () => {
  await using data = await dataFolder();
  await using server = serveOffers({
    "us-east-1": offerFile([
      size("t3.micro", "0.0110000000"),
      size("m9g.large", "0.2000000000", {
        vcpu: "4",
        memory: "1,952 GiB",
        storage: "2 x 1900 NVMe SSD",
        physicalProcessor: "AWS Graviton9 Processor",
        gpu: "8",
      }),
    ]),
    "eu-west-1": offerFile([size("t3.micro", "0.0120000000")], "2026-11-19"),
  });
  const { folder } = data;
  const lines = await updatePrices({ folder, from: server.url });
  assertEquals(lines, [
    "us-west-1: AWS has no offer file",
    "eu-west-1 (2026-11-19): 1 added, 0 removed, 0 changed",
    "  added    t3.micro 0.012 USD/h",
    "us-east-1 (2026-01-01 → 2026-11-20): 1 added, 1 removed, 1 changed",
    "  added    m9g.large 0.2 USD/h",
    "  removed  c1.old 0.1 USD/h",
    "  changed  t3.micro 0.0104 USD/h → 0.011 USD/h",
    `wrote ${folder}/ec2_sizes.json`,
  ]);
  const written = await data.read();
  assertEquals(problemsIn(written), []);
  const source = (region: string) =>
    `AWS offer file of ${region}: on demand, Linux, shared tenancy`;
  assertEquals(written, {
    sizes: {
      source: [
        "Acme",
        "AWS offer files, if extra.asOf is after `updated`",
      ],
      updated: "2026-01-01",
      items: [
        // It has no price any more, but nodes may still have this size.
        { id: "c1.old", vcpus: 1, ramMib: 512, extra: {} },
        {
          id: "m9g.large",
          vcpus: 4,
          ramMib: 1_998_848,
          diskGb: 3800,
          architecture: "arm64",
          gpus: 8,
          extra: { asOf: "2026-11-20" },
        },
        { id: "t3.micro", vcpus: 2, ramMib: 1024, extra: { ebsMbps: 100 } },
      ],
    },
    prices: {
      locations: {
        "eu-west-1": {
          source: source("eu-west-1"),
          updated: "2026-11-19",
          currency: "USD",
          sizes: { "t3.micro": { hourly: 0.012 } },
        },
        "us-east-1": {
          source: source("us-east-1"),
          updated: "2026-11-20",
          currency: "USD",
          sizes: {
            "m9g.large": { hourly: 0.2 },
            "t3.micro": { hourly: 0.011 },
          },
        },
        "us-west-1": {
          ...PART,
          currency: "USD",
          sizes: { "t3.micro": { hourly: 0.0124 } },
        },
      },
    },
  });
});

Deno.test("updatePrices() writes the same file for the same offers", async () => {
  await using data = await dataFolder();
  const { folder } = data;
  const offers = [size("t3.micro", "0.011"), size("a9.large", "0.5")];
  await using server = serveOffers({ "us-east-1": offerFile(offers) });
  await updatePrices({ folder, from: server.url });
  const text = await data.text();
  await using reversed = serveOffers({
    "us-east-1": offerFile(offers.toReversed()),
  });
  const lines = await updatePrices({ folder, from: reversed.url });
  assertEquals(lines.slice(-2), [
    "us-east-1 (still 2026-11-20): 0 added, 0 removed, 0 changed",
    "no change",
  ]);
  assertEquals(await data.text(), text);
});

Deno.test("updatePrices() loads only the regions in locations", async () => {
  await using data = await dataFolder();
  const { folder } = data;
  const offers = offerFile([size("t3.micro", "0.011")]);
  await using server = serveOffers({
    "us-east-1": offers,
    "eu-west-1": offers,
  });
  const from = server.url;
  await updatePrices({ folder, from, locations: ["us-east-1"] });
  assertEquals(server.requests, [
    "/offers/v1.0/aws/index.json",
    `${CURRENT}/region_index.json`,
    EAST,
  ]);
  const { message } = await assertRejects(
    () => updatePrices({ folder, from, locations: ["us-east-9"] }),
    TypeError,
  );
  assertEquals(message, "AWS has no offer file of us-east-9");
});

Deno.test("updatePrices() does not change the data if a file cannot be loaded", async () => {
  const complete = offerFile([size("t3.micro", "0.011")]);
  const refuse = () => new Response("<Error/>", { status: 403 });
  const json = (text: string) => () => new Response(text);
  /** A body whose connection is lost in the middle. */
  const cutOff = () =>
    new Response(
      new ReadableStream({
        start(controller) {
          const text = complete.slice(0, complete.indexOf("OnDemand"));
          controller.enqueue(new TextEncoder().encode(text));
        },
        pull: () => Promise.reject(new Error("cut off by this test")),
      }),
    );
  const failures: readonly (readonly [
    path: string,
    response: () => Response,
    message: RegExp,
  ])[] = [
    [
      "/offers/v1.0/aws/index.json",
      refuse,
      /^http:\/\/127\.0\.0\.1:\d+\/offers\/v1\.0\/aws\/index\.json: HTTP 403$/,
    ],
    [
      "/offers/v1.0/aws/index.json",
      json("<html>"),
      /index\.json: response is not valid JSON$/,
    ],
    [
      "/offers/v1.0/aws/index.json",
      json("{}"),
      /^http:\/\/127\.0\.0\.1:\d+: index has no path of AmazonEC2$/,
    ],
    [
      `${CURRENT}/region_index.json`,
      json(toText({
        regions: {
          "us-east-1": { currentVersionUrl: "https://evil.example/" },
        },
      })),
      /: index has no path of AmazonEC2$/,
    ],
    [EAST, refuse, /us-east-1\.json: HTTP 403$/],
    [EAST, cutOff, /^us-east-1: offer file is unreadable: .+/],
    // A connection that ends without an error.
    [
      EAST,
      json(complete.slice(0, complete.indexOf("Reserved"))),
      /^us-east-1: offer file is incomplete$/,
    ],
    [EAST, json(""), /^us-east-1: offer file is incomplete$/],
    [EAST, json("<html>"), /^us-east-1: offer file is unreadable: .+/],
    [
      EAST,
      json(complete.replace('"products" :', '"products"')),
      /^us-east-1: offer file is unreadable: .+/,
    ],
    [EAST, json("{}"), /^us-east-1: offer file has no date$/],
    [EAST, json(offerFile([])), /^us-east-1: offer file has no prices$/],
    [
      EAST,
      json(offerFile([
        size("a", "1"),
        { ...size("b", "1"), currency: "CNY" },
      ])),
      /^us-east-1: offer file has prices in several currencies$/,
    ],
  ];
  for (const [path, response, message] of failures) {
    await using data = await dataFolder();
    const { folder } = data;
    const before = await data.text();
    // The region before it is complete.
    const regions = { "eu-west-1": complete, "us-east-1": complete };
    await using server = serveOffers(regions, { [path]: response });
    const error = await assertRejects(
      () => updatePrices({ folder, from: server.url }),
      Error,
    );
    assertMatch(error.message, message);
    assertEquals(await data.text(), before);
    const files = Array.from(Deno.readDirSync(folder), ({ name }) => name);
    assertEquals(files.sort(), ["ec2.json", "ec2_sizes.json"]);
  }
});

// Offer files

function toStream(text: string, size = 1000): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  let offset = 0;
  return new ReadableStream({
    pull(controller) {
      if (offset >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(offset, offset += size));
    },
  });
}

Deno.test("readOffers() keeps only prices on demand for Linux and shared tenancy", async () => {
  const dedicated = { tenancy: "Dedicated" };
  const others: Offer[] = [
    size("a.large", "9", { operatingSystem: "Windows" }),
    size("a.large", "9", dedicated),
    size("a.large", "9", { preInstalledSw: "SQL Std" }),
    size("a.large", "9", { capacitystatus: "UnusedCapacityReservation" }),
    size("a.large", "9", { marketoption: "CapacityBlock" }),
    size("a.large", "9", { licenseModel: "Bring your own license" }),
    size("a.large", "9", { locationType: "AWS Local Zone" }),
    { ...size("a.large", "9"), family: "Dedicated Host" },
    { ...size("a.large", "9"), unit: "Quantity" },
    size("a.large", "0.0000000000"),
  ];
  const wanted = [
    size("a.large", "0.1"),
    { ...size("a.metal", "1"), family: "Compute Instance (bare metal)" },
  ];
  const offers = await readOffers(
    "us-east-1",
    toStream(offerFile([...others, ...wanted, ...others])),
  );
  assertEquals([...offers.hourly], [["a.large", 0.1], ["a.metal", 1]]);
  assertEquals([offers.currency, offers.updated], ["USD", "2026-11-20"]);
});

Deno.test("readOffers() does not guess which of two prices is right", async () => {
  const text = offerFile([
    size("twice", "1"),
    size("unclear", "1"),
    size("unclear", "2"),
    size("unclear", "1"),
    size("twice", "1.0000"),
  ]);
  const { hourly, unclear } = await readOffers("us-east-1", toStream(text));
  assertEquals([...hourly], [["twice", 1]]);
  assertEquals(unclear, ["unclear"]);
});

Deno.test("readOffers() reads prices that precede the products", async () => {
  const { products, terms, ...rest } = JSON.parse(
    offerFile([size("a.large", "0.1")]),
  );
  const text = JSON.stringify({ terms, products, ...rest });
  const { hourly } = await readOffers("us-east-1", toStream(text));
  assertEquals([...hourly], [["a.large", 0.1]]);
});

Deno.test("readOffers() reads in parts, and stops after the prices on demand", async () => {
  const offers = Array.from({ length: 500 }, (_, n) => size(`t${n}`, "0.1"));
  const bytes = new TextEncoder().encode(offerFile(offers));
  const reserved = new TextDecoder().decode(bytes).indexOf('"Reserved"');
  const PART_BYTES = 4096;
  let sent = 0;
  let isCancelled = false;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(bytes.slice(sent, sent += PART_BYTES));
    },
    cancel() {
      isCancelled = true;
    },
  }, { highWaterMark: 0 });
  const { hourly } = await readOffers("us-east-1", body);
  assertEquals(hourly.size, 500);
  assert(isCancelled);
  assert(bytes.length - reserved > 10 * PART_BYTES);
  assert(sent - reserved < 2 * PART_BYTES, `${sent} of ${bytes.length}`);
});

// Files and tables

Deno.test("formatData() gives the text of data/ec2_sizes.json", async () => {
  const text = await Deno.readTextFile(path("data/ec2_sizes.json"));
  assertEquals(formatData(JSON.parse(text)) === text, true);
});

Deno.test("showPrices() shows sizes and prices with their days and sources", async () => {
  await using data = await dataFolder();
  const { folder } = data;
  assertEquals(
    await showPrices("ec2", { folder }),
    `location   size      vcpus  RAM MiB  hourly  monthly  currency  day
us-east-1  c1.old        1      512     0.1       73  USD       2026-01-01
us-east-1  t3.micro      2     1024  0.0104     7.59  USD       2026-01-01
us-west-1  t3.micro      2     1024  0.0124     9.05  USD       2026-01-01

source: Acme`,
  );
  const west = await showPrices("ec2", { folder, locations: ["us-west-1"] });
  assertEquals(west.match(/^us-\w+-1/gm), ["us-west-1"]);
  assertStringIncludes(west, "\nsizes without a price: c1.old");
});

Deno.test("showPrices() shows every provider with prices", async () => {
  for (const provider of ["ec2", "nephoscale", "rackspace", "softlayer"]) {
    const text = await showPrices(provider);
    assertMatch(text, /\d {2}USD {7}20\d\d-\d\d-\d\d$/m);
    assertMatch(text, /^source: /m);
  }
});

Deno.test("showPrices() names the known providers and locations", async () => {
  const provider = await assertRejects(() => showPrices("linode"), TypeError);
  assertEquals(
    provider.message.replace(/of ec2, .*/, "of …"),
    'no prices of "linode"; there are prices of …',
  );
  const locations = ["HKG"];
  const location = await assertRejects(
    () => showPrices("rackspace", { locations }),
    TypeError,
  );
  assertEquals(
    location.message,
    'no prices of "HKG"; there are prices of DFW, IAD, LON, ORD, SYD',
  );
});

Deno.test("deno task prices shows and updates prices, and explains its usage", async () => {
  await using data = await dataFolder();
  await using server = serveOffers({
    "us-east-1": offerFile([size("t3.micro", "0.011")]),
  });
  const prices = (...args: readonly string[]) =>
    runDeno(["run", "-A", path("tools/prices.ts"), ...args], {
      cwd: path("."),
      capture: true,
      env: { NO_COLOR: "1" },
    });
  const common = ["--data", data.folder, "--location", "us-east-1"];
  const update = ["--update", "--from", server.url];
  const updated = await prices(...update, ...common);
  assertEquals(updated.code, 0, updated.output);
  assertStringIncludes(
    updated.output,
    "changed  t3.micro 0.0104 USD/h → 0.011 USD/h",
  );
  const shown = await prices("--provider", "ec2", ...common);
  assertStringIncludes(shown.output, "0.011     8.03  USD       2026-11-20");
  const wrong = await prices("--provider", "linode");
  assertEquals(wrong.code, 1);
  assertStringIncludes(wrong.output, 'prices: no prices of "linode"');
  for (const args of [[], ["--update", "--provider", "rackspace"], ["--x"]]) {
    const { code, output } = await prices(...args);
    assertEquals(code, 2);
    assertStringIncludes(output, "usage: deno task prices");
  }
});
