/**
 * The pricing client of the AWS SDK with the price API of the EC2 simulator,
 * over loopback. The client and the driver see the same prices.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import * as sdk from "npm:@aws-sdk/client-pricing@3.1133.0";
import { Ec2NodeDriver } from "../../drivers/aws/ec2.ts";
import {
  Ec2Simulator,
  type Ec2SimulatorOptions,
} from "../../simulators/aws/ec2.ts";
import { serve } from "../_support/serve.ts";

/** Starts a simulator on loopback, with a client of the AWS SDK and a driver. */
function setUp(options: Ec2SimulatorOptions = {}) {
  const simulator = new Ec2Simulator(options);
  const server = serve(simulator.fetch);
  const theirs = new sdk.PricingClient({
    endpoint: server.url,
    region: "us-east-1",
    credentials: simulator.credentials,
    maxAttempts: 1,
  });
  const ours = new Ec2NodeDriver({
    ...simulator.credentials,
    region: "eu-west-1",
    baseUrl: server.url,
  });
  return {
    theirs,
    ours,
    async [Symbol.asyncDispose]() {
      theirs.destroy();
      await server[Symbol.asyncDispose]();
    },
  };
}

const ATTRIBUTES = {
  regionCode: "eu-west-1",
  operatingSystem: "Linux",
  tenancy: "Shared",
  preInstalledSw: "NA",
  capacitystatus: "Used",
  marketoption: "OnDemand",
  locationType: "AWS Region",
};
const QUERY = {
  ServiceCode: "AmazonEC2",
  Filters: Object.entries(ATTRIBUTES).map(([Field, Value]) => ({
    Type: "TERM_MATCH" as const,
    Field,
    Value,
  })),
};

Deno.test("The AWS SDK and Ec2NodeDriver find the same current prices", async () => {
  await using cloud = setUp({ largestPage: 10 });
  const { theirs: client, ours } = cloud;
  const prices = new Map<string, number>();
  for await (const page of sdk.paginateGetProducts({ client }, QUERY)) {
    for (const item of page.PriceList ?? []) {
      const { product, terms } = JSON.parse(String(item));
      const text = JSON.stringify(terms.OnDemand);
      const [, hourly] = /"USD":"([\d.]+)"/.exec(text) ?? [];
      prices.set(product.attributes.instanceType, Number(hourly));
    }
  }
  assertEquals(prices.size, 35);
  const sizes = await ours.listSizes({ live: true });
  assertEquals(
    new Map(sizes.map(({ id, price }) => [id, price?.hourly])),
    prices,
  );
});

Deno.test("The AWS SDK reads the errors of the price API", async () => {
  await using denied = setUp({ denied: ["GetProducts"] });
  const send = (
    client: sdk.PricingClient,
    input: sdk.GetProductsCommandInput,
  ) => client.send(new sdk.GetProductsCommand(input));
  const error = await assertRejects(() => send(denied.theirs, QUERY));
  assert(error instanceof sdk.AccessDeniedException);
  await using cloud = setUp();
  const token = { ...QUERY, NextToken: "x" };
  const other = await assertRejects(() => send(cloud.theirs, token));
  assert(other instanceof sdk.InvalidNextTokenException);
  const filter = { Type: "TERM_MATCH", Field: "a" } as sdk.Filter;
  const invalid = { ...QUERY, Filters: [filter] };
  const third = await assertRejects(() => send(cloud.theirs, invalid));
  assert(third instanceof sdk.InvalidParameterException);
});
