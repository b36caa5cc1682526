/**
 * Resources of a simulated account, some of which are still hidden, and their
 * ids.
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
export class Store<Id, T> extends Map<Id, T> {
  readonly #hidden = new Map<Id, T>();
  #list: readonly T[] | undefined;

  /**
   * Creates a store.
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

  /**
   * Whether a name, or another property that must be unique, is taken. Hidden
   * resources count.
   *
   * @param isSame Whether a resource has the name.
   * @param own Resource that may have it, such as the one to rename.
   * @returns Whether another resource has it.
   */
  isTaken(isSame: (resource: T) => boolean, own?: T): boolean {
    return this.all.some((it) => it !== own && isSame(it));
  }

  /**
   * Whether another resource may be created. Hidden resources count.
   *
   * @param max Maximal number of resources.
   * @returns Whether there are fewer.
   */
  hasRoom(max: number): boolean {
    return this.size + this.#hidden.size < max;
  }

  /**
   * Adds a resource that is not hidden, by its id.
   *
   * @param resource Resource to add.
   * @returns The resource.
   */
  add(resource: T & { readonly id: Id }): T {
    this.set(resource.id, resource);
    return resource;
  }

  /** Adds or replaces a resource that is not hidden. */
  override set(id: Id, resource: T): this {
    this.#list = undefined;
    return super.set(id, resource);
  }

  /**
   * Adds a hidden resource.
   *
   * @param id Id of the resource.
   * @param resource Resource to add.
   */
  hide(id: Id, resource: T): void {
    this.#hidden.set(id, resource);
  }

  /**
   * Ends the hiding of a resource, unless it was deleted meanwhile.
   *
   * @param id Id of the resource.
   */
  reveal(id: Id): void {
    const resource = this.#hidden.get(id);
    if (resource === undefined) return;
    this.#hidden.delete(id);
    this.set(id, resource);
  }

  /** Deletes all resources, hidden or not. */
  override clear(): void {
    this.#list = undefined;
    this.#hidden.clear();
    super.clear();
  }

  /** Deletes a resource, hidden or not. */
  override delete(id: Id): boolean {
    this.#list = undefined;
    const wasHidden = this.#hidden.delete(id);
    return super.delete(id) || wasHidden;
  }
}

/**
 * Creates a sequence of numeric ids.
 *
 * @param first First id.
 * @param step Difference of two ids.
 * @returns A function that returns the next id.
 */
export function numericIds(first = 1, step = 1): () => number {
  let next = first;
  return () => {
    const id = next;
    next += step;
    return id;
  };
}

/**
 * Creates a UUID from a number, so that the same requests get the same ids.
 *
 * @param number Number that the UUID ends with.
 * @param prefix The part of the UUID before it.
 * @returns The UUID.
 */
export function toUuid(
  number: number,
  prefix = "5f2a9c1e-7d43-4b8e-9a06",
): string {
  return `${prefix}-${number.toString(16).padStart(12, "0")}`;
}

/**
 * Parses a numeric id of a request.
 *
 * @param id Id, as a string or a number.
 * @returns The number. Strings other than plain decimal digits, such as `"0x1"`
 * or `"01"`, are `NaN`.
 */
export function toNumericId(id: unknown): number {
  return /^[1-9]\d{0,14}$/.test(String(id)) ? Number(id) : NaN;
}
