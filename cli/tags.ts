/**
 * Conditions on tags, which providers check themselves.
 *
 * @module
 */

/** The conditions of `--filter`, split. */
export interface SplitFilter {
  /** Tags that nodes must have; `undefined` if any tags will do. */
  readonly tags: readonly string[] | undefined;
  /** The other conditions. */
  readonly filter: readonly string[];
}

/**
 * Takes conditions such as `tag=env:prod` out of the values of `--filter`.
 *
 * @param conditions The values of `--filter`.
 * @returns The tags, and the other conditions.
 */
export function withoutTags(conditions: readonly string[] = []): SplitFilter {
  const isTag = (text: string) => text.startsWith("tag=");
  const tags = conditions.filter(isTag).map((text) =>
    text.slice("tag=".length)
  );
  return {
    tags: tags.length > 0 ? tags : undefined,
    filter: conditions.filter((text) => !isTag(text)),
  };
}
