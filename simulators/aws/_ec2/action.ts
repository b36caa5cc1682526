/**
 * Common parts of all EC2 operations: parameters, dry runs and pages.
 *
 * @module
 */

import { decodeBase64, encodeBase64 } from "@std/encoding/base64";
import {
  boolean,
  integer,
  type ParameterType,
  readShape,
  refuse,
  refuseValue,
  type Shape,
  string,
  type Tree,
  type Values,
} from "./query.ts";
import type { Region } from "./region.ts";
import type { Xml } from "./xml.ts";

/** Context of a request. */
export interface Context {
  /** Name of the operation. */
  readonly name: string;
  /** Region of the request. */
  readonly region: Region;
  /** All parameters but `ClientToken` and `DryRun`, in a canonical form. */
  readonly parameters: string;
}

/** Contents of a response: XML elements by name. */
export type Output = { readonly [name: string]: Xml };

/** An operation. */
export interface Action {
  /**
   * Runs the operation.
   *
   * @param tree Parameters of the request.
   * @param context Context of the request.
   * @returns Contents of the response.
   */
  run(tree: Tree, context: Context): Output | Promise<Output>;
}

/** Operations by name. */
export type Actions = Readonly<Record<string, Action>>;

/** Contents of a response without a result. */
export const SUCCESS: Output = { return: true };

/**
 * Creates an operation.
 *
 * @param shape Schema of its parameters.
 * @param run Runs the operation with checked parameters.
 * @returns The operation.
 */
export function action<S extends Shape>(
  shape: S,
  run: (params: Values<S>, context: Context) => Output | Promise<Output>,
): Action {
  const whole = { ...shape, DryRun: boolean };
  return {
    run(tree, context) {
      const { DryRun: isDry, ...params } = readShape(whole, tree);
      if (isDry) {
        refuse(
          "DryRunOperation",
          "Request would have succeeded, but DryRun flag is set.",
          412,
        );
      }
      return run(params as unknown as Values<S>, context);
    },
  };
}

/** Parameters of an operation that returns pages. */
export const PAGE_PARAMS: {
  readonly MaxResults: ParameterType<number>;
  readonly NextToken: ParameterType<string>;
} = { MaxResults: integer(-(2 ** 31)), NextToken: string };

/** Parameters that select a page. */
export interface PageParams {
  /** Requested page size. */
  readonly MaxResults?: number | undefined;
  /** Cursor from the previous page. */
  readonly NextToken?: string | undefined;
}

/** Rules for the pages of an operation. */
export interface PageRules<T> {
  /** Returns a number that gives the position of an item; it never changes. */
  readonly order: (item: T) => number;
  /**
   * Smallest page size that a client may request.
   *
   * @default {5}
   */
  readonly min?: number;
  /**
   * Largest page size that a client may request.
   *
   * @default {1000}
   */
  readonly max?: number;
  /** Whether a larger page size counts as `max`, instead of being refused. */
  readonly isClamped?: boolean;
  /** Ids that the request lists. If there are any, `MaxResults` is refused. */
  readonly ids?: readonly string[];
  /** Whether two consecutive items must be on the same page. */
  readonly isInseparable?: (item: T, next: T) => boolean;
}

/** A page, and the cursor of the next one. */
export interface Page<T> {
  /** Items on the page. */
  readonly items: readonly T[];
  /** Cursor of the next page; `undefined` on the last page. */
  readonly nextToken: string | undefined;
}

/**
 * Selects the requested page of a list.
 *
 * @typeParam T Type of the items.
 * @param all Items of the whole list, in order.
 * @param params Parameters of the request.
 * @param context Context of the request.
 * @param rules Rules for the pages.
 * @returns The page.
 * @throws {Ec2Refusal} If `MaxResults` or `NextToken` is invalid.
 */
export function page<T>(
  all: readonly T[],
  params: PageParams,
  context: Context,
  rules: PageRules<T>,
): Page<T> {
  const { MaxResults: size, NextToken: token } = params;
  const { order, min = 5, max = 1000, isClamped, ids = [] } = rules;
  if (size !== undefined) {
    if (ids.length > 0) {
      refuse(
        "InvalidParameterCombination",
        "The parameter MaxResults cannot be used with a list of ids",
      );
    }
    if (size < min || (size > max && !isClamped)) {
      refuseValue(
        `Value ( ${size} ) for parameter maxResults is invalid. Expecting a value between ${min} and ${max}.`,
      );
    }
  }
  const limit = Math.min(
    size === undefined ? Infinity : Math.min(size, max),
    context.region.account.largestPage,
  );
  const after = token ? readToken(token, context) : -Infinity;
  const first = token ? firstAfter(all, after, order) : 0;
  let end = Math.min(all.length, first + limit);
  while (
    end < all.length && rules.isInseparable?.(all[end - 1]!, all[end]!)
  ) end++;
  return {
    items: all.slice(first, end),
    nextToken: end < all.length
      ? encodeBase64(`${context.name} ${order(all[end - 1]!)}`)
      : undefined,
  };
}

/**
 * Finds the first item after a position. Items that appear or disappear between
 * two requests do not shift the pages.
 */
function firstAfter<T>(
  all: readonly T[],
  after: number,
  order: (item: T) => number,
): number {
  let [low, high] = [0, all.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (order(all[middle]!) <= after) low = middle + 1;
    else high = middle;
  }
  return low;
}

function readToken(token: string, { name }: Context): number {
  let decoded = "";
  try {
    decoded = new TextDecoder().decode(decodeBase64(token));
  } catch {
    // Refused below.
  }
  const [of, order] = decoded.split(" ");
  if (of === name && /^\d+$/.test(order ?? "")) return Number(order);
  return refuse("InvalidNextToken", "The token is invalid.");
}
