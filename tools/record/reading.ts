/**
 * The methods of a driver that read: which there are, and how to call them.
 *
 * @module
 */

import {
  ApiError,
  CloudError,
  InvalidCredsError,
  type Listing,
} from "../../core/mod.ts";
import type { NodeDriver } from "../../core/compute/mod.ts";
import type { Account } from "./accounts.ts";

/** A record of a driver: most have an id. */
export type Item = Readonly<Record<string, unknown>>;

/** How many pages of a list are read. */
export const MAX_PAGES = 2;

/** What a list method returned. */
export interface ListRead {
  /** The records. */
  readonly items: readonly Item[];
  /** Number of records on each page. */
  readonly pages: readonly number[];
  /** Whether there are more pages than were read. */
  readonly hasMore: boolean;
}

/** What the reading methods returned. */
export interface Reading {
  /** What each list method returned. */
  readonly lists: ReadonlyMap<string, ListRead>;
  /** Methods that returned something else, and what. */
  readonly records: ReadonlyMap<string, unknown>;
  /** Methods that were not called, and why. */
  readonly skipped: ReadonlyMap<string, string>;
  /** Methods that failed, and their errors. */
  readonly failed: ReadonlyMap<string, CloudError>;
}

type Method = (...args: unknown[]) => unknown;

// The words of these lists are public; they come first.
const FIRST = ["listLocations", "listSizes", "listImages", "listNodes"];

/**
 * Lists the methods of a driver that read, the lists first.
 *
 * @param driver The driver.
 * @returns Names of the methods.
 */
function readingMethods(driver: NodeDriver): string[] {
  const names = new Set<string>();
  for (
    let proto = Object.getPrototypeOf(driver);
    proto !== Object.prototype;
    proto = Object.getPrototypeOf(proto)
  ) {
    for (const name of Object.getOwnPropertyNames(proto)) {
      const { value } = Object.getOwnPropertyDescriptor(proto, name)!;
      const isReading = /^(?:list|get)[A-Z]/.test(name);
      if (isReading && typeof value === "function") names.add(name);
    }
  }
  const rank = (name: string) =>
    FIRST.includes(name)
      ? FIRST.indexOf(name)
      : FIRST.length + Number(name.startsWith("get"));
  return [...names].sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
}

/**
 * Calls the methods of a driver that read, one after the other. A method that
 * needs something to read gets the first one that a list returned.
 *
 * @param account The driver, and its recorder.
 * @param signal Ends the reading.
 * @returns What the methods returned.
 * @throws {InvalidCredsError} If the provider refuses the credentials.
 */
export async function readAll(
  { driver, recorder }: Account,
  signal?: AbortSignal,
): Promise<Reading> {
  const lists = new Map<string, ListRead>();
  const records = new Map<string, unknown>();
  const skipped = new Map<string, string>();
  const failed = new Map<string, CloudError>();
  const firstOf = (name: string): Item | undefined => lists.get(name)?.items[0];

  const readOne = async (name: string): Promise<void> => {
    const method = Reflect.get(driver, name) as Method;
    const result = await recorder.during(
      name,
      () => callWithSubject(driver, name, method, firstOf, signal),
    );
    if (result === undefined) skipped.set(name, "the account has none");
    else if (isListRead(result)) lists.set(name, result);
    else records.set(name, result);
  };

  for (const name of readingMethods(driver)) {
    signal?.throwIfAborted();
    try {
      await readOne(name);
    } catch (error) {
      // The driver refuses what a list returned: this method needs something else.
      if (error instanceof TypeError) {
        skipped.set(name, error.message);
        continue;
      }
      // Without valid credentials, every other call fails as well.
      if (!CloudError.is(error) || InvalidCredsError.is(error)) throw error;
      failed.set(name, error);
    }
  }
  return { lists, records, skipped, failed };
}

/**
 * Calls a method without an argument if it can do without, otherwise with a
 * record. A driver refuses a missing argument before it sends a request.
 */
async function callWithSubject(
  driver: NodeDriver,
  name: string,
  method: Method,
  firstOf: (list: string) => Item | undefined,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  if (method.length === 0) {
    return await settle(method.call(driver, { signal }));
  }
  if (name.startsWith("list")) {
    try {
      return await settle(method.call(driver, undefined, { signal }));
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
  }
  const subject = listsFor(name, method).map(firstOf).find((it) => it);
  if (!subject) return undefined;
  return await settle(method.call(driver, subject, { signal }));
}

/** Lists that may have what a method reads, such as `listKeyPairs`. */
function listsFor(name: string, method: Method): string[] {
  const [, parameter = ""] = /\(\s*(\w+)/.exec(method.toString()) ?? [];
  return [name.replace(/^(?:get|list)/, ""), parameter]
    .filter((noun) => noun !== "")
    .map((noun) => `list${noun[0]!.toUpperCase()}${noun.slice(1)}s`);
}

/** Reads the first pages of a list, or waits for a record. */
async function settle(result: unknown): Promise<unknown> {
  if (!isListing(result)) return await result;
  const items: Item[] = [];
  const pages: number[] = [];
  let hasMore = false;
  for await (const page of result.pages()) {
    items.push(...page.items);
    pages.push(page.items.length);
    hasMore = page.next !== undefined;
    if (pages.length === MAX_PAGES) break;
  }
  return { items, pages, hasMore } satisfies ListRead;
}

function isListing(value: unknown): value is Listing<Item> {
  return typeof (value as Partial<Listing<Item>> | undefined)?.pages ===
    "function";
}

function isListRead(value: unknown): value is ListRead {
  return typeof value === "object" && value !== null && "hasMore" in value;
}

/**
 * Tells whether an error is a refusal of this one method, as for a token that
 * may not read everything.
 *
 * @param error The error.
 * @returns Whether the provider refused for lack of permission.
 */
export function isForbidden(error: CloudError): boolean {
  return ApiError.is(error) && error.status === 403;
}
