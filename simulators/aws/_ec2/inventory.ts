/**
 * Inventory of the simulated account.
 *
 * @module
 */

import { ownedByAccount, type Region } from "./region.ts";
import type { Tags } from "./query.ts";
import { type Inventory, toInventory, toItems } from "../../kit/mod.ts";

/**
 * Lists the resources of the account.
 *
 * @param regions Regions that have resources.
 * @returns The resources of all regions.
 */
export function inventoryOf(regions: readonly Region[]): Inventory {
  return toInventory({
    nodes: toItems(
      regions.flatMap((it) => it.instances.all),
      tagOf,
      ({ state }) => state === "shutting-down" || state === "terminated",
    ),
    volumes: toItems(
      regions.flatMap((it) => it.volumes.all),
      tagOf,
      ({ state }) => state === "deleting",
    ),
    images: toItems(regions.flatMap((it) => ownedByAccount(it.images.all))),
    snapshots: toItems(
      regions.flatMap((it) => ownedByAccount(it.snapshots.all)),
      tagOf,
    ),
    keyPairs: toItems(
      // Requests identify a key pair by its name.
      regions.flatMap((it) => [...it.keyPairs.keys()].map((id) => ({ id }))),
      ({ id }) => id,
    ),
  });
}

function tagOf({ tags }: { readonly tags: Tags }): string | undefined {
  return tags.get("Name");
}
