/**
 * Current prices of EC2, from the price API of AWS.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  ConnectionError,
  InvalidCredsError,
  MalformedResponseError,
  PermissionDeniedError,
  RateLimitReachedError,
  ServiceUnavailableError,
  TimeoutError,
} from "../../../core/mod.ts";
import type { Ec2Options } from "../../../drivers/aws/ec2.ts";
import { faults, withFaults } from "../../../testing/faults.ts";
import { Ec2Simulator } from "../../../simulators/aws/ec2.ts";
import { path } from "../../../tools/deno.ts";
import { serve } from "../../_support/serve.ts";
import { done, ec2, errorOf, noRequest, simulated } from "./_ec2.ts";

const LIVE = { live: true } as const;

/** A product of the price API. */
function product(
  instanceType: string,
  hourly: string,
  { currency = "USD", unit = "Hrs" } = {},
): string {
  const priceDimensions = {
    "S.T.D": { unit, pricePerUnit: { [currency]: hourly } },
  };
  return JSON.stringify({
    product: { sku: "S", attributes: { instanceType } },
    serviceCode: "AmazonEC2",
    terms: {
      OnDemand: { "S.T": { priceDimensions } },
      Reserved: { "S.R": { priceDimensions } },
    },
  });
}

/** Responds to the requests for prices in turn, and lists these types. */
function answering(
  types: readonly string[],
  ...pages: readonly (object | (() => Response))[]
) {
  const requests: Request[] = [];
  const items = types
    .map((type) => `<item><instanceType>${type}</instanceType></item>`);
  const { text } = done(
    "DescribeInstanceTypes",
    `<instanceTypeSet>${items.join("")}</instanceTypeSet>`,
  );
  const fetch: Ec2Options["fetch"] = (request) => {
    if (!request.headers.has("x-amz-target")) {
      return Promise.resolve(new Response(text));
    }
    const page = pages[requests.length] ?? {};
    requests.push(request);
    return Promise.resolve(
      typeof page === "function" ? page() : Response.json(page),
    );
  };
  return { fetch, requests };
}

/** A refusal of the price API. */
function refusal(code: string, status = 400) {
  return () =>
    Response.json({ __type: `com.amazonaws#${code}`, Message: "No." }, {
      status,
      headers: { "x-amzn-requestid": "req-9" },
    });
}

Deno.test("Ec2NodeDriver.listSizes() requests the current prices with live", async () => {
  const { fetch, requests } = answering(["t3.micro", "z9.new", "a1.none"], {
    FormatVersion: "aws_v1",
    PriceList: [
      product("t3.micro", "0.0123000000"),
      product("z9.new", "7.0000000000", { currency: "CNY" }),
    ],
  });
  const sizes = await ec2(fetch, { region: "eu-west-1" }).listSizes(LIVE);
  // Current prices have no day. A price that AWS does not tell is unknown.
  assertEquals(sizes.map(({ id, price }) => [id, price]), [
    ["t3.micro", { currency: "USD", hourly: 0.0123 }],
    ["z9.new", { currency: "CNY", hourly: 7 }],
    ["a1.none", undefined],
  ]);
  const [request] = requests;
  assert(request && requests.length === 1);
  assertEquals(request.method, "POST");
  assertEquals(
    request.url,
    "https://api.pricing.eu-central-1.amazonaws.com/",
  );
  assertEquals(
    request.headers.get("x-amz-target"),
    "AWSPriceListService.GetProducts",
  );
  assertEquals(
    request.headers.get("content-type"),
    "application/x-amz-json-1.1",
  );
  assertMatch(
    request.headers.get("authorization") ?? "",
    /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-central-1\/pricing\/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, /,
  );
  const filter = (Field: string, Value: string) => ({
    Type: "TERM_MATCH",
    Field,
    Value,
  });
  assertEquals(await request.json(), {
    ServiceCode: "AmazonEC2",
    FormatVersion: "aws_v1",
    MaxResults: 100,
    Filters: [
      filter("regionCode", "eu-west-1"),
      filter("capacitystatus", "Used"),
      filter("licenseModel", "No License required"),
      filter("locationType", "AWS Region"),
      filter("marketoption", "OnDemand"),
      filter("operatingSystem", "Linux"),
      filter("preInstalledSw", "NA"),
      filter("tenancy", "Shared"),
    ],
  });
});

