/**
 * Failures of operations that a simulator has accepted.
 *
 * @module
 */

/** An operation that takes time, for the option `fails` of a simulator. */
export interface SimulatedOperation {
  /**
   * Kind of the operation: the creation of a node, another change of a node, or
   * the creation or change of an image, a volume or a snapshot.
   */
  readonly kind: "create" | "action" | "image" | "volume" | "snapshot";
  /** The provider's name of the operation, such as `"power_off"`. */
  readonly name: string;
  /**
   * Id of the resource that the operation creates or changes. If it copies a
   * resource, or creates an image or a snapshot, this is the id of the source.
   */
  readonly id: string;
}

/** Decides whether an operation ends in an error. */
export type Fails = (operation: SimulatedOperation) => boolean;
