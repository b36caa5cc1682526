/**
 * Tags of EC2 resources.
 *
 * @module
 */

import {
  type Action,
  action,
  type Actions,
  page,
  PAGE_PARAMS,
  SUCCESS,
} from "./action.ts";
import {
  addTags,
  applyFilters,
  filters,
  list,
  refuse,
  refuseMissing,
  required,
  string,
  structure,
} from "./query.ts";
import type { KeyPair } from "./records.ts";
import type { Region } from "./region.ts";

const strings = list(required(string));

/** Operations on tags. */
export const TAG_ACTIONS: Actions = {
  CreateTags: tagging(({ given, all }) => {
    if (given.length === 0) {
      refuseMissing("tag");
    }
    // Checks all resources before any is changed.
    for (const tags of all) addTags(given, new Map(tags));
    for (const tags of all) addTags(given, tags);
  }),

  DeleteTags: tagging(({ given, all }) => {
    for (const tags of all) {
      if (given.length === 0) tags.clear();
      for (const { Key: key = "", Value: value } of given) {
        if (value === undefined || tags.get(key) === value) tags.delete(key);
      }
    }
  }),

  DescribeTags: action(
    { ...PAGE_PARAMS, Filter: filters },
    (params, context) => {
      const all = [...context.region.described().allTagged()].flatMap((
        { id, type, tags },
      ) => [...tags].map(([key, value]) => ({ id, type, key, value })));
      const found = applyFilters<(typeof all)[number] & { tags?: never }>(
        all,
        params.Filter,
        {
          key: ({ key }) => key,
          "resource-id": ({ id }) => id,
          "resource-type": ({ type }) => type,
          value: ({ value }) => value,
        },
      );
      const indices = new Map(all.map((it, index) => [it, index]));
      const { items, nextToken } = page(found, params, context, {
        order: (it) => indices.get(it)!,
      });
      return {
        tagSet: items.map(({ id, type, key, value }) => ({
          resourceId: id,
          resourceType: type,
          key,
          value,
        })),
        nextToken,
      };
    },
  ),
};

/** Creates an operation that changes the tags of resources. */
function tagging(
  apply: (change: {
    readonly given: readonly {
      Key: string | undefined;
      Value: string | undefined;
    }[];
    readonly all: readonly KeyPair["tags"][];
  }) => void,
): Action {
  return action(
    {
      ResourceId: required(strings),
      Tag: list(structure({ Key: string, Value: string })),
    },
    (params, { region }) => {
      const all = params.ResourceId.map((id) =>
        region.tagged(id)?.tags ?? refuseResource(region, id)
      );
      apply({
        given: params.Tag,
        all,
      });
      return SUCCESS;
    },
  );
}

function refuseResource(region: Region, id: string): never {
  if (id.startsWith("i-")) region.pickInstance(id);
  const [prefix = ""] = id.split("-");
  const code = {
    ami: "InvalidAMIID.NotFound",
    eipalloc: "InvalidAllocationID.NotFound",
    key: "InvalidKeyPair.NotFound",
    sg: "InvalidGroup.NotFound",
    snap: "InvalidSnapshot.NotFound",
    subnet: "InvalidSubnetID.NotFound",
    vol: "InvalidVolume.NotFound",
    vpc: "InvalidVpcID.NotFound",
  }[prefix];
  return code === undefined
    ? refuse("InvalidID", `The ID '${id}' is not valid`)
    : refuse(code, `The ID '${id}' does not exist`);
}
