/**
 * Current prices of Amazon EC2, from the price API of AWS.
 *
 * This module is loaded on demand.
 *
 * @see {@link https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_pricing_GetProducts.html | GetProducts}
 *
 * @module
 */

import {
  type CallOptions,
  type Failure,
  JsonResponse,
  sequence,
} from "../../core/mod.ts";
import type { Price } from "../../core/compute/mod.ts";
import { AwsConnection } from "./_connection.ts";
import { domainOf, type Ec2Options, errorClassFor } from "./_ec2_connection.ts";
import { ON_DEMAND, type TermsJson, toHourlyPrice } from "./_price_list.ts";

// Regions with an endpoint of the price API, by the beginning of the regions
// that use it. Each endpoint knows the prices of its whole partition.
const ENDPOINTS: readonly (readonly [pattern: RegExp, region: string])[] = [
  [/^cn-/, "cn-northwest-1"],
  [/^eusc-/, "eusc-de-east-1"],
  [/^us-iso-/, "us-iso-east-1"],
  [/^us-isob-/, "us-isob-east-1"],
  [/^eu-isoe-/, "eu-isoe-west-1"],
  [/^us-isof-/, "us-isof-south-1"],
  [/^ap-/, "ap-south-1"],
  [/^(?:af|eu|il|me)-/, "eu-central-1"],
  // The keys of GovCloud are valid only there, and it has no endpoint.
  [/^(?!us-gov-)/, "us-east-1"],
];

const LARGEST_PAGE = 100;
const GET_PRODUCTS = "AWSPriceListService.GetProducts";

interface ProductsJson {
  /** Each product is JSON in a string. */
  PriceList: string[];
  NextToken?: string;
}

interface ProductJson {
  product: { attributes: { instanceType: string } };
  terms?: { OnDemand?: TermsJson };
}

interface FaultJson {
  __type?: string;
  message?: string;
  Message?: string;
}

class PricingResponse<T> extends JsonResponse<T> {
  protected override failure(body: FaultJson): Failure {
    // "com.amazonaws.pricing#AccessDeniedException"
    const code = body.__type?.replace(/^.*#/, "");
    const name = code?.replace(/Exception$/, "") ?? "";
    return {
      reason: body.message ?? body.Message,
      code,
      requestId: this.headers.get("x-amzn-requestid"),
      // A token that expired is not a credential.
      errorClass: name.endsWith("NextToken") ? undefined : errorClassFor(name),
    };
  }
}

/** A connection to the price API. */
class PricingConnection extends AwsConnection {
  /** Id of the provider. */
  override readonly provider = "ec2";
  /** Name of the service in messages. */
  override readonly displayName = "AWS Price List";
  protected override readonly service = "pricing";
  protected override readonly responseClass = PricingResponse;

  protected override encodeData(data: unknown, headers: Headers): string {
    headers.set("content-type", "application/x-amz-json-1.1");
    return JSON.stringify(data);
  }
}

/** Current prices of all sizes of a region. */
export class Ec2Prices {
  readonly #region: string;
  /** `undefined` if the region has no price API. */
  readonly #connection: PricingConnection | undefined;

  /**
   * Prepares requests for prices.
   *
   * @param options Options of the driver.
   * @param owner Name of the class that the caller creates, for errors.
   */
  constructor(options: Ec2Options, owner: string) {
    const { region: own, baseUrl, pricingUrl = baseUrl } = options;
    this.#region = own;
    const [, region] = ENDPOINTS.find(([pattern]) => pattern.test(own)) ?? [];
    if (region === undefined) return;
    const publicUrl = `https://api.pricing.${region}.${domainOf(region)}`;
    const settings = { ...options, region, baseUrl: pricingUrl };
    this.#connection = new PricingConnection(publicUrl, settings, owner);
  }

  /**
   * Loads the prices, 100 with a request.
   *
   * @param operation Method of the driver, for errors.
   * @param options Options of the caller.
   * @returns The price of each size by its id; unknown prices are absent.
   *   `undefined` if the region has no price API.
   * @throws {PermissionDeniedError} If the access key has no permission for
   *   `pricing:GetProducts`.
   */
  async load(
    operation: string,
    options: CallOptions,
  ): Promise<ReadonlyMap<string, Price> | undefined> {
    const connection = this.#connection;
    if (!connection) return undefined;
    const about = { provider: connection.provider, operation };
    return await sequence(about, options, async ({ call }) => {
      const prices = new PriceTable();
      const tokens = new Set<string>();
      let token: string | undefined;
      do {
        const response = await connection.request<ProductsJson>("/", {
          ...call,
          operation,
          method: "POST",
          headers: { ...call.headers, "x-amz-target": GET_PRODUCTS },
          data: this.#query(token),
          writes: false,
        });
        token = response.read((page) => {
          for (const item of page.PriceList) prices.add(JSON.parse(item));
          return page.NextToken || undefined;
        });
        if (token !== undefined && tokens.has(token)) {
          throw response.malformed("the response repeats a page of prices");
        }
        if (token !== undefined) tokens.add(token);
      } while (token !== undefined);
      return prices.byId;
    });
  }

  #query(token: string | undefined) {
    const attributes = { regionCode: this.#region, ...ON_DEMAND };
    return {
      ServiceCode: "AmazonEC2",
      FormatVersion: "aws_v1",
      Filters: Object.entries(attributes)
        .map(([Field, Value]) => ({ Type: "TERM_MATCH", Field, Value })),
      MaxResults: LARGEST_PAGE,
      NextToken: token,
    };
  }
}

/** Prices by the id of the size. A size with two different prices has none. */
class PriceTable {
  readonly byId = new Map<string, Price>();
  readonly #unclear = new Set<string>();

  add({ product, terms }: ProductJson): void {
    const id = product.attributes.instanceType;
    const price = toHourlyPrice(terms?.OnDemand);
    if (!price || this.#unclear.has(id)) return;
    const { hourly, currency } = this.byId.get(id) ?? price;
    if (hourly === price.hourly && currency === price.currency) {
      this.byId.set(id, price);
      return;
    }
    this.#unclear.add(id);
    this.byId.delete(id);
  }
}
