/**
 * The price API of the EC2 simulator.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { ApiResponse } from "../../../core/mod.ts";
import { AwsConnection } from "../../../drivers/aws/_connection.ts";
import {
  Ec2Simulator,
  type Ec2SimulatorOptions,
} from "../../../simulators/aws/ec2.ts";

class AnyResponse<T> extends ApiResponse<T> {
  override isSuccess(): boolean {
    return true;
  }
}

/** Signs requests for any service, and sends any body. */
class Connection extends AwsConnection {
  override readonly provider = "aws";
  protected override readonly responseClass = AnyResponse;
  protected override service = "pricing";

  override encodeData(data: unknown): string {
    return typeof data === "string" ? data : JSON.stringify(data);
  }

  signFor(service: string): this {
    this.service = service;
    return this;
  }
}

interface Product {
  product: { attributes: Record<string, string>; sku: string };
  terms: { OnDemand: object; Reserved: object };
}

/** Sends requests to the price API of a simulator. */
function open(
  options: Ec2SimulatorOptions = {},
  {
    region = "us-east-1",
    service = "pricing",
    host = `api.pricing.${region}.amazonaws.com`,
    secretAccessKey,
  }: {
    region?: string;
    service?: string;
    host?: string;
    secretAccessKey?: string;
  } = {},
) {
  const { credentials, fetch } = new Ec2Simulator(options);
  const connection = new Connection(`https://${host}`, {
    ...credentials,
    ...secretAccessKey && { secretAccessKey },
    region,
    fetch,
  }).signFor(service);
  async function send(data: unknown, operation = "GetProducts") {
    const { status, text } = await connection.request("/", {
      method: "POST",
      headers: { "x-amz-target": `AWSPriceListService.${operation}` },
      data,
    });
    const body = JSON.parse(text);
    return { status, body };
  }
  async function products(...filters: readonly string[]) {
    const Filters = filters.map((filter) => {
      const [Field, Type, Value] = filter.split(" ");
      return { Type, Field, Value: Value?.replaceAll("_", " ") };
    });
    const { body } = await send({ ServiceCode: "AmazonEC2", Filters });
    const items: string[] = body.PriceList;
    return items.map((item): Product => JSON.parse(item));
  }
  async function refused(data: unknown, operation?: string) {
    const { status, body } = await send(data, operation);
    return `${status} ${body.__type}`;
  }
  return { send, products, refused };
}

const EC2 = { ServiceCode: "AmazonEC2" };
const IN_EAST = ["regionCode TERM_MATCH us-east-1"];
const ONE_SIZE = [...IN_EAST, "instanceType TERM_MATCH t3.micro"];

Deno.test("GetProducts has several products for each size, with offers", async () => {
  const { products } = open();
  const found = await products(...ONE_SIZE);
  assertEquals(found.length, 8);
  assertEquals(new Set(found.map(({ product }) => product.sku)).size, 8);
  const plain = await products(
    ...ONE_SIZE,
    "operatingSystem TERM_MATCH Linux",
    "tenancy TERM_MATCH Shared",
    "preInstalledSw TERM_MATCH NA",
    "capacitystatus TERM_MATCH Used",
    "locationType TERM_MATCH AWS_Region",
    "marketoption TERM_MATCH OnDemand",
  );
  assertEquals(plain.length, 1);
  const { product, terms } = plain[0]!;
  assertEquals(product.attributes.memory, "1 GiB");
  assertMatch(
    JSON.stringify(terms.OnDemand),
    /"unit":"Hrs".*"pricePerUnit":\{"USD":"0\.0104000000"\}/,
  );
});

Deno.test("GetProducts knows every type of filter", async () => {
  const { products } = open();
  const systems = async (filter: string) => {
    const found = await products(...ONE_SIZE, `operatingSystem ${filter}`);
    const all = found.map(({ product }) => product.attributes.operatingSystem);
    return [...new Set(all)].sort();
  };
  assertEquals(await systems("EQUALS RHEL"), ["RHEL"]);
  assertEquals(await systems("CONTAINS in"), ["Linux", "Windows"]);
  assertEquals(await systems("ANY_OF RHEL,Windows"), ["RHEL", "Windows"]);
  assertEquals(await systems("NONE_OF RHEL,Windows"), ["Linux"]);
  assertEquals(await systems("TERM_MATCH rhel"), []);
  assertEquals(await products("nothing TERM_MATCH x"), []);
});

