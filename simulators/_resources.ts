/**
 * Resources of a simulated account, some of which are still hidden.
 *
 * @module
 */

/**
 * Resources by id, in the order of their creation. A hidden resource exists,
 * but the methods of a map do not return it.
 *
 * @typeParam Id Type of the ids.
 * @typeParam T Type of the resources.
 */
export class Resources<Id, T> extends Map<Id, T> {
  readonly #hidden = new Map<Id, T>();
  #list: readonly T[] | undefined;

  /**
   * Creates a collection.
   *
   * @param entries Resources by id; none is hidden.
   */
  constructor(entries: Iterable<readonly [Id, T]> = []) {
    // The constructor of a map would call set() before the fields exist.
    super();
    for (const [id, resource] of entries) this.set(id, resource);
  }

  /** Resources that are not hidden; cached, because there may be many. */
  get list(): readonly T[] {
    return this.#list ??= [...this.values()];
  }

  /** All resources, the hidden ones last. */
  get all(): readonly T[] {
    return [...this.values(), ...this.#hidden.values()];
  }

  /** Adds or replaces a resource that is not hidden. */
  override set(id: Id, resource: T): this {
    this.#list = undefined;
    return super.set(id, resource);
  }

  /** Adds a hidden resource. */
  hide(id: Id, resource: T): void {
    this.#hidden.set(id, resource);
  }

  /** Ends the hiding of a resource, unless it was deleted meanwhile. */
  reveal(id: Id): void {
    const resource = this.#hidden.get(id);
    if (resource === undefined) return;
    this.#hidden.delete(id);
    this.set(id, resource);
  }

  /** Deletes a resource, hidden or not. */
  override delete(id: Id): boolean {
    this.#list = undefined;
    const wasHidden = this.#hidden.delete(id);
    return super.delete(id) || wasHidden;
  }
}
