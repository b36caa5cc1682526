/**
 * The requests of the API, which are the same for all kinds of resources.
 *
 * @module
 */

import {
  type CallOptions,
  checkText,
  type Connection,
  field,
  given,
  idJson,
  idsOf,
  JsonApi,
  type JsonListSettings,
  type JsonWriteOptions,
  type Listing,
  type ListOptions,
  type Path,
  path,
  type Ref,
} from "../../core/mod.ts";
import { checkTags, type TagInput } from "../../core/compute/mod.ts";
import { type PageJson, PAGES } from "./_connection.ts";
import { type HetznerAction, toAction } from "./_records.ts";

/** A kind of resources, such as servers. */
export class Kind<Json, T> {
  constructor(
    /** Path, and field of a list, such as `"servers"`. */
    readonly plural: string,
    /** Name of the argument for errors, such as `"node"`. */
    readonly noun: string,
    /** Converts a resource. */
    readonly convert: (json: Json) => T,
  ) {}
}

/** The requests of a driver for Hetzner Cloud. */
export class HetznerApi extends JsonApi<PageJson> {
  constructor(connection: Connection) {
    super(connection, PAGES);
  }

  /** Lists the resources of a kind. */
  listOf<Json, T>(
    operation: string,
    { plural, convert }: Kind<Json, T>,
    options: ListOptions,
    settings: JsonListSettings<PageJson, T> = {},
  ): Listing<T> {
    const all = `/${plural}`;
    return this.list(operation, all, plural, convert, options, settings);
  }

  /** Gets a resource. */
  async getOf<Json, T>(
    operation: string,
    kind: Kind<Json, T>,
    ref: Ref,
    options: CallOptions,
  ): Promise<T> {
    return await this.get(operation, pathOf(kind, ref), inField(kind), options);
  }

  /** Creates a resource. */
  async createOf<Json, T>(
    operation: string,
    kind: Kind<Json, T>,
    options: CallOptions,
    data: object,
  ): Promise<T> {
    const all = `/${kind.plural}`;
    return await this.create(operation, all, inField(kind), options, data);
  }

  /** Deletes a resource. */
  async deleteOf<Json, T>(
    operation: string,
    kind: Kind<Json, T>,
    ref: Ref,
    options: JsonWriteOptions,
  ): Promise<void> {
    await this.send(operation, "DELETE", pathOf(kind, ref), options);
  }

  /** Starts an action on a resource. */
  async act<Json, T>(
    operation: string,
    kind: Kind<Json, T>,
    ref: Ref,
    verb: string,
    options: CallOptions,
    data?: object,
  ): Promise<HetznerAction> {
    const action = pathOf(kind, ref, verb);
    const convert = field("action", toAction);
    const call = { ...options, creates: false };
    return await this.create(operation, action, convert, call, data);
  }
}

/** Path of a resource, or of an action on it. */
export function pathOf<Json, T>(
  { plural, noun }: Kind<Json, T>,
  ref: Ref,
  verb?: string,
): Path {
  const named = { [noun]: ref };
  return verb === undefined
    ? path`/${plural}/${named}`
    : path`/${plural}/${named}/actions/${verb}`;
}

/** Converts a resource in its field, as in `{"server": {...}}`. */
function inField<Json, T>({ plural, convert }: Kind<Json, T>) {
  return field(plural.replace(/s$/, ""), convert);
}

/** Converts the name and the tags of a new resource. */
export function toNamed(
  options: { readonly name: string; readonly tags?: TagInput | undefined },
  operation: string,
) {
  return {
    name: checkText(options.name, operation, "name"),
    labels: given(options.tags, (tags) => checkTags(tags, operation)),
  };
}

/** Converts an id, which is a number in JSON. */
export function optionalId(
  ref: Ref | undefined,
  operation: string,
  field: string,
) {
  return given(ref, (ref) => idJson(ref, operation, field));
}

/** Converts ids, which are numbers in JSON. */
export function optionalIds(
  refs: readonly Ref[] | undefined,
  operation: string,
  field: string,
) {
  return idsOf(refs, operation, field)
    ?.map((id) => idJson(id, operation, field));
}
