/**
 * What the operations of EC2 have in common: their parameters, their pages, and
 * that they can be tried without doing anything.
 *
 * @module
 */

import { decodeBase64, encodeBase64 } from "@std/encoding/base64";
import {
  flag,
  integer,
  type Kind,
  readShape,
  refuse,
  refuseValue,
  type Shape,
  text,
  type Tree,
  type Values,
} from "./_ec2_query.ts";
import type { Region } from "./_ec2_region.ts";
import type { Xml } from "./_ec2_xml.ts";

/** Where and how an operation is asked for. */
export interface Context {
  /** Name of the operation. */
  readonly name: string;
  /** The region. */
  readonly region: Region;
  /** All parameters but the token that makes a repetition harmless. */
  readonly asked: string;
}

/** What is in an answer, by the names of its elements. */
export type Answer = { readonly [name: string]: Xml };

/** An operation. */
export interface Action {
  /**
   * Does it.
   *
   * @param tree The parameters.
   * @param context Where and how it is asked for.
   * @returns What is in the answer.
   */
  run(tree: Tree, context: Context): Answer | Promise<Answer>;
}

/** Operations by name. */
export type Actions = Readonly<Record<string, Action>>;

/** The answer of what has nothing to say. */
export const DONE: Answer = { return: true };

/**
 * Makes an operation.
 *
 * @param shape Its parameters.
 * @param run Does it.
 * @returns The operation.
 */
export function action<S extends Shape>(
  shape: S,
  run: (params: Values<S>, context: Context) => Answer | Promise<Answer>,
): Action {
  const whole = { ...shape, DryRun: flag };
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

/** The parameters of what comes in pages. */
export const PAGED: {
  readonly MaxResults: Kind<number>;
  readonly NextToken: Kind<string>;
} = { MaxResults: integer(-(2 ** 31)), NextToken: text };

/** What is asked of a page. */
export interface PageParams {
  /** Most that is to be on it. */
  readonly MaxResults?: number | undefined;
  /** Where it begins. */
  readonly NextToken?: string | undefined;
}

/** What holds for the pages of an operation. */
export interface PageRules<T> {
  /** What gives the things their order. */
  readonly order: (item: T) => number;
  /**
   * Smallest page that can be asked for.
   *
   * @default {5}
   */
  readonly min?: number;
  /**
   * Largest page that can be asked for.
   *
   * @default {1000}
   */
  readonly max?: number;
  /** Whether more than the most is asked for in vain, and no mistake. */
  readonly isLenient?: boolean;
  /** What is given by id; then there are no pages. */
  readonly ids?: readonly string[];
  /** Whether two things that follow each other are on one page. */
  readonly together?: (one: T, next: T) => boolean;
}

/** A page, and where the next one begins. */
export interface Page<T> {
  /** What is on it. */
  readonly items: readonly T[];
  /** Where the next one begins, if there is one. */
  readonly nextToken: string | undefined;
}

/**
 * Takes a page.
 *
 * @param all Everything, in its order.
 * @param params What is asked for.
 * @param context Where it is asked for.
 * @param rules What holds for the pages.
 * @returns The page.
 */
export function page<T>(
  all: readonly T[],
  params: PageParams,
  context: Context,
  rules: PageRules<T>,
): Page<T> {
  const { MaxResults: asked, NextToken: token } = params;
  const { order, min = 5, max = 1000, isLenient, ids = [], together } = rules;
  if (asked !== undefined) {
    if (ids.length > 0) {
      refuse(
        "InvalidParameterCombination",
        "The parameter MaxResults cannot be used with a list of ids",
      );
    }
    if (asked < min || (asked > max && !isLenient)) {
      refuseValue(
        `Value ( ${asked} ) for parameter maxResults is invalid. Expecting a value between ${min} and ${max}.`,
      );
    }
  }
  const size = Math.min(
    asked === undefined ? Infinity : Math.min(asked, max),
    context.region.account.largestPage,
  );
  const after = token ? readToken(token, context) : -Infinity;
  const first = token ? firstAfter(all, after, order) : 0;
  let end = Math.min(all.length, first + size);
  while (end < all.length && together?.(all[end - 1]!, all[end]!)) end++;
  return {
    items: all.slice(first, end),
    nextToken: end < all.length
      ? encodeBase64(`${context.name} ${order(all[end - 1]!)}`)
      : undefined,
  };
}

/** What comes and goes between two pages moves nothing else. */
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
    // No token of ours.
  }
  const [of, order] = decoded.split(" ");
  if (of === name && /^\d+$/.test(order ?? "")) return Number(order);
  return refuse("InvalidNextToken", "The token is invalid.");
}
