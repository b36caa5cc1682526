/**
 * The requests of a driver whose provider uses JSON: lists, single records and
 * writes.
 *
 * @module
 */

import { idOf } from "./check.ts";
import type { Connection } from "./connection.ts";
import { NotFoundError } from "./errors.ts";
import type { Listing } from "./listing.ts";
import { oneLine, toWords } from "./message.ts";
import type { CallOptions, ListOptions, RequestOptions } from "./options.ts";
import type { Paging, Params } from "./paging.ts";
import type { Path } from "./path.ts";
import type { Ref } from "./ref.ts";
import type { ApiResponse } from "./response.ts";

/** Further settings of {@linkcode JsonApi.list}. */
export interface JsonListSettings<Body, T> {
  /** Parameters of the query. */
  readonly params?: Params | undefined;
  /** Selects records after conversion, if the provider cannot filter. */
  readonly keep?: ((record: T) => boolean) | undefined;
  /**
   * How the pages follow each other.
   *
   * @default {the paging of the `JsonApi`}
   */
  readonly pages?: Paging<Body> | undefined;
}

/** Options of the methods that write. */
export type JsonWriteOptions =
  & CallOptions
  & Pick<
    RequestOptions,
    "creates" | "idempotent" | "mayBeUnknown" | "secrets"
  >;

/**
 * Converts one field of a JSON object, such as the node in `{"node": {...}}`.
 *
 * @typeParam Json The field in the provider's JSON.
 * @typeParam T Result of the conversion.
 * @param key Name of the field.
 * @param convert Converts the field.
 * @returns A function that converts the object.
 */
export function field<Json, T>(
  key: string,
  convert: (json: Json) => T,
): (body: Readonly<Record<string, Json>>) => T {
  return (body) => convert(body[key] as Json);
}

/**
 * Sends the requests of a driver, and converts the responses into records.
 *
 * ```ts
 * import { BasicConnection, JsonApi, JsonResponse } from "@nephos/nephos/core";
 * import { NephoScaleSimulator } from "@nephos/nephos/simulators/nephoscale";
 *
 * class Zones extends BasicConnection {
 *   override readonly provider = "nephoscale";
 *   protected override readonly responseClass = JsonResponse;
 * }
 *
 * const { credentials, fetch } = new NephoScaleSimulator();
 * const api = new JsonApi(
 *   new Zones("https://api.nephoscale.com", { ...credentials, fetch }),
 * );
 * const toName = ({ name }: { name: string }) => name;
 * console.log(await api.list("listZones", "/datacenter/zone/", "data", toName));
 * ```
 *
 * @typeParam Body The fields of a page that the paging reads.
 */
export class JsonApi<Body = unknown> {
  readonly #connection: Connection;
  readonly #pages: Paging<Body> | undefined;

  /**
   * Gets one record out of a list, if the provider has no endpoint for a single
   * record.
   *
   * @typeParam Json An item of the list in the provider's JSON.
   * @typeParam T A record of the driver.
   * @param operation Method of the driver, for errors.
   * @param path Path of the list.
   * @param key Field of the body that contains the items.
   * @param convert Converts an item.
   * @param named The id or a record, by the name of the argument, as in
   *   `{ node }`.
   * @param options Options of the caller.
   * @returns The record.
   * @throws {NotFoundError} If no record has that id.
   */
  async find<Json, T extends { readonly id: string }>(
    operation: string,
    path: string,
    key: string,
    convert: (json: Json) => T,
    named: Readonly<Record<string, Ref>>,
    options: CallOptions = {},
  ): Promise<T> {
    const [noun = "id", ref = ""] = Object.entries(named)[0] ?? [];
    const id = idOf(ref, operation, noun);
    const records = await this.list(operation, path, key, convert, options);
    return this.pick(operation, path, records, noun, id);
  }

