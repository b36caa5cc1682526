/**
 * What the requests of this API have in common: actions, names with labels, and
 * ids that are numbers.
 *
 * @module
 */

import {
  type CallOptions,
  checkText,
  field,
  given,
  idJson,
  idsOf,
  type JsonKind,
  JsonResources,
  type Ref,
} from "../../core/mod.ts";
import { checkTags, type TagInput } from "../../core/compute/mod.ts";
import type { PageJson } from "./_connection.ts";
import { type HetznerAction, toAction } from "./_actions.ts";

/** The requests of a driver for Hetzner Cloud. */
export class HetznerApi extends JsonResources<PageJson> {
  /** Starts an action on a resource. */
  async act<Json, T>(
    operation: string,
    kind: JsonKind<Json, T>,
    ref: Ref,
    verb: string,
    options: CallOptions,
    data?: object,
  ): Promise<HetznerAction> {
    const action = kind.at(ref, `/actions/${verb}`);
    const convert = field("action", toAction);
    const call = { ...options, creates: false };
    return await this.create(operation, action, convert, call, data);
  }
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
