/**
 * The requests of a driver whose service speaks the Query protocol of AWS:
 * actions with parameters in a query or a form, and responses in XML.
 *
 * The methods are those of `JsonApi`, with an action instead of a path.
 *
 * @module
 */

import {
  type ApiResponse,
  type CallOptions,
  CloudError,
  type Connection,
  emptyListing,
  idOf,
  type Limits,
  type Listing,
  type ListOptions,
  mistake,
  NotFoundError,
  oneLine,
  type PageParams,
  type Paging,
  type Ref,
  type RequestOptions,
  toWords,
  type XmlElement,
} from "../../core/mod.ts";

/**
 * Parameters of an action: strings, numbers, booleans, dates, and arrays and
 * objects of them. A parameter that is `undefined` is left out.
 */
export type QueryParameters = Readonly<Record<string, unknown>>;

/** Options of the methods that write. */
export type WriteOptions =
  & CallOptions
  & Pick<RequestOptions, "creates" | "idempotent" | "secrets">;

/** Describes the records of one kind, for lists and for single records. */
export interface Collection<T> {
  /** Action that lists the records, such as `"DescribeInstances"`. */
  readonly action: string;
  /** Names of the elements on the path to the records. */
  readonly path: readonly string[];
  /** Parameter for the ids of single records. */
  readonly idParameter: string;
  /** Converts a record. */
  readonly convert: (item: XmlElement) => T;
  /** Largest number of records on a page; absent if the list has one page. */
  readonly largestPage?: number | undefined;
}

/**
 * Settings of a {@linkcode QueryApi}.
 *
 * @typeParam O Options of every list.
 */
export interface QueryApiSettings<O extends ListOptions = ListOptions> {
  /** Version of the API, such as `"2016-11-15"`. */
  readonly version: string;
  /** How the pages of lists follow each other. */
  readonly pages: Paging<XmlElement>;
  /** Parameter for the number of records on a page, and its smallest value. */
  readonly pageSize: { readonly parameter: string; readonly min: number };
  /** Converts the options of a list, such as filters, into parameters. */
  readonly listParameters?:
    | ((options: O, operation: string) => QueryParameters)
    | undefined;
  /** Name of the items of a list in a form; see {@linkcode toForm}. */
  readonly itemName?: string | undefined;
}

/**
 * The requests of a driver. Actions, parameters and options come in; records
 * come out. Actions that read are sent as a GET, which may be repeated; actions
 * that write are sent as a form in a POST.
 *
 * @typeParam O Options of every list.
 */
export class QueryApi<O extends ListOptions = ListOptions> {
  readonly #connection: Connection;
  readonly #settings: QueryApiSettings<O>;

  /**
   * Creates the requests of a driver.
   *
   * @param connection Connection to the service.
   * @param settings The version of the API, and how it lists.
   */
  constructor(connection: Connection, settings: QueryApiSettings<O>) {
    this.#connection = connection;
    this.#settings = settings;
  }

  /**
   * Lists the records of a collection. If a parameter is an empty array, such as
   * a list of ids, the list is empty, and no request is sent: the service would
   * list all records.
   *
   * @typeParam T A record of the driver.
   * @param operation Method of the driver, for errors.
   * @param collection The collection.
   * @param options Options of the caller.
   * @param parameters Further parameters of the action.
   * @param keep Selects records after conversion, if the service cannot filter.
   * @returns The listing.
   */
  list<T>(
    operation: string,
    collection: Collection<T>,
    options: O,
    parameters: QueryParameters = {},
    keep?: (record: T) => boolean,
  ): Listing<T> {
    const load = () => Promise.resolve((record: T) => record);
    return this.listWith(
      operation,
      collection,
      load,
      options,
      parameters,
      keep,
    );
  }