Deno.test("Ec2NodeDriver.listSizes() uses the nearest endpoint of the price API", async () => {
  const endpoints = [
    ["us-west-2", "api.pricing.us-east-1.amazonaws.com"],
    ["ca-central-1", "api.pricing.us-east-1.amazonaws.com"],
    ["eu-central-1", "api.pricing.eu-central-1.amazonaws.com"],
    ["me-south-1", "api.pricing.eu-central-1.amazonaws.com"],
    ["ap-southeast-2", "api.pricing.ap-south-1.amazonaws.com"],
    ["cn-north-1", "api.pricing.cn-northwest-1.amazonaws.com.cn"],
    ["eusc-de-east-1", "api.pricing.eusc-de-east-1.amazonaws.eu"],
  ] as const;
  for (const [region, host] of endpoints) {
    const { fetch, requests } = answering([], { PriceList: [] });
    await ec2(fetch, { region }).listSizes(LIVE);
    assertEquals(requests.map(({ url }) => new URL(url).host), [host]);
  }
});

Deno.test("Ec2NodeDriver.listSizes() uses bundled prices where there is no price API, or on request", async () => {
  const { fetch, requests } = answering(["t3.micro"]);
  const gov = ec2(fetch, { region: "us-gov-west-1" });
  const east = ec2(fetch);
  const [inGov] = await gov.listSizes(LIVE);
  const [inEast] = await east.listSizes({ ...LIVE, prices: "bundled" });
  assertEquals(inGov?.price?.asOf, "2026-07-20");
  assertEquals(inEast?.price?.asOf, "2026-07-20");
  assertEquals(requests.length, 0);
});

Deno.test("Ec2NodeDriver.listSizes() sends requests for prices to pricingUrl, or to baseUrl", async () => {
  const hostOf = async (options: Partial<Ec2Options>) => {
    const { fetch, requests } = answering([], { PriceList: [] });
    await ec2(fetch, options).listSizes(LIVE);
    return requests[0] && new URL(requests[0].url).host;
  };
  const baseUrl = "https://vpce-1.ec2.us-east-1.vpce.amazonaws.com";
  const pricingUrl = "https://prices.example";
  assertEquals(
    await hostOf({ baseUrl }),
    "vpce-1.ec2.us-east-1.vpce.amazonaws.com",
  );
  assertEquals(await hostOf({ baseUrl, pricingUrl }), "prices.example");
  assertEquals(await hostOf({ pricingUrl }), "prices.example");
});

Deno.test("Ec2NodeDriver rejects an invalid pricingUrl", () => {
  for (const pricingUrl of ["prices.example", "https://me@prices.example"]) {
    const { message } = assertThrows(
      () => ec2(noRequest, { pricingUrl }),
      TypeError,
    );
    assertEquals(
      message,
      "Ec2NetworkDriver: pricingUrl must be an https:// URL without credentials, " +
        "query or fragment",
    );
  }
  const pricingUrl = "http://prices.example";
  assertThrows(
    () => ec2(noRequest, { pricingUrl }),
    TypeError,
    "pricingUrl must start with https:// (or set allowInsecure)",
  );
  ec2(noRequest, { pricingUrl, allowInsecure: true });
});

Deno.test("Ec2NodeDriver.listSizes() rejects an unknown source of prices, and live prices of bundled sizes", () => {
  const cloud = ec2(noRequest);
  const messageOf = (options: object) => {
    try {
      cloud.listSizes(options);
    } catch (error) {
      assert(error instanceof TypeError);
      return error.message;
    }
  };
  assertEquals(
    messageOf({ prices: "new" }),
    'listSizes: prices must be "live" or "bundled", got "new"',
  );
  assertEquals(
    messageOf({ prices: "live" }),
    "listSizes: Amazon EC2 does not support prices; set live: true",
  );
  assertEquals(messageOf({ prices: "bundled" }), undefined);
});

Deno.test("Ec2NodeDriver.listSizes() reads all pages of prices once for a list", async () => {
  const { fetch, requests } = answering(
    ["a", "b", "c"],
    { PriceList: [product("a", "1"), product("b", "2")], NextToken: "p2" },
    { PriceList: [], NextToken: "p3" },
    { PriceList: [product("c", "3")], NextToken: "" },
  );
  const sizes = await ec2(fetch).listSizes(LIVE);
  assertEquals(sizes.map(({ price }) => price?.hourly), [1, 2, 3]);
  const tokens = requests.map(async (request) =>
    (await request.json()).NextToken
  );
  assertEquals(await Promise.all(tokens), [undefined, "p2", "p3"]);
});

