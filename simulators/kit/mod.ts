/**
 * The simulator kit: what simulators of providers share.
 *
 * A simulator is one account of a provider, kept in memory, behind a function
 * with the signature of `fetch`. It has the provider's paths, fields, states and
 * errors. It shares no code with the driver: otherwise both could have the same
 * mistake, and no test would find it.
 *
 * To start, write these parts in this order:
 *
 * 1. **Options.** An interface that extends {@linkcode CommonOptions}, and one
 *    call of {@linkcode readOptions}.
 * 2. **Catalog.** Constants with the sizes, images and locations.
 * 3. **Resources.** An interface for each, a {@linkcode Store} for each
 *    collection, and a {@linkcode Timeline} over all stores. Add resources with
 *    {@linkcode Timeline.add}, and change them with {@linkcode Timeline.begin}
 *    or {@linkcode Timeline.after}. Lists show {@linkcode Timeline.listed}.
 * 4. **Routes.** Handlers by method and path, for {@linkcode serveRoutes}. They
 *    read bodies with {@linkcode Fields}, and lists with {@linkcode readPage}.
 *    {@linkcode collectionRoutes} creates those of one kind of resources.
 * 5. **Errors.** Handlers throw a {@linkcode Refusal}; one function,
 *    {@linkcode Service.error}, converts all of them to the provider's format.
 *
 * The class has `fetch`, `credentials`, `inventory()` and the static options
 * `realistic`, which switch on every delay.
 *
 * @example A simulator of notes, with Bearer authentication
 * ```ts
 * import {
 *   COMMON_OPTIONS,
 *   type CommonOptions,
 *   Fields,
 *   findInPath,
 *   jsonResponse,
 *   noContent,
 *   numericIds,
 *   readBearerToken,
 *   readJson,
 *   readOptions,
 *   Refusal,
 *   serveRoutes,
 *   Store,
 *   text,
 *   Timeline,
 * } from "@nephos/nephos/simulators/kit";
 *
 * interface Options extends CommonOptions {
 *   readonly token?: string;
 * }
 *
 * interface Note {
 *   readonly id: number;
 *   readonly text: string;
 * }
 *
 * function createSimulator(options: Options = {}) {
 *   const settings = readOptions("NoteSimulator", options, {
 *     ...COMMON_OPTIONS,
 *     token: text("secret"),
 *   });
 *   const takeId = numericIds(100);
 *   const notes = new Store<number, Note>();
 *   const timeline = new Timeline(settings, { notes });
 *   timeline.start();
 *   const notFound = () => new Refusal(404, "There is no such note");
 *   return serveRoutes({
 *     timeline,
 *     before(request) {
 *       if (readBearerToken(request) === settings.token) return;
 *       throw new Refusal(401, "The token is invalid");
 *     },
 *     error: ({ status, message }) => jsonResponse(status, { error: message }),
 *     routes: {
 *       "GET /notes": () =>
 *         jsonResponse(200, [...timeline.listed.notes.values()]),
 *       "POST /notes": async ({ request }) => {
 *         const fields = new Fields(await readJson(request));
 *         const note = { id: takeId(), text: fields.string("text") };
 *         return jsonResponse(201, timeline.add(notes, note));
 *       },
 *       "DELETE /notes/{id}": (call) => {
 *         notes.delete(findInPath(notes, call, notFound).id);
 *         return noContent();
 *       },
 *     },
 *   });
 * }
 *
 * const fetch = createSimulator();
 * const request = new Request("https://notes.example/notes", {
 *   method: "POST",
 *   headers: {
 *     Authorization: "Bearer secret",
 *     "Content-Type": "application/json",
 *   },
 *   body: JSON.stringify({ text: "buy milk" }),
 * });
 * console.log((await fetch(request)).status); // 201
 * ```
 *
 * @module
 */

export {
  AddressPool,
  type AddressPoolOptions,
  containsRange,
  type Ipv4Range,
  ipv4ToNumber,
  ipv6ToNumber,
  numberToIpv4,
  numberToIpv6,
  parseIpv4Range,
  PRIVATE_IPV4,
  PUBLIC_IPV4,
  PUBLIC_IPV6,
  rangesOverlap,
  RESERVED_IPV4,
} from "./_addresses.ts";
export {
  type Collection,
  type CollectionFormat,
  type CollectionItem,
  type CollectionNames,
  collectionRoutes,
} from "./_collections.ts";
export {
  hasUser,
  readBasicCredentials,
  readBearerToken,
  type UserCredentials,
} from "./_credentials.ts";
export {
  Fields,
  type FieldsOptions,
  type Invalid,
  type InvalidField,
  isObject,
  type JsonObject,
  type Limits,
  OptionalFields,
} from "./_fields.ts";
export {
  type Inventory,
  type InventoryItem,
  toInventory,
  toItems,
} from "./_inventory.ts";
export {
  FixedWindow,
  type RateLimit,
  retryAfter,
  TokenBucket,
} from "./_limits.ts";
export { md5 } from "./_md5.ts";
export type { Fails, SimulatedOperation } from "./_operations.ts";
export {
  amount,
  baseUrl,
  callback,
  COMMON_OPTIONS,
  type CommonOptions,
  count,
  duration,
  type OptionReader,
  readOptions,
  type Settings,
  text,
  unchecked,
  userName,
} from "./_options.ts";
export { type NumberedPage, type PageRules, readPage } from "./_pages.ts";
export { Refusal, type RefusalDetails } from "./_refusal.ts";
export {
  type Call,
  findInPath,
  type Handler,
  jsonResponse,
  jsonTextResponse,
  noContent,
  readBody,
  readForm,
  readJson,
  type Routes,
  serveRoutes,
  type Service,
} from "./_router.ts";
export type { Task } from "./_schedule.ts";
export {
  parseLabelSelector,
  type SelectionRules,
  selectItems,
} from "./_selection.ts";
export { numericIds, Store, toNumericId, toUuid } from "./_store.ts";
export { type Occupied, Timeline, type TimelineSettings } from "./_timeline.ts";
