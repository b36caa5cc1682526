/**
 * Inventory of a simulated account, for assertions in tests.
 *
 * @module
 */

/** A resource in the {@linkcode Inventory} of a simulator. */
export interface InventoryItem {
  /** Id, as drivers return it. */
  readonly id: string;
  /** Name; `undefined` if it has none. */
  readonly name: string | undefined;
  /**
   * Whether the resource counts as destroyed: the request to delete it was
   * accepted, or it has ended by itself. It may still be listed.
   */
  readonly isDestroyed: boolean;
}

/**
 * The resources that exist in the account of a simulator, also those that
 * requests do not see yet. It does not contain what belongs to the provider,
 * such as public images.
 */
export interface Inventory {
  /** Nodes. */
  readonly nodes: readonly InventoryItem[];
  /** Volumes. */
  readonly volumes: readonly InventoryItem[];
  /** Images that the account owns. */
  readonly images: readonly InventoryItem[];
  /** Snapshots of volumes. */
  readonly snapshots: readonly InventoryItem[];
  /** Key pairs. */
  readonly keyPairs: readonly InventoryItem[];
}

/**
 * Creates an inventory.
 *
 * @param items Resources of the account, by kind. A kind that the provider does
 * not have can be left out.
 * @returns The inventory.
 */
export function toInventory(items: Partial<Inventory>): Inventory {
  return {
    nodes: [],
    volumes: [],
    images: [],
    snapshots: [],
    keyPairs: [],
    ...items,
  };
}

/**
 * Describes resources for an inventory.
 *
 * @typeParam T Type of the resources.
 * @param all Resources.
 * @param nameOf Returns the name of a resource, by default its `name`.
 * @param isDestroyed Whether a resource counts as destroyed; by default none
 * does.
 * @returns The resources, in the same order.
 */
export function toItems<
  T extends {
    readonly id: string | number;
    readonly name?: string | undefined;
  },
>(
  all: Iterable<T>,
  nameOf: (resource: T) => string | undefined = ({ name }) => name,
  isDestroyed: (resource: T) => boolean = () => false,
): InventoryItem[] {
  return Array.from(all, (resource) => ({
    id: String(resource.id),
    name: nameOf(resource),
    isDestroyed: isDestroyed(resource),
  }));
}
