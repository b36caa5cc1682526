/**
 * The price API of AWS: `GetProducts` for the service `AmazonEC2`.
 *
 * It speaks the protocol JSON 1.1 instead of the Query protocol: the operation
 * is in the header `X-Amz-Target`, and bodies are JSON.
 *
 * @see {@link https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_pricing_GetProducts.html | GetProducts}
 *
 * @module
 */

import { STATUS_CODE } from "@std/http/status";
import {
  type InstanceType,
  type RegionInfo,
  REGIONS,
  TYPES,
} from "./catalog.ts";
import { refuse } from "./query.ts";
import type { Refusal } from "../../kit/mod.ts";

/** Regions with an endpoint of the price API, by partition. */
const ENDPOINTS: Readonly<Record<string, readonly string[]>> = {
  "aws": ["us-east-1", "eu-central-1", "ap-south-1"],
  "aws-cn": ["cn-northwest-1"],
  "aws-eusc": ["eusc-de-east-1"],
};

const TARGET = "AWSPriceListService.";
const LARGEST_PAGE = 100;
const PUBLISHED = "2026-11-20T00:00:00Z";

/** Prices per hour in us-east-1: on demand, Linux, shared tenancy. */
const HOURLY: Readonly<Record<string, number>> = {
  "t2.micro": 0.0116,
  "t2.medium": 0.0464,
  "t3.nano": 0.0052,
  "t3.micro": 0.0104,
  "t3.small": 0.0208,
  "t3.medium": 0.0416,
  "t3.large": 0.0832,
  "t3.xlarge": 0.1664,
  "t3a.micro": 0.0094,
  "t4g.nano": 0.0042,
  "t4g.micro": 0.0084,
  "t4g.small": 0.0168,
  "t4g.medium": 0.0336,
  "m1.small": 0.044,
  "m4.large": 0.1,
  "m5.large": 0.096,
  "m5.xlarge": 0.192,
  "m5.2xlarge": 0.384,
  "m5d.large": 0.113,
  "m6i.large": 0.096,
  "m6g.large": 0.077,
  "m7g.medium": 0.0408,
  "m7i.large": 0.1008,
  "c5.large": 0.085,
  "c5.xlarge": 0.17,
  "c6g.large": 0.068,
  "c7g.large": 0.0725,
  "c7i.large": 0.08925,
  "r5.large": 0.126,
  "r6g.large": 0.1008,
  "r7i.large": 0.1323,
  "i3.large": 0.156,
  "i4i.large": 0.172,
  "g4dn.xlarge": 0.526,
  "m5.metal": 4.608,
};

/** Codes of the price API for errors that all operations have. */
const CODES: Readonly<Record<string, string>> = {
  AuthFailure: "UnrecognizedClientException",
  MissingAuthenticationToken: "MissingAuthenticationTokenException",
  RequestExpired: "InvalidSignatureException",
  RequestLimitExceeded: "ThrottlingException",
};

/** A product of the price list. */
interface Product {
  readonly sku: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly currency: string;
  readonly hourly: number;
}

/** A variant of a type, with a price of its own. */
interface Variant {
  /** Ratio of its price to that on demand with Linux. */
  readonly ratio: number;
  readonly attributes: Readonly<Record<string, string>>;
}

const PLAIN = {
  operatingSystem: "Linux",
  tenancy: "Shared",
  preInstalledSw: "NA",
  capacitystatus: "Used",
  licenseModel: "No License required",
  locationType: "AWS Region",
  marketoption: "OnDemand",
};

const VARIANTS: readonly Variant[] = [
  { ratio: 1.5, attributes: { operatingSystem: "Windows" } },
  { ratio: 1.4, attributes: { operatingSystem: "RHEL" } },
  { ratio: 1.07, attributes: { tenancy: "Dedicated" } },
  { ratio: 0.9, attributes: { capacitystatus: "UnusedCapacityReservation" } },
  { ratio: 1, attributes: {} },
  { ratio: 3, attributes: { preInstalledSw: "SQL Std" } },
  { ratio: 1.2, attributes: { locationType: "AWS Local Zone" } },
  { ratio: 0, attributes: { marketoption: "CapacityBlock" } },
];

