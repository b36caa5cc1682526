/**
 * What a driver is made of: the interface, the transport, errors and paging.
 *
 * @module
 */

export { Call } from "./call.ts";
export {
  checkNumber,
  checkSecret,
  checkText,
  choose,
  idOf,
  refuse,
} from "./check.ts";
export * from "./connection.ts";
export * from "./deadline.ts";
export * from "./errors.ts";
export * from "./ip.ts";
export * from "./json.ts";
export {
  Listing,
  type ListingOptions,
  onePage,
  type Page,
  type PageSource,
  type Position,
} from "./listing.ts";
export * from "./numbered_pages.ts";
export {
  type FetchedPage,
  linkedPages,
  manyPages,
  type NextPage,
  type PagedList,
  type PageReader,
  type Paging,
  type Params,
  toSearchParams,
} from "./paging.ts";
export * from "./password.ts";
export * from "./path.ts";
export * from "./rate_limit.ts";
export type { Ref } from "./ref.ts";
export * from "./response.ts";
export type { RetryOptions } from "./retry.ts";
export { VERSION } from "./version.ts";
export * from "./xml.ts";