Deno.test("Ec2NodeDriver.listSizes() rejects prices whose pages repeat", async () => {
  const page = { PriceList: [], NextToken: "again" };
  const { fetch, requests } = answering(["a"], page, page, page);
  const error = await assertRejects(
    () => ec2(fetch).listSizes(LIVE).then(),
    MalformedResponseError,
  );
  assertEquals(
    error.message,
    "listSizes: the response repeats a page of prices",
  );
  assertEquals(requests.length, 2);
});

Deno.test("Ec2NodeDriver.listSizes() treats a price of 0, or several prices, as unknown", async () => {
  const { fetch } = answering(["free", "twice", "same", "other"], {
    PriceList: [
      product("free", "0.0000000000"),
      product("twice", "1"),
      product("twice", "2"),
      product("twice", "1"),
      product("same", "3"),
      product("same", "3.0000000000"),
      product("other", "4", { unit: "Quantity" }),
    ],
  });
  const sizes = await ec2(fetch).listSizes(LIVE);
  assertEquals(
    sizes.map(({ id, price }) => [id, price?.hourly]),
    [
      ["free", undefined],
      ["twice", undefined],
      ["same", 3],
      ["other", undefined],
    ],
  );
});

Deno.test("Ec2NodeDriver.listSizes() converts failures of the price API", async () => {
  const failures = [
    [
      refusal("AccessDeniedException"),
      PermissionDeniedError,
      'listSizes: AWS Price List refused: "No." (400, code AccessDeniedException, request id req-9)',
    ],
    [
      refusal("UnrecognizedClientException"),
      InvalidCredsError,
      'listSizes: AWS Price List refused: "No." (400, code UnrecognizedClientException, request id req-9)',
    ],
    [
      refusal("ThrottlingException"),
      RateLimitReachedError,
      'listSizes: AWS Price List refused: "No." (400, code ThrottlingException, request id req-9)',
    ],
    [
      refusal("InternalErrorException", 500),
      ServiceUnavailableError,
      'listSizes: AWS Price List failed: "No." (500, code InternalErrorException, request id req-9)',
    ],
    [
      () =>
        new Response("<html>", { headers: { "content-type": "text/html" } }),
      MalformedResponseError,
      "listSizes: expected JSON, got text/html (HTTP 200)",
    ],
    [
      () => Response.json({ PriceList: ["{"] }),
      MalformedResponseError,
      "listSizes: unexpected response fields (application/json, HTTP 200)",
    ],
    [
      () => Response.json({ PriceList: [JSON.stringify({ terms: {} })] }),
      MalformedResponseError,
      "listSizes: unexpected response fields (application/json, HTTP 200)",
    ],
    [
      () => Response.json({}),
      MalformedResponseError,
      "listSizes: unexpected response fields (application/json, HTTP 200)",
    ],
  ] as const;
  for (const [response, errorClass, message] of failures) {
    const { fetch } = answering(["a"], response);
    const cloud = ec2(fetch, { retry: false });
    const error = await assertRejects(
      () => cloud.listSizes(LIVE).then(),
      errorClass,
    );
    assertEquals(error.message, message);
  }
});

Deno.test("Ec2NodeDriver.listSizes() does not read an expired token as expired credentials", async () => {
  const { fetch } = answering(["a"], refusal("ExpiredNextTokenException"));
  const error = await errorOf(ec2(fetch).listSizes(LIVE).then());
  assertEquals((error as Error).name, "ValidationError");
});

Deno.test("Ec2NodeDriver.listSizes() repeats a request for prices that failed", async () => {
  const { fetch, requests } = answering(
    ["a"],
    refusal("ThrottlingException"),
    refusal("InternalErrorException", 500),
    { PriceList: [product("a", "1")] },
  );
  const [size] = await ec2(fetch).listSizes(LIVE);
  assertEquals(size?.price?.hourly, 1);
  assertEquals(requests.length, 3);
});

Deno.test("Ec2NodeDriver.listSizes() keeps the time limit and the signal while it loads prices", async () => {
  const { fetch } = answering(["a"]);
  const reason = new Error("enough");
  const controller = new AbortController();
  // The time limit is long enough to sign a request on a busy machine.
  const limited = { ...LIVE, timeoutMs: 500 };
  let isAborted = false;
  const cloud = ec2((request) => {
    if (!request.headers.has("x-amz-target")) return fetch!(request);
    const hanging = new Promise<never>((_, reject) =>
      request.signal.addEventListener(
        "abort",
        () => reject(request.signal.reason),
      )
    );
    if (isAborted) controller.abort(reason);
    return hanging;
  });
  await assertRejects(() => cloud.listSizes(limited).then(), TimeoutError);
  await assertRejects(
    () => cloud.listSizes(limited).pages().next(),
    TimeoutError,
  );
  isAborted = true;
  const { signal } = controller;
  assertEquals(
    await errorOf(cloud.listSizes({ ...LIVE, signal }).then()),
    reason,
  );
});

