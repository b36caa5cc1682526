/**
 * Tags.
 *
 * @module
 */

import type { Account } from "./_account.ts";
import { FILTERS } from "./_filters.ts";
import { BadRequest } from "./_requests.ts";
import type { Fields, Routes } from "../kit/mod.ts";

/** Routes of tags. */
export function tagRoutes(account: Account): Routes {
  return {
    "GET /tags": (call) =>
      account.list(
        call,
        account.listed.tags,
        (label) => ({ label }),
        FILTERS.none,
      ),
  };
}

/** Reads the tags of a resource, and adds new ones to the account. */
export function readTags(
  account: Account,
  fields: Fields,
): readonly string[] | undefined {
  const tags = fields.optional.strings("tags");
  for (const tag of tags ?? []) {
    if (tag.length < 3 || tag.length > 50) {
      throw new BadRequest("Tags must be 3 to 50 characters long", "tags");
    }
  }
  for (const tag of tags ?? []) account.tags.add(tag);
  return tags && [...new Set(tags)];
}
