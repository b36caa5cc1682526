/**
 * `nephos tags`: the tags that servers have.
 *
 * @module
 */

import type { Open } from "../context.ts";
import { joinTag } from "../../core/compute/tags.ts";
import type { Node } from "../../core/compute/records.ts";
import { TAG } from "../kinds.ts";
import { addList } from "../lists.ts";
import { group, type Program } from "../root.ts";

/** Adds the commands for tags. */
export function addTags(program: Program, open: Open): void {
  const tags = group(program, "tags", "see the tags of servers");
  addList(tags, open, {
    description: "list the tags that servers have, with the number of servers",
    kind: TAG,
    read: async (context) => {
      const driver = await context.driver();
      return countTags(await driver.listNodes(context.call));
    },
  });
}

/** Counts the nodes of each tag, in the order of the tags. */
function countTags(nodes: readonly Node[]): object[] {
  const counts = new Map<
    string,
    { key: string; value: string; nodes: number }
  >();
  for (
    const [key, value] of nodes.flatMap((node) => Object.entries(node.tags))
  ) {
    const id = JSON.stringify([key, value]);
    const count = counts.get(id) ?? { key, value, nodes: 0 };
    count.nodes++;
    counts.set(id, count);
  }
  return [...counts].sort(([a], [b]) => a < b ? -1 : 1)
    .map(([, it]) => ({ ...it, tag: joinTag(it.key, it.value) }));
}