  /**
   * Lists the records of a collection, and converts them with a function that
   * is loaded when a page has arrived. Programs that do not list them need not
   * contain the function and its data.
   *
   * @typeParam Item A record of the collection.
   * @typeParam T A record of the driver.
   * @param operation Method of the driver, for errors.
   * @param collection The collection.
   * @param load Loads the function. It gets the limits of the page.
   * @param options Options of the caller.
   * @param parameters Further parameters of the action.
   * @param keep Selects records after conversion, if the service cannot filter.
   * @returns The listing.
   */
  listWith<Item, T>(
    operation: string,
    { action, path, idParameter, largestPage, convert }: Collection<Item>,
    load: (limits: Limits) => Promise<(item: Item) => T>,
    options: O,
    parameters: QueryParameters = {},
    keep?: (record: T) => boolean,
  ): Listing<T> {
    const { pages, pageSize, listParameters } = this.#settings;
    // The services refuse a page size together with ids.
    const hasPages = largestPage !== undefined &&
      parameters[idParameter] === undefined;
    const size: PageParams = hasPages
      ? {
        [pageSize.parameter]: Math.max(
          pageSize.min,
          Math.min(options.pageSize ?? largestPage, largestPage),
        ),
      }
      : {};
    const selection = {
      ...listParameters?.(options, operation),
      ...parameters,
    };
    if (hasEmptyArray(selection)) {
      return emptyListing({ ...options, operation });
    }
    const params = this.#toForm(operation, action, selection);
    let finish: (item: Item) => T;
    return this.#connection.list<XmlElement, T, XmlElement>("/", {
      items: (body) => checkRoot(body, action).all(...path),
      convert: (item) => finish(convert(item)),
      keep,
      pages: (list) =>
        pages({
          ...list,
          async request(page, limits) {
            const response = await list.request({ ...size, ...page }, limits);
            finish = await load(limits);
            return response;
          },
        }),
    }, { ...options, operation, params });
  }

  /**
   * Finds one record of a collection by its id.
   *
   * @typeParam T A record of the driver.
   * @param operation Method of the driver, for errors.
   * @param collection The collection.
   * @param named The record or its id, under the name that errors show, as in
   *   `{ node }`.
   * @param options Options of the caller.
   * @param parameters Further parameters of the action.
   * @returns The record.
   * @throws {TypeError} If the id is invalid.
   * @throws {NotFoundError} If no record has that id.
   */
  async find<T>(
    operation: string,
    { action, path, idParameter, convert }: Collection<T>,
    named: Readonly<Record<string, Ref>>,
    options: CallOptions,
    parameters: QueryParameters = {},
  ): Promise<T> {
    const [field = "", ref = ""] = Object.entries(named)[0] ?? [];
    const id = idOf(ref, operation, field);
    const response = await this.#read(operation, action, options, {
      ...parameters,
      [idParameter]: [id],
    });
    const [record] = response.read((body) =>
      body.all(...path).map((item) => convert(item))
    );
    if (record !== undefined) return record;
    throw response.error(
      `no ${toWords(field)} has the id ${oneLine(id)}`,
      NotFoundError,
      404,
    );
  }

  /**
   * Sends an action that reads, and converts the response.
   *
   * @typeParam T Result of the conversion.
   * @param operation Method of the driver, for errors.
   * @param action The action.
   * @param convert Converts the root element.
   * @param options Options of the caller.
   * @param parameters Parameters of the action.
   * @returns The result.
   */
  async get<T>(
    operation: string,
    action: string,
    convert: (body: XmlElement) => T,
    options: CallOptions,
    parameters: QueryParameters = {},
  ): Promise<T> {
    const response = await this.#read(operation, action, options, parameters);
    return response.read(convert);
  }

  /**
   * Creates something, and converts the response. If the caller aborts after
   * the request was sent, the promise rejects with an `AbortedError`. If the
   * request may have been applied, the error has its idempotency key.
   *
   * @typeParam T The record of the driver.
   * @param operation Method of the driver, for errors.
   * @param action The action.
   * @param convert Converts the root element.
   * @param options Options of the caller. `idempotent` allows retries: the
   *   request contains an idempotency key, or has the same effect twice.
   *   `secrets` are the parts of the parameters that no error may show. Pass
   *   `creates: false` if the action creates nothing.
   * @param parameters Parameters of the action.
   * @returns The record.
   */
  async create<T>(
    operation: string,
    action: string,
    convert: (body: XmlElement) => T,
    options: WriteOptions,
    parameters: QueryParameters = {},
  ): Promise<T> {
    const { creates = true } = options;
    const write = { ...options, creates };
    try {
      const response = await this.send(operation, action, write, parameters);
      return response.read(convert);
    } catch (error) {
      const { ClientToken: idempotencyKey } = parameters;
      const isUnclear = CloudError.is(error) && error.mayHaveBeenApplied;
      throw isUnclear && typeof idempotencyKey === "string"
        ? Object.assign(error, { idempotencyKey })
        : error;
    }
  }

  /**
   * Sends an action that writes, and whose response says nothing but success.
   *
   * @param operation Method of the driver, for errors.
   * @param action The action.
   * @param options Options of the caller. `idempotent` allows retries.
   * @param parameters Parameters of the action.
   * @returns The response.
   */
  async send(
    operation: string,
    action: string,
    options: WriteOptions,
    parameters: QueryParameters = {},
  ): Promise<ApiResponse<XmlElement>> {
    const data = this.#toForm(operation, action, parameters);
    const write = { method: "POST", data };
    return await this.#request(operation, action, { ...options, ...write });
  }

  /**
   * Sends an action that deletes something. It may be sent again, so a record
   * that a lost attempt deleted counts as deleted.
   *
   * @param operation Method of the driver, for errors.
   * @param action The action.
   * @param options Options of the caller.
   * @param parameters Parameters of the action.
   * @throws {NotFoundError} If no record has that id.
   */
  async delete(
    operation: string,
    action: string,
    options: CallOptions,
    parameters: QueryParameters,
  ): Promise<void> {
    const repeatable = { ...options, idempotent: true };
    try {
      await this.send(operation, action, repeatable, parameters);
    } catch (error) {
      // Only an earlier attempt of this call makes it unclear.
      const isDone = NotFoundError.is(error) && error.mayHaveBeenApplied;
      if (!isDone) throw error;
    }
  }

  async #read(
    operation: string,
    action: string,
    options: CallOptions,
    parameters: QueryParameters,
  ): Promise<ApiResponse<XmlElement>> {
    const params = this.#toForm(operation, action, parameters);
    return await this.#request(operation, action, { ...options, params });
  }

  async #request(
    operation: string,
    action: string,
    options: RequestOptions,
  ): Promise<ApiResponse<XmlElement>> {
    const response = await this.#connection.request<XmlElement>("/", {
      ...options,
      operation,
    });
    response.read((body) => checkRoot(body, action));
    return response;
  }

  #toForm(
    operation: string,
    action: string,
    parameters: QueryParameters,
  ): Form {
    const { version, itemName } = this.#settings;
    const all = { Version: version, ...parameters, Action: action };
    return toForm(all, operation, itemName);
  }
}