  /**
   * Picks a record of a list by id.
   *
   * @typeParam T A record of the driver.
   * @param operation Method of the driver, for errors.
   * @param path Path of the list.
   * @param records The records of the list.
   * @param noun Name of the argument, such as `"node"`.
   * @param id The id.
   * @returns The record.
   * @throws {NotFoundError} If no record has that id.
   */
  pick<T extends { readonly id: string }>(
    operation: string,
    path: string,
    records: readonly T[],
    noun: string,
    id: string,
  ): T {
    const found = records.find((record) => record.id === id);
    if (found) return found;
    const { provider, baseUrl } = this.#connection;
    const message = `${operation}: no ${toWords(noun)} has the id ${
      oneLine(id)
    }`;
    throw new NotFoundError(message, {
      provider,
      operation,
      status: 404,
      method: "GET",
      url: baseUrl + path,
      body: "",
    });
  }

  /**
   * Creates the requests of a driver.
   *
   * @param connection Connection to the provider.
   * @param pages How the pages of lists follow each other.
   */
  constructor(connection: Connection, pages?: Paging<Body>) {
    this.#connection = connection;
    this.#pages = pages;
  }

  /**
   * Lists the records of an endpoint.
   *
   * @typeParam Json A record in the provider's JSON.
   * @typeParam T A record of the driver.
   * @param operation Method of the driver, for errors.
   * @param path Path of the endpoint.
   * @param key Field of the body that holds the array of records.
   * @param convert Converts a record.
   * @param options Options of the caller.
   * @param settings Parameters, a filter, or another paging.
   * @returns The listing.
   */
  list<Json, T>(
    operation: string,
    path: string | Path,
    key: string,
    convert: (json: Json) => T,
    options: ListOptions = {},
    settings: JsonListSettings<Body, T> = {},
  ): Listing<T> {
    const { params, keep, pages = this.#pages } = settings;
    return this.#connection.list(path, {
      items: (body: Body) =>
        (body as Readonly<Record<string, readonly Json[]>>)[key] ??
          missing(key),
      convert,
      keep,
      pages,
    }, { ...options, operation, params });
  }

  /**
   * Gets one record.
   *
   * @typeParam Json The body in the provider's JSON.
   * @typeParam T The record of the driver.
   * @param operation Method of the driver, for errors.
   * @param path Path of the record.
   * @param convert Converts the body; see {@linkcode field}.
   * @param options Options of the caller.
   * @returns The record.
   */
  async get<Json, T>(
    operation: string,
    path: string | Path,
    convert: (body: Json) => T,
    options: CallOptions = {},
  ): Promise<T> {
    const response = await this.#connection.request<Json>(path, {
      ...options,
      operation,
    });
    return response.read(convert);
  }

  /**
   * Creates something with a POST, and converts the response. If the caller
   * aborts after the POST was sent, the promise rejects with an `AbortedError`.
   *
   * @typeParam Json The body of the response in the provider's JSON.
   * @typeParam T The record of the driver.
   * @param operation Method of the driver, for errors.
   * @param path Path of the endpoint.
   * @param convert Converts the body; see {@linkcode field}.
   * @param options Options of the caller. `secrets` are the parts of `data`
   *   that no error may show. Pass `creates: false` if the POST creates nothing.
   * @param data The data to send.
   * @returns The record.
   */
  async create<Json, T>(
    operation: string,
    path: string | Path,
    convert: (body: Json) => T,
    options: JsonWriteOptions,
    data: unknown,
  ): Promise<T> {
    const { creates = true } = options;
    const write = { ...options, creates };
    const response = await this.send(operation, "POST", path, write, data);
    return response.read((body) => convert(body as Json));
  }

  /**
   * Sends a write whose response contains no record.
   *
   * @param operation Method of the driver, for errors.
   * @param method HTTP method.
   * @param path Path of the endpoint.
   * @param options Options of the caller. `secrets` are the parts of `data`
   *   that no error may show.
   * @param data The data to send, if any.
   * @returns The response.
   */
  async send(
    operation: string,
    method: string,
    path: string | Path,
    options: JsonWriteOptions = {},
    data?: unknown,
  ): Promise<ApiResponse> {
    return await this.#connection.request(path, {
      ...options,
      operation,
      method,
      data,
    });
  }
}

function missing(key: string): never {
  throw new TypeError(`the response has no field "${key}"`);
}
