/**
 * References to the resource that a call acts on.
 *
 * @module
 */

/** Reference to a resource: its id, or any record with an id. */
export type Ref = string | { readonly id: string };