Deno.test("GetProducts has pages of at most 100 products", async () => {
  const { send } = open();
  const Filters = [
    { Type: "TERM_MATCH", Field: "regionCode", Value: "us-east-1" },
  ];
  const sizes: number[] = [];
  const skus = new Set<string>();
  let NextToken: string | undefined;
  do {
    const { body } = await send({ ...EC2, Filters, NextToken });
    sizes.push(body.PriceList.length);
    for (const item of body.PriceList) skus.add(JSON.parse(item).product.sku);
    NextToken = body.NextToken;
  } while (NextToken !== undefined);
  assertEquals(sizes, [100, 100, 80]);
  assertEquals(skus.size, 280);
  const { body } = await send({ ...EC2, Filters, MaxResults: 3 });
  assertEquals(body.PriceList.length, 3);
  const small = await open({ largestPage: 2 }).send({ ...EC2, Filters });
  assertEquals(small.body.PriceList.length, 2);
});

Deno.test("GetProducts knows the prices of its partition, and of GovCloud", async () => {
  const regions = async (region: string, host?: string) => {
    const filter = "instanceType TERM_MATCH t3.micro";
    const { products } = open({}, { region, ...host && { host } });
    const found = await products(filter, "tenancy TERM_MATCH Dedicated");
    return found.map(({ product }) => product.attributes.regionCode);
  };
  const known = await regions("us-east-1");
  assert(known.length > 25 && known.includes("us-gov-west-1"));
  assertEquals(known.filter((region) => region?.startsWith("cn-")), []);
  assertEquals(
    await regions(
      "cn-northwest-1",
      "api.pricing.cn-northwest-1.amazonaws.com.cn",
    ),
    ["cn-north-1", "cn-northwest-1"],
  );
});

Deno.test("GetProducts refuses invalid requests with JSON", async () => {
  const { refused, send } = open();
  const invalid = "400 InvalidParameterException";
  assertEquals(await refused({}), invalid);
  assertEquals(await refused({ ...EC2, FormatVersion: "aws_v2" }), invalid);
  assertEquals(await refused({ ...EC2, MaxResults: 101 }), invalid);
  assertEquals(await refused({ ...EC2, MaxResults: 0 }), invalid);
  assertEquals(await refused({ ...EC2, Filters: {} }), invalid);
  const filter = { Type: "STARTS_WITH", Field: "tenancy", Value: "S" };
  assertEquals(await refused({ ...EC2, Filters: [filter] }), invalid);
  assertEquals(
    await refused({ ServiceCode: "AmazonX" }),
    "400 NotFoundException",
  );
  for (const NextToken of ["x", "%", btoa("nodes 1")]) {
    assertEquals(
      await refused({ ...EC2, NextToken }),
      "400 InvalidNextTokenException",
    );
  }
  assertEquals(await refused("<x>"), "400 SerializationException");
  assertEquals(
    await refused(EC2, "DescribeServices"),
    "400 UnknownOperationException",
  );
  const { body } = await send({});
  assertEquals(body, {
    __type: "InvalidParameterException",
    Message: "Service code must be specified",
  });
});

Deno.test("GetProducts refuses wrong signatures, missing permissions and too many requests", async () => {
  const key = "400 UnrecognizedClientException";
  const wrong = open({}, { secretAccessKey: "wrong" });
  assertEquals(await wrong.refused(EC2), key);
  const ofEc2 = open({}, { service: "ec2" });
  assertEquals(await ofEc2.refused(EC2), key);
  // There is an endpoint in a few regions only.
  assertEquals(await open({}, { region: "eu-west-1" }).refused(EC2), key);
  const host = "api.pricing.ap-south-1.amazonaws.com";
  assertEquals(await open({}, { host }).refused(EC2), key);
  assertEquals(
    await open({ denied: ["GetProducts"] }).refused(EC2),
    "400 AccessDeniedException",
  );
  const at = Date.now();
  const limited = open({ requestsPerSecond: 1, now: () => at });
  await limited.send(EC2);
  assertEquals(await limited.refused(EC2), "400 ThrottlingException");
});
