/**
 * Building blocks for drivers of every service: connections, responses, errors,
 * lists and paging.
 *
 * @module
 */

export * from "./basic_connection.ts";
export { Call, type CallDescription, type CallInternals } from "./call.ts";
export * from "./calls.ts";
export {
  checkNumber,
  checkSecret,
  checkText,
  choose,
  type ForbiddenCharacters,
  given,
  idJson,
  idOf,
  idsOf,
  mistake,
  refuse,
} from "./check.ts";
export * from "./connection.ts";
export * from "./credentials.ts";
export { Deadline, type Limited, type Limits } from "./deadline.ts";
export * from "./environment.ts";
export * from "./errors.ts";
export type { Extra } from "./extra.ts";
export type {
  Hooks,
  RequestEvent,
  ResponseEvent,
  RetryEvent,
} from "./hooks.ts";
export * from "./ip.ts";
export * from "./json.ts";
export * from "./json_api.ts";
export * from "./json_resources.ts";
export {
  inheritLimiter,
  limitRequests,
  type Release,
  type RequestLimiter,
  RequestSlots,
} from "./limiter.ts";
export {
  emptyListing,
  Listing,
  type ListingOptions,
  onePage,
  type Page,
  type PageSource,
  type Position,
} from "./listing.ts";
export { formatMs, joinWords, oneLine, show, toWords } from "./message.ts";
export * from "./numbered_pages.ts";
export * from "./offset_pages.ts";
export type {
  CallOptions,
  ConnectionOptions,
  Fetch,
  ListOptions,
  RequestOptions,
  SECRETS,
} from "./options.ts";
export {
  type FetchedPage,
  type FetchPage,
  linkedPages,
  type LinkedPagesOptions,
  ListChangedError,
  manyPages,
  type NextPage,
  type PagedList,
  type PageItems,
  type PageReader,
  type Paging,
  type Params,
  singlePage,
  toSearchParams,
} from "./paging.ts";
export * from "./password.ts";
export * from "./path.ts";
export {
  type PageParameterForm,
  type PageParameters,
  type PageParams,
  type PositionedList,
  Positions,
} from "./position.ts";
export * from "./rate_limit.ts";
export type { Ref } from "./ref.ts";
export type { Redactor } from "./redact.ts";
export * from "./registry.ts";
export * from "./response.ts";
export type { RetryOptions } from "./retry.ts";
export * from "./shared_connection.ts";
export { type SharedLoad, SharedValue } from "./shared_value.ts";
export * from "./token_connection.ts";
export { VERSION } from "./version.ts";
export * from "./xml.ts";