/** Whether an array in the parameters is empty. */
function hasEmptyArray(parameters: unknown): boolean {
  if (typeof parameters !== "object" || parameters === null) return false;
  const parts = Object.values(parameters);
  const isEmpty = Array.isArray(parameters) && parts.length === 0;
  return isEmpty || parts.some(hasEmptyArray);
}

/** A form: flat names, and strings. */
export type Form = Readonly<Record<string, string>>;

/**
 * Flattens parameters into the form that the Query protocol expects.
 *
 * `{ filter: [{ name: "a" }] }` becomes `Filter.1.Name=a`, or, with an
 * `itemName` of `"member"`, `Filter.member.1.Name=a`. A `Date` is sent in ISO
 * 8601.
 *
 * @param parameters The parameters. The first letter of each name is written in
 *   upper case, as in the names of the API.
 * @param operation Name of the method, for errors.
 * @param itemName Name of the items of an array, if the service has one.
 * @returns The form.
 * @throws {TypeError} If a form cannot express a value, such as `null`, an
 *   invalid `Date` or a `Map`.
 */
export function toForm(
  parameters: object,
  operation: string,
  itemName = "",
): Form {
  const fields: [string, string][] = [];
  const add = (value: unknown, name: string) => {
    const text = toField(value);
    if (text !== undefined) {
      fields.push([name, text]);
    } else if (Array.isArray(value)) {
      value.forEach((item, index) =>
        add(item, [name, itemName, index + 1].filter(Boolean).join("."))
      );
    } else if (isTable(value)) {
      for (const [key, part] of Object.entries(value)) {
        const names = [name, capitalized(key)];
        add(part, names.filter(Boolean).join("."));
      }
    } else if (value !== undefined) {
      throw mistake(operation, name || "data", EXPRESSIBLE, value);
    }
  };
  add(parameters, "");
  return Object.fromEntries(fields);
}

/**
 * Writes the first letter of a name in upper case, as in the names of the API.
 *
 * @param name Name of a parameter.
 * @returns The name in the API.
 */
export function capitalized(name: string): string {
  return name.replace(/^./, (letter) => letter.toUpperCase());
}

const EXPRESSIBLE =
  "a string, a finite number, a boolean, a valid Date, an array or an object";

/** Converts a single value of a form; `undefined` if it is not one. */
function toField(value: unknown): string | undefined {
  if (value instanceof Date) {
    return Number.isNaN(value.getTime()) ? undefined : value.toISOString();
  }
  const isSingle = typeof value === "string" || typeof value === "boolean" ||
    typeof value === "bigint" || Number.isFinite(value);
  return isSingle ? String(value) : undefined;
}

/** Whether a value is an object that consists of its properties. */
function isTable(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  // An object of another realm has another Object.prototype.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/**
 * Checks that a response belongs to an action.
 *
 * @throws {TypeError} If the root element has another name, or is missing.
 */
function checkRoot(body: XmlElement | undefined, action: string): XmlElement {
  const root = `${action}Response`;
  if (body?.name === root) return body;
  throw new TypeError(`the response has no element "${root}"`);
}