/** How a filter compares an attribute with its value. */
const COMPARISONS: Readonly<
  Record<string, (attribute: string, value: string) => boolean>
> = {
  TERM_MATCH: (attribute, value) => attribute === value,
  EQUALS: (attribute, value) => attribute === value,
  CONTAINS: (attribute, value) => attribute.includes(value),
  ANY_OF: (attribute, value) => value.split(",").includes(attribute),
  NONE_OF: (attribute, value) => !value.split(",").includes(attribute),
};

interface Filter {
  readonly Type: string;
  readonly Field: string;
  readonly Value: string;
}

/** Whether a request is one to the price API. */
export function isPriceRequest({ headers }: Request): boolean {
  return headers.get("x-amz-target")?.startsWith(TARGET) ?? false;
}

/**
 * Finds the endpoint that a request was signed for.
 *
 * @param name Region of the signature.
 * @param host Host of the URL.
 * @returns The region of the endpoint; `undefined` for another host.
 */
export function priceEndpoint(
  name: string,
  host: string,
): RegionInfo | undefined {
  const [, of = name] = /^api\.pricing\.([a-z0-9-]+)\./.exec(host) ?? [];
  const info = REGIONS.find((region) => region.name === name);
  const names = ENDPOINTS[info?.partition ?? ""] ?? [];
  return names.includes(name) && of === name ? info : undefined;
}

/**
 * Responds to a request to the price API.
 *
 * @param operation Name of the operation.
 * @param body Body of the request.
 * @param endpoint Region of the endpoint.
 * @param largestPage Largest page that is sent.
 * @returns Body of the response.
 * @throws {Ec2Refusal} If the request is invalid.
 */
export function respondToPriceRequest(
  operation: string,
  body: string,
  endpoint: RegionInfo,
  largestPage: number,
): object {
  if (operation !== "GetProducts") refuse("UnknownOperationException", "");
  const { service, filters, size, first } = readQuery(body);
  if (service !== "AmazonEC2") {
    refuse("NotFoundException", `There is no service ${service}`);
  }
  const found = [...productsOf(endpoint.partition)].filter(({ attributes }) =>
    filters.every(({ Type, Field, Value }) => {
      const attribute = attributes[Field];
      return attribute !== undefined && COMPARISONS[Type]!(attribute, Value);
    })
  );
  const end = first + Math.min(size, largestPage);
  return {
    FormatVersion: "aws_v1",
    PriceList: found.slice(first, end).map(toText),
    ...(end < found.length ? { NextToken: btoa(`products ${end}`) } : {}),
  };
}

/**
 * Creates an error response in the format of the price API.
 *
 * @param refusal The refusal.
 * @param requestId Id of the request.
 * @returns The response.
 */
export function priceErrorResponse(
  { status, code = "InternalErrorException", message }: Refusal,
  requestId: string,
): Response {
  const isKnown = status < STATUS_CODE.InternalServerError ||
    code === "RequestLimitExceeded";
  return Response.json({ __type: CODES[code] ?? code, Message: message }, {
    // The protocol has one status for all mistakes of a client.
    status: isKnown ? STATUS_CODE.BadRequest : status,
    headers: {
      "Content-Type": "application/x-amz-json-1.1",
      "x-amzn-requestid": requestId,
    },
  });
}

function readQuery(body: string) {
  const query = parse(body);
  const { ServiceCode, Filters = [], FormatVersion = "aws_v1" } = query;
  const { MaxResults = LARGEST_PAGE, NextToken = btoa("products 0") } = query;
  if (typeof ServiceCode !== "string") {
    refuse("InvalidParameterException", "Service code must be specified");
  }
  if (FormatVersion !== "aws_v1") {
    refuse("InvalidParameterException", "Format version is not supported");
  }
  const size = Number(MaxResults);
  if (!Number.isInteger(size) || size < 1 || size > LARGEST_PAGE) {
    refuse(
      "InvalidParameterException",
      `MaxResults must be from 1 to ${LARGEST_PAGE}`,
    );
  }
  if (!Array.isArray(Filters) || !Filters.every(isFilter)) {
    refuse("InvalidParameterException", "Filters are invalid");
  }
  const filters: readonly Filter[] = Filters;
  const first = readToken(String(NextToken));
  return { service: ServiceCode, filters, size, first };
}