// The simulator

Deno.test("Ec2NodeDriver.listSizes() finds the price of every size at the simulator", async () => {
  const { cloud, requests } = simulated({ largestPage: 7 }, {
    region: "eu-west-1",
  });
  const sizes = await cloud.listSizes(LIVE);
  const priced = sizes.filter(({ price }) => price?.hourly);
  assertEquals(priced.length, 35);
  assertEquals(
    sizes.find(({ id }) => id === "t3.micro")?.price,
    { currency: "USD", hourly: 0.01144 },
  );
  const ofPrices = requests.filter(({ headers }) =>
    headers.has("x-amz-target")
  );
  assertEquals(ofPrices.length, 5);
  const china = simulated({}, { region: "cn-north-1" }).cloud;
  const [size] = await china.listSizes(LIVE);
  assertEquals(size?.price?.currency, "CNY");
});

Deno.test("Ec2NodeDriver.listSizes() reports a missing permission for prices", async () => {
  const { cloud } = simulated({ denied: ["GetProducts"] });
  const error = await assertRejects(
    () => cloud.listSizes(LIVE).then(),
    PermissionDeniedError,
  );
  assertMatch(
    error.message,
    /^listSizes: AWS Price List refused: ".* is not authorized to perform: pricing:GetProducts" \(400, code AccessDeniedException, request id .+\)$/,
  );
  const sizes = await cloud.listSizes({ ...LIVE, prices: "bundled" });
  assertEquals(sizes.length, 35);
});

Deno.test("Ec2NodeDriver.listSizes() survives faults of the price API, or names them", async () => {
  const simulator = new Ec2Simulator();
  const settings = { ...simulator.credentials, retry: { baseMs: 1, maxMs: 2 } };
  const failing = (...list: Parameters<typeof faults.status>) =>
    withFaults(simulator.fetch, [{
      on: "POST",
      faults: [faults.status(...list)],
    }]);
  const sizes = await ec2(failing(503), settings).listSizes(LIVE);
  assertEquals(sizes.length, 35);
  const broken = withFaults(simulator.fetch, [
    { on: "POST", faults: [faults.reset(), faults.reset(), faults.reset()] },
  ]);
  const cloud = ec2(broken, { ...settings, retry: { maxAttempts: 1 } });
  await assertRejects(() => cloud.listSizes(LIVE).then(), ConnectionError);
});

Deno.test("Ec2NodeDriver.listSizes() works over loopback with one URL for both APIs", async () => {
  const simulator = new Ec2Simulator();
  await using server = serve(simulator.fetch);
  const cloud = ec2(undefined, {
    ...simulator.credentials,
    baseUrl: server.url,
  });
  const [size] = await cloud.listSizes(LIVE);
  assertEquals(size?.price, { currency: "USD", hourly: 0.0116 });
});

// The bundled prices

Deno.test("Ec2NodeDriver says which regions have current prices", async () => {
  const { prices } = JSON.parse(
    await Deno.readTextFile(path("data/ec2_sizes.json")),
  );
  const lists: [string, { updated: string }][] = Object.entries(
    prices.locations,
  );
  const regions = (isWanted: (day: string) => boolean) =>
    lists.filter(([, { updated }]) => isWanted(updated)).map(([id]) => id);
  // If one of these changes, change the sentence below in the documentation.
  assertEquals(regions((day) => day >= "2026"), [
    "us-east-1",
    "us-gov-east-1",
    "us-gov-west-1",
  ]);
  assertEquals(regions((day) => day.startsWith("2024")), ["cn-north-1"]);
  assertEquals(
    regions((day) => day < "2026" && !day.startsWith("2024")),
    regions((day) => day === "2017-11-12"),
  );
  const source = await Deno.readTextFile(path("drivers/aws/ec2.ts"));
  assertStringIncludes(
    source.replaceAll(/\s*\n\s*\* /g, " "),
    "Bundled prices are current for us-east-1 and the us-gov regions, and " +
      "from 2024 for cn-north-1. For all other regions they are from 2017 " +
      "and incomplete. `price.asOf` is the day of the price.",
  );
});
