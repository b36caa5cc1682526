/**
 * The requests of a driver that are the same for all kinds of resources: list,
 * get, create, change and delete.
 *
 * @module
 */

import { field, JsonApi } from "./json_api.ts";
import type { JsonListSettings, JsonWriteOptions } from "./json_api.ts";
import type { Listing } from "./listing.ts";
import type { CallOptions, ListOptions } from "./options.ts";
import { Path } from "./path.ts";
import type { Ref } from "./ref.ts";

/** Names of a {@linkcode JsonKind} in the JSON of the provider. */
export interface JsonKindNames {
  /**
   * Field of a page that contains the records.
   *
   * @default {the last segment of the path}
   */
  readonly plural?: string | undefined;
  /**
   * Field of the body that contains a single record; `""` if the body is the
   * record itself.
   *
   * @default {`plural` without the "s" at its end}
   */
  readonly singular?: string | undefined;
}

/**
 * A kind of resources, such as servers.
 *
 * @typeParam Json A resource in the provider's JSON.
 * @typeParam T A record of the driver.
 */
export class JsonKind<Json, T> {
  /** Field of a page that contains the records. */
  readonly plural: string;
  /** Converts the body that contains a single record. */
  readonly convertBody: (body: unknown) => T;

  /**
   * Creates a kind. It sends nothing, and can be a constant.
   *
   * @param path Path of the list, such as `"/v2/volumes"`.
   * @param noun Name of the argument for errors, such as `"volume"`.
   * @param convert Converts a resource.
   * @param names Names of the fields with resources.
   */
  constructor(
    readonly path: string,
    readonly noun: string,
    readonly convert: (json: Json) => T,
    names: JsonKindNames = {},
  ) {
    const { plural = path.slice(path.lastIndexOf("/") + 1) } = names;
    const { singular = plural.replace(/s$/, "") } = names;
    this.plural = plural;
    const read = singular === "" ? convert : field(singular, convert);
    this.convertBody = read as (body: unknown) => T;
  }

  /**
   * Path of one resource, or of something below it.
   *
   * @param ref The resource or its id. It is checked when a request uses the
   *   path.
   * @param rest Constant end of the path, such as `"/actions/reboot"`.
   * @returns The path.
   */
  at(ref: Ref, rest = ""): Path {
    return new Path([`${this.path}/`, rest], [{ [this.noun]: ref }]);
  }
}

/**
 * The requests of a driver whose provider has the same ones for all kinds of
 * resources.
 *
 * ```ts
 * import {
 *   JsonKind,
 *   JsonResources,
 *   JsonResponse,
 *   linkedPages,
 *   TokenConnection,
 * } from "@nephos/nephos/core";
 * import { HetznerSimulator } from "@nephos/nephos/simulators/hetzner";
 *
 * class Cloud extends TokenConnection {
 *   override readonly provider = "hetzner";
 *   protected override readonly responseClass = JsonResponse;
 * }
 *
 * const KEYS = new JsonKind(
 *   "/ssh_keys",
 *   "keyPair",
 *   ({ id, name }: { id: number; name: string }) => ({ id: `${id}`, name }),
 * );
 * const { credentials, fetch } = new HetznerSimulator({ nodes: 1 });
 * const url = "https://api.hetzner.cloud/v1";
 * const resources = new JsonResources(new Cloud(url, { ...credentials, fetch }));
 * const [key] = await resources.listOf("listKeyPairs", KEYS);
 * console.log(await resources.getOf("getKeyPair", KEYS, key!));
 * ```
 *
 * @typeParam Body The fields of a page that the paging reads.
 */
export class JsonResources<Body = unknown> extends JsonApi<Body> {
  /**
   * Lists the resources of a kind.
   *
   * @typeParam Json A resource in the provider's JSON.
   * @typeParam T A record of the driver.
   * @param operation Method of the driver, for errors.
   * @param kind Kind of the resources.
   * @param options Options of the caller.
   * @param settings Parameters, a filter, or another paging.
   * @returns The listing.
   */
  listOf<Json, T>(
    operation: string,
    { path, plural, convert }: JsonKind<Json, T>,
    options: ListOptions = {},
    settings: JsonListSettings<Body, T> = {},
  ): Listing<T> {
    return this.list(operation, path, plural, convert, options, settings);
  }

  /**
   * Gets one resource.
   *
   * @typeParam Json The resource in the provider's JSON.
   * @typeParam T The record of the driver.
   * @param operation Method of the driver, for errors.
   * @param kind Kind of the resource.
   * @param ref The resource or its id.
   * @param options Options of the caller.
   * @returns The record.
   */
  async getOf<Json, T>(
    operation: string,
    kind: JsonKind<Json, T>,
    ref: Ref,
    options: CallOptions = {},
  ): Promise<T> {
    return await this.get(operation, kind.at(ref), kind.convertBody, options);
  }

  /**
   * Creates a resource with a POST; see {@linkcode JsonApi.create}.
   *
   * @typeParam Json The resource in the provider's JSON.
   * @typeParam T The record of the driver.
   * @param operation Method of the driver, for errors.
   * @param kind Kind of the resource.
   * @param options Options of the caller. `secrets` are the parts of `data`
   *   that no error may show.
   * @param data The data to send.
   * @returns The record.
   */
  async createOf<Json, T>(
    operation: string,
    { path, convertBody }: JsonKind<Json, T>,
    options: JsonWriteOptions,
    data: unknown,
  ): Promise<T> {
    return await this.create(operation, path, convertBody, options, data);
  }

  /**
   * Changes a resource with a PUT. The response is not read.
   *
   * @typeParam Json The resource in the provider's JSON.
   * @typeParam T The record of the driver.
   * @param operation Method of the driver, for errors.
   * @param kind Kind of the resource.
   * @param ref The resource or its id.
   * @param options Options of the caller. `secrets` are the parts of `data`
   *   that no error may show.
   * @param data The data to send.
   */
  async updateOf<Json, T>(
    operation: string,
    kind: JsonKind<Json, T>,
    ref: Ref,
    options: JsonWriteOptions,
    data: unknown,
  ): Promise<void> {
    await this.send(operation, "PUT", kind.at(ref), options, data);
  }

  /**
   * Deletes a resource.
   *
   * @typeParam Json The resource in the provider's JSON.
   * @typeParam T The record of the driver.
   * @param operation Method of the driver, for errors.
   * @param kind Kind of the resource.
   * @param ref The resource or its id.
   * @param options Options of the caller.
   */
  async deleteOf<Json, T>(
    operation: string,
    kind: JsonKind<Json, T>,
    ref: Ref,
    options: JsonWriteOptions = {},
  ): Promise<void> {
    await this.send(operation, "DELETE", kind.at(ref), options);
  }
}
