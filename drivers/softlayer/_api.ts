/**
 * Calls of services: `/<service>[/<id>][/<method>].json`.
 *
 * @module
 */

import {
  type ApiResponse,
  type CallOptions,
  type Connection,
  JsonApi,
  type Limits,
  type Listing,
  type ListOptions,
  offsetPages,
  type PagedList,
  type PageSource,
  type Paging,
  type Path,
  Positions,
  type RequestOptions,
  toId,
} from "../../core/mod.ts";
import { DISPLAY_NAME } from "./_connection.ts";

const ACCOUNT = "SoftLayer_Account";

interface ItemJson {
  id: number | string;
}

// At most 100 records per page, as SoftLayer's own client requests.
const PAGES: Paging<readonly ItemJson[]> = offsetPages({
  params: (offset, limit) => ({ resultLimit: `${offset},${limit}` }),
  ids: (items) => items.map(({ id }) => toId(id)),
  total: ({ headers }) => headers.get("softlayer-total-items"),
});

/** Without it, two responses may have different orders. */
const BY_ID = {
  id: {
    operation: "orderBy",
    options: [{ name: "sort", value: ["ASC"] }],
  },
};

/** A list of an account. */
export interface AccountList<Json, T> {
  /** Name of the relation, such as `"virtualGuests"`. */
  readonly relation: string;
  /** Method that returns it, such as `"getVirtualGuests"`. */
  readonly method: string;
  /** The fields to request. */
  readonly mask: string;
  /** Converts a record. */
  readonly convert: (json: Json) => T;
}

/** Further settings of {@linkcode SoftLayerApi.list}. */
export interface AccountListSettings<T> {
  /** Filter of the relation, for SoftLayer. */
  readonly filter?: object | undefined;
  /** Selects records after conversion. */
  readonly keep?: ((record: T) => boolean) | undefined;
  /** Requests records that are a page before the first page. */
  readonly before?: ((limits: Limits) => Promise<readonly T[]>) | undefined;
}

/** The calls of a driver for SoftLayer. */
export class SoftLayerApi {
  readonly #connection: Connection;
  readonly #json: JsonApi;

  /** Creates the calls of a driver. */
  constructor(connection: Connection) {
    this.#connection = connection;
    this.#json = new JsonApi(connection);
  }

  /** Lists the records of a relation of the account, page by page. */
  list<Json extends ItemJson, T>(
    operation: string,
    { relation, method, mask, convert }: AccountList<Json, T>,
    options: ListOptions,
    { filter, keep, before }: AccountListSettings<T> = {},
  ): Listing<T> {
    const reader = {
      items: (body: readonly ItemJson[]) => body as readonly Json[],
      convert,
      keep,
      pages: before ? pagesAfter(before) : PAGES,
    };
    const objectFilter = { [relation]: { ...BY_ID, ...filter } };
    return this.#connection.list(`/${ACCOUNT}/${method}.json`, reader, {
      ...options,
      operation,
      params: { objectMask: mask, objectFilter: JSON.stringify(objectFilter) },
    });
  }

  /**
   * Finds the record of a relation whose property has a value.
   *
   * @throws {NotFoundError} If no record has the id.
   */
  async find<Json extends ItemJson, T extends { readonly id: string }>(
    operation: string,
    list: AccountList<Json, T>,
    property: string,
    id: string,
    noun: string,
    options: CallOptions,
  ): Promise<T> {
    const filter = { [property]: { operation: id } };
    const found = await this.list(operation, list, options, { filter });
    // A filter also has operators, and ignores upper and lower case.
    return this.pick(operation, list.method, found, noun, id);
  }

  /**
   * Picks a record by its id.
   *
   * @throws {NotFoundError} If no record has the id.
   */
  pick<T extends { readonly id: string }>(
    operation: string,
    method: string,
    records: readonly T[],
    noun: string,
    id: string,
  ): T {
    const path = `/${ACCOUNT}/${method}.json`;
    return this.#json.pick(operation, path, records, noun, id);
  }

  /** Calls a method that reads, and converts its result. */
  async get<Json, T>(
    operation: string,
    path: string | Path,
    mask: string | undefined,
    convert: (json: Json) => T,
    options: CallOptions,
    objectFilter?: string,
  ): Promise<T> {
    const response = await this.#connection.request<Json>(path, {
      ...options,
      operation,
      params: { objectMask: mask, objectFilter },
    });
    return response.read(convert);
  }

  /** Calls a method with parameters. */
  async post<Json>(
    operation: string,
    path: string | Path,
    options: RequestOptions,
    ...parameters: readonly unknown[]
  ): Promise<ApiResponse<Json>> {
    return await this.#connection.request<Json>(path, {
      method: "POST",
      ...options,
      operation,
      data: { parameters },
    });
  }

  /**
   * Calls a method whose result is whether SoftLayer accepted the request.
   *
   * @throws {ApiError} If the result is not `true`.
   */
  async confirm(
    operation: string,
    path: string | Path,
    options: RequestOptions,
  ): Promise<void> {
    const response = await this.#connection.request(path, {
      ...options,
      operation,
    });
    // A repeated DELETE that gets 404 has succeeded.
    if (response.object === true || !response.isSuccess()) return;
    if (response.object !== false) throw response.malformed("expected true");
    throw response.error(`${DISPLAY_NAME} did not accept the request`);
  }
}

/** Paging of a list whose first page comes from elsewhere. */
function pagesAfter<T>(
  before: (limits: Limits) => Promise<readonly T[]>,
): Paging<readonly ItemJson[]> {
  return <R>(list: PagedList<readonly ItemJson[], R>): PageSource<R> => {
    const read = before as (limits: Limits) => Promise<readonly unknown[]>;
    const source = PAGES(list);
    const start = new Positions(list, ["offset"]).write({ offset: 0 });
    return {
      async *pages(from, limits) {
        if (from === undefined) {
          yield { items: await read(limits) as readonly R[], next: start };
        }
        yield* source.pages(from, limits);
      },
      async all(from, limits, concurrency) {
        const first = from === undefined ? read(limits) : [];
        const rest = source.all(from, limits, concurrency);
        return (await Promise.all([first, rest])).flat() as R[];
      },
    };
  };
}