function parse(body: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(body));
  } catch {
    return refuse("SerializationException", "Body is not JSON");
  }
}

function isFilter(value: unknown): value is Filter {
  const { Type, Field, Value }: Partial<Filter> = Object(value);
  return typeof Type === "string" && Object.hasOwn(COMPARISONS, Type) &&
    typeof Field === "string" && typeof Value === "string";
}

function readToken(token: string): number {
  let text = "";
  try {
    text = atob(token);
  } catch {
    // Refused below.
  }
  const [, first] = /^products (\d+)$/.exec(text) ?? [];
  return first === undefined
    ? refuse("InvalidNextTokenException", "The token is invalid")
    : Number(first);
}

/** All products of a partition. */
function* productsOf(partition: string): Generator<Product> {
  // The price list of AWS has those of GovCloud, too.
  const partitions = partition === "aws" ? ["aws", "aws-us-gov"] : [partition];
  for (const region of REGIONS) {
    if (!partitions.includes(region.partition)) continue;
    for (const type of TYPES) {
      for (const [index, variant] of VARIANTS.entries()) {
        yield toProduct(region, type, variant, index);
      }
    }
  }
}

function toProduct(
  region: RegionInfo,
  type: InstanceType,
  { ratio, attributes }: Variant,
  index: number,
): Product {
  const place = REGIONS.indexOf(region) * TYPES.length + TYPES.indexOf(type);
  const number = place * VARIANTS.length + index;
  const isChina = region.partition === "aws-cn";
  // All regions but us-east-1 cost 10 % more.
  const base = HOURLY[type.name]! * (region.name === "us-east-1" ? 1 : 1.1);
  return {
    sku: `SKU${number.toString(36).toUpperCase().padStart(13, "0")}`,
    currency: isChina ? "CNY" : "USD",
    hourly: base * ratio * (isChina ? 7 : 1),
    attributes: {
      servicecode: "AmazonEC2",
      servicename: "Amazon Elastic Compute Cloud",
      regionCode: region.name,
      location: region.title,
      instanceType: type.name,
      vcpu: String(type.vcpus),
      memory: `${type.ramMib / 1024} GiB`,
      storage: type.diskGb ? `1 x ${type.diskGb} NVMe SSD` : "EBS only",
      currentGeneration: type.isPrevious ? "No" : "Yes",
      ...PLAIN,
      ...attributes,
    },
  };
}

/** A product with its offers. Each is JSON in a string. */
function toText({ sku, attributes, currency, hourly }: Product): string {
  return JSON.stringify({
    product: { productFamily: "Compute Instance", attributes, sku },
    serviceCode: "AmazonEC2",
    terms: {
      OnDemand: termOf(sku, "JRTCKXETXF", currency, hourly),
      Reserved: termOf(sku, "4NA7Y494T4", currency, hourly * 0.6),
    },
    version: PUBLISHED.replaceAll(/\D/g, ""),
    publicationDate: PUBLISHED,
  });
}

function termOf(sku: string, term: string, currency: string, hourly: number) {
  const id = `${sku}.${term}`;
  const rateCode = `${id}.6YS6EN2CT7`;
  return {
    [id]: {
      sku,
      offerTermCode: term,
      effectiveDate: PUBLISHED,
      termAttributes: {},
      priceDimensions: {
        [rateCode]: {
          rateCode,
          unit: "Hrs",
          beginRange: "0",
          endRange: "Inf",
          appliesTo: [],
          pricePerUnit: { [currency]: hourly.toFixed(10) },
        },
      },
    },
  };
}
